"""What the logs of experiment trackers have in common: points of their own, and names that people gave."""

from collections.abc import Mapping
from pathlib import Path

from advisor.runs.readers.series import Series
from advisor.runs.readers.tables import TableFile, is_step


class TrackedRun(TableFile):
    """A run that an experiment tracker keeps; each tracker has its way to read the points."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._series: dict[str, Series] = {}
        self._records = 0

    @property
    def series(self) -> Mapping[str, Series]:
        """What was logged, by the names it was logged under."""
        return self._series

    @property
    def records(self) -> int:
        """How many points, or rows of a history, were read."""
        return self._records

    def why_no_scalars(self) -> str:
        """What the file holds in place of scalars, in words; empty if it does hold some."""
        if any(self._series.values()):
            return ""
        return "holds no history: nothing was logged to this run yet"

    def _append(self, name: str, step: int, moment: float, value: float) -> None:
        """Add a point to a series, which begins with it if it is new; a step must be one."""
        if not is_step(step):
            return
        series = self._series.get(name)
        if series is None:
            series = self._series[name] = Series(name)
        series.append(step, moment, value)


def below(folder: Path, *names: str) -> Path:
    """A place below a folder; slashes in the names lead nowhere else."""
    return folder.joinpath(*(name.replace("/", "-") or "-" for name in names))
