"""What models learn to predict, and what they are given to predict it from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from advisor.code.events import LabelsLearned
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.sources import NodePlace


@dataclass(frozen=True, eq=False, slots=True)
class SupervisedFit(Fact):
    """A model is fitted to predict labels from features."""

    event: LabelsLearned

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every fit with labels."""
        for event in run.events(LabelsLearned):
            yield cls(event)

    @property
    def place(self) -> NodePlace:
        """Where the features were chosen, if some were left out; else where the model is fitted."""
        return self.event.features.place or self.event.place

    @property
    def text(self) -> str:
        """The model as it is written in the code."""
        return self.event.text

    def target_among_features(self) -> str | None:
        """The column that is predicted, if it is certain that the features hold it, too."""
        labels, features = self.event.labels, self.event.features
        name = labels.single if labels.table is features.table else None
        return name if name is not None and features.holds(name) else None
