"""Columns that a subscript takes by their places."""

from typing import TYPE_CHECKING

from advisor.code.values import Columns, Value, known_integer

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace

Index = Value | slice


def columns_at(columns: Columns, index: Index, place: "NodePlace") -> Columns | None:
    """The columns at a place or between two, where these are known."""
    if not isinstance(index, slice):
        number = known_integer(index)
        return None if number is None else columns.at(number, place)
    ends = [None if end is None else known_integer(end) for end in (index.start, index.stop)]
    known = all(
        given is None or end is not None
        for given, end in zip((index.start, index.stop), ends, strict=True)
    )
    return columns.between((ends[0], ends[1]), place) if known and index.step is None else None
