"""Datasets and loaders: which samples they hold, how many, and how they are divided."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import (
    LabelsLearned,
    ListingRead,
    LoaderBuilt,
    PixelsScaledAgain,
    TransformApplied,
)
from advisor.code.interpreter import calls
from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.changed_samples import tell_changes, tell_changes_of_pictures
from advisor.code.library.dataset_samples import (
    draws_of_workers,
    imagined_sample,
    lineage_of_samples,
    notice_pairs,
    notice_windows,
    sampled_part,
)
from advisor.code.library.models import (
    Call,
    Index,
    attribute,
    family,
    function,
    hook,
    item,
    iteration,
)
from advisor.code.library.names import words
from advisor.code.library.paths import end_of_path
from advisor.code.library.picture_sizes import (
    has_one_label,
    is_of_torchvision,
    label_of,
    picture_of,
)
from advisor.code.library.pixel_values import pixels_of
from advisor.code.library.python.numbers import asked_length, known_length
from advisor.code.library.same_samples import same_samples
from advisor.code.library.torch_tensors.casts import dtype_of_number
from advisor.code.library.torch_tensors.joins import concatenated
from advisor.code.part_names import PUBLISHED
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number
from advisor.code.values import (
    COLLATED,
    TRUE,
    Arguments,
    Bound,
    ClassIndices,
    Columns,
    Dictionary,
    Drawn,
    Function,
    Instance,
    Lineage,
    Object,
    Partial,
    Pixels,
    RowSet,
    Scalar,
    Shape,
    Tensor,
    Unknown,
    Value,
    alternatives,
    give_meaning,
    is_constant,
    is_plain_number,
    known_number,
    known_text,
    known_truth,
    lineage_of,
    meaning_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

LOADER = "torch.utils.data.DataLoader"
SUBSET = "torch.utils.data.Subset"
LENGTH_OF_LOADER = "len(loader)"
"""What the number of batches of any loader goes by, also where it is known."""
# Under this key a loader has the part of its data set that its sampler takes.
_SAMPLED = ("sampled",)
# Under this key a part of a data set has that it may hold some of the classes only.
_CHOSEN = ("chosen classes",)
# Where the data sets of torchvision keep their labels.
_LABELS = ("targets", "labels")
_PATH = "torch.utils.data."
SEQUENTIAL = f"{_PATH}SequentialSampler"
# How many samples the well-known data sets hold, for training and for testing.
_SIZES = {
    "MNIST": (60_000, 10_000),
    "FashionMNIST": (60_000, 10_000),
    "KMNIST": (60_000, 10_000),
    "CIFAR10": (50_000, 10_000),
    "CIFAR100": (50_000, 10_000),
}

# --- datasets -----------------------------------------------------------------------------

family("dataset", f"{_PATH}Dataset", f"{_PATH}TensorDataset", f"{_PATH}Subset")
family("dataset", f"{_PATH}ConcatDataset", "torchvision.datasets.")
_PICTURES = words(
    "MNIST FashionMNIST KMNIST EMNIST QMNIST CIFAR10 CIFAR100 SVHN STL10 ImageFolder "
    "DatasetFolder ImageNet Imagenette CelebA Flowers102 Food101 OxfordIIITPet VOCSegmentation "
    "VOCDetection CocoDetection Omniglot Cityscapes LFWPeople Caltech101 Caltech256 FakeData "
    "GTSRB FER2013 PCAM EuroSAT DTD StanfordCars FGVCAircraft Country211 Places365 SUN397 USPS"
)
_OF_FOLDERS = ("ImageFolder", "DatasetFolder")


def dataset(path: str, call: Call, lineage: Lineage, length: Number | None = None) -> Object:
    """A dataset that holds some samples."""
    made = Object(path, call.arguments, call.place, {"lineage": lineage})
    if length is not None:
        made.fields["length"] = Scalar(length)
    return made


@function(*(f"torchvision.datasets.{name}" for name in _PICTURES))
def pictures(call: Call) -> Value | None:
    """One of torchvision's data sets, from a folder."""
    lineage = Lineage(RowSet("all", place=call.place))
    folder = end_of_path(call.argument(0, "root"))
    if folder in PUBLISHED and call.path.rsplit(".", 1)[-1] in _OF_FOLDERS:
        lineage.rows.names.add(folder)
    lineage.rows.are_for_test = _is_test_part(call)
    return dataset(call.path, call, lineage, _known_size(call))


