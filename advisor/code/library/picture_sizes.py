"""The sizes of pictures in torchvision's data sets, and what transforms make of them."""

from dataclasses import replace
from typing import TypeGuard

from advisor.code import symbols
from advisor.code.library.names import words
from advisor.code.library.pixel_values import after_transform
from advisor.code.symbols import Number
from advisor.code.values import (
    ClassIndices,
    Object,
    Pixels,
    Scalar,
    Shape,
    Tensor,
    Value,
    is_constant,
    known_number,
    known_text,
)
from advisor.code.values import Sequence as SequenceValue
from advisor.lazy_dataclasses import dataclass

_TRANSFORMS = ("torchvision.transforms.v2.", "torchvision.transforms.")
# Channels, height and width.
_KNOWN = {
    **dict.fromkeys(words("MNIST FashionMNIST KMNIST QMNIST EMNIST"), (1, 28, 28)),
    **dict.fromkeys(words("CIFAR10 CIFAR100 SVHN"), (3, 32, 32)),
    "STL10": (3, 96, 96),
}
_COLOURED = frozenset(
    words(
        "ImageFolder ImageNet Imagenette Flowers102 Food101 DTD OxfordIIITPet FGVCAircraft "
        "StanfordCars EuroSAT GTSRB Country211 PCAM Places365"
    )
)
# Those that are asked which labels they are to give, and the ones they give of themselves.
_LABELS_CHOSEN = {
    "OxfordIIITPet": ("target_types", "category"),
    "FGVCAircraft": ("annotation_level", "variant"),
}
_CLASSES = {
    **dict.fromkeys(words("MNIST FashionMNIST KMNIST QMNIST CIFAR10 SVHN STL10"), 10),
    "CIFAR100": 100,
    "DTD": 47,
    "EuroSAT": 10,
    "FGVCAircraft": 100,
    "Flowers102": 102,
    "Food101": 101,
    "GTSRB": 43,
    "ImageNet": 1000,
    "OxfordIIITPet": 37,
    "StanfordCars": 196,
}
# Where the transform stands among the arguments, counted from 0.
# Where the data sets of torchvision take their transform, the others at the third place.
_TRANSFORM_AT = {
    **dict.fromkeys(words("ImageFolder EuroSAT SEMEION SUN397"), 1),
    **dict.fromkeys(words("CelebA DatasetFolder DTD FakeData FGVCAircraft INaturalist"), 3),
    **dict.fromkeys(words("LFWPeople OxfordIIITPet PhotoTour STL10"), 3),
    **dict.fromkeys(words("Imagenette Places365"), 4),
}
_KEEP = frozenset(
    words(
        "Normalize ConvertImageDtype ToDtype RandomHorizontalFlip RandomVerticalFlip ColorJitter "
        "RandomErasing RandomAffine GaussianBlur RandomInvert RandAugment AutoAugment "
        "TrivialAugmentWide AugMix RandomPerspective RandomAdjustSharpness RandomAutocontrast "
        "RandomEqualize RandomSolarize RandomPosterize ElasticTransform RandomGrayscale"
    )
)
_TO_TENSOR = frozenset(words("ToTensor PILToTensor ToImage ToImageTensor"))
_PIPELINES = frozenset(words("Compose Sequential"))


@dataclass(frozen=True, slots=True)
class Picture:
    """The size of a picture on its way, and whether it is a tensor already. A height or width that
    is not known is None."""

    channels: int
    height: Number | None
    width: Number | None
    is_tensor: bool = False


def is_of_torchvision(dataset: object) -> TypeGuard[Object]:
    """Whether a value is one of torchvision's data sets."""
    return isinstance(dataset, Object) and dataset.path.startswith("torchvision.datasets.")


def transform_of(dataset: Object) -> Value | None:
    """What the pictures of a data set of torchvision go through."""
    assigned = dataset.fields.get("transform")
    if isinstance(assigned, Value):
        return assigned
    place = _TRANSFORM_AT.get(dataset.path.rsplit(".", 1)[-1], 2)
    return dataset.argument(place, "transform") or dataset.argument(-1, "transforms")


def picture_of(dataset: Object) -> Tensor | None:
    """A picture as a data set of torchvision gives it; None when its size is not known."""
    name = dataset.path.rsplit(".", 1)[-1]
    if name in _KNOWN:
        channels, tall, wide = _KNOWN[name]
        start = Picture(channels, symbols.number(tall), symbols.number(wide))
    elif name in _COLOURED:
        start = Picture(3, None, None)
    else:
        return None
    made = None if dataset.arguments.unknown else _after(start, transform_of(dataset))
    if made is None or not made.is_tensor:
        return None
    height = _axis(made.height, "height")
    dims = (symbols.new_axis(symbols.number(made.channels)), height, _axis(made.width, "width"))
    return _with_pixels(dataset, dims)


