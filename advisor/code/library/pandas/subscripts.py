"""Rows and columns by subscripts and masks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.gradients import gradient_of
from advisor.code.interpreter import calls
from advisor.code.interpreter.machine import join_all
from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, FRAME, HELD
from advisor.code.library.models import attribute, hook, item
from advisor.code.library.pandas.derivations import computed_from, origin_of
from advisor.code.library.pandas.statistics import encoding
from advisor.code.library.pandas.tables import (
    BY_UNKNOWN,
    MASK_KEY,
    Index,
    asked_for_columns,
    chosen_by,
    column,
    is_table,
    key_of,
    mask_of,
    names_in,
    names_left,
    same_columns,
    selected,
    table_like,
    table_of_index,
    whole_of,
    with_names,
)
from advisor.code.library.pandas.types import holding_numbers, of_column, same_numbers
from advisor.code.values import (
    Arguments,
    Constant,
    Function,
    Joined,
    Lineage,
    Method,
    Object,
    RowSet,
    Scalar,
    Tensor,
    Unknown,
    Value,
    alternatives,
    known_text,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace


@attribute(FRAME, "iloc", "loc", "ix", "at", "iat")
def indexer(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`df.iloc`, `df.loc`."""
    by_place = isinstance(node, cst.Attribute) and node.attr.value in {"iloc", "iat"}
    fields = {"by place": by_place}
    return Object("pandas.indexer", Arguments([receiver]), machine.place(node), dict(fields))


