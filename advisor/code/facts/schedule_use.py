"""How a program uses its learning-rate schedules: where it steps them, and what it tells them."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Self

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    Context,
    Escaped,
    Event,
    Guard,
    Loop,
    LossComputed,
    MethodNamed,
    ModelTrained,
    OptimizerBuilt,
    OptimizerStepped,
    PredictionsCompared,
    RateAssigned,
    RoundCounted,
    ScheduleBuilt,
    ScheduleLeftOut,
    ScheduleStepped,
)
from advisor.code.facts.callers import told_apart
from advisor.code.facts.evaluations import Evaluation
from advisor.code.facts.handed_over import is_by_test_data
from advisor.code.facts.loop_lengths import length_of
from advisor.code.facts.old_torch import is_for_old_torch
from advisor.code.facts.passes import sources_of
from advisor.code.facts.relations import reaches
from advisor.code.facts.run import AbstractRun, Fact, code_of, common_loops, draft, shared_loops
from advisor.code.facts.units_by_trial import counts_batches, counts_epochs
from advisor.code.nodes import all_in, as_written
from advisor.code.part_names import words
from advisor.code.sources import NodePlace, Source
from advisor.code.symbols import ONE, Number, add, product
from advisor.code.values import (
    UNKNOWN_MEMBER,
    Amount,
    Class,
    Function,
    Method,
    Optimizer,
    Rated,
    Scalar,
    Schedule,
    Value,
    alternatives,
    is_constant,
    known_text,
    number_of,
    rating_of,
)
from advisor.code.values import Sequence as Listed
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_DEEPEST_REACH = 3
# One over the epochs of a training, and one over the batches of each.
LOOPS_OF_A_TRAINING = 2
# The schedules of transformers that are told how many steps the training takes.
TOLD_THEIR_STEPS = frozenset(
    {
        "get_linear_schedule_with_warmup",
        "get_cosine_schedule_with_warmup",
        "get_cosine_with_hard_restarts_schedule_with_warmup",
        "get_polynomial_decay_schedule_with_warmup",
        "get_scheduler",
    }
)
# Those that are told when they shall have reached their end.
FALLS_TO_AN_END = TOLD_THEIR_STEPS | {"CosineAnnealingLR", "OneCycleLR", "PolynomialLR"}
# What steps a schedule, as far as its name tells; not in a comment.
_STEPS = re.compile(r"^[^#\n]*sched\w*(\[\w+\])?\.step\(", re.MULTILINE)
# A step of what an object keeps.
_OWN = re.compile(r"self\.(\w+)\.step")
_WORD = re.compile(r"\w+")
_ANY_STEP = re.compile(r"^[^#\n]*\.step\(", re.MULTILINE)
# What functions are called that set the rates of an optimizer.
_SETS_RATES = frozenset(
    ["lr", "lrs", "rate", "rates", "sched", "schedule", "scheduler", "anneal", "decay", "adjust"]
    + ["warm", "warmup"]
)
PLATEAU = "ReduceLROnPlateau"
# What is computed once in so many rounds can still be waited for; more rarely it comes too late.
RARELY = 3
_WRAPPER = "accelerate.scheduler.AcceleratedScheduler"


@dataclass(frozen=True, slots=True)
class ScheduleUse(Fact):
    """A schedule of torch or transformers with every step of it, and every step of its optimizer,
    in one run. `built` is None where it was built before the run began."""

    run: AbstractRun
    schedule: Schedule
    built: ScheduleBuilt | None
    steps: tuple[ScheduleStepped, ...]
    updates: tuple[OptimizerStepped, ...]

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every schedule that is built or stepped in the run."""
        built = {event.schedule: event for event in run.events(ScheduleBuilt)}
        steps: dict[Value, list[ScheduleStepped]] = {schedule: [] for schedule in built}
        for event in run.events(ScheduleStepped):
            steps.setdefault(event.schedule, []).append(event)
        return [
            cls(run, schedule, built.get(schedule), tuple(events), updates_of(run, schedule))
            for schedule, events in steps.items()
            if isinstance(schedule, Schedule)
        ]

    @property
    def name(self) -> str:
        """The class of the schedule, or the function that makes it."""
        return name_of(self.schedule)

    @property
    def watches_metric(self) -> bool:
        """Whether it is a `ReduceLROnPlateau`."""
        return self.name == PLATEAU

    @property
    def is_of_torch(self) -> bool:
        """Whether it is one of `torch.optim.lr_scheduler`, and which is known."""
        path = self.schedule.path
        return path.startswith("torch.optim.lr_scheduler.") and not path.endswith(UNKNOWN_MEMBER)

    @property
    def mode(self) -> str | None:
        """`min` or `max` for a `ReduceLROnPlateau`, where that is certain."""
        given = self.schedule.argument(1, "mode")
        if self.schedule.arguments.unknown or getattr(given, "configurable", None):
            return None
        return "min" if given is None else known_text(given)

    @property
    def may_be_stepped_elsewhere(self) -> bool:
        """Whether something that cannot be looked into, or another schedule, has hold of it, or it
        is stepped on a way that was not taken."""
        never = not any(True for _ in self.run.events(ScheduleStepped))
        whole = ((each.text, each.tree) for each in sources_of(self.run))
        if never and self._is_said_somewhere(_STEPS, whole):
            return True
        around = ((as_written(each), each) for each in self._code_of_updates())
        if self._is_said_somewhere(self._own_steps(), around):
            return True
        return any(
            _holds(value, self.schedule)
            for event in self.run.trace
            for value in _handed_over(event)
        )

    def _is_said_somewhere(
        self, steps: re.Pattern[str] | None, code: Iterable[tuple[str, cst.CSTNode]]
    ) -> bool:
        """Whether some code, as it is written, steps a schedule, be it on a way that was not taken: not
        where the script was followed, and only a method does that nothing names."""
        if steps is None:
            return False
        sources = list(sources_of(self.run))
        for text, node in code:
            said = len(steps.findall(text))
            methods = _named_nowhere(node, sources) if said and self.run.is_script else ()
            if said > sum(len(steps.findall(as_written(each))) for each in methods):
                return True
        return False

    @property
    def is_written_by_hand(self) -> bool:
        """Whether the program writes rates into the optimizer itself, has a function do it that cannot be looked
        into, or goes on with another optimizer, so that they do change."""
        optimizers = alternatives(self.schedule.optimizer)
        return (
            any(
                event.optimizer is None or event.optimizer in optimizers
                for event in self.run.events(RateAssigned)
            )
            or any(
                any(each in event.values for each in optimizers)
                and words(as_written(event.place.node).split("(")[0]) & _SETS_RATES
                for event in self.run.events(Escaped)
            )
            or any(
                _goes_on(event, optimizers)
                for event in self.run.events(OptimizerBuilt)
                if self.built is not None
                and len(event.context.rounds) > len(self.built.context.rounds)
            )
        )

    @property
    def has_replacement(self) -> bool:
        """Whether another schedule is stepped over the same optimizer, or under the same name: then
        it was built anew."""
        others = [
            each.schedule
            for each in self.run.events(ScheduleStepped)
            if each.schedule is not self.schedule
        ]
        return any(
            _shares_optimizer(each, self.schedule)
            or (isinstance(each, Schedule) and bool(each.names & self.schedule.names))
            for each in others
        )

    @property
    def is_of_uncalled_object(self) -> bool:
        """Whether it belongs to an object that nothing in the file makes, and may be stepped by
        whoever does: not where the object's own methods step it, go through all epochs, or step
        another one."""
        if self.run.is_script or self.built is None:
            return False
        if not all(self._was_built_before(each.context.functions) for each in self.updates):
            return False
        if not self.schedule.names:
            return True
        if self._is_stepped_in(source.text for source in sources_of(self.run)):
            return True
        return not self.is_beside_another and any(
            len(each.context.loops) < LOOPS_OF_A_TRAINING for each in self.updates
        )

    @property
    def is_beside_another(self) -> bool:
        """Whether the methods of an object step another one of its schedules."""
        return any(
            isinstance(event.schedule, Schedule)
            and event.schedule is not self.schedule
            and self._was_built_before(event.context.functions)
            for event in self.run.events(ScheduleStepped)
        )

    def _is_stepped_in(self, texts: Iterable[str]) -> bool:
        """Whether code says that it is stepped, be it under an option that is off."""
        steps = self._own_steps()
        return steps is not None and any(steps.search(text) for text in texts)

    def _own_steps(self) -> re.Pattern[str] | None:
        """What steps a schedule of its name looks like."""
        names = "|".join(map(re.escape, sorted(self.schedule.names)))
        if not names:
            return None
        return re.compile(rf"^[^#\n]*\b(?:{names})\b(?:\[\w+\])?\.step\b", re.MULTILINE)

    def _code_of_updates(self) -> Iterator[cst.CSTNode]:
        """The functions and classes that step the optimizer, and the loops around it that are in none."""
        for update in self.updates:
            for function in update.context.functions:
                yield function.node if function.owner is None else function.owner.node
            if update.context.loops:
                yield update.context.loops[0].node

    def _was_built_before(self, functions: tuple[Function, ...]) -> bool:
        """Whether it was built by another call than the one that functions were entered in."""
        if self.built is None:
            return True
        constructed = self.built.context.functions
        return (
            bool(constructed)
            and constructed[0].name == "__init__"
            and constructed[:1] != functions[:1]
        )

    def may_be_another(self, step: ScheduleStepped) -> bool:
        """Whether the same line steps another schedule too, depending on the way taken, or whatever a
        method of the same class is given in its place."""
        return _is_set_by_callers(step) or any(
            event.place.node is step.place.node and event.schedule is not self.schedule
            for event in self.run.events(ScheduleStepped)
        )

    def counts_rounds(self, step: ScheduleStepped, told: Value) -> bool:
        """Whether what a schedule is told is the variable of a loop that counts its rounds."""
        number = told.number if isinstance(told, Scalar) else None
        return number is not None and any(
            loop.symbol is not None and number.symbols() == {loop.symbol}
            for loop in step.context.loops
        )

    def in_repeated_order(self) -> tuple[ScheduleStepped, OptimizerStepped] | None:
        """The first step of the schedule and of its optimizer, when both are in one round of a loop that
        the schedule was not built in, or in one method of what has built it, and the schedule's step
        stands under no condition there."""
        if not self.steps or not self.updates:
            return None
        step, update = self.steps[0], self.updates[0]
        if not _are_of_one_round(step.context, update.context):
            return None
        inside = inner_loops(step, self.schedule)
        shared = shared_loops(inside, inner_loops(update, self.schedule))
        together = {(guard.node, guard.taken) for guard in update.context.guards}
        if not shared and self._are_of_one_method(step, update):
            return step, update
        if not shared or _depends_on_round(step.context, inside, together):
            return None
        return step, update

    def _are_of_one_method(self, step: ScheduleStepped, update: OptimizerStepped) -> bool:
        """Whether both are steps of one method that others call for each batch."""
        functions = step.context.functions
        return (
            self._was_built_before(functions)
            and len(functions) == 1
            and functions[0].owner is not None
            and functions == update.context.functions
            and not step.context.loops
            and not update.context.loops
            and not step.context.guards
            and not update.context.guards
        )

    def optimizer_may_be_stepped_before(self, event: Event) -> bool:
        """Whether unknown code is handed the optimizer before an event."""
        optimizers = alternatives(self.schedule.optimizer)
        return any(
            _holds(value, optimizer)
            for earlier in self.run.trace[: event.index]
            if isinstance(earlier, Escaped)
            for value in earlier.values
            for optimizer in optimizers
        )

    @property
    def is_of_old_torch(self) -> bool:
        """Whether the program runs on no torch from 1.1 on, before which a schedule was stepped ahead of each epoch."""
        return any(is_for_old_torch(source.text) for source in sources_of(self.run))

    @property
    def is_left_out(self) -> bool:
        """Whether it is made where a trainer asks for schedules, and not handed over."""
        events = self.run.events(ScheduleLeftOut)
        steps = any(_ANY_STEP.search(source.text) for source in sources_of(self.run))
        return not steps and any(event.schedule is self.schedule for event in events)

    def rating_told(self, step: ScheduleStepped) -> Rated | None:
        """What the number says that a schedule is told, if that is known."""
        return rating_of(step.arguments.get(0, "metrics"))

    def is_of_training(self, amount: Amount) -> bool:
        """Whether something is computed from batches that are learned from: with gradients, in the very
        loop that goes back."""
        made = amount.made
        return made.gradients is not False and any(
            made.loops[-1:] == event.context.loops[-1:]
            for event in self.run.events(BackwardRun)
            if made.loops
        )

    def has_held_out_score(self, step: ScheduleStepped) -> bool:
        """Whether a model is judged by data that it does not learn from in the loop that a step is
        in, whenever the step is taken: not by the test data, which is not to steer the training."""
        loops = {loop.node for loop in inner_loops(step, self.schedule)}
        judged: list[Event] = [each.passes[0].event for each in self.run.facts(Evaluation)]
        judged += [
            event
            for event in self.run.events_among(LossComputed, PredictionsCompared)
            if event.context.gradients is False
            and not self.is_of_training(Amount("mean", event.context))
        ]
        return any(
            any(loop.node in loops for loop in event.context.loops)
            and _goes_with(event.context, step.context)
            and not is_by_test_data(event.context, loops)
            for event in judged
        )

    def finding(self, step: Event, message: str) -> Draft:
        """A finding at an event, with the schedule's construction beside it."""
        return draft(step, message, (self.schedule.place, f"`{self.name}` is built here"))

    def finding_on_the_way(self, step: Event, other: Event, message: str) -> Draft:
        """A finding where the ways to two events part: what a function does that one of them is in is
        told where it is called, if the other is not in it."""
        calls, others = step.context.calls, other.context.calls
        both = zip(calls, others, strict=False)
        shared = sum(1 for _ in takewhile(lambda each: each[0].node is each[1].node, both))
        place = calls[shared] if shared < len(calls) else step.place
        if place is step.place or not self.run.may_tell_of(place.source):
            return self.finding(step, message)
        built = self.schedule.place
        related = () if built is None else ((built, f"`{self.name}` is built here"),)
        return Draft(place, message, ((step.place, "it is stepped here"), *related))

    def told_at(self, built: ScheduleBuilt) -> NodePlace:
        """Where the schedule is built, or where a function is asked for it that builds others as well,
        which are stepped."""
        stepped = {each.schedule for each in self.run.facts(ScheduleUse) if each.steps}

        def is_alike(other: Event) -> bool:
            return not isinstance(other, ScheduleBuilt) or other.schedule not in stepped

        return told_apart(self.run, built, is_alike)

    def finding_where_built(self, step: Event, message: str) -> Draft:
        """A finding at the schedule's construction, with the event beside it that shows the mistake."""
        built = self.schedule.place
        if built is None or not self.run.may_tell_of(built.source):
            return draft(step, message)
        used = "the rate follows it" if isinstance(step, ModelTrained) else "it is stepped"
        return Draft(built, message, ((step.place, f"{used} here"),))


