"""Texts that LibCST's parser surely reads are told without Python's own parser."""

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.code import nesting
from advisor.code.nesting import is_surely_shallow
from advisor.code.syntax import SyntaxFault, parse

_PIECES = st.sampled_from(
    ['"', "'", '"""', "'''", 'f"', "f'", 'rf"', "fR'", 'f"""', 'b"', "\\", "\\\n", "\n", "#"]
    + ["(", ")", "[", "]", "((((", "))))", "{", "}", "{{", "}}", "a", " ", ":", "+", "!r"]
)


def _deepest(node: cst.CSTNode, depth: int = 0) -> int:
    depth += len(getattr(node, "lpar", ())) + isinstance(node, cst.BaseDict | cst.BaseList)
    depth += isinstance(node, cst.Call | cst.Subscript)
    return max([depth, *(_deepest(child, depth) for child in node.children)])


def test_what_people_write_is_shallow() -> None:
    assert is_surely_shallow(
        '''
def train(loader, options):
    """Brackets ((((((( in words don't count, nor "quotes"."""
    for step, (image, label) in enumerate(loader):  # it's fine
        print(f"{step:>4} {options['name']!r} {{}} {label.sum().item():.3f}", 'done "well"')
        losses[options["name"]].append([model(image)[:, 0] - 1e-3 for _ in range(3)])
'''
    )


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 100 + ")" * 100,
        "x = " + "[" * 100 + "0" + "]" * 100,
        "x = a" + "[0]" * 2_000,
        "x = a" + "()" * 4_000,
        "x = " + "not " * 4_000 + "a",
        "x = " + "-" * 4_000 + "a",
        "x = " + "lambda: " * 1_000 + "a",
        "if a: pass\n" + "elif a: pass\n" * 4_000,
        "x = ')' + (",
        "x = '",
        "x = \0",
        "x = '\ud800'",
        'x = f"{a["' + "(" * 100 + "0" + ")" * 100 + '"]}"',
        "x = f\"{'}'}{a[\"" + "(" * 100 + "0" + ")" * 100 + '"]}"',
    ],
)
def test_what_may_be_deep_is_left_to_a_real_parser(text: str) -> None:
    assert not is_surely_shallow(text)


@given(st.lists(_PIECES, max_size=16).map("".join))
def test_strings_and_comments_hide_no_brackets(text: str) -> None:
    source = f"x = {text}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nesting, "MOST_ROUNDS", 1)
        shallow = is_surely_shallow(source)
    if shallow:
        tree = parse(source)
        assert isinstance(tree, SyntaxFault) or _deepest(tree) <= 3


def test_a_fault_in_a_shallow_text_is_told_in_the_words_of_python() -> None:
    fault = parse("for x in y\n    pass\n")
    assert isinstance(fault, SyntaxFault)
    assert fault.reason == "not valid Python 3: expected ':'"
    assert (fault.row, fault.column) == (1, 11)
