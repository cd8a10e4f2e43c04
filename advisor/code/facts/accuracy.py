"""Accuracy where the classes are not equally large, and nothing else is measured."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    AmountDivided,
    ClassesWeighted,
    Event,
    Fitted,
    HitsCounted,
    LayerBuilt,
    LossComputed,
    MetricTaken,
    ModelCompiled,
    RowsSplit,
    SamplesPaired,
    Scored,
    StepLogged,
)
from advisor.code.facts.passes import sources_of
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.sides import Side, side_of
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.nodes import all_in
from advisor.code.sources import NodePlace, Source
from advisor.code.values import Object, Value, is_constant
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# Whatever tells the classes apart.
# Looking for words in a long text is much faster than a pattern.
_OTHER_METRICS = (
    *("f1", "fbeta", "f_beta", "fscore", "f_score", "precision", "recall", "_roc", "roc_", "auc"),
    *("confusion", "classification_report", "kappa", "matthews", "mcc", "balanced_acc", "sensitiv"),
    *("specific", "brier", "log_loss", "jaccard", "true_pos", "false_pos", "false_neg"),
    *("per_class", "class_acc", "by_class", "each class", "crosstab"),
)
_OTHER_METRICS_IN_SHORT = re.compile(
    r"\b(?:roc|iou|dice|gini|g_?mean|tp\b|fn\b|lift)|min\([^()]*val_loss"
)
_CROSS = ("cross_val_score", "cross_validate")
_BY_ACCURACY = re.compile(r"scoring=[\[(]?['\"]accuracy['\"],?[\])]?[,)]")
_COMPILED_WITH = re.compile(
    r"metrics=\[?(['\"](acc|accuracy|binary_accuracy|sparse_categorical_accuracy|categorical_accuracy)['\"]"
    r"|[\w.]*\b(Binary|Categorical|SparseCategorical)?Accuracy\()"
)
_RESAMPLES = re.compile(r"\.fit_(re)?sample\(")
_ALIKE = re.compile(r"\b(ones|full)(_like)?$")
# Estimators whose score is no accuracy: a share of variance, or a likelihood.
_OTHER_SCORE = re.compile(
    r"^sklearn\.(cluster|covariance|decomposition|mixture)\b|Regressor(CV)?$|SVR$|KernelDensity$"
    r"|\b(LinearRegression|Ridge|Lasso|LassoLars|ElasticNet|BayesianRidge)(CV)?$"
)
# A metric of torchmetrics that counts how many samples are right.
_METRIC = "torchmetrics.Accuracy"
_LOSS_OPTIONS = ("pos_weight", "weight")


@dataclass(frozen=True, eq=False, slots=True)
class AccuracyAlone(Fact):
    """A classifier is judged by its accuracy and nothing else, in a program that shows its classes to
    be of different size: `text` says by what."""

    event: Event
    because: NodePlace
    text: str

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The accuracy that judges in the end, of a program that computes one."""
        if holds_unit_tests(run):
            return
        reason = next(_reasons(run), None) or _reason_of_trainer(run)
        if reason is None:
            return
        taken = _judging(list(_accuracies(run)))
        if taken is None or _judges_even_classes(run, taken) or _is_for_callers(run, taken):
            return
        if not any(_measures_more(each) for each in sources_of(run)):
            yield cls(taken, *reason)

    def finding(self, message: str) -> Draft:
        """A finding where the accuracy is computed."""
        return Draft(
            self.event.place, message, ((self.because, "the classes differ in size here"),)
        )


def accuracies_beside_others(run: AbstractRun) -> Iterator[NodePlace]:
    """Where accuracy is computed in a run that measures something else as well."""
    accuracies = list(_accuracies(run))
    # The text is long, and there are many runs of it.
    if accuracies and any(map(_measures_more, sources_of(run))):
        yield from (event.place for event in accuracies)


def _reasons(run: AbstractRun) -> Iterator[tuple[NodePlace, str]]:
    for event in run.events(ClassesWeighted):
        yield event.place, event.text
    for built in run.events(LayerBuilt):
        if built.layer.path.endswith("Loss"):
            for name in _LOSS_OPTIONS:
                given = built.layer.arguments.keywords.get(name)
                if given is not None and not is_constant(given, None) and not _is_even(given):
                    yield built.place, name
    for loss in run.events(LossComputed):
        yield from _weights_of(loss)


