"""The order of samples, and what changes it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import RowsShuffled
from advisor.code.interpreter import attributes, calls
from advisor.code.library import lineages
from advisor.code.library.models import FUNCTIONS, Call, Index, Model, function, hook, method
from advisor.code.values import (
    COUNTED,
    NONE,
    PERMUTATION,
    SHUFFLED,
    Scalar,
    Tensor,
    Unknown,
    Value,
    known_number,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


_COPIES: dict[str, Model] = {
    path: FUNCTIONS[path] for path in ("numpy.random.permutation", "sklearn.utils.shuffle")
}


@function("numpy.random.shuffle", "random.shuffle")
@method("numpy.random.Generator", "shuffle")
def shuffled(call: Call) -> Value | None:
    """`shuffle(x)`: other rows come first from here on."""
    value = call.argument(0, "x")
    if isinstance(value, SequenceValue):
        lineages.samples(value)
    if value is not None and isinstance(call.node, cst.Call) and call.node.args:
        text = lineages.written(call.node.args[0].value)
        call.machine.emit(RowsShuffled(call.place, call.context, value, text))
    return NONE


@method("tensor", "copy")
@method("unknown", "copy")
def copied(call: Call) -> Value | None:
    """`x.copy()`: other numbers at first alike, of the same rows."""
    receiver = call.receiver
    if isinstance(receiver, Tensor):
        return receiver.replace(place=call.place)
    assert isinstance(receiver, Unknown)
    own = attributes.unknown_attribute(call.machine, receiver, "copy", call.node)
    result = calls.call(call.machine, own, call.arguments, call.node)
    lineage = lineages.known(receiver)
    if isinstance(result, Unknown) and result.lineage is None:
        result.lineage = lineage
    return result


@hook("item_read")
def taken_in_random_order(
    machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
) -> None:
    """`x[torch.randperm(len(x))]`."""
    first = indices[0]
    lineage = lineages.known(first) if isinstance(first, Value) else None
    if lineage is None or not isinstance(node, cst.Subscript):
        return
    if lineage.rows.how != PERMUTATION or lineage.rows.parent is not None:
        return
    if isinstance(receiver, Unknown):
        lineages.samples(receiver)
    text = lineages.written(node.value)
    event = RowsShuffled(machine.place(node), machine.context, receiver, text, lineage.rows)
    machine.emit(event)


@function("numpy.random.permutation", "sklearn.utils.shuffle", "tensorflow.random.shuffle")
@method("numpy.random.Generator", "permutation", "permuted")
def shuffled_copy(call: Call) -> Value | None:
    """`np.random.permutation(x)`: the same rows in another order."""
    inner = _COPIES.get(call.path) or _COPIES["numpy.random.permutation"]
    value = call.argument(0, "x")
    only = len(call.arguments.positional) == 1 and not isinstance(value, Scalar)
    if only and value is not None and isinstance(call.node, cst.Call) and call.node.args:
        text = lineages.written(call.node.args[0].value)
        call.machine.emit(RowsShuffled(call.place, call.context, value, text))
        return _in_other_order(call, value, inner(call))
    return inner(call)


def _in_other_order(call: Call, value: Value, result: Value | None) -> Value | None:
    """The same rows, known to stand in an order of their own."""
    lineage = lineages.known(value)
    if lineage is None or not lineages.holds_rows(lineage) or lineage.rows.how == COUNTED:
        return result
    seed = known_number(call.argument(-1, "random_state"))
    key = (SHUFFLED, call.node if seed is None else seed)
    rows = lineage.rows.part(key, SHUFFLED, call.place)
    return lineages.alike(value, lineage.of(rows), call.place)
