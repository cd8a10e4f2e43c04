"""What could not be judged, with the reason: silence must not look like praise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotJudged:
    """Something that could not be judged in this run, and why."""

    what: str
    why: str
