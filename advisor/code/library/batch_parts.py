"""What each batch of an evaluation adds to totals, and totals that meet what the last batch came to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Context, TotalJoined
from advisor.code.library.models import observes
from advisor.code.values import (
    Bounded,
    Mask,
    Part,
    Scalar,
    Value,
    give_meaning,
    is_made_new,
    meaning_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# What leaves a sum the number that it is.
_KEEP = frozenset(["item", "float", "int", "cpu", "detach", "numpy", "double", "long", "tolist"])


@observes("sum", "count_nonzero", "+", "/", *_KEEP)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """Follow what a batch adds to a total, and see where it meets one."""
    if not operands:
        return
    if operation in {"+", "/"}:
        if len(operands) == 2:
            _joined(machine, operation, operands[0], operands[1], result, node)
        return
    if meaning_of(result) is not None or not is_made_new(result, operands):
        return
    part = _part(machine, operands[0], node) if operation not in _KEEP else None
    found = meaning_of(operands[0]) if operation in _KEEP else part
    if isinstance(found, Part):
        give_meaning(result, found)


def _part(machine: "Machine", of: Value, node: cst.CSTNode) -> Part | None:
    """The sum over what is computed of a batch, by an evaluation in a loop."""
    context = machine.context
    if context.gradients is not False or not context.loops or not isinstance(node, cst.Call):
        return None
    meaning = meaning_of(of)
    if isinstance(meaning, Mask) or (
        # What goes by a name may hold more than a batch.
        (meaning is None or isinstance(meaning, Bounded)) and _is_computed(node)
    ):
        return Part(context, machine.place(node))
    return None  # others know more of it


def _is_computed(call: cst.Call) -> bool:
    """Whether what is summed up is computed on the spot: `(hits * labels).sum()`."""
    match call:
        case cst.Call(args=[cst.Arg(value=cst.BinaryOperation() | cst.Comparison()), *_]):
            return True
        case cst.Call(func=cst.Attribute(value=cst.BinaryOperation() | cst.Comparison())):
            return True
    return False


def _joined(
    machine: "Machine",
    operation: str,
    left: Value,
    right: Value,
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`total + part`: a running sum, or two numbers that do not belong together."""
    first, second = meaning_of(left), meaning_of(right)
    if operation == "+" and isinstance(second, Part) and second.total is None:
        begins = isinstance(left, Scalar) and left.number.constant == 0
        total = machine.context if begins else first.total if isinstance(first, Part) else None
        if total is not None and _is_inside(machine.context, second.made):
            if meaning_of(result) is None and is_made_new(result, (left, right)):
                give_meaning(result, Part(second.made, second.place, total))
            return
    if not isinstance(first, Part) or not isinstance(second, Part):
        return
    if _is_inside(machine.context, first.made):
        return
    for whole, last in ((first, second), (second, first)):
        if whole.total is not None and last.total is None and _are_of_one_loop(whole, last):
            machine.emit(TotalJoined(machine.place(node), machine.context, last))


def _is_inside(context: Context, made: Context) -> bool:
    """Whether the loop that something was made in has not been left."""
    return any(each.node is made.loops[-1].node for each in context.loops)


def _are_of_one_loop(whole: Part, last: Part) -> bool:
    total = whole.total
    return (
        total is not None and bool(total.loops) and total.loops[-1].node is last.made.loops[-1].node
    )
