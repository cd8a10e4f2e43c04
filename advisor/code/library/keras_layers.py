"""Keras layers: what they make of a tensor, above all with the activation they end in."""

import libcst as cst

from advisor.code import symbols
from advisor.code.interpreter import calls
from advisor.code.library.keras_initializers import tell_initializer
from advisor.code.library.models import Call, family, function, method
from advisor.code.library.tensorflow import ACTIVATION_PATHS, ACTIVATIONS
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Activation,
    Arguments,
    Bound,
    Constant,
    Function,
    Instance,
    Layer,
    Library,
    Pixels,
    Scale,
    Sequence,
    Shape,
    Tensor,
    Value,
    is_constant,
    known_number,
    known_text,
)

family("keras layer", "keras.layers.")

# Layers that end in the activation they are given, and where they take it by position.
ENDS_IN_ACTIVATION = {
    "Dense": 1,
    "EinsumDense": 2,
    **{f"Conv{n}D": -1 for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": -1 for n in (1, 2, 3)},
    **{f"SeparableConv{n}D": -1 for n in (1, 2)},
    **{f"DepthwiseConv{n}D": -1 for n in (1, 2)},
    **{f"LocallyConnected{n}D": -1 for n in (1, 2)},
    **{f"Convolution{n}D": -1 for n in (1, 2, 3)},
}
# Layers that move numbers about or drop some of them: the range stays.
KEEPS_RANGE = frozenset(
    [
        "ActivityRegularization",
        "AlphaDropout",
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
        "Dropout",
        "Flatten",
        "Identity",
        "InputLayer",
        "Masking",
        "Permute",
        "RepeatVector",
        "Reshape",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "UpSampling1D",
        "UpSampling2D",
        "UpSampling3D",
    ]
)
# Layers that are an activation.
IS_ACTIVATION = {
    "Softmax": Activation.SOFTMAX,
    "ReLU": Activation.RELU,
}
# Layers that run the layer they are given on each part of the input.
RUNS_INNER_LAYER = frozenset({"TimeDistributed", "SpectralNormalization"})
OTHERS = [
    "Activation",
    "Add",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "ConvLSTM2D",
    "Dot",
    "ELU",
    "Embedding",
    "GRU",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "LSTM",
    "Lambda",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "RNN",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "Rescaling",
    "Resizing",
    "SimpleRNN",
    "Subtract",
    "TextVectorization",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]
_NAMES = [*ENDS_IN_ACTIVATION, *KEEPS_RANGE, *IS_ACTIVATION, *RUNS_INNER_LAYER, *OTHERS]


@function("keras.layers.*", *(f"keras.layers.{name}" for name in _NAMES))
def layer(call: Call) -> Value | None:
    """Any class of keras.layers makes a layer that remembers how it was built."""
    name = call.path.rsplit(".", 1)[-1]
    if not name[:1].isupper():
        return None
    made = Layer(call.path, call.arguments, call.place)
    tell_initializer(call, made)
    return made


@function("keras.Input", "keras.layers.Input")
def model_input(call: Call) -> Value | None:
    """A model's input: the shape of one sample behind the batch."""
    sample = call.argument(0, "shape")
    items = sample.items if isinstance(sample, Sequence) else None
    numbers = [known_number(item) for item in items or ()]
    dims = [symbols.fresh("size") if each is None else each for each in numbers]
    shape = Shape() if items is None else Shape((symbols.fresh("batch"), *dims))
    made = Tensor(shape, library="keras", text="input", place=call.place)
    made.meaning = Pixels(None, input=made)
    return made


# --- what a layer makes of its input ------------------------------------------------------


@method("keras layer", "__call__", "call")
def run_layer(call: Call) -> Value | None:
    """What a layer makes of its input."""
    layer_called = call.receiver
    if isinstance(layer_called, Instance):
        return calls.escape(call.machine, layer_called, call.arguments, call.node)
    if not isinstance(layer_called, Layer):
        return None
    value = call.argument(0, "inputs")
    name = layer_called.path.rsplit(".", 1)[-1]
    if name in RUNS_INNER_LAYER or name == "Lambda":
        inner = layer_called.argument(0, "function" if name == "Lambda" else "layer")
        if inner is None or value is None:
            return None
        return calls.call(call.machine, inner, Arguments([value]), call.node)
    return _output(layer_called, name, as_tensor(value), call)


def _output(layer_called: Layer, name: str, value: Tensor | None, call: Call) -> Tensor:
    tensor = Tensor(library="keras") if value is None else value
    if name in KEEPS_RANGE:
        return tensor.replace(shape=Shape(), place=call.place)
    if name in IS_ACTIVATION:
        return _with(tensor, Scale(IS_ACTIVATION[name], layer_called.place), call)
    if name == "Activation":
        return activated(call, tensor, layer_called, 0)
    if name in ENDS_IN_ACTIVATION:
        raw = Scale(Activation.LOGITS, layer_called.place)
        linear = Tensor(
            _shape_behind(layer_called, name, tensor),
            scale=raw,
            graph=True,
            library="keras",
            text=tensor.text,
            place=call.place,
        )
        return activated(call, linear, layer_called, ENDS_IN_ACTIVATION[name])
    return Tensor(graph=True, library="keras", text=tensor.text, place=call.place)


def _with(tensor: Tensor, scale: Scale | None, call: Call) -> Tensor:
    return tensor.replace(scale=scale, place=call.place)


def _shape_behind(layer_called: Layer, name: str, tensor: Tensor) -> Shape:
    given = layer_called.argument(0, "units")
    units = known_number(given)
    dims = tensor.shape.dims
    if name != "Dense" or units is None:
        return Shape()
    if getattr(given, "configurable", None) is not None:
        units = symbols.fresh("units")  # any other may be asked for
    return Shape((*dims[:-1], units)) if dims else Shape(last=units)


def activated(call: Call, tensor: Tensor, layer_called: Layer, position: int) -> Tensor:
    """The tensor after the activation that a layer was given, or has been given since."""
    changed = layer_called.fields.get("activation")
    value = changed if isinstance(changed, Value) else None
    if value is None:
        if layer_called.arguments.unknown:
            return _with(tensor, None, call)
        value = layer_called.argument(position, "activation")
    if value is None or is_constant(value, None):
        return tensor
    kind = activation_of(value)
    if kind is Activation.LOGITS:
        return tensor
    if kind is not None:
        place = argument_place(layer_called.place, position, "activation")
        return _with(tensor, Scale(kind, place), call)
    if isinstance(value, (Function, Bound)):
        result = calls.call(call.machine, value, Arguments([tensor]), call.node)
        if isinstance(result, Tensor):
            return result
    return _with(tensor, None, call)


def activation_of(value: Value) -> Activation | None:
    """The activation that a text, a function or a layer names, if it is certain and known.

    A text that is only a default, of an option or of a parameter, is not certain.
    """
    text = known_text(value)
    if text is not None:
        certain = isinstance(value, Constant) and value.configurable is None
        return ACTIVATIONS.get(text) if certain else None
    if isinstance(value, Library):
        return ACTIVATION_PATHS.get(value.path)
    if isinstance(value, Layer):
        return IS_ACTIVATION.get(value.path.removeprefix("keras.layers."))
    return None


@function("keras.activations.get")
def activation_by_name(call: Call) -> Value | None:
    """`keras.activations.get(name)`."""
    return call.argument(0, "identifier")


def argument_place(place: NodePlace | None, position: int, name: str) -> NodePlace | None:
    """Where an argument stands in the call that a place points at; else the call itself."""
    if place is None or not isinstance(place.node, cst.Call):
        return place
    for index, argument in enumerate(place.node.args):
        keyword = None if argument.keyword is None else argument.keyword.value
        if keyword == name or (keyword is None and not argument.star and index == position):
            return NodePlace(place.source, argument.value)
    return place
