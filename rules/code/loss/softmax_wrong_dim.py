"""softmax-wrong-dim: the probabilities of a sample do not sum to one."""

from collections.abc import Iterator

from advisor.code.facts.softmax import SoftmaxCall
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN205",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("plateau", "never-learns", "loss-rises-from-start", "high-bias"),
    sources=("002",),
)
def softmax_wrong_dim(softmax: SoftmaxCall) -> Iterator[Draft]:
    for axis, classes, loss in softmax.wrong_axes():
        what = "the batch" if axis == 0 else f"dimension {axis}"
        yield softmax.finding(
            f"{softmax.operation} goes over {what}, and `{loss.name}` over dimension {classes}",
            Severity.ERROR,
        )
        return
    if softmax.weighs_other_rows:
        yield softmax.finding(
            f"{softmax.operation} goes over the batch, but its rows are used as the weights of means",
            Severity.ERROR,
        )
    elif softmax.weighs_other_places:
        yield softmax.finding(
            f"{softmax.operation} goes over the columns, but the rows are used as the weights of means",
            Severity.ERROR,
        )
    elif softmax.takes_samples_for_classes:
        yield softmax.finding(
            f"{softmax.operation} goes over the batch, not over the scores of each sample",
            Severity.ERROR,
        )
    elif softmax.goes_over_one:
        yield softmax.finding(
            f"{softmax.operation} goes over an axis of length 1, which makes all scores 1",
            Severity.ERROR,
        )
    elif softmax.chooses_along_other_axis:
        yield softmax.finding(
            f"{softmax.operation} goes over the batch, but one of the scores of each sample is chosen",
            Severity.ERROR,
        )
    elif softmax.takes_first_of_three:
        yield softmax.finding(
            f"{softmax.operation} without `dim` goes over the first of three dimensions",
            Severity.ERROR,
        )
    elif softmax.is_implicit:
        yield softmax.finding(
            f"{softmax.operation} is not told its `dim`, which torch then chooses by the rank"
        )
