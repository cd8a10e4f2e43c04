"""Reading and writing attributes and items of abstract values."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import calls, classes
from advisor.code.nodes import as_written
from advisor.code.values import (
    LAST,
    MOST_ALTERNATIVES,
    NAMESPACE,
    OTHER_ITEM,
    TRUE,
    Arguments,
    Bound,
    Class,
    Constant,
    Dictionary,
    Folder,
    Function,
    Instance,
    Joined,
    Library,
    Method,
    Object,
    Parameters,
    ProjectModule,
    Scalar,
    Unknown,
    Value,
    alternatives,
    any_of_list,
    call_by_key,
    call_it,
    join,
    known_integer,
    part_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace

Index = Value | slice
# The field of a dictionary that has what makes the values it lacks.
FACTORY = "factory"
# More of what is at the end of a list than anybody looks at is not kept.
_MOST_LAST = 8
_SETTING = re.compile(r"(?m)^\s+self\.(\w+) = (?:True|False|None)$")
# What holds a value of its own under each key, which whoever starts the program chooses.
_TOLD_FROM_OUTSIDE = frozenset(["sys.argv", "os.environ"])


def get(machine: "Machine", receiver: Value, name: str, node: cst.CSTNode) -> Value:
    """The attribute `name` of a value."""
    machine.models.read_attribute(machine, receiver, name, node)
    match receiver:
        case Instance() | Object() if name == "__class__":
            return class_of(receiver)
        case Unknown():
            return unknown_attribute(machine, receiver, name, node)
        case Instance():
            return classes.attribute(machine, receiver, name, node)
        case Library():
            return machine.models.member(receiver, name)
        case ProjectModule():
            return _module_member(machine, receiver, name, node)
        case Folder():
            return machine.project.member(machine, receiver, name) or machine.unknown(name, node)
        case Class():
            found = receiver.find(name)
            if found is None:
                return machine.unknown(name, node)
            return classes.bind_to_class(found, receiver)
        case Joined():
            result: Value | None = None
            for option in receiver.alternatives:
                value = get(machine, option, name, node)
                result = value if result is None else join(result, value)
            assert result is not None
            return result
        case Object() if isinstance(receiver.fields.get(name), Value):
            value = receiver.fields[name]
            assert isinstance(value, Value)
            return value
        case classes.Super():
            inherited = classes.super_attribute(receiver, name)
            if inherited is not None:
                return classes.bind(machine, inherited, receiver.receiver, node)
            return machine.unknown(name, node)
        case Dictionary() if receiver.fields.get(NAMESPACE) is TRUE:
            named = receiver.fields.get(("key", name))
            if isinstance(named, Value):
                return named
        case Function() | Bound():
            return machine.unknown(name, node)
    known = machine.models.attribute(machine, receiver, name, node)
    return known if known is not None else Method(receiver, name, machine.place(node))


def class_of(value: Instance | Object) -> Class | Library:
    """What a value was made by calling."""
    return value.cls if isinstance(value, Instance) else Library(value.path)


def unknown_attribute(machine: "Machine", receiver: Unknown, name: str, node: cst.CSTNode) -> Value:
    """An attribute of an unknown: the same value each time it is read."""
    if name not in receiver.fields:
        modelled = machine.models.attribute(machine, receiver, name, node)
        if modelled is not None:
            return modelled
        made = Unknown(name, receiver, machine.place(node))
        made.names.add(name)
        receiver.fields[name] = made
    value: Value = receiver.fields[name]
    return value


def _module_member(
    machine: "Machine", module: ProjectModule, name: str, node: cst.CSTNode
) -> Value:
    found = module.scope.fields.get(name)
    if found is not None:
        return found
    submodule = machine.project.submodule(machine, module, name)
    if submodule is not None:
        return submodule
    made = machine.unknown(name, node)
    module.scope.fields[name] = made
    return made


def set_attribute(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> None:
    """Assign to an attribute."""
    if machine.models.assign_attribute(machine, receiver, name, value, node):
        return
    call_it(value, name)
    match receiver:
        case Instance() | Object() | Unknown() | Class():
            machine.store(receiver.fields, name, value)
        case Dictionary() if receiver.fields.get(NAMESPACE) is TRUE:
            machine.store(receiver.fields, ("key", name), value)
        case Joined():
            for option in receiver.alternatives:
                set_attribute(machine, option, name, value, node)
        case ProjectModule():
            machine.store(receiver.scope.fields, name, value)
        case classes.Super():
            set_attribute(machine, receiver.receiver, name, value, node)


def get_item(
    machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
) -> Value:
    """A subscript."""
    machine.models.read_item(machine, receiver, indices, node)
    index = indices[0] if len(indices) == 1 else _key_of_several(receiver, indices)
    match receiver:
        case Joined():
            result: Value | None = None
            for option in receiver.alternatives:
                value = get_item(machine, option, indices, node)
                result = value if result is None else join(result, value)
            assert result is not None
            return result
        case SequenceValue() if index is not None:
            return _item_of_sequence(machine, receiver, index, node)
        case Dictionary() if isinstance(index, Value):
            return _item_of_dictionary(machine, receiver, index, node)
        case Unknown() if isinstance(index, Value) and _plain(index) is not None:
            if isinstance(_plain(index), str):
                return _item_of_unknown(receiver, index, machine, node)
        case Library() if receiver.path in _TOLD_FROM_OUTSIDE:
            key = _plain(index) if isinstance(index, Value) else None
            told = Library(f"{receiver.path}[{key!r}]", machine.place(node))
            return machine.unknown("item", node) if key is None else told
        case Class() | Library():
            return receiver
        case Instance() if isinstance(index, Value):
            found = classes.call_special(machine, receiver, "__getitem__", [index], node)
            if found is not None:
                return found
    return machine.models.get_item(machine, receiver, indices, node)


def _key_of_several(receiver: Value, indices: Sequence[Index]) -> Value | None:
    """The key of `table[a, b]` in a dictionary: both together."""
    if not isinstance(receiver, Dictionary) or any(isinstance(each, slice) for each in indices):
        return None
    return SequenceValue("tuple", tuple(each for each in indices if isinstance(each, Value)))


def _plain(index: Value) -> object | None:
    if isinstance(index, Constant):
        return index.value
    return index.number.constant if isinstance(index, Scalar) else None


def _item_of_unknown(
    receiver: Unknown, index: Value, machine: "Machine", node: cst.CSTNode
) -> Value:
    key = ("item", _plain(index))
    if key not in receiver.fields:
        make = part_of if isinstance(_plain(index), str) else _item
        made = make(receiver, str(_plain(index)), machine.place(node))
        made.names.add(str(_plain(index)))
        receiver.fields[key] = made
    value: Value = receiver.fields[key]
    return value


def _item(receiver: Unknown, name: str, place: "NodePlace | None") -> Unknown:
    return Unknown(name, receiver, place)


def _item_of_sequence(
    machine: "Machine", sequence: SequenceValue, index: Index, node: cst.CSTNode
) -> Value:
    items = sequence.items
    if isinstance(index, slice):
        bounds = _bounds(index)
        if items is not None and bounds is not None:
            return SequenceValue(sequence.kind, items[bounds], place=sequence.place)
        element = sequence.element
        for item in items or ():
            element = item if element is None else join(element, item)
        taken = SequenceValue(sequence.kind, None, element, place=sequence.place)
        taken.fields["part"] = True
        return machine.models.follow(machine, "[]", (sequence,), (index,), taken, node)
    position = index.number.integer if isinstance(index, Scalar) else None
    if items is not None and position is not None and -len(items) <= position < len(items):
        return items[position]
    if items:
        result = items[0]
        for item in items[1:]:
            result = join(result, item)
        return result
    if sequence.element is not None:
        return any_of_list(sequence.element)
    key = ("item", position)
    if position is None or key not in sequence.fields:
        machine.store(sequence.fields, key, machine.unknown("item", node))
    found: Value = sequence.fields[key]
    return found


def _bounds(index: slice) -> slice | None:
    """A slice of plain numbers, when all its bounds are known."""
    bounds = [_bound(part) for part in (index.start, index.stop, index.step)]
    if None in bounds:
        return None
    return slice(*(bound[0] if bound else None for bound in bounds))


def _bound(part: Value | None) -> list[int] | None:
    """A slice bound: an empty list when it was left out, None when it is not known."""
    if part is None:
        return []
    if isinstance(part, Scalar) and part.number.integer is not None:
        return [part.number.integer]
    return None


def _item_of_dictionary(
    machine: "Machine", dictionary: Dictionary, index: Value, node: cst.CSTNode
) -> Value:
    key = _plain(index)
    if key is not None:
        found = dictionary.fields.get(("key", key))
        if isinstance(found, Value):
            return any_of_choices(dictionary, index, found)
        factory = dictionary.fields.get(FACTORY)
        if isinstance(factory, Value):
            # Each key has a value of its own, which may be put under a key that is not known.
            made = calls.call(machine, factory, Arguments(), node)
            machine.store(dictionary.fields, ("key", key), made)
            return made
    elif dictionary.items:
        values = list(dictionary.items.values())
        if dictionary.other is not None:
            values.append(dictionary.other)
        result = values[0]
        for value in values[1:]:
            result = join(result, value)
        return result
    if isinstance(dictionary.other, Unknown) and isinstance(key, str):
        # What stands under two names need not be the same.
        return _item_of_unknown(dictionary.other, index, machine, node)
    return dictionary.other or machine.unknown(str(key or "item"), node)


def any_of_choices(dictionary: Dictionary, index: Value, found: Value) -> Value:
    """What a user chooses by an option, of classes and functions that stand under names: the one by
    default or any of the others, as where each is asked for by an `if`."""
    choices = dictionary.items.values()
    if not isinstance(index, Constant) or index.configurable is None:
        return found
    if len(choices) > MOST_ALTERNATIVES or dictionary.other is not None:
        return found
    if not all(isinstance(each, (Class, Function)) for each in choices):
        return found
    for each in choices:
        found = join(found, each)
    return found


def set_item(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> None:
    """Assign to a subscript."""
    if machine.models.assign_item(machine, receiver, indices, value, node):
        return
    index = indices[0] if len(indices) == 1 else _key_of_several(receiver, indices)
    match receiver:
        case Dictionary() if isinstance(index, Value):
            key = _plain(index)
            if key is not None:
                call_by_key(value, key)
                machine.store(receiver.fields, ("key", key), value)
            else:
                other = receiver.other
                machine.store(
                    receiver.fields, "other", value if other is None else join(other, value)
                )
                forget_settings(machine, receiver, node)
        case Joined() if isinstance(index, Value) and _plain(index) is None:
            for option in receiver.alternatives:
                forget_settings(machine, option, node)
        case SequenceValue() if isinstance(index, Value):
            _set_item_of_sequence(machine, receiver, index, value)
        case Unknown() if isinstance(index, Constant):
            machine.store(receiver.fields, ("item", index.value), value)
        case Unknown() if isinstance(index, Unknown):
            machine.store(receiver.fields, OTHER_ITEM, value)
        case Unknown() if isinstance(index, Scalar) and index.number.integer is None:
            machine.forget(receiver.fields, ("item", index.number))


def forget_settings(machine: "Machine", receiver: Value, node: cst.CSTNode) -> None:
    """Forget what a namespace holds where it is changed under names that are not known: by what is read
    from a file, for instance."""
    if isinstance(receiver, Dictionary) and receiver.fields.get(NAMESPACE) is TRUE:
        for name in receiver.items:
            machine.store(receiver.fields, ("key", name), machine.unknown(str(name), node))
    if isinstance(receiver, Instance):
        # What its code sets later, in some cases, has been set to something by then.
        for name in _settings_of(receiver.cls):
            if name not in receiver.fields and receiver.cls.find(name) is None:
                machine.store(receiver.fields, name, machine.unknown(name, node))


def _settings_of(cls: Class) -> set[str]:
    """The attributes that the code of a class switches on or off."""
    own = [each for each in cls.lineage() if isinstance(each, Class)]
    return {name for each in own for name in _SETTING.findall(as_written(each.node))}


def _set_item_of_sequence(
    machine: "Machine", sequence: SequenceValue, index: Value, value: Value
) -> None:
    items, position = sequence.items, known_integer(index)
    if items is not None and position is None:
        machine.store(sequence.fields, "items", tuple(join(item, value) for item in items))
    elif items is not None and position is not None and -len(items) <= position < len(items):
        changed = list(items)
        changed[position] = value
        machine.store(sequence.fields, "items", tuple(changed))
    elif items is None:
        element = sequence.element
        machine.store(
            sequence.fields, "element", value if element is None else join(element, value)
        )


def delete_item(machine: "Machine", receiver: Value, index: Index) -> None:
    """Delete an item or a slice of a list, or a key of a dictionary."""
    machine.models.deleted_item(machine, receiver, index)
    if isinstance(receiver, Object) and isinstance(receiver.fields.get("children"), Value):
        receiver = receiver.fields["children"]
    match receiver:
        case Dictionary() if isinstance(index, Value):
            if ("key", _plain(index)) in receiver.fields:
                machine.forget(receiver.fields, ("key", _plain(index)))
        case SequenceValue():
            _delete_item_of_sequence(machine, receiver, index)


def _delete_item_of_sequence(machine: "Machine", sequence: SequenceValue, index: Index) -> None:
    kept = list(sequence.items or ())
    bounds = _bounds(index) if isinstance(index, slice) else _bound(index)
    if isinstance(bounds, slice):
        del kept[bounds]
    elif bounds and -len(kept) <= bounds[0] < len(kept):
        del kept[bounds[0]]
    else:
        forget_places(machine, sequence)
        return
    if sequence.items is not None:
        machine.store(sequence.fields, "items", tuple(kept))


def forget_places(machine: "Machine", sequence: SequenceValue) -> None:
    """Forget how many items a list has and which is where; not what they may be."""
    machine.store(sequence.fields, LAST, ())
    items = sequence.items
    if items:
        machine.store(sequence.fields, "items", None)
        element = items[0]
        for item in items[1:]:
            element = join(element, item)
        machine.store(sequence.fields, "element", element)


def append(machine: "Machine", sequence: SequenceValue, *values: Value) -> None:
    """Put values at the end of a list."""
    if sequence.items is not None:
        machine.store(sequence.fields, "items", sequence.items + values)
        return
    element = sequence.element
    for value in values:
        element = value if element is None else join(element, value)
    machine.store(sequence.fields, "element", element)
    machine.store(sequence.fields, LAST, (*sequence.last, *values)[-_MOST_LAST:])


def extend_in_place(machine: "Machine", operator: str, current: Value, value: Value) -> bool:
    """`list += other` changes the list itself; False when that is not what happens."""
    if operator != "Add" or not isinstance(current, SequenceValue) or current.kind != "list":
        return False
    extend(machine, current, value)
    return True


def extend(machine: "Machine", sequence: SequenceValue, value: Value) -> None:
    """Put the items of a value at the end of a list."""
    if isinstance(value, SequenceValue) and value.items is not None:
        append(machine, sequence, *value.items)
        return
    items = sequence.items or ()
    machine.store(sequence.fields, "items", None)
    element = value.element if isinstance(value, SequenceValue) else None
    if all(isinstance(each, Parameters) for each in alternatives(value)):
        element = value
    known = [*items, *([element] if element is not None else [])]
    if not known:
        known = [Unknown("item")]
    before = sequence.element
    for item in known:
        before = item if before is None else join(before, item)
    machine.store(sequence.fields, "element", before)
    machine.store(sequence.fields, LAST, getattr(value, "last", ()))
