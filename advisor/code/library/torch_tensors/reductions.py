"""One number for many."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import AxisRead, LossClamped, WeightsApplied
from advisor.code.gradients import computed, cut_off
from advisor.code.interpreter.operators import truth
from advisor.code.library.models import Call, attribute, function, method
from advisor.code.library.torch_tensors.broadcasting import tell_pairs
from advisor.code.library.torch_tensors.choices import tell_choice_along
from advisor.code.library.torch_tensors.operations import (
    as_tensor,
    axis_of,
    dims_of,
    settle_scores,
    tensor_operation,
)
from advisor.code.symbols import Number
from advisor.code.values import (
    Activation,
    Constant,
    Reduced,
    Scalar,
    Shape,
    Tensor,
    Unknown,
    Value,
    following,
    is_constant,
    known_integer,
    known_number,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

MINUS_ONE = Scalar(symbols.number(-1))


@method("tensor", "item", "tolist")
@method("unknown", "item")
def python_number(call: Call) -> Value | None:
    """A plain number: nothing flows back through it."""
    return cut_off(call.unknown(), call.place, f".{call.path.rsplit('.', 1)[-1]}()")


_REDUCTIONS = [
    *("sum", "mean", "prod", "std", "var", "norm", "logsumexp", "amax", "amin"),
    *("nansum", "nanmean", "all", "any", "count_nonzero"),
]
_WHOLE = {"all": "bool", "any": "bool", "count_nonzero": "long"}


def reduction(call: Call) -> Value | None:
    """One number for many, of the whole tensor or along dimensions."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    name = call.path.rsplit(".", 1)[-1]
    first = 1 if name in {"norm", "vector_norm"} else 0
    dim = call.operand(first, "dim")
    if dim is None:
        dim = call.arguments.keywords.get("axis")
    kept = call.operand(-1 if name in {"std", "var"} else first + 1, "keepdim")
    kept = kept or call.arguments.keywords.get("keepdims")
    whole = (dim is None or is_constant(dim, None)) and not call.arguments.unknown
    shape = Shape(()) if whole else reduced(call, tensor, dim, kept)
    if name in _WHOLE:
        return cut_off(Tensor(shape, dtype=_WHOLE[name], place=call.place), call.place, name)
    made = Tensor(shape, place=call.place)
    _say_what_is_gone(made, tensor, dim)
    if name == "sum":
        _tell_weights(call, tensor, dim)
    if whole and name in {"sum", "mean"}:
        tell_pairs(call.machine, tensor, call.node)
    return computed(made, call.subject)


def _tell_weights(call: Call, tensor: Tensor, dim: Value | None) -> None:
    """Tell that a product with what a softmax has made is added up along an axis."""
    dims = tensor.shape.dims
    axis = known_integer(dim) if dims is None else axis_of(dim, len(dims))
    if axis is None:
        return
    over = None if dims is None else dims[axis]
    unranked = axis if dims is None else None
    for term in tensor.terms:
        scale = term.scale if isinstance(term, Tensor) else None
        if scale is not None and scale.activation is Activation.SOFTMAX:
            assert isinstance(term, Tensor)
            event = WeightsApplied(call.place, call.context, term, over, True, unranked)
            call.machine.emit(event)


def _say_what_is_gone(made: Tensor, tensor: Tensor, dim: Value | None) -> None:
    dims = tensor.shape.dims
    axis = None if dims is None else axis_of(dim, len(dims))
    if dims is not None and axis is not None and made.shape.rank is not None:
        kept, chosen = made.shape.rank == len(dims), made.dtype == "long"
        made.reduced = Reduced(dims, axis, kept=kept, chosen=chosen)


def reduced(call: Call, tensor: Tensor, dim: Value | None, kept: Value | None) -> Shape:
    """The shape behind a reduction along one or several dimensions."""
    settle_scores(call, tensor, dim)
    dims = dims_of(tensor)
    given = dim.items if isinstance(dim, SequenceValue) else (dim,)
    if dims is None or given is None:
        return _first_kept(tensor.shape, given or (), keeps=False if kept is None else truth(kept))
    axes = [axis_of(each, len(dims)) for each in given]
    if tensor.layout is not None and len(axes) == 1 and axes[0] is not None:
        place = call.machine.place(call.node)
        event = AxisRead(place, call.context, tensor, axes[0], dims[axes[0]])
        call.machine.emit(event)
    keeps = False if kept is None else truth(kept)
    if None in axes or keeps is None or tensor.shape.dims is None:
        return Shape()
    return Shape(_rest([axis for axis in axes if axis is not None], keeps, dims))


def _first_kept(shape: Shape, given: Sequence[Value | None], keeps: bool | None) -> Shape:
    """What is known of a tensor of unknown rank once axes are reduced: the first one, if it is none of
    these, and how the others follow from those before."""
    axes = [known_integer(each) for each in given]
    known = [axis for axis in axes if axis is not None]
    if not axes or len(known) < len(axes) or keeps is None:
        return Shape()
    behind = all(axis > 0 for axis in known)
    rest = following(shape, partial(_rest, known, keeps), 0 if keeps else -len(known))
    return Shape(base=shape if behind else None, derived=rest)


def _rest(axes: list[int], keeps: bool, dims: tuple[Number, ...]) -> tuple[Number, ...] | None:
    """Dimensions without those along some axes, which are one number long if they are kept."""
    if not all(-len(dims) <= axis < len(dims) for axis in axes):
        return None
    gone = {axis % len(dims) for axis in axes}
    if keeps:
        return tuple(symbols.ONE if index in gone else dim for index, dim in enumerate(dims))
    return tuple(dim for index, dim in enumerate(dims) if index not in gone)


