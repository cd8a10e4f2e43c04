"""One horizontal axis for curves that count different things: steps, epochs, examples."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from advisor.runs.run import Curve

Floats = NDArray[np.float64]


def positions_on(reference: Curve, curve: Curve, comparable: float) -> Floats:
    """The steps of `curve` in those of `reference`.

    Curves whose last steps differ by more than the factor `comparable` count different things;
    they are aligned by wall time, or if the clocks do not help, stretched to the same length.
    """
    steps = curve.steps.astype(np.float64)
    ends = float(reference.steps[-1]) + 1, float(curve.steps[-1]) + 1
    if curve is reference or max(ends) <= comparable * min(ends):
        return steps
    clock, own = reference.wall_times, curve.wall_times
    overlap = own[0] <= clock[-1] and own[-1] >= clock[0]
    if overlap and clock[-1] > clock[0] and np.all(np.diff(clock) >= 0):
        return np.interp(own, clock, reference.steps).astype(np.float64)
    first, last = float(reference.steps[0]), float(reference.steps[-1])
    return np.linspace(first, last, len(curve)).astype(np.float64)


def longest(curves: Sequence[Curve]) -> Curve:
    """The curve with the most points, the first of several: the natural axis for the others."""
    return max(curves, key=len)
