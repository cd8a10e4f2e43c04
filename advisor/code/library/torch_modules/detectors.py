"""Detectors of torchvision: the losses that they return while they are trained."""

from advisor.code.library.models import Call
from advisor.code.values import Amount, Dictionary, Layer, Shape, Tensor, Value, is_constant

_TWO_STAGES = ("loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg")
_ONE_STAGE = ("classification", "bbox_regression")
# The losses under their names, by what is in the names of the models: the first that fits.
_LOSSES = {
    "maskrcnn": (*_TWO_STAGES, "loss_mask"),
    "keypointrcnn": (*_TWO_STAGES, "loss_keypoint"),
    "rcnn": _TWO_STAGES,
    "fcos": (*_ONE_STAGE, "bbox_ctrness"),
    "retinanet": _ONE_STAGE,
    "ssd": _ONE_STAGE,
}


def losses_of_detector(layer: Layer, call: Call) -> Value | None:
    """What a detector makes of pictures and their targets in training: one mean over the batch for
    each thing that it learns. In evaluation, or without targets, it returns what it has found."""
    targets = call.argument(1, "targets")
    if targets is None or is_constant(targets, None) or call.arguments.unknown:
        return None
    if any(switch.training is not True for switch in call.machine.models.modes_of(layer)):
        return None
    name = layer.path.rsplit(".", 1)[-1].lower()
    keys = next((losses for part, losses in _LOSSES.items() if part in name), ())
    return Dictionary({key: _loss(call) for key in keys}, place=call.place) if keys else None


def _loss(call: Call) -> Tensor:
    recorded = call.context.gradients is not False
    made = Tensor(Shape(()), dtype="float", graph=recorded, text="loss", place=call.place)
    made.meaning = Amount("mean", call.context, call.place)
    return made
