"""Programs that judge a model by nothing but the rows that it was fitted on."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    DataGiven,
    Escaped,
    Event,
    Fitted,
    ForwardRun,
    HitsCounted,
    LoaderBuilt,
    Loop,
    MetricTaken,
    Predicted,
    RowsSplit,
    Scored,
    TrainerBuilt,
)
from advisor.code.facts.handed_over import where_handed_over
from advisor.code.facts.passes import place_of_head, sources_of
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.scores import Score
from advisor.code.facts.searches import asks_for_folds
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.torch_data import LOADER
from advisor.code.library.transformers_models import CLASSIFIES
from advisor.code.sources import NodePlace
from advisor.code.values import GROUP, Layer, Object, RowSet, Unknown, Value, is_constant
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# Whatever may hold rows back, or judge by other ones.
_HOLDS_OUT = re.compile(
    r"test|(?<![a-z])val(?![a-z])|valid|h[eo]ld_?out|unseen|(?<![a-z])dev(?![a-z])|eval_"
    r"|(?<!\.)split(?!=.(?:train|balanced|letters|digits|by|mnist))|(?<!image)(?<!dataset)fold(?!er)"
    r"|\b[xy]_?(?:v|te)\b|cross_val|oob|subset|env\.|reward|episode|generat|sampl(?!es)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r'#.*|"""(?:.|\n)*?"""')
_SCORES = frozenset({"score", "evaluate"})
_WRITTEN_DOWN = re.compile(r"^([\w.]*(array|tensor|DataFrame)\()?[\[{]")
_CLASSIFIER = re.compile(
    r"Classifier|SV[CM]$|LogisticRegression|NB$|Perceptron|DiscriminantAnalysis"
)


@dataclass(frozen=True, eq=False, slots=True)
class OnlyScore(Fact):
    """A model is judged, and by nothing but the rows that it was fitted on, or by `nothing` at all. It
    `may_describe` these, unless it is to tell classes apart."""

    place: NodePlace
    fitted: NodePlace
    may_describe: bool
    by_nothing: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The score of a program that has no other ones."""
        splits = [each for each in run.events(RowsSplit) if not _only_searches(run, each)]
        if holds_unit_tests(run) or not all(_is_idle(run, each) for each in splits):
            return
        scores = [each for each in run.facts(Score) if each.learns_labels()]
        if any(map(_judges_by_rows_left_out, scores)) or any(map(_is_of_any_group, scores)):
            return
        # What was fitted on rows without their labels says nothing of how they are judged.
        fitted = {each.fitted.rows for each in scores}
        if scores and all(event.rows in fitted for event in run.events(Scored)):
            # Several models may be there to be compared with each other.
            alone = len({each.fitted.place.node for each in scores}) == 1
            judged = alone and all(map(_tells_classes_apart, scores))
            for place in _told(run, scores, fitted):
                yield cls(place, scores[-1].fitted.place, not judged)
        elif not scores and run.is_script and not splits:
            for place, trained, is_apart in _of_torch(run):
                yield cls(place, trained, not is_apart)
            for place, trained in _of_keras(run):
                yield cls(place, trained, False)
            for place in _of_trainer(run):
                yield cls(place, place, False, by_nothing=True)

    @property
    def is_called_so(self) -> bool:
        """Whether the line says that it is a score of training rows."""
        return "train" in self.place.source.text.splitlines()[self.place.row - 1].lower()

    def finding(self, message: str) -> Draft:
        """A finding where the model is judged."""
        beside = () if self.fitted.node is self.place.node else ((self.fitted, "fitted here"),)
        return Draft(self.place, message, beside)


def _only_searches(run: AbstractRun, split: RowsSplit) -> bool:
    """Whether a search divides rows, and nobody asks how well its folds went."""
    return split.operation.endswith("CV.fit") and not any(map(asks_for_folds, sources_of(run)))


def _is_idle(run: AbstractRun, split: RowsSplit) -> bool:
    """Whether rows are held out, and never named again."""
    held_out = [part for part in split.parts if part.how == "test"]
    names = {name for part in held_out for name in part.names}
    text = "\n".join(_COMMENT.sub("", each.text) for each in sources_of(run))
    return bool(names) and all(len(re.findall(rf"\b{each}\b", text)) == 1 for each in names)


def _judges_by_rows_left_out(score: Score) -> bool:
    """Whether a forest is told to judge each tree by the rows that it was not grown from."""
    estimator = score.fitted.estimator
    asked = estimator.argument(-1, "oob_score") if isinstance(estimator, Object) else None
    return asked is not None and not is_constant(asked, False)


def _is_of_any_group(score: Score) -> bool:
    """Whether the rows are one of several groups, and nothing says that it is the one that the model was
    fitted on: both happen for each of them in turn."""
    loops = score.fitted.context.loops
    if loops and loops == score.scored.context.loops:
        return False
    return any(each.how == GROUP for each in score.scored.rows.ancestors())


def _told(run: AbstractRun, scores: list[Score], fitted: set[RowSet]) -> Iterator[NodePlace]:
    """Where the scores are computed: by the model itself, or by a function of predictions."""
    fits = {each.scored.rows: each.fitted for each in scores if not each.is_of_search}
    for score in scores:
        if score.scored.method in _SCORES and not score.is_of_search:
            scored = score.scored
            yield where_handed_over(run, score.place, scored.context, score.fitted.context)
    metrics = [each for each in run.events(MetricTaken) if each.rows]
    if any(not set(each.rows) & fitted for each in metrics):
        return
    for event in metrics:
        fit = next((fits[rows] for rows in event.rows if rows in fits), None)
        if fit is not None:
            yield where_handed_over(run, event.place, event.context, fit.context)
            return


