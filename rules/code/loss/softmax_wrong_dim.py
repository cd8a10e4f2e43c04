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
    mistake = _certain_mistake(softmax)
    if mistake is not None:
        yield softmax.finding(f"{softmax.operation} {mistake}", Severity.ERROR)
    elif softmax.is_implicit and not softmax.is_of_written_numbers:
        yield softmax.finding(
            f"{softmax.operation} is not told its `dim`, which torch then chooses by the rank"
        )


def _certain_mistake(softmax: SoftmaxCall) -> str | None:
    if softmax.weighs_other_rows:
        return "goes over the batch, but its rows are used as the weights of means"
    if softmax.weighs_other_places:
        return "goes over the columns, but the rows are used as the weights of means"
    if softmax.takes_samples_for_classes:
        return "goes over the batch, not over the scores of each sample"
    if softmax.goes_over_one:
        return "goes over an axis of length 1, which makes all scores 1"
    if softmax.chooses_along_other_axis:
        return "goes over the batch, but one of the scores of each sample is chosen"
    if softmax.takes_first_of_three:
        return "without `dim` goes over the first of three dimensions"
    return None
