"""Pictures on their way into a ready model, and the normalisation that its weights want."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    DataGiven,
    Escaped,
    ForwardRun,
    LayerBuilt,
    LoaderBuilt,
    ModelTrained,
    OptimizerStepped,
    StateUsed,
    TransformApplied,
    TransformBuilt,
)
from advisor.code.facts.held_out_data import dataset_of, transform_of
from advisor.code.facts.passes import sources_of
from advisor.code.facts.ready_inputs import sees_pictures
from advisor.code.facts.relations import reaches
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.gradients import may_be_made_from
from advisor.code.library.pretrained import Normalisation, normalisation_of
from advisor.code.library.transforms import GENERATOR
from advisor.code.values import (
    Constant,
    Layer,
    Object,
    Unknown,
    Value,
    alternatives,
    known_constant,
)
from advisor.code.values import Sequence as SequenceValue
from advisor.lazy_dataclasses import dataclass

# Signs that pixels are normalised somewhere, by whatever means.
_NORMALISES = re.compile(
    r"ormali[sz]e|ormali[sz]ation\(|preprocess_input|0?\.485|IMAGENET_|\.transforms\(\)|ImageProcessor"
    r"|FeatureExtractor|create_transform|standardi[sz]e|\bmeans?\b *=|127\.5|\.sub_\(|Rescaling"
)


@dataclass(frozen=True, eq=False, slots=True)
class PreparedPictures(Fact):
    """Pictures are prepared for a ready model with its weights. `scaled` says that pixels are
    brought to numbers from 0 to 1 and no further."""

    transform: Object
    model: Layer
    wants: Normalisation
    scaled: bool

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The transforms of a run that uses one ready model, where nothing else normalises."""
        models = list(_ready_models(run))
        if not models or holds_unit_tests(run):
            return
        if any(_NORMALISES.search(source.text) for source in sources_of(run)):
            return
        wishes = {normalisation_of(model.path) for model in models}
        wants = wishes.pop()
        if wants is None or wishes:
            return
        library = "keras" if models[0].path.startswith("keras.") else "torchvision"
        for transform in _outermost(run):
            place = transform.place
            if place is not None and _NORMALISES.search(place.source.text):
                continue
            if _is_seen_by_no_model(run, transform):
                continue
            if transform.path.startswith(library) and not _is_for_others(run, transform, models):
                yield cls(transform, models[0], wants, _only_scales(transform))


def _ready_models(run: AbstractRun) -> Iterator[Layer]:
    """The ready models of libraries that are built with weights."""
    for event in run.events(LayerBuilt):
        layer = event.layer
        is_ready = not layer.path.startswith("timm.") and has_weights(layer)
        if is_ready and sees_pictures(run, layer) and not are_replaced(run, layer):
            yield layer


def are_replaced(run: AbstractRun, ready: Layer) -> bool:
    """Whether a program surely loads other weights over those of a ready model before it trains any:
    whoever saved them says what pixels they want."""
    built = next((each for each in run.events(LayerBuilt) if each.layer is ready), None)
    loaded = list(run.events(StateUsed)) if built is not None else []
    if built is None or not loaded:
        return False
    trained = next(iter(run.events_among(OptimizerStepped, ModelTrained)), None)
    holders: list[Value] = [ready]
    for event in loaded:
        if event.module is None or event.index < built.index:
            continue
        state = event.state
        if isinstance(state, Object) and ready in state.arguments.positional:
            holders.append(event.module)
            continue
        if trained is not None and (trained.index < event.index or isinstance(state, Object)):
            continue
        surely = all(guard in built.context.guards for guard in event.context.guards)
        if surely and any(reaches(event.module, each) for each in holders):
            return True
    return False


