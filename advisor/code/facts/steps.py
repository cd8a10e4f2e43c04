"""Steps of optimizers, one by one: where their gradients come from and what became of them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    Context,
    Escaped,
    Event,
    GradientsChanged,
    GradientsCleared,
    GradientsClipped,
    GradientsRead,
    GradientsTaken,
    GradientsUnscaled,
    Guard,
    LossComputed,
    MethodNamed,
    OptimizerBuilt,
    OptimizerStepped,
)
from advisor.code.facts.relations import (
    is_certainly_optimizer,
    name_of,
    overlap,
    owners_of,
    reaches,
)
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.code.values import (
    Dictionary,
    Instance,
    Library,
    Object,
    Optimizer,
    Parameters,
    Scalar,
    Sequence,
    Unknown,
    Value,
    alternatives,
    is_constant,
)
from advisor.rulebook import Draft

# Names of functions that may go backward or update when they are handed anything at all.
_MAY_GO_BACKWARD = re.compile(
    r"back|prop|step|(?<!pre)train|update|optim|scal|fit|learn|engine|closure|grad|adapt",
    re.IGNORECASE,
)
# Names of functions that do not, though they are handed a model.
_ONLY_LOOKS = re.compile(
    r"eval|valid|test|save|log|print|summary|predict|infer|plot|sampl|loss|criterion|forward|metric",
    re.IGNORECASE,
)
_LOSS = re.compile(r"loss|criterion", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OptimizerStep(Fact):
    """A step of something that is an optimizer for sure, with the step of it before, if there is
    one, and what happens in between."""

    run: AbstractRun
    event: OptimizerStepped
    previous: OptimizerStepped | None
    _excluded: dict[int, bool] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every step that the code itself takes."""
        steps: list[OptimizerStepped] = []
        for event in run.events(OptimizerStepped):
            if not event.managed and is_certainly_optimizer(event.optimizer):
                earlier = [each for each in steps if each.optimizer is event.optimizer]
                before = [each for each in earlier if not excludes(each, event)]
                yield cls(run, event, before[-1] if before else None)
            steps.append(event)

    @property
    def optimizer(self) -> str:
        """The optimizer as it is written in the code."""
        return self.event.text

    @property
    def since(self) -> Iterator[Event]:
        """What happens since the step before, or since the beginning, on the same way through the
        program."""
        first = 0 if self.previous is None else self.previous.index + 1
        happened = self.run.trace[first : self.event.index]
        if not self.event.context.guards:
            yield from happened
            return
        # Many events share their context, and what it excludes is asked again and again.
        context, known = self.event.context, self._excluded
        for event in happened:
            if event.context.guards:
                each = id(event.context)
                if each not in known:
                    known[each] = contexts_exclude(event.context, context)
                if known[each]:
                    continue
            yield event

    @property
    def after(self) -> Iterator[Event]:
        """What happens behind the step in the same rounds of all loops, up to the next step."""
        for event in self.run.trace[self.event.index + 1 :]:
            if isinstance(event, OptimizerStepped) and event.optimizer is self.event.optimizer:
                return
            if not in_same_rounds(event, self.event):
                return
            if not excludes(event, self.event):
                yield event

    def provides(self, event: Event) -> bool:
        """Whether an event gives the optimizer gradients, or may do so where nobody can look."""
        match event:
            case BackwardRun() | GradientsTaken() | GradientsChanged():
                return True
            case GradientsCleared():
                return _is_given(event.given)
            case MethodNamed():
                return event.name == "backward"
            case OptimizerStepped():
                return event.managed
            case Escaped():
                return _may_provide(event, self.event.optimizer)
        return False

    def clears(self, event: Event) -> bool:
        """Whether an event certainly clears all gradients that the step would use, whenever the
        step is taken."""
        if not isinstance(event, GradientsCleared) or _is_given(event.given):
            return False
        return happens_with(event, self.event) and _is_whole(event.target, self.event.optimizer)

    def clears_afterwards(self, provider: Event) -> GradientsCleared | None:
        """What clears the gradients again after they were provided and before the step."""
        found = None
        for event in self.since:
            if event.index > provider.index and self.clears(event):
                assert isinstance(event, GradientsCleared)
                found = found or event
        return found

    def last_provider(self) -> Event | None:
        """What gives the optimizer gradients last before the step, or may give it some."""
        found = None
        for event in self.since:
            if self.provides(event):
                found = event
        return found

    @property
    def is_repeated(self) -> bool:
        """Whether a loop takes the step again and again."""
        return any(each.index for each in self.event.context.rounds)

    @property
    def is_cleared_before(self) -> bool:
        """Whether the gradients are cleared since the step before: that is where it begins."""
        return any(self.clears(event) for event in self.since)

    def computes_loss(self) -> bool:
        """Whether a loss is computed since the step before."""
        return any(
            isinstance(event, LossComputed)
            or (isinstance(event, Escaped) and _LOSS.search(name_of(event.callee)) is not None)
            for event in self.since
        )

    def clips(self) -> Iterator[GradientsClipped]:
        """Where gradients that the step would use are clipped since the step before."""
        alone = len({id(each.optimizer) for each in self.run.events(OptimizerStepped)}) == 1
        for event in self.since:
            if isinstance(event, GradientsClipped) and (
                alone or _is_over(event.target, self.event.optimizer)
            ):
                yield event

    def clips_one_by_one(self) -> Iterator[GradientsClipped]:
        """Where the norm of each parameter's gradient is clipped by itself, in a loop over them."""
        for clip in self.clips():
            single = isinstance(clip.target, Object) and clip.target.path == "torch.parameter"
            if (
                single
                and "norm" in clip.text
                and len(clip.context.loops) > len(self.event.context.loops)
            ):
                yield clip

    def last_backward(self) -> BackwardRun | None:
        """The last back-propagation since the step before."""
        found = [event for event in self.since if isinstance(event, BackwardRun)]
        return found[-1] if found else None

    def has_gradients_at(self, event: Event) -> bool:
        """Whether there are new gradients, or may be, by the time of an event before the step."""
        return any(self.provides(each) for each in self.since if each.index < event.index)

    def is_scaled_at(self, event: Event, backward: Event) -> bool:
        """Whether the gradients still hold the factor of a gradient scaler when something happens
        between `backward` and the step."""
        scaler = self.event.scaler
        if scaler is None or not _is_scaler(scaler):
            return False
        return not any(
            isinstance(each, GradientsUnscaled)
            or (isinstance(each, Escaped) and any(value is scaler for value in each.values))
            for each in self.since
            if backward.index < each.index < event.index
        )

    def loss_computed_before(self, backward: BackwardRun) -> bool:
        """Whether a loss that is back-propagated after the step was computed before it, in the same
        rounds of all loops."""
        place = backward.loss.place if backward.loss is not None else None
        if place is None:
            return False
        made = [
            event
            for event in self.run.trace[: backward.index]
            if event.place.node is place.node and isinstance(event, (LossComputed, Escaped))
        ]
        if not made:
            return False
        return made[-1].index < self.event.index and in_same_rounds(made[-1], self.event)

    def finding(self, message: str, *others: tuple[Event | None, str]) -> Draft:
        """A finding at the step, with other events beside it."""
        places = [(other.place if other is not None else None, text) for other, text in others]
        return draft(self.event, message, *places)

    def finding_at(self, event: Event, message: str) -> Draft:
        """A finding at something that happens before the step, with the step beside it."""
        return draft(event, message, (self.event.place, f"`{self.optimizer}` steps here"))


