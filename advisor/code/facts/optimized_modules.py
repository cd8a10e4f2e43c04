"""Which modules an optimizer updates, and which take their places after it was built."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Self

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BackwardRun,
    Escaped,
    Event,
    ForwardRun,
    GradientsChanged,
    GradientsRead,
    GradientsTaken,
    ModulePlaced,
    ObjectLoaded,
    OptimizerBuilt,
    OptimizerStepped,
    ParametersAdded,
    ParametersAsked,
)
from advisor.code.facts.learning_layers import learning
from advisor.code.facts.left_out import is_frozen, left_out
from advisor.code.facts.origins import module_of, origins_of
from advisor.code.facts.relations import reaches, sets_gradients
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.code.facts.steps import excludes
from advisor.code.interpreter.classes import are_of_modules
from advisor.code.sources import NodePlace, Stretch
from advisor.code.values import (
    Instance,
    Layer,
    Method,
    Optimizer,
    Parameters,
    Tensor,
    Unknown,
    Value,
    alternatives,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# What takes its place within so many lines behind the optimizer is shown together with it.
_NEARBY = 8


@dataclass(frozen=True, slots=True)
class OptimizedModules(Fact):
    """The modules of an optimizer that is stepped, from its construction on."""

    run: AbstractRun
    event: OptimizerBuilt
    optimizer: Optimizer
    steps: tuple[OptimizerStepped, ...]

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every optimizer that is built over modules that are all known, and that is stepped."""
        for event in run.events(OptimizerBuilt):
            optimizer = event.optimizer
            if not isinstance(optimizer, Optimizer) or not optimizer.complete:
                continue
            steps = [each for each in run.events(OptimizerStepped) if each.optimizer is optimizer]
            if steps and optimizer.owners and not _may_grow(run, optimizer):
                yield cls(run, event, optimizer, tuple(steps))

    @property
    def text(self) -> str:
        """The optimizer as it is written in the code."""
        return self.steps[0].text

    def placed_too_late(self) -> Iterator[ModulePlaced]:
        """What became a part of the optimizer's modules when it had been built already, and is
        there when it steps."""
        for event in self.run.events(ModulePlaced):
            if event.index < self.event.index or excludes(event, self.event):
                continue
            if event.context.running and event.context.guards:
                continue  # a pass may replace a layer, but need not
            used = (each.index > event.index and not excludes(event, each) for each in self.steps)
            if any(used) and self._is_missed(event):
                yield event

    def _is_missed(self, event: ModulePlaced) -> bool:
        owner = event.owner.receiver if isinstance(event.owner, Method) else event.owner
        owners = self.optimizer.owners
        others = tuple(each for each in owners if not reaches(each, owner))
        if len(others) == len(owners):
            return self._takes_the_place_of_an_owner(event)
        if any(event.module is each for each in owners) or is_frozen(self.run, event.module):
            return False
        return any(
            not any(reaches(each, part) for each in (*others, *_known(event.before)))
            for part in learning(event.module)
        )

    def _takes_the_place_of_an_owner(self, event: ModulePlaced) -> bool:
        """Whether what is placed runs, where one of the optimizer's own modules was before, and the
        optimizer steps on the loss of it."""
        if event.before is None or not any(event.before is each for each in self.optimizer.owners):
            return False
        if _owned_elsewhere(self.run, event.module) or is_frozen(self.run, event.module):
            return False
        ran = [
            each.index
            for each in self.run.events(ForwardRun)
            if each.module is event.module and each.context.gradients is True
        ]
        return any(event.index < index < step.index for index in ran for step in self.steps)

    def strangers(self) -> Iterator[tuple[OptimizerStepped, ForwardRun]]:
        """Steps before which another model of the same class runs, and none of the optimizer's."""
        for before, step in zip(self.steps, self.steps[1:], strict=False):
            between = self.run.trace[before.index + 1 : step.index]
            ran = [event for event in between if isinstance(event, ForwardRun)]
            copied = any(
                isinstance(event, (GradientsRead, GradientsChanged, GradientsTaken, Escaped))
                or sets_gradients(event)
                for event in between
            )
            if copied or not any(isinstance(event, BackwardRun) for event in between):
                continue
            if any(self._concerns(event.module) for event in ran):
                continue
            for event in ran:
                if any(_alike(event.module, owner) for owner in self.optimizer.owners):
                    yield step, event

    def replaced(self) -> Iterator[ObjectLoaded]:
        """Models that are read from a file once the optimizer is built, and by whose loss it steps: what
        goes back has come out of them, with gradients, and of nothing that the optimizer updates. What
        somebody else is given may get an optimizer there, and a judge is not there to learn."""
        loaded = {
            event.value: event
            for event in self.run.events(ObjectLoaded)
            if event.index > self.event.index and not excludes(event, self.event)
        }
        if not loaded or not all(map(_is_module, self.optimizer.owners)):
            return
        handed = set(_handed_over(self.run))
        learning_anew = {
            value: event
            for value, event in loaded.items()
            if value not in handed
            and not is_frozen(self.run, value)
            and not any(reaches(owner, value) for owner in self.optimizer.owners)
        }
        found: dict[ObjectLoaded, None] = {}
        for before, step in pairwise(self.steps) if learning_anew else ():
            between = self.run.events_within(before.index + 1, step.index, BackwardRun)
            for loss in between:
                for load in self._loaded_behind(loss, learning_anew):
                    if not excludes(load, step):
                        found[load] = None
        yield from found

    def _loaded_behind(
        self, loss: BackwardRun, loaded: dict[Value, ObjectLoaded]
    ) -> Iterator[ObjectLoaded]:
        """What was loaded that a loss has come out of; nothing if one of the optimizer's own modules, or
        what they hold, takes part in it beside that."""
        origins = origins_of(self.run, loss.loss)
        found = [each for each in origins.passes if module_of(each) in loaded]
        here = {each.place.node for each in found}
        ran = {module_of(each) for each in origins.passes}
        parts = (
            *(module_of(each) for each in origins.passes if each.place.node not in here),
            *(each for each in origins.leaves if each not in ran),
        )
        learned = any(isinstance(each, Tensor) and each.graph is True for each in origins.leaves)
        if not found or learned or not origins.complete or any(map(self._concerns, parts)):
            return
        runs_too = any(map(self._concerns, ran))
        for each in found:
            if not runs_too and not self._called() & _names(module_of(each)):
                continue  # nothing tells that it takes the place of a module of the optimizer
            judges = any(mode.training is not True for mode in each.modes)
            if each.context.gradients is True and not each.context.running and not judges:
                yield loaded[module_of(each)]

    def _called(self) -> set[str]:
        """What the modules of the optimizer go by where their parameters are asked for."""
        asked = (
            each.place.node
            for each in self.run.events(ParametersAsked)
            if any(each.module is owner for owner in self.optimizer.owners)
        )
        calls = (each.func for each in asked if isinstance(each, cst.Call))
        written = (each.value for each in calls if isinstance(each, cst.Attribute))
        return {code_of(each).rpartition(".")[2] for each in written}

    def left_out(self) -> ForwardRun | None:
        """A new module that takes part in the loss along with those of the optimizer, and that no
        optimizer updates."""
        told = {each.module for each in self.placed_too_late()}
        missed = left_out(self.run, self.optimizer, self.steps)
        return next((event for event in missed if event.module not in told), None)

    def finding_at_construction(self, event: Event, message: str) -> Draft:
        """A finding where the optimizer is built, with an event beside it."""
        return draft(self.event, message, (event.place, "it takes part in the loss here"))

    def finding_too_early(self, placed: ModulePlaced, message: str) -> Draft:
        """A finding where the optimizer is built, which comes too early, up to what takes its place
        behind it where that is near; at that place where no finding may lie at the optimizer."""
        if not self.run.may_tell_of(self.event.place.source):
            return self.finding(placed, message)
        found = draft(self.event, message, (placed.place, "it takes its place here"))
        first, last = self.event.place, _call_from_outside(placed) or placed.place
        if first.source is not last.source:
            return found
        if not 0 < last.locate().row - first.locate().row <= _NEARBY:
            return found
        return replace(found, place=Stretch(first.source, first.node, last.node))

    def _concerns(self, module: Value) -> bool:
        return any(
            reaches(module, owner) or reaches(owner, module) for owner in self.optimizer.owners
        )

    def finding(self, event: Event, message: str) -> Draft:
        """A finding at an event, with the construction of the optimizer beside it. What a module does to
        itself is told where the program has it done."""
        found = draft(event, message, (self.event.place, "the optimizer is built here"))
        call = None if _call_from_outside(self.event) else _call_from_outside(event)
        if call is None:
            return found
        return replace(
            found, place=call, related=(*found.related, (event.place, "it is placed here"))
        )


