"""Values that stand far out of their neighbourhood."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.runs.curves import Trajectory

_CHUNK = 100_000
_NEIGHBOURS = 20
_QUANTILE_95 = 1.645


@dataclass(frozen=True, slots=True)
class Spike:
    """A group of neighbouring outliers: its indices, the highest value and the level around it."""

    first: int
    last: int
    value: float
    level: float
    recovered: bool


def running_median(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Median of the `window` values before each value; the first ones share the first window."""
    padded = np.concatenate([values[:window], values])
    views = np.lib.stride_tricks.sliding_window_view(padded, window)[: len(values)]
    parts = [np.median(views[at : at + _CHUNK], axis=1) for at in range(0, len(values), _CHUNK)]
    return np.concatenate(parts)


def spikes_of(curve: Trajectory) -> tuple[Spike, ...]:
    """Rises of single values, or a few in a row, far above the median of the values before them.

    Measured against the noise of the stretch they lie in; a curve of fewer than two windows has
    none.
    """
    settings = curve.thresholds
    if len(curve) < 2 * settings.spike_window:
        return ()
    level = running_median(curve.costs, settings.spike_window)
    edges = np.searchsorted(curve.blocks.last_steps, curve.steps)
    noise = _scatter_above(curve, level)[np.minimum(edges, len(curve.blocks) - 1)]
    limit = np.maximum(settings.spike_noise * noise, (settings.spike_factor - 1) * np.abs(level))
    excess = (curve.costs - level)[settings.spike_window :]
    out = excess > limit[settings.spike_window :]
    half = excess > limit[settings.spike_window :] / 2
    groups = _groups(np.flatnonzero(out) + settings.spike_window)
    is_tail = len(_groups(np.flatnonzero(half))) > settings.spike_tail * len(groups)
    if is_tail and len(groups) > settings.few_spikes:
        return ()
    return tuple(_spike(curve, level, noise, first, last) for first, last in groups)


def _scatter_above(curve: Trajectory, level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Noise per block, or the width of the upper tail where that is larger, as for skewed losses.

    The width is that of a normal distribution with the same 95 % quantile.
    """
    excess = curve.costs - level
    first = np.searchsorted(curve.steps, curve.blocks.first_steps)
    stop = np.searchsorted(curve.steps, curve.blocks.last_steps, side="right")
    widths = [
        np.quantile(excess[max(0, a - _NEIGHBOURS) : b + _NEIGHBOURS], 0.95) / _QUANTILE_95
        for a, b in zip(first, stop, strict=True)
    ]
    return np.maximum(curve.blocks.noises, np.array(widths))


def _groups(indices: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Runs of indices that lie at most two apart, as (first, last)."""
    if len(indices) == 0:
        return []
    parts = np.split(indices, np.flatnonzero(np.diff(indices) > 2) + 1)
    return [(int(part[0]), int(part[-1])) for part in parts]


def _spike(
    curve: Trajectory,
    level: NDArray[np.float64],
    noise: NDArray[np.float64],
    first: int,
    last: int,
) -> Spike:
    after = curve.costs[last + 1 : last + 1 + curve.thresholds.spike_window]
    limit = float(level[first] + curve.thresholds.spike_noise * noise[first])
    recovered = len(after) > 0 and float(np.median(after)) <= limit
    highest = float(np.max(curve.costs[first : last + 1]))
    return Spike(first, last, highest, float(level[first]), recovered)
