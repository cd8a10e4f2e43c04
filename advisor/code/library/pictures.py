"""Pictures as files hold them: height, width, and the channels behind."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import PixelsRescaled
from advisor.code.library import lineages
from advisor.code.library.models import (
    AttributeModel,
    Call,
    attribute,
    function,
    hook,
    method,
    observes,
)
from advisor.code.library.names import words
from advisor.code.library.picture_sizes import shape_behind
from advisor.code.library.pixel_values import pixels_of, scaled
from advisor.code.symbols import Number
from advisor.code.values import (
    Arguments,
    Constant,
    Library,
    Object,
    Pixels,
    Scalar,
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

BYTES = "uint8"
_DECODED = ("png", "jpeg", "image", "bmp", "gif")
_CHANNELS = {"RGB": 3, "YCbCr": 3, "LAB": 3, "HSV": 3, "RGBA": 4, "CMYK": 4}
_WITH_COLOURS = frozenset({"cv2.IMREAD_COLOR", "cv2.IMREAD_COLOR_RGB"})

# What changes pictures without making another sample of them.
_FILTERS = ("equalizeHist", "dilate", "erode", "copyMakeBorder", "bilateralFilter", "remap")
_MOVES = ("resize", "center_crop", "pad", "rgb_to_grayscale")
# Those that are classes as well, whose size comes first.
_SIZING = {"resize": "Resize", "center_crop": "CenterCrop", "pad": "Pad"}
_COLOURS = words(
    "adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation adjust_sharpness "
    "autocontrast equalize gaussian_blur invert posterize solarize normalize erase"
)
_READERS = ("imageio", "imageio.v2", "imageio.v3", "skimage.io")


def _picture(call: Call, channels: int | None, dtype: str | None = None) -> Tensor:
    height, width = symbols.spatial_axis("height"), symbols.spatial_axis("width")
    dims = None if channels is None else (height, width, symbols.number(channels))
    made = Tensor(
        Shape(dims), dtype=dtype, graph=False, library="numpy", text="picture", place=call.place
    )
    if dtype == BYTES:
        made.meaning = Pixels(call.place)
    return made


@function("cv2.imread")
def read_by_opencv(call: Call) -> Value | None:
    """`cv2.imread`: three channels unless it is told otherwise."""
    flag = call.argument(1, "flags")
    number = known_number(flag)
    colours = flag is None or (isinstance(flag, Library) and flag.path in _WITH_COLOURS)
    colours = colours or (number is not None and number.integer == 1)
    grey = isinstance(flag, Library) and flag.path == "cv2.IMREAD_GRAYSCALE"
    grey = grey or (number is not None and number.integer == 0)
    return _picture(call, 3 if colours else None, BYTES if colours or grey else None)


@function("cv2.cvtColor")
def colours_changed(call: Call) -> Value | None:
    """`cv2.cvtColor`: the axes stay where they are unless the channels go or come."""
    source, code = call.argument(0, "src"), call.argument(1, "code")
    if not isinstance(source, Tensor) or not isinstance(code, Library):
        return None
    name = code.path.removeprefix("cv2.COLOR_")
    kept = name in {"BGR2RGB", "RGB2BGR", "BGR2HSV", "RGB2HSV", "BGR2LAB", "RGB2LAB", "BGR2YCrCb"}
    return source if kept else source.replace(shape=Shape())


@function("cv2.resize")
def resized(call: Call) -> Value | None:
    """`cv2.resize(picture, (width, height))`."""
    source, size = call.argument(0, "src"), call.argument(1, "dsize")
    if not isinstance(source, Tensor):
        return None
    if source.shape.rank != 3:
        return source.replace(shape=Shape())
    given = size.items if isinstance(size, SequenceValue) else None
    sizes = [size_of_axis(each) for each in reversed(given)] if given else []
    found = [each for each in sizes if each is not None]
    if len(found) != 2:
        found = [symbols.spatial_axis("height"), symbols.spatial_axis("width")]
    return source.replace(shape=Shape((*found, source.shape.axis(2))))


@function(
    *(f"cv2.{name}" for name in _FILTERS),
    *(f"torchvision.transforms.functional.{name}" for name in _MOVES),
    *(f"torchvision.transforms.v2.functional.{name}" for name in _MOVES),
)
def filtered(call: Call) -> Value | None:
    """`cv2.equalizeHist(picture)`, `resize(picture, [128, 128])`: bytes remain bytes."""
    source = next(iter(call.arguments.positional), None)
    if not isinstance(source, Tensor):
        return None
    name = _SIZING.get(call.path.rsplit(".", 1)[-1])
    rest = Arguments([*call.arguments.positional[1:]], dict(call.arguments.keywords))
    shape = None
    if name is not None and not call.arguments.unknown:
        shape = shape_behind(source, Object(f"torchvision.transforms.{name}", rest))
    if shape is None and source.dtype != BYTES:
        return None
    return source.replace(shape=shape or Shape())


@function(
    *(f"torchvision.transforms.functional.{name}" for name in _COLOURS),
    *(f"torchvision.transforms.v2.functional.{name}" for name in _COLOURS),
)
def recoloured(call: Call) -> Value | None:
    """`adjust_brightness(picture, 1.2)`: other numbers in the same places."""
    source = next(iter(call.arguments.positional), None)
    if not isinstance(source, Tensor) or source.library != "torch":
        return None
    if source.dtype != BYTES and source.shape.dims is None:
        return None
    return source.replace(place=call.place)


@function(*(f"{name}.imread" for name in _READERS))
def read_as_array(call: Call) -> Value | None:
    """`imageio.imread`, `skimage.io.imread`: an array of bytes, or of other numbers without a sign."""
    if set(call.arguments.keywords) - {"uri", "fname", "index", "plugin"}:
        return None
    return _picture(call, None, BYTES)


@function("PIL.Image.open")
def opened(call: Call) -> Value | None:
    """`Image.open`: how many channels there are depends on the file."""
    return _of_pil(call, None, None)


def _of_pil(call: Call, channels: int | None, dtype: str | None) -> Tensor:
    made = _picture(call, channels, dtype).replace(library="PIL")
    made.meaning = Pixels(call.place)
    return made


@function(
    "keras.utils.load_img", "keras.preprocessing.image.load_img", "keras.utils.image.load_img"
)
def read_by_keras(call: Call) -> Value | None:
    """`keras.utils.load_img`: a picture of PIL."""
    mode = known_text(call.argument(-1, "color_mode"))
    grey = call.argument(1, "grayscale") is not None
    return _of_pil(call, 3 if mode in {None, "rgb"} and not grey else None, BYTES)


@function("keras.utils.img_to_array", "keras.preprocessing.image.img_to_array")
@function("keras.utils.image.img_to_array")
def array_of_picture(call: Call) -> Value | None:
    """`keras.utils.img_to_array`: fractions, as large as the bytes were."""
    source = call.argument(0, "img")
    if not isinstance(source, Tensor):
        return None
    return source.replace(dtype="float", library="numpy", place=call.place)


@function(
    *(f"tensorflow.{where}.decode_{kind}" for where in ("io", "image") for kind in _DECODED),
)
def decoded_by_tensorflow(call: Call) -> Value | None:
    """`tf.io.decode_png`: bytes, unless other numbers are asked for."""
    if call.argument(-1, "dtype") is not None or call.argument(2, "dtype") is not None:
        return None
    made = Tensor(dtype=BYTES, graph=False, library="keras", text="picture", place=call.place)
    made.meaning = Pixels(call.place)
    return made


@function("tensorflow.image.resize", "tensorflow.image.resize_with_pad")
def resized_by_tensorflow(call: Call) -> Value | None:
    """`tf.image.resize`: fractions, as large as the numbers were."""
    source = call.argument(0, "images")
    if not isinstance(source, Tensor):
        return None
    return source.replace(shape=Shape(), dtype="float", place=call.place)


@function("tensorflow.image.convert_image_dtype")
def scaled_by_tensorflow(call: Call) -> Value | None:
    """`tf.image.convert_image_dtype(picture, tf.float32)`: from 0 to 1."""
    source = call.argument(0, "image")
    if not isinstance(source, Tensor):
        return None
    made = source.replace(dtype="float", place=call.place)
    pixels = pixels_of(source)
    if pixels is not None and source.dtype == BYTES:
        made.meaning = scaled(pixels, call.place)
    return made


@method("tensor", "convert")
def converted(call: Call) -> Value | None:
    """`picture.convert("RGB")`."""
    mode = call.argument(0, "mode")
    picture = call.receiver
    if not isinstance(picture, Tensor) or picture.library != "PIL":
        return None
    if isinstance(mode, Constant) and mode.configurable:
        return None
    name = known_text(mode) or ""
    if name not in _CHANNELS and name not in {"L", "P", "LA"}:
        return _picture(call, None).replace(library="PIL")
    return _of_pil(call, _CHANNELS.get(name), BYTES)


@function(
    "torchvision.io.read_image",
    "torchvision.io.decode_image",
    "torchvision.io.decode_jpeg",
    "torchvision.io.decode_png",
)
def read_by_torchvision(call: Call) -> Value | None:
    """`torchvision.io.read_image`: a tensor of bytes, channels first."""
    made = Tensor(Shape(), graph=False, dtype=BYTES, text="picture", place=call.place)
    made.meaning = Pixels(call.place)
    return made


_STANDARDISED = re.compile(
    r"\(+(?P<what>[\w.()]+) - [\w.]*(?:mean|mu)\w*[^)]*\) / [\w.]*(?:std|sigma)"
)
_LARGEST = frozenset({255, 127.5})


@observes("/")
def rescaled(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`images / 255`, `(x - self.mean) / self.std`."""
    if not isinstance(node, cst.BinaryOperation):
        return
    number = known_number(operands[1])
    if number is not None and number.constant in _LARGEST:
        text = lineages.written(node.left)
        machine.emit(PixelsRescaled(machine.place(node), machine.context, text, False))
    elif node.left.lpar and number is None:
        found = _STANDARDISED.match(lineages.written(node))
        if found is not None:
            text = found["what"]
            machine.emit(PixelsRescaled(machine.place(node), machine.context, text, True))


