"""Trainings whose length is a formula, such as `3 * len(loader)`, with numbers tried for what nobody
knows: a schedule that is computed from the same lengths is seen to fit, or not."""

from collections.abc import Mapping, Sequence

from advisor.code import symbols
from advisor.code.events import Loop
from advisor.code.facts.loop_lengths import length_of
from advisor.code.symbols import Number, Symbol
from advisor.code.values import Arguments, Scalar, Schedule, Unknown, Value, number_of
from advisor.code.values import Sequence as Listed

# Numbers of batches, or of samples, in an epoch; of epochs; and of batches that a step is taken after.
_BATCHES, _EPOCHS, _BETWEEN_STEPS = (3_000, 300_000), (10, 60), (4, 8)
# An epoch that comes to fewer batches is one that was not understood.
_FEWEST_BATCHES = 20
Lengths = Mapping[Symbol, int]


def tried_lengths(loops: Sequence[Loop], every: Number, schedule: Schedule) -> list[Lengths]:
    """A short training and a long one, as numbers for all that their length goes by; none where the
    schedule does not go by the same."""
    numbers = [length_of(loop) for loop in loops]
    known = [each for each in numbers if each is not None]
    if not known or len(known) < len(numbers):
        return []
    asked = _symbols_in(schedule)
    inner, outer = _unknown(known[-1]), set[Symbol]().union(*map(_unknown, known[:-1]))
    between = _unknown(every)
    if not asked & (inner | outer):
        return []
    found: list[Lengths] = []
    for batches, epochs, apart in zip(_BATCHES, _EPOCHS, _BETWEEN_STEPS, strict=True):
        lengths = dict.fromkeys(inner, batches if len(loops) > 1 else epochs)
        lengths |= dict.fromkeys(outer - inner, epochs) | dict.fromkeys(between, apart)
        of_epoch = known[-1].evaluate(lengths)
        if of_epoch is None or (len(loops) > 1 and of_epoch < _FEWEST_BATCHES):
            return []
        found.append(lengths)
    return found


def at_lengths(schedule: Schedule, lengths: Lengths) -> Schedule:
    """A schedule as it is when the lengths are these."""
    if not lengths:
        return schedule
    given = schedule.arguments
    keywords = {name: _at(each, lengths) for name, each in given.keywords.items()}
    passed = Arguments([_at(each, lengths) for each in given.positional], keywords, given.unknown)
    made = Schedule(schedule.path, passed, schedule.optimizer, schedule.loops, schedule.place)
    made.fields = {**schedule.fields, "lengths": lengths}
    return made


def _at(value: Value, lengths: Lengths) -> Value:
    match value:
        case Scalar() | Unknown():
            known = number_of(value)
            number = None if known is None else known.evaluate(lengths)
            return value if number is None else Scalar(symbols.number(_whole(number)))
        case Listed() if value.items is not None:
            return Listed(value.kind, tuple(_at(each, lengths) for each in value.items))
        case Schedule():
            return at_lengths(value, lengths)
    return value


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number


def _unknown(number: Number) -> set[Symbol]:
    return {each for each in number.symbols() if each.value is None}


def _symbols_in(schedule: Schedule) -> set[Symbol]:
    """What the numbers of a schedule go by that nobody knows."""
    found, waiting = set[Symbol](), [*schedule.arguments.values()]
    factor, counter = schedule.fields.get("factor"), schedule.fields.get("counter")
    if isinstance(factor, Scalar) and isinstance(counter, Scalar):
        found |= _unknown(factor.number) - _unknown(counter.number)
    while waiting:
        match waiting.pop():
            case Scalar() | Unknown() as each:
                number = number_of(each)
                found |= set() if number is None else _unknown(number)
            case Listed() as each:
                waiting += each.items or ()
            case Schedule() as each:
                found |= _symbols_in(each)
    return found
