"""The weights of a model as a value: taken, kept as the best, loaded, saved."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import (
    ObjectLoaded,
    OptimizerRestored,
    ScheduleRestored,
    StateListed,
    StateTaken,
    StateUsed,
    WriterBuilt,
)
from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.classes import is_module
from advisor.code.library.models import Call, asked_first, attribute, function, hook, method
from advisor.code.library.python.containers import on_append
from advisor.code.values import (
    Arguments,
    Constant,
    Dictionary,
    Instance,
    Layer,
    Object,
    Sequence,
    Unknown,
    Value,
    alternatives,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

STATE = "torch.state_dict"
# One of the weights in it.
WEIGHT = "torch.state_dict.weight"
PARAMETER = "torch.parameter"


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
    if not _is_of_best(name):
        return
    if isinstance(value, Unknown) and not {value.name, *value.names} - {"?", name}:
        return  # a copy, which functions may call the model later
    if isinstance(value, (Instance, Layer, Unknown)):
        event = StateTaken(machine.place(node), machine.context, value, value, name)
        machine.emit(event)


@asked_first("copy.deepcopy")
def copied(call: Call) -> Value | None:
    """`copy.deepcopy(model)`: its weights are put aside, whatever the copy is called."""
    model = call.argument(0, "x")
    known = isinstance(model, Layer) or (isinstance(model, Instance) and is_module(model))
    if model is not None and known and call.context.loops:
        call.machine.emit(StateTaken(call.place, call.context, model, model))
    return None


@on_append
def put_into_list(call: Call, receiver: Sequence, value: Value) -> None:
    """`states.append(model.state_dict())`, `states.append((score, model.state_dict()))`,
    `models.append(model)`."""
    if not call.context.loops:
        return
    if isinstance(value, (Instance, Layer)):
        call.machine.emit(StateTaken(call.place, call.context, value, value))
        call.machine.emit(StateListed(call.place, call.context, value))
        return
    parts: Iterable[Value] = (value,)
    if isinstance(value, Sequence):
        parts = value.items or ()
    elif isinstance(value, Dictionary) and value.items:
        parts = value.items.values()
    for part in parts:
        if isinstance(part, Object) and part.path == STATE:
            call.machine.emit(StateListed(call.place, call.context, part))


# What the best of several models is called.
_BEST = re.compile(r"best|winner|keeper|champion|optimal", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _is_of_best(name: str) -> bool:
    """Whether a name says so; it is asked of everything that gets a name."""
    return _BEST.search(name) is not None


_EARLIER = re.compile(
    r"(^|_)(init|initial|before|old|prev|previous|start|backup|saved|orig|original|anchor|snapshot|w0|theta0)(_|$|s$)",
    re.IGNORECASE,
)


@hook("bound")
def kept_as_earlier(machine: "Machine", name: str, value: Value, node: cst.CSTNode) -> None:
    """`before = [p.data for p in model.parameters()]`."""
    held: tuple[Value, ...] = ()
    if isinstance(value, Sequence) and value.items is None:
        held = tuple(alternatives(value.element))
    elif isinstance(value, Dictionary) and not value.items:
        held = tuple(alternatives(value.other))
    if not held or not _EARLIER.search(name):
        return
    kept = [each for each in held if isinstance(each, Object) and each.path == PARAMETER]
    if len(kept) == len(held):
        owners = {owner for each in kept for owner in each.arguments.positional}
        if len(owners) == 1:
            event = StateTaken(machine.place(node), machine.context, owners.pop(), value, name)
            machine.emit(event)


@method(PARAMETER, "detach", "view_as")
def same_parameter(call: Call) -> Value | None:
    """What shows the very numbers of a parameter."""
    return call.receiver


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


@method(STATE, "items", "values")
def weights_of_state(call: Call) -> Value | None:
    """`state.items()`: the weights, with or without their names."""
    weight = Object(WEIGHT, Arguments([call.receiver] if call.receiver else []), call.place)
    named = Sequence("tuple", (call.machine.unknown("name", call.node), weight))
    pairs = call.path.endswith("items")
    return Sequence("list", None, named if pairs else weight, call.place)


@method(WEIGHT, "detach", "requires_grad_", "view_as")
def same_weight(call: Call) -> Value | None:
    """What shows the very numbers of a weight."""
    return call.receiver


@attribute(WEIGHT, "data")
def numbers_of_weight(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`weight.data`."""
    return receiver


@method(WEIGHT, "*")
def made_of_weight(call: Call) -> Value | None:
    """What is computed from a weight, and is a tensor of its own."""
    return call.unknown()


def state_in(value: Value | None) -> Object | None:
    """The state whose very weights a table or a list holds, all of them by reference."""
    if isinstance(value, Object) and value.path == STATE:
        return value
    held: tuple[Value, ...] = ()
    if isinstance(value, Dictionary) and not value.items and value.other is not None:
        held = tuple(alternatives(value.other))
    weights = [each for each in held if isinstance(each, Object) and each.path == WEIGHT]
    if not weights or len(weights) != len(held):
        return None
    state = weights[0].arguments.positional[0]
    return state if isinstance(state, Object) else None


@method("module", "load_state_dict")
def loaded(call: Call) -> Value | None:
    """`model.load_state_dict(state)`."""
    state = call.argument(0, "state_dict")
    for option in alternatives(state) if state is not None else ():
        used = state_in(option) or option
        call.machine.emit(StateUsed(call.place, call.context, used, call.receiver))
    return None


@method("optimizer", "load_state_dict")
def loaded_into_optimizer(call: Call) -> Value | None:
    """`optimizer.load_state_dict(state)`: its learning rates are those of the saved one from here on."""
    assert call.receiver is not None
    call.machine.emit(OptimizerRestored(call.place, call.context, call.receiver))
    return None


@method("schedule", "load_state_dict")
def loaded_into_schedule(call: Call) -> Value | None:
    """`scheduler.load_state_dict(state)`: it goes on from the step at which it was saved."""
    assert call.receiver is not None
    call.machine.emit(ScheduleRestored(call.place, call.context, call.receiver))
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
    for option in alternatives(value) if value is not None else ():
        held = state_in(option)
        if held is None and isinstance(option, Dictionary):
            for each in option.items.values():
                yield from (state_in(part) or part for part in alternatives(each))
        else:
            yield held or option


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