@method("tensor", "resize")
def picture_resized(call: Call) -> Value | None:
    """`picture.resize((width, height))` of PIL."""
    size = call.argument(0, "size")
    given = size.items if isinstance(size, SequenceValue) else None
    found = [each for each in map(size_of_axis, reversed(given or ())) if each is not None]
    return _with_sides(call.receiver, found)


@method("tensor", "crop")
def picture_cropped(call: Call) -> Value | None:
    """`picture.crop((left, upper, right, lower))` of PIL."""
    return _with_sides(call.receiver, ())


def _with_sides(picture: Value | None, sides: Sequence[Number]) -> Value | None:
    """A picture of PIL of another height and width, which nobody knows unless both are told."""
    if not isinstance(picture, Tensor) or picture.library != "PIL":
        return None
    if picture.shape.rank != 3:
        return picture
    if len(sides) != 2:
        sides = (symbols.spatial_axis("height"), symbols.spatial_axis("width"))
    return picture.replace(shape=Shape((*sides, picture.shape.axis(2))))


_STORED = {
    **dict.fromkeys(["MNIST", "FashionMNIST", "KMNIST", "EMNIST", "QMNIST"], "torch"),
    **dict.fromkeys(["CIFAR10", "CIFAR100", "SVHN", "STL10"], "numpy"),
}


