"""Some rows of a table, and tables without some rows or columns."""

import libcst as cst

from advisor.code.events import PartsOverlap, RowsShuffled
from advisor.code.interpreter import calls
from advisor.code.library import lineages
from advisor.code.library.lineages import DROPPED, FRAME
from advisor.code.library.models import Call, method
from advisor.code.library.pandas.tables import (
    asked_for_columns,
    chosen_by,
    columns_of,
    is_row_axis,
    names_in,
    same_columns,
    table_like,
    table_of_index,
    take_away,
    whole_of,
)
from advisor.code.values import (
    DISTINCT,
    NONE,
    SHUFFLED,
    TRUE,
    Object,
    RowSet,
    Value,
    is_constant,
    known_number,
)
from advisor.code.values import Sequence as SequenceValue


@method(FRAME, "dropna", "head", "tail", "nlargest", "nsmallest", "truncate", "between_time")
def fewer(call: Call) -> Value | None:
    """Some of the rows."""
    table = call.receiver
    assert isinstance(table, Object)
    apart = lineages.of_classes(table)
    if apart is not None:
        name = call.path.rsplit(".", 1)[-1]
        return calls.call_method(call.machine, apart, name, call.arguments, call.node)
    if call.argument(-1, "inplace") is TRUE:
        return NONE
    rows = whole_of(table).rows.part((call.path, call.node), place=call.place)
    if call.argument(0, "axis") is not None and call.path.endswith("dropna"):
        return table_like(table, rows)
    return same_columns(table_like(table, rows), table)


@method(FRAME, "drop_duplicates", "unique")
def without_copies(call: Call) -> Value | None:
    """Each row once: copies that were made before are gone."""
    table = call.receiver
    assert isinstance(table, Object)
    if call.argument(-1, "inplace") is TRUE:
        return NONE
    before = whole_of(table).rows
    rows = without_duplicates(before)
    by_columns = call.argument(0, "subset") is not None
    if rows is before and (call.path.endswith("unique") or by_columns):
        rows = rows.part((DISTINCT, call.node), DISTINCT, call.place)
    return same_columns(table_like(table, rows), table)


def without_duplicates(rows: RowSet) -> RowSet:
    """The rows that copies were made of."""
    for each in rows.ancestors():
        if each.how in {"duplicated", "resampled"}:
            return each.parent or RowSet("joined", sources=each.sources)
    return rows


@method(FRAME, "sample")
def sampled(call: Call) -> Value | None:
    """Rows drawn at random; all of them with `frac=1`, some of them twice with `replace=True`."""
    table = call.receiver
    assert isinstance(table, Object)
    rows = whole_of(table).rows
    fraction = known_number(call.argument(1, "frac"))
    replace = call.argument(2, "replace")
    if is_constant(replace, True):
        drawn = lineages.copies("resampled", call.place, call.context, rows)
        return table_like(table, drawn)
    if fraction is not None and fraction.is_one:
        if isinstance(call.node, cst.Call) and isinstance(call.node.func, cst.Attribute):
            text = lineages.written(call.node.func.value)
            call.machine.emit(RowsShuffled(call.place, call.context, table, text))
        seed = known_number(call.argument(3, "random_state"))
        again = (SHUFFLED, call.node if seed is None else seed)
        return same_columns(table_like(table, rows.part(again, SHUFFLED, call.place)), table)
    drawn = rows.part(("sample", call.node), place=call.place)
    for key, other in rows.parts.items():
        if isinstance(key, tuple) and key[0] == "sample" and other is not drawn:
            call.machine.emit(PartsOverlap(call.place, call.context, other, drawn))
    result = table_like(table, drawn)
    return same_columns(result, table)


@method(FRAME, "drop")
def dropped(call: Call) -> Value | None:
    """Columns or rows dropped."""
    table = call.receiver
    assert isinstance(table, Object)
    which = call.argument(0, "labels") or call.argument(-1, "index")
    axis = call.argument(1, "axis")
    columns = call.argument(-1, "columns")
    by_column = columns is not None or (axis is not None and not is_row_axis(axis))
    names = names_in(columns if columns is not None else which)
    fit = lineages.chosen_by(columns if columns is not None else which)
    if fit is not None:
        return chosen_by(fit, table)
    if by_column or names is not None:
        asked_for_columns(call.machine, table, call.place)
        kept = {name: each for name, each in columns_of(table).items() if name not in (names or ())}
        result = table_like(table, columns=kept)
        result.fields[DROPPED] = _names(columns if columns is not None else which)
        same_columns(result, table)
        take_away(call.machine, result, names, call.place)
    else:
        result = same_columns(_without_rows(call, table, which), table)
    if call.argument(-1, "inplace") is TRUE:
        by_row = not by_column and names is None
        if by_row:
            call.machine.store(table.fields, "lineage", result.fields.get("lineage"))
        else:
            take_away(call.machine, table, names, call.place)
        for name in columns_of(table):
            if by_row or (names is not None and name in names):
                call.machine.store(table.fields, ("column", name), None)
        return NONE
    return result


def _names(value: Value | None) -> tuple[Value, ...]:
    items = value.items if isinstance(value, SequenceValue) else None
    return items if items is not None else (() if value is None else (value,))


def _without_rows(call: Call, table: Object, which: Value | None) -> Object:
    """`df.drop(train.index)`: the rows that are left."""
    rows = whole_of(table).rows
    other = table_of_index(which)
    if other is None:
        return table_like(table, rows.part(("drop", call.node), place=call.place))
    gone = lineages.samples(other).rows
    left = rows.part(("without", gone), place=call.place)
    if gone in rows.parts.values():
        lineage = lineages.samples(table)
        lineages.divide_by_hand(call.machine, table, lineage, (gone, left), call.node)
    return table_like(table, left)