def _may_grow(run: AbstractRun, optimizer: Optimizer) -> bool:
    """Whether an optimizer is given further parameters, or may be."""
    return (
        any(True for _ in run.events(ParametersAdded))
        or any(event.owner is optimizer for event in run.events(AttributeAssigned))
        or any(reaches(value, optimizer) for event in run.events(Escaped) for value in event.values)
    )


def _call_from_outside(event: Event) -> NodePlace | None:
    """The call of the method of a module that an event happens in, from outside of modules."""
    context, found = event.context, None
    for function, call in zip(reversed(context.functions), reversed(context.calls), strict=False):
        if function.owner is None or not are_of_modules(function.owner.library_bases()):
            break
        found = call
    return found


def _owned_elsewhere(run: AbstractRun, module: Value) -> bool:
    return any(
        not isinstance(each.optimizer, Optimizer)
        or not each.optimizer.complete
        or any(reaches(owner, module) for owner in each.optimizer.owners)
        for each in run.events(OptimizerBuilt)
    )


def _names(value: Value) -> set[str]:
    """What the program calls something that nobody knows."""
    return {value.name, *value.names} if isinstance(value, Unknown) else set()


def _is_module(value: Value) -> bool:
    """Whether an optimizer may have got the parameters of a whole module: not a tensor by itself, such
    as a picture that is learned."""
    return isinstance(value, (Instance, Layer, Unknown))


def _handed_over(run: AbstractRun) -> Iterator[Value]:
    """What an optimizer is built over, and what is handed to code that nobody can look into, itself or
    its parameters."""
    for event in run.events(OptimizerBuilt):
        yield from event.optimizer.owners if isinstance(event.optimizer, Optimizer) else ()
    for escaped in run.events(Escaped):
        for given in escaped.arguments.values():
            for way in alternatives(given):
                yield way
                yield from way.owners if isinstance(way, Parameters) else ()


def _known(value: Value | None) -> tuple[Value, ...]:
    return () if value is None else (value,)


def _alike(module: Value, owner: Value) -> bool:
    if isinstance(module, Instance) and isinstance(owner, Instance):
        return module.cls is owner.cls
    return type(module) is Layer and type(owner) is Layer and module.path == owner.path
