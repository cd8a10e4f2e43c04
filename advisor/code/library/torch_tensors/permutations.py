"""Dimensions that change places."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import Call, attribute, method
from advisor.code.library.torch_tensors.operations import (
    as_tensor,
    axis_of,
    dims_of,
    moved,
    tensor_operation,
)
from advisor.code.symbols import Number
from advisor.code.values import (
    PutFirst,
    Shape,
    Tensor,
    Value,
    following,
    known_integer,
    known_number,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def _changed(tensor: Tensor, shape: Shape) -> Tensor:
    """The tensor with its axes in another order."""
    result = moved(tensor, shape)
    if result.layout is not None:
        result.layout = replace(result.layout, swapped=True)
    return result


@tensor_operation("transpose", "torch.swapaxes", "torch.swapdims")
def transposed(call: Call) -> Value | None:
    """Two dimensions change places."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    given = call.arguments.positional
    if call.receiver is not None and len(given) != 2 and not call.arguments.keywords:
        # `array.transpose(2, 0, 1)` of numpy.
        return permuted(call)
    left, right = call.operand(0, "dim0"), call.operand(1, "dim1")
    result = _changed(tensor, _exchanged_by(tensor, left, right))
    return (
        _put_first(result, tensor) if 0 in {known_integer(left), known_integer(right)} else result
    )


def _put_first(result: Tensor, tensor: Tensor) -> Tensor:
    """The result, which says of itself that another axis of a tensor has come to the front; where more is
    known of what that says, it is carried on instead."""
    if result.meaning is None and tensor.meaning is None:
        result.meaning = PutFirst()
    return result


def _exchanged_by(tensor: Tensor, left: Value | None, right: Value | None) -> Shape:
    dims = dims_of(tensor)
    if dims is None:
        return _swapped(tensor.shape, left, right)
    first, second = axis_of(left, len(dims)), axis_of(right, len(dims))
    if first is None or second is None:
        return Shape()
    swapped = list(dims)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return Shape(tuple(swapped))


method("tensor", "swapaxes", "swapdims")(transposed)


def _swapped(shape: Shape, first: Value | None, second: Value | None) -> Shape:
    """What is known of the axes of a tensor of unknown rank once two of them change places."""
    left, right = known_integer(first), known_integer(second)
    if left is None or right is None or min(left, right) < 0:
        return Shape()
    places = {left: right, right: left}
    known = {places.get(at, at): axis for at, axis in shape.known_axes.items() if at >= 0}
    return Shape.of_axes(known, derived=following(shape, partial(_exchanged, left, right)))


def _exchanged(left: int, right: int, dims: tuple[Number, ...]) -> tuple[Number, ...] | None:
    if max(left, right) >= len(dims):
        return None
    swapped = list(dims)
    swapped[left], swapped[right] = swapped[right], swapped[left]
    return tuple(swapped)


@tensor_operation("permute", "numpy.transpose")
def permuted(call: Call) -> Value | None:
    """The dimensions in another order."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    values = call.arguments.positional
    order = _order(values if call.receiver is not None else values[1:])
    if order is None:
        return _changed(tensor, Shape())
    if dims is None and tensor.shape.settle(len(order)):
        dims = tensor.shape.dims
    rank = len(dims) if dims else 0
    if not dims or not all(-rank <= index < rank for index in order):
        return _changed(tensor, Shape())
    if sorted(index % rank for index in order) != list(range(rank)):
        return _changed(tensor, Shape())
    result = _changed(tensor, Shape(tuple(dims[index] for index in order)))
    return _put_first(result, tensor) if order[0] % rank else result


def _order(values: Sequence[Value]) -> list[int] | None:
    if len(values) == 1 and isinstance(values[0], SequenceValue):
        values = values[0].items or ()
    numbers = [known_number(value) for value in values]
    order = [number.integer for number in numbers if number is not None]
    if not order or len(order) != len(values):
        return None
    known = [index for index in order if index is not None]
    return known if len(known) == len(order) else None


@tensor_operation("t")
def two_dimensional_transpose(call: Call) -> Value | None:
    """A matrix on its side."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    return _on_its_side(tensor, Shape(dims[::-1]) if dims and len(dims) == 2 else Shape())


@attribute("tensor", "T")
def transpose_attribute(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`x.T`."""
    dims = receiver.shape.dims
    return _on_its_side(receiver, Shape(dims[::-1]) if dims is not None else Shape())


def _on_its_side(tensor: Tensor, shape: Shape) -> Tensor:
    """A matrix whose columns are its rows now: `both[:, :n].T` and `both[:, n:].T` are other samples."""
    return moved(tensor, shape).replace(lineage=None)


@attribute("tensor", "mT")
def matrices_on_their_side(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`x.mT`: the last two dimensions change places."""
    dims = receiver.shape.dims
    known = dims is not None and len(dims) >= 2
    return moved(receiver, Shape((*dims[:-2], dims[-1], dims[-2])) if dims and known else Shape())


@tensor_operation("movedim", "torch.moveaxis")
def with_moved_axes(call: Call) -> Value | None:
    """Some dimensions at other places, the others in their order round them."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    source = _axes(call.operand(0, "source"), dims)
    target = _axes(call.operand(1, "destination"), dims)
    if dims is None or source is None or target is None or len(source) != len(target):
        return moved(tensor, Shape())
    result = [dim for index, dim in enumerate(dims) if index not in source]
    for there, here in sorted(zip(target, source, strict=True)):
        result.insert(there, dims[here])
    return moved(tensor, Shape(tuple(result)))


method("tensor", "moveaxis")(with_moved_axes)


def _axes(value: Value | None, dims: tuple[Number, ...] | None) -> list[int] | None:
    given = value.items if isinstance(value, SequenceValue) else (value,)
    axes = [axis_of(each, len(dims)) for each in given or ()] if dims is not None else []
    known = [axis for axis in axes if axis is not None]
    return known if known and len(known) == len(axes) else None
