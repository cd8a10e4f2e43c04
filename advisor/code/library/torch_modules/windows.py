"""The shapes that layers make: linear ones, embeddings, convolutions and poolings."""

from collections.abc import Callable

from advisor.code import symbols
from advisor.code.library.models import (
    Call,
    function,
)
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.library.torch_tensors.reshapes import flat
from advisor.code.symbols import Number
from advisor.code.values import (
    Activation,
    Arguments,
    Layer,
    Scalar,
    Scale,
    Shape,
    Tensor,
    Value,
    following,
    is_constant,
    known_number,
    known_text,
    shape_of,
    size_of_axis,
)
from advisor.code.values import Sequence as SequenceValue


def _last(layer: Layer, shape: Shape) -> Shape:
    return _in_the_end(layer.argument(0 if "Lazy" in layer.path else 1, "out_features"), shape)


def _in_the_end(given: Value | None, shape: Shape) -> Shape:
    """A shape with another last dimension."""
    width = size_of_axis(given)
    if width is not None and getattr(given, "configurable", None) is not None:
        width = symbols.fresh("out_features")  # any other may be asked for
    if width is not None and width.is_one:
        width = symbols.axis_of_length(
            1
        )  # an axis of its own, unlike those that broadcasting wants
    if shape.dims is None and width is not None:
        wide = following(shape, lambda dims: (*dims[:-1], width) if dims else None)
        return Shape(base=shape, last=width, derived=wide)
    if width is None or not shape.dims:
        return Shape(base=shape, last=width)
    return Shape((*shape.dims[:-1], width))


def _embedded(layer: Layer, shape: Shape) -> Shape:
    width = size_of_axis(layer.argument(1, "embedding_dim"))
    if shape.dims is None:
        if width is None:
            return Shape(base=shape)
        deeper = following(shape, lambda dims: (*dims, width), added=1)
        return Shape.of_axes({-1: width}, base=shape, derived=deeper)
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
        position = 0 if "Lazy" in layer.path else 1
        channels = size_of_axis(layer.argument(position, "out_channels")) if channels_from else None
        if shape.dims is None:
            return _channels_only(shape, count, channels, replaced=channels_from)
        if shape.rank not in {count + 1, count + 2}:
            return Shape()
        *leading, own = shape.dims[: len(shape.dims) - count]
        if channels_from and channels is None:
            channels = symbols.fresh("channels")
        spatial = shape.dims[len(shape.dims) - count :]
        sizes = (_widened if "Transpose" in layer.path else _window_sizes)(layer, spatial)
        own = own if channels is None else symbols.new_axis(channels)
        return Shape((*leading, own, *map(symbols.new_axis, sizes)))

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
    count, offset = len(spatial), (1 if "Lazy" in layer.path else 2) if convolves else 0
    padding_value = layer.argument(offset + 2, "padding")
    kernel = _pair(layer.argument(offset, "kernel_size"), count, None)
    if convolves and known_text(padding_value) == "same":
        return list(spatial)
    stride_value = layer.argument(offset + 1, "stride")
    stride = (
        kernel
        if not convolves and (stride_value is None or is_constant(stride_value, None))
        else None
    )
    stride = stride or _pair(stride_value, count, 1 if convolves else None)
    padding = _pair(None if known_text(padding_value) == "valid" else padding_value, count, 0)
    dilates = convolves or "Max" in layer.path
    dilation_value = layer.argument(offset + 3, "dilation") if dilates else None
    dilation = _pair(dilation_value, count, 1)
    rounds_up = layer.argument({"Max": 5, "Avg": 3}.get(layer.path[9:12], -1), "ceil_mode")
    known = kernel is not None and stride is not None
    if not known or padding is None or dilation is None:
        return [symbols.fresh("size", is_axis=True) for _ in spatial]
    assert kernel is not None
    assert stride is not None
    windows = zip(spatial, kernel, stride, padding, dilation, strict=True)
    if is_false(rounds_up):
        return [window_size(*each) for each in windows]
    if not is_constant(rounds_up, True):
        return [symbols.fresh("size", is_axis=True) for _ in spatial]
    return [_rounded_up(*each) for each in windows]


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
        return [symbols.fresh("size", is_axis=True) for _ in spatial]
    return [widened_size(*each) for each in zip(spatial, *known, strict=True)]


