"""sawtooth: the training loss repeats itself every epoch."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import LossDescent
from advisor.runs.wording import figure

_CAUSES = ("data not shuffled between epochs (NN507)", "a metric that is reset every epoch")


@rule("NR111", severity=Severity.WARNING, step=Step.DATA, sources=("002",))
def sawtooth(descent: LossDescent) -> Iterator[Draft]:
    period = _points_per_epoch(descent)
    if period is None:
        return
    likeness = _likeness_after(descent, period)
    if likeness < descent.thresholds.periodicity:
        return
    length = int(descent.trajectory.steps[period] - descent.trajectory.steps[0])
    yield Draft(
        descent.span(),
        f"{descent.subject} repeats itself every {length:,} steps, which is one epoch: the data "
        "comes in the same order each time",
        evidence=(
            figure("period in steps", length),
            figure("correlation one epoch apart", likeness),
        ),
        causes=_CAUSES,
    )


def _points_per_epoch(descent: LossDescent) -> int | None:
    """How many training values lie between two evaluations, if that is regular."""
    held_out, curve, settings = descent.held_out, descent.trajectory, descent.thresholds
    epochs = settings.periodicity_epochs
    if held_out is None or len(held_out) < epochs or curve.curve.role.per_epoch:
        return None
    counts = np.diff(np.searchsorted(curve.steps, held_out.steps))
    period = int(np.median(counts))
    if period < settings.periodicity_points or np.any(np.abs(counts - period) > 1):
        return None
    return period if len(curve) >= epochs * period else None


def _likeness_after(descent: LossDescent, period: int) -> float:
    """Correlation of the detrended last two thirds with themselves one period later."""
    costs = descent.trajectory.costs
    epochs = len(costs) // period
    table = costs[: epochs * period].reshape(epochs, period)
    centres = (np.arange(epochs) + 0.5) * period
    trend = np.interp(np.arange(epochs * period), centres, np.median(table, axis=1))
    rest = (costs[: epochs * period] - trend)[epochs // 3 * period :]
    rest = rest - np.mean(rest)
    first, second = rest[:-period], rest[period:]
    power = float(np.sqrt(np.dot(first, first) * np.dot(second, second)))
    return float(np.dot(first, second)) / power if power > 0 else 0.0
