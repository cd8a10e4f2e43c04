"""Pixels as models are given them: those that ready weights do not know, those that are as large as
bytes, and those that are otherwise than in the training."""

from collections.abc import Iterator
from dataclasses import replace

from advisor.code.events import (
    BackwardRun,
    DataGiven,
    Event,
    ForwardRun,
    LayerRun,
    ModelTrained,
    PixelsRescaled,
)
from advisor.code.facts.held_out_data import dataset_of, transform_of
from advisor.code.facts.loaders import is_loader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.normalisations import are_replaced, has_weights
from advisor.code.facts.normalised_outputs import KEEPS_PROPORTIONS, is_normalised_behind
from advisor.code.facts.run import AbstractRun
from advisor.code.library.keras_data import ITERATOR
from advisor.code.library.pixel_values import (
    are_scaled,
    hardly_differ,
    pixels_of,
    prepared,
    put_through,
)
from advisor.code.library.pretrained import CAFFE, MINUS_ONE_TO_ONE, OWN, Normalisation, wanted_by
from advisor.code.library.streams import element_of
from advisor.code.library.torch_modules.first_layers import first_layer_is_new
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Instance,
    Layer,
    Library,
    Method,
    Object,
    Pixels,
    Tensor,
    Value,
    is_constant,
    known_constant,
    lineage_of,
)
from advisor.code.values import Sequence as SequenceValue

# Layers that multiply the numbers of a picture with weights.
_WEIGHTED = frozenset(
    [
        *(f"torch.nn.{name}" for name in ("Linear", "Conv1d", "Conv2d", "Conv3d")),
        *(f"keras.layers.{name}" for name in ("Dense", "Conv1D", "Conv2D", "Conv3D")),
        *("keras.layers.SeparableConv2D", "keras.layers.Convolution2D"),
    ]
)
# What data a generator of Keras changes in ways of its own.
_OWN_WAYS = ("featurewise_center", "samplewise_center", "zca_whitening")


def unfit_for_weights(run: AbstractRun) -> Iterator[tuple[NodePlace, str, Layer, Normalisation]]:
    """Pixels that a ready model is given with its weights, which want others: the place, what they
    are in words, the model and what it wants. Where the same code gives the model others that it does
    want, somebody compares the two."""
    tried: set[object] = set()
    found: list[tuple[NodePlace, str, Layer, Normalisation, Event]] = []
    for module, pixels, event in run.once(_all_given):
        if not isinstance(module, Layer) or not has_weights(module):
            continue
        if first_layer_is_new(module) or are_replaced(run, module):
            continue  # no weight of the library sees the pixels
        wants = wanted_by(module)
        said = None if wants is None else _unlike(pixels, wants)
        if said is None:
            tried.add(event.place.node)
        elif wants is not None and pixels.place is not None:
            found.append((pixels.place, said, module, wants, event))
    for place, said, module, wants, event in found:
        if event.place.node not in tried:
            yield place, said, module, wants


def _unlike(pixels: Pixels, wants: Normalisation) -> str | None:
    """What pixels are in words, if they are surely not as weights want them."""
    if pixels.are_bytes:
        return None if wants.takes_bytes else "pixels go from 0 to 255"
    if pixels.are_shares:
        return "pixels go from 0 to 1"
    if pixels.go_below_zero:
        return "pixels go from -1 to 1" if wants not in {MINUS_ONE_TO_ONE, OWN} else None
    most = _FARTHEST if wants is CAFFE or wants.takes_bytes else _FAR
    return _said_of_ends(pixels) if _are_far_apart(pixels, most) else None


# How far apart black and white are at most in what weights want that take bytes, or their like; and in
# what others want, where a small picture may have a small deviation.
_FARTHEST, _FAR = 300.0, 50.0


def _are_far_apart(pixels: Pixels, most: float) -> bool:
    """Whether black and white are surely too far apart: bytes that were divided by the deviation of
    shares."""
    black, white = pixels.ends
    return not pixels.learned and abs(white - black) > most


def _said_of_ends(pixels: Pixels) -> str:
    black, white = pixels.ends
    return f"pixels go from {black:.0f} to {white:.0f}"


def fed_bytes(run: AbstractRun) -> Iterator[tuple[NodePlace, str, NodePlace]]:
    """Where the pixels of a training remain from 0 to 255, or become even larger, what they are in
    words, and the layer that multiplies them with its weights."""
    for module, pixels, event in run.once(_all_given):
        if not isinstance(module, Layer) or module.path not in _WEIGHTED:
            continue
        if not pixels.are_bytes and not _are_far_apart(pixels, _FARTHEST):
            continue
        if pixels.place is None or _is_normalised_next(run, event, module):
            continue
        if isinstance(event, DataGiven) or _trains(run, event):
            said = "pixels from 0 to 255 go" if pixels.are_bytes else _said_of_ends(pixels)
            yield pixels.place, said, event.place


