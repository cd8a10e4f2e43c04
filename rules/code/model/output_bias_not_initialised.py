"""output-bias-not-initialised: a classifier of a rare class starts as if it were as frequent as others."""

from collections.abc import Iterator

from advisor.code.facts.output_biases import OutputBias
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN410",
    severity=Severity.INFO,
    step=Step.SKELETON,
    symptoms=("init-loss-off", "hockey-stick"),
    sources=("004",),
)
def output_bias_not_initialised(output: OutputBias) -> Iterator[Draft]:
    name = output.layer.path.rsplit(".", 1)[-1]
    yield output.finding(
        f"the bias of this last `{name}` starts near 0, though the classes are known to be of "
        "different size"
    )
