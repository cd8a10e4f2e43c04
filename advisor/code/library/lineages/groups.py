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
# Under this key a column says that it holds how many rows there are of the group of each row, and which
# groups these are.
COUNTS_OF = ("counts of",)
_ID = r"_?(ids?|no|nr|num|number|key|code|idx|index|#)"
_OWNERS = re.compile(
    rf"(^|_)(patient|subject|user|speaker|participant|person|owner|client|player|rider|driver"
    rf"|household|family|animal|session|recording|student|lesion)s?({_ID})?$",
    re.IGNORECASE,
)
# What a table is grouped by only if several rows are of the same one; users rate many things, and
# the subject of a text is no person.
_GROUPED_BY = re.compile(
    rf"(^|_)((patient|speaker|participant|person)s?({_ID})?"
    rf"|(subject|session|recording|household|animal|device|machine|lesion|slide|study|exam){_ID})$",
    re.IGNORECASE,
)


def names_owner(name: str | None) -> bool:
    """Whether a column is called after those that rows belong to."""
    return name is not None and _OWNERS.search(name) is not None


# Where a program speaks of texts, a subject may be what they are about.
_OF_TEXTS = re.compile(
    r"\b(text|title|headline|article|body|email|e-mail|message|ticket|review|essay)s?\b"
    r"|news|[Vv]ectorizer|[Tt]okeniz",
    re.IGNORECASE,
)


def groups_rows(name: str, text: str) -> bool:
    """Whether to group by a column of that name, in a program that reads like that, tells that several
    rows belong together."""
    if name.lower() == "subject":
        return _OF_TEXTS.search(text) is None
    return _GROUPED_BY.search(name) is not None


def repeats(value: Value | None) -> bool:
    """Whether numbers come repeatedly, for sure."""
    if isinstance(value, Unknown) and value.fields.get(DRAWN_OFTEN):
        return True
    lineage = known(value)
    return lineage is not None and lineage.rows.how == REPEATED


def notice_groups(machine: "Machine", rows: RowSet, node: cst.CSTNode, column: str = "") -> None:
    """Say that several rows are of the same person or thing, which a column tells."""
    place, text = machine.place(node), written(node)
    event = NeighboursUsed(place, machine.context, rows, text, grouped=True, column=column)
    machine.emit(event)
