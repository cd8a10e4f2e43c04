"""Ready models of torchvision: the scores they return."""

from advisor.code.interpreter import calls
from advisor.code.library.models import (
    Call,
    function,
)
from advisor.code.library.torch_modes import TOUCHED
from advisor.code.values import (
    Activation,
    Arguments,
    Layer,
    Scale,
    Shape,
    Tensor,
    Value,
)


@function("torchvision.models.*")
def ready_model(call: Call) -> Value | None:
    """Ready models: they return logits."""
    if call.path.rsplit(".", 1)[-1].startswith(("get_", "list_")):
        return None
    return Layer(call.path, call.arguments, call.place)


# What ready models call the layers that make their scores.
_HEADS = ("fc", "classifier", "head", "heads")
# Ready models that return more than scores, at least while they are trained.
_RETURN_MORE = ("inception", "googlenet", "detection.", "segmentation.", "optical_flow.")


def _scores_of_head(layer: Layer, name: str, call: Call) -> Value:
    """What a new head makes of the features. It may have been put round the old one, which goes by
    the same name: `model.fc = nn.Sequential(model.fc, …)`."""
    head = layer.fields.pop(name)
    features = Tensor(Shape(), graph=True, place=call.place)
    try:
        return calls.call(call.machine, head, Arguments([features]), call.node)
    finally:
        layer.fields[name] = head


def scores_of_ready_model(layer: Layer, call: Call) -> Value | None:
    """The scores of a ready model: those of its new head, if it has been given one."""
    name = layer.path.removeprefix("torchvision.models.").lower()
    if name.startswith(_RETURN_MORE) or "rcnn" in name:
        return None
    for each in _HEADS:
        if isinstance(layer.fields.get(each), Value):
            return _scores_of_head(layer, each, call)
    if TOUCHED in layer.fields:
        return None
    return Tensor(Shape(), scale=Scale(Activation.LOGITS, call.place), dtype="float", graph=True)
