"""Programs that train, as a whole: what they do besides."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from advisor.code.events import (
    Escaped,
    Event,
    ModelTrained,
    OptimizerStepped,
    SeedFixed,
    TrainerBuilt,
)
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.sources import NodePlace
from advisor.code.values import Library, Unknown, Value
from advisor.rulebook import Draft

# What a function goes by that may fix a seed where nobody can look.
_MAY_SEED = re.compile(
    r"seed|determin|reproduc|random_state|setup|set_up|init|config", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TrainingProgram(Fact):
    """A script or notebook that trains a model when it is run. `may_be_seeded` tells whether it
    fixes a seed, or may do so where nobody can look."""

    place: NodePlace
    may_be_seeded: bool

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The program, if it is one and trains."""
        if not run.is_script or any(True for _ in run.events(TrainerBuilt)):
            return
        first = next((event for event in run.trace if _trains(event)), None)
        if first is not None:
            yield cls(_in_file(run, first), any(_may_seed(event) for event in run.trace))

    def finding(self, message: str) -> Draft:
        """A finding where the program begins to train."""
        return Draft(self.place, message)


def _trains(event: Event) -> bool:
    if isinstance(event, OptimizerStepped):
        return bool(event.context.loops) and not event.managed
    return isinstance(event, ModelTrained)


def _in_file(run: AbstractRun, event: Event) -> NodePlace:
    """The loop of the file itself in which something happens, or the line that leads to it."""
    for loop in event.context.loops:
        if loop.place.source is run.source:
            return loop.place
    return event.context.calls[0] if event.context.calls else event.place


def _may_seed(event: Event) -> bool:
    if isinstance(event, SeedFixed):
        return True
    return isinstance(event, Escaped) and _MAY_SEED.search(_name(event.callee)) is not None


def _name(callee: Value) -> str:
    if isinstance(callee, Library):
        return callee.path
    return callee.name if isinstance(callee, Unknown) else ""
