"""Activations, and what they make of the numbers."""

from collections.abc import Callable

from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.operations import as_tensor, tensor_operation
from advisor.code.values import Activation, Scale, Tensor, Value, known_number, scale_of


def activated(
    tensor: Tensor, activation: Activation, call: Call, axis: int | None = None
) -> Tensor:
    """The tensor after an activation."""
    return tensor.replace(scale=Scale(activation, call.place, axis), place=call.place)


def _activation(kind: Activation) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        tensor = as_tensor(call.subject)
        if tensor is None:
            return None
        dim = known_number(call.operand(0, "dim"))
        return activated(tensor, kind, call, dim.integer if dim is not None else None)

    return model


_ACTIVATIONS = {
    "softmax": Activation.SOFTMAX,
    "log_softmax": Activation.LOG_SOFTMAX,
    "sigmoid": Activation.SIGMOID,
    "relu": Activation.RELU,
    "tanh": Activation.TANH,
}

for _name, _kind in _ACTIVATIONS.items():
    tensor_operation(_name, f"torch.nn.functional.{_name}", f"torch.special.{_name}")(
        _activation(_kind)
    )

function("torch.nn.functional.logsigmoid")(_activation(Activation.LOG_SIGMOID))

function("torch.special.expit")(_activation(Activation.SIGMOID))

method("tensor", "sigmoid_")(_activation(Activation.SIGMOID))

method("tensor", "relu_")(_activation(Activation.RELU))

function("torch.nn.functional.relu_")(_activation(Activation.RELU))


@tensor_operation("log")
def logarithm(call: Call) -> Value | None:
    """The logarithm turns probabilities into log-probabilities."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    scale = scale_of(tensor)
    after = {
        Activation.SOFTMAX: Activation.LOG_SOFTMAX,
        Activation.SIGMOID: Activation.LOG_SIGMOID,
    }
    kind = after.get(scale.activation) if scale is not None else None
    return tensor.replace(scale=Scale(kind, call.place) if kind else None)
