"""oscillation: the curve swings to the end instead of settling."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from advisor.findings import Severity
from advisor.lazy_dataclasses import dataclass
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
_CAUSES_OF_NOISE = ("batches too small", "learning rate too high", "values logged per batch")
_CAUSES_OF_RETURNS = (
    "learning rate too high",
    "too few episodes behind each value",
    "updates too large for the samples they rest on",
)


@rule("NR107", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "003", "004"))
def oscillation(descent: Descent) -> Iterator[Draft]:
    ends_finite = bool(np.isfinite(descent.trajectory.curve.values[-1]))
    if descent.rises_from_start or descent.came_trained or not ends_finite:
        return
    curve, held_out = descent.trajectory, descent.held_out
    swings = _swings(curve)
    if swings is not None and _is_the_model(descent, swings):
        yield _draft(descent, curve, swings)
    elif held_out is not None and (both := _swings_with_jitter(curve, held_out)):
        yield _draft(descent, held_out, both)
    elif held_out is not None and (together := _swings_together(curve, held_out)):
        yield _draft(descent, held_out, together)
    else:
        yield from _too_noisy(descent)


@dataclass(frozen=True, slots=True)
class _Swings:
    """Swings of the last half: size, as shares of range and level, length in steps, first step."""

    size: float
    share: float
    over_level: float
    period: int
    since: int


def _draft(descent: Descent, curve: Trajectory, swings: _Swings) -> Draft:
    return Draft(
        descent.span(swings.since),
        f"`{curve.tag}` swings by {number(swings.size)}, {percent(swings.share)} of its whole "
        f"range, to the end, about every {swings.period:,} steps",
        evidence=(
            figure("size of the swings", swings.size),
            share_of("share of the range", swings.share),
            figure("period in steps", swings.period),
        ),
        causes=_CAUSES_OF_RETURNS if descent.is_return else _CAUSES,
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
        causes=_CAUSES_OF_RETURNS if descent.is_return else _CAUSES_OF_NOISE,
    )


def _is_the_model(descent: Descent, swings: _Swings) -> bool:
    """Whether the model swings, not only the batches that it is measured on.

    Training values of single batches differ because the batches do; an evaluation sees the same
    rows each time. So evaluations must swing as well, where there are enough of them.
    """
    held_out, settings = descent.held_out, descent.thresholds
    if held_out is None or len(held_out) < settings.minimum_evaluations:
        curve = descent.trajectory
        if len(curve) >= 2 * settings.blocks:
            return swings.share >= settings.swing_share
        is_mean = curve.curve.role.per_epoch is True or descent.quantity == "return"
        return is_mean and swings.share >= settings.swing_share_of_few
    return _swings(held_out) is not None


def _swings_with_jitter(train: Trajectory, validation: Trajectory) -> _Swings | None:
    """Large swings of the evaluations while single training values scatter as well."""
    settings, level = train.thresholds, train.part(0.5).middle
    if len(validation) < settings.minimum_points or level <= 0:
        return None
    if train.part(0.5).noise < settings.jitter_level * level:
        return None
    swings = _swings(validation)
    if swings is None or swings.share < settings.swing_share_of_few:
        return None
    return swings if swings.over_level >= settings.swing_level else None


def _swings_together(train: Trajectory, validation: Trajectory) -> _Swings | None:
    """Swings from one evaluation to the next that the training rows show at the same steps.

    What scatters on both sets of rows at once is the model, not the batch nor the evaluation.
    """
    settings, half = train.thresholds, validation.part(0.5)
    level = half.middle
    if len(half) < settings.minimum_points or level <= 0:
        return None
    if half.noise < settings.jitter_level * level:
        return None
    at = np.minimum(np.searchsorted(train.steps, half.steps), len(train) - 1)
    pair = np.diff(train.costs[at]), np.diff(half.costs)
    if np.ptp(pair[0]) == 0 or np.corrcoef(*pair)[0, 1] < settings.swing_together:
        return None
    rest = half.costs - half.trend.slope * half.steps
    size, turns = float(np.ptp(rest)), int(np.sum(np.diff(np.sign(np.diff(rest))) != 0))
    period = int(2 * (half.steps[-1] - half.steps[0]) / max(turns, 1))
    share = size / float(np.ptp(validation.costs))
    if share < settings.swing_share_of_few or turns < settings.swing_turns * (len(rest) - 2):
        return None
    return _Swings(size, share, size / level, period, int(half.steps[0]))


def _swings(curve: Trajectory) -> _Swings | None:
    """What moves up and down in the last half, if it does so often and far enough."""
    settings = curve.thresholds
    few = len(curve) < 2 * settings.blocks
    x: NDArray[np.float64] = curve.steps.astype(float) if few else curve.blocks.centres
    y = curve.costs if few else curve.blocks.medians
    middle = len(y) // 2
    if len(y) - middle < 4 or np.ptp(y) == 0:
        return None
    rest = y[middle:] - curve.part(0.5).trend.slope * x[middle:]
    turns = int(np.sum(np.diff(np.sign(np.diff(rest))) != 0))
    size, level = float(np.ptp(rest)), float(np.median(y[middle:]))
    period = int(2 * (x[-1] - x[middle]) / max(turns, 1))
    over_level = size / level if level > 0 else 0.0
    swings = _Swings(size, size / float(np.ptp(y)), over_level, period, int(x[middle]))
    noise = 0.0 if few else float(np.max(curve.blocks.errors[middle:]))
    often = turns >= settings.swing_turns * (len(rest) - 2)
    far = swings.share >= settings.swing_share or over_level >= settings.swing_level
    return swings if often and far and size >= settings.swing_errors * noise else None
