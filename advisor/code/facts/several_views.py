"""Data sets that give several views of each sample: one random change is drawn for each of them."""

import re
from collections.abc import Iterator, Sequence

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
    """Whether a data set puts a sample through the same transform several times, or through several
    transforms side by side. A model that learns from views is judged by views as well: what they have in
    common is what it is asked for. Versions of a sample may be there to average what it says of each."""
    whole = dataset
    if isinstance(dataset, Object) and dataset.path == SUBSET:
        whole = whole_behind(dataset) or dataset
    if isinstance(whole, Instance) and _asks_twice(whole):
        return True
    changes = [each for each in run.events(SampleChanged) if each.dataset is whole]
    if any(map(_is_drawn_in_a_comprehension, changes)) or _gives_versions(changes):
        return True
    seen: dict[tuple[object, ...], cst.CSTNode] = {}
    for each in changes:
        for given in _given(each):
            key = (id(each.transform), given, *_way(each))
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


def _gives_versions(changes: Sequence[SampleChanged]) -> bool:
    """Whether the very same picture goes into several transforms, each in a call of its own and not one
    way or the other: `[plain(picture), mirrored(picture)]`. What comes out of one and goes into the next
    is another picture."""
    seen: dict[tuple[object, ...], SampleChanged] = {}
    for each in changes:
        if each.picture is None or each.transform is None:
            continue
        functions = map(id, each.context.functions)
        key = (id(each.picture), id(each.owner), *functions, *_way(each))
        first = seen.setdefault(key, each)
        if first.transform is not each.transform and _is_called_elsewhere(first, each):
            return True
    return False


def _is_called_elsewhere(one: SampleChanged, other: SampleChanged) -> bool:
    """Whether two changes are not those of one call, of which nobody knows what it calls."""
    if one.place.node is not other.place.node or one.context.rounds != other.context.rounds:
        return True
    calls = zip(one.context.calls, other.context.calls, strict=True)
    return any(here.node is not there.node for here, there in calls)


def _way(event: SampleChanged) -> Iterator[tuple[int, bool]]:
    """Which way each condition went."""
    return ((id(guard.node), guard.taken) for guard in event.guards)


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
