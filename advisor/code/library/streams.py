"""Data sets that are changed step by step, each step making another one: those of tf.data, of Keras's
folders of pictures, and of Hugging Face's `datasets`.

A data set has its rows as all samples do; under `reshuffled` the place where its order began to change
from epoch to epoch, under `transform` what changes its samples at random, under `drops` the place where
its last batch is dropped.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code import symbols
from advisor.code.events import DrawnAnew, FolderRead
from advisor.code.interpreter import calls
from advisor.code.library import lineages
from advisor.code.library.keras_targets import (
    LABELS,
    holds_pictures,
    labels_after,
    labels_by_mode,
    labels_of_arrays,
    labels_of_catalogue,
)
from advisor.code.library.models import Call, Index, Model, family, function, item, method
from advisor.code.library.names import words
from advisor.code.library.pixel_values import pixels_of
from advisor.code.library.stream_changes import random_change
from advisor.code.nodes import as_written, passed_by_name
from advisor.code.symbols import Number, number
from advisor.code.values import (
    LISTED,
    NONE,
    SHUFFLED,
    Arguments,
    Constant,
    Dictionary,
    Lineage,
    Object,
    Pixels,
    RowSet,
    Scalar,
    Tensor,
    Unknown,
    Value,
    give_meaning,
    is_constant,
    known_integer,
    known_number,
    known_text,
    shape_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace

TENSORFLOW = "tensorflow.data.Dataset"
HUGGING_FACE = "datasets.Dataset"
DICTIONARY = "datasets.DatasetDict"
# Under this key a data set that is read has the function that has read it.
READER = ("reader",)
# Under this key a data set has where all parts were told what their samples go through.
CHANGED_AT = ("changed at",)
# Under this key a data set says that it goes through arrays row by row, or through files in order.
OF_ARRAYS = ("of arrays",)
# Under this key a data set has how many samples are in each of its batches but the last, and how many
# there are in all, None where nobody knows.
BATCHED = ("batched",)
# Under this key a data set says that its samples come several times.
REPEATED = ("repeated",)
# Under this key a data set has one of its samples.
ELEMENT = ("element",)
# Under this key a data set has where its order is drawn anew each time that somebody goes through it.
DRAWN_AT = ("drawn at",)
# Under this key a data set has the random orders that it was brought into, by seed or by place.
ORDERS = ("orders",)
# Under this key a data set of two things side by side has where each of them was shuffled on its own.
APART = ("apart",)
# Under this key a data set has the calls that led to its last step.
CALLS = ("calls",)
_READERS = words("TFRecordDataset TextLineDataset FixedLengthRecordDataset")

# The place at which functions that read folders are told whether to shuffle.
_SHUFFLE_AT = 7
# What leaves as many samples as there were, unless a function of such a name is mapped.
_KEEP_COUNT = words(
    "map shuffle prefetch cache with_options remove_columns rename_column rename_columns with_format "
    "with_transform"
)
_REGROUPS = re.compile(r"group|chunk|window|strid|split|augment|explode|overflow", re.IGNORECASE)

family("stream", TENSORFLOW, HUGGING_FACE)


def _made(call: Call, path: str, lineage: Lineage, fields: dict[Any, Any] | None = None) -> Object:
    made = {**(fields or {}), "lineage": lineage, CALLS: call.context.calls}
    return Object(path, call.arguments, call.place, made)


def step(path: str, *names: str) -> Callable[[Model], Model]:
    """Model methods of data sets that a library has made, not of classes of the project."""

    def register(model: Model) -> Model:
        def guarded(call: Call) -> Value | None:
            return model(call) if isinstance(call.receiver, Object) else None

        method(path, *names)(guarded)
        return model

    return register


def _again(call: Call, others: dict[Any, Any] | None = None, **changes: object) -> Object:
    """The same data set after one step more."""
    whole = call.receiver
    assert isinstance(whole, Object)
    lost: set[Any] = {"lineage"}
    if call.path.rsplit(".", 1)[-1] not in _KEEP_COUNT:
        lost |= {"length", BATCHED}
    kept = {key: value for key, value in whole.fields.items() if key not in lost}
    if _REGROUPS.search(" ".join(lineages.written(call.node).split())):
        kept.pop("length", None)
    return _made(call, whole.path, lineages.samples(whole), {**kept, **(others or {}), **changes})


# --- tf.data ------------------------------------------------------------------------------


@function(f"{TENSORFLOW}.from_tensor_slices", f"{TENSORFLOW}.from_tensors")
def of_arrays(call: Call) -> Value | None:
    """A data set of the rows of arrays."""
    given = call.argument(0, "tensors")
    length = _length_of(given)
    if isinstance(given, SequenceValue) and given.items:
        if given.kind == "tuple":
            lineages.pair(call.machine, given.items[0], given.items[-1], call.node)
            if len(given.items) > 1:
                lineages.learn(call.machine, given.items[0], given.items[1], "", call.node)
        given = given.items[0]
    known = lineages.samples(given) if given is not None else None
    labels = labels_of_arrays(call.argument(0, "tensors"))
    fields: dict[Any, Any] = {OF_ARRAYS: call.path.endswith("slices"), **labels}
    if fields[OF_ARRAYS] and length is not None and length.integer is not None:
        fields["length"] = Scalar(length)
    if fields[OF_ARRAYS] and call.argument(0, "tensors") is not None:
        fields[ELEMENT] = _row_of(call.argument(0, "tensors"))
    return _made(call, TENSORFLOW, known or Lineage(RowSet("all", place=call.place)), fields)


@function("keras.utils.timeseries_dataset_from_array")
@function("keras.preprocessing.timeseries_dataset_from_array")
def of_windows(call: Call) -> Value | None:
    """Windows over the rows of an array, unless it is told where to begin or to end. Whether those of a
    series come in order is its own affair."""
    given = call.argument(0, "data")
    bounds = call.argument(8, "start_index"), call.argument(9, "end_index")
    whole = all(each is None or is_constant(each, None) for each in bounds)
    if given is None or not whole or call.arguments.unknown:
        return None
    return _made(call, TENSORFLOW, lineages.samples(given), {"shuffled": True})


def _length_of(given: Value | None) -> Number | None:
    """How many rows there are of an array or a list, or of the first one of several arrays."""
    if isinstance(given, SequenceValue) and given.items is not None:
        if given.kind == "list":
            return number(len(given.items))
        return _length_of(given.items[0]) if given.items else None
    if isinstance(given, Dictionary):
        return _length_of(next(iter(given.items.values()), None))
    rows = shape_of(given)
    return None if rows is None or not rows.dims else rows.dims[0]


def _row_of(given: Value | None) -> Value:
    """One of the rows of arrays, with what is known of the numbers in it."""
    if isinstance(given, SequenceValue) and given.items and given.kind == "tuple":
        return SequenceValue("tuple", tuple(map(_row_of, given.items)))
    row = Unknown("row")
    pixels = pixels_of(given)
    if pixels is not None:
        give_meaning(row, pixels)
    return row


def element_of(data: Value | None) -> Value | None:
    """One sample of a data set, as far as it is followed."""
    found = data.fields.get(ELEMENT) if isinstance(data, Object) else None
    return found if isinstance(found, Value) else None


@function(f"{TENSORFLOW}.from_generator", f"{TENSORFLOW}.range", "tensorflow_datasets.load")
@function(*(f"tensorflow.data.{name}" for name in _READERS))
def of_files(call: Call) -> Value | None:
    """A data set from elsewhere."""
    if call.path.endswith(".load"):
        found = _read_parts(call, TENSORFLOW, call.argument(1, "split"))
        told = call.argument(-1, "with_info")
        if found is None or told is None or is_constant(told, False):
            return found
        return SequenceValue("tuple", (found, call.unknown())) if is_constant(told, True) else None
    return _made(call, TENSORFLOW, Lineage(RowSet("all", place=call.place)))


def _read_parts(call: Call, path: str, parts: Value | None) -> Value | None:
    """The part of a data set that is asked for, or a list of parts."""
    if isinstance(parts, SequenceValue) and parts.items:
        made = [_read_parts(call, path, each) for each in parts.items]
        known = tuple(each for each in made if each is not None)
        return SequenceValue("list", known, place=call.place) if len(known) == len(made) else None
    if known_text(parts) is None and path == TENSORFLOW:
        return None
    keywords = {**call.arguments.keywords}
    if "split" in keywords and parts is not None:
        keywords["split"] = parts
    passed = Arguments(call.arguments.positional, keywords, call.arguments.unknown)
    labels = labels_of_catalogue(call)
    fields = {READER: call.path, "lineage": Lineage(RowSet("all", place=call.place)), **labels}
    if path == TENSORFLOW and is_constant(call.argument(-1, "as_supervised"), True):
        fields[ELEMENT] = _pair_of_catalogue(call)
    result = Object(path, passed, call.place, fields)
    call.machine.emit(FolderRead(call.place, call.context, result))
    return result


def _pair_of_catalogue(call: Call) -> Value:
    """A sample of a well-known data set, which may be a picture, and its label."""
    sample = Unknown("sample")
    if holds_pictures(call):
        give_meaning(sample, Pixels(call.place))
    return SequenceValue("tuple", (sample, Unknown("label")))


@function(f"{TENSORFLOW}.list_files")
def listed(call: Call) -> Value | None:
    """Names of files: in another order each time, unless told otherwise. A program that works out
    whether they are shuffled does so where nothing goes by their order."""
    shuffle = call.argument(1, "shuffle")
    if is_constant(shuffle, False):
        return _made(call, TENSORFLOW, Lineage(RowSet("all", place=call.place)))
    told = passed_by_name(call.node, "shuffle")
    chosen = told is not None and as_written(told) != "True"
    how = "all" if chosen or call.argument(2, "seed") is not None else LISTED
    rows = RowSet(how, place=call.place)
    return _made(call, TENSORFLOW, Lineage(rows), {"reshuffled": call.place})


@function(f"{TENSORFLOW}.zip")
def side_by_side(call: Call) -> Value | None:
    """`Dataset.zip((pictures, masks))`: samples of each, side by side."""
    given = call.argument(0, "datasets")
    parts = given.items if isinstance(given, SequenceValue) else call.arguments.positional
    known = [each for each in parts or () if isinstance(each, Object)]
    if not known or len(known) != len(parts or ()):
        return None
    fields: dict[Any, Any] = {}
    elements = [element_of(each) for each in known]
    if all(elements):
        fields[ELEMENT] = SequenceValue("tuple", tuple(each for each in elements if each))
    apart = _in_orders_of_their_own(known)
    if apart is not None:
        fields[APART] = apart
    return _made(call, TENSORFLOW, lineages.samples(known[0]), fields)


def _in_orders_of_their_own(given: Sequence[Object]) -> "tuple[NodePlace, NodePlace] | None":
    """Where two data sets were shuffled that are put side by side, if each was on its own; those of
    whole samples are not there to be compared with one another."""
    if len(given) != 2 or any(isinstance(element_of(each), SequenceValue) for each in given):
        return None
    first, second = (each.fields.get(ORDERS, ()) for each in given)
    if [key for key, _ in first] == [key for key, _ in second]:
        return None
    places = [place for _, place in (*first, *second)]
    return places[0], places[-1]


@step(TENSORFLOW, "shuffle")
def shuffled(call: Call) -> Value | None:
    """`shuffle(buffer)`: another order in each epoch, unless `reshuffle_each_iteration` is off."""
    keeps = call.argument(2, "reshuffle_each_iteration")
    sure = keeps is None or is_constant(keeps, True) or is_constant(keeps, None)
    drawn = {"reshuffled": call.place, DRAWN_AT: call.place} if sure else {}
    assert isinstance(call.receiver, Object)
    seed = known_number(call.argument(1, "seed"))
    order = (call.node if seed is None else seed, call.place)
    orders = (*call.receiver.fields.get(ORDERS, ()), order)
    return _again(call, {"shuffled": True, **drawn, ORDERS: orders})


@step(TENSORFLOW, "cache", "snapshot")
def cached(call: Call) -> Value | None:
    """What has been read once stays in its order."""
    result = _again(call)
    for key in ("reshuffled", DRAWN_AT):
        result.fields.pop(key, None)
    return result


@step(TENSORFLOW, "map")
@step(HUGGING_FACE, "map")
def mapped(call: Call) -> Value | None:
    """`map(function)`: each sample goes through it."""
    change = call.argument(0, "map_func") or call.argument(0, "function")
    whole = call.receiver
    assert isinstance(whole, Object)
    labels = labels_after(call, change, whole.fields.get(LABELS))
    found = random_change(call, change)
    made = _changed(call, change)
    element: dict[Any, Any] = {ELEMENT: made}
    if not isinstance(made, SequenceValue) or len(made.items or ()) != 2:
        element[APART] = None
    if found is None:
        return _again(call, element, labels=labels)
    return _again(call, element, labels=labels, transform=found)


def _changed(call: Call, change: Value | None) -> Value | None:
    """A sample after the function that each of them goes through."""
    element = element_of(call.receiver)
    if element is None or change is None or call.path != f"{TENSORFLOW}.map":
        return None
    parts = element.items if isinstance(element, SequenceValue) else None
    passed = Arguments(list(parts) if parts else [element])
    with call.machine.imagining():
        return calls.call(call.machine, change, passed, call.node)


@step(TENSORFLOW, "batch", "padded_batch")
def batched(call: Call) -> Value | None:
    """`batch(size)`: the last one may be dropped."""
    drops = is_constant(call.argument(1, "drop_remainder"), True)
    again = isinstance(call.receiver, Object) and REPEATED in call.receiver.fields
    size = known_integer(call.argument(0, "batch_size"))
    result = _again(call, {"drops": call.place} if drops and not again and size != 1 else None)
    samples = call.receiver.fields.get("length") if isinstance(call.receiver, Object) else None
    count = known_integer(samples) if isinstance(samples, Scalar) else None
    if size and not drops and not again:
        result.fields[BATCHED] = size, count
    if size and count is not None:
        result.fields["length"] = Scalar(number(count // size if drops else -(-count // size)))
    return result


@step(TENSORFLOW, "take", "skip")
def taken(call: Call) -> Value | None:
    """The first so many samples, or all behind them."""
    whole = call.receiver
    assert isinstance(whole, Object)
    name = call.path.rsplit(".", 1)[-1]
    given = call.argument(0, "count")
    number = known_number(given)
    key = given if number is None else number
    lineage = lineages.samples(whole)
    rows = lineage.rows.part((name, key), place=call.place)
    other = lineage.rows.parts.get(("take" if name == "skip" else "skip", key))
    if other is not None:
        pieces = (other, rows) if name == "skip" else (rows, other)
        lineages.divide_by_hand(call.machine, whole, lineage, pieces, call.node)
        where = whole.fields.get("reshuffled")
        if where is not None:
            call.machine.emit(DrawnAnew(where, call.context, pieces))
    result = _again(call)
    result.fields["lineage"] = lineage.of(rows)
    return result


@step(TENSORFLOW, "concatenate")
def concatenated(call: Call) -> Value | None:
    """One data set behind another."""
    return _joined(call, [call.receiver, call.argument(0, "dataset")], TENSORFLOW)


def _joined(call: Call, parts: Sequence[Value | None], path: str) -> Object:
    found = [lineages.samples(part) for part in parts if part is not None]
    whole = lineages.together(found, call.place, call.context)
    return _made(call, path, whole or Lineage(RowSet("all", place=call.place)))


@step(TENSORFLOW, "repeat")
def repeated(call: Call) -> Value | None:
    """`repeat(5)`: the same samples several times, so that each has come where a batch is dropped."""
    count = call.argument(0, "count")
    once = count is not None and known_integer(count) == 1
    return _again(call, None if once else {REPEATED: True})


@step(TENSORFLOW, *words("prefetch with_options apply unbatch cardinality"))
def same(call: Call) -> Value | None:
    """The same samples."""
    return None if call.path.endswith("cardinality") else _again(call)


@step(TENSORFLOW, "filter", "shard", "window")
@step(HUGGING_FACE, "filter", "shard")
def filtered(call: Call) -> Value | None:
    """Some of the samples."""
    result = _again(call)
    lineage = lineages.samples(call.receiver)
    result.fields["lineage"] = lineage.of(lineage.rows.part(("some", call.node), place=call.place))
    return result


# --- folders of pictures ------------------------------------------------------------------


@function("keras.utils.image_dataset_from_directory")
@function("keras.preprocessing.image_dataset_from_directory")
@function("keras.utils.text_dataset_from_directory", "keras.utils.audio_dataset_from_directory")
@function("keras.preprocessing.text_dataset_from_directory")
def of_folder(call: Call) -> Value | None:
    """The samples in a folder, or the part that is held out of them."""
    shuffle = call.argument(-1, "shuffle")
    in_order = is_constant(shuffle, False)
    drawn = shuffle is None or is_constant(shuffle, True)
    mode = call.argument(-1, "label_mode")
    text = "int" if mode is None else known_text(mode)
    known = text is not None and not call.arguments.unknown
    fields: dict[Any, Any] = {READER: call.path}
    if in_order:
        fields[OF_ARRAYS] = True
    if drawn and not call.arguments.unknown and len(call.arguments.positional) <= _SHUFFLE_AT:
        fields[DRAWN_AT] = call.place
    if known and text is not None:
        fields.update(labels_by_mode(text, call.place))
    if "image_dataset" in call.path:
        fields[ELEMENT] = _picture_in_folder(call)
    lineage = Lineage(RowSet("all", place=call.place))
    if known_text(call.argument(-1, "subset")) == "both":
        return _both_parts(call, lineage, fields)
    made = _made(call, TENSORFLOW, lineage, fields)
    call.machine.emit(FolderRead(call.place, call.context, made))
    return made


def _both_parts(call: Call, whole: Lineage, fields: dict[Any, Any]) -> Value:
    """`subset="both"`: the part to train on and the part that is held out."""
    parts = []
    for how in ("train", "test"):
        rows = whole.rows.part((how, call.node), how, call.place)
        parts.append(_made(call, TENSORFLOW, whole.of(rows), dict(fields)))
    return SequenceValue("tuple", tuple(parts), place=call.place)


def _picture_in_folder(call: Call) -> Value:
    """Fractions, as large as the bytes of a picture, and the label if there is one."""
    picture = Tensor(dtype="float", graph=False, library="keras", place=call.place)
    picture.meaning = Pixels(call.place)
    if is_constant(call.argument(2, "label_mode"), None):
        return picture
    return SequenceValue("tuple", (picture, Unknown("label")))


# --- Hugging Face -------------------------------------------------------------------------


@function("datasets.load_dataset", "datasets.load_from_disk")
def loaded(call: Call) -> Value | None:
    """A data set, or all its parts by their names."""
    rows = RowSet("all", place=call.place)
    part = call.argument(-1, "split")
    streams = call.argument(-1, "streaming")
    if streams is not None and not is_constant(streams, False):
        return None
    if part is None and not call.arguments.unknown:
        return _made(call, DICTIONARY, Lineage(rows), {READER: call.path})
    return _read_parts(call, HUGGING_FACE, part)


@function(
    "datasets.Dataset.from_pandas", "datasets.Dataset.from_dict", "datasets.Dataset.from_list"
)
def of_table(call: Call) -> Value | None:
    """A data set of the rows of a table."""
    given = call.argument(0, "df") or call.argument(0, "mapping")
    known = lineages.known(given)
    return _made(call, HUGGING_FACE, known or Lineage(RowSet("all", place=call.place)))


@item(DICTIONARY)
def part_of_dictionary(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`parts["train"]`."""
    name = known_text(indices[0]) if isinstance(indices[0], Value) else None
    if name is None:
        return None
    kept = receiver.fields.get(("item", name))
    if isinstance(kept, Value):
        return kept
    place = machine.place(node)
    rows = RowSet("all", place=place)
    rows.names.add(name)
    kept_for_all = ("shuffled", READER, "transform", CHANGED_AT)
    fields = {key: receiver.fields[key] for key in kept_for_all if key in receiver.fields}
    made = Object(HUGGING_FACE, place=place, fields={**fields, "lineage": Lineage(rows)})
    machine.store(receiver.fields, ("item", name), made)
    return made


