"""What is asked of a table: its numbers, its size, its index, its columns by name."""

import re
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import calls
from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, FRAME, HELD, STATISTIC_NAMES
from advisor.code.library.models import Call, attribute, iteration, method
from advisor.code.library.pandas.aggregates import beside_rows
from advisor.code.library.pandas.rows import KEEPS, numbers_of
from advisor.code.library.pandas.statistics import encoding
from advisor.code.library.pandas.tables import (
    column,
    differences_taken,
    is_row_axis,
    mask_of,
    same_columns,
    set_column,
    set_lineage,
    table_like,
    table_of_index,
    take_away,
    whole_of,
)
from advisor.code.library.python.numbers import known_length
from advisor.code.values import (
    NONE,
    Arguments,
    Function,
    Object,
    RowSet,
    Value,
    known_text,
    one_or_several,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


# The part of a split, which is no name of a column.
_SPLIT = re.compile(r"^[xyXY]_|(^|_)(train|val|valid|validation|test|dev)($|_)", re.IGNORECASE)


@attribute(FRAME, "values", "array")
def values(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The numbers of a table as an array."""
    return numbers_of(receiver, machine.place(node))


@attribute(FRAME, "shape")
def shape(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The number of rows and of columns."""
    columns = machine.unknown("columns", node)
    return SequenceValue("tuple", (known_length(receiver), columns))


@attribute(FRAME, "dtypes", "name", "empty", "ndim", "size", "T")
def about(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """What tells nothing of rows: the same each time it is read, but by `getattr`."""
    if not isinstance(node, cst.Attribute):
        return None
    made = machine.unknown(node.attr.value, node)
    receiver.fields[node.attr.value] = made
    return made


@attribute(FRAME, "index")
def index(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The labels of the rows; of what two classes differ in, the names of the columns."""
    apart = lineages.of_classes(receiver)
    return apart or Object("pandas.Index", Arguments([receiver]), machine.place(node))


@method("pandas.Index", "tolist", "to_list", "to_numpy", "copy")
def labels(call: Call) -> Value | None:
    """The labels in another form."""
    return call.receiver


@attribute("pandas.Index", "values")
def label_values(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The labels as an array."""
    return receiver


@method("pandas.Index", "isin")
def labels_in(call: Call) -> Value | None:
    """`df.index.isin(train.index)`: which rows are in another table."""
    table, other = table_of_index(call.receiver), table_of_index(call.argument(0, "values"))
    if table is None or other is None:
        return None
    return mask_of(lineages.samples(table), ("rows", lineages.samples(other).rows))


@attribute(FRAME, "*")
def column_by_attribute(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`df.age`. What `read_pickle` gives may be no table at all, but an object with its parts."""
    name = node.attr.value if isinstance(node, cst.Attribute) else None
    if name is None or name in _KNOWN_METHODS or _SPLIT.search(name):
        return None
    return column(receiver, name)


@method(FRAME, "pop", "get")
def popped(call: Call) -> Value | None:
    """A column, taken out."""
    table, name = call.receiver, known_text(call.argument(0, "item"))
    assert isinstance(table, Object)
    if not lineages.holds_rows(whole_of(table)):
        return table
    result = column(table, name)
    if call.path.endswith("pop"):
        take_away(call.machine, table, None if name is None else [name])
    return result


@method(FRAME, "filter", "select_dtypes", "assign", "join", "insert", "eval")
def other_columns(call: Call) -> Value | None:
    """The same rows with more or fewer columns."""
    table = call.receiver
    assert isinstance(table, Object)
    result = table_like(table)
    held = lineages.columns_of(table)
    if call.path.endswith("select_dtypes") and held is not None and _keeps_numbers(call):
        result.fields[HELD] = held.of_numbers(call.place)
        return result
    if call.path.endswith("filter") and _is_of_rows(call):
        return same_columns(table_like(table, _some_rows(call, table)), table)
    if call.path.endswith("join"):
        if known_text(call.argument(2, "how")) in {"inner", "right"}:
            result = table_like(table, _some_rows(call, table))
        columns, fits = beside_rows(call.argument(0, "other"))
        result.fields["lineage"] = lineages.applied(whole_of(result), *fits)
        for name, each in columns.items():
            set_column(call.machine, result, name, lineages.applied(whole_of(result), each))
        return result
    names = {id(each): name for name, each in call.arguments.keywords.items()}
    for given in call.arguments.values():
        value = _column_made(call, result, given)
        lineage = lineages.known(value)
        fit = encoding(value)
        if fit is not None and id(given) in names:
            encoded = lineages.applied(whole_of(result), fit)
            set_column(call.machine, result, names[id(given)], encoded)
        differences_taken(call.machine, result, value)
        if lineages.holds_rows(lineage) and lineage is not None:
            result.fields["lineage"] = whole_of(result).after(*lineage.fits)
    if call.path.endswith("insert"):
        set_lineage(call.machine, table, whole_of(result))
        return NONE
    return result


@method(FRAME, "reindex")
def rows_by_labels(call: Call) -> Value | None:
    """`df.reindex(labels)`: the rows of some labels, or the same rows with other columns."""
    table = call.receiver
    assert isinstance(table, Object)
    by_column = call.argument(-1, "columns") is not None and call.argument(0, "labels") is None
    return table_like(table, None if by_column else _some_rows(call, table))


@method(FRAME, "pipe")
def given_to_function(call: Call) -> Value | None:
    """`df.pipe(clean, 3)` is `clean(df, 3)`."""
    if not call.arguments.positional or call.receiver is None or call.arguments.unknown:
        return None
    function, *others = call.arguments.positional
    passed = Arguments([call.receiver, *others], call.arguments.keywords)
    return calls.call(call.machine, function, passed, call.node)


def _is_of_rows(call: Call) -> bool:
    axis = call.argument(3, "axis")
    return axis is not None and is_row_axis(axis)


def _some_rows(call: Call, table: Object) -> RowSet:
    """Those rows of a table that a call leaves, whichever these are."""
    return whole_of(table).rows.part(("call", call.node), place=call.place)


def _column_made(call: Call, table: Object, given: Value) -> Value:
    """A column, be it what a function makes of the table: `table.assign(y=lambda each: each.x.shift())`."""
    if not call.path.endswith("assign") or not isinstance(given, Function):
        return given
    return calls.call(call.machine, given, Arguments([table]), call.node)


def _keeps_numbers(call: Call) -> bool:
    """Whether all columns of numbers are kept: what is learned is one of them, as it turns out."""
    include, exclude = call.argument(0, "include"), call.argument(1, "exclude")
    texts = {
        known_text(each) or getattr(each, "path", "")
        for given in (include, exclude)
        for each in one_or_several(given)
    }
    if include is not None:
        of_both = all(any(kind in text for text in texts) for kind in ("int", "float"))
        return of_both or bool(texts & {"number", "numpy.number"})
    return bool(texts) and texts <= {"object", "category", "datetime", "bool", "builtins.object"}


@iteration(FRAME)
def iterate_table(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """A column yields its items; a table the names of its columns."""
    if COLUMN not in value.fields:
        return None
    lineage = lineages.samples(value).of_item()

    def make() -> Value:
        found = machine.unknown("item", node)
        found.lineage = lineage
        return found

    return Iteration(make=make)


_KNOWN_METHODS = frozenset({*KEEPS, *STATISTIC_NAMES, "plot", "hist", "append", "apply"})
