"""too-slow: the loss does fall, but hardly."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Descent
from advisor.runs.wording import figure, number, percent

_CAUSES = ("learning rate too low", "warm-up longer than the run", "most parameters frozen (NN109)")


@rule("NR109", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "004"))
def too_slow(descent: Descent) -> Iterator[Draft]:
    if not descent.creeps or descent.came_trained or descent.starts_better_than_guessing:
        return
    curve = descent.trajectory
    length = float(curve.steps[-1] - curve.steps[0])
    if -curve.trend.slope * length > 2 * descent.thresholds.flat_share * curve.scale:
        return  # noise hides how far it came, and it came some way
    share = curve.progress / curve.scale if curve.scale else 0.0
    rate = descent.schedule.peak if descent.schedule else None
    at = f" at a learning rate of {number(rate)}" if rate is not None else ""
    yield Draft(
        descent.span(),
        f"{descent.subject} moves steadily but by only {percent(share)} over the whole run{at}",
        evidence=(
            figure("first level", curve.shown(curve.start)),
            figure("best level", curve.shown(curve.best)),
            figure("Mann-Kendall z", curve.trend.z),
        ),
        causes=_CAUSES,
    )
