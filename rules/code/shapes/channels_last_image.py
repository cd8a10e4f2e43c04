"""channels-last-image: a convolution is given pictures with the channels behind height and width."""

from collections.abc import Iterator

from advisor.code.facts.layer_sizes import LayerInput
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN304",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("high-bias",),
    sources=("002", "004"),
)
def channels_last_image(layer: LayerInput) -> Iterator[Draft]:
    if layer.has_channels_last:
        yield layer.finding_at_entrance(
            f"`{layer.layer}` takes the channels in front of height and width, and is given them "
            "behind; `permute` moves them"
        )
