"""Pictures that are normalised twice, or otherwise for training than for judging."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Self

import libcst as cst

from advisor.code.events import PixelsScaledAgain, TransformBuilt
from advisor.code.facts.fed_pixels import (
    fed_bytes,
    given_otherwise,
    otherwise_than_trained,
    scaled_again,
    unfit_for_weights,
)
from advisor.code.facts.forgotten_scalings import forgotten_scalings
from advisor.code.facts.held_out_data import HeldOutData, transform_of
from advisor.code.facts.keras_pixels import never_scaled, rescaled_again
from advisor.code.facts.loaders import TrainingLoader
from advisor.code.facts.normalisations import PreparedPictures
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.second_scalings import second_scalings
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.sources import NodePlace
from advisor.code.values import Layer, Object, Value, known_number
from advisor.code.values import Sequence as SequenceValue
from advisor.lazy_dataclasses import dataclass

_TORCHVISION = "torchvision.transforms."
# Transforms after which nothing is known of the pixels.
_UNKNOWN = frozenset(["Lambda", "RandomApply", "RandomChoice", "PILToTensor", "ConvertImageDtype"])


@dataclass(frozen=True, eq=False, slots=True)
class PixelScale(Fact):
    """The numbers that pictures come as do not fit: the `weights` of a ready model want others, they
    are `bytes` still, normalised `twice`, or `differently` for training. Or a scaler was `forgotten` for one
    part of some rows. `text` says more."""

    place: NodePlace
    how: str
    text: str = ""
    related: tuple[tuple[NodePlace, str], ...] = ()

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The transforms of a run."""
        if holds_unit_tests(run):
            return
        told = set()
        for pictures in run.facts(PreparedPictures):
            if pictures.scaled and pictures.transform.place is not None:
                name = pictures.model.path.rsplit(".", 1)[-1]
                built = pictures.model.place
                beside = () if built is None else ((built, "the model is built here"),)
                text = (
                    f"pixels go from 0 to 1 into `{name}`, whose weights want {pictures.wants.text}"
                )
                told.add(pictures.model)
                yield cls(pictures.transform.place, "weights", text, beside)
        fed = list(cls._fed(run, told))
        yield from fed
        for place, name, fit in forgotten_scalings(run):
            text = f"`{name}` is not scaled by `{fit.text}`, as the other part is"
            yield cls(place, "forgotten", text, ((fit.place, "it is fitted here"),))
        for place in _twice(run):
            yield cls(place, "twice")
        again = {place.node: (place, other) for place, other in _scaled_again(run)}
        for place, other in second_scalings(run, _names_of_steps, _brings_to_zero):
            again.pop(place.node, None)
            yield cls(place, "twice", "", ((other, "the training pictures' transform"),))
        within = {place.node: (place, other) for place, other in scaled_again(run)}
        for place, other in rescaled_again(run):
            again.pop(place.node, None)
            within.pop(place.node, None)
            yield cls(place, "twice", "", ((other, "they were divided by 255 here"),))
        for place, other in (*again.values(), *within.values()):
            yield cls(place, "twice", "", ((other, "they were scaled here"),))
        for place, text, other in never_scaled(run):
            beside = ((other, "the training pictures are divided by 255 here"),)
            yield cls(place, "differently", text, beside)
        shown = {each.place.node for each in fed}
        for place, text, other in _differently(run, shown):
            yield cls(place, "differently", text, ((other, "the training pictures' transform"),))

    @classmethod
    def _fed(cls, run: AbstractRun, told: set[Layer]) -> Iterator[Self]:
        """The pixels that models are given; of those that were `told` of no more is said."""
        for place, said, model, wants in unfit_for_weights(run):
            if model in told:
                continue
            name = model.path.rsplit(".", 1)[-1]
            beside = () if model.place is None else ((model.place, "the model is built here"),)
            yield cls(
                place, "weights", f"{said} into `{name}`, whose weights want {wants.text}", beside
            )
        for place, said, layer in fed_bytes(run):
            yield cls(place, "bytes", said, ((layer, "they meet the first weights here"),))
        for place, other in (*otherwise_than_trained(run), *dict(given_otherwise(run)).items()):
            yield cls(place, "otherwise", "", ((other, "the training pictures become so here"),))