# How large the pictures of those are, with their channels where they are stored.
_STORED_SIZES = {
    **dict.fromkeys(["MNIST", "FashionMNIST", "KMNIST", "EMNIST", "QMNIST"], (28, 28)),
    **dict.fromkeys(["CIFAR10", "CIFAR100"], (32, 32, 3)),
    "SVHN": (3, 32, 32),
    "STL10": (3, 96, 96),
}


# Of digits, which nobody has written into the corners.
_BLANK_AT_THE_EDGE = frozenset(["MNIST", "QMNIST"])


def _stored_as(library: str, sizes: tuple[int, ...], has_blanks: bool = False) -> AttributeModel:
    def model(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
        place = machine.place(node)
        length = receiver.fields.get("length")
        samples = length.number if isinstance(length, Scalar) else symbols.stacked_axis()
        sides = (symbols.new_axis(symbols.number(size)) for size in sizes)
        shape = Shape((samples, *sides))
        made = Tensor(shape, dtype=BYTES, graph=False, library=library, text="data", place=place)
        made.meaning = Pixels(place, has_blanks=has_blanks)
        return made

    return model


for _name, _library in _STORED.items():
    _model = _stored_as(_library, _STORED_SIZES[_name], _name in _BLANK_AT_THE_EDGE)
    attribute(f"torchvision.datasets.{_name}", "data")(_model)


@function("cv2.VideoCapture")
def film(call: Call) -> Value | None:
    """`cv2.VideoCapture(path)`."""
    return Object(call.path, call.arguments, call.place)


@function("cv2.createCLAHE")
def contrast_limited(call: Call) -> Value | None:
    """`cv2.createCLAHE(limit, tiles)`."""
    return Object(call.path, call.arguments, call.place)


@method("cv2.createCLAHE", "apply")
def contrast_evened(call: Call) -> Value | None:
    """`clahe.apply(picture)`: bytes remain bytes."""
    return filtered(call)


@method("cv2.VideoCapture", "read")
def read_frame(call: Call) -> Value | None:
    """`ok, frame = film.read()`."""
    parts = (call.machine.unknown("ok", call.node), _picture(call, 3, BYTES))
    return SequenceValue("tuple", parts, place=call.place)


@hook("unpack")
def pictures_one_by_one(
    machine: "Machine", value: Value, count: int, node: cst.CSTNode
) -> list[Value] | None:
    """`before, after = frames`: bytes remain bytes."""
    if not isinstance(value, Tensor) or value.dtype != BYTES:
        return None
    place = machine.place(node)
    return [
        Tensor(dtype=BYTES, graph=False, library=value.library, place=place) for _ in range(count)
    ]
