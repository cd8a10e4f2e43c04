"""The same numbers in the same order under other dimensions."""

from advisor.code import symbols
from advisor.code.events import Reshaped, Squeezed
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.operations import (
    as_tensor,
    axis_of,
    moved,
    tensor_operation,
)
from advisor.code.library.torch_tensors.sizes import dimensions
from advisor.code.symbols import Number
from advisor.code.values import Shape, Value, known_number, shape_of


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
        missing = symbols.divide(whole, rest)
    elif rest.is_one:
        missing = _all_of(source)
    filled = missing if missing is not None else symbols.fresh("-1", is_axis=True)
    return tuple(dim if dim is not None else filled for dim in dims)


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
    dims = tensor.shape.dims
    axis = None if dims is None else axis_of(call.operand(0, "dim"), len(dims) + 1)
    if dims is None or axis is None:
        return moved(tensor, Shape())
    return moved(tensor, Shape((*dims[:axis], symbols.ONE, *dims[axis:])))


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
        return moved(tensor, Shape())
    if dim is None:
        if any(each.constant is None for each in dims):
            return moved(tensor, Shape())
        return moved(tensor, Shape(tuple(each for each in dims if not each.is_one)))
    axis = axis_of(dim, len(dims))
    if axis is None or dims[axis].constant is None:
        return moved(tensor, Shape())
    kept = dims if not dims[axis].is_one else (*dims[:axis], *dims[axis + 1 :])
    return moved(tensor, Shape(kept))


@tensor_operation("flatten")
def flattened(call: Call) -> Value | None:
    """Neighbouring dimensions become one."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    start = known_number(call.operand(0, "start_dim")) or symbols.ZERO
    end = known_number(call.operand(1, "end_dim")) or symbols.number(-1)
    return moved(tensor, flat(tensor.shape, start.integer, end.integer))


def flat(shape: Shape, start: int | None, end: int | None) -> Shape:
    """A shape with the dimensions from `start` to `end` (inclusive) made one."""
    dims = shape.dims
    if dims is None and (start, end) == (0, -1):
        whole = _all_of(shape)
        return Shape() if whole is None else Shape((whole,))
    if dims is None and start == 1:
        return Shape(base=shape)
    if dims is None or start is None or end is None or not dims:
        return Shape()
    first, last = start % len(dims), end % len(dims)
    if first > last:
        return Shape()
    merged = symbols.product([symbols.exact(dim) for dim in dims[first : last + 1]])
    merged = symbols.without_ones(merged)
    return Shape((*dims[:first], merged, *dims[last + 1 :]))


@tensor_operation("repeat", "torch.tile")
def repeated(call: Call) -> Value | None:
    """Copies along each dimension."""
    tensor = as_tensor(call.subject)
    return None if tensor is None else moved(tensor, Shape())


@tensor_operation("expand")
def expanded(call: Call) -> Value | None:
    """Dimensions of one seen as larger."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    wished = dimensions(call, skip=0 if call.receiver is not None else 1)
    if wished is None or None in wished:
        return moved(tensor, Shape())
    return moved(tensor, Shape(tuple(dim for dim in wished if dim is not None)))