def _goes_with(context: Context, other: Context) -> bool:
    """Whether something has happened in each round of their loops in which something else happens, or in
    every few of them: it waits for nothing else there that the other does not wait for."""
    shared = len(common_loops(context, other))
    known = {(guard.node, guard.taken) for guard in other.guards}
    return all(
        (guard.node, guard.taken) in known or _comes_often(guard)
        for guard in context.guards
        if guard.rounds <= shared
    )


def _comes_often(guard: Guard) -> bool:
    """Whether a condition holds in every few rounds of a loop, whatever else there is."""
    every = None if guard.every is None else guard.every.number.integer
    return guard.taken and every is not None and every <= RARELY


def name_of(schedule: Schedule) -> str:
    """The class of a schedule, or the function that makes it."""
    return within(schedule).path.removesuffix(UNKNOWN_MEMBER).rsplit(".", 1)[-1]


def within(schedule: Schedule) -> Schedule:
    """The schedule that a framework has wrapped, to step it for each of several processes; else the
    schedule itself."""
    wrapped = schedule.arguments.positional[:1] if schedule.path == _WRAPPER else []
    return wrapped[0] if wrapped and isinstance(wrapped[0], Schedule) else schedule


def updates_of(run: AbstractRun, schedule: Schedule) -> tuple[OptimizerStepped, ...]:
    """The steps of a schedule's optimizer, in order."""
    optimizers = alternatives(schedule.optimizer)
    return tuple(
        event
        for event in run.events(OptimizerStepped)
        if any(option in optimizers for option in alternatives(event.optimizer))
    )


