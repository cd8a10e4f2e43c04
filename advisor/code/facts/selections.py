"""Decisions that are made by a score: which weights are kept, when training ends, which setting wins."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    BestScoreRead,
    ComparedWithBest,
    DataGiven,
    Event,
    LoaderBuilt,
    Predicted,
    Scored,
    StateTaken,
    StateUsed,
    ThresholdTried,
)
from advisor.code.facts.chosen_thresholds import chosen_thresholds
from advisor.code.facts.handed_over import given_to_validate, is_handed_to_validate
from advisor.code.facts.judges_behind import (
    holds_the_same,
    judged_in,
    others_judge_behind,
    samples_of,
    twin,
)
from advisor.code.facts.passes import sources_of
from advisor.code.facts.run import AbstractRun, Fact, code_of, place_around
from advisor.code.facts.scored_rows import (
    are_for_test,
    name_of_test,
    rows_behind,
    rows_compared,
    shown_as_validation,
)
from advisor.code.facts.sides import Side, are_called_otherwise, is_test, name_of, shortest, side_of
from advisor.code.facts.steered_trainings import Steering, steered, steered_by_test_rows
from advisor.code.facts.test_scores import (
    better_test_score,
    compares_with_best,
    names_validation,
)
from advisor.code.facts.tried_settings import (
    best_of_tries,
    looped,
    searched,
)
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.keras_data import CHOOSES, choosers
from advisor.code.library.keras_layers import argument_place
from advisor.code.part_names import TEST, words
from advisor.code.sources import NodePlace
from advisor.code.values import (
    RowSet,
    Unknown,
    alternatives,
    names_of,
    rows_of,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft


@dataclass(frozen=True, eq=False, slots=True)
class Choice(Fact):
    """Something is chosen by a score on rows. `what` says what, `rows` names them; `tries` tells
    settings that are tried out in a loop, of which the best may only be shown."""

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
        proved = list(_kept_by_test_rows(run)) or list(steered_by_test_rows(run))
        yield from (cls(place, what, rows) for place, what, rows in proved)
        kept = list(_kept_weights(run))
        scores = {rows for _, _, rows in kept}
        found = [*kept, *(each for each in steered(run) if each[2] not in scores)]
        found = [] if proved else [each for each in found if not _is_shown_as_validation(run, each)]
        # The text is long, and there are many runs of it.
        if found and not any(map(names_validation, sources_of(run))):
            for place, what, rows in found:
                yield cls(place, what, rows)
        elif not found:
            for place, what, rows in _by_the_samples_of_the_test(run):
                yield cls(place, what, rows)
        for place, what, rows in chosen_thresholds(run):
            yield cls(place, what, rows)
        for place, rows in searched(run):
            yield cls(place, "the settings are chosen", rows)
        told = False
        for place, rows, keeps in looped(run):
            what = "the best setting is chosen" if keeps else "a setting is tried out"
            yield cls(place, what, rows, tries=not keeps)
            told = True
        for place, what, rows in _best_of_tries(run) if not told else ():
            yield cls(place, what, rows, tries=True)

    def finding(self, message: str) -> Draft:
        """A finding where the choice is made."""
        return Draft(self.place, message)


def choices_by_validation_rows(run: AbstractRun) -> Iterator[NodePlace]:
    """Where the best is chosen by what a function calls test rows and is handed as those to validate by."""
    for event in run.events(ComparedWithBest):
        if is_handed_to_validate(event.context):
            yield event.place


def _is_shown_as_validation(run: AbstractRun, choice: Steering) -> bool:
    """Whether the score by which something is chosen is shown as one of validation."""
    asked = [each for each in run.events(ComparedWithBest) if each.place.node is choice[0].node]
    return any(
        each in shown_as_validation(run) for event in asked for each in rows_compared(run, event)
    )


# --- weights ------------------------------------------------------------------------------


_KEPT = "the weights that are kept are chosen"


def _kept_by_test_rows(run: AbstractRun) -> Iterator[Steering]:
    """Weights that are kept when a score is the best so far that is known to be one by test rows."""
    compared = [
        (each, rows)
        for each in run.events(ComparedWithBest)
        if each.result is not None and (rows := rows_compared(run, each))
    ]
    thresholds = {each.threshold for each in run.events(ThresholdTried)}
    for event in run.events_among(StateTaken, StateUsed) if compared else ():
        if not event.context.loops or not event.context.guards:
            continue
        if isinstance(event, StateUsed) and event.module is not None:
            continue
        if isinstance(event, StateTaken) and (_is_the_score(event) or event.state in thresholds):
            continue
        asked = [way for each in event.context.guards for way in alternatives(each.condition)]
        for comparison, rows in compared:
            if comparison.result in asked and are_for_test(run, rows, comparison):
                given = given_to_validate(run, comparison.context)
                yield given or comparison.place, _KEPT, name_of_test(rows)
                return


def _is_the_score(event: StateTaken) -> bool:
    """Whether what is kept as the best is what was compared with it: `if score > best: best = score`."""
    if event.name is None or not isinstance(event.state, Unknown):
        return False
    asked = code_of(event.context.guards[-1].node)
    return re.search(rf"\b{event.name}\b", asked) is not None


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
        rows = _judged_by(run, event)
        if rows is not None and event.context.guards[-1].node not in seen:
            seen.add(event.context.guards[-1].node)
            if others_judge_behind(run, event):
                continue
            yield place_around(event, event.context.guards[-1].node), _KEPT, rows


def _judged_by(run: AbstractRun, event: Event) -> str | None:
    """The test score that decides whether an event happens, as it is written."""
    guards = event.context.guards
    if not guards or not guards[-1].taken:
        return None
    return better_test_score(run, event, guards[-1].node)


def _by_the_samples_of_the_test(run: AbstractRun) -> Iterator[Steering]:
    """Weights that are kept when a score by held-out data is the best so far, where all that judges
    behind the loop holds the very samples of that data."""
    for event in run.events_among(StateTaken, StateUsed):
        guards, loops = event.context.guards, event.context.loops
        if not loops or not guards or not guards[-1].taken or guards[-1].rounds < len(loops):
            continue
        if isinstance(event, StateUsed) and event.module is not None:
            continue
        if not compares_with_best(event, guards[-1].node):
            continue
        inside, behind = judged_in(run, event, loops[-1].node)
        twins = [twin(each, inside) for each in behind]
        if behind and all(twins):
            name = shortest(names_of(behind[0]), Side.HELD_OUT) or "the test rows"
            yield place_around(event, guards[-1].node), _KEPT, name
            return


# --- settings -----------------------------------------------------------------------------


def _best_of_tries(run: AbstractRun) -> Iterator[Steering]:
    """Settings of which the best one is taken by the scores of models that are trained with each."""
    for best, _ in best_of_tries(run):
        rows = rows_behind(run, best.rows, best.made)
        if are_for_test(run, rows):
            yield best.place, "a setting is tried out", name_of_test(rows)
            return


# --- trainers -----------------------------------------------------------------------------


def _choices_of_trainers(run: AbstractRun) -> Iterator[Steering]:
    """Callbacks and trainers that choose by the rows that the model is evaluated on afterwards."""
    for event in run.events(DataGiven):
        what = _chosen_by(event) if event.use == "validation" else None
        rows = rows_of(event.data)
        if what is None or rows is None:
            continue
        if not is_test(rows) or are_called_otherwise(rows):
            test = _test_of_the_same(run, event) or _called_test_as_well(run, event, rows)
            if test is not None:
                yield _given_at(event.place), what, test
            continue
        later = [rows_of(each.data) for each in run.events(DataGiven) if _is_later(event, each)]
        for each in run.events_among(Scored, Predicted):
            if isinstance(each, (Scored, Predicted)) and each.index > event.index:
                later.append(each.rows)
        if event.chooses is not None and is_test(rows):
            later += [rows for each in run.events(BestScoreRead) if each.index > event.index]
        if rows in later and not any(_is_other_test(each, rows) for each in later):
            yield _given_at(event.place), what, name_of_test([rows])


# What trainers are given under, to judge by.
_JUDGED_BY = (
    *("eval_dataset", "validation_data", "val_dataloaders"),
    *("eval_set", "valid_sets", "evals"),
)


def _given_at(call: NodePlace) -> NodePlace:
    """Where a trainer is given what it judges by."""
    for name in _JUDGED_BY:
        place = argument_place(call, -1, name)
        if place is not None and place is not call:
            return place
    return call


def _test_of_the_same(run: AbstractRun, event: DataGiven) -> str | None:
    """What a test goes by that holds the very samples which have chosen, where there is no other."""
    tests = [each.data for each in run.events(DataGiven) if _is_later(event, each)]
    own = samples_of(event.data)
    if own is None or not tests:
        return None
    for each in tests:
        other = samples_of(each)
        if other is None or other is own or not holds_the_same(own, other):
            return None
    rows = rows_of(tests[0])
    return (None if rows is None else name_of(rows)) or "the test rows"


def _called_test_as_well(run: AbstractRun, event: DataGiven, rows: RowSet) -> str | None:
    """What rows are called before they are called validation rows, where they are called test rows then,
    the model is tested by them in the end, and no others are held out for that."""
    names = {name for name in rows.names | names_of(samples_of(event.data)) if words(name) & TEST}
    tested = [rows_of(each.data) for each in run.events(DataGiven) if _is_later(event, each)]
    loaded = [rows_of(each.loader) for each in run.events(LoaderBuilt)]
    if not names or rows not in tested:
        return None
    if any(_is_other_test(each, rows) for each in (*tested, *loaded)):
        return None
    return min(names, key=lambda name: (len(name), name))


def _is_other_test(judged: RowSet | None, chosen: RowSet) -> bool:
    """Whether a model is judged by held-out rows that have nothing to do with those chosen by."""
    if judged is None or side_of(judged) is not Side.HELD_OUT:
        return False
    return chosen not in judged.ancestors() and judged not in chosen.ancestors()


def _chosen_by(event: DataGiven) -> str | None:
    """What is chosen by the data, if something is."""
    chooser = next(choosers(event.callbacks), None)
    return event.chooses if chooser is None else CHOOSES[chooser.path.rsplit(".", 1)[-1]]


def _is_later(event: DataGiven, other: DataGiven) -> bool:
    return other.index > event.index and other.use == "testing"
