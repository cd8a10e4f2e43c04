"""A run of Weights & Biases as it lies on disk: `run-<id>.wandb`, online or offline.

The file is a log in the format of LevelDB: after a header of 7 bytes, blocks of 32 KiB with records
of checksum (4 bytes), length (2), type (1: whole, 2 to 4: first, middle, last part) and payload. Each
payload is a protocol buffer, of which the history, the configuration and the name are read.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.runs.readers.files import opened
from advisor.runs.readers.series import Gap, OnBytes
from advisor.runs.readers.tables import number_in, step_in
from advisor.runs.readers.tracked import TrackedRun, below
from advisor.runs.readers.wire import MalformedMessage, fields, text

SUFFIX = ".wandb"
SUMMARY = "wandb-summary.json"
WHY_SUMMARY_ALONE = (
    "holds the last values of a run of Weights & Biases and no history: "
    "copy the `run-*.wandb` that lies above it where the training ran"
)
_MAGIC = b":W&B"
_HEADER_OF_FILE = 7
_BLOCK = 32768
_HEADER = struct.Struct("<IHB")
_KINDS = _WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4

# numbers of fields in wandb_internal.proto
_HISTORY, _CONFIG, _RUN = 2, 5, 17
_RUN_CONFIG, _RUN_NAME = 4, 8
_ITEM, _KEY, _NESTED_KEY, _VALUE = 1, 1, 2, 16

_STEP, _TIME = "_step", "_timestamp"


class WandbRun(TrackedRun):
    """The history and the configuration in a `.wandb` file, and how far it has been read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._offset = _HEADER_OF_FILE
        self._parts: list[bytes] = []
        self._name = ""
        self._first_time = 0.0

    @property
    def first_wall_time(self) -> float:
        """When the first row was logged, in seconds since 1970."""
        return self._first_time

    @property
    def place(self) -> Path | None:
        """Where the run would lie if its folder bore the name that it was given."""
        return below(self.path.parent.parent, self._name) if self._name else None

    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read what was appended since the last call; return the number of new rows.

        Raises `OSError`.
        """
        before = self._records
        with opened(self.path) as stream:
            start = self._offset - self._offset % _BLOCK
            stream.seek(start)
            data = stream.read()
        for payload in self._payloads(data, start):
            try:
                self._take(payload)
            except (MalformedMessage, ValueError):
                self.gaps.append(Gap(self._offset - len(payload), self._offset))
        return self._records - before

    def _payloads(self, data: bytes, start: int) -> Iterator[bytes]:
        """The whole payloads from where reading stopped, in `data` that begins at `start`.

        What follows damage in a block is stepped over.
        """
        while True:
            left = _BLOCK - self._offset % _BLOCK
            if left < _HEADER.size:
                self._offset += left
                left = _BLOCK
            at = self._offset - start
            if at + _HEADER.size > len(data):
                return
            _, length, kind = _HEADER.unpack_from(data, at)
            size = _HEADER.size + length
            if kind not in _KINDS or size > left:
                self.gaps.append(Gap(self._offset, min(self._offset + left, start + len(data))))
                self._offset += left
                continue
            if at + size > len(data):
                return
            self._offset += size
            part = data[at + _HEADER.size : at + size]
            if kind in (_WHOLE, _FIRST):
                self._parts.clear()
            self._parts.append(part)
            if kind in (_WHOLE, _LAST):
                yield b"".join(self._parts)

    def _take(self, record: bytes) -> None:
        for field in fields(record, 0, len(record)):
            body = record[field.start : field.stop]
            if field.number == _HISTORY:
                self._take_row(dict(_items(body)))
            elif field.number == _CONFIG:
                self._take_settings(body)
            elif field.number == _RUN:
                for part in fields(body, 0, len(body)):
                    if part.number == _RUN_CONFIG:
                        self._take_settings(body[part.start : part.stop])
                    elif part.number == _RUN_NAME:
                        self._name = text(body, part)

    def _take_settings(self, body: bytes) -> None:
        settings = {name: value for name, value in _items(body) if not name.startswith("_wandb")}
        self.hyperparameters = self.hyperparameters | settings

    def _take_row(self, row: dict[str, Any]) -> None:
        step, moment = step_in(row.get(_STEP)), number_in(row.get(_TIME)) or 0.0
        self._first_time = self._first_time or moment
        for key, value in row.items():
            number = number_in(value)
            if number is not None and not key.startswith("_"):
                self._append(key, self._records if step is None else step, moment, number)
        self._records += 1


def is_run(path: Path) -> bool:
    """Whether a file is the log of a W&B run, by its name and its first bytes."""
    if path.suffix != SUFFIX:
        return False
    try:
        with opened(path) as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def is_summary_alone(path: Path) -> bool:
    """Whether a file is the summary of a run whose history is not here."""
    if path.name != SUMMARY:
        return False
    return not any(any(folder.glob(f"*{SUFFIX}")) for folder in path.absolute().parents[:2])


def _items(body: bytes) -> Iterator[tuple[str, Any]]:
    """The keys and values of a message that repeats them; raises `MalformedMessage`."""
    for item in fields(body, 0, len(body)):
        if item.number != _ITEM:
            continue
        keys: list[str] = []
        value: Any = None
        for field in fields(body, item.start, item.stop):
            if field.number in (_KEY, _NESTED_KEY):
                keys.append(text(body, field))
            elif field.number == _VALUE:
                value = _value(text(body, field))
        yield "/".join(filter(None, keys)), value


def _value(written: str) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written
