"""Which files the arguments of the command mean."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from advisor.lazy_dataclasses import dataclass

SUFFIXES = frozenset({".py", ".pyw", ".ipynb"})
# scripts without a suffix and what the ecosystem else calls Python, when it is named outright
_ALSO_PYTHON = frozenset({"", ".pyi", ".gyp", ".gypi", ".pyt", ".tac", ".wsgi"})
SKIPPED_FOLDERS = frozenset(
    {"__pycache__", "__pypackages__", "build", "dist", "node_modules", "site-packages", "venv"}
)

Excludes = Callable[[Path], bool]


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to look at. `named` when the user gave this very file, not a folder around it."""

    path: Path
    display_name: str
    named: bool


@dataclass(frozen=True, slots=True)
class Unusable:
    """An argument, or something below it, that cannot be looked at, and why."""

    display_name: str
    reason: str


def find_files(
    arguments: list[str], excludes: Excludes, *, force_exclude: bool = False
) -> Iterator[FoundFile | Unusable]:
    """All Python files and notebooks that the arguments mean, each once, folders in order.

    Folders that never hold the user's own code, hidden ones and links to folders are passed
    over. A file that is named outright is taken even from such a folder and even when
    `excludes` says otherwise, unless `force_exclude`.
    """
    seen: set[str] = set()
    for argument in arguments:
        path = Path(argument)
        if os.path.isdir(argument):
            found: Iterator[FoundFile | Unusable] = _walk(argument, excludes)
        elif force_exclude and (_in_skipped_folder(path) or excludes(path)):
            continue
        else:
            found = iter([_named(path, argument)])
        for each in found:
            if isinstance(each, FoundFile):
                identity = os.path.realpath(each.path)
                if identity in seen:
                    continue
                seen.add(identity)
            yield each


def _named(path: Path, argument: str) -> FoundFile | Unusable:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        reason = "broken link" if path.is_symlink() else "no such file or directory"
        return Unusable(argument, reason)
    except OSError as error:
        return Unusable(argument, error.strerror or str(error))
    if not stat.S_ISREG(mode):  # reading a pipe or a device may never end
        return Unusable(argument, "not a regular file; - reads standard input")
    if path.suffix.lower() not in SUFFIXES | _ALSO_PYTHON and not _is_script(path):
        return Unusable(argument, "not a Python file or notebook; give .py or .ipynb files")
    return FoundFile(path, argument, named=True)


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first_line = file.readline(200)
    except OSError:
        return False
    return first_line.startswith(b"#!") and b"python" in first_line


def _walk(folder: str, excludes: Excludes) -> Iterator[FoundFile | Unusable]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Unusable(folder, error.strerror or str(error))
        return
    for entry in entries:
        name = os.path.normpath(os.path.join(folder, entry.name))
        if entry.is_dir(follow_symlinks=False):
            if not _is_skipped(entry) and not excludes(Path(name)):
                yield from _walk(name, excludes)
        elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
            path = Path(name)
            if _is_file(entry) and not excludes(path):
                yield FoundFile(path, name, named=False)


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False


def _is_skipped(folder: "os.DirEntry[str]") -> bool:
    environment = os.path.join(folder.path, "pyvenv.cfg")
    return _never_own(folder.name) or os.path.exists(environment)


def _never_own(folder: str) -> bool:
    return folder in SKIPPED_FOLDERS or folder.startswith(".") or folder.endswith(".egg-info")


def _in_skipped_folder(path: Path) -> bool:
    parts = Path(os.path.relpath(path)).parts
    return ".." not in parts and any(_never_own(part) for part in parts[:-1])
