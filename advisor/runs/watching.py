"""Trainings followed as they run: what is new about them from one look to the next."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from advisor.findings import Finding, Severity
from advisor.recipe.next_step import NextStep
from advisor.runs.diagnosis import RunDiagnosis, diagnose
from advisor.runs.loading import load_runs
from advisor.runs.reading import LogReader
from advisor.runs.roles import NO_OVERRIDES
from advisor.runs.run import Run

# What can only be said of a training that has ended.
_ABOUT_THE_END = frozenset({"still-improving", "high-bias"})


class News(StrEnum):
    """What has happened to a run since the last look."""

    STARTED = "started"
    WRONG = "wrong"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Event:
    """Something new about a run: that it appeared, that a diagnosis holds, or does no more.

    `next_step` is what to do about a diagnosis that leads.
    """

    news: News
    diagnosis: RunDiagnosis
    finding: Finding | None = None
    next_step: NextStep | None = None


class Watcher:
    """Looks at trainings again and again, and tells what is new each time.

    A warning must hold at two looks with new points between them, since the shape of a young curve
    changes, and be gone at two to be over; an error is told at once, and so is what holds when the
    watch begins.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        judge: Callable[[Run], RunDiagnosis] = diagnose,
        roles: Mapping[str, str] = NO_OVERRIDES,
    ) -> None:
        self._paths, self._judge, self._roles = paths, judge, roles
        self._reader = LogReader()
        self._records = -1
        self._told: dict[str, dict[str, Finding]] = {}
        self._pending: dict[str, set[str]] = {}
        self.waiting_for: list[tuple[Path, str]] = []

    def look(self) -> Iterator[Event]:
        """What is new since the last look; nothing is judged unless something was logged."""
        loaded = load_runs(self._paths, self._roles, reader=self._reader)
        self.waiting_for = loaded.failures
        if self._reader.records == self._records:
            return
        self._records = self._reader.records
        for run in loaded.runs:
            yield from self._news(self._judge(run))

    def _news(self, diagnosis: RunDiagnosis) -> Iterator[Event]:
        name = diagnosis.run.name
        wrong = {each.code: each for each in diagnosis.findings if _is_news(each)}
        started = name not in self._told
        told = self._told.setdefault(name, {})
        if started:
            yield Event(News.STARTED, diagnosis)
        before = self._pending.get(name, set())
        for code, finding in wrong.items():
            certain = started or code in before or finding.severity is Severity.ERROR
            if code not in told and certain:
                told[code] = finding
                leads = finding is diagnosis.findings[0]
                yield Event(News.WRONG, diagnosis, finding, diagnosis.next_step if leads else None)
        explained = {each.finding.code for each in diagnosis.explained}
        for code in [each for each in told if each not in wrong and each not in explained]:
            if code not in before:
                yield Event(News.OVER, diagnosis, told.pop(code))
        self._pending[name] = set(wrong)

    @property
    def anything_wrong(self) -> bool:
        """Whether a diagnosis that was told still holds."""
        return any(self._told.values())


def _is_news(finding: Finding) -> bool:
    return finding.severity is not Severity.INFO and finding.name not in _ABOUT_THE_END
