"""divergence: the curve had come down, then rose and stayed up."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Descent
from advisor.runs.wording import figure, figure_at, number, step, times

_CAUSES = (
    "learning rate too high",
    "numerical issues (exp, log, division)",
    "gradients not clipped",
    "gradients of earlier steps never cleared (NN101)",
)


@rule("NR105", severity=Severity.ERROR, step=Step.SKELETON, sources=("002",))
def divergence(descent: Descent) -> Iterator[Draft]:
    if descent.is_held_out:
        return
    if draft := _explosion(descent) or _sustained_rise(descent):
        yield draft


def _explosion(descent: Descent) -> Draft | None:
    """A last finite value far above the level before it, right before NaN."""
    curve = descent.trajectory
    if np.isfinite(curve.curve.values[-1]) or len(curve) < 3:
        return None
    last = float(curve.costs[-1])
    level = float(np.median(curve.costs[-descent.thresholds.spike_window : -1]))
    if level <= 0 or last < descent.thresholds.explosion * level:
        return None
    at = int(curve.steps[-1])
    return Draft(
        descent.span(at, int(curve.curve.steps[-1])),
        f"{descent.subject} explodes to {number(last)}, {times(last / level)} its level, at "
        f"{step(at)} and is not finite afterwards",
        evidence=(figure("level before", level), figure("last finite value", last)),
        causes=_CAUSES,
    )


def _sustained_rise(descent: Descent) -> Draft | None:
    curve, settings = descent.trajectory, descent.thresholds
    blocks, bottom = curve.blocks, curve.blocks.lowest
    if not curve.has_learned or bottom >= len(blocks) - 2 or len(curve) < settings.minimum_points:
        return None
    stays_at = float(np.min(blocks.medians[-2:]))
    rise = stays_at - curve.best
    enough = settings.divergence_errors * curve.typical_error
    if rise < settings.divergence_share * curve.progress or rise < enough:
        return None
    above = blocks.medians > curve.best + settings.divergence_share * curve.progress
    onset = int(blocks.first_steps[bottom + int(np.argmax(above[bottom:]))])
    best, final = curve.shown(curve.best), curve.shown(curve.final.value)
    word = "falls back" if curve.is_flipped else "rises"
    return Draft(
        descent.span(int(blocks.last_steps[bottom]), int(curve.steps[-1])),
        f"{descent.subject} {word} from {number(best)} to {number(final)} after "
        f"{step(int(blocks.last_steps[bottom]))} and does not recover",
        evidence=(
            figure("best level", best),
            figure("final level", final),
            figure_at("half of the progress lost by", onset),
            *_circumstances(descent, onset),
        ),
        causes=_CAUSES,
    )


def _circumstances(descent: Descent, at: int) -> Iterator[Evidence]:
    """Learning rate and gradient norm when it happened."""
    if descent.schedule is not None:
        yield figure("learning rate then", descent.schedule.at(at))
    gradient = descent.gradient
    if gradient is not None and len(gradient) > 2:
        near = gradient.costs[np.argsort(np.abs(gradient.steps - at))[:5]]
        yield figure("gradient norm then", float(np.median(near)))
