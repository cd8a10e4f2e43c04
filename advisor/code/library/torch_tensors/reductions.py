"""One number for many."""

from advisor.code import symbols
from advisor.code.events import AxisRead
from advisor.code.gradients import computed, cut_off
from advisor.code.interpreter.operators import truth
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.operations import (
    as_tensor,
    axis_of,
    dims_of,
    tensor_operation,
)
from advisor.code.values import Scalar, Shape, Tensor, Value
from advisor.code.values import Sequence as SequenceValue


@method("tensor", "item", "tolist")
@method("unknown", "item")
def python_number(call: Call) -> Value | None:
    """A plain number: nothing flows back through it."""
    return cut_off(call.unknown(), call.place, f".{call.path.rsplit('.', 1)[-1]}()")


_REDUCTIONS = ["sum", "mean", "prod", "std", "var", "norm", "logsumexp", "amax", "amin"]


def reduction(call: Call) -> Value | None:
    """One number for many, of the whole tensor or along dimensions."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    first = 1 if call.path.endswith("norm") else 0
    dim = call.operand(first, "dim")
    if dim is None:
        dim = call.arguments.keywords.get("axis")
    kept = call.operand(-1 if call.path.endswith(("std", "var")) else first + 1, "keepdim")
    shape = Shape(()) if dim is None else reduced(call, tensor, dim, kept)
    return computed(Tensor(shape, place=call.place), call.subject)


def reduced(call: Call, tensor: Tensor, dim: Value, kept: Value | None) -> Shape:
    """The shape behind a reduction along one or several dimensions."""
    dims = dims_of(tensor)
    given = dim.items if isinstance(dim, SequenceValue) else (dim,)
    if dims is None or given is None:
        return Shape()
    axes = [axis_of(each, len(dims)) for each in given]
    if tensor.layout is not None and len(axes) == 1 and axes[0] is not None:
        place = call.machine.place(call.node)
        event = AxisRead(place, call.context, tensor, axes[0], dims[axes[0]])
        call.machine.emit(event)
    keeps = False if kept is None else truth(kept)
    if None in axes or keeps is None or tensor.shape.dims is None:
        return Shape()
    if keeps:
        return Shape(tuple(symbols.ONE if i in axes else dim for i, dim in enumerate(dims)))
    return Shape(tuple(dim for index, dim in enumerate(dims) if index not in axes))


for _name in _REDUCTIONS:
    tensor_operation(_name)(reduction)


@method("tensor", "max", "min", "median", "topk", "sort")
@function("torch.max", "torch.min", "torch.median")
def with_indices(call: Call) -> Value | None:
    """The largest number, or with a dimension the largest ones and where they stand."""
    tensor = call.subject
    if not isinstance(tensor, Tensor):
        return None
    dim = call.operand(0, "dim")
    if dim is None:
        return computed(Tensor(Shape(())), tensor)
    if call.path.endswith(("max", "min", "median")) and isinstance(dim, Scalar):
        reduced(call, tensor, dim, call.operand(1, "keepdim"))
    return None


@tensor_operation("argmax")
def index_of_largest(call: Call) -> Value | None:
    """Class indices: whole numbers."""
    if as_tensor(call.subject) is None:
        return None
    return cut_off(Tensor(Shape(), dtype="long", place=call.place), call.place, "argmax")
