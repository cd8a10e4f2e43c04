"""The numbers that pixels come as: what programs and transforms make of the bytes of pictures."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import PixelsScaledAgain
from advisor.code.library.models import Index, hook, observes
from advisor.code.library.names import words
from advisor.code.library.pretrained import (
    CAFFE,
    MINUS_ONE_TO_ONE,
    RAW,
    prepared_by,
)
from advisor.code.library.torch_tensors.casts import named_dtype
from advisor.code.nodes import as_written
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Difference,
    Joined,
    Layer,
    Moment,
    Object,
    Pixels,
    Tensor,
    Unknown,
    Value,
    Written,
    alternatives,
    forget_meaning,
    give_meaning,
    is_always,
    is_made_new,
    known_constant,
    meaning_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_TORCHVISION = "torchvision.transforms."
_ALBUMENTATIONS = "albumentations."
_OF_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Operations that lay numbers out anew, cast them or put pictures together.
_CASTS = words(
    "astype float double half float32 float64 FloatTensor cast tensor array asarray Tensor "
    "convert_to_tensor constant as_tensor to type img_to_array convert_image_dtype"
)
_KEEP = words(
    "transpose permute reshape view flatten squeeze unsqueeze expand_dims cuda cpu numpy from_numpy "
    "ascontiguousarray stack concatenate cat vstack resize cvtColor copy clone contiguous fromarray [] "
    "moveaxis swapaxes rollaxis flip fliplr flipud rot90 detach hflip vflip rotate tile expand "
    "resize_with_pad random_flip_left_right random_flip_up_down crop center_crop convert ravel "
    "resize_with_crop_or_pad image_resize imresize swapdims pil_to_tensor clip clamp "
    "central_crop random_crop decode_image transpose_ float_ repeat interpolate chunk"
)
_KEEPING_LAYERS = frozenset(
    words(
        "Flatten Identity Dropout Dropout2d MaxPool2d AvgPool2d ZeroPad2d Upsample Unflatten "
        "AdaptiveAvgPool2d Reshape Permute RandomFlip RandomRotation RandomZoom RandomCrop Resizing "
        "CenterCrop RandomTranslation RandomContrast InputLayer MaxPooling2D ZeroPadding2D"
    )
)


def pixels_of(value: Value | None) -> Pixels | None:
    """The numbers that pixels come as in a value, or in each item of a list; None where nobody
    knows, or they are no pixels."""
    match value:
        case Tensor() | Unknown():
            meaning = meaning_of(value)
            return meaning if isinstance(meaning, Pixels) else None
        case Joined():
            return _in_common([pixels_of(each) for each in value.alternatives])
        case SequenceValue() if value.items:
            return _in_common([pixels_of(each) for each in value.items])
        case SequenceValue():
            return pixels_of(value.element)
    return None


def _in_common(found: "list[Pixels | None]") -> Pixels | None:
    first = found[0] if found else None
    if first is None or any(each is None or not first.is_as(each) for each in found):
        return None
    return first


def numbers_written(value: Value | None) -> tuple[float, ...] | None:
    """The numbers that a value is, where they are written out: one, or one for each channel."""
    one = known_constant(value)
    if one is not None:
        return (one,)
    meaning = meaning_of(value)
    if isinstance(meaning, Written):
        return meaning.numbers
    items = value.items if isinstance(value, SequenceValue) else None
    found = [numbers_written(each) for each in items or ()]
    known = [each[0] for each in found if each is not None and len(each) == 1]
    return tuple(known) if known and len(known) == len(found) else None


# --- arithmetic ---------------------------------------------------------------------------


@observes(*_KEEP, *_CASTS)
def kept(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """The same pixels, laid out anew or put together."""
    if not operands or not isinstance(result, (Tensor, Unknown)) or meaning_of(result) is not None:
        return
    pixels = pixels_of(operands[0])
    if pixels is not None:
        casts = pixels.are_bytes and operation in _CASTS and result.__class__ is Tensor
        place = machine.place(node) if casts and _is_of_fractions(result) else pixels.place
        give_meaning(result, replace(pixels, place=place))
        return
    if operation in {"astype", "array", "asarray"} and _become_bytes(operands[0], result, node):
        give_meaning(result, Pixels(machine.place(node)))
        return
    written = numbers_written(operands[0])
    if written is not None and not any(each is result for each in operands):
        give_meaning(result, Written(written))


@observes("to_pil_image")
def made_picture(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`to_pil_image(pixels)`."""
    if not operands or not is_made_new(result, operands) or meaning_of(result) is not None:
        return
    made = _as_picture(pixels_of(operands[0]), machine.place(node))
    if made is not None:
        give_meaning(result, made)


