"""A curve in one line of text."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from advisor.runs.curves import Trajectory

_BARS = {True: "▁▂▃▄▅▆▇█", False: "_.-~=*#@"}
_WIDE = 20.0


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of values that several sparklines share, so that they can be compared."""

    low: float
    high: float
    is_log: bool

    def height(self, value: float) -> float:
        """Where a value lies: 0 at the bottom, 1 at the top."""
        value = min(max(value, self.low), self.high)
        if self.is_log:
            return log(value / self.low) / log(self.high / self.low)
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0


def common_scale(curves: Sequence[Trajectory]) -> Scale:
    """A scale on which all curves fit, but for what lies far above the usual start.

    It is logarithmic if it is wide."""
    levels = np.concatenate([_levels(curve) for curve in curves])
    low, high = float(levels.min()), float(np.percentile(levels, 95))
    starts = float(np.median([_levels(curve)[0] for curve in curves]))
    high = max(min(high, 2 * starts), low) if starts > low else max(high, low)
    return Scale(low, high, low > 0 and high > _WIDE * low)


def sparkline(curve: Trajectory | None, scale: Scale, *, width: int, unicode: bool) -> str:
    """The levels of a curve as bars; shorter than `width` if it has fewer points."""
    if curve is None:
        return ""
    bars, levels = _BARS[unicode], _levels(curve)
    columns = np.array_split(levels, min(width, len(levels)))
    heights = (scale.height(float(np.median(column))) for column in columns)
    line = "".join(bars[min(int(len(bars) * height), len(bars) - 1)] for height in heights)
    broke = not np.isfinite(curve.curve.values[-1])
    return line + ("×" if unicode else "x") if broke else line


def _levels(curve: Trajectory) -> NDArray[np.float64]:
    return -curve.blocks.medians if curve.is_flipped else curve.blocks.medians
