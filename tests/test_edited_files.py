"""A file that is edited in a long-lived process: what is found in it is what would be found at first sight."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import libcst as cst
import pytest

from advisor.code.outlines import outline
from advisor.code.reparsing import reparsed
from advisor.code.syntax import SyntaxFault, parse
from advisor.commands.engine import load_engine
from advisor.commands.examining import Examiner, Task
from advisor.commands.policy import Choices, Policy

SCRIPTS = sorted(Path(__file__).parent.parent.glob("fixtures/scripts/**/*.py"))
PROGRAM = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)
        # the head

    def forward(self, x):
        if self.training:
            x = x + 1
            # of the branch
        return self.layer(x)
    # of the class


model = Net(); other = Net()
text = '''
    # no comment
'''
for epoch in range(3):
    model(torch.zeros(1, 4))
# the end
"""


@pytest.fixture(autouse=True)
def _engine() -> None:
    load_engine()


def edits_of(text: str, seed: int, count: int) -> Iterator[str]:
    """Versions of a text, each an edit of an earlier one: as people make them, and as they slip."""
    chance = random.Random(seed)
    for _ in range(count):
        rows = text.split("\n")
        index = chance.randrange(len(rows))
        row = rows[index]
        place = chance.randrange(len(row) + 1)
        indent = row[: len(row) - len(row.lstrip())]
        other = chance.randrange(len(rows))
        match chance.randrange(9):
            case 0:
                rows[index] += "  # edited"
            case 1:
                rows.insert(index, chance.choice(["", "    ", f"{indent}# a comment", "# outside"]))
            case 2:
                rows.insert(index, f"{indent}made = 1")
            case 3:
                del rows[index : index + chance.randrange(1, 4)]
            case 4:
                rows[index] = row[:place] + chance.choice("()[]:='\"\\ ,.0a#") + row[place:]
            case 5:
                rows[index:index] = rows[other : other + chance.randrange(1, 12)]
            case 6:
                rows[index] = row[:place] + row[place + 1 :]
            case 7:
                rows[index] = row.replace("1", "2").replace("loss", "cost")
            case 8:
                rows[index] = row.replace("train", "eval").replace("zero_grad", "step")
        yield "\n".join(rows)
        if chance.random() < 0.7 and outline("\n".join(rows)) is not None:
            text = "\n".join(rows)


def read_again(before: str, after: str) -> cst.Module | None:
    """The tree of `after` as an edit of `before`, when it can be put together."""
    tree, old, new = parse(before), outline(before), outline(after)
    if isinstance(tree, SyntaxFault) or old is None or new is None:
        return None
    return reparsed(tree, old, new)


@pytest.mark.parametrize("seed", range(12))
def test_the_tree_of_an_edited_text_is_the_tree_that_it_would_have_at_first(seed: int) -> None:
    text = random.Random(seed).choice([PROGRAM, *map(Path.read_text, SCRIPTS)])
    count = 0
    for edited in edits_of(text, seed, 40):
        tree = read_again(text, edited)
        if tree is not None:
            whole = parse(edited)
            assert isinstance(whole, cst.Module)
            assert tree.deep_equals(whole)
            assert tree.code == whole.code
            count += 1
        if not isinstance(parse(edited), SyntaxFault):
            text = edited
    assert count > 3


def test_what_was_not_changed_keeps_its_nodes() -> None:
    text = PROGRAM.replace("    # of the class\n", "")
    before, old = parse(text), outline(text)
    new = outline(text.replace("x + 1", "x + 2"))
    assert isinstance(before, cst.Module)
    assert old is not None
    assert new is not None
    tree = reparsed(before, old, new)
    assert tree is not None
    kept = [one is other for one, other in zip(before.body, tree.body, strict=True)]
    assert kept == [True, True, False, True, True, True]
    nets = [each.body[2] for each in (before, tree)]
    constructors, forwards = zip(*(net.body.body for net in nets if _is_class(net)), strict=True)
    assert constructors[0] is constructors[1]
    assert forwards[0] is not forwards[1]


def _is_class(node: cst.CSTNode) -> TypeGuard[cst.ClassDef]:
    return isinstance(node, cst.ClassDef)


@pytest.mark.parametrize("script", SCRIPTS[::5], ids=lambda path: path.stem)
def test_findings_in_an_edited_file_are_those_at_first_sight(script: Path) -> None:
    policy = Policy(Choices(isolated=True, select=["ALL"]))
    text = script.read_text()
    editor = Examiner(policy, {})
    editor.examine(Task(script.name, script, content=text.encode()))
    for edited in edits_of(text, len(text), 6):
        task = Task(script.name, script, content=edited.encode())
        seen, expected = editor.examine(task), Examiner(policy, {}).examine(task)
        assert seen.findings == expected.findings
        assert seen.problems == expected.problems
        assert seen.remarks == expected.remarks
