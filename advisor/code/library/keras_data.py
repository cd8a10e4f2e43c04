"""Data as Keras takes it: arrays, and iterators over pictures that are changed on the way."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import DataGiven, LoaderBuilt, MetricWatched
from advisor.code.library import lineages
from advisor.code.library.keras_sequences import notice_batches
from advisor.code.library.keras_targets import labels_by_mode, labels_of_arrays
from advisor.code.library.models import Call, attribute, function, method, observes
from advisor.code.library.names import words
from advisor.code.library.transforms import GENERATOR
from advisor.code.symbols import Number
from advisor.code.values import (
    GIVEN_ANEW,
    NONE,
    ClassIndices,
    Lineage,
    Object,
    Pixels,
    RowSet,
    Shape,
    Tensor,
    Unknown,
    Value,
    is_always,
    is_constant,
    known_integer,
    known_text,
    one_or_several,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_DATA_SETS = "mnist fashion_mnist cifar10 cifar100 imdb reuters boston_housing california_housing"
# The type of the labels of those that have classes.
_WITH_CLASSES = {
    **dict.fromkeys(("mnist", "fashion_mnist", "cifar10"), "uint8"),
    **dict.fromkeys(("cifar100", "imdb", "reuters"), "long"),
}
_CLASSES = {
    "mnist": 10,
    "fashion_mnist": 10,
    "cifar10": 10,
    "cifar100": 100,
    "imdb": 2,
    "reuters": 46,
}
# How many samples there are to train on, and how many to test by.
_COUNTS: dict[str, tuple[int | None, int | None]] = {
    **dict.fromkeys(("mnist", "fashion_mnist"), (60_000, 10_000)),
    **dict.fromkeys(("cifar10", "cifar100"), (50_000, 10_000)),
}
# How large the pictures of those are that hold pictures.
_PICTURES = {
    **dict.fromkeys(("mnist", "fashion_mnist"), (28, 28)),
    **dict.fromkeys(("cifar10", "cifar100"), (32, 32, 3)),
}
ITERATOR = "keras.preprocessing.image.Iterator"
# Under this key an iterator says that it goes through a folder, in which classes lie apart.
FOLDER = ("folder",)


def give_data(call: Call) -> None:
    """What `fit` is given to learn from, and to judge by after each epoch."""
    lineages.pair(call.machine, call.argument(0, "x"), call.argument(1, "y"), call.node)
    for use, given, targets in (
        (
            "training",
            call.argument(0, "x") or call.argument(-1, "generator"),
            call.argument(1, "y"),
        ),
        ("validation", call.argument(-1, "validation_data"), None),
    ):
        if isinstance(given, SequenceValue) and given.items:
            told = given.items[1] if use == "validation" and len(given.items) > 1 else None
            given, targets = given.items[0], told or targets
        if given is not None:
            draws = notice_batches(call, given)
            callbacks = call.argument(-1, "callbacks")
            event = DataGiven(call.place, call.context, given, use, callbacks, draws=draws)
            event.ordered = is_constant(call.argument(-1, "shuffle"), False)
            event.once = _is_for_one_epoch(call)
            event.targets = targets
            event.model = call.receiver
            call.machine.emit(event)
    _tell_monitors(call)


def _is_for_one_epoch(call: Call) -> bool:
    """Whether `fit` goes through the data once, as it does unless it is told otherwise."""
    if call.arguments.unknown or call.context.loops or call.argument(-1, "nb_epoch") is not None:
        return False
    epochs = call.argument(3, "epochs")
    return epochs is None or known_integer(epochs) == 1


def _tell_monitors(call: Call) -> None:
    """Tell which metric lowers the rate."""
    names = ("validation_data", "validation_split")
    held_out = any(call.argument(-1, name) is not None for name in names)
    for each in one_or_several(call.argument(-1, "callbacks")):
        if isinstance(each, Object) and each.path.endswith(".ReduceLROnPlateau"):
            monitor = known_text(each.argument(0, "monitor"))
            if monitor is not None and each.place is not None:
                event = MetricWatched(each.place, call.context, each, monitor, held_out)
                call.machine.emit(event)


# Callbacks that decide by a score on the validation data, and what they decide.
CHOOSES = {
    "EarlyStopping": "the end of the training is chosen",
    "ModelCheckpoint": "the weights that are kept are chosen",
    "ReduceLROnPlateau": "the learning rate is chosen",
}


@function(*(f"keras.callbacks.{name}" for name in CHOOSES))
def callback(call: Call) -> Value | None:
    """A callback that watches a score."""
    return Object(call.path, call.arguments, call.place)


def choosers(callbacks: Value | None) -> Iterator[Object]:
    """The callbacks that choose by validation data."""
    for each in one_or_several(callbacks):
        if not isinstance(each, Object) or each.path.rsplit(".", 1)[-1] not in CHOOSES:
            continue
        monitor = known_text(each.argument(0 if "Early" in each.path else 1, "monitor"))
        keeps_all = "Checkpoint" in each.path and not is_constant(
            each.argument(-1, "save_best_only"), True
        )
        if not keeps_all and (monitor is None or monitor.startswith("val")):
            yield each


@function(*(f"keras.datasets.{name}.load_data" for name in words(_DATA_SETS)))
def loaded(call: Call) -> Value | None:
    """One of the well-known data sets: rows to train on, and rows to test by."""
    parts: list[Value] = []
    for count in _COUNTS.get(call.path.split(".")[-2], (None, None)):
        lineage = Lineage(RowSet("all", place=call.place))
        lineage.rows.are_for_test = bool(parts)  # the second part
        lineage.rows.has_blanks = call.path == "keras.datasets.mnist.load_data"
        if count is not None:
            lineage.rows.axis = symbols.new_axis(symbols.number(count))
        rows = lineages.axis_of_rows(lineage)
        assert rows is not None
        data, labels = _samples_of(call, rows), _labels_of(call, rows)
        data.lineage = labels.lineage = lineage
        parts.append(SequenceValue("tuple", (data, labels), place=call.place))
    return SequenceValue("tuple", tuple(parts), place=call.place)


def _samples_of(call: Call, rows: Number) -> Tensor | Unknown:
    """The samples of a data set: bytes, where they are pictures, with the channels behind the sides."""
    sides = _PICTURES.get(call.path.split(".")[-2])
    if sides is None:
        return call.unknown()
    axes = tuple(symbols.new_axis(symbols.number(length)) for length in sides)
    shape = Shape((rows, *axes))
    made = Tensor(shape, dtype="uint8", graph=False, library="numpy", place=call.place)
    made.meaning = Pixels(call.place)
    return made


def _labels_of(call: Call, rows: Number) -> Tensor | Unknown:
    """The labels of a data set: the numbers of the classes, where it has classes."""
    name = call.path.split(".")[-2]
    if name not in _WITH_CLASSES:
        return call.unknown()
    made = Tensor(dtype=_WITH_CLASSES[name], graph=False, library="numpy", place=call.place)
    made.shape = Shape((rows, symbols.ONE) if name.startswith("cifar") else (rows,))
    if not call.arguments.positional and call.argument(-1, "label_mode") is None:
        made.meaning = ClassIndices(_CLASSES[name])
    return made


@method(GENERATOR, "flow", "flow_from_directory", "flow_from_dataframe")
def flow(call: Call) -> Value | None:
    """`generator.flow(x, y)`: batches of changed pictures, of the rows that it is given."""
    given = call.argument(0, "x") or call.argument(-1, "dataframe")
    known = None if call.path.endswith("directory") else lineages.known(given)
    lineage = known or Lineage(RowSet("all", place=call.place))
    subset = known_text(call.argument(-1, "subset"))
    rows = lineage.rows.part(("flow", call.node, subset), place=call.place)
    labels = _labels_of_flow(call)
    fields = {"lineage": lineage.of(rows), "generator": call.receiver, **labels}
    made = Object(ITERATOR, call.arguments, call.place, dict(fields))
    if call.path.endswith("directory"):
        made.fields[FOLDER] = True
    call.machine.emit(LoaderBuilt(call.place, call.context, made))
    return made


def _labels_of_flow(call: Call) -> dict[object, Value]:
    if call.path.endswith(".flow"):
        passed = (call.argument(0, "x"), call.argument(1, "y"))
        return labels_of_arrays(SequenceValue("tuple", tuple(each for each in passed if each)))
    mode = call.argument(-1, "class_mode")
    text = "categorical" if mode is None else known_text(mode)
    known = text is not None and not call.arguments.unknown
    return labels_by_mode(text, call.place) if known and text is not None else {}


@method(GENERATOR, "fit")
def fit_generator(call: Call) -> Value | None:
    """`generator.fit(x)`: the statistics that it standardises by."""
    return NONE


@attribute(ITERATOR, "*")
def attribute_of_iterator(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`iterator.samples`, `iterator.class_indices`: the same each time they are read."""
    if not isinstance(node, cst.Attribute):
        return None
    made = machine.unknown(node.attr.value, node)
    if node.attr.value in {"classes", "labels"} and FOLDER in receiver.fields:
        made.lineage = lineages.known(receiver)
    receiver.fields[node.attr.value] = made
    return made


# Where iterators over folders take whether they shuffle.
_SHUFFLES_AT = 6


@observes("predict", "predict_classes", "predict_generator")
def predicted_in_random_order(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`model.predict(iterator)`: in the order that the iterator gives its pictures in."""
    data = operands[1] if len(operands) > 1 else None
    if not isinstance(data, Object) or data.path != ITERATOR or FOLDER not in data.fields:
        return
    lineage = lineages.known(data)
    is_new = result.place is not None and result.place.node is node
    if lineage is None or not is_new or not isinstance(result, (Tensor, Unknown)):
        return
    shuffles = data.argument(_SHUFFLES_AT, "shuffle")
    drawn = not data.arguments.unknown and (shuffles is None or is_always(shuffles, True))
    rows = lineage.rows.part((GIVEN_ANEW, node), GIVEN_ANEW, machine.place(node))
    result.lineage = lineage.of(rows) if drawn else None
