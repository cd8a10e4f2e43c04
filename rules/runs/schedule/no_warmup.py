"""no-warmup: the first steps at the full rate throw the model back before it learns."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import ScheduledDescent
from advisor.runs.wording import figure, figure_at, number, step, times

_CAUSES = ("no warm-up of the learning rate", "learning rate too high", "gradients not clipped")


@rule("NR304", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "004"))
def no_warmup(scheduled: ScheduledDescent) -> Iterator[Draft]:
    descent, schedule = scheduled.descent, scheduled.schedule
    curve, settings = descent.trajectory, descent.thresholds
    if curve.is_flipped or curve.curve.role.per_epoch:
        return
    first, early = float(curve.costs[0]), curve.part(0.0, settings.warmup_share)
    starts_in_full = schedule.peak > 0 and schedule.rates[0] >= settings.full_rate * schedule.peak
    if first <= 0 or len(early) < 3 or not starts_in_full:
        return
    level = early.slice(1, len(early)).middle
    noise = curve.slice(0, settings.spike_window - 1).noise
    if level < settings.warmup_rise * first or level - first < settings.init_noise * noise:
        return
    back = np.flatnonzero(curve.blocks.medians < first)
    again = int(curve.blocks.first_steps[back[0]]) if len(back) else None
    above = early.costs[1:] if again is None else early.costs[1:][early.steps[1:] < again]
    if np.any(above < first):
        return  # the first batch was merely an easy one
    until = f"until {step(again)}" if again is not None else "for the rest of the run"
    yield Draft(
        descent.span(int(curve.steps[0]), int(early.steps[-1])),
        f"{descent.subject} jumps from {number(first)} to {number(level)}, {times(level / first)} "
        f"its first value, in the first steps at the full rate of {number(schedule.peak)}, and "
        f"stays above it {until}",
        evidence=(
            figure("first loss", first),
            figure("level right after", level),
            figure("learning rate", schedule.peak),
            *((figure_at("back below the first loss", again),) if again is not None else ()),
        ),
        causes=_CAUSES,
    )