def _is_test_part(call: Call) -> bool:
    """Whether a data set is asked for the samples that its publishers have set aside to test by."""
    name = call.path.rsplit(".", 1)[-1]
    if name in _OF_FOLDERS or call.arguments.unknown:
        return False
    train = call.arguments.keywords.get("train")
    if train is None and name in _SIZES:
        train = call.argument(1, "train")
    told = known_text(call.argument(1, "split")) or known_text(call.argument(-1, "what"))
    return known_truth(train) is False or told == "test"


def _known_size(call: Call) -> Number | None:
    sizes = _SIZES.get(call.path.rsplit(".", 1)[-1])
    train = call.argument(1, "train")
    if sizes is None or call.arguments.unknown:
        return None
    if train is None:
        return symbols.number(sizes[0])
    trains = known_truth(train)
    return None if trains is None else symbols.number(sizes[0] if trains else sizes[1])


@function(f"{_PATH}TensorDataset")
def of_tensors(call: Call) -> Value | None:
    """A dataset of arrays that are divided alike."""
    found = [each for each in map(lineages.known, call.arguments.positional) if each is not None]
    first = call.argument(0, "tensors")
    if len(call.arguments.positional) > 1:
        lineages.pair(call.machine, first, call.arguments.positional[-1], call.node)
    lineage = lineages.samples(first)
    for each in found:
        lineage = lineage.after(*each.fits)
    dims = first.shape.dims if isinstance(first, Tensor) else None
    return dataset(call.path, call, lineage, dims[0] if dims else None)


