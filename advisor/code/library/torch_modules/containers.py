"""Modules that hold modules, in the order in which they run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import ModulePlaced
from advisor.code.interpreter import attributes, calls, classes
from advisor.code.interpreter.loops import Iteration, items_of
from advisor.code.interpreter.machine import join_all
from advisor.code.library.models import (
    Call,
    Index,
    function,
    hook,
    item,
    iteration,
    method,
)
from advisor.code.library.torch_modules.layers import ACTIVATIONS
from advisor.code.values import (
    Arguments,
    Dictionary,
    Instance,
    Layer,
    Scale,
    Tensor,
    Value,
    alternatives,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

CONTAINERS = ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict")


@function("torch.nn.Sequential", "torch.nn.ModuleList")
def container(call: Call) -> Value | None:
    """A list of modules."""
    values = call.arguments.positional
    children = SequenceValue("list", tuple(values), place=call.place)
    if len(values) == 1 and call.path == "torch.nn.ModuleList":
        only = values[0]
        children = SequenceValue("list", (), place=call.place)
        if isinstance(only, SequenceValue):
            children = SequenceValue("list", only.items, only.element, call.place)
        elif items_of(only) is None:
            children = SequenceValue("list", None, call.unknown(), call.place)
    elif len(values) == 1 and isinstance(values[0], Dictionary):
        children = SequenceValue("list", tuple(values[0].items.values()), place=call.place)
    if call.arguments.unknown:
        children = SequenceValue("list", None, _any_of(call), call.place)
    return Layer(call.path, call.arguments, call.place, {"children": children})


def _any_of(call: Call) -> Value:
    """What stands for each of the modules, where nobody knows how many there are."""
    options = [*call.arguments.positional, *alternatives(call.arguments.rest)]
    known = [each for each in options if isinstance(each, (Instance, Layer))]
    if len(known) < len(options) or not known or call.arguments.rest is None:
        return call.unknown()
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


@method("torch.nn.Sequential", "append", "add_module")
@method("torch.nn.ModuleList", "append")
def append_module(call: Call) -> Value | None:
    """A module is put at the end."""
    children = _children(call.receiver)
    value = call.arguments.positional[-1] if call.arguments.positional else None
    if children is not None and value is not None:
        attributes.append(call.machine, children, value)
        _placed(call, value)
    return call.receiver


def _placed(call: Call, value: Value) -> None:
    if call.receiver is not None and isinstance(value, (Instance, Layer)):
        call.machine.emit(ModulePlaced(call.place, call.context, call.receiver, value))


@method("torch.nn.ModuleList", "extend")
def extend_modules(call: Call) -> Value | None:
    """Modules are put at the end."""
    children = _children(call.receiver)
    value = call.argument(0, "modules")
    if children is not None and value is not None:
        attributes.extend(call.machine, children, value)
    return call.receiver


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
    if children.items is None:
        _run_any(call, children.element)
        return None
    for child in children.items:
        value = calls.call(call.machine, child, Arguments([value]), call.node)
        if isinstance(child, Layer) and child.path in ACTIVATIONS and isinstance(value, Tensor):
            # Nobody calls it in the open: its place is where it was put into the container.
            axis = None if value.scale is None else value.scale.axis
            scale = Scale(ACTIVATIONS[child.path], child.place, axis)
            value = value.replace(scale=scale, whole=value)
    return value


def _run_any(call: Call, element: Value | None) -> None:
    """Each module that may be one of a container whose number of modules nobody knows: it is given
    something, and makes something of it."""
    options = [each for each in alternatives(element) if isinstance(each, (Instance, Layer))]
    with call.machine.choosing(options):
        for option in options if element is not None else ():
            calls.call(call.machine, option, Arguments([call.unknown()]), call.node)


@hook("assign_attribute")
def module_kept_in_order(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`self.layer = nn.Linear(…)` and `self.add_module(…)` of a class that derives from a container:
    the modules run in the order in which they were assigned."""
    children = _children(receiver) if isinstance(receiver, Instance) else None
    is_module = isinstance(value, Layer) or (
        isinstance(value, Instance) and classes.is_module(value)
    )
    if children is not None and is_module:
        attributes.append(machine, children, value)
    return False


@hook("construct")
def construct_sequential(
    machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
) -> None:
    """A project class that derives from a container or a layer."""
    paths = instance.cls.library_bases()
    if "torch.nn.Sequential" in paths:
        children = SequenceValue("list", tuple(passed.positional), place=machine.place(node))
        inner = Layer("torch.nn.Sequential", passed, machine.place(node), {"children": children})
        machine.store(instance.fields, "__layer__", inner)
        return
    for path in paths:
        if path.startswith("torch.nn.") and path != "torch.nn.Module":
            machine.store(instance.fields, "__layer__", Layer(path, passed, machine.place(node)))
            return
