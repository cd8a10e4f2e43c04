"""Schedules of which only a function knows the factors: it is asked for them step by step."""

import math

from advisor.code import symbols
from advisor.code.interpreter import calls
from advisor.code.library.models import Call
from advisor.code.values import Arguments, Scalar, Schedule

# A function is asked for no more steps of a training than these, evenly spread.
_MOST_ASKED = 40
# How far beyond the training it is asked as well.
_LATER = (2, 10, 100)


def ask_for_factors(call: Call, schedule: Schedule) -> None:
    """Ask the function of a `LambdaLR` that goes several ways for its factors in this training, and
    for some beyond it."""
    loops = call.context.loops[len(schedule.loops) :]
    lengths = [None if loop.trips is None else loop.trips.integer for loop in loops]
    if "factors" in schedule.fields or not lengths or not all(lengths):
        return
    steps = math.prod(filter(None, lengths))
    count = min(steps, _MOST_ASKED)
    asked = [round(index * (steps - 1) / max(count - 1, 1)) for index in range(count)]
    formula, found = schedule.fields["formula"], list[tuple[int, Scalar]]()
    with call.machine.imagining():
        for step in (*asked, *(times * steps for times in _LATER)):
            passed = Arguments([Scalar(symbols.number(step))])
            factor = calls.call(call.machine, formula, passed, call.node)
            if not isinstance(factor, Scalar) or factor.number.constant is None:
                return
            found.append((step, factor))
    call.machine.store(schedule.fields, "factors", tuple(found))
    call.machine.store(schedule.fields, "factors in training", tuple(found[:count]))
