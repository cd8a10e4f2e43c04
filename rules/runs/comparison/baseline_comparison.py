"""baseline-comparison: the best run against one that sees no input or is a simple model."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.sweeps.facts import AgainstBaseline
from advisor.runs.wording import figure, number

_CAUSES = (
    "inputs do not reach the model, or carry no signal",
    "wrong input to the loss (NN201)",
    "model or learning rate far too small",
)


@rule(
    "NR503",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    sources=("000", "001", "002", "003", "004"),
)
def baseline_comparison(pair: AgainstBaseline) -> Iterator[Draft]:
    run, baseline, tag = pair.outcome, pair.baseline, pair.sweep.tag
    beaten = pair.gain > pair.sweep.thresholds.seed_errors * pair.error
    levels = f"{number(run.best_as_logged)} against {number(baseline.best_as_logged)} in `{tag}`"
    evidence = (
        figure("best run", run.best_as_logged),
        figure("baseline", baseline.best_as_logged),
        figure("error of the difference", pair.error),
    )
    verb = "beats" if beaten else "does not beat"
    yield Draft(
        pair.sweep.span(run, baseline),
        f"`{run.run.name}` {verb} the baseline `{baseline.run.name}`: {levels}",
        evidence=evidence,
        severity=Severity.INFO if beaten else Severity.WARNING,
        causes=() if beaten else _CAUSES,
    )
