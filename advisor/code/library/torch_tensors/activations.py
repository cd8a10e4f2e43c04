"""Activations, and what they make of the numbers."""

from collections.abc import Callable

from advisor.code.events import Bent, LogarithmTaken, SoftmaxApplied
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.operations import on_each_way, tensor_operation
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Activation,
    Layer,
    Scale,
    Tensor,
    Value,
    is_constant,
    known_number,
    scale_of,
)

_WITHIN_ONE = frozenset({Activation.SIGMOID, Activation.SOFTMAX})


def activated(
    tensor: Tensor, activation: Activation, call: Call, axis: int | None = None
) -> Tensor:
    """The tensor after an activation."""
    scale = _scale_after(activation, tensor.scale, Scale(activation, call.place, axis))
    made = tensor.replace(scale=scale, place=call.place)
    in_place = is_in_place(call)
    call.machine.emit(Bent(call.place, call.context, activation.value, tensor, made, in_place))
    return made


def _scale_after(activation: Activation, given: Scale | None, own: Scale) -> Scale | None:
    """Which numbers an activation makes: of those that lie between 0 and 1, or above 0, it may make
    others than of any."""
    before = None if given is None else given.activation
    if activation is Activation.RELU and before in _WITHIN_ONE:
        return given
    halves = {Activation.RELU, Activation.TANH}
    if activation is Activation.TANH and before in _WITHIN_ONE or {activation, before} == halves:
        return None
    return own


def is_in_place(call: Call) -> bool:
    """Whether an activation changes the very tensor that it is given."""
    if call.path.endswith("_") and not call.path.endswith("__"):
        return True
    layer = call.receiver if isinstance(call.receiver, Layer) else None
    given = (
        call.arguments.keywords.get("inplace") if layer is None else layer.argument(-1, "inplace")
    )
    if given is None and layer is not None and layer.path in {"torch.nn.ReLU", "torch.nn.ReLU6"}:
        given = layer.argument(0, "inplace")
    return is_constant(given, True)


def _activation(kind: Activation) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        tensor = on_each_way(call.subject)
        if tensor is None:
            return None
        if call.path.endswith("_"):
            tensor.overwrite()
        return activated(tensor, kind, call)

    return model


def _softmax(kind: Activation) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        tensor = on_each_way(call.subject)
        if tensor is None:
            return None
        dim = call.operand(0, "dim")
        if dim is None and call.receiver is not None and not call.arguments.unknown:
            return None  # torch's own method wants to be told: it is that of something else
        if dim is None and not call.arguments.unknown:
            return over_default_axis(tensor, kind, call, call.place)
        axis = known_number(dim)
        return over_axis(tensor, kind, call, call.place, None if axis is None else axis.integer)

    return model


def over_axis(
    tensor: Tensor,
    kind: Activation,
    call: Call,
    place: NodePlace | None,
    axis: int | None,
    implicit: bool = False,
) -> Tensor:
    """The tensor after a softmax; `place` is where its dimension is or should be written."""
    result = activated(tensor, kind, call, axis)
    event = SoftmaxApplied(
        place or call.place, call.context, kind.value, tensor, result, axis, implicit
    )
    call.machine.emit(event)
    return result


def over_default_axis(
    tensor: Tensor, kind: Activation, call: Call, place: NodePlace | None
) -> Tensor:
    """Softmax without a dimension: torch takes the first of one or three dimensions, else the
    second."""
    rank = tensor.shape.rank
    axis = None if rank is None else 0 if rank in {0, 1, 3} else 1
    return over_axis(tensor, kind, call, place, axis, implicit=True)


for _name, _kind in {"softmax": Activation.SOFTMAX, "log_softmax": Activation.LOG_SOFTMAX}.items():
    tensor_operation(_name, f"torch.nn.functional.{_name}", f"torch.special.{_name}")(
        _softmax(_kind)
    )
_ACTIVATIONS = {
    "sigmoid": Activation.SIGMOID,
    "relu": Activation.RELU,
    "tanh": Activation.TANH,
}
for _name, _kind in _ACTIVATIONS.items():
    tensor_operation(_name, f"torch.nn.functional.{_name}", f"torch.special.{_name}")(
        _activation(_kind)
    )
    method("tensor", f"{_name}_")(_activation(_kind))
    function(f"torch.{_name}_", f"torch.nn.functional.{_name}_")(_activation(_kind))
function("torch.nn.functional.relu6")(_activation(Activation.RELU))
function("torch.nn.functional.logsigmoid")(_activation(Activation.LOG_SIGMOID))
function("torch.special.expit")(_activation(Activation.SIGMOID))


@tensor_operation("log")
def logarithm(call: Call) -> Value | None:
    """The logarithm turns probabilities into log-probabilities."""
    tensor = on_each_way(call.subject)
    if tensor is None:
        return None
    scale = scale_of(tensor)
    decided = call.machine.ways == 1
    call.machine.emit(LogarithmTaken(call.place, call.context, tensor, decided))
    after = {
        Activation.SOFTMAX: Activation.LOG_SOFTMAX,
        Activation.SIGMOID: Activation.LOG_SIGMOID,
    }
    kind = after.get(scale.activation) if scale is not None else None
    axis = None if scale is None else scale.axis
    return tensor.replace(scale=Scale(kind, call.place, axis) if kind else None)
