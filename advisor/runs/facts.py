"""What run rules may look at: a run seen from one side at a time."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisor.findings import CurveSpan
from advisor.runs.curves import Trajectory
from advisor.runs.decomposition import Decomposition
from advisor.runs.flatness import FlatEnd, flat_end_of
from advisor.runs.reference_levels import MeanGuess, UniformGuess, as_fractions
from advisor.runs.run import Curve, Run, Split
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts


@dataclass(frozen=True)
class Logbook:
    """The whole run as it was logged."""

    run: Run
    user: UserFacts
    thresholds: Thresholds

    @cached_property
    def learned(self) -> tuple[Curve, ...]:
        """The curves of something that is being learned: losses, metrics, returns."""
        return tuple(
            curve for curve in self.run.curves if curve.role.direction.value in ("lower", "higher")
        )

    @cached_property
    def longest(self) -> int:
        """The number of finite points on the longest learned curve."""
        return max((int(np.isfinite(curve.values).sum()) for curve in self.learned), default=0)

    @property
    def is_too_short(self) -> bool:
        """Whether no curve is long enough to have a shape."""
        return self.longest < self.thresholds.minimum_points

    def span(self, *tags: str) -> CurveSpan:
        """The whole run, with the curves concerned."""
        return CurveSpan(self.run.name, tags)


@dataclass(frozen=True)
class Schedule:
    """The learning rate over the steps of training (steps and rates: equal length, finite)."""

    tag: str
    steps: NDArray[np.int64]
    rates: NDArray[np.float64]

    @property
    def peak(self) -> float:
        """The largest learning rate of the run."""
        return float(self.rates.max())

    @property
    def final(self) -> float:
        """The learning rate that the run ended with."""
        return float(self.rates[-1])

    @property
    def is_constant(self) -> bool:
        """Whether the rate stayed the same, and above 0, from the first step to the last."""
        return self.peak > 0 and float(self.rates.min()) >= 0.99 * self.peak

    def at(self, step: int) -> float:
        """The learning rate that was in force at a step."""
        index = int(np.searchsorted(self.steps, step, side="right")) - 1
        return float(self.rates[max(index, 0)])

    def last_above(self, share: float) -> int:
        """The last step at which the rate was above this share of its peak."""
        above = np.flatnonzero(self.rates > share * self.peak)
        return int(self.steps[above[-1]]) if len(above) else int(self.steps[0])


@dataclass(frozen=True)
class Descent:
    """The one curve that training is meant to bring down, or up if it is a return or a metric.

    `accuracy` is the accuracy beside it, `held_out` the validation curve of the same quantity,
    `siblings` are other curves that show whether anything was learned on the training rows,
    `guess` is what guessing would cost (only for losses of classifiers).
    """

    run: Run
    trajectory: Trajectory
    thresholds: Thresholds
    guess: UniformGuess | None = None
    accuracy: Trajectory | None = None
    held_out: Trajectory | None = None
    siblings: tuple[Trajectory, ...] = ()
    schedule: Schedule | None = None
    gradient: Trajectory | None = None
    goal: float | None = None

    @property
    def quantity(self) -> str:
        """The word for what is being learned: `loss`, `return`, ..."""
        return self.trajectory.curve.role.quantity

    @property
    def is_return(self) -> bool:
        """Whether it is what a policy earns, not a loss or a metric of rows."""
        return self.quantity == "return"

    @property
    def subject(self) -> str:
        """The curve in words, with its tag."""
        return f"`{self.trajectory.tag}`"

    @property
    def is_held_out(self) -> bool:
        """Whether only validation rows speak for this run."""
        return self.trajectory.curve.role.split is Split.VALIDATION

    @cached_property
    def never_left_its_start(self) -> bool:
        """Whether no level of the curve is better than its start by more than noise and 5 %."""
        curve = self.trajectory
        if not curve.has_learned:
            return True
        return curve.progress < self.thresholds.flat_share * curve.scale

    @cached_property
    def sits_at_guessing(self) -> bool:
        """Whether the loss never got below what a guess costs, and ended near it.

        Uneven classes make a guess cheaper than ln C; that much is allowed where the accuracy was
        logged often enough to see that it does not rise either.
        """
        if self.guess is None or self.accuracy_rises:
            return False
        level, settings = self.guess.loss, self.thresholds
        watched = self.accuracy is not None and len(self.accuracy) >= settings.minimum_points
        share = settings.near_reference_share if watched else settings.at_reference_share
        highest = level * (1 + settings.near_reference_share)
        lowest = level * (1 - share)
        return self.trajectory.best > lowest and self.trajectory.final.value <= highest

    @property
    def accuracy_rises(self) -> bool:
        """Whether the accuracy beside the curve rises significantly, to above that of a guess."""
        accuracy, share = self.accuracy, self.accuracy_share
        if accuracy is None or share is None:
            return False
        if self.guess and share <= (1 + self.thresholds.at_chance_share) * self.guess.accuracy:
            return False
        return accuracy.trend.falls(self.thresholds.trend_z) or accuracy.has_learned

    @cached_property
    def rises_from_start(self) -> bool:
        """Whether the curve only got worse: no progress, and an end well above the start."""
        curve, settings = self.trajectory, self.thresholds
        rise = curve.final.value - curve.start
        enough = max(settings.divergence_errors * curve.typical_error, 0.0)
        if curve.has_learned or rise < settings.rise_share * curve.scale:
            return False
        rises = curve.trend.rises(settings.trend_z) or self._stays_far_above_start(rise)
        return rise > enough and rises or self.accuracy_is_lost

    def _stays_far_above_start(self, rise: float) -> bool:
        """Whether the curve leaps up by a good share of its start and never comes half-way back."""
        curve, settings = self.trajectory, self.thresholds
        later = curve.blocks.medians[settings.collapse_levels :]
        if rise < settings.collapse_share * abs(curve.start) or not len(later):
            return False
        return float(later.min()) > curve.start + rise / 2

    @cached_property
    def accuracy_is_lost(self) -> bool:
        """Whether the accuracy falls significantly, by a good share of what it was."""
        accuracy, settings = self.accuracy, self.thresholds
        if accuracy is None or len(accuracy) < settings.minimum_points:
            return False
        if self.accuracy_is_lost_for_good:
            return True
        first, last, error = -accuracy.start, -accuracy.final.value, accuracy.final.error
        if accuracy.trend.z < settings.trend_z or first - last < settings.gap_errors * error:
            return False
        return last < (1 - settings.at_chance_share) * first

    @cached_property
    def accuracy_is_lost_for_good(self) -> bool:
        """Whether no accuracy of the last half is near the first one, which was no guess."""
        settings = self.thresholds
        if self.accuracy is None or len(self.accuracy) < settings.minimum_points:
            return False
        accuracy = as_fractions(self.accuracy)
        guess = 2 * self.guess.accuracy if self.guess else settings.knowing_accuracy
        if -float(accuracy.costs[0]) < guess:
            return False
        first, best_since = -float(accuracy.costs[0]), -float(accuracy.part(0.5).costs.min())
        far = settings.gap_errors * accuracy.noise
        return first - best_since > max(far, settings.collapse_share * first)

    @cached_property
    def creeps(self) -> bool:
        """Whether a curve that never left its start moves the right way all the same."""
        moves = self.trajectory.trend.falls(self.thresholds.creeping_z)
        return self.never_left_its_start and moves

    @property
    def creeps_towards_guessing(self) -> bool:
        """Whether a loss above guessing moves to its end, too slowly to get there in time."""
        curve = self.trajectory
        if self.guess is None or curve.final.value - self.guess.loss <= curve.progress:
            return False
        return self.creeps and curve.part(0.5).trend.falls(self.thresholds.trend_z)

    @property
    def is_resolved(self) -> bool:
        """Whether the curve is clean enough for missing progress to mean that there was none."""
        curve, settings = self.trajectory, self.thresholds
        return settings.progress_errors * curve.typical_error <= settings.resolution * curve.scale

    @property
    def learned_something(self) -> bool:
        """Whether there is any progress whose end or loss could be talked about."""
        return not (self.never_left_its_start or self.sits_at_guessing)

    @cached_property
    def accuracy_share(self) -> float | None:
        """The accuracy at the end, as a fraction, if one was logged."""
        if self.accuracy is None:
            return None
        return -as_fractions(self.accuracy).final.value

    @property
    def starts_better_than_guessing(self) -> bool:
        """Whether the curve began well below what a guess costs, as a trained model does."""
        if self.guess is None:
            return False
        near = 1 - self.thresholds.near_reference_share
        return 0 <= self.trajectory.start < near * self.guess.loss

    @property
    def came_trained(self) -> bool:
        """Whether the accuracy shows a model that knew its task when this run began."""
        share = self.accuracy_share
        if share is None:
            return False
        chance = self.guess.accuracy if self.guess else 0.0
        return share > max(self.thresholds.knowing_accuracy, 1.5 * chance)

    @property
    def others_learned(self) -> bool:
        """Whether another curve shows the learning that noise may hide in this one."""
        beside = (*self.siblings, *((self.held_out,) if self.held_out else ()))
        return any(
            each.has_learned and each.trend.falls(self.thresholds.creeping_z) for each in beside
        )

    @cached_property
    def flat_end(self) -> FlatEnd | None:
        """The flat last part of the curve, if that is a good part of the run."""
        return flat_end_of(self.trajectory)

    @property
    def goal_as_cost(self) -> float | None:
        """The user's goal for this quantity, in the orientation of the trajectory."""
        if self.goal is None:
            return None
        return self.trajectory.shown(self.goal)

    def span(self, first: int | None = None, last: int | None = None) -> CurveSpan:
        """A stretch of this curve, by default all of it."""
        steps = self.trajectory.steps
        return CurveSpan(
            self.run.name,
            (self.trajectory.tag,),
            int(steps[0]) if first is None else first,
            int(steps[-1]) if last is None else last,
        )


