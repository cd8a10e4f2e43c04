"""Classes that are made equally large by drawing from one as often as there are rows of another, and
the accuracies of libraries that judge afterwards."""

import re
from collections.abc import Sequence

import libcst as cst

from advisor.code.events import MetricTaken
from advisor.code.library.class_weights import tell_weighted
from advisor.code.library.lineages import FRAME, written
from advisor.code.library.models import METHODS, Call, Model, asked_first, function, method
from advisor.code.values import Value, is_constant, known_text

# As many as there are of something else.
_AS_MANY = re.compile(r"^(len\(.+\)|.+\.shape\[0\])$")
_SAMPLE: Model = METHODS[FRAME, "sample"]


@asked_first("sklearn.utils.resample")
def repeated(call: Call) -> Value | None:
    """`resample(rare, n_samples=len(common))`: a class is made as large as another one."""
    if any(_is_as_many(each) for each in _passed(call) if each.keyword is not None):
        tell_weighted(call, "resample")
    return None


@method(FRAME, "sample")
def drawn_often(call: Call) -> Value | None:
    """`rare.sample(len(common), replace=True)`."""
    counted = any(map(_is_as_many, _passed(call)))
    if counted and is_constant(call.argument(2, "replace"), True):
        tell_weighted(call, "sample")
    return _SAMPLE(call)


def _passed(call: Call) -> Sequence[cst.Arg]:
    return call.node.args if isinstance(call.node, cst.Call) else ()


def _is_as_many(argument: cst.Arg) -> bool:
    """Whether an argument is how many there are of something."""
    return _AS_MANY.search(written(argument.value)) is not None


@function("torchmetrics.Accuracy", "torchmetrics.classification.Accuracy")
@function("torchmetrics.classification.BinaryAccuracy", "torchmetrics.functional.accuracy")
def accuracy(call: Call) -> Value | None:
    """The share of samples that are right, unless classes count alike."""
    average = call.argument(-1, "average")
    if average is None or known_text(average) == "micro":
        call.machine.emit(MetricTaken(call.place, call.context, "accuracy", ()))
    return None


@function("evaluate.load", "datasets.load_metric")
def loaded_metric(call: Call) -> Value | None:
    """`evaluate.load("accuracy")`."""
    if known_text(call.argument(0, "path")) == "accuracy":
        call.machine.emit(MetricTaken(call.place, call.context, "accuracy", ()))
    return None
