"""normalisation-mismatch: a model sees other pixels than it, or its ready weights, were trained on."""

from collections.abc import Iterator

from advisor.code.facts.pixel_scales import PixelScale
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN509",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("high-bias", "init-loss-off"),
    sources=("002",),
)
def normalisation_mismatch(pixels: PixelScale) -> Iterator[Draft]:
    match pixels.how:
        case "weights":
            message = f"pixels go from 0 to 1 into {pixels.text}"
        case "twice":
            message = "pixels are normalised a second time here"
        case _:
            message = f"`{pixels.text}` is not normalised as the training pictures are"
    yield Draft(pixels.place, message, pixels.related)
