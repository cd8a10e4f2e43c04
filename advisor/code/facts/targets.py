"""What models learn to predict, and what they are given to predict it from."""

from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import ForwardRun, LabelsLearned, LossComputed
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.gradients import computed_from, is_computed_from
from advisor.code.sources import NodePlace
from advisor.code.values import Columns, Layer, Lineage, Tensor, Value, alternatives, lineage_of
from advisor.lazy_dataclasses import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class SupervisedFit(Fact):
    """A model is fitted to predict labels from features."""

    event: LabelsLearned

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every fit with labels."""
        for event in run.events(LabelsLearned):
            yield cls(event)
        for event in _by_losses(run):
            yield cls(event)

    @property
    def place(self) -> NodePlace:
        """Where the features were chosen, if some were left out; else where the model is fitted.
        What was left out of the table before the labels were taken is no choice of features."""
        features, labels = self.event.features, self.event.labels
        chosen = None if features.place is labels.place else features.place
        return chosen or self.event.place

    @property
    def text(self) -> str:
        """The model as it is written in the code."""
        return self.event.text

    def target_among_features(self) -> str | None:
        """The column that is predicted, if it is certain that the features hold it, too."""
        labels, features = self.event.labels, self.event.features
        if labels.table is not features.table or (features.only_numbers and not self.event.numeric):
            return None
        if self._learns_a_formula() or self._says_again():
            return None
        own = () if labels.single is None else (labels.single,)
        names = (*own, *sorted(labels.made_of))
        return next((name for name in names if _holds(features, name)), None)

    def _learns_a_formula(self) -> bool:
        """Whether labels were computed from the only feature: to find the formula again is the lesson."""
        labels, only = self.event.labels, self.event.features.single
        return only is not None and only in labels.made_of and only != labels.single

    def _says_again(self) -> bool:
        """Whether the features are to be predicted from themselves, and nothing besides: an autoencoder
        learns to do so."""
        features = self.event.features.names
        return features is not None and features == self.event.labels.names


def _holds(features: Columns, name: str) -> bool:
    """Whether features hold a column, and none that was made of it has been left out."""
    gone = any(each.startswith(f"{name}_") for each in features.without)
    return features.holds(name) and not gone


def _by_losses(run: AbstractRun) -> Iterator[LabelsLearned]:
    """What models of torch are given, and the targets of the losses on what they make of it."""
    seen: set[object] = set()
    for loss in run.events(LossComputed):
        target = lineage_of(loss.target)
        if target is None or target.columns is None or loss.place.node in seen:
            continue
        inputs = input_before(run, loss)
        if inputs is None or inputs.columns is None or inputs.rows is not target.rows:
            continue
        seen.add(loss.place.node)
        yield LabelsLearned(loss.place, loss.context, inputs.columns, target.columns, "", True)


def input_before(run: AbstractRun, loss: LossComputed) -> Lineage | None:
    """Where the input of the last whole model before a loss comes from, if the prediction does, row by
    row."""
    found = None
    around = loss.context.running
    if around and isinstance(around[-1], Layer) and around[-1].path.endswith("Loss"):
        around = around[:-1]
    for event in run.events(ForwardRun):
        if event.index > loss.index:
            break
        if event.context.running != around or event.output is None:
            continue
        if _is_made_of(loss.prediction, event.output):
            kept = _has_kept_its_rows(loss.prediction, event.output)
            found = event if kept else None
    first = None if found is None else next(iter(found.arguments.values()), None)
    return lineage_of(first)


def _is_made_of(prediction: Value | None, output: Value) -> bool:
    """Whether a prediction is the output of a model, or computed from it, in whatever shape."""
    current = prediction
    while current is not None:
        if is_computed_from(current, output):
            return True
        current = current.whole if isinstance(current, Tensor) else None
    return False


def _has_kept_its_rows(prediction: Value | None, output: Value) -> bool:
    """Whether a prediction has the rows of the output of a model, in their order: those of the nodes to
    train on may have been chosen from what a network says of a whole graph."""
    earlier = {each.chosen for each in alternatives(output) if isinstance(each, Tensor)}
    chosen = {
        each.chosen
        for option in alternatives(prediction)
        for each in computed_from(option)
        if isinstance(each, Tensor)
    }
    return chosen <= earlier | {None}
