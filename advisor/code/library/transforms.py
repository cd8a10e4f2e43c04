"""Transforms of pictures: which of them change a picture at random, and which where things are.

The tables are all that is known of a transform; a transform that is not in them changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from advisor.code.events import TransformApplied, TransformBuilt
from advisor.code.interpreter import calls
from advisor.code.library.models import Call, family, function, method
from advisor.code.library.names import words
from advisor.code.library.picture_sizes import shape_behind
from advisor.code.values import (
    Arguments,
    Bound,
    Constant,
    Function,
    Instance,
    Object,
    Shape,
    Tensor,
    Value,
    alternatives,
    is_constant,
    known_constant,
    known_number,
    lineage_of,
    one_or_several,
)
from advisor.code.values import Sequence as SequenceValue

_TORCHVISION = ("torchvision.transforms.", "torchvision.transforms.v2.")
_ALBUMENTATIONS = "albumentations."
_OF_TIMM = "timm.data.create_transform"
GENERATOR = "keras.preprocessing.image.ImageDataGenerator"

# Beside those whose names begin with `Random`.
_RANDOM = frozenset(
    words(
        "ColorJitter AutoAugment RandAugment TrivialAugmentWide AugMix ElasticTransform ScaleJitter "
        "MixUp CutMix"
    )
)
_RANDOM_OF_ALBUMENTATIONS = frozenset(
    words(
        "HorizontalFlip VerticalFlip Flip D4 Rotate SafeRotate Transpose ShiftScaleRotate Affine "
        "Perspective ColorJitter HueSaturationValue RGBShift CLAHE Blur MotionBlur MedianBlur "
        "GaussianBlur GlassBlur ZoomBlur Defocus GaussNoise ISONoise MultiplicativeNoise Cutout "
        "CoarseDropout GridDropout PixelDropout ChannelDropout ChannelShuffle GridDistortion "
        "ElasticTransform OpticalDistortion PiecewiseAffine JpegCompression ImageCompression "
        "Downscale Sharpen Emboss Solarize Posterize Equalize InvertImg ToGray ToSepia FancyPCA "
        "IAAAdditiveGaussianNoise IAAPiecewiseAffine IAASharpen IAAEmboss IAAPerspective"
    )
)
# Those that do the same to each picture if they do it at all.
_SAME_FOR_EACH = frozenset(
    words("RandomHorizontalFlip RandomVerticalFlip RandomGrayscale RandomInvert RandomEqualize")
)
# The ranges that others draw from, in their order.
_RANGES = {
    "RandomRotation": ("degrees",),
    "RandomAffine": ("degrees", "translate", "scale", "shear"),
    "ColorJitter": ("brightness", "contrast", "saturation", "hue"),
}
_TO_BOTH_SIDES = "translate"
# Of the random ones, those after which things are elsewhere in the picture.
_MOVES = frozenset(
    words(
        "RandomHorizontalFlip RandomVerticalFlip RandomRotation RandomAffine RandomPerspective "
        "RandomCrop RandomResizedCrop RandomSizedCrop ElasticTransform RandomZoomOut RandomIoUCrop "
        "HorizontalFlip VerticalFlip Flip D4 Rotate RandomRotate90 SafeRotate Transpose "
        "ShiftScaleRotate Affine Perspective GridDistortion OpticalDistortion PiecewiseAffine "
        "RandomScale CropNonEmptyMaskIfExists RandomSizedBBoxSafeCrop IAAPerspective "
        "RandomFlip RandomTranslation RandomZoom RandomHeight RandomWidth"
    )
)
# Those of torchvision after which bytes are still bytes.
_KEEP_KIND = frozenset(
    words(
        "Resize CenterCrop RandomCrop RandomResizedCrop RandomHorizontalFlip RandomVerticalFlip Pad "
        "RandomRotation RandomAffine RandomPerspective ColorJitter Grayscale RandomGrayscale"
    )
)
_MOVES_OF_GENERATOR = words(
    "rotation_range width_shift_range height_shift_range shear_range zoom_range horizontal_flip "
    "vertical_flip"
)
_ARGUMENTS_OF_GENERATOR = (*_MOVES_OF_GENERATOR, "brightness_range", "channel_shift_range")
_CONTAINERS = frozenset(words("Compose Sequential OneOf SomeOf OneOrOther RandomOrder RandomApply"))
_AUDIO = ("audiomentations.", "torch_audiomentations.")
# Those of audiomentations that do the same to each sound.
_FIXED_OF_AUDIO = frozenset(words("Normalize Resample Trim PadMode Identity"))
# Those of torchaudio, and what they are told of how wide the widest mask may be.
_MASKS = {
    f"torchaudio.transforms.{name}": option
    for name, option in (
        ("FrequencyMasking", "freq_mask_param"),
        ("TimeMasking", "time_mask_param"),
    )
}
# Functions after which things are elsewhere in the picture, as far as they are told.
MOVING_FUNCTIONS = frozenset(
    f"torchvision.transforms.{version}functional.{name}"
    for version in ("", "v2.")
    for name in words(
        "hflip vflip rotate affine perspective crop resized_crop horizontal_flip vertical_flip "
        "elastic elastic_transform"
    )
) | frozenset(
    words(
        "numpy.flip numpy.fliplr numpy.flipud numpy.rot90 numpy.roll cv2.flip cv2.rotate "
        "cv2.warpAffine cv2.warpPerspective scipy.ndimage.rotate scipy.ndimage.shift "
        "scipy.ndimage.zoom PIL.ImageOps.mirror PIL.ImageOps.flip tensorflow.image.flip_left_right "
        "tensorflow.image.flip_up_down tensorflow.image.rot90 torch.flip torch.fliplr torch.flipud "
        "torch.rot90 torch.roll"
    )
)
# What a slice goes by that begins where a drawn number says.
WINDOW = "random window"
DRAWING_FUNCTIONS = frozenset(
    words(
        "tensorflow.image.random_flip_left_right tensorflow.image.random_flip_up_down "
        "tensorflow.image.random_crop"
    )
)

family("picture transform", *_TORCHVISION, _ALBUMENTATIONS, *_AUDIO, *_MASKS, _OF_TIMM)


@function("torchvision.transforms.*", "torchvision.transforms.v2.*", "albumentations.*")
@function("albumentations.augmentations.*", "albumentations.pytorch.*", GENERATOR)
@function("albumentations.pytorch.transforms.*", "albumentations.augmentations.transforms.*")
@function("audiomentations.*", "torch_audiomentations.*", *_MASKS)
def transform(call: Call) -> Value | None:
    """A transform that is yet to be applied."""
    if not call.path.rsplit(".", 1)[-1][:1].isupper():
        return None
    made = Object(call.path, call.arguments, call.place)
    call.machine.emit(TransformBuilt(call.place, call.context, made))
    return made


@function(_OF_TIMM, "timm.data.transforms_factory.create_transform")
def made_by_timm(call: Call) -> Value | None:
    """`create_transform(size, is_training=True)`: what the pictures of a training go through, or those
    that judge."""
    given = {
        name: value
        for at, name in ((1, "is_training"), (2, "no_aug"))
        if (value := call.argument(at, name)) is not None
    }
    made = Object(_OF_TIMM, Arguments([], given), call.place)
    call.machine.emit(TransformBuilt(call.place, call.context, made))
    return made


@method("picture transform", "__call__", "forward")
def applied(call: Call) -> Value | None:
    """`transform(picture)`."""
    names = ("image", "samples", "specgram")
    picture = call.argument(0, "img") or next(
        filter(None, (call.argument(-1, n) for n in names)), None
    )
    if picture is None or not isinstance(call.receiver, Object):
        return None
    call.machine.emit(TransformApplied(call.place, call.context, picture, call.receiver))
    _run_own_parts(call, call.receiver, picture)
    lineage = lineage_of(picture)
    if lineage is not None and random_part(call.receiver) is not None:
        lineage = lineage.after(augmentation=call.place)
    shape = shape_behind(picture, call.receiver) if isinstance(picture, Tensor) else None
    if shape is None and keeps_kind(call.receiver):
        shape = Shape()
    if isinstance(picture, Tensor) and shape is not None:
        return picture.replace(shape=shape, lineage=lineage, place=call.place)
    if lineage is None:
        return None
    result = call.unknown()
    result.lineage = lineage
    return result


def own_parts(transform: Value | None) -> Iterator[Value]:
    """The functions and objects of the project that a transform is, or that stand in a chain of them."""
    if isinstance(transform, (Function, Bound, Instance)):
        yield transform
    elif isinstance(transform, Object):
        for part in _chained(transform):
            yield from own_parts(part)


def _chained(chain: Object) -> Sequence[Value]:
    """What stands in a chain of transforms, or is wrapped by `Lambda`."""
    name = chain.path.rsplit(".", 1)[-1]
    if name not in {*_CONTAINERS, "Lambda"}:
        return ()
    return one_or_several(chain.argument(0, "lambd" if name == "Lambda" else "transforms"))


def _run_own_parts(call: Call, chain: Object, picture: Value) -> None:
    """Run the functions and objects of the project that stand in a chain of transforms."""
    for part in _chained(chain):
        if isinstance(part, (Function, Bound, Instance)):
            picture = calls.call(call.machine, part, Arguments([picture]), call.node)
            continue
        if isinstance(part, Object):
            _run_own_parts(call, part, picture)
        lineage, picture = lineage_of(picture), call.unknown()
        picture.lineage = lineage


def random_part(value: Value | None) -> Object | None:
    """The first transform among those that a value applies which changes samples at random, for
    sure; None when there is none, or nobody knows."""
    return _part(value, _is_random, _ARGUMENTS_OF_GENERATOR)


def moving_part(value: Value | None) -> Object | None:
    """The first transform among those that a value applies after which things are elsewhere in the
    picture, for sure; None when there is none, or nobody knows."""
    return _part(value, _moves, _MOVES_OF_GENERATOR)


def keeps_kind(value: Value | None) -> bool:
    """Whether it is certain that bytes stay bytes, and pictures of PIL stay such, in all that a value
    applies."""
    if isinstance(value, SequenceValue):
        return value.items is not None and all(map(keeps_kind, value.items))
    if not isinstance(value, Object) or value.arguments.unknown:
        return False
    name = value.path.rsplit(".", 1)[-1]
    if name in {"Compose", "Sequential"}:
        return keeps_kind(value.argument(0, "transforms"))
    return value.path.startswith(_TORCHVISION) and name in _KEEP_KIND


def leaves_in_place(value: Value | None) -> bool:
    """Whether it is certain that things are where they were after all that a value applies."""
    if isinstance(value, SequenceValue):
        return value.items is not None and all(map(leaves_in_place, value.items))
    if not isinstance(value, Object) or value.arguments.unknown:
        return False
    name = value.path.rsplit(".", 1)[-1]
    if name in _CONTAINERS:
        return leaves_in_place(value.argument(0, "transforms"))
    hidden = name == "Lambda" or value.path == _OF_TIMM
    return name not in _MOVES and "Crop" not in name and not hidden


_Test = Callable[[Object, str], bool]


def _part(value: Value | None, test: _Test, options: Iterable[str]) -> Object | None:
    found = [_part_of_one(option, test, options) for option in alternatives(value)]
    return found[0] if found and all(each is not None for each in found) else None


def _part_of_one(value: Value | None, test: _Test, options: Iterable[str]) -> Object | None:
    if isinstance(value, SequenceValue):
        parts = (_part(item, test, options) for item in value.items or ())
        return next((part for part in parts if part is not None), None)
    if not isinstance(value, Object) or value.arguments.unknown:
        return None
    if value.path == GENERATOR:
        return value if any(map(_is_on, _given(value, options))) else None
    name = value.path.rsplit(".", 1)[-1]
    if name in _CONTAINERS and value.path.startswith((*_TORCHVISION, _ALBUMENTATIONS, *_AUDIO)):
        if _never(value):
            return None
        return _part(value.argument(0, "transforms"), test, options)
    return value if test(value, name) else None


def _given(value: Object, options: Iterable[str]) -> list[Value]:
    named = [value.argument(-1, name) for name in options]
    return [each for each in named if each is not None]


def _is_on(value: Value) -> bool:
    if isinstance(value, Constant):
        return value.value is True
    number = known_number(value)
    if number is not None:
        return number.constant is not None and number.constant != 0
    return isinstance(value, SequenceValue)


def _is_random(value: Object, name: str) -> bool:
    if value.path.startswith(_ALBUMENTATIONS):
        known = name in _RANDOM_OF_ALBUMENTATIONS or name.startswith("Random")
        return known and not _always(value) and not _never(value)
    if value.path.startswith(("tensorflow.image.random_", "keras.layers.Random")):
        return True
    if value.path == _OF_TIMM:
        plain = value.argument(-1, "no_aug")
        trains = is_constant(value.argument(-1, "is_training"), True)
        return trains and (plain is None or is_constant(plain, False))
    if value.path.startswith(_AUDIO):
        return name not in _FIXED_OF_AUDIO and not _never(value)
    if value.path in _MASKS:
        return known_constant(value.argument(0, _MASKS[value.path])) != 0 and not _never(value, 2)
    if not value.path.startswith(_TORCHVISION) or _never(value):
        return False
    if name in _SAME_FOR_EACH and (_always(value, 0) or _never(value, 0)):
        return False
    if name in _RANGES and _has_no_width(value, _RANGES[name]):
        return False
    return name in _RANDOM or name.startswith("Random")


def _moves(value: Object, name: str) -> bool:
    return name in _MOVES and _is_random(value, name)


def _always(value: Object, index: int = -1) -> bool:
    number = known_number(value.argument(index, "p"))
    return number is not None and number.is_one


def _never(value: Object, index: int = -1) -> bool:
    number = known_number(value.argument(index, "p"))
    return number is not None and number.constant == 0


def _has_no_width(value: Object, ranges: Sequence[str]) -> bool:
    """Whether all that is drawn is drawn from ranges of one number."""
    return all(
        _is_one_number(value.argument(index, name), name == _TO_BOTH_SIDES)
        for index, name in enumerate(ranges)
    )


def _is_one_number(value: Value | None, to_both_sides: bool = False) -> bool:
    """Whether a range goes from a number to the same one: one number stands for as much to either
    side, and what is not told is not drawn. Or each of several numbers, if all are meant so."""
    if value is None or is_constant(value, None):
        return True
    if not isinstance(value, SequenceValue):
        return known_constant(value) == 0
    ends = [known_constant(each) for each in value.items or ()]
    if to_both_sides:
        return not any(end != 0 for end in ends)
    if not ends or None in ends or len(ends) % 2:
        return False
    return all(one == other for one, other in zip(ends[::2], ends[1::2], strict=True))
