"""pandas tables and columns: which rows they hold and what their columns went through.

A table and a column are the same kind of object here. What single columns went through is kept under
their names, so that it is forgotten when they are dropped.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, DROPPED, FRAME, STATISTIC_NAMES, TABLE, words
from advisor.code.library.models import Call, attribute, function, hook, item, iteration, method
from advisor.code.library.numpy import after_each_other, beside, over_rows, parts_of
from advisor.code.library.python import known_length
from advisor.code.values import (
    CHANGED_LINEAGE,
    NONE,
    TRUE,
    Arguments,
    Bound,
    Constant,
    Dictionary,
    Fit,
    Function,
    Joined,
    Lineage,
    Object,
    Partial,
    RowSet,
    Scalar,
    Tensor,
    Unknown,
    Value,
    alternatives,
    known_number,
    known_text,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

Index = Value | slice
_OWNER = ("owner",)
_MASK = ("mask",)
_GROUPED = ("grouped",)

# --- tables -------------------------------------------------------------------------------

_READERS = "csv excel json parquet pickle table feather hdf html sql sql_query fwf stata sas orc"


@function(*(f"pandas.read_{name}" for name in words(_READERS)))
def read(call: Call) -> Value | None:
    """A table from a file: rows of their own."""
    return lineages.frame(Lineage(RowSet("all", place=call.place)), call.place)


@function("pandas.DataFrame", "pandas.Series", "pandas.DataFrame.from_dict")
def made(call: Call) -> Value | None:
    """A table of given data."""
    data = call.argument(0, "data")
    lineage = lineages.known(data)
    if isinstance(data, (Dictionary, SequenceValue)) and lineage is None:
        found = [each for each in lineages.all_of(data) if lineages.holds_rows(each)]
        lineage = found[0].after(*(fit for each in found for fit in each.fits)) if found else None
    if lineage is None and data is not None and not isinstance(data, (Dictionary, SequenceValue)):
        lineage = lineages.samples(data)
    if lineage is None or not lineages.holds_rows(lineage):
        lineage = Lineage(RowSet("all", place=call.place))
    return lineages.frame(lineage, call.place)


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
    return result


def column(table: Object, name: str | None) -> Object:
    """One column of a table."""
    own = columns_of(table).get(name) if name is not None else None
    lineage = lineages.samples(table) if name is None else own or whole_of(table)
    result = lineages.frame(lineage, table.place)
    result.fields[_OWNER] = table
    result.fields[COLUMN] = Constant(name)
    return result


def selected(table: Object, names: Sequence[str]) -> Object:
    """Some columns of a table."""
    own = columns_of(table)
    return table_like(table, columns={name: own[name] for name in names if name in own})


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
    owner = value.fields.get(_OWNER)
    if isinstance(owner, Object) and owner.path == FRAME:
        set_column(machine, owner, known_text(value.fields.get(COLUMN)), lineage)


def set_column(machine: "Machine", table: Object, name: str | None, lineage: Lineage) -> None:
    """Let a column of a table have gone through something; None when it is not known which."""
    if name is None:
        whole = whole_of(table)
        machine.store(table.fields, "lineage", whole.after(*lineage.fits))
    else:
        machine.store(table.fields, ("column", name), lineage.of(whole_of(table).rows))


# --- what keeps the rows ------------------------------------------------------------------

_KEEPS = [
    "abs",
    "add_prefix",
    "add_suffix",
    "applymap",
    "asfreq",
    "astype",
    "backfill",
    "bfill",
    "bool",
    "cat",
    "ceil",
    "clip",
    "combine_first",
    "convert_dtypes",
    "copy",
    "cumprod",
    "cumsum",
    "diff",
    "div",
    "divide",
    "duplicated",
    "dt",
    "expanding",
    "ffill",
    "floordiv",
    "infer_objects",
    "interpolate",
    "isin",
    "isna",
    "isnull",
    "map_partitions",
    "mod",
    "mul",
    "multiply",
    "notna",
    "notnull",
    "pad",
    "pct_change",
    "pow",
    "rank",
    "reindex",
    "rename",
    "rename_axis",
    "reset_index",
    "round",
    "set_axis",
    "set_index",
    "shift",
    "sort_index",
    "sort_values",
    "str",
    "swaplevel",
    "to_frame",
    "to_sparse",
    "to_dense",
    "transform",
    "truediv",
    "tz_convert",
    "tz_localize",
    "between",
    "factorize",
    "pipe",
    "T",
]


@method(FRAME, *_KEEPS)
def kept(call: Call) -> Value | None:
    """The same rows."""
    table = call.receiver
    assert isinstance(table, Object)
    if call.argument(-1, "inplace") is TRUE:
        return NONE
    return table_like(table)


@method(FRAME, "isnull", "isna", "notnull", "notna", "isin", "between", "duplicated")
def asked(call: Call) -> Value | None:
    """A truth value for each row."""
    table = call.receiver
    assert table is not None
    name = call.path.rsplit(".", 1)[-1]
    given = tuple(_key(value) for value in call.arguments.values())
    lineage = lineages.samples(table)
    if not lineages.holds_rows(lineage):
        return None
    if name in {"notnull", "notna", "isna"}:
        key: object = ("isnull", _key(table), *given)
        return _mask(lineage, key if name == "isna" else ("not", key))
    return _mask(lineage, (name, _key(table), *given))


@attribute(FRAME, "values", "array")
def values(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The numbers of a table as an array."""
    return lineages.array(lineages.samples(receiver), machine.place(node))


