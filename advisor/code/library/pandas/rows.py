"""What pandas makes of each row: the same rows, other numbers."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.interpreter import calls
from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, FRAME, HELD
from advisor.code.library.models import Call, attribute, function, method
from advisor.code.library.names import words
from advisor.code.library.pandas.derivations import computed_from, origin_of
from advisor.code.library.pandas.statistics import encoding
from advisor.code.library.pandas.tables import (
    DIFFERENCES,
    MASK_KEY,
    is_row_axis,
    key_of,
    mask_of,
    names_in,
    neighbours_used,
    same_columns,
    table_like,
    take_away,
    whole_of,
)
from advisor.code.library.pandas.types import (
    holding_numbers,
    numbers_in,
    of_classes,
    of_column,
    of_indicators,
)
from advisor.code.library.torch_tensors.casts import cast_at, named_dtype
from advisor.code.sources import NodePlace
from advisor.code.values import (
    COUNTED,
    NONE,
    TRUE,
    Arguments,
    Bound,
    Fit,
    Function,
    Library,
    Lineage,
    Object,
    Partial,
    RowSet,
    Shape,
    Tensor,
    TrueFor,
    Value,
    alternatives,
    give_meaning,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

KEEPS = [
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
    "T",
]


_TIME = re.compile(r"(^|_)(date|datetime|time|timestamp)(_|$)", re.IGNORECASE)
_KEEPS_COLUMNS = words(
    "astype backfill bfill clip convert_dtypes copy ffill infer_objects interpolate pad reset_index "
    "round sort_index sort_values to_frame"
)
_KEEPS_NUMBERS = words("astype copy reset_index sort_index rename")


# What makes something of a row and another one before it, and where it is told the axis.
_OF_NEIGHBOURS: dict[str, tuple[int, str]] = {
    "shift": (2, "axis"),
    "diff": (1, "axis"),
    "pct_change": (-1, "axis"),
}


def _is_along_rows(call: Call, name: str) -> bool:
    """Whether neighbours are those above each other, as they are unless another axis is named."""
    axis = call.argument(*_OF_NEIGHBOURS[name])
    return axis is None or is_row_axis(axis)


def _sorts_within_owners(call: Call) -> bool:
    """Whether rows are sorted by the person or thing that they belong to, and by something else then:
    several of them belong to one."""
    names = names_in(call.argument(0, "by")) or ()
    text = call.place.source.text
    return len(names) > 1 and any(lineages.groups_rows(each, text) for each in names[:-1])


@method(FRAME, *KEEPS)
def kept(call: Call) -> Value | None:
    """The same rows."""
    table = call.receiver
    assert isinstance(table, Object)
    name = call.path.rsplit(".", 1)[-1]
    if call.argument(-1, "inplace") is TRUE:
        if name not in _KEEPS_COLUMNS:
            take_away(call.machine, table, None)
        return NONE
    of_neighbours = name in _OF_NEIGHBOURS and _is_along_rows(call, name)
    if of_neighbours and not (name == "diff" and COLUMN in table.fields):
        neighbours_used(call, table)
    if name == "sort_values" and _sorts_within_owners(call):
        lineages.notice_groups(call.machine, whole_of(table).rows, call.node)
    if name == "sort_values" and (apart := lineages.of_classes(table)) is not None:
        return apart
    if name == "sort_values" and _TIME.search(known_text(call.argument(0, "by")) or ""):
        neighbours_used(call, table, only_sorted=True)
    result = table_like(table)
    if of_neighbours and name == "diff":
        result.fields[DIFFERENCES] = call.place
    known = numbers_in(table)
    if name == "astype" and known is not None:
        dtype = named_dtype(call.argument(0, "dtype"))
        known = cast_at(call, known, dtype).replace(dtype=dtype, graph=False)
    if name in _KEEPS_NUMBERS:
        holding_numbers(result, known)
    return same_columns(result, table) if name in _KEEPS_COLUMNS else result


@method(FRAME, "isnull", "isna", "notnull", "notna", "isin", "between", "duplicated")
def asked(call: Call) -> Value | None:
    """A truth value for each row."""
    table = call.receiver
    assert table is not None
    name = call.path.rsplit(".", 1)[-1]
    given = tuple(key_of(value) for value in call.arguments.values())
    lineage = lineages.samples(table)
    if not lineages.holds_rows(lineage):
        return None
    if name in {"notnull", "notna", "isna"}:
        key: object = ("isnull", key_of(table), *given)
        return mask_of(lineage, key if name == "isna" else ("not", key))
    return mask_of(lineage, (name, key_of(table), *given))


@method(FRAME, "to_dict")
def to_dictionary(call: Call) -> Value | None:
    """Statistics stay what they are; rows are looked up no more."""
    lineage = lineages.known(call.receiver)
    return call.receiver if lineage is not None and lineage.rows.is_statistic else None


_AXES_OF_TABLE = 2


def _has_columns(table: Object) -> bool:
    """Whether a table is surely one, and not a column: some of its columns were taken or left out."""
    columns = lineages.columns_of(table)
    if columns is None or COLUMN in table.fields:
        return False
    several = columns.names is not None and len(columns.names) > 1
    return several or (columns.names is None and bool(columns.span or columns.without))


def numbers_of(table: Object, place: NodePlace) -> Value:
    """The numbers of a table, or of one of its columns, as an array."""
    lineage = lineages.samples(table).holding(lineages.columns_of(table))
    known, shape = numbers_in(table), None
    if known is not None and known.shape.rank == 1:
        shape = Shape((lineages.axis_of_rows(lineage) or symbols.fresh("rows", is_axis=True),))
    elif _has_columns(table):
        rows = lineages.axis_of_rows(lineage) or symbols.fresh("rows", is_axis=True)
        shape = Shape((rows, symbols.fresh("columns", is_axis=True)))
    made = lineages.array(lineage, place, shape)
    made.shape.most = _AXES_OF_TABLE
    if known is not None:
        made.dtype, made.scale = known.dtype, known.scale
    key = table.fields.get(MASK_KEY)
    if key is not None:
        give_meaning(made, TrueFor(key))
    return made


@method(FRAME, "to_numpy", "as_matrix", "to_records", "toarray", "ravel", "to_list", "tolist")
def to_numpy(call: Call) -> Value | None:
    """The numbers of a table as an array."""
    if not isinstance(call.receiver, Object):
        return lineages.array(lineages.samples(call.receiver), call.place)
    made = numbers_of(call.receiver, call.place)
    dtype = call.argument(0, "dtype") if call.path.endswith("to_numpy") else None
    if dtype is not None and isinstance(made, Tensor):
        return cast_at(call, made, named_dtype(dtype))
    return made


@attribute(FRAME, "str", "dt", "cat")
def accessor(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`column.str`: its methods give something for each row."""
    made = Object("pandas.accessor", fields={"lineage": lineages.samples(receiver)})
    made.fields[_ORIGIN] = origin_of(receiver)
    return made


