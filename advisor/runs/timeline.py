"""From points in the order of logging to a curve whose steps strictly increase.

Steps repeat and go back in real logs: a run was restarted from a checkpoint, every batch of an
epoch was logged under the epoch's number, workers wrote out of turn. What was logged last at a step
holds, as in TensorBoard; where many values share each step they are averaged.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.runs.run import Note

_AVERAGE_FROM = 2.0
_LONGEST_STRAY = 2
_FARTHEST_OUT_OF_TURN = 2
_FEWEST_EPOCHS = 3
_STRAY_REPLACES_AT_LEAST = 10


@dataclass(frozen=True, slots=True)
class Points:
    """Logged points of one scalar: three arrays of equal length."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    wall_times: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Points":
        return Points(self.steps[which], self.values[which], self.wall_times[which])


@dataclass(slots=True)
class Repairs:
    """How many points were dealt with in which way to make steps increase.

    `replaced` points gave way to later ones after the steps had gone back to `back_to` from
    `back_from`; `averaged` shared a step with others; `repeated` were logged again at the same
    step; `reordered` came out of turn; `strays` went back so far and so briefly that they were
    left out. `renumbered` is how often steps started anew although the training went on.
    """

    replaced: int = 0
    averaged: int = 0
    repeated: int = 0
    reordered: int = 0
    strays: int = 0
    renumbered: int = 0
    back_from: int = 0
    back_to: int = 0

    def __bool__(self) -> bool:
        return self != Repairs()


def joined(parts: list[Points]) -> Points:
    """The points of several stretches, one after the other."""
    return Points(
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.wall_times for part in parts]),
    )


def in_order(points: Points) -> tuple[Points, Repairs]:
    """The points with strictly increasing steps, and what had to be done for that."""
    repairs = Repairs()
    if len(points) < 2 or np.all(points.steps[1:] > points.steps[:-1]):
        return points, repairs
    points = _without_strays(points, repairs)
    points = _reordered(points, repairs)
    points = _numbered_through(points, repairs)
    points = _without_replaced(points, repairs)
    return _one_per_step(points, repairs), repairs


def _goes_back(points: Points) -> NDArray[np.bool_]:
    """For each point but the first, whether its step is smaller than the one before."""
    return np.asarray(points.steps[1:] < points.steps[:-1])


def _without_strays(points: Points, repairs: Repairs) -> Points:
    """Leave out a last point or two that go back far: a summary, not a restart."""
    drops = np.flatnonzero(_goes_back(points)) + 1
    if not len(drops) or len(points) - drops[-1] > _LONGEST_STRAY:
        return points
    stray = int(drops[-1])
    replaced = np.count_nonzero(points.steps[:stray] >= points.steps[stray:].min())
    if replaced < _STRAY_REPLACES_AT_LEAST:
        return points
    repairs.strays = len(points) - stray
    return points[np.arange(stray)]


def _reordered(points: Points, repairs: Repairs) -> Points:
    """Sort points that came slightly out of turn; repeated steps speak for a restart instead."""
    backwards = np.flatnonzero(_goes_back(points))
    if not len(backwards) or len(np.unique(points.steps)) < len(points):
        return points
    order = np.argsort(points.steps, kind="stable")
    if np.max(np.abs(order - np.arange(len(points)))) > _FARTHEST_OUT_OF_TURN:
        return points
    repairs.reordered = len(backwards)
    return points[order]


def _sessions(points: Points) -> NDArray[np.intp]:
    """The number of the session that each point belongs to: one begins where steps go back."""
    return np.concatenate(([0], np.cumsum(_goes_back(points))))


def _numbered_through(points: Points, repairs: Repairs) -> Points:
    """Where steps start anew with each epoch but the values go on, let the steps go on as well."""
    starts = np.append(0, np.flatnonzero(_goes_back(points)) + 1)
    ends = np.append(starts[1:], len(points)) - 1
    firsts = points.steps[starts]
    if len(starts) < _FEWEST_EPOCHS or np.any(firsts != firsts[0]):
        return points
    opening, closing = points.values[starts], points.values[ends]
    with np.errstate(invalid="ignore", over="ignore"):
        goes_on = np.abs(opening[1:] - closing[:-1]) < np.abs(opening[1:] - opening[0])
    if np.count_nonzero(goes_on) <= len(goes_on) / 2:
        return points
    repairs.renumbered = len(starts) - 1
    lengths = points.steps[ends] + 1 - firsts[0]
    offsets = np.append(0, np.cumsum(lengths[:-1]))
    return Points(points.steps + offsets[_sessions(points)], points.values, points.wall_times)


def _without_replaced(points: Points, repairs: Repairs) -> Points:
    """Leave out what a later session, one that went back to an earlier step, logged anew."""
    backwards = np.flatnonzero(_goes_back(points))
    if not len(backwards):
        return points
    last = int(backwards[-1])
    repairs.back_from, repairs.back_to = int(points.steps[last]), int(points.steps[last + 1])
    earliest_afterwards = np.minimum.accumulate(points.steps[backwards + 1][::-1])[::-1]
    limits = np.append(earliest_afterwards, np.iinfo(np.int64).max)
    kept = points.steps < limits[_sessions(points)]
    repairs.replaced = int(np.count_nonzero(~kept))
    return points[kept]


def _one_per_step(points: Points, repairs: Repairs) -> Points:
    starts = np.flatnonzero(np.append(True, points.steps[1:] > points.steps[:-1]))
    surplus = len(points) - len(starts)
    if not surplus:
        return points
    lasts = np.append(starts[1:], len(points)) - 1
    if len(points) < _AVERAGE_FROM * len(starts):
        repairs.repeated = surplus
        return points[lasts]
    counts = np.diff(np.append(starts, len(points)))
    if _equal_within_steps(points, starts, counts):
        repairs.repeated = surplus
        return points[lasts]
    repairs.averaged = len(points)
    with np.errstate(invalid="ignore", over="ignore"):
        means = np.add.reduceat(points.values, starts) / counts
    return Points(points.steps[starts], means, points.wall_times[lasts])


def _equal_within_steps(points: Points, starts: NDArray[np.intp], counts: NDArray[np.intp]) -> bool:
    """Whether the same values were merely logged several times."""
    return bool(np.array_equal(np.repeat(points.values[starts], counts), points.values, True))


def notes_on(repairs: Repairs) -> Iterator[Note]:
    """What was done, in a clause for each way; with a code where it changes what the curve is."""
    if repairs.replaced:
        yield Note(
            f"steps go back from {repairs.back_from} to {repairs.back_to}; "
            f"{_counted(repairs.replaced, 'earlier point')} gave way to what was logged later",
            "NR403",
        )
    if repairs.renumbered:
        yield Note(
            f"steps start anew {_counted(repairs.renumbered, 'time')} while training goes on; they"
            " are numbered through",
            "NR403",
        )
    if repairs.strays:
        points = _counted(repairs.strays, "last point")
        yield Note(f"steps go far back at the end; {points} left out", "NR403")
    if repairs.averaged:
        yield Note("many values share each step; their mean is used")
    if repairs.repeated:
        yield Note(f"{_counted(repairs.repeated, 'value')} repeated a step; the last one holds")
    if repairs.reordered:
        yield Note("steps were logged out of turn; they are sorted")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
