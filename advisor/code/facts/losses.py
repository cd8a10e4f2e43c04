"""Loss calls: what a loss is given and what it expects."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from advisor.code.events import Event, LossComputed, ModelCompiled, ModelTrained
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.values import Activation, Scale, scale_of
from advisor.rulebook import Draft

_APPLIES_ITSELF = frozenset({"logits", "binary_logits"})


@dataclass(frozen=True, slots=True)
class LossCall(Fact):
    """A loss computed from a prediction."""

    event: LossComputed

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every loss that is computed, and not replaced before any training with it."""
        return [cls(event) for event in run.events(LossComputed) if not _is_replaced(run, event)]

    @property
    def name(self) -> str:
        """The loss's own name, such as `CrossEntropyLoss`."""
        return self.event.name or self.event.path.rsplit(".", 1)[-1]

    @property
    def expects_logits(self) -> bool:
        """Whether the loss applies softmax or sigmoid itself."""
        return self.event.expects in _APPLIES_ITSELF

    @property
    def scale(self) -> Scale | None:
        """The scale of the prediction, when it is the same on every way the program can take."""
        return scale_of(self.event.prediction)

    def is_given(self, activation: Activation) -> bool:
        """Whether the prediction comes out of this activation, on every way."""
        scale = self.scale
        return scale is not None and scale.activation is activation

    def finding(self, message: str) -> Draft:
        """A finding at the activation, which is what has to go, with the loss beside it; at the
        loss when the activation lies in another file."""
        activation = None if self.scale is None else self.scale.place
        loss = self.event.place
        if activation is None or activation.source is not loss.source:
            return draft(self.event, message, (activation, "the activation is applied here"))
        return Draft(activation, message, ((loss, f"`{self.name}` is computed here"),))


def _is_replaced(run: AbstractRun, event: LossComputed) -> bool:
    """Whether the model of a loss is compiled once more, in any case, before it is trained."""
    if event.model is None:
        return False
    for later in run.events(ModelCompiled):
        if later.index > event.index and later.model is event.model and _follows(later, event):
            between = run.between(event, later)
            return not any(
                isinstance(each, ModelTrained) and each.model is event.model for each in between
            )
    return False


def _follows(later: Event, event: Event) -> bool:
    """Whether an event happens whenever an earlier one has happened: under no other condition."""
    known = {(guard.node, guard.taken) for guard in event.context.guards}
    return all((guard.node, guard.taken) in known for guard in later.context.guards)
