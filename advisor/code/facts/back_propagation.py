"""What is back-propagated, and what is summed up besides."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BackwardRun,
    Escaped,
    Event,
    ForwardRun,
    GradientsRead,
    GradientsTaken,
    LossAccumulated,
    LossClamped,
    LossComputed,
    OptimizerStepped,
)
from advisor.code.facts.announced_failures import is_announced, is_caught_and_shown
from advisor.code.facts.evaluations import Evaluation
from advisor.code.facts.loaders import is_loader
from advisor.code.facts.loop_lengths import data_of, only_counts
from advisor.code.facts.origins import (
    hidden_pass,
    origins_of,
    surely_hides,
    surely_misses,
    trains_several,
)
from advisor.code.facts.relations import name_of
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.code.facts.steps import OptimizerStep, code_of_receiver, in_same_rounds
from advisor.code.gradients import (
    computed_from,
    cut_of,
    gradient_of,
    is_computed_from,
    made_from,
    may_be_computed_from,
    terms_of,
)
from advisor.code.nodes import all_in
from advisor.code.values import (
    COLLATED,
    SAMPLE_OF,
    Constant,
    Cut,
    Dictionary,
    Instance,
    Layer,
    Parameters,
    Scalar,
    Sequence,
    Squared,
    Tensor,
    Unknown,
    Value,
    alternatives,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_KEEPS_STATE = re.compile(r"hidden|memory|stateful|\bstate\b", re.IGNORECASE)
_LOSS = re.compile(r"(loss|criterion|crit)(_?fn|_?func\w*)?$", re.IGNORECASE)

_MADE_ANEW = {"torch.tensor", ".item()"}
_MOST_TERMS = 40

# What weighs one number by another.
_WEIGHING = (cst.Multiply, cst.MultiplyAssign, cst.Divide, cst.DivideAssign)
_ADDING = (cst.Add, cst.AddAssign, cst.Subtract, cst.SubtractAssign, cst.Plus, cst.Minus)
# What gives back the numbers it is given, or their sum or mean.
_SUMS = frozenset(
    [
        *("sum", "mean", "nansum", "nanmean", "add", "add_", "stack", "cat", "concat", "hstack"),
        *(
            "to",
            "cuda",
            "cpu",
            "float",
            "double",
            "half",
            "view",
            "reshape",
            "squeeze",
            "unsqueeze",
        ),
        *("flatten", "contiguous", "clone", "requires_grad_"),
    ]
)


@dataclass(frozen=True, slots=True)
class BackPropagation(Fact):
    """A loss that is back-propagated."""

    run: AbstractRun
    event: BackwardRun

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every back-propagation of a known value."""
        return [
            cls(run, event)
            for event in run.events(BackwardRun)
            if event.loss is not None and not _gives_gradients(event)
        ]

    @property
    def loss(self) -> Value:
        """The loss."""
        assert self.event.loss is not None
        return self.event.loss

    @property
    def text(self) -> str:
        """The loss as it is written in the code, if `backward` is called on it by name."""
        written = code_of_receiver(self.event)
        node = self.event.place.node
        if isinstance(node, cst.Call) and node.args and not self.event.weighted:
            # Another one goes backward with it: `engine.backward(loss)`.
            written = code_of(node.args[0].value) if node.args[0].keyword is None else written
        return written if written.isidentifier() and written != "autograd" else "the loss"

    @property
    def cut(self) -> Cut | None:
        """What has cut the loss off from all parameters, on every way. What is given gradients, and
        takes some of its own, is a part of a longer way back."""
        if any(cut_of(each.loss) is None for each in self._ways()) or self._asks_for_mode():
            return None
        is_link = self.event.weighted and gradient_of(self.loss) is True
        return None if is_link else cut_of(self.loss)

    @property
    def is_shown_to_fail(self) -> bool:
        """Whether a lesson goes back once to show that torch refuses to: no step is to follow."""
        if self.event.context.rounds or any(
            step.index > self.event.index
            and step.context.calls == self.event.context.calls
            and not step.context.rounds
            for step in self.run.events(OptimizerStepped)
        ):
            return False
        return is_announced(self.event.place, self.event.context) or is_caught_and_shown(
            self.run, self.event
        )

    @property
    def cut_of_stepped(self) -> Cut | None:
        """What has cut the loss off from all that the optimizer behind it updates, where other
        modules still take gradients: the generator, whose samples were detached."""
        if not trains_several(self.run):
            return self._cut_of_the_only_optimizer()
        for step in self.run.facts(OptimizerStep):
            if step.missed_backward is not self.event:
                continue
            for cut, value in origins_of(self.run, self.loss).cuts:
                if surely_hides(self.run, value, step.event.optimizer):
                    return cut
        return None

    def _cut_of_the_only_optimizer(self) -> Cut | None:
        """The same where there is one optimizer, and its modules run without gradients: these flow to modules alone that it leaves as they
        are, such as those of a ready network that the loss is computed with."""
        for step in self.run.events(OptimizerStepped):
            if step.index < self.event.index or not in_same_rounds(step, self.event):
                continue
            if not surely_misses(self.run, self.loss, step.optimizer):
                return None
            for cut, value in origins_of(self.run, self.loss).cuts:
                hidden = hidden_pass(self.run, value, step.optimizer)
                if hidden is not None and hidden.context.gradients is False:
                    return Cut(hidden.place, cut.how)
            return None
        return None

    @property
    def cut_of_parts(self) -> Cut | None:
        """What has cut losses off that were put into a new tensor, whose sum or mean this is."""
        if self._asks_for_mode():
            return None
        value = self.loss
        while isinstance(value, Tensor) and len(value.terms) == 1 and value.cut is None:
            value = value.terms[0]
        cut = None if value is self.loss else cut_of(value)
        losses = [each.result for each in self.run.events(LossComputed) if each.result is not None]
        if any(is_computed_from(value, each) for each in losses):
            return cut
        return next(
            (cut for cut, part in _new_parts(self.loss) if _is_of_losses(part, losses)), None
        )

    def _asks_for_mode(self) -> bool:
        """Whether it goes back only while the model trains, and not where it is evaluated."""
        return any(
            re.search(r"\btraining\b", code_of(each.node)) is not None
            for each in self.event.context.guards
        )

    def _ways(self) -> Iterator[BackwardRun]:
        """The same back-propagation with each of the values that the loss may be."""
        for event in self.run.events(BackwardRun):
            if event.loss is None:
                continue
            if event.place.node is self.event.place.node and event.context == self.event.context:
                yield event

    @property
    def is_repeated(self) -> bool:
        """Whether a loop goes backward again and again."""
        return any(each.index for each in self.event.context.rounds)

    @property
    def is_alone(self) -> bool:
        """Whether nothing else goes backward, or may do so, in the loops around."""
        loop = self.event.context.loops[0].node
        return not any(
            event.place.node is not self.event.place.node
            for event in self.run.trace
            if isinstance(event, (BackwardRun, GradientsTaken, GradientsRead))
            and any(each.node is loop for each in event.context.loops)
            and not self._is_part_of_the_way(event)
            and not self._goes_another_way(event)
        )

    def _goes_another_way(self, event: Event) -> bool:
        """Whether another loss goes backward through other passes alone, so that it needs nothing of
        this one's graph: that of a generator, which the samples for the other loss were detached of."""
        if not isinstance(event, BackwardRun):
            return False
        mine, other = origins_of(self.run, self.loss), origins_of(self.run, event.loss)
        if not other.passes or not other.complete or not mine.complete:
            return False
        if {id(each) for each in mine.passes} & {id(each) for each in other.passes}:
            return False
        if any(isinstance(each, Escaped) for each in (*mine.passes, *other.passes)):
            return False
        return not any(
            not isinstance(each, (Instance, Layer)) and gradient_of(each) is not False
            for each in (*mine.leaves, *other.leaves)
            if not (isinstance(each, Unknown) and self._is_input(each))
        )

    def _is_part_of_the_way(self, event: Event) -> bool:
        """Whether gradients are taken before, in each round, of what is computed in that round: they
        are a part of the loss."""
        if not isinstance(event, GradientsTaken):
            return False
        behind = [
            each
            for each in self.run.events(BackwardRun)
            if each.place.node is self.event.place.node and in_same_rounds(event, each)
        ]
        origins = origins_of(self.run, event.loss)
        return (
            bool(behind and origins.passes and origins.complete)
            and all(event.index < each.index for each in behind)
            and all(in_same_rounds(event, each) for each in origins.passes)
        )

    @property
    def graph_is_new(self) -> bool:
        """Whether the whole graph of the loss is made in the round in which it goes backward: by
        passes of this round over inputs that no gradient flows from."""
        origins = origins_of(self.run, self.loss)
        passes = [each for each in origins.passes if self._is_in_round(each)]
        others = [each for each in origins.passes if each not in passes]
        if not passes or not origins.complete or any(map(_may_carry_graph, others)):
            return False
        if any(isinstance(each, Unknown) and not self._is_input(each) for each in origins.leaves):
            return False
        return not any(
            isinstance(each, AttributeAssigned)
            for event in passes
            if isinstance(event, ForwardRun)
            for each in self.run.trace[event.index : event.end]
        )

    def _is_input(self, value: Unknown) -> bool:
        """Whether an unknown is an item of a batch, or a function or model that is called; models that
        may keep a state are none."""
        if _is_item(value):
            return True
        callees = [each.callee for each in self.run.events(Escaped)]
        parents = [each.parent for each in callees if isinstance(each, Unknown)]
        if any(value is each for each in (*callees, *parents)):
            return _KEEPS_STATE.search(self.run.source.text) is None
        return not _may_learn(value)

    def _is_in_round(self, event: Event) -> bool:
        return event.context.rounds == self.event.context.rounds

    @property
    def clamped(self) -> LossClamped | None:
        """Where the loss itself, as a loss function has returned it, is clamped from above before it
        is back-propagated."""
        losses = [each.result for each in self.run.events(LossComputed) if each.result is not None]
        for event in self.run.events(LossClamped):
            taken = any(event.loss is each for each in losses) or self._is_called_loss(event.loss)
            if taken and is_computed_from(self.loss, event.result):
                return event
            if event.result is self.loss and _is_reduced(event.loss):
                return event  # a loss that is written by hand
            if taken and self._is_clamped_in_place(event):
                return event
        return None

    def _is_clamped_in_place(self, event: LossClamped) -> bool:
        """Whether the loss itself is clamped before it goes back: `loss.clamp_(max=10)`."""
        node = event.place.node
        if not isinstance(node, cst.Call) or not code_of(node.func).endswith("_"):
            return False
        before = event.index < self.event.index and in_same_rounds(event, self.event)
        return before and is_computed_from(event.loss, self.loss)

    def _is_called_loss(self, value: Value) -> bool:
        """Whether a value comes from a loss function nothing is known of, or goes by the name of a
        loss."""
        unknown = value.terms[0] if isinstance(value, Tensor) and len(value.terms) == 1 else value
        if not isinstance(unknown, Unknown):
            return False
        return unknown.name == "loss" or any(
            each.result is unknown and _LOSS.search(name_of(each.callee)) is not None
            for each in self.run.events(Escaped)
        )

    def finding(self, message: str) -> Draft:
        """A finding at the back-propagation."""
        return draft(self.event, message)

    def finding_at(self, cut: Cut, message: str) -> Draft:
        """A finding where the gradients are cut off, with the back-propagation beside it; the other
        way round where they are cut off in a file that nobody looks at."""
        if self.run.may_tell_of(cut.place.source):
            return Draft(cut.place, message, ((self.event.place, "it goes back here"),))
        return draft(self.event, message, (cut.place, "the gradients are cut off here"))


