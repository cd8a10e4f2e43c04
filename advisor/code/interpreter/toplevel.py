"""Entry points: the script itself, then every function and class that nothing has called."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BaseConstructed,
    Event,
    LayerBuilt,
    ModuleBuilt,
)
from advisor.code.interpreter import calls, classes
from advisor.code.interpreter.machine import MOST_STEPS_OF_FUNCTION, Frame, OutOfBudget
from advisor.code.values import (
    Arguments,
    Class,
    Constant,
    Function,
    Instance,
    Scalar,
    Scope,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import Source

_OF_CONSTRUCTION = (AttributeAssigned, BaseConstructed, LayerBuilt, ModuleBuilt)


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One abstract run: what it started from, what happened, and why it was given up, if it was."""

    name: str
    trace: "tuple[Event, ...]"
    given_up: str | None = None
    is_script: bool = False


def run_module(machine: "Machine", scope: Scope, tree: cst.Module, as_main: bool) -> None:
    """Run the top level of a file."""
    if as_main:
        machine.frames.append(Frame(None, scope))
        machine.execute(tree.body)
        return
    with machine.apart(), suppress(OutOfBudget):
        machine.frames.append(Frame(None, scope))
        machine.execute(tree.body)


def entry_points(machine: "Machine", source: "Source") -> Iterator[EntryPoint]:
    """Run a file from all its entry points, one after the other."""
    scope = Scope("module", source)
    machine.main, machine.main_scope = source, scope
    machine.start()
    given_up = None
    try:
        run_module(machine, scope, source.tree, as_main=True)
    except OutOfBudget as reason:
        given_up = str(reason)
    yield EntryPoint("the script", tuple(machine.trace), given_up, is_script=True)
    # Functions are mostly defined before those that call them: start from the last.
    while True:
        waiting = [
            function
            for function in machine.defined
            if function.scope.module is scope and function.node not in machine.entered
        ]
        if not waiting:
            return
        yield _run_function(machine, scope, waiting[-1])


def _run_function(machine: "Machine", scope: Scope, function: Function) -> EntryPoint:
    machine.start(MOST_STEPS_OF_FUNCTION)
    machine.frames.append(Frame(None, scope))
    machine.entered.add(function.node)
    given_up = None
    try:
        receiver = _receiver(machine, function)
        arguments = unknown_arguments(machine, function, skip=1 if receiver else 0)
        if function.owner is not None and function.owner.find(function.name) is not function:
            receiver = receiver or Unknown("self")
        calls.call_function(machine, function, arguments, function.node, receiver)
    except OutOfBudget as reason:
        given_up = str(reason)
    name = function.name if function.owner is None else f"{function.owner.name}.{function.name}"
    return EntryPoint(name, tuple(machine.trace), given_up)


def _receiver(machine: "Machine", function: Function) -> Value | None:
    owner = function.owner
    if owner is None:
        return None
    paths = {getattr(decorator, "path", "") for decorator in function.decorators}
    if "builtins.staticmethod" in paths:
        return None
    if "builtins.classmethod" in paths:
        return owner
    instance = _instance(machine, owner)
    # What happens while the object is made is no part of what the method does; but it has been made.
    made = [event for event in machine.trace if isinstance(event, _OF_CONSTRUCTION)]
    machine.trace.clear()
    for event in made:
        machine.emit(event)
    return instance


def _instance(machine: "Machine", owner: Class) -> Value:
    constructor = owner.find("__init__")
    arguments = Arguments(unknown=True)
    if isinstance(constructor, Function):
        arguments = unknown_arguments(machine, constructor, skip=1)
    try:
        made = classes.instantiate(machine, owner, arguments, owner.node)
    except OutOfBudget:
        machine.start()
        machine.frames.append(Frame(None, owner.scope.module))
        made = Instance(owner)
    return made


def unknown_arguments(machine: "Machine", function: Function, skip: int) -> Arguments:
    """What a caller nobody knows may pass: an unknown for each parameter; where a parameter has a
    number as its default, that number."""
    parameters = function.node.params
    arguments = Arguments()
    positional = [*parameters.posonly_params, *parameters.params][skip:]
    for each in positional:
        name = each.name.value
        arguments.positional.append(_unknown_argument(function, name))
    for each in parameters.kwonly_params:
        name = each.name.value
        arguments.keywords[name] = _unknown_argument(function, name)
    arguments.unknown = bool(
        isinstance(parameters.star_arg, cst.Param) or parameters.star_kwarg is not None
    )
    return arguments


def _unknown_argument(function: Function, name: str) -> Value:
    default = function.defaults.get(name)
    origin = f"the default of `{name}`"
    if isinstance(default, Scalar) and default.number.constant is not None:
        return Scalar(default.number, default.names | {name}, origin, function.place)
    if isinstance(default, Constant) and isinstance(default.value, (str, bool)):
        return Constant(default.value, origin, function.place)
    return Unknown(name, place=function.place)
