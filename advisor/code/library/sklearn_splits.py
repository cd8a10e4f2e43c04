"""How scikit-learn divides rows: splits, folds, cross-validation and searches."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import RowsSplit
from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.models import Call, function, iteration, method
from advisor.code.library.names import words
from advisor.code.library.sklearn import fit_on, learn
from advisor.code.values import Arguments, Lineage, Object, RowSet, Sequence, Value, is_constant

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@function("sklearn.model_selection.train_test_split", "sklearn.cross_validation.train_test_split")
@function("dask_ml.model_selection.train_test_split", "cuml.model_selection.train_test_split")
def train_test_split(call: Call) -> Value | None:
    """`train_test_split(*arrays)`."""
    data = call.arguments.positional
    if not data or call.arguments.unknown:
        return None
    for value in data:
        lineages.samples(value)
    if len(data) > 1:
        lineages.pair(call.machine, data[0], data[1], call.node)
    event = lineages.divide(call.machine, data, "train_test_split", call.node)
    keywords = call.arguments.keywords
    shuffle = keywords.get("shuffle")
    event.is_random = shuffle is None or is_constant(shuffle, True)
    event.seed = keywords.get("random_state")
    event.size = keywords.get("test_size") or keywords.get("train_size")
    parts = [part for value in data for part in lineages.halves(value, event)]
    return Sequence("list", tuple(parts), place=call.place)


@method("splitter", "split")
def folds(call: Call) -> Value | None:
    """`KFold().split(X, y)`: pairs of indices."""
    receiver = call.receiver
    assert isinstance(receiver, Object)
    data = [value for value in call.arguments.values() if lineages.all_of(value)]
    return _folds(call.machine, receiver, data, call.node, call.argument(1, "y"))


def _folds(
    machine: "Machine",
    splitter: Object,
    data: list[Value],
    node: cst.CSTNode,
    labels: Value | None = None,
) -> Object:
    name = splitter.path.rsplit(".", 1)[-1]
    grouped = "Group" in name or "Label" in name
    strata = labels if "Stratified" in name else None
    event = lineages.divide(machine, data, f"{name}.split", node, grouped, strata)
    event.is_random = _is_random(splitter)
    return Object("sklearn.folds", Arguments(), machine.place(node), {"event": event})


# Splitters that draw the rows of each fold, or the order of all rows, whatever they are told.
_DRAWING = frozenset(
    words("ShuffleSplit StratifiedShuffleSplit RepeatedKFold RepeatedStratifiedKFold")
)


def _is_random(splitter: Value | None) -> bool:
    """Whether what divides rows puts neighbours on different sides."""
    if not isinstance(splitter, Object):
        return False
    shuffles = is_constant(splitter.argument(-1, "shuffle"), True)
    return shuffles or splitter.path.rsplit(".", 1)[-1] in _DRAWING


@iteration("sklearn.folds")
def iterate_folds(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """Pairs of training and test indices."""
    event = value.fields["event"]
    assert isinstance(event, RowsSplit)
    index = lineages.array(Lineage(RowSet("all", place=event.place)), event.place)
    pair = lineages.halves(index, event)
    return Iteration(make=lambda: Sequence("tuple", pair, place=event.place))


@iteration("splitter")
def iterate_splitter(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """`for train, test in KFold(n)` of old versions."""
    return iterate_folds(machine, _folds(machine, value, [], node), node)


_CROSS_VALIDATIONS = words(
    "cross_val_score cross_validate cross_val_predict learning_curve validation_curve"
)


@function(
    *(f"sklearn.model_selection.{name}" for name in _CROSS_VALIDATIONS),
    *(f"sklearn.cross_validation.{name}" for name in _CROSS_VALIDATIONS),
)
def cross_validated(call: Call) -> Value | None:
    """`cross_val_score(model, X, y)`."""
    data = [value for value in (call.argument(1, "X"), call.argument(2, "y")) if value is not None]
    splitter = call.argument(-1, "cv")
    grouped = isinstance(splitter, Object) and "Group" in splitter.path
    name = call.path.rsplit(".", 1)[-1]
    if len(data) == 2:
        lineages.pair(call.machine, data[0], data[1], call.node)
    event = lineages.divide(call.machine, data, name, call.node, grouped)
    event.is_random = _is_random(splitter)
    if len(data) == 2:
        learn(call, call.argument(0, "estimator"), data[0], data[1])
    return None


@method("search", "fit")
def searched(call: Call) -> Value | None:
    """`GridSearchCV(…).fit(X, y)`: each candidate is cross-validated."""
    receiver = call.receiver
    assert isinstance(receiver, Object)
    data = [value for value in (call.argument(0, "X"), call.argument(1, "y")) if value is not None]
    splitter = receiver.argument(-1, "cv")
    grouped = isinstance(splitter, Object) and "Group" in splitter.path
    name = receiver.path.rsplit(".", 1)[-1]
    if len(data) == 2:
        # Without labels nothing is predicted.
        lineages.pair(call.machine, data[0], data[1], call.node)
        event = lineages.divide(call.machine, data, f"{name}.fit", call.node, grouped)
        event.is_random = _is_random(splitter)
        learn(call, receiver.argument(0, "estimator"), data[0], data[1])
    if data:
        fit_on(call, receiver, data[0])
        _refit(call, receiver, data[0])
    return receiver


# Under this key the best model of a search says that it is.
WINNER = ("winner",)


def _refit(call: Call, search: Object, data: Value) -> None:
    """`search.best_estimator_`: the best model, fitted on all rows in the end."""
    model = search.argument(0, "estimator")
    if not isinstance(model, Object) or is_constant(search.argument(-1, "refit"), False):
        return
    best = Object(model.path, model.arguments, call.place, {WINNER: search})
    fit_on(call, best, data)
    call.machine.store(search.fields, "best_estimator_", best)
