"""Tensors that are put together."""

from advisor.code import symbols
from advisor.code.gradients import combined
from advisor.code.library.models import Call, function
from advisor.code.library.torch_tensors.broadcasting import differ, tell_clash
from advisor.code.library.torch_tensors.operations import as_tensor, axis_of
from advisor.code.values import (
    Scalar,
    Scale,
    Shape,
    Tensor,
    Unknown,
    Value,
    known_integer,
    lineage_of,
)
from advisor.code.values import Sequence as SequenceValue

# Joins along a fixed dimension: that of vectors, and that of everything else.
_STACKS = {"torch.hstack": (0, 1), "torch.vstack": (None, 0), "torch.dstack": (None, 2)}


@function(*_STACKS)
def concatenated_along(call: Call) -> Value | None:
    """Tensors side by side, one below the other, or one behind the other."""
    parts = _parts(call)
    if not parts:
        return None
    rank = parts[0].shape.rank or 0
    of_vectors, axis = _STACKS[call.path]
    shape = Shape()
    if rank == 1 and of_vectors is not None:
        shape = _joined_shape(parts, Scalar(symbols.number(of_vectors)), call)
    elif rank >= 2 and rank > axis:
        shape = _joined_shape(parts, Scalar(symbols.number(axis)), call)
    return Tensor(
        shape if _complete(call) else Shape(), graph=_graph(call, parts), place=call.place
    )


@function("torch.cat", "torch.concat", "torch.concatenate")
def concatenated(call: Call) -> Value | None:
    """Tensors put together along a dimension."""
    if call.path in _STACKS:
        return concatenated_along(call)
    parts = _parts(call)
    if not parts:
        return None
    scales = {part.scale.activation if part.scale else None for part in parts}
    scale = parts[0].scale if len(scales) == 1 else None
    shape = _joined_shape(parts, call.argument(1, "dim") or Scalar(symbols.ZERO), call)
    complete = _complete(call)
    types = {part.dtype for part in parts}
    return Tensor(
        shape if complete else Shape(),
        scale=scale if complete else None,
        dtype=types.pop() if complete and len(types) == 1 else None,
        graph=_graph(call, parts),
        place=call.place,
    )


def _complete(call: Call) -> bool:
    first = call.argument(0, "tensors")
    return isinstance(first, SequenceValue) and first.items is not None


def _graph(call: Call, parts: list[Tensor]) -> bool | None:
    """Whether a gradient can flow to what parts are put together from, as far as they are known."""
    graph, _ = combined(parts)
    return graph if graph or _complete(call) else None


def _parts(call: Call) -> list[Tensor]:
    first = call.argument(0, "tensors")
    if not isinstance(first, SequenceValue):
        return []
    values = first.items if first.items is not None else (first.element,)
    parts = [as_tensor(value) for value in values if value is not None]
    known = [part for part in parts if part is not None]
    return known if len(known) == len(values) else []


def _joined_shape(parts: list[Tensor], dim: Value, call: Call) -> Shape:
    shapes = [part.shape.dims for part in parts]
    known = [dims for dims in shapes if dims is not None]
    if len(known) != len(parts) or len({len(dims) for dims in known}) != 1:
        return Shape()
    axis = axis_of(dim, len(known[0]))
    if axis is None:
        return Shape()
    for dims in known[1:]:
        pairs = enumerate(zip(known[0], dims, strict=True))
        if any(index != axis and differ(*pair) for index, pair in pairs):
            tell_clash(call.machine, "joined", Shape(known[0]), Shape(dims), call.node)
            return Shape()
    total = symbols.ZERO
    for dims in known:
        total = symbols.add(total, dims[axis])
    return Shape((*known[0][:axis], total, *known[0][axis + 1 :]))


@function("torch.stack")
def stacked(call: Call) -> Value | None:
    """Tensors put together along a new dimension."""
    first, parts = call.argument(0, "tensors"), _parts(call)
    in_front = known_integer(call.argument(1, "dim") or Scalar(symbols.ZERO)) == 0
    if isinstance(first, Unknown) and in_front and not call.arguments.unknown:
        return Tensor(Shape.of_axes({0: symbols.stacked_axis()}), graph=None, place=call.place)
    if not parts:
        return None
    dims = parts[0].shape.dims
    items = first.items if isinstance(first, SequenceValue) else None
    shape = Shape()
    if dims is not None:
        axis = axis_of(call.argument(1, "dim") or Scalar(symbols.ZERO), len(dims) + 1)
        number = symbols.number(len(items)) if items is not None else symbols.stacked_axis()
        if axis is not None:
            shape = Shape((*dims[:axis], number, *dims[axis:]))
    elif in_front and items is None:
        shape = Shape.of_axes({0: symbols.stacked_axis()})
    scales = {part.scale.activation if part.scale else None for part in parts}
    return Tensor(
        shape,
        scale=_without_axis(parts[0].scale) if len(scales) == 1 else None,
        graph=_graph(call, parts),
        lineage=None if items is not None else lineage_of(first),
        place=call.place,
    )


def _without_axis(scale: Scale | None) -> Scale | None:
    """A range whose axis lies elsewhere, behind a new one."""
    if scale is None or scale.axis is None:
        return scale
    return Scale(scale.activation, scale.place)
