"""Data sets of the project whose own code changes every sample at random."""

import re

import libcst as cst

from advisor.code.events import Guard, SampleChanged
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.library.transforms import WINDOW, random_part
from advisor.code.nodes import as_written
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Function,
    Instance,
    Library,
    Object,
    Value,
    alternatives,
    known_constant,
)
from advisor.lazy_dataclasses import dataclass

_DRAWS = re.compile(
    r"\brand(om|int|n|range|_like|int_like)?\b|\brng\b|\bgenerator\b"
    r"|\.(uniform|normal|gauss|choice|integers|bernoulli|binomial|beta)\("
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_FUNCTION = re.compile(r"(\s*)(?:async )?def (\w+)")
_WITH_NUMBER = 2
_TOLD = re.compile(r"\bself\.(\w+)\b(?![.(\[])")
# Code that takes noise away again, or learns from it, is judged by noise, too.
_WANTS_NOISE = re.compile(
    r"denois|nois(y|e_?level)|corrupt|restor|diffusion|inpaint|super_?res|self_?sup", re.IGNORECASE
)


# What makes numbers that look random come out the same each time.
_SEEDS = re.compile(r"seed|default_rng\(|\bRandom\(|RandomState\(|Generator\(|PRNGKey\(")


@dataclass(frozen=True, slots=True)
class RandomChange:
    """What changes samples at random: its name, and where it stands; `built` is where the transform
    was built, if that is elsewhere."""

    name: str
    place: NodePlace | None
    built: NodePlace | None = None

    @property
    def made_by(self) -> str:
        """What the function is called in whose code it is built."""
        place = self.built or self.place
        if place is None:
            return ""
        lines = place.source.text.splitlines()[: place.row]
        inside = len(lines[-1]) - len(lines[-1].lstrip())
        for line in reversed(lines):
            found = _FUNCTION.match(line)
            if found is not None and len(found[1]) < inside:
                return found[2]
        return ""


def change_in_code(run: AbstractRun, dataset: Value) -> RandomChange | None:
    """What a data set does at random to each sample that it is asked for, whatever it was told when it
    was made: by its own code, or by a transform of the project that a well-known one is given."""
    if isinstance(dataset, Instance) and not _is_read_by_number(dataset):
        return None
    for event in run.events(SampleChanged):
        if event.dataset is not dataset or not _is_always_done(event):
            continue
        name = _name_of(event)
        if name is not None and not _WANTS_NOISE.search(_text_around(run, dataset)):
            part = random_part(event.transform)
            return RandomChange(name, event.place, None if part is None else part.place)
    return None


def _is_read_by_number(dataset: Instance) -> bool:
    """Whether samples are those of the number that is asked for, with chance that is not told by that
    number: others are made up altogether, or come out the same each time."""
    get = dataset.cls.find("__getitem__")
    node = get.node if isinstance(get, Function) else None
    if not isinstance(node, cst.FunctionDef) or len(node.params.params) < _WITH_NUMBER:
        return True
    name = node.params.params[1].name.value
    # A number that is given back beside the sample reads nothing.
    code = re.sub(rf"(?m)^(\s*return .*),\s*{name}$", r"\1", as_written(node.body))
    lines = [line for line in code.splitlines() if re.search(rf"\b{name}\b", line)]
    return bool(lines) and not any(map(_SEEDS.search, lines))


def _is_always_done(event: SampleChanged) -> bool:
    """Whether chance alone decides if a sample is changed."""
    return all(
        (guard.taken and _is_there(guard))
        or (_draws(event, text := code_of(guard.node)) and not _may_be_never(event, text))
        for guard in event.guards
    )


def _may_be_never(event: SampleChanged, text: str) -> bool:
    """Whether the probability that a draw is compared with, or what noise is multiplied by, may be 0:
    it depends on something, on what the object was told, or on the mode of a module."""
    texts = [text, *_assigned(event, text)]
    if any(re.search(r"\bif\b", each) for each in texts[1:]):
        return True
    fields = event.owner.fields if isinstance(event.owner, Instance) else {}
    names = {name for each in texts for name in _TOLD.findall(each)}
    told = (fields.get(name) for name in names)
    return "training" in names or any(
        isinstance(each, Value) and not known_constant(each) for each in told
    )


def _assigned(event: SampleChanged, text: str) -> list[str]:
    """What the names in an expression are bound to in the same function."""
    functions = event.context.functions
    code = as_written(functions[-1].node) if functions else ""
    return [
        given[1]
        for name in set(_WORD.findall(text)) - {"self"}
        for given in re.finditer(rf"\b{name}\b(?:, *\w+)* = ([^=\n].*)", code)
    ]


def _is_there(guard: Guard) -> bool:
    """Whether a condition asks for something that is there."""
    options = alternatives(guard.condition)
    return bool(options) and all(isinstance(each, (Object, Function)) for each in options)


def _name_of(event: SampleChanged) -> str | None:
    """What changes a sample, if chance decides how, or whether that is done."""
    transform, node = event.transform, event.place.node
    if isinstance(transform, Object):
        part = random_part(transform)
        return None if part is None else part.path.rsplit(".", 1)[-1]
    written = code_of(node.func) if isinstance(node, cst.Call) else code_of(node)
    if isinstance(transform, Library) and transform.path == WINDOW:
        return written
    if transform is None:
        return None if _may_be_never(event, written) else written
    asked = [code_of(guard.node) for guard in event.guards]
    given = [code_of(each.value) for each in node.args] if isinstance(node, cst.Call) else []
    path = transform.path if isinstance(transform, Library) else ""
    given = given if path.startswith("PIL.Image.") else given[1:]
    chance = "image.random_" in path or any(_draws(event, each) for each in (*asked, *given))
    return written if chance else None


def _draws(event: SampleChanged, text: str) -> bool:
    """Whether an expression draws random numbers, or goes by some that were drawn just before."""
    return any(map(_DRAWS.search, [text, *_assigned(event, text)]))


def _text_around(run: AbstractRun, dataset: Value) -> str:
    """The code of the class of a data set; of the whole file for one that has no code of its own."""
    if not isinstance(dataset, Instance):
        return run.source.text
    node = dataset.cls.node
    return code_of(node) if isinstance(node, cst.CSTNode) else ""
