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
        case "weights" | "forgotten":
            message = pixels.text
        case "bytes":
            message = f"{pixels.text} into the network as they are"
        case "otherwise":
            message = "the model is given pixels that are not scaled as those it was trained with"
        case "twice":
            message = "pixels are normalised a second time here"
        case _:
            message = f"`{pixels.text}` is not normalised as the training pictures are"
    yield Draft(pixels.place, message, pixels.related)
