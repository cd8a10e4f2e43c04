"""Classes that are made equally large by drawing from one as often as there are rows of another, and
the accuracies of libraries that judge afterwards."""

import re
from collections.abc import Sequence

import libcst as cst

from advisor.code.events import MetricTaken
from advisor.code.library.class_weights import tell_weighted
from advisor.code.library.lineages import FRAME, copies, is_chosen_by_condition, written
from advisor.code.library.models import METHODS, Call, Model, asked_first, function, method
from advisor.code.library.pandas.tables import same_columns, table_like, whole_of
from advisor.code.library.running_metrics import changed
from advisor.code.values import Object, Value, is_constant, known_text

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
    """`rare.sample(len(common), replace=True)`, or as many of the common rows as there are rare ones."""
    counted = any(map(_is_as_many, _passed(call)))
    if counted and is_constant(call.argument(2, "replace"), True):
        tell_weighted(call, "sample")
    elif counted and isinstance(call.receiver, Object):
        rows = whole_of(call.receiver).rows
        if is_chosen_by_condition(rows) and not _is_all_of_itself(call):
            left = copies("resampled", call.place, call.context, rows)
            left.are_thinned = True
            return same_columns(table_like(call.receiver, left), call.receiver)
    return _SAMPLE(call)


def _is_all_of_itself(call: Call) -> bool:
    """Whether as many rows are drawn as there are: `labels.sample(len(labels))` puts them in another
    order."""
    node = call.node
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return False
    own = written(node.func.value)
    return any(written(each.value) in {f"len({own})", f"{own}.shape[0]"} for each in node.args)


def _passed(call: Call) -> Sequence[cst.Arg]:
    return call.node.args if isinstance(call.node, cst.Call) else ()


def _is_as_many(argument: cst.Arg) -> bool:
    """Whether an argument is how many there are of something."""
    return _AS_MANY.search(written(argument.value)) is not None


_ACCURACY = "torchmetrics.Accuracy"
_LOADED = "evaluate.accuracy"


@function(_ACCURACY, "torchmetrics.classification.Accuracy")
@function("torchmetrics.classification.BinaryAccuracy")
@function("torchmetrics.classification.accuracy.Accuracy")
def accuracy(call: Call) -> Value | None:
    """The share of samples that are right, unless classes count alike."""
    return Object(_ACCURACY, call.arguments, call.place) if _counts_samples(call) else None


def _counts_samples(call: Call) -> bool:
    average = call.argument(-1, "average")
    return average is None or known_text(average) == "micro"


@function("torchmetrics.functional.accuracy", "torchmetrics.functional.classification.accuracy")
def accuracy_at_once(call: Call) -> Value | None:
    """The share of samples that are right."""
    if _counts_samples(call):
        call.machine.emit(MetricTaken(call.place, call.context, "accuracy", ()))
    return None


@function("evaluate.load", "datasets.load_metric")
def loaded_metric(call: Call) -> Value | None:
    """`evaluate.load("accuracy")`."""
    named = known_text(call.argument(0, "path"))
    return Object(_LOADED, call.arguments, call.place) if named == "accuracy" else None


@method(_ACCURACY, "__call__", "forward", "compute")
@method(_LOADED, "compute")
def accuracy_taken(call: Call) -> Value | None:
    """The accuracy of some samples, or of all that it was told of."""
    call.machine.emit(MetricTaken(call.place, call.context, "accuracy", ()))
    of_object = isinstance(call.receiver, Object) and call.receiver.path == _ACCURACY
    return changed(call) if of_object else None


@method(_ACCURACY, "to", "cuda", "cpu", "clone")
def itself(call: Call) -> Value | None:
    """The same accuracy."""
    return call.receiver
