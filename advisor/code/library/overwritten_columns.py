"""Columns of arrays that are filled with something else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter.statements import assign
from advisor.code.library import lineages
from advisor.code.library.models import Index, hook
from advisor.code.values import CHANGED_LINEAGE, Tensor, Unknown, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@hook("assign_item")
def overwritten(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`table[:, 3] = 0`: nobody knows any more what its columns hold. What was made of columns by
    something fitted takes their place as what they are."""
    new = lineages.known(value)
    if new is not None and new.fits:
        return False
    lineage = lineages.known(receiver) if isinstance(receiver, (Tensor, Unknown)) else None
    if lineage is None or lineage.columns is None or len(indices) < 2:
        return False
    if isinstance(receiver, Unknown):
        machine.store(receiver.fields, CHANGED_LINEAGE, lineage.holding(None))
    elif isinstance(receiver, Tensor) and isinstance(node, cst.Subscript):
        assign(machine, node.value, receiver.replace(lineage=lineage.holding(None)))
    return False
