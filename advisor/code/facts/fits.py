"""Transformers that were fitted, and the rows that they are applied to."""

import re
from collections.abc import Iterable
from typing import Self

import libcst as cst

from advisor.code.events import (
    DataGiven,
    DeviationMeasured,
    Escaped,
    Event,
    FitApplied,
    Fitted,
    ForwardRun,
    LoaderBuilt,
    LossComputed,
    MetricTaken,
    Predicted,
    Scored,
)
from advisor.code.facts.handed_over import calls_in_common
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.sides import Side, name_of, shortest, side_of, side_of_names
from advisor.code.library.dataset_samples import rows_by_number
from advisor.code.nodes import holds
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import Fit, Instance, Library, Object, RowSet, known_number, names_of
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# Words of functions that show data to somebody.
_SHOWS = frozenset(
    ["plot", "plots", "plotting", "draw", "show", "display", "figure", "scatter"]
    + ["visualize", "visualise", "visualization", "visualisation"]
)
# Words of functions that measure how good predictions are, and what writes classes for curves of each.
_MEASURES = frozenset(
    ["result", "results", "metric", "metrics", "score", "scores", "roc", "auc", "report", "measure"]
)
_OF_CLASSES = frozenset(["OneHotEncoder", "LabelBinarizer"])
_PREDICTIONS = frozenset(
    ["pred", "preds", "prediction", "predictions", "predicted", "proba", "probas", "logits"]
)


