"""Calling: functions and methods of the project are entered, libraries' are modelled, and what is
neither lets its arguments escape."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import libcst as cst

from advisor.code.events import Context, Escaped, LoopLeft
from advisor.code.interpreter import attributes, classes, implied_models, loops
from advisor.code.interpreter.called_back import forget_changes
from advisor.code.interpreter.limits import goes_on
from advisor.code.interpreter.machine import DEEPEST_CALL, Completion, Frame, join_all
from advisor.code.interpreter.wording import fails_as_not_implemented, is_left_out
from advisor.code.sources import NodePlace
from advisor.code.values import (
    BUILT_BY,
    ENDLESS,
    NONE,
    SCORES,
    TRUE,
    Arguments,
    Bound,
    Class,
    Constant,
    Dictionary,
    Function,
    Instance,
    Joined,
    Library,
    Method,
    Object,
    Partial,
    ProjectModule,
    Scope,
    Unknown,
    Value,
    lineage_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def arguments(machine: "Machine", nodes: Sequence[cst.Arg]) -> Arguments:
    """Evaluate what a call passes."""
    passed = Arguments(written=True)
    for node in nodes:
        value = machine.evaluate(node.value)
        if node.star == "*":
            items = loops.items_of(value)
            if items is None:
                passed.unknown = True
                passed.last = ()
                if isinstance(value, SequenceValue):
                    passed.rest = value.element
                    passed.repeated = "repeated" in value.fields
                    passed.last = value.last
            else:
                passed.positional.extend(items)
                passed.last = (*passed.last, *items) if passed.unknown else ()
        elif node.star == "**":
            if isinstance(value, Dictionary) and value.other is None:
                passed.keywords.update(
                    {key: item for key, item in value.items.items() if isinstance(key, str)}
                )
            else:
                if isinstance(value, Dictionary):
                    for key, item in value.items.items():
                        if isinstance(key, str):
                            passed.keywords.setdefault(key, item)
                passed.unknown = True
        elif node.keyword is not None:
            passed.keywords[node.keyword.value] = value
        else:
            passed.positional.append(value)
            if passed.unknown:
                passed.last = (*passed.last, value)
    return passed


def call(machine: "Machine", callee: Value, passed: Arguments, node: cst.CSTNode) -> Value:
    """Call a value."""
    match callee:
        case Function():
            if _is_given_its_receiver(callee, passed):
                rest = replace(passed, positional=passed.positional[1:])
                return call_function(machine, callee, rest, node, passed.positional[0])
            return call_function(machine, callee, passed, node)
        case Bound():
            return call_function(machine, callee.function, passed, node, callee.receiver)
        case Class():
            return classes.instantiate(machine, callee, passed, node)
        case Instance():
            return classes.call_instance(machine, callee, passed, node)
        case Library():
            made = machine.models.call(machine, callee, passed, node)
            forget_changes(machine, passed, made)
            return made
        case Method():
            return call_method(machine, callee.receiver, callee.name, passed, node)
        case Object():
            return machine.models.call_method(machine, callee, "__call__", passed, node)
        case Partial():
            made = call(machine, callee.callee, _combined(callee.arguments, passed), node)
            if isinstance(made, Object):
                made.fields.setdefault(BUILT_BY, callee)
            return made
        case Joined():
            options = callee.alternatives
            with machine.choosing(options):
                return join_all([call(machine, option, passed, node) for option in options])
        case Constant():
            # `None` where a function is optional: this way leads to no call.
            return machine.unknown("?", node)
    return escape(machine, callee, passed, node)


def _is_given_its_receiver(function: Function, passed: Arguments) -> bool:
    """Whether a method is called through its class: `Base.__init__(self, size)`."""
    first = passed.positional[0] if passed.positional else None
    if function.owner is None or not isinstance(first, Instance):
        return False
    return function.owner in first.cls.lineage() and not classes.is_static(function)


def call_method(
    machine: "Machine", receiver: Value, name: str, passed: Arguments, node: cst.CSTNode
) -> Value:
    """Call the method `name` of a value."""
    match receiver:
        case Joined():
            with machine.choosing(receiver.alternatives):
                return join_all(
                    [
                        call_method(machine, option, name, passed, node)
                        for option in receiver.alternatives
                    ]
                )
        case Instance() | Object() if name == "__class__":
            return call(machine, attributes.class_of(receiver), passed, node)
        case Library() | ProjectModule() | Class():
            return call(machine, attributes.get(machine, receiver, name, node), passed, node)
        case Instance():
            return classes.call_instance_method(machine, receiver, name, passed, node)
        case classes.Super():
            return classes.call_super(machine, receiver, name, passed, node)
        case Object() if isinstance(receiver.fields.get(name), Value):
            return call(machine, receiver.fields[name], passed, node)
    made = machine.models.call_method(machine, receiver, name, passed, node)
    forget_changes(machine, passed, made)
    return made


def escape(machine: "Machine", callee: Value, passed: Arguments, node: cst.CSTNode) -> Value:
    """Call something that cannot be looked into: what it is given may be used in any way."""
    values = tuple(value for value in passed.values() if not isinstance(value, Constant))
    if isinstance(callee, Unknown) and callee.parent is not None:
        values = (*values, callee.parent)
    modes = machine.models.modes_of(callee)
    name = callee.name if isinstance(callee, Unknown) else "result"
    result: Value = machine.unknown(f"{name}()", node)
    if isinstance(callee, Unknown):
        result = implied_models.output(machine, callee, passed, node) or result
        if SCORES in callee.fields and isinstance(result, Unknown):
            result.fields[SCORES] = Constant(machine.context.gradients)
    event = Escaped(machine.place(node), machine.context, callee, passed, values, modes, result)
    machine.emit(event)
    forget_changes(machine, passed, result)
    return result


def call_function(
    machine: "Machine",
    function: Function,
    passed: Arguments,
    node: cst.CSTNode,
    receiver: Value | None = None,
) -> Value:
    """Enter a function of the project."""
    if does_not_fit(function, passed, receiver):
        return _passed_over(machine, function, passed, node, receiver)
    if function.owner is not None and is_left_open(function):
        machine.entered.add(function.node)
        return _passed_over(machine, function, passed, node, receiver)
    if not is_followed(machine, function):
        if _times_active(machine, function) < 2:
            machine.left_alone.add(function.name)
        return _passed_over(machine, function, passed, node, receiver)
    place = machine.place(node)
    scope = Scope("function", function.scope.source, function.scope)
    _bind(machine, function, passed, receiver, scope, node)
    machine.entered.add(function.node)
    before = machine.context
    machine.context = _entered(machine, place, function)
    loops_before, machine.loops = machine.loops, []
    resume = machine.take_resumption(function, node)
    frame = Frame(function, scope, receiver, resume=resume)
    machine.frames.append(frame)
    since = machine.steps
    try:
        result = _run_body(machine, function, node)
        if receiver is not None:
            machine.models.returned(machine, function.name, receiver, result)
        return result
    finally:
        machine.charge(function, since + frame.spent_outside)
        machine.frames.pop()
        machine.loops = loops_before
        machine.context = before


# What Keras hands on to the `call` of a layer only where that takes it.
_KEPT_BY_KERAS = frozenset(["training", "mask"])


def does_not_fit(function: Function, passed: Arguments, receiver: Value | None) -> bool:
    """Whether a call of the program passes more than a function takes, by names that it does not know,
    or less than it wants: it fails as it is written, and what it passes says nothing of the function."""
    parameters = function.node.params
    if not passed.written or function.decorators:
        return False
    if passed.keywords and parameters.star_kwarg is None:
        by_name = (*parameters.params, *parameters.kwonly_params)
        known = {each.name.value for each in by_name}
        if function.name == "call":
            known |= _KEPT_BY_KERAS
        if not passed.keywords.keys() <= known:
            return True
    given = len(passed.positional) + (receiver is not None)
    if given < len(parameters.posonly_params) + len(parameters.params) and not passed.unknown:
        left = parameter_names(function)[given:]
        return any(name not in passed.keywords and name not in function.defaults for name in left)
    if type(parameters.star_arg) is cst.Param:
        return False
    return given > len(parameters.posonly_params) + len(parameters.params)


_ABSTRACT = frozenset(["abc.abstractmethod", "abc.abstractproperty"])
# What says that a method is left open: a docstring, and that it fails.
_MOST_LEFT_OPEN = 2


def is_left_open(function: Function) -> bool:
    """Whether a method is there for other classes to say what it does: an abstract one, or one that
    does nothing but fail for want of that."""
    definition = function.node
    if type(definition) is not cst.FunctionDef or len(definition.body.body) > _MOST_LEFT_OPEN:
        return False
    if any(getattr(each, "path", "") in _ABSTRACT for each in function.decorators):
        return is_left_out(definition.body)
    return fails_as_not_implemented(definition.body)


def is_followed(machine: "Machine", function: Function) -> bool:
    """Whether a call of a function would be looked into: not too deep, nor again and again."""
    too_deep = len(machine.frames) >= DEEPEST_CALL
    return not (_times_active(machine, function) >= 2 or too_deep or machine.is_worn_out(function))


def _times_active(machine: "Machine", function: Function) -> int:
    times = 0
    for frame in machine.frames:
        if frame.function is not None and frame.function.node is function.node:
            times += 1
    return times


def _passed_over(
    machine: "Machine",
    function: Function,
    passed: Arguments,
    node: cst.CSTNode,
    receiver: Value | None,
) -> Value:
    """Leave a call alone: what it is given may be used in any way."""
    reached = passed
    if receiver is not None:
        reached = replace(passed, positional=[receiver, *passed.positional])
    escape(machine, function, reached, node)
    return machine.unknown(f"{function.name}()", node)


def _entered(machine: "Machine", place: NodePlace, function: Function) -> Context:
    now = machine.context
    calls_so_far, functions = (*now.calls, place), (*now.functions, function)
    context = now._replace(calls=calls_so_far, functions=functions)
    for decorator in function.decorators:
        switched = machine.models.gradient_mode(decorator, context.gradients)
        if switched is not context.gradients:
            context = context._replace(gradients=switched)
        machine.context = context
        machine.models.decorated(machine, decorator, function)
        context = machine.context
    machine.context = now
    return context


def _run_body(machine: "Machine", function: Function, node: cst.CSTNode) -> Value:
    from advisor.code.interpreter.statements import execute_suite

    frame, first = machine.frame, len(machine.trace)
    if type(function.node) is cst.Lambda:
        return machine.evaluate(function.node.body)
    frame.log = machine.begin()
    frame.standing = len(machine.context.rounds), len(machine.context.guards)
    completion = execute_suite(machine, cast(cst.BaseSuite, function.node.body))
    if frame.returned:
        alive = completion in {Completion.NORMAL, Completion.RETURN}
        machine.merge_left(frame.returned, including_current=alive)
    machine.keep()
    if frame.yielded:
        if not frame.uncounted and not frame.returned and completion is Completion.NORMAL:
            return SequenceValue("generator", tuple(frame.yielded))
        made = SequenceValue("generator", None, join_all(frame.yielded))
        if _never_ends(machine, first):
            made.fields[ENDLESS] = TRUE
        return made
    if completion is Completion.NORMAL and not _is_empty_method(function):
        frame.results.append(NONE)
    if not frame.results:
        return machine.unknown(f"{function.name}()", node)
    return join_all(frame.results)


def _is_empty_method(function: Function) -> bool:
    """Whether a method does nothing, as those do that other classes override: what it returns there is
    not known."""
    suite = cast(cst.BaseSuite, function.node.body)
    return function.owner is not None and len(suite.body) <= _MOST_LEFT_OPEN and is_left_out(suite)


def _never_ends(machine: "Machine", first: int) -> bool:
    """Whether a generator yields in a loop that nothing ends; `first` is what happened first in it."""
    frame = machine.frame
    loop = frame.yields_in
    if not isinstance(loop, cst.While) or not goes_on(loop.test) or frame.returned or frame.results:
        return False
    left = (each for each in machine.trace[first:] if isinstance(each, LoopLeft))
    return not any(each.context.loops[-1].node is loop for each in left)


# --- parameters ---------------------------------------------------------------------------


def defaults(machine: "Machine", parameters: cst.Parameters) -> dict[str, Value]:
    """The defaults of a function's parameters, evaluated where it is defined."""
    found: dict[str, Value] = {}
    for each in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
        if each.default is not None:
            found[each.name.value] = machine.evaluate(each.default)
    return found


