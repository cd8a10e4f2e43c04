"""Memory: what the parser needed for a large file, and what is garbage, is given back in time."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.commands import memory

PEAKS = """
import resource, sys
from advisor.commands.examining import Examiner, Task
from advisor.commands.policy import Choices, Policy
from pathlib import Path

def used():
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize() / (1 << 20)

examiner = Examiner(Policy(Choices(isolated=True)), {})
path = Path(sys.argv[1])
small, large = path / "small.py", path / "large.py"
examiner.examine(Task(str(small), small))
before = used()
outcome = examiner.examine(Task(str(large), large))
print(outcome.problems, used() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_large_file_leaves_little_behind(tmp_path: Path) -> None:
    line = "y = torch.relu(x + {0}) * (y - {0})\n"
    start = "import torch\nx = y = torch.zeros(3)\n"
    (tmp_path / "small.py").write_text(start)
    (tmp_path / "large.py").write_text(start + "".join(line.format(n) for n in range(4_000)))
    command = [sys.executable, "-c", PEAKS, str(tmp_path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    problem, grown = output.split()
    assert problem == "[]"
    assert float(grown) < 80


def test_garbage_is_looked_for_only_when_the_process_has_grown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = iter([60, 90, 127, 154, 134, 144, 164, 133])
    collected: list[int] = []
    monkeypatch.setattr(memory, "resident_bytes", lambda: next(sizes) << 20)
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    watched = memory.Memory()
    looked = []
    for _ in range(5):
        watched.tidy(1_000)
        looked.append(len(collected))
    assert looked == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(("needed", "gives_way"), [(0, True), (1_200_000, False)])
def test_a_process_gives_way_for_what_nothing_needs_any_more(
    needed: int, gives_way: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = iter([60, 150, 150])
    monkeypatch.setattr(memory, "resident_bytes", lambda: next(sizes) << 20)
    monkeypatch.setattr(gc, "collect", lambda: None)
    watched = memory.Memory()
    watched.gives_way = True
    watched.tidy(1_000, needed)
    if gives_way:
        with pytest.raises(memory.OutOfRoom):
            watched.begin()
    else:
        watched.begin()


def test_where_a_process_cannot_be_asked_for_its_size_what_was_read_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collected: list[int] = []
    monkeypatch.setattr(memory, "resident_bytes", lambda: None)
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    watched = memory.Memory()
    for _ in range(7):
        watched.tidy(100_000)
    assert len(collected) == 1
