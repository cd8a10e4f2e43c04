"""Calls that go through test data to judge a model, whatever they are called."""

from collections.abc import Iterator
from typing import Protocol

from advisor.code.events import BackwardRun, Event, Loop, OptimizerStepped
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.passes import words
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.sides import Side, name_of, shortest, side_of, side_of_names
from advisor.code.sources import NodePlace, Source
from advisor.code.values import Unknown, Value, lineage_of

TEST = frozenset(["test", "tests", "testing", "testloader", "testset", "testdata"])
Line = tuple[Source, int]


class OnLine(Protocol):
    """Something on a line of a file."""

    @property
    def source(self) -> Source:
        """The file."""

    @property
    def row(self) -> int:
        """The line, from 1."""


def goes_through_test_data(run: AbstractRun, line: OnLine) -> bool:
    """Whether a call on a line goes through test data, and neither through other data nor trains."""
    found = run.once(_data_by_call).get((line.source, line.row), set())
    return found == {"test"}


def _data_by_call(run: AbstractRun) -> dict[Line, set[str]]:
    """What the calls on each line go through: `test` data or `other` data, or that they train."""
    depths: dict[Loop, int] = {}
    contexts = {id(event.context): event for event in run.trace if event.context.calls}
    for event in contexts.values():
        for loop in event.context.loops:
            depth = len(event.context.calls)
            depths[loop] = min(depths.get(loop, depth), depth)
    found: dict[Line, set[str]] = {}
    for event in contexts.values():
        for place, what in _gone_through(event, depths):
            found.setdefault((place.source, place.row), set()).add(what)
    for event in run.events_among(BackwardRun, OptimizerStepped):
        for place in event.context.calls:
            found.setdefault((place.source, place.row), set()).add("trains")
    return found


def _gone_through(event: Event, depths: dict[Loop, int]) -> Iterator[tuple[NodePlace, str]]:
    """The calls that the loops around an event stand in, and the data that these go through."""
    for loop in event.context.loops:
        what = _kind_of(data_of(loop))
        if what is not None:
            for place in event.context.calls[: depths[loop]]:
                yield place, what


def _kind_of(data: Value | None) -> str | None:
    """What data are called, or how they were divided; None where nobody knows."""
    lineage = lineage_of(data)
    if lineage is not None:
        side, name = side_of(lineage.rows), name_of(lineage.rows)
    else:
        names = data.names if isinstance(data, Unknown) else set()
        side = side_of_names(names)
        name = shortest(names, side)
    if side is None:
        return None
    is_test = side is Side.HELD_OUT and bool(words(name or "") & TEST)
    return "test" if is_test else "other"
