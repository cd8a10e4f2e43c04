"""Lists, dicts and strings, and what their methods do to them."""

from collections.abc import Callable

from advisor.code import symbols
from advisor.code.interpreter import attributes
from advisor.code.interpreter.loops import key_value
from advisor.code.interpreter.machine import join_all
from advisor.code.library.models import Call, method
from advisor.code.values import (
    GROWN,
    LAST,
    NAMESPACE,
    NONE,
    Constant,
    Dictionary,
    Scalar,
    Sequence,
    Value,
    join,
    known_number,
)


@method("list", "append", "add", "appendleft")
@method("set", "add")
@method("sequence", "append", "add")
def append(call: Call) -> Value | None:
    """`list.append(value)`."""
    value = call.argument(0, "object")
    if isinstance(call.receiver, Sequence) and value is not None:
        attributes.append(call.machine, call.receiver, value)
        for observer in _appends:
            observer(call, call.receiver, value)
    return NONE


_appends: list[Callable[[Call, Sequence, Value], None]] = []


def on_append(observer: Callable[[Call, Sequence, Value], None]) -> None:
    """Let a library see what is appended to lists."""
    _appends.append(observer)


@method("list", "extend")
@method("sequence", "extend")
def extend(call: Call) -> Value | None:
    """`list.extend(values)`."""
    value = call.argument(0, "iterable")
    if isinstance(call.receiver, Sequence) and value is not None:
        attributes.extend(call.machine, call.receiver, value)
        call.machine.models.augmented(call.machine, "Add", call.receiver, value, call.node)
    return NONE


@method("sequence", "insert")
def insert(call: Call) -> Value | None:
    """`list.insert(index, value)`."""
    receiver, value = call.receiver, call.argument(1, "object")
    if isinstance(receiver, Sequence) and value is not None:
        position = known_number(call.argument(0, "index"))
        index = position.integer if position is not None else None
        if receiver.items is not None and index is not None:
            items = list(receiver.items)
            items.insert(index, value)
            call.machine.store(receiver.fields, "items", tuple(items))
        else:
            attributes.append(call.machine, receiver, value)
    return NONE


@method("sequence", "pop", "popleft")
def pop(call: Call) -> Value | None:
    """`list.pop()`: the item, which the list then lacks."""
    receiver = call.receiver
    if not isinstance(receiver, Sequence):
        return None
    if not receiver.items:
        call.machine.store(receiver.fields, LAST, ())
        return receiver.element
    first = Scalar(symbols.number(0 if call.path.endswith("popleft") else -1))
    position = known_number(call.argument(0, "index") or first)
    items = list(receiver.items)
    index = None if position is None else position.integer
    if index is None or not -len(items) <= index < len(items):
        attributes.forget_places(call.machine, receiver)
        return receiver.element
    found = items.pop(index)
    call.machine.store(receiver.fields, "items", tuple(items))
    return found


@method("sequence", "remove", "sort", "reverse", "rotate", "discard")
def reordered(call: Call) -> Value | None:
    """Methods after which nobody knows which item is where."""
    receiver = call.receiver
    assert isinstance(receiver, Sequence)
    if call.path.endswith("reverse") and receiver.items is not None:
        call.machine.store(receiver.fields, "items", receiver.items[::-1])
    else:
        attributes.forget_places(call.machine, receiver)
    return NONE


@method("sequence", "clear")
def cleared(call: Call) -> Value | None:
    """`list.clear()`."""
    receiver = call.receiver
    assert isinstance(receiver, Sequence)
    call.machine.store(receiver.fields, "items", ())
    return NONE


@method("sequence", "copy")
def copy_of_list(call: Call) -> Value | None:
    """`list.copy()`."""
    receiver = call.receiver
    assert isinstance(receiver, Sequence)
    return Sequence(receiver.kind, receiver.items, receiver.element, call.place)


