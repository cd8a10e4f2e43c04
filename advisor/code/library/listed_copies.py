"""Lists that hold a sample several times: as it was and changed, or in several versions."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Loop
from advisor.code.gradients import made_from
from advisor.code.library import lineages
from advisor.code.library.models import Call, hook
from advisor.code.library.python.containers import on_append
from advisor.code.nodes import holds
from advisor.code.values import (
    CHANGED_LINEAGE,
    COUNTED,
    Dictionary,
    Lineage,
    Object,
    RowSet,
    Value,
    alternatives,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Loops that go through numbers and are longer go through the samples, not through their versions.
MOST_VERSIONS = 50
_BEHIND = ("builtins.enumerate", "builtins.zip", "tqdm.tqdm")


@on_append
def notice_copies(call: Call, sequence: SequenceValue, value: Value) -> None:
    """A sample and a changed copy of it, or a changed copy in each round of an inner loop."""
    items = sequence.items
    earlier = items[:-1] if items is not None else alternatives(sequence.element)
    _notice(call.machine, sequence, earlier, value, call.node)


@hook("augmented")
def notice_copies_added(
    machine: "Machine", operator: str, current: Value, value: Value, node: cst.CSTNode
) -> None:
    """`samples += [flip(x) for x in samples]`."""
    if operator != "Add" or not isinstance(current, SequenceValue):
        return
    more = value.items if isinstance(value, SequenceValue) else None
    if isinstance(value, SequenceValue) and more is None:
        more = alternatives(value.element)
    kept = current.items if current.items is not None else alternatives(current.element)
    for each in more or ():
        earlier = [item for item in kept if item not in (more or ())]
        _notice(machine, current, earlier, each, node)


def _notice(
    machine: "Machine",
    sequence: SequenceValue,
    earlier: Iterable[Value],
    value: Value,
    node: cst.CSTNode,
) -> None:
    if isinstance(value, Dictionary) and any(map(_tells_time, value.items.values())):
        return
    for found, position in _samples_in(value):
        own = _of_whole(found)
        if _is_no_sample(own):
            continue
        copied = next((rows for rows in own.rows.history() if rows.how == "duplicated"), None)
        if copied is not None:
            machine.store(sequence.fields, CHANGED_LINEAGE, Lineage(copied))
            return
        others = [
            lineage
            for item in earlier
            if item is not value
            for lineage, place in _samples_in(item, own.rows)
            if place == position and _of_whole(lineage).rows is own.rows
        ]
        # Rows that nothing else was drawn from are one sample, or all of them as a whole.
        alone = own.rows.parent is None and bool(own.augmentations)
        differs = any(alone or _changes(each) != _changes(own) for each in others)
        if differs or (own.augmentations and _made_again(machine, sequence, own)):
            _are_copies(machine, sequence, own.rows, node)
            if _depth(own.rows) == 0:
                machine.store(sequence.fields, lineages.WHOLE_COPIES, True)
            return


def _tells_time(value: Value) -> bool:
    """Whether a value is one of the points in time that a program has counted out, or computed from it: a
    record of it is a reading that is made up, whatever random numbers it is made up of."""
    known = (lineages.known(each) for each in made_from(value))
    rows = (each for found in known if found is not None for each in found.rows.ancestors())
    return any(each.are_points_in_time for each in rows)


def _is_no_sample(lineage: Lineage) -> bool:
    """Whether samples are only computed over some numbers, or scattered around them: an axis, or places
    that are written out or drawn at random, to which noise is added."""
    ancestors = list(lineage.rows.ancestors())
    if any(each.how == COUNTED for each in ancestors):
        return True
    whole = ancestors[-1]
    made_up = whole.how == lineages.NOISE or _is_written_out(whole)
    return made_up and all(isinstance(x.node, cst.BinaryOperation) for x in lineage.augmentations)


def _is_written_out(rows: RowSet) -> bool:
    """Whether rows are made of nothing but numbers that stand in the code: `np.array([1.5, 2.5])`."""
    node = None if rows.place is None else rows.place.node
    if not isinstance(node, cst.Call) or not node.args:
        return False
    return all(_is_of_numbers(each.value) for each in node.args)


def _is_of_numbers(node: cst.BaseExpression) -> bool:
    match node:
        case cst.List(elements=parts) | cst.Tuple(elements=parts):
            return all(_is_of_numbers(each.value) for each in parts)
        case cst.UnaryOperation(expression=number):
            return _is_of_numbers(number)
    return isinstance(node, cst.Integer | cst.Float)


def _of_whole(lineage: Lineage) -> Lineage:
    """The lineage of all samples that were changed one by one: `[turned(x) for x in samples]`."""
    rows = lineage.rows
    collected = rows.how == "collected" and rows.parent is not None and lineage.augmentations
    return lineage.of(rows.parent) if collected and rows.parent is not None else lineage


def _are_copies(
    machine: "Machine", sequence: SequenceValue, rows: RowSet, node: cst.CSTNode
) -> None:
    known = sequence.fields.get(CHANGED_LINEAGE)
    before = known.rows if isinstance(known, Lineage) else None
    told = None if before is None or before.how != "duplicated" else before.place
    if told is not None and told.node is node:
        return  # in an earlier round
    origin = rows
    while origin.how == "item" and origin.parent is not None:
        origin = origin.parent
    made = lineages.copies("duplicated", machine.place(node), machine.context, sources=(origin,))
    copied = Lineage(made)
    machine.store(sequence.fields, CHANGED_LINEAGE, copied)


@hook("comprehended")
def versions_in_comprehension(
    machine: "Machine", result: SequenceValue, loops: int, tests: Sequence[Value], node: cst.CSTNode
) -> None:
    """`[flip(x, k) for x in samples for k in range(4)]`."""
    if loops < 2 or result.element is None:
        return
    for own, _ in _samples_in(result.element):
        if own.augmentations and 0 < _depth(own.rows) < loops:
            _are_copies(machine, result, own.rows, node)
            return


def _samples_in(value: Value, wanted: RowSet | None = None) -> Iterator[tuple[Lineage, object]]:
    """The samples that an item of a list is, or consists of, each with its place in it. Of features
    it is what they were computed from: the rows that are wanted, or one that was changed."""
    parts: list[tuple[Value, object]] = [(value, None)]
    if isinstance(value, SequenceValue) and value.items is not None:
        parts = [(item, number) for number, item in enumerate(value.items)]
    elif isinstance(value, Dictionary):
        parts = [(item, key) for key, item in value.items.items()]
    for part, key in parts:
        lineage = lineages.known(part)
        if lineage is None or not lineages.holds_rows(lineage):
            lineage = lineages.of_features(part, wanted)
        if lineage is not None:
            yield lineage, key


def _changes(lineage: Lineage) -> list[cst.CSTNode]:
    return [place.node for place in lineage.augmentations]


def _made_again(machine: "Machine", sequence: SequenceValue, own: Lineage) -> bool:
    """Whether a loop inside of the one over the samples puts one of them into the list anew."""
    loops = machine.context.loops
    depth = _depth(own.rows)
    if len(loops) < 2 or not 0 < depth < len(loops) or sequence.place is None:
        return False
    created = sequence.place.node
    around = [each for each in loops if not holds(each.node, created)]
    if len(around) <= depth:
        return False
    if any(_yields(each, own.rows) for each in around[:-depth]):
        return True
    counts = [each for each in around if _is_range(each)]
    trips = around[-1].trips
    few = trips is not None and trips.integer is not None and trips.integer <= MOST_VERSIONS
    return len(counts) == len(around) == 2 and few


def _depth(rows: RowSet) -> int:
    """Of how many loops a sample is an item."""
    depth = 0
    while rows.how == "item" and rows.parent is not None:
        rows, depth = rows.parent, depth + 1
    return depth


def _yields(loop: Loop, rows: RowSet) -> bool:
    """Whether a loop goes through the samples that one of them is drawn from."""
    waiting = [loop.over]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Object) and value.path in _BEHIND:
            waiting.extend(value.arguments.positional)
            continue
        found = lineages.known(value)
        if found is not None and found.rows is rows.parent:
            return True
    return False


def _is_range(loop: Loop) -> bool:
    return isinstance(loop.over, Object) and loop.over.path == "builtins.range"
