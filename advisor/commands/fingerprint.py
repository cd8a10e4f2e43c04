"""What the findings depend on besides the code that is looked at: nnlint itself and its rules."""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from advisor import __version__
from advisor.code.contents import digest_of
from advisor.packs import rule_packs

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def environment() -> str:
    """Stands for what is installed: it changes whenever something is installed or removed."""
    stamps = [(path, _changed(path)) for path in sys.path if path]
    return digest_of(repr((sys.version, stamps)).encode())


def folders_of_packs() -> list[str]:
    """The folders of the installed rule packs. It is slow to find out."""
    specs = [spec for module in rule_packs() if (spec := find_spec(module)) is not None]
    return sorted({each for spec in specs for each in spec.submodule_search_locations or ()})


def fingerprint(packs: list[str]) -> str:
    """Stands for this nnlint, the rules in the folders `packs`, and the parser they are run with."""
    parser = find_spec("libcst")
    stamps = [_stamp(parser.origin)] if parser is not None and parser.origin else []
    for folder in (_PACKAGE, *packs):
        stamps.extend(sorted(_stamps(folder)))
    return digest_of(repr((__version__, sys.version, stamps)).encode())


def _stamps(folder: str) -> Iterator[tuple[str, int, int]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(".py"):
            yield _stamp(entry.path)
        elif entry.is_dir() and not entry.name.startswith(("__pycache__", ".")):
            yield from _stamps(entry.path)


def _stamp(path: str) -> tuple[str, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return path, 0, 0
    return path, status.st_mtime_ns, status.st_size


def _changed(path: str) -> int:
    return _stamp(path)[1]
