"""Several processes: the same report as from one, whatever happens to them."""

import json
import multiprocessing
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from advisor.code.outcomes import Outcome
from advisor.commands import examining, linting, memory, workers
from advisor.commands.examining import Examiner, Task
from advisor.commands.nnlint import main
from advisor.commands.standard_input import read_standard_input

SCRIPT = """\
import torch

net = torch.nn.Linear(8, 4)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in torch.utils.data.DataLoader(torch.zeros(8, 8), shuffle=True):
    loss = torch.nn.CrossEntropyLoss()(net(x), y)
    loss.backward()
    optimizer.step()
"""
PADDING = "# as long as scripts are\n" * 300
FILES = 24

Lint = Callable[..., tuple[int, list[str], str]]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of scripts, each with the same bug."""
    monkeypatch.chdir(tmp_path)
    for number in range(FILES):
        (tmp_path / f"train_{number:02}.py").write_text(SCRIPT + PADDING)
    return tmp_path


@pytest.fixture
def lint(capfd: pytest.CaptureFixture[str]) -> Lint:
    """Runs nnlint; exit status, the files with findings, standard error."""

    def run(*arguments: str) -> tuple[int, list[str], str]:
        status = main(["--no-cache", "--output-format", "json", *arguments, "."])
        captured = capfd.readouterr()
        return status, [each["filename"] for each in json.loads(captured.out)], captured.err

    return run


def test_the_order_of_findings_is_that_of_the_files(lint: Lint) -> None:
    expected = [f"train_{number:02}.py" for number in range(FILES)]
    assert lint("--jobs", "2") == lint("--jobs", "1") == (1, expected, "")


def test_other_processes_go_on_where_one_has_looked_at_many_files(
    lint: Lint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    examine = Examiner.examine

    def telling(self: Examiner, task: Task) -> Outcome:
        with (tmp_path / "processes").open("a") as processes:
            processes.write(f"{os.getpid()}\n")
        return examine(self, task)

    expected = lint("--jobs", "1")
    monkeypatch.setattr(Examiner, "examine", telling)
    monkeypatch.setattr(workers, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(linting, "_MANY_FILES", 8)
    assert lint("--jobs", "1") == expected
    looked = (tmp_path / "processes").read_text().split()
    assert len(looked) == FILES
    assert len(set(looked)) >= FILES // 4
    assert str(os.getpid()) not in looked


@pytest.fixture
def processes_started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One item for each process that is started."""
    started: list[int] = []
    start = workers._Worker.__init__

    def counted(self: Any, *arguments: Any) -> None:
        started.append(1)
        start(self, *arguments)

    monkeypatch.setattr(workers._Worker, "__init__", counted)
    return started


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are copies of this one")
@pytest.mark.parametrize(("most", "hired"), [(10_000, 2), (0, FILES)])
def test_other_processes_go_on_where_one_keeps_too_much_memory(
    most: int,
    hired: int,
    lint: Lint,
    processes_started: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "resident_bytes", count(1 << 30, 1 << 20).__next__)
    monkeypatch.setattr(memory, "_ENOUGH", 0)
    monkeypatch.setattr(memory, "_GROWTH", 0)
    monkeypatch.setattr(memory, "_MOST", most << 20)
    status, files, told = lint("--jobs", "2")
    assert (status, told) == (1, "")
    assert files == [f"train_{number:02}.py" for number in range(FILES)]
    assert len(processes_started) >= hired if most == 0 else len(processes_started) == hired


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are copies of this one")
@pytest.mark.parametrize(("limit", "hired"), [(10_000, 2), (0, FILES)])
def test_large_files_go_to_other_processes_where_one_has_become_large(
    limit: int,
    hired: int,
    lint: Lint,
    processes_started: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = lint("--jobs", "1")
    monkeypatch.setattr(examining, "_LARGE", 0)
    monkeypatch.setattr(memory, "_LIMIT", limit << 20)
    assert lint("--jobs", "1") == expected
    assert processes_started == []
    assert lint("--jobs", "2") == expected
    assert len(processes_started) >= hired if limit == 0 else len(processes_started) == hired


def test_a_process_that_dies_is_told_and_the_other_files_are_reported(
    lint: Lint, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = Examiner.examine

    def dying(self: Examiner, task: Task) -> Outcome:
        if task.display_name in {"train_03.py", "train_17.py"}:
            os.kill(os.getpid(), signal.SIGKILL)
        return examine(self, task)

    monkeypatch.setattr(Examiner, "examine", dying)
    status, files, told = lint("--jobs", "2")
    assert status == 2
    assert len(files) == FILES - 2
    assert told.splitlines() == [
        f"nnlint: {name}: the process that looked at it died (signal 9)"
        for name in ("train_03.py", "train_17.py")
    ]


@pytest.fixture
def late_interruption(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Lets an interruption come just too late to be noticed before the first wait, so that it does
    not cut the wait short either."""
    # Whoever is started in the background is told to ignore interruptions.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)

    def install(module: ModuleType, name: str) -> None:
        wait = getattr(module, name)

        def interrupted(*arguments: Any) -> Any:
            held = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            os.kill(os.getpid(), signal.SIGINT)
            try:
                return wait(*arguments)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, held)

        monkeypatch.setattr(module, name, interrupted)

    yield install
    signal.signal(signal.SIGINT, handler)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals as POSIX has them")
def test_an_interruption_that_comes_before_a_wait_ends_all_processes_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    late_interruption: Callable[..., None],
) -> None:
    monkeypatch.setattr(Examiner, "examine", lambda *_: time.sleep(3600))
    late_interruption(workers, "wait")
    assert main(["--no-cache", "--jobs", "2", "."]) == 130
    assert capfd.readouterr() == ("", "")
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals as POSIX has them")
def test_an_interruption_that_comes_before_standard_input_is_read_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    late_interruption: Callable[..., None],
) -> None:
    silent, speaker = os.pipe()
    late_interruption(select, "select")
    with os.fdopen(silent) as stream, os.fdopen(speaker, "w"):
        monkeypatch.setattr(sys, "stdin", stream)
        assert main(["--no-cache", "-"]) == 130
    assert capfd.readouterr() == ("", "")


def test_all_of_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    source, sink = os.pipe()
    content = b"x = 1\n" * 30_000

    def write() -> None:
        with os.fdopen(sink, "wb") as writer:
            writer.write(content)

    thread = threading.Thread(target=write)
    with os.fdopen(source) as stream:
        thread.start()
        monkeypatch.setattr(sys, "stdin", stream)
        assert read_standard_input() == content
    thread.join()


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_of_processes_is_1_or_more(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--jobs", number])
    assert "--jobs" in capsys.readouterr().err
