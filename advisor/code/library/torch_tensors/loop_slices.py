"""Pieces of arrays that a loop goes through one after the other: `x[i : i + 32]`."""

import re
from typing import TYPE_CHECKING

from advisor.code import symbols
from advisor.code.library.models import Index
from advisor.code.symbols import Number
from advisor.code.values import Object, Scalar, Value, known_number

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_BATCH = re.compile(r"batch|^bs$|minibatch", re.IGNORECASE)
# Pictures have as many axes, with the samples in front.
_RANK_OF_PICTURES = 4


def piece_of_loop(machine: "Machine", rank: int | None, index: Index) -> Number | None:
    """The axis of the samples that a slice takes, if a loop over a range cuts an array into pieces of
    the length of its step; of pictures, or where the step is called a batch, they are a batch."""
    if not isinstance(index, slice) or index.step is not None or not machine.context.loops:
        return None
    start, stop = known_number(index.start), known_number(index.stop)
    step = _step_of(machine.context.loops[-1].over)
    width = known_number(step)
    if start is None or stop is None or width is None or start.constant is not None:
        return None
    if symbols.subtract(stop, start) != width or (width.integer or 2) < 2:
        return None
    axis = symbols.slice_axis(start, stop)
    named = isinstance(step, Scalar) and any(map(_BATCH.search, step.names))
    if axis.axis is not None and (named or (rank or 0) >= _RANK_OF_PICTURES):
        axis.axis.is_batch = True
    return axis


def _step_of(over: object) -> Value | None:
    if not isinstance(over, Object) or over.path != "builtins.range":
        return None
    given = over.arguments.positional
    return given[2] if len(given) > 2 else None
