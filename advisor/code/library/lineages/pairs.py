"""Samples and labels that are handed over together."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import SamplesPaired
from advisor.code.library.lineages.reading import holds_rows, of_list
from advisor.code.library.lineages.reading import samples as rows_of
from advisor.code.library.lineages.shifted import notice_shifted
from advisor.code.values import Unknown, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def pair(
    machine: "Machine", samples: Value | None, labels: Value | None, node: cst.CSTNode
) -> None:
    """Say that samples and labels are taken for those of the same rows, in the same order."""
    one, other = of_list(samples), of_list(labels)
    if one is not None and other is None and _is_part(labels):
        other = rows_of(labels)
    if other is not None and one is None and _is_part(samples):
        one = rows_of(samples)
    if one is None or other is None or not holds_rows(one) or not holds_rows(other):
        return
    place = machine.place(node)
    machine.emit(SamplesPaired(place, machine.context, one.rows, other.rows))
    notice_shifted(machine, (one, other), node)


def _is_part(value: Value | None) -> bool:
    """Whether a value is an item of something unknown, an archive of arrays for instance."""
    return isinstance(value, Unknown) and value.parent is not None
