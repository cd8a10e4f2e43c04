"""A long curve as a few robust levels: medians of blocks of equal count, with their errors."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from advisor.runs.noise import error_of_median, lag_one_correlation, median, point_noise

Floats = NDArray[np.float64]
_POINTS_FOR_OWN_NOISE = 15


@dataclass(frozen=True, slots=True)
class Blocks:
    """Levels of a curve: one median per block, its standard error, the steps each block covers.

    All arrays have one entry per block; `noises` are standard deviations of single points,
    `centres` mid-block positions in steps. `correlation` is how alike neighbouring points are.
    """

    medians: Floats
    errors: Floats
    noises: Floats
    centres: Floats
    first_steps: NDArray[np.int64]
    last_steps: NDArray[np.int64]
    correlation: float

    def __len__(self) -> int:
        return len(self.medians)

    @property
    def lowest(self) -> int:
        """Index of the block with the lowest median."""
        return int(np.argmin(self.medians))


def blocks_of(steps: NDArray[np.int64], values: Floats, count: int) -> Blocks:
    """Cut a curve of at least one point into `count` blocks, or one per point if it has fewer."""
    edges = np.linspace(0, len(values), min(count, len(values)) + 1).astype(int)
    spans = list(pairwise(edges.tolist()))
    medians = np.array([median(values[a:b]) for a, b in spans])
    centres = np.array([np.mean(steps[a:b]) for a, b in spans])
    correlation = lag_one_correlation(values - np.interp(steps, centres, medians))
    if len(medians) == len(values):
        correlation = 0.0
    noises = np.array([_noise_around(values, a, b) for a, b in spans])
    errors = np.array(
        [error_of_median(s, b - a, correlation) for s, (a, b) in zip(noises, spans, strict=True)]
    )
    first, last = steps[edges[:-1]], steps[edges[1:] - 1]
    return Blocks(medians, errors, noises, centres, first, last, correlation)


def _noise_around(values: Floats, start: int, stop: int) -> float:
    """Noise of the stretch and its neighbourhood: it changes along a curve as the loss falls."""
    margin = max(stop - start, _POINTS_FOR_OWN_NOISE)
    return point_noise(values[max(0, start - margin) : stop + margin])