def parameter_names(function: Function) -> list[str]:
    """The names of a function's positional parameters, in order."""
    parameters = function.node.params
    return [each.name.value for each in (*parameters.posonly_params, *parameters.params)]


def _bind(
    machine: "Machine",
    function: Function,
    passed: Arguments,
    receiver: Value | None,
    scope: Scope,
    node: cst.CSTNode,
) -> None:
    parameters = function.node.params
    names = parameter_names(function)
    positional = list(passed.positional)
    if receiver is not None:
        positional.insert(0, receiver)
    keywords = dict(passed.keywords)
    for index, name in enumerate(names):
        if index < len(positional):
            value: Value = positional[index]
        elif name in keywords:
            value = keywords.pop(name)
        else:
            value = _not_passed(machine, function, name, passed, node)
        _give(scope, name, value)
    for each in parameters.kwonly_params:
        name = each.name.value
        found = keywords.pop(name, None)
        _give(scope, name, found or _not_passed(machine, function, name, passed, node))
    if type(parameters.star_arg) is cst.Param:
        rest = tuple(positional[len(names) :])
        items = None if passed.unknown else rest
        element = join_all(rest) if rest and items is None else None
        scope.fields[parameters.star_arg.name.value] = SequenceValue("tuple", items, element)
    if parameters.star_kwarg is not None:
        other = machine.unknown("option", node) if passed.unknown else None
        rest_by_name: dict[object, Value] = {}
        rest_by_name.update(keywords.items())
        scope.fields[parameters.star_kwarg.name.value] = Dictionary(rest_by_name, other)