@dataclass(frozen=True, eq=False, slots=True)
class FittedTransform(Fact):
    """A transformer that was fitted, and everything that it is applied to. `others` are those of
    its class in the same run."""

    fit: Fit
    applied_to: tuple[RowSet, ...]
    others: tuple[Fit, ...]
    run: AbstractRun

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The transformers of a run whose results are used; each place once."""
        found: dict[Fit, list[RowSet]] = {}
        measured = run.once(_deviations)
        over = run.once(_models_are_over)
        for event in run.events(FitApplied):
            by_hand = event.fit.kind == "statistic"
            if event.fit not in measured and (by_hand or over is None or event.index < over):
                found.setdefault(event.fit, []).append(event.rows)
        for fit, rows in found.items():
            others = tuple(each for each in found if each is not fit and _alike(each, fit))
            yield cls(fit, tuple(rows), others, run)

    @property
    def name(self) -> str:
        """The rows that it was fitted on, as the program calls them: where it is fitted, if they have a
        name there, as the labels beside the samples do."""
        node = self.fit.place.node
        given = node.args[0].value if isinstance(node, cst.Call) and node.args else None
        if isinstance(given, cst.Name) and side_of_names({given.value}) is Side.HELD_OUT:
            return given.value
        if self.fit.kind == "statistic":
            # Rows and their labels have several names, of which one stands in what is taken of them.
            said: list[str] = re.findall(r"\w+", self.fit.text)
            for each in said:
                if side_of_names({each}) is Side.HELD_OUT:
                    return each
        own = name_of(self.fit.rows) if side_of(self.fit.rows) is not None else None
        called = self.run.once(_given_by).get(self.fit.rows, set())
        return own or shortest(called, Side.HELD_OUT) or "the held-out rows"

    def _side(self, rows: RowSet) -> Side | None:
        """The side that rows stand on, be it by what the data set is called that gives them."""
        return side_of(rows) or side_of_names(self.run.once(_given_by).get(rows, set()))

    @property
    def learns_from_held_out_rows(self) -> bool:
        """Whether it was fitted on rows that a model is judged by, and on no others; two or three
        components are for pictures."""
        if self._side(self.fit.rows) is not Side.HELD_OUT or draws(self.fit):
            return False
        if is_of_own_groups(self.fit) or _is_for_a_curve_of_each_class(self.fit):
            return False
        return not _is_said_to_train(self.fit) and not _are_predictions(self.fit.rows)

    def is_applied_to_training_rows(self) -> bool:
        """Whether it is applied to rows that a model learns from."""
        return any(side_of(rows) is Side.TRAINING for rows in self.applied_to)

    def of_training_rows(self) -> Fit | None:
        """The transformer of the same class that was fitted on training rows; of several the one that
        was fitted in the same call of the function around."""
        of_training = [other for other in self.others if self._is_of_training_rows(other)]
        return max(of_training, key=self._calls_in_common, default=None)

    def may_be_left_out_beside(self, other: Fit) -> bool:
        """Whether it is fitted under a condition that is open, while what was fitted on training rows is, the
        other way, applied to its rows: `if not scaler` in a function that is handed the scaler then."""
        if self.fit.context is None or other.context is None or not self.fit.context.guards:
            return False
        kept = {id(guard.node) for guard in other.context.guards}
        functions = self.fit.context.functions
        inside = (
            guard
            for guard in self.fit.context.guards
            if functions and holds(functions[-1].node, guard.node)
        )
        known = any(id(guard.node) not in kept for guard in inside)
        if known and other.place.node is self.fit.place.node:
            return True
        return any(
            _alike(event.fit, self.fit)
            and self._is_of_training_rows(event.fit)
            and event.rows.within(self.fit.rows)
            for event in self.run.events(FitApplied)
            if event.fit is not self.fit
        )

    def _is_of_training_rows(self, other: Fit) -> bool:
        side = self._side(other.rows)
        same = other.estimator is self.fit.estimator
        return side is Side.TRAINING or (same and side is None and self._is_apart(other))

    def _calls_in_common(self, other: Fit) -> int:
        """How many of the calls that led to the two fits are the same."""
        if self.fit.context is None or other.context is None:
            return 0
        return calls_in_common(self.fit.context, other.context)

    def _is_apart(self, other: Fit) -> bool:
        return not (self.fit.rows.within(other.rows) or other.rows.within(self.fit.rows))

    def finding(self, message: str, other: Fit | None = None) -> Draft:
        """A finding where it is fitted, with the fit on training rows beside it; where one function
        fits on both, where it is called."""
        if other is None:
            return Draft(self.fit.place, message)
        if other.place.node is self.fit.place.node:
            call = self._called_apart(other)
            if call is None or not self.run.may_tell_of(call.source):
                return Draft(self.fit.place, message)
            return Draft(call, message, ((self.fit.place, "it is fitted here"),))
        beside = (other.place, "fitted on the training rows here")
        return Draft(self.fit.place, message, (beside,))

    def _called_apart(self, other: Fit) -> NodePlace | None:
        """The call that leads to this fit, and another one to the other."""
        if self.fit.context is None or other.context is None:
            return None
        own, others = self.fit.context.calls, other.context.calls
        depth = calls_in_common(self.fit.context, other.context)
        return own[depth] if depth < min(len(own), len(others)) else None


def _deviations(run: AbstractRun) -> set[Fit]:
    """The statistics that were taken away from rows only to measure how far these are from them."""
    return {event.fit for event in run.events(DeviationMeasured)}


def _models_are_over(run: AbstractRun) -> int | None:
    """From when on no model of a program learns or is asked about anything: what is fitted then is for a
    picture. None where no model is known, which may be elsewhere."""
    kinds = (Fitted, Scored, Predicted, ForwardRun, DataGiven, MetricTaken, LossComputed, Escaped)
    of_models = [each for each in run.events_among(*kinds) if _is_of_model(each)]
    known = any(not isinstance(each, Escaped) for each in of_models)
    return of_models[-1].index if known and run.is_script else None


def _is_of_model(event: Event) -> bool:
    """Whether something happens with a model, or with something unknown that may be one."""
    return not isinstance(event, Fitted) or event.kind == "model"


def _given_by(run: AbstractRun) -> dict[RowSet, set[str]]:
    """What the data sets of the project are called that give rows one by one."""
    found: dict[RowSet, set[str]] = {}
    for event in run.events(LoaderBuilt):
        dataset = event.loader.fields.get("dataset")
        rows = rows_by_number(dataset) if isinstance(dataset, Instance) else None
        if rows is not None:
            found.setdefault(rows, set()).update(names_of(dataset))
    return found


def _alike(first: Fit, second: Fit) -> bool:
    """Whether two fits are of the same kind of transformer."""
    return _path(first) == _path(second)


def _path(fit: Fit) -> str | None:
    estimator = fit.estimator
    return estimator.path if isinstance(estimator, (Object, Library)) else None


def _are_predictions(rows: RowSet) -> bool:
    """Whether rows are never called anything but what a model says of others: to bring the predictions
    of several models to one scale is not to learn from what they are made of."""
    held_out = [name for name in rows.names if side_of_names({name}) is Side.HELD_OUT]
    return bool(held_out) and all(words(name) & _PREDICTIONS for name in held_out)


def is_of_own_groups(fit: Fit) -> bool:
    """Whether a statistic was taken for each row of the group that it belongs to, as `transform` does of
    groups of a table: a family or a visit has nothing that was learned from others."""
    node = fit.place.node
    called = node.func if isinstance(node, cst.Call) else None
    named = isinstance(called, cst.Attribute) and called.attr.value == "transform"
    return named and fit.kind == "statistic"


def _is_said_to_train(fit: Fit) -> bool:
    """Whether the code that fits calls its rows those of a training: rows that one function learns
    from may go by another name elsewhere, and be held out there."""
    node = fit.place.node
    if not isinstance(node, cst.Call):
        return False
    written = code_of(node.args[0] if node.args else node.func)
    return side_of_names(set(re.findall(r"[^\W\d]\w*", written))) is Side.TRAINING


def _is_for_a_curve_of_each_class(fit: Fit) -> bool:
    """Whether classes are written in columns by a function that measures something: each class has a
    curve of its own, and no model sees the columns."""
    functions = () if fit.context is None else fit.context.functions
    path = _path(fit) or ""
    measures = bool(functions) and not _MEASURES.isdisjoint(words(functions[-1].name))
    return measures and path.rsplit(".", 1)[-1] in _OF_CLASSES


def draws(fit: Fit) -> bool:
    """Whether a decomposition leaves two or three components, as many as a picture shows, or is fitted by
    a function that is there to show something."""
    if not isinstance(fit.estimator, Object):
        return False
    functions = () if fit.context is None else fit.context.functions
    if fit.kind == "decomposition" and functions and words(functions[-1].name) & _SHOWS:
        return True
    components = known_number(fit.estimator.argument(0, "n_components"))
    return components is not None and components.integer in {2, 3}