def _is_normalised_next(run: AbstractRun, event: Event, module: Layer) -> bool:
    """Whether the layer behind one normalises what that has made: its scale does not matter then."""
    if isinstance(event, DataGiven):
        return is_normalised_behind(run, module)
    kind = LayerRun if isinstance(event, LayerRun) else ForwardRun
    for each in run.events(kind):
        layer = getattr(each, "layer", None) or getattr(each, "module", None)
        if each.index <= event.index:
            continue
        if not isinstance(layer, Layer) or KEEPS_PROPORTIONS.search(layer.path) is None:
            return isinstance(layer, Layer) and "Norm" in layer.path
    return False


def otherwise_than_trained(run: AbstractRun) -> Iterator[tuple[NodePlace, NodePlace]]:
    """Pixels that a model is asked about, which are not as those that it was trained with: where they
    became so, and where the others did."""
    passes = [
        (each, pixels)
        for each in run.events(ForwardRun)
        if not each.context.running and (pixels := _first(each)) is not None
    ]
    trained = [each for each in passes if _trains(run, each[0])]
    for event, pixels in passes:
        own = [each for each in trained if _is_same_model(each[0].module, event.module)]
        learned = [other for _, other in own]
        if not learned or _trains(run, event) or any(map(pixels.is_as, learned)):
            continue
        if _is_compared_with(event, passes, learned):
            continue
        if pixels.place is not None and learned[0].place is not None:
            forgotten = pixels.are_bytes and run.may_tell_of(event.place.source)
            place = _place_of_its_own(run, event, pixels.place, own[0])
            yield event.place if forgotten else place, learned[0].place


def _is_compared_with(
    event: ForwardRun, passes: list[tuple[ForwardRun, Pixels]], learned: list[Pixels]
) -> bool:
    """Whether the same model is asked about the same pictures as it was trained with them, too: what it says
    of brighter or darker ones is compared with that."""
    data = _data_behind(event)
    return data is not None and any(
        other.module is event.module
        and _data_behind(other) is data
        and any(map(pixels.is_as, learned))
        for other, pixels in passes
    )


def _place_of_its_own(
    run: AbstractRun, event: ForwardRun, place: NodePlace, trained: tuple[ForwardRun, Pixels]
) -> NodePlace:
    """Where the pixels that a model is judged by become as they are: what those for training go through
    as well says nothing of them, but their own transform does, or where their data set is made."""
    data, other = _data_behind(event), _data_behind(trained[0])
    if data is None or other is None or data is other:
        return place
    own, theirs = _made_at(transform_of(data)), _made_at(transform_of(other))
    if isinstance(data, Instance) and own is not None and _is_apart(run, own, theirs):
        return own
    scaled = [each for each in run.events(PixelsRescaled) if each.place.node is place.node]
    ways = {tuple(call.node for call in each.context.calls) for each in scaled}
    taught = trained[1].place
    shared = len(ways) > 1 or (taught is not None and taught.node is place.node)
    made = data.place
    told = shared and made is not None and run.may_tell_of(made.source)
    return made if told and made is not None else place


def _is_apart(run: AbstractRun, place: NodePlace, other: NodePlace | None) -> bool:
    apart = other is not None and place.node is not other.node
    return apart and run.may_tell_of(place.source)


def _made_at(transform: Value | None) -> NodePlace | None:
    return None if transform is None else transform.place


def _data_behind(event: ForwardRun) -> Value | None:
    """The data set that a loop around a pass goes through."""
    for loop in reversed(event.context.loops):
        data = data_of(loop)
        if isinstance(data, Object) and is_loader(data):
            return dataset_of(data)
    return None


def given_otherwise(run: AbstractRun) -> Iterator[tuple[NodePlace, NodePlace]]:
    """Pictures that the one model of Keras is judged by, which do not come as those that it is trained
    with: where they become so, and where the others do."""
    if len({event.model for event in run.events(ModelTrained)}) != 1:
        return
    given = [
        (event, pixels)
        for event in run.events(DataGiven)
        if isinstance(event.data, Object) and (pixels := _pixels_given(event.data)) is not None
    ]
    trained = [pixels for event, pixels in given if event.use == "training"]
    known = [each for each in run.events(DataGiven) if each.use == "training"]
    if not trained or len(trained) < len(known):
        return
    shared = {place.node for each in known for place in _places_of(each.data)}
    for event, pixels in given:
        if event.use == "training" or any(map(pixels.is_as, trained)):
            continue
        places = [each for each in (pixels.place, event.data.place) if each is not None]
        of_its_own = (each for each in places if each.node not in shared)
        other = trained[0].place
        if other is not None:
            yield next(of_its_own, event.place), other


def _places_of(data: Value) -> Iterator[NodePlace]:
    """Where data was read, and where the last step on its way is."""
    lineage = lineage_of(data)
    read = () if lineage is None else (each.place for each in lineage.rows.ancestors())
    yield from (each for each in (*read, data.place) if each is not None)


def _is_same_model(trained: Value, asked: Value) -> bool:
    """Whether a model is the one that was trained, or another object of its class."""
    if trained is asked:
        return True
    both = isinstance(trained, Instance) and isinstance(asked, Instance)
    return both and trained.cls is asked.cls  # type: ignore[attr-defined]


