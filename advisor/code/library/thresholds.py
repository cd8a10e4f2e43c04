"""Thresholds that are picked from a curve over rows, and the rows that they tell the classes of."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import MetricTaken, ThresholdApplied
from advisor.code.gradients import made_from
from advisor.code.library import lineages
from advisor.code.library.models import Call, function, observes
from advisor.code.library.sklearn_metrics import score
from advisor.code.values import TRUE, Joined, Object, RowSet, Tensor, Unknown, Value
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key thresholds have the curve that they belong to.
_CURVE = ("curve",)
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


def _goes_through(machine: "Machine", curve: MetricTaken) -> bool:
    """Whether a loop tries every threshold of a curve: then none of them is picked yet."""
    for loop in machine.context.loops:
        over = loop.over
        given = over.arguments.values() if isinstance(over, Object) else [over]
        if any(each is not None and _curve_of(each) is curve for each in given):
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
    for each in made_from(value):
        found = each.fields.get(_CURVE) if isinstance(each, Unknown) else None
        if isinstance(found, MetricTaken):
            return found
    return None
