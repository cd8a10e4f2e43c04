"""The lessons in `fixtures/scripts`: nnlint finds what they mark, no more and no less.

A wrong line ends in `# expect: NN101`; files without a mark are right.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.commands.nnlint import main

LESSONS = Path(__file__).parents[1] / "fixtures" / "scripts"
FILES = sorted(path for path in LESSONS.rglob("*") if path.suffix in {".py", ".ipynb"})
RUN_HERE = [
    path
    for path in FILES
    if path.suffix == ".py" and "sklearn" not in path.read_text() and path.name != "engine.py"
]
RULES = {"NN101", "NN201", "NN202", "NN301", "NN501", "NN502", "NN503", "NN601"}

Place = tuple[int | None, int, str]  # the notebook cell, from 1; the row, from 1; the code


def sources(path: Path) -> Iterator[tuple[int | None, str]]:
    """Yield the code of a file, by notebook cell."""
    if path.suffix == ".py":
        yield None, path.read_text()
        return
    for number, cell in enumerate(json.loads(path.read_text())["cells"], start=1):
        if cell["cell_type"] == "code":
            yield number, "".join(cell["source"])


def marks(path: Path) -> list[Place]:
    return [
        (cell, row, code)
        for cell, source in sources(path)
        for row, line in enumerate(source.splitlines(), start=1)
        for code in re.findall(r"# expect: (NN\d+)$", line)
    ]


def named(path: Path) -> str:
    return path.relative_to(LESSONS).as_posix()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_findings_are_the_marks(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--isolated", "--output-format", "json", str(path)])
    findings: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    found = [(each["cell"], each["location"]["row"], each["code"]) for each in findings]
    expected = marks(path)
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert status == bool(expected)


def test_every_rule_has_a_lesson() -> None:
    assert {code for path in FILES for _, _, code in marks(path)} == RULES


def test_a_wrong_and_a_right_file_belong_together() -> None:
    lessons = [path for path in FILES if path.name != "engine.py"]
    assert 2 * sum(bool(marks(path)) for path in lessons) == len(lessons)


@pytest.mark.slow
@pytest.mark.parametrize("path", RUN_HERE, ids=named)
def test_the_lessons_really_run(path: Path) -> None:
    done = subprocess.run([sys.executable, str(path)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
