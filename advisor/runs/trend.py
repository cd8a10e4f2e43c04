"""Is a curve going anywhere? Mann-Kendall and Theil-Sen, for block medians, never smoothed data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True)
class Trend:
    """The monotone trend of y over x.

    `z` is the Mann-Kendall statistic (negative: falling), `slope` the Theil-Sen estimate per unit
    of x and `low` … `high` its 95 % interval (Sen 1968).
    """

    z: float
    slope: float
    low: float
    high: float

    def falls(self, z: float) -> bool:
        """Whether the fall is significant at the given size of `z`."""
        return self.z < -z and self.high < 0

    def rises(self, z: float) -> bool:
        """Whether the rise is significant at the given size of `z`."""
        return self.z > z and self.low > 0


def trend_of(x: Floats, y: Floats) -> Trend:
    """Estimate the trend; costs O(n²), so pass block medians. Fewer than 3 points have none."""
    if len(y) < 3:
        return Trend(0.0, 0.0, -np.inf, np.inf)
    first, second = np.triu_indices(len(y), 1)
    rises = y[second] - y[first]
    slopes = np.sort(rises / (x[second] - x[first]))
    deviation = _deviation_of_kendall(y)
    score = float(np.sum(np.sign(rises)))
    z = (score - np.sign(score)) / deviation if deviation > 0 else 0.0
    reach = _TWO_SIDED_95 * deviation
    low = slopes[max(0, int((len(slopes) - reach) / 2))]
    high = slopes[min(len(slopes) - 1, int((len(slopes) + reach) / 2))]
    return Trend(float(z), float(np.median(slopes)), float(low), float(high))


def _deviation_of_kendall(y: Floats) -> float:
    n = len(y)
    _, ties = np.unique(y, return_counts=True)
    tied = float(np.sum(ties * (ties - 1) * (2 * ties + 5)))
    return float(max(0.0, (n * (n - 1) * (2 * n + 5) - tied) / 18) ** 0.5)
