"""Values that hold samples: arrays, tables and statistics."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Context
from advisor.code.library.lineages.names import COLUMN, FRAME, HELD, NOISE, NUMBERS, TABLE
from advisor.code.nodes import as_written
from advisor.code.symbols import Number
from advisor.code.values import (
    DTYPE,
    Columns,
    Lineage,
    Object,
    RowSet,
    Shape,
    Tensor,
    Unknown,
    Value,
    lineage_of,
)

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace

# How sets of rows come about that lie along one axis, in which nothing is missing or repeated.
_DIVIDED = frozenset({"all", "train", "test"})


def array(lineage: Lineage, place: "NodePlace | None" = None, shape: Shape | None = None) -> Tensor:
    """An array of samples, which lie along the first axis."""
    if shape is None and (axis := axis_of_rows(lineage)) is not None:
        shape = Shape.of_axes({0: axis})
    return Tensor(shape, lineage=lineage, library="numpy", place=place)


def axis_of_rows(lineage: Lineage) -> Number | None:
    """The axis that some rows lie along: the same one for all that is known of them."""
    rows = lineage.rows
    if rows.how not in _DIVIDED:
        return None
    if rows.axis is None:
        rows.axis = symbols.fresh("rows", is_axis=True)
    return rows.axis


def alike(value: Value | None, lineage: Lineage, place: "NodePlace | None" = None) -> Value:
    """A value like another one that holds other samples: a table if that is one, else an array."""
    if isinstance(value, Object) and value.path == FRAME:
        made = frame(lineage, place)
        made.fields[HELD] = columns_of(value)
        for key in (COLUMN, NUMBERS):
            if key in value.fields:
                made.fields[key] = value.fields[key]
        return made
    if isinstance(value, Tensor):
        shape = _shape_of_others(value.shape, axis_of_rows(lineage))
        return value.replace(lineage=lineage, place=place, shape=shape)
    made_array = array(lineage.holding(columns_of(value)), place)
    if isinstance(value, Unknown):
        made_array.dtype = value.fields.get(DTYPE)
        made_array.shape.most = value.shape.most
    return made_array


def _shape_of_others(shape: Shape, axis: Number | None) -> Shape:
    """The shape of other rows of an array."""
    if axis is None:
        return Shape()
    return Shape.of_axes({0: axis}) if not shape.dims else Shape((axis, *shape.dims[1:]))


def frame(lineage: Lineage, place: "NodePlace | None" = None) -> Object:
    """A table, or a column of one."""
    return Object(FRAME, place=place, fields={"lineage": lineage.holding(None)})


def columns_of(value: Value | None) -> Columns | None:
    """The columns of a table that a value holds, where that is known: those of a table itself are
    all there are of it, until some are taken."""
    if isinstance(value, Object) and value.path == FRAME:
        held = value.fields.get(HELD)
        if not isinstance(held, Columns):
            held = Columns(RowSet())
            value.fields[HELD] = held
        return held
    if isinstance(value, Unknown) and value.parent is not None:
        table = value.parent.fields.get(TABLE)
        own = value.parent.fields.get(("item", value.name)) is value
        whole = columns_of(table) if isinstance(table, Object) and own else None
        return None if whole is None else whole.only([value.name])
    lineage = lineage_of(value)
    return None if lineage is None else lineage.columns


def statistic(lineage: Lineage, name: str, place: "NodePlace") -> Lineage:
    """The lineage of a statistic over samples."""
    return Lineage(RowSet(name, lineage.rows, place))


def copies(
    how: str,
    place: "NodePlace",
    context: Context,
    parent: RowSet | None = None,
    sources: tuple[RowSet, ...] = (),
) -> RowSet:
    """Samples some of which are made of others: `duplicated` or `resampled`."""
    made = RowSet(how, parent, place, sources)
    made.context = context
    return made


def noise(place: "NodePlace | None" = None) -> Lineage:
    """The lineage of random numbers."""
    return Lineage(RowSet(NOISE, place=place))


def written(node: cst.CSTNode) -> str:
    """A piece of code as its author wrote it, on one line."""
    return " ".join(as_written(node).split())