def inner_loops(step: Event, schedule: Schedule) -> tuple[Loop, ...]:
    """The loops around a step that the schedule was not built in, outermost first."""
    # A comprehension that lists schedules is no loop around their steps.
    return step.context.loops[len(shared_loops(step.context.loops, schedule.loops)) :]


def is_guarded(context: Context, loops: Iterable[Loop]) -> bool:
    """Whether something stands under a condition inside the loops, and not always happens as long as
    they last."""
    outside = len(context.rounds) - len(tuple(loops))
    return any(guard.rounds > outside and not guard.ends for guard in context.guards)


def rounds_between(run: AbstractRun, step: ScheduleStepped, loops: Sequence[Loop]) -> Number | None:
    """How many rounds of the innermost loop lie between two steps that are taken once in so many of
    them, under no other condition: 1 where each round takes one. None when that is not known."""
    outside = len(step.context.rounds) - len(loops)
    guards = [each for each in step.context.guards if each.rounds > outside and not each.ends]
    if not guards:
        return ONE
    if len(guards) > 1 or guards[0].every is None or guards[0].rounds < len(step.context.rounds):
        return None
    return guards[0].every.number if counts_rounds_of(run, loops[-1], guards[0].node) else None


def counts_rounds_of(run: AbstractRun, loop: Loop, condition: cst.CSTNode) -> bool:
    """Whether a condition asks for what counts the rounds of a loop."""
    asked = set(_WORD.findall(code_of(condition)))
    if isinstance(loop.node, cst.For) and asked & set(_WORD.findall(code_of(loop.node.target))):
        return True
    return any(
        asked.issuperset(_WORD.findall(each.text)) and each.context.loops[-1].node is loop.node
        for each in run.events(RoundCounted)
    )


