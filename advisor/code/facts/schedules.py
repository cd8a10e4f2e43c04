"""Learning-rate schedules against the length of the training: simulated, step by step."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import isclose
from typing import Self

import libcst as cst

from advisor.code import simulation
from advisor.code.events import (
    Loop,
    OptimizerStepped,
    RateAssigned,
    ScheduleStepped,
    TrainerBuilt,
)
from advisor.code.facts.run import AbstractRun, Fact, code_of, common_loops
from advisor.code.facts.schedule_use import inner_loops, is_guarded, updates_of, wrong_unit
from advisor.code.simulation import Factor, Simulation, simulate
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number, product
from advisor.code.values import (
    Constant,
    Object,
    Scalar,
    Schedule,
    Sequence,
    Value,
    known_number,
    known_text,
)
from advisor.rulebook import Draft

SHORTEST_TRAINING = 3
LONGEST_TEXT = 60
# A rise is followed this many trainings beyond the end, to see where it leads.
FURTHEST = 1_000
# What rises from below one of these shares of the peak to below the other is a warm-up under way.
STARTS_LOW = 0.5
ENDS_LOW = 0.9
_COUNTS_EPOCHS = re.compile("epoch", re.IGNORECASE)
# What a file that trains something cannot do without.
_TRAINS = re.compile(r"\b(backward|fit|zero_grad)\(")
_COUNTS_STEPS = re.compile("step|iter|batch", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ScheduledTraining(Fact):
    """A schedule over a training of known length.

    `unit` is what one step of the schedule is called (`epoch` or `step`); `length` says where the
    number of steps comes from; `name` is the schedule's class, `text` the schedule as a user knows it.
    """

    name: str
    text: str
    simulation: Simulation
    unit: str
    place: NodePlace
    length_place: NodePlace | None
    length_origin: str | None
    warmup: int = 0

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every schedule that is stepped in loops of known length, without condition, and that is
        not computed from that length."""
        found: list[Self] = []
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
        return found

    @property
    def steps(self) -> int:
        """How many steps the training takes."""
        return self.simulation.steps

    @property
    def length(self) -> str:
        """The length in words, such as `10 epochs` or `10 epochs, the default of --epochs`."""
        words = f"{self.steps} {self.unit}s"
        return words if self.length_origin is None else f"{words} ({self.length_origin})"

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
        loops = list(inner_loops(event, schedule))
        steps, updates = _length(loops), updates_of(run, schedule)
        if steps is None or _is_derived(_names(schedule), loops):
            return None
        if not updates and not _TRAINS.search(run.source.text):
            return None  # a schedule that is only drawn
        if wrong_unit(schedule, (event,), updates) is not None:
            return None
        made = factor_of(schedule)
        simulated = simulate(made, steps) if made is not None else None
        if made is None or simulated is None:
            return None
        return cls(
            schedule.path.rsplit(".", 1)[-1],
            _as_written(schedule),
            simulated,
            _unit(loops, is_epoch=any(_is_deeper(each, event) for each in updates)),
            schedule.place,
            next((loop for loop in loops if loop.trips and not loop.trips.is_one), loops[0]).place,
            _origin(loops),
            _warmup(made, simulated),
        )

    @classmethod
    def _of_assignment(cls, event: RateAssigned) -> Self | None:
        rate = event.rate
        if not isinstance(rate, Scalar) or is_guarded(event.context, event.context.loops):
            return None
        symbols = rate.number.symbols()
        loop = next((each for each in event.context.loops if each.symbol in symbols), None)
        steps = None if loop is None else _length([loop])
        if loop is None or loop.symbol is None or steps is None or len(symbols) != 1:
            return None
        if _is_derived(rate.names, [loop]):
            return None
        start = loop.start.constant if loop.start is not None else None
        first, symbol = int(start or 0), loop.symbol
        place = rate.place or event.place

        def formula(step: int) -> float:
            return _evaluated(rate.number.evaluate({symbol: first + step}))

        simulated = simulate(formula, steps)
        if simulated is None or simulated.peak <= 0 or _is_constant(formula, steps):
            return None
        return cls(
            "formula",
            f"`{code_of(place.node)}`",
            simulated,
            _unit([loop]),
            place,
            loop.place,
            _origin([loop]),
            _warmup(formula, simulated),
        )

    @classmethod
    def _of_trainer(cls, event: TrainerBuilt) -> Self | None:
        steps = _integer(event.arguments.keywords.get("max_steps"))
        warmup = _integer(event.arguments.keywords.get("warmup_steps")) or 0
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


