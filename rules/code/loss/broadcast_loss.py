"""broadcast-loss: every prediction is compared with every target."""

from collections.abc import Iterator

from advisor.code.facts.losses import LossCall
from advisor.code.values import Shape
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN210",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("plateau", "never-learns", "high-bias"),
    sources=("002",),
)
def broadcast_loss(loss: LossCall) -> Iterator[Draft]:
    shapes = loss.broadcast if loss.is_elementwise else None
    if shapes is not None:
        prediction, target = map(_written, shapes)
        message = f"`{loss.name}` compares each of {prediction} with each of {target}"
        yield loss.finding_here(message)


def _written(shape: Shape) -> str:
    """A shape as Python writes it."""
    return repr(shape).replace(")", ",)") if shape.rank == 1 else repr(shape)
