"""Evaluations that leave samples out, or count them for more or less than others."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    AmountAveraged,
    AmountDivided,
    DataGiven,
    Event,
    HitsCounted,
    Loop,
    LoopLeft,
    LossComputed,
    MetricChanged,
    MetricTaken,
)
from advisor.code.facts.evaluations import Evaluation
from advisor.code.facts.held_out_data import HeldOutData, is_held_out
from advisor.code.facts.loop_lengths import data_of, length_of
from advisor.code.facts.metrics import Metric, evaluates
from advisor.code.facts.passes import is_about_held_out_data, place_of_head
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.sides import Side, name_of, shortest
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.facts.whole_batches import whole_batches_only
from advisor.code.library.keras_layers import argument_place
from advisor.code.library.python.iterations import STOP
from advisor.code.library.streams import BATCHED, READER, REPEATED, TENSORFLOW
from advisor.code.library.torch_data import LOADER
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Constant,
    Object,
    Scalar,
    Tensor,
    Value,
    alternatives,
    known_number,
    length_kept,
    lineage_of,
    names_of,
)
from advisor.lazy_dataclasses import dataclass

# What somebody who leaves a loop early may say of it.
_ON_PURPOSE = re.compile(
    r"debug|sanity|fast|quick|demo|dry|smoke|limit|max_|plot|show|vis|draw|image|sample|patience"
    r"|stop|done|subset|fraction|profil|bench|warm|args|config|cfg|opt\b|time|nan|finite",
    re.IGNORECASE,
)
# A counter that has come to a number that is written out.
_COUNTS = re.compile(
    r"^(\w+ *(==|>=|>) *\d+|\d+ *(<|<=|==) *\w+|\(?\w+ *\+ *1\)? *(==|>=|>) *\d+)$"
)
# A counter that has come to a number that has a name.
_COUNTS_TO = re.compile(r"^(\w+|\(?\w+ *\+ *1\)?) *(==|>=|>) *\w+$")
# So many batches, written out as a number.
_FEW = re.compile(
    r"\bislice\([\w.]+, *\d{1,3}\)|\bzip\(range\(\d{1,3}\), *[\w.]+\)"
    r"|\bzip\([\w.]+, *range\(\d{1,3}\)\)"
)
# What functions and files are called that only try something out.
_IS_TRIAL = re.compile(
    r"debug|sanity|fast|quick|demo|dry|smoke|plot|show|vis|draw|sample|profil|bench|warm|estimate|rough",
    re.IGNORECASE,
)
# Numbers that are put together in a loop.
_PUTS_TOGETHER = re.compile(r"\+=|\.append\(|\.update(_state)?\(|\.extend\(|= *\w+ *\+ ")


@dataclass(frozen=True, eq=False, slots=True)
class PartialEvaluation(Fact):
    """A model is not judged by all samples alike: the last batch is `dropped`, the loop is `left`
    early, what is behind the last whole batch is `left over`, the first so many batches judge alone:
    `limited`, or `unequal` batches count alike. `name` is what the program calls the data."""

    place: NodePlace
    how: str
    name: str = "the held-out data"

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Each place once."""
        if holds_unit_tests(run):
            return
        for data in run.facts(HeldOutData):
            if (
                data.drops_last_batch()
                and data.loader is not None
                and data.loader.place is not None
            ):
                place = argument_place(data.loader.place, 8, "drop_last")
                yield cls(place or data.loader.place, "dropped", data.name)
            drops = data.dataset.fields.get("drops") if isinstance(data.dataset, Object) else None
            if isinstance(drops, NodePlace):
                yield cls(drops, "dropped", data.name)
        for given in run.events(DataGiven):
            if given.drops is not None:
                yield cls(given.drops, "dropped", _called(given.data))
        for place in _left_early(run):
            yield cls(place, "left")
        for place in _over_few_batches(run):
            yield cls(place, "left")
        left_over = list(whole_batches_only(run))
        for place in left_over:
            yield cls(place, "left over")
        for given in run.events(DataGiven):
            if given.most is None or given.place in left_over:
                continue
            if _judges_by_few_steps(run, given):
                yield cls(given.place, "limited", _called(given.data))
        for place in _averages(run):
            yield cls(place, "unequal")


