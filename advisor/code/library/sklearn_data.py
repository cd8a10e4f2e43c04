"""The data sets of scikit-learn."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library import lineages
from advisor.code.library.class_weights import notice_shares
from advisor.code.library.models import Call, attribute, function
from advisor.code.library.names import words
from advisor.code.values import Lineage, Object, RowSet, Sequence, Value, is_constant

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def _labelled(call: Call) -> tuple[Value, Value]:
    lineage = Lineage(RowSet("all", place=call.place))
    return lineages.array(lineage, call.place), lineages.array(lineage, call.place)


_MAKERS = words(
    "blobs checkerboard circles classification friedman1 friedman2 friedman3 gaussian_quantiles "
    "hastie_10_2 low_rank_matrix moons multilabel_classification regression s_curve swiss_roll"
)


@function(*(f"sklearn.datasets.make_{name}" for name in _MAKERS))
def made(call: Call) -> Value | None:
    """Samples and labels drawn from a formula."""
    notice_shares(call)
    return Sequence("tuple", _labelled(call), place=call.place)


_LOADERS = words(
    "load_iris load_digits load_wine load_breast_cancer load_diabetes load_boston load_linnerud "
    "fetch_california_housing fetch_openml fetch_covtype fetch_olivetti_faces fetch_lfw_people "
    "fetch_20newsgroups fetch_20newsgroups_vectorized fetch_mldata load_files"
)


@function(*(f"sklearn.datasets.{name}" for name in _LOADERS))
def loaded(call: Call) -> Value | None:
    """One of the well-known data sets."""
    pair = call.argument(-1, "return_X_y")
    first, second = _labelled(call)
    if is_constant(pair, True):
        return Sequence("tuple", (first, second), place=call.place)
    table = lineages.frame(lineages.samples(first), call.place)
    fields: dict[object, Value] = {"data": first, "target": second, "frame": table}
    return Object("sklearn.utils.Bunch", call.arguments, call.place, fields)


@attribute("sklearn.utils.Bunch", "images")
def images(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The same samples as pictures."""
    return receiver.fields.get("data")
