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
        message = (
            "the loss is computed in float16 and back-propagated without a gradient scaler: "
            "gradients below 6e-8 become zero"
        )
        has_scaler = training.steps_by_scaler or not training.is_cast_in_file
        yield training.finding(message) if has_scaler else training.finding_where_cast(message)
    elif training.inside and (training.dtype == "float16" or _is_scaled(training)):
        draft = training.finding("autocast is still on while this goes back: end its block before")
        yield replace(draft, severity=Severity.WARNING)


def _is_scaled(training: HalfPrecision) -> bool:
    """Whether a training is meant for float16, as its scaler says, on whichever device."""
    return training.scaled and training.dtype != "bfloat16"
