"""Levels that need no model: what guessing costs, and what the loss function cannot get below."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import e, erf, exp, log, pi, sqrt
from typing import Any

import numpy as np

from advisor.findings import Evidence
from advisor.runs.curves import Trajectory
from advisor.runs.run import Run, Split
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import Targets, UserFacts

_CLASS_COUNTS = {"classes", "numclasses", "nclasses", "numlabels", "nlabels", "nclass", "numclass"}
_IN_TEXT = re.compile(r'["\']?\b(num_classes|num_labels|n_classes)\b["\']?\s*[:=|]\s*(\d+)')


@dataclass(frozen=True, slots=True)
class UniformGuess:
    """A classifier that gives every class the same probability.

    `origin` says how the number of classes is known; `is_given` is True when the user said so;
    losses are measured in units of `unit` nats.
    """

    classes: int
    origin: str
    is_given: bool = False
    unit: float = 1.0

    @property
    def loss(self) -> float:
        """Its cross-entropy: ln C (lecture 004, "verify loss @init")."""
        return log(self.classes) / self.unit

    @property
    def formula(self) -> str:
        """How its cross-entropy is written."""
        return f"{'ln' if self.unit == 1.0 else 'log2'} {self.classes}"

    @property
    def words(self) -> str:
        """What costs that, in words."""
        return f"guessing among {self.classes} classes costs"

    @property
    def evidence(self) -> Evidence:
        """What the figure rests on."""
        return Evidence("number of classes", self.origin, self.classes)

    @property
    def accuracy(self) -> float:
        """Its expected accuracy: 1 / C."""
        return 1 / self.classes

    @property
    def softmax_floor(self) -> float:
        """The least cross-entropy that remains when a softmax is taken twice: ln(1 + (C - 1) / e).

        Probabilities lie between 0 and 1, so a logit gap above 1 is out of reach.
        """
        return log(1 + (self.classes - 1) / e) / self.unit

    def saturated_double_softmax_loss(self, accuracy: float) -> float:
        """What remains when a softmax is taken twice of a classifier that is as sure as can be.

        A right answer costs the floor, a wrong one 1 more: its probability of 0 instead of 1 is
        the logit. A loss above this has other reasons than the second softmax.
        """
        return self.softmax_floor + (1 - accuracy) / self.unit

    def least_confident_loss(self, accuracy: float) -> float:
        """The largest cross-entropy of a classifier that is as unsure as its accuracy allows.

        H(a) + (1 - a) ln(C - 1) with the binary entropy H: Fano's bound met with equality.
        """
        wrong = 1 - accuracy
        entropy = -sum(p * log(p) for p in (accuracy, wrong) if p > 0)
        return (entropy + wrong * log(max(self.classes - 1, 1))) / self.unit


@dataclass(frozen=True, slots=True)
class MeanGuess:
    """A regression that always says the mean of its targets, of which nobody knows more than their
    mean and deviation: they are taken for normally distributed where their shape matters."""

    targets: Targets
    quantity: str = "loss"
    is_given = True

    @property
    def loss(self) -> float:
        """What it costs: the variance; of an absolute error s sqrt(2 / pi); of Huber's loss, with
        z = 1 / s, s^2 (P - 2 z p) / 2 + s sqrt(2 / pi) exp(-z^2 / 2) - (1 - P) / 2, where P is the
        share of errors below 1 and p the density there (integrals over the normal density)."""
        spread = self.targets.deviation
        absolute = spread * sqrt(2 / pi)
        match self.quantity, self.targets.loss:
            case ("rmse", _):
                return spread
            case ("mae", _) | ("loss", "absolute"):
                return absolute
            case ("loss", "huber"):
                z = 1 / spread
                inside, density = erf(z / sqrt(2)), exp(-(z**2) / 2) / sqrt(2 * pi)
                squared = spread**2 * (inside - 2 * z * density) / 2
                return squared + absolute * exp(-(z**2) / 2) - (1 - inside) / 2
        return spread**2

    @property
    def formula(self) -> str:
        """How that is called."""
        names = {"rmse": "deviation of the targets", "mae": "mean distance from the targets' mean"}
        if self.quantity == "loss" and self.targets.loss == "huber":
            return "Huber loss of the targets' mean"
        name = "mae" if self.targets.loss == "absolute" else ""
        return names.get(self.quantity) or names.get(name) or "variance of the targets"

    @property
    def words(self) -> str:
        """What costs that, in words."""
        return "always saying the mean of the targets costs"

    @property
    def evidence(self) -> Evidence:
        """What the figure rests on."""
        mean, deviation = self.targets.mean, self.targets.deviation
        return Evidence("targets", f"`--targets`: {mean:g} ± {deviation:g}", mean)


_BIT = log(2)
_CLOSE = 0.05  # how near the ratio of two logged numbers must be, which are rounded

LARGEST_GUESS = UniformGuess(256_000, "the size of the largest vocabularies, for want of a number")
"""What no classifier costs before it has learned anything."""


def uniform_guess(
    run: Run,
    user: UserFacts,
    loss: Trajectory | None,
    accuracy: Trajectory | None,
    thresholds: Thresholds,
) -> UniformGuess | None:
    """The uniform guess for this run's task, if the number of classes is known or can be seen."""
    unit = _BIT if _is_in_bits(run) else 1.0
    if user.classes is not None:
        return UniformGuess(user.classes, "`--classes`", is_given=True, unit=unit)
    for name, value in _recorded_counts(run):
        guess = UniformGuess(value, f"`{name}` among the hyper-parameters", unit=unit)
        if accuracy is not None or _settles_near(guess, loss, thresholds):
            return guess
    if loss is None or accuracy is None:
        return None
    return _seen_in_curves(loss, accuracy, thresholds)


