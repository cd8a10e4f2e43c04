"""Rows that a model is judged by and that are not scaled as those it was trained on, or the other way
round."""

import re
from collections.abc import Iterator

from advisor.code.events import Escaped, ForwardRun
from advisor.code.facts.held_out_data import HeldOutData
from advisor.code.facts.judged_passes import is_scored, trains
from advisor.code.facts.loaders import TrainingLoader
from advisor.code.facts.passes import sources_of, told_at
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.scores import Score
from advisor.code.facts.sides import name_of
from advisor.code.sources import NodePlace
from advisor.code.values import Fit, RowSet, lineage_of
from advisor.lazy_dataclasses import dataclass

_SCALINGS = frozenset(["scaler"])
# Statistics of each column of an array, by which arrays are scaled by hand; tables are filled by them.
_BY_COLUMN = re.compile(r"(axis|dim)=0\b|\(0[,)]|, (axis=)?0\)|axis=\(0, 1(, 2)?\)")


@dataclass(frozen=True, eq=False, slots=True)
class _Use:
    """Rows that something is done with: where, and what they went through before."""

    place: NodePlace
    rows: RowSet
    fits: tuple[Fit, ...]

    @property
    def scalings(self) -> list[Fit]:
        return [each for each in self.fits if each.kind in _SCALINGS or _is_by_hand(each)]

    def drawn(self) -> RowSet | None:
        """The part of a split that the rows are, or were taken from."""
        return next((each for each in self.rows.ancestors() if each.split is not None), None)

    def read(self) -> RowSet | None:
        """The rows that were read from a file or a catalogue, unless a split has divided them."""
        found = [each for each in self.rows.ancestors() if each.parent is None]
        return found[-1] if found and self.drawn() is None else None


def _is_by_hand(fit: Fit) -> bool:
    return fit.kind == "statistic" and _BY_COLUMN.search(fit.text) is not None


def _is_reckoned_with(run: AbstractRun, use: _Use) -> bool:
    """Whether something is taken away from rows, or they are divided, by whatever numbers."""
    names = {name for each in use.rows.ancestors() for name in each.names}
    written = "|".join(map(re.escape, sorted(names)))
    sums = re.compile(rf"\b({written})\b(\[[^]\n]*\]|\.\w+\([^)\n]*\))*\)*\s*[-/]")
    return not names or any(sums.search(each.text) for each in sources_of(run))


def _is_handed_on(run: AbstractRun, use: _Use) -> bool:
    """Whether code that nobody can look into was given the rows, and may have scaled them in place."""
    whole = set(use.rows.ancestors())
    given = (lineage_of(each) for event in run.events(Escaped) for each in event.values)
    return any(each is not None and each.rows in whole for each in given)


def forgotten_scalings(run: AbstractRun) -> Iterator[tuple[NodePlace, str, Fit]]:
    """Where a model is judged by the other part of a split than it was trained on, and only one of
    them was scaled by what was learned from the training part: the place, what the part is called that
    was not, and what scales the other one."""
    told: set[object] = set()
    for trained, judged in _pairs(run):
        mine = _parts(trained, judged)
        if mine is None:
            continue
        if bool(trained.scalings) == bool(judged.scalings) or told:
            continue
        scaled, plain = (trained, judged) if trained.scalings else (judged, trained)
        fit = scaled.scalings[0]
        if _is_by_hand(fit) and (_is_reckoned_with(run, plain) or _is_handed_on(run, plain)):
            continue
        if fit.rows is mine or fit.rows.within(mine):
            told.add(judged.place.node)
            yield judged.place, name_of(plain.rows) or "the rows", fit


def _parts(trained: _Use, judged: _Use) -> RowSet | None:
    """The part that a model was trained on, if it is judged by the other part of the same data: of a
    split, or of a data set that comes in two parts."""
    mine, theirs = trained.drawn(), judged.drawn()
    if mine is not None and theirs is not None:
        return mine if mine is not theirs and mine.split is theirs.split else None
    mine, theirs = trained.read(), judged.read()
    if mine is None or theirs is None or mine.place is None or theirs.place is None:
        return None
    apart = theirs.are_for_test and not mine.are_for_test
    return mine if apart and mine.place.node is theirs.place.node else None


def _pairs(run: AbstractRun) -> Iterator[tuple[_Use, _Use]]:
    """The rows that a model was trained on with those that it is judged by."""
    for score in run.facts(Score):
        fitted, scored = score.fitted, score.scored
        if score.learns_labels():
            yield (
                _Use(fitted.place, fitted.rows, fitted.fits),
                _Use(scored.place, scored.rows, scored.fits),
            )
    trained = [
        use for each in run.facts(TrainingLoader) for use in _loaded(each.place, each.dataset)
    ]
    judged = [
        use
        for data in run.facts(HeldOutData)
        if data.dataset.place is not None and run.may_tell_of(data.dataset.place.source)
        for use in _loaded(data.dataset.place, data.dataset)
    ]
    yield from ((one, other) for one in trained for other in judged)
    yield from _passes(run)


def _loaded(place: NodePlace, dataset: object) -> Iterator[_Use]:
    lineage = lineage_of(dataset)  # type: ignore[arg-type]
    if lineage is not None:
        yield _Use(place, lineage.rows, lineage.fits)


def _passes(run: AbstractRun) -> Iterator[tuple[_Use, _Use]]:
    """The passes over whole arrays that train a model, and those that judge it."""
    passes = [each for each in run.events(ForwardRun) if not each.context.running]
    trained = [each for each in passes if each.context.gradients and trains(run, each)]
    for event in passes if trained else ():
        if event.context.gradients or not is_scored(run, event):
            continue
        for earlier in trained:
            if earlier.module is event.module:
                for one in _given(run, earlier):
                    yield from ((one, other) for other in _given(run, event))


def _given(run: AbstractRun, event: ForwardRun) -> Iterator[_Use]:
    lineage = lineage_of(next(iter(event.arguments.values()), None))
    if lineage is not None:
        yield _Use(told_at(run, event), lineage.rows, lineage.fits)
