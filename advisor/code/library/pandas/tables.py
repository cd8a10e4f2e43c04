"""pandas tables and columns: which rows they hold and what their columns went through.

A table and a column are the same kind of object here. What single columns went through is kept under
their names, so that it is forgotten when they are dropped.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.code.events import NeighboursUsed
from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, FRAME, HELD, TABLE
from advisor.code.library.models import Call
from advisor.code.library.pandas.derivations import sources_of
from advisor.code.library.pandas.types import holding_numbers, numbers_of_column
from advisor.code.values import (
    CHANGED_LINEAGE,
    Columns,
    Constant,
    Fit,
    Lineage,
    Object,
    RowSet,
    Scalar,
    Unknown,
    Value,
    known_number,
    known_text,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace

Index = Value | slice
OWNER = ("owner",)
MASK_KEY = ("mask",)
GROUPED = ("grouped",)
NAMES = "pandas.columns"
# Under this key a column says where it became the differences of neighbouring rows, until these are
# put into a table: whoever only looks at them does not learn from them.
DIFFERENCES = ("differences of neighbours",)
# Under this key something that was taken out of a table says by what, where nobody knows whether that
# is the name of a column or tells which rows.
BY_UNKNOWN = ("taken by something unknown",)


def columns_of(table: Object) -> dict[str, Lineage]:
    """The columns that went through something of their own."""
    return {
        key[1]: column
        for key, column in table.fields.items()
        if isinstance(column, Lineage) and isinstance(key, tuple) and key[0] == "column"
    }


def whole_of(table: Object) -> Lineage:
    """What all columns of a table went through."""
    whole = table.fields.get("lineage")
    return whole if isinstance(whole, Lineage) else lineages.samples(table)


def table_like(
    table: Object,
    rows: RowSet | None = None,
    columns: dict[str, Lineage] | None = None,
    place: object = None,
) -> Object:
    """A table with other rows or other columns."""
    whole = whole_of(table)
    rows = whole.rows if rows is None else rows
    result = lineages.frame(whole.of(rows), table.place)
    kept = columns_of(table) if columns is None else columns
    for name, column in kept.items():
        result.fields["column", name] = column.of(rows)
    for key in (DIFFERENCES, BY_UNKNOWN):
        if key in table.fields:
            result.fields[key] = table.fields[key]
    return result


def same_columns(result: Object, table: Object) -> Object:
    """Let a table hold the columns that another one does."""
    result.fields[HELD] = lineages.columns_of(table)
    return result


def take_away(
    machine: "Machine",
    table: Object,
    names: Sequence[str] | None,
    place: "NodePlace | None" = None,
) -> None:
    """Let a table lose columns; None when it is not known which."""
    held = lineages.columns_of(table)
    left = None if held is None or names is None else held.but(names, place)
    machine.store(table.fields, HELD, left or Columns(RowSet()))
    own = columns_of(table)
    for name in names or ():
        if name in own:
            # What the column went through is gone with it.
            machine.store(table.fields, ("column", name), Lineage(whole_of(table).rows))


def column(table: Object, name: str | None) -> Object:
    """One column of a table."""
    own = columns_of(table).get(name) if name is not None else None
    lineage = lineages.samples(table) if name is None else own or whole_of(table)
    result = lineages.frame(lineage, table.place)
    result.fields[OWNER] = table
    result.fields[COLUMN] = Constant(name)
    holding_numbers(result, numbers_of_column(table, name))
    held = lineages.columns_of(table)
    if name is not None and held is not None:
        own_name = held.only([name])
        result.fields[HELD] = replace(own_name, made_of=sources_of(held, name))
    return result


def selected(table: Object, names: Sequence[str], place: "NodePlace | None" = None) -> Object:
    """Some columns of a table."""
    own = columns_of(table)
    result = table_like(table, columns={name: own[name] for name in names if name in own})
    held = lineages.columns_of(table)
    result.fields[HELD] = None if held is None else held.only(names, place)
    return result


def asked_for_columns(machine: "Machine", table: Object, place: "NodePlace | None") -> None:
    """See that something that was taken out of a table has columns of its own: so it is not all rows of
    one column, but those rows that something unknown tells."""
    at = table.fields.get(BY_UNKNOWN)
    if isinstance(at, Value):
        whole = whole_of(table)
        rows = whole.rows.part(("mask", at), place=place)
        machine.store(table.fields, "lineage", whole.of(rows))
        machine.store(table.fields, BY_UNKNOWN, None)


def chosen_by(fit: Fit, table: Object, rows: RowSet | None = None) -> Object:
    """The columns of a table that a ranking has chosen."""
    result = table_like(table, rows)
    result.fields["lineage"] = lineages.applied(whole_of(result), fit)
    return result


def names_in(value: Value | None) -> list[str] | None:
    """Column names in a list or a single one, when all of them are known."""
    single = known_text(value)
    if single is not None:
        return [single]
    items = value.items if isinstance(value, SequenceValue) else None
    names = [known_text(item) for item in items or ()]
    if items is None or any(name is None for name in names):
        return None
    return [name for name in names if name is not None]


def set_lineage(machine: "Machine", value: Value, lineage: Lineage) -> None:
    """Let a table, or the table a column belongs to, have gone through something in place."""
    if isinstance(value, Unknown):
        machine.store(value.fields, CHANGED_LINEAGE, lineage)
    if not isinstance(value, Object):
        return
    for name in columns_of(value):
        machine.store(value.fields, ("column", name), lineage)
    machine.store(value.fields, "lineage", lineage)
    owner = value.fields.get(OWNER)
    if isinstance(owner, Object) and owner.path == FRAME:
        set_column(machine, owner, known_text(value.fields.get(COLUMN)), lineage)


def set_column(machine: "Machine", table: Object, name: str | None, lineage: Lineage) -> None:
    """Let a column of a table have gone through something; None when it is not known which."""
    if name is None:
        whole = whole_of(table)
        machine.store(table.fields, "lineage", whole.after(*lineage.fits))
    else:
        machine.store(table.fields, ("column", name), lineage.of(whole_of(table).rows))


def key_of(value: Value) -> object:
    """What tells an operand of a comparison from others: equal keys mean equal values."""
    match value:
        case Scalar():
            return value.number
        case Constant():
            return value.value
        case Object() if value.path == FRAME and COLUMN in value.fields:
            name = value.fields[COLUMN]
            return (lineages.samples(value).rows, getattr(name, "value", name))
    return value


def column_names(columns: Columns, place: "NodePlace | None") -> Object:
    """The names of some columns."""
    return Object(NAMES, place=place, fields={"columns": columns})


def names_left(value: "Value | slice | None") -> Columns | None:
    """The columns whose names a value holds, where it is known which these are."""
    if isinstance(value, Object) and value.path == NAMES:
        held = value.fields.get("columns")
    else:
        held = value.fields.get(NAMES) if isinstance(value, SequenceValue) else None
    return held if isinstance(held, Columns) else None


def with_names(table: Object, names: Columns, place: "NodePlace | None") -> Object:
    """The columns of a table that go by such names as another table has, or the same one."""
    held = lineages.columns_of(table)
    own = columns_of(table)
    kept = {name: each for name, each in own.items() if names.holds(name)}
    result = table_like(table, columns=kept)
    if held is not None:
        # All columns of numbers are asked for to look at them as well.
        where = (place if names.only_numbers else None) or names.place or place
        without = held.without | names.without
        numbers = held.only_numbers or names.only_numbers
        taken = Columns(held.table, names.names, without, where, names.span, numbers)
        # All names of another table may be any of this one.
        known = names.names is not None or names.table is held.table
        whole = held.names is None and held.span is None
        result.fields[HELD] = taken if known and whole else None
    return result


def is_table(value: Value | None) -> bool:
    """Whether a value is a table or a column of one."""
    return isinstance(value, Object) and value.path == FRAME


def mask_of(lineage: Lineage, key: object) -> Object:
    """A truth value for each row; `key` says which rows it is true for."""
    result = lineages.frame(Lineage(lineage.rows))
    result.fields[MASK_KEY] = key
    return result


def table_of_index(value: Value | None) -> Value | None:
    """The table that an index belongs to."""
    if isinstance(value, Object) and value.path == "pandas.Index":
        return value.arguments.positional[0]
    return None


def is_row_axis(value: Value) -> bool:
    """Whether an axis is the one along the rows."""
    number = known_number(value)
    return (number is not None and number.integer == 0) or known_text(value) in {"index", "rows"}


def as_table(value: Unknown) -> Object:
    """The table that an unknown turns out to be; the same each time."""
    found = value.fields.get(TABLE)
    if not isinstance(found, Object):
        found = lineages.frame(lineages.samples(value), value.place)
        value.fields[TABLE] = found
    return found


def neighbours_used(call: Call, table: Object, only_sorted: bool = False) -> None:
    """Let rows get something of their neighbours, or be sorted by time."""
    rows = lineages.samples(table).rows
    text = lineages.written(call.node)
    call.machine.emit(NeighboursUsed(call.place, call.context, rows, text, only_sorted))


def differences_taken(machine: "Machine", table: Object, value: Value) -> None:
    """See that a table gets a column of differences of neighbouring rows."""
    place = value.fields.get(DIFFERENCES) if isinstance(value, Object) else None
    if place is not None:
        rows, text = lineages.samples(table).rows, lineages.written(place.node)
        machine.emit(NeighboursUsed(place, machine.context, rows, text))
