"""Reads log files, each only as far as it has not been read before."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from advisor.runs.discovery import in_words
from advisor.runs.parallel import Executor, batches_of, in_order
from advisor.runs.readers.opening import open_log
from advisor.runs.readers.series import LogFile

Progress = Callable[[int, int, Path], None]
"""Called with the bytes read so far, the bytes there are in all, and the file being read."""

MANY_FILES = 200
"""From so many files on it pays to hand them to other processes."""
_BYTES_OF_OPENING = 20_000
_BYTES_OF_BATCH = 2_000_000


class LogReader:
    """Keeps the files it has opened, so that reading again takes only what was appended.

    Many files are read through the `executor`, if there is one, and come back to this process.
    """

    def __init__(
        self, on_progress: Progress | None = None, executor: Executor | None = None
    ) -> None:
        self._on_progress = on_progress or _say_nothing
        self._executor = executor
        self._opened: dict[Path, LogFile] = {}

    @property
    def records(self) -> int:
        """How many records were read in all."""
        return sum(file.records for file in self._opened.values())

    def read(self, paths: Sequence[Path]) -> tuple[list[LogFile], list[tuple[Path, str]]]:
        """The logs that could be read, and why the others could not."""
        if self._executor is not None and len(paths) >= MANY_FILES:
            return self._read_through(self._executor, paths)
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

    def _read_through(
        self, executor: Executor, paths: Sequence[Path]
    ) -> tuple[list[LogFile], list[tuple[Path, str]]]:
        files: list[LogFile] = []
        unreadable: list[tuple[Path, str]] = []
        sizes = [_size(path) for path in paths]
        total, before = sum(sizes), 0
        logs = [self._opened.get(path) or open_log(path) for path in paths]
        batches = batches_of(logs, [size + _BYTES_OF_OPENING for size in sizes], _BYTES_OF_BATCH)
        for batch in in_order(executor, read_logs, batches):
            for log, reason in batch:
                if reason:
                    unreadable.append((log.path, reason))
                else:
                    self._opened[log.path] = log
                    files.append(log)
            done = len(files) + len(unreadable)
            before = sum(sizes[:done])
            self._tell(batch[-1][0].path, before, total, 0)
        return files, unreadable

    def _tell(self, path: Path, before: int, total: int, read: int) -> None:
        self._on_progress(min(before + read, total), total, path)


def read_logs(logs: Sequence[LogFile]) -> list[tuple[LogFile, str]]:
    """Read each log as far as it goes; beside it, why that could not be done, or nothing."""
    results = []
    for log in logs:
        try:
            log.read()
        except OSError as error:
            results.append((log, in_words(error)))
        else:
            results.append((log, ""))
    return results


def _say_nothing(read: int, total: int, path: Path) -> None:
    """No progress is wanted."""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
