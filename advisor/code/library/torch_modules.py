"""torch modules: what layers, containers and ready models make of a tensor."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import GradientsCleared, LayerRun
from advisor.code.interpreter import attributes, calls, classes
from advisor.code.interpreter.loops import Iteration, items_of
from advisor.code.library.models import (
    Call,
    Index,
    attribute,
    family,
    function,
    hook,
    item,
    iteration,
    method,
)
from advisor.code.library.python.objects import deep_copied
from advisor.code.library.torch_modes import TOUCHED
from advisor.code.library.torch_sequences import ATTENDING, RECURRENT, attended, recurrent
from advisor.code.library.torch_tensors.activations import (
    activated,
    over_axis,
    over_default_axis,
)
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.library.torch_tensors.reshapes import flat
from advisor.code.symbols import Number
from advisor.code.values import (
    Activation,
    Arguments,
    Constant,
    Cut,
    Dictionary,
    Instance,
    Layer,
    Object,
    Parameters,
    Scale,
    Shape,
    Tensor,
    Value,
    known_number,
    known_text,
    size_of_axis,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

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
    ]
)
# Layers that keep the shape and the range.
KEEP_ALL = frozenset(
    f"torch.nn.{name}"
    for name in ["Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"]
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
        "Embedding",
    ]
)
CONTAINERS = ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict")
WRAPPERS = (
    "torch.nn.DataParallel",
    "torch.nn.parallel.DataParallel",
    "torch.nn.parallel.DistributedDataParallel",
    "torch.compile",
    "torch.jit.script",
    "torch.optim.swa_utils.AveragedModel",
)


@function("torch.nn.*")
def layer(call: Call) -> Value | None:
    """Any class of torch.nn makes a layer that remembers how it was built."""
    name = call.path.rsplit(".", 1)[-1]
    if not name[:1].isupper():
        return None
    return Layer(call.path, call.arguments, call.place)


@function("torch.nn.Sequential", "torch.nn.ModuleList")
def container(call: Call) -> Value | None:
    """A list of modules."""
    values = call.arguments.positional
    children = SequenceValue("list", tuple(values), place=call.place)
    if len(values) == 1 and call.path == "torch.nn.ModuleList":
        only = values[0]
        children = SequenceValue("list", (), place=call.place)
        if isinstance(only, SequenceValue):
            children = SequenceValue("list", only.items, only.element, call.place)
        elif items_of(only) is None:
            children = SequenceValue("list", None, call.unknown(), call.place)
    elif len(values) == 1 and isinstance(values[0], Dictionary):
        children = SequenceValue("list", tuple(values[0].items.values()), place=call.place)
    if call.arguments.unknown:
        children = SequenceValue("list", None, call.unknown(), call.place)
    return Layer(call.path, call.arguments, call.place, {"children": children})


@function("torch.nn.ModuleDict")
def module_dictionary(call: Call) -> Value | None:
    """A dictionary of modules."""
    first = call.argument(0, "modules")
    children = (
        Dictionary(first.items, first.other)
        if isinstance(first, Dictionary)
        else Dictionary({}, None if first is None else call.unknown())
    )
    return Layer(call.path, call.arguments, call.place, {"children": children})


@function(*WRAPPERS)
def wrapped_model(call: Call) -> Value | None:
    """Wrappers that run the model they are given: the model, which `.module` also names."""
    model = call.argument(0, "module") or call.arguments.get(0, "model")
    if call.path.endswith("AveragedModel"):
        return deep_copied(model, {})
    return model


@method("torch.nn.Sequential", "append", "add_module")
@method("torch.nn.ModuleList", "append")
def append_module(call: Call) -> Value | None:
    """A module is put at the end."""
    children = _children(call.receiver)
    value = call.arguments.positional[-1] if call.arguments.positional else None
    if children is not None and value is not None:
        attributes.append(call.machine, children, value)
    return call.receiver


@method("torch.nn.ModuleList", "extend")
def extend_modules(call: Call) -> Value | None:
    """Modules are put at the end."""
    children = _children(call.receiver)
    value = call.argument(0, "modules")
    if children is not None and value is not None:
        attributes.extend(call.machine, children, value)
    return call.receiver


def _children(value: Value | None) -> SequenceValue | None:
    if isinstance(value, Instance):
        value = value.fields.get("__layer__")
    if not isinstance(value, Layer):
        return None
    children = value.fields.get("children")
    return children if isinstance(children, SequenceValue) else None


@iteration("torch.nn.Sequential", "torch.nn.ModuleList")
def iterate_container(machine: "Machine", value: Layer, node: cst.CSTNode) -> Iteration | None:
    """The modules in order."""
    children = _children(value)
    if children is None:
        return None
    if children.items is not None:
        return Iteration(children.items, trips=symbols.number(len(children.items)))
    element = children.element
    return None if element is None else Iteration(make=lambda: element)


@item("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict")
def item_of_container(
    machine: "Machine", value: Layer, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """One module, or a slice of them."""
    children = value.fields.get("children")
    if not isinstance(children, Value):
        return None
    found = attributes.get_item(machine, children, indices, node)
    if isinstance(found, SequenceValue) and isinstance(indices[0], slice):
        return Layer(value.path, Arguments(), value.place, {"children": found})
    return found


# --- forward ------------------------------------------------------------------------------


@method("torch.nn.Sequential", "__call__", "forward")
def run_sequential(call: Call) -> Value | None:
    """One module after the other."""
    children = _children(call.receiver)
    value = call.argument(0, "input")
    if children is None or children.items is None or value is None:
        return None
    for child in children.items:
        value = calls.call(call.machine, child, Arguments([value]), call.node)
        if isinstance(child, Layer) and child.path in ACTIVATIONS and isinstance(value, Tensor):
            # Nobody calls it in the open: its place is where it was put into the container.
            axis = None if value.scale is None else value.scale.axis
            scale = Scale(ACTIVATIONS[child.path], child.place, axis)
            value = value.replace(scale=scale, whole=value)
    return value


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
    if receiver.path.startswith("torch.nn."):
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
    if path in ATTENDING:
        return attended(layer, tensor, call)
    if path in KEEP_SHAPE:
        graph = True if tensor.graph else None
        return tensor.replace(scale=None, graph=graph, cut=None, place=call.place)
    if path in RAW:
        shape = _SHAPES[path](layer, tensor.shape) if path in _SHAPES else Shape()
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
    if path in _SHAPES:
        if "MaxPool" in path and not _is_false(layer.argument(-1, "return_indices")):
            return None
        return tensor.replace(shape=_SHAPES[path](layer, tensor.shape), scale=None)
    if path.startswith("torchvision.models."):
        return _scores_of_ready_model(layer, call)
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


# What ready models call the layers that make their scores.
_HEADS = ("fc", "classifier", "head", "heads")
# Ready models that return more than scores, at least while they are trained.
_RETURN_MORE = ("inception", "googlenet", "detection.", "segmentation.", "optical_flow.")


def _scores_of_head(layer: Layer, name: str, call: Call) -> Value:
    """What a new head makes of the features. It may have been put round the old one, which goes by
    the same name: `model.fc = nn.Sequential(model.fc, …)`."""
    head = layer.fields.pop(name)
    features = Tensor(Shape(), graph=True, place=call.place)
    try:
        return calls.call(call.machine, head, Arguments([features]), call.node)
    finally:
        layer.fields[name] = head


def _scores_of_ready_model(layer: Layer, call: Call) -> Value | None:
    """The scores of a ready model: those of its new head, if it has been given one."""
    name = layer.path.removeprefix("torchvision.models.").lower()
    if name.startswith(_RETURN_MORE) or "rcnn" in name:
        return None
    for each in _HEADS:
        if isinstance(layer.fields.get(each), Value):
            return _scores_of_head(layer, each, call)
    if TOUCHED in layer.fields:
        return None
    return Tensor(Shape(), scale=Scale(Activation.LOGITS, call.place), dtype="float", graph=True)


def _last(layer: Layer, shape: Shape) -> Shape:
    given = layer.argument(1, "out_features")
    width = size_of_axis(given)
    if width is not None and getattr(given, "configurable", None) is not None:
        width = symbols.fresh("out_features")  # any other may be asked for
    if width is not None and width.is_one:
        width = symbols.axis_of_length(
            1
        )  # an axis of its own, unlike those that broadcasting wants
    if shape.dims is None or width is None or not shape.dims:
        return Shape(base=shape, last=width)
    return Shape((*shape.dims[:-1], width))


def _embedded(layer: Layer, shape: Shape) -> Shape:
    width = size_of_axis(layer.argument(1, "embedding_dim"))
    if shape.dims is None:
        return Shape(base=shape) if width is None else Shape.of_axes({-1: width}, base=shape)
    return Shape() if width is None else Shape((*shape.dims, width))


def _flattened(layer: Layer, shape: Shape) -> Shape:
    start = known_number(layer.argument(0, "start_dim")) or symbols.ONE
    end = known_number(layer.argument(1, "end_dim")) or symbols.number(-1)
    return flat(shape, start.integer, end.integer)


def _pair(value: Value | None, count: int, default: int | None) -> list[Number] | None:
    if value is None:
        return None if default is None else [symbols.number(default)] * count
    if isinstance(value, SequenceValue):
        numbers = [known_number(each) for each in value.items or ()]
        found = [number for number in numbers if number is not None]
        return found if len(found) == count else None
    number = known_number(value)
    return None if number is None else [number] * count


def _window(count: int, channels_from: bool) -> Callable[[Layer, Shape], Shape]:
    """The output of a convolution or a pooling over `count` spatial dimensions."""

    def model(layer: Layer, shape: Shape) -> Shape:
        channels = size_of_axis(layer.argument(1, "out_channels")) if channels_from else None
        if shape.dims is None:
            return _channels_only(shape, count, channels, replaced=channels_from)
        if shape.rank not in {count + 1, count + 2}:
            return Shape()
        *leading, own = shape.dims[: len(shape.dims) - count]
        if channels_from and channels is None:
            channels = symbols.fresh("channels")
        spatial = shape.dims[len(shape.dims) - count :]
        sizes = (_widened if "Transpose" in layer.path else _window_sizes)(layer, spatial)
        return Shape((*leading, own if channels is None else channels, *sizes))

    return model


def _channels_only(shape: Shape, count: int, channels: Number | None, replaced: bool) -> Shape:
    """What is known behind a convolution or a pooling of a tensor of unknown rank."""
    axes = shape.known_axes
    base = shape if 0 in axes and _is_batch(axes[0]) else None
    if not replaced:
        channels = axes.get(-count - 1)
    return Shape.of_axes({} if channels is None else {-count - 1: channels}, base)


def _is_batch(length: Number) -> bool:
    return length.axis is not None and length.axis.is_batch


def _window_sizes(layer: Layer, spatial: tuple[Number, ...]) -> list[Number]:
    convolves = "Conv" in layer.path
    count, offset = len(spatial), 2 if convolves else 0
    padding_value = layer.argument(offset + 2, "padding")
    kernel = _pair(layer.argument(offset, "kernel_size"), count, None)
    if convolves and known_text(padding_value) == "same":
        return list(spatial)
    stride_value = layer.argument(offset + 1, "stride")
    stride = kernel if not convolves and _is_none(stride_value) else None
    stride = stride or _pair(stride_value, count, 1 if convolves else None)
    padding = _pair(padding_value, count, 0)
    dilates = convolves or "Max" in layer.path
    dilation_value = layer.argument(offset + 3, "dilation") if dilates else None
    dilation = _pair(dilation_value, count, 1)
    rounds_up = layer.argument({"Max": 5, "Avg": 3}.get(layer.path[9:12], -1), "ceil_mode")
    known = kernel is not None and stride is not None
    if not known or padding is None or dilation is None or not _is_false(rounds_up):
        return [symbols.fresh("size") for _ in spatial]
    assert kernel is not None
    assert stride is not None
    return [
        window_size(*each) for each in zip(spatial, kernel, stride, padding, dilation, strict=True)
    ]


def _widened(layer: Layer, spatial: tuple[Number, ...]) -> list[Number]:
    """`(size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1`."""
    given = (("kernel_size", 2, None), ("stride", 3, 1), ("padding", 4, 0))
    more = (("output_padding", 5, 0), ("dilation", 8, 1))
    options = [
        _pair(layer.argument(index, name), len(spatial), default)
        for name, index, default in (*given, *more)
    ]
    known = [option for option in options if option is not None]
    if len(known) < len(options):
        return [symbols.fresh("size") for _ in spatial]
    return [widened_size(*each) for each in zip(spatial, *known, strict=True)]


def widened_size(
    size: Number, kernel: Number, stride: Number, padding: Number, extra: Number, dilation: Number
) -> Number:
    """How far windows reach that are laid down side by side, as a transposed convolution does."""
    reach = symbols.multiply(dilation, symbols.subtract(kernel, symbols.ONE))
    change = symbols.subtract(reach, symbols.multiply(symbols.number(2), padding))
    change = symbols.add(symbols.add(change, extra), symbols.subtract(symbols.ONE, stride))
    return symbols.add(symbols.multiply(size, stride), change)


def _is_none(value: Value | None) -> bool:
    return value is None or (isinstance(value, Constant) and value.value is None)


def _is_false(value: Value | None) -> bool:
    return value is None or (isinstance(value, Constant) and value.value is False)


def window_size(
    size: Number, kernel: Number, stride: Number, padding: Number, dilation: Number
) -> Number:
    """How often a window fits: `(size + 2 padding - dilation (kernel - 1) - 1) // stride + 1`."""
    reach = symbols.multiply(dilation, symbols.subtract(kernel, symbols.ONE))
    change = symbols.subtract(symbols.multiply(symbols.number(2), padding), reach)
    if stride.is_one:
        return symbols.add(size, change)
    span = symbols.add(size, symbols.subtract(change, symbols.ONE))
    steps = symbols.floor_divide(span, stride)
    return symbols.fresh("size") if steps is None else symbols.add(steps, symbols.ONE)


def _adaptive(count: int) -> Callable[[Layer, Shape], Shape]:
    def model(layer: Layer, shape: Shape) -> Shape:
        dims = shape.dims
        sizes = _pair(layer.argument(0, "output_size"), count, None)
        if dims is None:
            return _channels_only(shape, count, None, replaced=False)
        if len(dims) not in {count + 1, count + 2} or sizes is None:
            return Shape()
        return Shape((*dims[: len(dims) - count], *sizes))

    return model


_SHAPES: dict[str, Callable[[Layer, Shape], Shape]] = {
    "torch.nn.Linear": _last,
    "torch.nn.Embedding": _embedded,
    "torch.nn.Flatten": _flattened,
    **{f"torch.nn.Conv{n}d": _window(n, channels_from=True) for n in (1, 2, 3)},
    **{f"torch.nn.ConvTranspose{n}d": _window(n, channels_from=True) for n in (1, 2, 3)},
    **{f"torch.nn.MaxPool{n}d": _window(n, channels_from=False) for n in (1, 2, 3)},
    **{f"torch.nn.AvgPool{n}d": _window(n, channels_from=False) for n in (1, 2, 3)},
    **{f"torch.nn.AdaptiveAvgPool{n}d": _adaptive(n) for n in (1, 2, 3)},
    **{f"torch.nn.AdaptiveMaxPool{n}d": _adaptive(n) for n in (1, 2, 3)},
}


def _functional_window(kind: str, count: int) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        tensor = as_tensor(call.argument(0, "input"))
        if tensor is None:
            return None
        rest = Arguments(call.arguments.positional[1:], call.arguments.keywords)
        layer = Layer(f"torch.nn.{kind}{count}d", rest)
        return tensor.replace(shape=_window(count, channels_from=False)(layer, tensor.shape))

    return model


for _count in (1, 2, 3):
    for _kind, _name in (("MaxPool", "max_pool"), ("AvgPool", "avg_pool")):
        function(f"torch.nn.functional.{_name}{_count}d", f"torch.{_name}{_count}d")(
            _functional_window(_kind, _count)
        )


@function("torch.nn.functional.linear")
def linear(call: Call) -> Value | None:
    """`F.linear`: raw numbers."""
    return Tensor(Shape(), scale=Scale(Activation.LOGITS, call.place), graph=True)


@function("torch.nn.functional.embedding")
def embedding(call: Call) -> Value | None:
    """`F.embedding`."""
    return Tensor(Shape(), graph=True)


# --- parameters and modes -----------------------------------------------------------------


@method("module", "parameters")
@method("unknown", "parameters")
def parameters(call: Call) -> Value | None:
    """`model.parameters()`."""
    assert call.receiver is not None
    return Parameters((call.receiver,), place=call.place)


@method("module", "named_parameters")
@method("unknown", "named_parameters")
def named_parameters(call: Call) -> Value | None:
    """`model.named_parameters()`: pairs of a name and a parameter."""
    assert call.receiver is not None
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


@method(
    "module",
    "to",
    "cuda",
    "cpu",
    "half",
    "float",
    "double",
    "to_empty",
    "share_memory",
    "bfloat16",
    "npu",
    "xpu",
    "mps",
)
def module_itself(call: Call) -> Value | None:
    """Methods that return the module itself."""
    return call.receiver


@method(
    "module",
    "register_buffer",
    "register_parameter",
    "register_forward_hook",
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


@method("module", "add_module", "register_module")
def add_module(call: Call) -> Value | None:
    """`self.add_module(name, module)`."""
    name, value = call.argument(0, "name"), call.argument(1, "module")
    if isinstance(name, Constant) and isinstance(name.value, str) and value is not None:
        assert call.receiver is not None
        attributes.set_attribute(call.machine, call.receiver, name.value, value, call.node)
    elif call.receiver is not None and value is not None:
        call.machine.models.assign_attribute(call.machine, call.receiver, "?", value, call.node)
    return None


@method("module", "modules", "children", "named_modules", "named_children")
def modules(call: Call) -> Value | None:
    """The modules inside; which ones is not followed."""
    return SequenceValue("list", None, call.unknown(), call.place)


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


@hook("assign_attribute")
def module_kept_in_order(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`self.layer = nn.Linear(…)` and `self.add_module(…)` of a class that derives from a container:
    the modules run in the order in which they were assigned."""
    children = _children(receiver) if isinstance(receiver, Instance) else None
    is_module = isinstance(value, Layer) or (
        isinstance(value, Instance) and classes.is_module(value)
    )
    if children is not None and is_module:
        attributes.append(machine, children, value)
    return False


@hook("construct")
def construct_sequential(
    machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
) -> None:
    """A project class that derives from a container or a layer."""
    paths = instance.cls.library_bases()
    if "torch.nn.Sequential" in paths:
        children = SequenceValue("list", tuple(passed.positional), place=machine.place(node))
        inner = Layer("torch.nn.Sequential", passed, machine.place(node), {"children": children})
        machine.store(instance.fields, "__layer__", inner)
        return
    for path in paths:
        if path.startswith("torch.nn.") and path != "torch.nn.Module":
            machine.store(instance.fields, "__layer__", Layer(path, passed, machine.place(node)))
            return


@function("torchvision.models.*")
def ready_model(call: Call) -> Value | None:
    """Ready models: they return logits."""
    if call.path.rsplit(".", 1)[-1].startswith(("get_", "list_")):
        return None
    return Layer(call.path, call.arguments, call.place)
