"""Gradients that are computed and that nothing uses."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import (
    BackwardRun,
    Escaped,
    Event,
    GradientsCleared,
    GradientsRead,
    GradientsTaken,
    MethodNamed,
    OptimizerBuilt,
    OptimizerStepped,
)
from advisor.code.facts.doubts import (
    holds_optimizer,
    is_certain_single,
    is_given,
    may_go_backward,
)
from advisor.code.facts.origins import surely_misses
from advisor.code.facts.relations import overlap, reaches
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.facts.steps import code_of_receiver
from advisor.code.nodes import as_written
from advisor.code.values import Library, Optimizer, Value, alternatives
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft


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
        if not any(True for _ in run.events(BackwardRun)):
            return
        kinds = (OptimizerStepped, GradientsRead, GradientsTaken, MethodNamed, Escaped)
        if any(_may_update(run, each) for each in run.events_among(*kinds)):
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
            if _is_stepped_by_something(run, event):
                continue
            if built:
                # One that is made anew for each time is there to try something out: how many samples fit.
                if not _is_built_each_time(built[-1], event):
                    yield cls(event, "optimizer", built[-1])
            elif cleared:
                yield cls(event, code_of_receiver(cleared[-1]), None)

    @classmethod
    def _of_forgotten_optimizers(cls, run: AbstractRun) -> Iterator[Self]:
        """The back-propagations before which an optimizer's gradients are cleared in every round,
        in a program that steps other optimizers only."""
        doubts = run.events_among(GradientsRead, GradientsTaken, MethodNamed)
        if any(_may_update(run, each) for each in doubts):
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
            for event, name in _meant_for(run, mine):
                if _is_stepped_by_something(run, event):
                    continue
                if run.is_script or _is_never_stepped(run.source.text, name):
                    yield cls(event, name, built)

    def finding(self, message: str) -> Draft:
        """A finding at the back-propagation."""
        return draft(
            self.event,
            message,
            (self.built.place if self.built else None, "the optimizer is built here"),
        )


def _is_stepped_by_something(run: AbstractRun, backward: BackwardRun) -> bool:
    """Whether the function around hands an optimizer whose gradients it clears to something to step it,
    whatever that is in this run: a scaler that a caller of an earlier version leaves out."""
    functions = backward.context.functions
    written = as_written(functions[-1].node) if functions else ""
    names = {
        code_of_receiver(each)
        for each in run.events(GradientsCleared)
        if each.context.functions == functions
    }
    return any(re.search(rf"\.step\(\s*{re.escape(name)}\b", written) for name in names)


def _is_built_each_time(built: Event, backward: BackwardRun) -> bool:
    """Whether an optimizer is built in the very round of the loop that goes backward."""
    return any(each.loop is backward.context.rounds[-1].loop for each in built.context.rounds)


def _meant_for(run: AbstractRun, optimizer: Optimizer) -> Iterator[tuple[BackwardRun, str]]:
    """The back-propagations that an optimizer's gradients are cleared for, with its name: those
    behind the clearing, if there are any, else all that may reach what it updates."""
    found: list[tuple[BackwardRun, str, bool]] = []
    for event in run.events(BackwardRun):
        cleared = [
            each
            for each in run.events(GradientsCleared)
            if each.target is optimizer
            and each.context.functions == event.context.functions
            and (_clears_between(each, event) or _is_step_of_class(each, event))
        ]
        if not cleared or event.engine is not None or surely_misses(run, event.loss, optimizer):
            continue
        name = code_of_receiver(cleared[-1])
        found.append((event, name, optimizer in _cleared_directly_before(run, event)))
    sure = any(each[2] for each in found)
    yield from ((event, name) for event, name, behind in found if behind or not sure)


def _is_step_of_class(cleared: GradientsCleared, backward: BackwardRun) -> bool:
    """Whether a method clears the gradients and goes backward once, each time that it is called."""
    functions = backward.context.functions
    once = not backward.context.rounds and not cleared.context.rounds
    return once and bool(functions) and functions[-1].owner is not None


def _cleared_directly_before(run: AbstractRun, event: BackwardRun) -> list[Value]:
    """What is cleared between the last back-propagation or step and this one."""
    found: list[Value] = []
    for each in reversed(run.trace[: event.index]):
        if isinstance(each, (BackwardRun, OptimizerStepped)):
            break
        if isinstance(each, GradientsCleared):
            found.append(each.target)
    return found


def _is_never_stepped(text: str, written: str) -> bool:
    """Whether a file does nothing with an optimizer but build, clear, save and load it."""
    name = re.escape(written.rsplit(".", 1)[-1])
    every = re.findall(rf"\b{name}\b(\s*=[^=]|\.(?:zero_grad|state_dict|load_state_dict)\b)?", text)
    return bool(every) and all(every)


def _may_update(run: AbstractRun, event: Event) -> bool:
    """Whether an event uses gradients, or may use them where nobody can look."""
    match event:
        case OptimizerStepped() | GradientsRead() | GradientsTaken():
            return True
        case MethodNamed():
            return event.name == "step"
        case Escaped():
            if isinstance(event.callee, Library):
                return bool(event.values)
            if may_go_backward(run, event):
                return True
            return any(holds_optimizer(value) for value in event.values)
    return False


def _clears_between(event: GradientsCleared, backward: BackwardRun) -> bool:
    """Whether an optimizer's gradients are cleared in the loop of a back-propagation."""
    if not is_certain_single(event.target) or is_given(event.given):
        return False
    loops = {loop.node for loop in event.context.loops}
    return any(each.loop.node in loops for each in backward.context.rounds if each.index)
