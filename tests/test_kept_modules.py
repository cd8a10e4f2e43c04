"""Modules that files import are kept for the next file, the last needed ones first, but not without end."""

from pathlib import Path

import pytest

from advisor.code import project
from advisor.code.sources import Source
from advisor.commands.examining import Examiner, Task
from advisor.commands.policy import Choices, Policy

START = "import torch\n"


class Files:
    """Some packages and scripts, and which modules were run when a script was looked at."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._run: list[str] = []
        self._scripts = 0
        run = project.Project._run

        def noted(self_: project.Project, machine: object, source: Source) -> None:
            assert source.path is not None
            self._run.append(source.path.parent.name + "/" + source.path.stem)
            run(self_, machine, source)  # type: ignore[arg-type]

        monkeypatch.setattr(project.Project, "_run", noted)
        for package in ("first", "second"):
            (folder / package).mkdir()
            self.write(f"{package}/layers.py", "import torch.nn as nn\nWIDTH = 8\n")
            self.write(
                f"{package}/nets.py", "from .layers import WIDTH, nn\nNET = nn.Linear(WIDTH, 1)\n"
            )
        self.examiner = Examiner(Policy(Choices(isolated=True)), {})

    def write(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text)
        return path

    def run_for(self, *lines: str) -> list[str]:
        """The modules that are run when a script of some lines is looked at."""
        self._scripts += 1
        path = self.write(f"script{self._scripts}.py", START + "\n".join(lines) + "\n")
        self._run.clear()
        outcome = self.examiner.examine(Task(str(path), path))
        assert outcome.analysed
        return list(self._run)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    return Files(tmp_path, monkeypatch)


FIRST, SECOND = "from first.nets import NET", "from second.nets import NET"
RUN_FIRST, RUN_SECOND = ["first/nets", "first/layers"], ["second/nets", "second/layers"]


def test_a_package_is_run_once_whatever_is_looked_at_between_its_importers(files: Files) -> None:
    assert files.run_for(FIRST) == RUN_FIRST
    assert files.run_for("x = 1") == []
    assert files.run_for(FIRST, "NET.bias") == []


def test_where_there_are_too_many_those_go_that_were_needed_longest_ago(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "MOST_KEPT", 150)  # characters; each package has some 100
    assert files.run_for(FIRST) == RUN_FIRST
    assert files.run_for("x = 1") == []
    assert files.run_for(FIRST) == []
    assert files.run_for(SECOND) == RUN_SECOND
    assert files.run_for(SECOND) == []
    assert files.run_for(FIRST) == RUN_FIRST


def test_a_module_goes_together_with_those_that_rest_on_it(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "MOST_KEPT", 60)  # less than the two modules of a package
    assert files.run_for("from first.layers import WIDTH") == ["first/layers"]
    assert files.run_for(FIRST) == ["first/nets"]
    assert files.run_for("x = 1") == []
    assert files.run_for(FIRST) == []
    assert files.run_for(SECOND) == RUN_SECOND
    assert files.run_for("from first.layers import WIDTH") == ["first/layers"]
