"""augmented-evaluation: held-out samples are changed at random before the model is judged by them."""

from collections.abc import Iterator

from advisor.code.facts.held_out_data import HeldOutData
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN505",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("noisy-validation", "test-gap"),
    sources=("004",),
)
def augmented_evaluation(data: HeldOutData) -> Iterator[Draft]:
    change = data.random_change()
    if change is not None:
        message = f"`{data.name}` goes through `{change.name}`, which changes its samples at random"
        yield data.finding(message, (change.place, "the samples are changed here"))