def _as_picture(pixels: Pixels | None, place: NodePlace | None) -> Pixels | None:
    """Pixels as a picture holds them: fractions become bytes again, and others wrap around."""
    if pixels is None or pixels.are_bytes:
        return pixels
    return Pixels(place, has_blanks=pixels.has_blanks) if pixels.are_shares else None


# What programs call arrays of pictures, and how they keep numbers within those of bytes.
_PICTURES = re.compile(
    r"(^|[\W_])(images?|imgs?|pictures?|photos?|pixels?|pix|frames?|scans?|tiles?|glyphs?)([\W_\d]|$)"
    r"|clip\(.*0, 255\)",
    re.IGNORECASE,
)


def _become_bytes(source: Value, result: Value, node: cst.CSTNode) -> bool:
    """Whether an array that is called one of pictures is cast to bytes."""
    if not isinstance(result, Tensor) or result.dtype != "uint8":
        return False
    was = source.dtype if isinstance(source, Tensor) else None
    return was not in {"uint8", "bool"} and _PICTURES.search(as_written(node)) is not None


def _is_of_fractions(value: Value) -> bool:
    return isinstance(value, Tensor) and value.dtype == "float"


@observes("/", "*", "-", "+", "div", "mul", "sub", "add", "div_", "mul_", "sub_", "add_")
@observes("divide", "multiply", "subtract", "true_divide", "truediv")
def computed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`pixels / 255`, `(pixels - mean) / std`."""
    if len(operands) != 2 or not isinstance(result, (Tensor, Unknown)):
        return
    sign = _SIGNS.get(operation.removesuffix("_"), operation)
    pixels, numbers = pixels_of(operands[0]), numbers_written(operands[1])
    if pixels is None and sign in {"*", "+"}:
        pixels, numbers = pixels_of(operands[1]), numbers_written(operands[0])
    if pixels is None or result in operands:
        return
    if numbers is None:
        if _takes_learned(pixels, sign, operands):
            give_meaning(result, replace(pixels, place=machine.place(node), learned=True))
        return
    if isinstance(meaning_of(result), Difference):
        return  # bytes that have wrapped around
    made = _after(pixels, sign, numbers, machine.place(node))
    if made is not None:
        give_meaning(result, made)
        again = hardly_differ(made) and are_scaled(pixels)
        # One of several functions, that a loop calls after another, is not the same one twice.
        if pixels.input is None and again and machine.ways == 1:
            place = machine.place(node)
            machine.emit(PixelsScaledAgain(place, machine.context, pixels.place))


@hook("assign_item")
def changed_part(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`picture[..., channel] -= mean[channel]`: one channel comes as other numbers than the rest, or all
    do so behind a loop over them."""
    was, made = pixels_of(receiver), pixels_of(value)
    if was is None or known_constant(value) is not None or (made and made.is_as(was)):
        return False
    forget_meaning(receiver)
    return False


def _takes_learned(pixels: Pixels, sign: str, operands: Sequence[Value]) -> bool:
    """Whether the mean of pixels is taken away from some, or these are then divided by a deviation."""
    moment = meaning_of(operands[1])
    if not isinstance(moment, Moment):
        return False
    return moment.kind == "mean" if sign == "-" else sign == "/" and pixels.learned


