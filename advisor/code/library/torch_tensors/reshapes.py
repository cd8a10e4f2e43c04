"""The same numbers in the same order under other dimensions."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Reshaped, Squeezed
from advisor.code.library.models import Call, function, hook, method
from advisor.code.library.torch_tensors.operations import (
    as_tensor,
    axis_of,
    moved,
    tensor_operation,
)
from advisor.code.library.torch_tensors.sizes import dimensions
from advisor.code.symbols import Number
from advisor.code.values import (
    Sequence,
    Shape,
    Tensor,
    Unknown,
    Value,
    following,
    known_integer,
    known_number,
    shape_of,
    size_of_axis,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@method("tensor", "view", "reshape", "view_as", "reshape_as")
@method("unknown", "view", "reshape", "view_as", "reshape_as")
@function("torch.reshape", "torch.Tensor.view", "torch.Tensor.reshape", "numpy.reshape")
def reshaped(call: Call) -> Value | None:
    """`view` and `reshape`: the same numbers in row-major order under other dimensions."""
    subject = call.subject
    tensor = as_tensor(subject)
    if tensor is None or subject is None:
        return None
    operation = call.path.rsplit(".", 1)[-1]
    if operation.endswith("_as"):
        other = shape_of(call.operand(0, "other")) or Shape()
        dims: tuple[Number | None, ...] | None = other.dims
        if dims is None:
            return moved(tensor, other)
    else:
        dims = dimensions(call, skip=0 if call.receiver is not None else 1)
    if dims is None:
        return moved(tensor, Shape())
    event = Reshaped(call.place, call.context, tensor, operation, dims)
    call.machine.emit(event)
    return moved(tensor, Shape(completed(tensor.shape, dims)))


def completed(source: Shape, dims: tuple[Number | None, ...]) -> tuple[Number, ...]:
    """The dimensions of a reshaped tensor, with the computed one filled in."""
    if None not in dims:
        return tuple(dim for dim in dims if dim is not None)
    rest = symbols.product([symbols.exact(dim) for dim in dims if dim is not None])
    missing: Number | None = None
    if source.dims is not None:
        whole = symbols.without_ones(symbols.product([symbols.exact(dim) for dim in source.dims]))
        missing = _plainly_one_axis(symbols.divide(whole, rest))
    elif rest.is_one:
        missing = _all_of(source)
    filled = missing if missing is not None else symbols.rest_axis()
    return tuple(dim if dim is not None else filled for dim in dims)


def _plainly_one_axis(length: Number | None) -> Number | None:
    """A length of one axis, as such, where only the names of what it is computed from hide that it is:
    `20 * 4 * 4 // 320` numbers for each sample are one."""
    if length is None or len(length.factors) < 2:
        return length
    plain = symbols.without_names(length)
    return plain if plain.axis is not None else length


def _all_of(source: Shape) -> Number | None:
    """How many numbers a batch of unknown shape holds."""
    batch = source.known_axes.get(0)
    if batch is None or batch.axis is None or not batch.axis.is_batch:
        return None
    return symbols.multiply(batch, symbols.fresh("rest", is_axis=True))


@tensor_operation("unsqueeze")
def unsqueezed(call: Call) -> Value | None:
    """A dimension of one is added."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims, dim = tensor.shape.dims, call.operand(0, "dim")
    axis = None if dims is None else axis_of(dim, len(dims) + 1)
    if dims is None or axis is None:
        known = known_integer(dim) if dims is None else None
        return moved(tensor, Shape() if known is None else _with_new_axis(tensor.shape, known))
    return moved(tensor, Shape((*dims[:axis], symbols.ONE, *dims[axis:])))


def _with_new_axis(shape: Shape, axis: int) -> Shape:
    """What is known of a tensor of unknown rank behind `unsqueeze`: the new axis, and the first and
    the last one where these stay what they are."""
    kept = {0: shape.known_axes.get(0)} if axis > 0 or axis == -1 else {}
    if axis == 0:
        kept[-1] = shape.known_axes.get(-1)
    known = {place: length for place, length in kept.items() if length is not None}
    return Shape.of_axes({**known, axis: symbols.ONE}, derived=following(shape, _adding(axis), 1))


def _adding(axis: int) -> Callable[[tuple[Number, ...]], tuple[Number, ...] | None]:
    def added(dims: tuple[Number, ...]) -> tuple[Number, ...] | None:
        place = axis if axis >= 0 else axis + len(dims) + 1
        if not 0 <= place <= len(dims):
            return None
        return (*dims[:place], symbols.ONE, *dims[place:])

    return added