@step(DICTIONARY, *words("filter shuffle remove_columns rename_column cast_column"))
@step(DICTIONARY, *words("with_format select_columns class_encode_column rename_columns sort"))
@step(DICTIONARY, *words("flatten cast"))
def all_parts(call: Call) -> Value | None:
    """The same step for every part."""
    if call.path.endswith("shuffle") and isinstance(call.receiver, Object):
        call.machine.store(call.receiver.fields, "shuffled", True)
    return call.receiver


@step(DICTIONARY, "with_transform", "set_transform", "map")
def all_parts_changed(call: Call) -> Value | None:
    """`parts.with_transform(function)`: every sample of every part goes through it."""
    parts = call.receiver
    assert isinstance(parts, Object)
    found = random_change(call, call.argument(0, "transform"))
    if call.path.endswith("set_transform"):
        _set(call, parts, found)
        return NONE
    if found is None and call.path.endswith("map"):
        return parts
    changes = {"transform": found, CHANGED_AT: call.place}
    result = Object(parts.path, parts.arguments, call.place, {**parts.fields, **changes})
    for key, part in parts.fields.items():
        if _is_item(key) and isinstance(part, Object):
            fields = {**part.fields, **changes}
            result.fields[key] = Object(part.path, part.arguments, call.place, fields)
    return result


