"""Tensors that are put together."""

from collections.abc import Sequence
from functools import partial

import libcst as cst

from advisor.code import symbols
from advisor.code.events import LossAccumulated
from advisor.code.gradients import combined, gradient_of
from advisor.code.library import lineages
from advisor.code.library.models import Call, function
from advisor.code.library.torch_tensors.broadcasting import differ, tell_clash
from advisor.code.library.torch_tensors.operations import as_tensor, axis_of
from advisor.code.nodes import as_written
from advisor.code.symbols import Number
from advisor.code.values import (
    Derivation,
    Lineage,
    Scalar,
    Scale,
    Shape,
    Tensor,
    Unknown,
    Value,
    following,
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
    result = Tensor(
        shape if _complete(call) else Shape(), graph=_graph(call, parts), place=call.place
    )
    _tell_growth(call, result)
    return result


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
    axis = call.argument(1, "dim") or Scalar(symbols.ZERO)
    complete = _complete(call)
    shape = _joined_shape(parts, axis, call) if complete else _shape_of_many(parts, axis)
    types = {part.dtype for part in parts}
    result = Tensor(
        shape,
        scale=scale if complete else None,
        dtype=types.pop() if complete and len(types) == 1 else None,
        graph=_graph(call, parts),
        lineage=_rows_joined(call),
        place=call.place,
    )
    _tell_growth(call, result)
    return result


def _tell_growth(call: Call, result: Tensor) -> None:
    """Say what is put behind a tensor in a round of a loop: `outputs = torch.cat((outputs, output))`
    makes a total of it."""
    given = call.argument(0, "tensors")
    if not call.context.rounds or result.graph is False or not isinstance(given, SequenceValue):
        return
    node = call.node
    written = node.args[0].value if isinstance(node, cst.Call) and node.args else None
    if (
        given.items is None
        or len(given.items) != 2
        or not isinstance(written, (cst.List, cst.Tuple))
    ):
        return
    for total, value, element in zip(
        given.items, given.items[::-1], written.elements, strict=False
    ):
        if gradient_of(value) is not False:
            text = as_written(element.value)
            event = LossAccumulated(call.place, call.context, total, value, result, text)
            call.machine.emit(event)


def _rows_joined(call: Call) -> Lineage | None:
    """The samples of several tensors one after the other, where all of them are known to hold some."""
    given, axis = call.argument(0, "tensors"), call.argument(1, "dim")
    if axis is not None and known_integer(axis) != 0:
        return None
    if not isinstance(given, SequenceValue) or given.items is None:
        copied = lineages.repeated_whole(given, call.place, call.context)
        return copied or lineages.of_listed(given, call.place, call.context)
    found = [lineages.known(each) for each in given.items]
    certain = [each for each in found if each is not None]
    if len(certain) < len(found) or len(certain) < 2:
        return None
    return lineages.together(certain, call.place, call.context)


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
    parts = [part for part in parts if not _is_empty(part)] or parts
    _settle_alike(parts, known_integer(dim))
    shapes = [part.shape.dims for part in parts]
    known = [dims for dims in shapes if dims is not None]
    if len(known) != len(parts):
        return _joined_later(parts, known_integer(dim))
    if len({len(dims) for dims in known}) != 1:
        return Shape()
    axis = axis_of(dim, len(known[0]))
    if axis is None:
        return Shape()
    for dims in known[1:]:
        pairs = enumerate(zip(known[0], dims, strict=True))
        if any(index != axis and differ(*pair) for index, pair in pairs):
            tell_clash(call.machine, "joined", Shape(known[0]), Shape(dims), call.node)
            return Shape()
    return Shape(_end_to_end(axis, *known))


def _is_empty(part: Tensor) -> bool:
    """Whether it is `torch.tensor([])`, which may be put before tensors of any rank."""
    dims = part.shape.dims
    return dims is not None and len(dims) == 1 and dims[0].integer == 0


def _shape_of_many(parts: list[Tensor], dim: Value) -> Shape:
    """The shape of tensors that were listed in rounds that nobody has counted, where all of them have
    the same one but for the axis that they are joined along."""
    kinds = {None if part.shape.dims is None else part.shape.dims[1:] for part in parts}
    rest = kinds.pop()
    if kinds or rest is None or known_integer(dim) != 0:
        return Shape()
    return Shape((symbols.stacked_axis(), *rest))


def _settle_alike(parts: list[Tensor], axis: int | None) -> None:
    """Learn how many axes tensors have that are joined: all have as many, and where their last ones
    differ, these are what they are joined along."""
    ranks = {part.shape.rank for part in parts} - {None}
    lasts = [part.shape.known_axes.get(-1) for part in parts if part.shape.rank is None]
    widths = {None if last is None else last.integer for last in lasts}
    rank = next(iter(ranks), None)
    if rank is None and axis is not None and axis > 0 and None not in widths and len(widths) > 1:
        rank = axis + 1
    if rank is None or len(ranks) > 1:
        return
    for part in parts:
        part.shape.settle(rank)


def _joined_later(parts: list[Tensor], axis: int | None) -> Shape:
    """What is known of tensors that are joined before their rank is known."""
    shapes = tuple(part.shape for part in parts)
    if axis is None or any(shape.rank is not None for shape in shapes):
        return Shape()
    lasts = [shape.known_axes.get(-1) for shape in shapes]
    known = [last for last in lasts if last is not None]
    base = shapes[0] if axis else None
    derived = Derivation(shapes, 0, partial(_end_to_end, axis))
    if axis != -1 or len(known) < len(lasts):
        return Shape(base=base, derived=derived)
    return Shape(base=base, last=_sum(known), derived=derived)


def _end_to_end(axis: int, *parts: tuple[Number, ...]) -> tuple[Number, ...] | None:
    """The dimensions of tensors that are joined along an axis."""
    first = parts[0]
    if len({len(dims) for dims in parts}) > 1 or not -len(first) <= axis < len(first):
        return None
    place = axis % len(first)
    return (*first[:place], _sum([dims[place] for dims in parts]), *first[place + 1 :])


def _sum(lengths: Sequence[Number]) -> Number:
    total = symbols.ZERO
    for length in lengths:
        total = symbols.add(total, length)
    return total


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
    elif items is not None and (place := known_integer(call.argument(1, "dim"))) is not None:
        shape = Shape(derived=following(parts[0].shape, partial(_stacked, len(items), place), 1))
    elif in_front and items is None:
        last = parts[0].shape.known_axes.get(-1)
        known = {} if last is None else {-1: last}
        shape = Shape.of_axes({0: symbols.stacked_axis(), **known})
    scales = {part.scale.activation if part.scale else None for part in parts}
    return Tensor(
        shape,
        scale=_without_axis(parts[0].scale) if len(scales) == 1 else None,
        graph=_graph(call, parts),
        lineage=None if items is not None else lineage_of(first),
        place=call.place,
    )


def _stacked(number: int, axis: int, dims: tuple[Number, ...]) -> tuple[Number, ...] | None:
    """The dimensions of so many tensors that are put together along a new axis."""
    place = axis if axis >= 0 else axis + len(dims) + 1
    if not 0 <= place <= len(dims):
        return None
    return (*dims[:place], symbols.number(number), *dims[place:])


def _without_axis(scale: Scale | None) -> Scale | None:
    """A range whose axis lies elsewhere, behind a new one."""
    if scale is None or scale.axis is None:
        return scale
    return Scale(scale.activation, scale.place)
