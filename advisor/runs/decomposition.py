"""Where the error comes from: under-fitting, over-fitting, shift, tuning on the validation set."""

from dataclasses import dataclass
from enum import StrEnum


class ErrorSource(StrEnum):
    """A term of the decomposition, in the order in which it should be worked on."""

    UNDER_FITTING = "under-fitting"
    OVER_FITTING = "over-fitting"
    DISTRIBUTION_SHIFT = "distribution shift"
    VALIDATION_OVER_FITTING = "validation over-fitting"


@dataclass(frozen=True, slots=True)
class Level:
    """One row of the table: `goal`, `train`, `train-validation`, `validation` or `test`.

    `value` is an error (lower is better) in the decomposition's unit, `uncertainty` one standard
    error of it, or None where one number was all there was. `tag` names the curve it was read
    from, `step` where on it.
    """

    name: str
    value: float
    uncertainty: float | None = None
    tag: str | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """The difference of two levels; `matters` is False when it drowns in noise or in the goal."""

    source: ErrorSource
    value: float
    uncertainty: float
    matters: bool


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Levels and the terms between them, in the unit of the goal's quantity.

    `quantity` is the logged quantity (`loss`, `accuracy`, ...); accuracies are turned into errors
    (1 - accuracy) and then `unit` is `%` and all values are in percent; otherwise it is empty.
    """

    quantity: str
    unit: str
    levels: tuple[Level, ...]
    terms: tuple[Term, ...]

    def level(self, name: str) -> Level | None:
        """The row with this name, if there is one."""
        return next((level for level in self.levels if level.name == name), None)

    def term(self, source: ErrorSource) -> Term | None:
        """The term from this source, if both of its levels are known."""
        return next((term for term in self.terms if term.source is source), None)

    @property
    def leading(self) -> Term | None:
        """The largest term that matters; between equals the one to be worked on first."""
        mattering = [term for term in self.terms if term.matters]
        return max(mattering, key=lambda term: term.value, default=None)
