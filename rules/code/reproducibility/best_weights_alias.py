"""best-weights-alias: the best weights are kept by reference, and training goes on to change them."""

from collections.abc import Iterator

from advisor.code.facts.best_weights import KeptWeights
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN807",
    severity=Severity.ERROR,
    step=Step.REGULARIZE,
    symptoms=("overtrained", "test-gap"),
    sources=("001",),
)
def best_weights_alias(kept: KeptWeights) -> Iterator[Draft]:
    if kept.used is not None:
        yield kept.finding(
            "these weights are kept by reference: when they are used, they are the last ones"
        )
    else:
        yield kept.finding(
            f"`{kept.taken.name}` is the model itself: training changes it, and it ends as the "
            f"last one"
        )
