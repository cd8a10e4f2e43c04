"""Ready models of torchvision: the scores they return."""

from dataclasses import replace

from advisor.code import symbols
from advisor.code.events import ModulePlaced
from advisor.code.interpreter import calls
from advisor.code.library.families import HEADS
from advisor.code.library.models import (
    Call,
    function,
    method,
)
from advisor.code.library.torch_modes import TOUCHED
from advisor.code.library.torch_modules.detectors import losses_of_detector
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.symbols import Number
from advisor.code.values import (
    TRUE,
    Activation,
    Arguments,
    Instance,
    Layer,
    Scale,
    Shape,
    Tensor,
    Value,
    known_number,
    known_text,
    size_of_axis,
)

_RANK_OF_PICTURES = 4
_OF_IMAGENET = 1000


@function("torchvision.models.*", "torchvision.models.detection.*")
def ready_model(call: Call) -> Value | None:
    """Ready models: they return logits."""
    if call.path.rsplit(".", 1)[-1].startswith(("get_", "list_")):
        return None
    return Layer(call.path, call.arguments, call.place)


@function("torchvision.models.get_model")
def ready_model_by_name(call: Call) -> Value | None:
    """`get_model("resnet34", weights="DEFAULT")`, as `resnet34(weights="DEFAULT")`."""
    name = known_text(call.argument(0, "name"))
    if name is None or head_of(name) is None:
        return None
    named = {key: each for key, each in call.arguments.keywords.items() if key != "name"}
    passed = replace(call.arguments, positional=[], keywords=named)
    return Layer(f"torchvision.models.{name}", passed, call.place)


@function("timm.create_model", "timm.models.create_model")
def made_by_name(call: Call) -> Value | None:
    """timm's `create_model("resnet34", pretrained=True, num_classes=10)`."""
    return Layer("timm.create_model", call.arguments, call.place)


@method("timm.create_model", "reset_classifier", "get_classifier")
def head_touched(call: Call) -> Value | None:
    """`model.reset_classifier(10)`: another head than the one it came with."""
    if isinstance(call.receiver, Layer):
        call.machine.store(call.receiver.fields, TOUCHED, TRUE)
        if call.path.endswith("reset_classifier") and not _takes_head_away(call):
            head = Layer("torch.nn.Linear", Arguments(unknown=True), call.place)
            call.machine.emit(ModulePlaced(call.place, call.context, call.receiver, head))
    return None


def _takes_head_away(call: Call) -> bool:
    """`reset_classifier(0)`: the features are all that is left."""
    count = known_number(call.argument(0, "num_classes"))
    return count is not None and count.constant == 0


# What ready models call the layers that make their scores, by the start of the models' names.
_HEAD_OF = {
    "fc": ("resnet", "resnext", "wide_resnet", "shufflenet", "googlenet", "inception", "regnet"),
    "classifier": (
        *("alexnet", "convnext", "densenet", "efficientnet", "maxvit", "mnasnet", "mobilenet"),
        *("squeezenet", "vgg"),
    ),
    "head": ("swin",),
    "heads": ("vit_",),
}


def head_of(model: str) -> str | None:
    """What a ready model calls the layer that makes its scores."""
    return next((name for name, starts in _HEAD_OF.items() if model.startswith(starts)), None)


# Ready models that return more than scores, at least while they are trained.
_RETURN_MORE = ("inception", "googlenet", "segmentation.", "optical_flow.")


# How many features they hand to the layer that stands under such a name.
_FEATURES = {
    "fc": {
        **dict.fromkeys(("resnet18", "resnet34"), 512),
        **dict.fromkeys(("resnet50", "resnet101", "resnet152"), 2048),
        **dict.fromkeys(("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"), 2048),
        **dict.fromkeys(("wide_resnet50_2", "wide_resnet101_2"), 2048),
        **dict.fromkeys(("shufflenet_v2_x0_5", "shufflenet_v2_x1_0"), 1024),
    },
    "classifier": {
        "alexnet": 9216,
        "densenet121": 1024,
        "densenet161": 2208,
        "densenet169": 1664,
        "densenet201": 1920,
        "mobilenet_v2": 1280,
        "mobilenet_v3_small": 576,
        "mobilenet_v3_large": 960,
        "efficientnet_b0": 1280,
        "efficientnet_b1": 1280,
        **dict.fromkeys(("vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn"), 25088),
        **dict.fromkeys(("vgg19", "vgg19_bn"), 25088),
    },
}


def _features(layer: Layer, name: str) -> Shape:
    """What the layer under a name is given: so many features for each sample, in models whose width
    nobody has changed."""
    model = layer.path.removeprefix("torchvision.models.").rsplit(".", 1)[-1].lower()
    width = _FEATURES.get(name, {}).get(model)
    plain = not {"width_mult", "width_per_group"} & set(layer.arguments.keywords)
    others = (each for key, each in layer.fields.items() if key != name)
    changed = any(isinstance(each, (Layer, Instance)) for each in others)
    known = width is not None and plain and not changed and not layer.arguments.unknown
    return Shape(last=symbols.number(width)) if known and width is not None else Shape()


def _scores_of_head(layer: Layer, name: str, call: Call) -> Value:
    """What a new head makes of the features. It may have been put round the old one, which goes by
    the same name: `model.fc = nn.Sequential(model.fc, …)`."""
    head = layer.fields.pop(name)
    pictures, shape = as_tensor(call.argument(0, "input")), _features(layer, name)
    width = shape.known_axes.get(-1)
    if pictures is not None and pictures.shape.rank == 4 and width is not None:
        shape = Shape((pictures.shape.axis(0), width))
    features = Tensor(shape, graph=True, place=call.place)
    try:
        return calls.call(call.machine, head, Arguments([features]), call.node)
    finally:
        layer.fields[name] = head


def _holds_pictures(shape: Shape) -> bool:
    """Whether the first axis is known, along which the pictures lie that a ready model is given."""
    return shape.rank == _RANK_OF_PICTURES or (shape.rank is None and 0 in shape.known_axes)


def _number_of_classes(layer: Layer) -> Number:
    """How many classes a ready model tells apart, if nothing else was asked for those of ImageNet."""
    given = layer.argument(-1, "num_classes")
    if given is None and not layer.arguments.unknown:
        return symbols.axis_of_length(_OF_IMAGENET)
    return size_of_axis(given) or symbols.fresh("classes", is_axis=True)


def is_classifier(layer: Layer) -> bool:
    """Whether a layer is a ready model of torchvision that tells classes of pictures apart."""
    name = layer.path.removeprefix("torchvision.models.")
    return name != layer.path and "." not in name


def scores_of_ready_model(layer: Layer, call: Call) -> Value | None:
    """The scores of a ready model: those of its new head, if it has been given one."""
    name = layer.path.removeprefix("torchvision.models.").lower()
    if name.startswith("detection.") or "rcnn" in name:
        return losses_of_detector(layer, call)
    if name.startswith(_RETURN_MORE):
        return None
    known = head_of(name.rsplit(".", 1)[-1])
    for each in HEADS if known is None else (known,):
        if isinstance(layer.fields.get(each), Value):
            return _scores_of_head(layer, each, call)
    if TOUCHED in layer.fields:
        return None
    given = call.argument(0, "x")
    shape = Shape()
    if is_classifier(layer) and isinstance(given, Tensor) and _holds_pictures(given.shape):
        shape = Shape((given.shape.axis(0), _number_of_classes(layer)))
    scale = Scale(Activation.LOGITS, call.place)
    return Tensor(shape, scale=scale, dtype="float", graph=True)
