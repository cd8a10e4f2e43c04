"""Modes that a training falls into: what was left behind by the evaluation of the epoch before."""

from collections.abc import Iterable
from typing import Self

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BackwardRun,
    Escaped,
    ForwardRun,
    ModeSwitched,
    OptimizerStepped,
)
from advisor.code.facts.modules import concerns, holds, mode_dependent_layers, of_unknown_model
from advisor.code.facts.passes import Pass, passes, told_at
from advisor.code.facts.relations import reaches, told_of_gradients
from advisor.code.facts.run import AbstractRun, Fact, code_of, common_loops
from advisor.code.sources import NodePlace
from advisor.code.values import Optimizer, Value, is_constant
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft


@dataclass(frozen=True, eq=False, slots=True)
class RepeatedTraining(Fact):
    """A model is trained in a loop: the forward pass of its first round and of the next. In a function
    that makes a single step they are the same."""

    run: AbstractRun
    first: Pass
    again: Pass

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The trainings that a loop repeats, seen at their forward passes, and single steps."""
        first: dict[tuple[cst.CSTNode, ...], Pass] = {}
        for each in passes(run):
            if each.event.context.gradients is False or not _goes_back(each):
                continue
            if _updates_something_else(run, each) or _is_partly_frozen(run, each.module):
                continue
            context = each.event.context
            # What a training and an evaluation both call, such as an attack, runs in the mode of either.
            way = (*(call.node for call in context.calls), each.event.place.node)
            if not context.loops and context.functions and not run.is_script:
                yield cls(run, each, each)  # a step that somebody else repeats
            if not any(round_.index for round_ in each.event.context.rounds):
                first.setdefault(way, each)
            elif way in first:
                yield cls(run, first[way], each)

    @property
    def is_single(self) -> bool:
        """Whether it is a single step that no loop is seen to repeat."""
        return self.first is self.again

    def switch_left_behind(self) -> ModeSwitched | None:
        """The `eval()` of an earlier round that the model still stands under, on every way, though
        it did not in the first round."""
        again, first = self.again, self.first
        if not again.modes or any(mode.training is not False for mode in again.modes):
            return None
        if any(mode.training is False for mode in first.modes):
            return None
        switch = again.modes[-1]
        uncertain = self._may_be_of_another(switch) or self._may_be_restored(switch, again)
        uncertain = uncertain or _is_never_followed(switch, again)
        return None if switch.index < first.event.index or uncertain else switch

    def switch_of_evaluation(self) -> ModeSwitched | None:
        """The `eval()` before an evaluation in the same round of the outer loop, that the training
        behind the evaluation stands under: on every way, or whenever the model is evaluated."""
        return self._left_by_evaluation(self.first) or self._left_by_evaluation(self.again)

    def mode_dependent_layers(self) -> tuple[str, ...]:
        """What behaves differently in evaluation mode. Of a model that is not known only its name
        is: `dropout and the like`, unless the file defines modules without any."""
        event = self.first.event
        if isinstance(event, ForwardRun):
            return mode_dependent_layers(self.run, event)
        return of_unknown_model(self.run)

    def _left_by_evaluation(self, forward: Pass) -> ModeSwitched | None:
        off = [mode for mode in forward.modes if mode.training is False]
        if not off or any(mode.training is None for mode in forward.modes):
            return None
        switch = off[-1]
        if any(mode.index > switch.index for mode in forward.modes) or _opposes(switch, forward):
            return None
        if _is_never_followed(switch, forward):
            return None
        here, there = forward.event.context, switch.context
        is_step = self.is_single and here.functions == there.functions
        if not (common_loops(there, here) or is_step) or not self._updates(forward):
            return None
        uncertain = self._may_be_of_another(switch) or self._may_be_restored(switch, forward)
        return switch if not uncertain and self._is_evaluated(switch, forward) else None

    def _is_evaluated(self, switch: ModeSwitched, forward: Pass) -> bool:
        """Whether the model runs without gradients in between: in another loop than it is trained in, in
        a function that switches it, every now and then, or right behind the switch in a single step."""
        context = forward.event.context
        apart = switch.context.functions != context.functions
        return any(
            isinstance(event, (ForwardRun, Escaped))
            and Pass(self.run, event).module is forward.module
            and event.context.gradients is False
            and (
                common_loops(event.context, context) != context.loops
                or _is_now_and_then(switch)
                or (apart and event.context.functions == switch.context.functions)
                or self.is_single
            )
            for event in self.run.trace[switch.index : forward.event.index]
        )

    def _updates(self, forward: Pass) -> bool:
        """Whether an optimizer updates what runs, as far as it is known what it updates; in a single
        step, for sure."""
        optimizers = [
            event.optimizer
            for event in self.run.events(OptimizerStepped)
            if event.index > forward.event.index
        ]
        known = [each for each in optimizers if isinstance(each, Optimizer)]
        if any(concerns(owner, forward.module) for each in known for owner in each.owners):
            return True
        return not self.is_single and any(
            not isinstance(each, Optimizer) or not each.complete for each in optimizers
        )

    @property
    def names(self) -> dict[str, str]:
        """The model as it is written where it is trained."""
        return {"model": self.again.text}

    def finding(self, switch: ModeSwitched, message: str) -> Draft:
        """A finding at the switch, with the training beside it."""
        place: NodePlace = told_at(self.run, switch)
        related = ((self.again.place, f"`{self.again.text}` is trained here, in evaluation mode"),)
        return Draft(place, message, related)

    def _may_be_of_another(self, switch: ModeSwitched) -> bool:
        """Whether the switch is of one of several models, and nobody knows of which."""
        return any(
            each.module is not switch.module
            and each.place.node is switch.place.node
            and each.context.calls == switch.context.calls
            and each.context.rounds == switch.context.rounds
            for each in self.run.events(ModeSwitched)
        )

    def _may_be_restored(self, switch: ModeSwitched, again: Pass) -> bool:
        """Whether code that nobody can look into is handed the model in between."""
        return any(
            isinstance(event, Escaped) and any(holds(each, again.module) for each in event.values)
            for event in self.run.trace[switch.index : again.event.index]
        )


def _is_now_and_then(switch: ModeSwitched) -> bool:
    """Whether a switch stands under a condition that holds every so many rounds."""
    return any("%" in code_of(guard.node) for guard in switch.context.guards if guard.taken)


def _is_never_followed(switch: ModeSwitched, forward: Pass) -> bool:
    """Whether a switch is made in the last round of a loop alone, and a pass runs in a later one."""
    rounds = forward.event.context.rounds
    for guard in switch.context.guards:
        depth = guard.rounds
        if guard.taken and 0 < depth <= len(rounds) and _asks_for_last_round(guard.node):
            here, there = switch.context.rounds[:depth], rounds[:depth]
            if here[:-1] == there[:-1] and here[-1].loop is there[-1].loop and here != there:
                return True
    return False


def _asks_for_last_round(condition: cst.CSTNode) -> bool:
    """Whether a condition is that a counter is one below a length: `i == len(batches) - 1`."""
    match condition:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(cst.Equal(), right)]):
            pass
        case _:
            return False
    for counter, length in ((left, right), (right, left)):
        match counter, length:
            case cst.BinaryOperation(
                operator=cst.Add(), right=cst.Integer(value="1")
            ), cst.Call() | cst.Name() | cst.Attribute():
                return True
            case cst.Name(), cst.BinaryOperation(
                operator=cst.Subtract(), right=cst.Integer(value="1")
            ):
                return True
    return False


def _opposes(switch: ModeSwitched, forward: Pass) -> bool:
    """Whether one stands under a condition and the other under its opposite."""
    ways = {(code_of(guard.node), guard.taken) for guard in forward.event.context.guards}
    return any((code_of(guard.node), not guard.taken) in ways for guard in switch.context.guards)


def _updates_something_else(run: AbstractRun, forward: Pass) -> bool:
    """Whether the steps between a pass and the next one there are of optimizers of other things, such
    as the input."""
    steps = [step for step in run.events(OptimizerStepped) if step.index > forward.event.index]
    again = (
        each.event.index
        for each in passes(run)
        if each.event.place.node is forward.event.place.node
        and each.event.index > forward.event.index
    )
    end = next(again, len(run.trace))
    near = [step for step in steps if step.index < end] or steps[:1]
    return bool(near) and all(_is_of_others(step, forward) for step in near)


def _is_of_others(step: OptimizerStepped, forward: Pass) -> bool:
    optimizer = step.optimizer
    if not isinstance(optimizer, Optimizer) or not optimizer.complete:
        return False
    return not any(concerns(owner, forward.module) for owner in optimizer.owners)


def _goes_back(forward: Pass) -> bool:
    """Whether a loss is back-propagated after a pass, before the model runs in another place."""
    for event in forward.run.trace[forward.end :]:
        if isinstance(event, BackwardRun):
            around, loops = event.context.loops, forward.event.context.loops
            return around == loops or (bool(around) and around == loops[: len(around)])
        elsewhere = event.place.node is not forward.event.place.node
        if isinstance(event, ForwardRun) and event.module is forward.module and elsewhere:
            return False
    return False


def _is_partly_frozen(run: AbstractRun, module: Value) -> bool:
    """Whether it is said of parameters of a model that they are to stay as they are, and never otherwise:
    what goes with these stays best as it is in evaluation, too."""
    told = [
        event
        for event in run.events(AttributeAssigned)
        if any(reaches(module, owner) for owner in told_of_gradients([event]))
    ]
    return bool(told) and all(is_constant(event.value, False) for event in told)