@observes("mean", "std")
def summed_up(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`pixels.mean()`, `pixels.std()`."""
    if not operands or not is_made_new(result, operands) or meaning_of(result) is not None:
        return
    if pixels_of(operands[0]) is not None:
        give_meaning(result, Moment(operation))


# How far apart numbers are that were scaled, and those that were scaled once more.
_FEW, _HARDLY_ANY = 20.0, 0.1


def are_scaled(pixels: Pixels) -> bool:
    """Whether pixels have been brought to small numbers, in which they can be told apart."""
    return not pixels.learned and _HARDLY_ANY < _range(pixels) < _FEW


def hardly_differ(pixels: Pixels) -> bool:
    """Whether black and white are all but the same number."""
    return not pixels.learned and _range(pixels) < _HARDLY_ANY


def _range(pixels: Pixels) -> float:
    """How far white is from black."""
    return max(abs(255 / each) for each in pixels.divisor)


_SIGNS = {
    "div": "/",
    "divide": "/",
    "true_divide": "/",
    "truediv": "/",
    "mul": "*",
    "multiply": "*",
    "sub": "-",
    "subtract": "-",
    "add": "+",
}


def _after(
    pixels: Pixels, sign: str, numbers: tuple[float, ...], place: NodePlace | None
) -> Pixels | None:
    """Pixels after arithmetic with numbers that are the same for all, or one for each channel."""
    size = max(len(pixels.offset), len(pixels.divisor), len(numbers))
    wide = [each * size if len(each) == 1 else each for each in (pixels.offset, pixels.divisor)]
    given = numbers * size if len(numbers) == 1 else numbers
    if not len(wide[0]) == len(wide[1]) == len(given) or (sign in "/*" and 0 in given):
        return None
    offset, divisor = wide
    match sign:
        case "/":
            divisor = tuple(d * c for d, c in zip(divisor, given, strict=True))
        case "*":
            divisor = tuple(d / c for d, c in zip(divisor, given, strict=True))
        case "-" | "+":
            by = 1 if sign == "-" else -1
            steps = zip(offset, divisor, given, strict=True)
            offset = tuple(o + by * c * d for o, d, c in steps)
        case _:
            return None
    return replace(pixels, place=place, offset=offset, divisor=divisor)


def put_through(pixels: Pixels, model: Pixels) -> Pixels | None:
    """Pixels after what a model does to its input first."""
    place = pixels.place if model.are_bytes else model.place
    return _standardised(pixels, model.offset, model.divisor, place)


def _standardised(
    pixels: Pixels, mean: tuple[float, ...], deviation: tuple[float, ...], place: NodePlace | None
) -> Pixels | None:
    centred = _after(pixels, "-", mean, place)
    return None if centred is None else _after(centred, "/", deviation, place)


def scaled(pixels: Pixels, place: NodePlace | None) -> Pixels:
    """Pixels divided by 255."""
    return _after(pixels, "/", (255.0,), place) or pixels


# What `preprocess_input` of Keras takes away from bytes, and divides them by then.
_PREPARED = {
    CAFFE: ((103.939, 116.779, 123.68), (1.0,)),
    MINUS_ONE_TO_ONE: ((127.5,), (127.5,)),
    RAW: ((0.0,), (1.0,)),
}


def prepared(pixels: Pixels | None, path: str, place: NodePlace | None) -> Pixels | None:
    """Pixels behind a `preprocess_input` of Keras; None where nobody knows what it makes of them."""
    kind = prepared_by(path)
    if pixels is None or kind not in _PREPARED:
        return None
    return _standardised(pixels, *_PREPARED[kind], place)


# --- transforms ---------------------------------------------------------------------------

# What does something else to the numbers than is known.
_UNKNOWN = frozenset(
    words("Lambda LinearTransformation RandomApply RandomChoice FromFloat RandomSolarize Solarize")
)


def after_transform(
    pixels: Pixels | None, transform: Value | None, is_array: bool = False
) -> Pixels | None:
    """Pixels behind a transform of torchvision or albumentations. `is_array` tells that they are
    fractions in an array, which `ToTensor` leaves as they are."""
    if pixels is None or not isinstance(transform, Object) or transform.arguments.unknown:
        return None
    name = transform.path.rsplit(".", 1)[-1]
    if not transform.path.startswith((_TORCHVISION, _ALBUMENTATIONS)) or name in _UNKNOWN:
        return None
    if name in {"Compose", "Sequential"}:
        given = transform.argument(0, "transforms")
        if isinstance(given, SequenceValue) and given.items is None:
            return _after_some_of(pixels, alternatives(given.element), is_array)
        steps = given.items if isinstance(given, SequenceValue) else None
        for step in steps or (None,):
            pixels = after_transform(pixels, step, is_array)
        return pixels
    place = transform.place
    if name == "ToTensor":
        return pixels if is_array or not pixels.are_bytes else scaled(pixels, place)
    if name == "ToPILImage":
        return _as_picture(pixels, place)
    if name == "ToFloat":
        return scaled(pixels, place)
    if name in {"ConvertImageDtype", "ConvertDtype"}:
        return scaled(pixels, place) if _to_fractions(transform, 0) and pixels.are_bytes else pixels
    if name == "ToDtype":
        scale = transform.argument(1, "scale")
        wanted = is_always(scale, True) and _to_fractions(transform, 0) and pixels.are_bytes
        return scaled(pixels, place) if wanted else pixels
    if name == "Normalize":
        return _normalised(pixels, transform)
    return pixels


def _after_some_of(pixels: Pixels, steps: Sequence[Value], is_array: bool) -> Pixels | None:
    """Pixels behind steps of which some are done or not, if no more than one of them matters."""
    found = [after_transform(pixels, each, is_array) for each in steps]
    known = [each for each in found if each is not None]
    changed = [each for each in known if not each.is_as(pixels)]
    if len(known) < len(found) or len(changed) > 1:
        return None
    return changed[0] if changed else pixels


def _to_fractions(transform: Object, index: int) -> bool:
    return named_dtype(transform.argument(index, "dtype")) == "float"


def _normalised(pixels: Pixels, transform: Object) -> Pixels | None:
    mean = numbers_written(transform.argument(0, "mean"))
    deviation = numbers_written(transform.argument(1, "std"))
    if transform.path.startswith(_ALBUMENTATIONS):
        given = transform.arguments.keywords.keys() & {"mean", "std"}
        if not given and not transform.arguments.positional:
            mean, deviation = _OF_IMAGENET
        most = known_constant(transform.argument(2, "max_pixel_value")) or 255.0
        pixels = _after(pixels, "/", (most,), None) or pixels
        if transform.argument(-1, "normalization") is not None:
            return None
    if mean is None or deviation is None:
        return None
    return _standardised(pixels, mean, deviation, transform.place)


@observes("__call__", "forward", "call")
def transformed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`transform(picture)`, and layers that leave the numbers as they are."""
    transform = operands[0] if operands else None
    if len(operands) < 2 or not isinstance(transform, Object):
        return
    pixels = pixels_of(operands[1])
    if pixels is None or not is_made_new(result, operands):
        return
    name = transform.path.rsplit(".", 1)[-1]
    if isinstance(transform, Layer):
        made = pixels if name in _KEEPING_LAYERS else _rescaled(pixels, transform, name)
    else:
        made = after_transform(pixels, transform, _is_of_fractions(operands[1]))
    if made is not None:
        give_meaning(result, made)


def _rescaled(pixels: Pixels, layer: Layer, name: str) -> Pixels | None:
    """Pixels behind `keras.layers.Rescaling`."""
    if name != "Rescaling" or layer.arguments.unknown:
        return None
    scale, offset = (layer.argument(at, key) for at, key in ((0, "scale"), (1, "offset")))
    by = numbers_written(scale)
    plus = (0.0,) if offset is None else numbers_written(offset)
    made = None if by is None else _after(pixels, "*", by, layer.place)
    return None if made is None or plus is None else _after(made, "+", plus, layer.place)


@observes("to_tensor", "normalize")
def by_function(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`to_tensor(picture)` and `normalize(picture, mean, std)` of torchvision."""
    if not is_made_new(result, operands):
        return
    pixels = pixels_of(operands[0])
    if pixels is None:
        return
    place = machine.place(node)
    if operation == "to_tensor":
        plain = _is_of_fractions(operands[0]) or not pixels.are_bytes
        give_meaning(result, pixels if plain else scaled(pixels, place))
        return
    numbers = [numbers_written(each) for each in operands[1:3]]
    if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
        made = _standardised(pixels, numbers[0], numbers[1], place)
        if made is not None:
            give_meaning(result, made)
