"""Samples and labels that two loaders give, each in a random order of its own."""

import re
from collections.abc import Iterator

import libcst as cst

from advisor.code.events import ForwardRun, Loop, LossComputed, SeedFixed
from advisor.code.facts.loaders import is_loader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.sources import NodePlace
from advisor.code.values import Instance, Object, is_always

_NAME = re.compile(r"[^\W\d]\w*")
# A name as it was given, whatever device or type it goes to.
_AS_GIVEN = re.compile(r"(?P<name>\w+)(\.(to|cuda|float|long)\(.*\))*")
# What comes in the same order from both, or in an order that somebody has thought of.
_ORDERED = ("sampler", "batch_sampler", "generator", "collate_fn")


def loaders_apart(run: AbstractRun) -> Iterator[tuple[NodePlace, str, str, NodePlace]]:
    """Loaders that shuffle, of which one gives what a model is given and the other one what its output
    is compared with: where the second one is built, what both give, and where the first one is."""
    told: set[Object] = set()
    for loss in run.events(LossComputed):
        found = _pair_of(run, loss)
        if found is None or found[1] in told:
            continue
        first, second, given, name = found
        if first.place is not None and second.place is not None:
            told.add(second)
            yield second.place, given, name, first.place


def _pair_of(run: AbstractRun, loss: LossComputed) -> tuple[Object, Object, str, str] | None:
    """The loaders of the samples and of the labels of a loss, and what both are called."""
    loop = loss.context.loops[-1] if loss.context.loops else None
    parts = [] if loop is None else _parts(loop)
    node = loss.place.node
    if loop is None or len(parts) < 2 or not isinstance(node, cst.Call) or len(node.args) < 2:
        return None
    target = _AS_GIVEN.fullmatch(code_of(node.args[1].value))
    second = None if target is None else _giver(parts, {target["name"]})
    given = _given_to_models(run, loop, loss)
    first = _giver(parts, given)
    if target is None or first is None or second is None or first is second:
        return None
    if not _shuffles(first) or not _shuffles(second) or _is_seeded(run):
        return None
    own = next(names for loader, names in parts if loader is first)
    return first, second, min(own & given), target["name"]


def _target_of(loop: Loop) -> cst.BaseExpression | None:
    """What a loop binds in each round, without the number that `enumerate` gives."""
    target = loop.node.target if isinstance(loop.node, cst.For) else None
    if isinstance(target, cst.Tuple) and data_of(loop) is not loop.over:
        return target.elements[-1].value
    return target


def _parts(loop: Loop) -> list[tuple[Object, set[str]]]:
    """The loaders that a loop goes over side by side, with the names that each one gives."""
    over, node = data_of(loop), loop.node
    if not isinstance(over, Object) or over.path != "builtins.zip" or not isinstance(node, cst.For):
        return []
    target = _target_of(loop)
    elements = target.elements if isinstance(target, cst.Tuple) else ()
    given = over.arguments.positional
    if len(elements) != len(given):
        return []
    return [
        (each, set(_NAME.findall(code_of(element.value))) - {"_"})
        for each, element in zip(given, elements, strict=True)
        if isinstance(each, Object) and is_loader(each)
    ]


def compares_what_it_gives(run: AbstractRun, cls: object) -> bool:
    """Whether a data set of a class gives two things of which a model is given one, and its output is
    compared with the other one."""
    for loss in run.events(LossComputed):
        loop, node = loss.context.loops[-1] if loss.context.loops else None, loss.place.node
        target = None if loop is None else _target_of(loop)
        if loop is None or not isinstance(target, cst.Tuple) or len(target.elements) != 2:
            continue
        loader = data_of(loop)
        data = loader.fields.get("dataset") if isinstance(loader, Object) else None
        if not isinstance(data, Instance) or data.cls is not cls or not isinstance(node, cst.Call):
            continue
        label = _AS_GIVEN.fullmatch(code_of(node.args[1].value)) if len(node.args) > 1 else None
        names = [code_of(each.value) for each in target.elements]
        given = _given_to_models(run, loop, loss)
        if label is not None and label["name"] in names:
            other = names[1 - names.index(label["name"])]
            if other in given and label["name"] not in given:
                return True
    return False


def _giver(parts: list[tuple[Object, set[str]]], names: set[str]) -> Object | None:
    """The one loader that gives some of the names."""
    found = [loader for loader, given in parts if given & names]
    return found[0] if len(found) == 1 else None


def _given_to_models(run: AbstractRun, loop: Loop, loss: LossComputed) -> set[str]:
    """The names in what the models of a loop are given before a loss."""
    found: set[str] = set()
    for event in run.events(ForwardRun):
        inside = bool(event.context.loops) and event.context.loops[-1].node is loop.node
        node = event.place.node
        if not inside or event.context.running or event.index > loss.index:
            continue
        if node is not loss.place.node:
            for each in node.args if isinstance(node, cst.Call) else ():
                found |= set(_NAME.findall(code_of(each.value)))
    return found


def _shuffles(loader: Object) -> bool:
    given = loader.arguments
    if given.unknown or any(name in given.keywords for name in _ORDERED):
        return False
    return is_always(loader.argument(2, "shuffle"), True)


def _is_seeded(run: AbstractRun) -> bool:
    """Whether a seed is fixed again in a loop, so that orders may come out the same."""
    return any(event.context.loops for event in run.events(SeedFixed))
