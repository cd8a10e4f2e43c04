"""Columns: what a value holds of a table, by their names or by their places."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace

Span = tuple[int | None, int | None]


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """Which columns of a table something holds: all but those it goes `without`, or only those of
    the given `names`, or those of a `span` of places. `table` stands for the table they come from,
    `place` is where they were chosen; `only_numbers` says that columns of anything else are gone. A
    column that is known by its place is called `[-1]`; `made_of` are columns that these were computed from
    and from nothing else; `order` are the names of all columns of the table, as they stand in it."""

    table: object
    names: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    place: "NodePlace | None" = None
    span: Span | None = None
    only_numbers: bool = False
    made_of: frozenset[str] = frozenset()
    order: tuple[str, ...] | None = None

    @property
    def single(self) -> str | None:
        """The name of the column, if it is one."""
        if self.names is None or len(self.names) != 1:
            return None
        return next(iter(self.names))

    def holds(self, name: str) -> bool:
        """Whether a column is among them for sure, if the table has one of that name."""
        if name in self.without or (self.names is not None and name not in self.names):
            return False
        if self.names is not None or not name.startswith("["):
            return self.names is not None or self.span is None
        # What was left out by its name may stand at any place.
        return not self.without and (self.span is None or _spans(self.span, int(name[1:-1])))

    def only(self, names: Iterable[str], place: "NodePlace | None" = None) -> "Columns":
        """The columns of some names."""
        kept = frozenset(names) - self.without
        return replace(self, names=kept, place=place or self.place)

    def but(self, names: Iterable[str], place: "NodePlace | None" = None) -> "Columns":
        """All columns but those of some names."""
        without = self.without | frozenset(names)
        return replace(self, without=without, place=place or self.place)

    def of_numbers(self, place: "NodePlace | None" = None) -> "Columns":
        """Those that hold numbers."""
        return replace(self, only_numbers=True, place=place or self.place)

    def at(self, index: int, place: "NodePlace | None" = None) -> "Columns | None":
        """The column at a place, counted from the front or from the back; None when some are gone."""
        if self.names is not None or self.without or self.span is not None or self.only_numbers:
            return None
        if self.order is not None and 0 <= index < len(self.order):
            return self.only([self.order[index]], place)
        return Columns(self.table, frozenset({f"[{index}]"}), place=place)

    def between(self, span: Span, place: "NodePlace | None" = None) -> "Columns | None":
        """The columns from one place to another; None when some are gone already."""
        if self.names is not None or self.span is not None or self.only_numbers:
            return None
        whole = span[0] in {None, 0} and span[1] is None
        if self.order is not None and not whole and (span[0] or 0) >= 0:
            # Columns that were put behind the others do not count: they may be there or not.
            left = [each for each in self.order if each not in self.without]
            return self.only(left[slice(*span)], place)
        return Columns(self.table, None, self.without, place, None if whole else span)


def _spans(span: Span, index: int) -> bool:
    """Whether a place lies in a span for sure, in a table that is wide enough."""
    start, stop = span
    if index < 0:
        inside = stop is None or (stop < 0 and index < stop)
        return inside and (start is None or start >= 0 or index >= start)
    inside = stop is None or (stop > 0 and index < stop)
    return inside and (start is None or 0 <= start <= index)
