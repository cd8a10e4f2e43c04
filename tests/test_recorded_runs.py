"""The lessons in fixtures/runs: what was recorded, and that it can be recorded again."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

LESSONS = Path(__file__).parent.parent / "fixtures" / "runs"
INDEX: dict[str, Any] = tomllib.loads((LESSONS / "index.toml").read_text())
NAMES = sorted(INDEX["lessons"])
STEPS = {"data", "skeleton", "overfit", "regularize", "tune", "squeeze"}


def event_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*tfevents*"))


def test_every_lesson_has_its_entry_in_the_index_and_the_other_way_round() -> None:
    assert sorted(script.parent.name for script in LESSONS.glob("*/record.py")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_says_what_was_done_wrong_and_what_to_expect(name: str) -> None:
    lesson = INDEX["lessons"][name]
    assert lesson["wrong"]
    assert set(lesson["steps"]) <= STEPS
    assert not set(lesson["expected"]) & set(lesson["tolerated"])


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_small_and_tells_nothing_of_the_machine(name: str) -> None:
    files = event_files(LESSONS / name)
    assert files
    for each in files:
        assert each.stat().st_size < 60_000
        assert each.name.endswith(".nnlint.0")


def test_all_recordings_together_are_small() -> None:
    assert sum(each.stat().st_size for each in event_files(LESSONS)) < 1_500_000
