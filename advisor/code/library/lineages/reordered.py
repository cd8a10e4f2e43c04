"""Parts that are taken of the same rows before and after these were shuffled."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import PartsOverlap
from advisor.code.values import SHUFFLED, RowSet

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def notice_other_order(machine: "Machine", rows: RowSet, made: RowSet, node: cst.CSTNode) -> None:
    """See that a slice is taken of rows in one order where another one was taken in another order:
    some rows are in both, and some in neither. A loop may divide them anew in each round."""
    if machine.context.loops:
        return
    taken = [
        each for order in orders_of(rows) if order is not rows for each in _slices_of(order.parts)
    ]
    if any(each.place is not None and each.place.node is node for each in taken):
        return  # a function divides them once more
    for earlier in taken:
        machine.emit(PartsOverlap(machine.place(node), machine.context, earlier, made))


def orders_of(rows: RowSet) -> Iterator[RowSet]:
    """The same rows in every order that they were brought into."""
    while rows.how == SHUFFLED and rows.parent is not None:
        rows = rows.parent
    waiting = [rows]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(each for each in current.parts.values() if each.how == SHUFFLED)


def _slices_of(parts: dict[object, RowSet]) -> Iterator[RowSet]:
    for key, each in parts.items():
        if isinstance(key, tuple) and key[0] == "slice":
            yield each
