"""Arrays that are made empty and filled with one sample in each round of a loop."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library import lineages
from advisor.code.library.models import Index, hook
from advisor.code.values import CHANGED_LINEAGE, Scalar, Unknown, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@hook("assign_item")
def filled(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`X[i] = series[i : i + 9]`: what is filled sample by sample holds these."""
    new = lineages.known(value)
    if new is None or not isinstance(receiver, Unknown) or not _is_one_by_one(receiver, indices):
        return False
    rows = lineages.collected(new.rows, receiver)
    if rows.parent is not None:
        machine.store(receiver.fields, CHANGED_LINEAGE, new.of(rows))
    return False


def _is_one_by_one(array: Unknown, indices: Sequence[Index]) -> bool:
    """Whether an array that nobody knows the samples of is given one in each round of a loop."""
    first = indices[0]
    counts = isinstance(first, Scalar) and first.number.constant is None
    return counts and lineages.known(array) is None
