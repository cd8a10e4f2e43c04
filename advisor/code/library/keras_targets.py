"""The targets that a Keras model is trained with: what is known of their type."""

from advisor.code import symbols
from advisor.code.interpreter import calls
from advisor.code.library.models import Call
from advisor.code.library.pandas.types import numbers_in
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Activation,
    Arguments,
    Function,
    Object,
    Scale,
    Shape,
    Tensor,
    Value,
    known_text,
)
from advisor.code.values import Sequence as SequenceValue

# Under this key a data set has an array like the labels in its batches.
LABELS = "labels"
_WHOLE = frozenset({"int", "sparse"})
# Data sets of tfds whose labels are the numbers of classes.
_OF_CLASSES = frozenset(
    {
        *("mnist", "fashion_mnist", "kmnist", "emnist", "cifar10", "cifar100", "svhn_cropped"),
        *("tf_flowers", "oxford_flowers102", "cats_vs_dogs", "beans", "rock_paper_scissors"),
        *("horses_or_humans", "stanford_dogs", "food101", "oxford_iiit_pet", "eurosat"),
        *("imdb_reviews", "ag_news_subset", "iris", "malaria", "colorectal_histology"),
    }
)


# And those among them that hold no pictures.
_OF_TEXTS_OR_NUMBERS = frozenset({"imdb_reviews", "ag_news_subset", "iris"})


def holds_pictures(call: Call) -> bool:
    """Whether `tfds.load(name)` gives pictures."""
    name = known_text(call.argument(0, "name"))
    return name in _OF_CLASSES - _OF_TEXTS_OR_NUMBERS


def targets_of(data: Value | None, targets: Value | None) -> Tensor | None:
    """What is known of the targets that `fit(data, targets)` compares with."""
    if isinstance(targets, Tensor):
        return targets
    if targets is not None:
        return numbers_in(targets)
    found = data.fields.get(LABELS) if isinstance(data, Object) else None
    return found if isinstance(found, Tensor) else None


def labels_by_mode(mode: str, place: NodePlace) -> dict[object, Value]:
    """The labels of pictures in folders, where they are read as the numbers of their classes or as
    a column for each class."""
    made = Tensor(graph=False, library="keras", place=place)
    if mode in _WHOLE:
        made.dtype, made.shape = "long", Shape((symbols.batch_axis(),))
    elif mode == "categorical":
        made.scale = Scale(Activation.ONE_HOT, place)
        made.shape = Shape((symbols.batch_axis(), symbols.fresh("classes", is_axis=True)))
    else:
        return {}
    return {LABELS: made}


def labels_of_arrays(given: Value | None) -> dict[object, Value]:
    """The labels among the arrays that a data set goes through."""
    items = given.items if isinstance(given, SequenceValue) else None
    known = targets_of(None, items[1]) if items is not None and len(items) == 2 else None
    return {} if known is None else {LABELS: known}


def labels_of_catalogue(call: Call) -> dict[object, Value]:
    """The labels of `tfds.load(name, as_supervised=True)`."""
    name = known_text(call.argument(0, "name"))
    asked = call.arguments.keywords.get("as_supervised")
    pairs = asked is not None and getattr(asked, "value", None) is True
    return labels_by_mode("int", call.place) if name in _OF_CLASSES and pairs else {}


def labels_after(call: Call, change: Value | None, labels: object) -> Tensor | None:
    """What a function that each sample goes through makes of the labels."""
    if not isinstance(change, Function) or not isinstance(labels, Tensor):
        return None
    with call.machine.imagining():
        passed = Arguments([call.unknown(), labels])
        made = calls.call(call.machine, change, passed, call.node)
    items = made.items if isinstance(made, SequenceValue) else None
    second = items[1] if items is not None and len(items) == 2 else None
    return second if isinstance(second, Tensor) else None
