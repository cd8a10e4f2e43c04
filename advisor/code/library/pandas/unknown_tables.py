"""Values of unknown origin that turn out to be tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import attributes, calls
from advisor.code.library import lineages
from advisor.code.library.lineages import CONDITION, TABLE
from advisor.code.library.models import Call, attribute, hook, method
from advisor.code.library.names import words
from advisor.code.library.pandas.statistics import encoding
from advisor.code.library.pandas.subscripts import compared, indexer, item_of_table
from advisor.code.library.pandas.tables import Index, as_table, column, names_in
from advisor.code.values import Library, Unknown, Value, call_it
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_ORDERS = frozenset(["Equal", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"])
_OF_TABLES = words(
    "drop dropna drop_duplicates fillna groupby reset_index set_index select_dtypes sort_values "
    "iterrows isnull isna to_numpy nlargest nsmallest"
)


@method("unknown", *_OF_TABLES)
def method_of_unknown_table(call: Call) -> Value | None:
    """What only tables can: the unknown is one."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    name = call.path.rsplit(".", 1)[-1]
    return calls.call_method(call.machine, as_table(receiver), name, call.arguments, call.node)


@hook("annotated")
def table_by_annotation(value: Unknown, kind: Library) -> Value | None:
    """`def prepare(df: pd.DataFrame)`."""
    if kind.path != "pandas.DataFrame":
        return None
    table = as_table(value)
    call_it(table, value.name)
    return table


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
    if len(details) == 1 and isinstance(details[0], Unknown):
        return _rows_under_condition(machine, receiver, details[0], node) or result
    listed = isinstance(details[0], SequenceValue) and bool(names_in(details[0]))
    if TABLE not in receiver.fields and not listed:
        return result
    return item_of_table(machine, as_table(receiver), details, node) or result


@hook("comparison")
def item_compared(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value | None:
    """`df["age"] > 30` of something that may turn out to be a table."""
    if operator not in _ORDERS or not isinstance(left, Unknown) or left.parent is None:
        return None
    made = machine.unknown("?", node)
    made.fields[CONDITION] = (operator, left, right)
    return made


def _rows_under_condition(
    machine: "Machine", receiver: Unknown, condition: Value, node: cst.CSTNode
) -> Value | None:
    """`df[df["age"] > 30]`, which only tables can."""
    found = condition.fields.get(CONDITION) if isinstance(condition, Unknown) else None
    if found is None or found[1].parent is not receiver:
        return None
    operator, item, limit = found
    key = next((key for key, each in receiver.fields.items() if each is item), None)
    if not isinstance(key, tuple) or key[0] != "item":
        return None
    table = as_table(receiver)
    mask = compared(machine, operator, column(table, key[1]), limit, node)
    return None if mask is None else item_of_table(machine, table, [mask], node)


@method("unknown", "sample")
def sampled_unknown(call: Call) -> Value | None:
    """`labels.sample(frac=1)` of a column of something that turned out to be a table."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    if "frac" in call.arguments.keywords:
        return calls.call_method(
            call.machine, as_table(receiver), "sample", call.arguments, call.node
        )
    own = attributes.unknown_attribute(call.machine, receiver, "sample", call.node)
    return calls.call(call.machine, own, call.arguments, call.node)


@method("unknown", "map")
def mapped_unknown(call: Call) -> Value | None:
    """`df["town"].map(means)` of a column of something that turned out to be a table."""
    receiver, fit = call.receiver, encoding(call.argument(0, "arg"))
    assert isinstance(receiver, Unknown)
    if fit is not None:
        return lineages.frame(lineages.applied(lineages.samples(receiver), fit), call.place)
    own = attributes.unknown_attribute(call.machine, receiver, "map", call.node)
    return calls.call(call.machine, own, call.arguments, call.node)
