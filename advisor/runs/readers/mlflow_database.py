"""Runs in the SQLite database in which MLflow keeps them by default, `mlflow.db`.

A run in it has a path of its own below the file, `mlflow.db/<run>/metrics`, where nothing lies on disk.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from math import nan
from pathlib import Path
from typing import Any
from urllib.parse import quote

from advisor.runs.readers.files import opened
from advisor.runs.readers.mlflow_run import MlflowMetrics
from advisor.runs.readers.series import OnBytes
from advisor.runs.readers.settings_beside import plain_value
from advisor.runs.readers.tables import number_in, step_in
from advisor.runs.readers.tracked import below

SUFFIX = ".db"
MAGIC = b"SQLite format 3\0"
_RUNS = "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active' ORDER BY start_time, run_uuid"
_RUN = (
    "SELECT runs.name, experiments.name, start_time FROM runs LEFT JOIN experiments"
    " ON runs.experiment_id = experiments.experiment_id WHERE run_uuid = ?"
)
_PARAMS = "SELECT key, value FROM params WHERE run_uuid = ?"
_COUNT = "SELECT count(*) FROM metrics WHERE run_uuid = ?"
_POINTS = (
    "SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ?"
    " ORDER BY timestamp, step, rowid"
)


def is_database(path: Path) -> bool:
    """Whether a file is a database of MLflow's runs."""
    if path.suffix != SUFFIX:
        return False
    try:
        with opened(path) as stream:
            if stream.read(len(MAGIC)) != MAGIC:
                return False
        next(runs_in(path), None)
    except OSError:
        return False
    return True


def runs_in(path: Path) -> Iterator[Path]:
    """The paths that stand for the runs of a database, oldest first; raises `OSError`."""
    with _opened(path) as database:
        for (run,) in _rows(database, _RUNS):
            if isinstance(run, str) and run not in {"", ".", ".."} and "/" not in run:
                yield path / run / "metrics"


def lies_in_database(path: Path) -> bool:
    """Whether a path is one that stands for a run of a database."""
    return path.parent.parent.suffix == SUFFIX and path.parent.parent.is_file()


class DatabaseRun(MlflowMetrics):
    """The metrics and parameters of one run of a database."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._names: tuple[str | None, ...] = (None, None)
        self._started = 0.0

    @property
    def first_wall_time(self) -> float:
        """When the run started, in seconds since 1970."""
        return self._started

    @property
    def place(self) -> Path | None:
        """Where the run would lie if the database were a folder, by the names that people gave."""
        name, experiment = self._names
        return below(self.path.parent.parent.parent, experiment or "runs", name) if name else None

    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read the run if it has more points than before; return how many. Raises `OSError`."""
        run, before = self.path.parent.name, self._records
        with _opened(self.path.parent.parent) as database:
            name, experiment, started = next(_rows(database, _RUN, run), (None, None, 0))
            self._names = tuple(None if each is None else str(each) for each in (name, experiment))
            self._started = (number_in(started) or 0.0) / 1000
            self.hyperparameters = {
                str(key): plain_value(str(value)) for key, value in _rows(database, _PARAMS, run)
            }
            ((count,),) = _rows(database, _COUNT, run)
            if count != before:
                self._series = {}
                for key, value, moment, step, is_nan in _rows(database, _POINTS, run):
                    number = nan if is_nan else number_in(value)
                    if number is not None:
                        seconds = (number_in(moment) or 0.0) / 1000
                        self._append_metric(str(key), step_in(step) or 0, seconds, number)
                self._records = count
        return max(0, self._records - before)


def _opened(path: Path) -> "closing[sqlite3.Connection]":
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    try:
        return closing(sqlite3.connect(address, uri=True))
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def _rows(database: sqlite3.Connection, query: str, *values: str) -> Iterator[Any]:
    try:
        yield from database.execute(query, values)
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
