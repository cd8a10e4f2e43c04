"""What is switched on in a training beyond what a first one needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from advisor.code.events import OptimizerBuilt
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.schedule_use import ScheduleUse
from advisor.code.sources import NodePlace
from advisor.code.values import Optimizer, Scalar
from advisor.rulebook import Draft

# Schedules of Keras, which an optimizer advances by itself.
_OF_KERAS = "keras.optimizers.schedules."


@dataclass(frozen=True, slots=True)
class Refinement(Fact):
    """A learning-rate schedule that is used, or weight decay that the program asks for: `name` is how
    it is called."""

    name: str
    is_schedule: bool
    place: NodePlace

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every schedule that is used, and every optimizer that is told to decay weights."""
        for use in run.facts(ScheduleUse):
            if use.built is not None and (use.steps or use.schedule.path.startswith(_OF_KERAS)):
                yield cls(use.name, True, use.built.place)
        for event in run.events(OptimizerBuilt):
            made = event.optimizer
            given = (
                made.arguments.keywords.get("weight_decay") if isinstance(made, Optimizer) else None
            )
            constant = given.number.constant if isinstance(given, Scalar) else None
            if constant is not None and constant > 0:
                yield cls("weight_decay", False, event.place)

    def finding(self, message: str) -> Draft:
        """A finding where it is built."""
        return Draft(self.place, message)
