"""unsafe-log: a logarithm or root of something that can be zero."""

from collections.abc import Iterator

from advisor.code.facts.numerics import NumericalRisk
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN701",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("non-finite", "spikes"),
    sources=("002",),
)
def unsafe_log(risk: NumericalRisk) -> Iterator[Draft]:
    if risk.kind == "log":
        yield risk.finding(
            "the logarithm of a ReLU is infinite wherever the ReLU is 0: add a small number first"
        )
    elif risk.kind == "root":
        yield risk.finding(
            "the root of a loss has an infinite gradient where the loss is 0: add a small number "
            "under the root"
        )
