"""Steps of optimizers, one by one: where their gradients come from and what became of them."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from operator import attrgetter
from typing import Self

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    Context,
    Escaped,
    Event,
    ForwardRun,
    GradientsChanged,
    GradientsCleared,
    GradientsClipped,
    GradientsTaken,
    GradientsUnscaled,
    Guard,
    LossComputed,
    MethodNamed,
    OptimizerBuilt,
    OptimizerStepped,
)
from advisor.code.facts.doubts import is_given, may_go_backward, method_called, only_looks
from advisor.code.facts.origins import module_of, origins_of, surely_misses, trains_several
from advisor.code.facts.relations import (
    is_certainly_optimizer,
    name_of,
    owners_of,
    reaches,
)
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.code.values import (
    Instance,
    Library,
    Object,
    Optimizer,
    Parameters,
    Unknown,
    Value,
    alternatives,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# What counts what a batch has come to is called.
_COUNTS = re.compile(r"stat|count|log|metric|report|info|result", re.IGNORECASE)
_LOSS = re.compile(r"loss|criterion", re.IGNORECASE)


_CONCERNS_GRADIENTS: tuple[type[Event], ...] = (
    BackwardRun,
    Escaped,
    ForwardRun,
    GradientsChanged,
    GradientsCleared,
    GradientsClipped,
    GradientsTaken,
    GradientsUnscaled,
    LossComputed,
    MethodNamed,
    OptimizerStepped,
)


@dataclass(frozen=True)
class OptimizerStep(Fact):
    """A step of something that is an optimizer for sure, with the step of it before, if there is
    one, and what happens in between."""

    run: AbstractRun
    event: OptimizerStepped
    previous: OptimizerStepped | None

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

    @cached_property
    def since(self) -> list[Event]:
        """What happens since the step before, or since the beginning, on the same way through the
        program, of the models that run and what may give gradients, take them or change them."""
        first = 0 if self.previous is None else self.previous.index + 1
        happened = self.run.events_within(first, self.event.index, *_CONCERNS_GRADIENTS)
        context = self.event.context
        if not context.guards:
            return happened
        # Many events share their context, and what it excludes is asked again and again.
        excluded: dict[int, bool] = {}
        found: list[Event] = []
        for event in happened:
            each = id(event.context)
            if each not in excluded:
                excluded[each] = contexts_exclude(event.context, context)
            if not excluded[each]:
                found.append(event)
        return found

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

    @cached_property
    def providers(self) -> list[Event]:
        """What gives the optimizer gradients since the step before, or may do so where nobody can
        look."""
        return [event for event in self.since if self._provides(event)]

    def _provides(self, event: Event) -> bool:
        match event:
            case BackwardRun():
                return not self._misses(event)
            case GradientsTaken() | GradientsChanged():
                return True
            case GradientsCleared():
                return is_given(event.given)
            case MethodNamed():
                return event.name == "backward"
            case OptimizerStepped():
                return event.managed
            case Escaped():
                return _may_provide(self.run, event, self.event.optimizer)
        return False

    def _misses(self, event: BackwardRun) -> bool:
        """Whether a loss is for other optimizers: it certainly gives this one no gradients. `None`, where
        it may be a loss as well, gives none either."""
        if event.loss is None and event.engine is None and self._has_another_way(event):
            return True
        if event.engine is not None or not trains_several(self.run):
            return False
        return surely_misses(self.run, event.loss, self.event.optimizer)

    def _has_another_way(self, event: BackwardRun) -> bool:
        """Whether the same call goes back through a loss that is known."""
        return any(
            isinstance(each, BackwardRun)
            and each.loss is not None
            and each.place.node is event.place.node
            and each.context == event.context
            for each in self.since
        )

    @cached_property
    def missed_backward(self) -> BackwardRun | None:
        """The back-propagation that the step comes right behind, when neither it nor any other one
        gives the optimizer gradients."""
        if self.last_provider is not None:
            return None
        found = None
        for event in self.since:
            if isinstance(event, BackwardRun):
                found = event
            elif isinstance(event, OptimizerStepped) or self.clears(event):
                found = None
        return found

    def clears(self, event: Event) -> bool:
        """Whether an event certainly clears all gradients that the step would use, whenever the
        step is taken."""
        if not isinstance(event, GradientsCleared) or is_given(event.given):
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

    def was_there_at(self, event: Event) -> bool:
        """Whether the optimizer had been built by then, as far as is seen: one that is built later may
        be for another model of the same name."""
        events = self.run.events(OptimizerBuilt)
        mine = [each.index for each in events if each.optimizer is self.event.optimizer]
        return not mine or min(mine) < event.index

    @cached_property
    def last_provider(self) -> Event | None:
        """What gives the optimizer gradients last before the step, or may give it some: not a loss by
        which another one steps before these gradients are cleared."""
        found: Event | None = None
        spent = False
        providing = {event.index for event in self.providers}
        for event in self.since:
            if event.index in providing:
                found, spent = event, False
            elif isinstance(event, OptimizerStepped):
                spent = True
            elif spent and isinstance(found, BackwardRun) and self.clears(event):
                found = None
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

    def runs_model(self) -> bool:
        """Whether a model that the optimizer updates runs, with gradients recorded, behind what clears
        the gradients, or before it."""
        owners = getattr(self.event.optimizer, "owners", ())
        return any(
            isinstance(event, (ForwardRun, Escaped))
            and event.context.gradients is True
            and any(module_of(event) is each for each in owners)
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
        return any(each.index < event.index for each in self.providers)

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
        made: list[Event] = [
            event
            for event in self.run.trace[: backward.index]
            if event.place.node is place.node and isinstance(event, (LossComputed, Escaped))
        ]
        if not made:
            origins = origins_of(self.run, backward.loss)
            made = sorted(origins.passes, key=attrgetter("index")) if origins.complete else []
        if not made:
            return False
        return made[-1].index < self.event.index and in_same_rounds(made[-1], self.event)

    def is_before_all_rounds(self, backward: BackwardRun) -> bool:
        """Whether it is taken once, before the loops that train: without gradients, it changes nothing, and
        some schedules want it to have been there."""
        return not self.event.context.rounds and bool(backward.context.rounds)

    def is_delayed(self, backward: BackwardRun) -> bool:
        """Whether the step is taken under a condition of its own, or not in the first round in which
        a loss goes backward: it is one behind on purpose."""
        if not happens_with(self.event, backward):
            return True
        rounds = self.event.context.rounds
        if not rounds or not rounds[-1].index:
            return False
        first = any(
            each.place.node is self.event.place.node
            and len(each.context.rounds) == len(rounds)
            and not each.context.rounds[-1].index
            for each in self.run.events(OptimizerStepped)
        )
        return not first and any(
            each.place.node is backward.place.node and not any(r.index for r in each.context.rounds)
            for each in self.run.events(BackwardRun)
        )

    def finding(self, message: str, *others: tuple[Event | None, str]) -> Draft:
        """A finding at the step, with other events beside it."""
        places = [(other.place if other is not None else None, text) for other, text in others]
        return draft(self.event, message, *places)

    def finding_at(self, event: Event, message: str) -> Draft:
        """A finding at something that happens before the step, with the step beside it."""
        return draft(event, message, (self.event.place, f"`{self.optimizer}` steps here"))


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


def _may_provide(run: AbstractRun, event: Escaped, optimizer: Value) -> bool:
    callee = event.callee
    if isinstance(callee, Library):
        return bool(event.values)
    if not isinstance(callee, (Instance, Unknown)) or may_go_backward(run, event):
        return True
    if _counts_alone(event):
        return True
    if any(reaches(value, option) for value in event.values for option in alternatives(optimizer)):
        return True
    owners = optimizer.owners if isinstance(optimizer, Optimizer) else ()
    handed = any(reaches(value, owner, 1) for value in event.arguments.values() for owner in owners)
    name = method_called(event) if isinstance(callee, Instance) else name_of(callee)
    return handed and not only_looks(name)


def _counts_alone(event: Escaped) -> bool:
    """Whether a method of somebody unknown that is called after a loss gives no loss, but counts: it goes
    backward itself, then."""
    callee, result = event.callee, event.result
    if not isinstance(callee, Unknown) or not isinstance(callee.parent, Unknown):
        return False
    names = result.names if isinstance(result, Unknown) else set[str]()
    return (
        bool(names)
        and _LOSS.search(name_of(callee)) is not None
        and all(map(_COUNTS.search, names))
    )
