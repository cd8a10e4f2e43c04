"""A training run as it was logged: curves with their meaning, and what surrounds them."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Split(StrEnum):
    """Which rows a quantity was measured on."""

    TRAIN = "train"
    TRAIN_VALIDATION = "train-validation"
    VALIDATION = "validation"
    TEST = "test"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"
    NONE = "none"


class Kind(StrEnum):
    """What sort of training a run is; it decides which diagnoses make sense."""

    SUPERVISED = "supervised"
    REINFORCEMENT = "reinforcement"
    ADVERSARIAL = "adversarial"
    NOT_A_RUN = "not-a-run"


@dataclass(frozen=True, slots=True)
class Role:
    """What a curve means.

    `quantity` is a canonical word: `loss`, `accuracy`, `error`, `learning_rate`, `gradient_norm`,
    `return`, `epoch`, `time`, another metric's own name, or `other`. `primary` marks the one curve
    per (quantity, split) that speaks for the run. `per_epoch` is True when there is one value per
    epoch, False per step. `reason` says how the role was inferred.
    """

    quantity: str
    split: Split
    direction: Direction
    primary: bool = False
    per_epoch: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """One scalar over training: three arrays of equal length, in the order of logging.

    `steps` are int64 and strictly increasing; `values` are float64 and may hold NaN and infinity;
    `wall_times` are seconds since 1970 (float64).
    """

    tag: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    wall_times: NDArray[np.float64]
    role: Role

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Note:
    """Something about how a run was read that the user should know, with the NR code it supports
    (`NR403` overlapping writers, `NR404` too short) or an empty code."""

    text: str
    code: str = ""


@dataclass(frozen=True)
class Run:
    """One training run: where it lies, what was logged, and what is known about it."""

    name: str
    path: Path
    kind: Kind
    curves: tuple[Curve, ...]
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def primary(self, quantity: str, split: Split) -> Curve | None:
        """The curve that speaks for a quantity on a split, if one was logged."""
        for curve in self.curves:
            role = curve.role
            if role.primary and role.quantity == quantity and role.split is split:
                return curve
        return None

    def tagged(self, tag: str) -> Curve | None:
        """The curve with exactly this tag."""
        return next((curve for curve in self.curves if curve.tag == tag), None)
