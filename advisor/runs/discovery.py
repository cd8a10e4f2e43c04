"""Which files below a path a training logged to, and why others that look alike are not."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from advisor.runs.readers.mlflow_database import SUFFIX, is_database, lies_in_database, runs_in
from advisor.runs.readers.opening import is_table
from advisor.runs.readers.wandb_run import SUMMARY, WHY_SUMMARY_ALONE, is_summary_alone

_MARK = "tfevents"
_SKIPPED_FOLDERS = frozenset(
    {
        ".git",
        ".trash",
        ".ipynb_checkpoints",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        "site-packages",
    }
)
_IN_ANNEX = "is a git-annex pointer, not the data: fetch it with `git annex get`"
_COMPRESSED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd"}


class RunNotReadable(Exception):
    """An input that cannot be read at all; the message is one line that names it and a remedy."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"`{path}` {reason}")
        self.path = path
        self.reason = reason


@dataclass(slots=True)
class LogFiles:
    """What was found below a path: logs, and event files that should be some but are not, each with
    the reason. Files that merely share the name (`lookalikes`) are nobody's loss.
    """

    files: list[Path] = field(default_factory=list)
    lookalikes: list[tuple[Path, str]] = field(default_factory=list)
    rejected: list[tuple[Path, str]] = field(default_factory=list)


def find_logs(path: Path) -> LogFiles:
    """The event files and tables at or below `path`, in the order of their names.

    A file that is named itself may be called anything. Links are followed, each folder is entered
    once. Raises `RunNotReadable` if there is no such path or no log.
    """
    found = LogFiles()
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise RunNotReadable(path, in_words(error)) from error
    for candidate in _candidates(path, found) if is_folder else _named(path):
        if lies_in_database(candidate):
            found.files.append(candidate)
        elif candidate.name == SUMMARY:
            if is_summary_alone(candidate):
                found.rejected.append((candidate, WHY_SUMMARY_ALONE))
        elif reason := _why_lookalike(candidate.name):
            found.lookalikes.append((candidate, reason))
        elif reason := _why_not_readable(candidate):
            found.rejected.append((candidate, reason))
        else:
            found.files.append(candidate)
    if not found.files:
        reasons = found.rejected + found.lookalikes
        raise RunNotReadable(path, why_nothing_is_read(path, reasons))
    return found


def is_event_file(name: str) -> bool:
    """Whether a file is called like an event file."""
    return _MARK in name


def natural_order(path: Path) -> tuple[tuple[tuple[int, int | str], ...], ...]:
    """A sort key by which `version_10` comes after `version_2`."""
    return tuple(_natural_parts(part) for part in path.parts)


def _natural_parts(name: str) -> tuple[tuple[int, int | str], ...]:
    parts: list[tuple[int, int | str]] = []
    digits = ""
    for character in name:
        if character.isascii() and character.isdigit():
            digits += character
            continue
        if digits:
            parts.append((0, int(digits)))
            digits = ""
        parts.append((1, character))
    if digits:
        parts.append((0, int(digits)))
    return tuple(parts)


def _candidates(root: Path, found: LogFiles) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        found.rejected.append((Path(error.filename), in_words(error)))

    entered: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(root, onerror=unreadable, followlinks=True):
        identity = _identity(folder)
        if identity in entered:
            subfolders.clear()
            continue
        entered.add(identity)
        subfolders[:] = [name for name in sorted(subfolders) if name not in _SKIPPED_FOLDERS]
        for name in sorted(names):
            if is_event_file(name) or name == SUMMARY or is_table(Path(folder, name)):
                yield Path(folder, name)
            elif name.endswith(SUFFIX):
                yield from _in_database(Path(folder, name))


def _named(path: Path) -> Iterator[Path]:
    """What a file that is named itself stands for: itself, or the runs of a database."""
    runs = list(_in_database(path))
    yield from runs or [path]


def _in_database(path: Path) -> Iterator[Path]:
    if is_database(path):
        yield from runs_in(path)


def _identity(folder: str) -> tuple[int, int]:
    """What a folder has in common with every link to it."""
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def _why_lookalike(name: str) -> str:
    """Why a file of this name is no event file although it is called one; else empty."""
    if name.startswith("._"):
        return "is an AppleDouble file that macOS left behind"
    if name.endswith(".profile-empty"):
        return "is a marker of the profiler and holds no curves"
    return "is a Unity `.meta` file" if name.endswith(".meta") else ""


def _why_not_readable(path: Path) -> str:
    """Why a file cannot be an event file, judged by its first bytes; empty if it may be one."""
    try:
        if path.is_symlink() and not path.exists():
            return _why_dangling(str(path.readlink()))
        if not path.is_file():
            return "is not a regular file"
        with path.open("rb") as stream:
            start = stream.read(256)
    except OSError as error:
        return in_words(error)
    return _why_no_events(start)


def _why_dangling(target: str) -> str:
    return _IN_ANNEX if "/annex/objects/" in target else "is a link to a file that does not exist"


def _why_no_events(start: bytes) -> str:
    if not start:
        return "is empty (0 bytes): nothing was ever written to it, so delete it"
    if start.startswith(b"version https://git-lfs"):
        return "is a git-lfs pointer, not the data: fetch it with `git lfs pull`"
    if start.startswith(b"/annex/objects/"):
        return _IN_ANNEX
    for magic, program in _COMPRESSED.items():
        if start.startswith(magic):
            return f"is compressed with {program}: unpack it first"
    return ""


def in_words(error: OSError) -> str:
    """Why a file or folder could not be read, and a remedy where there is one."""
    match error:
        case FileNotFoundError():
            return "does not exist: give an event file, a run's folder or a folder of runs"
        case PermissionError():
            return "may not be read: its permissions forbid it"
    return f"cannot be read: {(error.strerror or str(error)).lower()}"


def why_nothing_is_read(path: Path, reasons: Sequence[tuple[Path, str]]) -> str:
    """One line on why an input gives no run, from the reasons for each of its files."""
    if not reasons:
        return "holds no event file (`*tfevents*`) and no other log: give the folder that the training logs to"
    first, reason = reasons[0]
    if first == path:
        return reason
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"holds no readable log: `{first.name}` {reason}{more}"
