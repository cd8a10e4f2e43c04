"""Successive runs of one project: how each part of the error moved, and whether as predicted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from advisor.recipe.next_step import Move
from advisor.runs.decomposition import Decomposition, ErrorSource, Level
from advisor.runs.diagnosis import RunDiagnosis
from advisor.runs.sweeps.settings import Value, differences
from advisor.runs.thresholds import Thresholds
from advisor.runs.vocabulary import words_of

_SEVERAL = re.compile(r"\s*(?:[,;+]|\band\b)\s*")
_TERMS = {
    "gap": ErrorSource.OVER_FITTING,
    "shift": ErrorSource.DISTRIBUTION_SHIFT,
    "test gap": ErrorSource.VALIDATION_OVER_FITTING,
}


class Verdict(StrEnum):
    """What became of a prediction."""

    AS_PREDICTED = "as predicted"
    UNCHANGED = "no change beyond noise"
    OPPOSITE = "the opposite of what was predicted"


@dataclass(frozen=True, slots=True)
class Check:
    """A prediction of the run before, held against the next run.

    `what` is a row of the decomposition, `gap`, `shift` or `test gap`; both values are errors in
    its unit, and what was predicted is that it `falls` or `rises`.
    """

    move: Move
    what: str
    predicted: str
    before: float
    after: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Attempt:
    """One of several successive runs, beside the one before it.

    `changes` are the logged settings that differ (name, before, after; seeds left out), `said` is
    what the user says was changed. Both are empty for the first run.
    """

    diagnosis: RunDiagnosis
    decomposition: Decomposition
    changes: tuple[tuple[str, Value, Value], ...] = ()
    said: str = ""
    checks: tuple[Check, ...] = ()

    @property
    def changed_at_once(self) -> int:
        """How many things are known to have changed since the run before."""
        said = len([each for each in _SEVERAL.split(self.said) if each]) if self.said else 0
        return max(said, len(self.changes))


@dataclass(frozen=True, slots=True)
class History:
    """Successive runs whose errors can be split in the same way, in their order."""

    quantity: str
    unit: str
    attempts: tuple[Attempt, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The rows of the table: the levels that some run has, from the goal on."""
        order = ("goal", "train", "train-validation", "validation", "test")
        known = {level.name for each in self.attempts for level in each.decomposition.levels}
        return tuple(name for name in order if name in known)


def history_of(
    diagnoses: Sequence[RunDiagnosis], changed: Sequence[str], thresholds: Thresholds
) -> History | None:
    """The runs as successive attempts; None unless two or more can be split in the same way.

    `changed` says in words what was changed, the last one for the last run, and so on backwards.
    """
    split = [(each, table) for each in diagnoses if (table := each.decomposition) is not None]
    if len(split) < 2 or len({(table.quantity, table.unit) for _, table in split}) > 1:
        return None
    said = [""] * (len(split) - len(changed)) + list(changed)[-len(split) :]
    attempts = [Attempt(*split[0])]
    for (before, former), ((after, latter), words) in zip(
        split, zip(split[1:], said[1:], strict=True), strict=False
    ):
        changes = tuple(
            each for each in differences(before.run, after.run) if "seed" not in words_of(each[0])
        )
        checks = _checks(before, former, latter, thresholds)
        attempts.append(Attempt(after, latter, changes, words, checks))
    table = split[0][1]
    return History(table.quantity, table.unit, tuple(attempts))


def _checks(
    before: RunDiagnosis, former: Decomposition, latter: Decomposition, thresholds: Thresholds
) -> tuple[Check, ...]:
    """The predictions of the move that was named after a run, as far as the table shows them."""
    if before.next_step is None:
        return ()
    move = before.next_step.move
    found = []
    for what, predicted in move.expects.items():
        was, became = _value(former, what), _value(latter, what)
        if was is None or became is None:
            continue
        (old, old_error), (new, new_error) = was, became
        enough = thresholds.term_errors * float(np.hypot(old_error, new_error))
        enough = max(enough, thresholds.prediction_change * abs(old))
        found.append(Check(move, what, predicted, old, new, _verdict(new - old, predicted, enough)))
    return tuple(found)


def _verdict(change: float, predicted: str, enough: float) -> Verdict:
    if abs(change) <= enough:
        return Verdict.UNCHANGED
    return Verdict.AS_PREDICTED if (change < 0) == (predicted == "falls") else Verdict.OPPOSITE


def _value(table: Decomposition, what: str) -> tuple[float, float] | None:
    """A row or term of a decomposition with its standard error."""
    if what in _TERMS:
        term = table.term(_TERMS[what])
        return (term.value, term.uncertainty) if term else None
    level: Level | None = table.level(what)
    return (level.value, level.uncertainty or 0.0) if level else None
