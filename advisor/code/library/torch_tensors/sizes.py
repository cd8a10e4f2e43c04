"""The dimensions that a program asks a tensor for, and those that it passes on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.interpreter.loops import Iteration
from advisor.code.library.models import Call, Index, attribute, item, iteration, method, observes
from advisor.code.symbols import Number
from advisor.code.values import (
    Arguments,
    ComparedToOne,
    Object,
    Scalar,
    Shape,
    Unknown,
    Value,
    give_meaning,
    known_number,
    shape_of,
    size_of_axis,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key a tuple says that it holds all dimensions of a tensor.
DIMENSIONS = ("dimensions",)


@observes("Equal", "NotEqual")
def compared(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`width == 1`."""
    numbers = [each.number for each in operands if isinstance(each, Scalar)]
    if len(numbers) == 2 and any(each.is_one for each in numbers):
        other = next((each for each in numbers if each.constant is None), None)
        if other is not None:
            give_meaning(result, ComparedToOne(other, operation == "Equal"))


@attribute("tensor", "shape")
@attribute("unknown", "shape")
def shape(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`x.shape`."""
    return size_of(receiver)


def size_of(value: Value) -> Value:
    """The dimensions of a tensor as a tuple, or as something to ask for them."""
    found = shape_of(value)
    if found is not None and found.dims is not None:
        known = SequenceValue("tuple", tuple(Scalar(dim) for dim in found.dims))
        known.fields[DIMENSIONS] = True
        return known
    return Object("torch.Size", Arguments([value]))


def is_size(value: Value | None) -> bool:
    """Whether a value is a `torch.Size`, not any tuple."""
    if isinstance(value, SequenceValue):
        return DIMENSIONS in value.fields
    return isinstance(value, Object) and value.path == "torch.Size"


@method("tensor", "size")
@method("unknown", "size")
def size(call: Call) -> Value | None:
    """`x.size()` and `x.size(dim)`."""
    receiver = call.receiver
    assert receiver is not None
    dim = call.argument(0, "dim")
    if dim is None:
        return size_of(receiver)
    index = known_number(dim)
    found = shape_of(receiver)
    if found is None or index is None or index.integer is None:
        return None
    return Scalar(found.axis(index.integer))


def _shape(size: Object) -> Shape | None:
    whole = size.argument(0, "input")
    return None if whole is None else shape_of(whole)


@item("torch.Size")
def item_of_size(
    machine: "Machine", size: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`x.shape[1]`."""
    found = _shape(size)
    index = known_number(indices[0]) if isinstance(indices[0], Value) else None
    if found is None or index is None or index.integer is None:
        return _some_axes(found, indices)
    return Scalar(found.axis(index.integer))


def _some_axes(found: Shape | None, indices: Sequence[Index]) -> Value | None:
    """`x.shape[:2]`, `x.shape[-2:]`: the axes that are asked for, though the rank is unknown."""
    part = indices[0]
    if found is None or not isinstance(part, slice) or part.step is not None:
        return None
    start, stop = known_number(part.start), known_number(part.stop)
    if part.start is None and stop is not None and (stop.integer or -1) > 0:
        axes = range(stop.integer or 0)
    elif part.stop is None and start is not None and (start.integer or 1) < 0:
        axes = range(start.integer or 0, 0)
    else:
        return None
    return SequenceValue("tuple", tuple(Scalar(found.axis(index)) for index in axes))


@iteration("torch.Size")
def iterate_size(machine: "Machine", size: Object, node: cst.CSTNode) -> Iteration | None:
    """Going through the dimensions."""
    found = _shape(size)
    if found is None or found.dims is None:
        return None
    return Iteration(tuple(Scalar(dim) for dim in found.dims))


@method("torch.Size", "numel")
@method("tensor", "numel", "nelement")
def count(call: Call) -> Value | None:
    """How many numbers a tensor holds."""
    receiver = call.receiver
    found = shape_of(receiver.arguments.positional[0] if isinstance(receiver, Object) else receiver)
    if found is None or found.dims is None:
        return None
    return Scalar(symbols.product(found.dims))


@attribute("tensor", "ndim")
def rank_of(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`x.ndim`."""
    found = shape_of(receiver)
    return None if found is None or found.rank is None else Scalar(symbols.number(found.rank))


@method("tensor", "dim", "ndimension")
def rank(call: Call) -> Value | None:
    """How many dimensions a tensor has."""
    found = shape_of(call.receiver)
    if found is None or found.rank is None:
        return None
    return Scalar(symbols.number(found.rank))


def dimensions(
    call: Call, skip: int = 0, several: bool = False
) -> tuple[Number | None, ...] | None:
    """The wished dimensions of a `view` or `reshape`; None for the one the library computes (or
    `several` of them), and None altogether when they are not known."""
    if call.arguments.unknown:
        return None
    values = call.arguments.positional[skip:]
    named = call.arguments.keywords.get("shape") or call.arguments.keywords.get("size")
    if named is not None:
        values = [named]
    if len(values) == 1 and isinstance(values[0], SequenceValue):
        if values[0].items is None:
            return None
        values = list(values[0].items)
    elif len(values) == 1 and isinstance(values[0], Object) and values[0].path == "torch.Size":
        return None
    if len(values) == 1 and isinstance(values[0], Unknown):
        return None
    found: list[Number | None] = []
    for value in values:
        known = size_of_axis(value)
        if known is None:
            return None
        found.append(None if known.integer == -1 else known)
    return tuple(found) if found and (several or found.count(None) <= 1) else None
