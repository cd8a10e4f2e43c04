"""divergence: the curve had come down, then rose and stayed up."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import CurveSpan, Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.facts import Descent
from advisor.runs.trend import trend_of
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
    draft = _explosion(descent) or _beyond_bounds(descent)
    draft = draft or _sustained_rise(descent, descent.trajectory) or _both_rise(descent)
    draft = draft or _collapse(descent) or _accuracy_lost(descent)
    if draft := draft or _evaluations_explode(descent):
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


def _beyond_bounds(descent: Descent) -> Draft | None:
    """Values that no loss has but one that exploded before the first of them was logged."""
    curve = descent.trajectory
    if curve.best < descent.thresholds.absurd_loss:
        return None
    level = curve.final.value
    return Draft(
        descent.span(),
        f"{descent.subject} is at {number(level)} from its first value on: it exploded before that "
        "was logged",
        evidence=(
            figure("lowest level", curve.best),
            *_circumstances(descent, int(curve.steps[0])),
        ),
        causes=_CAUSES,
    )


def _both_rise(descent: Descent) -> Draft | None:
    """What evaluations or accuracies lose shows what noise hides, if the loss rises as well."""
    for curve in (descent.held_out, descent.accuracy):
        if curve is None:
            continue
        best = int(curve.blocks.last_steps[curve.blocks.lowest])
        if descent.trajectory.rises_after(best) and (draft := _sustained_rise(descent, curve)):
            return draft
    return None


def _sustained_rise(descent: Descent, curve: Trajectory) -> Draft | None:
    settings = descent.thresholds
    blocks, bottom = curve.blocks, curve.blocks.lowest
    if bottom >= len(blocks) - 2 or len(curve) < settings.minimum_points:
        return None
    stays_at = float(np.min(blocks.medians[-2:]))
    rise = stays_at - curve.best
    if rise < settings.divergence_share * curve.progress or not _is_real(curve, rise):
        return None
    above = blocks.medians > curve.best + settings.divergence_share * curve.progress
    onset = int(blocks.first_steps[bottom + int(np.argmax(above[bottom:]))])
    best, final = curve.shown(curve.best), curve.shown(curve.final.value)
    word = "falls back" if curve.is_flipped else "rises"
    return Draft(
        CurveSpan(
            descent.run.name,
            (curve.tag,),
            int(blocks.last_steps[bottom]),
            int(curve.steps[-1]),
        ),
        f"`{curve.tag}` {word} from {number(best)} to {number(final)} after "
        f"{step(int(blocks.last_steps[bottom]))} and does not recover",
        evidence=(
            figure("best level", best),
            figure("final level", final),
            figure_at("half of the progress lost by", onset),
            *_circumstances(descent, onset),
        ),
        causes=_CAUSES,
    )


def _is_real(curve: Trajectory, rise: float) -> bool:
    """Whether a rise since the lowest level is more than noise: by its size, or by its steadiness.

    A few values that climb one after the other scatter by the climb itself.
    """
    settings, blocks = curve.thresholds, curve.blocks
    if curve.has_learned and rise >= settings.divergence_errors * curve.typical_error:
        return True
    since = slice(blocks.lowest, None)
    steady = trend_of(blocks.centres[since], blocks.medians[since]).rises(settings.creeping_z)
    far = curve.progress if curve.has_learned else settings.rise_share * curve.scale
    return steady and rise >= max(far, settings.gap_errors * curve.typical_error)


def _evaluations_explode(descent: Descent) -> Draft | None:
    """Evaluations that end far above their best while training has not got better since either."""
    held_out, settings = descent.held_out, descent.thresholds
    if held_out is None or len(held_out) < settings.minimum_points:
        return None
    bottom = int(np.argmin(held_out.costs))
    best, at = float(held_out.costs[bottom]), int(held_out.steps[bottom])
    usual = held_out.part(1 - settings.plateau_share).middle
    if best <= 0 or usual < settings.explosion * best or descent.trajectory.falls_after(at):
        return None
    if usual - best < settings.gap_errors * max(held_out.noise, held_out.part(0.5).noise):
        return None
    return Draft(
        CurveSpan(descent.run.name, (held_out.tag,), at, int(held_out.steps[-1])),
        f"`{held_out.tag}` rises from {number(best)} to {number(usual)} after {step(at)}, and "
        f"{descent.subject} has not fallen since either",
        evidence=(
            figure("best evaluation", best),
            figure("usual one of the last part", usual),
            *_circumstances(descent, at),
        ),
        severity=Severity.WARNING,
        causes=_CAUSES,
    )


def _collapse(descent: Descent) -> Draft | None:
    """What was learned is lost at once, stays lost for a while, and is not all regained."""
    curve, settings = descent.trajectory, descent.thresholds
    if not curve.has_learned or len(curve) < settings.minimum_points:
        return None
    blocks, half = curve.blocks, settings.divergence_share * curve.progress
    above = np.flatnonzero(blocks.medians > curve.best + half)
    above = above[above > blocks.lowest]
    in_a_row = len(above) >= settings.collapse_levels and above[-1] - above[0] == len(above) - 1
    if not in_a_row or blocks.medians[-1] < curve.best + half / 2:
        return None
    highest = float(blocks.medians[above].max())
    if highest - curve.best < settings.divergence_errors * curve.typical_error:
        return None
    best, final = curve.shown(curve.best), curve.shown(curve.final.value)
    onset = int(blocks.first_steps[above[0]])
    return Draft(
        descent.span(int(blocks.last_steps[blocks.lowest]), int(curve.steps[-1])),
        f"{descent.subject} jumps from {number(best)} to {number(curve.shown(highest))} at "
        f"{step(onset)} and has only come back to {number(final)}",
        evidence=(
            figure("best level", best),
            figure("level after the jump", curve.shown(highest)),
            figure("final level", final),
            *_circumstances(descent, onset),
        ),
        severity=Severity.WARNING,
        causes=_CAUSES,
    )


def _accuracy_lost(descent: Descent) -> Draft | None:
    """An accuracy that is lost after its first evaluations, while the loss gets nowhere either."""
    accuracy, curve = descent.accuracy, descent.trajectory
    if accuracy is None or not descent.accuracy_is_lost_for_good:
        return None
    if curve.progress >= descent.thresholds.divergence_share * curve.scale:
        return None
    first, final = -float(accuracy.costs[0]), -accuracy.final.value
    below = -accuracy.costs < (1 - descent.thresholds.collapse_share) * first
    onset = int(accuracy.steps[int(np.argmax(below))])
    return Draft(
        CurveSpan(descent.run.name, (accuracy.tag,), int(accuracy.steps[0]), int(curve.steps[-1])),
        f"`{accuracy.tag}` falls from {number(first)} to {number(final)} and does not recover",
        evidence=(
            figure("first value", first),
            figure("final level", final),
            figure_at("lost by", onset),
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
