"""The weights of a model as a value: taken, kept as the best, loaded, saved."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import ObjectLoaded, StateTaken, StateUsed, WriterBuilt
from advisor.code.interpreter import attributes, calls
from advisor.code.library.models import Call, function, hook, method
from advisor.code.values import (
    Arguments,
    Constant,
    Dictionary,
    Instance,
    Layer,
    Object,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

STATE = "torch.state_dict"


@method("module", "state_dict")
def state_of(call: Call) -> Value | None:
    """`model.state_dict()`: references to the weights, which training goes on to change."""
    assert call.receiver is not None
    state = Object(STATE, Arguments([call.receiver]), call.place)
    call.machine.emit(StateTaken(call.place, call.context, call.receiver, state))
    return state


@method("unknown", "state_dict")
def state_of_unknown(call: Call) -> Value | None:
    """`state_dict()` of anything: of a model it is as above."""
    assert isinstance(call.receiver, Unknown)
    return state_of(call)


@hook("bound")
def kept_as_best(machine: "Machine", name: str, value: Value, node: cst.CSTNode) -> None:
    """`best_model = model`: the same model under another name."""
    if "best" not in name.lower():
        return
    if isinstance(value, (Instance, Layer, Unknown)):
        event = StateTaken(machine.place(node), machine.context, value, value, name)
        machine.emit(event)


@hook("assign_attribute")
def kept_in_attribute(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> None:
    """`self.best_model = model`."""
    kept_as_best(machine, name, value, node)


@method(STATE, "copy")
def copied_state(call: Call) -> Value | None:
    """`state.copy()`, as of any `dict`: the weights in it stay the same tensors."""
    return call.receiver


@method("module", "load_state_dict")
def loaded(call: Call) -> Value | None:
    """`model.load_state_dict(state)`."""
    state = call.argument(0, "state_dict")
    if state is not None:
        call.machine.emit(StateUsed(call.place, call.context, state, call.receiver))
    return None


@method("unknown", "load_state_dict")
def loaded_into_unknown(call: Call) -> Value | None:
    """`load_state_dict(state)` of anything."""
    loaded(call)
    assert isinstance(call.receiver, Unknown)
    own = attributes.unknown_attribute(call.machine, call.receiver, "load_state_dict", call.node)
    return calls.call(call.machine, own, call.arguments, call.node)


@function("torch.load")
def read_from_file(call: Call) -> Value | None:
    """`torch.load(path)`: weights, a table of such, or a whole model."""
    made = call.unknown()
    call.machine.emit(ObjectLoaded(call.place, call.context, made))
    return made


@function("torch.save")
def saved(call: Call) -> Value | None:
    """`torch.save(state, path)`, also of several states in a dictionary."""
    for state in _inside(call.argument(0, "obj")):
        call.machine.emit(StateUsed(call.place, call.context, state))
    return None


def _inside(value: Value | None) -> Iterator[Value]:
    if isinstance(value, Dictionary):
        yield from value.items.values()
    elif value is not None:
        yield value


@function(
    "torch.utils.tensorboard.SummaryWriter",
    "torch.utils.tensorboard.writer.SummaryWriter",
    "tensorboardX.SummaryWriter",
)
def writer(call: Call) -> Value | None:
    """A log of TensorBoard."""
    given = list(call.arguments.values())
    plain = all(isinstance(each, Constant) and not each.configurable for each in given)
    call.machine.emit(WriterBuilt(call.place, call.context, call.arguments.unknown or not plain))
    return None
