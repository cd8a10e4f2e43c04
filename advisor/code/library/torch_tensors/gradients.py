"""The gradients that lie in a tensor, and how they are cleared."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import (
    GradientsChanged,
    GradientsCleared,
    GradientsClipped,
    GradientsRead,
    GradientsTaken,
)
from advisor.code.library.models import Call, attribute, function, hook, method, reads
from advisor.code.values import (
    Arguments,
    Library,
    Object,
    Sequence,
    Tensor,
    Unknown,
    Value,
    is_constant,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@hook("assign_attribute")
def assigned_gradient(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`p.grad = None` clears a gradient."""
    if name == "grad":
        machine.emit(GradientsCleared(machine.place(node), machine.context, receiver, value))
    elif name == "data" and is_gradient(receiver):
        owner = receiver.arguments.positional[0] if isinstance(receiver, Object) else receiver
        machine.emit(GradientsCleared(machine.place(node), machine.context, owner, value))
    return False


def is_gradient(value: Value) -> bool:
    """Whether a value is the gradient of something, or what lies in it."""
    if isinstance(value, Object):
        return value.path == "torch.grad"
    current: Value | None = value
    while isinstance(current, Unknown):
        if current.name == "grad":
            return True
        current = current.parent
    return False


@reads("grad")
def read_gradient(machine: "Machine", receiver: Value, node: cst.CSTNode) -> None:
    """`p.grad` is looked at."""
    if isinstance(receiver, Library):
        return  # `torch.autograd.grad`
    machine.emit(GradientsRead(machine.place(node), machine.context, receiver))


@attribute("tensor", "grad")
def gradient(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`p.grad`."""
    return Object("torch.grad", Arguments([receiver]))


@attribute("torch.grad", "data")
def gradient_data(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`p.grad.data`."""
    return receiver


@method("torch.grad", "detach", "detach_")
def detached_gradient(call: Call) -> Value | None:
    """`p.grad.detach_()`."""
    return call.receiver


@method("torch.grad", "zero_", "fill_", "mul_")
def cleared_gradient(call: Call) -> Value | None:
    """`p.grad.zero_()`."""
    receiver = call.receiver
    assert isinstance(receiver, Object)
    target, given = receiver.arguments.positional[0], call.argument(0, "value")
    call.machine.emit(GradientsCleared(call.place, call.context, target, given))
    return receiver


@method("torch.grad", "add_", "sub_", "copy_", "div_", "clamp_", "lerp_", "addcmul_")
def changed_gradient(call: Call) -> Value | None:
    """`p.grad.copy_(other)`: the gradient is made by hand, or clipped."""
    receiver = call.receiver
    assert isinstance(receiver, Object)
    target, name = receiver.arguments.positional[0], call.path.rsplit(".", 1)[-1]
    if name == "clamp_":
        call.machine.emit(GradientsClipped(call.place, call.context, target, "clamp_"))
    else:
        call.machine.emit(GradientsChanged(call.place, call.context, target))
    return receiver


@method("unknown", "zero_")
def cleared_unknown(call: Call) -> Value | None:
    """`something.grad.zero_()` on an unknown."""
    receiver = call.receiver
    current = receiver
    while isinstance(current, Unknown):
        if current.name == "grad":
            target = current.parent or current
            call.machine.emit(GradientsCleared(call.place, call.context, target))
            break
        current = current.parent
    return receiver


@function("torch.autograd.grad", "torch.func.grad", "torch.func.value_and_grad")
def functional_gradient(call: Call) -> Value | None:
    """Gradients as values: nothing accumulates in `.grad`."""
    outputs, inputs = call.argument(0, "outputs"), call.argument(1, "inputs")
    taken = GradientsTaken(call.place, call.context, outputs)
    call.machine.emit(taken)
    given = inputs.items if isinstance(inputs, Sequence) else (inputs,)
    if outputs is None or not given or call.path.startswith("torch.func."):
        return None
    goes_on = is_constant(call.arguments.keywords.get("create_graph"), True) or None
    slopes = tuple(_slope(call, outputs, each, goes_on) for each in given)
    return None if None in slopes else Sequence("tuple", tuple(filter(None, slopes)))


def _slope(call: Call, outputs: Value, along: Value | None, goes_on: bool | None) -> Tensor | None:
    """A gradient with regard to a tensor, which has the shape of it."""
    if not isinstance(along, Tensor) or along.text == "parameter":
        return None
    slope = Tensor(along.shape, dtype="float", graph=goes_on, place=call.place)
    slope.sources = (outputs, along)
    return slope
