"""Functions of many libraries that make another version of a sample."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import TransformApplied
from advisor.code.library import lineages
from advisor.code.library.models import Call, family, function, method, observes
from advisor.code.library.pixel_values import after_transform, pixels_of
from advisor.code.values import (
    Dictionary,
    Library,
    Object,
    Shape,
    Tensor,
    Value,
    give_meaning,
    is_constant,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_CHANGES = (
    *(f"numpy.{name}" for name in ("flip", "fliplr", "flipud", "rot90", "roll")),
    *(f"cv2.{name}" for name in ("flip", "rotate", "warpAffine", "warpPerspective", "blur")),
    *(f"cv2.{name}" for name in ("GaussianBlur", "medianBlur", "convertScaleAbs")),
    *(f"scipy.ndimage.{name}" for name in ("rotate", "shift", "zoom", "gaussian_filter")),
    *(f"scipy.ndimage.interpolation.{name}" for name in ("rotate", "shift", "zoom")),
    *("skimage.transform.rotate", "skimage.transform.warp", "skimage.util.random_noise"),
    *("PIL.ImageOps.mirror", "PIL.ImageOps.flip", "imutils.rotate"),
    *("librosa.effects.pitch_shift", "librosa.effects.time_stretch"),
    *(f"tensorflow.image.{name}" for name in ("flip_left_right", "flip_up_down", "rot90")),
    *(f"tensorflow.image.random_{name}" for name in ("flip_left_right", "brightness", "contrast")),
    *(f"tensorflow.image.random_{name}" for name in ("flip_up_down", "crop", "hue", "saturation")),
    *(f"torchvision.transforms.functional.{name}" for name in ("affine", "perspective", "crop")),
    *(
        f"torchvision.transforms.functional.{name}"
        for name in ("resized_crop", "elastic_transform")
    ),
    *(f"torchvision.transforms.v2.functional.{name}" for name in ("hflip", "vflip", "rotate")),
    *(f"torchvision.transforms.v2.functional.{name}" for name in ("horizontal_flip", "affine")),
    *(f"torchvision.transforms.v2.functional.{name}" for name in ("vertical_flip", "crop")),
    *(f"tensorflow.image.adjust_{name}" for name in ("brightness", "contrast", "saturation")),
    *(f"torchvision.transforms.functional.{name}" for name in ("hflip", "vflip", "rotate")),
    *("torch.flip", "torch.fliplr", "torch.flipud", "torch.rot90", "torch.roll"),
)


# Those after which a picture is as large as before, unless they are told to make room for it.
_OF_THE_SAME_SIZE = frozenset(
    f"torchvision.transforms.{version}functional.{name}"
    for version in ("", "v2.")
    for name in (
        *("hflip", "vflip", "horizontal_flip", "vertical_flip", "rotate", "affine", "perspective"),
        *("elastic", "elastic_transform"),
    )
) | {"torch.flip", "torch.fliplr", "torch.flipud", "torch.roll"}


@function(*_CHANGES)
def changed(call: Call) -> Value | None:
    """Another version of the same samples."""
    value = call.subject
    if value is None:
        return None
    function_itself = Library(call.path)
    call.machine.emit(TransformApplied(call.place, call.context, value, function_itself))
    made = augmented(value, call)
    if isinstance(value, Tensor) and isinstance(made, Tensor) and _keeps_size(call):
        return made.replace(shape=value.shape)
    return made


def _keeps_size(call: Call) -> bool:
    if call.path not in _OF_THE_SAME_SIZE or call.arguments.unknown:
        return False
    if not call.path.endswith(".rotate"):
        return True
    room = call.argument(3, "expand")
    return room is None or is_constant(room, False)


def augmented(value: Value, call: Call) -> Value:
    """Samples after a change that leaves their meaning alone."""
    lineage = lineages.samples(value).after(augmentation=call.place)
    if isinstance(value, Tensor):
        return value.replace(lineage=lineage, shape=Shape(), scale=None, place=call.place)
    result = call.unknown()
    result.lineage = lineage
    return result


@function("albumentations.Compose", "albumentations.OneOf", "imgaug.augmenters.Sequential")
def pipeline(call: Call) -> Value | None:
    """A chain of random changes."""
    return Object(call.path, call.arguments, call.place)


@method("albumentations.Compose", "__call__")
@method("albumentations.OneOf", "__call__")
def changed_by_pipeline(call: Call) -> Value | None:
    """Each named value after the random changes."""
    picture = call.argument(-1, "image")
    if picture is not None and call.receiver is not None:
        call.machine.emit(TransformApplied(call.place, call.context, picture, call.receiver))
    items: dict[object, Value] = {}
    for name, value in call.arguments.keywords.items():
        items[name] = augmented(value, call)
        made = after_transform(pixels_of(value), call.receiver) if name == "image" else None
        if made is not None:
            give_meaning(items[name], made)
    return Dictionary(items, call.unknown(), call.place)


@method("imgaug.augmenters.Sequential", "__call__", "augment_images", "augment_image")
def changed_by_augmenter(call: Call) -> Value | None:
    """Images after the random changes."""
    keywords = call.arguments.keywords
    value = call.argument(0, "images") or keywords.get("image")
    return None if value is None else augmented(value, call)


# --- pictures of PIL ----------------------------------------------------------------------

_ENHANCERS = ("Color", "Contrast", "Brightness", "Sharpness")
family("PIL enhancer", "PIL.ImageEnhance.")


@method("tensor", "rotate", "effect_spread", "filter")
def changed_by_pil(call: Call) -> Value | None:
    """`picture.rotate(30)`."""
    return _changed_picture(call, call.receiver)


@function(*(f"PIL.ImageEnhance.{name}" for name in _ENHANCERS))
def enhancer(call: Call) -> Value | None:
    """`ImageEnhance.Color(picture)`: what makes other versions of a picture."""
    return Object(call.path, call.arguments, call.place)


@method("PIL enhancer", "enhance")
def enhanced(call: Call) -> Value | None:
    """`enhancer.enhance(1.3)`."""
    receiver = call.receiver
    picture = receiver.argument(0, "image") if isinstance(receiver, Object) else None
    return _changed_picture(call, picture)


@observes("transpose")
def turned_by_pil(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`picture.transpose(Image.FLIP_LEFT_RIGHT)`."""
    if operands and isinstance(operands[0], Tensor) and operands[0].library == "PIL":
        turned = Library("PIL.Image.transpose")
        machine.emit(TransformApplied(machine.place(node), machine.context, operands[0], turned))


def _changed_picture(call: Call, picture: Value | None) -> Value | None:
    if not isinstance(picture, Tensor) or picture.library != "PIL":
        return None
    change = Library(f"PIL.Image.{call.path.rsplit('.', 1)[-1]}")
    call.machine.emit(TransformApplied(call.place, call.context, picture, change))
    return augmented(picture, call)
