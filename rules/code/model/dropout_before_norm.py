"""dropout-before-norm: batch norm learns the spread of numbers that dropout has spread out."""

from collections.abc import Iterator

from advisor.code.facts.layers import LayerRun
from advisor.code.facts.modules import BATCH_NORMS, KERAS_BATCH_NORM, is_dropout
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN411", severity=Severity.INFO, step=Step.REGULARIZE, symptoms=("test-gap",), sources=("004",)
)
def dropout_before_norm(run: LayerRun) -> Iterator[Draft]:
    if run.layer.path not in BATCH_NORMS | {KERAS_BATCH_NORM}:
        return
    place = run.dropped
    if run.previous is not None and is_dropout(run.previous):
        place = run.place_before
    if place is not None:
        yield run.finding(
            "dropout changes the variance that this batch norm measures in training only",
            (place, "dropout comes here"),
        )
