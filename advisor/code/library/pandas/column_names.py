"""The names of the columns of a table, and what is left of them when some are left out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.lineages import FRAME
from advisor.code.library.models import Call, asked_first, attribute, hook, item, iteration, method
from advisor.code.library.names import words
from advisor.code.library.pandas.tables import (
    NAMES,
    Index,
    column_names,
    names_in,
    names_left,
)
from advisor.code.nodes import as_written
from advisor.code.values import NONE, Columns, Object, Unknown, Value
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_NAME = "pandas.column name"
_TEST = "pandas.column test"
# Under this key a list has the columns whose names it holds.
_LEFT = ("names of columns",)


@attribute(FRAME, "columns")
def names_of_columns(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`df.columns`."""
    held = lineages.columns_of(receiver)
    return None if held is None else column_names(held, machine.place(node))


@method(NAMES, *words("tolist to_list to_numpy copy unique sort_values astype"))
def same_names(call: Call) -> Value | None:
    """The same names in another form."""
    return call.receiver


@attribute(NAMES, "values")
def values(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The names as an array."""
    return receiver


@method(NAMES, "drop", "difference")
def names_without(call: Call) -> Value | None:
    """`df.columns.drop("ill")`."""
    held, names = names_left(call.receiver), names_in(call.argument(0, "labels"))
    if held is None or names is None:
        return call.unknown()
    return column_names(held.but(names, call.place), call.place)


@method(NAMES, "remove")
def name_removed(call: Call) -> Value | None:
    """`names.remove("ill")` of a list of them."""
    held, names = names_left(call.receiver), names_in(call.argument(0, "value"))
    if isinstance(call.receiver, Object):
        left = held.but(names, call.place) if held is not None and names else None
        call.machine.store(call.receiver.fields, "columns", left)
    return NONE


@item(NAMES)
def some_names(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`df.columns[:-1]`, `df.columns[best.support_]`."""
    fit = lineages.ranked_by(indices[0]) if isinstance(indices[0], Value) else None
    if fit is not None:
        return lineages.ranking(fit, lineages.is_cut(indices[0]))
    held, place = names_left(receiver), machine.place(node)
    taken = None if held is None else lineages.columns_at(held, indices[0], place)
    return machine.unknown("names", node) if taken is None else column_names(taken, place)


@iteration(NAMES)
def each_name(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """One name after the other."""
    held = names_left(value)
    if held is None:
        return None
    return Iteration(make=lambda: _name(machine, held, node))


def _name(machine: "Machine", held: Columns, node: cst.CSTNode) -> Unknown:
    made = machine.unknown("name", node)
    made.fields[_NAME] = held
    return made


@hook("comparison")
def asked_of_name(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value | None:
    """`name != "ill"`, `name not in dropped`, `df.columns != "ill"`."""
    held = _held_by(left)
    names = names_in(right) if operator in {"NotEqual", "NotIn"} else None
    if held is None or names is None:
        return None
    left_over = held.but(names, machine.place(node))
    if isinstance(left, Object):
        return column_names(left_over, machine.place(node))
    return Object(_TEST, place=machine.place(node), fields={"columns": left_over})


def _held_by(value: Value) -> Columns | None:
    if isinstance(value, Unknown):
        found = value.fields.get(_NAME)
        return found if isinstance(found, Columns) else None
    return names_left(value)


@hook("comprehended")
def names_listed(
    machine: "Machine", result: SequenceValue, loops: int, tests: Sequence[Value], node: cst.CSTNode
) -> None:
    """`[name for name in df.columns if name != "ill"]`."""
    if loops != 1 or not isinstance(result.element, Unknown):
        return
    held = _held_by(result.element)
    text = as_written(node)
    for test in tests[1:]:
        if isinstance(test, Object) and test.path == _TEST:
            left = test.fields["columns"]
            held = None if held is None else held.but(left.without, left.place)
        elif held is not None:
            held = held.of_numbers() if "dtype" in text else None
    if held is not None:
        machine.store(result.fields, NAMES, held)


@asked_first("builtins.list", "builtins.tuple", "builtins.sorted", "builtins.set")
def in_another_form(call: Call) -> Value | None:
    """`list(table.columns)`: the same names."""
    given = call.argument(0, "iterable")
    held = names_left(given) if isinstance(given, Object) else None
    if held is not None and isinstance(given, Object) and given.path == NAMES:
        return column_names(held, call.place)
    return None
