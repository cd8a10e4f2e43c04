"""Bytes: which values hold them, and where they wrap around below zero."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import BytesSubtracted, NumbersChosen
from advisor.code.library.models import Call, Index, observes
from advisor.code.values import (
    AtLeast,
    Difference,
    Tensor,
    Unknown,
    Value,
    alternatives,
    give_meaning,
    is_constant,
    known_number,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def tell_wrapped(call: Call, left: Value | None, right: Value | None, result: Value | None) -> None:
    """Tell where a function subtracts from bytes what makes them wrap around; a difference of bytes
    is told where it is used."""
    if left is None or right is None:
        return
    if are_bytes(left, right) and isinstance(result, (Tensor, Unknown)):
        give_meaning(result, Difference(call.place))
    elif wraps("-", left, right):
        call.machine.emit(BytesSubtracted(call.place, call.context, right, result))


@observes("where")
def chosen_by_condition(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`np.where(labels > 6, labels - 2, labels)`: what is below zero need not be taken."""
    among = tuple(each for each in operands[1:] if isinstance(each, Tensor))
    if among:
        machine.emit(NumbersChosen(machine.place(node), machine.context, among))


@observes("*")
def kept_by_mask(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`(levels - 64) * (levels > 64)`: what is below zero counts for nothing."""
    left, right = operands
    for kept, mask in ((left, right), (right, left)):
        if isinstance(mask, Tensor) and isinstance(kept, Tensor) and _is_mask(mask):
            machine.emit(NumbersChosen(machine.place(node), machine.context, (kept,)))


def _is_mask(tensor: Tensor) -> bool:
    """Whether an array holds truth values, be it as numbers."""
    if tensor.dtype == "bool":
        return True
    made_of = [
        each for each in (*tensor.terms, *(tensor.sources or ())) if isinstance(each, Tensor)
    ]
    return bool(made_of) and all(each.dtype == "bool" for each in made_of)


def part_chosen(tensor: Tensor, indices: Sequence[Index]) -> bool:
    """Whether truth values choose among bytes: `labels[labels > 6]`."""
    return tensor.dtype == "uint8" and any(
        isinstance(each, Tensor) and each.dtype == "bool" for each in indices
    )


def are_bytes(left: Value, right: Value | None) -> bool:
    """Whether two values are arrays of bytes."""
    return all(holds_bytes(each) for each in (left, right))


def holds_bytes(value: Value | None) -> bool:
    """Whether a value is an array of bytes, if there is one yet, or a list of such."""
    if isinstance(value, SequenceValue):
        items = value.items if value.items is not None else alternatives(value.element)
        return bool(items) and all(holds_bytes(each) for each in items)
    options = [each for each in alternatives(value) if not is_constant(each, None)]
    return bool(options) and all(
        isinstance(each, Tensor) and each.dtype == "uint8" for each in options
    )


def wraps(operator: str, left: Value, right: Value | None) -> bool:
    """Whether the sign of bytes is turned, or a whole number is subtracted from them that is not
    one: what is below zero becomes a number near 256."""
    if operator not in {"-", "neg"} or not isinstance(left, Tensor) or left.dtype != "uint8":
        return False
    least = left.meaning.least if isinstance(left.meaning, AtLeast) else 1
    number = known_number(right)
    if right is None or number is None or number.integer is None:
        return right is None
    if least is None:
        return False  # who chooses them may know that they are large enough
    return number.integer > max(least, 1) and isinstance(number.coefficient, int)
