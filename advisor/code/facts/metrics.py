"""How scores and losses over many batches are put together."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Self

import libcst as cst

from advisor.code.events import (
    AmountAveraged,
    AmountCompared,
    AmountDivided,
    AmountKept,
    AmountLogged,
    AmountSmoothed,
    BackwardRun,
    Context,
    CurvePlotted,
    Escaped,
    Event,
    ForwardRun,
    GradientsTaken,
    Loop,
    LossComputed,
    MetricChanged,
    ModelTrained,
    OptimizerStepped,
    PredictionsCompared,
    RoundCounted,
    ScheduleStepped,
    StepLogged,
    TotalJoined,
    TotalRaised,
)
from advisor.code.facts.callers import told_apart
from advisor.code.facts.judged_batches import judges_batches
from advisor.code.facts.last_batches import counts_places
from advisor.code.facts.loaders import gives_by_number
from advisor.code.facts.loop_lengths import data_of, is_left_with, length_of, only_counts
from advisor.code.facts.passes import is_about_held_out_data
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.code.nodes import as_written
from advisor.code.part_names import HELD_OUT, words
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number
from advisor.code.values import (
    Amount,
    Instance,
    Object,
    Tensor,
    Unknown,
    Value,
    known_text,
    length_kept,
    meaning_of,
    number_of,
)
from advisor.code.values import Sequence as SequenceValue
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_EPOCHS = frozenset(["epoch", "ep", "e"])
_ANY_ROUND = 7.0
# What those who go through batches call them, or what they take them from.
_SAYS_BATCHES = re.compile(r"batch|loader|iterator|(?<![a-z])dl(?![a-z])", re.IGNORECASE)
_OF_BATCHES = re.compile(r"\b(batch|step|iter)", re.IGNORECASE)
# Whatever a loop may put the numbers of its rounds together with.
_PUTS_TOGETHER = re.compile(
    r"\+=|\.(append|extend|update|add|put|write|accumulate)\(|^\s*[^\n=(]*=[^=\n]*\+|\byield\b|\breturn\b"
    r"|\]\s*=[^=]|cat\(|stack\(|hist|meter|metric",
    re.IGNORECASE | re.MULTILINE,
)
_NAME = re.compile(r"\b[^\W\d]\w*")
_BINDS = re.compile(r"^[ \t]*(\w+)[ \t]*[-+*/]?=(?!=)", re.MULTILINE)
# What a line says that a number is of.
_PARTS = re.compile(r"train|valid|val|test|eval|dev|held", re.IGNORECASE)
# A name of a number beside that of the tensor that it is read off.
_READS_OFF = re.compile(
    r"^[ \t]*(\w+)[ \t]*=[ \t]*(?:float\()?(\w+)(?:\.\w+\([^()\n]*\))*\)?[ \t]*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Metric(Fact):
    """A count or a loss that is put to use behind the loop over the batches it comes from.

    Its amount is `matches` (a count of samples), `mean` (of a batch each) or a sum over samples. `divided_by` is `batches`,
    `samples`, `places` (of which the last batch leaves some empty), `others` (the samples of another set) or None; `adds_up` whether the batches were added up at all, `starts_anew` whether the
    sum began in this round of the loops around, or what it is divided by has gone on with it, `of_evaluation` whether nothing is back-propagated
    in the loop.
    """

    event: Event
    amount: Amount
    divided_by: str | None
    adds_up: bool
    starts_anew: bool
    of_evaluation: bool

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every use of a metric behind exactly one loop over batches."""
        found: dict[object, Self] = {}
        for event, amount in _uses(run):
            fact = cls._of(run, event, amount)
            if fact is None:
                continue
            # A number that was left over is told once, however often it is used, and so is a count that
            # is never begun anew.
            left_over = not fact.adds_up or (fact.divided_by is None and fact.goes_on_over_epochs)
            where = amount.place if left_over and amount.place is not None else event.place
            known = found.get(where.node)
            if known is None or (known.starts_anew and not fact.starts_anew):
                found[where.node] = fact
        return found.values()

    @classmethod
    def _of(cls, run: AbstractRun, event: Event, amount: Amount) -> Self | None:
        where = amount.summed or amount.made
        left = _left(where, event.context)
        if len(left) != 1 or (amount.summed is None and not _is_repeated(amount, left[0])):
            return None
        if not _left(amount.made, event.context):
            return None  # the loop goes through several numbers of one batch
        if isinstance(event, (AmountKept, AmountLogged)) and not _is_left_of_batches(
            amount, left[0]
        ):
            return None
        by = None
        if isinstance(event, AmountDivided):
            if event.refined or _has_batches_of_one(left[0]):
                return None
            by = _divided_by(run, event, amount, left[0])
        anew = (
            _is_kept_by_key(event)
            or all(
                one.index == other.index
                for one, other in zip(where.rounds, event.context.rounds, strict=False)
                if one.loop is other.loop
            )
            or (isinstance(event, AmountDivided) and _is_counted_on(run, event, left[0]))
        )
        return cls(
            event, amount, by, amount.summed is not None, anew, _judges(run, amount, left[0])
        )

    @property
    def is_told_of_last_batch(self) -> bool:
        """Whether an evaluation logs, prints or lists what the last batch came to."""
        told = isinstance(self.event, (AmountLogged, AmountKept))
        return told and self.of_evaluation and not self.adds_up

    @property
    def is_share(self) -> bool:
        """Whether it is divided by something: it was meant to be a sum."""
        return isinstance(self.event, (AmountDivided, TotalJoined))

    @property
    def goes_on_over_epochs(self) -> bool:
        """Whether an evaluation adds to a sum that was begun in an earlier epoch."""
        epochs = self._loops_gone_round
        heads = [code_of(loop.node.target) for loop in epochs if isinstance(loop.node, cst.For)]
        return bool(heads) and bool(words(heads[0]) & _EPOCHS)

    @property
    def _loops_gone_round(self) -> list[Loop]:
        """The loops in an earlier round of which the sum was begun."""
        where = self.amount.summed or self.amount.made
        return [
            one.loop
            for one, other in zip(where.rounds, self.event.context.rounds, strict=False)
            if one.loop is other.loop and one.index != other.index
        ]

    def finding_in_epoch(self, message: str) -> Draft:
        """A finding in the loop over the epochs that asks for the number, with the place beside it where
        an object computes it."""
        loop = next(iter(self._loops_gone_round), None)
        if loop is None or not isinstance(loop.node, (cst.For, cst.While)):
            return self.finding(message)
        body = NodePlace(loop.place.source, loop.node.body).locate()
        for place in self.event.context.calls:
            if place.source is loop.place.source and body.row <= place.locate().row <= body.end_row:
                return Draft(place, message, ((self.event.place, "it is put together here"),))
        return self.finding(message)

    def finding_in_loop(self, message: str) -> Draft:
        """A finding where a loop binds the number of each batch anew, with its use beside it."""
        loop = _left(self.amount.made, self.event.context)[-1]
        if not isinstance(loop.node, (cst.For, cst.While)):
            return self.finding(message)
        body = NodePlace(loop.place.source, loop.node.body).locate()
        places = (*self.amount.made.calls, self.amount.place)
        for place in places:
            if place is not None and place.source is loop.place.source:
                row = place.locate().row
                if body.row <= row <= body.end_row:
                    return Draft(place, message, ((self.event.place, "what is left is used here"),))
        return self.finding(message)

    def finding(self, message: str) -> Draft:
        """A finding at the use, with the place beside it where the number of a batch comes from."""
        return draft(self.event, message, (self.amount.place, "the number of one batch"))