@tensor_operation("squeeze")
def squeezed(call: Call) -> Value | None:
    """Dimensions of one are dropped."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    dim = call.operand(0, "dim")
    if dim is None and not call.arguments.unknown:
        call.machine.emit(Squeezed(call.place, call.context, tensor))
    if dims is None:
        return moved(tensor, _without_axis(tensor.shape, known_integer(dim)))
    if dim is None:
        if any(each.constant is None for each in dims):
            return moved(tensor, Shape())
        return moved(tensor, Shape(tuple(each for each in dims if not each.is_one)))
    asked = dim.items if isinstance(dim, Sequence) else (dim,)
    axes = [axis_of(each, len(dims)) for each in asked or (None,)]
    if any(axis is None or dims[axis].constant is None for axis in axes):
        return moved(tensor, Shape())
    kept = [each for index, each in enumerate(dims) if index not in axes or not each.is_one]
    return moved(tensor, Shape(tuple(kept)))


def _without_axis(shape: Shape, axis: int | None) -> Shape:
    """What is known of a tensor of unknown rank behind `squeeze`, where the axis is one of length one."""
    if axis is None or axis not in shape.known_axes or not shape.known_axes[axis].is_one:
        return Shape()

    def rest(dims: tuple[Number, ...]) -> tuple[Number, ...] | None:
        if not -len(dims) <= axis < len(dims):
            return None
        return tuple(dim for index, dim in enumerate(dims) if index != axis % len(dims))

    return Shape(base=shape if axis else None, derived=following(shape, rest, -1))


@tensor_operation("unflatten")
def unflattened(call: Call) -> Value | None:
    """One dimension becomes several."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    sizes = call.operand(1, "sizes") or call.arguments.keywords.get("unflattened_size")
    return moved(tensor, divided(tensor.shape, call.operand(0, "dim"), sizes))


def divided(shape: Shape, dim: Value | None, sizes: Value | None) -> Shape:
    """A shape with one of its dimensions divided into several; one of them may be computed."""
    items = sizes.items if isinstance(sizes, Sequence) else None
    axis = None if shape.dims is None else axis_of(dim, len(shape.dims))
    if shape.dims is None or axis is None or items is None:
        return Shape()
    lengths = [size_of_axis(item) for item in items]
    parts = [each for each in lengths if each is not None]
    if len(parts) < len(lengths):
        return Shape()
    asked = tuple(None if each.integer == -1 else each for each in parts)
    whole = Shape((shape.dims[axis],))
    return Shape((*shape.dims[:axis], *completed(whole, asked), *shape.dims[axis + 1 :]))


@tensor_operation("flatten")
def flattened(call: Call) -> Value | None:
    """Neighbouring dimensions become one."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    start = known_number(call.operand(0, "start_dim")) or symbols.ZERO
    end = known_number(call.operand(1, "end_dim")) or symbols.number(-1)
    if start.integer == 0 and end.integer == -1 and not call.arguments.unknown:
        call.machine.emit(Reshaped(call.place, call.context, tensor, "flatten", (None,)))
    return moved(tensor, flat(tensor.shape, start.integer, end.integer))


def flat(shape: Shape, start: int | None, end: int | None) -> Shape:
    """A shape with the dimensions from `start` to `end` (inclusive) made one."""
    dims = shape.dims
    if dims is None and (start, end) == (0, -1):
        whole = _all_of(shape)
        return Shape() if whole is None else Shape((whole,))
    if dims is None and start == 1:
        return Shape(base=shape, derived=following(shape, partial(_merged, start, end), None))
    if dims is None or start is None or end is None or not dims:
        return Shape()
    return Shape(_merged(start, end, dims))


def _merged(start: int, end: int | None, dims: tuple[Number, ...]) -> tuple[Number, ...] | None:
    """Dimensions of which those from `start` to `end` (inclusive) are one."""
    if end is None or not dims or start >= len(dims):
        return None
    first, last = start % len(dims), end % len(dims)
    if first > last:
        return None
    merged = symbols.product([symbols.exact(dim) for dim in dims[first : last + 1]])
    return (*dims[:first], symbols.without_ones(merged), *dims[last + 1 :])


@tensor_operation("ravel")
def in_a_row(call: Call) -> Value | None:
    """All numbers along one axis."""
    tensor = as_tensor(call.subject)
    return None if tensor is None else moved(tensor, flat(tensor.shape, 0, -1))


@tensor_operation("repeat", "torch.tile")
def repeated(call: Call) -> Value | None:
    """Copies along each dimension."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    times = dimensions(call, skip=0 if call.receiver is not None else 1)
    if times and times[0] is not None and times[0].is_one and tensor.shape.is_open:
        tensor.shape.settle(len(times))  # nobody asks for one copy along a new axis
    dims = tensor.shape.dims
    if dims is None or times is None or None in times or len(times) < len(dims):
        return moved(tensor, Shape())
    ones = (symbols.ONE,) * (len(times) - len(dims))
    pairs = zip((*ones, *dims), times, strict=True)
    return moved(tensor, Shape(tuple(symbols.multiply(dim, n) for dim, n in pairs if n)))


