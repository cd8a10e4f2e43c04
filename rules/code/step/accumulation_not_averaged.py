"""accumulation-not-averaged: gradients of several batches are summed, but not divided by their number."""

from collections.abc import Iterator

from advisor.code.facts.accumulation import Accumulation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN112",
    severity=Severity.WARNING,
    step=Step.TUNE,
    symptoms=("oscillation", "divergence"),
    sources=("004",),
)
def accumulation_not_averaged(sums: Accumulation) -> Iterator[Draft]:
    if sums.is_cleared_with_step and sums.loss_is_plain_mean:
        yield sums.finding(
            sums.backward, "gradients are summed over batches, but not divided by their number"
        )