@item("pandas.indexer")
def item_of_indexer(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`df.loc[rows, columns]`."""
    table = receiver.arguments.positional[0]
    assert isinstance(table, Object)
    found = _looked_up(table, indices[0], machine.place(node))
    if found is not None:
        return found
    rows = _rows_at(machine, table, indices[0], node)
    at = indices[0]
    by_place = receiver.fields.get("by place")
    label = None if isinstance(at, slice) or by_place else known_text(at)
    if label is not None and COLUMN not in table.fields:
        rows = rows.part(("label", label), place=machine.place(node))
    if len(indices) < 2:
        result = table_like(table, rows)
        if not isinstance(indices[0], Scalar):
            same_numbers(result, table)
        return same_columns(result, table)
    names = None if isinstance(indices[1], slice) else names_in(indices[1])
    left = names_left(indices[1])
    if left is not None:
        some = with_names(table, left, machine.place(node))
        return same_columns(table_like(some, rows), some)
    fit = lineages.chosen_by(indices[1])
    if fit is not None:
        return chosen_by(fit, table, rows)
    if names is None:
        result = table_like(table, rows)
        if isinstance(indices[1], Scalar) and isinstance(indices[0], slice):
            holding_numbers(result, of_column())
        if receiver.fields.get("by place"):
            held, place = lineages.columns_of(table), machine.place(node)
            taken = None if held is None else lineages.columns_at(held, indices[1], place)
            result.fields[HELD] = taken
        return result
    if isinstance(indices[1], Constant):
        own = column(table, names[0])
        result = lineages.frame(lineages.samples(own).of(rows), machine.place(node))
        result.fields[COLUMN] = indices[1]
        return same_columns(result, own)
    some = selected(table, names, machine.place(node))
    return same_columns(table_like(some, rows), some)


def _looked_up(table: Object, at: Index, place: "NodePlace") -> Object | None:
    """The statistic of its group for each row: `means.loc[df["town"]]`."""
    fit = encoding(table) if isinstance(at, Value) and is_table(at) else None
    lineage = lineages.known(at) if fit is not None and isinstance(at, Value) else None
    if fit is None or lineage is None or not lineages.holds_rows(lineage):
        return None
    return lineages.frame(lineages.applied(Lineage(lineage.rows), fit), place)


def _rows_at(machine: "Machine", table: Object, at: Index, node: cst.CSTNode) -> RowSet:
    if isinstance(at, Value):
        at = lineages.of_same_way(whole_of(table).rows, at)
        labelled = table_of_index(at)
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
    if isinstance(at, Function):
        at = calls.call(
            machine, at, Arguments([receiver]), node
        )  # `df[lambda each: each.age > 30]`
    if not lineages.holds_rows(whole_of(receiver)):
        return _looked_up(receiver, at, machine.place(node)) or receiver
    if isinstance(at, Value):
        at = lineages.of_same_way(whole_of(receiver).rows, at)
    if not isinstance(at, slice) and (names_in(at) or names_left(at)) is not None:
        asked_for_columns(machine, receiver, machine.place(node))
    if isinstance(at, slice) or (COLUMN in receiver.fields and table_of_index(at) is not None):
        result = table_like(receiver, _rows_at(machine, receiver, at, node))
        return same_columns(same_numbers(result, receiver), receiver)
    name = known_text(at)
    if name is not None:
        return column(receiver, name)
    left = names_left(at)
    if left is not None:
        return with_names(receiver, left, machine.place(node))
    names = names_in(at)
    if names is not None:
        return selected(receiver, names, machine.place(node))
    fit = lineages.chosen_by(at)
    if fit is not None:
        return chosen_by(fit, receiver)
    if _is_mask(at):
        result = table_like(receiver, _rows_at(machine, receiver, at, node))
        sure = isinstance(at, Object) and MASK_KEY in at.fields
        return same_columns(result, receiver) if sure else result
    if isinstance(at, Scalar) and COLUMN in receiver.fields:
        return lineages.frame(lineages.part(machine, receiver, at, node))
    if is_table(at):
        return table_like(receiver, _rows_at(machine, receiver, at, node))
    if isinstance(at, (SequenceValue, Object)):
        result = table_like(receiver)
        if isinstance(at, SequenceValue) and _holds_outcomes(at):
            result.fields[BY_UNKNOWN] = at
        return result
    result = column(receiver, None)
    if isinstance(at, (Unknown, Joined, Method)):
        result.fields[BY_UNKNOWN] = at
    return result


def _is_mask(value: Value) -> bool:
    if lineages.mask_key(value) is not None:
        return True
    if isinstance(value, Tensor):
        return value.dtype == "bool" or value.lineage is not None
    return isinstance(value, Unknown) and ("mask" in value.name or _named_like_mask(value))


def _holds_outcomes(listed: SequenceValue) -> bool:
    """Whether a list holds what came of operations: no names of columns, but truth values for rows."""
    kinds = alternatives(listed.element) if listed.items is None else ()
    return bool(kinds) and all(isinstance(each, Unknown) and each.name == "?" for each in kinds)


def _named_like_mask(value: Unknown) -> bool:
    return any(part in name.lower() for name in value.names for part in ("mask", "msk", "idx"))


@hook("comparison")
def compared(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value | None:
    """`df.age > 30`: a truth value for each row, on each way that the table may have come to be."""
    ways = [
        each
        for each in (left, right)
        if isinstance(each, Joined) and all(map(is_table, each.alternatives))
    ]
    if len(ways) == 1:
        pairs = [
            (each, right) if ways[0] is left else (left, each) for each in ways[0].alternatives
        ]
        found = [compared(machine, operator, *each, node) for each in pairs]
        masks = [each for each in found if each is not None]
        return join_all(masks) if len(masks) == len(found) else None
    table = next((each for each in (left, right) if is_table(each)), None)
    if table is None or operator in {"Is", "IsNot", "In", "NotIn"}:
        return None
    lineage = lineages.samples(table)
    if not lineages.holds_rows(lineage):
        return None
    name, inverted = _INVERSE.get(operator, (operator, False))
    key: object = (name, key_of(left), key_of(right))
    return mask_of(lineage, ("not", key) if inverted else key)


_INVERSE = {
    "NotEqual": ("Equal", True),
    "GreaterThanEqual": ("LessThan", True),
    "GreaterThan": ("LessThanEqual", True),
}


@hook("arithmetic")
def arithmetic(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """Operators on tables and columns."""
    if not is_table(left) and not is_table(right):
        return None
    if gradient_of(left) is True or gradient_of(right) is True:
        return None  # a loss and a setting that a series holds: no table comes of them
    if operator in {"&", "|", "~"}:
        table = left if is_table(left) else right
        lineage = lineages.samples(table)
        key = lineages.mask_key(left)
        if operator == "~" and key is not None:
            return mask_of(lineage, lineages.opposite(key))
        return mask_of(
            lineage, (operator, key or left, right and lineages.mask_key(right) or right)
        )
    found = lineages.computed(operator, left, right, machine.place(node))
    lineages.notice_by_hand(machine, left, found, node)
    return None if found is None else _computed_table(found, (left, right), machine.place(node))


def _computed_table(
    found: Lineage, operands: "tuple[Value | None, Value | None]", place: "NodePlace"
) -> Object:
    """What arithmetic makes of a table: its columns, where the other operand has none of its own; of a
    column and a number, what whoever knows the column knows."""
    made = lineages.frame(found, place)
    tables = [each for each in operands if is_table(each)]
    tables = [each for each in tables if lineages.holds_rows(lineages.known(each))]
    held = lineages.columns_of(tables[0]) if len(tables) == 1 else None
    if held is not None and held.single is None and not held.made_of:
        made.fields[lineages.HELD] = held
    elif held is not None and any(isinstance(each, Scalar) for each in operands):
        computed_from(made, origin_of(tables[0]))
    return made
