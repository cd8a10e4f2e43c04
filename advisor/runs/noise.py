"""How much a single logged value scatters, told apart from where the curve is going."""

import numpy as np
from numpy.typing import NDArray

_MAD_TO_SIGMA = 1.4826
_MEAN_TO_SIGMA = 1.2533
_MEDIAN_EFFICIENCY = 1.2533
_LARGEST_CORRELATION = 0.95
_ABSURD = 8.0
_FEW = 1000

Floats = NDArray[np.float64]


def median(values: Floats) -> float:
    """The median of one finite value or more: `numpy.median`, at a tenth of its cost for few."""
    count = len(values)
    if count > _FEW:
        return float(np.median(values))
    ordered, middle = np.sort(values), count // 2
    if count % 2:
        return float(ordered[middle])
    return float((ordered[middle - 1] + ordered[middle]) / 2)


def spread(values: Floats) -> float:
    """Standard deviation of `values`, robust against outliers: 1.4826 × their MAD.

    Where more than half of the values coincide, so that the MAD is 0, the mean deviation of the
    inner 90 % stands in.
    """
    if len(values) < 2:
        return 0.0
    deviations = np.sort(np.abs(values - median(values)))
    mad = median(deviations)
    if mad > 0:
        return _MAD_TO_SIGMA * mad
    return _MEAN_TO_SIGMA * float(np.mean(deviations[: max(1, int(0.9 * len(deviations)))]))


def point_noise(values: Floats) -> float:
    """Standard deviation of one point around its curve, in the unit of `values`.

    Taken from differences of neighbours, so that no trend is mistaken for noise; below 15 points
    from second differences, so that no bend is either.
    """
    if len(values) < 3:
        return 0.0
    if len(values) < 15:
        return spread(np.diff(values, 2)) / 6**0.5
    return spread(np.diff(values)) / 2**0.5


def trimmed_mean(values: Floats) -> tuple[float, float]:
    """Mean and standard deviation without values that lie absurdly far from the median.

    Losses of small batches are skewed, so that their median lies below their mean: to be compared
    with an evaluation they must be averaged. What lies more than 8 mean deviations off is left
    out, which costs an exponential distribution 2 % of its mean and takes out every spike.
    """
    deviations = np.abs(values - median(values))
    scale = float(np.mean(deviations))
    kept = values[deviations <= _ABSURD * scale] if scale > 0 else values
    return float(np.mean(kept)), float(np.std(kept))


def lag_one_correlation(residuals: Floats) -> float:
    """How alike neighbouring residuals are: 0 for white noise, cut off at 0.95."""
    if len(residuals) < 4:
        return 0.0
    centred = residuals - np.mean(residuals)
    power = float(np.dot(centred, centred))
    if power == 0:
        return 0.0
    return float(np.clip(np.dot(centred[1:], centred[:-1]) / power, -1, _LARGEST_CORRELATION))


def error_of_median(noise: float, count: int, correlation: float = 0.0) -> float:
    """Standard error of the median of `count` points that scatter by `noise`.

    Neighbours that resemble each other count for less: the error grows by
    sqrt((1 + r) / (1 - r)) for a positive lag-one correlation r.
    """
    r = min(max(correlation, 0.0), _LARGEST_CORRELATION)
    efficiency = 1.0 if count < 3 else _MEDIAN_EFFICIENCY
    alikeness = (1 + r) / (1 - r)
    return float(efficiency * noise * (alikeness / max(count, 1)) ** 0.5)
