"""Slices of a series that begin some steps apart and are put beside each other: what is to be foretold
beside what comes before it."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import NeighboursUsed
from advisor.code.library.lineages.making import written
from advisor.code.symbols import Number, number, subtract
from advisor.code.values import Lineage, RowSet

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_NOWHERE = number(0)


def notice_shifted(machine: "Machine", parts: Sequence[Lineage | None], node: cst.CSTNode) -> None:
    """See that each row gets something of the row some steps before it: `x[:-1]` beside `x[1:]`."""
    slices = [each.rows for each in parts if each is not None and _is_slice(each.rows)]
    for one, other in combinations(slices, 2):
        series = one.parent
        if series is not None and series is other.parent and _are_steps_apart(series, one, other):
            later = other.place or machine.place(node)
            event = NeighboursUsed(later, machine.context, series, written(later.node))
            machine.emit(event)
            return


def _is_slice(rows: RowSet) -> bool:
    return rows.how == "part" and rows.parent is not None


def _are_steps_apart(series: RowSet, one: RowSet, other: RowSet) -> bool:
    """Whether two slices are equally long and do not begin at the same place: each leaves as many rows
    out as the other one, but not the same ones."""
    keys = {each: key for key, each in series.parts.items()}
    first, second = _left_out(keys.get(one)), _left_out(keys.get(other))
    if first is None or second is None or first[0] == second[0]:
        return False
    return subtract(*first) == subtract(*second)


def _left_out(key: object) -> tuple[Number, Number] | None:
    """Where a slice begins, counted from the front, and where it ends, counted from behind."""
    if not isinstance(key, tuple) or len(key) != 3 or key[0] != "slice":
        return None
    start, stop = (_NOWHERE if end is None else end for end in key[1:])
    if not isinstance(start, Number) or not isinstance(stop, Number):
        return None
    from_front = start.constant is None or start.constant >= 0
    from_behind = stop.constant is None or stop.constant <= 0
    return (start, stop) if from_front and from_behind else None
