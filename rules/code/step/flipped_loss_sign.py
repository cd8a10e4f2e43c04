"""flipped-loss-sign: training makes the loss larger, not smaller."""

from collections.abc import Iterator

from advisor.code.facts.minimised_losses import MinimisedLoss
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN111",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("loss-rises-from-start", "divergence", "non-finite"),
    sources=("002",),
)
def flipped_loss_sign(minimised: MinimisedLoss) -> Iterator[Draft]:
    turned = minimised.turned is not None
    if turned and not minimised.maximizing:
        yield minimised.finding(
            f"the negative of `{minimised.name}` is minimised, so that the loss itself grows"
        )
    elif minimised.maximizing and not turned:
        yield minimised.finding(
            f"`{minimised.name}` is maximised, for the optimizer was built with `maximize=True`"
        )
