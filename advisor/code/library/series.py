"""Windows of a series: each begins inside of the one before."""

import re

from advisor.code.events import NeighboursUsed
from advisor.code.library import lineages
from advisor.code.library.models import Call, asked_first, function, method
from advisor.code.values import Scalar, Shape, Tensor, Unknown, Value, is_constant, known_integer

# Whoever takes every tenth window may take those that have nothing in common.
_TAKES_FEW = re.compile(r"\[::")


@function("numpy.lib.stride_tricks.sliding_window_view")
def sliding(call: Call) -> Value | None:
    """`sliding_window_view(series, 24)`: a window that begins at each place."""
    series, size, axis = (
        call.argument(index, name) for index, name in enumerate(("x", "window_shape", "axis"))
    )
    along_rows = axis is None or is_constant(axis, None) or known_integer(axis) == 0
    if series is None or not along_rows or not isinstance(size, (Scalar, Unknown)):
        return None
    return _windows(call, series)


@method("tensor", "unfold")
@method("unknown", "unfold")
def unfolded(call: Call) -> Value | None:
    """`series.unfold(0, 24, 1)`: the same in torch."""
    series, step = call.receiver, known_integer(call.argument(2, "step"))
    size = known_integer(call.argument(1, "size"))
    if series is None or known_integer(call.argument(0, "dimension")) != 0 or step is None:
        return None
    if step > 1 and (size is None or size <= step):
        return None
    return _windows(call, series).replace(library="torch", shape=Shape())


def _windows(call: Call, series: Value) -> Tensor:
    lineage = lineages.samples(series)
    lines = call.place.source.text.splitlines()
    if not _TAKES_FEW.search(lines[call.place.row - 1]):
        text = lineages.written(call.node)
        call.machine.emit(NeighboursUsed(call.place, call.context, lineage.rows, text))
    return lineages.array(lineage, call.place)


@asked_first("numpy.roll")
def rolled(call: Call) -> Value | None:
    """`np.roll(series, 1)`: each place has what stands one place before it."""
    series = call.argument(0, "a")
    lineage = lineages.known(series)
    if lineage is None or call.argument(2, "axis") is not None:
        return None
    if lineage.rows.how == "all":
        text = lineages.written(call.node)
        call.machine.emit(NeighboursUsed(call.place, call.context, lineage.rows, text))
    return None
