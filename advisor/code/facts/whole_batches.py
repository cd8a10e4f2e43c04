"""Evaluations that cut arrays into whole batches, and leave out what is behind the last one."""

import re
from collections.abc import Iterator

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    DataGiven,
    Event,
    HitsCounted,
    Loop,
    LossComputed,
    MetricTaken,
    RoundedDown,
)
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.metrics import evaluates
from advisor.code.facts.passes import place_of_head
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.nodes import passed_by_name
from advisor.code.part_names import JUDGING, words
from advisor.code.sources import NodePlace
from advisor.code.values import Object, Value, known_integer

_TRAINS = frozenset(["train", "training", "fit"])
# Whoever rounds up, and whoever goes on with what is left over.
_ROUNDS_UP = re.compile(r"- *1\b")
_GOES_ON = re.compile(r"\* *[\w.]+ *: *\]|(\)|\]) *% *\w|% *[\w.]*(bs\b|batch)", re.IGNORECASE)
# A model that is asked what it makes of a batch, and does not learn from it.
_PREDICTS = re.compile(r"\.predict(_on_batch|_proba|_classes)?\(")


def whole_batches_only(run: AbstractRun) -> Iterator[NodePlace]:
    """The heads of the loops that judge a model by `range(len(x) // size)` batches."""
    divisions = (event.place.node for event in run.events(RoundedDown))
    rounded = {node for node in divisions if not _rounds_up(node)}
    if not rounded:
        return
    seen: set[cst.CSTNode] = set()
    for event in run.events_among(LossComputed, HitsCounted, MetricTaken):
        loop = event.context.loops[-1] if event.context.loops else None
        if loop is None or loop.node in seen or not _counts_whole_batches(loop, rounded):
            continue
        if _judges(run, event, loop) and run.may_tell_of(loop.place.source):
            seen.add(loop.node)
            yield place_of_head(loop)
    for given in run.events(DataGiven):
        judges = given.use == "testing" and not _comes_out_even(given)
        if judges and _is_rounded(given.place, rounded):
            yield given.place


def _rounds_up(node: cst.CSTNode) -> bool:
    """Whether a division counts the last batch: `(count + size - 1) // size`, `(count + 63) // 64`."""
    match node:
        case cst.BinaryOperation(
            left=cst.BinaryOperation(operator=cst.Add(), right=cst.Integer(value=more)),
            right=cst.Integer(value=size),
        ):
            return int(more, 0) + 1 == int(size, 0)
    return _ROUNDS_UP.search(code_of(node)) is not None


def _comes_out_even(given: DataGiven) -> bool:
    """Whether as many batches as were told are known to be all there are."""
    length = given.data.fields.get("length") if isinstance(given.data, Object) else None
    there = known_integer(length) if isinstance(length, Value) else None
    most = known_integer(given.most)
    return there is not None and most is not None and most >= there


def _is_rounded(place: NodePlace, rounded: set[cst.CSTNode]) -> bool:
    """Whether `evaluate(data, steps=count // size)` is told how many whole batches there are."""
    steps = passed_by_name(place.node, "steps")
    if isinstance(steps, cst.Name):
        assigned = rf"^\s*{steps.value} *= *[^/\n]+//[^/\n]+$"
        return re.search(assigned, place.source.text, re.MULTILINE) is not None
    return steps in rounded


def _counts_whole_batches(loop: Loop, rounded: set[cst.CSTNode]) -> bool:
    over, node = data_of(loop), loop.node
    if (
        not isinstance(over, Object)
        or over.path != "builtins.range"
        or not isinstance(node, cst.For)
    ):
        return False
    stop = over.arguments.positional[-1] if len(over.arguments.positional) == 2 else None
    if not isinstance(stop, Value) or stop.place is None or stop.place.node not in rounded:
        return False
    counter = code_of(node.target).split(",")[0].strip(" (")
    cuts = rf"\[ *\(?{re.escape(counter)} *\* *[\w.]+ *:|\b{re.escape(counter)} *\* *[\w.]+ *[,\n]"
    return re.search(cuts, code_of(node.body)) is not None


def _judges(run: AbstractRun, event: Event, loop: Loop) -> bool:
    """Whether a loop learns nothing, and goes over what a model is judged by."""
    context = event.context
    around = context.functions[-1].node if context.functions else None
    if _GOES_ON.search(loop.place.source.text if around is None else code_of(around)):
        return False
    if any(
        each.node is loop.node for step in run.events(BackwardRun) for each in step.context.loops
    ):
        return False
    asked = _PREDICTS.search(code_of(loop.node)) is not None
    if context.gradients is not False and not asked and not evaluates(run, loop):
        return False
    said = words(code_of(loop.node))
    functions = words(" ".join(function.name for function in context.functions))
    # Hits that are counted where nothing is recorded judge a model, whatever the arrays are called.
    counts = isinstance(event, HitsCounted) and context.gradients is False and evaluates(run, loop)
    named = counts or bool((said | functions) & JUDGING)
    return named and not (said | functions) & _TRAINS