@dataclass(frozen=True, slots=True)
class RunningTotal(Fact):
    """A total that a loss is added to, or a list that it is put into, in every round of a loop."""

    run: AbstractRun
    event: LossAccumulated
    earlier: tuple[LossAccumulated, ...]

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every total that grows from round to round."""
        before: list[LossAccumulated] = []
        for event in run.events(LossAccumulated):
            earlier = tuple(each for each in before if _continues(event, each))
            if earlier or _begins_with_first_round(run, event):
                yield cls(run, event, earlier)
            before.append(event)

    @property
    def total(self) -> str:
        """The total as it is written in the code."""
        return self.event.text

    @property
    def holds_graphs(self) -> bool:
        """Whether what is added has been, or is going to be, back-propagated by itself, and so
        holds the graph of its own batch; or comes from an evaluation that records gradients."""
        if self.event.context.gradients is not True or gradient_of(self.event.value) is False:
            return False
        if any(cut_of(each) is not None for each in alternatives(self.event.value)):
            return False  # on one of the ways, at least
        if not self._is_stepped() or self._is_begun_anew() or self._is_of_one_batch():
            return False
        if self.event.context.running and "." not in self.total:
            return False  # it grows over the layers that one batch goes through
        goes_back = not self._ends_with_the_step() and any(
            event.loss is not None
            and in_same_rounds(event, self.event)
            and _share_a_loss(self.event.value, event.loss)
            and not (self._is_uncommon and self._may_go_back_later(event))
            for event in self.run.events(BackwardRun)
        )
        return goes_back or (gradient_of(self.event.value) is True and self._is_of_evaluation())

    def _is_stepped(self) -> bool:
        """Whether an optimizer takes steps: here, or in a function of another file."""
        written = ".step(" in self.run.source.text
        return written or next(iter(self.run.events(OptimizerStepped)), None) is not None

    def _is_of_evaluation(self) -> bool:
        """Whether a model has computed what is added in an evaluation, and nothing is trained in the
        same rounds."""
        loop = self.event.context.loops[-1]
        if self.is_list or any(loop in each.context.loops for each in self.run.events(BackwardRun)):
            return False
        return any(
            isinstance(each.event, ForwardRun)
            and each.event.output is not None
            and each.event.context.rounds == self.event.context.rounds
            and is_computed_from(self.event.value, each.event.output)
            for evaluation in self.run.facts(Evaluation)
            if evaluation.repeats and evaluation.records_gradients()
            for each in evaluation.passes
        )

    def _ends_with_the_step(self) -> bool:
        """Whether it grows over the parts of a batch, and a step of the optimizer follows. What goes
        on in the next round of the loop around, as totals in a dict do, has seen more steps."""
        loops, rounds = self.event.context.loops, self.event.context.rounds
        stepped = {
            loop.node for event in self.run.events(OptimizerStepped) for loop in event.context.loops
        }
        depth = max((at for at, loop in enumerate(loops, 1) if loop.node in stepped), default=0)
        if not 0 < depth < len(loops):
            return False
        return all(each.context.rounds[:depth] == rounds[:depth] for each in self.earlier)

    def _is_of_one_batch(self) -> bool:
        """Whether it grows over some steps on one batch only, and begins anew with the next: the five
        steps that a critic takes for each one of a generator."""
        rounds = self.event.context.rounds
        if len(rounds) < 2 or not only_counts(rounds[-1].loop):
            return False
        if any(each.context.rounds[:-1] != rounds[:-1] for each in self.earlier):
            return False
        return is_loader(data_of(rounds[-2].loop))

    def _is_begun_anew(self) -> bool:
        """Whether the loop sets it to zero again, as behind the parts of a batch."""
        if f"{self.total} = 0" not in self.event.place.source.text:
            return False
        zero = rf"(?<![\w.]){re.escape(self.total)} = 0(\.0*)?(?![\w.])"
        loops = self.event.context.loops[-1:]
        return any(re.search(zero, code_of(each.node)) is not None for each in loops)

    def _may_go_back_later(self, event: BackwardRun) -> bool:
        """Whether a loss goes back in other rounds than those in which it is kept, or twice: elsewhere
        than here, unless this is all of the program."""
        elsewhere = any(
            each.place.node is not event.place.node for each in self.run.events(BackwardRun)
        )
        twice = event.retains and (elsewhere or not self.run.is_script)
        return twice or event.context.rounds != self.event.context.rounds

    @property
    def _is_uncommon(self) -> bool:
        """Whether it is written in a way that sums of losses rarely are: a list of them, a tensor that
        grows, or `x = x + y`, as layers with a shortcut have it."""
        return self.is_list or isinstance(self.event.place.node, (cst.Assign, cst.Call))

    @property
    def is_list(self) -> bool:
        """Whether the losses are kept one by one."""
        return isinstance(self.event.total, (Sequence, Dictionary))

    @property
    def is_back_propagated(self) -> bool:
        """Whether the total, or something computed from it, is back-propagated."""
        before = self.event.total if self.earlier else None  # else its own loss went back
        totals = (*alternatives(self.event.result), *alternatives(before))
        return any(
            may_be_computed_from(event.loss, total)
            for event in self.run.events(BackwardRun)
            for total in totals
            if not isinstance(total, (Constant, Scalar))
        )

    def finding(self, message: str) -> Draft:
        """A finding where the loss is added."""
        return draft(self.event, message)


def _gives_gradients(event: BackwardRun) -> bool:
    """Whether what goes backward hands gradients on to the program, which takes them from layer to layer
    itself: `gradients = loss_function.backward(1.0)`. An engine returns nothing."""
    node = event.place.node
    if event.engine is None or not event.context.functions:
        return False
    code = event.context.functions[-1].node
    return any(each.value is node for each in all_in(code, cst.Assign))


def _is_item(value: Unknown) -> bool:
    """Whether a value is what a loop takes of a loader, or a part of it."""
    current: Unknown | None = value
    while current is not None:
        if current.name == "batch" or COLLATED in current.fields or SAMPLE_OF in current.fields:
            return True
        current = current.parent
    return False


def _may_carry_graph(event: ForwardRun | Escaped) -> bool:
    """Whether what comes out of a pass may hold a graph: it is given a model, or what is learned."""
    return isinstance(event, ForwardRun) or any(
        isinstance(each, (Instance, Layer, Parameters)) or gradient_of(each) is True
        for each in event.values
    )


def _is_reduced(value: Value) -> bool:
    """Whether a value is one number for many."""
    return isinstance(value, Tensor) and value.shape.dims == () and value.graph is True


def _new_parts(value: Value) -> list[tuple[Cut, Value]]:
    """The numbers that a value is computed from by arithmetic, where all of them were taken out of
    their graphs to make new tensors; none when a gradient may flow through any."""
    waiting, found = [value], list[tuple[Cut, Value]]()
    for _ in range(_MOST_TERMS):
        if not waiting:
            return found
        for option in alternatives(waiting.pop()):
            cut, terms = cut_of(option), terms_of(option)
            if cut is not None and cut.how in _MADE_ANEW:
                found.append((cut, option))
            elif terms and cut is None:
                waiting += terms
            elif gradient_of(option) is not False:
                return []
    return []


def _is_of_losses(value: Value, losses: list[Value]) -> bool:
    """Whether losses, or the logarithms of what a policy chose by, are what a value was made of."""
    return any(
        any(each is loss for loss in losses)
        or (isinstance(each, Unknown) and each.name == "log_prob()")
        for each in made_from(value)
    )


def _may_learn(value: Value | None) -> bool:
    """Whether a gradient may flow from a value: not from an item of a loop or what was passed in."""
    if isinstance(value, Unknown):
        return value.place is None or isinstance(value.place.node, cst.Call)
    return gradient_of(value) is not False


def _share_a_loss(value: Value, loss: Value) -> bool:
    """Whether one of two values is computed from the other, or both from something that a gradient
    flows through."""
    held = list(computed_from(value, beyond_cuts=False))
    if any(each in held for each in alternatives(loss)):
        return True
    if gradient_of(value) is True:
        held += [each for each in made_from(value) if gradient_of(each) is True]
    reached, parts = set(computed_from(loss, beyond_cuts=False)), set(_parts_of_sum(loss))
    return any(
        each in reached
        and (gradient_of(each) is True or (each in alternatives(value) and each in parts))
        for each in held
    )


def _parts_of_sum(loss: Value) -> Iterator[Value]:
    """What a loss is the sum or the mean of, and what these are sums of in turn; what others are weighed
    by, as by a reward, is no loss, and neither is what they are compared with."""
    waiting = list(alternatives(loss))
    for _ in range(_MOST_TERMS):
        if not waiting:
            return
        current = waiting.pop()
        yield current
        terms = terms_of(current)
        if terms and _adds_up(current, len(terms)):
            waiting.extend(option for term in terms for option in alternatives(term))
        elif terms and isinstance(
            _node_of(current), cst.Call
        ):  # what a loss function is given first
            yield from alternatives(terms[0])


def _node_of(value: Value) -> cst.CSTNode | None:
    return None if value.place is None else value.place.node


def _adds_up(value: Value, terms: int) -> bool:
    """Whether a value is the sum or the mean of so many terms, or a multiple of one."""
    if isinstance(value, Tensor) and isinstance(value.meaning, Squared):
        return False
    node = _node_of(value)
    if isinstance(node, cst.Call):
        called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        return isinstance(called, cst.Name) and called.value in _SUMS
    operator = getattr(node, "operator", None)
    if operator is None or isinstance(operator, _ADDING):
        return True
    return isinstance(operator, _WEIGHING) and terms == 1


def _begins_with_first_round(run: AbstractRun, event: LossAccumulated) -> bool:
    """Whether what grows by being joined with more in every round but the first is what a model made in
    that one: `outputs = output if outputs is None else torch.cat((outputs, output))`."""
    rounds = event.context.rounds
    if not rounds or not rounds[-1].index or not isinstance(event.place.node, cst.Call):
        return False
    if isinstance(event.total, (Sequence, Dictionary)):
        return False
    grows = rf"(?<![\w.]){re.escape(event.text)} = [^\n]*\w+\([\[(]{re.escape(event.text)}, "
    if re.search(grows, code_of(rounds[-1].loop.node)) is None:
        return False
    return any(
        each.output is not None
        and each.context.rounds[:-1] == rounds[:-1]
        and each.context.rounds[-1].loop.node is rounds[-1].loop.node
        and each.context.rounds[-1].index < rounds[-1].index
        and is_computed_from(event.total, each.output)
        for each in run.events(ForwardRun)
        if len(each.context.rounds) == len(rounds)
    )


def _continues(event: LossAccumulated, earlier: LossAccumulated) -> bool:
    """Whether an addition goes on with the sum of the same addition, one round before."""
    if earlier.place.node is not event.place.node or in_same_rounds(earlier, event):
        return False
    if isinstance(event.place.node, cst.AugAssign):
        # What a layer adds to what it has computed is the input of the next layer, and no total.
        results = alternatives(earlier.result)
        return any(total is result for total in alternatives(event.total) for result in results)
    return is_computed_from(event.total, earlier.result)
