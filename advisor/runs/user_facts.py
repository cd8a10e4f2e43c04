"""What only the user can know about a run: the goal, the classes or targets, how well people do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LOSSES = ("squared", "absolute", "huber")


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a regression: their mean and standard deviation, and the loss that the model is
    trained with, one of `LOSSES` (Huber's with a threshold of 1)."""

    mean: float
    deviation: float
    loss: str = "squared"


@dataclass(frozen=True, slots=True)
class UserFacts:
    """Facts given by the user; every one is optional.

    `goals` maps a quantity to the value the user wants to reach (`--goal loss=0.1`,
    `--goal accuracy=0.99`, `--goal error=0.01`), `human` a quantity to what people reach on the
    same task (`--human accuracy=0.97`); `classes` is the number of classes (`--classes 10`), `targets` what is known of a
    regression's (`--targets 60,15`).
    Quantities are the canonical words of `Role.quantity`; rates are fractions or percent.
    """

    goals: Mapping[str, float] = field(default_factory=dict)
    classes: int | None = None
    human: Mapping[str, float] = field(default_factory=dict)
    targets: Targets | None = None
