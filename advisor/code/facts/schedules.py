"""Learning-rate schedules against the length of the training: simulated, step by step."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from math import isclose
from typing import Self

import libcst as cst

from advisor.code import simulation
from advisor.code.events import (
    BackwardRun,
    Escaped,
    Event,
    ForwardRun,
    GradientsTaken,
    Loop,
    LoopLeft,
    LossComputed,
    ModelTrained,
    OptimizerStepped,
    RateAssigned,
    RatesPlanned,
    ScheduleBuilt,
    ScheduleRestored,
    ScheduleStepped,
    TrainerBuilt,
)
from advisor.code.facts.callers import told_apart
from advisor.code.facts.keras_trainings import EPOCHS_OF_FIT, KerasTraining, trainings_of
from advisor.code.facts.loop_lengths import counted_out, length_of
from advisor.code.facts.run import AbstractRun, Fact, code_of, common_loops
from advisor.code.facts.schedule_factors import (
    asked_factors,
    evaluated,
    factor_of,
    fastest_on_plateau,
    keras_plateau,
)
from advisor.code.facts.schedule_use import (
    FALLS_TO_AN_END,
    PLATEAU,
    ScheduleUse,
    counts_rounds_of,
    horizon_of,
    inner_loops,
    is_guarded,
    name_of,
    rounds_between,
    updates_of,
    wrong_unit,
)
from advisor.code.facts.step_units import end_of_decay, is_configured_for_another_unit
from advisor.code.facts.tried_lengths import Lengths, at_lengths, tried_lengths
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.keras_epochs import callbacks_of
from advisor.code.library.torch_data import LENGTH_OF_LOADER
from advisor.code.simulation import Factor, Simulation, simulate
from advisor.code.sources import NodePlace
from advisor.code.symbols import ONE, Number, divide, product
from advisor.code.values import (
    Scalar,
    Schedule,
    Sequence,
    Value,
    known_integer,
    known_text,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

SHORTEST_TRAINING = 3
# In a trial of fewer rounds nobody waits for a score to stand still.
SHORTEST_ON_PLATEAU = 5
LONGEST_TEXT = 60
# In training, in validation, and perhaps in a test: what a loop over the phases of an epoch goes through.
MOST_PHASES = 3
# Whoever goes through a loop so often counts batches in it.
MOST_EPOCHS = 2_000
# A rise is followed this many trainings beyond the end, to see where it leads.
FURTHEST = 1_000
# What rises from below one of these shares of the peak to below the other is a warm-up under way.
STARTS_LOW = 0.5
ENDS_LOW = 0.9
_COUNTS_EPOCHS = re.compile("epoch", re.IGNORECASE)
_ENDS_TRAININGS = "keras.callbacks.EarlyStopping"
# What a file that trains something cannot do without.
_TRAINS = re.compile(r"\b(backward|fit|zero_grad)\(")
_COUNTS_STEPS = re.compile("step|iter|batch", re.IGNORECASE)


def _is_told_another_number(event: ScheduleStepped) -> bool:
    """Whether a schedule that counts rounds is told something else, which it takes for their number."""
    told = event.arguments.get(0, "epoch")
    if told is None or not isinstance(event.schedule, Schedule):
        return False
    if name_of(event.schedule) == PLATEAU:
        return False
    counted = {loop.symbol for loop in event.context.loops}
    return not (isinstance(told, Scalar) and told.number.symbols() & counted)


@dataclass(frozen=True, slots=True)
class ScheduledTraining(Fact):
    """A schedule over a training of known length.

    `unit` is what one step of the schedule is called (`epoch` or `step`); `length` says where the
    number of steps comes from; `name` is the schedule's class, `text` the schedule as a user knows it;
    `horizon` is the step at which it shall have reached its end, where it is told that. Where nobody
    knows how long the training is, `formula` says how its length is computed, the numbers are those of
    a training that may be, and `elsewhere` are others. `may_end_early` tells that something else than the
    number of rounds may end it.
    """

    name: str
    text: str
    simulation: Simulation
    unit: str
    place: NodePlace
    length_place: NodePlace | None
    length_origin: str | None
    warmup: int = 0
    horizon: int | None = None
    formula: str | None = None
    elsewhere: tuple[Self, ...] = ()
    may_end_early: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every schedule that is stepped in loops of known length, without condition, and that is
        not computed from that length; the short trainings of unit tests are left out."""
        found: list[Self] = []
        if holds_unit_tests(run):
            return found
        for event in _stepped_at_one_place(run):
            training = cls._of_schedule(event, run)
            if training is not None:
                found.append(training)
        for assignment in run.events(RateAssigned):
            training = cls._of_assignment(assignment)
            if training is not None:
                found.append(training)
        for trainer in run.events(TrainerBuilt):
            training = cls._of_trainer(trainer)
            if training is not None:
                found.append(training)
        for fitted in trainings_of(run):
            found += cls._of_keras(run, fitted)
        for plan in run.events(RatesPlanned):
            training = cls._of_plan(plan)
            if training is not None:
                found.append(training)
        return found

    @property
    def steps(self) -> int:
        """How many steps the training takes."""
        return self.simulation.steps

    @property
    def length(self) -> str:
        """The length in words, such as `10 epochs` or `10 epochs, the default of --epochs`."""
        words = f"{self.formula or self.steps} {self.unit}s"
        return words if self.length_origin is None else f"{words} ({self.length_origin})"

    def behind(self, step: int) -> str:
        """The part of the training from a step on, in words."""
        share = f"{1 - step / self.steps:.0%} of the training"
        if self.formula is not None:
            return f"in the last {share}"
        return f"from {self.unit} {step} on, the last {share},"

    def finding(self, message: str) -> Draft:
        """A finding at the schedule, with the loop that sets the length beside it."""
        if self.length_place is None:
            return Draft(self.place, message)
        return Draft(self.place, message, ((self.length_place, f"{self.length} are trained here"),))

    @classmethod
    def _of_schedule(cls, event: ScheduleStepped, run: AbstractRun) -> Self | None:
        schedule = event.schedule
        if not isinstance(schedule, Schedule) or schedule.place is None:
            return None
        loops = [
            loop
            for loop in inner_loops(event, schedule)
            if not _steps_in_one_round(run, schedule, loop)
        ]
        loops, updates = counted_out(run, loops), updates_of(run, schedule)
        every = rounds_between(run, event, inner_loops(event, schedule))
        if every is None or not loops or _is_told_another_number(event):
            return None
        steps = _length(loops, every, {})
        tried: list[Lengths] = [{}] if steps is not None else []
        if steps is None and not _may_be_left_early(run, loops):
            tried = tried_lengths(loops, every, schedule)
        if not tried or _is_derived(schedule, loops):
            return None
        if not (_learns_in(run, event) if updates else _TRAINS.search(run.source.text)):
            return None  # a schedule that is only drawn
        if any(each.schedule is schedule and not each.context.guards for each in _restored(run)):
            return None  # some of its steps were taken by an earlier run
        if wrong_unit(run, schedule, (event,), updates) is not None:
            return None
        if end_of_decay(ScheduleUse(run, schedule, None, (event,), updates)) is not None:
            return None  # a mistaken unit
        if is_configured_for_another_unit(run, schedule):
            return None
        is_epoch = any(_is_deeper(each, event) for each in updates)
        found = [cls._in_lengths(schedule, loops, every, each, is_epoch) for each in tried]
        known = [each for each in found if each is not None]
        if len(known) < len(found):
            return None
        early = _may_be_ended(run, loops)
        place = _told_at(run, schedule) or schedule.place
        return replace(known[-1], elsewhere=tuple(known[:-1]), may_end_early=early, place=place)

    @classmethod
    def _in_lengths(
        cls,
        given: Schedule,
        loops: list[Loop],
        every: Number,
        lengths: Lengths,
        is_epoch: bool,
    ) -> Self | None:
        """A schedule in loops of certain lengths."""
        schedule, steps = at_lengths(given, lengths), _length(loops, every, lengths)
        earliest = fastest_on_plateau(schedule)
        made = factor_of(schedule) or earliest
        simulated = simulate(made, steps) if made is not None and steps is not None else None
        if made is None or steps is None or simulated is None or schedule.place is None:
            return None
        if earliest is not None and (
            simulated.lowest < simulated.peak or steps < SHORTEST_ON_PLATEAU
        ):
            return None  # when it is lowered, if ever, only the metric knows
        name = schedule.path.rsplit(".", 1)[-1]
        return cls(
            name,
            _as_written(schedule.place.node, name, 1),
            simulated,
            _unit(loops, steps, is_epoch=is_epoch),
            schedule.place,
            next((loop for loop in loops if loop.trips and not loop.trips.is_one), loops[0]).place,
            _origin(loops),
            _warmup(made, simulated),
            None if (horizon := horizon_of(schedule)) is None else horizon.integer,
            _formula_of(loops, every) if lengths else None,
        )

    @classmethod
    def _of_assignment(cls, event: RateAssigned) -> Self | None:
        rate = event.rate
        if not isinstance(rate, Scalar) or is_guarded(event.context, event.context.loops):
            return None
        symbols = rate.number.symbols()
        loop = next((each for each in event.context.loops if each.symbol in symbols), None)
        steps = None if loop is None else _length([loop], ONE, {})
        if loop is None or loop.symbol is None or steps is None or len(symbols) != 1:
            return None
        if _shares_names(rate.names, [loop]):
            return None
        start = loop.start.constant if loop.start is not None else None
        first, symbol = int(start or 0), loop.symbol
        place = rate.place or event.place

        def formula(step: int) -> float:
            return evaluated(rate.number.evaluate({symbol: first + step}))

        simulated = simulate(formula, steps)
        if simulated is None or simulated.peak <= 0 or _is_constant(formula, steps):
            return None
        return cls(
            "formula",
            f"`{code_of(place.node)}`",
            simulated,
            _unit([loop], steps),
            place,
            loop.place,
            _origin([loop]),
            _warmup(formula, simulated),
        )

    @classmethod
    def _of_trainer(cls, event: TrainerBuilt) -> Self | None:
        steps = known_integer(event.arguments.keywords.get("max_steps")) or _warms_up(event)
        warmup = known_integer(event.arguments.keywords.get("warmup_steps")) or 0
        kind = known_text(event.arguments.keywords.get("lr_scheduler_type")) or "linear"
        given = [event.arguments.keywords.get(name) for name in ("max_steps", "warmup_steps")]
        if steps is None or steps < SHORTEST_TRAINING or kind != "linear":
            return None
        names = [value.names for value in given if isinstance(value, Scalar)]
        if len(names) == 2 and names[0] & names[1]:
            return None
        after = simulation.linear_to_zero(warmup, max(steps, warmup + 1))
        simulated = simulate(simulation.warmup_then(warmup, after), steps)
        if simulated is None:
            return None
        return cls(
            kind,
            f"the {kind} schedule with {warmup} warm-up steps",
            simulated,
            "step",
            event.place,
            None,
            None,
            warmup,
        )

    @classmethod
    def _of_keras(cls, run: AbstractRun, fitted: KerasTraining) -> Iterator[Self]:
        """The schedule that advances at each batch, and the callbacks that wait for a metric."""
        if fitted.schedule is not None and fitted.counts_epochs is None:
            training = cls._of_batches(fitted, fitted.schedule)
            if training is not None:
                yield training
        epochs = known_integer(fitted.epochs)
        for callback in fitted.callbacks:
            made = keras_plateau(callback)
            if made is None or callback.place is None or not epochs or epochs < SHORTEST_ON_PLATEAU:
                continue
            simulated = simulate(made, epochs)
            if simulated is not None and simulated.lowest == simulated.peak:
                if _is_given_to_longer_training(run, callback, epochs):
                    continue  # it may act there
                name = "ReduceLROnPlateau"
                text = _as_written(callback.place.node, name, 0)
                yield cls(
                    name, text, simulated, "epoch", callback.place, fitted.place, fitted.origin
                )

    @classmethod
    def _of_batches(cls, fitted: KerasTraining, schedule: Schedule) -> Self | None:
        steps, factor = fitted.steps, factor_of(schedule)
        if steps is None or factor is None or schedule.place is None or steps < SHORTEST_TRAINING:
            return None
        if _names(schedule) & fitted.names:
            return None
        simulated, name = simulate(factor, steps), schedule.path.rsplit(".", 1)[-1]
        if simulated is None:
            return None
        text = _as_written(schedule.place.node, name, 0)
        made = cls(name, text, simulated, "step", schedule.place, fitted.place, fitted.origin)
        ends = any(each.path == _ENDS_TRAININGS for each in fitted.callbacks)
        return replace(made, may_end_early=ends)

    @classmethod
    def _of_plan(cls, plan: RatesPlanned) -> Self | None:
        """A function that a trainer asks for the rate of each epoch."""
        rates = [rate for _, rate in plan.rates]
        if plan.epochs < SHORTEST_TRAINING or all(isclose(x, rates[0]) for x in plan.later):
            return None
        text = _as_written(plan.place.node, "LearningRateScheduler", 0)
        simulated = Simulation(plan.epochs, plan.rates)
        return cls("formula", text, simulated, "epoch", plan.place, plan.trained, plan.origin)


