"""Models of torch that are judged by rows which they were trained on, without loaders on both sides."""

from collections.abc import Iterator

from advisor.code.events import (
    BackwardRun,
    Event,
    ForwardRun,
    HitsCounted,
    LossComputed,
    MetricTaken,
    NumbersTold,
)
from advisor.code.facts.held_out_data import dataset_of
from advisor.code.facts.loaders import TrainingLoader
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.sides import Side, side_of
from advisor.code.values import Object, RowSet, Value, rows_of


def judged_by_trained_rows(run: AbstractRun) -> Iterator[tuple[ForwardRun, RowSet, ForwardRun]]:
    """The passes over held-out rows that are among those a model was trained on, these rows, and the
    pass that trained on them."""
    passes = [each for each in run.events(ForwardRun) if not each.context.running]
    trained = [(each, rows) for each in passes for rows in trained_rows(run, each)]
    for event in passes if trained else ():
        rows = rows_of(next(iter(event.arguments.values()), None))
        if rows is None or side_of(rows) is not Side.HELD_OUT or trains(run, event):
            continue
        for earlier, learned in trained:
            near = earlier.module is event.module and earlier.index < event.index
            if near and _is_among(rows, learned) and is_scored(run, event):
                yield event, rows, earlier
                break


def judges_later(run: AbstractRun, training: TrainingLoader, held_out: Value) -> bool:
    """Whether a model that a loader has trained is asked about held-out data later."""
    passes = [each for each in run.events(ForwardRun) if not each.context.running]
    trained = [each for each in passes if _goes_through(each, training.loader)]
    return any(
        earlier.module is event.module and earlier.index < event.index
        for event in (passes if trained else ())
        if _goes_over(event, held_out) and not trains(run, event)
        for earlier in trained
    )


def are_of_other_models(run: AbstractRun, training: TrainingLoader, held_out: Value) -> bool:
    """Whether each model that a loader trains is another one than those that held-out data judge."""
    passes = [each for each in run.events(ForwardRun) if not each.context.running]
    learned = {each.module for each in passes if _has_data(each, training.dataset)}
    judged = {each.module for each in passes if _has_data(each, held_out)}
    return bool(learned) and bool(judged) and not learned & judged


def _has_data(event: ForwardRun, data: Value | None) -> bool:
    """Whether a model runs in a loop over data, be it behind `enumerate`."""
    loaders = map(data_of, event.context.loops)
    return any(isinstance(each, Object) and dataset_of(each) is data for each in loaders)


def _goes_over(event: ForwardRun, data: Value) -> bool:
    loaders = (each.over for each in event.context.loops)
    return any(isinstance(each, Object) and dataset_of(each) is data for each in loaders)


def _goes_through(event: ForwardRun, loader: Object) -> bool:
    return any(loop.over is loader for loop in event.context.loops)


def trained_rows(run: AbstractRun, event: ForwardRun) -> Iterator[RowSet]:
    """The rows that a pass trains on."""
    if event.context.gradients is False or not trains(run, event):
        return
    rows = rows_of(next(iter(event.arguments.values()), None))
    if rows is not None:
        yield from _learned(run, event, rows)
    for loader in run.facts(TrainingLoader):
        if _goes_through(event, loader.loader):
            whole = rows_of(loader.dataset)
            if whole is not None:
                yield whole


def _learned(run: AbstractRun, event: ForwardRun, rows: RowSet) -> Iterator[RowSet]:
    """Those rows of a pass that the losses behind it are taken of: nodes of a graph may be seen whose
    labels nobody learns."""
    losses = [
        each
        for each in run.events(LossComputed)
        if each.index > event.index and each.context.rounds == event.context.rounds
    ]
    for loss in losses:
        part = rows_of(loss.prediction) or rows_of(loss.target)
        if part is not None and part.surely_within(rows):
            yield part
        elif rows.how != "joined" or (part is not None and part.how == "joined"):
            yield rows
    if not losses:
        yield rows


def trains(run: AbstractRun, event: ForwardRun) -> bool:
    """Whether something is back-propagated behind a pass, in the same loop and function."""
    loops = event.context.loops
    for step in run.events(BackwardRun):
        if step.index < event.index:
            continue
        if loops and step.context.loops and step.context.loops[-1].node is loops[-1].node:
            return True
        if not loops and not step.context.loops:
            return True
    return False


def _is_among(held_out: RowSet, trained: RowSet) -> bool:
    if held_out is trained or side_of(trained) is Side.HELD_OUT:
        return False
    return held_out.surely_within(trained) and not trained.within(held_out)


def is_scored(run: AbstractRun, event: ForwardRun) -> bool:
    """Whether a score is computed after a pass: by a function that is known, or by hand from what comes
    of a pass without gradients, and printed."""
    scores: list[type[Event]] = [LossComputed, HitsCounted, MetricTaken]
    if event.context.gradients is False:
        scores.append(NumbersTold)
    return any(each.index > event.index for each in run.events_among(*scores))
