"""Pictures that a program of Keras scales by hand, and those that it forgets or scales again."""

import re
from collections.abc import Iterator

from advisor.code.events import DataGiven, LayerBuilt, ModelTrained, PixelsRescaled
from advisor.code.facts.passes import sources_of
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.sources import NodePlace
from advisor.code.values import known_constant, names_of

_RESCALING = ("keras.layers.Rescaling", "keras.layers.experimental.preprocessing.Rescaling")
_BY_LARGEST = 1 / 255
_CASTS = re.compile(r"(np\.expand_dims\()?\w+(\.(reshape|astype)\(|, -1\))")
# What is given to be judged by, as written.
_GIVEN = {
    "training": re.compile(r"$^"),
    "validation": re.compile(r"validation_data\s*=\s*[(\[](\w+),"),
    "testing": re.compile(r"\.\w+\((?:x\s*=\s*)?(\w+)[,)]"),
}


def rescaled_again(run: AbstractRun) -> Iterator[tuple[NodePlace, NodePlace]]:
    """Layers that divide by 255 what was divided by 255 before the one model of a run is trained with
    it, and where that was done first."""
    if len({event.model for event in run.events(ModelTrained)}) != 1:
        return
    layers = [event for event in run.events(LayerBuilt) if event.layer.path in _RESCALING]
    if len(layers) != 1 or layers[0].layer.argument(1, "offset") is not None:
        return
    scale = known_constant(layers[0].layer.argument(0, "scale"))
    if scale is None or abs(scale - _BY_LARGEST) > 1e-4:
        return
    divided = _divided(run)
    for event in run.events(DataGiven):
        for name in names_of(event.data) if event.use == "training" else ():
            if name in divided and run.may_tell_of(layers[0].place.source):
                yield layers[0].place, divided[name].place
                return


def never_scaled(run: AbstractRun) -> Iterator[tuple[NodePlace, str, NodePlace]]:
    """Pictures of a well-known data set that a model is judged by as they are, where those that it is
    trained with were divided by 255: the place, their name and where the others are divided."""
    divided = _divided(run)
    given = list(run.events(DataGiven))
    trained = [name for each in given if each.use == "training" for name in names_of(each.data)]
    scaled = next((name for name in trained if name in divided), None)
    if scaled is None:
        return
    for event in given:
        name = _GIVEN[event.use].search(code_of(event.place.node))
        if name is None or name[1] in {*trained, *divided} or name[1] not in names_of(event.data):
            continue
        if _is_as_read(run, name[1]) and run.may_tell_of(event.place.source):
            yield _prepared_at(event), name[1], divided[scaled].place
            return


def _prepared_at(event: DataGiven) -> NodePlace:
    """Where pictures were cast or laid out anew, and could have been divided; else where they are given."""
    made = event.data.place
    if made is None or made.source is not event.place.source:
        return event.place
    return made if _CASTS.match(code_of(made.node)) else event.place


def _divided(run: AbstractRun) -> dict[str, PixelsRescaled]:
    """What is divided by 255, by its name."""
    found: dict[str, PixelsRescaled] = {}
    for event in run.events(PixelsRescaled):
        name = re.match(r"[(\s]*(\w+)", event.text)
        if name is not None and not event.standardised:
            found.setdefault(name[1], event)
    return found


def _is_as_read(run: AbstractRun, name: str) -> bool:
    """Whether pictures are nowhere more than read, cast or laid out anew under their name."""
    reads = re.compile(rf"\b{name}\b[^=\n]*\)* *= *[\w.]*datasets\.\w+\.load_data\(")
    keeps = re.compile(rf"^(np\.expand_dims\()?{name}(\.(reshape|astype)\([^\n]*\)|, -1\))?$")
    text = "\n".join(source.text for source in sources_of(run))
    if "escaling" in text or not reads.search(text):
        return False
    assigned = re.findall(rf"^\s*{name} *(.?)= *([^=\n].*)$", text, re.MULTILINE)
    other = re.search(rf"(,\s*{name}|\b{name}\s*,)[^=\n(]*= *(?!.*load_data)", text)
    return other is None and all(not sign and keeps.match(code) for sign, code in assigned)