@method(FRAME, "to_dict")
def to_dictionary(call: Call) -> Value | None:
    """Statistics stay what they are; rows are looked up no more."""
    lineage = lineages.known(call.receiver)
    return call.receiver if lineage is not None and lineage.rows.is_statistic else None


@method(FRAME, "to_numpy", "as_matrix", "to_records", "toarray", "ravel", "to_list", "tolist")
def to_numpy(call: Call) -> Value | None:
    """The numbers of a table as an array."""
    return lineages.array(lineages.samples(call.receiver), call.place)


@attribute(FRAME, "str", "dt", "cat")
def accessor(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`column.str`: its methods give something for each row."""
    return Object("pandas.accessor", fields={"lineage": lineages.samples(receiver)})


@method("pandas.accessor", "*")
def for_each_row(call: Call) -> Value | None:
    """Something for each row."""
    return lineages.frame(lineages.samples(call.receiver), call.place)


@attribute("pandas.accessor", "*")
def part_of_each_row(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`column.dt.year`."""
    return lineages.frame(lineages.samples(receiver), machine.place(node))


@attribute(FRAME, "shape")
def shape(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The number of rows and of columns."""
    columns = machine.unknown("columns", node)
    return SequenceValue("tuple", (known_length(receiver), columns))


@attribute(FRAME, "columns", "dtypes", "name", "empty", "ndim", "size", "T")
def about(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """What tells nothing of rows: the same each time it is read."""
    assert isinstance(node, cst.Attribute)
    made = machine.unknown(node.attr.value, node)
    receiver.fields[node.attr.value] = made
    return made


@attribute(FRAME, "index")
def index(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The labels of the rows."""
    return Object("pandas.Index", Arguments([receiver]), machine.place(node))


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
    table, other = _table_of_index(call.receiver), _table_of_index(call.argument(0, "values"))
    if table is None or other is None:
        return None
    return _mask(lineages.samples(table), ("rows", lineages.samples(other).rows))


def _table_of_index(value: Value | None) -> Value | None:
    if isinstance(value, Object) and value.path == "pandas.Index":
        return value.arguments.positional[0]
    return None


@attribute(FRAME, "*")
def column_by_attribute(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`df.age`."""
    name = node.attr.value if isinstance(node, cst.Attribute) else None
    return None if name is None or name in _KNOWN_METHODS else column(receiver, name)


@method(FRAME, "pop", "get")
def popped(call: Call) -> Value | None:
    """A column, taken out."""
    table, name = call.receiver, known_text(call.argument(0, "item"))
    assert isinstance(table, Object)
    return column(table, name)


@method(FRAME, "filter", "select_dtypes", "assign", "join", "insert", "eval")
def other_columns(call: Call) -> Value | None:
    """The same rows with more or fewer columns."""
    table = call.receiver
    assert isinstance(table, Object)
    result = table_like(table)
    for value in call.arguments.values():
        lineage = lineages.known(value)
        if lineages.holds_rows(lineage) and lineage is not None:
            result.fields["lineage"] = whole_of(result).after(*lineage.fits)
    if call.path.endswith("insert"):
        set_lineage(call.machine, table, whole_of(result))
        return NONE
    return result


@function("pandas.get_dummies", "pandas.to_numeric", "pandas.to_datetime", "pandas.cut")
@function("pandas.isnull", "pandas.isna", "pandas.notnull", "pandas.melt", "numpy.vectorize")
def function_of_each_row(call: Call) -> Value | None:
    """Something for each row; what the rows hold is not learned from."""
    value = call.argument(0, "data")
    if isinstance(value, Object) and value.path == FRAME:
        return table_like(value)
    lineage = lineages.known(value)
    return None if lineage is None else lineages.frame(lineage, call.place)


# --- functions of the program on rows -----------------------------------------------------


@method(FRAME, "apply", "map", "agg", "aggregate")
def applied(call: Call) -> Value | None:
    """`df.apply(f)`: what a function makes of each column, or of each row."""
    table, function_ = call.receiver, call.argument(0, "func")
    assert isinstance(table, Object)
    name = call.path.rsplit(".", 1)[-1]
    axis = call.argument(1, "axis")
    by_column = name == "apply" and COLUMN not in table.fields and (axis is None or _zero(axis))
    if by_column and isinstance(function_, (Function, Bound, Partial)):
        lineage = lineages.samples(table)
        given = lineages.frame(lineage, call.place)
        result = calls.call(call.machine, function_, Arguments([given]), call.node)
        fits = [fit for each in alternatives(result) for fit in _fits(each)]
        return lineages.frame(lineage.after(*fits), call.place)
    if name in {"agg", "aggregate"}:
        return None
    fit = encoding(function_) if name == "map" else None
    if fit is None:
        return table_like(table)
    return lineages.frame(lineages.applied(lineages.samples(table), fit), call.place)


def _fits(value: Value) -> tuple[Fit, ...]:
    lineage = lineages.known(value)
    return () if lineage is None else lineage.fits


def _zero(value: Value) -> bool:
    number = known_number(value)
    return (number is not None and number.integer == 0) or known_text(value) in {"index", "rows"}


# --- filling ------------------------------------------------------------------------------


@method(FRAME, "fillna", "replace", "mask", "where")
def filled(call: Call) -> Value | None:
    """Gaps or values replaced; by a statistic of rows that is a fit on these rows."""
    table = call.receiver
    assert isinstance(table, Object)
    before = lineages.samples(table)
    lineage = lineages.filled(before, *_statistics(list(call.arguments.values()), before.rows))
    changed = lineage is not before
    if call.argument(-1, "inplace") is TRUE:
        if changed:
            set_lineage(call.machine, table, lineage)
        return NONE
    if not changed:
        return table_like(table)
    return lineages.frame(lineage, call.place)


def _statistics(passed: Sequence[Value], rows: RowSet) -> list[Lineage]:
    """The statistics among some values; of one that may be over several sets, that over `rows`."""
    found: list[Lineage] = []
    for value in passed:
        inner = list(value.items.values()) if isinstance(value, Dictionary) else [value]
        for each in inner:
            options = [lineages.known(option) for option in alternatives(each)]
            known = [option for option in options if option is not None]
            own = [option for option in known if option.rows.parent is rows]
            found.extend(own or known)
    return found


# --- fewer rows ---------------------------------------------------------------------------


@method(
    FRAME, "dropna", "head", "tail", "query", "nlargest", "nsmallest", "truncate", "between_time"
)
def fewer(call: Call) -> Value | None:
    """Some of the rows."""
    table = call.receiver
    assert isinstance(table, Object)
    if call.argument(-1, "inplace") is TRUE:
        return NONE
    rows = whole_of(table).rows.part((call.path, call.node), place=call.place)
    return table_like(table, rows)


@method(FRAME, "drop_duplicates", "unique")
def without_copies(call: Call) -> Value | None:
    """Each row once: copies that were made before are gone."""
    table = call.receiver
    assert isinstance(table, Object)
    if call.argument(-1, "inplace") is TRUE:
        return NONE
    return table_like(table, without_duplicates(whole_of(table).rows))


def without_duplicates(rows: RowSet) -> RowSet:
    """The rows that copies were made of."""
    for each in rows.ancestors():
        if each.how == "duplicated":
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
    if isinstance(replace, Constant) and replace.value is True:
        return table_like(table, RowSet("resampled", rows, call.place))
    if fraction is not None and fraction.is_one:
        return table_like(table)
    return table_like(table, rows.part(("sample", call.node), place=call.place))


@method(FRAME, "drop")
def dropped(call: Call) -> Value | None:
    """Columns or rows dropped."""
    table = call.receiver
    assert isinstance(table, Object)
    which = call.argument(0, "labels") or call.argument(-1, "index")
    axis = call.argument(1, "axis")
    columns = call.argument(-1, "columns")
    by_column = columns is not None or (axis is not None and not _zero(axis))
    names = names_in(columns if columns is not None else which)
    if by_column or names is not None:
        kept = {name: each for name, each in columns_of(table).items() if name not in (names or ())}
        result = table_like(table, columns=kept)
        result.fields[DROPPED] = _names(columns if columns is not None else which)
    else:
        result = _without_rows(call, table, which)
    if call.argument(-1, "inplace") is TRUE:
        for name in columns_of(table):
            if names is not None and name in names:
                call.machine.store(table.fields, ("column", name), None)
        return NONE
    return result


def _names(value: Value | None) -> tuple[Value, ...]:
    items = value.items if isinstance(value, SequenceValue) else None
    return items if items is not None else (() if value is None else (value,))


def _without_rows(call: Call, table: Object, which: Value | None) -> Object:
    """`df.drop(train.index)`: the rows that are left."""
    rows = whole_of(table).rows
    other = _table_of_index(which)
    if other is None:
        return table_like(table, rows.part(("drop", call.node), place=call.place))
    gone = lineages.samples(other).rows
    left = rows.part(("without", gone), place=call.place)
    if gone in rows.parts.values():
        lineage = lineages.samples(table)
        lineages.divide_by_hand(call.machine, table, lineage, (gone, left), call.node)
    return table_like(table, left)


# --- statistics and groups ----------------------------------------------------------------


@method(FRAME, *STATISTIC_NAMES)
def statistic(call: Call) -> Value | None:
    """`df.mean()`: a number for each column, of all rows; with `axis=1` one for each row."""
    table = call.receiver
    assert isinstance(table, Object)
    name = call.path.rsplit(".", 1)[-1]
    lineage = lineages.samples(table)
    axis = call.argument(1 if "quantile" in name else 0, "axis")
    if not lineages.holds_rows(lineage) or not over_rows(axis):
        return table_like(table)
    result = lineages.statistic(lineage, STATISTIC_NAMES[name], call.place)
    return lineages.frame(result, call.place)


@method(FRAME, "groupby", "rolling", "resample", "ewm")
def grouped(call: Call) -> Value | None:
    """Rows in groups."""
    table = call.receiver
    path = "pandas.GroupBy" if call.path.endswith("groupby") else "pandas.Window"
    fields = {"lineage": lineages.samples(table)}
    return Object(path, call.arguments, call.place, fields)


@item("pandas.GroupBy", "pandas.Window")
def column_of_groups(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """Some columns of the groups."""
    name = indices[0]
    return _of_groups(receiver, name) if isinstance(name, Value) else receiver


@attribute("pandas.GroupBy", "*")
def column_of_groups_by_attribute(
    machine: "Machine", receiver: Object, node: cst.CSTNode
) -> Value | None:
    """`df.groupby("a").age`."""
    return (
        _of_groups(receiver, Constant(node.attr.value)) if isinstance(node, cst.Attribute) else None
    )


def _of_groups(groups: Object, name: Value) -> Object:
    fields = {"lineage": lineages.samples(groups), _GROUPED: name}
    return Object(groups.path, groups.arguments, groups.place, dict(fields))


@method("pandas.GroupBy", "transform")
def of_its_group(call: Call) -> Value | None:
    """A statistic of the group of each row."""
    name = known_text(call.argument(0, "func"))
    if name not in STATISTIC_NAMES:
        return lineages.frame(lineages.samples(call.receiver), call.place)
    return _of_each_group(call, name)


@method("pandas.GroupBy", *STATISTIC_NAMES)
def of_groups(call: Call) -> Value | None:
    """A statistic of each group."""
    return _of_each_group(call, call.path.rsplit(".", 1)[-1])


def _of_each_group(call: Call, name: str) -> Object:
    groups = call.receiver
    assert isinstance(groups, Object)
    lineage = lineages.statistic(lineages.samples(groups), STATISTIC_NAMES[name], call.place)
    result = lineages.frame(lineage, call.place)
    if _GROUPED in groups.fields:
        result.fields[_GROUPED] = groups.fields[_GROUPED]
    return result


def encoding(value: Value | None) -> Fit | None:
    """What putting the statistics of groups in the place of categories amounts to: an encoder that
    was fitted by hand. What the statistics are of is a field of the estimator."""
    name = value.fields.get(_GROUPED) if isinstance(value, Object) else None
    lineage = lineages.known(value)
    if not isinstance(name, Value) or lineage is None or not lineage.rows.is_statistic:
        return None
    rows, place = lineage.rows.parent, lineage.rows.place
    if rows is None or place is None:
        return None
    by_hand = Object("pandas.encoder", place=place, fields={COLUMN: name})
    return Fit(by_hand, rows, place, "group statistic", True, lineages.written(place.node))


@method("pandas.Window", "*")
def of_its_window(call: Call) -> Value | None:
    """A statistic of the rows before each row."""
    return lineages.frame(lineages.samples(call.receiver), call.place)


# --- subscripts ---------------------------------------------------------------------------


@attribute(FRAME, "iloc", "loc", "ix", "at", "iat")
def indexer(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`df.iloc`, `df.loc`."""
    return Object("pandas.indexer", Arguments([receiver]), machine.place(node))


@item("pandas.indexer")
def item_of_indexer(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`df.loc[rows, columns]`."""
    table = receiver.arguments.positional[0]
    assert isinstance(table, Object)
    rows = _rows_at(machine, table, indices[0], node)
    if len(indices) < 2:
        return table_like(table, rows)
    names = None if isinstance(indices[1], slice) else names_in(indices[1])
    if names is None:
        return table_like(table, rows)
    if isinstance(indices[1], Constant):
        own = column(table, names[0])
        result = lineages.frame(lineages.samples(own).of(rows), machine.place(node))
        result.fields[COLUMN] = indices[1]
        return result
    return table_like(selected(table, names), rows)


def _rows_at(machine: "Machine", table: Object, at: Index, node: cst.CSTNode) -> RowSet:
    if isinstance(at, Value):
        labelled = _table_of_index(at)
        if labelled is not None:
            gone = lineages.samples(labelled).rows
            return whole_of(table).rows.part(("index", gone), gone.how, machine.place(node))
    return lineages.part(machine, table, at, node).rows


@item(FRAME)
def item_of_table(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """A column, several columns, or the rows where a mask is true."""
    if len(indices) != 1:
        return None
    at = indices[0]
    if not lineages.holds_rows(whole_of(receiver)):
        return receiver
    if isinstance(at, slice):
        return table_like(receiver, _rows_at(machine, receiver, at, node))
    name = known_text(at)
    if name is not None:
        return column(receiver, name)
    names = names_in(at)
    if names is not None:
        return selected(receiver, names)
    if _is_mask(at):
        return table_like(receiver, _rows_at(machine, receiver, at, node))
    if isinstance(at, Scalar) and COLUMN in receiver.fields:
        return lineages.frame(lineages.part(machine, receiver, at, node))
    if _is_table(at):
        return table_like(receiver, _rows_at(machine, receiver, at, node))
    if isinstance(at, (SequenceValue, Object)):
        return table_like(receiver)
    return column(receiver, None)


def _is_mask(value: Value) -> bool:
    if lineages.mask_key(value) is not None:
        return True
    if isinstance(value, Tensor):
        return value.dtype == "bool" or value.lineage is not None
    return isinstance(value, Unknown) and ("mask" in value.name or _named_like_mask(value))


def _named_like_mask(value: Unknown) -> bool:
    return any(part in name.lower() for name in value.names for part in ("mask", "msk", "idx"))


@hook("comparison")
def compared(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value | None:
    """`df.age > 30`: a truth value for each row."""
    table = next((each for each in (left, right) if _is_table(each)), None)
    if table is None or operator in {"Is", "IsNot", "In", "NotIn"}:
        return None
    lineage = lineages.samples(table)
    if not lineages.holds_rows(lineage):
        return None
    name, inverted = _INVERSE.get(operator, (operator, False))
    key: object = (name, _key(left), _key(right))
    return _mask(lineage, ("not", key) if inverted else key)


_INVERSE = {
    "NotEqual": ("Equal", True),
    "GreaterThanEqual": ("LessThan", True),
    "GreaterThan": ("LessThanEqual", True),
}


def _key(value: Value) -> object:
    match value:
        case Scalar():
            return value.number
        case Constant():
            return value.value
        case Object() if value.path == FRAME and COLUMN in value.fields:
            name = value.fields[COLUMN]
            return (lineages.samples(value).rows, getattr(name, "value", name))
    return value


def _is_table(value: Value | None) -> bool:
    return isinstance(value, Object) and value.path == FRAME


def _mask(lineage: Lineage, key: object) -> Object:
    result = lineages.frame(Lineage(lineage.rows))
    result.fields[_MASK] = key
    return result


@hook("arithmetic")
def arithmetic(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """Operators on tables and columns."""
    if not _is_table(left) and not _is_table(right):
        return None
    if operator in {"&", "|", "~"}:
        table = left if _is_table(left) else right
        lineage = lineages.samples(table)
        key = lineages.mask_key(left)
        if operator == "~" and key is not None:
            return _mask(lineage, lineages.opposite(key))
        return _mask(lineage, (operator, key or left, right and lineages.mask_key(right) or right))
    found = lineages.computed(operator, left, right, machine.place(node))
    return None if found is None else lineages.frame(found, machine.place(node))


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
    fit = encoding(value)
    if fit is not None:
        lineage = lineages.applied(Lineage(rows), fit)
    for name in names or (None,):
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


@hook("assign_attribute")
def assigned_attribute(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`df.age = scaler.fit_transform(df[["age"]])`."""
    if not isinstance(receiver, Object) or receiver.path != FRAME:
        return False
    lineage = lineages.known(value)
    if lineage is not None and lineages.holds_rows(lineage):
        set_column(machine, receiver, name, lineage)
    return True


# --- unknown tables -----------------------------------------------------------------------


def as_table(value: Unknown) -> Object:
    """The table that an unknown turns out to be; the same each time."""
    found = value.fields.get(TABLE)
    if not isinstance(found, Object):
        found = lineages.frame(lineages.samples(value), value.place)
        value.fields[TABLE] = found
    return found


_OFTABLES = words(
    "drop dropna drop_duplicates fillna groupby reset_index set_index select_dtypes sort_values "
    "iterrows isnull isna to_numpy nlargest nsmallest"
)


@method("unknown", *_OFTABLES)
def method_of_unknown_table(call: Call) -> Value | None:
    """What only tables can: the unknown is one."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    name = call.path.rsplit(".", 1)[-1]
    return calls.call_method(call.machine, as_table(receiver), name, call.arguments, call.node)


@attribute("unknown", "iloc", "loc")
def indexer_of_unknown(machine: "Machine", receiver: Unknown, node: cst.CSTNode) -> Value | None:
    """`df.iloc` of something that must be a table."""
    return indexer(machine, as_table(receiver), node)


@hook("followed")
def columns_of_unknown(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value | None],
    details: Sequence[Index],
    result: Value,
    node: cst.CSTNode,
) -> Value:
    """`df[["a", "b"]]` of something that turned out to be a table."""
    receiver = operands[0]
    if operation != "[]" or not isinstance(receiver, Unknown):
        return result
    listed = isinstance(details[0], SequenceValue) and bool(names_in(details[0]))
    if TABLE not in receiver.fields and not listed:
        return result
    return item_of_table(machine, as_table(receiver), details, node) or result


@method("unknown", "map")
def mapped_unknown(call: Call) -> Value | None:
    """`df["town"].map(means)` of a column of something that turned out to be a table."""
    receiver, fit = call.receiver, encoding(call.argument(0, "arg"))
    assert isinstance(receiver, Unknown)
    if fit is not None:
        return lineages.frame(lineages.applied(lineages.samples(receiver), fit), call.place)
    own = attributes.unknown_attribute(call.machine, receiver, "map", call.node)
    return calls.call(call.machine, own, call.arguments, call.node)


# --- several tables -----------------------------------------------------------------------


@function("pandas.concat")
def concatenated(call: Call) -> Value | None:
    """Tables one below the other, or beside each other."""
    parts = parts_of(call.argument(0, "objs"))
    axis = call.argument(1, "axis")
    if not parts:
        lineage = lineages.known(call.argument(0, "objs"))
        return None if lineage is None else lineages.frame(lineage, call.place)
    for part in parts:
        lineages.samples(part)
    if axis is not None and not _zero(axis):
        result = beside(parts, call)
    else:
        result = after_each_other(parts, call)
    lineage = lineages.known(result)
    return None if lineage is None else lineages.frame(lineage, call.place)


@method(FRAME, "append", "_append")
def appended(call: Call) -> Value | None:
    """`df.append(other)`."""
    other = call.argument(0, "other")
    if call.receiver is None or other is None or isinstance(other, Dictionary):
        return None
    parts = parts_of(other) or [other]
    for part in parts:
        lineages.samples(part)
    result = after_each_other([call.receiver, *parts], call)
    lineage = lineages.known(result)
    return None if lineage is None else lineages.frame(lineage, call.place)


@function("pandas.merge")
@method(FRAME, "merge")
def merged(call: Call) -> Value | None:
    """Rows of two tables that belong together."""
    left = call.receiver or call.argument(0, "left")
    right = call.argument(0 if call.receiver is not None else 1, "right")
    lineage = lineages.samples(left)
    other = lineages.known(right)
    fits = other.fits if other is not None else ()
    rows = lineage.rows.part(("merge", call.node), place=call.place)
    return lineages.frame(lineage.of(rows).after(*fits), call.place)


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


_KNOWN_METHODS = frozenset({*_KEEPS, *STATISTIC_NAMES, "plot", "hist", "append", "apply"})