def _are_of_one_round(one: Context, other: Context) -> bool:
    """Whether two things happen in the same round of the loops that both are in."""
    return all(
        first.index == second.index
        for first, second in zip(one.rounds, other.rounds, strict=False)
        if first.loop.node is second.loop.node
    )


def _depends_on_round(
    context: Context, loops: tuple[Loop, ...], together: Collection[tuple[cst.CSTNode, bool]]
) -> bool:
    """Whether something stands under a condition inside the loops that another round may decide
    otherwise: a switch by a name is the same in all of them, unless a function is told it in each, and
    what stands `together` with the step of the optimizer is decided once for both."""
    outside = len(context.rounds) - len(loops)
    targets = [code_of(each.node.target) for each in loops if isinstance(each.node, cst.For)]
    counters = {name for target in targets for name in re.findall(r"\w+", target)}
    return any(
        guard.rounds > outside
        and not guard.ends
        and (guard.node, guard.taken) not in together
        and (
            not _is_switch(guard.node)
            or counters & set(_WORD.findall(code_of(guard.node)))
            or _is_told_in_round(context, loops, set(_WORD.findall(code_of(guard.node))))
        )
        for guard in context.guards
    )


def _is_told_in_round(context: Context, loops: tuple[Loop, ...], names: set[str]) -> bool:
    """Whether a function that is called anew in each round of a loop has parameters of such names."""
    bodies = [
        (loop.place.source, NodePlace(loop.place.source, loop.node.body).locate())
        for loop in loops
        if isinstance(loop.node, (cst.For, cst.While))
    ]
    inside = False
    for function, call in zip(context.functions, context.calls, strict=False):
        where = call.locate()
        inside = inside or any(
            source is call.source
            and body.cell == where.cell
            and body.row <= where.row <= body.end_row
            for source, body in bodies
        )
        params = function.node.params
        told = (*params.posonly_params, *params.params, *params.kwonly_params)
        if inside and names & {each.name.value for each in told}:
            return True
    return False


