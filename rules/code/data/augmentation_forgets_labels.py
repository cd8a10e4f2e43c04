"""augmentation-forgets-labels: a picture is moved at random, its mask, boxes or points are not."""

from collections.abc import Iterator

from advisor.code.facts.moved_samples import MovedSample
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN510",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("high-bias",),
    sources=("002",),
)
def augmentation_forgets_labels(sample: MovedSample) -> Iterator[Draft]:
    if sample.other is not None:
        message = f"`{sample.label}` is moved by a draw of its own, not as `{sample.picture}` is"
        yield Draft(sample.place, message, ((sample.other, "the picture is moved here"),))
    else:
        message = f"`{sample.picture}` is moved at random, and `{sample.label}` stays where it was"
        yield Draft(sample.place, message)
