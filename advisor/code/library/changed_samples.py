"""What the code of a project does at random to each sample that a data set gives."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Event, NoiseAdded, SampleChanged, TransformApplied
from advisor.code.interpreter import calls
from advisor.code.library import lineages
from advisor.code.library.picture_sizes import transform_of
from advisor.code.library.transforms import own_parts
from advisor.code.values import Arguments, Dictionary, Instance, Lineage, Object, Value
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def tell_changes(
    machine: "Machine", dataset: Instance, sample: Value, imagined: Sequence[Event]
) -> None:
    """Tell of the transforms, and of the noise, that a sample goes through in the code of a data set
    whenever it is asked for; not of noise that is to be taken away again, where the sample is
    given as it was, too."""
    if not _is_given_unchanged(sample):
        _tell(machine, dataset, dataset, list(_until_given(sample, imagined)))


def _until_given(sample: Value, imagined: Sequence[Event]) -> Iterator[Event]:
    """What happens before a part of a sample is as it is given: what is made of it besides, a small
    picture of a large one, is what the model is to turn back into it."""
    parts = _parts_of(sample)
    for event in imagined:
        if isinstance(event, TransformApplied) and any(event.picture is each for each in parts):
            return
        yield event


def _tell(machine: "Machine", dataset: Value, owner: Value, imagined: Sequence[Event]) -> None:
    depth = len(machine.context.guards)
    for event in imagined:
        if not isinstance(event, (TransformApplied, NoiseAdded)):
            continue
        applied = event if isinstance(event, TransformApplied) else None
        guards = event.context.guards[depth:]
        machine.emit(
            SampleChanged(
                event.place,
                event.context,
                dataset,
                owner,
                transform=None if applied is None else applied.transform,
                guards=guards,
                picture=None if applied is None else applied.picture,
            )
        )


def tell_changes_of_pictures(machine: "Machine", dataset: Object, node: cst.CSTNode) -> None:
    """Tell of what functions and classes of the project do to the pictures of a well-known data set."""
    for part in own_parts(transform_of(dataset)):
        with machine.imagining() as imagined:
            picture = machine.unknown("picture", node)
            picture.lineage = lineages.samples(dataset).of_item()
            calls.call(machine, part, Arguments([picture]), node)
        _tell(machine, dataset, part, imagined)


def _is_given_unchanged(sample: Value) -> bool:
    """Whether a sample holds two versions of the same rows."""
    found = [each for each in map(lineages.known, _parts_of(sample)) if each is not None]
    return any(
        one.rows is other.rows and _changes(one) != _changes(other)
        for number, one in enumerate(found)
        for other in found[:number]
    )


def _parts_of(sample: Value) -> Sequence[Value]:
    if isinstance(sample, SequenceValue):
        return sample.items or ()
    return list(sample.items.values()) if isinstance(sample, Dictionary) else ()


def _changes(lineage: Lineage) -> list[object]:
    return [place.node for place in lineage.augmentations]
