"""clipped-loss: the loss is clamped where its gradients were meant to be."""

from collections.abc import Iterator

from advisor.code.facts.back_propagation import BackPropagation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN107",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("plateau", "never-learns"),
    sources=("002",),
)
def clipped_loss(backward: BackPropagation) -> Iterator[Draft]:
    clamped = backward.clamped
    if clamped is not None:
        yield Draft(
            clamped.place,
            "the loss is clamped before `backward`: where it is large, its gradient is zero",
            ((backward.event.place, "it is back-propagated here"),),
        )