def _stepped_at_one_place(run: AbstractRun) -> list[ScheduleStepped]:
    """One event for each schedule that is stepped by one line only, without condition."""
    by_schedule: dict[Value, list[ScheduleStepped]] = {}
    for event in run.events(ScheduleStepped):
        by_schedule.setdefault(event.schedule, []).append(event)
    found: list[ScheduleStepped] = []
    for schedule, events in by_schedule.items():
        nodes = {event.place.node for event in events}
        if len(nodes) != 1 or not isinstance(schedule, Schedule):
            continue
        inside = events[0].context.loops[len(schedule.loops) :]
        if inside and not is_guarded(events[0].context, inside) and not _is_reset(run, schedule):
            found.append(events[0])
    return found


def _is_reset(run: AbstractRun, schedule: Schedule) -> bool:
    """Whether the rate is also written by hand, so that the schedule is not all there is."""
    return any(
        event.optimizer is None or event.optimizer is schedule.optimizer
        for event in run.events(RateAssigned)
    )


def _length(loops: list[Loop]) -> int | None:
    trips = [loop.trips for loop in loops]
    if not trips or any(each is None for each in trips):
        return None
    steps = product([each for each in trips if each is not None]).integer
    return steps if steps is not None and SHORTEST_TRAINING <= steps <= 10**8 else None


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


def _unit(loops: list[Loop], is_epoch: bool = False) -> str:
    """What one round of the innermost loop is called."""
    if is_epoch:
        return "epoch"
    node = loops[-1].node
    counter = code_of(node.target) if isinstance(node, cst.For) else ""
    if _COUNTS_EPOCHS.search(counter):
        return "epoch"
    return "step" if len(loops) > 1 or _COUNTS_STEPS.search(counter) else "epoch"


def _origin(loops: list[Loop]) -> str | None:
    return next((loop.configurable for loop in loops if loop.configurable), None)


def _is_derived(names: frozenset[str], loops: list[Loop]) -> bool:
    """Whether the schedule is computed from what also sets the length of the training."""
    return any(names & loop.names for loop in loops)


def _names(schedule: Schedule) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for value in schedule.arguments.values():
        parts = value.items if isinstance(value, Sequence) else (value,)
        for part in parts or ():
            if isinstance(part, Scalar):
                found |= part.names
    return found


def _as_written(schedule: Schedule) -> str:
    """The schedule's class with its arguments, without the optimizer; the class alone when that
    would be long."""
    name = schedule.path.rsplit(".", 1)[-1]
    node = schedule.place.node if schedule.place is not None else None
    if not isinstance(node, cst.Call):
        return f"`{name}`"
    options = [code_of(argument).rstrip(", ") for argument in node.args[1:]]
    written = f"{name}({', '.join(options)})"
    return f"`{written}`" if len(written) <= LONGEST_TEXT else f"`{name}`"


def _is_constant(formula: Callable[[int], float], steps: int) -> bool:
    """Whether a formula comes to one rate for good, as its settings say: not in these steps alone."""
    try:
        rates = [formula(step) for step in (0, steps, 10 * steps, 1000 * steps)]
    except (ValueError, ArithmeticError):
        return False
    return all(isclose(rate, rates[0]) for rate in rates)


def _evaluated(value: float | None) -> float:
    if value is None:
        raise ValueError("not a number")
    return value


# --- what each scheduler does -------------------------------------------------------------


def factor_of(schedule: Schedule) -> Factor | None:
    """The factor of a schedule, from the arguments it was built with; None when it is not known."""
    maker = _FACTORS.get(schedule.path.rsplit(".", 1)[-1])
    return None if maker is None or schedule.arguments.unknown else maker(schedule)


def _number(schedule: Object, index: int, name: str, default: float | None) -> float | None:
    value = schedule.argument(index, name)
    if value is None:
        return default
    number = known_number(value)
    return None if number is None or number.constant is None else float(number.constant)


