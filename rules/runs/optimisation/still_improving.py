"""still-improving: training stopped while the curve was still getting better."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.extrapolation import Projection, project
from advisor.runs.facts import Descent
from advisor.runs.wording import figure, number, percent, step


@rule("NR112", severity=Severity.WARNING, step=Step.SQUEEZE, sources=("001", "003", "004"))
def still_improving(descent: Descent) -> Iterator[Draft]:
    if not descent.learned_something or _schedule_has_ended(descent):
        return
    curve = _judge(descent)
    gain = _recent_gain(curve)
    if gain is None:
        return
    begin = 1 / 3
    further = descent.thresholds.projected_share / (1 - begin)
    projection = project(curve.part(begin).blocks, further)
    wasted = projection is not None and _is_waste(curve, projection)
    share = descent.thresholds.improving_share
    yield Draft(
        descent.span(int(curve.part(1 - share).steps[0]), int(curve.steps[-1])),
        f"`{curve.tag}` was still improving at the end, by {number(gain)} over the last "
        f"{percent(share)} of the run{_outlook(curve, projection)}",
        evidence=tuple(_evidence(curve, gain, projection)),
        severity=None if wasted else Severity.INFO,
        causes=("stopped too early",),
    )


def _judge(descent: Descent) -> Trajectory:
    """Validation decides whether going on pays, where it was logged often enough."""
    held_out = descent.held_out
    if held_out is not None and len(held_out) >= descent.thresholds.minimum_evaluations:
        return held_out
    return descent.trajectory


def _schedule_has_ended(descent: Descent) -> bool:
    schedule = descent.schedule
    if schedule is None or schedule.peak <= 0:
        return False
    return schedule.final < descent.thresholds.finished_rate * schedule.peak


def _recent_gain(curve: Trajectory) -> float | None:
    """What the last part of the run brought, if that is significant, enough and the best yet."""
    settings = curve.thresholds
    latest = float(np.min(curve.blocks.medians[-2:]))
    if not curve.has_learned or latest > curve.best + 2 * curve.typical_error:
        return None
    tail = curve.part(1 - settings.improving_share)
    if len(tail) < settings.improving_points:
        tail = curve.slice(max(0, len(curve) - settings.improving_points), len(curve))
    longer = curve.part(1 - 2 * settings.improving_share)
    longer = longer if len(longer) > len(tail) else tail
    goes_on = longer.trend.falls(settings.trend_z) and tail.trend.z < -1
    if not goes_on and not tail.trend.falls(settings.trend_z):
        return None
    length = settings.improving_share * float(curve.steps[-1] - curve.steps[0])
    gain = -tail.trend.slope * length
    return gain if gain >= settings.improving_progress * curve.settled_progress else None


def _is_waste(curve: Trajectory, projection: Projection) -> bool:
    return projection.low > curve.thresholds.improving_gain * abs(curve.final.value)


def _outlook(curve: Trajectory, projection: Projection | None) -> str:
    if projection is None or projection.gain <= 0:
        return ""
    longer = percent(curve.thresholds.projected_share)
    low, high = number(max(projection.low, 0.0)), number(projection.high)
    return f"; {longer} more steps would bring about {number(projection.gain)} ({low} to {high})"


def _evidence(curve: Trajectory, gain: float, projection: Projection | None) -> Iterator[Evidence]:
    yield figure("gain of the last part", gain)
    yield figure("final level", curve.shown(curve.final.value))
    if projection is not None:
        low, high = number(projection.low), number(projection.high)
        text = f"{number(projection.gain)} by {step(projection.step)} (80 %: {low} to {high})"
        yield Evidence("projected gain", text, projection.gain)
