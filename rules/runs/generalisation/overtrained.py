"""overtrained: the best model was reached long before the end."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.blocks import blocks_of
from advisor.runs.curves import Trajectory
from advisor.runs.facts import HeldOut
from advisor.runs.monotone import valley_of
from advisor.runs.noise import spread
from advisor.runs.wording import figure, figure_at, number, percent, step

_CAUSES = ("trained past the point of over-fitting", "no early stopping, best weights not kept")
_FINEST_FIT = 100


@rule("NR206", severity=Severity.WARNING, step=Step.REGULARIZE, sources=("002", "004"))
def overtrained(held_out: HeldOut) -> Iterator[Draft]:
    curve = held_out.validation
    bottom = _turning_point(curve)
    if bottom is None:
        return
    if held_out.train is not None and not held_out.train.falls_after(int(curve.steps[bottom])):
        return  # what does not get better on the training rows is no over-fitting
    best, final = float(curve.costs[bottom]), curve.final.value
    at, share = int(curve.steps[bottom]), _share(curve, bottom)
    yield Draft(
        held_out.span(at),
        f"`{curve.tag}` was best at {step(at)} ({number(curve.shown(best))}) and ended at "
        f"{number(curve.shown(final))}: the last {percent(1 - share)} of the run made it worse"
        f"{_remark(held_out, bottom)}",
        evidence=(
            figure_at("best step", at),
            figure("best value", curve.shown(best)),
            figure("final level", curve.shown(final)),
            figure("lost since", final - best),
            *_metric_evidence(held_out),
        ),
        causes=_CAUSES,
    )


def _turning_point(curve: Trajectory) -> int | None:
    """Index of the best value if the curve then rises for real, early enough, far enough."""
    settings = curve.thresholds
    coarse = blocks_of(curve.steps, curve.costs, _FINEST_FIT).medians
    highest = float(np.median(coarse)) + settings.overtrained_outlier * spread(coarse)
    coarse = np.minimum(coarse, highest)
    valley = valley_of(coarse)
    noise = (
        max(curve.noise, curve.typical_error) if len(curve) <= _FINEST_FIT else curve.typical_error
    )
    bottom = int(np.argmin(curve.costs))
    lowest = abs(float(coarse[valley.bottom]))
    base = lowest if lowest > 0 and not curve.is_flipped else curve.progress
    rise = min(valley.rise, curve.final.value - float(coarse[valley.bottom]))
    if not valley.is_real(noise, len(coarse)) or rise < settings.overtrained_rise * base:
        return None
    return bottom if _share(curve, bottom) < settings.overtrained_latest else None


def _share(curve: Trajectory, index: int) -> float:
    length = float(curve.steps[-1] - curve.steps[0]) or 1.0
    return float(curve.steps[index] - curve.steps[0]) / length


def _remark(held_out: HeldOut, bottom: int) -> str:
    """A metric that goes on improving means over-confidence rather than wrong answers."""
    metric = held_out.metric
    if metric is None or len(metric) < 3:
        return ""
    best_at = int(metric.steps[int(np.argmin(metric.costs))])
    still_good = metric.final.value <= float(metric.costs.min()) + 0.1 * metric.progress
    if best_at > int(held_out.validation.steps[bottom]) and still_good:
        return f", though `{metric.tag}` held: it grows over-confident rather than wrong"
    return ""


def _metric_evidence(held_out: HeldOut) -> Iterator[Evidence]:
    if held_out.metric is not None:
        yield figure(
            f"final `{held_out.metric.tag}`", held_out.metric.shown(held_out.metric.final.value)
        )
