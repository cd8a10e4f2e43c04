"""What the layers of torch, and classes that derive from them, make of a tensor."""

from advisor.code.events import Bent, LayerRun
from advisor.code.interpreter import calls
from advisor.code.library.models import (
    Call,
    family,
    function,
    method,
)
from advisor.code.library.torch_modules.ranks import learn_rank
from advisor.code.library.torch_modules.ready_models import is_classifier, scores_of_ready_model
from advisor.code.library.torch_modules.resizing import SHAPES_RESIZED
from advisor.code.library.torch_modules.windows import SHAPES_BEHIND, is_false
from advisor.code.library.torch_sequences import (
    ATTENDING,
    CELLS,
    RECURRENT,
    attended,
    one_step,
    recurrent,
)
from advisor.code.library.torch_tensors.activations import (
    activated,
    is_in_place,
    over_axis,
    over_default_axis,
)
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.values import (
    Activation,
    Constant,
    Cut,
    Instance,
    Layer,
    Scale,
    Shape,
    Tensor,
    Value,
    known_number,
    size_of_axis,
)

for _prefix in (
    "torch.nn.Module",
    "torch.nn.",
    "lightning.pytorch.LightningModule",
    "torchvision.models.",
    "transformers.",
    "timm.",
    "torch_geometric.nn.",
):
    family("module", _prefix)

# Activation modules and what they make of the numbers.
ACTIVATIONS = {
    "torch.nn.Softmax": Activation.SOFTMAX,
    "torch.nn.Softmax2d": Activation.SOFTMAX,
    "torch.nn.LogSoftmax": Activation.LOG_SOFTMAX,
    "torch.nn.Sigmoid": Activation.SIGMOID,
    "torch.nn.LogSigmoid": Activation.LOG_SIGMOID,
    "torch.nn.ReLU": Activation.RELU,
    "torch.nn.ReLU6": Activation.RELU,
    "torch.nn.Tanh": Activation.TANH,
}
# Layers that keep the shape and whose output has no particular range.
KEEP_SHAPE = frozenset(
    f"torch.nn.{name}"
    for name in [
        "BatchNorm1d",
        "BatchNorm2d",
        "BatchNorm3d",
        "SyncBatchNorm",
        "LayerNorm",
        "GroupNorm",
        "InstanceNorm1d",
        "InstanceNorm2d",
        "InstanceNorm3d",
        "LocalResponseNorm",
        "RMSNorm",
        "LeakyReLU",
        "PReLU",
        "ELU",
        "GELU",
        "SELU",
        "SiLU",
        "Mish",
        "Hardswish",
        "Hardsigmoid",
        "Hardtanh",
        "CELU",
        "Softplus",
        "Softsign",
        "Threshold",
        "RReLU",
        "Tanhshrink",
        "Hardshrink",
        "Softshrink",
        "ChannelShuffle",
        "LazyBatchNorm1d",
        "LazyBatchNorm2d",
        "LazyBatchNorm3d",
    ]
)
# Layers that keep the shape and the range.
KEEP_ALL = frozenset(
    f"torch.nn.{name}"
    for name in [
        "Identity",
        "Dropout",
        "Dropout1d",
        "Dropout2d",
        "Dropout3d",
        "AlphaDropout",
        "FeatureAlphaDropout",
    ]
)
# Layers with weights: their output may be any number.
RAW = frozenset(
    f"torch.nn.{name}"
    for name in [
        "Linear",
        "LazyLinear",
        "Bilinear",
        "Conv1d",
        "Conv2d",
        "Conv3d",
        "ConvTranspose1d",
        "ConvTranspose2d",
        "ConvTranspose3d",
        "LazyConv1d",
        "LazyConv2d",
        "LazyConv3d",
        "Embedding",
        "EmbeddingBag",
    ]
)


# Layers that are built with two sizes.
_SIZED = RAW | RECURRENT | CELLS


