"""Data sets that give several views of each sample: one random change is drawn for each of them."""

import re
from collections.abc import Iterator

import libcst as cst

from advisor.code.events import SampleChanged
from advisor.code.facts.passes import stands_in
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.library.torch_data import SUBSET, whole_behind
from advisor.code.nodes import as_written
from advisor.code.values import Function, Instance, Object, Value

# Where another way through a function begins.
_WAYS = re.compile(r"\n\s*(?:elif|else|except|if)\b[^\n]*:|(?<=\n)\s*return [^\n]*\n(?=\s*\S)")
_NAME = re.compile(r"\w+")
_ASKED_OF_ITSELF = re.compile(r"\bself\.(\w+)\(([^()]*)\)")


def gives_several_views(run: AbstractRun, dataset: Value) -> bool:
    """Whether a data set puts a sample through the same transform several times. A model that learns from
    views is judged by views as well: what they have in common is what it is asked for."""
    whole = dataset
    if isinstance(dataset, Object) and dataset.path == SUBSET:
        whole = whole_behind(dataset) or dataset
    if isinstance(whole, Instance) and _asks_twice(whole):
        return True
    changes = [each for each in run.events(SampleChanged) if each.dataset is whole]
    if any(map(_is_drawn_in_a_comprehension, changes)):
        return True
    seen: dict[tuple[object, ...], cst.CSTNode] = {}
    for each in changes:
        for given in _given(each):
            key = (id(each.transform), given, *(id(guard.node) for guard in each.guards))
            if seen.setdefault(key, each.place.node) is not each.place.node:
                return True
    return False


def _asks_twice(dataset: Instance) -> bool:
    """Whether the code that gives a sample puts the same thing through the same part twice, and not one
    way or the other."""
    get = dataset.cls.find("__getitem__")
    if not isinstance(get, Function) or not isinstance(get.node, cst.FunctionDef):
        return False
    for way in _WAYS.split(as_written(get.node.body)):
        calls = _ASKED_OF_ITSELF.findall(way)
        asked = [
            call for call in calls if call[1] and isinstance(dataset.fields.get(call[0]), Object)
        ]
        if len(set(asked)) < len(asked):
            return True
    return False


def _given(event: SampleChanged) -> Iterator[str]:
    """What a transform is given, as written."""
    node = event.place.node
    if event.transform is not None and isinstance(node, cst.Call) and node.args:
        yield code_of(node.args[0].value)


def _is_drawn_in_a_comprehension(event: SampleChanged) -> bool:
    """Whether each round of a comprehension in the code of a data set changes the same thing anew:
    `[self.transform(picture) for _ in range(2)]`."""
    for loop in event.context.loops:
        if not isinstance(loop.node, cst.CompFor) or not stands_in(event.place, loop):
            continue
        named = set(_NAME.findall(code_of(loop.node.target)))
        return not any(named & set(_NAME.findall(given)) for given in _given(event))
    return False