@attribute(f"{_PATH}TensorDataset", "tensors")
def tensors_of(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`dataset.tensors`: the arrays that it was made of."""
    if not isinstance(receiver, Object) or receiver.arguments.unknown:
        return None
    return SequenceValue("tuple", tuple(receiver.arguments.positional), place=receiver.place)


@function(f"{_PATH}Subset")
def subset(call: Call) -> Value | None:
    """Some samples of a dataset."""
    whole, indices = call.argument(0, "dataset"), call.argument(1, "indices")
    if whole is None or indices is None:
        return None
    lineage = lineages.samples(whole)
    notice_windows(call.machine, whole, call.node)
    rows = _rows_at(call, whole, lineage, indices)
    length = _count(indices)
    part = dataset(SUBSET, call, lineage.of(rows), length)
    if _may_choose_classes(indices):
        call.machine.store(part.fields, _CHOSEN, TRUE)
    return part


def _may_choose_classes(indices: Value) -> bool:
    """Whether samples may be chosen by their classes: by other indices than a stretch of all, or drawn
    ones."""
    stretch = isinstance(indices, Object) and indices.path == "builtins.range"
    return not stretch and not isinstance(meaning_of(indices), Drawn)


@attribute(SUBSET, "dataset")
def whole_of_subset(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`subset.dataset`: the dataset that it is a part of, or that was put in its place."""
    return whole_behind(receiver) if isinstance(receiver, Object) else None


def whole_behind(subset: Object) -> Value | None:
    """The dataset that a subset is a part of."""
    found = subset.fields.get("dataset")
    return found if isinstance(found, Value) else subset.argument(0, "dataset")


def undivided(dataset: Value | None) -> Value | None:
    """The data set that a part of a part is taken from in the end."""
    while isinstance(dataset, Object) and dataset.path == SUBSET:
        dataset = whole_behind(dataset)
    return dataset


def loaded_from(loader: Object) -> Value | None:
    """What a loader takes its samples from, or the part of it that its sampler takes."""
    found = loader.fields.get(_SAMPLED) or loader.fields.get("dataset")
    return found if isinstance(found, Value) else None


def _rows_at(call: Call, whole: Value, lineage: Lineage, indices: Value) -> RowSet:
    if isinstance(indices, Object) and indices.path == "builtins.range":
        start, stop, *rest = indices.arguments.positional
        if not rest:
            return lineages.part(call.machine, whole, slice(start, stop, None), call.node).rows
    return lineages.part(call.machine, whole, indices, call.node).rows


def _count(indices: Value) -> Number | None:
    if isinstance(indices, SequenceValue) and indices.items is not None:
        return symbols.number(len(indices.items))
    if isinstance(indices, Object) and indices.path == "builtins.range":
        start, stop, *rest = (known_number(value) for value in indices.arguments.positional)
        if start is not None and stop is not None and not rest:
            return symbols.subtract(stop, start)
    return None


@function(f"{_PATH}ConcatDataset")
def put_together(call: Call) -> Value | None:
    """Several datasets as one; two views of the same samples hold each of them twice."""
    given = call.argument(0, "datasets")
    parts = given.items if isinstance(given, SequenceValue) else None
    if not parts:
        return None
    return joined(call, list(parts))


def joined(call: Call, parts: list[Value]) -> Object:
    """The samples of several datasets."""
    found = [lineages.samples(part) for part in parts]
    for index, part in enumerate(parts):
        twin = next((k for k in range(index) if same_samples(parts[k], part)), None)
        if twin is not None:
            found[index] = found[index].of(found[twin].rows)
    lineage = lineages.together(found, call.place, call.context)
    path = f"{_PATH}ConcatDataset"
    made = dataset(path, call, lineage or Lineage(RowSet("all", place=call.place)))
    lengths = [length_of(call.machine, part, call.node) for part in parts]
    total = symbols.ZERO
    for length in lengths:
        if length is None:
            return made
        total = symbols.add(total, length)
    made.fields["length"] = Scalar(total)
    return made


@hook("arithmetic")
def added(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """`dataset + other`."""
    if operator != "+" or right is None or not (_is_dataset(left) and _is_dataset(right)):
        return None
    passed = Arguments([SequenceValue("list", (left, right))])
    return joined(Call(machine, f"{_PATH}ConcatDataset", passed, node), [left, right])


def _is_dataset(value: Value) -> bool:
    if isinstance(value, Instance):
        return f"{_PATH}Dataset" in value.cls.library_bases()
    prefixes = (_PATH, "torchvision.datasets.")
    return isinstance(value, Object) and value.path.startswith(prefixes) and value.path != LOADER


@item("dataset")
def sample_of(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """One sample: nothing is known of it."""
    return machine.unknown("sample", node)


def length_of(machine: "Machine", value: Value, node: cst.CSTNode) -> Number | None:
    """How many samples a dataset holds: a known number or the symbol that stands for it."""
    if isinstance(value, Instance) and isinstance(value.cls.find("__len__"), Function):
        return known_number(asked_length(machine, value, node))
    if isinstance(value, Tensor):
        return value.shape.axis(0)
    if isinstance(value, SequenceValue) and value.items is not None:
        return symbols.number(len(value.items))
    if isinstance(value, (Object, Unknown, Instance, SequenceValue)):
        return known_length(value).number
    return None


@iteration("dataset")
def iterate_dataset(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """One sample after the other."""
    length = known_length(value)
    return Iteration(
        make=lambda: machine.unknown("sample", node), trips=length.number, names=length.names
    )


# --- division -----------------------------------------------------------------------------


@function(f"{_PATH}random_split", f"{_PATH}dataset.random_split")
def random_split(call: Call) -> Value | None:
    """`random_split(dataset, lengths)`: subsets drawn at random."""
    whole, lengths = call.argument(0, "dataset"), call.argument(1, "lengths")
    if whole is None:
        return None
    lineage = lineages.samples(whole)
    notice_windows(call.machine, whole, call.node)
    event = lineages.divide(call.machine, (whole,), "random_split", call.node)
    event.is_random = True
    event.seed = call.argument(2, "generator")
    if not event.lineages:
        event.lineages = (lineage,)
    given = lengths.items if isinstance(lengths, SequenceValue) else None
    parts = []
    for index, size in enumerate(given or ()):
        rows = lineage.rows.part((index, event), "train" if index == 0 else "test", call.place)
        rows.split = event
        parts.append(dataset(SUBSET, call, lineage.of(rows), _share(call, whole, size)))
    if not parts:
        rows = lineage.rows.part(("any", event), "part", call.place)
        return SequenceValue("list", None, dataset(SUBSET, call, lineage.of(rows)), call.place)
    return SequenceValue("list", tuple(parts), place=call.place)


def _share(call: Call, whole: Value, size: Value) -> Number | None:
    number = known_number(size)
    if number is None:
        return None
    constant = number.constant
    if constant is None or constant > 1 or constant == int(constant):
        return number
    all_of_them = length_of(call.machine, whole, call.node)
    if all_of_them is None:
        return None
    return symbols.apply("floor", symbols.multiply(all_of_them, number))


# --- loaders ------------------------------------------------------------------------------


@function(LOADER, f"{_PATH}dataloader.DataLoader", "torch_geometric.loader.DataLoader")
@function("torch_geometric.data.DataLoader")
def loader(call: Call) -> Value | None:
    """`DataLoader(dataset, batch_size=…)`: so many batches."""
    whole = call.argument(0, "dataset")
    lineage = lineage_of_samples(call.machine, whole, call.node)
    lineage = lineage or Lineage(RowSet("all", place=call.place))
    made = Object(LOADER, call.arguments, call.place, {"lineage": lineage})
    if whole is not None:
        made.fields["dataset"] = whole
    part = sampled_part(call, whole)
    if part is not None:
        taken = subset(Call(call.machine, SUBSET, part, call.node))
        made.fields[_SAMPLED], made.fields["lineage"] = taken, lineages.samples(taken)
    made.fields["length"] = _batches(call, whole)
    made.fields["stacks"] = not call.path.startswith("torch_geometric.")
    draws, alike = draws_of_workers(call, whole)
    call.machine.emit(LoaderBuilt(call.place, call.context, made, draws, alike))
    if isinstance(whole, Instance):
        notice_pairs(call, whole)
    samples = undivided(whole)
    if is_of_torchvision(samples):
        tell_changes_of_pictures(call.machine, samples, call.node)
    _notice_columns(call, samples)
    return made


@function(SEQUENTIAL)
def sequential(call: Call) -> Value | None:
    """`SequentialSampler(dataset)`: the order that a loader goes by of itself."""
    return Object(SEQUENTIAL, call.arguments, call.place)


def _notice_columns(call: Call, dataset: Value | None) -> None:
    """See which columns of a table samples are made of, and which column their labels are."""
    if isinstance(dataset, Object) and dataset.path == f"{_PATH}TensorDataset":
        parts = dataset.arguments.positional
    elif isinstance(dataset, Instance):
        sample = _sample(call.machine, dataset, call.node)
        parts = list(sample.items or ()) if isinstance(sample, SequenceValue) else []
    else:
        return
    found = [lineages.known(each) for each in parts[:2]]
    if len(found) < 2 or found[0] is None or found[1] is None:
        return
    features, labels = found[0].columns, found[1].columns
    if features is None or labels is None or found[0].rows is not found[1].rows:
        return
    chosen = None if features.place is labels.place else features.place
    place = chosen or _made_at(dataset, features) or call.place
    call.machine.emit(LabelsLearned(place, call.context, features, labels, "", True))


def _made_at(dataset: Value, columns: Columns) -> NodePlace | None:
    """Where the features that a data set keeps were made."""
    kept = dataset.fields.values() if isinstance(dataset, Instance) else ()
    values = kept or (dataset.arguments.positional if isinstance(dataset, Object) else ())
    for value in values:
        lineage = lineage_of(value) if isinstance(value, Value) else None
        if lineage is not None and lineage.columns is columns:
            return value.place
    return None


def _batches(call: Call, whole: Value | None) -> Scalar:
    """The number of batches: known when the size of the data and of a batch are."""
    size = known_number(call.argument(1, "batch_size") or Scalar(symbols.ONE))
    total = None
    special = any(call.argument(-1, name) is not None for name in ("sampler", "batch_sampler"))
    if whole is not None and not special:
        total = length_of(call.machine, whole, call.node)
    if size is None or total is None or size.integer is None or total.integer is None:
        return Scalar(symbols.fresh(LENGTH_OF_LOADER), frozenset({LENGTH_OF_LOADER}))
    drop = call.argument(8, "drop_last")
    keeps = drop is None or is_constant(drop, False)
    batches = total.integer // size.integer if size.integer else 0
    if keeps and size.integer and total.integer % size.integer:
        batches += 1
    given = call.argument(1, "batch_size")
    names = given.names if isinstance(given, Scalar) else frozenset()
    option = given.configurable if isinstance(given, Scalar) else None
    return Scalar(symbols.number(batches), names | {LENGTH_OF_LOADER}, option)


@iteration(LOADER)
def iterate_loader(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """Batches nothing is known about, so many as the loader is long."""
    length = known_length(value)
    return Iteration(
        make=lambda: batch_of(machine, value, node),
        trips=length.number,
        names=length.names,
        configurable=length.configurable,
    )


def batch_of(machine: "Machine", loader: Object | Instance, node: cst.CSTNode) -> Value:
    """A batch: of samples that are put together along the first axis, where it is the library that
    puts them together."""
    if isinstance(loader, Instance):
        return machine.unknown("batch", node)
    size = loader.argument(1, "batch_size")
    as_they_are = is_constant(size, None)
    own = loader.argument(-1, "collate_fn") or loader.argument(6, "collate_fn")
    stacks = loader.fields.get("stacks") is True and not as_they_are
    if own is not None and not loader.arguments.unknown:
        return _collated(machine, loader, own, node) or machine.unknown("batch", node)
    if not stacks or loader.arguments.unknown:
        return machine.unknown("batch", node)
    number = known_number(size)
    drops = loader.argument(8, "drop_last")
    is_full = is_constant(drops, True)
    axis = symbols.batch_axis(is_full)
    if loader.argument(4, "batch_sampler") is not None:
        axis = symbols.fresh("batch", is_axis=True)
    elif size is None or (number is not None and number.is_one):
        axis = symbols.axis_of_length(1)
    sample = _sample(machine, loader.fields.get("dataset"), node)
    if isinstance(sample, (SequenceValue, Tensor, Dictionary)):
        return stacked(sample, axis)
    batch = machine.unknown("batch", node)
    batch.fields[COLLATED] = Scalar(axis)
    return batch


def _collated(
    machine: "Machine", loader: Object, collate: Value, node: cst.CSTNode
) -> Value | None:
    """What a function of the project makes of a list of samples."""
    if not isinstance(collate, (Function, Bound, Partial)):
        return None
    sample = _sample(machine, loader.fields.get("dataset"), node)
    rows = SequenceValue("list", None, sample or machine.unknown("sample", node))
    with machine.imagining():
        batch = calls.call(machine, collate, Arguments([rows]), node)
    return _of_no_rows(batch)


def _of_no_rows(batch: Value) -> Value | None:
    """A batch, without a word of the rows that it comes from; None when nothing is known of it."""
    if isinstance(batch, Tensor):
        return batch.replace(graph=False, lineage=None, text="batch", whole=batch)
    if isinstance(batch, SequenceValue) and batch.items is not None:
        parts = tuple(_of_no_rows(each) or Unknown("batch") for each in batch.items)
        return SequenceValue("list", parts)
    if isinstance(batch, Dictionary) and batch.other is None:
        items = {key: _of_no_rows(each) or Unknown("batch") for key, each in batch.items.items()}
        return Dictionary(items)
    return None


def _sample(machine: "Machine", dataset: object, node: cst.CSTNode) -> Value | None:
    """One sample as a dataset of the project gives it, or as a well-known one does."""
    if isinstance(dataset, Object) and dataset.path == SUBSET:
        sample = _sample(machine, whole_behind(dataset), node)
        return _of_some_classes(sample) if _CHOSEN in dataset.fields else sample
    if isinstance(dataset, SequenceValue) and dataset.kind == "list":
        first = dataset.items[0] if dataset.items else dataset.element
        return first if isinstance(first, (SequenceValue, Dictionary)) else None
    if is_of_torchvision(dataset):
        if not has_one_label(dataset):
            return None
        picture = picture_of(dataset) or Unknown("picture", place=dataset.place)
        return SequenceValue("tuple", (picture, _label(machine, dataset, node)))
    if isinstance(dataset, Object) and dataset.path == f"{_PATH}TensorDataset":
        rows = [_row_of(each) for each in dataset.arguments.positional]
        return None if dataset.arguments.unknown else SequenceValue("tuple", tuple(rows))
    imagined = imagined_sample(machine, dataset, node) if isinstance(dataset, Instance) else None
    if imagined is None:
        return None
    for event in imagined[1]:
        if isinstance(event, (TransformApplied, PixelsScaledAgain, ListingRead)):
            machine.emit(event)
    if isinstance(dataset, Instance):
        tell_changes(machine, dataset, *imagined)
    return imagined[0]


def _of_some_classes(sample: Value | None) -> Value | None:
    """A sample, of whose labels nobody knows how many classes there are."""
    if isinstance(sample, SequenceValue) and sample.items is not None:
        items = tuple(_of_some_classes(each) or each for each in sample.items)
        return SequenceValue(sample.kind, items, place=sample.place)
    if isinstance(sample, Tensor) and isinstance(sample.meaning, ClassIndices):
        return sample.replace(whole=sample)
    return sample


def _label(machine: "Machine", dataset: Object, node: cst.CSTNode) -> Value:
    """The label of a picture of a well-known data set."""
    if any(name in dataset.fields for name in _LABELS):
        return Unknown("label", place=dataset.place)
    change = dataset.argument(-1, "target_transform")
    if change is None:
        return label_of(dataset)
    if isinstance(change, Object) and change.path.endswith("transforms.Lambda"):
        change = change.argument(0, "lambd")
    if not isinstance(change, Function):
        return Unknown("label", place=dataset.place)
    with machine.imagining():
        return calls.call(machine, change, Arguments([label_of(dataset)]), node)


def _row_of(array: Value) -> Value:
    dims = array.shape.dims if isinstance(array, Tensor) else None
    if isinstance(array, Tensor) and dims:
        return _with_meaning(
            array.replace(shape=Shape(dims[1:]), graph=False, lineage=None, whole=array)
        )
    if isinstance(array, Tensor) and array.dtype is not None and array.library == "torch":
        one = array.shape.of_one()
        return _with_meaning(array.replace(shape=one, graph=False, lineage=None, whole=array))
    unknown = Unknown("row", place=array.place)
    pixels = pixels_of(array)
    if pixels is not None:
        give_meaning(unknown, pixels)
    return unknown


def _with_meaning(row: Tensor) -> Tensor:
    """A row that says of its numbers what the whole array does."""
    meaning = None if row.whole is None else row.whole.meaning
    row.meaning = meaning if isinstance(meaning, (ClassIndices, Pixels)) else None
    return row


def stacked(value: Value, axis: Number) -> Value:
    """Values put together to a batch, as a loader does: arrays along a new first axis."""
    if isinstance(value, Tensor) and value.library != "PIL":
        dims = value.shape.dims
        shape = value.shape.of_many(axis) if dims is None else Shape((axis, *dims))
        batch = value.replace(
            shape=shape, graph=False, lineage=None, layout=None, text="batch", whole=value
        )
        if isinstance(value.meaning, (ClassIndices, Pixels)):
            batch.meaning = value.meaning
        return batch
    options = alternatives(value)
    if options and all(map(is_plain_number, options)):
        types = {dtype_of_number(each) for each in options}
        dtype = types.pop() if len(types) == 1 else None
        return Tensor(Shape((axis,)), dtype=dtype, graph=False, text="batch")
    if isinstance(value, SequenceValue) and value.items is not None:
        return SequenceValue("list", tuple(stacked(each, axis) for each in value.items))
    if isinstance(value, Dictionary) and value.other is None:
        items = {key: stacked(each, axis) for key, each in value.items.items()}
        return Dictionary(items)
    part = Unknown("batch", place=value.place)
    part.shape.start_with(axis)
    pixels = pixels_of(value)
    if pixels is not None:
        give_meaning(part, pixels)
    return part


@attribute(LOADER, "batch_size")
def batch_size(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`loader.batch_size`."""
    return receiver.argument(1, "batch_size") if isinstance(receiver, Object) else None


# --- tensors of samples -------------------------------------------------------------------


@function("torch.cat", "torch.concat", "torch.concatenate", "torch.vstack")
def concatenated_samples(call: Call) -> Value | None:
    """Tensors put together; along the first dimension their samples follow each other."""
    result = concatenated(call)
    given = call.argument(0, "tensors")
    parts = given.items if isinstance(given, SequenceValue) else None
    dim = known_number(call.argument(1, "dim"))
    if not isinstance(result, Tensor) or not parts or not any(map(lineages.known, parts)):
        return result
    if dim is not None and dim.integer != 0:
        return result.replace(lineage=lineages.known(parts[0]))
    found = [lineages.samples(part) for part in parts]
    return result.replace(lineage=lineages.together(found, call.place, call.context))
