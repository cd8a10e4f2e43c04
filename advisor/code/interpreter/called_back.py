"""Functions of the project that something else is given to call: what they change is known no more,
for nobody knows how often they are called, or with what."""

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as SequenceOf
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from advisor.code.interpreter.overwriting import names_in
from advisor.code.nodes import all_in
from advisor.code.values import (
    GROWN,
    LAST,
    Arguments,
    Bound,
    Constant,
    Dictionary,
    Function,
    Instance,
    Joined,
    Method,
    Partial,
    ProjectModule,
    Scalar,
    Scope,
    Sequence,
    Value,
    alternatives,
    join,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Methods that change a list, a set or a dict.
_CHANGING = frozenset(
    ["add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem"]
    + ["remove", "setdefault", "update"]
)
_CALLABLE = (Bound, Function, Joined, Method, Partial)
# How far functions are followed that the given one calls, and lists in lists are forgotten.
_DEEPEST = 4
# The parts of a function that say what it changes, and what of it is its own.
_THAT_MATTER = (
    *(cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.Del),
    *(cst.Call, cst.For, cst.Global, cst.Nonlocal),
)


class Change(NamedTuple):
    """What a function changes: a variable or an attribute by its path, or the items of what it holds."""

    path: tuple[str, ...]
    of_items: bool


class Effects(NamedTuple):
    """What a function changes beyond its own variables, and the paths of what it calls."""

    changes: frozenset[Change]
    called: frozenset[tuple[str, ...]]


def forget_changes(machine: "Machine", passed: Arguments, result: Value) -> None:
    """Forget what the functions change that a call hands on; not if it gives back the function itself,
    as what wraps one does."""
    values: list[Value] = [*passed.positional, *passed.keywords.values()]
    given = [
        each for value in values if isinstance(value, _CALLABLE) for each in alternatives(value)
    ]
    if given and result not in given:
        seen: set[cst.CSTNode] = set()
        for each in given:
            _forget_changes_of(machine, each, seen, _DEEPEST)


def _forget_changes_of(
    machine: "Machine", given: Value, seen: set[cst.CSTNode], depth: int
) -> None:
    receiver: Value | None = None
    while isinstance(given, Partial):
        given = given.callee
    if isinstance(given, Method) and given.name in _CHANGING:
        _forget_items(machine, given.receiver, _DEEPEST)
    if isinstance(given, Bound):
        receiver, given = given.receiver, given.function
    if not isinstance(given, Function) or given.node in seen or depth == 0:
        return
    seen.add(given.node)
    effects = _effects(given.node)
    for change in effects.changes:
        if change.of_items:
            _forget_items(machine, _find(given, receiver, change.path), _DEEPEST)
        else:
            _forget_value(machine, given, receiver, change.path)
    for path in effects.called:
        called = _find(given, receiver, path)
        if called is not None:
            _forget_changes_of(machine, called, seen, depth - 1)


# --- what is changed ----------------------------------------------------------------------


@lru_cache(maxsize=64)
def _effects(node: cst.FunctionDef | cst.Lambda) -> Effects:
    changes: set[Change] = set()
    called: set[tuple[str, ...]] = set()
    parts = list(all_in(node.body, _THAT_MATTER))
    for target in _targets(parts):
        if isinstance(target, (cst.Name, cst.Attribute)):
            changes.add(Change(_path(target), of_items=False))
        elif isinstance(target, cst.Subscript):
            changes.add(Change(_path(target), of_items=True))
    for call in (each for each in parts if isinstance(each, cst.Call)):
        called.add(_path(call.func))
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in _CHANGING:
            changes.add(Change(_path(call.func.value), of_items=True))
    declared = (each for each in parts if isinstance(each, (cst.Global, cst.Nonlocal)))
    outer = {item.name.value for each in declared for item in each.names}
    own = _own_names(node, parts) - outer
    receiver = _first_parameter(node)
    return Effects(
        frozenset(
            each
            for each in changes
            if each.path
            and (each.path[0] not in own or each.path[0] == receiver)
            and (each.of_items or len(each.path) > 1 or each.path[0] in outer)
        ),
        frozenset(path for path in called if path and (path[0] not in own or path[0] == receiver)),
    )


def _targets(parts: Iterable[cst.CSTNode]) -> Iterator[cst.BaseExpression]:
    for each in parts:
        if not isinstance(each, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.Del)):
            continue
        if isinstance(each.target, (cst.Tuple, cst.List)):
            yield from (item.value for item in each.target.elements)
        else:
            yield each.target