def _is_in_bits(run: Run) -> bool:
    """Whether the logged perplexity is 2 to the power of the loss, as fairseq logs them."""
    for split in (Split.TRAIN, Split.VALIDATION):
        loss, perplexity = run.primary("loss", split), run.primary("perplexity", split)
        if loss is None or perplexity is None:
            continue
        steps, first, second = np.intersect1d(loss.steps, perplexity.steps, return_indices=True)
        values, powers = loss.values[first], perplexity.values[second]
        good = np.isfinite(values) & np.isfinite(powers) & (powers > 1) & (values > 0)
        if len(steps) and good.any():
            base = float(np.median(np.log(powers[good]) / values[good]))
            return abs(base - _BIT) < _CLOSE * _BIT
    return False


def _settles_near(guess: UniformGuess, loss: Trajectory | None, thresholds: Thresholds) -> bool:
    """Whether the loss looks like a cross-entropy over that many classes.

    A count may mean something else (people, labels of another kind) where no accuracy is logged.
    """
    if loss is None or len(loss) < thresholds.minimum_points:
        return False
    knee = thresholds.hockey_stick_share
    after = float(np.median(loss.part(knee, 2 * knee).costs))
    return after <= thresholds.init_excess_warning * guess.loss


def _recorded_counts(run: Run) -> Iterator[tuple[str, int]]:
    for name, value in _flat(run.hyperparameters):
        key = re.sub(r"[^a-z]", "", name.rsplit(".", 1)[-1].rsplit("/", 1)[-1].lower())
        if key in _CLASS_COUNTS and isinstance(value, int | float) and value >= 2:
            yield name, int(value)
    for text in run.texts.values():
        for name, count in _IN_TEXT.findall(text):
            if int(count) >= 2:
                yield name, int(count)


def _flat(mapping: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in mapping.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", each) for inner, each in _flat(value))
        else:
            yield name, value


def _seen_in_curves(
    loss: Trajectory, accuracy: Trajectory, thresholds: Thresholds
) -> UniformGuess | None:
    level = float(np.median(loss.part(0.5).costs))
    share = float(np.median(as_fractions(accuracy).part(0.5).costs)) * -1
    if not 0 < level < thresholds.largest_uninformed_loss or share <= 0:
        return None
    classes = max(2, round(exp(level)))
    near_loss = abs(level - log(classes)) <= thresholds.at_reference_share * log(classes)
    near_chance = abs(share * classes - 1) <= thresholds.at_chance_share
    if not (near_loss and near_chance):
        return None
    origin = f"the loss sits at ln {classes} and the accuracy at 1/{classes}"
    return UniformGuess(classes, origin)


def guess_at_start(loss: Trajectory) -> UniformGuess | None:
    """The guess whose cost the first logged loss is, if it is that of one number of classes.

    Good for what a coincidence cannot bring about by itself: beyond a dozen classes their ln C lie
    as close to each other as first losses scatter.
    """
    first = float(loss.costs[0])
    if loss.curve.role.per_epoch or not 0 < first < loss.thresholds.largest_uninformed_loss:
        return None
    classes = round(exp(first))
    if classes < 2 or abs(first - log(classes)) > loss.thresholds.at_reference_share * first:
        return None
    return UniformGuess(classes, f"the first loss is ln {classes}")


def as_fractions(rate: Trajectory) -> Trajectory:
    """The trajectory of a rate as fractions of 1, whether it was logged so or in percent."""
    if not is_percent(rate):
        return rate
    return Trajectory(rate.curve, rate.steps, rate.costs / 100, rate.thresholds)


def is_percent(rate: Trajectory) -> bool:
    """Whether a rate was logged in percent: some value is above 1.5."""
    return float(np.max(np.abs(rate.costs))) > 1.5
