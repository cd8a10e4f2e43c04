"""lr-never-decayed: flat and jittery at a constant rate, where a smaller step could settle."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.facts import Descent, ScheduledDescent
from advisor.runs.wording import figure, number, percent, share_of, step

_CAUSES = ("a constant learning rate to the end",)


@rule("NR302", severity=Severity.WARNING, step=Step.TUNE, sources=("004",))
def lr_never_decayed(scheduled: ScheduledDescent) -> Iterator[Draft]:
    descent, schedule = scheduled.descent, scheduled.schedule
    settings, held_out = descent.thresholds, descent.held_out
    if held_out is None or not descent.learned_something or not schedule.is_constant:
        return
    jitter, stands = _jitter(held_out), _standstill(descent, held_out)
    if jitter is None or jitter < settings.settling_jitter or stands is None:
        return
    since, manner = stands
    yield Draft(
        descent.span(since),
        f"{descent.subject} {manner} at a constant rate of {number(schedule.peak)}, and "
        f"`{held_out.tag}` jitters by {percent(jitter)} of its level: a smaller rate at the end may "
        "settle it",
        evidence=(
            figure("learning rate", schedule.peak),
            share_of("jitter of validation over its level", jitter),
        ),
        severity=Severity.INFO,
        causes=_CAUSES,
    )


def _standstill(descent: Descent, held_out: Trajectory) -> tuple[int, str] | None:
    """From which step on nothing is gained any more, in words; None where something still is."""
    if flat := descent.flat_end:
        return flat.since, f"is flat since {step(flat.since)}"
    curve, evaluations = descent.trajectory.part(0.5), held_out.part(0.5)
    since = int(curve.steps[0])
    gained = -curve.trend.slope * float(curve.steps[-1] - since)
    if gained > descent.thresholds.stalled_share * descent.trajectory.settled_progress:
        return None
    if evaluations.trend.falls(descent.thresholds.trend_z):
        return None
    return since, "hardly falls in the last half"


def _jitter(held_out: Trajectory) -> float | None:
    """Noise of one evaluation over the level of the last half; None for too few evaluations."""
    if len(held_out) < 2 * held_out.thresholds.minimum_points:
        return None
    half = held_out.part(0.5)
    return half.noise / half.middle if half.middle > 0 else None
