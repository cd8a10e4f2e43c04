"""channels-last-image: the channels of pictures lie behind height and width, where they belong in front."""

from collections.abc import Iterator

from advisor.code.facts.channels_last import ChannelsLast
from advisor.code.facts.shapes import Reshape
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN304",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("high-bias",),
    sources=("002", "004"),
)
def channels_last_image(pictures: ChannelsLast) -> Iterator[Draft]:
    by = pictures.by
    if isinstance(by, Reshape):
        yield by.finding(
            f"`{by.operation}` asks for the channels in front of height and width but leaves the numbers "
            "where they are, which mixes the axes; `permute` moves them"
        )
    else:
        yield by.finding_at_entrance(
            f"`{by.layer}` takes the channels in front of height and width, and is given them "
            "behind; `permute` moves them"
        )
