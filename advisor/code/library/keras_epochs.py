"""How long Keras trains: the batches of an epoch, and the rate that a function gives each epoch."""

import math

from advisor.code import symbols
from advisor.code.events import ModelCompiled, RatesPlanned
from advisor.code.interpreter import calls
from advisor.code.library.models import Call, function
from advisor.code.values import (
    Arguments,
    Bound,
    Function,
    Object,
    Optimizer,
    Scalar,
    Value,
    is_constant,
    known_constant,
    known_integer,
    known_text,
    one_or_several,
    shape_of,
)

_BATCH = 32
_SCHEDULER = "keras.callbacks.LearningRateScheduler"
# A function of the epoch alone is asked for no more of them than these, one of the last rate for each.
MOST_ASKED = 40
LONGEST_CHAIN = 200
# How far beyond the training it is asked as well.
_LATER = (2, 10, 100)


@function(_SCHEDULER)
def scheduler(call: Call) -> Value | None:
    """A callback that asks a function for the rate of each epoch."""
    return Object(call.path, call.arguments, call.place)


def callbacks_of(passed: Arguments) -> tuple[Object, ...]:
    """The callbacks of a training, as far as they are known."""
    given = one_or_several(passed.keywords.get("callbacks"))
    return tuple(each for each in given if isinstance(each, Object))


def batches_in_epoch(call: Call) -> int | None:
    """How many batches `fit` goes through in an epoch."""
    told = call.argument(-1, "steps_per_epoch")
    if told is not None and not is_constant(told, None):
        return known_integer(told)
    data = call.argument(0, "x")
    if isinstance(data, Object):
        length = data.fields.get("length")
        return known_integer(length) if isinstance(length, Value) else None
    shape = shape_of(data)
    axis = None if shape is None or not shape.dims else shape.dims[0].integer
    held_out = _number(call, -1, "validation_split", 0.0)
    size = _number(call, 2, "batch_size", _BATCH)
    if axis is None or held_out is None or not size or call.arguments.unknown:
        return None
    return math.ceil(math.floor(axis * (1 - held_out)) / size)


def _number(call: Call, index: int, name: str, default: float) -> float | None:
    given = call.argument(index, name)
    return default if given is None or is_constant(given, None) else known_constant(given)


def plan_rates(call: Call) -> None:
    """Ask the function of a `LearningRateScheduler` for the rate of each epoch."""
    for callback in callbacks_of(call.arguments):
        formula = callback.argument(0, "schedule")
        epochs = known_integer(call.argument(3, "epochs"))
        if callback.path != _SCHEDULER or not isinstance(formula, (Function, Bound)):
            continue
        if not epochs or callback.place is None or "initial_epoch" in call.arguments.keywords:
            continue
        with call.machine.imagining():
            rates = _rates(call, formula, epochs)
            later = [
                _rate(call, formula, times * epochs, rates[-1][1]) for times in _LATER if rates
            ]
        known = [each for each in later if each is not None]
        if rates and len(known) == len(later):
            origin = getattr(call.argument(3, "epochs"), "configurable", None)
            event = RatesPlanned(
                callback.place,
                call.context,
                call.place,
                epochs,
                tuple(rates),
                tuple(known),
                origin,
            )
            call.machine.emit(event)


def _rates(call: Call, formula: Value, epochs: int) -> list[tuple[int, float]]:
    """The rate in each epoch, or in some of many; none where one of them is not known."""
    of_last = _takes_last_rate(formula)
    if of_last and epochs > LONGEST_CHAIN:
        return []
    count = epochs if of_last else min(epochs, MOST_ASKED)
    rates: list[tuple[int, float]] = []
    rate = _first_rate(call)
    for index in range(count):
        epoch = round(index * (epochs - 1) / max(count - 1, 1))
        rate = _rate(call, formula, epoch, rate) if rate is not None or not of_last else None
        if rate is None:
            return []
        rates.append((epoch, rate))
    return rates


def _rate(call: Call, formula: Value, epoch: int, last: float | None) -> float | None:
    passed: list[Value] = [Scalar(symbols.number(epoch))]
    if _takes_last_rate(formula):
        if last is None:
            return None
        passed.append(Scalar(symbols.number(last)))
    return known_constant(calls.call(call.machine, formula, Arguments(passed), call.node))


def _takes_last_rate(formula: Value) -> bool:
    """Whether a function makes the rate of the one before: `def schedule(epoch, lr)`."""
    function = formula.function if isinstance(formula, Bound) else formula
    if not isinstance(function, Function):
        return False
    parameters = [each for each in function.node.params.params if each.default is None]
    return len(parameters) - isinstance(formula, Bound) > 1


def _first_rate(call: Call) -> float | None:
    """The rate that the model was compiled with."""
    for event in reversed(call.machine.trace):
        if isinstance(event, ModelCompiled) and event.model is call.receiver:
            return _rate_of(event.optimizer)
    return None


def _rate_of(optimizer: Value | None) -> float | None:
    if not isinstance(optimizer, Optimizer):
        name = known_text(optimizer)
        return None if name is None else _default_rate(name)
    given = optimizer.argument(0, "learning_rate") or optimizer.argument(-1, "lr")
    if given is None and not optimizer.arguments.unknown:
        return _default_rate(optimizer.path.rsplit(".", 1)[-1])
    return known_constant(given)


def _default_rate(name: str) -> float:
    return 0.01 if name.lower() == "sgd" else 0.001