def widened_size(
    size: Number, kernel: Number, stride: Number, padding: Number, extra: Number, dilation: Number
) -> Number:
    """How far windows reach that are laid down side by side, as a transposed convolution does."""
    reach = symbols.multiply(dilation, symbols.subtract(kernel, symbols.ONE))
    change = symbols.subtract(reach, symbols.multiply(symbols.number(2), padding))
    change = symbols.add(symbols.add(change, extra), symbols.subtract(symbols.ONE, stride))
    return symbols.add(symbols.multiply(size, stride), change)


def is_false(value: Value | None) -> bool:
    """Whether an option is off, as it is unless it is given."""
    return value is None or is_constant(value, False)


def window_size(
    size: Number, kernel: Number, stride: Number, padding: Number, dilation: Number
) -> Number:
    """How often a window fits: `(size + 2 padding - dilation (kernel - 1) - 1) // stride + 1`."""
    if size == kernel and padding == symbols.ZERO and dilation.is_one:
        return symbols.ONE
    reach = symbols.multiply(dilation, symbols.subtract(kernel, symbols.ONE))
    change = symbols.subtract(symbols.multiply(symbols.number(2), padding), reach)
    if stride.is_one:
        return size if change == symbols.ZERO else symbols.add(size, change)
    span = symbols.add(size, symbols.subtract(change, symbols.ONE))
    steps = symbols.floor_divide(span, stride)
    return symbols.fresh("size", is_axis=True) if steps is None else symbols.add(steps, symbols.ONE)


