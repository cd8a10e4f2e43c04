"""hidden-nan: a loss that is not a number is replaced or passed over, and training goes on."""

from collections.abc import Iterator

from advisor.code.facts.numerics import NumericalRisk
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN703",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("plateau", "never-learns"),
    sources=("002",),
)
def hidden_nan(risk: NumericalRisk) -> Iterator[Draft]:
    if risk.kind == "hidden" and risk.of == "gradients":
        yield risk.finding(
            "gradients that are NaN are replaced by numbers: what makes them NaN stays, and stays unseen"
        )
    elif risk.kind == "hidden":
        yield risk.finding(
            "a loss that is NaN is replaced by a number: what makes it NaN stays, and stays unseen"
        )
    elif risk.kind == "ignored":
        yield risk.finding(
            "whatever fails in a step is passed over without a word, a NaN that is looked for too: "
            "count it, or stop"
        )
    elif risk.kind == "skipped":
        yield risk.finding(
            "batches whose loss is not finite are left out without a word: count them, or stop"
        )
