"""What only shows of an imported file when a script calls it with arguments of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.commands.nnlint import main

Lint = Callable[..., list[str]]

BUILD = """\
import torch


def build(model, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    return optimizer, schedule
"""
TRAIN = """\
import torch
from torch import nn

from build import build

torch.manual_seed(0)
model = nn.Linear(4, 2)
optimizer, schedule = build(model, 10)
for epoch in range(10):
    for inputs, labels in torch.load("batches.pt"):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
"""
FOUND = "build.py:6:16: NN604"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that never steps the schedule that its neighbour builds."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build.py").write_text(BUILD)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


@pytest.fixture
def lint(capsys: pytest.CaptureFixture[str]) -> Lint:
    """Where nnlint finds what in NN6."""

    def run(*arguments: str) -> list[str]:
        main(("--output-format", "concise", "--quiet", "--select", "NN6", *arguments))
        lines = capsys.readouterr().out.splitlines()
        return [line.split(" [")[0] for line in lines]

    return run


def test_it_is_told_where_it_lies(lint: Lint) -> None:
    assert lint("--no-cache", ".") == [FOUND]
    assert lint("--no-cache", "train.py", "build.py") == [FOUND]


def test_the_file_alone_does_not_show_it(lint: Lint) -> None:
    assert lint("--no-cache", "build.py") == []


def test_nothing_is_told_of_files_that_nobody_asks_about(lint: Lint) -> None:
    assert lint("--no-cache", "train.py") == []


def test_it_is_told_once_for_all_scripts(lint: Lint, project: Path) -> None:
    (project / "train_longer.py").write_text(TRAIN)
    assert lint("--no-cache", ".") == [FOUND]


def test_a_script_that_does_it_right_does_not_help_the_other(lint: Lint, project: Path) -> None:
    stepped = TRAIN.replace("model, 10)", "model, 10)\nschedule.step()")
    (project / "train_well.py").write_text(stepped)
    assert FOUND in lint("--no-cache", ".")


def test_comments_silence_it_where_it_lies(lint: Lint, project: Path) -> None:
    (project / "build.py").write_text(
        BUILD.replace("epochs)\n    return", "epochs)  # noqa: NN604\n    return")
    )
    assert lint("--no-cache", ".") == []


def test_settings_for_the_file_count(lint: Lint) -> None:
    assert lint("--no-cache", "--per-file-ignores", "build.py:NN604", ".") == []
    assert lint("--no-cache", "--per-file-ignores", "train.py:NN604", ".") == [FOUND]


def test_it_is_kept_between_runs(lint: Lint, project: Path) -> None:
    assert lint(".") == [FOUND]
    assert lint(".") == [FOUND]
    (project / "train.py").write_text(TRAIN + "    schedule.step()\n")
    assert lint(".") == []


def test_findings_of_a_file_come_in_the_order_of_its_lines(lint: Lint, project: Path) -> None:
    idle = """

def schedule_of(optimizer):
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    for _ in range(100):
        optimizer.step()
    return 1
"""
    (project / "build.py").write_text(BUILD + idle)
    assert lint("--no-cache", ".") == [FOUND, "build.py:11:16: NN604"]
