"""Where the error comes from: under-fitting, over-fitting, shift, tuning on the validation set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite

import numpy as np

from advisor.runs.curves import Trajectory, trajectory_of
from advisor.runs.not_judged import NotJudged
from advisor.runs.reference_levels import as_fractions
from advisor.runs.run import Run, Split
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts


class ErrorSource(StrEnum):
    """A term of the decomposition, in the order in which it should be worked on."""

    UNDER_FITTING = "under-fitting"
    OVER_FITTING = "over-fitting"
    DISTRIBUTION_SHIFT = "distribution shift"
    VALIDATION_OVER_FITTING = "validation over-fitting"


@dataclass(frozen=True, slots=True)
class Level:
    """One row of the table: `goal`, `train`, `train-validation`, `validation` or `test`.

    `value` is an error (lower is better) in the decomposition's unit, `uncertainty` one standard
    error of it, or None where one number was all there was. `tag` names the curve it was read
    from, `step` where on it.
    """

    name: str
    value: float
    uncertainty: float | None = None
    tag: str | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """The difference of two levels; `matters` is False when it drowns in noise or in the goal."""

    source: ErrorSource
    value: float
    uncertainty: float
    matters: bool


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Levels and the terms between them, in the unit of the goal's quantity.

    `quantity` is the logged quantity (`loss`, `accuracy`, ...); accuracies are turned into errors
    (1 - accuracy) and then `unit` is `%` and all values are in percent; otherwise it is empty.
    """

    quantity: str
    unit: str
    levels: tuple[Level, ...]
    terms: tuple[Term, ...]

    def level(self, name: str) -> Level | None:
        """The row with this name, if there is one."""
        return next((level for level in self.levels if level.name == name), None)

    def term(self, source: ErrorSource) -> Term | None:
        """The term from this source, if both of its levels are known."""
        return next((term for term in self.terms if term.source is source), None)

    def as_logged(self, error: float) -> float:
        """An error in the orientation of the logged quantity, rates in percent."""
        return 100 - error if self.unit and self.quantity != "error" else error

    @property
    def leading(self) -> Term | None:
        """The first term that matters, in the order in which they should be worked on."""
        return next((term for term in self.terms if term.matters), None)


_SPLITS = {
    "train": Split.TRAIN,
    "train-validation": Split.TRAIN_VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
}


def decompose(run: Run, user: UserFacts, thresholds: Thresholds) -> Decomposition | NotJudged:
    """Split the error of a run into its sources, as far as goal and curves reach.

    Test error = irreducible error + bias + variance + validation over-fitting (lecture 002): under-
    fitting is train - goal, over-fitting (train-)validation - train, shift validation -
    train-validation, validation over-fitting test - validation. Levels are those at the end of the
    run; without a goal what people reach stands in for it.
    """
    what = "where the error comes from"
    target = _target(run, user)
    if target is None:
        return NotJudged(what, _reason(run, user))
    quantity, goal = target
    unit, curves = _errors_by_split(run, quantity, thresholds)
    if goal is None and len(curves) < 2:
        return NotJudged(what, f"`{quantity}` was logged on one split alone and no goal is given")
    if unit != "%" and any(curve.is_flipped for curve in curves.values()):
        return NotJudged(what, f"`{quantity}` is better when higher and has no upper end")
    pair = curves.get("train"), curves.get("validation")
    if pair[0] and pair[1] and not scales_agree(pair[0], pair[1]):
        return NotJudged(what, "training and validation were logged on different scales")
    levels = [_level_of(name, curve) for name, curve in curves.items()]
    if goal is not None:
        levels.insert(0, Level("goal", _as_error_value(quantity, goal, unit)))
    terms = _terms(levels, thresholds)
    if not all(isfinite(each.value) for each in terms):
        return NotJudged(what, "the curves lie too far apart to be subtracted")
    return Decomposition(quantity, unit, tuple(levels), terms)


def scales_agree(first: Trajectory, second: Trajectory) -> bool:
    """Whether two curves were alike at their first common point, so that they can be compared.

    A sum beside a mean, or a loss divided by the accumulation steps, differs by a factor from the
    beginning; curves that drift apart later do not.
    """
    at = max(int(first.steps[0]), int(second.steps[0]))
    values = [_value_at(curve, at) for curve in (first, second)]
    limit = first.thresholds.comparable_scales
    if min(values) <= 0:
        return True
    return max(values) <= limit * min(values)