def _is_switch(node: cst.CSTNode) -> bool:
    match node:
        case cst.Name() | cst.Attribute():
            return True
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _is_switch(inner)
        case cst.Comparison(
            left=left,
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.Is() | cst.IsNot(), comparator=cst.Name(value="None")
                )
            ],
        ):
            return _is_switch(left)
    return False


def metric_text(step: ScheduleStepped) -> str | None:
    """What a schedule is told at a step, as written; None when it is told nothing."""
    node = step.place.node
    if not isinstance(node, cst.Call) or not node.args:
        return None
    return code_of(node.args[0].value)


def _handed_over(event: Event) -> Iterator[Value]:
    match event:
        case Escaped():
            yield from event.values
        case MethodNamed(name="step"):
            # Forgotten brackets are a mistake of their own.
            yield event.receiver
        case ScheduleBuilt(schedule=Schedule() as schedule):
            given = schedule.arguments.values()
            yield from (each for each in given if not isinstance(each, Function))


def _named_nowhere(code: cst.CSTNode, sources: Sequence[Source]) -> Iterator[cst.FunctionDef]:
    """The methods in some code that the program does not name, of classes that nothing else knows how to
    call."""
    for definition in all_in(code, cst.ClassDef):
        if definition.bases or definition.keywords or definition.decorators:
            continue
        for method in definition.body.body:
            if not isinstance(method, cst.FunctionDef) or method.name.value.startswith("__"):
                continue
            name = re.compile(rf"\b{re.escape(method.name.value)}\b")
            if sum(len(name.findall(each.text)) for each in sources) == 1:
                yield method


