"""Layers: where they are built, and in which order they run inside of a module."""

from collections.abc import Iterable
from typing import Self

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BackwardRun,
    Bent,
    DropoutApplied,
    Escaped,
    Event,
    ForwardRun,
    GradientsTaken,
    Guard,
    LayerBuilt,
    ModeSwitched,
    ModuleBuilt,
    ModulePlaced,
    OptimizerBuilt,
    OptimizerStepped,
    ParametersAdded,
    Round,
    StateUsed,
)
from advisor.code.facts.drawn_weights import has_drawn_weights, has_parameter, is_taken_up
from advisor.code.facts.learning_layers import learning
from advisor.code.facts.modules import (
    BATCH_NORMS,
    CONVOLUTIONS,
    KERAS_BATCH_NORM,
    KERAS_CONVOLUTIONS,
    concerns,
    holds,
    is_dropout,
    is_parameter,
    may_drop,
)
from advisor.code.facts.other_uses import is_used_besides
from advisor.code.facts.relations import owners_of, reaches
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.torch_hooks import HOOKED
from advisor.code.library.torch_modes import TOUCHED
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Class,
    Constant,
    Dictionary,
    Instance,
    Layer,
    Optimizer,
    Sequence,
    Tensor,
    Unknown,
    Value,
    is_constant,
    known_text,
    same,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_PASSES_ON = frozenset({"torch.nn.Identity"})
# Words in names of models that are to learn nothing.
_OF_DUMMIES = frozenset(["dummy", "fake", "mock"])
# Words of conditions that ask whether a model is being trained.
_OF_MODE = frozenset(["train", "training", "eval", "evaluating", "test", "testing", "inference"])
# Words of conditions that ask whether something is to bend the numbers.
_OF_BENDS = frozenset(["linear", "nonlinear", "nonlinearity", "activation", "activate"])


