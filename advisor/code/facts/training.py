"""Training loops: which optimizer is stepped in which loop, and what happens between two steps."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from advisor.code.events import (
    BackwardRun,
    Escaped,
    Event,
    GradientsCleared,
    GradientsTaken,
    Loop,
    OptimizerStepped,
)
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.values import (
    Constant,
    Dictionary,
    Function,
    Instance,
    Library,
    Object,
    Optimizer,
    Parameters,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
)
from advisor.rulebook import Draft

# Names of functions that may clear gradients when they are handed a model.
_MAY_TRAIN = re.compile(
    r"zero|clear|reset|grad|step|optim|train|update|backward|fit|engine|epoch|learn", re.IGNORECASE
)
_DEEPEST_REACH = 3


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
        options = alternatives(self.event.optimizer)
        return all(
            isinstance(option, Optimizer) or _is_named_optimizer(option) for option in options
        )

    def finding(self, message: str) -> Draft:
        """A finding at the step, with the optimizer's construction beside it."""
        built = self.event.optimizer.place if isinstance(self.event.optimizer, Optimizer) else None
        return draft(self.event, message, (built, "the optimizer is built here"))

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
            _may_clear(event, option)
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


def _is_named_optimizer(value: Value) -> bool:
    names = value.names if isinstance(value, Unknown) else ()
    return any("opt" in name.lower() for name in names)


def _may_clear(event: Event, optimizer: Value) -> bool:
    match event:
        case GradientsCleared():
            return any(_may_concern(target, optimizer) for target in alternatives(event.target))
        case GradientsTaken():
            return True
        case Escaped():
            return _may_clear_inside(event, optimizer)
    return False


def _may_concern(target: Value, optimizer: Value) -> bool:
    """Whether clearing `target` may clear the gradients that `optimizer` uses."""
    if target is optimizer:
        return True
    if isinstance(target, Optimizer) and isinstance(optimizer, Optimizer):
        if not target.complete or not optimizer.complete:
            return True
        return any(_overlap(one, other) for one in target.owners for other in optimizer.owners)
    if isinstance(target, Unknown) or not isinstance(optimizer, Optimizer):
        return True
    if not optimizer.complete:
        return True
    parts = _owners(target)
    return any(_overlap(part, owner) for part in parts for owner in optimizer.owners)


def _owners(target: Value) -> tuple[Value, ...]:
    """The modules whose gradients are cleared with a target."""
    if isinstance(target, Object) and target.path == "torch.parameter":
        return tuple(target.arguments.positional)
    return target.owners if isinstance(target, Parameters) else (target,)


def _overlap(one: Value, other: Value) -> bool:
    """Whether two modules may share parameters: one is, or holds, the other."""
    if isinstance(one, (Unknown, Tensor)) or isinstance(other, (Unknown, Tensor)):
        return _same_or_related_unknowns(one, other)
    return reaches(one, other, _DEEPEST_REACH) or reaches(other, one, _DEEPEST_REACH)


def _same_or_related_unknowns(one: Value, other: Value) -> bool:
    if one is other:
        return True
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return one in _chain(other) or other in _chain(one)
    return True


def _chain(value: Unknown) -> Iterator[Unknown]:
    current: Unknown | None = value
    while current is not None:
        yield current
        current = current.parent


def reaches(value: Value, target: Value, depth: int) -> bool:
    """Whether a value is the target or holds it somewhere inside."""
    if value is target:
        return True
    if isinstance(value, Unknown) and isinstance(target, Unknown) and value in _chain(target):
        return True
    if depth == 0:
        return False
    return any(reaches(inner, target, depth - 1) for inner in _inside(value))


def _inside(value: Value) -> Iterator[Value]:
    match value:
        case Instance() | Object() | Sequence() | Dictionary():
            for field in value.fields.values():
                if isinstance(field, Value):
                    yield field
                elif isinstance(field, tuple):
                    yield from (each for each in field if isinstance(each, Value))
        case Parameters():
            yield from value.owners
        case Function():
            yield from value.scope.fields.values()
        case _:
            yield from value.alternatives if hasattr(value, "alternatives") else ()


def _may_clear_inside(event: Escaped, optimizer: Value) -> bool:
    """Whether unknown code that is handed values may clear the optimizer's gradients: it may when
    it can get at the optimizer; when it can only get at the model, its name decides."""
    for value in event.values:
        if reaches(value, optimizer, _DEEPEST_REACH):
            return True
    owners = optimizer.owners if isinstance(optimizer, Optimizer) else ()
    if not any(reaches(value, owner, 2) for value in event.values for owner in owners):
        return False
    if _switches_mode(event):
        return False
    return _MAY_TRAIN.search(_name_of(event.callee)) is not None


def _switches_mode(event: Escaped) -> bool:
    """Whether a method of a model is called as `model.train()` is, with at most a truth value."""
    name = _name_of(event.callee)
    passed = tuple(event.arguments.values())
    return name in {"train", "eval"} and all(isinstance(each, Constant) for each in passed)


def _name_of(callee: Value) -> str:
    if isinstance(callee, Library):
        return callee.path
    return callee.name if isinstance(callee, Unknown) else ""
