"""Conditions that hold once in so many rounds: `if (step + 1) % accumulated == 0`."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.values import Scalar

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_PLAIN = (cst.Name, cst.Attribute, cst.Integer, cst.Subscript)
_MAY_TAKE_REMAINDER = frozenset(
    (cst.Comparison, cst.UnaryOperation, cst.BooleanOperation, cst.BinaryOperation)
)


def period_of(machine: "Machine", test: cst.CSTNode, taken: bool) -> Scalar | None:
    """The number of rounds between two in which a condition on a remainder comes out one way; that it
    does so in the last round of a loop as well makes no difference."""
    if type(test) not in _MAY_TAKE_REMAINDER:
        return None
    match test:
        case cst.BooleanOperation(left=left, operator=cst.Or(), right=right) if taken:
            return period_of(machine, left, taken) or period_of(machine, right, taken)
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return period_of(machine, inner, not taken)
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator)]):
            if not isinstance(operator, cst.Equal if taken else cst.NotEqual):
                return None
            remainder = left
        case cst.BinaryOperation() if not taken:
            remainder = test
        case _:
            return None
    if not isinstance(remainder, cst.BinaryOperation):
        return None
    if not isinstance(remainder.operator, cst.Modulo) or not isinstance(remainder.right, _PLAIN):
        return None
    period = machine.evaluate(remainder.right)
    return period if isinstance(period, Scalar) else None
