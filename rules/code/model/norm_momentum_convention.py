"""norm-momentum-convention: a batch norm is given the momentum that other libraries would want."""

from collections.abc import Iterator

from advisor.code.facts.layers import BuiltLayer
from advisor.code.facts.modules import BATCH_NORMS
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
def norm_momentum_convention(built: BuiltLayer) -> Iterator[Draft]:
    if built.path in BATCH_NORMS:
        momentum = built.number(2, "momentum")
        if momentum is not None and LEAST_OF_KERAS <= momentum < 1:
            share = f"{momentum:.4g}"
            yield built.finding(
                f"momentum {share} weighs the newest batch by {share}, as torch counts"
            )
    elif built.path == "keras.layers.BatchNormalization":
        momentum = built.number(1, "momentum")
        if momentum is not None and 0 < momentum <= MOST_OF_TORCH:
            share = f"{1 - momentum:.4g}"
            yield built.finding(
                f"momentum {momentum:.4g} weighs the newest batch by {share}, as Keras counts"
            )
