"""Windows of a series that loops cut out, one loop for the samples to train on and one for the others."""

from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from advisor.code.events import Loop
from advisor.code.library import lineages
from advisor.code.library.lineages import End
from advisor.code.library.models import Call, hook
from advisor.code.library.python.containers import on_append
from advisor.code.values import (
    Lineage,
    Object,
    RowSet,
    Value,
    alternatives,
    known_number,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.code.interpreter.machine import Machine

_WINDOWS = "windows"


class _Range(NamedTuple):
    """The numbers that a loop counts from and up to."""

    start: End
    stop: End


@on_append
def notice_windows(call: Call, sequence: SequenceValue, value: Value) -> None:
    """`for i in range(60, boundary): inputs.append(series[i - 60 : i])`."""
    if call.context.loops:
        _notice(call.machine, sequence, value)


@hook("comprehended")
def windows_in_comprehension(
    machine: "Machine",
    result: SequenceValue,
    loops: int,
    tests: "Sequence[Value]",
    node: cst.CSTNode,
) -> None:
    """`[series[i - 60 : i] for i in range(60, boundary)]`."""
    if result.element is not None and loops == 1:
        _notice(machine, result, result.element)


def _notice(machine: "Machine", sequence: SequenceValue, value: Value) -> None:
    for each in alternatives(value):
        lineage = lineages.of_listed_item(each)
        loop = None if lineage is None else lineage.rows.window_of
        if lineage is not None and loop is not None and lineage.rows.parent is not None:
            _divide(machine, sequence, lineage, loop)


def _divide(machine: "Machine", sequence: SequenceValue, lineage: Lineage, loop: Loop) -> None:
    """See that the windows of this loop begin behind those of another one, or that they are those of a
    part that was taken before."""
    series, over = lineage.rows.parent, _range(loop)
    if series is None or over is None or not isinstance(loop.over, Object):
        return
    samples = lineages.collected(lineage.rows, sequence)
    key = (_WINDOWS, over, sequence)
    if key in series.parts:
        return
    series.parts[key] = samples
    taken = _part_up_to(series, over.stop)
    if taken is not None:
        lineages.applied(lineage.of(taken), *lineage.fits)
    other = _apart(series, over)
    if other is not None and loop.over.place is not None:
        node = loop.over.place.node
        pieces = (other, samples)
        whole = lineage.of(series)
        lineages.divide_by_hand(machine, sequence, whole, pieces, node, leaves_out=True)


def _range(loop: Loop) -> _Range | None:
    over = loop.over
    if not isinstance(over, Object) or over.path != "builtins.range":
        return None
    start, stop, *step = over.arguments.positional
    if step:
        return None
    return _Range(known_number(start) or start, known_number(stop) or stop)


def _part_up_to(series: RowSet, stop: End) -> RowSet | None:
    """The first rows of a series, as many as the loop counts up to."""
    if stop is None:
        return None
    for key, each in series.parts.items():
        if isinstance(key, tuple) and key[:2] == ("slice", None) and stop in {key[2], each.axis}:
            return each
    return None


def _apart(series: RowSet, over: _Range) -> RowSet | None:
    """The samples of another loop over other numbers, for sure."""
    for key, each in series.parts.items():
        if not isinstance(key, tuple) or key[0] != _WINDOWS:
            continue
        other: _Range = key[1]
        if lineages.lies_behind(over.start, other.stop) or lineages.lies_behind(
            other.start, over.stop
        ):
            return each
    return None