def _path(node: cst.BaseExpression) -> tuple[str, ...]:
    """The names that lead to a value, or to the one that it is an item of; empty where there are none."""
    match node:
        case cst.Name():
            return (node.value,)
        case cst.Attribute():
            before = _path(node.value) if not isinstance(node.value, cst.Subscript) else ()
            return (*before, node.attr.value) if before else ()
        case cst.Subscript():
            return _path(node.value)
    return ()


def _own_names(node: cst.FunctionDef | cst.Lambda, parts: SequenceOf[cst.CSTNode]) -> set[str]:
    own = {each.name.value for each in all_in(node.params, cst.Param)}
    for target in _targets(parts):
        if isinstance(target, cst.Name):
            own.add(target.value)
    for loop in (each for each in parts if isinstance(each, cst.For)):
        own.update(name.value for name in names_in(loop.target))
    return own


def _first_parameter(node: cst.FunctionDef | cst.Lambda) -> str | None:
    first = (*node.params.posonly_params, *node.params.params)[:1]
    return first[0].name.value if first else None


# --- where it is kept ---------------------------------------------------------------------


def _find(function: Function, receiver: Value | None, path: tuple[str, ...]) -> Value | None:
    """What a path leads to, seen from inside of a function; `receiver` is what it is bound to."""
    first, *rest = path
    value: Value | None
    if first == _first_parameter(function.node):
        value = receiver
    else:
        scope = _scope_of(function, first)
        value = None if scope is None else scope.fields[first]
    for name in rest:
        match value:
            case Instance():
                held = value.fields.get(name)
                method = None if held is not None else value.cls.find(name)
                value = Bound(method, value) if isinstance(method, Function) else held
            case ProjectModule():
                value = value.scope.fields.get(name)
            case _:
                return None
    return value


def _scope_of(function: Function, name: str) -> Scope | None:
    scope: Scope | None = function.scope
    while scope is not None and (scope.kind == "class" or name not in scope.fields):
        scope = scope.parent
    return scope


def _forget_value(
    machine: "Machine", function: Function, receiver: Value | None, path: tuple[str, ...]
) -> None:
    """Forget a number, a text or `None` that is put under a name, which was the first of many."""
    *before, name = path
    if before:
        owner = _find(function, receiver, tuple(before))
        fields = owner.fields if isinstance(owner, Instance) else None
    else:
        scope = _scope_of(function, name)
        fields = None if scope is None else scope.fields
    if fields is not None and isinstance(fields.get(name), (Constant, Scalar)):
        machine.store(fields, name, machine.unknown(name))


def _forget_items(machine: "Machine", value: Value | None, depth: int) -> None:
    """Forget how many items a list or a dict has, and what numbers they are."""
    if value is None or depth == 0:
        return
    for each in alternatives(value):
        match each:
            case Dictionary():
                for key, item in each.items.items():
                    if isinstance(item, (Constant, Scalar)):
                        machine.store(each.fields, ("key", key), machine.unknown(str(key)))
                    else:
                        _forget_items(machine, item, depth - 1)
                added = machine.unknown("item")
                other = added if each.other is None else join(each.other, added)
                machine.store(each.fields, "other", other)
                machine.store(each.fields, GROWN, True)
            case Sequence():
                known = [*(each.items or ()), *([each.element] if each.element else [])]
                element: Value = machine.unknown("item")
                for item in known:
                    element = join(element, item)
                machine.store(each.fields, "items", None)
                machine.store(each.fields, "element", element)
                machine.store(each.fields, LAST, ())
                machine.store(each.fields, GROWN, True)
                machine.forget(each.fields, "length")