@dataclass(frozen=True, slots=True)
class UnusedGradients(Fact):
    """Gradients that a loop computes in every round, and that no optimizer ever uses: they are
    cleared again, or pile up. `optimizer` is the one that could have used them, as written."""

    event: BackwardRun
    optimizer: str
    built: Event | None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The back-propagations of a run in which an optimizer is at hand but nothing steps."""
        kinds = (OptimizerStepped, GradientsRead, GradientsTaken, MethodNamed, Escaped)
        if any(map(_may_update, run.events_among(*kinds))):
            yield from cls._of_forgotten_optimizers(run)
            return
        for event in run.events(BackwardRun):
            repeated = any(each.index for each in event.context.rounds)
            if event.engine is not None or not repeated:
                continue
            built = [each for each in run.events(OptimizerBuilt) if each.index < event.index]
            cleared = [
                each for each in run.events(GradientsCleared) if _clears_between(each, event)
            ]
            if built:
                yield cls(event, "optimizer", built[-1])
            elif cleared:
                yield cls(event, code_of_receiver(cleared[-1]), None)

    @classmethod
    def _of_forgotten_optimizers(cls, run: AbstractRun) -> Iterator[Self]:
        """The back-propagations before which an optimizer's gradients are cleared in every round of a
        whole program, that steps other optimizers only."""
        doubts = run.events_among(GradientsRead, GradientsTaken, MethodNamed)
        if not run.is_script or any(map(_may_update, doubts)):
            return
        stepped = {each for e in run.events(OptimizerStepped) for each in alternatives(e.optimizer)}
        others = [each for each in stepped if isinstance(each, Optimizer)]
        if len(others) < len(stepped):
            return
        for built in run.events(OptimizerBuilt):
            mine = built.optimizer
            if not isinstance(mine, Optimizer) or mine in stepped or not mine.owners:
                continue
            shared = any(overlap(a, b) for each in others for a in each.owners for b in mine.owners)
            escaped = any(reaches(each, mine) for e in run.events(Escaped) for each in e.values)
            if shared or escaped or not mine.complete:
                continue
            for event in run.events(BackwardRun):
                cleared = [
                    each
                    for each in run.events(GradientsCleared)
                    if each.target is mine
                    and each.context.functions == event.context.functions
                    and _clears_between(each, event)
                ]
                if cleared and event.engine is None:
                    yield cls(event, code_of_receiver(cleared[-1]), built)

    def finding(self, message: str) -> Draft:
        """A finding at the back-propagation."""
        return draft(
            self.event,
            message,
            (self.built.place if self.built else None, "the optimizer is built here"),
        )


def _may_update(event: Event) -> bool:
    """Whether an event uses gradients, or may use them where nobody can look."""
    match event:
        case OptimizerStepped() | GradientsRead() | GradientsTaken():
            return True
        case MethodNamed():
            return event.name == "step"
        case Escaped():
            callee = event.callee
            if isinstance(callee, Library):
                return bool(event.values)
            name = _method_called(event) if isinstance(callee, Instance) else name_of(callee)
            if _MAY_GO_BACKWARD.search(name) or _belongs_to_gradient(callee):
                return True
            return any(_holds_optimizer(value) for value in event.values)
    return False


def _holds_optimizer(value: Value) -> bool:
    """Whether a value is an optimizer, or holds one that whoever gets it may step."""
    if isinstance(value, Optimizer) or _is_certain_single(value):
        return True
    inner = value.fields.values() if isinstance(value, (Instance, Sequence, Dictionary)) else ()
    for each in inner:
        parts = each if isinstance(each, tuple) else (each,)
        if any(isinstance(part, Value) and _is_certain_single(part) for part in parts):
            return True
    return False


def _is_certain_single(value: Value) -> bool:
    return isinstance(value, (Optimizer, Unknown)) and is_certainly_optimizer(value)


def _clears_between(event: GradientsCleared, backward: BackwardRun) -> bool:
    """Whether an optimizer's gradients are cleared in the loop of a back-propagation."""
    if not _is_certain_single(event.target) or _is_given(event.given):
        return False
    loops = {loop.node for loop in event.context.loops}
    return any(each.loop.node in loops for each in backward.context.rounds if each.index)


