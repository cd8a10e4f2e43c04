"""A curve ready to be judged: turned so that lower is better, cut into levels, with its noise."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisor.runs.blocks import Blocks, blocks_of
from advisor.runs.noise import error_of_median, median, point_noise, trimmed_mean
from advisor.runs.run import Curve, Direction
from advisor.runs.thresholds import Thresholds
from advisor.runs.trend import Trend, trend_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A level read from a noisy curve, with its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Trajectory:
    """The finite points of a curve as costs: logged values, negated where higher is better.

    `steps` and `costs` have equal length of at least one. Shares of training are shares of the
    steps that the curve covers.
    """

    curve: Curve
    steps: NDArray[np.int64]
    costs: Floats
    thresholds: Thresholds

    def __len__(self) -> int:
        return len(self.costs)

    @property
    def tag(self) -> str:
        """The curve's tag."""
        return self.curve.tag

    @property
    def is_flipped(self) -> bool:
        """Whether costs are negated values."""
        return self.curve.role.direction is Direction.HIGHER

    def shown(self, cost: float) -> float:
        """The cost as it was logged."""
        return -cost if self.is_flipped else cost

    @cached_property
    def blocks(self) -> Blocks:
        """The levels of the whole curve."""
        return blocks_of(self.steps, self.costs, self.thresholds.blocks)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of one point, over the whole curve."""
        return point_noise(self.costs)

    @cached_property
    def noise_at_start(self) -> float:
        """Noise of the first point: that of its neighbours, or as large a share as theirs."""
        quarter = max(1, len(self.blocks) // 4)
        levels = np.maximum(np.abs(self.blocks.medians[:quarter]), np.finfo(float).tiny)
        share = median(self.blocks.noises[:quarter] / levels)
        near = self.slice(0, 15).noise
        return max(near, float(self.blocks.noises[0]), share * abs(float(self.costs[0])))

    @cached_property
    def start(self) -> float:
        """The level before learning: the first block, or the first points where they stand out."""
        head = min(float(self.costs[0]), median(self.costs[:3]))
        first = float(self.blocks.medians[0])
        return head if head > first + 3 * self.noise else first

    @property
    def best(self) -> float:
        """The lowest block median."""
        return float(self.blocks.medians.min())

    @property
    def progress(self) -> float:
        """How far the curve came down from its start, at its best."""
        return max(0.0, self.start - self.best)

    @cached_property
    def settled_start(self) -> float:
        """The start that later levels are measured against.

        Usually the start itself. A loss that starts higher than any guess fell at first because of
        its units or its bias, so then it is the level after the steep part.
        """
        if self.start <= self.thresholds.largest_uninformed_loss or len(self) < 15:
            return self.start
        return self.part(self.thresholds.hockey_stick_share).start

    @property
    def settled_progress(self) -> float:
        """The progress that later changes are measured against."""
        return max(0.0, self.settled_start - self.best)

    @property
    def typical_error(self) -> float:
        """Standard error of a usual block median."""
        return median(self.blocks.errors)

    @property
    def scale(self) -> float:
        """The larger size of the curve's start and best level: what a share of it relates to."""
        return max(abs(self.start), abs(self.best))

    @cached_property
    def has_learned(self) -> bool:
        """Whether the progress beats the noise and is a visible share of the level."""
        settings = self.thresholds
        return (
            self.progress > settings.progress_errors * self.typical_error
            and self.progress > settings.progress_share * self.scale
        )

    def rises_after(self, step: int) -> bool:
        """Whether the curve loses half of what it gained, or more, after a step."""
        settings = self.thresholds
        since = self.slice(min(int(np.searchsorted(self.steps, step)), len(self) - 1), len(self))
        gained = max(self.start - since.best, settings.progress_share * self.scale)
        risen = self.final.value - since.best
        if risen <= settings.divergence_share * gained:
            return False
        beyond_noise = risen > settings.gap_errors * self.final.error
        return beyond_noise or since.trend.rises(settings.trend_z)

    def falls_after(self, step: int) -> bool:
        """Whether the last part of the curve is lower than the curve was at a step."""
        share, reach = self.thresholds.rise_share, max(2, len(self) // 20)
        at = min(int(np.searchsorted(self.steps, step)), len(self) - 1)
        then = median(self.costs[max(0, at - reach // 2) : at + reach])
        if len(self) < 2 * self.thresholds.blocks:  # few values are means, and lie far apart
            then = min(then, float(self.costs[at]))
        late = self.part(1 - self.thresholds.plateau_share).middle
        return late < then - share * abs(then)

    def index_at(self, share: float) -> int:
        """Index of the first point after this share of the steps."""
        first, last = int(self.steps[0]), int(self.steps[-1])
        return int(np.searchsorted(self.steps, first + share * (last - first), side="left"))

    def part(self, begin: float, end: float = 1.0) -> "Trajectory":
        """The stretch between two shares of training; holds at least one point."""
        stop = len(self) if end >= 1.0 else max(1, self.index_at(end))
        return self.slice(min(self.index_at(begin), stop - 1), stop)

    def slice(self, begin: int, end: int) -> "Trajectory":
        """The points from index `begin` up to `end`, exclusive."""
        return Trajectory(self.curve, self.steps[begin:end], self.costs[begin:end], self.thresholds)

    @property
    def middle(self) -> float:
        """The median of all points."""
        return median(self.costs)

    @cached_property
    def final(self) -> Estimate:
        """The mean level that the curve ended at; its error comes from the last half."""
        settings = self.thresholds
        count = max(len(self.part(1 - settings.final_share)), settings.fewest_final_points)
        last, half = self.costs[-count:], self.part(0.5)
        mean, deviation = trimmed_mean(last)
        noise = max(half.noise, deviation if len(last) >= 15 else 0.0)
        error = error_of_median(noise, len(last), half.blocks.correlation)
        return Estimate(mean, error)

    @cached_property
    def trend(self) -> Trend:
        """Trend of the block medians, per step."""
        return trend_of(self.blocks.centres, self.blocks.medians)


def trajectory_of(curve: Curve | None, thresholds: Thresholds) -> Trajectory | None:
    """Turn a curve into costs; None when there is no curve or none of its points is finite."""
    if curve is None:
        return None
    finite = np.isfinite(curve.values)
    if not finite.any():
        return None
    sign = -1.0 if curve.role.direction is Direction.HIGHER else 1.0
    return Trajectory(curve, curve.steps[finite], sign * curve.values[finite], thresholds)
