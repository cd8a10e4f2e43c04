"""Construction: what a module has been built of, what it knows of that, and what is assigned to it."""

from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BaseConstructed,
    Escaped,
    Event,
    ForwardRun,
    ModuleBuilt,
    OptimizerBuilt,
)
from advisor.code.facts.modules import WITH_WEIGHTS, has_weights, is_parameter
from advisor.code.facts.relations import owners_of
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.interpreter.classes import is_module
from advisor.code.library.families import weights_of
from advisor.code.library.torch_modes import modules_in
from advisor.code.library.torch_modules.submodules import SUBMODULE
from advisor.code.library.torch_training import owners_of as owners_in
from advisor.code.nodes import all_in, as_written
from advisor.code.sources import NodePlace, Stretch
from advisor.code.values import (
    ORIGINAL,
    Bound,
    Class,
    Dictionary,
    Function,
    Instance,
    Layer,
    Library,
    Method,
    Optimizer,
    Original,
    Parameters,
    Partial,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_constant,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_TORCH_MODULES = ("torch.nn.", "lightning.pytorch.LightningModule", "torch_geometric.nn.")
# What modules call the modules inside of them, and never a parameter.
_MODULES = frozenset(
    [
        *("encoder", "decoder", "backbone", "features", "feature_extractor", "classifier", "fc"),
        *("base_model", "bert", "roberta", "resnet", "vgg", "image_encoder", "text_encoder"),
        *("layer1", "layer2", "layer3", "layer4", "conv1", "conv2", "fc1", "fc2"),
    ]
)
_SETTINGS = frozenset(["cfg", "config", "conf", "args", "opt", "options", "hparams", "settings"])
# Parts of ready models that are modules themselves.
_PARTS = frozenset(
    [
        "fc",
        "features",
        "classifier",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "conv1",
        "bn1",
        "backbone",
        "head",
        "heads",
    ]
)
# A collection is filled within so many lines, or its assignment is shown alone.
_NEARBY = 8
_PARAMETER_LIST = "torch.nn.ParameterList"
# Methods with which a class may look after its modules itself.
_OWN_WAYS = ("parameters", "named_parameters", "state_dict", "__setattr__", "__getattr__")


@dataclass(frozen=True, eq=False, slots=True)
class Construction(Fact):
    """A module of a project class that derives from torch's has been built."""

    run: AbstractRun
    event: ModuleBuilt

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The modules whose classes can be looked into altogether."""
        for event in run.events(ModuleBuilt):
            kind = event.module.cls
            paths = kind.library_bases()
            ours = any(path.startswith(_TORCH_MODULES) for path in paths)
            if ours and not kind.has_unknown_base():
                yield cls(run, event)

    @property
    def module(self) -> Instance:
        """The module."""
        return self.event.module

    def assignments(self) -> Iterator[AttributeAssigned]:
        """What is assigned to attributes of the module, in order."""
        yield from self.run.once(_assignments).get(self.module, ())

    def is_constructed_before(self, event: Event) -> bool:
        """Whether the constructor of the library's class has run by then."""
        first = self.run.once(_first_constructions).get(self.module)
        return first is not None and first < event.index

    def has_constructor(self) -> bool:
        """Whether one of its classes has a constructor that can be looked into."""
        return isinstance(self.module.cls.find("__init__"), Function)

    def plain_collections(self) -> Iterator["PlainCollection"]:
        """The lists, tuples and dicts of modules or parameters that torch does not see. A dict of which
        it sees some, or of which none runs with the module, was there to choose from."""
        if any(self.module.cls.find(name) is not None for name in _OWN_WAYS):
            return
        if self._is_only_derived_from():
            return
        assigned = {event.name: event for event in self.assignments()}
        if "?" in assigned:  # registered under a name that is put together
            return
        learning = {
            name: [each for each in _items(value) if learns(each)]
            for name, value in self.module.fields.items()
            if name in assigned and isinstance(value, (Sequence, Dictionary))
        }
        if not any(learning.values()) or self._optimizes_unknown_parameters():
            return
        known = self._registered() | self._optimized() | self._frozen()
        # Where registered parameters were made: what was computed from them says the same.
        parameters = {each.place for each in self.module.fields.values() if is_parameter(each)}
        for name, values in learning.items():
            value = self.module.fields[name]
            hidden = [
                each
                for each in values
                if id(each) not in known
                and not _is_copy_of(each, known)
                and (each.place is None or id(each.place.node) not in known)
                and not _is_unpacked(self.module, name)
                and each.place not in parameters
            ]
            chosen = isinstance(value, Dictionary) and (
                len(hidden) < len(values) or not self._runs(hidden)
            )
            if not self._is_to_learn(hidden):
                continue
            if hidden and not chosen and not _is_hidden_on_purpose(value):
                kind = value.kind if isinstance(value, Sequence) else "dict"
                holds = "parameters" if all(map(is_parameter, hidden)) else "layers"
                yield PlainCollection(name, assigned[name], kind, holds, hidden[0].place)

    def registered_later(self) -> Iterator[AttributeAssigned]:
        """Where lists and dicts of layers were assigned to attributes that hold what torch sees now, as
        a class can do that derives from the one where they were begun."""
        for event in self.assignments():
            kept = self.module.fields.get(event.name)
            begun = isinstance(event.value, (Sequence, Dictionary))
            if begun and isinstance(kept, Layer):
                yield event

    def _is_only_derived_from(self) -> bool:
        """Whether nothing builds the module but the look at its class by itself, and classes of the same
        file derive from that: what they make of it shows where they are built."""
        kind = self.module.cls
        return self.event.place.node is kind.node and kind.name in self.run.once(_names_of_bases)

    def _runs(self, hidden: list[Value]) -> bool:
        """Whether any of what torch does not see runs when the module does, or may do so."""
        return _are_used(
            hidden,
            (
                event
                for run in self.run.events(ForwardRun)
                if run.module is self.module
                for event in self.run.events_within(run.index, run.end, ForwardRun, Escaped)
            ),
        )

    def _is_to_learn(self, hidden: list[Value]) -> bool:
        """Whether any of what torch does not see runs, or may do so, where gradients are recorded, not
        only to judge by it or to learn from what it makes; or whether no method is there to run it."""
        if not self._has_methods():
            return True
        return _are_used(
            hidden,
            (
                event
                for event in self.run.events_among(ForwardRun, Escaped)
                if event.context.gradients is not False
            ),
        )

    def _has_methods(self) -> bool:
        """Whether one of its classes defines more than a constructor."""
        return any(
            isinstance(field, Function) and name != "__init__"
            for kind in self.module.cls.lineage()
            if isinstance(kind, Class)
            for name, field in kind.fields.items()
        )

    def _optimized(self) -> set[int]:
        """The modules that optimizers of their own are given by name, perhaps by the script before
        anything else is run."""
        built = [*self.run.events(OptimizerBuilt)]
        built += [event for event in self.run.before if isinstance(event, OptimizerBuilt)]
        optimizers = [event.optimizer for event in built]
        for value in self.module.fields.values():
            kept = _items(value) if isinstance(value, (Sequence, Dictionary)) else [value]
            optimizers += [each for each in kept if isinstance(each, Optimizer)]
        owners = [
            owner
            for optimizer in optimizers
            if isinstance(optimizer, Optimizer)
            for owner in optimizer.owners
        ]
        nodes = {id(each.place.node) for each in owners if each.place}
        return {id(owner) for owner in owners} | nodes

    def _optimizes_unknown_parameters(self) -> bool:
        """Whether a method of it builds an optimizer over a list that nobody can look into."""
        lineage = list(self.module.cls.lineage())
        for event in self.run.events(OptimizerBuilt):
            is_whole = isinstance(event.optimizer, Optimizer) and event.optimizer.complete
            builders = (each.owner for each in event.context.functions)
            if not is_whole and any(each is not None and each in lineage for each in builders):
                return True
        return False

    def _frozen(self) -> set[int]:
        """Where the modules are built whose weights nothing is to train."""
        owners = [
            owner
            for event in self.run.events(AttributeAssigned)
            if event.name == "requires_grad" and is_constant(event.value, False)
            for owner in owners_of(event.owner)
        ]
        return {id(owner.place.node) for owner in owners if owner.place is not None}

    def _registered(self) -> set[int]:
        """The modules and parameters that torch sees."""
        seen = set(self.run.once(_registered_with_any))
        for value in self.module.fields.values():
            for each in alternatives(value) if isinstance(value, Value) else ():
                if isinstance(each, Layer) or (isinstance(each, Instance) and is_module(each)):
                    seen |= {id(module) for module in modules_in(each)}
                    seen |= _owners_of_listed(each)
                elif is_parameter(each):
                    seen.add(id(each))
        return seen


def _registered_with_any(run: AbstractRun) -> frozenset[int]:
    """The modules that are attributes of some module: one that only borrows them hides them on purpose."""
    return frozenset(
        id(each)
        for event in run.events(AttributeAssigned)
        if isinstance(event.owner, Instance) and is_module(event.owner)
        for each in alternatives(event.value)
        if isinstance(each, Layer) or (isinstance(each, Instance) and is_module(each))
    )


@dataclass(frozen=True, slots=True)
class PlainCollection:
    """A collection in an attribute `name` of a module: its `kind` is `list`, `tuple` or `dict`, and
    what it `holds`, `layers` or `parameters`; `first` is where the first of these is built."""

    name: str
    assigned: AttributeAssigned
    kind: str
    holds: str
    first: NodePlace | None = None

    @property
    def place(self) -> NodePlace | Stretch:
        """The assignment, and what comes behind it in the same method up to the first that the
        collection is filled with."""
        place, first = self.assigned.place, self.first
        if first is None or first.source is not place.source:
            return place
        if not 0 < first.locate().row - place.locate().row <= _NEARBY:
            return place
        return Stretch(place.source, place.node, first.node)


def collections_registered_elsewhere(run: AbstractRun) -> Iterator[NodePlace]:
    """Where a class of another file begins a list or a dict of layers that one of this file registers."""
    for built in run.facts(Construction):
        for event in built.registered_later():
            if event.place.source is not run.source:
                yield event.place


def _names_of_bases(run: AbstractRun) -> frozenset[str]:
    """What the classes at the top of a file derive from."""
    return frozenset(
        each.value.value
        for statement in run.source.tree.body
        if isinstance(statement, cst.ClassDef)
        for each in statement.bases
        if isinstance(each.value, cst.Name)
    )


def _are_used(values: list[Value], events: Iterable[Event]) -> bool:
    """Whether any of some values is called by what happens, or given away, or is learned by itself."""
    used = {id(value) for event in events for value in _called_or_given(event)}
    return any(id(each) in used or is_parameter(each) for each in values)


def _called_or_given(event: Event) -> Iterator[Value]:
    given = (event.callee, *event.values) if isinstance(event, Escaped) else ()
    called = (event.module,) if isinstance(event, ForwardRun) else ()
    for value in (*called, *given):
        if isinstance(value, (Sequence, Dictionary)):
            yield from _items(value)
        else:
            yield from alternatives(value)


def _owners_of_listed(layer: Layer | Instance) -> set[int]:
    """The modules whose parameters are in an `nn.ParameterList`, and where they are built."""
    if not isinstance(layer, Layer) or layer.path != _PARAMETER_LIST:
        return set()
    owners, _ = owners_in(next(iter(layer.arguments.positional), None))
    return {id(each) for each in owners} | {id(each.place.node) for each in owners if each.place}


def _assignments(run: AbstractRun) -> dict[Value, list[AttributeAssigned]]:
    found: dict[Value, list[AttributeAssigned]] = {}
    for event in run.events(AttributeAssigned):
        found.setdefault(event.owner, []).append(event)
    return found


def _is_unpacked(module: Instance, name: str) -> bool:
    """Whether the class hands the items on to a container of torch: `nn.Sequential(*self.layers)`."""
    return any(
        isinstance(kind, Class) and f"*self.{name})" in code_of(kind.node)
        for kind in module.cls.lineage()
    )


def _first_constructions(run: AbstractRun) -> dict[Value, int]:
    """The index of the first event that constructs the library's part of a module, or may do so
    where nobody can look."""
    found: dict[Value, int] = {}
    for event in run.events_among(BaseConstructed, Escaped):
        if isinstance(event, BaseConstructed):
            found.setdefault(event.instance, event.index)
        elif isinstance(event, Escaped):
            for value in event.values:
                found.setdefault(value, event.index)
    return found


def _items(value: Sequence | Dictionary) -> Iterator[Value]:
    if isinstance(value, Dictionary):
        items = [*value.items.values(), *([value.other] if value.other else [])]
    else:
        items = [*(value.items or ()), *([value.element] if value.element else [])]
    for item in items:
        if isinstance(item, (Sequence, Dictionary)):
            yield from _items(item)
        else:
            yield from alternatives(item)


def _is_copy_of(value: Value, known: set[int]) -> bool:
    """Whether it is a copy of what torch sees: it keeps the weights of before."""
    original = value.fields.get(ORIGINAL) if isinstance(value, (Instance, Layer)) else None
    return isinstance(original, Original) and id(original.value) in known


def learns(value: Value) -> bool:
    """Whether a value is a parameter with a gradient, or a module with weights."""
    if is_parameter(value):
        return isinstance(value, Tensor) and value.graph is True
    if isinstance(value, Instance):
        return is_module(value) and has_weights(value)
    return isinstance(value, Layer) and (value.path in WITH_WEIGHTS or has_weights(value))


def _is_hidden_on_purpose(value: Sequence | Dictionary) -> bool:
    """Whether it is a list of one, the usual way to keep a module from being registered. One that
    is built in a loop has as many modules as the loop has rounds."""
    built = isinstance(value.place.node, cst.ListComp) if value.place is not None else False
    alone = isinstance(value, Sequence) and value.items is not None and len(value.items) == 1
    return alone and not built


@dataclass(frozen=True, eq=False, slots=True)
class Assignment(Fact):
    """An attribute of a module, a parameter, a tensor or an optimizer is assigned."""

    event: AttributeAssigned
    owners: tuple[Value, ...]

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The assignments in a run, each line once, with all the owners that it assigns to."""
        by_line: dict[cst.CSTNode, dict[str, AttributeAssigned]] = {}
        owners: dict[cst.CSTNode, list[Value]] = {}
        for event in run.events(AttributeAssigned):
            by_line.setdefault(event.place.node, {}).setdefault(event.name, event)
            owners.setdefault(event.place.node, []).append(event.owner)
        for node, events in by_line.items():
            assigned_to = tuple(owners[node])
            for event in events.values():
                yield cls(event, assigned_to)

    @property
    def name(self) -> str:
        """The name of the attribute."""
        return self.event.name

    @property
    def is_of_optimizer(self) -> bool:
        """Whether it is an attribute of one of torch's optimizers."""
        return any(
            isinstance(owner, Optimizer) and owner.path.startswith("torch.optim.")
            for owner in self.owners
        )

    @property
    def is_of_module(self) -> bool:
        """Whether it is an attribute of a module whose class knows nothing of it, and of modules
        only."""
        return all(map(self._is_module, self.owners))

    def _is_module(self, owner: Value) -> bool:
        if isinstance(owner, Method):
            inner = owner.receiver
            return owner.name in _PARTS and isinstance(inner, Layer)
        if isinstance(owner, Unknown):
            return SUBMODULE in owner.fields
        if isinstance(owner, Instance):
            return owner.cls.find(self.name) is None and not self._is_inside(owner.cls)
        return isinstance(owner, Layer) and not owner.path.startswith("keras.")

    @property
    def is_of_frozen(self) -> bool:
        """Whether a loop around the same code has reached every parameter of the module: the assignment
        adds nothing then, and lacks nothing."""
        node, functions = self.event.place.node, self.event.context.functions
        targets = node.targets if isinstance(node, cst.Assign) else ()
        target = targets[0].target if targets else node
        if not isinstance(target, cst.Attribute):
            return False
        code = functions[-1].node if functions else self.event.place.source.tree
        gone_through = f"{as_written(target.value)}.parameters()"
        return any(as_written(each.iter) == gone_through for each in all_in(code, cst.For))

    @property
    def is_a_method_of_its_own(self) -> bool:
        """Whether a function takes the place of a method: `norm.train = lambda mode: norm`."""
        return isinstance(self.event.value, (Function, Bound, Partial, Method, Class, Unknown))

    @property
    def is_of_part(self) -> bool:
        """Whether it is an attribute of what nobody but a module calls a part of itself so."""
        return all(map(_is_part, self.owners))

    @property
    def is_of_tensor(self) -> bool:
        """Whether it is an attribute of a parameter or another tensor, or may be one."""
        return any(map(_is_tensor, self.owners))

    def finding(self, message: str) -> Draft:
        """A finding at the attribute."""
        return Draft(self.event.place, message)

    def _is_inside(self, kind: Class) -> bool:
        """Whether the class's own code assigns it: it may well read it, too."""
        functions = self.event.context.functions
        owner = functions[-1].owner if functions else None
        return owner is not None and any(
            each is owner for each in kind.lineage() if not isinstance(each, Library)
        )


def _is_part(owner: Value) -> bool:
    if not isinstance(owner, Unknown) or owner.parent is None:
        return False
    return owner.name.rsplit(".", 1)[-1] in _MODULES and owner.parent.name not in _SETTINGS


def _is_tensor(owner: Value) -> bool:
    if isinstance(owner, (Tensor, Unknown, Parameters)) or weights_of(owner) is not None:
        return True
    return getattr(owner, "path", "") == "torch.parameter"
