"""Labels of a data set with so many classes: they say so still as numbers of another type."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import observes
from advisor.code.library.names import words
from advisor.code.values import (
    ClassIndices,
    Value,
    give_meaning,
    is_made_new,
    meaning_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_CASTS = words(
    "astype long int to type tensor as_tensor array asarray from_numpy numpy cpu cuda LongTensor "
    "squeeze ravel flatten copy clone detach"
)


@observes(*_CASTS)
def kept_as_labels(
    machine: "Machine", operation: str, operands: Sequence[Value], result: Value, node: cst.CSTNode
) -> None:
    """`torch.tensor(labels, dtype=torch.long)`."""
    meaning = meaning_of(operands[0]) if operands else None
    if isinstance(meaning, ClassIndices) and is_made_new(result, operands):
        give_meaning(result, meaning)


@observes("train_test_split")
def kept_by_split(
    machine: "Machine", operation: str, operands: Sequence[Value], result: Value, node: cst.CSTNode
) -> None:
    """`train_test_split(samples, labels)`: both parts have samples of every class."""
    parts = result.items if isinstance(result, SequenceValue) else None
    for position, part in enumerate(parts or ()):
        meaning = meaning_of(operands[position // 2])
        if isinstance(meaning, ClassIndices):
            give_meaning(part, meaning)
