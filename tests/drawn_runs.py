"""Runs drawn from formulas, for specifications of what is said about a shape."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from advisor.findings import Finding
from advisor.runs.diagnosis import RunDiagnosis, diagnose
from advisor.runs.run import Curve, Direction, Kind, Note, Role, Run, Split
from advisor.runs.user_facts import UserFacts

Floats = NDArray[np.float64]
_HIGHER = {"accuracy", "return"}
_NO_DIRECTION = {"learning_rate", "gradient_norm"}


def drawn(
    quantity: str,
    split: Split,
    values: ArrayLike,
    *,
    every: int = 1,
    per_epoch: bool = False,
    wall_times: ArrayLike | None = None,
) -> Curve:
    """A primary curve with a value every `every` steps."""
    logged = np.asarray(values, dtype=np.float64)
    steps = np.arange(len(logged), dtype=np.int64) * every
    direction = Direction.LOWER
    if quantity in _HIGHER:
        direction = Direction.HIGHER
    if quantity in _NO_DIRECTION:
        direction = Direction.NONE
    times = np.asarray(steps + 1.7e9 if wall_times is None else wall_times, dtype=np.float64)
    role = Role(quantity, split, direction, primary=True, per_epoch=per_epoch)
    return Curve(f"{split}/{quantity}", steps, logged, times, role)


def train(values: ArrayLike, quantity: str = "loss", every: int = 1) -> Curve:
    return drawn(quantity, Split.TRAIN, values, every=every)


def validation(values: ArrayLike, quantity: str = "loss", every: int = 1) -> Curve:
    return drawn(quantity, Split.VALIDATION, values, every=every, per_epoch=True)


def evaluations(of: Curve, values: ArrayLike, quantity: str = "loss") -> Curve:
    """Validation values at equal distances over the steps of a training curve."""
    count = len(np.asarray(values))
    return validation(values, quantity, every=max(1, int(of.steps[-1]) // max(count - 1, 1)))


def on_test_rows(value: float, quantity: str = "loss") -> Curve:
    return drawn(quantity, Split.TEST, [value])


def rate(values: ArrayLike) -> Curve:
    return drawn("learning_rate", Split.UNKNOWN, values)


def run_of(
    *curves: Curve,
    kind: Kind = Kind.SUPERVISED,
    hyperparameters: dict[str, object] | None = None,
    notes: Sequence[Note] = (),
) -> Run:
    return Run("drawn", Path("drawn"), kind, curves, hyperparameters or {}, {}, tuple(notes))


def judged(
    *curves: Curve,
    kind: Kind = Kind.SUPERVISED,
    classes: int | None = None,
    goals: dict[str, float] | None = None,
) -> RunDiagnosis:
    return diagnose(run_of(*curves, kind=kind), UserFacts(goals or {}, classes))


def names(diagnosis: RunDiagnosis) -> set[str]:
    """Everything that was said, explained or not, apart from what was not logged."""
    said = {finding.name for finding in diagnosis.findings}
    said |= {each.finding.name for each in diagnosis.explained}
    return said - {"missing-curve", "untracked"}


def found(diagnosis: RunDiagnosis, name: str) -> Finding:
    everything = [*diagnosis.findings, *(each.finding for each in diagnosis.explained)]
    return next(finding for finding in everything if finding.name == name)


def scatter(count: int, size: float, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(scale=size, size=count)


def falling(count: int = 600, start: float = 2.303, end: float = 0.5, pace: float = 12.0) -> Floats:
    """An exponential fall that has settled long before the end, without noise."""
    return np.asarray(end + (start - end) * np.exp(-pace * np.arange(count) / count))


def healthy_loss(count: int = 600, noise: float = 0.02, seed: int = 0, **shape: float) -> Floats:
    return falling(count, **shape) + scatter(count, noise, seed)