def _integer(value: Value | None) -> int | None:
    number: Number | None = known_number(value)
    return None if number is None else number.integer


def _rate(schedule: Schedule) -> float | None:
    optimizer = schedule.optimizer
    if not isinstance(optimizer, Object):
        return None
    return _number(optimizer, 1, "lr", None)


def _step(schedule: Schedule) -> Factor | None:
    size, gamma = _number(schedule, 1, "step_size", None), _number(schedule, 2, "gamma", 0.1)
    if size is None or gamma is None or size < 1:
        return None
    return simulation.step_decay(int(size), gamma)


def _multi_step(schedule: Schedule) -> Factor | None:
    milestones, gamma = milestones_of(schedule), _number(schedule, 2, "gamma", 0.1)
    if not milestones or gamma is None:
        return None
    return simulation.multi_step_decay(milestones, gamma)


def milestones_of(schedule: Schedule) -> list[int]:
    """The milestones of a `MultiStepLR`, when all of them are known."""
    milestones = schedule.argument(1, "milestones")
    items = milestones.items if isinstance(milestones, Sequence) else None
    steps = [_integer(item) for item in items or ()]
    known = [step for step in steps if step is not None]
    return known if len(known) == len(steps) else []


def _exponential(schedule: Schedule) -> Factor | None:
    gamma = _number(schedule, 1, "gamma", None)
    return None if gamma is None else simulation.exponential_decay(gamma)


def _cosine(schedule: Schedule) -> Factor | None:
    period = _number(schedule, 1, "T_max", None)
    floor = _floor(schedule, 2)
    return None if not period or floor is None else simulation.cosine_annealing(period, floor)


def _floor(schedule: Schedule, index: int) -> float | None:
    lowest = _number(schedule, index, "eta_min", 0.0)
    if not lowest:
        return lowest
    rate = _rate(schedule)
    return lowest / rate if rate else None


def _restarts(schedule: Schedule) -> Factor | None:
    first, growth = _number(schedule, 1, "T_0", None), _number(schedule, 2, "T_mult", 1)
    floor = _floor(schedule, 3)
    if not first or not growth or floor is None:
        return None
    return simulation.cosine_restarts(int(first), int(growth), floor)


def _linear(schedule: Schedule) -> Factor | None:
    start = _number(schedule, 1, "start_factor", 1 / 3)
    end, total = _number(schedule, 2, "end_factor", 1.0), _number(schedule, 3, "total_iters", 5)
    if start is None or end is None or not total:
        return None
    return simulation.linear_change(start, end, int(total))


def _constant(schedule: Schedule) -> Factor | None:
    value, total = _number(schedule, 1, "factor", 1 / 3), _number(schedule, 2, "total_iters", 5)
    return None if value is None or not total else simulation.constant_then_one(value, int(total))


def _one_cycle(schedule: Schedule) -> Factor | None:
    total = _number(schedule, 2, "total_steps", None)
    if total is None:
        epochs = _number(schedule, 3, "epochs", None)
        each = _number(schedule, 4, "steps_per_epoch", None)
        total = None if epochs is None or each is None else epochs * each
    rise, start = _number(schedule, 5, "pct_start", 0.3), _number(schedule, 10, "div_factor", 25)
    final = _number(schedule, 11, "final_div_factor", 1e4)
    shape = known_text(schedule.argument(6, "anneal_strategy") or Constant("cos"))
    three = _number(schedule, 12, "three_phase", 0.0)
    if not total or rise is None or not start or not final or shape is None or three is None:
        return None
    return simulation.one_cycle(
        int(total), rise, start, final, linear=shape == "linear", three_phases=bool(three)
    )


def _cyclic(schedule: Schedule) -> Factor | None:
    lowest, highest = _number(schedule, 1, "base_lr", None), _number(schedule, 2, "max_lr", None)
    up = _number(schedule, 3, "step_size_up", 2000)
    down = _number(schedule, 4, "step_size_down", up)
    mode = known_text(schedule.argument(5, "mode") or Constant("triangular"))
    gamma, own = _number(schedule, 6, "gamma", 1.0), schedule.argument(7, "scale_fn")
    if lowest is None or not highest or not up or not down or gamma is None:
        return None
    if mode is None or own is not None:
        return None
    return simulation.cyclic(lowest / highest, int(up), int(down), mode, gamma)