def _holds(value: Value, target: Value) -> bool:
    if isinstance(value, Method):
        return _holds(value.receiver, target)
    return reaches(value, target, _DEEPEST_REACH)


def _goes_on(built: OptimizerBuilt, optimizers: Sequence[Value]) -> bool:
    """Whether an optimizer takes the place of one of others in a loop, for the same model."""
    made = built.optimizer
    return (
        isinstance(made, Optimizer)
        and bool(made.owners)
        and any(
            isinstance(each, Optimizer) and each.place != made.place and each.owners == made.owners
            for each in optimizers
        )
    )


def _shares_optimizer(one: Value, other: Schedule) -> bool:
    if not isinstance(one, Schedule):
        return True
    return any(each in alternatives(other.optimizer) for each in alternatives(one.optimizer))


# --- epochs and batches -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WrongUnit:
    """A schedule that counts epochs and is stepped at each batch, or the other way round.

    `counts` and `stepped` are `epoch` or `batch`.
    """

    step: ScheduleStepped
    counts: str
    stepped: str
    horizon: Number


def wrong_unit(
    run: AbstractRun,
    schedule: Schedule,
    steps: tuple[ScheduleStepped, ...],
    updates: tuple[OptimizerStepped, ...],
) -> WrongUnit | None:
    """Whether the length that a schedule was given is the number of epochs, and it is stepped at
    each batch, or is the number of batches in all epochs, and it is stepped once in each epoch."""
    if len({step.place.node for step in steps}) != 1:
        return None
    horizon, step = horizon_of(schedule), steps[0]
    loops = inner_loops(step, schedule)
    if not loops or step.arguments.positional:
        return None
    beside = any(_inside(update, step) == () for update in updates)
    if rounds_between(run, step, loops) is None:
        return None
    if horizon is None:
        return None if is_guarded(step.context, loops) else _tried(schedule, step, loops, updates)
    if len(loops) > 1 and beside and horizon == _product(loops[:-1]) and _is_long(loops[-1]):
        return WrongUnit(step, "epoch", "batch", horizon)
    if is_guarded(step.context, loops):
        return None
    if any(_inside(update, step) is None for update in updates):
        return None
    for update in updates:
        deeper = _inside(update, step)
        batches = _product(deeper or ())
        if deeper and batches is not None and _counts_batches(horizon, loops, batches):
            return WrongUnit(step, "batch", "epoch", horizon)
    return None


def _tried(
    schedule: Schedule,
    step: ScheduleStepped,
    loops: tuple[Loop, ...],
    updates: tuple[OptimizerStepped, ...],
) -> WrongUnit | None:
    """The same of a schedule that is not told its end, but made of numbers that go by the length of the
    training."""
    inside = [_inside(update, step) for update in updates]
    deeper = next(iter(inside), None)
    if deeper is None or any(each is None for each in inside):
        return None
    if deeper:
        steps = _product((*loops, *deeper))
        if steps is not None and counts_batches(schedule, loops, deeper):
            return WrongUnit(step, "batch", "epoch", steps)
    elif len(loops) > 1 and _is_long(loops[-1]):
        steps = _product(loops[:-1])
        if steps is not None and counts_epochs(schedule, loops[:-1], loops[-1:]):
            return WrongUnit(step, "epoch", "batch", steps)
    return None


