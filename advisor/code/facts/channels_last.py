"""Pictures with their channels behind height and width, where these belong in front."""

from collections.abc import Iterable
from typing import Self

from advisor.code.facts.layer_sizes import LayerInput
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.shapes import Reshape
from advisor.lazy_dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelsLast(Fact):
    """A convolution that is given such pictures, or a reshape that is to bring the channels to the
    front."""

    by: LayerInput | Reshape

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every such convolution and reshape."""
        yield from (cls(each) for each in run.facts(LayerInput) if each.has_channels_last)
        yield from (cls(each) for each in run.facts(Reshape) if each.leaves_colours_behind)