@dataclass(frozen=True)
class LossDescent(Descent):
    """A descent that is a loss on training rows: what optimisation itself does."""


@dataclass(frozen=True)
class GradientNorms:
    """Gradient norms beside the curve that they train: of all parameters, and of single layers.

    `updates` are logged ratios of what a step adds to a weight, to that weight.
    """

    descent: Descent
    whole: Trajectory | None
    layers: tuple[Trajectory, ...]
    updates: tuple[Trajectory, ...] = ()

    @property
    def thresholds(self) -> Thresholds:
        """The settings of the run diagnoses."""
        return self.descent.thresholds

    def span(self, *norms: Trajectory) -> CurveSpan:
        """All steps of these norms."""
        tags = tuple(norm.tag for norm in norms)
        first, last = int(norms[0].steps[0]), int(norms[0].steps[-1])
        return CurveSpan(self.descent.run.name, tags, first, last)


@dataclass(frozen=True)
class FirstLoss:
    """The first logged training loss beside what guessing costs.

    `noise` is that of one point, `is_early` tells whether it was logged before training could
    have lowered it. `next_level` is the median of the first three values, `noise_nearby` the noise
    of those around it, whatever the noise is at a lower level.
    """

    descent: LossDescent
    guess: UniformGuess | MeanGuess
    value: float
    step: int
    noise: float
    is_early: bool
    next_level: float
    noise_nearby: float

    def is_above(self, factor: float, errors: float) -> bool:
        """Whether the start exceeds the guess by a factor and by noise.

        Where the next values exceed it as well, noise at the level that a steep fall leads to does
        not excuse the first one.
        """
        excess, guess = self.value - self.guess.loss, self.guess.loss
        if self.value <= factor * guess:
            return False
        confirmed = self.next_level > factor * guess and excess > errors * self.noise_nearby
        return confirmed or excess > errors * self.noise


