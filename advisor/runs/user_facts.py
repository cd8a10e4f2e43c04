"""What only the user can know about a run: the goal, the number of classes, how well people do."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class UserFacts:
    """Facts given by the user; every one is optional.

    `goals` maps a quantity to the value the user wants to reach (`--goal loss=0.1`,
    `--goal accuracy=0.99`, `--goal error=0.01`), `human` a quantity to what people reach on the
    same task (`--human accuracy=0.97`); `classes` is the number of classes (`--classes 10`).
    Quantities are the canonical words of `Role.quantity`; rates are fractions or percent.
    """

    goals: Mapping[str, float] = field(default_factory=dict)
    classes: int | None = None
    human: Mapping[str, float] = field(default_factory=dict)
