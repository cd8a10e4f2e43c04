"""Samples that are put one after the other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.code.events import Context
from advisor.code.library.lineages.making import copies
from advisor.code.library.lineages.masks import is_chosen_by_condition
from advisor.code.library.lineages.names import WHOLE_COPIES
from advisor.code.library.lineages.reading import holds_rows, known, of_list, ways_joined
from advisor.code.values import DISTINCT, SHUFFLED, Lineage, RowSet, Tensor, Value, alternatives
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace


def together(parts: Sequence[Lineage], place: "NodePlace", context: Context) -> Lineage | None:
    """The lineage of samples put one after the other. Rows that are in several of the parts are in
    the result several times.

    In a later round of a loop one value stands for different rows: there nothing is said of copies.
    """
    data = [each for each in parts if holds_rows(each)]
    if not data or len(data) < len(parts):
        return None
    if len(data) == 1:
        return data[0]
    fits = ways_joined([each.of(data[0].rows) for each in data])
    changes = tuple(dict.fromkeys(change for each in data for change in each.augmentations))
    distinct = tuple(dict.fromkeys(each.rows for each in data))
    whole = _whole(distinct)
    if whole is not None:
        return Lineage(whole, fits.fits, changes)
    every = Lineage(RowSet("joined", place=place, sources=distinct), fits.fits, changes)
    first_time = not any(each.index for each in context.rounds)
    again = _several_times(data) if first_time else ()
    if not again:
        return every
    # Those of a class are repeated for the sake of the others.
    how = "resampled" if all(map(is_chosen_by_condition, again)) else "duplicated"
    return every.of(copies(how, place, context, sources=distinct))


# How sets come about that hold every one of some samples, and those that hold a whole in other ways.
_WHOLE_SETS = frozenset(["all", "train", "test", "joined"])
_OF_WHOLE = frozenset([DISTINCT, SHUFFLED])


def repeated_whole(given: Value | None, place: "NodePlace", context: Context) -> Lineage | None:
    """The lineage of all that is in a list of which only the kinds of its items are known, where the
    same rows are among them several times, as a whole."""
    if not isinstance(given, SequenceValue) or given.items is not None:
        return None
    found = [known(each) for option in alternatives(given.element) for each in _ways(option)]
    rows = [each.rows for each in found if each is not None and holds_rows(each)]
    again = {each for each in rows if rows.count(each) > 1 and _is_whole(each)}
    if len(rows) < len(found) or not again or any(each.index for each in context.rounds):
        return None
    sources = tuple(dict.fromkeys(rows))
    return Lineage(copies("duplicated", place, context, sources=sources))


def _is_whole(rows: RowSet) -> bool:
    """Whether rows are the same in each round of a loop: they are no part that each round chooses, and
    none of the tables in a list that it goes through."""
    if any(each.are_any_of_list for each in rows.ancestors()):
        return False
    while rows.parent is not None and (rows.how in _OF_WHOLE or _has_no_blanks(rows)):
        rows = rows.parent
    return rows.how in _WHOLE_SETS


def _has_no_blanks(rows: RowSet) -> bool:
    """Whether rows are those of a table in which nothing is missing."""
    keys = (
        () if rows.parent is None else (k for k, each in rows.parent.parts.items() if each is rows)
    )
    return any(isinstance(key, tuple) and str(key[0]).endswith(".dropna") for key in keys)


def of_listed(given: Value | None, place: "NodePlace", context: Context) -> Lineage | None:
    """The lineage of the samples in a list of which only the kinds of its items are known, once they
    are put together."""
    if not isinstance(given, SequenceValue):
        return None
    lineage = of_list(given)
    if WHOLE_COPIES not in given.fields:
        return lineage
    if lineage is None:
        return Lineage(copies("duplicated", place, context))
    rows = lineage.rows
    made = copies("duplicated", rows.place or place, rows.context or context, sources=rows.sources)
    return Lineage(made)


def _ways(value: Value) -> tuple[Value, ...]:
    """What was joined in an array that is one or another."""
    if isinstance(value, Tensor) and len(value.terms) == 2 and value.terms[0].place is value.place:
        return value.terms
    return (value,)


def _whole(parts: tuple[RowSet, ...]) -> RowSet | None:
    """The set that was divided into exactly these parts."""
    split = parts[0].split
    if split is None or len(parts) < 2 or any(each.split is not split for each in parts):
        return None
    if split.leaves_out:
        return None
    parent = parts[0].parent
    pieces = {each for each in split.parts if each.parent is parent}
    return parent if pieces == set(parts) else None


def _several_times(parts: Sequence[Lineage]) -> tuple[RowSet, ...]:
    """The sets of rows that are among several more than once, or in another one of them as well."""
    rows = [each.rows for each in parts]
    return tuple(
        each
        for each in dict.fromkeys(rows)
        if rows.count(each) > 1
        or any(
            other is not each and each.surely_within(other) and each.how != "resampled"
            for other in rows
        )
    )
