"""Reads log files, each only as far as it has not been read before."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from advisor.runs.discovery import in_words
from advisor.runs.readers.opening import open_log
from advisor.runs.readers.series import LogFile

Progress = Callable[[int, int, Path], None]
"""Called with the bytes read so far, the bytes there are in all, and the file being read."""


class LogReader:
    """Keeps the files it has opened, so that reading again takes only what was appended."""

    def __init__(self, on_progress: Progress | None = None) -> None:
        self._on_progress = on_progress or _say_nothing
        self._opened: dict[Path, LogFile] = {}

    @property
    def records(self) -> int:
        """How many records were read in all."""
        return sum(file.records for file in self._opened.values())

    def read(self, paths: Sequence[Path]) -> tuple[list[LogFile], list[tuple[Path, str]]]:
        """The logs that could be read, and why the others could not."""
        files: list[LogFile] = []
        unreadable: list[tuple[Path, str]] = []
        sizes = [_size(path) for path in paths]
        before, total = 0, sum(sizes)
        for path, size in zip(paths, sizes, strict=True):
            file = self._opened.get(path) or open_log(path)
            try:
                file.read(partial(self._tell, path, before, total))
            except OSError as error:
                unreadable.append((path, in_words(error)))
            else:
                self._opened[path] = file
                files.append(file)
            before += size
            self._tell(path, before, total, 0)
        return files, unreadable

    def _tell(self, path: Path, before: int, total: int, read: int) -> None:
        self._on_progress(min(before + read, total), total, path)


def _say_nothing(read: int, total: int, path: Path) -> None:
    """No progress is wanted."""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