_ORIGIN = ("origin",)


@method("pandas.accessor", "*")
def for_each_row(call: Call) -> Value | None:
    """Something for each row."""
    assert isinstance(call.receiver, Object)
    made = lineages.frame(lineages.samples(call.receiver), call.place)
    return computed_from(made, call.receiver.fields.get(_ORIGIN))


@attribute("pandas.accessor", "*")
def part_of_each_row(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`column.dt.year`; `column.cat.codes` are whole numbers."""
    made = lineages.frame(lineages.samples(receiver), machine.place(node))
    computed_from(made, receiver.fields.get(_ORIGIN) if isinstance(receiver, Object) else None)
    codes = isinstance(node, cst.Attribute) and node.attr.value == "codes"
    return holding_numbers(made, of_column("long") if codes else None)


@function("pandas.date_range", "pandas.bdate_range", "pandas.period_range")
def points_in_time(call: Call) -> Value | None:
    """Points in time, as far apart as is said: an axis, no samples."""
    made = call.unknown()
    made.lineage = Lineage(RowSet(COUNTED, place=call.place))
    made.lineage.rows.are_points_in_time = True
    return made


@function("pandas.get_dummies", "pandas.to_numeric", "pandas.to_datetime", "pandas.cut")
@function("pandas.isnull", "pandas.isna", "pandas.notnull", "pandas.melt", "numpy.vectorize")
def function_of_each_row(call: Call) -> Value | None:
    """Something for each row; what the rows hold is not learned from."""
    value = call.argument(0, "data")
    if isinstance(value, Object) and value.path == FRAME:
        of_classes_alone = call.path.endswith("get_dummies") and COLUMN in value.fields
        made = of_indicators(call.place) if of_classes_alone else None
        result = holding_numbers(table_like(value), made)
        whole = call.path.endswith("get_dummies") and COLUMN not in value.fields
        if not whole:
            return computed_from(result, origin_of(value))
        held = lineages.columns_of(value)
        result.fields[HELD] = None if held is None else replace(held, place=call.place)
        return result
    lineage = lineages.known(value)
    return None if lineage is None else lineages.frame(lineage, call.place)


@method(FRAME, "apply", "map", "agg", "aggregate")
def applied(call: Call) -> Value | None:
    """`df.apply(f)`: what a function makes of each column, or of each row."""
    table, function_ = call.receiver, call.argument(0, "func")
    assert isinstance(table, Object)
    name = call.path.rsplit(".", 1)[-1]
    axis = call.argument(1, "axis")
    by_column = (
        name == "apply" and COLUMN not in table.fields and (axis is None or is_row_axis(axis))
    )
    if by_column and isinstance(function_, (Function, Bound, Partial, Library)):
        lineage = lineages.samples(table)
        given = lineages.frame(lineage, call.place)
        result = calls.call(call.machine, function_, Arguments([given]), call.node)
        fits = [fit for each in alternatives(result) for fit in _fits(each)]
        return lineages.frame(lineage.after(*fits), call.place)
    if name in {"agg", "aggregate"}:
        return None
    fit = encoding(_looked_up(call, function_)) if name in {"map", "apply"} else None
    if fit is None:
        return holding_numbers(table_like(table), of_classes(function_))
    return lineages.frame(lineages.applied(lineages.samples(table), fit), call.place)


def _looked_up(call: Call, given: Value | None) -> Value | None:
    """What each value is put in the place of: what is given, or what a lambda looks it up in."""
    of_column = isinstance(call.receiver, Object) and COLUMN in call.receiver.fields
    if not of_column or not isinstance(given, Function) or not isinstance(given.node, cst.Lambda):
        return given
    value = call.unknown()
    return calls.call(call.machine, given, Arguments([value]), call.node)


def _fits(value: Value) -> tuple[Fit, ...]:
    lineage = lineages.known(value)
    return () if lineage is None else lineage.fits
