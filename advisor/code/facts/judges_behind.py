"""What judges a model in the rounds of its training, and behind them."""

import libcst as cst

from advisor.code.events import Event
from advisor.code.facts.evaluations import Evaluation
from advisor.code.facts.held_out_data import dataset_of
from advisor.code.facts.loaders import has_sampler, is_loader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.sides import Side, side_of
from advisor.code.library.same_samples import made_of_the_same, reads_same_file, same_samples
from advisor.code.values import Instance, Object, Value, rows_of


def others_judge_behind(run: AbstractRun, event: Event) -> bool:
    """Whether held-out samples judge the model behind the innermost loop around an event that have
    chosen nothing in it."""
    if not event.context.loops:
        return False
    inside, behind = judged_in(run, event, event.context.loops[-1].node)
    others = [each for each in behind if each not in inside and twin(each, inside) is None]
    held_out = (rows_of(each) for each in others)
    return any(rows is not None and side_of(rows) is Side.HELD_OUT for rows in held_out)


def judged_in(run: AbstractRun, event: Event, loop: cst.CSTNode) -> tuple[list[Value], list[Value]]:
    """The data sets that judge a model in a loop, and those that do so behind it."""
    inside: list[Value] = []
    behind: list[Value] = []
    for each in run.facts(Evaluation):
        data = None if each.loop is None else samples_of(data_of(each.loop))
        first = each.passes[0].event
        if data is None:
            continue
        if any(around.node is loop for around in first.context.loops):
            inside.append(data)
        elif first.index > event.index:
            behind.append(data)
    return inside, behind


def twin(data: Value, others: list[Value]) -> Value | None:
    """Another data set that holds the very samples of one."""
    if data in others:
        return None
    return next((each for each in others if holds_the_same(data, each)), None)


def holds_the_same(one: Value, other: Value) -> bool:
    """Whether two data sets hold the same samples, whatever they do to them."""
    if isinstance(one, Instance) and isinstance(other, Instance):
        return reads_same_file(one, other) or made_of_the_same(one, other)
    return same_samples(one, other)


def samples_of(data: Value | None) -> Value | None:
    """The data set that a loader reads, where nobody else says which samples of it."""
    if not isinstance(data, Object) or not is_loader(data):
        return None
    found = dataset_of(data)
    return None if has_sampler(data) and found is data.fields.get("dataset") else found