def has_weights(layer: Layer) -> bool:
    """Whether a ready model of a library is built with its weights, for sure."""
    if layer.path.startswith("torchvision.models."):
        given = layer.argument(0, "pretrained") or layer.argument(-1, "weights")
        return given is not None and _is_on(given)
    if layer.path == "timm.create_model":
        given = layer.argument(1, "pretrained")
        return isinstance(given, Constant) and given.value is True and not given.configurable
    if layer.path.startswith("keras.applications."):
        weights = layer.arguments.keywords.get("weights")
        return weights is None or (isinstance(weights, Constant) and weights.value == "imagenet")
    return False


def _is_on(value: Value) -> bool:
    for each in alternatives(value):
        if isinstance(each, Constant) and (each.configurable or each.value in {None, False}):
            return False
        if not isinstance(each, Constant) and not hasattr(each, "path"):
            return False
    return True


def _outermost(run: AbstractRun) -> Iterator[Object]:
    """The transforms that are not part of another one."""
    built = [event.transform for event in run.events(TransformBuilt)]
    # Those that stand outside of all functions of another file were built before the run began.
    for loader in run.events(LoaderBuilt):
        transform = transform_of(dataset_of(loader.loader))
        if isinstance(transform, Object) and transform not in built:
            built.append(transform)
    inner = {part for each in built for part in _parts(each)}
    yield from (each for each in built if each not in inner)


def _is_for_others(run: AbstractRun, transform: Object, ready: list[Layer]) -> bool:
    """Whether the pictures of a generator are given to models alone that no ready one is a part of, or
    nobody asks it for pictures and others for some."""
    given = [
        each
        for each in run.events(DataGiven)
        if isinstance(each.data, Object) and each.data.fields.get("generator") is transform
    ]
    asked = {each.loader.fields.get("generator") for each in run.events(LoaderBuilt)} - {None}
    if transform.path == GENERATOR and asked and transform not in asked:
        return True
    built = {each.layer: each.index for each in run.events(LayerBuilt)}
    return bool(given) and all(
        all(event.index < built[each] or _has_no_ready_part(event.model) for each in ready)
        for event in given
    )


def _is_seen_by_no_model(run: AbstractRun, transform: Object) -> bool:
    """Whether a script puts one picture through a transform where that is built, and hands what comes of
    it to no model, nor to anything else that may be one: it is drawn upon, or saved."""
    applied = [each for each in run.events(TransformApplied) if each.transform is transform]
    built = None if transform.place is None else transform.place.node
    if not run.is_script or not applied:
        return False
    nodes = [each.place.node for each in applied]
    if not all(isinstance(each, cst.Call) and each.func is built for each in nodes):
        return False
    seen = [value for each in run.events(ForwardRun) for value in each.arguments.values()]
    for each in run.events(Escaped):
        # `picture.max()` shows nobody the picture.
        own = each.callee.parent if isinstance(each.callee, Unknown) else None
        seen.extend(value for value in each.values if value is not own)
    return not any(may_be_made_from(value, transform) for value in seen)


def _has_no_ready_part(model: Value | None) -> bool:
    """Whether a model of Keras is a stack of plain layers, each of which is known."""
    stack = model.fields.get("children") if isinstance(model, Layer) else None
    if isinstance(stack, SequenceValue):
        return stack.items is not None and all(map(_has_no_ready_part, stack.items))
    if not isinstance(model, Layer) or not model.path.startswith("keras.layers."):
        return False
    return all(
        _has_no_ready_part(each) for each in model.arguments.values() if isinstance(each, Layer)
    )


def _parts(transform: Object) -> Iterator[Value]:
    given = transform.argument(0, "transforms")
    if isinstance(given, SequenceValue):
        yield from given.items or ()


def _only_scales(transform: Object) -> bool:
    """Whether pixels come out from 0 to 1, for sure."""
    if transform.path == GENERATOR:
        rescale = known_constant(transform.argument(-1, "rescale"))
        return rescale is not None and abs(rescale * 255 - 1) < 0.01
    parts = list(_parts(transform)) if transform.path.endswith(".Compose") else [transform]
    if not all(isinstance(part, Object) for part in parts):
        return False
    return any(isinstance(part, Object) and part.path.endswith(".ToTensor") for part in parts)
