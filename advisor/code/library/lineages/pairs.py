"""Samples and labels that are handed over together."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import SamplesPaired
from advisor.code.library.lineages.reading import holds_rows, known
from advisor.code.values import Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def pair(
    machine: "Machine", samples: Value | None, labels: Value | None, node: cst.CSTNode
) -> None:
    """Say that samples and labels are taken for those of the same rows, in the same order."""
    one, other = known(samples), known(labels)
    if one is None or other is None or not holds_rows(one) or not holds_rows(other):
        return
    place = machine.place(node)
    machine.emit(SamplesPaired(place, machine.context, one.rows, other.rows))
