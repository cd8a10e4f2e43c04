"""Linters over the same files, each in one process and without a cache unless it says so."""

import argparse
import sys
from pathlib import Path
from shlex import split

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
    nnlint = [str(Path(sys.executable).parent / "nnlint"), "--isolated", "--exit-zero"]
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
            [*split(options.dslinter), "--recursive=y", "--load-plugins=dslinter", *paths],
            needs="dslinter",
            python=options.dslinter_python,
        ),
    ]
