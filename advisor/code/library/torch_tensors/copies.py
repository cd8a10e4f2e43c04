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
    "to",
    "clone",
    "float",
    "double",
    "half",
    "bfloat16",
    "type",
    "type_as",
    "pin_memory",
    "share_memory_",
    "numpy",
    "npu",
    "mps",
    "xpu",
]

_DTYPES = {"float": "float", "double": "float", "half": "float", "bfloat16": "float"}


@method("tensor", *_KEEPS)
def same_tensor(call: Call) -> Value | None:
    """The same numbers elsewhere, or of another type."""
    tensor = call.receiver
    assert isinstance(tensor, Tensor)
    name = call.path.rsplit(".", 1)[-1]
    return tensor.replace(dtype=_DTYPES[name]) if name in _DTYPES else tensor


@method("unknown", *_KEEPS, "long", "int", "byte", "tolist", "bool")
def same_unknown(call: Call) -> Value | None:
    """An unknown that is moved or cast is the same unknown."""
    return call.receiver


@method("tensor", "long", "int", "byte", "bool")
def cast_to_integers(call: Call) -> Value | None:
    """A tensor of whole numbers: no gradient, no activation."""
    tensor = call.receiver
    assert isinstance(tensor, Tensor)
    name = call.path.rsplit(".", 1)[-1]
    return tensor.replace(dtype="long" if name == "int" else name, graph=False, scale=None)


@tensor_operation("detach")
def detach(call: Call) -> Value | None:
    """The same numbers without a gradient path."""
    if isinstance(call.subject, Unknown):
        return call.subject
    tensor = as_tensor(call.subject)
    return None if tensor is None else tensor.replace(graph=False)


@attribute("tensor", "data")
def data(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`.data`: the same numbers without a gradient path."""
    return receiver.replace(graph=False)


@function("torch.autograd.Variable", "torch.nn.Parameter", "torch.nn.parameter.Parameter")
def wrapped(call: Call) -> Value | None:
    """Wrappers around a tensor."""
    value = call.argument(0, "data")
    if call.path.endswith("Parameter"):
        shape = shape_of(value) or Shape()
        return Tensor(shape, graph=True, text="parameter", place=call.place)
    return value


@function("torch.as_tensor", "torch.tensor", "torch.from_numpy", "torch.FloatTensor")
def made_of_data(call: Call) -> Value | None:
    """A tensor of given data."""
    value = call.argument(0, "data")
    known = as_tensor(value)
    if known is None:
        return None
    cut = call.path == "torch.tensor"
    return known.replace(graph=False if cut else known.graph, library="torch")
