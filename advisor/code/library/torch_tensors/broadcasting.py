"""Tensors of different shapes in one operation: what their axes are stretched to."""

from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Broadcast, ShapesClashed
from advisor.code.symbols import Number
from advisor.code.values import Derivation, Shape, Tensor, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


# How much arithmetic is looked through for the place where a matrix came to be.
_LONGEST_CHAIN = 6


def tell_broadcast(machine: "Machine", left: Tensor, right: Tensor, node: cst.CSTNode) -> None:
    """Tell that a column and a row of the same samples become a matrix, or that two tensors cannot
    meet at all."""
    if clash(left.shape, right.shape):
        tell_clash(machine, "broadcast", left.shape, right.shape, node)
    for column, row in ((left, right), (right, left)):
        if _is_column(column.shape) and row.shape.rank == 1:
            first, length = column.shape.axis(0), row.shape.axis(0)
            alike = first == length or (_is_stacked(first) and _is_stacked(length))
            if first.integer is not None and length.integer is not None:
                alike = first.integer == length.integer
            if alike and not length.is_one:
                event = Broadcast(machine.place(node), machine.context, column, row)
                machine.emit(event)
        if _is_out_of_place(column, row):
            event = Broadcast(machine.place(node), machine.context, column, row, is_reduced=True)
            machine.emit(event)


def tell_pairs(machine: "Machine", matrix: Tensor, node: cst.CSTNode) -> None:
    """Tell of a matrix that is put into one number, where a column of a reduction that has kept its axis
    has met a row of the same samples: nobody looks at the pairs."""
    for _ in range(_LONGEST_CHAIN):
        dims, place = matrix.shape.dims, matrix.place
        if dims is None or len(dims) != 2 or dims[0] != dims[1] or dims[0].is_one:
            return
        parts = [term for term in matrix.terms if isinstance(term, Tensor)]
        if len(parts) < len(matrix.terms):
            return
        for column, row in permutations(parts) if len(parts) == 2 else ():
            is_column = column.reduced is not None and column.reduced.kept
            if is_column and column.shape.rank == 2 and row.shape.dims == dims[:1]:
                # A function that is called for it leaves no trace of where that was.
                known = place is not None and all(place is not each.place for each in parts)
                at = place if known and place is not None else machine.place(node)
                machine.emit(Broadcast(at, machine.context, column, row, is_kept=True))
                return
        larger = [part for part in parts if part.shape.dims != () and part.shape.rank != 1]
        if len(larger) != 1:
            return
        matrix = larger[0]


def tell_choices_paired(
    machine: "Machine", left: Value | None, right: Value | None, node: cst.CSTNode
) -> None:
    """Tell of the choices of a model that are a column, and are asked whether they are the labels, a row
    of the same samples: each is compared with the labels of all."""
    if not isinstance(left, Tensor) or not isinstance(right, Tensor):
        return
    for column, row in ((left, right), (right, left)):
        kept, dims = column.reduced, column.shape.dims
        if kept is None or not (kept.kept and kept.chosen) or dims is None:
            continue
        if len(dims) != 2 or row.shape.rank != 1 or dims[0].is_one or not dims[1].is_one:
            continue
        first, length = dims[0], row.shape.axis(0)
        alike = first == length or (first.integer is not None and first.integer == length.integer)
        if alike and row.reduced is None and row.graph is False:
            machine.emit(Broadcast(machine.place(node), machine.context, column, row, is_kept=True))
            return


def _is_stacked(length: Number) -> bool:
    """Whether something was put together along an axis in rounds that nobody has counted."""
    return length.axis is not None and length.axis.is_stacked and length.integer is None


def _is_out_of_place(whole: Tensor, part: Tensor) -> bool:
    """Whether numbers that stand for the rows of another tensor meet its columns, an axis having
    been reduced that is not the first and nothing kept in its place."""
    gone, dims = part.reduced, whole.shape.dims
    if gone is None or gone.kept or gone.chosen or gone.dims != dims or dims[gone.axis].is_one:
        return False
    in_front = [dim for dim in dims[: gone.axis] if not dim.is_one]
    return bool(in_front) and not clash(whole.shape, part.shape)


def _is_column(shape: Shape) -> bool:
    """Whether the last of the axes, which is no first one, is one of length one from a layer."""
    axes = shape.known_axes
    if shape.dims is not None:
        axes = dict(enumerate(shape.dims)) if shape.rank == 2 else {}
        axes = {0: axes[0], -1: axes[1]} if axes else {}
    last = axes.get(-1)
    return 0 in axes and last is not None and last.axis is not None and last.is_one


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The shape of numbers that are computed from tensors of these shapes, each by itself."""
    known = [shape.dims for shape in shapes if shape.dims is not None]
    if len(known) != len(shapes):
        last = _last_of_known(shapes)
        return Shape.of_axes(last.known_axes, derived=Derivation(tuple(shapes), None, _stretched))
    return Shape(_stretched(*known))


def _stretched(*known: tuple[Number, ...]) -> tuple[Number, ...] | None:
    result: list[Number] = []
    for position in range(max(map(len, known)), 0, -1):
        length = _common_length([dims[-position] for dims in known if len(dims) >= position])
        if length is None:
            return None
        result.append(length)
    return tuple(result)


def _last_of_known(shapes: Sequence[Shape]) -> Shape:
    """What is known where the number of axes is not: the last one, if samples that are many lie along
    it, or its length is known."""
    found = [shape.known_axis(-1) for shape in shapes]
    longer = [each for each in found if each is not None and _is_longer(each)]
    length = _common_length(longer or [symbols.ONE])
    return Shape() if length is None or length.is_one else Shape.of_axes({-1: length})


def _is_longer(length: Number) -> bool:
    """Whether what is one number long is stretched to a length for sure."""
    axis, known = length.axis, length.integer
    if known is not None:
        return known > 1
    return axis is not None and (axis.is_batch or axis.is_stacked)


def _common_length(found: Sequence[Number]) -> Number | None:
    """The length of an axis that others are stretched to; None when it is not known, or there is
    none."""
    larger = [dim for dim in found if not dim.is_one]
    if not larger:
        # A number for each sample that a layer has made is one still when columns are added to it.
        return next((dim for dim in found if dim.axis is not None), symbols.ONE)
    if len(set(larger)) == 1:
        return larger[0]
    known = [dim for dim in larger if dim.integer is not None]
    if not known:
        return symbols.fresh("stretched", is_axis=True)
    # What nobody knows is as long as the others, or one.
    return known[0] if len({dim.integer for dim in known}) == 1 else None


def tell_clash(
    machine: "Machine", operation: str, left: Shape, right: Shape, node: cst.CSTNode
) -> None:
    """Tell that two tensors are put together whose shapes do not go together."""
    decided = machine.ways == 1
    machine.emit(
        ShapesClashed(machine.place(node), machine.context, operation, left, right, decided)
    )


def differ(first: Number, second: Number) -> bool:
    """Whether two lengths are known, and are not the same."""
    return None not in (first.integer, second.integer) and first.integer != second.integer


def clash(left: Shape, right: Shape) -> bool:
    """Whether no broadcasting makes two shapes go together."""
    if left.dims is None or right.dims is None:
        return False
    pairs = zip(reversed(left.dims), reversed(right.dims), strict=False)
    return any(differ(a, b) and not a.is_one and not b.is_one for a, b in pairs)
