"""Calls that go through test data to judge a model, whatever they are called."""

from typing import Protocol

from advisor.code.events import BackwardRun, Loop, OptimizerStepped
from advisor.code.facts.loaders import is_loader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.sides import Side, name_of, shortest, side_of, side_of_names
from advisor.code.part_names import TEST, words
from advisor.code.sources import NodePlace, Source
from advisor.code.values import Object, RowSet, Unknown, Value, lineage_of, rows_of

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


def rows_judged_on(run: AbstractRun, line: OnLine) -> tuple[RowSet, ...]:
    """The rows that the calls on a line go through, where they go through known rows alone and train
    nothing."""
    if "trains" in run.once(_data_by_call).get((line.source, line.row), {"trains"}):
        return ()
    found = run.once(_rows_by_call).get((line.source, line.row), {})
    return () if None in found else tuple(each for each in found if each is not None)


def _data_by_call(run: AbstractRun) -> dict[Line, set[str]]:
    """What the calls on each line go through: `test` data or `other` data, or that they train."""
    found: dict[Line, set[str]] = {}
    for place, data in run.once(_gone_through):
        what = _kind_of(data)
        if what is not None:
            found.setdefault((place.source, place.row), set()).add(what)
    for event in run.events_among(BackwardRun, OptimizerStepped):
        for place in event.context.calls:
            found.setdefault((place.source, place.row), set()).add("trains")
    return found


def _rows_by_call(run: AbstractRun) -> dict[Line, dict[RowSet | None, None]]:
    """The rows that a model runs over in the calls on each line, None for those that nobody knows."""
    found: dict[Line, dict[RowSet | None, None]] = {}
    for place, data in run.once(_gone_through):
        if isinstance(data, Object) and is_loader(data):
            found.setdefault((place.source, place.row), {})[rows_of(data)] = None
        elif isinstance(data, Unknown) and _kind_of(data) is not None:
            found.setdefault((place.source, place.row), {})[None] = None
    return found


def _gone_through(run: AbstractRun) -> list[tuple[NodePlace, Value | None]]:
    """The calls that loops stand in, and the data that these go through."""
    depths: dict[Loop, int] = {}
    contexts = {id(event.context): event for event in run.trace if event.context.calls}
    for event in contexts.values():
        for loop in event.context.loops:
            depth = len(event.context.calls)
            depths[loop] = min(depths.get(loop, depth), depth)
    return [
        (place, data_of(loop))
        for event in contexts.values()
        for loop in event.context.loops
        for place in event.context.calls[: depths[loop]]
    ]


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