def _steps(transform: Value | None) -> list[Object] | None:
    """The steps of a transform of torchvision, where each of them is known."""
    if not isinstance(transform, Object) or not transform.path.startswith(_TORCHVISION):
        return None
    if not transform.path.endswith(".Compose"):
        return [transform]
    given = transform.argument(0, "transforms")
    items = given.items if isinstance(given, SequenceValue) else None
    if items is None or transform.arguments.unknown:
        return None
    found = [each for each in items if isinstance(each, Object)]
    known = len(found) == len(items) and all(_is_known(each) for each in found)
    return found if known else None


def _names_of_steps(transform: Value | None) -> set[str]:
    """What a transform of torchvision does to the numbers of pictures, where each step is known."""
    steps = _steps(transform) or []
    names = {_name(each) for each in steps}
    scaled = bool(names & {"ToTensor", "ToImage"})
    normalised = all(_brings_to_zero(each) for each in steps if _name(each) == "Normalize")
    return names if scaled and normalised else set()


def _is_known(step: Object) -> bool:
    return step.path.startswith(_TORCHVISION) and _name(step) not in {*_UNKNOWN, "Compose"}


def _name(step: Object) -> str:
    return step.path.rsplit(".", 1)[-1]


def _twice(run: AbstractRun) -> Iterator[NodePlace]:
    for event in run.events(TransformBuilt):
        steps = _steps(event.transform) or []
        scaled = any(_name(each) in {"ToTensor", "ToImage"} for each in steps)
        normalised = [each for each in steps if _name(each) == "Normalize"]
        if (
            scaled
            and len(normalised) > 1
            and all(map(_brings_to_zero, normalised))
            and normalised[1].place is not None
        ):
            yield normalised[1].place


def _scaled_again(run: AbstractRun) -> Iterator[tuple[NodePlace, NodePlace]]:
    """Where pixels are scaled that were scaled before, and where that was."""
    for event in run.events(PixelsScaledAgain):
        if event.first is not None and run.may_tell_of(event.place.source):
            yield event.place, event.first


def _brings_to_zero(step: Object) -> bool:
    """Whether a step is surely not one that undoes a normalisation."""
    scale = _numbers_of(step)
    if not scale:
        return False
    middle = len(scale) // 2
    return all(each > 0 for each in scale[:middle]) and all(each < 1 for each in scale[middle:])


def _differently(
    run: AbstractRun, shown: AbstractSet[cst.CSTNode]
) -> Iterator[tuple[NodePlace, str, NodePlace]]:
    """Held-out pictures that are not normalised as all training pictures are; those of whose steps one
    is `shown` already are left out."""
    training = [transform_of(each.dataset) for each in run.facts(TrainingLoader)]
    known = [(each, _normalisation(each)) for each in training]
    wanted = {scale for _, scale in known}
    if len(wanted) != 1 or not isinstance(known[0][0], Object):
        return
    first = wanted.pop()
    held_out = [(each, _normalisation(each.transform)) for each in run.facts(HeldOutData)]
    if first is None or any(scale == first for _, scale in held_out):
        return
    elsewhere = run.source.text.count("Normalize(") > 1
    for data, scale in held_out:
        if scale is None or (not scale and elsewhere) or not isinstance(data.transform, Object):
            continue
        steps = (each.place for each in _steps(data.transform) or ())
        if any(each is not None and each.node in shown for each in steps):
            continue
        place, other = data.transform.place, known[0][0].place
        if place is not None and other is not None and place.node is other.node:
            place = data.dataset.place  # a function makes both transforms
        if place is not None and other is not None and run.may_tell_of(place.source):
            yield place, data.name, other


def _normalisation(transform: Value | None) -> tuple[float, ...] | None:
    """The means and deviations that pictures are normalised by; empty where they are not; None
    where that is not known."""
    steps = _steps(transform)
    if steps is None or not any(_name(each) in {"ToTensor", "ToImage"} for each in steps):
        return None
    found: list[float] = []
    for step in steps:
        if _name(step) != "Normalize":
            continue
        numbers = _numbers_of(step)
        if numbers is None:
            return None
        found.extend(numbers)
    return tuple(found)


def _numbers_of(step: Object) -> list[float] | None:
    """The means of a normalisation and then its deviations, where all are known."""
    found: list[float] = []
    for given in (step.argument(0, "mean"), step.argument(1, "std")):
        items = given.items if isinstance(given, SequenceValue) else (given,)
        numbers = [known_number(each) for each in items or ()]
        if not numbers or any(each is None or each.constant is None for each in numbers):
            return None
        found.extend(float(each.constant or 0) for each in numbers if each is not None)
    return found
