"""Linters over the same files, each in one process and without a cache unless it says so."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from shlex import split

from advisor.code.prefilter import mentions_training_library
from advisor.code.syntax import fault_in
from benchmarks.measuring import Program

_PARSE = """
import sys
from pathlib import Path
import libcst
for folder in sys.argv[1:]:
    for path in sorted(Path(folder).rglob("*.py")):
        try:
            libcst.parse_module(path.read_bytes())
        except libcst.ParserSyntaxError:
            pass
"""


def linting_programs(options: argparse.Namespace, scratch: Path) -> list[Program]:
    """What is compared: nnlint, bare parsing, and the linters that were named."""
    paths = [str(path) for path in options.corpus]
    nnlint = _nnlint()
    cached = [*nnlint, "--cache-dir", str(scratch / "cache"), *paths]
    return [
        Program("`libcst.parse_module`", [sys.executable, "-c", _PARSE, *paths], is_base=True),
        Program("nnlint, cold", [*nnlint, "--no-cache", "--jobs", "1", *paths]),
        Program("nnlint, cold, two processes", [*nnlint, "--no-cache", "--jobs", "2", *paths]),
        Program("nnlint, nothing changed", cached),
        Program("ruff", [*split(options.ruff), "check", "--isolated", "--no-cache", *paths]),
        Program("TorchFix", [*split(options.torchfix), "--select", "ALL", *paths]),
        Program("Fixit", [*split(options.fixit), "lint", *paths]),
        Program("pylint", [*split(options.pylint), "--recursive=y", *paths]),
        Program(
            "pylint with dslinter",
            [*split(options.dslinter), "--load-plugins=dslinter", *_python_files(options.corpus)],
            needs="dslinter",
            python=options.dslinter_python,
        ),
    ]


def single_file_programs(options: argparse.Namespace, scratch: Path) -> list[Program]:
    """What one file of some 300 lines takes, and one that names no training library."""
    file = files_of_length(options.corpus, 300, 1)[0]
    plain = scratch / "plain.py"
    plain.write_text("def twice(number):\n    return 2 * number\n" * 150, encoding="utf-8")
    parse = f"import libcst; libcst.parse_module(open({str(file)!r}).read())"
    nnlint = [*_nnlint(), "--no-cache"]
    return [
        Program("Python, nothing done", [sys.executable, "-c", "pass"]),
        Program("nnlint, a file that names no training library", [*nnlint, str(plain)]),
        Program("LibCST imported, one file parsed", [sys.executable, "-c", parse], is_base=True),
        Program(f"nnlint, {file.name}, {_lines(file)} lines", [*nnlint, str(file)]),
    ]


def many_files_programs(options: argparse.Namespace, scratch: Path) -> list[Program]:
    """2,000 files, in one process and in two, and one file of 20,000 lines."""
    many = _training_files(options.many or options.corpus)[:2_000]
    large = scratch / "large.py"
    _write_large(large, many)
    cold = [*_nnlint(), "--no-cache", "--jobs"]
    paths = [str(path) for path in many]
    return [
        Program(f"nnlint, {len(many):,} files", [*cold, "1", *paths], is_base=True),
        Program(f"nnlint, {len(many):,} files, two processes", [*cold, "2", *paths]),
        Program(f"nnlint, one file of {_lines(large):,} lines", [*cold, "1", str(large)]),
    ]


def files_of_length(folders: Sequence[Path], lines: int, count: int) -> list[Path]:
    """The files of training code whose numbers of lines come closest to one."""
    found = [(abs(_lines(path) - lines), path) for path in _training_files(folders)]
    return [path for _, path in sorted(found)[:count]]


def _nnlint() -> list[str]:
    return [str(Path(sys.executable).parent / "nnlint"), "--isolated", "--exit-zero"]


def _python_files(folders: Sequence[Path]) -> list[str]:
    """For what cannot search folders itself: dslinter wants pylint 2.12."""
    return [str(path) for folder in folders for path in sorted(folder.rglob("*.py"))]


def _training_files(folders: Sequence[Path]) -> list[Path]:
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [
        path for path in paths if path.is_file() and mentions_training_library(path.read_bytes())
    ]


def _write_large(path: Path, parts: Sequence[Path]) -> None:
    """One file of 20,000 lines, made of whole files that are Python and declare no encoding."""
    lines: list[str] = []
    for part in parts:
        text = part.read_text(encoding="utf-8", errors="replace")
        if fault_in(text) is None and "__future__" not in text:
            lines += text.split("\n")
        if len(lines) >= 20_000:
            break
    path.write_text("\n".join(lines), encoding="utf-8")


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
