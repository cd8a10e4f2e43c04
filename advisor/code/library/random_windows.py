"""Windows of samples that begin where a drawn number says."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import TransformApplied
from advisor.code.library.models import Index, hook, observes
from advisor.code.library.transforms import WINDOW
from advisor.code.nodes import as_written
from advisor.code.values import TRUE, Joined, Library, Tensor, Unknown, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key an unknown number says that it was drawn.
_DRAWN = ("drawn number",)
_DRAWS = re.compile(r"\brand\w*\(")


@observes("randint", "randrange", "integers", "random_integers")
def drawn(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`random.randint(0, height - size)`."""
    if isinstance(result, Unknown):
        result.fields[_DRAWN] = TRUE


@observes("item", "int")
def as_number(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`torch.randint(height - size, (1,)).item()`, `int(np.random.rand() * rest)`."""
    given = operands[0] if operands else None
    if not isinstance(result, Unknown) or not isinstance(given, (Tensor, Unknown)):
        return
    if _is_drawn(given) or _DRAWS.search(as_written(node)):
        result.fields[_DRAWN] = TRUE


def _is_drawn(value: Value | None) -> bool:
    if isinstance(value, Joined):
        return all(map(_is_drawn, value.alternatives))
    return isinstance(value, Unknown) and _DRAWN in value.fields


@hook("item_read")
def taken(machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode) -> None:
    """`picture[top : top + size, left : left + size]`."""
    windows = [each for each in indices if isinstance(each, slice)]
    if any(each.stop is not None and _is_drawn(each.start) for each in windows):
        place = machine.place(node)
        machine.emit(TransformApplied(place, machine.context, receiver, Library(WINDOW)))
