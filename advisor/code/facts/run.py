"""An abstract run, and what a fact is."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import takewhile
from operator import attrgetter
from typing import Any, Self, TypeVar

import libcst as cst

from advisor.code.events import Context, Event, Loop
from advisor.code.nodes import as_written
from advisor.code.sources import NodePlace, Source
from advisor.rulebook import Draft

_index_of = attrgetter("index")
AnyEvent = TypeVar("AnyEvent", bound=Event)
AnyFact = TypeVar("AnyFact", bound="Fact")
Result = TypeVar("Result")


class AbstractRun:
    """Everything that happened from one entry point of a file on, in order.

    `is_script` tells the run of the file itself from the run of a function nobody has called, and
    `before` is then what the file itself did; `is_looked_at` tells which other files findings may lie in.
    """

    def __init__(
        self,
        source: Source,
        name: str,
        trace: tuple[Event, ...],
        is_script: bool = False,
        is_looked_at: Callable[[Source], bool] = lambda source: False,
        before: tuple[Event, ...] = (),
    ) -> None:
        self._is_looked_at = is_looked_at
        self.source = source
        self.name = name
        self.trace = trace
        self.is_script = is_script
        self.before = before
        self._computed: dict[Callable[[AbstractRun], Any], Any] = {}
        self._facts: dict[type[Fact], list[Any]] = {}
        self._among: dict[tuple[type[Event], ...], list[Event]] = {}

    def events(self, kind: type[AnyEvent]) -> Iterator[AnyEvent]:
        """The events of a kind, in order."""
        return iter(self._by_type.get(kind, ()))

    def may_tell_of(self, source: Source) -> bool:
        """Whether a finding may lie in a file: the analysed one, or one that a script imports."""
        return source is self.source or (self.is_script and self._is_looked_at(source))

    def events_among(self, *kinds: type[Event]) -> list[Event]:
        """The events of several kinds, in order."""
        known = self._among.get(kinds)
        if known is None:
            lists = [found for kind in kinds if (found := self._by_type.get(kind))]
            if len(lists) == 1:
                known = lists[0]
            else:
                known = sorted((event for found in lists for event in found), key=_index_of)
            self._among[kinds] = known
        return known

    def events_within(self, first: int, end: int, *kinds: type[AnyEvent]) -> list[AnyEvent]:
        """The events of some kinds from one index on and before another one, in order."""
        found: list[AnyEvent] = []
        for kind in kinds:
            events = self._by_type.get(kind, [])
            start = bisect_left(events, first, key=_index_of)
            found += events[start : bisect_left(events, end, lo=start, key=_index_of)]
        return found if len(kinds) == 1 else sorted(found, key=_index_of)

    def between(self, first: Event, last: Event) -> Iterable[Event]:
        """What happens after one event and before another."""
        return self.trace[first.index + 1 : last.index]

    def once(self, compute: "Callable[[AbstractRun], Result]") -> Result:
        """What a function makes of the run; it is asked only once."""
        if compute not in self._computed:
            self._computed[compute] = compute(self)
        found: Result = self._computed[compute]
        return found

    def facts(self, kind: type[AnyFact]) -> list[AnyFact]:
        """All facts of a kind; several others may rest on them, so they are collected only once."""
        known = self._facts.get(kind)
        if known is None:
            known = self._facts[kind] = list(kind.collect(self))
        return known

    @cached_property
    def _by_type(self) -> dict[type[Event], list[Any]]:
        found: dict[type[Event], list[Any]] = {}
        for event in self.trace:
            found.setdefault(type(event), []).append(event)
        return found


class Fact:
    """Something about a program that rules look at.

    A rule names the fact it wants by the annotation of its parameter; the engine collects the
    facts of each abstract run and calls the rule with one after the other.
    """

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """All facts of this kind in a run."""
        raise NotImplementedError


@lru_cache(maxsize=256)
def code_of(node: cst.CSTNode) -> str:
    """A node as its author wrote it, on one line."""
    return " ".join(as_written(node).split())


def place_around(event: Event, node: cst.CSTNode) -> NodePlace:
    """The place of a condition or a loop that an event stands in: be it in the file of a caller."""
    source = event.place.source
    sources = dict.fromkeys((source, *(each.source for each in reversed(event.context.calls))))
    if len(sources) > 1:
        source = next((each for each in sources if each.positions.holds(node)), source)
    return NodePlace(source, node)


def contexts_of(run: AbstractRun) -> list[Context]:
    """What all that happens stands in: many events share theirs."""
    return list({id(event.context): event.context for event in run.trace}.values())


def draft(
    event: Event,
    message: str,
    *related: tuple[NodePlace | None, str],
) -> Draft:
    """A finding at an event, with further places that explain it."""
    known = tuple((place, text) for place, text in related if place is not None)
    return Draft(event.place, message, known)


def common_loops(first: Context, second: Context) -> tuple[Loop, ...]:
    """The loops that both contexts are in, outermost first."""
    return shared_loops(first.loops, second.loops)


def shared_loops(first: Iterable[Loop], second: Iterable[Loop]) -> tuple[Loop, ...]:
    """Those that two things are in, of the loops around each of them, outermost first."""
    both = zip(first, second, strict=False)
    return tuple([one for one, _ in takewhile(lambda each: each[0].node is each[1].node, both)])
