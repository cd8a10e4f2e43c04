"""A run in MLflow's file store: a folder with a file of lines for each metric and parameter.

`mlruns/<experiment>/<run>/` holds `meta.yaml`, `metrics/<name>` with lines of time in milliseconds,
value and step, and `params/<name>` with the value. Names may contain slashes.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.runs.readers.files import opened, whole_lines
from advisor.runs.readers.series import Gap, OnBytes
from advisor.runs.readers.settings_beside import plain_entries, plain_value
from advisor.runs.readers.tables import number_in
from advisor.runs.readers.tracked import TrackedRun, below

_LARGEST_TEXT = 1 << 20
META = "meta.yaml"


def is_run(path: Path) -> bool:
    """Whether a file is what MLflow keeps about a run: it lies beside the run's metrics."""
    return path.name == META and (path.parent / "metrics").is_dir()


class MlflowMetrics(TrackedRun):
    """Metrics as MLflow numbers them: those that are logged without steps all have step 0."""

    def _append_metric(self, name: str, step: int, moment: float, value: float) -> None:
        """Add a point; those without steps are numbered as they come."""
        series = self._series.get(name)
        if step == 0 and series and series.steps[-1] == len(series) - 1:
            step = len(series)
        self._append(name, step, moment, value)


class MlflowRun(MlflowMetrics):
    """The metrics and parameters beside a `meta.yaml`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._offsets: dict[Path, int] = {}
        self._meta: dict[str, Any] = {}

    @property
    def first_wall_time(self) -> float:
        """When the run started, in seconds since 1970."""
        return (number_in(self._meta.get("start_time")) or 0.0) / 1000

    @property
    def place(self) -> Path | None:
        """Where the run would lie if its folders bore the names that people gave."""
        name, experiment = self._meta.get("run_name"), self.path.parent.parent
        title = _meta(experiment / META).get("name", experiment.name)
        return below(experiment.parent, str(title), str(name)) if name else None

    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read the lines appended since the last call; return their number. Raises `OSError`."""
        before, folder = self._records, self.path.parent
        self._meta = _meta(self.path)
        for path in _files(folder / "metrics"):
            self._read_metric(path, path.relative_to(folder / "metrics").as_posix())
        self.hyperparameters = {
            path.relative_to(folder / "params").as_posix(): plain_value(_text(path))
            for path in _files(folder / "params")
        }
        return self._records - before

    def _read_metric(self, path: Path, name: str) -> None:
        offset = self._offsets.get(path, 0)
        for lines in whole_lines(path, offset):
            self._offsets[path] = self._offsets.get(path, 0) + len(lines)
            for number, line in enumerate(lines.splitlines()):
                try:
                    moment, value, step = _point(line)
                except (ValueError, OverflowError):
                    self.gaps.append(Gap(offset + number, offset + number + len(line)))
                    continue
                self._append_metric(name, step, moment, value)
                self._records += 1
            offset += len(lines)


def _point(line: bytes) -> tuple[float, float, int]:
    """Time in seconds, value and step of a line; raises `ValueError`."""
    moment, value, *more = line.split()
    return int(moment) / 1000, float(value), int(more[0]) if more else 0


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _text(path: Path) -> str:
    with opened(path) as stream:
        return stream.read(_LARGEST_TEXT).decode("utf-8", errors="replace").strip()


def _meta(path: Path) -> dict[str, Any]:
    try:
        return plain_entries(_text(path))
    except OSError:
        return {}
