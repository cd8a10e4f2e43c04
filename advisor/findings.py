"""The one result type of all tools: what was found, where, how sure, and what follows from it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters.

    `ERROR`: the run is wrong. `WARNING`: very likely wrong, or wasteful. `INFO`: advice, off by
    default.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest severity, growing as it gets milder."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A stretch of source text. Rows and columns count from 1; the end column is exclusive.

    In a notebook `cell` is the 1-based number of the cell and the rows count inside that cell.
    """

    filename: str
    row: int
    column: int
    end_row: int
    end_column: int
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class CurveSpan:
    """A stretch of training: the curves concerned and the steps (inclusive) it covers."""

    run: str
    tags: tuple[str, ...] = ()
    first_step: int | None = None
    last_step: int | None = None


@dataclass(frozen=True, slots=True)
class RelatedLocation:
    """A second place that explains a finding, such as where the softmax was applied."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One figure that a finding rests on. `text` is ready to print, `value` is the number in it."""

    name: str
    text: str
    value: float | None = None


class Change(StrEnum):
    """What an edit does with the places that it is about."""

    INSERT = "insert"
    REMOVE = "remove"
    MOVE = "move"
    UNWRAP = "unwrap"
    WRAP = "wrap"
    CALL = "call"
    RENAME = "rename"
    SWAP = "swap"
    ADD_ARGUMENT = "add-argument"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class FixTarget:
    """What an edit that mends a finding would have to know. Nothing proposes such edits yet.

    `spots` are places by the part that they play, such as `backward` for the line before which
    something is to be inserted; `names` are texts of the program by what they stand for, such as
    `optimizer`. An edit is `safe` when it cannot harm a program that was right.
    """

    change: Change
    spots: tuple[tuple[str, Location], ...]
    names: tuple[tuple[str, str], ...] = ()
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says, complete: ready to be sorted, printed and serialised."""

    code: str
    name: str
    severity: Severity
    message: str
    place: Location | CurveSpan
    related: tuple[RelatedLocation, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    symptoms: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    url: str | None = field(default=None, compare=False)
    fix: FixTarget | None = field(default=None, compare=False)

    @property
    def location(self) -> Location:
        """The place of a finding in code; a finding in curves has none (`TypeError`)."""
        if not isinstance(self.place, Location):
            raise TypeError(f"{self.code} is about curves, not about a place in code")
        return self.place
