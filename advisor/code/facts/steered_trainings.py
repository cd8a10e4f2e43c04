"""Trainings that test scores steer: when they end, and how fast they go."""

import re
from collections.abc import Iterator

import libcst as cst

from advisor.code.events import ComparedWithBest, LoopLeft, ScheduleStepped
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.facts.test_scores import better_test_score, is_test_score
from advisor.code.sources import NodePlace
from advisor.code.values import Schedule, alternatives

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


def _rates(run: AbstractRun) -> Iterator[Steering]:
    """Learning rates that fall when a test score does no longer get better."""
    seen: set[cst.CSTNode] = set()
    for event in run.events(ScheduleStepped):
        node = event.place.node
        waits = all(
            isinstance(each, Schedule) and each.path.endswith("ReduceLROnPlateau")
            for each in alternatives(event.schedule)
        )
        if not waits or node in seen or not isinstance(node, cst.Call) or not node.args:
            continue
        seen.add(node)
        text = code_of(node.args[0].value)
        if is_test_score(run, event.place, text):
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
            if score is not None:
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
        if is_test_score(run, place, text) and "break" in code_of(loop):
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
