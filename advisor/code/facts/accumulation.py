"""Gradients that are summed over several batches before each step."""

import re
from collections.abc import Iterable
from typing import Self

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    Escaped,
    Event,
    GradientsCleared,
    Guard,
    OptimizerStepped,
)
from advisor.code.facts.relations import name_of
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.code.facts.steps import OptimizerStep, excludes, in_same_rounds
from advisor.code.nodes import as_written
from advisor.code.values import OTHER_ITEM, Amount, Unknown, alternatives, meaning_of
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_LOSS = re.compile(r"^(criterion|crit|loss|loss_?fn|loss_?func\w*|ce|bce|mse)$", re.IGNORECASE)
_ZERO = r"(?m)^\s*{0} = 0\s*$"
_ONE_MORE = r"(?m)^\s*{0} (\+= 1|= {0} \+ 1)\s*$"
_PARTS = re.compile(
    r"accum|micro_?(batch|step)|(?<!torch)\.(chunk|split)\([^,()'\"]+\)"
    r"|torch\.(chunk|split)\([^,()]+,[^,()=]+\)",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"task|meta|episode|client|domain|view|head", re.IGNORECASE)
_NEXT = re.compile(r"\bnext\([\w.]+\)")


@dataclass(frozen=True, slots=True)
class Accumulation(Fact):
    """A loop that goes backward in every round and steps in every few, or behind all of them.
    `guard` is the condition of the step, None where it stands behind a loop over the parts of a
    batch; `backward` the one place from which gradients come."""

    run: AbstractRun
    step: OptimizerStep
    backward: BackwardRun
    guard: Guard | None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every step that is taken every few rounds, when all else is plain to see."""
        found = (cls.of(step) for step in run.facts(OptimizerStep))
        return [each for each in found if each is not None]

    @classmethod
    def of(cls, step: OptimizerStep) -> Self | None:
        """What a step does in every few rounds; None when it is taken otherwise."""
        guard, backward = _counting_guard(step.event), step.last_backward()
        if backward is None or step.last_provider is not backward:
            return None
        if guard is None and not _ends_parts(step.event, backward):
            return None
        if guard is not None and guard.every is not None and guard.every.number.is_one:
            return None  # by default of each batch alone
        others = (
            each.place.node is not backward.place.node
            for each in step.since
            if isinstance(each, BackwardRun)
        )
        if any(others) or not _is_only_step(step):
            return None
        if guard is None:
            return cls(step.run, step, backward, None)
        if _stands_under(backward, guard):
            return None
        if not in_same_rounds(backward, step.event) or not _shares_loop(backward, step, guard):
            return None
        return cls(step.run, step, backward, guard)

    @property
    def cleared_each_time(self) -> GradientsCleared | None:
        """What clears the gradients in every round, before they are computed."""
        if self.guard is None:
            return None
        for event in self.step.since:
            if (
                self.step.clears(event)
                and in_same_rounds(event, self.step.event)
                and not _stands_under(event, self.guard)
                and event.context.loops == self.backward.context.loops
                and not self._waits_elsewhere(event)
            ):
                assert isinstance(event, GradientsCleared)
                return event
        return None

    def _waits_elsewhere(self, event: Event) -> bool:
        """Whether what happens in the first round stands under a condition in others, which a counter
        meets at first: `if count == 0`."""
        asked = {guard.node for guard in self.backward.context.guards}
        return any(
            guard.rounds >= len(each.context.rounds) and guard.node not in asked
            for each in self.run.events(GradientsCleared)
            if each.place.node is event.place.node
            for guard in each.context.guards
        )

    @property
    def is_cleared_with_step(self) -> bool:
        """Whether gradients are cleared only where the step is taken."""
        cleared = [each for each in self.run.events(GradientsCleared) if self._is_near(each)]
        if self.guard is None:
            return not cleared and any(self.step.clears(each) for each in self.step.since)
        return bool(cleared) and all(
            _stands_under(each, self.guard) or self._is_before_the_first(each) for each in cleared
        )

    @property
    def loss_is_plain_mean(self) -> bool:
        """Whether what is back-propagated is the mean of the batch, as the loss has returned it, on every
        way there; of a loss nothing is known of that is what it is called."""
        node = self.backward.place.node
        losses = [each.loss for each in self.run.events(BackwardRun) if each.place.node is node]
        return all(
            self._is_called_loss(option)
            if isinstance(option, Unknown)
            else isinstance(meaning := meaning_of(option), Amount)
            and meaning.kind == "mean"
            and meaning.summed is None
            for loss in losses
            for option in alternatives(loss)
        )

    def _is_called_loss(self, value: Unknown) -> bool:
        """Whether a value is what a loss function of the training has returned, or the loss that a
        model has computed by itself."""
        made = next((e for e in self.run.events(Escaped) if e.result is value), None)
        if made is not None:
            return _LOSS.search(name_of(made.callee)) is not None
        of = value.parent
        # Where items were put back under names that nobody knows, they may all have been divided.
        return value.name == "loss" and of is not None and OTHER_ITEM not in of.fields

    def _is_before_the_first(self, event: Event) -> bool:
        """Whether gradients are cleared in every few rounds as well, by a remainder of its own:
        `if step % 4 == 0`, before those of four batches are summed."""
        assert self.guard is not None
        own = _counting_guard(event)
        return (
            own is not None
            and own.taken
            and own.rounds == self.guard.rounds
            and _divisor(own.node) is not None
            and _divisor(own.node) == _divisor(self.guard.node)
        )

    def _is_near(self, event: Event) -> bool:
        loops = {loop.node for loop in event.context.loops}
        return self.backward.context.loops[-1].node in loops

    def finding(self, event: Event, message: str) -> Draft:
        """A finding, with the step beside it."""
        return draft(event, message, (self.step.event.place, "the step is taken every few batches"))


def _counting_guard(event: Event) -> Guard | None:
    """The condition of an event that holds in every few rounds: it takes a remainder, or asks a
    counter that goes back to zero with it; where there is a remainder, the round may have been left."""
    for guard in reversed(event.context.guards):
        if guard.taken and (_is_of_some_rounds(guard) or _starts_anew(event, guard)):
            return guard
        if not guard.taken and not guard.ends and _has_remainder(guard.node):
            return guard
    return None


def _is_of_some_rounds(guard: Guard) -> bool:
    """Whether a condition takes a remainder, or what it asks for did so: `is_update = step % 4 == 0`."""
    if _takes_remainder(guard.node):
        return True
    options = () if guard.condition is None else alternatives(guard.condition)
    if not all(isinstance(each, Unknown) and each.place is not None for each in options):
        return False
    return any(each.place is not None and _takes_remainder(each.place.node) for each in options)


def _starts_anew(event: Event, guard: Guard) -> bool:
    """Whether a condition asks a counter that rises by one in each round and is set to zero under
    it."""
    match guard.node:
        case cst.Comparison(
            left=cst.Name() | cst.Attribute() as left,
            comparisons=[cst.ComparisonTarget(operator=cst.Equal() | cst.GreaterThanEqual())],
        ):
            counter = re.escape(code_of(left))
        case _:
            return False
    patterns = _ZERO.format(counter), _ONE_MORE.format(counter)
    # To write out the statements around takes longer than to read the file.
    if not all(re.search(each, event.place.source.text) for each in patterns):
        return False
    around = [loop.node for loop in event.context.loops[-1:]]
    around += [each.node for each in event.context.functions[-1:]]
    texts = [as_written(each) for each in around]
    if not all(any(re.search(each, text) for text in texts) for each in patterns):
        return False  # to find the statement takes longer than to read it
    decision = next((found for each in around if (found := _decided_by(guard.node, each))), None)
    return decision is not None and re.search(patterns[0], as_written(decision.body)) is not None


def _decided_by(condition: cst.CSTNode, node: cst.CSTNode) -> cst.If | None:
    """The statement inside a node that a condition decides."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, cst.If) and each.test is condition:
            return each
        if not isinstance(each, cst.BaseExpression):
            waiting += each.children
    return None


