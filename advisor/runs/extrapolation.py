"""Where a curve would go if training went on: a power law with a bootstrapped band."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.runs.blocks import Blocks

Floats = NDArray[np.float64]
_EXPONENTS = np.geomspace(0.05, 2.0, 12)
_OFFSETS = np.array([0.01, 0.05, 0.2, 0.5])
_REPLICATES = 200
_SEED = 0


@dataclass(frozen=True, slots=True)
class Projection:
    """The fall still to be expected until `step`: the best estimate and an 80 % interval."""

    step: int
    gain: float
    low: float
    high: float


def project(levels: Blocks, further: float) -> Projection | None:
    """Extend falling block medians by `further` times their length in steps.

    Fits L(t) = L∞ + A (t + t₀)^-a with A ≥ 0 on a grid of a and t₀ and resamples residuals, at
    least as large as the blocks' own errors. None below 6 blocks.
    """
    if len(levels) < 6:
        return None
    length = levels.centres[-1] - levels.centres[0]
    times = (levels.centres - levels.centres[0]) / length
    fit, last, future = _best_fit(times, levels.medians[None, :], 1 + further)
    residuals = levels.medians - fit[0]
    size = np.maximum(np.std(residuals), levels.errors)
    draws = np.random.default_rng(_SEED).normal(size=(_REPLICATES, len(times))) * size
    _, lasts, futures = _best_fit(times, fit + draws, 1 + further)
    low, high = np.quantile(lasts - futures, [0.1, 0.9])
    step = int(levels.centres[-1] + further * length)
    return Projection(step, float(last[0] - future[0]), float(low), float(high))


def _best_fit(times: Floats, curves: Floats, horizon: float) -> tuple[Floats, Floats, Floats]:
    """Fitted values (N, K), value at time 1 (N,) and at the horizon (N,) for N curves (N, K)."""
    exponents, offsets = (grid.ravel() for grid in np.meshgrid(_EXPONENTS, _OFFSETS))
    basis = (times[None, :] + offsets[:, None]) ** -exponents[:, None]
    centred = basis - basis.mean(axis=1, keepdims=True)
    middle = curves.mean(axis=1, keepdims=True)
    power = np.sum(centred**2, axis=1)
    slopes = np.maximum(0.0, (curves - middle) @ centred.T / power)
    errors = np.sum((curves - middle) ** 2, axis=1, keepdims=True) - 2 * slopes * (
        (curves - middle) @ centred.T
    )
    errors = errors + slopes**2 * power
    chosen = np.argmin(errors, axis=1)
    slope = np.take_along_axis(slopes, chosen[:, None], axis=1)[:, 0]
    constant = middle[:, 0] - slope * basis[chosen].mean(axis=1)
    fits = constant[:, None] + slope[:, None] * basis[chosen]

    def value_at(time: float) -> Floats:
        return np.asarray(constant + slope * (time + offsets[chosen]) ** -exponents[chosen])

    return fits, value_at(1.0), value_at(horizon)
