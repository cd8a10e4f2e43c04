"""Splits of samples into rows to learn from and rows to judge by."""

import re
from collections.abc import Iterable, Iterator
from itertools import permutations, takewhile
from typing import Self

import libcst as cst

from advisor.code.events import (
    Context,
    DataGiven,
    Escaped,
    Event,
    FitApplied,
    Fitted,
    ForwardRun,
    GapsFilled,
    HitsCounted,
    LabelsLearned,
    LoaderBuilt,
    LossComputed,
    MetricTaken,
    NeighboursUsed,
    Predicted,
    RowsSplit,
    Scored,
    SinglesSought,
)
from advisor.code.facts.fits import draws, is_of_own_groups
from advisor.code.facts.handed_over import calls_in_common
from advisor.code.facts.random_orders import follows_random_order
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.sides import Side, side_of
from advisor.code.facts.unit_tests import is_unit_test
from advisor.code.facts.unused_parts import keeps_one_side
from advisor.code.library.lineages import all_of
from advisor.code.sources import NodePlace
from advisor.code.values import (
    DISTINCT,
    GROUP,
    Fit,
    Layer,
    Object,
    RowSet,
    Value,
    known_text,
    lineage_of,
    rows_of,
    same,
)

# Methods that judge; what a model predicts may be what nobody knows yet.
_JUDGES = frozenset(["score", "evaluate"])
# What programs call the parts of a split that was made by slices or masks.
_TRAINING = re.compile(r"train|(^|_)tr(_|$)|(^|_)(fit|learn)", re.IGNORECASE)
# Names that are given to rows when others have been set aside, unlike that of a file of them.
_SET_APART = re.compile(r"^x_?tr", re.IGNORECASE)
_HELD_OUT = re.compile(r"test|valid|(^|_)va?l?(_|\d|$)|(^|_)te(_|$)|dev|eval|hold", re.IGNORECASE)
# Rows without labels are what a model is asked about, not what it is judged by.
_UNLABELLED = re.compile(r"\.(isnull|isna|notnull|notna)\(")
# Operations that divide rows inside of a training, and those that score a model.
_TUNING = ("validation_split", "CV.fit")
_SCORING = ("cross_val_score", "cross_val_predict", "cross_validate", "_curve")