def counts_of_single_samples(run: AbstractRun) -> Iterator[NodePlace]:
    """Where other files divide what comes of a loader that gives them one sample at a time: there are as
    many batches as samples."""
    for event in run.events(AmountDivided):
        if event.place.source is run.source:
            continue
        where = event.amount.summed or event.amount.made
        if any(map(_has_batches_of_one, _left(where, event.context))):
            yield event.place


def evaluates(run: AbstractRun, loop: Loop) -> bool:
    """Whether a program that trains does not train in a loop."""
    learns = any(True for _ in run.events(BackwardRun)) or _learns_otherwise(run)
    return learns and not _trains(run, loop)


def _learns_otherwise(run: AbstractRun) -> bool:
    """Whether a model learns from gradients of a tape, or a library trains it."""
    by_tape = any(event.by_tape for event in run.events(GradientsTaken))
    return by_tape or any(True for _ in run.events(ModelTrained))


def _judges(run: AbstractRun, amount: Amount, loop: Loop) -> bool:
    """Whether the number of a round of a loop is one of an evaluation: an evaluation in a round of a
    training is a whole one."""
    learns = run.events_among(GradientsTaken, OptimizerStepped)
    if any(each.node is loop.node for event in learns for each in event.context.loops):
        return False
    without = amount.made.gradients is False and not _trains(run, loop)
    return without or (evaluates(run, loop) and not _is_part_of_step(run, amount.made, loop))


