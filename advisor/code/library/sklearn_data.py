"""The data sets of scikit-learn."""

from collections.abc import Sequence as SequenceOf
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter import attributes
from advisor.code.library import lineages
from advisor.code.library.class_weights import notice_shares
from advisor.code.library.models import Call, Index, attribute, function, item
from advisor.code.library.names import words
from advisor.code.symbols import new_axis, number
from advisor.code.values import (
    ClassIndices,
    Lineage,
    Object,
    RowSet,
    Sequence,
    Shape,
    Tensor,
    Value,
    is_constant,
    known_integer,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


# Whose targets are one number for each sample: the class, or how much it is.
_OF_CLASSES = words(
    "make_blobs make_circles make_classification make_moons make_gaussian_quantiles load_iris "
    "load_digits load_wine load_breast_cancer"
)
_OF_NUMBERS = words(
    "make_friedman1 make_friedman2 make_friedman3 make_s_curve make_swiss_roll make_hastie_10_2 "
    "load_diabetes load_boston fetch_california_housing"
)


# How many classes those have that come as they are.
_CLASSES = {
    "load_iris": 3,
    "load_wine": 3,
    "load_breast_cancer": 2,
    "load_digits": 10,
    "make_moons": 2,
    "make_circles": 2,
    "make_classification": 2,
}
# How many columns those have that come as they are, from scikit-learn's page on its toy data sets.
_COLUMNS = {
    "load_iris": 4,
    "load_digits": 64,
    "load_wine": 13,
    "load_breast_cancer": 30,
    "load_diabetes": 10,
    "load_boston": 13,
    "load_linnerud": 3,
    "fetch_california_housing": 8,
}
# How many rows those have that come whole, from the same page.
_ROWS = {
    "load_iris": 150,
    "load_digits": 1797,
    "load_wine": 178,
    "load_breast_cancer": 569,
    "load_diabetes": 442,
    "load_boston": 506,
    "fetch_california_housing": 20640,
}
# Under which names others are asked for, and where by position.
_ASKED = {"load_digits": (-1, "n_class"), "make_classification": (5, "n_classes")}


def _number_of_classes(call: Call, name: str) -> int | None:
    known = _CLASSES.get(name)
    if known is None or call.arguments.unknown:
        return None
    asked = call.argument(*_ASKED[name]) if name in _ASKED else None
    if asked is None:
        return known
    return None if getattr(asked, "configurable", None) else known_integer(asked)


def _labelled(call: Call) -> tuple[Value, Value]:
    lineage = Lineage(RowSet("all", place=call.place))
    # The pixels in the corners are 0 in all of its pictures.
    lineage.rows.has_blanks = call.path.endswith("load_digits")
    count = _number_of_rows(call)
    if count is not None:
        lineage.rows.axis = new_axis(number(count))
    made, rows = lineages.array(lineage, call.place), lineages.axis_of_rows(lineage)
    columns = _COLUMNS.get(call.path.rsplit(".", 1)[-1])
    if columns is not None and rows is not None:
        made.shape = Shape((rows, number(columns)))
    return made, _targets(call, lineage)


def _number_of_rows(call: Call) -> int | None:
    """How many samples there are, of those that are read whole or drawn from a formula."""
    name = call.path.rsplit(".", 1)[-1]
    if call.arguments.unknown or "n_class" in call.arguments.keywords:
        return None
    if not name.startswith("make_"):
        return None if call.arguments.positional else _ROWS.get(name)
    asked = call.argument(0, "n_samples")
    return None if getattr(asked, "configurable", None) else known_integer(asked)


def _targets(call: Call, lineage: Lineage) -> Tensor:
    """The targets of a data set, with what is known of their type."""
    made, name = lineages.array(lineage, call.place), call.path.rsplit(".", 1)[-1]
    alone = name == "make_regression" and call.argument(-1, "n_targets") is None
    if name in _OF_CLASSES:
        made.dtype = "long"
        classes = _number_of_classes(call, name)
        made.meaning = None if classes is None else ClassIndices(classes)
    elif name in _OF_NUMBERS or alone:
        made.dtype = "float"
    rows = lineages.axis_of_rows(lineage)
    if made.dtype is not None and rows is not None:
        made.shape = Shape((rows,))
    return made


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
    table = lineages.frame(lineages.samples(first), call.place)
    if is_constant(call.argument(-1, "as_frame"), True):
        first = lineages.frame(lineages.samples(first), call.place)
    if is_constant(pair, True):
        return Sequence("tuple", (first, second), place=call.place)
    fields: dict[object, Value] = {"data": first, "target": second, "frame": table}
    return Object("sklearn.utils.Bunch", call.arguments, call.place, fields)


@item("sklearn.utils.Bunch")
def part_of_bunch(
    machine: "Machine", receiver: Object, indices: SequenceOf[Index], node: cst.CSTNode
) -> Value | None:
    """`wine["data"]`: its parts go by their names in brackets as well."""
    name = known_text(indices[0]) if len(indices) == 1 and isinstance(indices[0], Value) else None
    return None if name is None else attributes.get(machine, receiver, name, node)


@attribute("sklearn.utils.Bunch", "images")
def images(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """The same samples as pictures."""
    data = receiver.fields.get("data")
    return lineages.alike(None, lineages.samples(data), data.place) if data is not None else None
