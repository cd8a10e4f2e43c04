"""dropout-before-norm: batch norm learns the spread of numbers that dropout has spread out."""

from collections.abc import Iterator

from advisor.code.facts.layers import LayerRun
from advisor.code.facts.modules import BATCH_NORMS, is_dropout
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN411", severity=Severity.INFO, step=Step.REGULARIZE, symptoms=("test-gap",), sources=("004",)
)
def dropout_before_norm(run: LayerRun) -> Iterator[Draft]:
    if run.layer.path in BATCH_NORMS and run.previous is not None and is_dropout(run.previous):
        yield run.finding(
            "dropout changes the variance that this batch norm measures in training only",
            (run.place_before, "dropout comes here"),
        )
