"""The heads of ready models as attributes: `model.fc`, `model.classifier[6]`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import AttributeAssigned
from advisor.code.library.families import HEAD, head_in
from advisor.code.library.models import Call, Index, attribute, hook, item, method
from advisor.code.library.torch_modes import TOUCHED
from advisor.code.values import Layer, Method, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


class Touch(Value):
    """That a head was asked for, whatever for, and what was known `before`."""

    __slots__ = ("before",)

    def __init__(self, before: Value | None) -> None:
        super().__init__(None)
        self.before = before


@attribute("module", "fc", "classifier", "head", "heads")
def head_asked_for(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`model.classifier`: whoever asks for it may replace it, or a part of it."""
    if isinstance(receiver, Layer):
        machine.store(receiver.fields, TOUCHED, Touch(receiver.fields.get(TOUCHED)))
    return None


@item(HEAD)
def part_of_head(
    machine: "Machine", value: Method, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`model.classifier[6]`."""
    return Method(value, "[]", machine.place(node))


@method(HEAD, "parameters", "named_parameters", "train", "eval", "requires_grad_", "state_dict")
def head_left_as_it_is(call: Call) -> Value | None:
    """What replaces nothing: `model.fc.parameters()`."""
    _left_as_it_is(call.machine, call.receiver)
    return call.unknown()


@attribute(HEAD, "in_features", "in_channels")
def size_of_head(machine: "Machine", receiver: Method, node: cst.CSTNode) -> Value | None:
    """`model.fc.in_features`."""
    _left_as_it_is(machine, receiver)
    return machine.unknown("in_features", node)


@hook("assign_attribute")
def size_assigned(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`model.fc.out_features = 10`: a number that nothing reads."""
    model = head_in(receiver)
    if model is not None and name == "out_features":
        _left_as_it_is(machine, receiver)
        event = AttributeAssigned(machine.place(node), machine.context, model, name, value)
        machine.emit(event)
    return False


def _left_as_it_is(machine: "Machine", receiver: Value | None) -> None:
    model = None if receiver is None else head_in(receiver)
    touch = None if model is None else model.fields.get(TOUCHED)
    if model is None or not isinstance(touch, Touch):
        return
    if touch.before is None:
        machine.forget(model.fields, TOUCHED)
    else:
        machine.store(model.fields, TOUCHED, touch.before)