def _called(data: Value) -> str:
    """What held-out data goes by."""
    lineage = lineage_of(data)
    name = shortest(names_of(data), Side.HELD_OUT)
    return name or (None if lineage is None else name_of(lineage.rows)) or "the held-out data"


# --- loops that are left ------------------------------------------------------------------


def _left_early(run: AbstractRun) -> Iterator[NodePlace]:
    """The `break` in a loop that judges a model by some of the batches, or the `return`."""
    events = [event for event in run.events(LoopLeft) if event.context.loops]
    if not events:
        return
    judging = (_judging_loops(run) & _loops_with_scores(run)) | _loops_with_metrics(run)
    seen: set[cst.CSTNode] = set()
    for event in events:
        loop = event.context.loops[-1].node
        if loop not in judging or event.place.node in seen:
            continue
        ends = _is_after_first(event) if event.returns else _is_after_some(event)
        if ends or _ends_the_last_word(run, event):
            seen.add(event.place.node)
            yield event.place


def _judging_loops(run: AbstractRun) -> set[cst.CSTNode]:
    return {each.loop.node for each in run.facts(Evaluation) if each.loop is not None}


def _loops_with_scores(run: AbstractRun) -> set[cst.CSTNode]:
    """The loops in which outputs are compared with targets: others only look at a model."""
    compared = run.events_among(LossComputed, HitsCounted, MetricTaken)
    return {loop.node for event in compared for loop in event.context.loops}


def _loops_with_metrics(run: AbstractRun) -> set[cst.CSTNode]:
    """The loops over held-out data sets of tf.data in which objects put a metric together."""
    told = (each for each in run.events(MetricChanged) if each.how == "told" and each.context.loops)
    loops = {each.context.loops[-1].node: each.context.loops[-1] for each in told}
    return {node for node, loop in loops.items() if _goes_over_held_out_stream(loop)}


def _goes_over_held_out_stream(loop: Loop) -> bool:
    data = data_of(loop)
    return isinstance(data, Object) and data.path == TENSORFLOW and is_held_out(data)


def _is_after_some(event: LoopLeft) -> bool:
    """Whether a loop ends after a number of rounds that is written out, and adds up before."""
    context = event.context
    guards = [each for each in context.guards if each.rounds >= len(context.rounds)]
    if len(guards) != 1 or not guards[0].taken:
        return False
    condition = code_of(guards[0].node)
    counts = _COUNTS_TO if event.limit else _COUNTS
    if not counts.match(condition) or _ON_PURPOSE.search(condition):
        return False
    if context.functions and _ON_PURPOSE.search(context.functions[-1].name):
        return False
    body = code_of(context.loops[-1].node)
    return _PUTS_TOGETHER.search(body) is not None and "plt." not in body


def _ends_the_last_word(run: AbstractRun, event: LoopLeft) -> bool:
    """Whether held-out data judges a model once, by the first so many batches, and never by all: a
    limit is set on purpose, but where nothing else is said of the model it is the score."""
    context, bound = event.context, event.bound
    if bound is None or len(context.loops) != 1 or not _compares_counter(event):
        return False
    names = (*(each.name for each in context.functions), event.place.source.display_name)
    if any(map(_IS_TRIAL.search, names)) or not run.is_script:
        return False
    loop = context.loops[0]
    if not _comes_early(event) or not _is_last_word(run, loop, data_of(loop)):
        return False
    scores = run.events_among(LossComputed, HitsCounted, MetricTaken)
    ways = {
        each.context.calls
        for each in scores
        if any(around.node is loop.node for around in each.context.loops)
    }
    left = {each.context.calls for each in run.events(LoopLeft) if _comes_early(each)}
    return ways <= left