def _weights_of(loss: LossComputed) -> Iterator[tuple[NodePlace, str]]:
    for name in _LOSS_OPTIONS:
        given = loss.options.keywords.get(name)
        if given is not None and not is_constant(given, None) and not _is_even(given):
            yield loss.place, name


def _reason_of_trainer(run: AbstractRun) -> tuple[NodePlace, str] | None:
    """What a trainer's loss is weighted by, of a module that takes its accuracy in the step that the
    trainer validates by: nobody else calls that, and the script does not show it."""
    if run.is_script or not run.before:
        return None
    owners = {_owner(each) for each in _accuracies(run)} - {None}
    if not owners:
        return None
    losses = [each for each in run.before if isinstance(each, LossComputed)]
    of_module = (each for each in losses if _owner(each) in owners)
    return next((reason for each in of_module for reason in _weights_of(each)), None)


_STEPS = frozenset({"training_step", "validation_step", "test_step"})


def _owner(event: Event) -> Value | None:
    """The class of the module that something happens in a step of."""
    steps = [each for each in event.context.functions if each.name in _STEPS]
    return steps[0].owner if steps else None


def _is_even(weights: Value) -> bool:
    """Whether all weights are the same number."""
    node = None if weights.place is None else weights.place.node
    return isinstance(node, cst.Call) and _ALIKE.search(code_of(node.func)) is not None


def _accuracies(run: AbstractRun) -> Iterator[Event]:
    kinds = (MetricTaken, HitsCounted, Scored, AmountDivided, ModelCompiled, RowsSplit, StepLogged)
    for event in run.events_among(*kinds):
        match event:
            case MetricTaken(name="accuracy_score" | "accuracy") | HitsCounted():
                yield event
            case StepLogged(value=Object(path=path)) if path == _METRIC:
                yield event
            case Scored(method="score", estimator=Object(path=path)):
                if _OTHER_SCORE.search(path) is None:
                    yield event
            case AmountDivided() if event.amount.kind == "matches":
                yield event
            case ModelCompiled() if _is_told_accuracy(event):
                yield event
            case RowsSplit() if event.operation in _CROSS and _scores_accuracy(event):
                yield event


def _is_told_accuracy(event: ModelCompiled) -> bool:
    node = event.place.node
    text = code_of(node) if isinstance(node, cst.Call) else ""
    return _COMPILED_WITH.search(text) is not None


def _scores_accuracy(event: RowsSplit) -> bool:
    text = code_of(event.place.node)
    return "scoring=" not in text or _BY_ACCURACY.search(text) is not None


def _judging(events: list[Event]) -> Event | None:
    """The accuracy by held-out rows, if it is known which that is; else the last one."""
    for event in events:
        given = getattr(event, "rows", ())
        rows = given if isinstance(given, tuple) else (given,)
        if any(side_of(each) is Side.HELD_OUT for each in rows):
            return event
    divided = [each for each in events if not isinstance(each, HitsCounted)]
    events = divided or events
    return events[-1] if events else None


def _is_for_callers(run: AbstractRun, accuracy: Event) -> bool:
    """Whether accuracy is watched during a training in a function that nothing in the file calls, and that
    gives something back: what it has trained is judged by those who call it."""
    functions = accuracy.context.functions
    if run.is_script or not functions or not isinstance(accuracy, ModelCompiled):
        return False
    return any(each.value is not None for each in all_in(functions[0].node, cst.Return))


def _judges_even_classes(run: AbstractRun, accuracy: Event) -> bool:
    """Whether the rows that are judged may have been resampled until their classes were equally large: for
    sure, or because nobody knows which rows the program has resampled."""
    given = getattr(accuracy, "rows", ())
    rows = given if isinstance(given, tuple) else (given,)
    if any(each.how == "resampled" for one in rows for each in one.history()):
        return True
    if not any(_RESAMPLES.search(each.text) for each in sources_of(run)):
        return False
    known = [each.rows for each in run.events(Fitted)]
    known += [each.samples for each in run.events(SamplesPaired)]
    return not any(each.how == "resampled" for one in known for each in one.history())


def _measures_more(source: Source) -> bool:
    text = source.text.lower()
    return any(map(text.__contains__, _OTHER_METRICS)) or (
        _OTHER_METRICS_IN_SHORT.search(text) is not None
    )
