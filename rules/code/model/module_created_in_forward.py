"""module-created-in-forward: a layer is built anew in each forward pass, and never trained."""

from collections.abc import Iterator

from advisor.code.facts.layers import BuiltLayer
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN414",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "high-bias", "noisy-validation"),
    sources=("002",),
)
def module_created_in_forward(built: BuiltLayer) -> Iterator[Draft]:
    if not built.is_built_in_each_pass() or not (built.matters or built.drops):
        return
    if built.drops:
        message = f"`{built.name}` is built in each forward pass: it drops in evaluation mode, too"
    else:
        message = f"`{built.name}` is built in each forward pass: new weights, never trained"
    yield built.finding(message)
