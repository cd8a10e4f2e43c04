"""What every module has: parameters, modules inside it, methods that return itself."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import GradientsCleared, ParametersAsked
from advisor.code.interpreter import attributes
from advisor.code.interpreter.loops import Iteration
from advisor.code.library.models import (
    Call,
    attribute,
    function,
    iteration,
    method,
)
from advisor.code.library.python.objects import deep_copied
from advisor.code.library.torch_modules.containers import CONTAINERS
from advisor.code.values import (
    Arguments,
    Constant,
    Layer,
    Object,
    Parameters,
    Value,
    is_constant,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

WRAPPERS = (
    "torch.nn.DataParallel",
    "torch.nn.parallel.DataParallel",
    "torch.nn.parallel.DistributedDataParallel",
    "torch.compile",
    "torch.jit.script",
    "torch.optim.swa_utils.AveragedModel",
)


@function(*WRAPPERS)
def wrapped_model(call: Call) -> Value | None:
    """Wrappers that run the model they are given: the model, which `.module` also names."""
    model = call.argument(0, "module") or call.arguments.get(0, "model")
    if call.path.endswith("AveragedModel"):
        return deep_copied(model, {})
    return model


@method("module", "parameters")
@method("unknown", "parameters")
def parameters(call: Call) -> Value | None:
    """`model.parameters()`."""
    assert call.receiver is not None
    call.machine.emit(ParametersAsked(call.place, call.context, call.receiver))
    return Parameters((call.receiver,), place=call.place)


@method("module", "named_parameters")
@method("unknown", "named_parameters")
def named_parameters(call: Call) -> Value | None:
    """`model.named_parameters()`: pairs of a name and a parameter."""
    assert call.receiver is not None
    call.machine.emit(ParametersAsked(call.place, call.context, call.receiver))
    return Object("torch.named_parameters", Arguments([call.receiver]), call.place)


@iteration("torch.named_parameters")
def iterate_named_parameters(
    machine: "Machine", value: Object, node: cst.CSTNode
) -> Iteration | None:
    """Pairs of a name and a parameter."""
    owner = value.arguments.positional[0]
    return Iteration(
        make=lambda: SequenceValue(
            "tuple", (machine.unknown("name", node), Object("torch.parameter", Arguments([owner])))
        )
    )


@iteration("parameters")
def iterate_parameters(
    machine: "Machine", value: Parameters, node: cst.CSTNode
) -> Iteration | None:
    """One parameter that stands for any."""
    return Iteration(make=lambda: Object("torch.parameter", Arguments(list(value.owners))))


@attribute("torch.parameter", "grad")
def gradient_of_parameter(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`p.grad` of a parameter of a module."""
    return Object("torch.grad", Arguments([receiver]))


@attribute("torch.parameter", "data")
def data_of_parameter(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`p.data`."""
    return receiver


@method("module", "zero_grad")
def module_zero_grad(call: Call) -> Value | None:
    """`model.zero_grad()`."""
    assert call.receiver is not None
    call.machine.emit(GradientsCleared(call.place, call.context, call.receiver))
    return None


@method("module", "cpu", "float", "double", "share_memory", "bfloat16")
def module_itself(call: Call) -> Value | None:
    """Methods that return the module itself."""
    return call.receiver


@method(
    "module",
    "named_buffers",
    "buffers",
    "extra_repr",
    "log",
    "log_dict",
    "print",
    "save_hyperparameters",
    "requires_grad",
)
def nothing_to_tell(call: Call) -> Value | None:
    """Methods that do nothing to the module that matters here."""
    return None


@method("module", "register_buffer")
def register_buffer(call: Call) -> Value | None:
    """`self.register_buffer(name, None)`: a buffer that is not there; what others hold may be loaded from
    elsewhere."""
    name, value = call.argument(0, "name"), call.argument(1, "tensor")
    if isinstance(name, Constant) and isinstance(name.value, str) and is_constant(value, None):
        assert call.receiver is not None
        assert value is not None
        attributes.set_attribute(call.machine, call.receiver, name.value, value, call.node)
    return None


@method("module", "add_module", "register_module", "register_parameter", "__setattr__")
def add_module(call: Call) -> Value | None:
    """`self.add_module(name, module)`, `self.register_parameter(name, param)`."""
    name = call.argument(0, "name")
    value = call.argument(1, "module") or call.argument(-1, "param")
    if isinstance(name, Constant) and isinstance(name.value, str) and value is not None:
        assert call.receiver is not None
        attributes.set_attribute(call.machine, call.receiver, name.value, value, call.node)
    elif call.receiver is not None and value is not None:
        call.machine.models.assign_attribute(call.machine, call.receiver, "?", value, call.node)
    return None


@attribute("module", "module")
def wrapped_module(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`model.module` of a wrapper: the model itself."""
    if isinstance(receiver, Layer) and receiver.path in CONTAINERS:
        return None
    return receiver


@attribute("module", "training")
def training(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`self.training` may be either."""
    return machine.unknown("training", node)
