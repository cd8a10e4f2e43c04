"""Rows that are divided."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import RowsSplit
from advisor.code.library.lineages.making import alike, written
from advisor.code.library.lineages.names import COLUMN, DROPPED, FRAME, TABLE
from advisor.code.library.lineages.reading import all_of, samples
from advisor.code.values import (
    Arguments,
    Constant,
    Lineage,
    Object,
    RowSet,
    Unknown,
    Value,
    known_number,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def divide_by_hand(
    machine: "Machine",
    value: Value,
    lineage: Lineage,
    pieces: tuple[RowSet, ...],
    node: cst.CSTNode,
    leaves_out: bool = False,
) -> None:
    """Slices, masks or dropped rows divide rows; whether that is a split depends on what the
    program calls the parts."""
    event = RowsSplit(
        machine.place(node),
        machine.context,
        (value,),
        written(node),
        pieces,
        (lineage,),
        by_hand=True,
        leaves_out=leaves_out,
    )
    for piece in pieces:
        # What was left out at first may be taken later.
        if piece.split is None or (piece.split.leaves_out and set(piece.split.parts) < {*pieces}):
            piece.split = event
    machine.emit(event)


def divide(
    machine: "Machine",
    data: Iterable[Value],
    operation: str,
    node: cst.CSTNode,
    grouped: bool = False,
    strata: Value | None = None,
) -> RowsSplit:
    """Rows are divided by something whose purpose that is: samples, then labels if there are any. The
    `strata` that they are divided by are needed before: nobody has to learn them from one side."""
    values = tuple(data)
    found = [
        tuple(map(_without_fits, all_of(value))) if value is strata else all_of(value)
        for value in values
    ]
    lineages = dict.fromkeys(each for parts in found for each in parts)
    features = found[0] if found else ()
    event = RowsSplit(
        machine.place(node),
        machine.context,
        values,
        operation,
        lineages=tuple(lineages),
        labels=tuple(each for each in lineages if each not in features),
        targets=tuple(name for value in values for name in targets(value)),
        grouped=grouped,
    )
    machine.emit(event)
    return event


def _without_fits(lineage: Lineage) -> Lineage:
    if not lineage.fits:
        return lineage
    return Lineage(lineage.rows, (), lineage.augmentations, lineage.columns)


def targets(value: Value) -> tuple[Value, ...]:
    """The names of the columns that a value is to be predicted from: one that labels are, or those
    that were dropped from a table."""
    if isinstance(value, Unknown) and value.parent is not None and TABLE in value.parent.fields:
        return (Constant(value.name),)
    if not isinstance(value, Object) or value.path != FRAME:
        return ()
    name, dropped = value.fields.get(COLUMN), value.fields.get(DROPPED)
    return (*((name,) if isinstance(name, Value) else ()), *(dropped or ()))


def halves(value: Value, event: RowsSplit) -> tuple[Value, Value]:
    """The training part and the other part of a value that a split divides."""
    lineage = samples(value)
    parts = []
    for how in ("train", "test"):
        rows = lineage.rows.part((how, event), how, event.place)
        rows.split = event
        event.parts = (*event.parts, rows)
        parts.append(alike(value, lineage.of(rows), event.place))
    return parts[0], parts[1]


def hold_back(machine: "Machine", passed: Arguments, node: cst.CSTNode) -> None:
    """`model.fit(X, y, validation_split=0.2)`: some rows are held out of the training."""
    share = passed.get(-1, "validation_split")
    number = known_number(share)
    data = [value for value in (passed.get(0, "x"), passed.get(1, "y")) if value is not None]
    if share is not None and data and (number is None or number.constant != 0):
        divide(machine, data, "validation_split", node)