def _tells_classes_apart(score: Score) -> bool:
    """Whether a classifier is fitted, and not on a few rows that are written down in the program."""
    *_, whole = score.fitted.rows.ancestors()
    if whole.place is not None and _WRITTEN_DOWN.search(code_of(whole.place.node)):
        return False
    path = score.fitted.estimator.path if isinstance(score.fitted.estimator, Object) else ""
    return _CLASSIFIER.search(path) is not None


def _of_trainer(run: AbstractRun) -> Iterator[NodePlace]:
    """A script that hands a ready classifier of transformers to a trainer with rows to learn from, and
    names nothing that could judge it."""
    given = list(run.events(DataGiven))
    if not given or any(each.use != "training" for each in given):
        return
    if not any(map(_trains_classifier, run.events(TrainerBuilt))):
        return
    if any(run.events_among(Scored, MetricTaken, HitsCounted, BackwardRun)):
        return
    if any(_HOLDS_OUT.search(_COMMENT.sub("", each.text)) for each in sources_of(run)):
        return
    last = given[-1].place
    if run.may_tell_of(last.source):
        yield last


def _trains_classifier(event: TrainerBuilt) -> bool:
    trainer = event.trainer
    model = trainer.argument(0, "model") if isinstance(trainer, Object) else None
    return isinstance(model, Unknown) and CLASSIFIES in model.fields


def _of_torch(run: AbstractRun) -> Iterator[tuple[NodePlace, NodePlace, bool]]:
    """A script of torch that counts hits, and names nothing that could be held out: where, where it
    trains, and whether it counts in a loop of its own."""
    trained = [event for event in run.events(BackwardRun) if event.context.loops]
    hits: list[Event] = list(run.events(HitsCounted))
    metrics = [] if hits else [each for each in run.events(MetricTaken) if _is_of_classes(each)]
    loaders = list(run.events(LoaderBuilt))
    if not trained or not (hits or metrics) or len(set(map(_given_by, loaders))) > 1:
        return
    if any(_HOLDS_OUT.search(_COMMENT.sub("", each.text)) for each in sources_of(run)):
        return
    inside = {loop.node for event in trained for loop in event.context.loops}
    hits = hits or _behind_metric(run, metrics[-1], inside)
    apart = [each for each in hits if _is_apart(each, inside)]
    last: Event = (apart or hits)[-1]
    if run.may_tell_of(last.place.source):
        around = _over_data(last) or last.context.loops
        place = place_of_head(around[-1]) if apart and around else last.place
        place = where_handed_over(run, place, last.context, trained[-1].context) if apart else place
        yield place, trained[-1].place, bool(apart and around)


def _over_data(event: Event) -> tuple[Loop, ...]:
    """The loops over the batches of a loader that something happens in."""
    loops = event.context.loops
    return tuple(
        each for each in loops if isinstance(each.over, Object) and each.over.path == LOADER
    )


def _is_apart(event: Event, training: set[cst.CSTNode]) -> bool:
    """Whether something happens in a loop of its own over the data, be it after each epoch, or in none
    that the model learns in."""
    own = _over_data(event)
    if own:
        return own[-1].node not in training
    return not training & {each.node for each in event.context.loops}


def _is_of_classes(event: MetricTaken) -> bool:
    """Whether a library scores classes, not numbers that one may want to describe."""
    return not event.name.endswith(("_error", "r2_score", "_deviance", "variance_score"))


def _given_by(event: LoaderBuilt) -> Value:
    """What a loader gives the samples of; several loaders may give those of one data set."""
    dataset = event.loader.fields.get("dataset")
    return dataset if isinstance(dataset, Value) else event.loader


def _behind_metric(
    run: AbstractRun, metric: MetricTaken, training: set[cst.CSTNode]
) -> list[Event]:
    """What happens in the loop over a loader that collects what a metric is computed of behind it,
    where the model does not learn in that loop; else the metric itself."""
    found: list[Event] = []
    for event in run.events_among(ForwardRun, Escaped):
        if event.index < metric.index and _over_data(event):
            found.append(event)
    collected = [each for each in found[-1:] if _is_apart(each, training)]
    return collected or [metric]


def _of_keras(run: AbstractRun) -> Iterator[tuple[NodePlace, NodePlace]]:
    """A script that fits a model of Keras and computes scores of what it predicts for the same rows: the
    last one of them, and where the model is fitted."""
    fitted = [each for each in run.events(Fitted) if isinstance(each.estimator, Layer)]
    rows = {each.rows for each in fitted if each.kind == "model"}
    predicted = {each.rows for each in run.events(Predicted)}
    if not predicted or not predicted <= rows or any(run.events(Scored)):
        return
    if any(each.use != "training" for each in run.events(DataGiven)):
        return
    metrics = list(run.events(MetricTaken))
    if not metrics or not all(_is_of_classes(each) and each.rows for each in metrics):
        return
    if any(_HOLDS_OUT.search(_COMMENT.sub("", each.text)) for each in sources_of(run)):
        return
    if run.may_tell_of(metrics[-1].place.source):
        last = metrics[-1]
        place = where_handed_over(run, last.place, last.context, fitted[-1].context)
        yield place, fitted[-1].place
