"""Weights that are put aside while training goes on."""

from collections.abc import Iterable
from typing import Self

import libcst as cst

from advisor.code.events import (
    Event,
    LayerBuilt,
    ModuleBuilt,
    OptimizerStepped,
    StateListed,
    StateTaken,
    StateUsed,
)
from advisor.code.facts.later_reads import is_read_later
from advisor.code.facts.passes import sources_of
from advisor.code.facts.relations import reaches
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.library.torch_states import STATE
from advisor.code.values import (
    Dictionary,
    Instance,
    Layer,
    Object,
    Optimizer,
    Sequence,
    Unknown,
    Value,
    alternatives,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_DEEPEST_REACH = 3
_CALLED_MODELS = ("model", "net", "network", "classifier", "encoder")


@dataclass(frozen=True, slots=True)
class KeptWeights(Fact):
    """Weights of a model that are kept by reference and change with it, as its optimizer is stepped
    before they are used. `used` is where they are used, or put into a list, or None where it is the name
    that says what they are for."""

    taken: StateTaken
    changed: OptimizerStepped
    used: StateUsed | StateListed | None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Everything that is kept by reference while the model is trained on."""
        found: dict[object, Self] = {}
        # The first score is always the best so far: then there is nothing to choose.
        conditions: dict[object, set[object]] = {}
        for each in run.events(StateTaken):
            guards = (guard.node for guard in each.context.guards)
            conditions.setdefault(each.place.node, set()).update(guards)
        for taken in run.events(StateTaken):
            changed = _first_change(run, taken)
            if changed is None or _is_one_of_many(run, taken.module):
                continue
            listed = _put_into_list(run, taken)
            if listed is not None:
                found.setdefault(taken.place.node, cls(taken, changed, listed))
            elif isinstance(taken.state, Object) and taken.state.path == STATE:
                used = _first_use(run, taken, changed)
                if used is not None:
                    found.setdefault(taken.place.node, cls(taken, changed, used))
            elif (
                isinstance(taken.state, (Sequence, Dictionary))
                or taken.name
                and conditions[taken.place.node] - {each.node for each in changed.context.guards}
                and _is_model(run, taken)
                and _is_read_later(run, taken)
                and not _is_loaded_again(run, taken, changed)
            ):
                found.setdefault(taken.place.node, cls(taken, changed, None))
        return found.values()

    def finding(self, message: str) -> Draft:
        """A finding where the weights are taken, with what changes and what uses them beside it."""
        used = self.used.place if isinstance(self.used, StateUsed) else None
        return draft(
            self.taken,
            message,
            (self.changed.place, "they are changed here"),
            (used, "they are used here"),
        )

    @property
    def are_copies_wanted(self) -> bool:
        """Whether the values of parameters are kept under a name of earlier ones."""
        return isinstance(self.taken.state, (Sequence, Dictionary))


def _is_one_of_many(run: AbstractRun, module: Value) -> bool:
    """Whether a module stands for all that a comprehension builds, or is a copy, as they are made for several
    learners: the next one that is trained is another."""
    if not isinstance(module, (Instance, Layer)):
        return False
    built = run.once(_built)
    return module not in built or built[module]


def _built(run: AbstractRun) -> dict[Value, bool]:
    """The modules that are built, each with whether a comprehension does so."""
    found: dict[Value, bool] = {}
    for event in (*run.before, *run.events_among(ModuleBuilt, LayerBuilt)):
        if isinstance(event, (ModuleBuilt, LayerBuilt)):
            module = event.module if isinstance(event, ModuleBuilt) else event.layer
            found[module] = any(isinstance(each.node, cst.CompFor) for each in event.context.loops)
    return found


def _is_read_later(run: AbstractRun, taken: StateTaken) -> bool:
    """Whether anything reads a name of the model once training has gone on: a file that was written at once
    holds what the model was then."""
    functions = taken.context.functions
    node = functions[-1].node if functions else None
    return is_read_later(taken.place, taken.name or "", node, sources_of(run))


def _is_loaded_again(run: AbstractRun, taken: StateTaken, changed: Event) -> bool:
    """Whether other weights are loaded into the model behind the loop, be it under its other name."""
    around = len(taken.context.rounds)
    return any(
        used.index > changed.index
        and len(used.context.rounds) < around
        and used.module is taken.module
        and used.state is not taken.state
        for used in run.events(StateUsed)
    )


def _put_into_list(run: AbstractRun, taken: StateTaken) -> StateListed | None:
    """Where weights are put into a list, in a loop in whose next round an optimizer changes them."""
    for event in run.events(StateListed):
        known = isinstance(taken.module, (Instance, Layer)) and taken.index <= event.index
        if event.state is taken.state and known:
            return event if _changes_again(run, event, taken.module) else None
    return None


def _changes_again(run: AbstractRun, listed: StateListed, module: Value) -> bool:
    """Whether a module is changed in the next round of the loop in which it was put into a list; a
    model that is built anew in each round is another one by then."""
    now = listed.context.rounds[-1]
    return any(
        later.loop.node is now.loop.node and later.index > now.index
        for step in run.events(OptimizerStepped)
        if step.index > listed.index and _has_owner(step, module)
        for later in step.context.rounds
    )


def _has_owner(step: OptimizerStepped, module: Value) -> bool:
    return any(
        isinstance(option, Optimizer) and any(owner is module for owner in option.owners)
        for option in alternatives(step.optimizer)
    )


def _first_change(run: AbstractRun, taken: StateTaken) -> OptimizerStepped | None:
    """The first step of an optimizer of the module, after its weights were taken, in a loop that
    both are in."""
    for event in run.events(OptimizerStepped):
        if event.index > taken.index and _trains(run, event, taken.module):
            return event
    return None


def _trains(run: AbstractRun, step: OptimizerStepped, module: Value) -> bool:
    for option in alternatives(step.optimizer):
        if isinstance(option, Optimizer) and option.owners:
            if not any(reaches(module, owner, _DEEPEST_REACH) for owner in option.owners):
                return False
        elif not _is_alone(run):
            return False
    return True


def _is_alone(run: AbstractRun) -> bool:
    """Whether one optimizer is all that is stepped, so that it must be the model's."""
    return len({event.optimizer for event in run.events(OptimizerStepped)}) == 1


def _first_use(run: AbstractRun, taken: StateTaken, changed: Event) -> StateUsed | None:
    for event in run.events(StateUsed):
        if event.index <= changed.index or taken.state not in alternatives(event.state):
            continue
        # What each round takes anew, and writes to a file when it has trained, is what it says.
        is_of_round = bool(taken.context.rounds) and event.context.rounds == taken.context.rounds
        if event.module is not None or not is_of_round:
            return event
    return None


def _is_model(run: AbstractRun, taken: StateTaken) -> bool:
    value = taken.state
    if not isinstance(value, Unknown):
        return any(
            isinstance(option, Optimizer) and any(owner is value for owner in option.owners)
            for event in run.events(OptimizerStepped)
            for option in alternatives(event.optimizer)
        )
    return any(name.lower() in _CALLED_MODELS for name in (*value.names, value.name))
