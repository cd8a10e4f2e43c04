"""Schedules that count epochs and are stepped at each batch, or the other way round."""

import re
from collections.abc import Iterable
from typing import Self

from advisor.code.events import Loop, LoopLeft, ModelTrained, ScheduleConfigured, ScheduleStepped
from advisor.code.facts.keras_trainings import trainings_of
from advisor.code.facts.loop_lengths import length_of
from advisor.code.facts.plateaus_of_batches import patience_with_batches
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.schedule_factors import factor_of, milestones_of
from advisor.code.facts.schedule_use import (
    ScheduleUse,
    horizon_of,
    inner_loops,
    is_guarded,
    name_of,
    wrong_unit,
)
from advisor.code.library.torch_data import LENGTH_OF_LOADER
from advisor.code.simulation import simulate
from advisor.code.symbols import Symbol, product
from advisor.code.values import Scalar, Schedule, Value, known_integer
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# An epoch of fewer batches than this is taken for none: its batches are then nothing to count.
FEWEST_BATCHES = 10
NEGLIGIBLE = 1e-3
EARLY = 0.5
# A formula that is down at the first of these shares of its peak has reached its end, and one that is up
# at the second again goes in waves.
OVER, RISEN = 0.01, 0.5
# `CyclicLR` counts batches; half a cycle has this many when nothing is said, and rarely fewer than
# the second number, which is more epochs than half a cycle may last.
CYCLE = 2000
FEWEST_OF_CYCLE = 20
# What Lightning and torch call the number of batches in all epochs, or in one.
_COUNTS_BATCHES = frozenset(
    {"estimated_stepping_batches", "num_training_batches", "steps_per_epoch"}
)
# How many batches the loader of a module has that Lightning asks for it.
_LENGTH_OF_LOADER = re.compile(r"^len\([\w.]*train_dataloader(?:\(\))?\)$")
# What Lightning calls the number of epochs.
_EPOCHS = "max_epochs"

_DECAYS = frozenset({"StepLR", "MultiStepLR", "ExponentialLR", "LambdaLR"})


@dataclass(frozen=True, slots=True)
class MistakenUnit(Fact):
    """A schedule whose numbers count one thing while it is stepped at another.

    `counts` and `stepped` are `epoch` or `batch`; `ends` is the number of steps after which it has
    done all it does. `certain` means that the numbers are the length of the training itself,
    `managed` that a trainer steps it, `waits` that it counts the steps which bring nothing better.
    """

    use: ScheduleUse
    step: ScheduleStepped | ScheduleConfigured | ModelTrained
    counts: str
    stepped: str
    ends: str
    certain: bool
    managed: bool = False
    waits: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every schedule that is stepped at another unit than its numbers count, for certain or
        by far."""
        for use in run.facts(ScheduleUse):
            wrong = wrong_unit(run, use.schedule, use.steps, use.updates)
            if wrong is not None:
                ends = wrong.horizon.text()
                yield cls(use, wrong.step, wrong.counts, wrong.stepped, ends, certain=True)
                continue
            end = end_of_decay(use)
            if end is not None:
                yield cls(use, use.steps[0], "epoch", "batch", str(end), certain=False)
            hasty = patience_with_batches(use)
            if hasty is not None:
                step, patience = hasty
                yield cls(use, step, "epoch", "batch", str(patience), certain=False, waits=True)
        yield from cls._configured(run)
        for fitted in trainings_of(run):
            if fitted.schedule is not None and fitted.counts_epochs is not None:
                use = ScheduleUse(run, fitted.schedule, None, (), ())
                ends = fitted.counts_epochs
                yield cls(use, fitted.trained, "epoch", "batch", ends, certain=True, managed=True)

    @classmethod
    def _configured(cls, run: AbstractRun) -> Iterable[Self]:
        """The schedules that Lightning is to step once in each epoch, and that count batches, or the
        other way round."""
        for event in run.events(ScheduleConfigured):
            schedule, counted = event.schedule, _counted_instead(event)
            if isinstance(schedule, Schedule) and counted is not None:
                use = ScheduleUse(run, schedule, None, (), ())
                units = ("batch", "epoch")
                counts, stepped = units if event.interval == "epoch" else reversed(units)
                yield cls(use, event, counts, stepped, counted, certain=True, managed=True)

    def finding(self, message: str) -> Draft:
        """A finding at the step, with the schedule's construction beside it."""
        if isinstance(self.step, ModelTrained):
            return self.use.finding_where_built(self.step, message)
        if self.managed:
            return Draft(self.step.place, message)
        return self.use.finding(self.step, message)


def end_of_decay(use: ScheduleUse) -> int | None:
    """The step at which a decay that is stepped at each batch is over, when that is early in the
    training however few batches an epoch has, or for as many as it is known to have."""
    if use.name not in _DECAYS or len({step.place.node for step in use.steps}) != 1:
        return None
    step = use.steps[0]
    loops = inner_loops(step, use.schedule)
    if step.arguments.positional or is_guarded(step.context, loops) or not _in_batches(use, step):
        return None
    *outer, batches = loops
    epochs = _epochs(outer)
    each = batches.trips.integer if batches.trips is not None else None
    if epochs is None or epochs < 2 or (each is not None and each < FEWEST_BATCHES):
        return None
    if _ends_with_its_first_round(use.run, batches):
        return None
    if use.name == "MultiStepLR":
        return _last_milestone(use, epochs, length_is_known=each is not None)
    if each is None and use.name != "LambdaLR":
        return _negligible_from(use, epochs * FEWEST_BATCHES)
    steps = epochs * (each or FEWEST_BATCHES)
    if use.name == "LambdaLR" and _swings_back(use, epochs, steps):
        return epochs
    return _negligible_from(use, steps) if _fits(use, epochs) else None


