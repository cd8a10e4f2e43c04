"""Training loops: which optimizer is stepped in which loop, and what happens between two steps."""

from collections.abc import Iterable
from typing import Self

from advisor.code.events import BackwardRun, Event, Loop, OptimizerStepped
from advisor.code.facts.relations import is_certainly_optimizer, may_clear
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.values import Optimizer, Value, alternatives
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class Update:
    """An optimizer step that is repeated by a loop, with the step before it."""

    run: AbstractRun
    event: OptimizerStepped
    previous: OptimizerStepped

    @property
    def optimizer(self) -> str:
        """The optimizer as it is written in the code."""
        return self.event.text

    @property
    def is_certain(self) -> bool:
        """Whether what is stepped is an optimizer for sure."""
        return is_certainly_optimizer(self.event.optimizer)

    @property
    def backward(self) -> BackwardRun | None:
        """The first back-propagation that is meant for the step: since the last step of any
        optimizer, or else since the one before of this."""
        found: BackwardRun | None = None
        stepped = False
        for event in self.between():
            stepped = stepped or isinstance(event, OptimizerStepped)
            if isinstance(event, BackwardRun) and (found is None or stepped):
                found, stepped = event, False
        return found

    def finding(self, message: str) -> Draft:
        """A finding at the back-propagation, with the optimizer's construction beside it; at the
        step where the back-propagation lies in another file."""
        optimizer, backward = self.event.optimizer, self.backward
        built = optimizer.place if isinstance(optimizer, Optimizer) else None
        here = self.event.place.source
        event = backward if backward is not None and backward.place.source is here else self.event
        return draft(event, message, (built, "the optimizer is built here"))

    def between(self) -> Iterable[Event]:
        """What happens since the step before."""
        return self.run.between(self.previous, self.event)


@dataclass(frozen=True, slots=True)
class TrainingLoop(Fact):
    """A loop that steps optimizers, with the steps that it repeats."""

    loop: Loop
    updates: tuple[Update, ...]

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every loop that repeats a step of the same optimizer."""
        found: dict[Loop, list[Update]] = {}
        last: dict[tuple[object, Value], OptimizerStepped] = {}
        for event in run.events(OptimizerStepped):
            key = (event.place.node, event.optimizer)
            previous = last.get(key)
            last[key] = event
            loop = _repeating_loop(previous, event)
            if previous is not None and loop is not None:
                found.setdefault(loop, []).append(Update(run, event, previous))
        return [cls(loop, tuple(updates)) for loop, updates in found.items()]

    def back_propagates_before(self, update: Update) -> bool:
        """Whether a loss is back-propagated between the last step and this one."""
        return any(
            isinstance(event, BackwardRun) and event.engine is None for event in update.between()
        )

    def clears_before(self, update: Update) -> bool:
        """Whether the optimizer's gradients are cleared, or may be cleared where nobody can look,
        between the last step and this one."""
        return any(
            may_clear(event, option)
            for event in update.between()
            for option in alternatives(update.event.optimizer)
        )


def _repeating_loop(first: Event | None, second: Event) -> Loop | None:
    """The loop of which two events are in different rounds."""
    if first is None:
        return None
    for left, right in zip(first.context.rounds, second.context.rounds, strict=False):
        if left.loop.node is not right.loop.node:
            return None
        if left.index != right.index:
            trips = right.loop.trips.integer if right.loop.trips is not None else None
            return right.loop if trips is None or trips > 1 else None
    return None
