"""Evaluations: models that run over data to judge them by, with nothing learned from it."""

import re
from collections.abc import Iterable
from typing import Self

import libcst as cst

from advisor.code.events import (
    AttributeAssigned,
    BackwardRun,
    Escaped,
    Event,
    ForwardRun,
    GradientModeMade,
    GradientsLeftOut,
    GradientsTaken,
    LayerBuilt,
    Loop,
    LossComputed,
    MethodNamed,
    ModeSwitched,
    ModuleBuilt,
    ObjectLoaded,
    OptimizerBuilt,
    PersonAsked,
    StateUsed,
)
from advisor.code.facts.doubts import may_go_backward, method_called, switches_mode
from advisor.code.facts.going_back import goes_back
from advisor.code.facts.modules import has_weights, holds, is_pretrained, mode_dependent_layers
from advisor.code.facts.old_torch import leaves_gradients_out
from advisor.code.facts.passes import (
    Pass,
    is_about_held_out_data,
    is_entered,
    is_statement,
    is_switched_off_by_statement,
    passes,
    place_of_head,
    seen_from,
    stands_in,
)
from advisor.code.facts.relations import owners_of, reaches
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.gradients import computed_from, may_be_made_from
from advisor.code.nodes import as_written
from advisor.code.part_names import words
from advisor.code.sources import NodePlace, Stretch
from advisor.code.values import (
    Object,
    Optimizer,
    Parameters,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_constant,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# Dropout that stays on so that several passes differ.
_ON_PURPOSE = {"mc", "monte", "carlo", "uncertainty", "bayesian", "stochastic", "ensemble", "bald"}
# What runs a model without torch, which records nothing then.
_OTHER_RUNTIMES = {"ort", "onnx", "onnxruntime", "tensorrt", "trt", "openvino", "tflite"}
# What distributions have drawn.
_DRAWN = frozenset(["sample()", "rsample()"])
# How a dictionary is gone through.
_BY_NAME = frozenset(["items", "values"])
# What may bring a model out of training mode.
_SWITCHES = re.compile(r"\.eval\b|\.train\b(?!\(\))")
# A comment that says why there is no switch: `# do not set .eval(): the dropout is the noise`.
_SAYS_NOT_TO = re.compile(
    r"#[^\n]*(?:\b(?:not|never|without|instead of|no need)\b|n't\b)[^\n]*\beval\b", re.IGNORECASE
)


@dataclass(frozen=True, eq=False, slots=True)
class Evaluation(Fact):
    """A model runs over data to judge it by, or in a function that judges; nothing goes back.

    `passes` are the forward passes at one place, for each model that it may be; `opening` is the first
    pass in the same loop. `parting` is the call that leads to them alone, where a function that runs the
    model is there for trainings too.
    """

    run: AbstractRun
    passes: tuple[Pass, ...]
    loop: Loop | None
    opening: Pass
    parting: NodePlace | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The evaluations of a run."""
        found: dict[tuple[cst.CSTNode, ...], list[Pass]] = {}
        loops: dict[tuple[cst.CSTNode, ...], Loop | None] = {}
        training: dict[tuple[cst.CSTNode, ...], list[Pass]] = {}
        barred: set[tuple[cst.CSTNode, ...]] = set()
        for each in passes(run):
            if each.is_thrown_away() or each.is_only_sized():
                continue
            loop = each.judging_loop() or each.scoring_loop()
            # A helper that both trainings and evaluations call is judged for each of the ways to it.
            node = (each.event.place.node, *(call.node for call in each.event.context.calls))
            recorded = each.event.context.gradients is not False
            judges = each.loop is not None and each.judging_function() is not None
            judges = judges or each.is_one_prediction()
            by_itself = each.takes_held_out_rows() and not _is_given_to_learn(run, each)
            by_itself = by_itself or each.is_inference()
            by_itself = by_itself or each.is_called_held_out() or each.is_handed_held_out_rows()
            by_itself = by_itself or (not judges and each.goes_over_other_data())
            named = loop is not None or judges or by_itself
            off = not named and each.is_switched_off_for_good()
            alone = (loop is None and (by_itself or not judges)) or off
            idle = named or off
            learning = each.goes_back() or (not alone and each.trains_nearby(loop))
            learning = learning or each.module in run.once(_taking_gradients)
            if not idle or learning or _is_learned_from(run, each):
                if recorded:
                    training.setdefault(node, []).append(each)
                else:
                    barred.add(node)
                continue
            found.setdefault(node, []).append(each)
            loops.setdefault(node, loop or each.loop)
        for node in training & found.keys():
            # What is trained and judged in the same loop is judged where nothing is recorded, or the
            # model is switched to evaluation. What goes back in the round behind does so in each round.
            carried = [
                each.loop for each in training[node] if _goes_back_in_a_later_round(run, each)
            ]
            found[node] = [
                each
                for each in found[node]
                if _is_set_to_judge(each) and not any(each.loop is loop for loop in carried)
            ]
        judged = [node for node, judging in found.items() if judging and node not in barred]
        ways = training.keys() | barred
        first: dict[cst.CSTNode, Pass] = {}
        for node in judged:
            loop = loops[node]
            if loop is not None:
                first.setdefault(loop.node, found[node][0])
        for node in judged:
            loop = loops[node]
            opening = found[node][0] if loop is None else first[loop.node]
            others = [way for way in ways if way[0] is node[0]]
            if others and loop is not None and _is_asked_in_training(found[node][0], loop):
                continue
            parting = _parting(found[node][0], loop, others)
            yield cls(run, tuple(found[node]), loop, opening, parting)

    @property
    def text(self) -> str:
        """The model as it is written in the code."""
        return self.passes[0].text

    @property
    def place(self) -> NodePlace:
        """The model's call, or the call that leads to it."""
        return self.passes[0].place if self.parting is None else self.parting

    @property
    def repeats(self) -> bool:
        """Whether the model runs over data in a loop: not in a function that answers each time that
        somebody has typed something in, nor in one that a simulation asks as often as it needs to. The
        graph of a single answer is gone when that returns."""
        loop, functions = self.loop, self.passes[0].event.context.functions
        if loop is None or (
            isinstance(loop.node, cst.While)
            and not is_about_held_out_data(loop)
            and not self.passes[0].is_written_in(loop)
        ):
            return False
        return not any(
            each.node is loop.node
            for asked in self.run.events(PersonAsked)
            if asked.context.functions != functions
            for each in asked.context.loops
        )

    @property
    def is_here(self) -> bool:
        """Whether the model's call lies where findings may."""
        return self.run.may_tell_of(self.passes[0].event.place.source)

    def finding(self, message: str, *related: tuple[NodePlace, str]) -> Draft:
        """A finding from the head of the loop that evaluates to the model's call, or at the call."""
        if self.loop is None or not self._is_all_that_happens_in(self.loop):
            return Draft(self.place, message, related)
        runs = (self.place, f"`{self.text}` runs here")
        head = place_of_head(self.loop)
        stretch = Stretch(head.source, head.node, _inside(head, self.opening).node)
        return Draft(stretch, message, (runs, *related))

    def _is_all_that_happens_in(self, loop: Loop) -> bool:
        """Whether a loop is there to evaluate, and can be shown: it trains nothing."""
        model = self.passes[0]
        judging = model.judging_loop()
        # A function that switches gradients off by itself is there to evaluate, wherever it is called.
        by_itself = judging is None and model.event.context.gradients is False
        return (
            loop.place.source is self.place.source
            and (self.parting is None or stands_in(self.parting, loop))
            and not model.shares_with_training(loop)
            and (not by_itself or model.is_written_in(loop))
        )

    # --- gradients ------------------------------------------------------------------------

    def records_gradients(self) -> bool:
        """Whether operations are recorded in each of the passes, for sure and not on purpose."""
        sources = {self.run.source, self.passes[0].event.place.source}
        if any(leaves_gradients_out(each.text) for each in sources):
            return False
        if any(True for _ in self.run.events(GradientsLeftOut)):
            return False  # a helper in another file wraps the samples
        if words(self.text) & _OTHER_RUNTIMES:
            return False
        return all(each.event.context.gradients is True for each in self.passes) and not (
            is_switched_off_by_statement(self.run, self.passes[0].event)
            or self._are_switched_on_on_purpose()
            or self._is_handed_over()
            or self._is_frozen()
            or all(_is_frozen_for(self.run, each) for each in self.passes)
            or _is_of_policy(self.run, self.passes[0])
            or self._learns_within_its_call()
        )

    def _learns_within_its_call(self) -> bool:
        """Whether something goes back in the very call that alone could be run without gradients, or may
        do so in a library: a learner is handed its loss there to adapt itself to a few samples."""
        first, parting = self.passes[0].event, self.parting
        if parting is None:
            return False
        around = [each.node for each in first.context.calls]
        within = around[: around.index(parting.node) + 1]
        return any(
            [each.node for each in event.context.calls[: len(within)]] == within
            for event in self.run.once(_learning)
        )

    def idle_gradient_mode(self) -> NodePlace | None:
        """A `torch.no_grad()` in the same block of code that nothing enters."""
        first = self.passes[0].event
        for event in self.run.events(GradientModeMade):
            near = event.context.functions == first.context.functions
            idle = not is_entered(event.manager) and _is_alone(event.place)
            if not is_statement(event.manager) and idle and near:
                return event.place if event.index < first.index else None
        return None

    def _are_switched_on_on_purpose(self) -> bool:
        """Whether the program says anywhere that gradients are to be recorded."""
        made = self.run.events(GradientModeMade)
        return any(event.manager.path.endswith("enable_grad") for event in made)

    def _is_handed_over(self) -> bool:
        """Whether code that nobody can look into was handed a gradient mode, to enter it: a stack."""
        made = {event.manager for event in self.run.events(GradientModeMade)}
        return any(
            value in made
            for event in self.run.events(Escaped)
            if event.index < self.passes[0].event.index
            for value in event.values
        )

    def _is_frozen(self) -> bool:
        """Whether parameters are told that they need no gradients, and nothing is trained."""
        for event in self.run.events(AttributeAssigned):
            of_parameters = isinstance(event.owner, (Object, Parameters))
            if event.name == "requires_grad" and of_parameters and is_constant(event.value, False):
                return not any(True for _ in self.run.events(BackwardRun))
        return False

    # --- modes ----------------------------------------------------------------------------

    def mode_dependent_layers(self) -> tuple[str, ...]:
        """What behaves differently in training mode, in each of the models that may run: the same in
        all of them, or one thing here and another one there. Of several models that a setting chooses
        from, a simple one may have nothing of the kind."""
        kinds: dict[Value | None, set[str]] = {}
        for each in self.passes:
            found = set(mode_dependent_layers(self.run, each.event))
            kinds[each.module] = kinds.get(each.module, found) & found
        common = set.intersection(*kinds.values())
        depending = [each for each in kinds.values() if each]
        if common or 2 * len(depending) <= len(kinds):
            return tuple(sorted(common))
        return (" or ".join(sorted(set.union(*depending))),)

    def is_in_training_mode(self) -> bool:
        """Whether the model is in training mode in each of the passes, for sure, and may not have to be."""
        return all(
            _is_in_training_mode(self.run, each.event) and not _answers_with_losses(self.run, each)
            for each in self.passes
        )

    def is_meant_to_be_switched(self) -> bool:
        """Whether `eval` is named before each of the passes, though not called: what is missing there
        are the brackets."""
        return all(_names_switch(self.run, each.event) for each in self.passes)

    def wants_dropout(self) -> bool:
        """Whether the names around say that dropout is meant to stay on."""
        if self._is_asked_the_same_again():
            return True
        event = self.passes[0].event
        around = [as_written(each.node) for each in event.context.functions]
        if any(map(_SAYS_NOT_TO.search, around or [event.place.source.text])):
            return True
        said = words(self.text)
        for function in event.context.functions:
            said |= words(function.name)
            if "dropout" in words(function.name):
                return True
        for loop in event.context.loops:
            said |= words(code_of(getattr(loop.node, "iter", cst.Name("loop"))))
        return bool(said & _ON_PURPOSE)

    def _is_asked_the_same_again(self) -> bool:
        """Whether a loop asks the model so many times for the same: only dropout makes the answers
        differ."""
        first, loop = self.passes[0], self.passes[0].loop
        if loop is None or not isinstance(loop.over, Object) or loop.over.path != "builtins.range":
            return False
        asked = {each.arguments.get(0, "input") for each in self.passes}
        question = asked.pop()
        if asked or question is None or first.is_measured():
            return False
        if not first.is_written_in(loop) or first.trains_nearby(loop):
            return False
        return question.place is not None and not stands_in(question.place, loop)

    def switch_to_training(self) -> NodePlace | None:
        """The `train()` that the mode comes from, if there is one."""
        event = self.passes[0].event
        modes = event.modes
        return seen_from(self.run, modes[0]) if modes else None


def _learning(run: AbstractRun) -> list[Event]:
    """The events where something goes back, or may where a loss is handed to a library."""
    losses = {each.place.node for each in run.events(LossComputed)}
    return [
        each
        for each in run.trace
        if goes_back(each)
        or (
            isinstance(each, Escaped)
            and any(value.place is not None and value.place.node in losses for value in each.values)
            and (may_go_backward(run, each) or method_called(each) == "step")
        )
    ]


def _is_set_to_judge(forward: Pass) -> bool:
    """Whether nothing is recorded in a pass, or the model is in evaluation mode on every way."""
    switches = forward.modes
    is_off = bool(switches) and all(each.training is False for each in switches)
    return is_off or forward.event.context.gradients is False


def _parting(
    judged: Pass, loop: Loop | None, ways: list[tuple[cst.CSTNode, ...]]
) -> NodePlace | None:
    """The last call on the way to a pass that no training makes, when trainings run the model in the
    same place: not where they go through the same loop, or findings may not lie there."""
    if not ways or (loop is not None and judged.shares_with_training(loop)):
        return None
    others = {node for way in ways for node in way[1:]}
    own = [each for each in judged.event.context.calls if each.node not in others]
    return own[-1] if own and judged.run.may_tell_of(own[-1].source) else None


def _is_learned_from(run: AbstractRun, forward: Pass) -> bool:
    """Whether a loss goes back that was computed from what the model says: a function that is called
    `evaluate` may work out what a policy is to learn from."""
    output = forward.event.output if isinstance(forward.event, ForwardRun) else forward.event.result
    if output is None or id(output) in run.once(_learned_from):
        return output is not None
    return any(
        may_be_made_from(event.loss, output)
        for event in run.events(BackwardRun)
        if event.index > forward.end and event.context.rounds == forward.event.context.rounds != ()
        if event.loss is not None
    )


def _is_given_to_learn(run: AbstractRun, forward: Pass) -> bool:
    """Whether a model learns from the very samples that it is given here: none that were held out."""
    learned = run.once(_samples_to_learn)
    given = list(alternatives(forward.arguments.get(0, "input")))
    return bool(given) and all(id(each) in learned for each in given)


def _samples_to_learn(run: AbstractRun) -> frozenset[int]:
    """What the passes are given whose losses go back, by identity."""
    return frozenset(
        id(option)
        for each in passes(run)
        if _is_learned_from(run, each)
        for value in each.arguments.values()
        for option in alternatives(value)
    )


def _goes_back_in_a_later_round(run: AbstractRun, forward: Pass) -> bool:
    """Whether a loss of what the model says in one round of a loop goes back in another round of it, as
    where the last line of a loop asks the model anew for what its first line goes back through."""
    rounds = forward.event.context.rounds
    output = forward.event.output if isinstance(forward.event, ForwardRun) else forward.event.result
    if output is None or not rounds:
        return False
    return any(
        later.loop is rounds[-1].loop and later.index > rounds[-1].index
        for event in run.events(BackwardRun)
        for later in event.context.rounds[len(rounds) - 1 : len(rounds)]
        if any(each is output for each in computed_from(event.loss, beyond_cuts=False))
    )


def _taking_gradients(run: AbstractRun) -> frozenset[Value]:
    """The modules that take gradients in their own forward pass: to learn a task from a few samples, or
    to tell forces from an energy."""
    return frozenset(
        module for event in run.events(GradientsTaken) for module in event.context.running
    )


def _is_frozen_for(run: AbstractRun, forward: Pass) -> bool:
    """Whether the whole model was told last that its parameters need no gradients, and nothing of it is
    learned since: a validation may switch them off by that, and the average of a model that learns has
    no use for them. Behind a training another head may have come."""
    last = None
    for event in run.events_within(0, forward.event.index, AttributeAssigned):
        if event.name == "requires_grad" and forward.module in owners_of(event.owner):
            last = event
    if last is None or not is_constant(last.value, False):
        return False
    if not run.events_within(last.index, forward.event.index, BackwardRun):
        return True
    return not any(reaches(forward.module, each) for each in run.once(_learning_modules))


def _learning_modules(run: AbstractRun) -> tuple[Value, ...]:
    """The models whose own losses go back."""
    return tuple({each.module for each in passes(run) if _is_learned_from(run, each)})


def _is_of_policy(run: AbstractRun, forward: Pass) -> bool:
    """Whether the function around asks what it draws there for its log-probability: a policy learns from
    that, wherever the reward is known."""
    context = forward.event.context
    return any(
        isinstance(event.callee, Unknown)
        and event.callee.name == "log_prob"
        and event.context.rounds == context.rounds
        and event.context.functions == context.functions
        and any(isinstance(each, Unknown) and each.name in _DRAWN for each in event.values)
        for event in run.events(Escaped)
    )


def _learned_from(run: AbstractRun) -> frozenset[int]:
    """What losses that go back were computed from, by identity."""
    losses = [event.loss for event in run.events(BackwardRun)]
    found = {id(each): each for loss in losses for each in computed_from(loss, beyond_cuts=False)}
    shown = (each.whole for each in found.values() if isinstance(each, Tensor))
    return frozenset((*found, *(id(each) for each in shown if each is not None)))


def _is_asked_in_training(judged: Pass, loop: Loop) -> bool:
    """Whether it is in the course of a training that a function runs the model which the training
    calls to learn, too: the values of a batch before the first step on it, which policies are
    compared with. A loop that is gone through once more, for an evaluation, is another course."""
    return judged.learns_within(loop) and not judged.is_written_in(loop)


def _inside(head: NodePlace, forward: Pass) -> NodePlace:
    """The call in a loop that runs the model, or leads to it: the nearest behind the loop's head."""
    row = head.locate().row
    places = (forward.event.place, *forward.event.context.calls)
    behind = [each for each in places if each.source is head.source and each.locate().row >= row]
    return min(behind, key=lambda each: each.locate().row, default=head)


def _is_alone(place: NodePlace) -> bool:
    """Whether a gradient mode is made by a call of its own: not to be kept and entered later."""
    return isinstance(place.node, cst.Call) and not place.node.args


def _is_in_training_mode(run: AbstractRun, event: ForwardRun | Escaped) -> bool:
    since: ModeSwitched | ModuleBuilt | LayerBuilt | None
    if event.modes:
        if not all(mode.training and _is_of_trainings(run, mode) for mode in event.modes):
            return False
        if any(_is_asked_for(run, each, event) or _is_put_back(run, each) for each in event.modes):
            return False
        since = min(event.modes, key=lambda mode: mode.index)
    else:
        since = _built_at(run, event) if isinstance(event, ForwardRun) else None
    if since is None:
        return False
    module = event.module if isinstance(event, ForwardRun) else event.callee
    between = _between(run, since, event)
    if not event.modes and _is_only_tried(run, since, event, module, between):
        return False
    return not any(_may_switch(run, each, module) for each in between)


def _answers_with_losses(run: AbstractRun, forward: Pass) -> bool:
    """Whether a model that nobody knows is given targets, too, and what it answers is gone through by
    name: detectors tell their losses in training mode only."""
    if not isinstance(forward.event, Escaped) or len(forward.arguments.positional) < 2:
        return False
    answer = forward.event.result
    return any(
        isinstance(each.callee, Unknown)
        and each.callee.name in _BY_NAME
        and any(value is answer for value in each.values)
        for each in run.events(Escaped)
    )


def _is_of_trainings(run: AbstractRun, mode: ModeSwitched) -> bool:
    """Whether training mode is switched on to train: where gradients are off each time that it is, it
    is wanted for its own sake."""
    return mode.context.gradients is True or any(
        each.place.node is mode.place.node and each.context.gradients is True
        for each in run.events(ModeSwitched)
    )


def _names_switch(run: AbstractRun, event: ForwardRun | Escaped) -> bool:
    module = event.module if isinstance(event, ForwardRun) else event.callee
    since = max((mode.index for mode in event.modes), default=-1)
    return any(
        since < each.index < event.index and each.name == "eval" and holds(each.receiver, module)
        for each in run.events(MethodNamed)
    )


def _is_asked_for(run: AbstractRun, mode: ModeSwitched, event: Event) -> bool:
    """Whether training mode is what a caller of the evaluation has asked for: the function that
    evaluates switches to the one mode or to the other, as each of its callers says."""
    calls = mode.context.calls
    if not calls or event.context.calls[: len(calls)] != calls:
        return False
    here = mode.context.functions[-1].node
    other = [
        each.context.calls
        for each in run.events(ModeSwitched)
        if each.training is False and any(here is way.node for way in each.context.functions[-1:])
    ]
    return bool(other) and calls not in other


def _is_put_back(run: AbstractRun, mode: ModeSwitched) -> bool:
    """Whether a part of a model is switched to training where the whole of it was switched to evaluation
    just before: `model.eval()`, and then `model.decoder.train()`."""
    before = (
        each
        for each in run.events(ModeSwitched)
        if each.index < mode.index and each.context == mode.context
    )
    whole = max(before, key=lambda each: each.index, default=None)
    if whole is None or whole.training is not False or whole.module is mode.module:
        return False
    return reaches(whole.module, mode.module)


def _is_only_tried(
    run: AbstractRun, since: Event, event: Event, module: Value, between: Iterable[Event]
) -> bool:
    """Whether a function builds a model just to see what comes out of it: nothing is learned by then,
    nor loaded."""
    inside = event.context.functions
    if not inside and not _is_asked_once(run, event, module):
        return False
    if since.context.functions[: len(inside)] != inside:
        return False
    if isinstance(since, LayerBuilt) and has_weights(since.layer):
        return False
    return not any(
        isinstance(each, (BackwardRun, ObjectLoaded, OptimizerBuilt, StateUsed))
        or (isinstance(each, Escaped) and any(holds(value, module) for value in each.values))
        for each in between
    )


def _is_asked_once(run: AbstractRun, event: Event, module: Value) -> bool:
    """Whether a script asks a new model a single time, outside of all loops, and has it learn nothing
    before or after."""
    return (
        run.is_script
        and not event.context.loops
        and not is_pretrained(module)
        and sum(each.module is module for each in run.events(ForwardRun)) == 1
        and not any(
            holds(owner, module) or holds(module, owner)
            for each in run.events(OptimizerBuilt)
            if isinstance(each.optimizer, Optimizer)
            for owner in each.optimizer.owners
        )
    )


def _between(run: AbstractRun, since: Event, event: Event) -> tuple[Event, ...]:
    """What has happened in between: since something that the file itself may have done before."""
    if since.index < len(run.trace) and run.trace[since.index] is since:
        return run.trace[since.index + 1 : event.index]
    return (*run.before[since.index + 1 :], *run.trace[: event.index])


def _built_at(run: AbstractRun, forward: ForwardRun) -> ModuleBuilt | LayerBuilt | None:
    """When a module came into being: in training mode, as all do that torch and torchvision make. None
    when it came from elsewhere, or another function of the file may have switched it since."""
    built = run.once(_built).get(forward.module)
    ours = ("torch.nn.", "torchvision.")
    if built is None or (isinstance(built, LayerBuilt) and not built.layer.path.startswith(ours)):
        return None
    if run.is_script or not _switches_modes(run):
        return built
    inside = built.context.functions[:1]
    return built if inside and inside == forward.context.functions[:1] else None


def _built(run: AbstractRun) -> dict[Value, ModuleBuilt | LayerBuilt]:
    """When each module came into being, in the run or in the file itself before it."""
    found: dict[Value, ModuleBuilt | LayerBuilt] = {}
    for event in (*run.before, *run.trace):
        if isinstance(event, ModuleBuilt):
            found[event.module] = event
        elif isinstance(event, LayerBuilt):
            found[event.layer] = event
    return found


def _switches_modes(run: AbstractRun) -> bool:
    """Whether a file switches modes anywhere: another of its functions may come first."""
    return _SWITCHES.search(run.source.text) is not None


def _may_switch(run: AbstractRun, event: object, module: Value) -> bool:
    if isinstance(event, Escaped):
        return not switches_mode(run, event) and any(holds(value, module) for value in event.values)
    if isinstance(event, ModeSwitched) and event.training is not True:
        # An unknown that is switched may be one of the model's own modules.
        return isinstance(event.module, Unknown)
    return False
