"""What pictures ready models were trained on with their weights: the one table of normalisations.

Sources: `weights.transforms()` of torchvision, and `preprocess_input` of keras.applications.
"""

from advisor.code.library.names import words
from advisor.code.values import Layer
from advisor.lazy_dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How pixels are brought to numbers before a model sees them. `mean` and `deviation` are taken
    from pixels between 0 and 1; `text` says it in words."""

    text: str
    mean: tuple[float, ...] | None = None
    deviation: tuple[float, ...] | None = None
    takes_bytes: bool = False


IMAGENET = Normalisation(
    "`Normalize` with the mean and deviation of ImageNet",
    (0.485, 0.456, 0.406),
    (0.229, 0.224, 0.225),
)
CAFFE = Normalisation("BGR pixels from 0 to 255 without their mean")
MINUS_ONE_TO_ONE = Normalisation("pixels from -1 to 1")
RAW = Normalisation("pixels from 0 to 255: it scales them itself", takes_bytes=True)
# What weights want whose makers do not all want the same: none wants bytes, or shares of 255.
OWN = Normalisation("the mean and deviation that belong to them")

_TORCHVISION = words(
    "alexnet convnext densenet efficientnet googlenet inception maxvit mnasnet mobilenet regnet resnet "
    "resnext shufflenet squeezenet swin vgg vit wide_resnet"
)
_KERAS = {
    "VGG": CAFFE,
    "ResNet50V2": MINUS_ONE_TO_ONE,
    "ResNet101V2": MINUS_ONE_TO_ONE,
    "ResNet152V2": MINUS_ONE_TO_ONE,
    "ResNet": CAFFE,
    "Inception": MINUS_ONE_TO_ONE,
    "Xception": MINUS_ONE_TO_ONE,
    "NASNet": MINUS_ONE_TO_ONE,
    "MobileNetV3": RAW,
    "MobileNet": MINUS_ONE_TO_ONE,
    "DenseNet": IMAGENET,
    "EfficientNet": RAW,
    "ConvNeXt": RAW,
    "RegNet": RAW,
}

# Where Keras keeps the functions that prepare pictures, and what these make of bytes.
FAMILIES = {
    **dict.fromkeys(words("vgg16 vgg19 resnet resnet50"), CAFFE),
    **dict.fromkeys(words("resnet_v2 inception_v3 inception_resnet_v2 xception"), MINUS_ONE_TO_ONE),
    **dict.fromkeys(words("mobilenet mobilenet_v2 nasnet"), MINUS_ONE_TO_ONE),
    **dict.fromkeys(words("mobilenet_v3 efficientnet efficientnet_v2 convnext regnet"), RAW),
    "resnet_rs": RAW,
}


def normalisation_of(path: str) -> Normalisation | None:
    """The normalisation that the weights of a ready model want; None where it is not known, as for
    models that normalise by themselves in their own way."""
    name = path.rsplit(".", 1)[-1]
    if path.startswith("torchvision.models.") and path.count(".") <= 3:
        other = ("detection", "segmentation", "video", "quantization", "optical_flow")
        known = name.startswith(tuple(_TORCHVISION)) and not any(each in path for each in other)
        return IMAGENET if known else None
    if path.startswith("keras.applications."):
        return next((each for prefix, each in _KERAS.items() if name.startswith(prefix)), None)
    return None


def wanted_by(model: Layer) -> Normalisation | None:
    """The normalisation that the weights of a ready model want, be they named to a function that
    makes models."""
    return OWN if model.path == "timm.create_model" else normalisation_of(model.path)


def prepared_by(path: str) -> Normalisation | None:
    """What `preprocess_input` of a family of ready models of Keras makes of bytes, where that is known."""
    family = path.removeprefix("keras.applications.").removesuffix(".preprocess_input")
    return FAMILIES.get(family)
