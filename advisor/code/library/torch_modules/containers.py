"""Modules that hold modules, in the order in which they run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import ModulePlaced
from advisor.code.interpreter import attributes, calls, classes
from advisor.code.interpreter.loops import Iteration
from advisor.code.interpreter.machine import join_all
from advisor.code.library.models import (
    Call,
    Index,
    attribute,
    function,
    hook,
    item,
    iteration,
    method,
)
from advisor.code.library.torch_modes import TOUCHED
from advisor.code.library.torch_modules.layers import ACTIVATIONS
from advisor.code.values import (
    LAST,
    TRUE,
    Arguments,
    Dictionary,
    Instance,
    Layer,
    Scalar,
    Scale,
    Tensor,
    Unknown,
    Value,
    alternatives,
    known_integer,
    known_text,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# The name that an attribute is assigned under where nobody knows it.
UNKNOWN_NAME = "?"
# Under this key the modules that a module knows by name have that module.
_OWNER = ("modules of",)
# Under this key an object of a project class knows that it has modules under names nobody knows.
OTHER_MODULES = ("other modules",)
CONTAINERS = ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict")


@function("torch.nn.Sequential", "torch.nn.ModuleList")
def container(call: Call) -> Value | None:
    """A list of modules."""
    children = _held(call.machine, call.path, call.arguments, call.node)
    return Layer(call.path, call.arguments, call.place, {"children": children})


def _held(machine: "Machine", path: str, passed: Arguments, node: cst.CSTNode) -> SequenceValue:
    """The modules that a container is built with."""
    place = machine.place(node)
    if passed.unknown:
        held = SequenceValue("list", None, _any_of(machine, passed, node), place)
        held.fields[LAST] = passed.last
        return held
    values = passed.positional
    if path == "torch.nn.ModuleList":
        only = passed.get(0, "modules")
        if only is None:
            return SequenceValue("list", (), place=place)
        if isinstance(only, SequenceValue):
            held = SequenceValue("list", only.items, only.element, place)
            held.fields[LAST] = only.last
            return held
        return SequenceValue("list", None, machine.unknown("module", node), place)
    if len(values) == 1 and isinstance(values[0], Dictionary):
        known = tuple(values[0].items.values())
        if values[0].other is None:
            return SequenceValue("list", known, place=place)
        # Under names that nobody knows there may be any number of others, anywhere.
        return SequenceValue("list", None, join_all([*known, values[0].other]), place)
    return SequenceValue("list", tuple(values), place=place)


def _any_of(machine: "Machine", passed: Arguments, node: cst.CSTNode) -> Value:
    """What stands for each of the modules, where nobody knows how many there are."""
    options = [*passed.positional, *alternatives(passed.rest)]
    known = [each for each in options if isinstance(each, (Instance, Layer))]
    if len(known) < len(options) or not known or passed.rest is None:
        return machine.unknown("module", node)
    return join_all(known)


@function("torch.nn.ModuleDict")
def module_dictionary(call: Call) -> Value | None:
    """A dictionary of modules."""
    first = call.argument(0, "modules")
    children = (
        Dictionary(first.items, first.other)
        if isinstance(first, Dictionary)
        else Dictionary({}, None if first is None else call.unknown())
    )
    return Layer(call.path, call.arguments, call.place, {"children": children})


@method("torch.nn.Sequential", "append")
@method("torch.nn.ModuleList", "append")
def append_module(call: Call) -> Value | None:
    """A module is put at the end."""
    children = _children(call.receiver)
    value = call.argument(0, "module")
    if children is not None and value is not None:
        attributes.append(call.machine, children, value)
        _placed(call, value)
    return call.receiver


@method("torch.nn.Sequential", "add_module", "register_module")
def add_module(call: Call) -> Value | None:
    """A module is put at the end, or in the place of another one of that name."""
    children = _children(call.receiver)
    name, value = known_text(call.argument(0, "name")), call.argument(1, "module")
    receiver = call.receiver
    if children is None or not isinstance(receiver, (Instance, Layer)) or value is None:
        return None
    _put(call.machine, receiver, children, name, value)
    if name is not None:
        call.machine.store(receiver.fields, name, value)
    _placed(call, value)
    return None


def _put(
    machine: "Machine",
    receiver: Value,
    children: SequenceValue,
    name: str | None,
    value: Value,
) -> None:
    """Put a module into a container under a name: where the one stands that had the name, else at
    the end. Under a name that is not known it may be either."""
    before = None if name is None else _named(receiver, children, name)
    items = children.items
    if items is not None and any(each is before for each in items):
        changed = tuple(value if each is before else each for each in items)
        machine.store(children.fields, "items", changed)
        return
    is_new = not items if name is None else before is None
    attributes.append(machine, children, value)
    if not is_new:
        attributes.forget_places(machine, children)


def _named(receiver: Value, children: SequenceValue, name: str) -> Value | None:
    """The module that a container has under a name."""
    own = receiver.fields.get(name) if isinstance(receiver, (Instance, Layer)) else None
    if isinstance(own, (Instance, Layer)):
        return own
    layer = receiver.fields.get("__layer__") if isinstance(receiver, Instance) else receiver
    given = layer.arguments.positional if isinstance(layer, Layer) else ()
    if len(given) == 1 and isinstance(given[0], Dictionary):
        return given[0].items.get(name)
    items = children.items or ()
    return items[int(name)] if name.isdecimal() and int(name) < len(items) else None


def _placed(call: Call, value: Value) -> None:
    if call.receiver is not None and isinstance(value, (Instance, Layer)):
        call.machine.emit(ModulePlaced(call.place, call.context, call.receiver, value))


@method("torch.nn.Sequential", "extend")
@method("torch.nn.ModuleList", "extend")
def extend_modules(call: Call) -> Value | None:
    """Modules are put at the end."""
    children = _children(call.receiver)
    value = call.arguments.get(0, "modules") or call.arguments.get(0, "sequential")
    if children is not None and value is not None:
        held = _children(value)
        attributes.extend(call.machine, children, value if held is None else held)
    return call.receiver


@method("torch.nn.Sequential", "insert")
@method("torch.nn.ModuleList", "insert")
def insert_module(call: Call) -> Value | None:
    """A module is put before another one."""
    children = _children(call.receiver)
    value = call.argument(1, "module")
    if children is None or value is None:
        return call.receiver
    place = known_integer(call.argument(0, "index"))
    if children.items is not None and place is not None:
        items = list(children.items)
        items.insert(place, value)
        call.machine.store(children.fields, "items", tuple(items))
    else:
        attributes.append(call.machine, children, value)
        attributes.forget_places(call.machine, children)
    _placed(call, value)
    return call.receiver


@method("torch.nn.Sequential", "pop")
@method("torch.nn.ModuleList", "pop")
def pop_module(call: Call) -> Value | None:
    """A module is taken out."""
    children = _children(call.receiver)
    place = call.argument(0, "key") or Scalar(symbols.number(-1))
    if children is None:
        return None
    found = attributes.get_item(call.machine, children, [place], call.node)
    attributes.delete_item(call.machine, children, place)
    return found


@hook("assign_item")
def module_replaced(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`layers[0] = nn.Conv2d(…)` and `layers["head"] = nn.Linear(…)` of a container."""
    layer = receiver.fields.get("__layer__") if isinstance(receiver, Instance) else receiver
    if not isinstance(layer, Layer) or layer.path not in CONTAINERS:
        return False
    children = layer.fields.get("children")
    if isinstance(children, Value):
        attributes.set_item(machine, children, indices, value, node)
    return False