def _with_pixels(dataset: Object, dims: tuple[Number, ...]) -> Tensor:
    """A picture behind the transform of its data set."""
    made = Tensor(Shape(dims), graph=False, dtype="float", text="picture", place=dataset.place)
    made.meaning = after_transform(Pixels(dataset.place), transform_of(dataset))
    return made


def has_one_label(dataset: Object) -> bool:
    """Whether each picture of a data set of torchvision comes with the index of its class."""
    name = dataset.path.rsplit(".", 1)[-1]
    if dataset.arguments.unknown or (name not in _KNOWN and name not in _COLOURED):
        return False
    option, usual = _LABELS_CHOSEN.get(name, ("", ""))
    chosen = dataset.argument(2, option) if option else None
    return chosen is None or known_text(chosen) == usual


def label_of(dataset: Object) -> Tensor:
    """The label of a picture: the index of its class, before a transform makes something else of
    it."""
    made = Tensor(Shape(()), graph=False, dtype="long", text="label", place=dataset.place)
    classes = _CLASSES.get(dataset.path.rsplit(".", 1)[-1])
    if classes is not None:
        made.meaning = ClassIndices(classes)
    return made


def shape_behind(picture: Tensor, transform: Value) -> Shape | None:
    """The shape of pictures that are tensors behind a transform, one or a batch of them; None when nobody
    knows."""
    dims = picture.shape.dims
    if dims is None or len(dims) not in {3, 4} or picture.library != "torch":
        return None
    *before, channels, height, width = dims
    start = Picture(channels.integer or 0, height, width, is_tensor=True)
    made = _after(start, transform)
    if made is None:
        return None
    if made.channels != start.channels:
        channels = symbols.new_axis(symbols.number(made.channels))
    tall = height if made.height is height else _axis(made.height, "height")
    wide = width if made.width is width else _axis(made.width, "width")
    return Shape((*before, channels, tall, wide))


def _axis(length: Number | None, name: str) -> Number:
    return symbols.spatial_axis(name) if length is None else symbols.new_axis(length)


def _after(picture: Picture, transform: Value | None) -> Picture | None:
    """A picture behind a transform; None when nobody knows what that makes of it."""
    if not isinstance(transform, Object) or not transform.path.startswith(_TRANSFORMS):
        return None
    name = transform.path.rsplit(".", 1)[-1]
    if name in _PIPELINES:
        return _after_all(picture, transform.argument(0, "transforms"))
    if name in _KEEP:
        return picture
    if name in _TO_TENSOR:
        return replace(picture, is_tensor=True)
    if name == "RandomRotation":
        expands = transform.argument(2, "expand")
        return picture if expands is None or is_constant(expands, False) else None
    if name == "Grayscale":
        number = known_number(transform.argument(0, "num_output_channels") or Scalar(symbols.ONE))
        count = None if number is None else number.integer
        return None if count is None else replace(picture, channels=count)
    if name in {"CenterCrop", "RandomCrop", "RandomResizedCrop"}:
        return _resized(picture, transform.argument(0, "size"), is_square=True)
    if name == "Resize":
        same = picture.height is not None and picture.height == picture.width
        return _resized(picture, transform.argument(0, "size"), is_square=same)
    if name == "Pad":
        return _padded(picture, transform.argument(0, "padding"))
    return None


def _after_all(picture: Picture, steps: Value | None) -> Picture | None:
    if not isinstance(steps, SequenceValue) or steps.items is None:
        return None
    current: Picture | None = picture
    for step in steps.items:
        current = None if current is None else _after(current, step)
    return current


def _resized(picture: Picture, size: Value | None, is_square: bool) -> Picture | None:
    """One number for both sides, or, unless the picture is square, for the shorter one."""
    if isinstance(size, SequenceValue):
        sides = [known_number(each) for each in size.items or ()]
        if len(sides) == 1:
            sides *= 2
        if len(sides) != 2:
            return None
        return replace(picture, height=sides[0], width=sides[1])
    side = known_number(size) if is_square else None
    return replace(picture, height=side, width=side)


def _padded(picture: Picture, padding: Value | None) -> Picture | None:
    given = padding.items if isinstance(padding, SequenceValue) else (padding,)
    widths = [known_number(each) for each in given or ()]
    known = [each for each in widths if each is not None]
    if len(known) < len(widths) or len(known) not in {1, 2, 4}:
        return None
    left, top = known[0], known[1 % len(known)]
    right, bottom = (known[2], known[3]) if len(known) == 4 else (left, top)
    return replace(
        picture,
        height=None
        if picture.height is None
        else symbols.add(picture.height, symbols.add(top, bottom)),
        width=None
        if picture.width is None
        else symbols.add(picture.width, symbols.add(left, right)),
    )