def _ends_with_its_first_round(run: AbstractRun, loop: Loop) -> bool:
    """Whether a loop is left in its first round, whatever happens: there is one batch in an epoch."""
    return any(
        left.context.loops
        and left.context.loops[-1].node is loop.node
        and all(each.rounds < len(left.context.rounds) for each in left.context.guards)
        for left in run.events(LoopLeft)
    )


def _fits(use: ScheduleUse, epochs: int) -> bool:
    """Whether a schedule lowers the rate, and not to nothing, if it counts epochs."""
    factor = factor_of(use.schedule)
    simulated = simulate(factor, epochs) if factor is not None else None
    return (
        simulated is not None
        and simulated.lowest < simulated.peak
        and simulated.lowest > NEGLIGIBLE * simulated.peak
    )


def is_configured_for_another_unit(run: AbstractRun, schedule: Schedule) -> bool:
    """Whether Lightning is to step a schedule at another unit than its numbers count."""
    return any(
        event.schedule is schedule and _counted_instead(event) is not None
        for event in run.events(ScheduleConfigured)
    )


def _counted_instead(event: ScheduleConfigured) -> str | None:
    """The number of batches that a schedule counts which is stepped in each epoch, or the number of
    epochs that one counts which is stepped at each batch."""
    if not isinstance(event.schedule, Schedule):
        return None
    if event.interval == "epoch":
        return _batches_counted(event.schedule)
    return _epochs_counted(event.schedule) if event.interval == "step" else None


def _swings_back(use: ScheduleUse, epochs: int, steps: int) -> bool:
    """Whether a formula comes down to nothing just where it would end if it counted epochs, and goes up
    again behind."""
    factor = factor_of(use.schedule)
    planned = simulate(factor, epochs + 1) if factor is not None else None
    followed = simulate(factor, steps) if factor is not None else None
    if planned is None or followed is None or planned.peak <= 0:
        return False
    lowest = min(factor for step, factor in planned.samples if step >= epochs - 1)
    before = [factor for step, factor in planned.samples if 0 < step < epochs * EARLY]
    behind = [factor for step, factor in followed.samples if step > epochs]
    return (
        lowest <= OVER * planned.peak
        and min(before, default=0.0) > OVER * planned.peak
        and max(behind, default=0.0) > RISEN * planned.peak
    )


def _batches_counted(schedule: Schedule) -> str | None:
    """The number of batches that a schedule was built for, when it is certain that it counts them."""
    arguments = schedule.arguments
    if arguments.unknown:
        return None
    if name_of(schedule) == "CyclicLR":
        given = arguments.get(3, "step_size_up")
        half = CYCLE if given is None else known_integer(given)
        return str(half) if half is not None and half >= FEWEST_OF_CYCLE else None
    horizon = horizon_of(schedule)
    if horizon is None:
        return None
    if name_of(schedule) == "OneCycleLR" and arguments.get(2, "total_steps") is None:
        return horizon.text()
    counts = any(map(_names_batches, horizon.symbols())) or any(
        map(_is_made_of_length, arguments.values())
    )
    return horizon.text() if counts else None


def _names_batches(symbol: Symbol) -> bool:
    """Whether a number goes by what a library calls the number of batches."""
    last = symbol.name.rpartition(".")[2]
    return last in _COUNTS_BATCHES or _LENGTH_OF_LOADER.match(symbol.name) is not None


def _is_made_of_length(value: Value) -> bool:
    """Whether a number was computed from the length of a loader."""
    return isinstance(value, Scalar) and LENGTH_OF_LOADER in value.names


def _epochs_counted(schedule: Schedule) -> str | None:
    """The number of epochs that a schedule was built for, when it is just that."""
    horizon = None if schedule.arguments.unknown else horizon_of(schedule)
    if horizon is None or horizon.coefficient != 1 or len(horizon.factors) != 1:
        return None
    symbol, power = horizon.factors[0]
    is_epochs = power == 1 and symbol.name.rpartition(".")[2] == _EPOCHS
    return horizon.text() if is_epochs else None


def _in_batches(use: ScheduleUse, step: ScheduleStepped) -> bool:
    """Whether the optimizer is stepped in the very loop that its schedule is stepped in."""
    loops = inner_loops(step, use.schedule)
    own = [loop.node for loop in step.context.loops]
    places = [[loop.node for loop in update.context.loops] for update in use.updates]
    return len(loops) > 1 and bool(places) and all(place == own for place in places)


def _epochs(loops: list[Loop]) -> int | None:
    lengths = [length_of(loop) for loop in loops]
    known = [length for length in lengths if length is not None]
    return product(known).integer if known and len(known) == len(lengths) else None


def _last_milestone(use: ScheduleUse, epochs: int, length_is_known: bool) -> int | None:
    milestones, factor = milestones_of(use.schedule), factor_of(use.schedule)
    if not milestones or factor is None or max(milestones) > epochs:
        return None
    last = max(milestones)
    # With a known length this is a schedule that does not fit, which is another rule's business.
    return None if length_is_known and factor(last) <= NEGLIGIBLE else last


def _negligible_from(use: ScheduleUse, steps: int) -> int | None:
    factor = factor_of(use.schedule)
    simulated = simulate(factor, steps) if factor is not None else None
    found = simulated.falls_for_good_below(NEGLIGIBLE) if simulated is not None else None
    return found if found is not None and found <= EARLY * steps else None
