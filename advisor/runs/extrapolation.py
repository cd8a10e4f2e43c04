"""Where a curve would go if training went on: two laws of decay with a bootstrapped band."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.runs.blocks import Blocks

Floats = NDArray[np.float64]
_REPLICATES = 200
_SEED = 0
_FEWEST_BLOCKS = 6
_ALSO_GOOD = 1.5
_EXPONENTS, _OFFSETS = (
    grid.ravel()
    for grid in np.meshgrid(np.geomspace(0.05, 2.0, 12), np.array([0.01, 0.05, 0.2, 0.5]))
)
_RATES = np.geomspace(0.3, 20.0, 48)


@dataclass(frozen=True, slots=True)
class Projection:
    """The fall still to be expected until `step`: the best estimate and an 80 % interval."""

    step: int
    gain: float
    low: float
    high: float


def _power_laws(time: Floats) -> Floats:
    """(t + t₀)^-a for a grid of a and t₀: shape (grid, times)."""
    return np.asarray((time[None, :] + _OFFSETS[:, None]) ** -_EXPONENTS[:, None])


def _exponentials(time: Floats) -> Floats:
    """exp(-k t) for a grid of k: shape (grid, times)."""
    return np.exp(-_RATES[:, None] * time[None, :])


def project(levels: Blocks, further: float) -> Projection | None:
    """Extend falling block medians by `further` times their length in steps.

    Fits L(t) = L∞ + A f(t) with A ≥ 0 for power laws and for exponentials and resamples residuals
    that are at least as large as the blocks' own errors. The interval holds both laws where both
    fit about as well, since a curve seldom tells which one it follows. None below 6 blocks.
    """
    if len(levels) < _FEWEST_BLOCKS:
        return None
    length = levels.centres[-1] - levels.centres[0]
    times = (levels.centres - levels.centres[0]) / length
    fits = [_fit(law, times, levels, 1 + further) for law in (_power_laws, _exponentials)]
    best = min(fits, key=lambda fit: fit.error)
    good = [fit for fit in fits if fit.error <= _ALSO_GOOD * best.error]
    step = int(levels.centres[-1] + further * length)
    low, high = min(fit.low for fit in good), max(fit.high for fit in good)
    return Projection(step, best.gain, low, high)


@dataclass(frozen=True, slots=True)
class _Fit:
    error: float
    gain: float
    low: float
    high: float


def _fit(law: Callable[[Floats], Floats], times: Floats, levels: Blocks, horizon: float) -> _Fit:
    shapes, ends = law(times), law(np.array([1.0, horizon]))
    fitted, (gain,) = _closest(shapes, ends, levels.medians[None, :])
    residuals = levels.medians - fitted[0]
    size = np.maximum(np.std(residuals), levels.errors)
    draws = np.random.default_rng(_SEED).normal(size=(_REPLICATES, len(times))) * size
    _, gains = _closest(shapes, ends, fitted + draws)
    low, high = np.quantile(gains, [0.1, 0.9])
    return _Fit(float(np.sum(residuals**2)), float(gain), float(low), float(high))


def _closest(shapes: Floats, ends: Floats, curves: Floats) -> tuple[Floats, Floats]:
    """Least squares over the grid of shapes (grid, times) for N curves (N, times).

    Returns the fitted curves (N, times) and the fall between the two `ends` (grid, 2), (N,).
    """
    centred = shapes - shapes.mean(axis=1, keepdims=True)
    power = np.sum(centred**2, axis=1)
    middle = curves.mean(axis=1, keepdims=True)
    products = (curves - middle) @ centred.T
    slopes = np.maximum(0.0, products / power)
    errors = slopes**2 * power - 2 * slopes * products
    chosen = np.argmin(errors, axis=1)
    slope = np.take_along_axis(slopes, chosen[:, None], axis=1)
    fitted = middle + slope * centred[chosen]
    return fitted, slope[:, 0] * (ends[chosen, 0] - ends[chosen, 1])