def _is_last_word(run: AbstractRun, loop: Loop, loader: Value | None) -> bool:
    """Whether a loop goes over held-out data that no other loop judges by."""
    held_out = {each.loader for each in run.facts(HeldOutData) if each.loader is not None}
    if not isinstance(loader, Object) or loader not in held_out:
        return False
    loops = [each.loop for each in run.facts(Evaluation) if each.loop is not None]
    return not any(each.node is not loop.node and data_of(each) is loader for each in loops)


def _comes_early(event: LoopLeft) -> bool:
    """Whether a loop ends before it has gone through all, as far as its length is known."""
    length = length_of(event.context.loops[-1]) if event.context.loops else None
    most = None if length is None else length.integer
    bound = None if event.bound is None else event.bound.integer
    return most is None or bound is None or bound < most


def _compares_counter(event: LoopLeft) -> bool:
    """Whether what ends a loop is nothing but a counter that has come to a number with a name."""
    context = event.context
    guards = [each for each in context.guards if each.rounds >= len(context.rounds)]
    if len(guards) != 1 or not guards[0].taken:
        return False
    body = code_of(context.loops[-1].node)
    compares = _COUNTS_TO.match(code_of(guards[0].node)) is not None
    return compares and _PUTS_TOGETHER.search(body) is not None and "plt." not in body


def _is_after_first(event: LoopLeft) -> bool:
    """Whether a function returns in the first round, whatever happens, what it has begun to add up."""
    context = event.context
    if any(each.rounds >= len(context.rounds) for each in context.guards):
        return False
    node = event.place.node
    given = node.value if isinstance(node, cst.Return) else None
    if given is None or _ON_PURPOSE.search(context.functions[-1].name):
        return False
    body = code_of(context.loops[-1].node)
    added = set(re.findall(r"(\w+) \+= ", body)) | set(
        re.findall(r"(\w+)\.(?:append|extend)\(", body)
    )
    return bool(added & set(re.findall(r"\w+", code_of(given)))) and "plt." not in body


def _over_few_batches(run: AbstractRun) -> Iterator[NodePlace]:
    """The head of a loop that judges by the first so many batches: `islice(loader, 10)`."""
    scored = _loops_with_scores(run)
    for node, loop in {
        each.loop.node: each.loop for each in run.facts(Evaluation) if each.loop
    }.items():
        functions = [event.context.functions for event in run.events(HitsCounted)]
        head = place_of_head(loop)
        text = code_of(head.node)
        names = [each[-1].name for each in functions if each]
        if node not in scored:
            continue
        few = _FEW.search(text) and not any(map(_ON_PURPOSE.search, (text, *names)))
        if few or (_stops_early(run, loop) and not any(map(_IS_TRIAL.search, (text, *names)))):
            yield head


def _stops_early(run: AbstractRun, loop: Loop) -> bool:
    """Whether a loop goes through the first so many batches, by a number with a name that no option
    changes, and nothing else judges by that data."""
    over = loop.over
    stop = over.fields.get(STOP) if isinstance(over, Object) else None
    bound = stop.number.integer if isinstance(stop, Scalar) and not stop.configurable else None
    if bound is None or not isinstance(over, Object) or not run.is_script:
        return False
    loader = next(iter(over.arguments.positional), None)
    length = loader.fields.get("length") if isinstance(loader, Object) else None
    most = length.number.integer if isinstance(length, Scalar) else None
    alone = len(_loops_around(run, loop)) == 1
    return alone and (most is None or bound < most) and _is_last_word(run, loop, loader)


