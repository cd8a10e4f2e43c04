"""missing-optimizer-step: gradients are computed in every round, and nothing is updated."""

from collections.abc import Iterator

from advisor.code.facts.unused_gradients import UnusedGradients
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN103",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns",),
    sources=("002",),
)
def missing_optimizer_step(gradients: UnusedGradients) -> Iterator[Draft]:
    yield gradients.finding(f"gradients are computed, but `{gradients.optimizer}` is never stepped")
