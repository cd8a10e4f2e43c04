"""Lists of what is computed from windows of a series, each of which begins inside of the one before."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Loop, NeighboursUsed
from advisor.code.gradients import made_from
from advisor.code.library import lineages
from advisor.code.library.models import Call, hook
from advisor.code.library.python.containers import on_append
from advisor.code.values import Dictionary, Object, RowSet, Tensor, Unknown, Value
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_NOTICED = ("made of windows",)


@on_append
def notice_features(call: Call, sequence: SequenceValue, value: Value) -> None:
    """`for s in range(0, n, 20): w = series[s : s + 200]; table.append({"mean": w.mean()})`."""
    loops = call.context.loops
    if loops and _counts(loops[-1].over) and _NOTICED not in sequence.fields:
        _notice(call.machine, sequence, value, loops[-1].node)


@hook("comprehended")
def features_in_comprehension(
    machine: "Machine", result: SequenceValue, loops: int, tests: Sequence[Value], node: cst.CSTNode
) -> None:
    """`[features(series[s : s + 200]) for s in range(0, n, 20)]`."""
    clause = getattr(node, "for_in", None)
    if result.element is not None and loops == 1 and _counts(tests[0]) and clause is not None:
        _notice(machine, result, result.element, clause)


def _counts(over: Value | None) -> bool:
    return isinstance(over, Object) and over.path == "builtins.range"


def _notice(machine: "Machine", sequence: SequenceValue, value: Value, around: cst.CSTNode) -> None:
    if lineages.known(sequence) is not None or lineages.of_listed_item(value) is not None:
        return
    window = next(_windows(value, around), None)
    if window is not None and window.place is not None:
        machine.store(sequence.fields, _NOTICED, True)
        rows, text = lineages.samples(sequence).rows, lineages.written(window.place.node)
        machine.emit(NeighboursUsed(window.place, machine.context, rows, text))


def _windows(value: Value, around: cst.CSTNode) -> Iterator[RowSet]:
    """The windows that a loop cuts out, and that a value was computed from."""
    for part in _parts(value):
        for each in made_from(part):
            lineage = lineages.known(each)
            rows = None if lineage is None else lineage.rows
            if rows is not None and rows.is_statistic:
                rows = rows.parent
            loop: Loop | None = None if rows is None else rows.window_of
            if rows is not None and loop is not None and loop.node is around:
                yield rows


def _parts(value: Value) -> tuple[Value, ...]:
    """What an item of a list consists of."""
    if isinstance(value, Dictionary):
        return (*value.items.values(), *((value.other,) if value.other is not None else ()))
    return (value,) if isinstance(value, (Tensor, Unknown, SequenceValue)) else ()
