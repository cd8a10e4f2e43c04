"""Rows of which several belong to one person or thing."""

import re
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import NeighboursUsed
from advisor.code.library.lineages.making import written
from advisor.code.library.lineages.reading import known
from advisor.code.values import REPEATED, RowSet, Unknown, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key an unknown array of numbers says that they come repeatedly.
DRAWN_OFTEN = ("drawn often",)
_OWNERS = re.compile(
    r"(^|_)(patient|subject|user|speaker|participant|person|owner|client|player|household|session"
    r"|recording|group|driver|rider|animal|student|author|machine|device|sensor|household|family)"
    r"s?(_?(id|ids|no|nr|num|number|key|code|idx|index))?$",
    re.IGNORECASE,
)


def names_owner(name: str | None) -> bool:
    """Whether a column is called after those that rows belong to."""
    return name is not None and _OWNERS.search(name) is not None


def repeats(value: Value | None) -> bool:
    """Whether numbers come repeatedly, for sure."""
    if isinstance(value, Unknown) and value.fields.get(DRAWN_OFTEN):
        return True
    lineage = known(value)
    return lineage is not None and lineage.rows.how == REPEATED


def notice_groups(machine: "Machine", rows: RowSet, node: cst.CSTNode) -> None:
    """Say that several rows are of the same person or thing."""
    place, text = machine.place(node), written(node)
    machine.emit(NeighboursUsed(place, machine.context, rows, text, grouped=True))
