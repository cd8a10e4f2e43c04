"""Layers whose weights the program fills by itself, and what comes behind them."""

from collections.abc import Iterable
from typing import Self

from advisor.code.events import Bent, Event, ForwardRun, Multiplied, WeightsFilled
from advisor.code.facts.modules import WITH_WEIGHTS, is_dropout
from advisor.code.facts.relations import origin_of
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.values import Layer, Value, known_text
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_ACTIVATIONS = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "LeakyReLU": "LeakyReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
}
_CALLED = "parameter"
_KERAS = "keras.layers."


@dataclass(frozen=True, slots=True)
class InitialisedLayer(Fact):
    """A layer whose weights are filled by hand, the last time that they are; or a parameter that
    is multiplied with what it is given.

    `activation` is the function that its output goes through next, if that is a known one;
    `is_hidden` tells that another layer with weights comes behind that.
    """

    event: WeightsFilled
    activation: str | None
    is_hidden: bool

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every such layer that is seen to run, with what comes behind it."""
        filled = {event.layer: event for event in run.events(WeightsFilled)}
        if not filled or holds_unit_tests(run):
            return
        flow = _Flow(filled)
        for event in run.events_among(ForwardRun, Bent, Multiplied):
            flow.go_on(event)
        for layer, event in filled.items():
            yield cls(event, flow.activations.get(layer), layer in flow.hidden)

    @property
    def name(self) -> str:
        """The class of the layer."""
        layer = self.event.layer
        return layer.path.rsplit(".", 1)[-1] if isinstance(layer, Layer) else _CALLED

    @property
    def function(self) -> str:
        """The function that fills the weights."""
        return self.event.function

    def finding(self, message: str) -> Draft:
        """A finding where the weights are filled."""
        return Draft(self.event.place, message)


def _learns(layer: Layer) -> bool:
    return layer.path.removeprefix(_KERAS).startswith(("Dense", "Conv", "SeparableConv"))


class _Flow:
    """Which layers' outputs went through an activation, and into which layers after it."""

    def __init__(self, filled: dict[Value, WeightsFilled]) -> None:
        self._filled = filled
        self._raw: dict[Value, Value] = {}
        self._bent: dict[Value, Value] = {}
        self.activations: dict[Value, str] = {}
        self.hidden: set[Value] = set()

    def go_on(self, event: Event) -> None:
        """Follow one more event."""
        if isinstance(event, Bent):
            self._bend(event)
        elif isinstance(event, Multiplied):
            self._multiply(event.right, event.left, event.made)
            self._multiply(event.left, event.right, event.made)
        elif isinstance(event, ForwardRun) and isinstance(event.module, Layer):
            self._run(event.module, event)

    def _run(self, layer: Layer, event: ForwardRun) -> None:
        given = event.arguments.get(0, "input")
        if layer.path.startswith(_KERAS) and "kernel_initializer" in layer.arguments.keywords:
            self._run_with_activation(layer, given, event.output)
        elif layer.path.startswith(_KERAS) and _learns(layer):
            self._multiply(layer, given, None)
        elif layer.path in WITH_WEIGHTS and "Norm" not in layer.path:
            self._multiply(layer, given, event.output)
        elif is_dropout(layer) or "Pool" in layer.path or layer.path.endswith("Flatten"):
            for known in (self._raw, self._bent):
                source = origin_of(given, known)
                if source is not None and event.output is not None:
                    known[event.output] = source

    def _run_with_activation(self, layer: Layer, given: Value | None, made: Value | None) -> None:
        """A layer of Keras, which has its activation in itself."""
        self._multiply(layer, given, None)
        if layer in self._filled and made is not None:
            name = known_text(layer.argument(-1, "activation"))
            if name in _ACTIVATIONS:
                self.activations[layer] = _ACTIVATIONS[name]
            self._raw[made] = self._bent[made] = layer

    def _multiply(self, weights: Value, given: Value | None, made: Value | None) -> None:
        inside = origin_of(given, self._bent)
        if inside is not None:
            self.hidden.add(inside)
        if weights in self._filled and made is not None:
            self._raw[made] = weights

    def _bend(self, event: Bent) -> None:
        source = origin_of(event.tensor, self._raw)
        if source is not None:
            name = _ACTIVATIONS.get(event.name)
            if name is not None:
                self.activations[source] = name
            self._bent[event.made] = source
            if event.in_place:
                self._bent[event.tensor] = source
