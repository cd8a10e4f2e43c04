"""Trainings followed as they run: what is told, when, and how often."""

import io
import json
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from advisor.commands.watching import watch
from advisor.findings import CurveSpan, Finding, Severity
from advisor.report.run_json import EventRecords
from advisor.report.run_schema import EventRecord
from advisor.report.watch_text import EventLines
from advisor.runs.diagnosis import RunDiagnosis
from advisor.runs.run import Run
from advisor.runs.watching import Event, News, Watcher
from tests.event_bytes import HEADER, scalar


class Training:
    """A training that goes on writing its event file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.out.tfevents.1.host"
        self.path.write_bytes(HEADER)
        self.step = 0

    def log(self, *values: float) -> None:
        with self.path.open("ab") as stream:
            for value in values:
                stream.write(scalar("train/loss", self.step, value))
                self.step += 1


def told(watcher: Watcher) -> list[tuple[str, str]]:
    return [(each.news.value, each.finding.name if each.finding else "") for each in watcher.look()]


def warning(name: str) -> Finding:
    return Finding("NR110", name, Severity.WARNING, "something", CurveSpan("run"))


def falling(count: int) -> Iterator[float]:
    return (0.5 + 1.8 * 0.93**i + 0.01 * (i % 3) for i in range(count))


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(tmp_path)


def test_a_run_that_appears_is_told_and_then_silence(training: Training) -> None:
    watcher = Watcher([training.path.parent])
    assert told(watcher) == []
    training.log(*falling(40))
    assert told(watcher) == [("started", "")]
    assert told(watcher) == []


def test_an_error_is_told_at_once_and_once(training: Training) -> None:
    watcher = Watcher([training.path.parent])
    training.log(*falling(40))
    told(watcher)
    training.log(inf)
    assert told(watcher) == [("wrong", "non-finite")]
    training.log(inf)
    assert told(watcher) == []
    assert watcher.anything_wrong


class TestWarnings:
    """A judge that says what it is told to, so that only the watch is looked at."""

    @pytest.fixture
    def said(self) -> list[Finding]:
        return []

    @pytest.fixture
    def watcher(self, training: Training, said: list[Finding]) -> Watcher:
        training.log(1.0)
        found = Watcher([training.path.parent], lambda run: RunDiagnosis(run, tuple(said)))
        assert told(found) == [("started", "")]
        return found

    def test_a_warning_must_hold_at_two_looks(
        self, training: Training, watcher: Watcher, said: list[Finding]
    ) -> None:
        said.append(warning("spikes"))
        training.log(1.0)
        assert told(watcher) == []
        assert told(watcher) == []
        training.log(1.0)
        assert told(watcher) == [("wrong", "spikes")]

    def test_a_warning_that_was_over_at_the_next_look_was_none(
        self, training: Training, watcher: Watcher, said: list[Finding]
    ) -> None:
        for findings in ([warning("spikes")], [], [warning("spikes")]):
            said[:] = findings
            training.log(1.0)
            assert told(watcher) == []

    def test_what_is_gone_at_two_looks_is_over(
        self, training: Training, watcher: Watcher, said: list[Finding]
    ) -> None:
        said[:] = [warning("spikes")]
        for _ in range(2):
            training.log(1.0)
            told(watcher)
        said.clear()
        training.log(1.0)
        assert told(watcher) == []
        training.log(1.0)
        assert told(watcher) == [("over", "spikes")]
        assert not watcher.anything_wrong

    def test_a_training_that_goes_on_is_not_blamed_for_not_being_finished(
        self, training: Training, watcher: Watcher, said: list[Finding]
    ) -> None:
        said[:] = [warning("still-improving")]
        for _ in range(3):
            training.log(1.0)
            assert told(watcher) == []


def test_what_holds_when_the_watch_begins_is_told_at_once(training: Training) -> None:
    training.log(*falling(40), inf)
    assert told(Watcher([training.path.parent])) == [("started", ""), ("wrong", "non-finite")]


def test_an_unchanged_file_is_not_judged_again(training: Training) -> None:
    judged: list[Run] = []

    def judge(run: Run) -> RunDiagnosis:
        judged.append(run)
        return RunDiagnosis(run, ())

    training.log(1.0)
    watcher = Watcher([training.path.parent], judge)
    for _ in range(3):
        told(watcher)
    assert len(judged) == 1


class TestTheLoop:
    @staticmethod
    def follow(paths: list[Path], rounds: int) -> tuple[list[Event], list[str], bool]:
        events: list[Event] = []
        complaints: list[str] = []
        waits = iter(range(rounds))

        def wait(seconds: float) -> None:
            if next(waits, None) is None:
                raise KeyboardInterrupt

        wrong = watch(
            Watcher(paths), events.append, interval=1, wait=wait, complain=complaints.append
        )
        return events, complaints, wrong

    def test_an_input_that_is_not_there_yet_is_waited_for(self, tmp_path: Path) -> None:
        events, complaints, wrong = self.follow([tmp_path / "exp1"], 3)
        assert (events, wrong) == ([], False)
        (complaint,) = complaints
        assert "exp1` does not exist" in complaint

    def test_an_interrupt_ends_it_with_what_is_wrong(self, training: Training) -> None:
        training.log(*falling(40), inf)
        events, _, wrong = self.follow([training.path.parent], 2)
        assert [each.news for each in events] == [News.STARTED, News.WRONG]
        assert wrong


class TestReports:
    def test_a_line_names_the_run_the_step_and_what_to_do(self, training: Training) -> None:
        training.log(*falling(40), inf)
        out = io.StringIO()
        for event in Watcher([training.path.parent]).look():
            EventLines(out)(event)
        first, second, third = out.getvalue().splitlines()
        assert "watching, step 40, `train/loss` inf" in first
        assert "step 40: NR106 non-finite: `train/loss` becomes" in second
        assert "next: lower the learning rate" in third

    def test_the_same_as_json_one_object_to_a_line(self, training: Training) -> None:
        training.log(*falling(40), inf)
        out = io.StringIO()
        for event in Watcher([training.path.parent]).look():
            EventRecords(out)(event)
        first, second = map(json.loads, out.getvalue().splitlines())
        assert (first["news"], second["news"]) == ("started", "wrong")
        assert second["diagnosis"]["code"] == "NR106"
        assert EventRecord.model_validate(second).next_step is not None
