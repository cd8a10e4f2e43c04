"""Models that are scored: by which rows, and on which rows they were fitted."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import (
    AmountDivided,
    DeviationMeasured,
    Escaped,
    Fitted,
    HitsCounted,
    LossComputed,
    MetricTaken,
    RowsSplit,
    Scored,
    SeedFixed,
)
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.sides import Side, name_of, side_of
from advisor.code.library.lineages.parts import Ends, ends_of_slice
from advisor.code.library.same_samples import same_samples
from advisor.code.library.sklearn_splits import WINNER
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number
from advisor.code.values import Object, RowSet, Value, known_number
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# What may learn from all rows: it predicts nothing of them that it was told, or is told of a part.
_TRANSDUCTIVE = ("semi_supervised", "cluster", "mixture", "manifold", "covariance", "dummy")
# What only models do, also those at the end of a pipeline.
_PREDICTS = re.compile(r"predict\w*|score|decision_function")
_RANDOM = frozenset({"train_test_split", "random_split"})
_LOWER = frozenset({"LessThan", "LessThanEqual"})


@dataclass(frozen=True, eq=False, slots=True)
class Score(Fact):
    """A fitted model predicts something for rows that it is judged by."""

    fitted: Fitted
    scored: Scored
    run: AbstractRun

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every score of a model whose last fit is certain."""
        last: dict[Value, Fitted] = {}
        for event in run.events_among(Fitted, Scored):
            if isinstance(event, Fitted):
                last[event.estimator] = event
            elif isinstance(event, Scored) and event.estimator in last:
                fitted = last[event.estimator]
                guards = fitted.context.guards
                if event.context.guards[: len(guards)] == guards:
                    yield cls(fitted, event, run)

    @property
    def place(self) -> NodePlace:
        """Where the model is scored."""
        return self.scored.place

    @property
    def name(self) -> str:
        """The rows that it is scored by, as the program calls them."""
        return name_of(self.scored.rows) or "the held-out rows"

    @property
    def is_of_search(self) -> bool:
        """Whether what is scored has searched for the best setting."""
        estimator = self.fitted.estimator
        if not isinstance(estimator, Object):
            return False
        return estimator.path.startswith("sklearn.search.") or WINNER in estimator.fields

    def is_of_training_rows(self) -> bool:
        """Whether just the rows that the model was fitted on give the score."""
        if self.scored.rows is not self.fitted.rows:
            return False
        return self.scored.method == "score" or self._is_the_only_metric()

    def _is_the_only_metric(self) -> bool:
        """Whether metrics are computed of predictions for these rows, and for no others."""
        metrics = [each for each in self.run.events(MetricTaken) if each.rows]
        rows = {metric.rows[-1] for metric in metrics}
        predicts = self.scored.method.startswith("predict")
        return predicts and rows == {self.fitted.rows}

    def is_the_only_kind(self) -> bool:
        """Whether no rows are divided in the program, and no model is scored by other rows."""
        divided = any(True for _ in self.run.events(RowsSplit))
        fitted = {event.rows for event in self.run.events(Fitted)}
        return not divided and all(event.rows in fitted for event in self.run.events(Scored))

    def learns_labels(self) -> bool:
        """Whether the model was fitted to predict labels, of all the rows that it was given."""
        path = self.fitted.estimator.path if isinstance(self.fitted.estimator, Object) else ""
        other = any(each in path for each in _TRANSDUCTIVE)
        predicts = self.fitted.kind == "model" or _PREDICTS.fullmatch(self.scored.method)
        return bool(predicts) and self.fitted.labelled and not other

    def judges(self) -> bool:
        """Whether it says how good the model is. Predictions of one that is fitted on all rows in the end are
        only looked at, where another fit was scored by these rows before, and nothing that is known to
        compare any comes behind them."""
        if not self.scored.method.startswith("predict"):
            return True
        kinds = (MetricTaken, HitsCounted, AmountDivided, DeviationMeasured, LossComputed, Escaped)
        if any(each.index > self.scored.index for each in self.run.events_among(*kinds)):
            return True
        before = (each for each in self.run.facts(Score) if each.scored.index < self.fitted.index)
        return not any(
            self.scored.rows.within(each.scored.rows) and not each.covers_held_out_rows()
            for each in before
        )

    def is_of_held_out_rows(self) -> bool:
        """Whether the rows are there to judge by."""
        return side_of(self.scored.rows) is Side.HELD_OUT

    def covers_held_out_rows(self) -> bool:
        """Whether the model was fitted on rows that the held-out ones are a part of."""
        fitted, scored = self._fitted_rows(), self.scored.rows
        if scored is fitted or not scored.surely_within(fitted) or fitted.within(scored):
            return False
        return side_of(fitted) is not Side.HELD_OUT

    def _fitted_rows(self) -> RowSet:
        rows = self.fitted.rows
        return rows.parent if rows.how == "resampled" and rows.parent is not None else rows

    def other_split(self) -> tuple[RowsSplit, RowsSplit] | None:
        """Two different random splits of the same rows: one gave the rows to fit on, the other one
        those to score by."""
        return other_split(self.run, self._fitted_rows(), self.scored.rows)

    def overlapping_parts(self) -> bool:
        """Whether both are parts of the same rows that have rows in common, for sure or by chance:
        slices, rows under a condition, or two random draws."""
        mine, theirs = self.fitted.rows, self.scored.rows
        if mine.parent is None or mine.parent is not theirs.parent or mine is theirs:
            return False
        return _overlap(mine, theirs)

    def finding(self, message: str, *related: tuple[NodePlace | None, str]) -> Draft:
        """A finding where the model is scored, with the fit beside it."""
        known = tuple((place, text) for place, text in related if place is not None)
        return Draft(self.place, message, ((self.fitted.place, "fitted here"), *known))


