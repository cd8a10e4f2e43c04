"""log-of-softmax: the logarithm of a probability that has been rounded to zero."""

from collections.abc import Iterator

from advisor.code.facts.run import draft
from advisor.code.facts.softmax import SoftmaxCall
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN213",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("non-finite", "spikes", "divergence"),
    sources=("002",),
)
def log_of_softmax(softmax: SoftmaxCall) -> Iterator[Draft]:
    if softmax.is_of_written_numbers or softmax.is_of_small_scores:
        return
    for logarithm in softmax.logarithms:
        yield draft(
            logarithm,
            "the logarithm of a softmax loses precision where `log_softmax` does not",
            (softmax.event.place, "softmax is applied here"),
        ).fixable(Change.REPLACE, logarithm=logarithm.place, softmax=softmax.event.place)
