"""The first layers of ready models, once they are replaced: `model.features[0] = nn.Conv2d(1, 64, 3)`,
or `model.features[0][0] = …`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.gradients import SOURCES
from advisor.code.library.models import Index, hook
from advisor.code.nodes import as_written
from advisor.code.values import Layer, Method, Unknown, Value, known_integer

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
        _notice(machine, _whole_of_first(receiver, node))
    return False


@hook("assign_attribute")
def part_replaced(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`model.patch_embed.proj = …`."""
    _notice(machine, _whole_of_first(receiver, node))
    return False


def _whole_of_first(part: Value, node: cst.CSTNode) -> Value:
    """What something is the first item of, where its author wrote it so: `model.features[0]`."""
    if not isinstance(part, Unknown):
        return part
    whole = node.value if isinstance(node, (cst.Subscript, cst.Attribute)) else None
    if whole is None or not as_written(whole).endswith("[0]"):
        return part
    sources = part.fields.get(SOURCES, ())
    return sources[0] if len(sources) == 1 else part


def _notice(machine: "Machine", part: Value) -> None:
    if not isinstance(part, Method) or part.name not in _FIRST:
        return
    if isinstance(part.receiver, Layer):
        machine.store(part.receiver.fields, _REPLACED, True)


def first_layer_is_new(model: Layer) -> bool:
    """Whether the layer of a ready model that sees the pixels has none of the trained weights."""
    return _REPLACED in model.fields or bool(model.fields.keys() & _FIRST)
