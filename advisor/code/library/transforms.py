"""Transforms of pictures: which of them change a picture at random, and which where things are.

The tables are all that is known of a transform; a transform that is not in them changes nothing.
"""

from advisor.code.events import TransformBuilt
from advisor.code.library.models import Call, function
from advisor.code.library.names import words
from advisor.code.values import Constant, Object, Value, alternatives, known_number
from advisor.code.values import Sequence as SequenceValue

_TORCHVISION = ("torchvision.transforms.", "torchvision.transforms.v2.")
_ALBUMENTATIONS = "albumentations."
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
_ARGUMENTS_OF_GENERATOR = words(
    "rotation_range width_shift_range height_shift_range brightness_range shear_range zoom_range "
    "channel_shift_range horizontal_flip vertical_flip"
)
_CONTAINERS = frozenset(words("Compose Sequential OneOf SomeOf OneOrOther RandomOrder RandomApply"))


@function("torchvision.transforms.*", "torchvision.transforms.v2.*", "albumentations.*")
@function("albumentations.augmentations.*", "albumentations.pytorch.*", GENERATOR)
@function("albumentations.pytorch.transforms.*", "albumentations.augmentations.transforms.*")
def transform(call: Call) -> Value | None:
    """A transform that is yet to be applied."""
    if not call.path.rsplit(".", 1)[-1][:1].isupper():
        return None
    made = Object(call.path, call.arguments, call.place)
    call.machine.emit(TransformBuilt(call.place, call.context, made))
    return made


def random_part(value: Value | None) -> Object | None:
    """The first transform among those that a value applies which changes pictures at random, for
    sure; None when there is none, or nobody knows."""
    options = alternatives(value)
    found = [_random_part(option) for option in options]
    return found[0] if found and all(each is not None for each in found) else None


def _random_part(value: Value | None) -> Object | None:
    if isinstance(value, SequenceValue):
        parts = (random_part(item) for item in value.items or ())
        return next((part for part in parts if part is not None), None)
    if not isinstance(value, Object) or value.arguments.unknown:
        return None
    if value.path == GENERATOR:
        return value if any(map(_is_on, _given(value))) else None
    name = value.path.rsplit(".", 1)[-1]
    if name in _CONTAINERS and value.path.startswith((*_TORCHVISION, _ALBUMENTATIONS)):
        if _never(value):
            return None
        return random_part(value.argument(0, "transforms"))
    return value if _is_random(value, name) else None


def _given(value: Object) -> list[Value]:
    named = [value.argument(-1, name) for name in _ARGUMENTS_OF_GENERATOR]
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
    if not value.path.startswith(_TORCHVISION) or _never(value):
        return False
    if name in {"RandomHorizontalFlip", "RandomVerticalFlip"} and _always(value, 0):
        return False
    return name in _RANDOM or name.startswith("Random")


def _always(value: Object, index: int = -1) -> bool:
    number = known_number(value.argument(index, "p"))
    return number is not None and number.is_one


def _never(value: Object) -> bool:
    number = known_number(value.argument(-1, "p"))
    return number is not None and number.constant == 0
