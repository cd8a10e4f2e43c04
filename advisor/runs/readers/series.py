"""What every reader of logs yields: series of points, and the file they come from."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

OnBytes = Callable[[int], None]


@dataclass(slots=True)
class Series:
    """One scalar as a file holds it, in the order of logging; steps may repeat or go back."""

    tag: str
    steps: "array[int]" = field(default_factory=lambda: array("q"))
    wall_times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))

    def __len__(self) -> int:
        return len(self.steps)

    def append(self, step: int, wall_time: float, value: float) -> None:
        """Add the point that was logged last."""
        self.steps.append(step)
        self.wall_times.append(wall_time)
        self.values.append(value)

    def drop_last(self) -> None:
        """Take the last point back."""
        self.steps.pop()
        self.wall_times.pop()
        self.values.pop()


class Gap(NamedTuple):
    """A damaged stretch of a file that was stepped over, from `start` up to before `stop`."""

    start: int
    stop: int


class LogFile(Protocol):
    """A file that a training logged scalars to, and what has been read of it so far."""

    path: Path

    @property
    def series(self) -> Mapping[str, Series]:
        """The scalars by their tags."""

    @property
    def texts(self) -> Mapping[str, str]:
        """What was logged as text."""

    @property
    def hyperparameters(self) -> Mapping[str, Any]:
        """What the file says the training was started with."""

    @property
    def records(self) -> int:
        """How many whole records were read: 0 if the file is not what it is called."""

    @property
    def gaps(self) -> Sequence[Gap]:
        """Where the file is damaged."""

    @property
    def first_wall_time(self) -> float:
        """When the first point was logged, in seconds since 1970, as far as the file tells."""

    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read what was appended since the last call; return the number of new records.

        `on_bytes` is called with the bytes read so far each time some more are, in long files.
        Raises `OSError`.
        """

    def why_no_scalars(self) -> str:
        """What the file holds in place of scalars, in words; empty if it does hold some."""
