"""The weights of layers, and what fills them."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import RandomDrawn, WeightsFilled
from advisor.code.interpreter import calls
from advisor.code.library.families import WEIGHTS, weights_of
from advisor.code.library.models import Call, function, hook, method
from advisor.code.library.torch_modes import TOUCHED, modules_in
from advisor.code.nodes import as_written
from advisor.code.values import (
    Alike,
    Arguments,
    Bound,
    Constant,
    Function,
    Instance,
    Layer,
    Object,
    Partial,
    Tensor,
    Value,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# A function is applied to no more modules than this.
_MOST_APPLIED = 40
# Layers whose weights are told from their biases by name and shape alone.
_FILLED = re.compile(r"torch\.nn\.(Lazy)?(Linear|Conv(Transpose)?[123]d)$")
_IN_PLACE = {"zero_": "zeros_", "fill_": "constant_", "normal_": "normal_", "uniform_": "uniform_"}
_IS_BIAS = re.compile(r"bias")
_IS_WEIGHT = re.compile(r"weight['\"]|\bdim\(\)|\bndim\b|\bshape\b|\bsize\(\)|requires_grad")


@function("torch.nn.init.*")
def initialised(call: Call) -> Value | None:
    """Weights are filled in place."""
    tensor = call.argument(0, "tensor")
    name = call.path.rsplit(".", 1)[-1]
    if tensor is not None and ("normal" in name or "uniform" in name):
        call.machine.emit(RandomDrawn(call.place, call.context, tensor, for_weights=True))
    told = {"gain", "nonlinearity", "a"} & call.arguments.keywords.keys()
    if name.startswith("kaiming") and known_text(call.argument(-1, "nonlinearity")) == "relu":
        told -= {"nonlinearity"}  # which it makes up for anyway
    adapted = bool(told) or len(call.arguments.positional) > 1 or call.arguments.unknown
    _tell(call, tensor, name, adapted)
    return tensor


@method(WEIGHTS, *_IN_PLACE, "copy_")
def filled_in_place(call: Call) -> Value | None:
    """`layer.weight.data.fill_(0.1)`."""
    name = call.path.rsplit(".", 1)[-1]
    if name in {"normal_", "uniform_"} and call.receiver is not None:
        call.machine.emit(RandomDrawn(call.place, call.context, call.receiver))
    given = call.argument(0, "src") if name == "copy_" else None
    alike = isinstance(given, Tensor) and isinstance(given.meaning, Alike)
    _tell(call, call.receiver, "constant_" if alike else _IN_PLACE.get(name, name), adapted=True)
    return call.receiver


@method("torch.parameter", *_IN_PLACE, "copy_")
def any_filled_in_place(call: Call) -> Value | None:
    """`p.data.zero_()` of each of the parameters of a module."""
    return filled_in_place(call)


def _tell(call: Call, filled: Value | None, function_: str, adapted: bool) -> None:
    for layer in _layers_of(call, filled):
        event = WeightsFilled(call.place, call.context, layer, function_, adapted)
        call.machine.emit(event)


def _layers_of(call: Call, filled: Value | None) -> Iterator[Value]:
    """The layers whose weights are filled, where that is sure."""
    if isinstance(filled, Tensor):
        if filled.text == "parameter" or filled.graph is True:
            yield filled
    elif isinstance(filled, Object) and filled.path == "torch.parameter":
        if _are_weights(call):
            for owner in filled.arguments.positional:
                yield from _with_weights(owner)
    elif filled is not None and (layer := weights_of(filled)) is not None:
        yield layer


def _with_weights(module: Value) -> Iterator[Layer]:
    for each in modules_in(module):
        if isinstance(each, Layer) and _FILLED.match(each.path):
            yield each


def _are_weights(call: Call) -> bool:
    """Whether the conditions around say of a parameter that it is a weight, or ask for nothing."""
    for guard in call.context.guards:
        text = as_written(guard.node)
        if _IS_BIAS.search(text):
            if guard.taken:
                return False
        elif not (guard.taken and _IS_WEIGHT.search(text)):
            return False
    return True


@hook("assign_attribute")
def weights_replaced(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`layer.weight = nn.Parameter(torch.zeros(…))`, `layer.weight.data = torch.zeros(…)`."""
    layer = receiver if name == "weight" else weights_of(receiver) if name == "data" else None
    if isinstance(layer, Layer):
        alike = isinstance(value, Tensor) and isinstance(value.meaning, Alike)
        function_ = "constant_" if alike else "copy_"
        event = WeightsFilled(machine.place(node), machine.context, layer, function_, True)
        machine.emit(event)
    return False


@method("module", "apply")
def weights_initialised(call: Call) -> Value | None:
    """`model.apply(initialise)`: the function is called on each of the modules."""
    receiver, given = call.receiver, call.argument(0, "fn")
    if isinstance(receiver, Layer):
        call.machine.store(receiver.fields, TOUCHED, Constant(True))
    if isinstance(given, (Function, Bound, Partial)) and receiver is not None:
        held = [each for each in modules_in(receiver) if isinstance(each, (Layer, Instance))]
        # A child comes before the module that holds it.
        for module in reversed(held[:_MOST_APPLIED]):
            calls.call(call.machine, given, Arguments([module]), call.node)
    return receiver
