"""What each scheduler does to the learning rate, from the arguments it was built with."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from advisor.code import simulation
from advisor.code.simulation import Factor
from advisor.code.values import (
    Constant,
    Object,
    Scalar,
    Schedule,
    Sequence,
    known_constant,
    known_integer,
    known_text,
)


def factor_of(schedule: Schedule) -> Factor | None:
    """The factor of a schedule, from the arguments it was built with; None when it is not known."""
    maker = _FACTORS.get(schedule.path.rsplit(".", 1)[-1])
    return None if maker is None or schedule.arguments.unknown else maker(schedule)


def setting(schedule: Object, index: int, name: str, default: float | None) -> float | None:
    """A number that a schedule or an optimizer is told, or what it goes by where it is told none."""
    value = schedule.argument(index, name)
    return default if value is None else known_constant(value)


def _rate(schedule: Schedule) -> float | None:
    optimizer = schedule.optimizer
    if not isinstance(optimizer, Object):
        return None
    return setting(optimizer, 1, "lr", None)


def _decay(schedule: Schedule, index: int, default: float | None) -> float | None:
    """What a schedule multiplies the rate by; with 1 it is switched off, which fits every training."""
    gamma = setting(schedule, index, "gamma", default)
    return None if gamma == 1 else gamma


def _step(schedule: Schedule) -> Factor | None:
    size, gamma = setting(schedule, 1, "step_size", None), _decay(schedule, 2, 0.1)
    if size is None or gamma is None or not 1 <= size < float("inf"):
        return None
    return simulation.step_decay(int(size), gamma)


def _multi_step(schedule: Schedule) -> Factor | None:
    milestones, gamma = milestones_of(schedule), _decay(schedule, 2, 0.1)
    if not milestones or gamma is None:
        return None
    return simulation.multi_step_decay(milestones, gamma)


def milestones_of(schedule: Schedule) -> list[int]:
    """The milestones of a `MultiStepLR`, when all of them are known."""
    milestones = schedule.argument(1, "milestones")
    items = milestones.items if isinstance(milestones, Sequence) else None
    steps = [known_integer(item) for item in items or ()]
    known = [step for step in steps if step is not None]
    return known if len(known) == len(steps) else []


def _exponential(schedule: Schedule) -> Factor | None:
    gamma = _decay(schedule, 1, None)
    return None if gamma is None else simulation.exponential_decay(gamma)


def _cosine(schedule: Schedule) -> Factor | None:
    period = setting(schedule, 1, "T_max", None)
    floor = _floor(schedule, 2)
    return None if not period or floor is None else simulation.cosine_annealing(period, floor)


def _floor(schedule: Schedule, index: int) -> float | None:
    lowest = setting(schedule, index, "eta_min", 0.0)
    if not lowest:
        return lowest
    rate = _rate(schedule)
    return lowest / rate if rate else None


def _restarts(schedule: Schedule) -> Factor | None:
    first, growth = setting(schedule, 1, "T_0", None), setting(schedule, 2, "T_mult", 1)
    floor = _floor(schedule, 3)
    if not first or not growth or floor is None:
        return None
    return simulation.cosine_restarts(int(first), int(growth), floor)


def _linear(schedule: Schedule) -> Factor | None:
    start = setting(schedule, 1, "start_factor", 1 / 3)
    end, total = setting(schedule, 2, "end_factor", 1.0), setting(schedule, 3, "total_iters", 5)
    if start is None or end is None or not total:
        return None
    return simulation.linear_change(start, end, int(total))


def _constant(schedule: Schedule) -> Factor | None:
    value, total = setting(schedule, 1, "factor", 1 / 3), setting(schedule, 2, "total_iters", 5)
    return None if value is None or not total else simulation.constant_then_one(value, int(total))


def _one_cycle(schedule: Schedule) -> Factor | None:
    total = setting(schedule, 2, "total_steps", None)
    if total is None:
        epochs = setting(schedule, 3, "epochs", None)
        each = setting(schedule, 4, "steps_per_epoch", None)
        total = None if epochs is None or each is None else epochs * each
    rise, start = setting(schedule, 5, "pct_start", 0.3), setting(schedule, 10, "div_factor", 25)
    final = setting(schedule, 11, "final_div_factor", 1e4)
    shape = known_text(schedule.argument(6, "anneal_strategy") or Constant("cos"))
    three = setting(schedule, 12, "three_phase", 0.0)
    if not total or rise is None or not start or not final or shape is None or three is None:
        return None
    return simulation.one_cycle(
        int(total), rise, start, final, linear=shape == "linear", three_phases=bool(three)
    )


def _cyclic(schedule: Schedule) -> Factor | None:
    lowest, highest = setting(schedule, 1, "base_lr", None), setting(schedule, 2, "max_lr", None)
    up = setting(schedule, 3, "step_size_up", 2000)
    down = setting(schedule, 4, "step_size_down", up)
    mode = known_text(schedule.argument(5, "mode") or Constant("triangular"))
    gamma, own = setting(schedule, 6, "gamma", 1.0), schedule.argument(7, "scale_fn")
    if lowest is None or not highest or not up or not down or gamma is None:
        return None
    if mode is None or own is not None:
        return None
    return simulation.cyclic(lowest / highest, int(up), int(down), mode, gamma)


def _multiplicative(schedule: Schedule) -> Factor | None:
    factor = known_constant(schedule.fields.get("factor"))
    if factor is not None:
        return simulation.exponential_decay(factor)
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
    steps = [step for step in map(known_integer, items or ()) if step is not None]
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
    total, power = setting(schedule, 1, "total_iters", 5), setting(schedule, 2, "power", 1.0)
    return None if not total or power is None else simulation.polynomial_decay(int(total), power)


def _linear_with_warmup(schedule: Schedule) -> Factor | None:
    warmup = setting(schedule, 1, "num_warmup_steps", None)
    total = setting(schedule, 2, "num_training_steps", None)
    if warmup is None or total is None:
        return None
    after = simulation.linear_to_zero(int(warmup), int(total))
    return simulation.warmup_then(int(warmup), after)


def _cosine_with_warmup(schedule: Schedule) -> Factor | None:
    warmup = setting(schedule, 1, "num_warmup_steps", None)
    total = setting(schedule, 2, "num_training_steps", None)
    cycles = setting(schedule, 3, "num_cycles", 0.5)
    if warmup is None or total is None or cycles is None:
        return None
    after = simulation.cosine_to_zero(int(warmup), int(total), cycles)
    return simulation.warmup_then(int(warmup), after)


def _polynomial_with_warmup(schedule: Schedule) -> Factor | None:
    warmup = setting(schedule, 1, "num_warmup_steps", None)
    total = setting(schedule, 2, "num_training_steps", None)
    end, power = setting(schedule, 3, "lr_end", 1e-7), setting(schedule, 4, "power", 1.0)
    rate = _rate(schedule)
    if warmup is None or not total or end is None or power is None or not rate or total <= warmup:
        return None
    first, floor = int(warmup), end / rate
    after = simulation.polynomial_decay(int(total) - first, power)
    return simulation.warmup_then(first, lambda step: floor + (1 - floor) * after(step - first))


def asked_factors(schedule: Schedule, in_training: bool = False) -> tuple[tuple[int, Scalar], ...]:
    """What the function of a schedule has given for some steps, where no formula says it for all: of
    the training and beyond it, or of the training alone."""
    found = schedule.fields.get("factors in training" if in_training else "factors")
    return found if isinstance(found, tuple) else ()


def _formula(schedule: Schedule) -> Factor | None:
    asked = asked_factors(schedule)
    if asked:
        steps = [step for step, _ in asked]
        factors = [float(each.number.constant or 0) for _, each in asked]
        if len(set(factors)) == 1:
            return None
        return lambda step: factors[bisect_right(steps, step) - 1]
    counter, factor = schedule.fields.get("counter"), schedule.fields.get("factor")
    if not isinstance(counter, Scalar) or not isinstance(factor, Scalar):
        return None
    (symbol, _), *_rest = counter.number.factors
    lengths = schedule.fields.get("lengths", {})
    if factor.number.symbols() - lengths.keys() != frozenset({symbol}):
        return None
    return lambda step: evaluated(factor.number.evaluate({**lengths, symbol: step}))


def evaluated(value: float | None) -> float:
    """The value of a formula; a `ValueError` where it has none."""
    if value is None:
        raise ValueError("not a number")
    return value


def fastest_on_plateau(schedule: Schedule) -> Factor | None:
    """The factor of a `ReduceLROnPlateau` whose metric never gets better: no training can lower the
    rate earlier. None when its settings are not known."""
    if not schedule.path.endswith(".ReduceLROnPlateau") or schedule.arguments.unknown:
        return None
    decay, patience = setting(schedule, 2, "factor", 0.1), setting(schedule, 3, "patience", 10)
    cooldown = setting(schedule, 6, "cooldown", 0)
    if decay is None or patience is None or cooldown is None:
        return None
    settings = simulation.Plateau(decay, int(patience), cooldown=int(cooldown))
    return simulation.on_plateau(settings, lambda step: 0.0)


# --- of Keras -----------------------------------------------------------------------------


def _steps(schedule: Object) -> float | None:
    steps = setting(schedule, 1, "decay_steps", None)
    return steps if steps is not None and steps >= 1 else None


def _keras_decay(schedule: Schedule, decayed: Callable[[float, float], float]) -> Factor | None:
    """A decay that is told how often, and whether only then: `decayed` takes the rate of decay and how
    many times so many steps have been taken."""
    steps, rate = _steps(schedule), setting(schedule, 2, "decay_rate", None)
    stairs = setting(schedule, 3, "staircase", 0.0)
    if steps is None or rate is None or stairs is None:
        return None
    return lambda step: decayed(rate, step // steps if stairs else step / steps)


def _keras_exponential(schedule: Schedule) -> Factor | None:
    return _keras_decay(schedule, lambda rate, times: float(rate**times))


def _keras_inverse_time(schedule: Schedule) -> Factor | None:
    return _keras_decay(schedule, lambda rate, times: 1 / (1 + rate * times))


def _keras_cosine(schedule: Schedule) -> Factor | None:
    steps, floor = _steps(schedule), setting(schedule, 2, "alpha", 0.0)
    if steps is None or floor is None or "warmup_steps" in schedule.arguments.keywords:
        return None
    after = simulation.cosine_annealing(steps, floor)
    return lambda step: after(min(step, int(steps)))


def _keras_polynomial(schedule: Schedule) -> Factor | None:
    first, steps = setting(schedule, 0, "initial_learning_rate", None), _steps(schedule)
    last = setting(schedule, 2, "end_learning_rate", 1e-4)
    power = setting(schedule, 3, "power", 1.0)
    if not first or steps is None or last is None or power is None:
        return None
    if schedule.argument(4, "cycle") is not None:
        return None
    floor, after = last / first, simulation.polynomial_decay(int(steps), power)
    return lambda step: floor + (1 - floor) * after(step)


def _keras_piecewise(schedule: Schedule) -> Factor | None:
    boundaries, values = boundaries_of(schedule), _listed(schedule, 1, "values")
    if not boundaries or len(values) != len(boundaries) + 1 or not values[0]:
        return None
    return lambda step: values[bisect_left(boundaries, step)] / values[0]


def boundaries_of(schedule: Schedule) -> list[float]:
    """The steps at which a `PiecewiseConstantDecay` goes on to its next rate, when all are known."""
    return _listed(schedule, 0, "boundaries")


def keras_plateau(callback: Object) -> Factor | None:
    """The factor of a callback `ReduceLROnPlateau` whose metric never gets better: no training can lower
    the rate earlier. None when its settings are not known."""
    if callback.path != "keras.callbacks.ReduceLROnPlateau" or callback.arguments.unknown:
        return None
    decay, patience = setting(callback, 1, "factor", 0.1), setting(callback, 2, "patience", 10)
    if decay is None or patience is None:
        return None
    # The first epoch is the best so far; what is lowered at the end of an epoch is for the next one.
    return lambda epoch: decay if epoch > patience else 1.0


def _listed(schedule: Object, index: int, name: str) -> list[float]:
    given = schedule.argument(index, name)
    items = given.items if isinstance(given, Sequence) else None
    numbers = [known_constant(item) for item in items or ()]
    known = [each for each in numbers if each is not None]
    return known if len(known) == len(numbers) else []


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
    "get_polynomial_decay_schedule_with_warmup": _polynomial_with_warmup,
    "CosineDecay": _keras_cosine,
    "ExponentialDecay": _keras_exponential,
    "InverseTimeDecay": _keras_inverse_time,
    "PiecewiseConstantDecay": _keras_piecewise,
    "PolynomialDecay": _keras_polynomial,
}