@hook("assign_item")
def module_registered(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`self._modules[name] = layer` is what `add_module` does."""
    owner = receiver.fields.get(_OWNER) if isinstance(receiver, Unknown) else None
    if isinstance(owner, Value):
        machine.models.assign_attribute(machine, owner, UNKNOWN_NAME, value, node)
    return False


@attribute("module", "_modules")
def modules_by_name(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`model._modules`: whoever asks a layer for it may replace what is in it."""
    if isinstance(receiver, Layer):
        machine.store(receiver.fields, TOUCHED, TRUE)
        return None
    found = machine.unknown("_modules", node)
    machine.store(found.fields, _OWNER, receiver)
    return found


def _children(value: Value | None) -> SequenceValue | None:
    if isinstance(value, Instance):
        value = value.fields.get("__layer__")
    if not isinstance(value, Layer):
        return None
    children = value.fields.get("children")
    return children if isinstance(children, SequenceValue) else None


@iteration("torch.nn.Sequential", "torch.nn.ModuleList")
def iterate_container(machine: "Machine", value: Layer, node: cst.CSTNode) -> Iteration | None:
    """The modules in order."""
    children = _children(value)
    if children is None:
        return None
    if children.items is not None:
        return Iteration(children.items, trips=symbols.number(len(children.items)))
    element = children.element
    return None if element is None else Iteration(make=lambda: element)


@item("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict")
def item_of_container(
    machine: "Machine", value: Layer, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """One module, or a slice of them."""
    children = value.fields.get("children")
    if not isinstance(children, Value):
        return None
    found = attributes.get_item(machine, children, indices, node)
    if isinstance(found, SequenceValue) and isinstance(indices[0], slice):
        return Layer(value.path, Arguments(), value.place, {"children": found})
    return found


@method("torch.nn.Sequential", "__call__", "forward")
def run_sequential(call: Call) -> Value | None:
    """One module after the other."""
    children = _children(call.receiver)
    value = call.argument(0, "input")
    if children is None or value is None:
        return None
    known = children.items
    if known is None:
        _run_any(call, children)
        known = children.last
        if not known:
            return None
        value = call.unknown()
    for child in known:
        value = calls.call(call.machine, child, Arguments([value]), call.node)
        if isinstance(child, Layer) and child.path in ACTIVATIONS and isinstance(value, Tensor):
            # Nobody calls it in the open: its place is where it was put into the container.
            axis = None if value.scale is None else value.scale.axis
            scale = Scale(ACTIVATIONS[child.path], child.place, axis)
            value = value.replace(scale=scale, whole=value)
    return value


def _run_any(call: Call, children: SequenceValue) -> None:
    """Each module that may be one of a container whose number of modules nobody knows, but for those at
    its end: it is given something, and makes something of it."""
    modules = [each for each in alternatives(children.element) if _is_module(each)]
    options = [each for each in modules if each not in children.last]
    with call.machine.choosing(options):
        for option in options:
            calls.call(call.machine, option, Arguments([call.unknown()]), call.node)


@hook("assign_attribute")
def module_kept_in_order(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`layers.last = nn.Linear(…)`, and `self.layer = nn.Linear(…)` and `self.add_module(…)` of a
    class that derives from a container: the modules run in the order in which they were assigned."""
    children = _children(receiver) if isinstance(receiver, (Instance, Layer)) else None
    if children is None:
        return False
    options = alternatives(value)
    modules = sum(map(_is_module, options))
    if modules:
        _put(machine, receiver, children, None if name == UNKNOWN_NAME else name, value)
    if 0 < modules < len(options):
        attributes.forget_places(machine, children)
    return False


def _is_module(value: Value) -> bool:
    return isinstance(value, Layer) or (isinstance(value, Instance) and classes.is_module(value))


@hook("assign_attribute")
def module_under_unknown_name(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`setattr(self, name, module)` under a name that nobody knows: there are other modules than
    those that the attributes tell."""
    if name == UNKNOWN_NAME and isinstance(receiver, Instance):
        machine.store(receiver.fields, OTHER_MODULES, TRUE)
    return False


@hook("construct")
def construct_sequential(
    machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
) -> None:
    """A project class that derives from a container or a layer."""
    paths = instance.cls.library_bases()
    for path in paths:
        if not path.startswith("torch.nn.") or path == "torch.nn.Module":
            continue
        inner = Layer(path, passed, machine.place(node))
        if path in {"torch.nn.Sequential", "torch.nn.ModuleList"}:
            inner.fields["children"] = _held(machine, path, passed, node)
        machine.store(instance.fields, "__layer__", inner)
        return
