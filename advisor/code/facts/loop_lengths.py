"""How often loops run: as a number where it is known, else as the symbol that stands for it."""

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Event, Limit, Loop, LoopLeft, RoundCounted
from advisor.code.facts.run import AbstractRun
from advisor.code.symbols import Number
from advisor.code.values import ENDLESS, TRUE, Object, Scalar, Unknown, Value, number_of
from advisor.code.values import Sequence as Listed

_THROUGH = frozenset(["builtins.enumerate", "tqdm.tqdm"])


def length_of(loop: Loop) -> Number | None:
    """The number of rounds of a loop; None when not even a symbol stands for it."""
    if loop.trips is not None:
        return loop.trips
    return _length_of_value(loop.over)


def data_of(loop: Loop) -> Value | None:
    """What a loop goes over, behind `enumerate` and the like."""
    value = loop.over
    while isinstance(value, Object) and value.path in _THROUGH and value.arguments.positional:
        value = value.arguments.positional[0]
    return value


def only_counts(loop: Loop) -> bool:
    """Whether a loop goes over nothing but the numbers of its rounds."""
    data = data_of(loop)
    return isinstance(data, Object) and data.path == "builtins.range"


def is_left_with(run: AbstractRun, event: Event) -> bool:
    """Whether the loop around something that happens is left behind it in any case, before it happens
    again."""
    rounds, guards = event.context.rounds, event.context.guards
    return any(
        left.index > event.index and left.context.rounds == rounds and left.context.guards == guards
        for left in run.events(LoopLeft)
    )


def _length_of_value(value: Value | None) -> Number | None:
    if isinstance(value, Object):
        if value.path == "builtins.range":
            return _length_of_range(value)
        if value.path in _THROUGH and value.arguments.positional:
            return _length_of_value(value.arguments.positional[0])
    if isinstance(value, (Object, Unknown)):
        known = value.fields.get("length")
        return known.number if isinstance(known, Scalar) else None
    return None


def _length_of_range(value: Object) -> Number | None:
    start, stop, *step = value.arguments.positional
    first, last = number_of(start), number_of(stop)
    if first is None or last is None or step:
        return None
    return symbols.subtract(last, first)


def counted_out(run: AbstractRun, loops: Sequence[Loop]) -> list[Loop]:
    """The loops, of which the outermost one ends when something has been counted, be it in one inside
    of it: `while step < 1000` over the batches of an epoch has a thousand rounds of one batch each."""
    outermost = loops[0] if loops else None
    if outermost is None or outermost.trips is not None or not _is_endless(outermost):
        return list(loops)
    for limit in _limits(run, outermost):
        last = _counts_in(run, limit, loops)
        if last is not None:
            bound = limit.bound
            whole = replace(
                outermost,
                trips=bound.number,
                names=outermost.names | bound.names,
                configurable=bound.configurable,
                limit=limit,
            )
            inside = [replace(each, trips=symbols.ONE) for each in loops[1 : last + 1]]
            return [whole, *inside, *loops[last + 1 :]]
    return list(loops)


def _is_endless(loop: Loop) -> bool:
    """Whether a loop goes on until something in it, or its condition, ends it."""
    if isinstance(loop.node, cst.While):
        return True
    data = data_of(loop)
    return isinstance(data, Object | Listed) and data.fields.get(ENDLESS) is TRUE


def _limits(run: AbstractRun, loop: Loop) -> list[Limit]:
    """What a loop is left at: whatever else it is left for comes earlier."""
    found = [] if loop.limit is None else [loop.limit]
    for event in run.events(LoopLeft):
        around = event.context.loops
        if event.reached is None or not around:
            continue
        left = around if event.returns else around[-1:]
        if any(each.node is loop.node for each in left):
            found.append(event.reached)
    return found


def _counts_in(run: AbstractRun, limit: Limit, loops: Sequence[Loop]) -> int | None:
    """The last of the loops in each round of which one is added to what counts to a limit, from zero on
    and without condition."""
    symbol = loops[0].symbol
    counter = None if symbol is None else Number(1, ((symbol, 1),))
    if isinstance(limit.number, Scalar) and limit.number.number == counter:
        return 0
    counted = [each for each in run.events(RoundCounted) if each.text == limit.counter]
    nodes = [loop.node for loop in loops]
    inside = [each for each in counted if nodes[0] in {x.node for x in each.context.loops}]
    if not inside or inside[0] is not counted[0]:
        return None
    first, context = number_of(inside[0].result), inside[0].context
    outside = next(i for i, each in enumerate(context.loops) if each.node is nodes[0])
    conditional = any(guard.rounds > outside and not guard.ends for guard in context.guards)
    if first is None or not first.is_one or conditional:
        return None
    last = context.loops[-1].node
    if len({each.place.node for each in inside}) != 1 or last not in nodes:
        return None
    return nodes.index(last)