def _ends_parts(event: Event, backward: BackwardRun) -> bool:
    """Whether an event comes right behind a loop over several batches, or over the parts of one, in
    which gradients are computed."""
    rounds = backward.context.rounds
    if len(rounds) < 2 or event.context.rounds != rounds[:-1] or backward.retains:
        return False
    loop = rounds[-1].loop.node
    if not isinstance(loop, cst.For) or event.context.guards != backward.context.guards:
        return False
    over = code_of(loop.iter)
    return _PARTS.search(over) is not None or (
        over.startswith("range(") and _draws_batches(loop) and _OTHERS.search(over) is None
    )


def _draws_batches(loop: cst.For) -> bool:
    """Whether each round of a counting loop takes the next batch, whatever its number."""
    body = as_written(loop.body)
    number = rf"\b{re.escape(code_of(loop.target))}\b"
    return _NEXT.search(body) is not None and re.search(number, body) is None


def _takes_remainder(node: cst.CSTNode) -> bool:
    match node:
        case cst.BinaryOperation(operator=cst.Modulo()):
            return True
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=cst.Equal())]):
            return _takes_remainder(left)
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _takes_remainder(inner)
        case cst.BooleanOperation(left=left, operator=cst.Or(), right=right):
            return _takes_remainder(left) or _takes_remainder(right)
    return False


def _divisor(node: cst.CSTNode) -> str | None:
    """What a condition divides by to see the remainder."""
    match node:
        case cst.BinaryOperation(operator=cst.Modulo()):
            return code_of(node.right)
        case cst.Comparison(left=left) | cst.BooleanOperation(left=left):
            return _divisor(left)
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _divisor(inner)
    return None


def _has_remainder(node: cst.CSTNode) -> bool:
    """Whether a condition holds in all but every few rounds: `step % 4`, `step % 4 != 0`."""
    match node:
        case cst.BinaryOperation(operator=cst.Modulo()):
            return True
        case cst.Comparison(
            left=cst.BinaryOperation(operator=cst.Modulo()),
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.NotEqual() | cst.GreaterThan() | cst.LessThan(), comparator=bound
                )
            ],
        ):
            return not isinstance(bound, cst.Integer) or bound.value == "0"
        case cst.BooleanOperation(left=left, operator=cst.And()):
            return _has_remainder(left)
    return False


def _stands_under(event: Event, guard: Guard) -> bool:
    return any(
        each.node is guard.node and each.taken is guard.taken for each in event.context.guards
    )


def _is_only_step(step: OptimizerStep) -> bool:
    """Whether the optimizer is stepped nowhere else, or only where this step is not taken."""
    all_steps = [
        each for each in step.run.events(OptimizerStepped) if each.optimizer is step.event.optimizer
    ]
    mine = [each for each in all_steps if each.place.node is step.event.place.node]
    return all(
        any(excludes(other, each) for each in mine) for other in all_steps if other not in mine
    )


def _shares_loop(backward: Event, step: OptimizerStep, guard: Guard) -> bool:
    """Whether the condition is tested in every round in which gradients are computed."""
    depth = len(backward.context.loops)
    return depth > 0 and depth == len(step.event.context.loops) == guard.rounds
