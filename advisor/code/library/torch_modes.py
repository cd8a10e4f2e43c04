"""Modes of torch: modules in training or evaluation, gradients recorded or not, dropout on or off."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BaseConstructed,
    DropoutApplied,
    GradientModeMade,
    GradientsWanted,
    ModeSwitched,
)
from advisor.code.gradients import want_gradients
from advisor.code.interpreter import attributes, calls, classes
from advisor.code.library.models import Call, attribute, function, hook, method
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.library.transformers_models import DROPS
from advisor.code.nodes import as_written
from advisor.code.values import (
    Arguments,
    Bound,
    Constant,
    Dictionary,
    Function,
    Instance,
    Joined,
    Layer,
    Library,
    Method,
    Object,
    Optimizer,
    Parameters,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_constant,
    known_truth,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_MODE = ("mode",)
# The field of a layer whose weights somebody may have filled.
TOUCHED = ("touched",)
# Under this key a layer says that it stands for a part of a ready model.
PART = ("part",)
# Fixed models hold no more modules than this; beyond it the rest is left as it is.
_MOST_MODULES = 300
_GRADIENT_MODES = {
    "torch.no_grad": False,
    "torch.inference_mode": False,
    "torch.autograd.no_grad": False,
    "torch.autograd.grad_mode.no_grad": False,
    "torch.autograd.inference_mode": False,
    "torch.enable_grad": True,
    "torch.autograd.enable_grad": True,
}
_WITH_MODE = {
    "torch.set_grad_enabled",
    "torch.autograd.set_grad_enabled",
    "torch.inference_mode",
    "torch.autograd.inference_mode",
}
# What a context manager or decorator is called that may switch the gradients off.
_SWITCHES = re.compile(r"no_grad|inference_mode|grad_enabled|enable_grad")
_MAY_SWITCH = re.compile(r"grad|infer|eval|ema\b|average|freeze|frozen|test|predict", re.IGNORECASE)


class Mode(Value):
    """The last switch of a module's mode."""

    __slots__ = ("switch",)

    def __init__(self, switch: ModeSwitched) -> None:
        super().__init__(switch.place)
        self.switch = switch


# --- modes of modules ---------------------------------------------------------------------


@method("module", "train")
def train(call: Call) -> Value | None:
    """`model.train()`, `model.train(False)`."""
    mode = call.argument(0, "mode")
    switch(call, True if mode is None and not call.arguments.unknown else known_truth(mode))
    return call.receiver


@method("module", "eval")
def evaluate(call: Call) -> Value | None:
    """`model.eval()`."""
    switch(call, False)
    return call.receiver


@method("unknown", "eval")
def evaluate_unknown(call: Call) -> Value | None:
    """`something.eval()` without arguments: only modules have that."""
    if any(True for _ in call.arguments.values()) or call.arguments.unknown:
        return _escaped(call, "eval")
    switch(call, False)
    return call.receiver


@method("unknown", "train")
def train_unknown(call: Call) -> Value | None:
    """`something.train()`: a module's mode, or anything else that trains."""
    passed = list(call.arguments.values())
    if all(isinstance(each, Constant) for each in passed) and len(passed) <= 1:
        switch(call, known_truth(passed[0]) if passed else True)
        if isinstance(call.receiver, Unknown) and DROPS in call.receiver.fields:
            return call.receiver  # a model, beyond doubt
    return _escaped(call, "train")


def _escaped(call: Call, name: str) -> Value:
    assert isinstance(call.receiver, Unknown)
    own = attributes.unknown_attribute(call.machine, call.receiver, name, call.node)
    return calls.call(call.machine, own, call.arguments, call.node)


def switch(call: Call, training: bool | None) -> None:
    """Switch a module and all modules in it."""
    machine, receiver = call.machine, call.receiver
    assert receiver is not None
    if any(frame.yielded for frame in machine.frames):
        # A context manager that cleans up after the block it is for: nobody knows when.
        training = None
    event = ModeSwitched(call.place, call.context, receiver, training)
    machine.emit(event)
    mode = Mode(event)
    for module in modules_in(receiver):
        machine.store(module.fields, _MODE, mode)


def modules_in(value: Value) -> "Iterator[Instance | Object | Unknown]":
    """A module and the modules that it holds, however deep."""
    seen: set[int] = set()
    waiting: list[Value] = [value]
    while waiting and len(seen) < _MOST_MODULES:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, (Instance, Object, Unknown)):
            yield current
        waiting.extend(_held(current))


def _held(value: Value) -> Iterator[Value]:
    match value:
        case Joined():
            yield from value.alternatives
        case Instance() | Layer() | Unknown():
            yield from (each for each in value.fields.values() if _may_hold(each))
        case Sequence():
            yield from value.items or ()
            if value.element is not None:
                yield value.element
        case Dictionary():
            yield from value.items.values()


