"""Damage programs and event files for a while, and tell what crashes or hangs the tools.

    python -m tests.fuzzing --seconds 600 PATH ...

Folders are searched for Python files, Markdown pages with Python blocks, event files and other logs;
they are only read. What was found is written to `--keep`, and is to become a test.
"""

import argparse
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

from advisor.code.analysis import Project, analyze
from advisor.code.sources import SourceError, source_from_bytes
from advisor.rulebook import rulebook
from advisor.runs.readers.tfevents import EventFile
from tests.fuzzing import event_files, logs, programs

_LONGEST_TEXT = 40_000
_LONGEST_FILE = 200_000
_PATIENCE = 45
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


class Hang(BaseException):
    """A tool took longer than it may."""


def main() -> int:
    """Fuzz; returns 1 when something was found."""
    options = _options()
    random = Random(options.seed)
    seeds = [*_programs(options.paths), *_event_files(options.paths), *_logs(options.paths)]
    print(f"{len(seeds)} seeds")
    signal.signal(signal.SIGALRM, _hang)
    found: set[str] = set()
    count, end = 0, time.monotonic() + options.seconds
    while seeds and time.monotonic() < end:
        count += 1
        content, damage, look = random.choice(seeds)
        changed = damage(content, random)
        fault = _fault(look, changed)
        if fault is not None and fault not in found:
            found.add(fault)
            path = options.keep / f"found_{options.seed}_{count}"
            path.write_bytes(changed)
            print(f"{fault}\n  -> {path}", flush=True)
    print(f"{count} tries, {len(found)} faults")
    return 1 if found else 0


Seed = tuple[bytes, Callable[[bytes, Random], bytes], Callable[[bytes], None]]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()))
    return parser.parse_args()


def _fault(look: Callable[[bytes], None], content: bytes) -> str | None:
    """What goes wrong with a content, in a line; None if nothing does."""
    signal.alarm(_PATIENCE)
    try:
        look(content)
    except Hang:
        return "hang"
    except Exception as error:  # noqa: BLE001 (any of them is what is looked for)
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {place.filename}:{place.lineno}: {error}"
    finally:
        signal.alarm(0)
    return None


def _hang(*_: object) -> None:
    raise Hang


def _programs(paths: list[Path]) -> Iterator[Seed]:
    for path in _files(paths, {".py", ".md"}):
        text = path.read_text(errors="ignore")
        for block in _BLOCK.findall(text) if path.suffix == ".md" else [text]:
            if len(block) < _LONGEST_TEXT:
                yield block.encode(), _damaged_program, look_at_program


def _event_files(paths: list[Path]) -> Iterator[Seed]:
    for path in _files(paths, set()):
        if "tfevents" in path.name and path.stat().st_size < _LONGEST_FILE:
            yield path.read_bytes(), event_files.damaged, look_at_event_file


def _logs(paths: list[Path]) -> Iterator[Seed]:
    for path in _files(paths, {".csv", ".tsv", ".jsonl", ".wandb", ".db", ".yaml"}):
        if path.stat().st_size < _LONGEST_FILE:
            yield path.read_bytes(), logs.damaged, partial(logs.look_at_log, path.name)


def _files(paths: list[Path], suffixes: set[str]) -> Iterator[Path]:
    for path in paths:
        for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if each.is_file() and (each.suffix in suffixes or not suffixes):
                yield each


def _damaged_program(content: bytes, random: Random) -> bytes:
    text = programs.damaged(content.decode(), random)
    return text.encode("utf-8", "surrogatepass")


def look_at_program(content: bytes) -> None:
    """Analyse a program with all rules."""
    try:
        source = source_from_bytes(content, "train.py")
        analysis = analyze(source, Project([source]), rulebook("code").rules)
        for finding in analysis.findings:
            source.suppresses(finding)
    except SourceError:
        return


def look_at_event_file(content: bytes) -> None:
    """Read an event file, and read it as if it had grown."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.out.tfevents.1"
        path.write_bytes(content[: len(content) // 2])
        growing, whole = EventFile(path), EventFile(path)
        growing.read()
        path.write_bytes(content)
        growing.read()
        whole.read()
        whole.why_no_scalars()


if __name__ == "__main__":
    sys.exit(main())
