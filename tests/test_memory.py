"""Memory: what the parser needed for a large file is given back."""

import subprocess
import sys
from pathlib import Path

import pytest

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
print(outcome.problem, used() - before)
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
    assert problem == "None"
    assert float(grown) < 80
