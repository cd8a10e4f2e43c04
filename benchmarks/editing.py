"""How long an edited file takes a process that has looked at it before, as an editor would have it.

    python -m benchmarks.editing FILE ...

For each file: its lines, and the CPU milliseconds for a changed line at five places of it.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from advisor.commands.engine import load_engine
from advisor.commands.examining import Examiner, Task, rare_collections
from advisor.commands.policy import Choices, Policy

_PLACES = (0.1, 0.3, 0.5, 0.7, 0.9)
_REPETITIONS = 3


def edits(text: str) -> Iterator[str]:
    """The text with one line changed, in one place after the other: a comment more."""
    lines = text.split("\n")
    for place in _PLACES:
        row = int(place * len(lines))
        while row and (not lines[row].strip() or lines[row].endswith("\\") or '"""' in lines[row]):
            row -= 1
        yield "\n".join([*lines[:row], f"{lines[row]}  # edited", *lines[row + 1 :]])


def times(path: Path) -> list[float]:
    """The CPU milliseconds for each edit, the least of some repetitions."""
    text = path.read_text(encoding="utf-8")
    examiner = Examiner(Policy(Choices(isolated=True)), {})
    found: list[float] = []
    with rare_collections():
        examiner.examine(Task(str(path), path, True, text.encode()))
        for edited in edits(text):
            tries = []
            for number in range(_REPETITIONS):
                task = Task(str(path), path, True, f"{edited}\n# {number}\n".encode())
                started = time.process_time()
                examiner.examine(task)
                tries.append(1000 * (time.process_time() - started))
            found.append(min(tries))
    return found


def main() -> int:
    """Print a row for each file; returns 0."""
    load_engine()
    print("| | lines | CPU ms for an edit, at five places |")
    print("|---|---:|---|")
    for path in map(Path, sys.argv[1:]):
        lines = path.read_text(encoding="utf-8").count("\n")
        took = ", ".join(f"{each:.0f}" for each in times(path))
        print(f"| {path.parent.name}/{path.name} | {lines} | {took} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