def code_of_receiver(event: Event) -> str:
    """What a method is called on, as written."""
    node = event.place.node
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return code_of(node.func.value)
    return ""


# --- where events stand to one another ----------------------------------------------------


def in_same_rounds(first: Event, second: Event) -> bool:
    """Whether two events happen in the same round of every loop that both are in."""
    for left, right in zip(first.context.rounds, second.context.rounds, strict=False):
        if left.loop.node is not right.loop.node:
            return True
        if left.index != right.index or left.loop is not right.loop:
            return False
    return True


def excludes(first: Event, second: Event) -> bool:
    """Whether two events cannot happen on the same way: a condition is true for one and false for
    the other."""
    return contexts_exclude(first.context, second.context)


def contexts_exclude(first: Context, second: Context) -> bool:
    """Whether what happens in two contexts cannot happen on the same way."""
    for left in first.guards:
        for right in second.guards:
            if (
                left.taken != right.taken
                and _same_test(left, right)
                and _same_rounds_outside(left, right, first, second)
            ):
                return True
    return False


def _same_test(left: Guard, right: Guard) -> bool:
    if left.condition is None or right.condition is None:
        return left.node is right.node and left.condition is right.condition
    return left.condition is right.condition or _is_same_choice(left, right)


def _is_same_choice(left: Guard, right: Guard) -> bool:
    """Whether a name is tested twice that stands for one of the same values each time."""
    one, other = alternatives(left.condition), alternatives(right.condition)
    if len(one) < 2 or len(other) < 2 or {*map(id, one)} != {*map(id, other)}:
        return False
    return code_of(left.node) == code_of(right.node)


