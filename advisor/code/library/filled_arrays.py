"""Arrays that are made empty and filled with one sample in each round of a loop."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library import lineages
from advisor.code.library.models import Index, hook
from advisor.code.values import CHANGED_LINEAGE, Lineage, Scalar, Tensor, Unknown, Value

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
    """`X[i] = series[i : i + 9]`: what is filled sample by sample holds these. `X[i, words] = 1` says in
    which places a sample has something."""
    new = lineages.known(value) or _of_places(indices[1:])
    if new is None or not isinstance(receiver, Unknown) or not _is_one_by_one(receiver, indices):
        return False
    rows = lineages.collected(new.rows, receiver)
    if rows.parent is not None:
        machine.store(receiver.fields, CHANGED_LINEAGE, new.of(rows))
    return False


def _of_places(indices: Sequence[Index]) -> Lineage | None:
    """The sample that places along further axes are told by."""
    found = (lineages.known(each) for each in indices if isinstance(each, (Tensor, Unknown)))
    return next((each for each in found if each is not None and each.rows.how == "item"), None)


def _is_one_by_one(array: Unknown, indices: Sequence[Index]) -> bool:
    """Whether an array that nobody knows the samples of is given one in each round of a loop."""
    first = indices[0]
    counts = isinstance(first, Scalar) and first.number.constant is None
    return counts and lineages.known(array) is None
