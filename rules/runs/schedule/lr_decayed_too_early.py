"""lr-decayed-too-early: the learning rate reached nothing while the loss was still falling."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.facts import Descent, ScheduledDescent
from advisor.runs.wording import figure, figure_at, percent, share_of, step

_CAUSES = (
    "a schedule made for another number of epochs (NN601)",
    "a schedule stepped per batch instead of per epoch (NN602)",
)


@rule("NR301", severity=Severity.WARNING, step=Step.OVERFIT, sources=("001", "003", "004"))
def lr_decayed_too_early(scheduled: ScheduledDescent) -> Iterator[Draft]:
    curve, schedule = scheduled.descent.trajectory, scheduled.schedule
    settings = scheduled.descent.thresholds
    if schedule.peak <= 0 or schedule.final > settings.negligible_rate * schedule.peak:
        return
    ended = schedule.last_above(settings.negligible_rate)
    first, last = int(curve.steps[0]), int(curve.steps[-1])
    idle = (last - ended) / max(last - first, 1)
    if idle < 1 - settings.negligible_before:
        return
    if idle > 1 - settings.negligible_at_once and scheduled.descent.never_left_its_start:
        sight = f"and `{curve.tag}` never left its first level"
    elif falling := _still_falling(scheduled.descent, ended):
        sight = f"while `{falling.tag}` was still falling"
    else:
        return
    yield Draft(
        scheduled.descent.span(ended, last),
        f"`{schedule.tag}` is below {percent(settings.negligible_rate)} of its peak from "
        f"{step(ended)} on, {sight}: {percent(idle)} of the run trained nothing",
        evidence=(
            figure("peak learning rate", schedule.peak),
            figure("final learning rate", schedule.final),
            figure_at("negligible from step", ended),
            share_of("share of the run after it", idle),
        ),
        causes=_CAUSES,
    )


def _still_falling(descent: Descent, ended: int) -> Trajectory | None:
    """The curve that the end of the learning rate stopped: in training, or in cleaner evaluations."""
    curves = (descent.trajectory, descent.held_out)
    return next((each for each in curves if each and _was_falling(each, ended)), None)


def _was_falling(curve: Trajectory, ended: int) -> bool:
    """Whether the loss fell until the rate was gone, and (nearly) stopped with it."""
    settings = curve.thresholds
    count = int((curve.steps <= ended).sum())
    if min(count, len(curve) - count) < settings.negligible_points:
        return False
    before, after = curve.slice(count // 3, count), curve.slice(count, len(curve))
    fall = float(before.blocks.medians[0] - before.blocks.medians[-1])
    error = float(np.hypot(before.blocks.errors[0], before.blocks.errors[-1]))
    if fall < settings.gap_errors * error or fall < settings.plateau_change * curve.progress:
        return False
    return -after.trend.slope < settings.stalled_share * -before.trend.slope
