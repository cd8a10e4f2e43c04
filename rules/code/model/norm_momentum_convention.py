"""norm-momentum-convention: a batch norm is given the momentum that other libraries would want."""

from collections.abc import Iterator

from advisor.code.facts.norm_momenta import NormMomentum
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

# PyTorch weighs the newest batch by its momentum (0.1 by default), Keras all batches before it
# (0.99 by default): what lies this far on the other side is meant for the other library.
LEAST_OF_KERAS = 0.9
MOST_OF_TORCH = 0.1


@rule(
    "NN415",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("noisy-validation",),
    sources=("002",),
)
def norm_momentum_convention(norm: NormMomentum) -> Iterator[Draft]:
    momentum = norm.momentum
    if norm.is_of_keras and 0 < momentum <= MOST_OF_TORCH:
        yield norm.finding(
            f"momentum {momentum:.4g} weighs the newest batch by {1 - momentum:.4g}, as Keras counts"
        )
    elif not norm.is_of_keras and LEAST_OF_KERAS <= momentum < 1:
        yield norm.finding(
            f"momentum {momentum:.4g} weighs the newest batch by {momentum:.4g}, as torch counts"
        )
