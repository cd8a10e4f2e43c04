"""Pictures that a data set has prepared, and that are prepared once more on their way to a model."""

import re
from collections.abc import Callable, Iterator

import libcst as cst

from advisor.code.events import Event, PixelsRescaled, TransformApplied
from advisor.code.facts.held_out_data import transform_of
from advisor.code.facts.loaders import TrainingLoader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.library.picture_sizes import is_of_torchvision
from advisor.code.library.torch_data import undivided
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import Object, Value, alternatives

_PICTURES = frozenset(
    ["x", "xb", "image", "images", "img", "imgs", "input", "inputs", "picture", "pictures", "batch"]
)
# Means that are written out, not taken of the pictures themselves.
_WRITTEN_OUT = re.compile(r"mean\w*[\"']?\s*[,=:][^\n]*\[\s*0?\.\d", re.IGNORECASE)


def second_scalings(
    run: AbstractRun,
    steps_of: Callable[[Value | None], set[str]],
    brings_to_zero: Callable[[Object], bool],
) -> Iterator[tuple[NodePlace, NodePlace]]:
    """Where training pictures are scaled or normalised a second time, and their transform. A step that
    may take the first normalisation back, before pictures are shown, is none."""
    prepared = {}
    for each in TrainingLoader.collect(run):
        transform = transform_of(each.dataset)
        steps = steps_of(transform)
        if not _reads_pictures(each.dataset):
            # `ToTensor` leaves arrays of other numbers than bytes as they are.
            steps = steps - {"ToTensor"}
        if steps and transform is not None and transform.place is not None:
            prepared[each.loader] = (steps, transform.place)
    if not prepared:
        return
    for event in run.events_among(PixelsRescaled, TransformApplied):
        wanted = _repeats(event, brings_to_zero)
        for loader, (steps, place) in prepared.items():
            if wanted in steps and _is_on_the_way(event, loader):
                if run.may_tell_of(event.place.source):
                    yield event.place, place
                return


def _reads_pictures(dataset: Value | None) -> bool:
    return is_of_torchvision(undivided(dataset))


def _repeats(event: Event, brings_to_zero: Callable[[Object], bool]) -> str | None:
    """The step of a transform that an event repeats."""
    if isinstance(event, PixelsRescaled):
        if not words(event.text) & _PICTURES:
            return None
        if not event.standardised:
            return "ToTensor"
        return "Normalize" if _WRITTEN_OUT.search(event.place.source.text) else None
    transform = event.transform if isinstance(event, TransformApplied) else None
    if not isinstance(transform, Object) or not transform.path.endswith("transforms.Normalize"):
        return None
    return "Normalize" if brings_to_zero(transform) else None


def _is_on_the_way(event: Event, loader: Object) -> bool:
    """Whether an event is about the pictures that a loop over a loader gives, or in a model that
    runs in such a loop."""
    loops = [each for each in event.context.loops if loader in alternatives(data_of(each))]
    if not loops:
        return False
    if event.context.running:
        return True
    target = code_of(getattr(loops[-1].node, "target", cst.Name("batch")))
    text = event.text if isinstance(event, PixelsRescaled) else ""
    return bool(words(target) & words(text) & _PICTURES) or not text