def _value_at(curve: Trajectory, at: int) -> float:
    index = min(int(np.searchsorted(curve.steps, at)), len(curve) - 1)
    reach = max(1, len(curve) // 50)
    return float(np.median(curve.costs[max(0, index - reach + 1) : index + reach]))


def _target(run: Run, user: UserFacts) -> tuple[str, float | None] | None:
    """The quantity to decompose and the goal for it."""
    for wanted in (user.goals, user.human):
        for quantity, goal in wanted.items():
            for name in (quantity, _opposite(quantity)):
                if name and any(run.primary(name, split) for split in _SPLITS.values()):
                    return name, goal if name == quantity else _complement(goal)
    if user.goals:
        return None
    known = {
        quantity: sum(run.primary(quantity, split) is not None for split in _SPLITS.values())
        for quantity in ("accuracy", "error", "loss")
        if run.primary(quantity, Split.TRAIN) and run.primary(quantity, Split.VALIDATION)
    }
    return (max(known, key=known.__getitem__), None) if known else None


def _opposite(quantity: str) -> str | None:
    return {"accuracy": "error", "error": "accuracy"}.get(quantity)


def _complement(rate: float) -> float:
    return 1 - rate if rate < 1 else (100 - rate if rate > 1 else 0.0)


def _reason(run: Run, user: UserFacts) -> str:
    if user.goals:
        return f"no curve of `{next(iter(user.goals))}` was logged"
    return "no quantity was logged on both training and validation rows"


def _errors_by_split(
    run: Run, quantity: str, thresholds: Thresholds
) -> tuple[str, dict[str, Trajectory]]:
    found = {
        name: trajectory
        for name, split in _SPLITS.items()
        if (trajectory := trajectory_of(run.primary(quantity, split), thresholds))
    }
    if not all(_is_rate(quantity, each) for each in found.values()):
        return "", found
    return "%", {name: _in_percent(each) for name, each in found.items()}


def _is_rate(quantity: str, curve: Trajectory) -> bool:
    if quantity in {"accuracy", "error"}:
        return True
    values = -curve.costs
    return curve.is_flipped and bool(np.all((values >= 0) & (values <= 1)))


def _in_percent(rate: Trajectory) -> Trajectory:
    """A rate turned into an error in percent."""
    costs = as_fractions(rate).costs
    return replace(rate, costs=100 * (costs + 1 if rate.is_flipped else costs))


def _as_error_value(quantity: str, goal: float, unit: str) -> float:
    if unit != "%":
        return goal
    if quantity == "error":
        return goal if goal >= 1 else 100 * goal
    return 100 - goal if goal > 1 else 100 * (1 - goal)


def _level_of(name: str, curve: Trajectory) -> Level:
    final = curve.final
    error = final.error if len(curve) >= curve.thresholds.minimum_evaluations else None
    return Level(name, final.value, error, curve.tag, int(curve.steps[-1]))


def _terms(levels: list[Level], thresholds: Thresholds) -> tuple[Term, ...]:
    known = {level.name: level for level in levels}
    inner = "train-validation" if "train-validation" in known else "validation"
    pairs = (
        (ErrorSource.UNDER_FITTING, "train", "goal"),
        (ErrorSource.OVER_FITTING, inner, "train"),
        (ErrorSource.DISTRIBUTION_SHIFT, "validation", "train-validation"),
        (ErrorSource.VALIDATION_OVER_FITTING, "test", "validation"),
    )
    differences = [
        (source, known[upper], known[lower])
        for source, upper, lower in pairs
        if upper in known and lower in known
    ]
    largest = max((upper.value - lower.value for _, upper, lower in differences), default=0.0)
    goal = known.get("goal")
    floor = thresholds.term_share_of_largest * largest
    if goal is not None:
        floor = max(floor, thresholds.term_share_of_goal * abs(goal.value))
    terms = [
        _term(source, upper, lower, floor, goal, thresholds) for source, upper, lower in differences
    ]
    return tuple(_yielding(term, terms, goal, thresholds) for term in terms)


def _yielding(
    term: Term, terms: Sequence[Term], goal: Level | None, thresholds: Thresholds
) -> Term:
    """Under-fitting does not matter yet where it is small and over-fitting is much larger."""
    if term.source is not ErrorSource.UNDER_FITTING or goal is None:
        return term
    small = term.value < thresholds.term_yields_below_goals * abs(goal.value)
    other = next((each for each in terms if each.source is ErrorSource.OVER_FITTING), None)
    if small and other and other.matters and other.value >= thresholds.term_yields_to * term.value:
        return replace(term, matters=False)
    return term


def _term(
    source: ErrorSource,
    upper: Level,
    lower: Level,
    floor: float,
    goal: Level | None,
    thresholds: Thresholds,
) -> Term:
    """A difference; it matters if it beats noise and `floor`, and its end misses the goal."""
    value = upper.value - lower.value
    error = float(np.hypot(upper.uncertainty or 0.0, lower.uncertainty or 0.0))
    misses = goal is None or upper.value > goal.value
    large = value > max(floor, thresholds.term_errors * error)
    return Term(source, value, error, large and misses)
