"""Running statements over abstract values."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code import symbols
from advisor.code.events import FailureCaught, FailureRaised, Guard, LoopLeft
from advisor.code.interpreter import (
    assertions,
    attributes,
    calls,
    classes,
    imports,
    loops,
    operators,
)
from advisor.code.interpreter.limits import limit_reached
from advisor.code.interpreter.lost_objects import tell_called_itself
from advisor.code.interpreter.machine import Completion, Writes
from advisor.code.interpreter.periods import period_of
from advisor.code.interpreter.questions import answer_to, question_of
from advisor.code.interpreter.refinement import refine, settle, unsettle
from advisor.code.interpreter.wording import adds_behind, is_silent
from advisor.code.nodes import as_written
from advisor.code.values import NONE, Function, Scalar, Value, call_it
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_EARLY = {Completion.RETURN, Completion.BREAK, Completion.CONTINUE}


def execute_block(machine: "Machine", body: Iterable[cst.CSTNode]) -> Completion:
    """Run statements in order until one of them leaves the block.

    What follows an `if` that leaves the block on one side stands under the other side's guard.
    """
    before = machine.context
    try:
        for node in body:
            machine.tick()
            handler = _HANDLERS.get(type(node))
            if handler is None:
                continue
            completion = handler(machine, node)
            if completion is not Completion.NORMAL:
                return completion
    finally:
        if machine.context is not before:
            machine.context = before
    return Completion.NORMAL


def _line(machine: "Machine", node: cst.SimpleStatementLine) -> Completion:
    return _small_statements(machine, node.body)


def _small_statements(machine: "Machine", body: Sequence[cst.CSTNode]) -> Completion:
    for small in body:
        machine.tick()
        handler = _HANDLERS.get(type(small))
        if handler is None:
            continue
        completion = handler(machine, small)
        if completion is not Completion.NORMAL:
            return completion
    return Completion.NORMAL


def execute_suite(machine: "Machine", suite: cst.BaseSuite) -> Completion:
    """Run the body of a compound statement, on its own lines or on one."""
    if type(suite) is cst.SimpleStatementSuite:
        return _small_statements(machine, suite.body)
    return execute_block(machine, suite.body)


# --- assignment ---------------------------------------------------------------------------


def _expression(machine: "Machine", node: cst.Expr) -> Completion:
    if type(node.value) is not cst.Attribute:
        machine.evaluate(node.value)
        return Completion.NORMAL
    named = node.value
    receiver = machine.evaluate(named.value)
    value = attributes.get(machine, receiver, named.attr.value, named)
    machine.models.named_only(machine, receiver, named.attr.value, value, named)
    return Completion.NORMAL


def _assign(machine: "Machine", node: cst.Assign) -> Completion:
    is_behind = adds_behind(node)
    if is_behind is not None:
        return _assign_sum(machine, node, is_behind)
    value = machine.evaluate(node.value)
    tell_called_itself(machine, node)
    for target in node.targets:
        assign(machine, target.target, value)
    return Completion.NORMAL


def _assign_sum(machine: "Machine", node: cst.Assign, is_behind: bool) -> Completion:
    """`total = total + loss`, which is `total += loss`."""
    target, total = node.targets[0].target, node.value
    assert isinstance(total, cst.BinaryOperation)
    left, right = machine.evaluate(total.left), machine.evaluate(total.right)
    before, value = (left, right) if is_behind else (right, left)
    result = operators.binary(machine, "Add", left, right, total)
    assign(machine, target, _of_any_round(machine, target, before, value, result))
    machine.models.accumulated(machine, "Add", (before, value, result), target, node)
    return Completion.NORMAL


def _annotated(machine: "Machine", node: cst.AnnAssign) -> Completion:
    if node.value is not None:
        assign(machine, node.target, machine.evaluate(node.value))
    elif isinstance(node.target, cst.Name) and machine.scope.kind == "class":
        # A dataclass field without a default.
        machine.store(
            machine.scope.fields, node.target.value, machine.unknown(node.target.value, node)
        )
    return Completion.NORMAL


def _augmented(machine: "Machine", node: cst.AugAssign) -> Completion:
    current = machine.evaluate(node.target)
    value = machine.evaluate(node.value)
    operator = type(node.operator).__name__.removesuffix("Assign")
    if not attributes.extend_in_place(machine, operator, current, value):
        result = operators.binary(machine, operator, current, value, node)
        kept = result
        if operator == "Add":
            kept = _of_any_round(machine, node.target, current, value, result)
        assign(machine, node.target, kept)
        values = (current, value, result)
        machine.models.accumulated(machine, operator, values, node.target, node)
    machine.models.augmented(machine, operator, current, value, node)
    return Completion.NORMAL


def _of_any_round(
    machine: "Machine", target: cst.BaseExpression, before: Value, more: Value, result: Value
) -> Value:
    """What counts the rounds of a loop after it has gone up: any number, since the first round that
    is run stands for those behind it as well."""
    if type(result) is not Scalar or type(before) is not Scalar or type(more) is not Scalar:
        return result
    if result.number.integer is None or more.number.integer in (None, 0):
        return result
    fields: dict[Any, Any] | None = None
    name = ""
    if type(target) is cst.Name:
        name = target.value
        fields = machine.scope.declared.get(name, machine.scope).fields
    elif type(target) is cst.Attribute and type(target.value) is cst.Name:
        name = target.attr.value
        fields = getattr(machine.evaluate(target.value), "fields", None)
    if fields is None or name not in fields or machine.is_of_this_round(fields, name):
        return result
    return Scalar(symbols.fresh(name), result.names, result.configurable, result.place)


def assign(machine: "Machine", target: cst.BaseExpression, value: Value) -> None:
    """Bind a target, of any form, to a value."""
    if type(target) is cst.Name:
        _assign_name(machine, target, value)
        return
    if type(target) is cst.Attribute:
        receiver = machine.evaluate(target.value)
        machine.models.bound(machine, target.attr.value, value, target)
        attributes.set_attribute(machine, receiver, target.attr.value, value, target)
        return
    match target:
        case cst.Subscript():
            from advisor.code.interpreter.expressions import index

            receiver = machine.evaluate(target.value)
            indices = [index(machine, element.slice) for element in target.slice]
            attributes.set_item(machine, receiver, indices, value, target)
        case cst.Tuple() | cst.List():
            _unpack(machine, target.elements, value, target)
        case cst.StarredElement():
            assign(machine, target.value, value)


def _assign_name(machine: "Machine", target: cst.Name, value: Value) -> None:
    name = target.value
    call_it(value, name)
    machine.models.bound(machine, name, value, target)
    if isinstance(value, Scalar) and not value.names:
        # A constant is known by the name it is given.
        value = Scalar(value.number, frozenset({name}), value.configurable, value.place)
    scope = machine.scope.declared.get(name, machine.scope)
    machine.store(scope.fields, name, value)


def _unpack(
    machine: "Machine",
    elements: Sequence[cst.BaseElement],
    value: Value,
    node: cst.BaseExpression,
) -> None:
    stars = [type(element) is cst.StarredElement for element in elements]
    star = stars.index(True) if True in stars else None
    parts = loops.unpack(machine, value, len(elements), star, node)
    for element, part in zip(elements, parts, strict=True):
        assign(machine, element.value, part)


def _delete(machine: "Machine", node: cst.Del) -> Completion:
    from advisor.code.interpreter.expressions import index

    match node.target:
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            targets = [element.value for element in elements]
        case target:
            targets = [target]
    for each in targets:
        if isinstance(each, cst.Subscript) and len(each.slice) == 1:
            receiver = machine.evaluate(each.value)
            attributes.delete_item(machine, receiver, index(machine, each.slice[0].slice))
    return Completion.NORMAL


# --- control flow -------------------------------------------------------------------------


def _if(machine: "Machine", node: cst.If) -> Completion:
    """An `if` with all its `elif` and `else`: each suite is one way, under the conditions that lead
    to it."""
    ways: list[tuple[Completion, Writes]] = []
    failed: list[Guard] = []
    branch: cst.If | cst.Else | None = node
    while type(branch) is cst.If:
        test = machine.evaluate(branch.test)
        machine.models.tested(machine, test, branch.test)
        known = _known_outcome(machine, branch.test, test)
        question = None
        if known is None:
            question = question_of(machine, branch.test, test)
            known = None if question is None else answer_to(machine, question)
        if known is None:
            every = period_of(machine, branch.test, taken=True)
            under = Guard(branch.test, True, test, every=every, question=question)
            ways.append(_way(machine, branch.body, [*failed, under], True))
            failed.append(Guard(branch.test, False, test, question=question))
        elif known:
            break
        branch = branch.orelse
    body = None if branch is None else branch.body
    if not ways:
        return Completion.NORMAL if body is None else execute_suite(machine, body)
    if len(ways) == 1:
        for taken, suite in ((True, node.body), (False, body)):
            if suite is None or is_silent(suite):
                machine.models.branched(machine, failed[0].condition or NONE, taken, node.test)
    ways.append(_way(machine, body, failed, False))
    completion = join_ways(machine, ways)
    if completion is Completion.NORMAL and len(ways) == 2:
        left = [way[0] in _EARLY for way in ways]
        if any(left):
            ends = Completion.BREAK in {way[0] for way in ways}
            every = period_of(machine, node.test, taken=not left[0])
            first = failed[0]
            under = Guard(
                *(node.test, not left[0], first.condition),
                ends=ends,
                every=every,
                question=first.question,
            )
            machine.stand_under(under)
    return completion


def _known_outcome(machine: "Machine", test: cst.BaseExpression, value: Value) -> bool | None:
    known = operators.truth(value)
    if known is None and machine.project.is_main_guard(test):
        return machine.source is machine.main
    return known


def _way(
    machine: "Machine", body: cst.BaseSuite | None, guards: Sequence[Guard], taken: bool
) -> tuple[Completion, Writes]:
    """Run one suite of an `if` and undo what it has changed; the last guard is its own."""
    machine.begin()
    with machine.guarded(*guards):
        refine(machine, guards[-1].node, taken)
        settled = settle(machine, guards)
        completion = Completion.NORMAL if body is None else execute_suite(machine, body)
        if settled:
            unsettle(machine, settled)
    return completion, machine.undo()


def join_ways(machine: "Machine", ways: Sequence[tuple[Completion, Writes]]) -> Completion:
    """Join the ways that go on; let those that leave wait where they are going."""
    going: list[Writes] = []
    for completion, writes in ways:
        match completion:
            case Completion.NORMAL:
                going.append(writes)
            case Completion.RETURN:
                machine.frame.returned.append(machine.leaving(writes, machine.frame.log))
            case Completion.BREAK if machine.loops:
                loop = machine.loops[-1]
                loop.broken.append(machine.leaving(writes, loop.log))
            case Completion.CONTINUE if machine.loops:
                loop = machine.loops[-1]
                loop.continued.append(machine.leaving(writes, loop.round_log))
    if not going:
        raised = all(completion is Completion.RAISE for completion, _ in ways)
        return Completion.RAISE if raised else Completion.GONE
    machine.merge(going, including_current=False)
    return Completion.NORMAL


def _try(machine: "Machine", node: cst.Try | cst.TryStar) -> Completion:
    first = len(machine.trace)
    waiting = [(left, len(left)) for left in _leaving(machine)]
    machine.begin()
    completion = execute_suite(machine, node.body)
    if completion is Completion.NORMAL and node.orelse is not None:
        completion = execute_suite(machine, node.orelse.body)
    ways = [(completion, machine.undo())]
    if node.handlers:
        machine.emit(FailureCaught(machine.place(node), machine.context, first))
    for handler in node.handlers:
        machine.begin()
        # The handler may run after all or nothing of the body: join both.
        machine.merge([ways[0][1]], including_current=True)
        with machine.guarded(Guard(handler, True)):
            if handler.name is not None:
                assign(machine, handler.name.name, machine.unknown("error", handler))
            if is_silent(handler.body):
                machine.models.handled(machine, handler, first)
            handled = execute_suite(machine, handler.body)
        ways.append((handled, machine.undo()))
    completion = join_ways(machine, ways)
    if node.finalbody is not None:
        machine.begin()
        final = execute_suite(machine, node.finalbody.body)
        writes = machine.undo()
        machine.merge([writes], including_current=False)
        for left, before in waiting:
            for way in left[before:]:
                way.update(writes)  # what left the block comes by here as well
        if final is not Completion.NORMAL:
            return final
    return completion


def _leaving(machine: "Machine") -> list[list[Writes]]:
    """Where the ways wait that leave a block early."""
    found = [machine.frame.returned]
    if machine.loops:
        found += [machine.loops[-1].broken, machine.loops[-1].continued]
    return found


def _with(machine: "Machine", node: cst.With) -> Completion:
    before = machine.context
    try:
        return _enter(machine, node, 0)
    finally:
        machine.context = before


def _enter(machine: "Machine", node: cst.With, number: int) -> Completion:
    """Enter the context managers of a block from one of them on, and run it."""
    if number == len(node.items):
        return execute_suite(machine, node.body)
    item = node.items[number]
    ways: list[Completion] = []
    machine.awaited = item.item, _going_on(machine, node, number, ways)
    try:
        manager = machine.evaluate(item.item)
    finally:
        machine.awaited = None
    if ways:
        return Completion.NORMAL if Completion.NORMAL in ways else ways[0]
    entered = classes.call_special(machine, manager, "__enter__", [], item.item)
    if entered is None:
        entered = machine.models.enter(machine, manager, item.item)
    if entered is manager and _is_generator(manager):
        entered = loops.element_of(machine, manager, item.item)
    if item.asname is not None:
        assign(machine, item.asname.name, entered)
    completion = _enter(machine, node, number + 1)
    classes.call_special(machine, manager, "__exit__", [NONE, NONE, NONE], item.item)
    return completion


def _going_on(
    machine: "Machine", node: cst.With, number: int, ways: list[Completion]
) -> Callable[[Value], None]:
    """What goes on where a context manager of the project yields: the block that it is entered for."""
    depth, around, outside = len(machine.frames), machine.loops, machine.context

    def go_on(yielded: Value) -> None:
        inside, within, since = machine.context, machine.loops, machine.steps
        if inside.rounds != outside.rounds:
            return
        machine.awaited = None
        above = machine.frames[depth:]
        del machine.frames[depth:]
        machine.loops = around
        machine.context = outside._replace(
            gradients=inside.gradients, autocast=inside.autocast, guards=inside.guards
        )
        try:
            target = node.items[number].asname
            if target is not None:
                assign(machine, target.name, yielded)
            ways.append(_enter(machine, node, number + 1))
        finally:
            machine.frames.extend(above)
            machine.frame.spent_outside += machine.steps - since
            machine.loops, machine.context = within, inside

    return go_on


def _is_generator(manager: Value) -> bool:
    """Whether `@contextmanager` has made something of a generator: what it yields is bound."""
    return isinstance(manager, SequenceValue) and manager.kind == "generator"


def _while(machine: "Machine", node: cst.While) -> Completion:
    return loops.run_while(machine, node)


def _for(machine: "Machine", node: cst.For) -> Completion:
    return loops.run_for(machine, node)


def _match(machine: "Machine", node: cst.Match) -> Completion:
    subject = machine.evaluate(node.subject)
    ways: list[tuple[Completion, Writes]] = []
    for case in node.cases:
        machine.begin()
        with machine.guarded(Guard(case, True, subject)):
            completion = execute_suite(machine, case.body)
        ways.append((completion, machine.undo()))
    ways.append((Completion.NORMAL, {}))
    return join_ways(machine, ways)


def _return(machine: "Machine", node: cst.Return) -> Completion:
    value = NONE if node.value is None else machine.evaluate(node.value)
    machine.frame.results.append(value)
    if len(machine.context.rounds) > machine.frame.standing[0]:
        reached = limit_reached(machine)
        machine.emit(LoopLeft(machine.place(node), machine.context, returns=True, reached=reached))
    return Completion.RETURN


def _raise(machine: "Machine", node: cst.Raise) -> Completion:
    made = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
    if made is not None:
        machine.emit(FailureRaised(machine.place(node), machine.context, as_written(made)))
    return Completion.RAISE


def _assert(machine: "Machine", node: cst.Assert) -> Completion:
    machine.evaluate(node.test)
    assertions.believe(machine, node.test)
    return Completion.NORMAL


def _global(machine: "Machine", node: cst.Global) -> Completion:
    for item in node.names:
        machine.scope.declared[item.name.value] = machine.scope.module
    return Completion.NORMAL


def _nonlocal(machine: "Machine", node: cst.Nonlocal) -> Completion:
    for item in node.names:
        scope = machine.scope.parent
        while scope is not None and item.name.value not in scope.fields:
            scope = scope.parent
        if scope is not None:
            machine.scope.declared[item.name.value] = scope
    return Completion.NORMAL


# --- definitions --------------------------------------------------------------------------


def _function(machine: "Machine", node: cst.FunctionDef) -> Completion:
    defaults = calls.defaults(machine, node.params)
    decorators = [machine.evaluate(each.decorator) for each in node.decorators]
    owner = None
    function = Function(
        node,
        machine.scope,
        node.name.value,
        defaults,
        tuple(decorators),
        owner,
        machine.place(node),
    )
    machine.defined.append(function)
    value = calls.decorate(machine, function, decorators, node)
    machine.store(machine.scope.fields, node.name.value, value)
    return Completion.NORMAL


def _class(machine: "Machine", node: cst.ClassDef) -> Completion:
    value = classes.define(machine, node)
    machine.store(machine.scope.fields, node.name.value, value)
    return Completion.NORMAL


def _import(machine: "Machine", node: cst.Import) -> Completion:
    imports.run_import(machine, node)
    return Completion.NORMAL


def _import_from(machine: "Machine", node: cst.ImportFrom) -> Completion:
    imports.run_import_from(machine, node)
    return Completion.NORMAL


def _break(machine: "Machine", node: cst.Break) -> Completion:
    limit, bound = loops.is_told_by_constant(machine), loops.told_bound(machine)
    reached = limit_reached(machine)
    machine.emit(
        LoopLeft(machine.place(node), machine.context, limit, bound=bound, reached=reached)
    )
    return Completion.BREAK


_HANDLERS: dict[type, Callable[["Machine", Any], Completion]] = {
    cst.SimpleStatementLine: _line,
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Del: _delete,
    cst.If: _if,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.With: _with,
    cst.While: _while,
    cst.For: _for,
    cst.Match: _match,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Break: _break,
    cst.Continue: lambda machine, node: Completion.CONTINUE,
    cst.Assert: _assert,
    cst.Global: _global,
    cst.Nonlocal: _nonlocal,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
}
