"""Sharing: one layer object that stands in several places of a model."""

from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import LayerBuilt, Loop, ModuleBuilt, ModulePlaced
from advisor.code.facts.construction import learns
from advisor.code.facts.layers import LayerRun
from advisor.code.facts.learning_layers import is_told_not_to_learn
from advisor.code.facts.modules import BATCH_NORMS
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.torch_modes import PART
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import Instance, Layer, Sequence, Value
from advisor.lazy_dataclasses import dataclass

# What a layer is called that is meant to stand in several places.
_MEANT = frozenset({"shared", "share", "sharing", "tied", "tie", "same"})
_CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList"})


@dataclass(frozen=True, eq=False, slots=True)
class SharedLayer(Fact):
    """A layer with weights that a container holds several times, or a batch norm that normalises
    what different layers have computed. `container` is the container's class, if it is one."""

    module: Layer | Instance
    place: NodePlace
    other: NodePlace | None
    container: str | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """What is shared, containers first; toys of unit tests are left out."""
        if holds_unit_tests(run):
            return
        placed = list(cls._placed_again(run))
        told = {each.module for each in placed}
        yield from (each for each in cls._in_containers(run) if each.module not in told)
        yield from placed
        yield from cls._of_norms(run)

    @property
    def name(self) -> str:
        """The name of the layer's class."""
        module = self.module
        return module.cls.name if isinstance(module, Instance) else module.path.rsplit(".", 1)[-1]

    @classmethod
    def _in_containers(cls, run: AbstractRun) -> Iterator[Self]:
        for event in run.events(LayerBuilt):
            if event.layer.path in _CONTAINERS:
                module = _repeated(event.layer)
                if module is not None and not words(code_of(event.place.node)) & _MEANT:
                    name = event.layer.path.rsplit(".", 1)[-1]
                    yield cls(module, event.place, module.place, name)

    @classmethod
    def _placed_again(cls, run: AbstractRun) -> Iterator[Self]:
        """One module that each round of a loop puts at the end of a container."""
        placed = [
            event
            for event in run.events(ModulePlaced)
            if getattr(event.owner, "path", "") in _CONTAINERS
        ]
        if not placed:
            return
        seen: dict[tuple[Value, cst.CSTNode, Value], ModulePlaced] = {}
        told: set[cst.CSTNode] = set()
        loops: dict[Value, tuple[Loop, ...]] = {}
        loops |= {event.layer: event.context.loops for event in run.events(LayerBuilt)}
        loops |= {event.module: event.context.loops for event in run.events(ModuleBuilt)}
        for event in placed:
            node, module = event.place.node, event.module
            first = seen.setdefault((event.owner, node, module), event)
            again = first.context.rounds != event.context.rounds and node not in told
            # What is put there under a condition, and else another one, is shared on purpose.
            again = again and not event.context.guards
            if module not in loops or not isinstance(module, (Layer, Instance)):
                continue
            # One that a loop has built stands for as many as the loop has rounds.
            around = event.context.loops[: len(loops[module])]
            once = around == loops[module] and len(around) < len(event.context.loops)
            if again and once and _can_be_shared(module) and not words(code_of(node)) & _MEANT:
                told.add(node)
                name = getattr(event.owner, "path", "").rsplit(".", 1)[-1]
                yield cls(module, event.place, module.place, name)

    @classmethod
    def _of_norms(cls, run: AbstractRun) -> Iterator[Self]:
        """Batch norms that a module runs at two places of its code, behind different layers."""
        seen: dict[tuple[Value, Layer], tuple[LayerRun, Value]] = {}
        norms = [each for each in run.facts(LayerRun) if each.layer.path in BATCH_NORMS]
        several = _several(run, norms) if norms else set()
        for each in norms:
            before = each.previous_that_counts()
            if before is None or not learns(before.module) or each.layer in several:
                continue
            key = (_around(each), each.layer)
            first = seen.setdefault(key, (each, before.module))
            elsewhere = _stands_elsewhere(first[0], each)
            if first[1] is not before.module and elsewhere:
                yield cls(each.layer, *_places(each, first[0]))


def _can_be_shared(module: Value) -> bool:
    """Whether a module has weights, and is one by itself: what stands for each of the parts of a ready
    model is another one each time, and an instance norm has no weights unless it is told so."""
    if isinstance(module, Layer):
        bare = module.path not in BATCH_NORMS and is_told_not_to_learn(module)
        if bare or PART in module.fields:
            return False
    return learns(module)


def _around(norm: LayerRun) -> Value:
    """The module whose code runs a norm: of one in a container, the one around that."""
    running = norm.event.context.running
    return next((each for each in reversed(running) if isinstance(each, Instance)), norm.owner)


def _stands_elsewhere(first: LayerRun, other: LayerRun) -> bool:
    """Whether a norm runs at another place of the code, in another container, or behind another of
    the layers that a loop goes through one by one."""
    if first.event.place.node is not other.event.place.node or first.owner is not other.owner:
        return True
    before, now = first.event.context.rounds, other.event.context.rounds
    return [each.loop for each in before] == [each.loop for each in now] and before != now


def _places(norm: LayerRun, first: LayerRun) -> tuple[NodePlace, NodePlace | None]:
    """Where a norm stands for the second and the first time: in containers, where these are built."""
    if norm.owner is first.owner or norm.owner.place is None:
        return norm.event.place, first.event.place
    return norm.owner.place, first.owner.place


def _several(run: AbstractRun, passes: list[LayerRun]) -> set[Layer]:
    """The layers that stand for several, of which nobody knows which one runs: they were built in a
    loop, or others may run at the same place instead."""
    built = {event.layer: len(event.context.loops) for event in run.events(LayerBuilt)}
    owners: dict[Value, int] = {
        event.module: len(event.context.loops) for event in run.events(ModuleBuilt)
    }
    found = {each.layer for each in passes if built.get(each.layer, 0) > owners.get(each.owner, 0)}
    at_once: dict[object, set[Layer]] = {}
    for each in passes:
        context = each.event.context
        key = (each.event.place.node, context.calls, context.rounds)
        at_once.setdefault(key, set()).add(each.layer)
    return found.union(*(layers for layers in at_once.values() if len(layers) > 1))


def _repeated(container: Layer) -> Layer | Instance | None:
    """A module with weights that is in a container more than once."""
    children = container.fields.get("children")
    items = children.items if isinstance(children, Sequence) else None
    seen: set[int] = set()
    for item in items or ():
        if id(item) in seen and isinstance(item, (Layer, Instance)) and _can_be_shared(item):
            return item
        seen.add(id(item))
    return _multiplied(container)


def _multiplied(container: Layer) -> Layer | Instance | None:
    """The module of `[module] * n`, also where it is unpacked."""
    passed = container.arguments
    if (
        passed.repeated
        and isinstance(passed.rest, (Layer, Instance))
        and _can_be_shared(passed.rest)
    ):
        return passed.rest
    given = passed.get(0, "modules")
    if not isinstance(given, Sequence) or given.fields.get("repeated") is None:
        return None
    element = given.element
    return element if isinstance(element, (Layer, Instance)) and _can_be_shared(element) else None
