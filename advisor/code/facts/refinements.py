"""What is switched on in a training beyond what a first one needs."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import (
    DataGiven,
    LayerBuilt,
    LossComputed,
    ModelTrained,
    OptimizerBuilt,
    OptimizerStepped,
)
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.schedule_use import ScheduleUse
from advisor.code.sources import NodePlace
from advisor.code.values import (
    NONE,
    Object,
    Optimizer,
    Scalar,
    Value,
    is_constant,
    one_or_several,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# Schedules of Keras, which an optimizer advances by itself.
_OF_KERAS = "keras.optimizers.schedules."
_DROPOUT = re.compile(r"(Spatial|Alpha|Gaussian|FeatureAlpha)?Dropout[123]?[dD]?")


@dataclass(frozen=True, slots=True)
class Refinement(Fact):
    """A learning-rate schedule that is used, or weight decay, dropout and the like that the program
    asks for: `name` is how it is called."""

    name: str
    is_schedule: bool
    place: NodePlace

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every schedule that is used, and whatever else is told to hold the model back."""
        for use in run.facts(ScheduleUse):
            if use.built is not None and (use.steps or use.schedule.path.startswith(_OF_KERAS)):
                yield cls(use.name, True, use.built.place)
        for event in run.events(OptimizerBuilt):
            made = event.optimizer
            given = (
                made.arguments.keywords.get("weight_decay") if isinstance(made, Optimizer) else None
            )
            if _is_positive(given):
                yield cls("weight_decay", False, event.place)
        yield from cls._of_layers(run)
        for loss in run.events(LossComputed):
            if "functional" in loss.path and _is_positive(
                loss.options.keywords.get("label_smoothing")
            ):
                yield cls("label_smoothing", False, loss.place)
        for data in run.events(DataGiven):
            for each in _callbacks(data.callbacks):
                if each.place is not None:
                    yield cls(each.path.rsplit(".", 1)[-1], True, each.place)

    @classmethod
    def _of_layers(cls, run: AbstractRun) -> Iterator[Self]:
        """The first dropout of a program that trains, and the layers whose weights are told to decay."""
        if not _trains(run):
            return
        dropped = False
        for event in run.events(LayerBuilt):
            name, given = event.layer.path.rsplit(".", 1)[-1], event.layer.arguments
            if not event.layer.path.startswith(("torch.nn.", "keras.layers.")):
                continue
            if _DROPOUT.fullmatch(name) and not dropped:
                rate = given.get(0, "p") or given.get(0, "rate")
                if rate is None or _is_positive(rate):
                    dropped = True
                    yield cls(name, False, event.place)
            elif _is_positive(given.keywords.get("label_smoothing")):
                yield cls("label_smoothing", False, event.place)
            elif not is_constant(given.keywords.get("kernel_regularizer", NONE), None):
                yield cls("kernel_regularizer", False, event.place)

    def finding(self, message: str) -> Draft:
        """A finding where it is built."""
        return Draft(self.place, message)


def _is_positive(value: Value | None) -> bool:
    constant = value.number.constant if isinstance(value, Scalar) else None
    return constant is not None and constant > 0


def _trains(run: AbstractRun) -> bool:
    return any(run.events_among(OptimizerStepped, ModelTrained))


def _callbacks(given: Value | None) -> Iterator[Object]:
    """The callbacks of Keras that change the rate."""
    for each in one_or_several(given):
        if isinstance(each, Object) and each.path.endswith(".ReduceLROnPlateau"):
            yield each
