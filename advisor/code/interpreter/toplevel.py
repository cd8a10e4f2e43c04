"""Entry points: the script itself, then every function and class that nothing has called."""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BaseConstructed,
    ClassesWeighted,
    Escaped,
    Event,
    LayerBuilt,
    LossComputed,
    ModelCompiled,
    ModuleBuilt,
    ModulePlaced,
    OptimizerBuilt,
    ScheduleBuilt,
    StateUsed,
    WeightsFilled,
)
from advisor.code.interpreter import calls, classes, implied_models
from advisor.code.interpreter.classes import is_module
from advisor.code.interpreter.forward import FORWARD, run_forward
from advisor.code.interpreter.machine import Frame, OutOfBudget
from advisor.code.nodes import as_written
from advisor.code.values import (
    Arguments,
    Class,
    Function,
    Instance,
    Layer,
    Library,
    Scope,
    Unknown,
    Value,
    by_default,
)
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import Source
    from advisor.findings import Location

_OF_CONSTRUCTION = (
    *(AttributeAssigned, BaseConstructed, ClassesWeighted, Escaped, LayerBuilt, ModuleBuilt),
    *(ModelCompiled, ModulePlaced, OptimizerBuilt, ScheduleBuilt, StateUsed, WeightsFilled),
)
# A call of a function by its name, or of one's own method.
_CALL = re.compile(r"\b(?:(?<!def )(?<!\.)|(?<=self\.)|(?<=cls\.))([^\W\d]\w*+)\(")
_OWN_CALL = re.compile(r"\bself\.(\w+)\(")
_STACK = "torch.nn.Sequential"
_WITHOUT_OBJECT = frozenset({"builtins.staticmethod", "builtins.classmethod"})


