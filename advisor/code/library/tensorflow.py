"""TensorFlow's operations, and Keras's own names for the same: what they make of a tensor."""

from collections.abc import Callable

from advisor.code.events import GradientsTaken, LogarithmTaken
from advisor.code.library.meanings import give_match
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.activations import over_axis
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.values import (
    Activation,
    Arguments,
    Function,
    Object,
    PlacesOfLargest,
    Scale,
    Shape,
    Tensor,
    Value,
    known_number,
    scale_of,
)

# What Keras calls an activation, as text and as a function.
ACTIVATIONS = {
    "linear": Activation.LOGITS,
    "softmax": Activation.SOFTMAX,
    "log_softmax": Activation.LOG_SOFTMAX,
    "sigmoid": Activation.SIGMOID,
    "log_sigmoid": Activation.LOG_SIGMOID,
    "relu": Activation.RELU,
    "relu6": Activation.RELU,
    "tanh": Activation.TANH,
}
_OF_KERAS = ("keras.activations", "keras.backend", "keras.ops", "keras.ops.nn")
_OF_TENSORFLOW = ("tensorflow", "tensorflow.math", "tensorflow.nn")
_EVERYWHERE = (*_OF_KERAS, *_OF_TENSORFLOW)
ACTIVATION_PATHS = {
    f"{prefix}.{name}": kind for name, kind in ACTIVATIONS.items() for prefix in _EVERYWHERE
} | {"tensorflow.identity": Activation.LOGITS}
# Operations that keep the numbers as they are, or nearly: their range stays.
_KEEPS_RANGE = [
    "cast",
    "clip",
    "clip_by_value",
    "constant",
    "convert_to_tensor",
    "expand_dims",
    "flatten",
    "identity",
    "repeat",
    "reshape",
    "saturate_cast",
    "squeeze",
    "stop_gradient",
    "tile",
    "transpose",
]
# Operations whose result can be any number.
_CHANGES_RANGE = [
    "abs",
    "add",
    "divide",
    "exp",
    "matmul",
    "dot",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "pow",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_sum",
    "sqrt",
    "square",
    "subtract",
    "sum",
]
_SUBJECTS = ("x", "input", "logits", "features", "tensor", "value", "t", "a")


def _operand(call: Call) -> Tensor | None:
    """The tensor that an operation is about; TensorFlow calls it by many names."""
    if call.arguments.positional:
        return as_tensor(call.arguments.positional[0])
    found = [call.arguments.keywords.get(name) for name in _SUBJECTS]
    return as_tensor(next((value for value in found if value is not None), None))


def _activation(kind: Activation) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        tensor = _operand(call)
        if kind is Activation.LOGITS:
            return tensor
        if tensor is None:
            tensor = Tensor(library="keras")
        if kind in {Activation.SOFTMAX, Activation.LOG_SOFTMAX}:
            axis = call.argument(1, "axis")
            number = known_number(axis)
            last = -1 if axis is None else None
            return over_axis(
                tensor, kind, call, call.place, last if number is None else number.integer
            )
        return tensor.replace(scale=Scale(kind, call.place), place=call.place)

    return model


for _path, _kind in ACTIVATION_PATHS.items():
    function(_path)(_activation(_kind))


@function(*(f"{prefix}.{name}" for prefix in _EVERYWHERE for name in _KEEPS_RANGE))
def range_kept(call: Call) -> Value | None:
    """Other shapes and types of the same numbers."""
    tensor = _operand(call)
    return None if tensor is None else tensor.replace(shape=Shape(), place=call.place)


@function(*(f"{prefix}.{name}" for prefix in _EVERYWHERE for name in _CHANGES_RANGE))
def range_changed(call: Call) -> Value | None:
    """Numbers of no particular range."""
    tensor = _operand(call)
    if tensor is None:
        return None
    return tensor.replace(shape=Shape(), scale=None, place=call.place)


@function(*(f"{prefix}.log" for prefix in _EVERYWHERE))
def logarithm(call: Call) -> Value | None:
    """The logarithm turns probabilities into log-probabilities."""
    tensor = _operand(call)
    if tensor is None:
        return None
    scale = scale_of(tensor)
    call.machine.emit(LogarithmTaken(call.place, call.context, tensor))
    after = {
        Activation.SOFTMAX: Activation.LOG_SOFTMAX,
        Activation.SIGMOID: Activation.LOG_SIGMOID,
    }
    kind = None if scale is None else after.get(scale.activation)
    return tensor.replace(scale=Scale(kind, call.place) if kind else None, place=call.place)


@function(*(f"{prefix}.one_hot" for prefix in _EVERYWHERE), "keras.utils.to_categorical")
def one_hot(call: Call) -> Value | None:
    """Class indices as rows with a single one."""
    return Tensor(Shape(), scale=Scale(Activation.ONE_HOT, call.place), place=call.place)


@function(*(f"{prefix}.argmax" for prefix in _EVERYWHERE), "tensorflow.arg_max")
def index_of_largest(call: Call) -> Value | None:
    """Class indices: whole numbers."""
    found = Tensor(Shape(), dtype="long", graph=False, place=call.place)
    found.meaning = PlacesOfLargest()
    return found


@function(*(f"tensorflow.{name}" for name in ("ones", "zeros", "ones_like", "zeros_like")))
def made_alike(call: Call) -> Value | None:
    """New numbers that are all the same."""
    return Tensor(dtype="float", graph=False, library="keras", place=call.place)


@function("tensorflow.equal", "tensorflow.math.equal", "keras.ops.equal")
def compared(call: Call) -> Value | None:
    """`tf.equal(classes, labels)`: for each number whether it is the other one."""
    result = Tensor(dtype="bool", graph=False, library="keras", place=call.place)
    give_match(call, call.arguments.positional[:2], result)
    return result


@function("tensorflow.function")
def compiled_function(call: Call) -> Value | None:
    """`tf.function(step)`: the function itself."""
    wrapped = call.argument(0, "func")
    return wrapped if isinstance(wrapped, Function) else None


@function("tensorflow.GradientTape")
def gradient_tape(call: Call) -> Value | None:
    """A tape that records what gradients are computed from."""
    return Object("tensorflow.GradientTape", Arguments(), call.place)


@method("tensorflow.GradientTape", "gradient", "jacobian", "batch_jacobian")
def gradient_of_tape(call: Call) -> Value | None:
    """`tape.gradient(loss, variables)`: gradients as values, nothing accumulates."""
    loss = call.argument(0, "target")
    call.machine.emit(GradientsTaken(call.place, call.context, loss, by_tape=True))
    return None
