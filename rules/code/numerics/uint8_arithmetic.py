"""uint8-arithmetic: bytes are subtracted from before they are cast, and wrap around below zero."""

from collections.abc import Iterator

from advisor.code.facts.numerics import NumericalRisk
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN702",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("plateau", "high-bias"),
    sources=("002",),
)
def uint8_arithmetic(risk: NumericalRisk) -> Iterator[Draft]:
    if risk.kind == "bytes":
        yield risk.finding("a difference of bytes wraps around below zero: cast to float first")
    elif risk.kind == "sign":
        yield risk.finding("bytes have no sign, and wrap around when it is turned: cast first")
