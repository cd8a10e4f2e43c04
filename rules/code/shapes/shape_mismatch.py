"""shape-mismatch: a layer is given another number of features or channels than it was built for."""

from collections.abc import Iterator

from advisor.code.facts.layer_sizes import LayerInput
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN307", severity=Severity.ERROR, step=Step.SKELETON, sources=("002",))
def shape_mismatch(layer: LayerInput) -> Iterator[Draft]:
    if layer.differs and not layer.has_channels_last:
        yield layer.finding(
            f"`{layer.layer}` is built for {layer.expected.integer} {layer.counted} and is given "
            f"{layer.given.integer}"
        )