def _rounded_up(
    size: Number, kernel: Number, stride: Number, padding: Number, dilation: Number
) -> Number:
    """How many windows begin inside of the padded axis, the last one though it may not fit."""
    known = [each.integer for each in (size, kernel, stride, padding, dilation)]
    if None in known:
        return symbols.fresh("size", is_axis=True)
    length, reach, step, edge, apart = (each or 0 for each in known)
    if step == 0:
        return symbols.fresh("size", is_axis=True)
    found = -(-(length + 2 * edge - apart * (reach - 1) - 1) // step) + 1
    if (found - 1) * step >= length + edge:
        found -= 1
    return symbols.number(found)


def _adaptive(count: int) -> Callable[[Layer, Shape], Shape]:
    def model(layer: Layer, shape: Shape) -> Shape:
        dims = shape.dims
        if dims is None:
            return _channels_only(shape, count, None, replaced=False)
        if len(dims) not in {count + 1, count + 2}:
            return Shape()
        own = dims[len(dims) - count :]
        sizes = _wished(layer.argument(0, "output_size"), own)
        return Shape() if sizes is None else Shape((*dims[: len(dims) - count], *sizes))

    return model


def _wished(asked: Value | None, own: tuple[Number, ...]) -> list[Number] | None:
    """The sizes that are asked for; None stands for one that stays as it is."""
    if not isinstance(asked, SequenceValue):
        return _pair(asked, len(own), None)
    sizes = [
        length if is_constant(each, None) else known_number(each)
        for each, length in zip(asked.items or (), own, strict=False)
    ]
    known = [size for size in sizes if size is not None]
    return known if len(known) == len(own) else None


def _unbagged(layer: Layer, shape: Shape) -> Shape:
    """One vector for each bag: a row of a matrix, or as many as `offsets` tell."""
    width = size_of_axis(layer.argument(1, "embedding_dim"))
    known = width is not None and shape.rank == 2
    return Shape((shape.axis(0), width)) if known and width is not None else Shape(last=width)


SHAPES_BEHIND: dict[str, Callable[[Layer, Shape], Shape]] = {
    "torch.nn.Linear": _last,
    "torch.nn.LazyLinear": _last,
    "torch.nn.Bilinear": lambda layer, shape: _in_the_end(layer.argument(2, "out_features"), shape),
    "torch.nn.Embedding": _embedded,
    "torch.nn.EmbeddingBag": _unbagged,
    "torch.nn.Flatten": _flattened,
    **{f"torch.nn.Conv{n}d": _window(n, channels_from=True) for n in (1, 2, 3)},
    **{f"torch.nn.LazyConv{n}d": _window(n, channels_from=True) for n in (1, 2, 3)},
    **{f"torch.nn.LPPool{n}d": _window(n, channels_from=False) for n in (1, 2)},
    **{f"torch.nn.ConvTranspose{n}d": _window(n, channels_from=True) for n in (1, 2, 3)},
    **{f"torch.nn.MaxPool{n}d": _window(n, channels_from=False) for n in (1, 2, 3)},
    **{f"torch.nn.AvgPool{n}d": _window(n, channels_from=False) for n in (1, 2, 3)},
    **{f"torch.nn.AdaptiveAvgPool{n}d": _adaptive(n) for n in (1, 2, 3)},
    **{f"torch.nn.AdaptiveMaxPool{n}d": _adaptive(n) for n in (1, 2, 3)},
}


def _as_layer(call: Call, path: str) -> Layer:
    """The layer that a function is in all but name: its options without the tensor it is given."""
    return Layer(path, Arguments(call.arguments.positional[1:], call.arguments.keywords))


def _functional(path: str) -> Callable[[Call], Value | None]:
    """A function that does what a layer without weights does."""

    def model(call: Call) -> Value | None:
        tensor = as_tensor(call.argument(0, "input"))
        if tensor is None:
            return None
        shape = SHAPES_BEHIND[path](_as_layer(call, path), tensor.shape)
        return tensor.replace(shape=Shape() if call.arguments.unknown else shape, scale=None)

    return model


for _count in (1, 2, 3):
    for _kind, _name in (
        ("MaxPool", "max_pool"),
        ("AvgPool", "avg_pool"),
        ("AdaptiveAvgPool", "adaptive_avg_pool"),
        ("AdaptiveMaxPool", "adaptive_max_pool"),
    ):
        function(f"torch.nn.functional.{_name}{_count}d", f"torch.{_name}{_count}d")(
            _functional(f"torch.nn.{_kind}{_count}d")
        )


def _functional_convolution(count: int, transposed: bool) -> Callable[[Call], Value | None]:
    """`F.conv2d(input, weight, bias, stride, padding, …)`: the weights tell channels and kernel."""

    def model(call: Call) -> Value | None:
        tensor, weights = as_tensor(call.argument(0, "input")), shape_of(call.argument(1, "weight"))
        if tensor is None:
            return None
        shape = Shape()
        known = weights is not None and weights.rank == count + 2 and not call.arguments.unknown
        if known and weights is not None and weights.dims is not None:
            kernel = SequenceValue("tuple", tuple(map(Scalar, weights.dims[2:])))
            own = call.arguments.positional[3:]
            channels = Scalar(weights.axis(1 if transposed else 0))
            given = Arguments([channels, channels, kernel, *own], call.arguments.keywords)
            kind = "ConvTranspose" if transposed else "Conv"
            layer = Layer(f"torch.nn.{kind}{count}d", given)
            if not (transposed and "groups" in call.arguments.keywords):
                shape = SHAPES_BEHIND[layer.path](layer, tensor.shape)
        return Tensor(shape, scale=Scale(Activation.LOGITS, call.place), graph=True)

    return model


for _count in (1, 2, 3):
    function(f"torch.nn.functional.conv{_count}d", f"torch.conv{_count}d")(
        _functional_convolution(_count, transposed=False)
    )


@function("torch.nn.functional.embedding")
def embedding(call: Call) -> Value | None:
    """`F.embedding`: for each index a row of the weights."""
    indices, weights = shape_of(call.argument(0, "input")), shape_of(call.argument(1, "weight"))
    shape = Shape()
    if indices is not None and indices.dims is not None and weights is not None:
        shape = Shape((*indices.dims, weights.axis(-1)) if weights.rank == 2 else None)
    return Tensor(shape, graph=True, place=call.place)