for _name in _REDUCTIONS:
    tensor_operation(_name)(reduction)
function("torch.linalg.vector_norm")(reduction)


def _pair(call: Call, values: Shape, indices: Shape) -> SequenceValue:
    """Numbers and where they stood, as `values` and `indices` of a tuple."""
    largest = computed(Tensor(values, place=call.place), call.subject)
    name = call.path.rsplit(".", 1)[-1]
    places = cut_off(Tensor(indices, dtype="long", place=call.place), call.place, name)
    return SequenceValue("tuple", (largest, places), place=call.place)


@method("tensor", "max", "min", "median", "mode")
@function("torch.max", "torch.min", "torch.median", "torch.mode")
def with_indices(call: Call) -> Value | None:
    """The largest number, or with a dimension the largest ones and where they stand."""
    tensor = call.subject
    if not isinstance(tensor, Tensor):
        return None
    if tensor.library == "numpy" or "axis" in call.arguments.keywords:
        # Arrays of numpy, and of those who call axes as it does, give no indices.
        return reduction(call)
    dim = call.operand(0, "dim")
    if isinstance(dim, Tensor) and dim.graph is False and dim.shape.dims == ():
        return _bounded(call, tensor, dim)
    if isinstance(dim, (Tensor, Unknown)):
        return None
    if dim is None and not call.arguments.keywords and not call.arguments.unknown:
        return computed(Tensor(Shape(()), place=call.place), tensor)
    if not isinstance(dim, Scalar):
        return None
    tell_choice_along(call, tensor, dim)
    shape = reduced(call, tensor, dim, call.operand(1, "keepdim"))
    found = _pair(call, shape, shape)
    for part in found.items or ():
        if isinstance(part, Tensor):
            _say_what_is_gone(part, tensor, dim)
    return found if tensor.library == "torch" else None


def _bounded(call: Call, tensor: Tensor, bound: Tensor) -> Tensor:
    """`torch.min(loss, torch.tensor(5.0))`: the numbers, or one bound for all of them."""
    result = computed(Tensor(tensor.shape, place=call.place), tensor, bound)
    assert isinstance(result, Tensor)
    if call.path.endswith("min"):
        call.machine.emit(LossClamped(call.place, call.context, tensor, result))
    return result


@tensor_operation("topk", "torch.kthvalue")
def largest(call: Call) -> Value | None:
    """The largest numbers along a dimension, and where they stand."""
    tensor = call.subject
    if not isinstance(tensor, Tensor):
        return None
    dims, count = tensor.shape.dims, known_number(call.operand(0, "k"))
    axis = None if dims is None else axis_of(call.operand(1, "dim") or MINUS_ONE, len(dims))
    if dims is None or axis is None or count is None or not call.path.endswith("topk"):
        return _pair(call, Shape(), Shape())
    shape = Shape((*dims[:axis], count, *dims[axis + 1 :]))
    return _pair(call, shape, shape)


@tensor_operation("sort", "torch.cummax", "torch.cummin")
def sorted_numbers(call: Call) -> Value | None:
    """The numbers in order along a dimension, and where they stood."""
    tensor = call.subject
    if not isinstance(tensor, Tensor) or tensor.library != "torch":
        return None
    return _pair(call, tensor.shape, tensor.shape)


@tensor_operation("std_mean", "torch.var_mean")
def two_reductions(call: Call) -> Value | None:
    """Two reductions at once."""
    tensor = as_tensor(call.subject)
    dim = call.operand(0, "dim")
    if tensor is None or isinstance(dim, Constant) or call.operand(-1, "keepdim") is not None:
        return None
    shape = Shape(()) if dim is None else reduced(call, tensor, dim, None)
    parts = tuple(computed(Tensor(shape, place=call.place), call.subject) for _ in range(2))
    return SequenceValue("tuple", parts, place=call.place)


@attribute("tuple", "values")
def values_of_pair(machine: "Machine", receiver: SequenceValue, node: cst.CSTNode) -> Value | None:
    """`x.max(1).values`, `x.topk(3).values`."""
    return receiver.items[0] if receiver.items is not None and len(receiver.items) == 2 else None


@attribute("tuple", "indices")
def indices_of_pair(machine: "Machine", receiver: SequenceValue, node: cst.CSTNode) -> Value | None:
    """`x.max(1).indices`, `x.topk(3).indices`."""
    return receiver.items[1] if receiver.items is not None and len(receiver.items) == 2 else None


@tensor_operation("argmax", "torch.argmin")
def index_of_largest(call: Call) -> Value | None:
    """Class indices: whole numbers."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dim = call.operand(0, "dim") or call.arguments.keywords.get("axis")
    tell_choice_along(call, tensor, dim)
    shape = Shape(()) if dim is None else reduced(call, tensor, dim, call.operand(1, "keepdim"))
    if call.arguments.unknown:
        shape = Shape()
    name = call.path.rsplit(".", 1)[-1]
    chosen = cut_off(Tensor(shape, dtype="long", place=call.place), call.place, name)
    if isinstance(chosen, Tensor):
        _say_what_is_gone(chosen, tensor, dim)
    return chosen


method("tensor", "argmin")(index_of_largest)
method("unknown", "argmin")(index_of_largest)


@tensor_operation("cumsum", "torch.cumprod", "torch.logcumsumexp")
def running(call: Call) -> Value | None:
    """A number for each number: what those up to it come to."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    return computed(Tensor(tensor.shape, place=call.place), call.subject)


method("tensor", "cumprod", "logcumsumexp")(running)


@tensor_operation("argsort")
def order(call: Call) -> Value | None:
    """Where the numbers stand in order."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    return cut_off(Tensor(tensor.shape, dtype="long", place=call.place), call.place, "argsort")