def _may_hold(value: Any) -> bool:
    if isinstance(value, Instance):
        return classes.is_module(value)
    return isinstance(value, (Layer, Joined, Sequence, Dictionary))


def mode_of(module: Layer) -> dict[Any, Any]:
    """The field in which a module has its mode, for what is a part of it."""
    return {key: value for key, value in module.fields.items() if key == _MODE}


@hook("modes")
def modes_of(module: Value) -> tuple[ModeSwitched, ...]:
    """The switches that may have been the last to set the mode of a module."""
    fields = getattr(module, "fields", {})
    found = alternatives(fields.get(_MODE))
    return tuple(each.switch for each in found if isinstance(each, Mode))


# --- gradient modes -----------------------------------------------------------------------


@function(*_GRADIENT_MODES, *_WITH_MODE)
def gradient_manager(call: Call) -> Value | None:
    """`torch.no_grad()` as a context manager, or around a function."""
    wrapped = call.argument(0, "func")
    if isinstance(wrapped, (Function, Bound)):
        return wrapped
    made = Object(call.path, call.arguments, call.place)
    call.machine.emit(GradientModeMade(call.place, call.context, made))
    if call.path.endswith("set_grad_enabled") and is_constant(call.argument(0, "mode"), True):
        # A statement holds for all that follows; a block takes it back itself.
        call.machine.context = call.machine.context._replace(gradients=True)
    return made


@hook("enter")
def enter_gradient_mode(machine: "Machine", manager: Value, node: cst.CSTNode) -> Value | None:
    """`with torch.no_grad():` holds until the block ends."""
    current = machine.context.gradients
    switched = machine.models.gradient_mode(manager, current, node)
    if switched is not current:
        machine.context = machine.context._replace(gradients=switched)
    return None


@hook("gradient_mode")
def gradient_mode(value: Value, current: bool | None, node: cst.CSTNode | None) -> bool | None:
    """Whether operations are recorded under a context manager or a decorator."""
    match value:
        case Joined():
            outcomes = {gradient_mode(each, current, node) for each in value.alternatives}
            return outcomes.pop() if len(outcomes) == 1 else None
        case Object() | Library() if value.path in _GRADIENT_MODES or value.path in _WITH_MODE:
            return _recorded(value)
        case Library() | Object():
            return None if _MAY_SWITCH.search(value.path.rsplit(".", 1)[-1]) else current
        case Function():
            return None if _SWITCHES.search(as_written(value.node)) else current
        case Instance() | Unknown() | Sequence():
            text = as_written(node) if node is not None else _name(value)
            own = isinstance(value, (Instance, Sequence))
            return None if own or _MAY_SWITCH.search(text) else current
    return current


def _recorded(manager: Object | Library) -> bool | None:
    if isinstance(manager, Library):
        return _GRADIENT_MODES.get(manager.path)
    manager.fields["entered"] = Constant(True)
    given = manager.argument(0, "mode")
    if manager.path not in _WITH_MODE or given is None:
        return _GRADIENT_MODES.get(manager.path)
    known = known_truth(given)
    if known is None:
        return None
    return not known if "inference" in manager.path else known


def _name(value: Value) -> str:
    """What an unknown is called, or what has made it: `@no_gradients()`."""
    made = value.place.node if value.place is not None else None
    if isinstance(made, cst.Call):
        return as_written(made.func)
    return value.name if isinstance(value, Unknown) else ""


@method("tensor", "requires_grad_")
def gradients_wanted(call: Call) -> Value | None:
    """`x.requires_grad_()`."""
    assert call.receiver is not None
    if known_truth(call.argument(0, "requires_grad")) is not False:
        call.machine.emit(GradientsWanted(call.place, call.context, call.receiver))
        want_gradients(call.receiver)
    return call.receiver


@method("unknown", "requires_grad_")
def gradients_of_unknown_wanted(call: Call) -> Value | None:
    """`x.requires_grad_()` of something that may be a tensor, or a module."""
    assert call.receiver is not None
    if known_truth(call.argument(0, "requires_grad")) is False:
        _tell_of_gradients(call, call.receiver, Constant(False))
        return call.receiver
    return gradients_wanted(call)


@method("module", "requires_grad_")
def all_gradients_wanted(call: Call) -> Value | None:
    """`module.requires_grad_(False)`: said of all its parameters."""
    assert call.receiver is not None
    _tell_of_gradients(call, call.receiver, call.argument(0, "requires_grad") or Constant(True))
    return call.receiver


@method("torch.parameter", "requires_grad_")
def gradients_of_parameter_wanted(call: Call) -> Value | None:
    """`weight.requires_grad_(False)` of each of `model.parameters()`."""
    _tell_of_gradients_of_owners(call, call.argument(0, "requires_grad") or Constant(True))
    return call.receiver


