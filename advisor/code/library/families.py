"""The families that a value belongs to: the names under which its methods are modelled."""

from functools import cache

from advisor.code.library.models import FAMILIES
from advisor.code.values import (
    Constant,
    Dictionary,
    Instance,
    Layer,
    Method,
    Object,
    Optimizer,
    Parameters,
    Schedule,
    Tensor,
    Unknown,
    Value,
)
from advisor.code.values import Sequence as SequenceValue

# The family of `layer.weight` and `layer.weight.data`.
WEIGHTS = "torch.layer.weight"


def weights_of(value: Value) -> Layer | None:
    """The layer of `layer.weight` or `layer.weight.data`."""
    if isinstance(value, Method) and value.name == "data":
        return weights_of(value.receiver)
    if isinstance(value, Method) and value.name == "weight":
        return value.receiver if isinstance(value.receiver, Layer) else None
    return None


# The family of `model.fc` and `model.classifier[6]` of a ready model.
HEAD = "torch.model.head"
HEADS = ("fc", "classifier", "head", "heads")


def head_in(value: Value) -> Layer | None:
    """The ready model of `model.fc`, or of a part of it."""
    if not isinstance(value, Method):
        return None
    if value.name == "[]":
        return head_in(value.receiver)
    return value.receiver if value.name in HEADS and isinstance(value.receiver, Layer) else None


def families_of(value: Value) -> tuple[str, ...]:
    """The families a value belongs to, the most specific first."""
    match value:
        case Tensor():
            return ("tensor",)
        case Optimizer():
            return (value.path, "optimizer")
        case Schedule():
            return (value.path, "schedule")
        case Layer():
            return (value.path, *families_of_path(value.path), "module")
        case Object():
            return (value.path, *families_of_path(value.path))
        case Unknown():
            return ("unknown",)
        case Parameters():
            return ("parameters",)
        case SequenceValue():
            return (value.kind, "sequence")
        case Dictionary():
            return ("dict",)
        case Constant():
            if value.value is None:
                return ("none",)
            return ("str",) if isinstance(value.value, str) else ()
        case Method() if weights_of(value) is not None:
            return (WEIGHTS,)
        case Method() if head_in(value) is not None:
            return (HEAD,)
        case Instance():
            return _families_of_instance(value)
    return ()


@cache
def families_of_path(path: str) -> tuple[str, ...]:
    """The families of the objects of a class of a library."""
    return tuple(dict.fromkeys(name for prefix, name in FAMILIES if path.startswith(prefix)))


def _families_of_instance(instance: Instance) -> tuple[str, ...]:
    found: list[str] = []
    for path in instance.cls.library_bases():
        found.extend((path, *families_of_path(path)))
    if instance.cls.has_unknown_base():
        found.append("module")
    return tuple(dict.fromkeys(found))