def _judges_by_few_steps(run: AbstractRun, given: DataGiven) -> bool:
    """Whether `evaluate(stream, steps=10)` leaves batches out of the one score of a program: fewer than
    there are, or a number that is written out where a stream of a catalogue would end by itself."""
    most = given.most
    bound = most.number.integer if isinstance(most, Scalar) and not most.configurable else None
    if bound is None or given.use != "testing" or given.context.loops or not run.is_script:
        return False
    if any(_IS_TRIAL.search(each.name) for each in given.context.functions):
        return False
    if any(each.data is given.data and each is not given for each in run.events(DataGiven)):
        return False
    streams = alternatives(given.data)
    return bool(streams) and all(_goes_on_after(each, bound, given) for each in streams)


def _goes_on_after(data: Value, bound: int, given: DataGiven) -> bool:
    """Whether a stream has more batches than so many, as far as is known."""
    if not isinstance(data, Object) or data.path != TENSORFLOW or REPEATED in data.fields:
        return False
    length = data.fields.get("length")
    there = length.number.integer if isinstance(length, Scalar) else None
    if there is not None:
        return bound < there
    return data.fields.get(READER) == "tensorflow_datasets.load" and _is_written_out(given)


def _is_written_out(given: DataGiven) -> bool:
    """Whether the number of batches stands where the trainer is told it."""
    node = given.place.node
    passed = node.args if isinstance(node, cst.Call) else ()
    told = [each.value for each in passed if each.keyword and each.keyword.value == "steps"]
    return bool(told) and isinstance(told[0], cst.Integer)


def _loops_around(run: AbstractRun, loop: Loop) -> set[cst.CSTNode]:
    """The loops that a loop stands in, and itself."""
    scores = run.events_among(LossComputed, HitsCounted, MetricTaken)
    inside = (each.context.loops for each in scores)
    return {
        each.node for loops in inside if any(o.node is loop.node for o in loops) for each in loops
    }


# --- means of means -----------------------------------------------------------------------


def _averages(run: AbstractRun) -> Iterator[NodePlace]:
    """Means over batches of different size, of which the mean is taken."""
    for event, loop in _taken(run):
        if _may_be_unequal(loop):
            yield event.place


def _taken(run: AbstractRun) -> Iterator[tuple[Event, Loop]]:
    for metric in run.facts(Metric):
        by_batches = metric.amount.kind == "mean" and metric.divided_by == "batches"
        summed = metric.amount.summed
        divides = by_batches and metric.of_evaluation and isinstance(metric.event, AmountDivided)
        if divides and summed is not None:
            yield metric.event, summed.loops[-1]
    averaged = list(run.events(AmountAveraged))
    judging = _judging_loops(run) if averaged else set()
    for event in averaged:
        around = {loop.node for loop in event.context.loops}
        left = [loop for loop in event.amount.made.loops if loop.node not in around]
        off = event.amount.made.gradients is False
        if len(left) != 1 or not (off or evaluates(run, left[0])):
            continue
        named = is_about_held_out_data(left[0]) or _goes_over_held_out_stream(left[0])
        if left[0].node in judging or named:
            yield event, left[0]


def _may_be_unequal(loop: Loop) -> bool:
    """Whether the last batch is smaller than the others, as far as is known."""
    loader = data_of(loop)
    batched = loader.fields.get(BATCHED) if isinstance(loader, Object) else None
    if batched is not None:
        size, count = batched
        return size != 1 and (count is None or count % size != 0)
    if not isinstance(loader, Object) or loader.path != LOADER or loader.arguments.unknown:
        return False
    given = loader.arguments.keywords
    if "batch_sampler" in given or _is_on(given.get("drop_last")):
        return False
    size = known_number(loader.argument(1, "batch_size"))
    if size is None or size.integer in {None, 1}:
        return False
    samples = _samples(loader)
    return samples is None or samples % (size.integer or 1) != 0


def _is_on(value: object) -> bool:
    return value is not None and not (isinstance(value, Constant) and value.value is False)


def _samples(loader: Object) -> int | None:
    data = loader.fields.get("dataset")
    if isinstance(data, Tensor):
        axis = data.shape.axis(0)
        return None if axis is None else axis.integer
    length = length_kept(data)
    return None if length is None else length.number.integer
