"""How far numbers are from their mean: squares of that are a measure of them, and no samples."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import DeviationMeasured
from advisor.code.library import lineages
from advisor.code.library.models import observes
from advisor.code.values import Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


_WITH_ITSELF = ("*", "@", "dot", "vdot", "inner", "matmul", "mul", "multiply")


@observes("**", "pow", "power", "square", "abs", "absolute", *_WITH_ITSELF)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """See that a statistic was taken away only to measure how far the numbers are from it."""
    if operation in _WITH_ITSELF:
        squared = len(operands) == 2 and operands[0] is operands[1]
    else:
        squared = bool(operands) and _is_of_difference(node)
    lineage = lineages.known(operands[0]) if squared else None
    if lineage is not None and lineage.fits and lineage.fits[-1].kind == "statistic":
        event = DeviationMeasured(machine.place(node), machine.context, lineage.fits[-1])
        machine.emit(event)


def _is_of_difference(node: cst.CSTNode) -> bool:
    """Whether what is squared is written as a difference: `(y - y.mean()) ** 2`."""
    match node:
        case cst.BinaryOperation(left=cst.BinaryOperation(operator=cst.Subtract())):
            return True
        case cst.Call(args=[cst.Arg(value=cst.BinaryOperation(operator=cst.Subtract())), *_]):
            return True
        case cst.Call(func=cst.Attribute(value=cst.BinaryOperation(operator=cst.Subtract()))):
            return True
    return False
