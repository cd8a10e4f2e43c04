"""naive-softmax: a softmax by hand overflows for scores that are not small."""

from collections.abc import Iterator

from advisor.code.facts.numerics import NumericalRisk
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN705",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("non-finite",),
    sources=("002",),
)
def naive_softmax(risk: NumericalRisk) -> Iterator[Draft]:
    if risk.kind == "exponentials":
        yield risk.finding(
            f"a {risk.safe} by hand overflows for large scores (above 88 in single precision): "
            "subtract the largest score first"
        )
