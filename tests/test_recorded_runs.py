"""The lessons in fixtures/runs: what was recorded, and what is said about it.

`fixtures/runs/index.toml` is the specification; nothing here knows a lesson by name.
"""

import json
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor.commands.nnadvise import main
from advisor.runs.loading import load_runs

LESSONS = Path(__file__).parent.parent / "fixtures" / "runs"
INDEX: dict[str, Any] = tomllib.loads((LESSONS / "index.toml").read_text())
NAMES = sorted(INDEX["lessons"])
TOLERATED_EVERYWHERE = set(INDEX["tolerated_everywhere"])
STEPS = {"data", "skeleton", "overfit", "regularize", "tune", "squeeze"}


def event_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*tfevents*"))


@pytest.fixture
def advice(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Any:
    """What the command says about a lesson, given what the user would tell it."""
    lesson = INDEX["lessons"][request.param]
    arguments = [str(LESSONS / request.param), "--isolated", "--output-format", "json"]
    if "classes" in lesson:
        arguments += ["--classes", str(lesson["classes"])]
    for quantity, value in lesson.get("goals", {}).items():
        arguments += ["--goal", f"{quantity}={value}"]
    assert main(arguments) in {0, 1}
    report = json.loads(capsys.readouterr().out)
    return lesson, report["runs"], report["sweep"]


def codes(run: dict[str, Any]) -> set[str]:
    return {diagnosis["code"] for diagnosis in run["diagnoses"]}


def accusations(run: dict[str, Any]) -> set[str]:
    """The codes of the diagnoses that no other one accounts for."""
    names = {diagnosis["name"] for diagnosis in run["diagnoses"]}
    return {
        diagnosis["code"]
        for diagnosis in run["diagnoses"]
        if not any(cause.partition(":")[0] in names for cause in diagnosis["causes"])
    }


def test_every_lesson_has_its_entry_in_the_index_and_the_other_way_round() -> None:
    assert sorted(script.parent.name for script in LESSONS.glob("*/record.py")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_says_what_was_done_wrong_and_what_to_expect(name: str) -> None:
    lesson = INDEX["lessons"][name]
    assert lesson["wrong"]
    assert set(lesson["steps"]) <= STEPS
    assert not set(lesson["expected"]) & set(lesson["tolerated"])
    assert set(lesson.get("not_yet_said", ())) <= set(lesson["expected"])
    assert not set(lesson.get("wrongly_said", ())) & {*lesson["expected"], *lesson["tolerated"]}


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_small_and_tells_nothing_of_the_machine(name: str) -> None:
    files = event_files(LESSONS / name)
    assert files
    for each in files:
        assert each.stat().st_size < 60_000
        assert each.name.endswith(".nnlint.0")


def test_all_recordings_together_are_small() -> None:
    assert sum(each.stat().st_size for each in event_files(LESSONS)) < 1_500_000


@pytest.mark.parametrize("advice", NAMES, indirect=True)
def test_what_is_wrong_is_said(advice: Any) -> None:
    lesson, runs, _ = advice
    missed = set(lesson.get("not_yet_said", ()))
    for run in runs:
        assert set(lesson["expected"]) - missed <= codes(run)
        assert not missed & codes(run), "said at last: take it out of not_yet_said"


@pytest.mark.parametrize("advice", NAMES, indirect=True)
def test_nothing_is_said_that_the_curves_do_not_show(advice: Any) -> None:
    lesson, runs, _ = advice
    allowed = TOLERATED_EVERYWHERE | set(lesson["expected"]) | set(lesson["tolerated"])
    known = set(lesson.get("wrongly_said", ()))
    for run in runs:
        assert accusations(run) - allowed <= known
    assert known <= set.union(*map(accusations, runs)), (
        "not said any more: take it out of wrongly_said"
    )


@pytest.mark.parametrize("advice", NAMES, indirect=True)
def test_the_next_move_belongs_to_the_step_that_the_run_is_at(advice: Any) -> None:
    lesson, runs, _ = advice
    right = {run["stage"] in lesson["steps"] for run in runs}
    assert right == {not lesson.get("wrong_step", False)}
    assert all(run["next_step"]["moves"] for run in runs)


@pytest.mark.parametrize("advice", NAMES, indirect=True)
def test_a_lesson_is_read_as_the_runs_that_were_recorded(advice: Any) -> None:
    lesson, runs, _ = advice
    assert len(runs) == lesson.get("runs", 1)
    assert {run["kind"] for run in runs} == {lesson.get("kind", "supervised")}


@pytest.mark.parametrize("advice", NAMES, indirect=True)
def test_several_runs_are_read_together(advice: Any) -> None:
    lesson, runs, together = advice
    assert (together is not None) == (len(runs) > 1)
    said = {each["code"] for each in together["diagnoses"]} if together else set()
    assert said == set(lesson.get("together", ()))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["overfit", "keras_overfit"])
def test_a_lesson_can_be_recorded_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same curves come out, up to what another processor adds up in another order."""
    monkeypatch.syspath_prepend(str(LESSONS.parent.parent))
    import_module("fixtures.runs.record").record(name, tmp_path)
    (kept,), (anew,) = load_runs([LESSONS / name]).runs, load_runs([tmp_path]).runs
    assert [each.tag for each in anew.curves] == [each.tag for each in kept.curves]
    for again, before in zip(anew.curves, kept.curves, strict=True):
        assert np.array_equal(again.steps, before.steps)
        spread = np.ptp(before.values)
        head = slice(0, max(1, len(before) // 4))
        assert np.allclose(again.values[head], before.values[head], atol=0.02 * spread)
        assert abs(np.mean(again.values) - np.mean(before.values)) < 0.05 * spread
