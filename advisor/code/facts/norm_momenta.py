"""Momenta of batch norms: what they are built with, or told afterwards."""

from collections.abc import Iterable
from typing import Self

from advisor.code.events import AttributeAssigned, LayerBuilt
from advisor.code.facts.modules import BATCH_NORMS
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.sources import NodePlace
from advisor.code.values import BUILT_BY, Layer, Partial, Value, known_constant
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

KERAS = "keras.layers.BatchNormalization"
_ARGUMENT = {KERAS: 1, **dict.fromkeys(BATCH_NORMS, 2)}


@dataclass(frozen=True, slots=True)
class NormMomentum(Fact):
    """The momentum of a batch norm of torch or Keras, and where it is told."""

    layer: Layer
    momentum: float
    place: NodePlace

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every momentum that is a known number."""
        for built in run.events(LayerBuilt):
            if built.layer.path in _ARGUMENT:
                given = built.layer.argument(_ARGUMENT[built.layer.path], "momentum")
                yield from cls._of(built.layer, given, _told_at(built.layer) or built.place)
        for event in run.events(AttributeAssigned):
            owner = event.owner
            if event.name == "momentum" and isinstance(owner, Layer) and owner.path in _ARGUMENT:
                yield from cls._of(owner, event.value, event.place)

    @classmethod
    def _of(cls, layer: Layer, value: Value | None, place: NodePlace) -> Iterable[Self]:
        momentum = known_constant(value)
        if momentum is not None:
            yield cls(layer, momentum, place)

    @property
    def is_of_keras(self) -> bool:
        """Whether it weighs what was before, not the newest batch."""
        return self.layer.path == KERAS

    def finding(self, message: str) -> Draft:
        """A finding where it is told."""
        return Draft(self.place, message)


def _told_at(layer: Layer) -> NodePlace | None:
    """Where a partial was given the momentum beforehand."""
    partial = layer.fields.get(BUILT_BY)
    told = isinstance(partial, Partial) and "momentum" in partial.arguments.keywords
    return partial.given if told and isinstance(partial, Partial) else None
