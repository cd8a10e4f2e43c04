"""Modes that a training falls into: what was left behind by the evaluation of the epoch before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import libcst as cst

from advisor.code.events import BackwardRun, Escaped, ForwardRun, ModeSwitched
from advisor.code.facts.modules import holds, mode_dependent_layers
from advisor.code.facts.passes import Pass, passes, seen_from
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.sources import NodePlace
from advisor.rulebook import Draft


@dataclass(frozen=True, eq=False, slots=True)
class RepeatedTraining(Fact):
    """A model is trained in a loop: the forward pass of its first round and of the next."""

    run: AbstractRun
    first: Pass
    again: Pass

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The trainings that a loop repeats, seen at their forward passes."""
        first: dict[cst.CSTNode, Pass] = {}
        for each in passes(run):
            if not _goes_back(each):
                continue
            node = each.event.place.node
            if not any(round_.index for round_ in each.event.context.rounds):
                first.setdefault(node, each)
            elif node in first:
                yield cls(run, first[node], each)

    def switch_left_behind(self) -> ModeSwitched | None:
        """The `eval()` of an earlier round that the model still stands under, on every way, though
        it did not in the first round."""
        again, first = self.again.event, self.first.event
        if not isinstance(again, ForwardRun) or not isinstance(first, ForwardRun):
            return None
        if not again.modes or any(mode.training is not False for mode in again.modes):
            return None
        if any(mode.training is False for mode in first.modes):
            return None
        switch = again.modes[-1]
        uncertain = self._may_be_of_another(switch) or self._may_be_restored(switch, again)
        return None if switch.index < first.index or uncertain else switch

    def mode_dependent_layers(self) -> tuple[str, ...]:
        """What behaves differently in evaluation mode."""
        event = self.first.event
        return mode_dependent_layers(self.run, event) if isinstance(event, ForwardRun) else ()

    def finding(self, switch: ModeSwitched, message: str) -> Draft:
        """A finding at the switch, with the training beside it."""
        place: NodePlace = seen_from(self.run, switch)
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

    def _may_be_restored(self, switch: ModeSwitched, again: ForwardRun) -> bool:
        """Whether code that nobody can look into is handed the model in between."""
        return any(
            isinstance(event, Escaped) and any(holds(each, again.module) for each in event.values)
            for event in self.run.trace[switch.index : again.index]
        )


def _goes_back(forward: Pass) -> bool:
    """Whether a loss is back-propagated after a pass, before the model runs in another place."""
    for event in forward.run.trace[forward.end :]:
        if isinstance(event, BackwardRun):
            return event.context.loops == forward.event.context.loops
        if isinstance(event, ForwardRun) and event.module is forward.module:
            return False
    return False
