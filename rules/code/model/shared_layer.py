"""shared-layer: one layer object stands in several places where several were meant."""

from collections.abc import Iterator

from advisor.code.facts.sharing import SharedLayer
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN413",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("high-bias", "noisy-validation"),
    sources=("002",),
)
def shared_layer(shared: SharedLayer) -> Iterator[Draft]:
    if shared.container is not None:
        message = (
            f"`{shared.container}` holds one `{shared.name}` several times, sharing its weights"
        )
        said = "it is built once, here"
    else:
        message = f"one `{shared.name}` normalises what different layers have computed"
        said = "it is used for the first time here"
    related = () if shared.other is None else ((shared.other, said),)
    yield Draft(shared.place, message, related)
