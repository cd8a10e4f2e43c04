"""Trainings that test scores steer: when they end, and how fast they go."""

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from advisor.code.events import ComparedWithBest, LoopLeft, ScheduleStepped
from advisor.code.facts.handed_over import given_to_validate
from advisor.code.facts.judges_behind import others_judge_behind
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.facts.scored_rows import (
    are_for_test,
    name_of_test,
    rows_behind,
    rows_compared,
)
from advisor.code.facts.test_scores import better_test_score, is_test_score
from advisor.code.sources import NodePlace
from advisor.code.values import RowSet, Schedule, Value, alternatives, rating_of

# A call of what ends a training, with what it is told first: `stopper.step(test_loss, model)`.
_STOPS = re.compile(r"early|stop", re.IGNORECASE)
_WAITS = re.compile(r"patien|wait|counter|stop|no_improve|bad|since|stale", re.IGNORECASE)
_RATE = "the learning rate is chosen"
_END = "the end of the training is chosen"
Steering = tuple[NodePlace, str, str]


def steered(run: AbstractRun) -> Iterator[Steering]:
    """What test scores decide while a model is trained: where, what, and the score as written."""
    yield from _rates(run)
    told: set[cst.CSTNode] = set()
    for place, what, score in (*_ends(run), *_stoppers(run)):
        if place.node not in told:
            told.add(place.node)
            yield place, what, score


def steered_by_test_rows(run: AbstractRun) -> Iterator[Steering]:
    """What scores decide that are known to be of test rows, whatever they are called."""
    for event in _waiting(run):
        rows = _rows_told(run, event)
        if are_for_test(run, rows, event):
            yield event.place, _RATE, name_of_test(rows)
    compared = {each.result: each for each in run.events(ComparedWithBest)}
    seen: set[cst.CSTNode] = set()
    for left in run.events(LoopLeft) if compared else ():
        if left.returns or left.place.node in seen:
            continue
        for comparison in _deciding(left, compared):
            rows = rows_compared(run, comparison)
            if are_for_test(run, rows, comparison):
                seen.add(left.place.node)
                inner = comparison.context.calls[len(left.context.calls) :]
                given = given_to_validate(run, left.context)
                yield given or (*inner, comparison.place)[0], _END, name_of_test(rows)
                break


def _deciding(
    left: LoopLeft, compared: dict[Value | None, ComparedWithBest]
) -> Iterator[ComparedWithBest]:
    """The comparisons with the best so far by which a loop is left: what is asked itself, or what else
    is compared in the loop where it is left after having waited."""
    guards, loops = left.context.guards, left.context.loops
    asked = [way for each in guards for way in alternatives(each.condition)]
    yield from (compared[each] for each in asked if each in compared)
    if not guards or not loops:
        return
    waits = _WAITS.search(code_of(guards[-1].node)) is not None
    for each in compared.values():
        inside = each.context.loops
        called = any(call.node is guards[-1].node for call in each.context.calls)
        if (waits or called) and inside and inside[-1].node is loops[-1].node:
            yield each


def _rows_told(run: AbstractRun, event: ScheduleStepped) -> Sequence[RowSet]:
    """The rows that the score is of which a schedule is told."""
    rated = rating_of(event.arguments.get(0, "metrics"))
    return () if rated is None else rows_behind(run, rated.rows, rated.made)


def _waiting(run: AbstractRun) -> Iterator[ScheduleStepped]:
    """The steps of schedules that wait until a score does no longer get better, each once."""
    seen: set[cst.CSTNode] = set()
    for event in run.events(ScheduleStepped):
        node = event.place.node
        waits = all(
            isinstance(each, Schedule) and each.path.endswith("ReduceLROnPlateau")
            for each in alternatives(event.schedule)
        )
        if waits and node not in seen and isinstance(node, cst.Call) and node.args:
            seen.add(node)
            yield event


def _rates(run: AbstractRun) -> Iterator[Steering]:
    """Learning rates that fall when a test score does no longer get better."""
    for event in _waiting(run):
        node = event.place.node
        assert isinstance(node, cst.Call)
        text = code_of(node.args[0].value)
        if _rows_told(run, event) or not is_test_score(run, event.place, text):
            continue
        if not others_judge_behind(run, event):
            yield event.place, _RATE, text


def _ends(run: AbstractRun) -> Iterator[Steering]:
    """Trainings that end when a test score does no longer get better."""
    seen: set[cst.CSTNode] = set()
    for event in run.events(LoopLeft):
        if event.returns or event.place.node in seen:
            continue
        if not event.context.guards or not event.context.loops:
            continue
        seen.add(event.place.node)
        for node in _asked(event):
            score = _score_in(run, event, node)
            if score is not None and not others_judge_behind(run, event):
                yield NodePlace(event.place.source, node), _END, score
                break


def _stoppers(run: AbstractRun) -> Iterator[Steering]:
    """Objects that end a training, and compare what they are told with the best so far."""
    seen: set[cst.CSTNode] = set()
    for event in run.events(ComparedWithBest):
        functions, calls = event.context.functions, event.context.calls
        owner = functions[-1].owner if functions else None
        if owner is None or not _STOPS.search(owner.name) or calls[-1].node in seen:
            continue
        place, loop = calls[-1], event.context.loops[-1].node
        seen.add(place.node)
        told = place.node.args if isinstance(place.node, cst.Call) else ()
        text = code_of(told[0].value) if told else ""
        if not is_test_score(run, place, text) or "break" not in code_of(loop):
            continue
        if not others_judge_behind(run, event):
            yield place, _END, text


def _asked(event: LoopLeft) -> Iterator[cst.CSTNode]:
    """The conditions under which a loop is left, then what else the loop asks where these count how
    long something has not become better."""
    rounds = len(event.context.rounds)
    for guard in event.context.guards:
        if guard.rounds >= rounds:
            yield guard.node
    if _WAITS.search(code_of(event.context.guards[-1].node)):
        yield from _questions(event.context.loops[-1].node)


def _questions(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for child in node.children:
        if isinstance(child, cst.If):
            yield child.test
        elif isinstance(child, cst.Call) and _STOPS.search(code_of(child.func)):
            yield child
        yield from _questions(child)


def _score_in(run: AbstractRun, event: LoopLeft, node: cst.CSTNode) -> str | None:
    """The test score that is compared with the best one, or that a stopper is told."""
    if isinstance(node, cst.Call):
        text = code_of(node.args[0].value) if node.args else ""
        told = _STOPS.search(code_of(node.func)) and is_test_score(run, event.place, text)
        return text if told else None
    return better_test_score(run, event, node)
