"""shape-mismatch: a layer is given another size than it was built for, or two tensors do not fit."""

from collections.abc import Iterator

from advisor.code.facts.mismatches import Mismatch
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_CANNOT = {
    "broadcast": "cannot be broadcast to one another",
    "multiplied": "cannot be multiplied as matrices",
    "joined": "differ along another axis than the one they are joined along",
    "compared": "hold different numbers of samples",
}


@rule("NN307", severity=Severity.ERROR, step=Step.SKELETON, sources=("002",))
def shape_mismatch(mismatch: Mismatch) -> Iterator[Draft]:
    layer = mismatch.layer
    if layer is not None:
        yield mismatch.finding(
            f"`{layer.layer}` is built for {layer.expected.integer} {layer.counted} and is given "
            f"{layer.given.integer}"
        )
    else:
        left, right = mismatch.shapes
        yield mismatch.finding(f"shapes `{left}` and `{right}` {_CANNOT[mismatch.operation]}")