@dataclass(frozen=True)
class HeldOut:
    """The validation curve, with the training curve of the same quantity where there is one.

    `metric` is a human-readable metric on the same validation rows.
    """

    run: Run
    validation: Trajectory
    train: Trajectory | None
    metric: Trajectory | None
    thresholds: Thresholds

    def span(self, first: int | None = None) -> CurveSpan:
        """The validation curve from a step on."""
        steps = self.validation.steps
        start = int(steps[0]) if first is None else first
        return CurveSpan(self.run.name, (self.validation.tag,), start, int(steps[-1]))


@dataclass(frozen=True)
class GeneralisationGap:
    """Training and validation of one quantity, on comparable scales and a common axis of steps."""

    run: Run
    train: Trajectory
    validation: Trajectory
    decomposition: Decomposition | None
    guess: UniformGuess | None
    thresholds: Thresholds

    @cached_property
    def at_end(self) -> float:
        """Validation minus training cost at the end of the run."""
        return self.validation.final.value - self.train.final.value

    @cached_property
    def error(self) -> float:
        """Standard error of the gap at the end."""
        return float(np.hypot(self.validation.final.error, self.train.final.error))

    @property
    def start(self) -> float:
        """Where training began, or would have begun from a right initialisation."""
        settled = self.train.settled_start
        if self.guess is None or self.train.curve.role.quantity != "loss":
            return settled
        return min(settled, self.guess.loss)

    @property
    def is_classification(self) -> bool:
        """Whether classes are known or an accuracy was logged."""
        return self.guess is not None or any(
            curve.role.quantity == "accuracy" for curve in self.run.curves
        )

    @property
    def has_opened(self) -> bool:
        """Whether validation lies above training by more than noise and a tenth of what was
        learned since the start."""
        return self.at_end > max(
            self.thresholds.gap_errors * self.error,
            self.thresholds.small_gap * self.train.progress,
        )

    @cached_property
    def train_levels(self) -> NDArray[np.float64]:
        """Training costs at the time of each evaluation: medians of the points around it.

        A training value that is a mean over an epoch lags half an epoch behind the evaluation at
        its end; levels centred on the evaluation undo that.
        """
        steps = self.validation.steps.astype(float)
        half = float(np.median(np.diff(steps))) / 2 if len(steps) > 1 else 0.0
        if self.train.curve.role.per_epoch or len(self.train) <= len(self.validation):
            return np.interp(steps + half, self.train.steps, self.train.costs)
        first = np.searchsorted(self.train.steps, steps - half)
        last = np.searchsorted(self.train.steps, steps + half)
        return np.array(
            [
                np.median(self.train.costs[min(a, len(self.train) - 1) : max(b, a + 1)])
                for a, b in zip(first, last, strict=True)
            ]
        )

    def span(self, first: int | None = None) -> CurveSpan:
        """Both curves from a step on."""
        tags = (self.train.tag, self.validation.tag)
        steps = self.validation.steps
        start = int(steps[0]) if first is None else first
        return CurveSpan(self.run.name, tags, start, int(steps[-1]))


@dataclass(frozen=True)
class Decomposed:
    """The error of a run split into its sources."""

    run: Run
    decomposition: Decomposition
    thresholds: Thresholds

    def span(self, *levels: str) -> CurveSpan:
        """The curves that the named levels were read from."""
        found = [self.decomposition.level(name) for name in levels]
        tags = tuple(level.tag for level in found if level and level.tag)
        last = max(
            (level.step for level in found if level and level.step is not None), default=None
        )
        return CurveSpan(self.run.name, tags, last, last)


@dataclass(frozen=True)
class ScheduledDescent:
    """A training curve together with the learning rate that drove it."""

    descent: Descent
    schedule: Schedule
