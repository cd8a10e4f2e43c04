"""half-without-scaler: small gradients are lost in half precision, for want of a loss scale."""

from collections.abc import Iterator
from dataclasses import replace

from advisor.code.facts.precision import HalfPrecision
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN704",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "plateau", "non-finite"),
    sources=("002",),
)
def half_without_scaler(training: HalfPrecision) -> Iterator[Draft]:
    if training.dtype == "float16" and not training.scaled:
        yield training.finding(
            "the loss is computed in float16 and back-propagated without a gradient scaler: "
            "gradients below 6e-8 become zero"
        )
    elif training.dtype == "float16" and training.inside:
        draft = training.finding("autocast is still on while this goes back: end its block before")
        yield replace(draft, severity=Severity.WARNING)