def _is_item(key: object) -> bool:
    return isinstance(key, tuple) and key[:1] == ("item",)


def _set(call: Call, parts: Object, transform: Object | None) -> None:
    for each in (parts, *(part for key, part in parts.fields.items() if _is_item(key))):
        if isinstance(each, Object):
            call.machine.store(each.fields, "transform", transform)
            call.machine.store(each.fields, CHANGED_AT, call.place)


@step(HUGGING_FACE, "with_transform")
def changed(call: Call) -> Value | None:
    """`part.with_transform(function)`: each sample goes through it when it is asked for."""
    return _again(call, transform=random_change(call, call.argument(0, "transform")))


@step(HUGGING_FACE, "set_transform")
def change_set(call: Call) -> Value | None:
    """`part.set_transform(function)`: the same, for the part itself."""
    assert isinstance(call.receiver, Object)
    _set(call, call.receiver, random_change(call, call.argument(0, "transform")))
    return NONE


@step(HUGGING_FACE, *words("shuffle remove_columns rename_column rename_columns cast_column"))
@step(HUGGING_FACE, *words("with_format select_columns class_encode_column sort"))
@step(HUGGING_FACE, *words("flatten flatten_indices cast add_column"))
def same_rows(call: Call) -> Value | None:
    """The same samples, in another form or order."""
    shuffles = call.path.endswith("shuffle")
    result = _again(call, {"shuffled": True} if shuffles else None)
    if shuffles:
        lineage = lineages.samples(call.receiver)
        seed = known_number(call.argument(0, "seed"))
        key = (SHUFFLED, call.node if seed is None else seed)
        rows = lineage.rows.part(key, SHUFFLED, call.place)
        result.fields["lineage"] = lineage.of(rows)
    return result


