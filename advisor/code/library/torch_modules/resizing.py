"""Layers and functions that make pictures and sequences larger or smaller: padding, interpolation,
channels that become pixels, gates, distances."""

from collections.abc import Callable, Sequence

from advisor.code import symbols
from advisor.code.gradients import computed
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.broadcasting import broadcast
from advisor.code.library.torch_tensors.operations import as_tensor, axis_of
from advisor.code.library.torch_tensors.reshapes import divided
from advisor.code.symbols import Number
from advisor.code.values import (
    Arguments,
    Cosine,
    Layer,
    Lengthened,
    Scalar,
    Shape,
    Tensor,
    Value,
    give_meaning,
    is_constant,
    known_number,
)
from advisor.code.values import Sequence as SequenceValue

ShapeModel = Callable[[Layer, Shape], Shape]


def _padded(layer: Layer, shape: Shape) -> Shape:
    """Padding is told for the last axis first: before it and behind it, then for the one before."""
    given = layer.argument(0, "padding") or layer.argument(0, "pad")
    count = 2 * (_rank_of(layer) or 0)
    if isinstance(given, SequenceValue):
        widths = [known_number(each) for each in given.items or ()]
    else:
        widths = [known_number(given)] * count
    known = [width for width in widths if width is not None]
    if shape.dims is None or not known or len(known) < len(widths) or len(known) % 2:
        return Shape()
    if len(known) > 2 * len(shape.dims):
        return Shape()
    dims = list(shape.dims)
    for index in range(len(known) // 2):
        both = symbols.add(known[2 * index], known[2 * index + 1])
        dims[-1 - index] = symbols.add(dims[-1 - index], both)
    return Shape(tuple(dims))


def _lengthens_by_one(arguments: Arguments) -> bool:
    """Whether the last axis, and no other, is padded with a single number."""
    given = arguments.get(0, "pad")
    items = (given.items or ()) if isinstance(given, SequenceValue) else ()
    widths = [known_number(each) for each in items]
    sizes = [None if width is None else width.integer for width in widths]
    return sorted(sizes[:2], key=str) == [0, 1] and not any(sizes[2:])


def _rank_of(layer: Layer) -> int | None:
    """Over how many axes a layer works: the number in its name."""
    digit = layer.path[-2:-1]
    return int(digit) if digit.isdigit() else None


def _interpolated(layer: Layer, shape: Shape) -> Shape:
    size, factor = layer.argument(0, "size"), layer.argument(1, "scale_factor")
    dims = shape.dims
    if dims is None or len(dims) < 3 or layer.arguments.unknown:
        return Shape()
    spatial = dims[2:]
    if size is not None and not is_constant(size, None):
        found = _each(size, len(spatial))
        return Shape() if found is None else Shape((*dims[:2], *found))
    factors = _each(factor, len(spatial))
    if factors is None or any(each.integer is None for each in factors):
        return Shape()
    longer = [symbols.multiply(*pair) for pair in zip(spatial, factors, strict=True)]
    return Shape((*dims[:2], *longer))


def _each(value: Value | None, count: int) -> list[Number] | None:
    """A number for each axis: one for all, or one each."""
    if isinstance(value, SequenceValue):
        numbers = [known_number(each) for each in value.items or ()]
        known = [number for number in numbers if number is not None]
        return known if len(known) == len(numbers) == count else None
    number = known_number(value)
    return None if number is None else [number] * count


def _shuffled(layer: Layer, shape: Shape) -> Shape:
    """Channels become pixels, `factor` times as many along height and width; or the reverse."""
    factor = known_number(
        layer.argument(0, "upscale_factor") or layer.argument(0, "downscale_factor")
    )
    dims = shape.dims
    if dims is None or len(dims) < 3 or factor is None or factor.integer is None:
        return Shape()
    *leading, channels, height, width = dims
    square = symbols.multiply(factor, factor)
    if layer.path.endswith("Unshuffle"):
        sizes = [symbols.floor_divide(each, factor) for each in (height, width)]
        made = [symbols.multiply(channels, square), *sizes]
    else:
        sizes = [symbols.multiply(each, factor) for each in (height, width)]
        made = [symbols.floor_divide(channels, square), *sizes]
    known = [each for each in made if each is not None]
    return Shape((*leading, *known)) if len(known) == 3 else Shape()


def _gated(layer: Layer, shape: Shape) -> Shape:
    """One half gates the other."""
    dims = shape.dims
    axis = None
    if dims is not None:
        axis = axis_of(layer.argument(0, "dim") or Scalar(symbols.number(-1)), len(dims))
    half = None if dims is None or axis is None else symbols.divide(dims[axis], symbols.number(2))
    if dims is None or axis is None or half is None:
        return Shape()
    return Shape((*dims[:axis], half, *dims[axis + 1 :]))


def _divided(layer: Layer, shape: Shape) -> Shape:
    return divided(shape, layer.argument(0, "dim"), layer.argument(1, "unflattened_size"))


_PADS = [
    *(f"{kind}Pad{count}d" for kind in ("Reflection", "Replication") for count in (1, 2, 3)),
    *(f"{kind}Pad{count}d" for kind in ("Zero", "Constant", "Circular") for count in (1, 2, 3)),
]
SHAPES_RESIZED: dict[str, ShapeModel] = {
    **{f"torch.nn.{name}": _padded for name in _PADS},
    "torch.nn.Upsample": _interpolated,
    "torch.nn.UpsamplingBilinear2d": _interpolated,
    "torch.nn.UpsamplingNearest2d": _interpolated,
    "torch.nn.PixelShuffle": _shuffled,
    "torch.nn.PixelUnshuffle": _shuffled,
    "torch.nn.GLU": _gated,
    "torch.nn.Unflatten": _divided,
}


def _functional(path: str, name: str) -> None:
    def model(call: Call) -> Value | None:
        tensor = as_tensor(call.argument(0, "input"))
        if tensor is None:
            return None
        rest = Arguments(call.arguments.positional[1:], call.arguments.keywords)
        shape = SHAPES_RESIZED[path](Layer(path, rest), tensor.shape)
        shape = Shape() if call.arguments.unknown else shape
        made = computed(tensor.replace(shape=shape, scale=None, place=call.place), tensor)
        if name == "pad" and _lengthens_by_one(rest):
            give_meaning(made, Lengthened())
        return made

    function(f"torch.nn.functional.{name}", f"torch.{name}")(model)


for _path, _name in {
    "ZeroPad2d": "pad",
    "Upsample": "interpolate",
    "UpsamplingNearest2d": "upsample",
    "PixelShuffle": "pixel_shuffle",
    "PixelUnshuffle": "pixel_unshuffle",
    "GLU": "glu",
}.items():
    _functional(f"torch.nn.{_path}", _name)


def _compared(call: Call, values: Sequence[Value | None], axis: int | None) -> Value | None:
    """One number for each pair of vectors along an axis."""
    tensors = [as_tensor(value) for value in values]
    shapes = [tensor.shape for tensor in tensors if tensor is not None]
    if len(shapes) < len(tensors):
        return None
    dims = broadcast(shapes).dims
    shape = Shape()
    if dims and axis is not None and -len(dims) <= axis < len(dims):
        kept = axis % len(dims)
        shape = Shape((*dims[:kept], *dims[kept + 1 :]))
    return computed(Tensor(shape, dtype="float", place=call.place), *values)


@function("torch.nn.functional.cosine_similarity", "torch.cosine_similarity")
def similarity(call: Call) -> Value | None:
    """The cosine between the vectors of two tensors."""
    dim = known_number(call.argument(2, "dim") or Scalar(symbols.ONE))
    values = (call.argument(0, "x1"), call.argument(1, "x2"))
    return _compared(call, values, None if dim is None else dim.integer)


@method("torch.nn.CosineSimilarity", "__call__", "forward")
def similarity_layer(call: Call) -> Value | None:
    """`nn.CosineSimilarity`."""
    if not isinstance(call.receiver, Layer):
        return None
    dim = known_number(call.receiver.argument(0, "dim") or Scalar(symbols.ONE))
    values = (call.argument(0, "x1"), call.argument(1, "x2"))
    found = _compared(call, values, None if dim is None else dim.integer) or call.unknown()
    give_meaning(found, Cosine())
    return found


@function("torch.nn.functional.pairwise_distance", "torch.pairwise_distance")
@method("torch.nn.PairwiseDistance", "__call__", "forward")
def distance(call: Call) -> Value | None:
    """How far the vectors of two tensors are apart."""
    values = (call.argument(0, "x1"), call.argument(1, "x2"))
    kept = call.argument(-1, "keepdim") is not None
    kept = kept or (
        isinstance(call.receiver, Layer) and "keepdim" in call.receiver.arguments.keywords
    )
    return _compared(call, values, None if kept else -1)
