"""Slices of the same rows that lie beside each other: together they divide the rows."""

from typing import NamedTuple

from advisor.code.symbols import Number, subtract
from advisor.code.values import RowSet, Value

# Where a slice begins or ends: at a number, a label, or what a name stands for; None is either end.
End = Number | Value | str | None
MOST_PIECES = 8


class Pieces(NamedTuple):
    """Slices of the same rows in order; `leave_out` says that some rows may be in none of them."""

    rows: tuple[RowSet, ...]
    leave_out: bool = False


def neighbours(rows: RowSet, made: RowSet, start: End, stop: End) -> Pieces:
    """A slice between those that were taken directly before it and behind it; where there are none,
    behind one that ends before it begins."""
    bounds = _slices(rows)
    pieces = [made]
    while start is not None and len(pieces) < MOST_PIECES:
        before = next((each for each, ends in bounds.items() if ends[1] == start), None)
        if before is None or before in pieces:
            break
        pieces.insert(0, before)
        start = bounds[before][0]
    while stop is not None and len(pieces) < MOST_PIECES:
        after = next((each for each, ends in bounds.items() if ends[0] == stop), None)
        if after is None or after in pieces:
            break
        pieces.append(after)
        stop = bounds[after][1]
    if len(pieces) == 1:
        pieces = _with_gap(bounds, made)
    return Pieces(tuple(pieces), leave_out=start is not None or stop is not None)


def _slices(rows: RowSet) -> dict[RowSet, tuple[End, End]]:
    slices = [(key, each) for key, each in rows.parts.items() if isinstance(key, tuple)]
    return {each: key[1:] for key, each in slices if key[0] == "slice" and len(key) == 3}


def _with_gap(bounds: dict[RowSet, tuple[End, End]], made: RowSet) -> list[RowSet]:
    """A slice and one that ends before it begins, or begins behind its end."""
    start, stop = bounds[made]
    for other, (first, last) in bounds.items():
        if other is made:
            continue
        if lies_behind(start, last):
            return [other, made]
        if lies_behind(first, stop):
            return [made, other]
    return [made]


def lies_behind(start: End, stop: End) -> bool:
    """Whether what begins at one place lies behind what ends at another, for sure."""
    if start is None or stop is None:
        return False
    if isinstance(start, str) and isinstance(stop, str):
        return start >= stop  # dates are ordered as they are written
    if not isinstance(start, Number) or not isinstance(stop, Number):
        return start is stop
    one, other = start.constant, stop.constant
    if one is not None and other is not None:
        return one >= other and (one < 0) == (other < 0)
    distance = subtract(start, stop).constant
    return distance is not None and distance >= 0
