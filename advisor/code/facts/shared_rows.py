"""Rows that a model is judged by, and that it has been fitted on as well."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import DataGiven, DrawnAnew, FolderRead, LoaderBuilt, PartsOverlap
from advisor.code.facts.handed_over import where_handed_over
from advisor.code.facts.held_out_data import HeldOutData
from advisor.code.facts.judged_passes import (
    are_of_other_models,
    judged_by_trained_rows,
    judges_later,
    trained_rows,
)
from advisor.code.facts.kept_models import judged_by_earlier_folds
from advisor.code.facts.loaders import TrainingLoader, has_sampler
from advisor.code.facts.passes import sources_of, told_at
from advisor.code.facts.read_parts import how_shared
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.scored_loaders import is_scored
from advisor.code.facts.scores import Score, other_split, split_of_another_reading
from advisor.code.facts.sides import Side, name_of, side_of
from advisor.code.facts.unit_tests import is_unit_test
from advisor.code.facts.used_sides import on_both_sides
from advisor.code.library.dataset_samples import rows_by_number
from advisor.code.library.same_samples import reads_same_file, same_samples
from advisor.code.library.torch_data import SUBSET
from advisor.code.sources import NodePlace
from advisor.code.values import Instance, Object, RowSet, alternatives, lineage_of
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_MASKS = re.compile(r"\b(train|val|valid|test)_mask\b")
_Related = tuple[tuple[NodePlace, str], ...]


@dataclass(frozen=True, eq=False, slots=True)
class SharedRows(Fact):
    """A model is judged by rows that it was fitted on. `name` is what the program calls them; `how`
    says why: `all` were fitted on, they come from `another split`, they `overlap`, both sides
    read the `same file`, or the model knows them from `earlier folds`."""

    place: NodePlace
    name: str
    how: str
    related: _Related = ()

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """What is known of scores, of parts that are called so, and of loaders. A test of code asks whether
        a training runs, not how well a model has learned."""
        if is_unit_test(run):
            return
        seen: set[object] = set()
        ways = (
            *(_of_parts, _of_streams, _of_folders, _of_scores),
            *(_of_loaders, _of_given, _of_passes, _of_folds),
        )
        for place, name, how, related in (found for way in ways for found in way(run)):
            where = place.locate()
            line = (where.filename, where.cell, where.row)
            if line not in seen:
                seen.add(line)
                yield cls(place, name, how, related)

    def finding(self, message: str) -> Draft:
        """A finding where the rows are shared."""
        return Draft(self.place, message, self.related)


_Found = tuple[NodePlace, str, str, _Related]


def _of_parts(run: AbstractRun) -> Iterator[_Found]:
    """Slices and draws of the same rows that the program calls by both sides."""
    for event in run.events(PartsOverlap):
        sides = on_both_sides(run, event.earlier, event.later)
        if not sides or _divided_twice(event):
            continue
        held_out = sides[Side.HELD_OUT]
        first = event.earlier.place
        beside = () if first is None else ((first, "the other part is taken here"),)
        yield event.place, _held_out_name(held_out), "overlap", beside


def _divided_twice(event: PartsOverlap) -> bool:
    """Whether the same rows are divided into both sides in each of two orders."""
    wholes = (event.earlier.parent, event.later.parent)
    return wholes[0] is not wholes[1] and any(
        {Side.TRAINING, Side.HELD_OUT} <= {side_of(each) for each in whole.parts.values()}
        for whole in wholes
        if whole is not None
    )


def _of_streams(run: AbstractRun) -> Iterator[_Found]:
    """Parts of a stream that is shuffled anew in each epoch."""
    for event in run.events(DrawnAnew):
        sides = on_both_sides(run, *event.parts)
        if sides:
            yield event.place, _held_out_name(sides[Side.HELD_OUT]), "shuffled anew", ()


def _held_out_name(rows: RowSet) -> str:
    """What held-out rows are called, if that tells what they are there for."""
    named = name_of(rows) if side_of(rows) is Side.HELD_OUT else None
    return named or "the held-out rows"


def _of_folders(run: AbstractRun) -> Iterator[_Found]:
    """Parts of one folder or data set that do not fit together, or the whole for both sides."""
    events = list(run.events(FolderRead))
    for number, event in enumerate(events):
        for earlier in events[:number]:
            how = how_shared(earlier.data, event.data)
            if how is not None:
                parts = [_rows(event.data), _rows(earlier.data)]
                held_out = [each for each in parts if each and side_of(each) is Side.HELD_OUT]
                name = next(map(name_of, held_out), None) or "the held-out rows"
                yield event.place, name, how, ((earlier.place, "the other part is read here"),)


def _of_given(run: AbstractRun) -> Iterator[_Found]:
    """What a trainer is given to train on, and to judge by."""
    given = {}
    for event in run.events(DataGiven):
        lineage = lineage_of(event.data)
        if lineage is None or _is_of_project(event.data):
            continue
        if event.use == "training":
            given[event.place.node] = event, lineage.rows
        learned, training = given.get(event.place.node, (None, None))
        if event.use != "validation" or training is None or training.how == "resampled":
            continue
        if lineage.rows.is_statistic or _names_masks(run) or not _asks_the_same(event, learned):
            continue
        if lineage.rows.surely_within(training):
            cut = _cut_out_of(lineage.rows, training)
            if cut is not None:
                yield cut, name_of(lineage.rows) or "the held-out rows", "overlap", ()
                continue
            how = "same file" if lineage.rows is training else "all"
            yield event.place, name_of(lineage.rows) or "the held-out rows", how, ()


def _asks_the_same(judging: DataGiven, learned: DataGiven | None) -> bool:
    """Whether what is right is told of rows that it was told of in training: what users have not rated
    yet may be held out, and predicted from all that they have."""
    if judging.targets is None or learned is None or judging.targets is learned.targets:
        return True
    told, known = lineage_of(judging.targets), lineage_of(learned.targets)
    return told is not None and known is not None and told.rows.surely_within(known.rows)


def _is_of_project(data: object) -> bool:
    """Whether a class of the project decides which of its rows are the samples."""
    dataset = data.fields.get("dataset") if isinstance(data, Object) else data
    return isinstance(dataset, Instance)


def _names_masks(run: AbstractRun) -> bool:
    """Whether the nodes of one graph are divided by masks: each batch is the whole graph."""
    return any(_MASKS.search(source.text) for source in sources_of(run))


def _of_scores(run: AbstractRun) -> Iterator[_Found]:
    for score in run.facts(Score):
        if not score.learns_labels():
            continue
        fitted = ((score.fitted.place, "fitted here"),)
        if not score.judges():
            continue
        splits = score.other_split()
        if score.is_of_held_out_rows() and score.covers_held_out_rows():
            yield score.place, score.name, "all", fitted
        elif splits is not None:
            divided = tuple((each.place, "the rows are divided here") for each in splits)
            yield score.place, score.name, "another split", (*fitted, *divided)
        elif score.overlapping_parts() and not _is_told(run, score):
            yield score.place, score.name, "overlap", fitted


def _is_told(run: AbstractRun, score: Score) -> bool:
    """Whether what the parts are called has told it already."""
    both = {score.scored.rows, score.fitted.rows}
    return any(
        {each.earlier, each.later} == both and _rows_are_apart(each)
        for each in run.events(PartsOverlap)
    )


def _rows_are_apart(event: PartsOverlap) -> bool:
    return {side_of(event.earlier), side_of(event.later)} == {Side.TRAINING, Side.HELD_OUT}


def _of_loaders(run: AbstractRun) -> Iterator[_Found]:
    """Loaders of torch: one trains on what another one holds out, and judges by."""
    training = [each for each in run.facts(TrainingLoader) if each.dataset is not None]
    if not training:
        return
    for data in run.facts(HeldOutData):
        near = [each for each in training if not _are_given_apart(run, each, data)]
        pairs = (_of_pair(run, training, loader, data) for loader in near)
        found = [each for each in pairs if each is not None]
        if found and (data.loader is None or is_scored(run, data.loader)):
            yield from found


def _are_given_apart(run: AbstractRun, loader: TrainingLoader, data: HeldOutData) -> bool:
    """Whether trainers are given both, and the one that learns from the first is never given the second to
    choose by: another model may learn without labels what this one is judged by."""
    # What a data module makes itself, any trainer that it is given to learns from and judges by.
    given = [
        each
        for each in run.events(DataGiven)
        if not isinstance(each.data, Object) or each.data.place != each.place
    ]
    judging = [each for each in given if data.loader in alternatives(each.data)]
    if isinstance(data.event, DataGiven):
        judging = [data.event]
    if not judging or any(each.use == "testing" for each in judging):
        return False
    learns = {id(each.place.node) for each in given if loader.loader in alternatives(each.data)}
    return bool(learns) and not any(id(each.place.node) in learns for each in judging)


def _of_pair(
    run: AbstractRun, training: list[TrainingLoader], loader: TrainingLoader, data: HeldOutData
) -> _Found | None:
    mine, theirs = _rows(loader.dataset), _rows(data.dataset)
    beside = ((loader.place, "the training rows are loaded here"),)
    sampled = _is_sampled(loader.loader) or _is_sampled(data.loader)
    if mine is not None and theirs is not None and _is_part(theirs, mine, sampled):
        place = data.finding("").place
        if _is_left_out(training, theirs) and not judges_later(run, loader, data.dataset):
            return None  # another model may be chosen by them, and this one learn from all
        if _cut_out_of(theirs, mine) is None and isinstance(place, NodePlace):
            told = _handed_over(run, loader, data) or loader.place
            return told, data.name, "all", ((place, "they are held out here"),)
    cut = None if sampled else _cut_for_both(training, loader, data)
    if cut is not None:
        return cut, data.name, "overlap", beside
    splits = None if mine is None or theirs is None else other_split(run, mine, theirs)
    read_twice = _divided_anew(run, loader, data)
    if splits is None and read_twice is not None:
        return read_twice, data.name, "another split", beside
    if splits is not None:
        return splits[1].place, data.name, "another split", beside
    read = data.dataset.place
    if sampled or read is None or not _read_alike(loader.dataset, data.dataset):
        return None
    if _is_held_out(loader.dataset) and are_of_other_models(run, loader, data.dataset):
        return None  # one model is trained on what others are judged by
    return read, data.name, "same file", beside


def _handed_over(run: AbstractRun, loader: TrainingLoader, data: HeldOutData) -> NodePlace | None:
    """Where the rows are handed to a function that makes a loader of what it is given: it may train well
    on others."""
    built = {id(each.loader): each for each in run.events(LoaderBuilt)}
    mine, theirs = built.get(id(loader.loader)), built.get(id(data.loader))
    if mine is None or theirs is None or mine.place.node is theirs.place.node:
        return None
    return where_handed_over(run, mine.place, mine.context, theirs.context)


def _divided_anew(run: AbstractRun, loader: TrainingLoader, data: HeldOutData) -> NodePlace | None:
    """Where samples are read a second time and divided by another draw, for a model to be judged by
    that was trained on a part of the first reading."""
    mine, theirs = _rows(loader.dataset), _rows(data.dataset)
    if mine is None or theirs is None:
        return None
    splits = split_of_another_reading(run, mine, theirs)
    if splits is None or not judges_later(run, loader, data.dataset):
        return None
    first, second = splits
    calls = second.context.calls
    helper = calls[-1] if calls and first.place.node is second.place.node else None
    return helper if helper is not None and run.may_tell_of(helper.source) else second.place


def _of_passes(run: AbstractRun) -> Iterator[_Found]:
    """Passes of a model over held-out rows that it was trained on."""
    for event, rows, earlier in judged_by_trained_rows(run):
        place = told_at(run, event)
        beside = (told_at(run, earlier), "trained here")
        name = name_of(rows) or "the held-out rows"
        learned = [each for each in trained_rows(run, earlier) if rows.surely_within(each)]
        cut = _cut_out_of(rows, learned[0]) if learned else None
        if cut is None:
            yield place, name, "all", (beside,)
        else:
            yield cut, name, "overlap", (beside,)


def _of_folds(run: AbstractRun) -> Iterator[_Found]:
    """Held-out rows of a fold that the same model has learned from in the fold before."""
    for event, rows, earlier in judged_by_earlier_folds(run):
        beside = (told_at(run, earlier), "it goes on learning here in each fold")
        yield told_at(run, event), name_of(rows) or "the held-out rows", "earlier folds", (beside,)


def _cut_for_both(
    training: list[TrainingLoader], loader: TrainingLoader, data: HeldOutData
) -> NodePlace | None:
    """Where the held-out rows are cut out of those that are trained on, if no model is trained without
    them: with them it may be trained anew, once it is known how."""
    mine, theirs = _rows_of_any(loader.dataset), _rows_of_any(data.dataset)
    if mine is None or theirs is None or side_of(mine) is Side.HELD_OUT:
        return None
    return None if _is_left_out(training, theirs) else _cut_out_of(theirs, mine)


def _is_left_out(training: list[TrainingLoader], held_out: RowSet) -> bool:
    """Whether a model is trained without the held-out rows somewhere."""
    found = [_rows_of_any(each.dataset) for each in training]
    return any(rows is not None and not held_out.within(rows) for rows in found)


def _cut_out_of(held_out: RowSet, trained: RowSet) -> NodePlace | None:
    """Where held-out rows are cut out of the middle of those that are trained on, or these were made
    longer: by two slices of the same rows."""
    within = set(trained.ancestors())
    for each in held_out.ancestors():
        if within & set(each.inside):
            longer = next(other for other in each.inside if other in within)
            places = [part.place for part in (each, longer) if part.place is not None]
            return max(places, key=lambda place: place.row) if len(places) == 2 else None
    return None


def _is_sampled(loader: Object | None) -> bool:
    """Whether something else says which samples a loader yields."""
    return loader is not None and (loader.arguments.unknown or has_sampler(loader))


def _rows_of_any(value: object) -> RowSet | None:
    """The rows of a data set, be it of the project, where it gives them one by one."""
    return rows_by_number(value) if isinstance(value, Instance) else _rows(value)


def _rows(value: object) -> RowSet | None:
    lineage = lineage_of(value) if isinstance(value, Object) else None
    return None if lineage is None else lineage.rows


def _is_part(held_out: RowSet, training: RowSet, sampled: bool) -> bool:
    """Whether rows were held out of those that are trained on all the same."""
    if held_out is training or side_of(training) is Side.HELD_OUT:
        return False
    if held_out.parent is training and held_out.split is not None:
        return True
    apart = side_of(held_out) is Side.HELD_OUT and not training.within(held_out)
    return not sampled and apart and held_out.surely_within(training)


def _is_held_out(data: object) -> bool:
    rows = _rows(data)
    return rows is not None and side_of(rows) is Side.HELD_OUT


def _read_alike(first: object, second: object) -> bool:
    if isinstance(first, Instance) and isinstance(second, Instance) and first is not second:
        return reads_same_file(first, second)
    if not isinstance(first, Object) or not isinstance(second, Object) or first is second:
        return False
    return SUBSET not in {first.path, second.path} and same_samples(first, second)
