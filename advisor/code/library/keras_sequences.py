"""Data sets of the project that Keras asks for whole batches: `Sequence`, or `PyDataset`."""

from typing import TYPE_CHECKING

from advisor.code.events import NumbersDrawn
from advisor.code.library.changed_samples import tell_changes
from advisor.code.library.dataset_samples import are_several, imagined_sample, unseeded_draws
from advisor.code.library.models import Call, hook
from advisor.code.values import (
    Arguments,
    Instance,
    Object,
    Value,
    alternatives,
    is_always,
)

if TYPE_CHECKING:
    import libcst as cst

    from advisor.code.interpreter.machine import Machine

_BASES = frozenset(["keras.utils.Sequence", "keras.utils.PyDataset"])
# Under this key a data set has what its base was told.
_TOLD = ("told",)


@hook("construct")
def base_told(
    machine: "Machine", instance: Instance, passed: Arguments, node: "cst.CSTNode"
) -> None:
    """`super().__init__(workers=4)`."""
    if _is_sequence(instance):
        told = Object("keras.utils.PyDataset", passed, machine.place(node))
        machine.store(instance.fields, _TOLD, told)


def _is_sequence(data: Value | None) -> bool:
    """Whether a class of the project gives batches by their number, as Keras asks for them."""
    return isinstance(data, Instance) and not _BASES.isdisjoint(data.cls.library_bases())


def notice_batches(call: Call, data: Value) -> tuple[NumbersDrawn, ...]:
    """See what the code of a data set does to each sample of a batch that it gives; and which random
    numbers of numpy are drawn for it by processes that are all begun alike."""
    if not isinstance(data, Instance) or not _is_sequence(data):
        return ()
    imagined = imagined_sample(call.machine, data, call.node)
    if imagined is None:
        return ()
    tell_changes(call.machine, data, *imagined)
    several = _has_processes(call.arguments) or has_own_processes(data)
    return unseeded_draws(imagined[1]) if several else ()


def has_own_processes(data: Value) -> bool:
    """Whether it was the data set that was told to work in several processes."""
    told = data.fields.get(_TOLD) if isinstance(data, Instance) else None
    return isinstance(told, Object) and _has_processes(told.arguments)


def _has_processes(passed: Arguments) -> bool:
    """Whether batches are asked for by several processes, not by threads."""
    workers = alternatives(passed.keywords.get("workers"))
    several = bool(workers) and all(map(are_several, workers))
    return several and is_always(passed.keywords.get("use_multiprocessing"), True)