def _is_part_of_step(run: AbstractRun, made: Context, loop: Loop) -> bool:
    """Whether a loss is one of several that a step puts together in a loop, to go back behind it."""
    outside = next((i for i, each in enumerate(made.rounds) if each.loop.node is loop.node), 0)
    around = made.rounds[:outside]
    if made.gradients is False or not around:
        return False
    first = min(
        (event.index for event in run.events(LossComputed) if event.context.rounds == made.rounds),
        default=None,
    )
    return first is not None and any(
        event.index > first and event.context.rounds == around for event in run.events(BackwardRun)
    )


def _trains(run: AbstractRun, loop: Loop) -> bool:
    """Whether something is back-propagated in a loop, or learned otherwise."""
    return any(
        each.node is loop.node
        for event in run.events_among(BackwardRun, GradientsTaken, ModelTrained)
        for each in event.context.loops
        if not isinstance(event, GradientsTaken) or event.by_tape
    )


def _is_kept_by_key(event: Event) -> bool:
    """Whether what is divided is an item: there may be one for each epoch."""
    node = event.place.node
    if isinstance(node, cst.AugAssign):
        return isinstance(node.target, cst.Subscript)
    return isinstance(getattr(node, "left", None), cst.Subscript)


@dataclass(frozen=True, slots=True)
class LoggedBatch(Fact):
    """The loss or score of a single batch of an evaluation, written to a log or printed by a loop that
    puts nothing together, or put into a running mean that the last batches count most in; `last` is what
    is left of the last batch, where that is told of, and `place` where it is told of, if elsewhere than it
    happens."""

    event: Event
    amount: Amount | None = None
    last: Metric | None = None
    place: NodePlace | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every line that logs single batches in a loop that evaluates."""
        steps = list(run.events(StepLogged))
        means = {id(event.value) for event in steps if event.is_mean}
        for step in steps:
            if not step.is_mean and id(step.value) not in means:
                yield cls(step)
        amounts: list[AmountLogged | AmountSmoothed]
        amounts = [*run.events(AmountLogged), *run.events(AmountSmoothed)]
        told = [each for each in amounts if _is_of_a_judged_batch(run, each)]
        others = set(amounts).difference(told)
        for event in told:
            place = told_apart(run, event, lambda each: each not in others)
            yield cls(event, event.amount, place=place)
        plotted = [value for event in run.events(CurvePlotted) for value in event.values]
        for kept in run.events(AmountKept) if plotted else ():
            if kept.kept in plotted and _is_of_its_batch(kept) and _judges_here(run, kept):
                yield cls(kept, kept.amount)
        for metric in run.facts(Metric):
            if not metric.is_told_of_last_batch or overwritten_loss(run, metric) is not None:
                continue
            if any(
                _comes_from_same_line(each, metric) for each in _put_together_behind(run, metric)
            ):
                continue
            loop = _left(metric.amount.made, metric.event.context)[-1]
            written = as_written(loop.node), as_written(metric.event.place.node)
            if only_counts(loop) or _is_told_beside_sum(*written):
                continue
            if judges_batches(run, loop):
                yield cls(metric.event, metric.amount, metric)

    def finding(self, message: str) -> Draft:
        """A finding where the number is logged, with the place beside it where it comes from; what a
        loop binds anew is told of there."""
        if self.last is not None:
            return self.last.finding_in_loop(message)
        made = self.amount.place if self.amount is not None else None
        found = draft(self.event, message, (made, "the number of one batch"))
        return found if self.place is None else replace(found, place=self.place)


def _is_of_a_judged_batch(run: AbstractRun, event: AmountLogged | AmountSmoothed) -> bool:
    """Whether it is the number of a batch in a loop that evaluates, and if it is logged, all there is."""
    if not _is_of_its_batch(event):
        return False
    loop = event.context.loops[-1]
    if not _judges(run, event.amount, loop) or not judges_batches(run, loop):
        return False
    if isinstance(event, AmountSmoothed):
        return True
    if is_left_with(run, event) or (event.printed and not _is_all_there_is(event)):
        return False
    return not _is_put_together_too(run, event)


def _is_of_its_batch(event: AmountLogged | AmountKept | AmountSmoothed) -> bool:
    """Whether a number is put to use in the very round of the loop that it comes from."""
    loops, made = event.context.loops, event.amount.made
    return bool(loops) and bool(made.loops) and made.loops[-1].node is loops[-1].node


def _judges_here(run: AbstractRun, kept: AmountKept) -> bool:
    """Whether the loss of each of several batches is put into a list, by an evaluation that takes place
    again and again beside a training."""
    loops = kept.context.loops
    if len(loops) == 1 or not _is_left_of_batches(kept.amount, loops[-1]):
        return False
    if _is_named_in_sum(as_written(loops[-1].node), as_written(kept.place.node)):
        return False  # the mean of the whole set is taken as well
    return (
        _judges(run, kept.amount, loops[-1])
        and evaluates(run, loops[-1])
        and judges_batches(run, loops[-1])
    )


def overwritten_loss(run: AbstractRun, metric: Metric) -> str | None:
    """The name of a training's loss under which an evaluation that puts its batches together leaves the
    loss of the last one, where that name is told of behind both: not among what the evaluation tells, and
    not where the training has told its own."""
    if not metric.is_told_of_last_batch or metric.event.context.gradients is False:
        return None
    if not any(_put_together_behind(run, metric)):
        return None
    told = metric.event
    around = numbered_rounds(told.context)
    written = code_of(told.place.node)
    for event in run.events(BackwardRun):
        rounds = numbered_rounds(event.context)
        name = code_of(event.place.node).removesuffix(".backward()")
        earlier = event.index < told.index and len(rounds) > len(around)
        if not earlier or rounds[: len(around)] != around or not name.isidentifier():
            continue
        if event.context.calls != told.context.calls:
            continue  # another function has a name of its own for it
        if _is_told_as_of_training(name, written):
            told_before = any(
                each.index < told.index and numbered_rounds(each.context)[: len(rounds)] == rounds
                for each in run.events(AmountLogged)
            )
            return None if told_before else name
    return None


def _put_together_behind(run: AbstractRun, metric: Metric) -> Iterator[Amount]:
    """What the loop that leaves a number of its last batch puts together of its batches, for a mean."""
    loop = _left(metric.amount.made, metric.event.context)[-1]
    for each in run.events(AmountDivided):
        inside = any(around.node is loop.node for around in each.context.loops)
        summed = each.amount.summed
        if not inside and summed is not None and summed.loops[-1].node is loop.node:
            yield each.amount


def _comes_from_same_line(amount: Amount, metric: Metric) -> bool:
    one, other = amount.place, metric.amount.place
    return one is not None and other is not None and one.node is other.node


def _is_told_as_of_training(name: str, written: str) -> bool:
    """Whether a line says of a number that it is one of the training, before any other word of the kind."""
    found = re.search(rf"(?<![\w.]){name}\b(?!\s*=)", written)
    said = _PARTS.findall(written[: found.start()]) if found else []
    return bool(said) and said[-1].lower() == "train"


def _is_put_together_too(run: AbstractRun, logged: AmountLogged) -> bool:
    """Whether the very numbers that a loop writes to a log one by one are put together as well: in the loop, be it
    by an object that nobody can look into, or behind it, where the mean is taken of them."""
    loop, place = logged.context.loops[-1].node, logged.amount.place
    if _is_named_in_sum(as_written(loop), as_written(logged.place.node)):
        return True
    return place is not None and any(
        event.amount.place is not None
        and event.amount.place.node is place.node
        and all(each.node is not loop for each in event.context.loops)
        for event in run.events_among(AmountAveraged, AmountDivided)
        if isinstance(event, (AmountAveraged, AmountDivided))
    )


def _is_named_in_sum(loop: str, logged: str) -> bool:
    """Whether a line of a loop that puts something together names what another one logs, which the loop binds."""
    bound = set(_BINDS.findall(loop))
    names = bound.intersection(_NAME.findall(logged))
    for name, number in _READS_OFF.findall(loop):
        if {name, number} & names:
            names |= {name, number} & bound
    return any(
        _PUTS_TOGETHER.search(line) is not None
        and not names.isdisjoint(_NAME.findall(line))
        and names.isdisjoint(_BINDS.findall(line))
        for line in loop.splitlines()
        if line.strip() not in logged
    )


def _is_told_beside_sum(loop: str, told: str) -> bool:
    """Whether a line that tells what is left of a loop tells what the loop adds up as well."""
    sums = {name for line in loop.splitlines() if "+=" in line for name in _BINDS.findall(line)}
    return not sums.isdisjoint(_NAME.findall(told))


def _is_all_there_is(event: AmountLogged) -> bool:
    """Whether a line is printed for each batch of several, and nothing puts these together."""
    loop = event.context.loops[-1]
    if loop.trips is not None and loop.trips.is_one:
        return False
    over = loop.over
    counted = isinstance(over, Object) and over.path == "builtins.enumerate"
    says_batch = _OF_BATCHES.search(code_of(event.place.node)) is not None
    if not (counted or _goes_over_batches(loop) or says_batch):
        return False
    return _PUTS_TOGETHER.search(as_written(loop.node)) is None


def _divided_by(run: AbstractRun, event: AmountDivided, amount: Amount, loop: Loop) -> str | None:
    """What the number counts that an amount is divided by: `batches`, `samples`, or `others`."""
    of_samples = amount.kind in {"matches", "sized"}
    if _counts_rounds(run, event, loop) or (of_samples and _is_last_round(event.denominator, loop)):
        by: str | None = "batches"
    elif _counts_others(event, loop):
        by = "others"
    elif amount.kind == "mean" and _counts_samples(run, event, loop):
        by = "samples"
    else:
        by = _meaning_of_number(event.denominator, loop)
    # Where samples are gone through one by one, there are as many of them as rounds.
    return None if by == "batches" and of_samples and not _takes_batches(loop) else by


def _goes_over_batches(loop: Loop) -> bool:
    """Whether a loop goes over what a loader gives, which is not known to be one batch of all."""
    data = data_of(loop)
    if not isinstance(data, Object) or not data.path.endswith(".DataLoader"):
        return False
    size = data.argument(1, "batch_size")
    return size is not None and _meaning_of_number(size, loop) != "samples"


def _uses(run: AbstractRun) -> Iterable[tuple[Event, Amount]]:
    yield from _put_together(run)
    for event in run.events_among(
        AmountDivided, AmountCompared, AmountLogged, AmountKept, ScheduleStepped, TotalJoined
    ):
        match event:
            case TotalJoined(last=last):
                yield event, Amount("sum", last.made, last.place)
            case AmountDivided() | AmountCompared() | AmountKept() | AmountLogged():
                yield event, event.amount
            case ScheduleStepped():
                meaning = meaning_of(next(iter(event.arguments.values()), None))
                if isinstance(meaning, Amount):
                    yield event, meaning


def _put_together(run: AbstractRun) -> Iterable[tuple[Event, Amount]]:
    """What objects that put metrics together have come to, from where they were set back last."""
    changes = list(run.events(MetricChanged))
    if not changes:
        return
    escaped = {value for event in run.events(Escaped) for value in event.values}
    begun: dict[Value, MetricChanged] = {}
    for event in changes:
        if event.how == "reset" or event.metric in escaped:
            begun.pop(event.metric, None)
        elif event.how == "told":
            begun.setdefault(event.metric, event)
        elif event.metric in begun:
            first = begun[event.metric]
            yield event, Amount("matches", first.context, first.place, summed=first.context)


def _is_left_of_batches(amount: Amount, loop: Loop) -> bool:
    """Whether a number is that of the last of several batches, and not added to others."""
    if amount.kind != "mean" or amount.summed is not None or not isinstance(loop.node, cst.For):
        return False
    return goes_over_several_batches(loop)


def numbered_rounds(context: Context) -> list[tuple[cst.CSTNode, int]]:
    """The loops around, with the number of the round in each."""
    return [(each.loop.node, each.index) for each in context.rounds]


def goes_over_several_batches(loop: Loop) -> bool:
    """Whether a loop is not known to go over one batch of all that there is."""
    data = data_of(loop)
    size = data.argument(1, "batch_size") if isinstance(data, Object) else None
    if size is not None and _meaning_of_number(size, loop) == "samples":
        return False  # one batch of all
    return not (loop.trips is not None and loop.trips.is_one)


def _takes_batches(loop: Loop) -> bool:
    """Whether a loop goes over batches, as far as one can know, and not over samples one by one."""
    data = data_of(loop)
    if data is not None and gives_by_number(data):
        return False
    if isinstance(data, Object) and not data.path.startswith("builtins."):
        return True
    if not isinstance(loop.node, cst.For):
        return True
    head = f"{code_of(loop.node.target)} {code_of(loop.node.iter)}"
    return _SAYS_BATCHES.search(head) is not None


def _left(where: Context, now: Context) -> list[Loop]:
    """The loops that something was computed in and that have been left by now: none of those over names
    that the program writes down, which are no batches."""
    around = {loop.node for loop in now.loops}
    return [loop for loop in where.loops if loop.node not in around and not _goes_over_names(loop)]


def _goes_over_names(loop: Loop) -> bool:
    """`for part in ["train", "val", "test"]`, `for rows in (train_rows, test_rows)`."""
    over = data_of(loop)
    items = over.items if isinstance(over, SequenceValue) else None
    is_tuple = isinstance(over, SequenceValue) and over.kind == "tuple"
    return bool(items) and (is_tuple or all(known_text(each) is not None for each in items or ()))


def _is_repeated(amount: Amount, loop: Loop) -> bool:
    """Whether a number that was left over from a loop is that of a later round. What a comprehension has
    made of its last item stands beside what it has made of the others."""
    return not isinstance(loop.node, cst.CompFor) and any(
        each.loop.node is loop.node and each.index > 0 for each in amount.made.rounds
    )


def _meaning_of_number(value: Value, loop: Loop) -> str | None:
    """Whether a number is the number of batches that a loop goes over, or of samples in them."""
    number = number_of(value)
    if number is None:
        return None
    length = length_of(loop)
    data = data_of(loop)
    if number == length:
        return None if _counts_items(data, number) else "batches"
    inside = data.fields.get("dataset") if isinstance(data, (Object, Unknown, Instance)) else None
    if length is not None and counts_places(number, length, _length_in(inside), loop):
        return "places"
    if _fills_batches(number.integer, data, loop):
        return "samples"
    lengths = [_length_in(inside)]
    if isinstance(inside, Object) and inside.path.endswith(".TensorDataset"):
        lengths += map(_length_in, inside.arguments.positional)  # all of them are as long
    return "samples" if number in [each for each in lengths if each is not None] else None


def _counts_items(data: Value | None, length: Number) -> bool:
    """Whether a loop goes over the numbers of items, as `range(len(labels))` does: each of them is
    rather a sample than a batch."""
    if not isinstance(data, Object) or data.path != "builtins.range" or len(length.factors) != 1:
        return False
    symbol, power = length.factors[0]
    plain = symbol.value is None and symbol.definition is None
    return plain and power == 1 and length.coefficient == 1


def _length_in(data: Value | None) -> Number | None:
    """How many samples something is known to hold."""
    if isinstance(data, Tensor):
        return data.shape.dims[0] if data.shape.dims else None
    length = length_kept(data)
    return None if length is None else length.number


def _counts_others(event: AmountDivided, loop: Loop) -> bool:
    """Whether what comes of data to judge by is divided by the size of the data to learn from, or the
    other way round, as their names tell."""
    by = _divided_by_node(event)
    if not isinstance(by, cst.Call) or not isinstance(by.func, cst.Name) or by.func.value != "len":
        return False
    size, head = words(code_of(by)), getattr(loop.node, "iter", None)
    if head is None:
        return False
    if is_about_held_out_data(loop):
        return "train" in size and not size & HELD_OUT
    return "train" in words(code_of(head)) and bool(size & HELD_OUT) and "train" not in size


def _counts_rounds(run: AbstractRun, event: AmountDivided, loop: Loop) -> bool:
    """Whether something is divided by a number that one was added to in every round of a loop."""
    text = _divisor(event)
    added = [
        each
        for each in run.events(RoundCounted)
        if each.text == text and each.context.loops[-1].node is loop.node
    ]
    return bool(added) and not any(
        guard.rounds >= len(each.context.rounds) for each in added for guard in each.context.guards
    )


def _is_counted_on(run: AbstractRun, event: AmountDivided, loop: Loop) -> bool:
    """Whether something is divided by a number of rounds that does not begin anew with those of a loop: it
    counts all so far."""
    text = _divisor(event)
    return any(
        each.context.rounds[-1].index == 0
        and any(round_.index for round_ in each.context.rounds)
        and ((number := number_of(each.result)) is None or not number.is_one)
        for each in run.events(RoundCounted)
        if each.text == text and each.context.loops[-1].node is loop.node
    )


def _counts_samples(run: AbstractRun, event: AmountDivided, loop: Loop) -> bool:
    """Whether something is divided by a number that the size of each batch was added to: of what a
    model is given, or a loss compares."""
    text = _divisor(event)
    added = [
        number_of(each.added)
        for each in run.events(TotalRaised)
        if each.text == text and each.context.loops[-1].node is loop.node
    ]
    if not added or None in added:
        return False
    sizes: set[Number | None] = set()
    for each in run.events_among(LossComputed, PredictionsCompared, ForwardRun, Escaped):
        if each.context.loops and each.context.loops[-1].node is loop.node:
            for value in _of_samples(each):
                sizes.add(_length_in(value))
                if isinstance(value, (Tensor, Unknown)):
                    sizes.add(value.shape.axis(0))
    return sizes.issuperset(added)


def _of_samples(event: Event) -> Iterable[Value | None]:
    """What holds as many samples as a batch, where a model or a loss looks at one."""
    match event:
        case LossComputed():
            return (event.prediction, event.target)
        case PredictionsCompared():
            return event.values
        case ForwardRun():
            return event.arguments.values()
        case Escaped():
            return event.values
    return ()


def _divisor(event: AmountDivided) -> str | None:
    """The number that something is divided by as it is written, where it has a name."""
    by = _divided_by_node(event)
    named = isinstance(by, (cst.Name, cst.Attribute, cst.Subscript))
    return code_of(by) if named else None


def _divided_by_node(event: AmountDivided) -> cst.CSTNode | None:
    """What something is divided by, in the code."""
    node = event.place.node
    return node.value if isinstance(node, cst.AugAssign) else getattr(node, "right", None)


def _is_last_round(value: Value, loop: Loop) -> bool:
    """Whether a number is that of the last round of a loop, or one more."""
    number, symbol = number_of(value), loop.symbol
    if number is None or symbol is None or number.symbols() != {symbol}:
        return False
    return number.evaluate({symbol: _ANY_ROUND}) in {_ANY_ROUND, _ANY_ROUND + 1}


def _fills_batches(samples: int | None, data: Value | None, loop: Loop) -> bool:
    """Whether so many samples make just as many batches as a loop is known to go over."""
    if not isinstance(data, Object) or only_counts(loop):
        return False
    size = number_of(data.argument(1, "batch_size"))
    batches = loop.trips.integer if loop.trips is not None else None
    if samples is None or batches is None or size is None or not size.integer:
        return False
    return size.integer > 1 and -(-samples // size.integer) == batches


def _has_batches_of_one(loop: Loop) -> bool:
    """Whether a loader is known to yield one sample at a time."""
    data = data_of(loop)
    if not isinstance(data, Object) or not data.path.endswith("DataLoader"):
        return False
    size = data.argument(1, "batch_size")
    if size is None:
        return not any(name in data.arguments.keywords for name in ("batch_sampler",))
    number = number_of(size)
    return number is not None and number.is_one
