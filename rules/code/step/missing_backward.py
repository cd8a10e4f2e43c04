"""missing-backward: a loss is computed and the optimizer stepped, but nothing is back-propagated."""

from collections.abc import Iterator

from advisor.code.events import BackwardRun
from advisor.code.facts.steps import OptimizerStep
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN105",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns",),
    sources=("002",),
)
def missing_backward(step: OptimizerStep) -> Iterator[Draft]:
    if step.last_provider is not None:
        return
    if not step.computes_loss() and not (step.is_cleared_before and step.runs_model()):
        return
    if step.is_repeated or step.is_cleared_before:
        backward = any(isinstance(each, BackwardRun) for each in step.after)
        if not backward and step.missed_backward is None:
            yield step.finding(f"`{step.optimizer}` steps, but no loss is back-propagated")
