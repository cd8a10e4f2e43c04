"""Whether two data sets hold the same samples."""

from collections.abc import Iterator

import libcst as cst

from advisor.code.library import lineages
from advisor.code.library.paths import is_same_path
from advisor.code.values import (
    TRUE,
    Constant,
    Function,
    Instance,
    Library,
    Object,
    RowSet,
    Scalar,
    Sequence,
    Tensor,
    Unknown,
    Value,
    same,
)

_CHANGES = ("transform", "augment", "aug")
# What does not choose samples; whatever else a data set is told may: `image_set="val"`, `what="test"`.
_NO_CHOICES = frozenset(
    ["root", "transform", "target_transform", "transforms", "download", "loader"]
)
_PARTS = frozenset(["train", "split"])
# What gives its training samples where it is not told otherwise.
_TRAINING = frozenset(
    ["MNIST", "FashionMNIST", "KMNIST", "EMNIST", "QMNIST", "CIFAR10", "CIFAR100", "USPS"]
)
_TRAINING_SPLIT = frozenset(
    ["SVHN", "STL10", "GTSRB", "Food101", "DTD", "Flowers102", "StanfordCars", "FER2013", "PCAM"]
)


def same_samples(left: Value, right: Value) -> bool:
    """Whether two datasets read the same samples from the same place, whatever they do to them."""
    if isinstance(left, Object) and isinstance(right, Object):
        first, second = left.argument(0, "root"), right.argument(0, "root")
        alike = left.path == right.path and left.path.startswith("torchvision.datasets.")
        if not alike or first is None or second is None or not is_same_path(first, second):
            return False
        names = {*left.arguments.keywords, *right.arguments.keywords} - _NO_CHOICES
        choices = {(1, name) for name in names | {"train", "split"}}
        return all(_agree(left, right, index, name) for index, name in choices)
    if isinstance(left, Instance) and isinstance(right, Instance) and left.cls is right.cls:
        return _of_the_same_data(left, right)
    return False


def _part_of(data: Object, option: str) -> Value | None:
    """Which part of all samples a data set is asked for, by an option or at its usual place."""
    name = data.path.rsplit(".", 1)[-1]
    told = data.arguments.keywords.get(option)
    if told is None and name not in {"EMNIST", "QMNIST"}:
        told = data.arguments.get(1, option)
    if told is not None:
        return told
    usual = TRUE if option == "train" and name in _TRAINING else None
    return Constant("train") if option == "split" and name in _TRAINING_SPLIT else usual


def _agree(left: Object, right: Object, index: int, name: str) -> bool:
    given = [each.arguments.keywords.get(name) for each in (left, right)]
    if (given[0] is None) is not (given[1] is None) and name in _PARTS:
        # One is told by position which part it is to be, and the other one by name.
        given = [_part_of(each, name) for each in (left, right)]
    elif given[0] is None and given[1] is None:
        given = [each.argument(index, name) for each in (left, right)]
        if any(each is not None and not isinstance(each, Constant) for each in given):
            return True
        named = any(each.arguments.keywords.keys() & _PARTS for each in (left, right))
        if (given[0] is None) is not (given[1] is None):
            kind = left.path.rsplit(".", 1)[-1]
            other = _TRAINING_SPLIT if name == "train" else _TRAINING
            if named or kind in other:
                return True  # compared under the name that the other one is told by
            given = [_part_of(each, name) for each in (left, right)]
    first, second = given
    if first is None or second is None:
        return first is second
    return same(first, second)


def _of_the_same_data(left: Instance, right: Instance) -> bool:
    """Two objects of a class with the same data that differ in what is done to it."""
    differing = [
        name
        for name, value in left.fields.items()
        if isinstance(value, Value)
        and isinstance(right.fields.get(name), Value)
        and not same(value, right.fields[name])
    ]
    shared = [
        value
        for name, value in left.fields.items()
        if isinstance(value, (Tensor, Unknown, Object, Sequence))
        and right.fields.get(name) is value
    ]
    changes = (*_CHANGES, "train")
    return bool(shared) and all(any(part in str(name) for part in changes) for name in differing)


def _is_counted(value: Value) -> bool:
    """Whether a value is a number that is not known, as that of the rows."""
    return isinstance(value, Scalar) and value.number.constant is None


def _is_read_again(first: RowSet, second: RowSet) -> bool:
    """Whether the second rows are all of a file that the first ones are all of."""
    keys = [key for key, each in first.parts.items() if each is second]
    return any(isinstance(key, tuple) and key[0] == lineages.READ_AGAIN for key in keys)


def reads_same_file(left: Instance, right: Instance) -> bool:
    """Whether two objects of a class hold all rows of one file, which each of them has read."""
    if left.cls is not right.cls or left.fields.keys() != right.fields.keys():
        return False
    again = False
    for name, value in left.fields.items():
        other = right.fields[name]
        if not isinstance(value, Value) or any(each in str(name) for each in _CHANGES):
            continue
        first, second = lineages.known(value), lineages.known(other)
        if first is not None and second is not None:
            if not _is_read_again(first.rows, second.rows):
                return False
            again = True
        elif not is_same_path(value, other) and not _is_counted(value):
            return False
    return again


def made_of_the_same(left: Instance, right: Instance) -> bool:
    """Whether two objects of a class were built with the same, apart from what changes samples, and
    nothing has been put into one of them since."""
    if left.cls is not right.cls or left.fields.keys() != right.fields.keys():
        return False
    given, others = (dict(_told(each)) for each in (left, right))
    if given.keys() != others.keys():
        return False
    names_a_source = False
    for name, value in given.items():
        if not is_same_path(value, others[name]):
            return False
        told_where = isinstance(value, Unknown | Library) or (
            isinstance(value, Constant) and isinstance(value.value, str)
        )
        names_a_source = names_a_source or told_where
    return names_a_source and all(
        _stands_as_made(value, right.fields[name]) for name, value in left.fields.items()
    )


def _told(instance: Instance) -> Iterator[tuple[str, Value]]:
    """What says which samples an object is to hold, by the names of its parameters. Of arguments that
    nobody knows, something that is like no other."""
    passed = instance.made_with
    constructor = instance.cls.find("__init__")
    if passed is None or passed.unknown or not isinstance(constructor, Function):
        yield "", Unknown("arguments")
        return
    node = constructor.node
    own = node.params.params if isinstance(node, cst.FunctionDef) else ()
    names = [each.name.value for each in own][1:]
    names += [str(index) for index in range(len(names), len(passed.positional))]
    pairs = (*zip(names, passed.positional, strict=False), *passed.keywords.items())
    yield from ((name, value) for name, value in pairs if not any(map(name.__contains__, _CHANGES)))


def _stands_as_made(value: object, other: object) -> bool:
    """Whether what two objects of a class hold under one name has come from the same code."""
    if not isinstance(value, Value) or not isinstance(other, Value):
        return True
    first, second = value.place, other.place
    if first is None or second is None or isinstance(value, Instance | Object):
        return True
    if isinstance(value, Unknown) and isinstance(other, Unknown) and value is not other:
        parts_of_one = value.parent is not None and value.parent is other.parent
        return first.node is second.node and not parts_of_one
    return first.node is second.node
