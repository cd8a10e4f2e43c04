"""Thresholds that are picked from a curve over rows, and the rows that they tell the classes of."""

import re
from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Loop, MetricTaken, ThresholdApplied, ThresholdTried
from advisor.code.gradients import made_from
from advisor.code.library import lineages
from advisor.code.library.models import Call, function, observes
from advisor.code.library.sklearn_metrics import score
from advisor.code.nodes import as_written
from advisor.code.values import (
    TRUE,
    Constant,
    Dictionary,
    Joined,
    Object,
    RowSet,
    Scalar,
    Tensor,
    Unknown,
    Value,
    alternatives,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key thresholds have the curve that they belong to.
_CURVE = ("curve",)
_NAME = re.compile(r"[A-Za-z_]\w*")
# And under this one what a curve was taken of says so.
_SCORED = ("given to a curve",)


@function(*(f"sklearn.metrics.{name}_curve" for name in ("precision_recall", "roc", "det")))
def curve(call: Call) -> Value | None:
    """`false, true, thresholds = roc_curve(y_true, y_score)`."""
    made = score(call)
    event = call.machine.trace[-1]
    if not isinstance(event, MetricTaken):
        return made
    for each in event.given:
        if isinstance(each, Unknown):
            call.machine.store(each.fields, _SCORED, TRUE)
    first, second, thresholds = call.unknown(), call.unknown(), call.unknown()
    thresholds.fields[_CURVE] = event
    return SequenceValue("tuple", (first, second, thresholds), place=call.place)


@observes("LessThan", "GreaterThan", "LessThanEqual", "GreaterThanEqual")
def applied(
    machine: "Machine", operation: str, operands: Sequence[Value], result: Value, node: cst.CSTNode
) -> None:
    """`scores >= threshold`: which class each of the rows is taken for."""
    for threshold, scores in (tuple(operands), tuple(reversed(operands))):
        if not isinstance(threshold, (Unknown, Joined)) or not _may_be_scores(scores):
            continue
        found = _curve_of(threshold)
        if found is not None and not _goes_through(machine, found):
            place, context = machine.place(node), machine.context
            rows, made = _rows_of(scores), _rows_of(result)
            machine.emit(ThresholdApplied(place, context, scores, result, found, rows, made))


@observes("LessThan", "GreaterThan", "LessThanEqual", "GreaterThanEqual")
def tried(
    machine: "Machine", operation: str, operands: Sequence[Value], result: Value, node: cst.CSTNode
) -> None:
    """`scores >= threshold` for one threshold after the other, and later for the one that was best."""
    context = machine.context
    if not context.loops and not machine.thresholds_tried:
        return  # of all comparisons, most
    if not isinstance(node, cst.Comparison) or len(operands) != 2:
        return
    place = machine.place(node)
    sides = (node.left, node.comparisons[0].comparator)
    ways = [
        each
        for each in permutations(zip(operands, sides, strict=True))
        if _curve_of(each[0][0]) is None and not isinstance(each[1][0], (Scalar, Constant))
    ]
    for (threshold, _), (scores, _) in ways if machine.thresholds_tried else ():
        picked = _picked_of(machine, threshold)
        if picked is not None:
            best, curve = picked
            rows, made = _rows_of(scores), _rows_of(result)
            machine.emit(ThresholdApplied(place, context, scores, result, curve, rows, made, best))
            return
    for (threshold, side), (scores, other) in ways if context.loops else ():
        loop = _tried_by(machine, side, other)
        if loop is not None:
            event = ThresholdTried(
                place, context, loop, threshold, scores, result, _rows_of(result)
            )
            machine.thresholds_tried.append(event)
            machine.emit(event)
            return


def _tried_by(machine: "Machine", side: cst.CSTNode, other: cst.CSTNode) -> Loop | None:
    """The innermost loop around that goes through what is written on one side of a comparison, and not
    through what is on the other one."""
    names, others = (set(_NAME.findall(as_written(each))) for each in (side, other))
    for loop in reversed(machine.context.loops):
        target = getattr(loop.node, "target", None)
        own = set() if target is None else set(_NAME.findall(as_written(target)))
        if own & others:
            return None
        if own & names:
            return loop
    return None


def _picked_of(machine: "Machine", threshold: Value) -> tuple[ThresholdTried, MetricTaken] | None:
    """What has tried the thresholds of which a number is one, and a score that was taken for each."""
    around = {each.node for each in machine.context.loops}
    made = [each for way in alternatives(threshold) for each in made_from(way)]
    made += [part for each in made if isinstance(each, Dictionary) for part in each.items.values()]
    for event in reversed(machine.thresholds_tried):
        if event.loop.node in around:
            continue
        if any(each is event.threshold for each in made) or _is_one_of(threshold, made, event.loop):
            curve = _scored_by(machine, event)
            if curve is not None:
                return event, curve
    return None


def _is_one_of(threshold: Value, made: list[Value], loop: Loop) -> bool:
    """Whether a number was taken out of what a loop goes through."""
    for over in _gone_through(loop):
        rows = _rows_of(over)
        if any(each is over for each in made):
            return True
        drawn = [_rows_of(way) for way in alternatives(threshold)]
        if rows is not None and any(rows in each.ancestors() for each in drawn if each is not None):
            return True
    return False


def _gone_through(loop: Loop) -> list[Value]:
    """What a loop goes through, be it several things at once."""
    over = loop.over
    given = list(over.arguments.values()) if isinstance(over, Object) else [over]
    return [each for each in given if each is not None]


def _scored_by(machine: "Machine", event: ThresholdTried) -> MetricTaken | None:
    """The score by which thresholds are told apart that were tried."""
    for each in machine.trace[event.index + 1 :]:
        if not isinstance(each, MetricTaken):
            continue
        if all(around.node is not event.loop.node for around in each.context.loops):
            continue
        classes = each.given[1] if len(each.given) > 1 else None
        if classes is None:
            continue
        if any(value is event.result for value in made_from(classes)):
            return each
        if event.made is not None and _rows_of(classes) is event.made:
            return each
    return None


def _goes_through(machine: "Machine", curve: MetricTaken) -> bool:
    """Whether a loop tries every threshold of a curve: then none of them is picked yet."""
    for loop in machine.context.loops:
        if any(_curve_of(each) is curve for each in _gone_through(loop)):
            return True
    return False


def _rows_of(value: Value) -> RowSet | None:
    lineage = lineages.known(value)
    return None if lineage is None else lineage.rows


def _may_be_scores(value: Value) -> bool:
    """Whether a value holds rows, or has been given to a curve."""
    lineage = lineages.known(value)
    if isinstance(value, Unknown) and _SCORED in value.fields:
        return True
    return isinstance(value, Tensor) or (lineage is not None and lineages.holds_rows(lineage))


def _curve_of(value: Value) -> MetricTaken | None:
    """The curve that a number was picked from the thresholds of."""
    for way in alternatives(value):
        for each in made_from(way):
            found = each.fields.get(_CURVE) if isinstance(each, Unknown) else None
            if isinstance(found, MetricTaken):
                return found
    return None
