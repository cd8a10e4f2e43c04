"""What rules about several runs may look at: outcomes side by side, and what they differ in."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisor.findings import CurveSpan
from advisor.runs.curves import Trajectory
from advisor.runs.run import Run, Split
from advisor.runs.sweeps.influence import Influence, influence_of
from advisor.runs.sweeps.settings import Setting, Value
from advisor.runs.thresholds import Thresholds


@dataclass(frozen=True)
class Outcome:
    """What came of one run: its curve of the compared quantity, and the diagnosis that leads.

    `best` is its best level as a cost (negated where higher is better), NaN without a finite point.
    """

    run: Run
    trajectory: Trajectory | None
    verdict: str = ""

    @cached_property
    def best(self) -> float:
        """The best level, as a cost."""
        return self.trajectory.best if self.trajectory else float("nan")

    @property
    def best_as_logged(self) -> float:
        """The best level, as it was logged."""
        return self.trajectory.shown(self.best) if self.trajectory else float("nan")

    @property
    def final_as_logged(self) -> float:
        """The level that the run ended at, as it was logged."""
        if self.trajectory is None:
            return float("nan")
        return self.trajectory.shown(self.trajectory.final.value)


@dataclass(frozen=True)
class Sweep:
    """Runs of one experiment, compared by one quantity on one split.

    `outcomes` are in the order of the runs; the values of each setting are in the same order.
    """

    outcomes: tuple[Outcome, ...]
    quantity: str
    split: Split
    tag: str
    settings: tuple[Setting, ...]
    thresholds: Thresholds

    def __len__(self) -> int:
        return len(self.outcomes)

    @cached_property
    def costs(self) -> NDArray[np.float64]:
        """The best level of each run, as a cost."""
        return np.array([each.best for each in self.outcomes])

    @cached_property
    def ranking(self) -> tuple[Outcome, ...]:
        """The outcomes, best first; those without a finite value last."""
        order = np.argsort(np.where(np.isfinite(self.costs), self.costs, np.inf), kind="stable")
        return tuple(self.outcomes[i] for i in order)

    @property
    def best(self) -> Outcome:
        """The best run."""
        return self.ranking[0]

    @property
    def tuned(self) -> tuple[Setting, ...]:
        """The settings that differ and are not merely seeds."""
        return tuple(each for each in self.settings if not each.is_seed)

    def shown(self, cost: float) -> float:
        """A cost as it would have been logged."""
        curve = self.best.trajectory
        return curve.shown(cost) if curve else cost

    def value(self, outcome: Outcome, setting: Setting) -> Value:
        """The value of a setting in one run."""
        return setting.values[self._positions[id(outcome)]]

    @cached_property
    def _positions(self) -> dict[int, int]:
        return {id(outcome): position for position, outcome in enumerate(self.outcomes)}

    @cached_property
    def influences(self) -> tuple[Influence, ...]:
        """How much each setting accounts for, the most first; empty for too few runs."""
        if len(self) < self.thresholds.fewest_runs:
            return ()
        found = (influence_of(each, self.costs) for each in self.tuned)
        return tuple(sorted(filter(None, found), key=lambda each: -each.share))

    def matters(self, influence: Influence) -> bool:
        """Whether a setting accounts for enough, beyond what chance would give any of them."""
        limit = self.thresholds.influence_chance / max(1, len(self.tuned))
        enough = influence.share >= self.thresholds.influence_share
        return enough and influence.chance <= limit

    @cached_property
    def repeats(self) -> tuple[tuple[Outcome, ...], ...]:
        """Runs whose settings are the same but for a seed, together; the best group first."""
        groups: dict[tuple[Value, ...], list[Outcome]] = defaultdict(list)
        for position, outcome in enumerate(self.outcomes):
            groups[tuple(each.values[position] for each in self.tuned)].append(outcome)
        return tuple(sorted(map(tuple, groups.values()), key=mean_cost))

    @cached_property
    def spread(self) -> float | None:
        """Standard deviation between runs that differ by their seed alone; None without any."""
        if not any(each.is_seed for each in self.settings):
            return None
        groups = [np.array([each.best for each in group]) for group in self.repeats]
        several = [group[np.isfinite(group)] for group in groups]
        several = [group for group in several if len(group) > 1]
        if not several:
            return None
        squares = sum(float(np.sum((group - group.mean()) ** 2)) for group in several)
        return float(np.sqrt(squares / sum(len(group) - 1 for group in several)))

    def span(self, *outcomes: Outcome) -> CurveSpan:
        """The runs concerned, the first of which gives its name."""
        concerned = outcomes or (self.best,)
        return CurveSpan(concerned[0].run.name, (self.tag,))


@dataclass(frozen=True)
class AgainstBaseline:
    """A run beside one that sees no input, or is a simple model, of the same experiment."""

    sweep: Sweep
    outcome: Outcome
    baseline: Outcome

    @property
    def gain(self) -> float:
        """How much better the run is than the baseline, as a cost."""
        return self.baseline.best - self.outcome.best

    @property
    def error(self) -> float:
        """Standard error of the gain: of the curves, or of chance between seeds if it is known."""
        curves = (each.trajectory for each in (self.outcome, self.baseline))
        squares = sum((curve.typical_error**2 for curve in curves if curve), 0.0)
        return float(np.sqrt(max(squares, 2 * (self.sweep.spread or 0.0) ** 2)))


def mean_cost(group: Sequence[Outcome]) -> float:
    """The mean best level of runs; infinite if one of them has none."""
    mean = float(np.mean([each.best for each in group]))
    return mean if np.isfinite(mean) else float("inf")