@dataclass(frozen=True, eq=False, slots=True)
class BuiltLayer(Fact):
    """A layer, or a module of a project class, comes into being."""

    run: AbstractRun
    event: LayerBuilt | ModuleBuilt

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """All that is built, in order."""
        for event in run.events_among(LayerBuilt, ModuleBuilt):
            assert isinstance(event, (LayerBuilt, ModuleBuilt))
            yield cls(run, event)

    @property
    def module(self) -> Layer | Instance:
        """What is built."""
        return self.event.layer if isinstance(self.event, LayerBuilt) else self.event.module

    @property
    def path(self) -> str:
        """The path of the library's class; nothing for a class of the project."""
        return self.module.path if isinstance(self.module, Layer) else ""

    @property
    def name(self) -> str:
        """The name of its class."""
        module = self.module
        return module.cls.name if isinstance(module, Instance) else module.path.rsplit(".", 1)[-1]

    @property
    def matters(self) -> bool:
        """Whether it has weights that could learn, and stay as they were drawn in the pass, or the
        step, that it is built in. A pass that goes back by itself may train what it builds: a head that
        is fitted to a few samples."""
        if self.event.context.gradients is False:
            return False
        first, owner = self.event.index + 1, forward_around(self.run, self.event)
        end = len(self.run.trace) if owner is None else owner.end
        if owner is not None and any(
            self.run.events_within(first, end, BackwardRun, GradientsTaken, OptimizerStepped)
        ):
            return False
        if not has_drawn_weights(self.run, self.module, end) or self._only_holds_others(owner):
            return False
        return not is_taken_up(self.run, self.module, first, end)

    def _only_holds_others(self, owner: ForwardRun | None) -> bool:
        """Whether all of its layers that could learn had been built before the pass, or the round: a
        container that puts together what is registered elsewhere."""
        if has_parameter(self.module):
            return False
        first = 0 if owner is None else owner.index
        rounds = self.event.context.rounds
        new = {
            each.layer
            for each in self.run.events_within(first, self.event.index + 1, LayerBuilt)
            if is_in(each, rounds)
        }
        return new.isdisjoint(learning(self.module))

    @property
    def drops(self) -> bool:
        """Whether it is dropout that asks nobody for the mode: Keras's own is told with each call, and
        a condition around it may have asked."""
        path = getattr(self.module, "path", "")
        if not path.startswith("torch.") or not is_dropout(self.module):
            return False
        return not _words_of(self.event.context.guards) & _OF_MODE

    def is_built_in_each_pass(self) -> bool:
        """Whether it is built anew whenever a module runs, and runs in the same pass: not kept
        behind a condition, nor filled with given weights."""
        if self._is_part_of_another():
            return False
        owner = forward_around(self.run, self.event)
        if owner is None:
            return self._is_built_in_each_step() or self._is_built_in_training_step()
        if any(self._is_kept(event, owner) for event in self.run.trace[owner.index : owner.end]):
            return False
        if self._is_put_away(owner):
            return False
        return any(
            event.module is self.module
            for event in self.run.events_within(self.event.index, owner.end, ForwardRun)
        )

    def _is_built_in_each_step(self) -> bool:
        """Whether it is built, run and forgotten in each round of the loop that trains other things by
        what comes out of it: not in one around that."""
        rounds = self.event.context.rounds
        if not rounds or self.event.context.running or self.event.context.gradients is False:
            return False
        first, end = self.event.index + 1, len(self.run.trace)
        steps = [
            each
            for each in self.run.events_within(first, end, OptimizerStepped)
            if is_in(each, rounds)
        ]
        if not steps or not all(map(self._is_of_others, steps)):
            return False
        if any(len(each.context.rounds) > len(rounds) for each in steps):
            return False
        later = [each for each in self.run.trace[first:] if is_in(each, rounds)]
        losses = [each.index for each in later if isinstance(each, BackwardRun)]
        runs = [
            each.index
            for each in later
            if isinstance(each, ForwardRun) and each.module is self.module
        ]
        return bool(losses and runs) and runs[0] < losses[0] and not any(map(self._escapes, later))

    def _is_built_in_training_step(self) -> bool:
        """Whether a function that takes one step of training builds it, runs it and keeps it nowhere:
        the `training_step` of a Lightning module, or one that steps an optimizer from outside."""
        functions = self.event.context.functions
        if not functions or self.event.context.guards:
            return False
        if functions[-1].name != "training_step" and not self._is_stepped_past():
            return False
        later = self.run.trace[self.event.index + 1 :]
        runs = any(isinstance(each, ForwardRun) and each.module is self.module for each in later)
        return runs and not any(map(self._escapes, later))

    def _is_stepped_past(self) -> bool:
        """Whether the function that builds it takes one step of an optimizer that it is given."""
        context = self.event.context
        if context.rounds or context.gradients is False:
            return False
        steps = [
            each
            for each in self.run.events(OptimizerStepped)
            if each.index > self.event.index and each.context.functions == context.functions
        ]
        losses = [
            each
            for each in self.run.events(BackwardRun)
            if each.index > self.event.index and each.context.functions == context.functions
        ]
        once = bool(losses) and not any(each.context.rounds for each in (*steps, *losses))
        return once and bool(steps) and all(map(self._is_from_outside, steps))

    def _is_from_outside(self, step: OptimizerStepped) -> bool:
        """Whether a step is that of an optimizer that was there before this was built."""
        return isinstance(step.optimizer, Unknown) or self._is_of_others(step)

    def _is_of_others(self, step: OptimizerStepped) -> bool:
        """Whether a step updates parameters that are all known, none of which are its own; the
        optimizer being older than it."""
        optimizer = step.optimizer
        if not isinstance(optimizer, Optimizer) or not optimizer.complete:
            return False
        built = [
            each.index for each in self.run.events(OptimizerBuilt) if each.optimizer is optimizer
        ]
        older = bool(built) and built[0] < self.event.index
        return older and not any(concerns(owner, self.module) for owner in optimizer.owners)

    def _escapes(self, event: Event) -> bool:
        """Whether something may keep it, or change what it is there for."""
        match event:
            case Escaped():
                return any(holds(each, self.module) for each in event.values)
            case AttributeAssigned():
                told = any(each is self.module for each in owners_of(event.owner))
                return told or holds(event.value, self.module)
            case ParametersAdded() | StateUsed():
                return True
        return TOUCHED in self.module.fields

    def finding(self, message: str, *related: tuple[NodePlace, str]) -> Draft:
        """A finding where it is built."""
        return Draft(self.event.place, message, related)

    def _is_part_of_another(self) -> bool:
        """Whether a constructor builds it for another module."""
        return any(each.name == "__init__" for each in self.event.context.functions)

    def _is_kept(self, event: Event, owner: ForwardRun) -> bool:
        if isinstance(event, ModeSwitched) and event.module is self.module:
            return self.drops and event.training is not True
        if isinstance(event, AttributeAssigned) and event.owner is self.module:
            return isinstance(self.module, Layer)
        if isinstance(event, AttributeAssigned) and holds(event.value, self.module):
            kept = bool(_own_guards(event, owner)) or self._was_empty(event)
            return kept or self._is_noted(owner)
        if isinstance(event, ModulePlaced) and holds(event.module, self.module):
            # An attribute that is set in each pass has been looked at above.
            return bool(_own_guards(event, owner)) or self._is_noted(owner)
        if isinstance(event, Escaped):
            return any(holds(each, self.module) for each in event.values)
        if isinstance(event, StateUsed) and event.module is self.module:
            return True
        return TOUCHED in self.module.fields

    def _is_put_away(self, owner: ForwardRun) -> bool:
        """Whether the module that runs has it at hand afterwards in a list or dictionary: not as an
        attribute, which the next pass sets anew."""
        kept = owner.module.fields.values() if isinstance(owner.module, Instance) else ()
        return any(
            isinstance(each, (Sequence, Dictionary)) and reaches(each, self.module) for each in kept
        )

    def _is_noted(self, owner: ForwardRun) -> bool:
        """Whether the pass turns a flag of its module, as one does that builds layers the first time:
        `self.built = True`."""
        assigned = [
            event
            for event in self.run.events_within(0, owner.end, AttributeAssigned)
            if event.owner is owner.module and isinstance(event.value, Constant)
        ]
        before = {each.name: each.value for each in assigned if each.index < owner.index}
        return any(
            each.name in before and not same(before[each.name], each.value)
            for each in assigned
            if each.index > owner.index
        )

    def _was_empty(self, kept: AttributeAssigned) -> bool:
        """Whether an attribute was set to `None`, or to a layer that does nothing, before: to be filled
        when it is first needed."""
        return any(
            event.owner is kept.owner
            and event.name == kept.name
            and (is_constant(event.value, None) or getattr(event.value, "path", "") in _PASSES_ON)
            for event in self.run.events(AttributeAssigned)
        ) or (isinstance(kept.owner, Instance) and kept.owner.cls.find(kept.name) is not None)


