"""one-hot-vs-index: the loss wants class indices and is given one-hot rows, or the reverse."""

from collections.abc import Iterator

from advisor.code.facts.losses import LossCall
from advisor.code.values import Activation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN207",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns",),
    sources=("002",),
)
def one_hot_vs_index(loss: LossCall) -> Iterator[Draft]:
    target = loss.target
    if target is None or not loss.is_categorical or loss.is_swapped:
        return
    one_hot = target.scale is not None and target.scale.activation is Activation.ONE_HOT
    whole = target.dtype in {"long", "int", "uint8"}
    if one_hot and loss.takes_indices_alone:
        yield loss.finding_here(
            f"one-hot targets go into `{loss.name}`, which expects class indices"
        )
    elif one_hot and whole and not loss.is_of_keras:
        yield loss.finding_here(
            f"one-hot targets of type {target.dtype} go into `{loss.name}`, which takes float rows"
        )
    elif whole and loss.is_of_keras and not loss.takes_indices_alone and loss.is_given_indices:
        yield loss.finding_here(
            f"class indices go into `{loss.name}`, which expects one-hot targets"
        )
