"""What is read of the code as it is written: names, calls and texts."""

from ast import literal_eval

import libcst as cst
import pytest

from advisor.code.events import Context, Guard, Loop, Round
from advisor.code.interpreter.expressions import _literal
from advisor.code.nodes import as_written
from advisor.code.sources import NodePlace, Source
from advisor.code.values import Unknown


@pytest.mark.parametrize(
    "code",
    [
        *("model", "self.model", "self.model.head", "(self.model)", "self . model", "f(x).model"),
        *(
            "(model).head",
            "model(x)[0]",
            "a.b + c",
            "'text'.join",
            "self.\\\n  model",
            "lambda: x.y",
        ),
    ],
)
def test_a_node_is_written_as_libcst_writes_it(code: str) -> None:
    node = cst.parse_expression(code)
    assert as_written(node) == cst.Module([]).code_for_node(node)


@pytest.mark.parametrize(
    "text",
    [
        *("''", '""', "'a'", '"it\'s"', "'\"'", '"""a\n"b" c"""', "''''a'''", "'''a'''", '""""""'),
        *("r'a\\n'", "b'a'", "u'a'", "R'''a'''", "'a\\n'", "'\\''", '"\\x41"'),
    ],
)
def test_a_text_is_what_python_takes_it_for(text: str) -> None:
    assert _literal(text) == literal_eval(text)


def test_a_context_keeps_all_that_is_not_changed() -> None:
    context = Context(gradients=False, autocast="float16")
    loop = Round(Loop(cst.Name("loop"), NodePlace(Source("", "x.py"), cst.Name("loop"))), 0)
    guard, module = Guard(cst.Name("test"), True), Unknown("module")
    assert context.in_round(loop) == context._replace(rounds=(loop,))
    assert context.under([guard]) == context._replace(guards=(guard,))
    assert context.during(module) == context._replace(running=(module,))
    assert type(context.under([guard]).in_round(loop).during(module)) is Context
