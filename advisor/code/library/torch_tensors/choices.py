"""One of several, chosen by the probabilities that a softmax has made."""

from advisor.code.events import ChoiceMade
from advisor.code.library.models import Call, function
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.values import Activation, Tensor, Value, known_integer

_CATEGORICAL = ("Categorical", "OneHotCategorical", "OneHotCategoricalStraightThrough")


def tell_choice(call: Call, tensor: Tensor | None, axis: int | None, drawn: bool = False) -> None:
    """Tell along which axis one of several is chosen, if a softmax, or its logarithm, has made what it is chosen by."""
    scale = None if tensor is None else tensor.scale
    if tensor is None or axis is None or scale is None:
        return
    if scale.activation in {Activation.SOFTMAX, Activation.LOG_SOFTMAX}:
        call.machine.emit(ChoiceMade(call.place, call.context, tensor, axis, drawn))


def tell_choice_along(call: Call, tensor: Tensor | None, dim: Value | None) -> None:
    """Tell of a choice along a dimension that is handed over, if it is."""
    tell_choice(call, tensor, known_integer(dim))


@function(*(f"torch.distributions.{name}" for name in _CATEGORICAL))
@function("torch.distributions.categorical.Categorical")
def categorical(call: Call) -> Value | None:
    """`Categorical(probs)`: a class is drawn for each row."""
    tell_choice(call, as_tensor(call.argument(0, "probs")), -1, drawn=True)
    return None
