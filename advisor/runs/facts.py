"""What run rules may look at: facts assembled once per run, and the reasons for missing ones."""

from dataclasses import dataclass

from advisor.runs.run import Run
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts


@dataclass(frozen=True, slots=True)
class NotJudged:
    """Something that could not be judged in this run, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Logbook:
    """The whole run as it was logged."""

    run: Run
    user: UserFacts
    thresholds: Thresholds


@dataclass(frozen=True)
class Facts:
    """All facts of one run, and what is missing among them."""

    facts: tuple[object, ...]
    not_judged: tuple[NotJudged, ...]


def assemble(run: Run, user: UserFacts, thresholds: Thresholds) -> Facts:
    """Look at a run from all the sides that rules ask for."""
    return Facts((Logbook(run, user, thresholds),), ())