@dataclass(frozen=True, slots=True)
class Receiver:
    """An object that methods are called on, with what happened when it was made."""

    value: Value
    made: "tuple[Event, ...]"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One abstract run: what it started from, what happened, why it was given up, if it was, and what
    it has `made` that nothing has used; and the `function` that was run, with arguments nobody knows."""

    name: str
    trace: "tuple[Event, ...]"
    given_up: str | None = None
    is_script: bool = False
    made: Value | None = None
    function: Function | None = None
    constructor: Function | None = None

    def holds(self, place: "Location", source: "Source") -> bool:
        """Whether a place lies in the very function that was run, or in the constructor."""
        row = source.span(place).row
        for each in (self.function, self.constructor):
            if each is None or each.scope.source is not source:
                continue
            whole = source.positions.span(each.node)
            if whole.row <= row <= whole.end_row:
                return True
        return False


def run_module(machine: "Machine", scope: Scope, tree: cst.Module) -> None:
    """Run the top level of a file."""
    machine.frames.append(Frame(None, scope))
    machine.execute(tree.body)


def run_import(machine: "Machine", scope: Scope, tree: cst.Module) -> bool:
    """Run the top level of a file that `machine` imports, on a machine of its own: what comes of it
    is the same for all that import it. Returns whether there was time enough."""
    own = type(machine)(machine.project, machine.models)
    with suppress(OutOfBudget):
        run_module(own, scope, tree)
    return not own.ran_out_of_time


def entry_points(machine: "Machine", source: "Source") -> Iterator[EntryPoint]:
    """Run a file from all its entry points, one after the other."""
    scope = Scope("module", source)
    machine.main, machine.main_scope = source, scope
    machine.start()
    given_up = None
    try:
        run_module(machine, scope, source.tree)
    except (OutOfBudget, RecursionError) as reason:
        given_up = _in_words(reason)
    yield EntryPoint("the script", tuple(machine.trace), given_up, is_script=True)
    yield from _functions(machine, scope)


def _functions(machine: "Machine", scope: Scope) -> Iterator[EntryPoint]:
    """Run every function that nothing has called yet, those first that nothing in the file calls:
    they set the stage for the others."""
    receivers: dict[Class, Receiver] = {}
    queue = _Queue(machine, scope)
    while (function := queue.first()) is not None:
        if machine.is_exhausted:
            yield EntryPoint("all other functions", (), "the file takes too long")
            return
        owner = _owner_of_receiver(function)
        if owner is not None and owner not in receivers:
            yield _make_receiver(machine, scope, owner, receivers)
            machine.settle()
            continue
        known = len(machine.defined)
        caller = None if owner is None else queue.inherited_caller(owner, function)
        if caller is not None and owner is not None:
            yield _run_inherited(machine, caller, receivers[owner])
        else:
            entry = _run_function(machine, scope, function, receivers)
            yield entry
            if entry.made is not None:
                yield _run_stack(machine, scope, entry.made, function)
        yield from _nested_functions(machine, scope, known, dict(receivers))
        machine.rewind()


def _nested_functions(
    machine: "Machine", scope: Scope, known: int, receivers: dict[Class, Receiver]
) -> Iterator[EntryPoint]:
    """Run the functions that the last one has defined, while what is around them is there."""
    while waiting := _waiting(machine, scope, known):
        owner = _owner_of_receiver(waiting[-1])
        if owner is not None and owner not in receivers:
            yield _make_receiver(machine, scope, owner, receivers)
        else:
            yield _run_function(machine, scope, waiting[-1], receivers)


def _in_words(reason: Exception) -> str:
    return str(reason) if isinstance(reason, OutOfBudget) else "it is nested too deeply"


def _waiting(machine: "Machine", scope: Scope, known: int) -> list[Function]:
    """The functions of a file that were never entered, but for the first few that are known."""
    return [
        function
        for function in machine.defined[known:]
        if function.scope.module is scope and function.node not in machine.entered
    ]


class _Queue:
    """The functions of a file that were never entered: those first that nothing in the file calls,
    and the last ones first. Most are defined before those that call them."""

    def __init__(self, machine: "Machine", scope: Scope) -> None:
        self._machine = machine
        self._scope = scope
        self._known = 0
        self._roots: list[Function] = []
        self._others: list[Function] = []
        self._tried: set[tuple[Class, cst.CSTNode]] = set()
        self._calls: dict[cst.CSTNode, frozenset[str]] = {}

    def first(self) -> Function | None:
        """The function to run next; None when there is none left."""
        found = _waiting(self._machine, self._scope, self._known)
        self._known = len(self._machine.defined)
        called = _called(self._scope.source) if found else frozenset()
        for function in found:
            (self._others if function.name in called else self._roots).append(function)
        for waiting in (self._roots, self._others):
            while waiting and waiting[-1].node in self._machine.entered:
                waiting.pop()
            if waiting:
                return waiting[-1]
        return None

    def inherited_caller(self, owner: Class, method: Function) -> Function | None:
        """An inherited method that has not run on an object of this class yet and calls the method:
        what it does around the call belongs to the method, too."""
        for base in owner.lineage()[1:]:
            if not isinstance(base, Class):
                continue
            for name, caller in base.fields.items():
                if not isinstance(caller, Function) or owner.find(name) is not caller:
                    continue
                if name == "__init__" or (owner, caller.node) in self._tried:
                    continue
                if _owner_of_receiver(caller) and method.name in self._called_in(caller):
                    self._tried.add((owner, caller.node))
                    return caller
        return None

    def _called_in(self, function: Function) -> frozenset[str]:
        """The names of what a function calls on its own object."""
        found = self._calls.get(function.node)
        if found is None:
            text = as_written(function.node.body)
            found = self._calls[function.node] = frozenset(_OWN_CALL.findall(text))
        return found


@lru_cache(maxsize=2)
def _called(source: "Source") -> frozenset[str]:
    """What a file calls by its name, or as one's own method."""
    return frozenset(_CALL.findall(source.text))


def _owner_of_receiver(function: Function) -> Class | None:
    """The class that a method needs an object of."""
    paths = {getattr(decorator, "path", "") for decorator in function.decorators}
    return None if paths & _WITHOUT_OBJECT else function.owner


def _make_receiver(
    machine: "Machine", scope: Scope, owner: Class, receivers: dict[Class, Receiver]
) -> EntryPoint:
    """Make the object that the methods of a class are called on, with unknown arguments."""
    machine.start_function()
    machine.frames.append(Frame(None, scope))
    constructor = owner.find("__init__")
    arguments = Arguments(unknown=True)
    if isinstance(constructor, Function):
        arguments = unknown_arguments(machine, constructor, skip=1)
    given_up = None
    value: Value = Instance(owner)
    try:
        value = classes.instantiate(machine, owner, arguments, owner.node)
        machine.models.made_alone(machine, value, owner.node)
    except (OutOfBudget, RecursionError) as reason:
        given_up = _in_words(reason)
    made = tuple(event for event in machine.trace if _is_of_construction(event))
    receivers[owner] = Receiver(value, made)
    return EntryPoint(
        f"{owner.name}.__init__", tuple(machine.trace), given_up, constructor=_constructor_of(owner)
    )


def _constructor_of(owner: Class) -> Function | None:
    found = owner.find("__init__")
    return found if isinstance(found, Function) else None


def _is_of_construction(event: "Event") -> bool:
    """Whether methods are to know of what happened in a constructor: how the parts of the object came
    into being, and by which losses models are to learn that are only compiled there."""
    compiled = isinstance(event, LossComputed) and event.model is not None
    return compiled or isinstance(event, _OF_CONSTRUCTION)


