"""Logs that are tables: a row per epoch or evaluation, with a cell per scalar."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from advisor.runs.readers.series import Gap, OnBytes, Series

_AXES = (
    *(
        "step",
        "_step",
        "global_step",
        "iteration",
        "iter",
        "iterations",
        "num_updates",
        "total_timesteps",
    ),
    *("timesteps", "epoch", "epochs", ""),
)
Row = Mapping[str, object]


def axis_among(columns: Iterable[str]) -> str | None:
    """The column that counts the training: its steps rather than its epochs.

    A first column without a name is the index that pandas writes.
    """
    by_name = {column.rsplit("/", 1)[-1].strip().lower(): column for column in reversed([*columns])}
    return next((by_name[axis] for axis in _AXES if axis in by_name), None)


def number_in(cell: object) -> float | None:
    """The number in a cell; None where it is empty or holds something else."""
    if isinstance(cell, bool) or cell is None:
        return None
    if not isinstance(cell, int | float | str):
        return None
    try:
        return float(cell)
    except (ValueError, OverflowError):
        return None


def step_in(cell: object) -> int | None:
    """The step in a cell; None if it holds no whole number, or one that no step can be."""
    number = number_in(cell)
    if number is None or not number.is_integer() or not is_step(int(number)):
        return None
    return int(number)


def is_step(number: int) -> bool:
    """Whether a number is small enough for a step, which takes 8 bytes."""
    return -(1 << 63) <= number < 1 << 63


class Table:
    """The series in rows that arrive one after the other.

    The axis is chosen from the first rows and then kept; a row that it does not number counts as
    the next one, where none is numbered, and is left out otherwise. Tables do not tell when a row
    was written, so `wall_time` stands for all of them.
    """

    def __init__(self, wall_time: float = 0.0) -> None:
        self.series: dict[str, Series] = {}
        self.rows = 0
        self.wall_time = wall_time
        self._axis: str | None = None

    def take(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        if not self.rows and rows:
            self._axis = self._choose_axis(rows)
        for row in rows:
            step = self.rows if self._axis is None else step_in(row.get(self._axis))
            self.rows += 1
            if step is not None:
                self._append(row, step)

    @staticmethod
    def _choose_axis(rows: Sequence[Row]) -> str | None:
        axis = axis_among(dict.fromkeys(column for row in rows for column in row))
        numbered = sum(axis is not None and step_in(row.get(axis)) is not None for row in rows)
        return axis if 2 * numbered > len(rows) else None

    def _append(self, row: Row, step: int) -> None:
        for column, cell in row.items():
            value = number_in(cell)
            if column != self._axis and value is not None:
                series = self.series.setdefault(column, Series(column))
                series.append(step, self.wall_time, value)


class TableFile(ABC):
    """What log files that hold a table have in common; each format has its way to read rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.texts: dict[str, str] = {}
        self.hyperparameters: dict[str, Any] = {}
        self.gaps: list[Gap] = []
        self._table = Table()

    @property
    def series(self) -> Mapping[str, Series]:
        """The scalars by their tags."""
        return self._table.series

    @property
    def records(self) -> int:
        """How many whole rows were read."""
        return self._table.rows

    @property
    def first_wall_time(self) -> float:
        """When the file was first seen to have changed: tables tell no better."""
        return self._table.wall_time

    @property
    def place(self) -> Path | None:
        """Where the run would lie if folders bore the names that people gave; None if they do."""
        return None

    @abstractmethod
    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read what is new; return the number of new rows. Raises `OSError`."""

    def why_no_scalars(self) -> str:
        """What the file holds in place of scalars, in words; empty if it does hold some."""
        if any(self.series.values()):
            return ""
        if not self._table.rows:
            return "holds no whole row: nothing was logged to it yet"
        return "holds no numbers that a training logs"
