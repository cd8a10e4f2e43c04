"""First states: what recurrent layers start from, and whether that is drawn at random."""

from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import AttributeAssigned, LayerBuilt, RandomDrawn
from advisor.code.facts.layers import LayerRun, forward_around, is_in
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.library.torch_sequences import CELLS, RECURRENT
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import Class, Sequence, Tensor, Value, alternatives, names_of
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# What methods are called that make the state that a recurrent layer is given first.
_STATES = frozenset(["hidden", "hiddens", "state", "states", "cell", "h0"])
# What a draw is called that a generator makes its samples of.
_NOISE = frozenset(["noise", "noises", "latent", "latents", "z"])
_FIRST = frozenset(["init", "initial", "initialize", "initialise", "start", "first", "zero"])


@dataclass(frozen=True, slots=True)
class FirstState(Fact):
    """A state that is drawn at random, for a recurrent layer to start from: in the forward pass in which
    it does at `start`, or by a method that is there for it."""

    layer: str
    place: NodePlace
    start: NodePlace | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """All of them, those first that are seen to be used."""
        for given in run.facts(LayerRun):
            if given.layer.path in RECURRENT | CELLS:
                for place in _drawn_for(run, given):
                    yield cls(given.layer.path.rsplit(".", 1)[-1], place, given.event.place)
        for event in run.events(RandomDrawn):
            owner = _owner_of_states(event)
            if owner is not None and _is_learned(run, event):
                continue
            for built in () if owner is None else run.events(LayerBuilt):
                own = any(each.owner is owner for each in built.context.functions)
                if own and built.layer.path in RECURRENT | CELLS:
                    yield cls(built.layer.path.rsplit(".", 1)[-1], event.place)
                    break

    def finding(self, message: str) -> Draft:
        """A finding where the numbers are drawn."""
        related = () if self.start is None else ((self.start, "it starts here"),)
        return Draft(self.place, message, related)


def _is_learned(run: AbstractRun, drawn: RandomDrawn) -> bool:
    """Whether the method keeps what gradients are wanted for, or fills it: a state that is learned. What is
    called only as the layer is built is drawn once, too."""
    if isinstance(drawn.tensor, Tensor) and drawn.tensor.graph is True:
        return True
    own = drawn.context.functions[-1]
    if all(
        any(each.name == "__init__" for each in event.context.functions)
        for event in run.events(RandomDrawn)
        if event.context.functions[-1:] == (own,)
    ):
        return True
    return any(
        event.context.functions == drawn.context.functions
        and isinstance(event.value, Tensor)
        and event.value.graph is True
        for event in run.events(AttributeAssigned)
    )


def _owner_of_states(event: RandomDrawn) -> Class | None:
    """The class of the method that draws a first state, if its name says so."""
    functions = event.context.functions
    said = words(functions[-1].name) if functions else set()
    return functions[-1].owner if said & _STATES and said & _FIRST else None


def _drawn_for(run: AbstractRun, given: LayerRun) -> Iterator[NodePlace]:
    """Where the hidden state that a recurrent layer is given was drawn at random in the same forward
    pass, or the same round."""
    around = forward_around(run, given.event)
    if around is None:
        return
    drawn = [
        event
        for event in run.events_within(0, given.event.index, RandomDrawn)
        if event.index > around.index
        or (event.context.rounds and is_in(given.event, event.context.rounds))
    ]
    for state in _tensors(given.event.arguments.get(1, "hx")):
        if any(words(name) & _NOISE for name in names_of(state)):
            continue
        for event in drawn:
            made = state.place is not None and state.place.node is event.place.node
            if made or event.tensor is state:
                yield event.place
                break


def _tensors(value: Value | None) -> Iterator[Value]:
    for option in alternatives(value):
        if isinstance(option, Sequence):
            for item in option.items or ():
                yield from _tensors(item)
            yield from _tensors(option.element)
        else:
            yield option
