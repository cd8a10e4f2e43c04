"""best-weights-alias: the best weights are kept by reference, and training goes on to change them."""

from collections.abc import Iterator

from advisor.code.events import StateListed
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
    if isinstance(kept.used, StateListed):
        yield kept.finding(
            "these weights are put into a list by reference: all that is in it will be the last ones"
        )
    elif kept.used is not None:
        yield kept.finding(
            "these weights are kept by reference: when they are used, they are the last ones"
        )
    elif kept.are_copies_wanted:
        yield kept.finding(
            f"`{kept.taken.name}` holds the very parameters: training changes what is kept there, too"
        )
    else:
        yield kept.finding(
            f"`{kept.taken.name}` is the model itself: training changes it, and it ends as the "
            f"last one"
        )
