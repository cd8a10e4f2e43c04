"""loss-arguments-swapped: the targets stand where the loss expects the prediction."""

from collections.abc import Iterator
from dataclasses import replace

from advisor.code.facts.losses import LossCall
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN209",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "divergence", "non-finite", "loss-rises-from-start"),
    sources=("002",),
)
def loss_arguments_swapped(loss: LossCall) -> Iterator[Draft]:
    if not loss.is_symmetric and loss.is_swapped:
        order = "the targets first" if loss.is_of_keras else "the prediction first"
        found = loss.finding_here(
            f"`{loss.name}` is given its arguments the wrong way round: it takes {order}"
        )
        if loss.swapped_at is loss.event.place:
            yield found.fixable(Change.SWAP, loss=loss.event.place)
        else:
            handed_on = (loss.event.place, "they are handed on here")
            yield replace(found, place=loss.swapped_at, related=(*found.related, handed_on))
