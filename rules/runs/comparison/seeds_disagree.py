"""seeds-disagree: what one run gains over another is within what chance does."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.sweeps.facts import Sweep, mean_cost
from advisor.runs.wording import figure, number


@rule("NR501", severity=Severity.WARNING, step=Step.TUNE, sources=("002",))
def seeds_disagree(sweep: Sweep) -> Iterator[Draft]:
    spread = sweep.spread
    if spread is None:
        return
    if len(sweep.repeats) == 1:
        yield _spread_alone(sweep, spread)
        return
    first, second = sweep.repeats[:2]
    gain = mean_cost(second) - mean_cost(first)
    error = spread * float(np.sqrt(1 / len(first) + 1 / len(second)))
    if not np.isfinite(gain) or gain >= sweep.thresholds.seed_errors * error:
        return
    yield Draft(
        sweep.span(first[0], second[0]),
        f"`{first[0].run.name}` and `{second[0].run.name}` differ by {number(gain)} in "
        f"`{sweep.tag}`, less than seeds do ({number(spread)}): there is nothing to choose between "
        "them",
        evidence=(
            figure("gain", gain),
            figure("spread between seeds", spread),
            figure("error of the gain", error),
        ),
        causes=("too few seeds",),
    )


def _spread_alone(sweep: Sweep, spread: float) -> Draft:
    """Only repeats: how large a gain has to be to mean something."""
    best, worst = sweep.ranking[0].best_as_logged, sweep.ranking[-1].best_as_logged
    needed = sweep.thresholds.seed_errors * spread * float(np.sqrt(2))
    return Draft(
        sweep.span(),
        f"{len(sweep)} runs that differ by chance alone reach {number(best)} to {number(worst)} in "
        f"`{sweep.tag}`: between two single runs a gain below {number(needed)} means nothing",
        evidence=(figure("spread between seeds", spread), figure("smallest gain", needed)),
        severity=Severity.INFO,
    )