def _told_at(run: AbstractRun, schedule: Schedule) -> NodePlace | None:
    """Where a schedule is built, or where a function is asked for it that builds other things, too."""

    def is_alike(other: Event) -> bool:
        made = other.schedule if isinstance(other, ScheduleBuilt) else None
        return isinstance(made, Schedule) and made.path == schedule.path

    built = next((each for each in run.events(ScheduleBuilt) if each.schedule is schedule), None)
    return None if built is None else told_apart(run, built, is_alike)


def _warms_up(event: TrainerBuilt) -> int | None:
    """How many steps the trainer of transformers takes for the samples that it is given, where its
    warm-up lasts longer: what comes behind ends with the training."""
    given = event.arguments.keywords
    defaults = {"num_train_epochs": 3, "gradient_accumulation_steps": 1, "warmup_steps": 0}
    defaults["per_device_train_batch_size"] = 8
    numbers = [known_integer(given[n]) if n in given else d for n, d in defaults.items()]
    if event.samples is None or any(each is None for each in numbers):
        return None
    epochs, accumulated, warmup, size = (each or 0 for each in numbers)
    if not accumulated or not size or getattr(given.get("warmup_steps"), "configurable", None):
        return None
    steps = epochs * -(-event.samples // (size * accumulated))
    return steps if warmup >= steps else None


def _stepped_at_one_place(run: AbstractRun) -> list[ScheduleStepped]:
    """One event for each schedule that is stepped by one line only, in the same loops each time."""
    by_schedule: dict[Value, list[ScheduleStepped]] = {}
    for event in run.events(ScheduleStepped):
        by_schedule.setdefault(event.schedule, []).append(event)
    found: list[ScheduleStepped] = []
    for schedule, events in by_schedule.items():
        places = {
            (event.place.node, *(loop.node for loop in event.context.loops)) for event in events
        }
        if len(places) != 1 or not isinstance(schedule, Schedule):
            continue
        inside = inner_loops(events[0], schedule)
        if inside and not _is_reset(run, schedule):
            found.append(events[0])
    return found


def _learns_in(run: AbstractRun, step: ScheduleStepped) -> bool:
    """Whether something is learned in the loop that a schedule is stepped in, or what may learn is handed
    to code that nobody sees."""
    loop = step.context.loops[-1].node
    return any(
        each.node is loop
        for kind in (BackwardRun, GradientsTaken, LossComputed, ForwardRun, Escaped)
        for event in run.events(kind)
        for each in event.context.loops
    )


def _restored(run: AbstractRun) -> Iterator[ScheduleRestored]:
    """Where a schedule takes up the state of one that was saved."""
    return run.events(ScheduleRestored)


def _is_given_to_longer_training(run: AbstractRun, callback: Value, epochs: int) -> bool:
    """Whether a callback is also given to a training that is longer, or nobody knows how long: here, or
    where the file itself trains."""
    trained = [*run.events(ModelTrained)]
    trained += [event for event in run.before if isinstance(event, ModelTrained)]
    for event in trained:
        if any(each is callback for each in callbacks_of(event.arguments)):
            given = known_integer(event.arguments.get(EPOCHS_OF_FIT, "epochs"))
            if given is None or given > epochs:
                return True
    return False


def _may_be_ended(run: AbstractRun, loops: list[Loop]) -> bool:
    """Whether a loop may be left on a condition that has nothing to do with the number of its rounds."""
    nodes = {loop.node for loop in loops}
    return any(
        bool(event.context.loops)
        and event.context.loops[-1].node in nodes
        and not event.limit
        and event.bound is None
        and event.reached is None
        and any(guard.rounds >= len(event.context.rounds) for guard in event.context.guards)
        for event in run.events(LoopLeft)
    )


def _may_be_left_early(run: AbstractRun, loops: list[Loop]) -> bool:
    """Whether a loop is left when something has been counted, however long it is said to be."""
    nodes = {loop.node for loop in loops}
    return any(
        counts_rounds_of(run, loops[-1], guard.node)
        for event in run.events(LoopLeft)
        if any(each.node in nodes for each in event.context.loops)
        for guard in event.context.guards
    )


def _steps_in_one_round(run: AbstractRun, schedule: Schedule, loop: Loop) -> bool:
    """Whether a schedule is stepped in just one round of a loop over a few phases."""
    phases = loop.over.items if isinstance(loop.over, Sequence) else None
    if not phases or len(phases) > MOST_PHASES:
        return False
    stepped = {
        round_.index
        for event in run.events(ScheduleStepped)
        if event.schedule is schedule
        for round_ in event.context.rounds
        if round_.loop.node is loop.node
    }
    return len(stepped) == 1


def _is_reset(run: AbstractRun, schedule: Schedule) -> bool:
    """Whether the rate is also written by hand, so that the schedule is not all there is."""
    return any(
        event.optimizer is None or event.optimizer is schedule.optimizer
        for event in run.events(RateAssigned)
    )


def _length(loops: list[Loop], every: Number, lengths: Lengths) -> int | None:
    """How many steps are taken in loops that go by certain lengths."""
    rounds = [length_of(loop) if lengths else loop.trips for loop in loops]
    known = [each.evaluate(lengths) for each in rounds if each is not None]
    apart = every.evaluate(lengths)
    if not known or len(known) < len(rounds) or any(each is None for each in known) or not apart:
        return None
    steps = int(math.prod(each for each in known if each is not None) / apart)
    return steps if SHORTEST_TRAINING <= steps <= 10**9 else None


def _formula_of(loops: list[Loop], every: Number) -> str:
    """How the number of steps is computed, in words."""
    numbers = [each for each in map(length_of, loops) if each is not None]
    steps = divide(product(numbers), every)
    return (steps or product(numbers)).text()


def _warmup(factor: Factor, training: Simulation) -> int:
    """How many steps a warm-up takes that is still under way when the training ends; 0 when there
    is none. A rise without end is none: it looks for the largest rate that works."""
    factors = [value for _, value in training.samples]
    if any(later < earlier for earlier, later in pairwise(factors)):
        return 0
    beyond = simulate(factor, training.steps * FURTHEST)
    if beyond is None:
        return 0
    if factors[0] > STARTS_LOW * beyond.peak or factor(training.steps) > ENDS_LOW * beyond.peak:
        return 0
    top = next(step for step, value in beyond.samples if value >= beyond.peak)
    return 0 if top == beyond.samples[-1][0] else top


def _is_deeper(update: OptimizerStepped, step: ScheduleStepped) -> bool:
    """Whether an optimizer is stepped in a loop inside the round that a schedule's step ends."""
    shared, own = len(common_loops(update.context, step.context)), len(step.context.rounds)
    return shared == own < len(update.context.rounds)


def _unit(loops: list[Loop], steps: int, is_epoch: bool = False) -> str:
    """What one round of the innermost loop is called."""
    if is_epoch:
        return "epoch"
    node, limit = loops[-1].node, loops[-1].limit
    counter = "" if limit is None else limit.counter
    if isinstance(node, cst.For):
        counter = code_of(node.target)
    if _COUNTS_EPOCHS.search(counter):
        return "epoch"
    counts_steps = len(loops) > 1 or steps > MOST_EPOCHS or _COUNTS_STEPS.search(counter)
    return "step" if counts_steps else "epoch"


def _origin(loops: list[Loop]) -> str | None:
    return next((loop.configurable for loop in loops if loop.configurable), None)


def _is_derived(schedule: Schedule, loops: list[Loop]) -> bool:
    """Whether a schedule is computed from what also sets the length of the training, and is not just
    told a number of batches that can be compared with it."""
    horizon, names = horizon_of(schedule), _names(schedule)
    if name_of(schedule) in FALLS_TO_AN_END and horizon is not None:
        batches = length_of(loops[-1])
        of_batches = batches is not None and bool(batches.symbols() & horizon.symbols())
        if len(loops) > 1 and (of_batches or LENGTH_OF_LOADER in names):
            return False
    return _shares_names(names, loops)


def _shares_names(names: frozenset[str], loops: list[Loop]) -> bool:
    return any(names & loop.names for loop in loops)


def _names(schedule: Schedule) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for value in schedule.arguments.values():
        parts = value.items if isinstance(value, Sequence) else (value,)
        for part in parts or ():
            if isinstance(part, Scalar):
                found |= part.names
    for _, factor in asked_factors(schedule, in_training=True):
        found |= factor.names
    return found


def _as_written(node: cst.CSTNode, name: str, first: int) -> str:
    """The schedule's class with its arguments from the `first` one on; the class alone when that would
    be long."""
    if not isinstance(node, cst.Call):
        return f"`{name}`"
    options = [code_of(argument).rstrip(", ") for argument in node.args[first:]]
    written = f"{name}({', '.join(options)})"
    return f"`{written}`" if len(written) <= LONGEST_TEXT else f"`{name}`"


def _is_constant(formula: Callable[[int], float], steps: int) -> bool:
    """Whether a formula comes to one rate for good, as its settings say: not in these steps alone."""
    try:
        rates = [formula(step) for step in (0, steps, 10 * steps, 1000 * steps)]
    except (ValueError, ArithmeticError):
        return False
    return all(isclose(rate, rates[0]) for rate in rates)