def _run_function(
    machine: "Machine", scope: Scope, function: Function, receivers: dict[Class, Receiver]
) -> EntryPoint:
    """Run a function with unknown arguments. `receivers` are the objects that methods are called
    on, one of each class."""
    machine.start_function()
    machine.frames.append(Frame(None, scope))
    machine.entered.add(function.node)
    owner = _owner_of_receiver(function)
    receiver: Value | None = function.owner
    if owner is not None:
        receiver = _put_in_place(machine, receivers[owner])
    if "builtins.staticmethod" in {getattr(each, "path", "") for each in function.decorators}:
        receiver = None
    name = function.name if function.owner is None else f"{function.owner.name}.{function.name}"
    return _run(machine, function, receiver, name)


def _run_inherited(machine: "Machine", function: Function, receiver: Receiver) -> EntryPoint:
    """Run a method that an object's class has from another file."""
    machine.start_function()
    # Nobody calls it in the open: its call is shown where it stands itself.
    machine.frames.append(Frame(None, function.scope.module))
    value = _put_in_place(machine, receiver)
    owner = value.cls.name if isinstance(value, Instance) else "?"
    return _run(machine, function, value, f"{owner}.{function.name}")


def _put_in_place(machine: "Machine", receiver: Receiver) -> Value:
    for event in receiver.made:
        machine.emit(event)
    return receiver.value


def _run(machine: "Machine", function: Function, receiver: Value | None, name: str) -> EntryPoint:
    arguments = unknown_arguments(machine, function, skip=1 if receiver else 0)
    if function.owner is not None and function.owner.find(function.name) is not function:
        receiver = receiver or Unknown("self")
    if function.owner is not None:
        context = machine.context
        recorded = machine.models.called_back(function.owner, function.name, context.gradients)
        machine.context = context._replace(gradients=recorded)
    given_up = None
    made: Value | None = None
    try:
        run = partial(calls.call_function, machine, function, arguments, function.node, receiver)
        if function.name in FORWARD and isinstance(receiver, Instance) and is_module(receiver):
            run_forward(machine, receiver, arguments, function.node, run)
        else:
            made = run()
    except (OutOfBudget, RecursionError) as reason:
        given_up = _in_words(reason)
    unused = made if _is_stack(made) else None
    constructor = _constructor_of(receiver.cls) if isinstance(receiver, Instance) else None
    return EntryPoint(name, tuple(machine.trace), given_up, False, unused, function, constructor)


def _is_stack(value: Value | None) -> bool:
    return isinstance(value, Layer) and value.path == _STACK


def _run_stack(machine: "Machine", scope: Scope, stack: Value, function: Function) -> EntryPoint:
    """Run a stack of layers that a function has made for callers nobody knows."""
    machine.start_function()
    machine.frames.append(Frame(None, scope))
    given_up = None
    try:
        calls.call(machine, stack, Arguments([Unknown("x")]), function.node)
    except (OutOfBudget, RecursionError) as reason:
        given_up = _in_words(reason)
    return EntryPoint(f"what {function.name} makes", tuple(machine.trace), given_up)


def unknown_arguments(machine: "Machine", function: Function, skip: int) -> Arguments:
    """What a caller nobody knows may pass: an unknown for each parameter, perhaps the model of the
    file; where a parameter has a number as its default, that number."""
    parameters = function.node.params
    arguments = Arguments()
    positional = [*parameters.posonly_params, *parameters.params][skip:]
    for each in positional:
        arguments.positional.append(_unknown_argument(machine, function, each))
    for each in parameters.kwonly_params:
        arguments.keywords[each.name.value] = _unknown_argument(machine, function, each)
    arguments.unknown = bool(
        isinstance(parameters.star_arg, cst.Param) or parameters.star_kwarg is not None
    )
    return arguments


def _unknown_argument(machine: "Machine", function: Function, parameter: cst.Param) -> Value:
    name = parameter.name.value
    value = by_default(name, function.defaults.get(name), function.place)
    implied_models.imply(function, parameter, value)
    if parameter.annotation is None or not isinstance(value, Unknown):
        return value
    kind = _annotated(machine, function, parameter.annotation.annotation)
    return machine.models.annotated(value, kind) if isinstance(kind, Library) else value


def _annotated(machine: "Machine", function: Function, node: cst.BaseExpression) -> Value | None:
    """What the annotation of a parameter names."""
    if isinstance(node, cst.Attribute):
        owner = _annotated(machine, function, node.value)
        return machine.models.member(owner, node.attr.value) if isinstance(owner, Library) else None
    return function.scope.module.fields.get(node.value) if isinstance(node, cst.Name) else None