@method("torch.parameter", "detach_")
def parameter_without_gradients(call: Call) -> Value | None:
    """`weight.detach_()` of each of `model.parameters()`: what is cut off in place takes no gradients."""
    _tell_of_gradients_of_owners(call, Constant(False))
    return call.receiver


def _tell_of_gradients_of_owners(call: Call, wanted: Value) -> None:
    owners = call.receiver.arguments.positional if isinstance(call.receiver, Object) else ()
    for owner in owners:
        _tell_of_gradients(call, owner, wanted)


def _tell_of_gradients(call: Call, module: Value, wanted: Value) -> None:
    owned = Parameters((module,))
    event = AttributeAssigned(call.place, call.context, owned, "requires_grad", wanted)
    call.machine.emit(event)


# --- what happens to modules --------------------------------------------------------------


@hook("assign_attribute")
def assigned(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`module.name = value`, and the same for optimizers, parameters, tensors and data sets."""
    is_own = isinstance(receiver, Instance) and (
        classes.is_module(receiver) or receiver.cls.find("__getitem__") is not None
    )
    matters = isinstance(receiver, (Layer, Optimizer, Parameters, Tensor)) or (
        isinstance(receiver, Object)
        and receiver.path.startswith(("torch.param", "torchvision.datasets."))
    )
    if is_own or matters or (isinstance(receiver, (Unknown, Method)) and name.startswith("requi")):
        event = AttributeAssigned(machine.place(node), machine.context, receiver, name, value)
        machine.emit(event)
        if name == "requires_grad" and known_truth(value) is not False:
            machine.emit(GradientsWanted(event.place, event.context, receiver))
            want_gradients(receiver)
    return False


@hook("construct")
def base_constructed(
    machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
) -> None:
    """`super().__init__()`."""
    machine.emit(BaseConstructed(machine.place(node), machine.context, instance))


@function("torch.nn.Module.__init__")
def base_constructed_by_name(call: Call) -> Value | None:
    """`nn.Module.__init__(self)`."""
    instance = call.argument(0, "self")
    if instance is not None:
        call.machine.emit(BaseConstructed(call.place, call.context, instance))
    return None


@attribute("module", "weight", "bias", "AuxLogits")
def weights_touched(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`layer.weight`, `model.AuxLogits`: whoever asks for it may fill or replace it."""
    if isinstance(receiver, Layer):
        machine.store(receiver.fields, TOUCHED, Constant(True))
    return None


# --- dropout and random numbers -----------------------------------------------------------

_FUNCTIONAL = "torch.nn.functional."
# Position of `training` in each function that drops unless told otherwise.
_DROPS = (
    *("dropout", "dropout1d", "dropout2d", "dropout3d"),
    *("alpha_dropout", "feature_alpha_dropout"),
)


@function(*(f"{_FUNCTIONAL}{name}" for name in _DROPS))
def functional_dropout(call: Call) -> Value | None:
    """`F.dropout(x, p, training)`."""
    rate, training = call.argument(1, "p"), call.argument(2, "training")
    tensor = as_tensor(call.argument(0, "input"))
    made = None if tensor is None else tensor.replace(scale=None)
    _dropped(call, rate, training, made)
    return made


@function("torch.dropout", "torch.alpha_dropout", "torch.feature_dropout")
def bare_dropout(call: Call) -> Value | None:
    """`torch.dropout(x, p, train)`."""
    _dropped(call, call.argument(1, "p"), call.argument(2, "train"))
    tensor = as_tensor(call.argument(0, "input"))
    return None if tensor is None else tensor.replace(scale=None)


@function(f"{_FUNCTIONAL}scaled_dot_product_attention")
def attention(call: Call) -> Value | None:
    """Attention that drops some of its weights: the rate alone decides."""
    rate = call.argument(4, "dropout_p")
    if rate is not None:
        _dropped(call, rate, None)
    tensor = as_tensor(call.argument(0, "query"))
    return None if tensor is None else tensor.replace(scale=None, place=call.place)


def _dropped(
    call: Call, rate: Value | None, training: Value | None, made: Value | None = None
) -> None:
    if not call.arguments.unknown:
        name = call.path.rsplit(".", 1)[-1]
        call.machine.emit(DropoutApplied(call.place, call.context, name, rate, training, made))


@hook("bound")
def output_called(machine: "Machine", name: str, value: Value, node: cst.CSTNode) -> None:
    """Remember what the program calls the output of a model, or the loss that comes of it."""
    latest = machine.latest_pass
    if latest is None or latest.output is None:
        return
    if value is latest.output or (isinstance(value, Tensor) and latest.output in value.terms):
        latest.called.add(name)
