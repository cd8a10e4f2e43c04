"""Where a curve has stopped moving, and the level that it stopped at."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from advisor.runs.blocks import blocks_of
from advisor.runs.curves import Estimate, Trajectory
from advisor.runs.monotone import falling_fit
from advisor.runs.noise import error_of_median, point_noise, trimmed_mean

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FlatEnd:
    """The flat last part of a curve: the step it begins at, and its mean level with its error."""

    since: int
    level: Estimate


def flat_end_of(curve: Trajectory) -> FlatEnd | None:
    """The flat end of a curve, if it makes up a good part of the run; else None."""
    tail = curve.part(1 - curve.thresholds.plateau_share)
    if not _is_flat(curve, tail):
        return None
    since = _onset(curve, tail)
    rest = curve.slice(int(np.searchsorted(curve.steps, since)), len(curve))
    mean, _ = trimmed_mean(rest.costs)
    error = error_of_median(rest.noise, len(rest), rest.blocks.correlation)
    return FlatEnd(since, Estimate(mean, error))


def _is_flat(curve: Trajectory, tail: Trajectory) -> bool:
    """Whether the tail falls by no more than the width of flatness, at about the best level.

    A slight rise is no progress either.
    """
    settings, length = curve.thresholds, float(tail.steps[-1] - tail.steps[0])
    width = max(_negligible(curve, tail), 2 * min(tail.typical_error, curve.typical_error))
    change = tail.trend.slope * length
    rise = settings.plateau_height * curve.settled_progress + width
    if len(tail) < 3 or not -width <= change <= rise or not np.isfinite(tail.trend.low):
        return False
    if tail.trend.falls(settings.trend_z) and -change > width / 2:
        return False
    return tail.middle <= curve.best + rise


def _negligible(curve: Trajectory, tail: Trajectory) -> float:
    """The change that counts as none however clean the curve is: of progress, and of the level."""
    settings = curve.thresholds
    width = settings.plateau_change * curve.settled_progress
    if tail.middle > 0 and not curve.is_flipped:
        width = min(width, settings.plateau_ratio * tail.middle)
    return width


def _onset(curve: Trajectory, tail: Trajectory) -> int:
    """The first step at which the best falling fit has come down to the level of the tail.

    The fit pools as many neighbours as noise demands, so that a slow descent is not lost in it as
    it is in the error of a single block.
    """
    settings = curve.thresholds
    blocks = blocks_of(curve.steps, curve.costs, settings.plateau_blocks)
    late = blocks.first_steps >= tail.steps[0]
    level = float(np.mean(blocks.medians[late])) if late.any() else tail.middle
    error = point_noise(blocks.medians) * (2 / max(int(late.sum()), 1)) ** 0.5
    fit = falling_fit(_without_spikes(blocks.medians))
    reached = fit <= level + max(_negligible(curve, tail), error)
    first = int(blocks.first_steps[int(np.argmax(reached))]) if reached.any() else curve.steps[-1]
    return int(min(first, tail.steps[0]))


def _without_spikes(values: Floats) -> Floats:
    """Each value replaced by the median of itself and its neighbours, which keeps a steady fall."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    medians: Floats = np.median(sliding_window_view(padded, 3), axis=1)
    return medians