def _is_of_construction(event: Event) -> bool:
    """Whether the constructor of a module runs it outside of any forward pass: a dry run, which finds
    out the shapes of the layers to be made, and no evaluation comes by."""
    return not event.context.running and any(
        each.name == "__init__" and each.owner is not None and _is_module_class(each.owner)
        for each in event.context.functions
    )


def _is_module_class(owner: Class) -> bool:
    return any(path.endswith(("Module", "Model")) for path in owner.library_bases())


def forward_around(run: AbstractRun, event: Event) -> ForwardRun | None:
    """The innermost forward pass of a project's module that something happens in."""
    if not event.context.running or not isinstance(event.context.running[-1], Instance):
        return None
    for each in reversed(run.events_within(0, event.index, ForwardRun)):
        if each.module is event.context.running[-1]:
            return each if each.end > event.index else None
    return None


def is_in(event: Event, rounds: tuple[Round, ...]) -> bool:
    """Whether an event happens in the same rounds of the same loops."""
    return event.context.rounds[: len(rounds)] == rounds


def _own_guards(event: Event, owner: ForwardRun) -> tuple[Guard, ...]:
    """The conditions inside of a forward pass that something stands under."""
    outside = {id(guard) for guard in owner.context.guards}
    return tuple(guard for guard in event.context.guards if id(guard) not in outside)


def _words_of(guards: Iterable[Guard]) -> set[str]:
    """The words that conditions are written in."""
    return {
        word
        for guard in guards
        if isinstance(guard.node, cst.BaseExpression)
        for word in words(code_of(guard.node))
    }