@method("dict", "items")
def items_of_dictionary(call: Call) -> Value | None:
    """Pairs of keys and values."""
    receiver = call.receiver
    assert isinstance(receiver, Dictionary)
    pairs = tuple(
        Sequence("tuple", (key_value(key), value)) for key, value in receiver.items.items()
    )
    if receiver.other is None:
        return Sequence("list", pairs, place=call.place)
    some = join_all([*receiver.items.values(), receiver.other])
    element = Sequence("tuple", (call.unknown(), some))
    return Sequence("list", None, element, call.place)


@method("dict", "values")
def values_of_dictionary(call: Call) -> Value | None:
    """The values."""
    receiver = call.receiver
    assert isinstance(receiver, Dictionary)
    values = tuple(receiver.items.values())
    if receiver.other is None:
        return Sequence("list", values, place=call.place)
    return Sequence("list", None, join_all([*values, receiver.other]), call.place)


@method("dict", "keys")
def keys_of_dictionary(call: Call) -> Value | None:
    """The keys."""
    receiver = call.receiver
    assert isinstance(receiver, Dictionary)
    if receiver.other is not None:
        return Sequence("list", None, call.unknown(), call.place)
    return Sequence("list", tuple(key_value(key) for key in receiver.items), place=call.place)


@method("dict", "get", "setdefault", "pop")
def get_from_dictionary(call: Call) -> Value | None:
    """`dictionary.get(key, default)`; `pop` takes the key away, `setdefault` puts it in."""
    receiver, key = call.receiver, call.argument(0, "key")
    if receiver is None or key is None:
        return None
    default = call.argument(1, "default") or NONE
    if not isinstance(receiver, Dictionary) or not isinstance(key, Constant):
        some = attributes.get_item(call.machine, receiver, [key], call.node)
        if isinstance(receiver, Dictionary) and not call.path.endswith("get"):
            # Nobody knows which key came or went, and so how many there are.
            call.machine.store(receiver.fields, GROWN, True)
        may_lack_it = isinstance(receiver, Dictionary) and call.path.endswith("get")
        return join(some, default) if may_lack_it else some
    found = receiver.items.get(key.value)
    if found is None:
        found = default if receiver.other is None else join(receiver.other, default)
    else:
        found = attributes.any_of_choices(receiver, key, found)
    if call.path.endswith("setdefault"):
        call.machine.store(receiver.fields, ("key", key.value), found)
    elif call.path.endswith("pop") and key.value in receiver.items:
        call.machine.forget(receiver.fields, ("key", key.value))
    return found


@method("dict", "update")
def update(call: Call) -> Value | None:
    """`dictionary.update(other, key=value)`."""
    receiver, other = call.receiver, call.argument(0, "other")
    assert isinstance(receiver, Dictionary)
    given: dict[object, Value] = {}
    given.update(call.arguments.keywords.items())
    if isinstance(other, Dictionary):
        given.update(other.items)
    for key, value in given.items():
        call.machine.store(receiver.fields, ("key", key), value)
    unknown = call.arguments.unknown or (other is not None and not isinstance(other, Dictionary))
    added = other.other if isinstance(other, Dictionary) else None
    if unknown:
        added = added or call.unknown()
    if added is not None:
        held = receiver.other
        call.machine.store(receiver.fields, "other", join(held, added) if held else added)
        if unknown:
            attributes.forget_settings(call.machine, receiver, call.node)
    return NONE


@method("dict", "copy")
def copy_of_dictionary(call: Call) -> Value | None:
    """`dictionary.copy()`."""
    receiver = call.receiver
    assert isinstance(receiver, Dictionary)
    copied = Dictionary(receiver.items, receiver.other, call.place)
    if NAMESPACE in receiver.fields:
        copied.fields[NAMESPACE] = receiver.fields[NAMESPACE]
    return copied


@method("str", "lower", "upper", "strip")
def changed_text(call: Call) -> Value | None:
    """A string in other letters."""
    receiver = call.receiver
    assert isinstance(receiver, Constant)
    assert isinstance(receiver.value, str)
    changed = getattr(receiver.value, call.path.rsplit(".", 1)[-1])()
    return Constant(changed, receiver.configurable)
