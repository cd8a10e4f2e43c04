"""Loops, comprehensions and unpacking: what a value yields when it is gone through.

A loop body runs twice, so that the end of one round is seen before the start of the next; inside
the second round of an outer loop once is enough. It runs three times where it asks how long a list
has grown in it: what waits for that is not seen in the first round. Short literal sequences, and the counted loops
with which constructors build layers, are gone through item by item.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Guard, Loop, Round
from advisor.code.interpreter import attributes, classes, operators
from advisor.code.interpreter.limits import limit_of_test
from advisor.code.interpreter.lost_objects import tell_lost_object
from advisor.code.interpreter.machine import Completion, LoopFrame, join_all
from advisor.code.interpreter.overwriting import tell_lost_target, tell_overwritten
from advisor.code.symbols import Number
from advisor.code.values import (
    SAMPLE_OF,
    TRUE,
    Constant,
    Dictionary,
    Function,
    Instance,
    Joined,
    Scalar,
    Shape,
    Tensor,
    Unknown,
    Value,
    any_of_list,
    known_number,
    lineage_of,
    part_of,
)
from advisor.code.values import Sequence as SequenceValue
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

LONGEST_UNROLLED = 6
_MOST_WRITTEN = 64


@dataclass(slots=True)
class Iteration:
    """What going through a value yields: its items where they are known, else a way to make one
    that stands for any; how many there are; the symbol that counts them; how many of them are gone
    through one by one at most."""

    items: tuple[Value, ...] | None = None
    make: Callable[[], Value] | None = None
    trips: Number | None = None
    symbol: symbols.Symbol | None = None
    start: Number | None = None
    names: frozenset[str] = frozenset()
    configurable: str | None = None
    unrolls: bool = True
    longest: int = LONGEST_UNROLLED

    def element(self, machine: "Machine", node: cst.CSTNode) -> Value:
        """One value that stands for any item."""
        if self.make is not None:
            return self.make()
        if self.items:
            return join_all(self.items)
        return machine.unknown("item", node)

    def of_round(self, machine: "Machine", node: cst.CSTNode) -> Value:
        """One value that stands for the item of any round."""
        return any_of_list(self.element(machine, node))


def iterate(machine: "Machine", value: Value, node: cst.CSTNode) -> Iteration:
    """How a value is gone through."""
    match value:
        case SequenceValue():
            if value.items is not None:
                return Iteration(value.items, trips=symbols.number(len(value.items)))
            element, trips = value.element, known_number(value.fields.get("length"))
            return Iteration(make=(lambda: element) if element is not None else None, trips=trips)
        case Dictionary():
            if value.other is None:
                keys = tuple(key_value(key) for key in value.items)
                return Iteration(keys, trips=symbols.number(len(keys)))
            return Iteration()
        case Tensor():
            return _rows_of(machine, value)
        case Joined():
            parts = [iterate(machine, option, node) for option in value.alternatives]
            trips = parts[0].trips if len({part.trips for part in parts}) == 1 else None
            return Iteration(
                make=lambda: join_all([part.element(machine, node) for part in parts]),
                trips=trips,
            )
        case Instance():
            iterator = classes.call_special(machine, value, "__iter__", [], node)
            if iterator is not None and not isinstance(iterator, Instance):
                return iterate(machine, iterator, node)
    found = machine.models.iterate(machine, value, node)
    if isinstance(value, Unknown) and found.items is None and found.make is None:
        found.make = lambda: sample_of(machine, value, node)
    return found


def sample_of(machine: "Machine", whole: Unknown, node: cst.CSTNode) -> Unknown:
    """One of the items of an unknown, whichever it is."""
    item = machine.unknown("item", node)
    item.fields[SAMPLE_OF] = whole
    lineage = lineage_of(whole)
    if lineage is not None:
        item.lineage = lineage.of_item()
    return item


def key_value(key: object) -> Value:
    """The key of a dictionary as a value."""
    if isinstance(key, (int, float)) and not isinstance(key, bool):
        return Scalar(symbols.number(key))
    return Constant(key)


def _rows_of(machine: "Machine", tensor: Tensor) -> Iteration:
    dims = tensor.shape.dims
    shape = Shape(dims[1:]) if dims else None

    def make() -> Value:
        lineage = None if tensor.lineage is None else tensor.lineage.of_item()
        return tensor.replace(shape=shape or Shape(name="item"), lineage=lineage)

    return Iteration(make=make, trips=dims[0] if dims else None)


def items_of(value: Value) -> tuple[Value, ...] | None:
    """The items of a sequence, when all are known."""
    return value.items if isinstance(value, SequenceValue) else None


def element_of(machine: "Machine", value: Value, node: cst.CSTNode) -> Value:
    """One value that stands for any item of another."""
    return iterate(machine, value, node).element(machine, node)


# --- statements ---------------------------------------------------------------------------


def run_for(machine: "Machine", node: cst.For) -> Completion:
    """Run a `for` loop."""
    from advisor.code.interpreter.statements import assign, execute_suite

    over = machine.evaluate(node.iter)
    tell_overwritten(machine, node)
    tell_lost_target(machine, node)
    tell_lost_object(machine, node)
    iteration = iterate(machine, over, node.iter)
    loop = Loop(
        node,
        machine.place(node),
        over,
        iteration.trips,
        iteration.symbol,
        iteration.start,
        iteration.names,
        iteration.configurable,
    )

    def body(item: Value) -> Completion:
        assign(machine, node.target, item)
        return execute_suite(machine, node.body)

    def otherwise(completion: Completion) -> Completion:
        return _otherwise(machine, node.orelse, completion)

    return _run_rounds(machine, loop, iteration, body, otherwise, node.iter)


def run_while(machine: "Machine", node: cst.While) -> Completion:
    """Run a `while` loop."""
    from advisor.code.interpreter.statements import execute_suite

    loop = Loop(node, machine.place(node), limit=limit_of_test(machine, node.test))

    def body(item: Value) -> Completion:
        test = machine.evaluate(node.test)
        if operators.truth(test) is False:
            return Completion.BREAK
        return execute_suite(machine, node.body)

    def otherwise(completion: Completion) -> Completion:
        if completion is Completion.GONE:
            endless = operators.truth(machine.evaluate(node.test)) is True
            completion = completion if endless else Completion.NORMAL
        return _otherwise(machine, node.orelse, completion)

    return _run_rounds(machine, loop, Iteration(), body, otherwise, node.test)


def _otherwise(machine: "Machine", orelse: cst.Else | None, completion: Completion) -> Completion:
    """Run the `else` of a loop, which a `break` passes over."""
    from advisor.code.interpreter.statements import execute_suite

    if orelse is None or completion is not Completion.NORMAL:
        return completion
    return execute_suite(machine, orelse.body)


def _run_rounds(
    machine: "Machine",
    loop: Loop,
    iteration: Iteration,
    body: Callable[[Value], Completion],
    otherwise: Callable[[Completion], Completion],
    node: cst.CSTNode,
) -> Completion:
    frame = LoopFrame(log=machine.begin())
    machine.loops.append(frame)
    try:
        items = _unrolled(machine, iteration)
        if items is not None:
            completion = _each_item(machine, loop, items, body, frame)
        else:
            completion = _two_rounds(machine, loop, iteration, body, frame, node)
    finally:
        machine.loops.pop()
    completion = otherwise(completion)
    if frame.broken:
        gone = completion in {Completion.GONE, Completion.RETURN, Completion.RAISE}
        machine.merge_left(frame.broken, including_current=not gone)
        completion = Completion.NORMAL
    machine.keep()
    if completion in {Completion.BREAK, Completion.CONTINUE}:
        return Completion.NORMAL
    return completion


def _each_item(
    machine: "Machine",
    loop: Loop,
    items: Sequence[Value],
    body: Callable[[Value], Completion],
    frame: LoopFrame,
) -> Completion:
    for position, item in enumerate(items):
        completion = _one_round(machine, Round(loop, position), body, item, frame)
        if completion is not Completion.NORMAL:
            return completion
    return Completion.NORMAL


def _two_rounds(
    machine: "Machine",
    loop: Loop,
    iteration: Iteration,
    body: Callable[[Value], Completion],
    frame: LoopFrame,
    node: cst.CSTNode,
) -> Completion:
    again = not any(each.index for each in machine.context.rounds)
    frame.stands_for_many = True
    if not again:
        machine.widen_again(machine.counted.get(loop.node, ()))
    machine.begin()
    completion = _one_round(machine, Round(loop, 0), body, iteration.of_round(machine, node), frame)
    before = last = machine.keep()
    rounds = 1
    if completion is Completion.NORMAL and again:
        rounds = 2
        changed = machine.widen(before)
        if machine.blur(before) and changed:
            machine.counted[loop.node] = changed
        asked = machine.lengths_asked
        machine.begin()
        completion = _one_round(
            machine, Round(loop, 1), body, iteration.of_round(machine, node), frame
        )
        last = machine.keep()
        if completion is Completion.NORMAL and machine.lengths_asked > asked:
            # What waits until a list is long enough happens in this round for the first time.
            completion = _one_round(
                machine, Round(loop, 2), body, iteration.of_round(machine, node), frame
            )
    machine.blur(before)
    if loop.trips is None or loop.trips.integer != rounds:
        stretched = machine.blur_shapes(last)
        if rounds == 1:
            # What is bound anew in each round was not there before this one, which stands for many.
            machine.blur_shapes_again(machine.stretched.get(loop.node, {}))
        elif stretched:
            machine.stretched[loop.node] = stretched
    return completion


def _one_round(
    machine: "Machine",
    round_: Round,
    body: Callable[[Value], Completion],
    item: Value,
    frame: LoopFrame,
) -> Completion:
    frame.round_log = machine.begin()
    with machine.round(round_):
        completion = body(item)
    if frame.continued:
        including = completion in {Completion.NORMAL, Completion.CONTINUE}
        machine.merge_left(frame.continued, including_current=including)
        frame.continued.clear()
        completion = Completion.NORMAL
    machine.keep()
    return Completion.NORMAL if completion is Completion.CONTINUE else completion


def _unrolled(
    machine: "Machine", iteration: Iteration, of_texts: bool = False
) -> Sequence[Value] | None:
    """The items of rounds that are run one by one, if they are few; many where they only make texts, which
    are the names of something."""
    if not iteration.unrolls:
        return None
    of_texts = of_texts and iteration.configurable is None
    longest = _MOST_WRITTEN if of_texts else iteration.longest
    if iteration.items is not None:
        return iteration.items if len(iteration.items) <= longest else None
    trips = None if iteration.trips is None else iteration.trips.integer
    start = None if iteration.start is None else iteration.start.integer
    if trips is None or start is None or not (of_texts or _constructing(machine)):
        return None
    if not 0 <= trips <= longest:
        return None
    return [Scalar(symbols.number(start + step)) for step in range(trips)]


def _constructing(machine: "Machine") -> bool:
    """Whether the innermost calls build a model: counted loops there create layers."""
    return any(
        isinstance(frame.function, Function) and frame.function.name == "__init__"
        for frame in machine.frames[-3:]
    )


# --- comprehensions -----------------------------------------------------------------------


def run_comprehension(
    machine: "Machine",
    clause: cst.CompFor,
    produce: Callable[[], None],
    tests: list[Value] | None = None,
    of_texts: bool = False,
) -> bool:
    """Run `produce` for the items of a comprehension; True when it ran once for each item. What it
    goes over and what its conditions say is added to `tests`; `of_texts` tells that nothing but texts is
    made."""
    from advisor.code.interpreter.statements import assign

    over = machine.evaluate(clause.iter)
    seen = [] if tests is None else tests
    seen.append(over)
    iteration = iterate(machine, over, clause.iter)
    unrolled = _unrolled(machine, iteration, of_texts)
    exact = unrolled is not None
    items = unrolled if unrolled is not None else [iteration.of_round(machine, clause.iter)]
    trips, symbol, start = iteration.trips, iteration.symbol, iteration.start
    loop = Loop(clause, machine.place(clause), over, trips, symbol, start)
    for position, item in enumerate(items):
        with machine.round(Round(loop, position)):
            assign(machine, clause.target, item)
            guards = []
            skip = False
            for condition in clause.ifs:
                test = machine.evaluate(condition.test)
                known = operators.truth(test)
                skip = skip or known is False
                exact = exact and known is not None
                guards.append(Guard(condition.test, True, test))
                seen.append(test)
            if skip:
                continue
            with machine.guarded(*guards):
                inner = clause.inner_for_in
                if inner is not None:
                    exact = run_comprehension(machine, inner, produce, seen) and exact
                else:
                    produce()
    return exact


def collected(
    machine: "Machine",
    kind: str,
    results: list[Value],
    exact: bool,
    tests: Sequence[Value],
    node: cst.CSTNode,
) -> Value:
    """The sequence that a comprehension makes of its results."""
    if exact:
        return SequenceValue(kind, tuple(results), place=machine.place(node))
    element = join_all(results) if results else None
    result = SequenceValue(kind, None, element, place=machine.place(node))
    if isinstance(node, cst.ListComp) and _is_the_same_each_time(node):
        result.fields["repeated"] = TRUE
    machine.models.comprehended(machine, result, _loops_in(node), tests, node)
    return result


def _is_the_same_each_time(node: cst.ListComp) -> bool:
    """Whether a comprehension lists one object by its name, again and again."""
    return (
        isinstance(node.elt, cst.Name)
        and isinstance(node.for_in.target, cst.Name)
        and node.elt.value != node.for_in.target.value
        and node.for_in.inner_for_in is None
    )


def _loops_in(node: cst.CSTNode) -> int:
    """How many loops a comprehension has."""
    count, clause = 0, getattr(node, "for_in", None)
    while isinstance(clause, cst.CompFor):
        count, clause = count + 1, clause.inner_for_in
    return count


# --- unpacking ----------------------------------------------------------------------------


def unpack(
    machine: "Machine", value: Value, count: int, star: int | None, node: cst.CSTNode
) -> list[Value]:
    """The parts of a value that is assigned to `count` targets, of which the one at `star` takes
    all that the others leave."""
    match value:
        case Joined():
            columns = [unpack(machine, option, count, star, node) for option in value.alternatives]
            return [join_all([column[index] for column in columns]) for index in range(count)]
        case _ if star is not None:
            return _unpack_starred(machine, value, count, star, node)
        case SequenceValue():
            if value.items is not None and len(value.items) == count:
                return list(value.items)
            if value.element is not None:
                return [value.element] * count
        case Unknown():
            return _unpack_unknown(machine, value, count)
    return machine.models.unpack(machine, value, count, False, node)


def _unpack_starred(
    machine: "Machine", value: Value, count: int, star: int, node: cst.CSTNode
) -> list[Value]:
    items = items_of(value)
    if items is not None and len(items) >= count - 1:
        end = len(items) - (count - 1 - star)
        rest = SequenceValue("list", items[star:end], place=machine.place(node))
        return [*items[:star], rest, *items[end:]]
    parts: list[Value] = []
    for position in range(count):
        if position == star:
            element = element_of(machine, value, node)
            parts.append(SequenceValue("list", None, element, machine.place(node)))
        else:
            # Behind the star the place is known from the end only.
            index = Scalar(symbols.number(position if position < star else position - count))
            parts.append(attributes.get_item(machine, value, [index], node))
    return parts


def _unpack_unknown(machine: "Machine", value: Unknown, count: int) -> list[Value]:
    parts: list[Value] = []
    for index in range(count):
        key = ("item", index)
        if key not in value.fields:
            value.fields[key] = part_of(value, f"{value.name}[{index}]", value.place)
        parts.append(value.fields[key])
    return parts


def _bound(machine: "Machine") -> cst.Name | None:
    """The name that the last condition compares something with."""
    guards = machine.context.guards
    test = guards[-1].node if guards else None
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return None
    bound = test.comparisons[0].comparator
    return bound if isinstance(bound, cst.Name) else None


def told_bound(machine: "Machine") -> Number | None:
    """The whole number that a name stands for which the last condition compares something with, unless
    an option changes it."""
    bound = _bound(machine)
    value = None if bound is None else machine.evaluate(bound)
    if not isinstance(value, Scalar) or value.configurable or value.number.integer is None:
        return None
    return value.number


def is_told_by_constant(machine: "Machine") -> bool:
    """Whether the last condition compares something with a number that has a name in the module."""
    bound = _bound(machine)
    module = machine.scope.module
    if bound is None or module.source is not machine.source:
        return False
    value = module.fields.get(bound.value)
    own = machine.scope.fields if machine.scope is not module else {}
    if bound.value in own:
        return False
    known = isinstance(value, Scalar) and value.number.integer is not None
    return known and isinstance(value, Scalar) and not value.configurable
