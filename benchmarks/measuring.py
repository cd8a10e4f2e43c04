"""Whole processes, run in turn: CPU time, wall time and the peak of memory, by the system's books."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

MEGABYTE = 1 << 20


@dataclass(frozen=True, eq=False, slots=True)
class Program:
    """A command to be timed. `needs` is a module that its Python must have, `python` that Python where
    the command does not begin with it; `is_base` marks what the others are compared with."""

    name: str
    command: Sequence[str]
    needs: str = ""
    is_base: bool = False
    python: str = ""

    def is_there(self) -> bool:
        """Whether it can be run."""
        if shutil.which(self.command[0]) is None:
            return False
        check = [self.python or self.command[0], "-c", f"import {self.needs}"]
        return (
            not self.needs
            or subprocess.run(check, capture_output=True, check=False).returncode == 0
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU and wall seconds, and the peak of memory in megabytes."""

    cpu: float
    wall: float
    peak: float


def measured(programs: Sequence[Program], runs: int) -> dict[Program, Figures]:
    """The medians of several runs of each program; all of them are run in turn, A B C A B C …, and
    once before: what they import has been compiled, and what they keep is there."""
    found: dict[Program, list[Figures]] = {program: [] for program in programs}
    for program in programs:
        _run(program.command)
    for _ in range(runs):
        for program in programs:
            found[program].append(_run(program.command))
    return {program: _median(each) for program, each in found.items()}


def _run(command: Sequence[str]) -> Figures:
    started = time.perf_counter()
    null = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=null, stderr=null, env=_environment())
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    wall = time.perf_counter() - started
    return Figures(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024 / MEGABYTE)


def _environment() -> dict[str, str]:
    """Ours, but that compiled modules may be kept, as they are where a program is installed."""
    return {key: each for key, each in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def _median(runs: Sequence[Figures]) -> Figures:
    return Figures(
        median(each.cpu for each in runs),
        median(each.wall for each in runs),
        median(each.peak for each in runs),
    )


def table(found: dict[Program, Figures]) -> list[str]:
    """The rows of a Markdown table, the slowest last."""
    base = next((figures.cpu for program, figures in found.items() if program.is_base), None)
    rows = ["| | CPU s | ratio | wall s | peak MiB |", "|---|---:|---:|---:|---:|"]
    for program, each in sorted(found.items(), key=lambda pair: pair[1].cpu):
        ratio = "" if not base else f"{each.cpu / base:.2g}"
        rows.append(
            f"| {program.name} | {each.cpu:.2f} | {ratio} | {each.wall:.2f} | {each.peak:.0f} |"
        )
    return rows


def side_by_side(found: Mapping[str, Mapping[Program, Figures]]) -> list[str]:
    """The rows of a Markdown table: what was read, with the CPU seconds and then the megabytes of
    each program."""
    names = list(dict.fromkeys(each.name for figures in found.values() for each in figures))
    headings = [f"{name}, {unit}" for unit in ("CPU s", "MiB") for name in names]
    rows = [f"| | {' | '.join(headings)} |", f"|---|{'---:|' * len(headings)}"]
    for what, figures in found.items():
        named = {program.name: each for program, each in figures.items()}
        times = [f"{named[name].cpu:.2f}" if name in named else "" for name in names]
        peaks = [f"{named[name].peak:.0f}" if name in named else "" for name in names]
        rows.append(f"| {what} | {' | '.join([*times, *peaks])} |")
    return rows
