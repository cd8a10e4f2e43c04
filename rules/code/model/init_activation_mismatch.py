"""init-activation-mismatch: weights are filled in a way that does not go with what comes behind."""

from collections.abc import Iterator

from advisor.code.facts.initialisation import InitialisedLayer
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_CONSTANT = frozenset({"zeros_", "ones_", "constant_"})
_SQUASHING = frozenset({"Tanh", "Sigmoid"})


@rule(
    "NN409",
    severity=Severity.INFO,
    step=Step.SKELETON,
    symptoms=("too-slow", "gradients"),
    sources=("002", "003"),
)
def init_activation_mismatch(layer: InitialisedLayer) -> Iterator[Draft]:
    function = layer.function
    if function in _CONSTANT and layer.is_hidden:
        yield layer.finding(f"the units of this hidden `{layer.name}` all start with equal weights")
    elif layer.event.adapted:
        return
    elif function.startswith("xavier") and layer.activation == "ReLU":
        yield layer.finding(
            f"`{function}` is for activations like tanh: behind it the ReLU halves the variance, for "
            "which `kaiming` makes up"
        )
    elif function.startswith("kaiming") and layer.activation in _SQUASHING:
        yield layer.finding(
            f"`{function}` is for ReLU: before `{layer.activation}` it makes the scores too large, "
            "`xavier` fits"
        )
