"""Whole processes, run in turn: CPU time, wall time and the peak of memory, by the system's books."""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

MEGABYTE = 1 << 20


@dataclass(frozen=True, eq=False, slots=True)
class Program:
    """A command to be timed. `needs` is a module that its Python must have; `is_base` marks what the
    others are compared with; it is run once before if it is `warm`."""

    name: str
    command: Sequence[str]
    needs: str = ""
    is_base: bool = False
    warm: bool = False

    def is_there(self) -> bool:
        """Whether it can be run."""
        if shutil.which(self.command[0]) is None:
            return False
        check = [self.command[0], "-c", f"import {self.needs}"]
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
    """The medians of several runs of each program; all of them are run in turn, A B C A B C …"""
    found: dict[Program, list[Figures]] = {program: [] for program in programs}
    for program in programs:
        if program.warm:
            _run(program.command)
    for _ in range(runs):
        for program in programs:
            found[program].append(_run(program.command))
    return {program: _median(each) for program, each in found.items()}


def _run(command: Sequence[str]) -> Figures:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    wall = time.perf_counter() - started
    return Figures(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024 / MEGABYTE)


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
