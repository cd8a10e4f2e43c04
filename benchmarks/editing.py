"""How long an edited file takes a process that has looked at it before, as an editor would have it.

    python -m benchmarks.editing FILE ...

For each file: its lines, and the CPU milliseconds for a statement more at five places of it.
"""

import ast
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from advisor.commands.engine import load_engine
from advisor.commands.examining import Examiner, Task, rare_collections
from advisor.commands.policy import Choices, Policy

_PLACES = (0.1, 0.3, 0.5, 0.7, 0.9)
_REPETITIONS = 3


def edits(text: str, number: int = 0) -> Iterator[str]:
    """The text with one statement more, in one place after the other."""
    lines = text.split("\n")
    first = sorted(
        {
            each.lineno: each.col_offset for each in ast.walk(ast.parse(text)) if _may_follow(each)
        }.items()
    )
    for place in _PLACES:
        row, column = min(first, key=lambda pair: abs(pair[0] - place * len(lines)))
        made = f"{lines[row - 1][:column]}edited = {number}"
        yield "\n".join([*lines[: row - 1], made, *lines[row - 1 :]])


def _may_follow(node: ast.AST) -> TypeGuard[ast.stmt]:
    """Whether a statement may stand before another one, in a row of its own."""
    return isinstance(node, (ast.Assign, ast.Expr, ast.Return, ast.For, ast.With))


def times(path: Path) -> list[float]:
    """The CPU milliseconds for each edit, the least of some repetitions."""
    text = path.read_text(encoding="utf-8")
    examiner = Examiner(Policy(Choices(isolated=True)), {})
    found: list[float] = []
    with rare_collections():
        examiner.examine(Task(str(path), path, True, text.encode()))
        for versions in zip(*(edits(text, each) for each in range(_REPETITIONS)), strict=True):
            tries = []
            for edited in versions:
                task = Task(str(path), path, True, edited.encode())
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
