"""Columns and cells of tables that are assigned."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library import lineages
from advisor.code.library.lineages import FRAME, TABLE
from advisor.code.library.models import hook
from advisor.code.library.pandas.derivations import remember
from advisor.code.library.pandas.statistics import encoding
from advisor.code.library.pandas.tables import (
    Index,
    as_table,
    differences_taken,
    names_in,
    set_column,
    take_away,
    whole_of,
)
from advisor.code.library.pandas.types import assign_numbers
from advisor.code.values import Joined, Lineage, Object, Unknown, Value, alternatives

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@hook("assign_item")
def assigned_item(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`df["age"] = scaler.fit_transform(df[["age"]])`."""
    if isinstance(receiver, Joined):
        seen = [
            assigned_item(machine, each, indices, value, node) for each in alternatives(receiver)
        ]
        return all(seen)
    if isinstance(receiver, Unknown) and _fitted_column(receiver, indices, value):
        receiver = as_table(receiver)
    if not isinstance(receiver, Object):
        return False
    if receiver.path == "pandas.indexer":
        table = receiver.arguments.positional[0]
        if isinstance(table, Object) and len(indices) == 2:
            _assign_at(machine, table, indices, value)
        return True
    if receiver.path != FRAME:
        return False
    new = lineages.known(value)
    names = None if isinstance(indices[0], slice) else names_in(indices[0])
    lineage = new if new is not None and lineages.holds_rows(new) else None
    rows = whole_of(receiver).rows
    differences_taken(machine, receiver, value)
    fit = encoding(value)
    if fit is not None:
        lineage = lineages.applied(Lineage(rows), fit)
    if names and lineages.repeats(value) and any(map(lineages.names_owner, names)):
        lineages.notice_groups(machine, rows, node)
        lineage = None
    for name in names or (None,):
        if name is not None:
            assign_numbers(machine, receiver, name, value)
            remember(lineages.columns_of(receiver), name, value)
        if lineage is not None:
            set_column(machine, receiver, name, lineage)
        elif name is not None:
            machine.store(receiver.fields, ("column", name), Lineage(rows))
    return True


def _fitted_column(receiver: Unknown, indices: Sequence[Index], value: Value) -> bool:
    """Whether a column of an unknown is assigned, of a table or of something that was fitted."""
    if isinstance(indices[0], slice) or len(indices) > 1:
        return False
    if TABLE in receiver.fields:
        return True
    lineage = lineages.known(value)
    return names_in(indices[0]) is not None and lineage is not None and bool(lineage.fits)


def _assign_at(machine: "Machine", table: Object, indices: Sequence[Index], value: Value) -> None:
    """`df.loc[rows, columns] = value`: with a mask of rows and a statistic, gaps are filled."""
    new = lineages.known(value)
    if new is None:
        return
    lineage = lineages.filled(lineages.samples(table), new)
    names = None if isinstance(indices[1], slice) else names_in(indices[1])
    for name in names or (None,):
        if lineage.fits:
            set_column(machine, table, name, lineage)


@hook("deleted_item")
def deleted_column(machine: "Machine", receiver: Value, index: Index) -> None:
    """`del df["age"]`."""
    if isinstance(receiver, Unknown) and TABLE in receiver.fields:
        receiver = as_table(receiver)
    if isinstance(receiver, Object) and receiver.path == FRAME:
        take_away(machine, receiver, None if isinstance(index, slice) else names_in(index))


@hook("assign_attribute")
def assigned_attribute(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`df.age = scaler.fit_transform(df[["age"]])`."""
    if not isinstance(receiver, Object) or receiver.path != FRAME:
        return False
    lineage = lineages.known(value)
    if name == "columns":
        take_away(machine, receiver, None)
    elif lineage is not None and lineages.holds_rows(lineage):
        set_column(machine, receiver, name, lineage)
    return True
