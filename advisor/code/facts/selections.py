"""Decisions that are made by a score: which weights are kept, when training ends, which setting wins."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import libcst as cst

from advisor.code.events import DataGiven, Event, Scored, StateTaken, StateUsed
from advisor.code.facts.passes import holds_unit_tests, sources_of, words
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.sides import Side, name_of, side_of
from advisor.code.facts.steered_trainings import Steering, steered
from advisor.code.facts.test_scores import TEST, better_test_score, names_validation
from advisor.code.library.keras_data import CHOOSES, choosers
from advisor.code.sources import NodePlace
from advisor.code.values import Object, RowSet, Unknown, Value, lineage_of
from advisor.rulebook import Draft


@dataclass(frozen=True, eq=False, slots=True)
class Choice(Fact):
    """Something is chosen by a score on rows. `what` says what, `rows` names them; `tries` tells a
    setting that is tried out in a loop."""

    place: NodePlace
    what: str
    rows: str
    tries: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every choice by the rows that are called test rows, where no others judge in the end."""
        if holds_unit_tests(run):
            return
        for place, what, rows in _choices_of_trainers(run):
            yield cls(place, what, rows)
        kept = list(_kept_weights(run))
        scores = {rows for _, _, rows in kept}
        found = [*kept, *(each for each in steered(run) if each[2] not in scores)]
        # The text is long, and there are many runs of it.
        if found and not any(map(names_validation, sources_of(run))):
            for place, what, rows in found:
                yield cls(place, what, rows)
        for score, rows in _tried_settings(run):
            yield cls(score.place, "a setting is tried out", rows, tries=True)

    def finding(self, message: str) -> Draft:
        """A finding where the choice is made."""
        return Draft(self.place, message)


# --- weights ------------------------------------------------------------------------------


def _kept_weights(run: AbstractRun) -> Iterator[Steering]:
    """Weights that are kept when a score by test data is the best so far."""
    seen: set[cst.CSTNode] = set()
    for event in run.events_among(StateTaken, StateUsed):
        if not event.context.loops:
            continue
        if isinstance(event, StateUsed) and event.module is not None:
            continue
        if isinstance(event, StateTaken) and isinstance(event.state, Unknown):
            continue
        rows = _judged_by(event)
        if rows is not None and event.context.guards[-1].node not in seen:
            seen.add(event.context.guards[-1].node)
            yield (
                NodePlace(event.place.source, event.context.guards[-1].node),
                "the weights that are kept are chosen",
                rows,
            )


def _judged_by(event: Event) -> str | None:
    """The test score that decides whether an event happens, as it is written."""
    guards = event.context.guards
    if not guards or not guards[-1].taken:
        return None
    return better_test_score(event, guards[-1].node)


# --- trainers -----------------------------------------------------------------------------


def _choices_of_trainers(run: AbstractRun) -> Iterator[Steering]:
    """Callbacks and trainers that choose by the rows that the model is evaluated on afterwards."""
    for event in run.events(DataGiven):
        what = _chosen_by(event) if event.use == "validation" else None
        rows = _rows_of(event.data)
        if what is None or rows is None or not _is_test(rows):
            continue
        if any(
            _rows_of(each.data) is rows for each in run.events(DataGiven) if _is_later(event, each)
        ):
            yield event.place, what, name_of(rows) or "the test rows"


def _chosen_by(event: DataGiven) -> str | None:
    """What is chosen by the data, if something is."""
    chooser = next(choosers(event.callbacks), None)
    return event.chooses if chooser is None else CHOOSES[chooser.path.rsplit(".", 1)[-1]]


def _is_later(event: DataGiven, other: DataGiven) -> bool:
    return other.index > event.index and other.use == "testing"


def _rows_of(value: Value | None) -> RowSet | None:
    lineage = lineage_of(value)
    return None if lineage is None else lineage.rows


def _is_test(rows: RowSet) -> bool:
    name = name_of(rows)
    return side_of(rows) is Side.HELD_OUT and name is not None and bool(_said(name) & TEST)


def _said(name: str) -> set[str]:
    return {word[1:] if word[:1] in "xy" and word[1:] in TEST else word for word in words(name)}


# --- settings -----------------------------------------------------------------------------


def _tried_settings(run: AbstractRun) -> Iterator[tuple[Event, str]]:
    """Scores by test rows of models that are built with the variable of a loop."""
    scores = list(run.events(Scored))
    for event in scores:
        rows, estimator = event.rows, event.estimator
        if not _is_test(rows) or not isinstance(estimator, Object) or not event.context.loops:
            continue
        if not _is_built_with(estimator, event) or not _picks_the_best(event):
            continue
        other = any(each.rows is not rows and _is_test(each.rows) for each in scores)
        if not other:
            yield event, name_of(rows) or "the test rows"


def _is_built_with(estimator: Object, event: Event) -> bool:
    """Whether a model is built in the innermost loop around, with its variable."""
    node = event.context.loops[-1].node
    if estimator.place is None or not isinstance(node, cst.For):
        return False
    names = set(re.findall(r"[A-Za-z_]\w*", code_of(node.target)))
    call = estimator.place.node
    given = [code_of(each.value) for each in call.args] if isinstance(call, cst.Call) else []
    return any(names & set(re.findall(r"[A-Za-z_]\w*", each)) for each in given) and _is_number(
        event
    )


def _picks_the_best(event: Event) -> bool:
    """Whether something in the loop is compared with the best so far."""
    body = code_of(getattr(event.context.loops[-1].node, "body", cst.Name("body")))
    return re.search(r"[<>]=? *\w*best|best\w* *[<>]", body) is not None


def _is_number(event: Event) -> bool:
    """Whether the loop goes over numbers, not over data sets, models or seeds."""
    loop = event.context.loops[-1]
    target = code_of(getattr(loop.node, "target", cst.Name("x")))
    return not words(target) & {"seed", "random", "state", "fold", "run", "trial", "name", "i"}
