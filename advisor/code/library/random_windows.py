"""Windows of samples that begin where a drawn number says, and samples that are mirrored by slices."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import TransformApplied
from advisor.code.library.models import Index, hook, observes
from advisor.code.library.transforms import WINDOW
from advisor.code.nodes import as_written
from advisor.code.values import TRUE, Joined, Library, Tensor, Unknown, Value, known_integer

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
    if len(windows) > 1 and machine.context.guards and _mirrors(indices):
        mirrored = Library("numpy.flip")
        machine.emit(TransformApplied(machine.place(node), machine.context, receiver, mirrored))


def _mirrors(indices: Sequence[Index]) -> bool:
    """`picture[:, ::-1]`: one of the first two axes is turned round, and nothing else is taken. The
    third one may be that of the colours."""
    turned = [
        axis
        for axis, each in enumerate(indices)
        if isinstance(each, slice) and each.step is not None
    ]
    if len(turned) != 1 or turned[0] > 1 or not all(isinstance(each, slice) for each in indices):
        return False
    whole = all(
        isinstance(each, slice) and each.start is None and each.stop is None for each in indices
    )
    given = indices[turned[0]]
    step = known_integer(given.step) if isinstance(given, slice) else None
    return whole and step == -1
