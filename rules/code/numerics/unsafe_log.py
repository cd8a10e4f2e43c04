"""unsafe-log: a logarithm or root of something that can be zero."""

from collections.abc import Iterator

from advisor.code.facts.numerics import NumericalRisk
from advisor.code.facts.shown_losses import roots_that_are_shown
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_SMALL = "add a small number first"
_LIMITS = {
    "a density": "where it is so small that it is 0: sum logarithms up, with `torch.logsumexp`",
    "a ReLU": f"wherever the ReLU is 0: {_SMALL}",
    "a sigmoid": "where the sigmoid has come to its limit: take the loss that is given logits",
    "a spectrogram": f"where it is silent: {_SMALL}",
    "a tanh": f"where the tanh has come to its limit: {_SMALL}",
}
_ROOTS = {
    "loss": "the root of a loss has an infinite gradient where the loss is 0: add a small number "
    "under the root",
    "distance": "the root of squares has an infinite gradient where they are 0: add a small number "
    "under the root",
    "relu": "the root of a ReLU has an infinite gradient where the ReLU is 0: add a small number "
    "under the root",
    "cosine": "the angle of a cosine has an infinite gradient where the cosine is 1 or -1: clamp it "
    "first",
}


@rule(
    "NN701",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("non-finite", "spikes"),
    sources=("002",),
    in_order=roots_that_are_shown,
)
def unsafe_log(risk: NumericalRisk) -> Iterator[Draft]:
    if risk.kind == "log":
        where = _LIMITS.get(risk.of, f"where it is 0: {_SMALL}")
        yield risk.finding(f"the logarithm of {risk.of} is infinite {where}")
    elif risk.kind == "root":
        yield risk.finding(_ROOTS[risk.of])
    elif risk.kind == "quotient":
        yield risk.finding(f"this divides by {risk.of}, which may be 0: {_SMALL}")
