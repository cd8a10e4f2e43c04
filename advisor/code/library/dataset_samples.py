"""What data sets of the project give when they are asked for a sample, and which samples are asked
for."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Event, NeighboursUsed
from advisor.code.interpreter import calls
from advisor.code.library import lineages
from advisor.code.library.models import Call, function
from advisor.code.values import Arguments, Function, Instance, Object, Scalar, Value

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_SAMPLER = "torch.utils.data.SubsetRandomSampler"


def imagined_sample(
    machine: "Machine", dataset: Instance, node: cst.CSTNode
) -> tuple[Value, list[Event]] | None:
    """The sample that a data set gives for any number, and what happens meanwhile; None if it gives
    none by their number."""
    if not isinstance(dataset.cls.find("__getitem__"), Function):
        return None
    with machine.imagining() as imagined:
        number = Scalar(symbols.fresh(lineages.SAMPLE_NUMBER))
        sample = calls.call_method(machine, dataset, "__getitem__", Arguments([number]), node)
    return sample, imagined


def notice_windows(machine: "Machine", dataset: Value, node: cst.CSTNode) -> None:
    """See that the samples of a data set are windows of one series, which overlap."""
    imagined = imagined_sample(machine, dataset, node) if isinstance(dataset, Instance) else None
    own = lineages.samples(dataset).rows
    for event in () if imagined is None else imagined[1]:
        if isinstance(event, NeighboursUsed):
            for rows in dict.fromkeys((own, event.rows)):
                place, text = event.place, event.text
                machine.emit(NeighboursUsed(place, machine.context, rows, text, always=True))
            return


@function(_SAMPLER, "torch.utils.data.sampler.SubsetRandomSampler")
def sampler(call: Call) -> Value | None:
    """Some samples of a data set in random order."""
    return Object(_SAMPLER, call.arguments, call.place)


def notice_sampler(call: Call, whole: Value | None) -> None:
    """See which samples of a data set `SubsetRandomSampler(indices)` takes."""
    given = call.argument(3, "sampler")
    if not isinstance(whole, Instance) or not isinstance(given, Object) or given.path != _SAMPLER:
        return
    indices = given.argument(0, "indices")
    if indices is not None and lineages.known(indices) is not None:
        notice_windows(call.machine, whole, call.node)
        lineages.part(call.machine, whole, indices, call.node)
