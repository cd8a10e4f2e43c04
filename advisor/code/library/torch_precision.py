"""Mixed precision with torch: where operations are cast to a smaller type."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import AutocastEntered, DeviceChosen, WeightsHalved
from advisor.code.interpreter.operators import truth
from advisor.code.library.models import Call, function, hook, method, observes
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Bound,
    Constant,
    Function,
    Library,
    Object,
    Unknown,
    Value,
    alternatives,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

AUTOCAST = "torch.autocast"
UNKNOWN_TYPE = "?"
_TYPES = {"torch.float16": "float16", "torch.half": "float16", "torch.bfloat16": "bfloat16"}
# What autocast casts to on a device when it is not told.
_BY_DEVICE = {"cuda": "float16", "cpu": "bfloat16"}


@function("torch.cuda.amp.autocast", "torch.autocast", "torch.amp.autocast")
def autocast(call: Call) -> Value | None:
    """`torch.autocast(...)` as a context manager, or around a function."""
    wrapped = call.argument(0, "func")
    if isinstance(wrapped, (Function, Bound)):
        return wrapped
    made = Object(AUTOCAST, call.arguments, call.place)
    made.fields["dtype"] = Constant(_type_of(call))
    enabled = call.arguments.get(0 if call.path == "torch.cuda.amp.autocast" else 2, "enabled")
    made.fields["optional"] = Constant(enabled is not None and truth(enabled) is not True)
    return made


def _type_of(call: Call) -> str | None:
    """The type that operations are cast to; None when they are not cast at all."""
    on_cuda = call.path == "torch.cuda.amp.autocast"
    enabled = call.argument(0, "enabled") if on_cuda else call.argument(2, "enabled")
    if enabled is not None and truth(enabled) is False:
        return None
    given = call.argument(1, "dtype")
    if given is not None:
        types = {_named_type(option) for option in alternatives(given)}
        return types.pop() if len(types) == 1 else UNKNOWN_TYPE
    if call.arguments.unknown:
        return UNKNOWN_TYPE
    return "float16" if on_cuda else _type_on(call.argument(0, "device_type"))


def _named_type(value: Value) -> str:
    return _TYPES.get(value.path, UNKNOWN_TYPE) if isinstance(value, Library) else UNKNOWN_TYPE


def _type_on(device: Value | None) -> str:
    """The type on a device; of several devices on the one that training is meant for."""
    names = [known_text(option) for option in alternatives(device)]
    if any(name is None for name in names):
        return UNKNOWN_TYPE
    devices = {(name or "").partition(":")[0] for name in names}
    best = "cuda" if "cuda" in devices else next(iter(devices), "")
    return _BY_DEVICE.get(best, UNKNOWN_TYPE)


@hook("enter")
def enter_autocast(machine: "Machine", manager: Value, node: cst.CSTNode) -> Value | None:
    """`with torch.autocast(...):` holds until the block ends."""
    if isinstance(manager, Object) and manager.path == AUTOCAST:
        _enter(machine, manager, machine.place(node))
    return None


@hook("decorated")
def enter_decorated(machine: "Machine", decorator: Value, function: Function) -> None:
    """`@torch.autocast(...)` holds until the function returns."""
    if isinstance(decorator, Object) and decorator.path == AUTOCAST and decorator.place is not None:
        _enter(machine, decorator, decorator.place)


def _enter(machine: "Machine", manager: Object, place: NodePlace) -> None:
    dtype = known_text(manager.fields.get("dtype"))
    machine.context = machine.context._replace(autocast=dtype)
    if dtype is not None:
        optional = truth(manager.fields["optional"]) is True
        machine.emit(AutocastEntered(place, machine.context, dtype, optional))


@method("module", "half", "to", "type")
def halved(call: Call) -> Value | None:
    """`model.half()`, `model.to(torch.float16)`: the model itself, whose weights are cast."""
    assert call.receiver is not None
    types = {_named_type(each) for each in call.arguments.values()}
    if call.path.endswith("half") or types & {"float16"}:
        call.machine.emit(WeightsHalved(call.place, call.context, call.receiver))
    if call.path.endswith("to") and (call.arguments.positional or call.argument(-1, "device")):
        call.machine.emit(DeviceChosen(call.place, call.context, call.receiver))
    return call.receiver


@method("module", "cuda", "npu", "xpu", "mps", "to_empty")
def moved(call: Call) -> Value | None:
    """`model.cuda()`: the model itself."""
    call.machine.emit(DeviceChosen(call.place, call.context, call.receiver))
    return call.receiver


@function("torch.set_default_device", "torch.set_default_tensor_type")
def moved_from_here_on(call: Call) -> Value | None:
    """`torch.set_default_device("cuda")`."""
    call.machine.emit(DeviceChosen(call.place, call.context, None))
    return None


@observes("half", "to")
def unknown_halved(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`model.half()` of a model that is handed in."""
    if not operands or not isinstance(operands[0], Unknown):
        return
    if operation == "half" or any(_named_type(each) == "float16" for each in operands[1:]):
        machine.emit(WeightsHalved(machine.place(node), machine.context, operands[0]))
