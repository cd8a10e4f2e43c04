"""The order in which data sets of tf.data give their samples: drawn anew each time that somebody goes
through them, and drawn on its own for those that are put side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.models import hook, iteration, observes
from advisor.code.library.streams import DRAWN_AT, TENSORFLOW, element_of
from advisor.code.values import (
    CHANGED_LINEAGE,
    GIVEN_ANEW,
    Lineage,
    Object,
    Tensor,
    Unknown,
    Value,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def _drawn_anew(machine: "Machine", data: Value | None, node: cst.CSTNode) -> Lineage | None:
    """The samples of a data set in the order of this one time; None if it is always the same, or
    nobody knows."""
    if not isinstance(data, Object) or data.path != TENSORFLOW or DRAWN_AT not in data.fields:
        return None
    lineage = lineages.samples(data)
    return lineage.of(lineage.rows.part((GIVEN_ANEW, node), GIVEN_ANEW, machine.place(node)))


@iteration(TENSORFLOW)
def go_through(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """`for pictures, labels in data`: batches, in an order of their own where it is drawn anew."""
    lineage = _drawn_anew(machine, value, node)
    if lineage is None:
        return None
    element = element_of(value)
    count = len(element.items or ()) if isinstance(element, SequenceValue) else 0

    def make() -> Value:
        parts = [_batch(machine, lineage.of_item(), node) for _ in range(max(count, 1))]
        return SequenceValue("tuple", tuple(parts)) if count else parts[0]

    return Iteration(make=make)


def _batch(machine: "Machine", lineage: Lineage, node: cst.CSTNode) -> Unknown:
    batch = machine.unknown("item", node)
    batch.lineage = lineage
    return batch


@observes("predict")
def predicted_in_another_order(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`model.predict(data)`: in the order that the data set has this time."""
    lineage = _drawn_anew(machine, operands[1] if len(operands) > 1 else None, node)
    is_new = result.place is not None and result.place.node is node
    if lineage is not None and is_new and isinstance(result, (Tensor, Unknown)):
        result.lineage = lineage


@hook("augmented")
def collected_in_that_order(
    machine: "Machine", operator: str, current: Value, value: Value, node: cst.CSTNode
) -> None:
    """`labels.extend(batch.numpy())`, `labels += list(batch)`: all labels, in the order of the batches."""
    if operator != "Add" or not isinstance(current, SequenceValue) or not machine.context.loops:
        return
    lineage = lineages.known(value)
    if lineage is None or CHANGED_LINEAGE in current.fields:
        return
    if any(each.how == GIVEN_ANEW for each in lineage.rows.ancestors()):
        rows = lineage.rows.part(("collected", current), "collected", current.place)
        machine.store(current.fields, CHANGED_LINEAGE, lineage.of(rows))
