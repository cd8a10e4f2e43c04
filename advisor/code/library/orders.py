"""The order of samples: what changes it in place, and listings of files that have none."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import ListingRead, RowsShuffled
from advisor.code.interpreter import attributes, calls
from advisor.code.library import lineages
from advisor.code.library.models import Call, Index, function, hook, method
from advisor.code.library.python.iterations import LISTING
from advisor.code.values import NONE, Tensor, Unknown, Value
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


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


@function("os.listdir", "glob.glob")
def listed(call: Call) -> Value | None:
    """Names of files, in whatever order the file system keeps them."""
    result = call.unknown()
    call.machine.store(result.fields, LISTING, True)
    return result


@method("unknown", "sort")
def sorted_in_place(call: Call) -> Value | None:
    """`names.sort()`."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    if LISTING in receiver.fields:
        call.machine.forget(receiver.fields, LISTING)
        return NONE
    own = attributes.unknown_attribute(call.machine, receiver, "sort", call.node)
    return calls.call(call.machine, own, call.arguments, call.node)


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
def read_from_listing(
    machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
) -> None:
    """`names[index]`."""
    if not isinstance(receiver, Unknown) or not receiver.fields.get(LISTING):
        return
    if len(indices) == 1 and isinstance(indices[0], Value):
        place = machine.place(node)
        machine.emit(
            ListingRead(place, machine.context, receiver, indices[0], lineages.written(node))
        )
