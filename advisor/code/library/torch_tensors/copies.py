"""What keeps the numbers of a tensor: moves, casts, copies, wrappers."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import GradientsLeftOut
from advisor.code.gradients import cut_off, want_gradients
from advisor.code.library.models import Call, attribute, function, method
from advisor.code.library.torch_tensors.casts import cast, named_dtype
from advisor.code.library.torch_tensors.creation import tell_alike, wants_gradients
from advisor.code.library.torch_tensors.operations import as_tensor, tensor_operation
from advisor.code.values import Constant, Shape, Tensor, Unknown, Value, is_constant, shape_of

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_KEEPS = [
    "contiguous",
    "cpu",
    "cuda",
    "pin_memory",
    "share_memory_",
    "npu",
    "mps",
    "xpu",
]

# An unknown that is cast may as well be a model.
_CASTS = ["to", "float", "double", "half", "bfloat16", "type", "type_as", "int", "byte", "bool"]


@method("tensor", *_KEEPS)
def same_tensor(call: Call) -> Value | None:
    """The same numbers elsewhere."""
    return call.receiver


@method("tensor", "clone")
def cloned(call: Call) -> Value | None:
    """`x.clone()`, which is not recorded where gradients are off."""
    tensor = call.receiver
    if call.context.gradients is False and isinstance(tensor, Tensor) and tensor.graph is True:
        return cut_off(tensor, call.place, "torch.no_grad()")
    if isinstance(tensor, Tensor) and tensor.text == "parameter":
        copy = tensor.restated(text="", place=call.place)  # which is no parameter
        copy.sources = (tensor,)
        return copy
    return tensor


@method("tensor", "numpy")
@method("unknown", "numpy", "tolist")
def array(call: Call) -> Value | None:
    """An array or a list: nothing flows back through it."""
    assert call.receiver is not None
    return cut_off(call.receiver, call.place, f".{call.path.rsplit('.', 1)[-1]}()")


@method("unknown", *_KEEPS, *_CASTS)
def same_unknown(call: Call) -> Value | None:
    """An unknown that is moved or cast is the same unknown; no model is cast to bytes."""
    assert isinstance(call.receiver, Unknown)
    to_bytes = call.path.endswith("byte") or any(
        named_dtype(each) == "uint8" for each in call.arguments.values()
    )
    known = as_tensor(call.receiver) if to_bytes else None
    return call.receiver if known is None else cast(known, "uint8")


@tensor_operation("detach")
def detach(call: Call) -> Value | None:
    """The same numbers without a gradient path."""
    subject = call.subject
    return None if subject is None else cut_off(subject, call.place, ".detach()")


@attribute("tensor", "data")
def data(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`.data`: the same numbers without a gradient path."""
    return cut_off(receiver, machine.place(node), ".data")


@attribute("unknown", "data")
def data_of_unknown(machine: "Machine", receiver: Unknown, node: cst.CSTNode) -> Value | None:
    """`.data` of something that may be a tensor."""
    made = Unknown("data", receiver, machine.place(node))
    made.names.add("data")
    found = cut_off(made, machine.place(node), ".data")
    receiver.fields["data"] = found
    return found


@function("torch.autograd.Variable", "torch.nn.Parameter", "torch.nn.parameter.Parameter")
def wrapped(call: Call) -> Value | None:
    """Wrappers around a tensor."""
    value = call.argument(0, "data")
    if call.path.endswith("Parameter"):
        shape = shape_of(value) or Shape()
        wish = call.argument(1, "requires_grad")
        known = wish.value if isinstance(wish, Constant) else None
        learns = True if wish is None else known if isinstance(known, bool) else None
        made = Tensor(shape, graph=learns, text="parameter", place=call.place)
        tell_alike(call, made, value)
        return made
    if value is not None and wants_gradients(call):
        want_gradients(value)
    volatile = call.argument(2, "volatile")
    if volatile is not None and not is_constant(volatile, False):
        call.machine.emit(GradientsLeftOut(call.place, call.context))
    return value