def _multiplicative(schedule: Schedule) -> Factor | None:
    constant = known_number(schedule.fields.get("factor"))
    if constant is not None and constant.constant is not None:
        return simulation.exponential_decay(float(constant.constant))
    each = _formula(schedule)
    return None if each is None else simulation.multiplied(each)


def _parts(schedule: Schedule, index: int) -> list[Factor]:
    """The factors of the schedules that a schedule is put together from, when all are known."""
    given = schedule.argument(index, "schedulers")
    items = given.items if isinstance(given, Sequence) else None
    parts = [factor_of(each) if isinstance(each, Schedule) else None for each in items or ()]
    known = [part for part in parts if part is not None]
    return known if len(known) == len(parts) else []


def _sequential(schedule: Schedule) -> Factor | None:
    parts, given = _parts(schedule, 1), schedule.argument(2, "milestones")
    items = given.items if isinstance(given, Sequence) else None
    steps = [step for step in map(_integer, items or ()) if step is not None]
    if not parts or len(steps) != len(parts) - 1:
        return None
    return simulation.one_after_another(parts, steps)


def _chained(schedule: Schedule) -> Factor | None:
    given = schedule.argument(0, "schedulers")
    items = given.items if isinstance(given, Sequence) else None
    names = [each.path.rsplit(".", 1)[-1] for each in items or () if isinstance(each, Schedule)]
    parts = _parts(schedule, 0)
    return simulation.all_at_once(parts) if parts and set(names) <= _MULTIPLY else None


def _polynomial(schedule: Schedule) -> Factor | None:
    total, power = _number(schedule, 1, "total_iters", 5), _number(schedule, 2, "power", 1.0)
    return None if not total or power is None else simulation.polynomial_decay(int(total), power)


def _linear_with_warmup(schedule: Schedule) -> Factor | None:
    warmup = _number(schedule, 1, "num_warmup_steps", None)
    total = _number(schedule, 2, "num_training_steps", None)
    if warmup is None or total is None:
        return None
    after = simulation.linear_to_zero(int(warmup), int(total))
    return simulation.warmup_then(int(warmup), after)


def _cosine_with_warmup(schedule: Schedule) -> Factor | None:
    warmup = _number(schedule, 1, "num_warmup_steps", None)
    total = _number(schedule, 2, "num_training_steps", None)
    cycles = _number(schedule, 3, "num_cycles", 0.5)
    if warmup is None or total is None or cycles is None:
        return None
    after = simulation.cosine_to_zero(int(warmup), int(total), cycles)
    return simulation.warmup_then(int(warmup), after)


def _formula(schedule: Schedule) -> Factor | None:
    counter, factor = schedule.fields.get("counter"), schedule.fields.get("factor")
    if not isinstance(counter, Scalar) or not isinstance(factor, Scalar):
        return None
    (symbol, _), *_rest = counter.number.factors
    if factor.number.symbols() != frozenset({symbol}):
        return None
    return lambda step: _evaluated(factor.number.evaluate({symbol: step}))


# Schedules that change the rate by a factor, wherever it stands: they can act on one another.
_MULTIPLY = frozenset(
    ["StepLR", "MultiStepLR", "ExponentialLR", "LinearLR", "ConstantLR", "MultiplicativeLR"]
    + ["PolynomialLR"]
)
_FACTORS: dict[str, Callable[[Schedule], Factor | None]] = {
    "StepLR": _step,
    "MultiStepLR": _multi_step,
    "ExponentialLR": _exponential,
    "CosineAnnealingLR": _cosine,
    "CosineAnnealingWarmRestarts": _restarts,
    "ChainedScheduler": _chained,
    "ConstantLR": _constant,
    "CyclicLR": _cyclic,
    "LinearLR": _linear,
    "MultiplicativeLR": _multiplicative,
    "OneCycleLR": _one_cycle,
    "PolynomialLR": _polynomial,
    "SequentialLR": _sequential,
    "LambdaLR": _formula,
    "get_linear_schedule_with_warmup": _linear_with_warmup,
    "get_cosine_schedule_with_warmup": _cosine_with_warmup,
}
