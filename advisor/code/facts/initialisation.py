"""Layers whose weights the program fills by itself, and what comes behind them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from advisor.code.events import ForwardRun, WeightsFilled
from advisor.code.facts.layers import LayerRun
from advisor.code.facts.modules import WITH_WEIGHTS
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.values import Layer, Value
from advisor.rulebook import Draft

_ACTIVATIONS = {
    "torch.nn.ReLU": "ReLU",
    "torch.nn.LeakyReLU": "LeakyReLU",
    "torch.nn.Tanh": "Tanh",
    "torch.nn.Sigmoid": "Sigmoid",
}


@dataclass(frozen=True, slots=True)
class InitialisedLayer(Fact):
    """A layer whose weights are filled by a function of `torch.nn.init`, the last time that they are.

    `activation` is the layer without weights that its output goes through next, if that is a known
    one; `is_hidden` tells that another layer with weights comes right behind that.
    """

    event: WeightsFilled
    activation: str | None
    is_hidden: bool

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every such layer that is seen to run, with what comes behind it."""
        filled = {event.layer: event for event in run.events(WeightsFilled)}
        activations: dict[Value, str] = {}
        squashed: dict[ForwardRun, Value] = {}
        hidden: set[Value] = set()
        for each in run.facts(LayerRun) if filled else ():
            if each.layer.path in _ACTIVATIONS and each.previous is not None:
                activations[each.previous] = _ACTIVATIONS[each.layer.path]
                squashed[each.event] = each.previous
            elif each.layer.path in WITH_WEIGHTS and each.before[:1]:
                inside = squashed.get(each.before[0])
                hidden |= set() if inside is None else {inside}
        for layer, event in filled.items():
            yield cls(event, activations.get(layer), layer in hidden)

    @property
    def name(self) -> str:
        """The class of the layer."""
        layer = self.event.layer
        return layer.path.rsplit(".", 1)[-1] if isinstance(layer, Layer) else "layer"

    @property
    def function(self) -> str:
        """The function that fills the weights."""
        return self.event.function

    def finding(self, message: str) -> Draft:
        """A finding where the weights are filled."""
        return Draft(self.event.place, message)