@step(HUGGING_FACE, "select")
def selected(call: Call) -> Value | None:
    """`select(range(100))`."""
    whole, indices = call.receiver, call.argument(0, "indices")
    assert isinstance(whole, Object)
    if indices is None:
        return None
    result = _again(call)
    result.fields["lineage"] = _rows_at(call, whole, indices)
    if isinstance(indices, Object) and indices.path == "builtins.range":
        numbers = [known_integer(each) for each in indices.arguments.positional]
        if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
            result.fields["length"] = Scalar(symbols.number(numbers[1] - numbers[0]))
    return result


def _rows_at(call: Call, whole: Object, indices: Value) -> Lineage:
    index: Value | slice = indices
    if isinstance(indices, Object) and indices.path == "builtins.range":
        given = indices.arguments.positional
        start, stop = (None, given[0]) if len(given) == 1 else (given[0], given[1])
        index = slice(start, stop, None)
    return lineages.part(call.machine, whole, index, call.node)


@step(HUGGING_FACE, "train_test_split")
def divided(call: Call) -> Value | None:
    """`train_test_split(test_size=…)`: two parts by their names."""
    whole = call.receiver
    assert isinstance(whole, Object)
    lineage = lineages.samples(whole)
    event = lineages.divide(call.machine, (whole,), "train_test_split", call.node)
    event.is_random = not is_constant(call.argument(-1, "shuffle"), False)
    event.seed = call.argument(-1, "seed")
    event.lineages = event.lineages or (lineage,)
    result = _made(call, DICTIONARY, lineage)
    for name in ("train", "test"):
        rows = lineage.rows.part((name, event), name, call.place)
        rows.split = event
        event.parts = (*event.parts, rows)
        fields = {"shuffled": True} if event.is_random else {}
        result.fields["item", name] = _made(call, HUGGING_FACE, lineage.of(rows), fields)
    return result


@function("datasets.concatenate_datasets", "datasets.interleave_datasets")
def put_together(call: Call) -> Value | None:
    """Several data sets as one."""
    given = call.argument(0, "dsets")
    items = given.items if isinstance(given, SequenceValue) else None
    return _joined(call, items, HUGGING_FACE) if items else None


@item(HUGGING_FACE)
def column_of_stream(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`part["text"]`: a column; a number gives a sample."""
    if isinstance(indices[0], Constant) and isinstance(indices[0].value, str):
        return lineages.array(lineages.samples(receiver), machine.place(node))
    return None


@step(HUGGING_FACE, "to_pandas")
def as_table(call: Call) -> Value | None:
    """The same rows as a table."""
    return lineages.frame(lineages.samples(call.receiver), call.place)
