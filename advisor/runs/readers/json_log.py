"""JSON logs: `trainer_state.json` of the HF Trainer, and a JSON object per line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor.runs.readers.files import opened, whole_lines
from advisor.runs.readers.series import OnBytes
from advisor.runs.readers.tables import Row, Table, TableFile, axis_among

TRAINER_STATE = "trainer_state.json"
_SETTINGS = ("train_batch_size", "num_train_epochs", "max_steps", "logging_steps", "eval_steps")
_LONGEST_LINE = 1 << 16
_SPLITS = ("eval_", "test_")


class TrainerState(TableFile):
    """The history that the HF Trainer saves with each checkpoint, under TensorBoard's tags."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._seen = (0, 0.0)

    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read the file if it has changed; return the number of rows that are new.

        A file that is only half written keeps what was read before. Raises `OSError`.
        """
        status = self.path.stat()
        seen = status.st_size, status.st_mtime
        if seen == self._seen:
            return 0
        with opened(self.path) as stream:
            state = _object(stream.read())
        if state is None:
            return 0
        before, self._seen = self._table.rows, seen
        self._table = Table(status.st_mtime)
        history = state.get("log_history")
        rows = history if isinstance(history, list) else []
        self._table.take([_renamed(row) for row in rows if isinstance(row, dict)])
        self.hyperparameters = {name: state[name] for name in _SETTINGS if name in state}
        return self._table.rows - before


class JsonLines(TableFile):
    """A JSON object per line, as detectron2's `metrics.json` and MMEngine's `scalars.json` hold."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.offset = 0

    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read the lines appended since the last call; return their number. Raises `OSError`."""
        status = self.path.stat()
        if status.st_size < self.offset:
            self.offset = 0
        if not self.offset:
            self._table = Table(status.st_mtime)
        before = self._table.rows
        for lines in whole_lines(self.path, self.offset):
            self.offset += len(lines)
            self._table.take([row for line in lines.splitlines() if (row := _object(line))])
        return self._table.rows - before


def _renamed(row: Mapping[str, Any]) -> Row:
    """A row with the tags that the Trainer's TensorBoard callback gives them."""
    return {name if name == "step" else _tag(name): value for name, value in row.items()}


def _tag(name: str) -> str:
    for split in _SPLITS:
        if name.startswith(split):
            return f"{split[:-1]}/{name.removeprefix(split)}"
    return f"train/{name}"


def _object(text: bytes) -> dict[str, Any] | None:
    """The JSON object in a text; None if there is none, or only a part of one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_training_log(path: Path) -> bool:
    """Whether the first line of a file is a JSON object with a count of the training."""
    try:
        with opened(path) as stream:
            row = _object(stream.readline(_LONGEST_LINE))
    except OSError:
        return False
    return row is not None and axis_among(row) not in {None, ""}
