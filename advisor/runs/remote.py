"""Runs in an object store or on another machine, followed in a copy here, through fsspec.

Only what may be a log is copied: event files, histories, the files of experiment trackers, and tables
whose beginning looks like a log. A copy is brought up to date by what was appended since; a database,
which changes anywhere, is copied anew.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from advisor.runs.discovery import is_event_file
from advisor.runs.readers import mlflow_database
from advisor.runs.readers.opening import is_table
from advisor.runs.readers.wandb_run import SUFFIX, SUMMARY
from advisor.runs.reading import Progress

_HEAD = 1 << 17
_NAMES_KNOWN = frozenset({"hparams.yaml", "args.yaml", "meta.yaml", "trainer_state.json", SUMMARY})
_MARKS_OF_CHANGE = ("mtime", "LastModified", "last_modified", "updated", "ETag", "etag", "created")
_FOLDERS_OF_MLFLOW = frozenset({"metrics", "params"})

_SUFFIXES_OF_TABLES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".log"})


class StoreNotReadable(Exception):
    """An address that gives nothing; `reason` follows it in a sentence."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"`{address}` {reason}")
        self.address = address
        self.reason = reason


class RemoteLogs:
    """The logs at or below an address, and their copy in a folder here.

    `path` is where the copy lies, under the last name of the address.
    """

    def __init__(self, address: str, folder: Path) -> None:
        """Raises `StoreNotReadable` if nothing here can talk to that kind of store."""
        self.address = address.rstrip("/")
        self.path = folder / (PurePosixPath(self.address).name or "runs")
        self._sizes: dict[str, int] = {}
        self._stamps: dict[str, str] = {}
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise self._unreadable("needs fsspec: `pip install nnlint[remote]`") from None
        try:
            self._store, self._root = url_to_fs(self.address)
        except (ImportError, ValueError) as error:
            raise self._unreadable(f"cannot be reached: {_first_line(error)}") from None

    def update(self, on_progress: Progress | None = None) -> None:
        """Copy what is new; raises `StoreNotReadable` if the store does not give it out."""
        try:
            found = self._changed()
            total, done = sum(size - begin for _, begin, size in found), 0
            for name, begin, size in found:
                target = self._target(name)
                if self._is_wanted(name, target, size):
                    self._copy(name, target, begin)
                self._sizes[name] = size
                done += size - begin
                if on_progress is not None:
                    on_progress(done, total, target)
        except FileNotFoundError:
            raise self._unreadable(
                "does not exist: give a log, a run or a folder of runs"
            ) from None
        except Exception as error:  # stores raise errors of their own libraries
            raise self._unreadable(f"cannot be read: {_first_line(error)}") from error

    def shown(self, path: Path) -> str:
        """A path within the copy as the address that it stands for."""
        if path == self.path:
            return self.address
        return f"{self.address}/{path.relative_to(self.path).as_posix()}"

    def _changed(self) -> list[tuple[str, int, int]]:
        """What is there and not here: name, how much of it is here, and its size."""
        self._store.invalidate_cache()
        details: dict[str, dict[str, Any]] = self._store.find(self._root, detail=True)
        if not details:
            raise FileNotFoundError(self.address)
        changed = []
        for name, detail in sorted(details.items()):
            size, before = int(detail.get("size") or 0), self._sizes.get(name, 0)
            if _is_database(name):
                if size and self._has_new_stamp(name, detail):
                    changed.append((name, 0, size))
            elif size != before and _may_be_wanted(PurePosixPath(name)):
                changed.append((name, before if size > before else 0, size))
        return changed

    def _has_new_stamp(self, name: str, detail: Mapping[str, Any]) -> bool:
        """Whether a database may have changed, by its size and what the store says of its age."""
        stamp = str([detail.get("size"), *(detail.get(mark) for mark in _MARKS_OF_CHANGE)])
        before, self._stamps[name] = self._stamps.get(name), stamp
        return stamp != before

    def _target(self, name: str) -> Path:
        below = PurePosixPath(name).relative_to(PurePosixPath(self._root)).parts
        return self.path.joinpath(*below)

    def _is_wanted(self, name: str, target: Path, size: int) -> bool:
        """Whether a file is a log, for tables by their beginning, which lies here afterwards."""
        if _is_known(PurePosixPath(name)) or target.exists():
            return True
        if _is_database(name):
            head = self._store.cat_file(name, start=0, end=len(mlflow_database.MAGIC))
            return bool(head == mlflow_database.MAGIC)
        self._write(target, self._store.cat_file(name, start=0, end=min(size, _HEAD)), "wb")
        wanted = is_table(target)
        target.unlink()
        return wanted

    def _copy(self, name: str, target: Path, begin: int) -> None:
        if not begin or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._store.get_file(name, str(target))
        else:
            self._write(target, self._store.cat_file(name, start=begin), "ab")

    @staticmethod
    def _write(target: Path, data: bytes, mode: str) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open(mode) as stream:
            stream.write(data)

    def _unreadable(self, reason: str) -> StoreNotReadable:
        return StoreNotReadable(self.address, reason)


def _is_database(name: str) -> bool:
    return name.endswith(mlflow_database.SUFFIX)


def _may_be_wanted(name: PurePosixPath) -> bool:
    return _is_known(name) or name.suffix.lower() in _SUFFIXES_OF_TABLES


def _is_known(name: PurePosixPath) -> bool:
    """Whether a file is a log, or lies beside one, by its name alone."""
    if is_event_file(name.name) or name.suffix == SUFFIX or name.name in _NAMES_KNOWN:
        return True
    return bool(_FOLDERS_OF_MLFLOW & set(name.parts[:-1]))


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
