"""Data sets of the project that Keras asks for whole batches: `Sequence`, or `PyDataset`."""

from advisor.code.library.changed_samples import tell_changes
from advisor.code.library.dataset_samples import imagined_sample
from advisor.code.library.models import Call
from advisor.code.values import Instance, Value

_BASES = frozenset(["keras.utils.Sequence", "keras.utils.PyDataset"])


def is_sequence(data: Value | None) -> bool:
    """Whether a class of the project gives batches by their number, as Keras asks for them."""
    return isinstance(data, Instance) and not _BASES.isdisjoint(data.cls.library_bases())


def notice_batches(call: Call, data: Value) -> None:
    """See what the code of a data set does to each sample of a batch that it gives."""
    if isinstance(data, Instance) and is_sequence(data):
        imagined = imagined_sample(call.machine, data, call.node)
        if imagined is not None:
            tell_changes(call.machine, data, *imagined)
