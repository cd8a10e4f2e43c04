"""How far a loop counts before it is left: `while step < 1000`, `if step >= steps: break`."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Limit
from advisor.code.nodes import as_written
from advisor.code.values import Scalar

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_GOES_ON = (cst.LessThan, cst.LessThanEqual, cst.NotEqual)
_IS_REACHED = (cst.Equal, cst.GreaterThan, cst.GreaterThanEqual)
_TURNED: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThan,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.GreaterThan: cst.LessThan,
    cst.GreaterThanEqual: cst.LessThanEqual,
}
_PLAIN = (cst.Name, cst.Attribute, cst.Integer)


def limit_of_test(machine: "Machine", test: cst.BaseExpression) -> Limit | None:
    """The number that a `while` loop counts up to."""
    return _limit(machine, test, _GOES_ON)


def limit_reached(machine: "Machine") -> Limit | None:
    """The number that was counted up to where the last condition of a round holds."""
    now = machine.context
    guard = now.guards[-1] if now.guards else None
    if guard is None or not guard.taken or guard.rounds != len(now.rounds):
        return None
    return _limit(machine, guard.node, _IS_REACHED)


def _limit(
    machine: "Machine", test: cst.CSTNode, operators: tuple[type[cst.BaseCompOp], ...]
) -> Limit | None:
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return None
    left, operator = test.left, type(test.comparisons[0].operator)
    right = test.comparisons[0].comparator
    if isinstance(left, cst.Integer):
        left, right, operator = right, left, _TURNED.get(operator, operator)
    if operator not in operators or not isinstance(left, (cst.Name, cst.Attribute)):
        return None
    if not isinstance(right, _PLAIN):
        return None
    number, bound = machine.evaluate(left), machine.evaluate(right)
    if not isinstance(bound, Scalar) or bound.number.integer is None:
        return None
    return Limit(as_written(left), number, bound)


def goes_on(test: cst.BaseExpression) -> bool:
    """Whether the condition of a `while` loop holds for ever."""
    return isinstance(test, (cst.Name, cst.Integer)) and test.value in {"True", "1"}