method("tensor", "tile")(repeated)


@tensor_operation("repeat_interleave")
def repeated_each(call: Call) -> Value | None:
    """Copies of each item along a dimension, one behind the other."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims, times = tensor.shape.dims, known_number(call.operand(0, "repeats"))
    axis = None if dims is None else axis_of(call.operand(1, "dim"), len(dims))
    if dims is None or axis is None or times is None:
        return moved(tensor, Shape())
    longer = symbols.multiply(dims[axis], times)
    return moved(tensor, Shape((*dims[:axis], longer, *dims[axis + 1 :])))


@tensor_operation("expand", "torch.broadcast_to")
def expanded(call: Call) -> Value | None:
    """Dimensions of one seen as larger; -1 stands for one that stays as it is."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    wished = dimensions(call, skip=0 if call.receiver is not None else 1, several=True)
    if wished is None:
        return moved(tensor, Shape())
    added, dims = len(wished), tensor.shape.dims
    if dims is None and None in wished:
        return moved(tensor, Shape())
    own = (None,) * (added - len(dims)) + dims if dims is not None else (None,) * added
    result = [dim if dim is not None else old for dim, old in zip(wished, own, strict=False)]
    known = tuple(dim for dim in result if dim is not None)
    return moved(tensor, Shape(known if len(known) == added == len(own) else None))


method("tensor", "broadcast_to")(expanded)


@tensor_operation("expand_as")
def expanded_like(call: Call) -> Value | None:
    """Dimensions of one seen as large as another tensor's."""
    tensor, other = as_tensor(call.subject), shape_of(call.operand(0, "other"))
    return None if tensor is None else moved(tensor, other or Shape())


def _in_place(call: Call, shape: Shape) -> Value | None:
    """Give the receiver itself other dimensions."""
    if isinstance(call.receiver, (Tensor, Unknown)):
        call.receiver.shape = shape
    return call.receiver


@method("tensor", "resize_")
@method("unknown", "resize_")
def resized_in_place(call: Call) -> Value | None:
    """`x.resize_(64, 784)`: as many numbers as there is room for."""
    dims = dimensions(call)
    known = dims is not None and None not in dims and not call.arguments.unknown
    shape = Shape(tuple(dim for dim in dims or () if dim is not None)) if known else Shape()
    return _in_place(call, shape)


@method("tensor", "resize_as_")
@method("unknown", "resize_as_")
def resized_like(call: Call) -> Value | None:
    """`x.resize_as_(other)`."""
    return _in_place(call, shape_of(call.argument(0, "tensor")) or Shape())


@method("tensor", "unsqueeze_")
@method("unknown", "unsqueeze_")
def unsqueezed_in_place(call: Call) -> Value | None:
    """`x.unsqueeze_(1)`."""
    found = shape_of(unsqueezed(call))
    return _in_place(call, found or Shape())


@method("tensor", "squeeze_", "transpose_", "t_", "swapaxes_", "swapdims_", "set_", "as_strided_")
@method("unknown", "squeeze_", "transpose_", "t_", "swapaxes_", "swapdims_", "set_", "as_strided_")
def laid_out_in_place(call: Call) -> Value | None:
    """Other changes of its dimensions, which are not followed."""
    return _in_place(call, Shape())


@hook("assign_attribute")
def shape_assigned(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`array.shape = (64, 784)` of numpy."""
    if name in {"shape", "data"} and isinstance(receiver, (Tensor, Unknown)):
        receiver.shape = Shape()
    return False