def _same_rounds_outside(left: Guard, right: Guard, first: Context, second: Context) -> bool:
    depth = max(left.rounds, right.rounds)
    return first.rounds[:depth] == second.rounds[:depth]


def happens_with(event: Event, other: Event) -> bool:
    """Whether an event happens whenever the other one does: under no further condition, and in no
    further loop but one over parameters."""
    standing = other.context.guards
    for guard in event.context.guards:
        known = (
            guard.taken == each.taken and (guard.node is each.node or _same_test(guard, each))
            for each in standing
        )
        if not any(known):
            return False
    shared = {loop.node for loop in other.context.loops}
    return all(
        loop.node in shared or isinstance(loop.over, Parameters) for loop in event.context.loops
    )


# --- what may give or take gradients ------------------------------------------------------


def _is_given(value: Value | None) -> bool:
    if isinstance(value, Scalar) and value.number.constant == 0:
        return False
    return value is not None and not is_constant(value, None)


def _is_whole(target: Value, optimizer: Value) -> bool:
    """Whether clearing `target` clears all that an optimizer updates."""
    if target is optimizer:
        return True
    if not isinstance(optimizer, Optimizer) or not optimizer.complete or not optimizer.owners:
        return False
    cleared = owners_of(target)
    return all(any(owner is each for each in cleared) for owner in optimizer.owners)


def _is_over(target: Value | None, optimizer: Value) -> bool:
    """Whether parameters are some that an optimizer is known to update."""
    if target is None or not isinstance(optimizer, Optimizer):
        return False
    return any(
        reaches(owner, part) or reaches(part, owner)
        for part in owners_of(target)
        for owner in optimizer.owners
    )


def _is_scaler(value: Value) -> bool:
    if isinstance(value, Unknown):
        return any("scaler" in name.lower() for name in {value.name, *value.names})
    return isinstance(value, Object) and value.path == "torch.amp.GradScaler"


def _may_provide(event: Escaped, optimizer: Value) -> bool:
    callee = event.callee
    name = name_of(callee)
    if isinstance(callee, Library):
        return bool(event.values)
    if isinstance(callee, Instance):
        name = _method_called(event)
    elif not isinstance(callee, Unknown):
        return True
    if _MAY_GO_BACKWARD.search(name) or _belongs_to_gradient(callee):
        return True
    if any(reaches(value, option) for value in event.values for option in alternatives(optimizer)):
        return True
    owners = optimizer.owners if isinstance(optimizer, Optimizer) else ()
    handed = any(reaches(value, owner, 1) for value in event.arguments.values() for owner in owners)
    return handed and _ONLY_LOOKS.search(name) is None


def _belongs_to_gradient(value: Value) -> bool:
    current: Value | None = value
    while isinstance(current, Unknown):
        if current.name == "grad":
            return True
        current = current.parent
    return False


def _method_called(event: Escaped) -> str:
    node = event.place.node
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return node.func.attr.value
    return ""
