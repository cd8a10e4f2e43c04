"""Numbers that were computed from a single column, and from nothing else: whoever knows the column
knows them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.library.lineages import FRAME, HELD, columns_of, holds_rows, known
from advisor.code.library.models import hook, observes
from advisor.code.library.names import words
from advisor.code.values import (
    MADE,
    Columns,
    Lineage,
    Object,
    Scalar,
    Tensor,
    Unknown,
    Value,
    lineage_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_MADE_OF = "made of"
# What makes something of each row by itself.
_COMPARES = words("LessThan GreaterThan LessThanEqual GreaterThanEqual Equal NotEqual")
_SCALES = frozenset("+-*/")
_METHODS = words("map apply replace isin between eq ne gt ge lt le squeeze ravel flatten reshape")
_FUNCTIONS = words(
    "where fit_transform transform factorize cut qcut log1p log to_categorical array"
)
_FOLLOWED = frozenset((*_COMPARES, *_METHODS))


def origin_of(value: Value | None) -> Columns | None:
    """The column that a value was computed from alone."""
    lineage = lineage_of(value)
    if lineage is None or any(each.how == MADE for each in lineage.rows.history()):
        return None
    if not isinstance(value, (Object, Tensor, Unknown)):
        return None
    held = columns_of(value)
    if held is None or held.span is not None:
        return None
    sources = held.made_of or (held.names if held.single else None)
    if not sources or any(each.startswith("[") for each in sources):
        return None
    return Columns(held.table, frozenset(), made_of=sources)


def computed_from(result: Value, origin: Columns | None) -> Value:
    """Let a result be known to be computed from a column alone, if it may be."""
    if origin is None:
        return result
    if isinstance(result, Object) and result.path == FRAME:
        held = result.fields.get(HELD)
        if not isinstance(held, Columns) or held.table is not origin.table:
            result.fields[HELD] = origin
    elif isinstance(result, (Tensor, Unknown)):
        lineage = result.lineage
        if lineage is not None and lineage.columns is None:
            result.lineage = lineage.holding(origin)
    return result


def _only_origin(operands: Sequence[Value | None]) -> Columns | None:
    """The origin of the one operand that holds rows."""
    holding = [
        each for each in operands if (found := known(each)) is not None and holds_rows(found)
    ]
    return origin_of(holding[0]) if len(holding) == 1 else None


@hook("followed")
def follow_column(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value | None],
    details: Sequence[Any],
    result: Value,
    node: cst.CSTNode,
) -> Value:
    """A comparison, a method or arithmetic with a number that makes something of each value of a
    column."""
    scales = operation in _SCALES and any(isinstance(each, Scalar) for each in operands)
    if not (scales or operation in _FOLLOWED) or any(result is each for each in operands):
        return result
    return computed_from(result, _only_origin(operands))


_AS_NUMBERS = words(
    "int float tensor as_tensor FloatTensor LongTensor Tensor float32 int64 asarray"
)


@observes(*_AS_NUMBERS)
def as_numbers(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`torch.tensor(row["price"])`, `int(row["label"])`: a value of a table as a number."""
    table = operands[0] if operands else None
    if not isinstance(table, Object) or table.path != FRAME:
        return
    if isinstance(result, (Tensor, Unknown)) and result.lineage is None:
        lineage = lineage_of(table)
        result.lineage = None if lineage is None else lineage.holding(columns_of(table))


@observes(*_FUNCTIONS)
def made_by_function(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """A function that makes something of each value of a column: `np.where(df["price"] > 9, 1, 0)`."""
    origin = _only_origin(operands)
    if operation == "where" and origin is not None and isinstance(result, (Tensor, Unknown)):
        condition = lineage_of(operands[0])
        if result.lineage is None and condition is not None:
            result.lineage = Lineage(condition.rows)
    computed_from(result, origin)


def remember(table: Columns | None, name: str, value: Value) -> None:
    """Keep what a new column of a table was computed from."""
    if table is None:
        return
    origin = origin_of(value)
    parts: dict[object, Any] = getattr(table.table, "parts", {})
    if origin is not None and origin.table is table.table and name not in origin.made_of:
        parts[_MADE_OF, name] = origin.made_of
    else:
        parts.pop((_MADE_OF, name), None)


def sources_of(table: Columns, name: str) -> frozenset[str]:
    """The columns that a column of a table was computed from alone."""
    parts: dict[object, Any] = getattr(table.table, "parts", {})
    found: frozenset[str] = parts.get((_MADE_OF, name), frozenset())
    return found
