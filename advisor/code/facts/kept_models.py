"""Models that go from one fold of a cross-validation to the next as they are: the rows of each fold but the first
have been learned from by then."""

import re
from collections.abc import Iterator

from advisor.code.events import (
    AttributeAssigned,
    DataGiven,
    Escaped,
    Event,
    ForwardRun,
    LayerBuilt,
    LoopLeft,
    ModelTrained,
    ModuleBuilt,
    ObjectLoaded,
    OptimizerStepped,
    Predicted,
    Round,
    RowsSplit,
    StateUsed,
    WeightsFilled,
)
from advisor.code.facts.held_out_data import dataset_of
from advisor.code.facts.judged_passes import is_scored, trains
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.relations import overlap, reaches
from advisor.code.facts.run import AbstractRun
from advisor.code.nodes import as_written
from advisor.code.values import (
    Object,
    Optimizer,
    RowSet,
    Unknown,
    Value,
    alternatives,
    rows_of,
)

_FOLDS = "sklearn.folds"
# Each row is held out once, and learned from in all other folds.
_COMES_ROUND = re.compile(r"KFold|LeaveOne|LeaveP")
# What code says that lets a model begin anew, or takes another one out of several.
_ANEW = re.compile(
    r"reset|re_?init|initiali[sz]|init_|_init\b|\binit\.|(normal|uniform|fill|zero)_\("
    r"|set_weights|load_(state|weights|model|checkpoint)|\.load\(|clone|copy|restore|\.apply\("
    r"|(model|net)s?\["
)
_Found = tuple[Event, RowSet, Event]


def judged_by_earlier_folds(run: AbstractRun) -> Iterator[_Found]:
    """What judges a model by the held-out rows of a fold, these rows, and what trained the same model in
    the fold before, on these rows too."""
    splits = [each for each in run.events(RowsSplit) if _COMES_ROUND.search(each.operation)]
    for split in splits:
        trained = list(_trainings(run, split))
        for event, model, rows in _judgements(run, split) if trained else ():
            for earlier, learning in trained:
                if learning is model and not _may_begin_anew(run, earlier, event, model, split):
                    yield event, rows, earlier
                    break


def _trainings(run: AbstractRun, split: RowsSplit) -> Iterator[tuple[Event, Value]]:
    """What trains a model in the first fold whatever happens."""
    for event in run.events_among(ForwardRun, ModelTrained, DataGiven):
        if _fold_of(event, split) != 0 or not _is_sure(event, split):
            continue
        match event:
            case ForwardRun(module=model) if not event.context.running:
                learns = event.context.gradients is not False and trains(run, event)
                if learns and _is_updated(run, model, split):
                    yield event, model
            case ModelTrained(model=model):
                yield event, model
            case DataGiven(use="training", model=Value() as model):
                yield event, model


def _judgements(run: AbstractRun, split: RowsSplit) -> Iterator[tuple[Event, Value, RowSet]]:
    """What judges a model by the held-out rows of the second fold."""
    for event in run.events_among(ForwardRun, DataGiven, Predicted):
        if not _fold_of(event, split) or not _is_sure(event, split):
            continue
        rows = _held_out_rows(event, split)
        if rows is None:
            continue
        match event:
            case ForwardRun(module=model):
                if not event.context.running and not trains(run, event) and is_scored(run, event):
                    yield event, model, rows
            case DataGiven(model=Value() as model) if event.use != "training":
                yield event, model, rows


def _held_out_rows(event: Event, split: RowsSplit) -> RowSet | None:
    """The held-out rows of a split that something goes over."""
    found: list[RowSet | None] = []
    if isinstance(event, DataGiven):
        found.append(rows_of(event.data))
    elif isinstance(event, ForwardRun):
        found.append(rows_of(next(iter(event.arguments.values()), None)))
        for loop in event.context.loops:
            loader = data_of(loop)
            if isinstance(loader, Object):
                found += _rows_loaded(loader)
    for rows in found:
        for each in () if rows is None else rows.ancestors():
            if each.split is split and each.how == "test":
                return each
    return None


def _rows_loaded(loader: Object) -> Iterator[RowSet | None]:
    yield rows_of(dataset_of(loader))
    sampler = loader.argument(3, "sampler")
    if isinstance(sampler, Object) and sampler.arguments.positional:
        yield rows_of(sampler.arguments.positional[0])


def _fold(event: Event, split: RowsSplit) -> tuple[int, Round] | None:
    """The round of the loop over the folds of a split that something happens in, and how deep that is."""
    for depth, each in enumerate(event.context.rounds):
        folds = data_of(each.loop)
        if isinstance(folds, Object) and folds.path == _FOLDS and folds.fields["event"] is split:
            return depth, each
    return None


def _fold_of(event: Event, split: RowsSplit) -> int | None:
    found = _fold(event, split)
    return None if found is None else found[1].index


def _is_sure(event: Event, split: RowsSplit) -> bool:
    """Whether something happens in every fold, as far as conditions outside of inner loops decide it."""
    found = _fold(event, split)
    return found is not None and not any(
        guard.rounds == found[0] + 1 for guard in event.context.guards
    )


def _is_updated(run: AbstractRun, model: Value, split: RowsSplit) -> bool:
    """Whether an optimizer of the model steps in the first fold."""
    return any(
        isinstance(option, Optimizer)
        and any(not isinstance(each, Unknown) and overlap(each, model) for each in option.owners)
        for step in run.events(OptimizerStepped)
        if _fold_of(step, split) == 0
        for option in alternatives(step.optimizer)
    )


def _may_begin_anew(
    run: AbstractRun, earlier: Event, later: Event, model: Value, split: RowsSplit
) -> bool:
    """Whether the model may be another one by the next fold, or have lost what it learned."""
    found = _fold(later, split)
    if found is None or isinstance(model, Unknown) or _is_one_of_several(run, model):
        return True
    loop = found[1].loop
    if any(each.context.loops[-1:] == (loop,) for each in run.events(LoopLeft)):
        return True  # there may be no other fold
    between = run.events_within(
        earlier.index,
        later.index,
        StateUsed,
        WeightsFilled,
        ObjectLoaded,
        AttributeAssigned,
        Escaped,
    )
    if any(_may_change(each, model) for each in between):
        return True
    inside = (each for each in run.trace if _fold(each, split) is not None)
    nodes = {id(each.node): each.node for event in inside for each in event.context.functions}
    return any(_ANEW.search(as_written(node)) for node in (loop.node, *nodes.values()))


def _may_change(event: Event, model: Value) -> bool:
    match event:
        case StateUsed(module=Value() as module):
            return overlap(module, model)
        case StateUsed():
            return False
        case AttributeAssigned(owner=owner):
            return reaches(model, owner)
        case Escaped(values=values):
            return any(reaches(each, model) or reaches(model, each) for each in values)
    return True


def _is_one_of_several(run: AbstractRun, model: Value) -> bool:
    """Whether the model stands for each of those that a loop has built."""
    built = [each for each in run.events(ModuleBuilt) if each.module is model]
    layers = [each for each in run.events(LayerBuilt) if each.layer is model]
    return any(each.context.loops for each in (*built, *layers))
