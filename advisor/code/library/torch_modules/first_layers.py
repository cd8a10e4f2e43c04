"""The first layers of ready models, once they are replaced: `model.features[0] = nn.Conv2d(1, 64, 3)`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import Index, hook
from advisor.code.values import Layer, Method, Value, known_integer

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# What ready models call the layer that sees the pixels, or the part that begins with it.
_FIRST = frozenset(["conv1", "conv_proj", "conv_stem", "stem", "patch_embed", "features"])
_REPLACED = ("first layer replaced",)


@hook("assign_item")
def item_replaced(
    machine: "Machine", receiver: Value, indices: Sequence[Index], value: Value, node: cst.CSTNode
) -> bool:
    """`model.features[0] = …`."""
    first = indices[0]
    if isinstance(first, Value) and known_integer(first) == 0:
        _notice(machine, receiver)
    return False


@hook("assign_attribute")
def part_replaced(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`model.patch_embed.proj = …`."""
    _notice(machine, receiver)
    return False


def _notice(machine: "Machine", part: Value) -> None:
    if not isinstance(part, Method) or part.name not in _FIRST:
        return
    if isinstance(part.receiver, Layer):
        machine.store(part.receiver.fields, _REPLACED, True)


def first_layer_is_new(model: Layer) -> bool:
    """Whether the layer of a ready model that sees the pixels has none of the trained weights."""
    return _REPLACED in model.fields or bool(model.fields.keys() & _FIRST)
