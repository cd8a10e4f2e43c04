"""oscillation: the curve swings to the end instead of settling."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.facts import Descent
from advisor.runs.wording import figure, number, percent, share_of

_CAUSES = (
    "learning rate too high",
    "data or labels corrupted by shuffling (NN508)",
    "gradients of earlier steps never cleared (NN101)",
    "batches too small",
)


@rule("NR107", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "003", "004"))
def oscillation(descent: Descent) -> Iterator[Draft]:
    ends_finite = bool(np.isfinite(descent.trajectory.curve.values[-1]))
    if descent.rises_from_start or descent.came_trained or not ends_finite:
        return
    swings = _swings(descent.trajectory)
    if swings is not None and _is_the_model(descent, swings):
        yield from _swinging(descent, swings)
    else:
        yield from _too_noisy(descent)


@dataclass(frozen=True, slots=True)
class _Swings:
    """Swings of the last half: size, share of the whole range, length in steps, first step."""

    size: float
    share: float
    period: int
    since: int


def _swinging(descent: Descent, swings: _Swings) -> Iterator[Draft]:
    yield Draft(
        descent.span(swings.since),
        f"{descent.subject} swings by {number(swings.size)}, {percent(swings.share)} of its whole "
        f"range, to the end, about every {swings.period:,} steps",
        evidence=(
            figure("size of the swings", swings.size),
            share_of("share of the range", swings.share),
            figure("period in steps", swings.period),
        ),
        causes=_CAUSES,
    )


def _too_noisy(descent: Descent) -> Iterator[Draft]:
    """Single values scatter as much as the curve ever moved."""
    curve, settings = descent.trajectory, descent.thresholds
    noise = curve.part(0.5).noise
    level = abs(curve.final.value)
    progress = curve.progress if curve.has_learned else 0.0
    if noise < settings.jitter_level * level or noise <= settings.jitter_progress * progress:
        return
    yield Draft(
        descent.span(),
        f"{descent.subject} scatters by {number(noise)} from value to value around "
        f"{number(curve.shown(curve.final.value))}, which hides whether it improves",
        evidence=(
            figure("noise of one value", noise),
            figure("progress beyond noise", progress),
            share_of("noise over level", noise / level if level else 0.0),
        ),
        severity=Severity.INFO,
        causes=("batches too small", "learning rate too high", "values logged per batch"),
    )


def _is_the_model(descent: Descent, swings: _Swings) -> bool:
    """Whether the model swings, not only the batches that it is measured on.

    Training values of single batches differ because the batches do; an evaluation sees the same
    rows each time. So evaluations must swing as well, where there are enough of them.
    """
    held_out, settings = descent.held_out, descent.thresholds
    if held_out is None or len(held_out) < settings.minimum_evaluations:
        return swings.share >= settings.swing_share
    return _swings(held_out) is not None


def _swings(curve: Trajectory) -> _Swings | None:
    settings = curve.thresholds
    few = len(curve) < 2 * settings.blocks
    x: NDArray[np.float64] = curve.steps.astype(float) if few else curve.blocks.centres
    y = curve.costs if few else curve.blocks.medians
    middle = len(y) // 2
    if len(y) - middle < 4:
        return None
    trend = curve.part(0.5).trend.slope
    rest = y[middle:] - trend * x[middle:]
    size, whole = float(np.ptp(rest)), float(np.ptp(y))
    turns = int(np.sum(np.diff(np.sign(np.diff(rest))) != 0))
    if not few and size < settings.swing_errors * float(np.max(curve.blocks.errors[middle:])):
        return None
    if whole == 0 or turns < settings.swing_turns * (len(rest) - 2):
        return None
    period = int(2 * (x[-1] - x[middle]) / max(turns, 1))
    level = float(np.median(y[middle:]))
    if size < min(
        settings.swing_share * whole, settings.swing_level * level if level > 0 else np.inf
    ):
        return None
    return _Swings(size, size / whole, period, int(x[middle]))
