"""Objects of torchmetrics and Keras that put a metric together batch by batch."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import MetricChanged
from advisor.code.library.models import Call, family, function, method, observes
from advisor.code.values import (
    NONE,
    Amount,
    Object,
    Rated,
    Value,
    alternatives,
    give_meaning,
    meaning_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_FAMILY = "running metric"
# Under this key a metric has what it was told last.
_TOLD = ("told",)
_FALLS = re.compile(r"Error|Loss|Perplexity|\.Mean$|MeanMetric|Sum")
_HOW = {
    "update": "told",
    "update_state": "told",
    "__call__": "told",
    "forward": "told",
    "compute": "asked",
    "result": "asked",
    "reset": "reset",
    "reset_state": "reset",
    "reset_states": "reset",
}
_KINDS = ("", "Binary", "Multiclass", "Multilabel")
_OF_CLASSES = (
    *("Accuracy", "F1Score", "FBetaScore", "Precision", "Recall", "Specificity", "AUROC"),
    *("AveragePrecision", "ConfusionMatrix", "JaccardIndex", "CohenKappa", "MatthewsCorrCoef"),
)
_OTHERS = (
    *("MeanMetric", "SumMetric", "MeanSquaredError", "MeanAbsoluteError", "R2Score", "Dice"),
    *("PearsonCorrCoef", "SpearmanCorrCoef", "MeanAbsolutePercentageError", "Perplexity"),
)
_OF_TORCH = [
    f"torchmetrics{inside}.{kind}{name}"
    for name in _OF_CLASSES
    if name != "Accuracy"
    for kind in _KINDS
    for inside in ("", ".classification")
]
_OF_TORCH += ["torchmetrics.classification.MulticlassAccuracy"]
_OF_TORCH += ["torchmetrics.classification.MultilabelAccuracy"]
_OF_TORCH += [
    f"torchmetrics{inside}.{name}"
    for name in _OTHERS
    for inside in ("", ".regression", ".aggregation")
]
_OF_KERAS = (
    *("Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy", "AUC"),
    *("Mean", "Sum", "MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError"),
    *("Precision", "Recall", "F1Score", "MeanIoU", "TopKCategoricalAccuracy"),
)
family(_FAMILY, "torchmetrics.", "keras metric.")


@function(*_OF_TORCH)
def metric_of_torch(call: Call) -> Value | None:
    """`torchmetrics.F1Score(task="multiclass", num_classes=4)`."""
    return Object(call.path, call.arguments, call.place)


@function(*(f"keras.metrics.{name}" for name in _OF_KERAS))
def metric_of_keras(call: Call) -> Value | None:
    """`keras.metrics.Mean()`."""
    return Object(f"keras metric.{call.path.rsplit('.', 1)[-1]}", call.arguments, call.place)


@method(_FAMILY, "to", "cuda", "cpu")
def itself(call: Call) -> Value | None:
    """The same metric."""
    return call.receiver


@method(_FAMILY, *_HOW)
def changed(call: Call) -> Value | None:
    """What a metric returns says how good a model is by the samples that it was told of."""
    made, metric = call.unknown(), call.receiver
    how = _HOW[call.path.rsplit(".", 1)[-1]]
    if not isinstance(metric, Object):
        return made
    if how == "told":
        told = call.machine.unknown("batch", call.node)
        give_meaning(told, Amount("mean", call.context, call.place))
        call.machine.store(metric.fields, _TOLD, told)
    elif how == "reset":
        call.machine.store(metric.fields, _TOLD, NONE)
    known = metric.fields.get(_TOLD)
    if how == "asked" and isinstance(known, Value):
        found = [meaning_of(each) for each in alternatives(known)]
        amount = next((each for each in found if isinstance(each, Amount)), None)
        if amount is not None:
            give_meaning(made, Rated(_FALLS.search(metric.path) is None, amount))
    return made


@observes(*_HOW)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """See what a metric is told of, and when it is asked and set back."""
    metric = operands[0] if operands else None
    if isinstance(metric, Object) and metric.path.startswith(("torchmetrics.", "keras metric.")):
        place, how = machine.place(node), _HOW[operation]
        machine.emit(MetricChanged(place, machine.context, metric, how))
