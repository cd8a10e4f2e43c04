"""Bytes: which values hold them, and where they wrap around below zero."""

from advisor.code.events import BytesSubtracted
from advisor.code.library.models import Call
from advisor.code.values import (
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


def tell_wrapped(call: Call, left: Value | None, right: Value | None, result: Value | None) -> None:
    """Tell where a function subtracts from bytes what makes them wrap around; a difference of bytes
    is told where it is used."""
    if left is None or right is None:
        return
    if are_bytes(left, right) and isinstance(result, (Tensor, Unknown)):
        give_meaning(result, Difference(call.place))
    elif wraps("-", left, right):
        call.machine.emit(BytesSubtracted(call.place, call.context, right))


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
    number = known_number(right)
    if right is None or number is None or number.integer is None:
        return right is None
    return number.integer > 1 and isinstance(number.coefficient, int)