def horizon_of(schedule: Schedule) -> Number | None:
    """The number of steps after which a schedule shall have reached its end."""
    schedule = within(schedule)
    arguments = schedule.arguments
    if arguments.unknown:
        return None
    match name_of(schedule):
        case "CosineAnnealingLR":
            return number_of(arguments.get(1, "T_max"))
        case "PolynomialLR":
            return number_of(arguments.get(1, "total_iters"))
        case "OneCycleLR":
            return _steps_of_one_cycle(schedule)
        case "CosineAnnealingWarmRestarts":
            return _steps_of_one_period(schedule)
        case "SequentialLR":
            return _steps_of_parts(schedule)
        case name if name in TOLD_THEIR_STEPS:
            return number_of(arguments.get(2, "num_training_steps"))
    return None


def _steps_of_one_period(schedule: Schedule) -> Number | None:
    """The steps of a cosine that is to start anew behind them, with periods that stay as long."""
    growth = schedule.argument(2, "T_mult")
    plain = growth is None or is_constant(growth, 1) or number_of(growth) == ONE
    return number_of(schedule.argument(1, "T_0")) if plain else None


def _steps_of_parts(schedule: Schedule) -> Number | None:
    """The steps of one schedule after another: up to where the last one starts, and those of it."""
    parts, given = schedule.argument(1, "schedulers"), schedule.argument(2, "milestones")
    if not isinstance(parts, Listed) or not isinstance(given, Listed):
        return None
    last = parts.items[-1] if parts.items else None
    start = number_of(given.items[-1]) if given.items else None
    if not isinstance(last, Schedule) or start is None or name_of(last) == "SequentialLR":
        return None
    steps = horizon_of(last)
    return None if steps is None else add(start, steps)


def _steps_of_one_cycle(schedule: Schedule) -> Number | None:
    total = schedule.argument(2, "total_steps")
    if total is not None:
        return number_of(total)
    epochs = number_of(schedule.argument(3, "epochs"))
    each = number_of(schedule.argument(4, "steps_per_epoch"))
    return None if epochs is None or each is None else product([epochs, each])


def _product(loops: tuple[Loop, ...]) -> Number | None:
    lengths = [length_of(loop) for loop in loops]
    known = [length for length in lengths if length is not None]
    return product(known) if known and len(known) == len(lengths) else None


def _is_long(loop: Loop) -> bool:
    """Whether a loop goes over batches, as far as its length tells."""
    trips = loop.trips.integer if loop.trips is not None else None
    return not isinstance(loop.over, Listed) and (trips is None or trips > 2)


def _inside(update: OptimizerStepped, step: ScheduleStepped) -> tuple[Loop, ...] | None:
    """The loops in which an optimizer is stepped inside the round that ends in a step of its
    schedule; None when it is not stepped in that round."""
    around = [loop.node for loop in step.context.loops]
    loops = update.context.loops
    if [loop.node for loop in loops[: len(around)]] != around:
        return None
    return loops[len(around) :]


def _counts_batches(horizon: Number, loops: tuple[Loop, ...], batches: Number) -> bool:
    """Whether a horizon is, or is computed from, the number of batches in an epoch."""
    if batches.is_one:
        return False
    if batches.constant is None:
        return bool(batches.symbols() & horizon.symbols())
    epochs = _product(loops)
    return epochs is not None and horizon == product([epochs, batches])


def _is_set_by_callers(step: ScheduleStepped) -> bool:
    """Whether a method keeps what it is given in the attribute that is stepped."""
    own = step.context.functions[-1].owner if step.context.functions else None
    call = step.place.node
    attribute = _OWN.fullmatch(code_of(call.func)) if isinstance(call, cst.Call) else None
    if own is None or attribute is None:
        return False
    kept = re.compile(rf"^\s*self\.{attribute[1]}\s*=\s*(\w+)\s*$", re.MULTILINE)
    for kind in own.lineage():
        for each in kind.fields.values() if isinstance(kind, Class) else ():
            if isinstance(each, Function) and each.name != "__init__":
                given = {parameter.name.value for parameter in each.node.params.params}
                if given.intersection(kept.findall(as_written(each.node))):
                    return True
    return False