@function("torch.nn.*")
def layer(call: Call) -> Value | None:
    """Any class of torch.nn makes a layer that remembers how it was built."""
    name = call.path.rsplit(".", 1)[-1]
    if not name[:1].isupper():
        return None
    if call.path in _SIZED:
        for size in call.arguments.positional[:2]:
            size_of_axis(size)  # no array
    return Layer(call.path, call.arguments, call.place)


@method("module", "__call__", "forward")
def run_layer(call: Call) -> Value | None:
    """What a layer makes of its input."""
    receiver = call.receiver
    if isinstance(receiver, Instance):
        return calls.escape(call.machine, receiver, call.arguments, call.node)
    if not isinstance(receiver, Layer):
        return None
    value = call.argument(0, "input")
    if receiver.path in ATTENDING and value is None:
        value = call.arguments.get(-1, "src") or call.arguments.get(-1, "query")
    if receiver.path == "torch.nn.Transformer":
        value = call.argument(1, "tgt")
    tensor = as_tensor(value)
    if tensor is None:
        tensor = Tensor(Shape(), place=call.place)
    if receiver.path.startswith("torch.nn.") or is_classifier(receiver):
        learn_rank(receiver, tensor.shape)
        state = call.argument(1, "hx") if receiver.path in RECURRENT else None
        decided = call.machine.ways == 1
        event = LayerRun(call.place, call.context, receiver, tensor, state, decided)
        call.machine.emit(event)
    return transfer(receiver, tensor, call)


def _cut_by_mode(call: Call) -> Cut | None:
    return Cut(call.place, "torch.no_grad()") if call.context.gradients is False else None


def transfer(layer: Layer, tensor: Tensor, call: Call) -> Value | None:
    """The output of a layer for an input tensor."""
    path = layer.path
    if path in ACTIVATIONS:
        return _activate(layer, tensor, call)
    if path in KEEP_ALL:
        return tensor
    if path in RECURRENT:
        return recurrent(layer, tensor, call)
    if path in CELLS:
        return one_step(layer, tensor, call)
    if path in ATTENDING:
        return attended(layer, tensor, call)
    if path in KEEP_SHAPE:
        graph = True if tensor.graph else None
        made = tensor.replace(scale=None, graph=graph, cut=None, place=call.place)
        if "Norm" not in path and not path.endswith("Shuffle"):
            name, in_place = path.rpartition(".")[2], is_in_place(call)
            call.machine.emit(Bent(call.place, call.context, name, tensor, made, in_place))
        return made
    if path in RAW:
        shape = SHAPES_BEHIND[path](layer, tensor.shape) if path in SHAPES_BEHIND else Shape()
        return Tensor(
            shape,
            scale=Scale(Activation.LOGITS, call.place),
            dtype="float",
            graph=call.context.gradients,
            cut=_cut_by_mode(call),
            text=tensor.text,
            layout=tensor.layout if path == "torch.nn.Linear" else None,
            place=call.place,
        )
    if path in SHAPES_BEHIND:
        if "MaxPool" in path and not is_false(layer.argument(-1, "return_indices")):
            return None
        return tensor.replace(shape=SHAPES_BEHIND[path](layer, tensor.shape), scale=None)
    if path in SHAPES_RESIZED:
        return tensor.replace(shape=SHAPES_RESIZED[path](layer, tensor.shape), scale=None)
    if path.startswith("torchvision.models."):
        return scores_of_ready_model(layer, call)
    return None


def _activate(layer: Layer, tensor: Tensor, call: Call) -> Tensor:
    """What a layer that is an activation makes of its input."""
    kind = ACTIVATIONS[layer.path]
    if kind not in {Activation.SOFTMAX, Activation.LOG_SOFTMAX}:
        if isinstance(layer.argument(-1, "inplace"), Constant):
            tensor.overwrite()
        return activated(tensor, kind, call)
    if layer.path.endswith("2d"):
        return over_axis(tensor, kind, call, layer.place, -3)
    dim = layer.argument(0, "dim")
    if layer.arguments.unknown or dim is not None:
        number = known_number(dim)
        return over_axis(
            tensor, kind, call, layer.place, None if number is None else number.integer
        )
    return over_default_axis(tensor, kind, call, layer.place)