def _not_passed(
    machine: "Machine", function: Function, name: str, passed: Arguments, node: cst.CSTNode
) -> Value:
    default = function.defaults.get(name)
    if default is not None and not passed.unknown:
        return default
    return Unknown(name, place=function.place)


def _give(scope: Scope, name: str, value: Value) -> None:
    if isinstance(value, Unknown):
        value.names.add(name)
    lineage = lineage_of(value)
    if lineage is not None and lineage.rows.how == "test" and not lineage.rows.names:
        lineage.rows.names.add(name)  # whoever divided them has not said what they are for
    scope.fields[name] = value


def _combined(first: Arguments, then: Arguments) -> Arguments:
    return Arguments(
        first.positional + then.positional,
        {**first.keywords, **then.keywords},
        first.unknown or then.unknown,
    )


# --- decorators and super -----------------------------------------------------------------


def decorate(
    machine: "Machine", function: Value, decorators: Sequence[Value], node: cst.CSTNode
) -> Value:
    """What a definition becomes under its decorators: those of the project are called, those of
    libraries are taken to keep what the function does."""
    result = function
    for decorator in reversed(decorators):
        if isinstance(decorator, (Function, Bound)):
            decorated = call(machine, decorator, Arguments([result]), node)
            if isinstance(decorated, (Function, Bound, Partial, Class)):
                result = decorated
    return result


def super_object(machine: "Machine", node: cst.Call) -> Value:
    """`super()`: the receiver, seen from the bases of the class that the code stands in."""
    for frame in reversed(machine.frames):
        if frame.receiver is not None and frame.function is not None:
            owner = frame.function.owner
            if owner is not None:
                return classes.Super(frame.receiver, owner)
    return machine.unknown("super()", node)
