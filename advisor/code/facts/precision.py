"""Training in half precision: what is back-propagated, and whether the loss is scaled."""

import re
from collections.abc import Iterable
from typing import Self

import libcst as cst

from advisor.code.events import (
    AutocastEntered,
    BackwardRun,
    DeviceChosen,
    Escaped,
    ForwardRun,
    LayerBuilt,
    LossScaled,
    OptimizerStepped,
    WeightsHalved,
)
from advisor.code.facts.modules import holds
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.facts.shown_scores import text_around
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.values import Instance, Library, Optimizer, Value, alternatives
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# A scaler that is there or not, as whoever calls decides.
_SCALED_OR_NOT = re.compile(r"\bif\b[^\n]*scaler[^\n]*:\n(?:[^\n]*\n){0,3}?[^\n]*\.scale\(")


@dataclass(frozen=True, slots=True)
class HalfPrecision(Fact):
    """A loss that is computed under autocast, or by a model in float16, and back-propagated, before an
    optimizer is stepped.

    `dtype` is what operations are cast to; `inside` whether the way back runs under autocast too,
    `scaled` whether any loss of the program is scaled, `steps_by_scaler` whether a scaler steps an optimizer
    at least; `is_cast_in_file` whether a finding may lie where operations are cast.
    """

    backward: BackwardRun
    entered: AutocastEntered | WeightsHalved
    dtype: str
    inside: bool
    scaled: bool
    steps_by_scaler: bool
    is_cast_in_file: bool

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every line that back-propagates what was computed under autocast; unit tests are left out."""
        if not any(run.events(OptimizerStepped)) or holds_unit_tests(run):
            return []
        scaled = any(True for _ in run.events(LossScaled))
        by_scaler = any(each.scaler is not None for each in run.events(OptimizerStepped))
        found: dict[object, Self] = {}
        halved = list(run.events(WeightsHalved))
        for backward in run.events(BackwardRun):
            entered = _entered_before(run, backward)
            if (
                entered is not None
                and _is_direct(backward)
                and _applies(entered, backward)
                and (scaled or not _stays_where_it_was_made(run, entered, backward))
                and (scaled or not _is_without_scaler_by_choice(backward))
            ):
                inside = backward.context.autocast is not None
                here = run.may_tell_of(entered.place.source)
                fact = cls(backward, entered, entered.dtype, inside, scaled, by_scaler, here)
                found.setdefault(backward.place.node, fact)
            for cast in halved:
                if cast.index < backward.index and _is_plain(run, backward, cast.module):
                    here = run.may_tell_of(cast.place.source)
                    fact = cls(backward, cast, "float16", False, scaled, by_scaler, here)
                    found.setdefault(backward.place.node, fact)
        return found.values()

    def finding(self, message: str) -> Draft:
        """A finding at the way back, with the place where autocast begins beside it."""
        return draft(self.backward, message, (self.entered.place, "operations are cast from here"))

    def finding_where_cast(self, message: str) -> Draft:
        """A finding where operations or weights are cast to float16, with the way back beside it."""
        back = (self.backward.place, "the loss is back-propagated here")
        return draft(self.entered, message, back)


def _applies(entered: AutocastEntered, backward: BackwardRun) -> bool:
    """Whether operations are cast whenever this way back is taken: with an option for it, there may
    be one way with it and one without."""
    before, now = set(entered.context.guards), set(backward.context.guards)
    return before <= now and (not entered.optional or now <= before)


def _is_without_scaler_by_choice(backward: BackwardRun) -> bool:
    """Whether the function goes back by a scaler as well, on a way that is not taken here."""
    return _SCALED_OR_NOT.search(text_around(backward)) is not None


def _stays_where_it_was_made(
    run: AbstractRun, entered: AutocastEntered, backward: BackwardRun
) -> bool:
    """Whether a script never puts the modules that run under autocast on a device, as far as all that is
    known: on a processor nothing is cast to float16."""
    if not run.is_script or entered.dtype != "float16" or run.once(_chooses_device):
        return False
    ran = [
        each.module
        for each in run.events_within(entered.index, backward.index, ForwardRun)
        if not each.context.running
    ]
    if not ran or not all(isinstance(each, Instance) for each in ran):
        return False
    return not any(
        holds(value, module)
        for event in run.events(Escaped)
        if not (isinstance(event.callee, Library) and event.callee.path.startswith("torch."))
        for value in event.values
        for module in ran
    )


def _chooses_device(run: AbstractRun) -> bool:
    """Whether a program puts any module on a device, or builds layers there."""
    if any(True for _ in run.events(DeviceChosen)):
        return True
    return any("device" in each.layer.arguments.keywords for each in run.events(LayerBuilt))


def _is_plain(run: AbstractRun, backward: BackwardRun, module: Value) -> bool:
    """Whether a loss goes back as it is, and an optimizer of torch steps the very weights of a module
    that were cast."""
    node = backward.place.node
    scaled = isinstance(node, cst.Call) and (
        isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.BinaryOperation)
    )
    optimizers = [
        option for event in run.events(OptimizerStepped) for option in alternatives(event.optimizer)
    ]
    return (
        _is_direct(backward)
        and not scaled
        and bool(optimizers)
        and all(
            isinstance(each, Optimizer)
            and each.path.startswith("torch.optim.")
            and any(owner is module for owner in each.owners)
            for each in optimizers
        )
    )


def _is_direct(backward: BackwardRun) -> bool:
    """Whether a loss is back-propagated by itself (`loss.backward()`), not by an engine that is
    handed it and may scale it."""
    node = backward.place.node
    return isinstance(node, cst.Call) and all(each.keyword is not None for each in node.args)


def _entered_before(run: AbstractRun, backward: BackwardRun) -> AutocastEntered | None:
    """Where autocast was entered last, in the same round and with gradients, since whatever was
    back-propagated before."""
    for event in reversed(run.trace[: backward.index]):
        if isinstance(event, BackwardRun):
            return None
        if isinstance(event, AutocastEntered) and event.context.gradients is not False:
            rounds = event.context.rounds
            same = rounds == backward.context.rounds[: len(rounds)]
            still = backward.context.autocast is not None
            here = still or len(rounds) == len(backward.context.rounds)
            return event if same and here else None
    return None
