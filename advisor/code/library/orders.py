"""The order of samples, and what changes it."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import RowsShuffled
from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.statements import assign
from advisor.code.library import lineages
from advisor.code.library.models import FUNCTIONS, Call, Index, Model, function, hook, method
from advisor.code.library.python.containers import on_append
from advisor.code.values import (
    CHANGED_LINEAGE,
    COUNTED,
    NONE,
    PERMUTATION,
    SHUFFLED,
    Constant,
    Lineage,
    Object,
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
        target = call.node.args[0].value
        call.machine.emit(RowsShuffled(call.place, call.context, value, lineages.written(target)))
        _stand_otherwise(call, value, target)
    return NONE


# Orders that come out alike wherever the seed is the same.
_REPEATED = re.compile(r"seed|state|default_rng|Random\(", re.IGNORECASE)


def _stand_otherwise(call: Call, value: Value, target: cst.BaseExpression) -> None:
    """The samples stand in an order of their own from here on, unless something seeds it: then others
    may stand in the same."""
    lines = call.place.source.text.splitlines()[max(0, call.place.row - 2) : call.place.row]
    if isinstance(value, Scalar):
        return
    lineage = lineages.samples(value)
    if any(map(_REPEATED.search, lines)):
        return
    if not lineages.holds_rows(lineage) or lineage.rows.how in {COUNTED, PERMUTATION}:
        return
    changed = lineage.of(lineage.rows.part((SHUFFLED, call.node), SHUFFLED, call.place))
    match value:
        case SequenceValue() | Unknown():
            call.machine.store(value.fields, CHANGED_LINEAGE, changed)
        case Tensor():
            assign(call.machine, target, value.replace(lineage=changed, whole=value))


@on_append
def made_in_loop(call: Call, sequence: SequenceValue, value: Value) -> None:
    """`texts.append(line)`: what a loop puts into several lists stands at the same places."""
    loops = call.context.loops
    if not loops or lineages.MADE_OF in sequence.fields:
        return
    asked = [each for each in call.context.guards if each.rounds >= len(loops)]
    over = None if asked else _through(loops[-1].over)
    origin = _origin(over) or (loops[-1].node, *((each.node, each.taken) for each in asked))
    call.machine.store(sequence.fields, lineages.MADE_OF, origin)
    _stand_as(call.machine, sequence, over)


def _through(over: Value | None) -> Value | None:
    """What a loop goes through, be it counted meanwhile."""
    if isinstance(over, Object) and over.path in {"builtins.enumerate", "tqdm.tqdm"}:
        return _through(over.argument(0, "iterable"))
    return over if isinstance(over, (SequenceValue, Unknown)) else None


def _origin(over: Value | None) -> object:
    if isinstance(over, SequenceValue) and lineages.MADE_OF in over.fields:
        return over.fields[lineages.MADE_OF]
    return over


def _stand_as(machine: "Machine", made: SequenceValue, over: Value | None) -> None:
    """A list has an item for each one of another list, which stand in an order of their own."""
    lineage = lineages.known(over)
    if lineage is None or lineages.known(made) is not None:
        return
    if any(each.how == SHUFFLED for each in lineage.rows.ancestors()):
        machine.store(made.fields, CHANGED_LINEAGE, Lineage(lineage.rows))


@hook("comprehended")
def made_of_each(
    machine: "Machine", result: SequenceValue, loops: int, tests: Sequence[Value], node: cst.CSTNode
) -> None:
    """`[each["text"] for each in records]`."""
    if loops == 1 and len(tests) == 1:
        over = _through(tests[0])
        machine.store(result.fields, lineages.MADE_OF, _origin(over) or tests[0])
        _stand_as(machine, result, over)


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


@hook("assign_item")
def put_in_place(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`x[:] = x[order]`: the same rows in another order from here on."""
    new, lineage = lineages.known(value), lineages.known(receiver)
    if new is None or lineage is None or new.rows.parent is not lineage.rows:
        return False
    if new.rows.how not in {PERMUTATION, SHUFFLED} or not _takes_all(indices[0]):
        return False
    match receiver:
        case SequenceValue() | Unknown():
            machine.store(receiver.fields, CHANGED_LINEAGE, lineage.of(new.rows))
        case Tensor() if isinstance(node, cst.Subscript):
            changed = receiver.replace(lineage=lineage.of(new.rows), whole=receiver)
            assign(machine, node.value, changed)
    return False


def _takes_all(index: Index) -> bool:
    if isinstance(index, slice):
        return index.start is None and index.stop is None and index.step is None
    return isinstance(index, Constant) and index.value is Ellipsis


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
    if lineage is None and isinstance(value, (SequenceValue, Unknown)):
        lineage = lineages.samples(value)
    if lineage is None or not lineages.holds_rows(lineage) or lineage.rows.how == COUNTED:
        return result
    seed = known_number(call.argument(-1, "random_state"))
    key = (SHUFFLED, call.node if seed is None else seed)
    rows = lineage.rows.part(key, SHUFFLED, call.place)
    return lineages.alike(value, lineage.of(rows), call.place)