@dataclass(frozen=True, eq=False, slots=True)
class LayerRun(Fact):
    """A layer runs inside of a module, with what ran directly before it on the same numbers.

    `before` is the chain of runs that led to its input without anything in between, nearest first;
    `dropped` tells where a function has applied dropout to its input; `around` is the pass of the
    module that it runs inside of.
    """

    run: AbstractRun
    event: ForwardRun
    before: tuple[ForwardRun, ...]
    dropped: NodePlace | None = None
    around: ForwardRun | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The layers that run inside of modules, in order; toys of unit tests are left out."""
        if holds_unit_tests(run):
            return
        passes: dict[Value, ForwardRun] = {}
        # By the output, and then by the pass that it was made in.
        made: dict[Value, dict[ForwardRun | None, tuple[ForwardRun, ...]]] = {}
        dropped: dict[Value, NodePlace] = {}
        for event in run.events_among(ForwardRun, Bent, DropoutApplied):
            if isinstance(event, DropoutApplied):
                if event.made is not None and _drops_in_training(event):
                    dropped[event.made] = event.place
                continue
            if isinstance(event, Bent):
                if event.in_place:
                    made.pop(event.tensor, None)
                continue
            assert isinstance(event, ForwardRun)
            running = event.context.running
            around = passes.get(running[-1]) if running else None
            given = _input(event)
            before = () if given is None else made.get(given, {}).get(around, ())
            if not before and isinstance(given, Tensor) and given.whole is not None:
                # The same tensor that only knows more of itself.
                same = given.shape is given.whole.shape
                before = made.get(given.whole, {}).get(around, ()) if same else ()
            module = event.module
            if isinstance(module, Layer) and (around is not None or _is_of_keras(module)):
                drop = None if given is None else dropped.get(given)
                yield cls(run, event, before, drop, around)
            if isinstance(event.output, Tensor):
                path = getattr(event.module, "path", "")
                passes_on = (
                    path in BATCH_NORMS
                    or path.startswith("torch.nn.AvgPool")
                    or _passes_on_in_keras(event.module)
                )
                chain = before if passes_on or event.output is given else ()
                made.setdefault(event.output, {})[around] = (event, *chain)
            passes[event.module] = event

    @property
    def layer(self) -> Layer:
        """The layer."""
        assert isinstance(self.event.module, Layer)
        return self.event.module

    @property
    def previous(self) -> Layer | None:
        """The layer whose output it is given as it is."""
        found = self.before[0].module if self.before else None
        return found if isinstance(found, Layer) else None

    def previous_that_counts(self) -> ForwardRun | None:
        """The run that computed its input, dropout left aside, and a batch norm before another
        convolution: it only shifts and scales."""
        for event in self.before:
            path = getattr(event.module, "path", "")
            convolves = self.layer.path in CONVOLUTIONS | KERAS_CONVOLUTIONS
            shifts = path in {*BATCH_NORMS, KERAS_BATCH_NORM} and convolves
            averages = path.startswith("torch.nn.AvgPool") and convolves
            if not (is_dropout(event.module) or path in _PASSES_ON or shifts or averages):
                return event
        return None

    @property
    def owner(self) -> Value:
        """The module that it runs inside of; itself where a model is a chain of calls."""
        running = self.event.context.running
        return running[-1] if running else self.event.module

    @property
    def names(self) -> set[str]:
        """The words that the layer and those before it go by in the code."""
        said: set[str] = set()
        for event in (self.event, *self.before):
            node = event.place.node
            said |= words(code_of(node.func)) if isinstance(node, cst.Call) else set()
            said |= words(_name_in(self.owner, event.module))
            given = getattr(event.module, "arguments", None)
            called = None if given is None else known_text(given.keywords.get("name"))
            said |= words(called or "")
        return said

    @property
    def is_of_dummy(self) -> bool:
        """Whether a model around it says by its name that it is there to be timed or tried, and not to
        learn."""
        around = (each for each in self.event.context.running if isinstance(each, Instance))
        return any(words(each.cls.name) & _OF_DUMMIES for each in around)

    def goes_elsewhere_from(self, before: ForwardRun) -> bool:
        """Whether what a layer before it makes goes somewhere else, too, as the numbers do that
        attention weighs by a score of theirs."""
        between = self.before[: self.before.index(before) + 1]
        made = [each.output for each in between if each.output is not None]
        return is_used_besides(self.run, before, made, self.around)

    def is_held_still(self, layer: Layer) -> bool:
        """Whether it is said of a layer by itself that its weights are not trained, or a hook changes
        their gradients: then it is no layer that learns what the other one could, too. A copy of a
        layer is as still as that."""
        return HOOKED in layer.fields or any(
            _is_frozen_by(event)
            and any(
                owner is layer or (layer.place is not None and owner.place is layer.place)
                for owner in owners_of(event.owner)
            )
            for event in self.run.events(AttributeAssigned)
        )

    @property
    def given_width(self) -> int | None:
        """How many numbers the layer that counts before it is given for each sample, if known."""
        before = self.previous_that_counts()
        given = None if before is None else _input(before)
        shape = given.shape if isinstance(given, Tensor) else None
        if shape is None or before is None:
            return None
        last = shape.known_axis(-1)
        return None if last is None else last.integer

    @property
    def methods_before(self) -> set[str]:
        """The words that the methods go by which hand on what the layers before it make."""
        here = self.event.context.functions
        return {
            word
            for event in self.before
            for function in event.context.functions
            if function not in here
            for word in words(function.name)
        }

    def is_repeated_behind(self, before: ForwardRun) -> bool:
        """Whether a loop begins between a layer and this one: what it is given may go past it, too."""
        return len(self.event.context.loops) > len(before.context.loops)

    def is_built_by_choice(self) -> bool:
        """Whether a condition that asks for an activation, or for none, decides that it is built:
        `if not config.nonlinear:`."""
        place = self.layer.place
        built = [each for each in self.run.events(LayerBuilt) if each.place is place]
        return any(_words_of(each.context.guards) & _OF_BENDS for each in built)

    @property
    def text(self) -> str:
        """What the layer goes by in the code."""
        return self._called(self.event)

    def called(self, event: ForwardRun) -> str:
        """What the layer of a run goes by in the code."""
        return self._called(event)

    def _called(self, event: ForwardRun) -> str:
        name = _name_in(self.owner, event.module)
        if name:
            return f"self.{name}"
        path = getattr(event.module, "path", "the layer")
        return str(path).rsplit(".", 1)[-1]

    @property
    def place(self) -> NodePlace:
        """Where the layer runs; inside of a container, where it is built."""
        return self._place_of(self.event)

    @property
    def place_before(self) -> NodePlace | None:
        """The same of what ran before."""
        return self._place_of(self.before[-1]) if self.before else None

    def _place_of(self, event: ForwardRun) -> NodePlace:
        built = event.module.place
        return event.place if built is None or isinstance(self.owner, Instance) else built

    def finding(self, message: str, *related: tuple[NodePlace | None, str]) -> Draft:
        """A finding where the layer runs."""
        known = tuple((place, text) for place, text in related if place is not None)
        return Draft(self.place, message, known)

    def finding_at(
        self, place: NodePlace | None, message: str, *related: tuple[NodePlace | None, str]
    ) -> Draft:
        """A finding at a place that explains more, such as where a layer is built."""
        known = tuple((each, text) for each, text in related if each is not None)
        return Draft(place or self.event.place, message, known)


def _is_frozen_by(event: AttributeAssigned) -> bool:
    """Whether an attribute says that weights are not trained, or weights are put there that are not:
    `layer.weight = nn.Parameter(kernel, requires_grad=False)`."""
    if event.name == "weight":
        return is_parameter(event.value) and not getattr(event.value, "graph", True)
    return event.name == "requires_grad" and is_constant(event.value, False)


def _is_of_keras(layer: Layer) -> bool:
    return layer.path.startswith("keras.layers.")


def _passes_on_in_keras(module: Value) -> bool:
    return is_dropout(module) or getattr(module, "path", "") == KERAS_BATCH_NORM


def _drops_in_training(event: DropoutApplied) -> bool:
    return may_drop(event.rate) and not is_constant(event.training, False)


def _input(event: ForwardRun) -> Value | None:
    return event.arguments.get(0, "input")


def _name_in(owner: Value, module: Value) -> str:
    """What a module calls one of its layers."""
    if not isinstance(owner, Instance):
        return ""
    for name, value in owner.fields.items():
        if value is module and isinstance(name, str) and name.isidentifier():
            return name
    return ""


@dataclass(frozen=True, eq=False, slots=True)
class DropoutCall(Fact):
    """Dropout is applied by a function."""

    run: AbstractRun
    event: DropoutApplied

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """All such calls inside of functions; not those that only put a module together."""
        for event in run.events(DropoutApplied):
            if event.context.functions and not _is_of_construction(event):
                yield cls(run, event)

    @property
    def names(self) -> set[str]:
        """The words that the code around goes by: functions, classes, conditions."""
        said: set[str] = set()
        around = forward_around(self.run, self.event)
        callers = 0 if around is None else len(around.context.functions)
        for function in self.event.context.functions[callers:]:
            said |= words(function.name)
            said |= set() if function.owner is None else words(function.owner.name)
        guards = self.event.context.guards
        return said | _words_of(guards if around is None else _own_guards(self.event, around))

    @property
    def names_of_callers(self) -> set[str]:
        """The words that the functions go by which run the module."""
        return {word for each in self.event.context.functions for word in words(each.name)}

    @property
    def is_of_sample(self) -> bool:
        """Whether a data set makes a sample with it: that is noise which a model is to bear."""
        return any(each.name == "__getitem__" for each in self.event.context.functions)

    @property
    def is_of_module(self) -> bool:
        """Whether a method of a module applies it."""
        owner = self.event.context.functions[-1].owner
        return owner is not None and _is_module_class(owner)
