"""Time nnlint and nnadvise's reader beside other programs; print the tables of the README.

    python -m benchmarks --corpus FOLDER --corpus FOLDER ... --ruff ruff --torchfix torchfix

What is not there is left out, and it is said.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.linting import (
    files_of_length,
    linting_programs,
    many_files_programs,
    single_file_programs,
)
from benchmarks.measuring import Figures, Program, measured, side_by_side, table
from benchmarks.reading import reading_programs, write_logs


def main() -> int:
    """Run the benchmark; returns 0."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        if options.corpus:
            _linting(options, Path(scratch))
        folder = options.logs or Path(scratch) / "logs"
        read = {
            what: _show(f"reading {what}", reading_programs(options, path), options)
            for what, path in write_logs(folder, options.scalars)
        }
        if read:
            print("\nreading, in one table\n")
            print("\n".join(side_by_side(read)))
    return 0


def _linting(options: argparse.Namespace, scratch: Path) -> None:
    programs = linting_programs(options, scratch)
    _show(f"linting {', '.join(path.name for path in options.corpus)}", programs, options)
    _show("one file", single_file_programs(options, scratch), options)
    _show("much", many_files_programs(options, scratch), options)
    print("\nedited files of some 500 lines, in a process that has looked at them before\n")
    files = files_of_length([*options.corpus, *options.many], 500, 20)
    subprocess.run([sys.executable, "-m", "benchmarks.editing", *map(str, files)], check=True)


def _show(
    title: str, programs: list[Program], options: argparse.Namespace
) -> dict[Program, Figures]:
    there = [program for program in programs if program.is_there()]
    for absent in programs:
        if absent not in there:
            print(f"left out: {absent.name}, as `{absent.command[0]}` is not there")
    print(f"\n{title}, median of {options.runs} runs\n")
    found = measured(there, options.runs)
    print("\n".join(table(found)), flush=True)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument(
        "--many", type=Path, action="append", default=[], metavar="FOLDER", help="for 2,000 files"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--logs", type=Path, help="where the event files are, or are to be written")
    parser.add_argument("--scalars", type=int, default=1_000_000, help="in each log (0: none)")
    for name in ("ruff", "torchfix", "fixit", "pylint"):
        parser.add_argument(f"--{name}", default=name, metavar="COMMAND")
    parser.add_argument(
        "--dslinter", default="pylint", metavar="COMMAND", help="pylint with dslinter"
    )
    parser.add_argument("--dslinter-python", default=sys.executable, metavar="PYTHON")
    for name in ("tensorboard", "tbparse"):
        parser.add_argument(
            f"--{name}",
            default=sys.executable,
            metavar="PYTHON",
            help=f"a Python that can import {name}",
        )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
