"""What keeps the numbers of a tensor: moves, casts, copies, wrappers."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import Call, attribute, function, method
from advisor.code.library.torch_tensors.operations import as_tensor, tensor_operation
from advisor.code.values import Shape, Tensor, Unknown, Value, shape_of

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_KEEPS = [
    "contiguous",
    "cpu",
    "cuda",
    "clone",
    "pin_memory",
    "share_memory_",
    "numpy",
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


@method("unknown", *_KEEPS, *_CASTS, "tolist")
def same_unknown(call: Call) -> Value | None:
    """An unknown that is moved or cast is the same unknown."""
    return call.receiver


@tensor_operation("detach")
def detach(call: Call) -> Value | None:
    """The same numbers without a gradient path."""
    if isinstance(call.subject, Unknown):
        return call.subject
    tensor = as_tensor(call.subject)
    return None if tensor is None else tensor.replace(graph=False, whole=tensor)


@attribute("tensor", "data")
def data(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`.data`: the same numbers without a gradient path."""
    return receiver.replace(graph=False, whole=receiver)


@function("torch.autograd.Variable", "torch.nn.Parameter", "torch.nn.parameter.Parameter")
def wrapped(call: Call) -> Value | None:
    """Wrappers around a tensor."""
    value = call.argument(0, "data")
    if call.path.endswith("Parameter"):
        shape = shape_of(value) or Shape()
        return Tensor(shape, graph=True, text="parameter", place=call.place)
    return value
