"""lr-never-decayed: flat and jittery at a constant rate, where a smaller step could settle."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.facts import ScheduledDescent
from advisor.runs.wording import figure, number, percent, share_of, step

_CAUSES = ("a constant learning rate to the end",)


@rule("NR302", severity=Severity.WARNING, step=Step.TUNE, sources=("004",))
def lr_never_decayed(scheduled: ScheduledDescent) -> Iterator[Draft]:
    descent, schedule = scheduled.descent, scheduled.schedule
    settings, flat = descent.thresholds, scheduled.descent.flat_end
    if flat is None or not descent.learned_something or not schedule.is_constant:
        return
    jitter = _jitter(descent.held_out)
    if jitter is None or jitter < settings.settling_jitter:
        return
    held_out = descent.held_out
    yield Draft(
        descent.span(flat.since),
        f"{descent.subject} is flat since {step(flat.since)} at a constant rate of "
        f"{number(schedule.peak)}, and `{held_out.tag if held_out else ''}` jitters by "
        f"{percent(jitter)} of its level: a smaller rate at the end may settle it",
        evidence=(
            figure("learning rate", schedule.peak),
            share_of("jitter of validation over its level", jitter),
        ),
        severity=Severity.INFO,
        causes=_CAUSES,
    )


def _jitter(held_out: Trajectory | None) -> float | None:
    """Noise of one evaluation over the level of the last half; None for too few evaluations."""
    if held_out is None or len(held_out) < 2 * held_out.thresholds.minimum_points:
        return None
    half = held_out.part(0.5)
    return half.noise / half.middle if half.middle > 0 else None
