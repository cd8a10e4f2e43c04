"""detached-loss: what is back-propagated has no path to the parameters."""

from collections.abc import Iterator

from advisor.code.facts.back_propagation import BackPropagation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN110",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns",),
    sources=("002",),
)
def detached_loss(backward: BackPropagation) -> Iterator[Draft]:
    cut = backward.cut or backward.cut_of_parts or backward.cut_of_stepped
    if cut is not None and not backward.is_shown_to_fail:
        loss = backward.text if backward.text == "the loss" else f"`{backward.text}`"
        yield backward.finding_at(
            cut, f"no gradient flows from {loss} to parameters after `{cut.how}`"
        )