class Split(Fact):
    """Rows are divided into a part to train on and a part that must not be known before."""

    def __init__(self, event: RowsSplit, run: AbstractRun) -> None:
        self.event = event
        self.run = run

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The splits of a run. Slices and masks count when their results are called so, or used so;
        toys of unit tests are left out. Two files that were put together to be cleaned alike are only
        taken apart again, unless a model is judged by one of them: what is asked in a competition
        is there to be known."""
        splits = list(run.events(RowsSplit))
        if not splits or is_unit_test(run):
            return
        for event in splits:
            if event.leaves_out and any(each.split is not event for each in event.parts):
                continue  # of a division that leaves nothing out, or less
            parts = _all_parts(event) if event.by_hand else ()
            called_so = _called_so(parts) and not _takes_apart(event)
            if not event.by_hand or called_so or _used_so(run, parts):
                yield cls(event, run)

    @property
    def is_random(self) -> bool:
        """Whether neighbouring rows come on different sides."""
        return self.event.is_random or follows_random_order(self.event, self.run)

    def rows_with_neighbours(self) -> NeighboursUsed | None:
        """What tells that the order of the rows means something: they got something of rows before
        or behind them, and are still the rows of one series. That they are sorted tells less."""
        found = list(filter(self._tells_of_order, self.run.events(NeighboursUsed)))
        return next((each for each in found if not each.only_sorted), found[0] if found else None)

    @property
    def is_learned_from(self) -> bool:
        """Whether a model may learn from one of the parts: nobody knows what models learn from, or it is
        among these. A division that is only made to look at leaks nothing."""
        if self.operation.endswith((*_TUNING, *_SCORING)):
            return True
        learned = self.run.once(_rows_learned)
        parts = set(_all_parts(self.event))
        return not learned or not parts or any(parts & set(rows.history()) for rows in learned)

    @property
    def keeps_one_side(self) -> bool:
        """Whether nothing becomes of the other side, so that nothing is held out."""
        return keeps_one_side(self.event, self.run)

    @property
    def is_compared(self) -> bool:
        """Whether the same code has models learn from another division of the rows that does keep together
        what belongs together: then both are there to be compared."""
        others = [each for each in self.run.events(RowsSplit) if each is not self.event]
        others = [each for each in others if each.grouped or not each.is_random]
        if any(each.place.node is self.event.place.node for each in others):
            return True
        own, apart = set(_all_parts(self.event)), set[RowSet]()
        for each in others:
            apart.update(() if each.by_hand else _all_parts(each))
        apart = {each for each in apart if not any(each.within(part) for part in own)}
        fitted = list(self.run.events(Fitted)) if apart else []
        places = {id(each.place.node) for each in fitted if each.rows in own}
        return any(each.rows in apart and id(each.place.node) in places for each in fitted)

    def _tells_of_order(self, event: NeighboursUsed) -> bool:
        if event.column and event.column in _labels_learned(self.run):
            return False  # classes, whatever they are called
        for lineage in self.event.lineages:
            early = event.always or event.grouped or event.index < self.event.index
            if early and event.rows in _same_kind(lineage.rows):
                return not (event.grouped and self._leaves_singles(event.rows, lineage.rows))
        # Counted in a part.
        return event.grouped and any(each.split is self.event for each in _same_kind(event.rows))

    def _leaves_singles(self, grouped: RowSet, divided: RowSet) -> bool:
        """Whether it was asked which persons or things have a single row, and rows were chosen by what they
        hold since: those of a person of their own, for all that is known."""
        if not any(
            each.rows is grouped and each.index < self.event.index
            for each in self.run.events(SinglesSought)
        ):
            return False
        chosen = takewhile(lambda each: each is not grouped, divided.ancestors())
        return any(map(_is_chosen, chosen))

    @property
    def operation(self) -> str:
        """The call or expression that divides the rows."""
        return self.event.operation

    @property
    def place(self) -> NodePlace:
        """Where the rows are divided."""
        return self.event.place

    @property
    def keeps_groups_together(self) -> bool:
        """Whether rows that belong together stay together, copies of a sample for instance."""
        return self.event.grouped

    def tunes_behind(self, fit: Fit) -> bool:
        """Whether the rows of a fit had been set apart for training, and are divided only to choose
        a model: the rows that judge it in the end are elsewhere."""
        rows = list(fit.rows.ancestors())
        names = [name for each in rows for name in each.names]
        set_apart = any(each.split is not None for each in rows)
        if self.operation.endswith(_TUNING):
            return set_apart or any(map(_TRAINING.search, names))
        set_apart = set_apart or any(map(_SET_APART.search, names))
        return set_apart and self.operation.endswith(_SCORING)

    def fits_on_both_sides(self) -> Iterator[Fit]:
        """What was fitted on the rows of both sides, and went into the rows that are divided: each
        estimator once, and statistics taken by hand once. Those of labels alone count where they
        stand for labels that are missing: else they shift or stretch the target and tell nothing of it.
        """
        seen: set[object] = set()
        for lineage in self.event.lineages:
            for fit in lineage.fits:
                by_hand = fit.kind == "statistic"
                identity = "statistic" if by_hand else fit.estimator
                if identity in seen or not lineage.rows.within(fit.rows):
                    continue
                if by_hand and lineage in self.event.labels and not self._stands_for_gaps(fit):
                    continue
                if _is_by_column(fit) and not self._is_of_labels(fit):
                    continue
                if self._judges_elsewhere(fit) or self._is_of_training_part(fit):
                    continue
                if self._is_of_last_training(fit):
                    continue
                if fit.rows.how == GROUP and not self._mixes_groups(fit):
                    continue
                if self.event.grouped and is_of_own_groups(fit):
                    continue  # no group has rows on both sides
                if self.keeps_one_side:
                    return
                seen.add(identity)
                yield fit

    def _stands_for_gaps(self, fit: Fit) -> bool:
        """Whether a statistic was put where values were missing."""
        return any(each.fit is fit for each in self.run.events(GapsFilled))

    def _judges_elsewhere(self, fit: Fit) -> bool:
        """Whether the rows of a fit had been set apart for training, models are scored by others, and
        none by what is held out of them here."""
        halves = [each for each in fit.rows.ancestors() if each.split is not None]
        if not any(each.how == "train" for each in halves):
            return False
        held_out = [each for each in _all_parts(self.event) if each.how == "test"]
        scored = [each.rows for each in self.run.events(Scored)]
        asked = [each.rows for each in self.run.events(Predicted)]
        judged = [*self.run.once(_rows_judging), *scored, *asked]
        if not held_out or any(rows.within(part) for rows in judged for part in held_out):
            return False
        return any(not rows.within(fit.rows) for rows in scored)

    def _is_of_training_part(self, fit: Fit) -> bool:
        """Whether what was learned from these rows is applied to others, and a model is judged by those
        in the end: what is divided here are rows to train on, some of them to choose by. Labels may not
        be learned from even then."""
        if fit.uses_labels:
            return False
        others = {
            each.rows
            for each in self.run.events(FitApplied)
            if _is_same_fit(each.fit, fit) and not each.rows.within(fit.rows)
        }
        judged = self.run.once(_rows_judging) if others else []
        if any(rows.within(other) for rows in judged for other in others):
            return True
        own = {each.split for each in fit.rows.ancestors() if each.split is not None}
        learned = side_of(fit.rows) is Side.TRAINING
        apart = [
            rows
            for rows in others
            if any(each.split in own for each in rows.ancestors())
            or (learned and side_of(rows) is Side.HELD_OUT)
            or rows.parent is fit.rows.parent is not None
        ]
        whole = fit.rows.parent if fit.rows.parent in others else None
        used = self.run.once(_rows_asked_about) if apart or whole else []
        return any(rows.within(other) for rows in used for other in apart) or any(
            each.parent is whole is not None and not rows.within(fit.rows)
            for rows in used
            for each in rows.ancestors()
        )

    def _is_of_last_training(self, fit: Fit) -> bool:
        """Whether the same transformer had learned from a part to train on before, and nothing is judged
        from when it learned from all rows on: what is trained then is there for what nobody knows yet."""
        fitted = [each for each in self.run.events(Fitted) if each.estimator is fit.estimator]
        again = [each for each in fitted if each.rows is fit.rows]
        before = any(
            each.index < again[0].index and _is_part_of(each.rows, fit.rows)
            for each in (fitted if again else ())
        )
        return before and not any(
            each.index > again[0].index for each in self.run.once(_judging_events)
        )

    def _mixes_groups(self, fit: Fit) -> bool:
        """Whether rows of each group come on both sides, where each group has a transformer of its own:
        of one that is held out as a whole all may be known. What is taken by hand of a group describes
        it."""
        return self.is_random and not self.event.grouped and fit.kind != "statistic"

    def _is_of_labels(self, fit: Fit) -> bool:
        """Whether the statistics of groups are of the column that is to be predicted."""
        name = fit.estimator.fields.get(("name",)) if isinstance(fit.estimator, Object) else None
        if not isinstance(name, Value):
            return False
        learned = (each for each in _columns_learned(self.run) if each == known_text(name))
        return any(learned) or any(same(name, each) for each in self.event.targets)

    def fits_applied_later(self) -> Iterator[Fit]:
        """What was fitted on the rows of both sides, and is applied to one side afterwards; two or
        three components are for pictures."""
        for fit in (*self.event.applied, *self._layers_adapted()):
            if self.keeps_one_side:
                return
            if draws(fit) or self._is_of_last_training(fit) or self._is_of_training_part(fit):
                continue
            yield fit

    def _layers_adapted(self) -> Iterator[Fit]:
        """The layers of Keras that have learned from both sides, which no one but a model applies."""
        for event in self.run.events(Fitted):
            layer = event.estimator
            fit = layer.fields.get("fit") if isinstance(layer, Layer) else None
            if not isinstance(fit, Fit) or self.tunes_behind(fit):
                continue
            if any(each.rows.within(fit.rows) for each in self.event.lineages):
                yield fit

    def resamplings(self) -> Iterator[RowSet]:
        """The resampled sets that the divided rows come from. Of rows that had been set apart to train on
        some may be left out: no copy of a row gets to the other side, and what judges in the end is
        elsewhere."""
        for rows in self._earlier("resampled"):
            apart = any(each.split is not None and each.how == "train" for each in rows.ancestors())
            if not (rows.are_thinned and apart):
                yield rows

    def duplications(self) -> Iterator[RowSet]:
        """The sets with several copies of a sample that the divided rows come from. Samples and
        their labels are copied alike: what is said of the samples is not repeated of the labels."""
        return self._earlier("duplicated")

    def _earlier(self, how: str) -> Iterator[RowSet]:
        if self.event.by_hand and _UNLABELLED.search(self.event.operation):
            return  # copies are made of rows with labels, and those are all on one side
        for lineage in self.event.lineages:
            found = [rows for rows in lineage.rows.history() if rows.how == how]
            if found:
                yield from () if self.keeps_one_side else found
                return


def _is_chosen(rows: RowSet) -> bool:
    """Whether rows are a part of others, but no slice of them."""
    if rows.how != "part" or rows.parent is None:
        return False
    keys = [key for key, part in rows.parent.parts.items() if part is rows]
    return not any(isinstance(key, tuple) and key[:1] in {("slice",), ("step",)} for key in keys)


def _is_same_fit(one: Fit, other: Fit) -> bool:
    """Whether the same was learned at one place: what is taken by hand is noted for each use of it."""
    return one is other or (one.place.node is other.place.node and one.rows is other.rows)


def _is_by_column(fit: Fit) -> bool:
    """Whether what was learned depends on one column, which may be the one to be predicted."""
    path = fit.estimator.path if isinstance(fit.estimator, Object) else ""
    return fit.kind == "group statistic" or path == "pandas.correlation"


def _same_kind(rows: RowSet) -> Iterator[RowSet]:
    """What rows were drawn from, as long as these are no statistics of groups and no distinct values."""
    for each in rows.ancestors():
        if each.is_statistic or each.how == DISTINCT:
            return
        yield each
        for source in each.collected or (each.sources if each.how == "either" else ()):
            yield from _same_kind(source)


def _columns_learned(run: AbstractRun) -> Iterator[str]:
    """The names of the columns that models of the run learn to predict."""
    for fitted in run.events(Fitted):
        if fitted.labels is not None and fitted.labels.single is not None:
            yield fitted.labels.single
    for loss in run.events(LossComputed):
        lineage = lineage_of(loss.target)
        if lineage is not None and lineage.columns is not None and lineage.columns.single:
            yield lineage.columns.single


def _labels_learned(run: AbstractRun) -> set[str]:
    """The same, and those that models are only given together with what they look at."""
    told = (each.labels.single for each in run.events(LabelsLearned))
    return {*_columns_learned(run), *(each for each in told if each is not None)}


def _takes_apart(event: RowsSplit) -> bool:
    """Whether the rows that are divided had been put together before."""
    return any(each.rows.how == "joined" for each in event.lineages)


def _all_parts(event: RowsSplit) -> tuple[RowSet, ...]:
    """The parts, and what was taken by them where they are indices."""
    found = list(event.parts)
    for lineage in event.lineages:
        for part in event.parts:
            taken = lineage.rows.parts.get(("index", part))
            if taken is not None:
                found.append(taken)
    return tuple(found)


def _called_so(parts: tuple[RowSet, ...]) -> bool:
    """Whether parts are called a training and a held-out one, or what was made of all the rows of each
    is, windows for instance."""
    training = any(_TRAINING.search(name) for part in parts for name in part.names)
    held_out = any(_HELD_OUT.search(name) for part in parts for name in part.names)
    if training and held_out:
        return True
    made = [_sides_of_what_is_made_of(part) for part in parts]
    return {Side.TRAINING} in made and {Side.HELD_OUT} in made


def _sides_of_what_is_made_of(part: RowSet) -> set[Side]:
    """What the samples that are collected from a part are said to be for."""
    names = [name for each in part.parts.values() if each.how == "collected" for name in each.names]
    patterns = {Side.TRAINING: _TRAINING, Side.HELD_OUT: _HELD_OUT}
    return {side for side, pattern in patterns.items() if any(map(pattern.search, names))}


def _used_so(run: AbstractRun, parts: tuple[RowSet, ...]) -> bool:
    """Whether a model learns from one part, and is judged by another one."""
    if len(parts) < 2:
        return False
    trained, judged = run.once(_rows_learned), run.once(_rows_judging)
    return any(
        any(rows.within(part) for rows in trained) and any(rows.within(other) for rows in judged)
        for part, other in permutations(parts, 2)
        if not part.within(other) and not other.within(part)
    )


def _rows_learned(run: AbstractRun) -> list[RowSet]:
    """The rows that models learn from."""
    given = (rows_of(each.data) for each in run.events(DataGiven) if each.use == "training")
    fitted = (each.rows for each in run.events(Fitted) if each.labelled)
    return [*(rows for rows in given if rows is not None), *fitted]


def _rows_judging(run: AbstractRun) -> list[RowSet]:
    """The rows that models are judged by."""
    given = (rows_of(each.data) for each in run.events(DataGiven) if each.use != "training")
    found = [rows for rows in given if rows is not None]
    found += [each.rows for each in run.events(Scored) if each.method in _JUDGES]
    return [*found, *(rows for each in run.events(MetricTaken) for rows in each.rows)]


def _is_part_of(rows: RowSet, whole: RowSet) -> bool:
    return rows is not whole and rows.within(whole)


def _judging_events(run: AbstractRun) -> list[Event]:
    """What happens where a model is judged, by whatever rows."""
    kinds = (MetricTaken, HitsCounted, Scored, DataGiven, LossComputed)
    return [each for each in run.events_among(*kinds) if _judges(each)]


def _judges(event: Event) -> bool:
    match event:
        case Scored():
            return event.method in _JUDGES
        case DataGiven():
            return event.use != "training"
        case LossComputed():
            return event.context.gradients is False
    return True


def _rows_asked_about(run: AbstractRun) -> list[RowSet]:
    """The rows that models predict something for, or that loaders give, or that something is given of
    which nobody knows whether it is a model."""
    asked = [each.rows for each in run.events(Scored)]
    asked += [each.rows for each in run.events(Predicted)]
    for each in run.events(ForwardRun):
        if each.context.gradients is False and not each.context.running:
            asked.extend(filter(None, map(rows_of, each.arguments.positional)))
    loaded = [each.loader.fields.get("dataset") for each in run.events(LoaderBuilt)]
    given = [value for each in run.events(Escaped) for value in each.values]
    held = [all_of(each) for each in (*loaded, *given) if isinstance(each, Value)]
    return [*asked, *(lineage.rows for parts in held for lineage in parts)]


def handed_over_at(rows: RowSet, split: Split) -> NodePlace | None:
    """Where samples are given to the function that makes copies of them, if the function that
    divides them does that: one may well want copies, but not there. None when the copies are made
    where the samples are divided, where they are read, or by a data set of what it is given."""
    if rows.context is None:
        return None
    depth = calls_in_common(rows.context, split.event.context)
    if depth >= len(rows.context.calls) or rows.context.functions[depth].name == "__init__":
        return None
    return _handing_over(rows.context.calls[depth], (rows.parent, *rows.sources), split)


def learned_at(fit: Fit, split: Split) -> NodePlace | None:
    """Where samples are given to the function that learns from them, if what it has learned is
    applied elsewhere: it is right to learn like that, but not from all rows. None when both is done
    at one place."""
    context = fit.context
    if context is None:
        return None
    used = fit.used or ([split.event.context] if fit.kind == "selection" else [])
    if context.functions and context.functions[-1].name.startswith("fit"):
        # A method that fits may apply what it fits on the way to the next step.
        size = len(context.calls)
        used = [each for each in used if each.calls[:size] != context.calls] or used
    if not used:
        return None
    depth = max(calls_in_common(context, each) for each in used)
    if depth >= len(context.calls):
        return None
    while depth and _is_of_one_class(context, depth):
        depth -= 1
    return _handing_over(context.calls[depth], (fit.rows,), split)


def _is_of_one_class(context: Context, depth: int) -> bool:
    """Whether a method that fits is called by another one of its class: `fit` by `fit_transform`."""
    inner, outer = context.functions[depth], context.functions[depth - 1]
    own = inner.owner is not None and inner.owner is outer.owner
    return own and outer.name.startswith("fit")


def _handing_over(
    call: NodePlace, given: tuple[RowSet | None, ...], split: Split
) -> NodePlace | None:
    """A call, if it is given some of these samples by a name that they have."""
    node = call.node
    if not isinstance(node, cst.Call) or not split.run.may_tell_of(call.source):
        return None
    written = " ".join(code_of(each.value) for each in node.args)
    histories = [each.history() for each in given if each is not None]
    called = {name for history in histories for rows in history for name in rows.names}
    return call if called & set(re.findall(r"\w+", written)) else None


def fits_of_training_rows(run: AbstractRun) -> Iterator[NodePlace]:
    """Where something learns from rows that had been set apart for training, before they are divided to
    choose a model."""
    for split in run.facts(Split):
        for fit in (each for lineage in split.event.lineages for each in lineage.fits):
            if split.tunes_behind(fit) and not fit.uses_labels:
                yield fit.place


def operation_at(place: NodePlace) -> str:
    """The function or method that is called at a place, as written."""
    function = getattr(place.node, "func", place.node)
    return code_of(function)