def _first(event: ForwardRun) -> Pixels | None:
    """The pixels that a model is given, if they are real ones and surely those of a tensor. Bytes as such
    are cast by the model itself, or refused; and so is a picture that was never made a tensor."""
    given = next(iter(event.arguments.values()), None)
    if isinstance(given, Tensor):
        if given.dtype == "uint8":
            return None
    elif _data_behind(event) is None:
        return None
    found = pixels_of(given)
    return None if found is None or found.input is not None else found


def _all_given(run: AbstractRun) -> list[tuple[Value, Pixels, Event]]:
    return list(_given(run))


def _given(run: AbstractRun) -> Iterator[tuple[Value, Pixels, Event]]:
    """The modules of a run with the pixels that they are given: directly, or as the input of a model
    of Keras that is trained with some."""
    of_input: list[tuple[Value, Pixels]] = []
    for event in run.events_among(ForwardRun, LayerRun):
        if isinstance(event, LayerRun):
            pixels = pixels_of(event.tensor)
            if pixels is not None and pixels.input is None and event.tensor.dtype != "uint8":
                yield event.layer, pixels, event
            continue
        assert isinstance(event, ForwardRun)
        pixels = pixels_of(next(iter(event.arguments.values()), None))
        if pixels is not None and pixels.input is not None:
            of_input.append((event.module, pixels))
        elif pixels is not None:
            yield event.module, pixels, event
    for module, data, done, event in _through_models(run, of_input):
        pixels = put_through(data, done)
        if pixels is not None:
            yield module, pixels, event


def scaled_again(run: AbstractRun) -> Iterator[tuple[NodePlace, NodePlace]]:
    """Where a model of Keras scales pixels itself that were scaled before it is trained with them, and
    where that was."""
    of_input = [
        (event.module, pixels)
        for event in run.events(ForwardRun)
        if (pixels := pixels_of(next(iter(event.arguments.values()), None))) is not None
        and pixels.input is not None
        and not pixels.are_bytes
    ]
    for _, data, done, _ in _through_models(run, of_input):
        pixels = put_through(data, done)
        again = pixels is not None and hardly_differ(pixels) and are_scaled(data)
        if not again or done.place is None or data.place is None:
            continue
        if run.may_tell_of(done.place.source):
            yield done.place, data.place
            return


def _inputs_of(model: Value) -> list[Value]:
    """What may stand for the pixels that a model of Keras is given: itself, the tensor that it is
    built on, or the ready model whose input is its own."""
    if not isinstance(model, Layer):
        return [model]
    given = model.argument(0, "inputs") or model.arguments.keywords.get("input")
    first = given.items[0] if isinstance(given, SequenceValue) and given.items else given
    if not isinstance(first, Method):
        return [model] if first is None else [model, first]
    return [model, first, first.receiver]


def _through_models(
    run: AbstractRun, of_input: list[tuple[Value, Pixels]]
) -> Iterator[tuple[Value, Pixels, Pixels, Event]]:
    """The modules of the one model of Keras that is trained, with the pixels that it is trained with,
    and what it has done to its input before they are given it."""
    models = {event.model for event in run.events(ModelTrained)} if of_input else set()
    if len(models) != 1:
        return
    own = _inputs_of(models.pop())
    for event in run.events(DataGiven):
        data = _pixels_given(event.data) if event.use == "training" else None
        for module, done in of_input if data is not None else ():
            if data is not None and done.input in own:
                yield module, data, done, event


def _pixels_given(data: Value) -> Pixels | None:
    """The pixels of what a model of Keras is trained with."""
    if not isinstance(data, Object):
        return pixels_of(data)
    if data.path == ITERATOR:
        return _generated(data)
    element = element_of(data)
    if isinstance(element, SequenceValue) and element.items:
        element = element.items[0]
    return pixels_of(element)


def _generated(data: Object) -> Pixels | None:
    """The pixels of a generator of Keras."""
    generator = data.fields.get("generator")
    if not isinstance(generator, Object) or generator.arguments.unknown:
        return None
    given = generator.arguments.keywords
    if any(name in given for name in _OWN_WAYS) or "x" in data.arguments.keywords:
        return None
    if data.arguments.positional and not _reads_folder(data):
        return None
    rescale = given.get("rescale")
    factor = 1.0 if rescale is None else known_constant(rescale)
    pixels: Pixels | None = Pixels(generator.place)
    function = given.get("preprocessing_function")
    if function is not None and not is_constant(function, None):
        path = function.path if isinstance(function, Library) else ""
        pixels = prepared(pixels, path, generator.place)
    if not factor or pixels is None:
        return None
    return replace(pixels, divisor=tuple(each / factor for each in pixels.divisor))


def _reads_folder(data: Object) -> bool:
    place = data.place
    return place is not None and "flow_from" in place.source.text


def _trains(run: AbstractRun, event: Event) -> bool:
    """Whether something is back-propagated behind an event, in the same loop."""
    loops = event.context.loops
    if event.context.gradients is False:
        return False
    for step in run.events(BackwardRun):
        if step.index < event.index:
            continue
        if loops and step.context.loops and step.context.loops[-1].node is loops[-1].node:
            return True
        if not loops and not step.context.loops:
            return True
    return False