def other_split(
    run: AbstractRun, fitted: RowSet, scored: RowSet
) -> tuple[RowsSplit, RowsSplit] | None:
    """Two different random splits of the same rows that two sets come from, one from each."""
    for mine in _drawn(fitted):
        for theirs in _drawn(scored):
            first, second = mine.split, theirs.split
            if first is None or second is None or first is second:
                continue
            if mine.parent is theirs.parent and _come_out_differently(run, first, second):
                return first, second
    return None


def split_of_another_reading(
    run: AbstractRun, fitted: RowSet, scored: RowSet
) -> tuple[RowsSplit, RowsSplit] | None:
    """The same, of samples that are read twice, say with another transform: one reading is divided for
    the rows to fit on, the other one for those to score by."""
    for mine in _drawn(fitted):
        for theirs in _drawn(scored):
            first, second = mine.split, theirs.split
            if first is None or second is None or first is second or mine.how == theirs.how:
                continue
            if len(first.data) != 1 or len(second.data) != 1:
                continue
            one, other = first.data[0], second.data[0]
            if one is other or not same_samples(one, other):
                continue
            if _are_drawn_apart(run, first, second):
                return first, second
    return None


def _drawn(rows: RowSet) -> Iterator[RowSet]:
    """The parts of splits that rows come from."""
    for each in rows.ancestors():
        if each.split is not None and each.how in {"train", "test"}:
            yield each


def _come_out_differently(run: AbstractRun, first: RowsSplit, second: RowsSplit) -> bool:
    """Whether two splits are random, and nothing makes them come out the same."""
    return first.place.node is not second.place.node and _are_drawn_apart(run, first, second)


def _are_drawn_apart(run: AbstractRun, first: RowsSplit, second: RowsSplit) -> bool:
    if first.operation != second.operation or first.operation not in _RANDOM:
        return False
    if first.seed is None or second.seed is None:
        fixed = any(first.index < each.index < second.index for each in run.events(SeedFixed))
        return first.seed is second.seed and not fixed
    ours, others = known_number(first.seed), known_number(second.seed)
    if ours is None or others is None or ours.integer is None or others.integer is None:
        return False
    return ours != others


def _overlap(mine: RowSet, theirs: RowSet) -> bool:
    parent = mine.parent
    assert parent is not None
    keys = {rows: key for key, rows in parent.parts.items()}
    first, second = keys.get(mine), keys.get(theirs)
    if not isinstance(first, tuple) or not isinstance(second, tuple) or first[0] != second[0]:
        return False
    match first[0]:
        case "slice":
            return _slices_overlap(ends_of_slice(first), ends_of_slice(second))
        case "sample":
            return True
        case "mask":
            return _masks_overlap(first[1], second[1])
    return False


def _slices_overlap(first: Ends | None, second: Ends | None) -> bool:
    if first is None or second is None:
        return False
    (start, stop), (other_start, other_stop) = first, second
    return start < other_stop and other_start < stop


def _masks_overlap(first: object, second: object) -> bool:
    """Whether one of two conditions on a column is the other one with another limit."""
    ours, others = _condition(first), _condition(second)
    return ours is not None and others is not None and ours == others


def _condition(key: object) -> tuple[bool, object] | None:
    """Whether a condition bounds a column from below, and which column that is."""
    inverted = isinstance(key, tuple) and len(key) == 2 and key[0] == "not"
    if inverted and isinstance(key, tuple):
        key = key[1]
    if not isinstance(key, tuple) or len(key) != 3 or key[0] not in _LOWER:
        return None
    if not isinstance(key[2], Number) or key[2].constant is None:
        return None
    return inverted, key[1]
