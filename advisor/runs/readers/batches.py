"""Event files in no order, read many records at a time.

Records of one scalar differ from earlier ones of their tag in wall time, step, number and checksum
only. Where records begin is found for a whole stretch at once, by what all of them have in common;
those that are like one that was read before give their numbers to its series, up to the first that
is not. The checksums of the lengths are verified, and nothing is taken for alike that is not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.runs.readers.series import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

_HEADER = 12
_OVERHEAD = 16
_MOST_BYTES = 1 << 16
"""Records of as many bytes or more are left to others."""
_LONGEST_REST = 512
_MOST_REPAIRS = 4
_WALL_TIME_KEY, _STEP_KEY = 0x09, 0x10
_LONGEST_STEP = 9
_TYPES = {"<f": "<f4", "<d": "<f8"}  # as numpy calls the formats of `struct`
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Records whose bytes behind the step are `rest` many: the number is at `offset` in the `format`
    of `struct`, and all other bytes say which series it belongs to."""

    rest: int
    offset: int
    format: str
    series: Mapping[bytes, Series]

    @property
    def end(self) -> int:
        """Where the number ends."""
        return self.offset + struct.calcsize(self.format)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read: how many records, where the last one begins and the first byte behind it, and
    the last one's series."""

    records: int
    last: int
    stop: int
    series: Series


def read_batch(
    data: bytes,
    start: int,
    stop: int,
    known: Sequence[Likeness],
    checksum_of_length: Callable[[int], int],
) -> Batch | None:
    """Append to their series what the records from `start` on hold, up to `stop` or to the first one
    that is like none that is `known`; None if that is the first one."""
    starts, lengths = _framed(data, start, stop, checksum_of_length)
    if not len(starts):
        return None
    steps, behind = _steps(data, starts + _HEADER + 9, starts + _HEADER + lengths)
    rests = starts + _HEADER + lengths - behind
    owners, members = _owners(data, behind, rests, known)
    strange = np.flatnonzero(owners < 0)
    count = int(strange[0]) if len(strange) else len(owners)
    if not count or _mixes_layouts(owners[:count], members):
        return None
    _append(data, starts[:count], steps[:count], behind[:count], owners[:count], members)
    last = int(starts[count - 1])
    behind_last = last + _OVERHEAD + int(lengths[count - 1])
    return Batch(count, last, behind_last, members[int(owners[count - 1])][1])


def _mixes_layouts(owners: Integers, members: Sequence[tuple[Likeness, Series]]) -> bool:
    """Whether the numbers of one series come in several layouts, which are read one after the other."""
    used = np.flatnonzero(np.bincount(owners))
    return len({id(members[int(index)][1]) for index in used}) < len(used)


def _framed(
    data: bytes, start: int, stop: int, checksum_of_length: Callable[[int], int]
) -> tuple[Integers, Integers]:
    """Where records begin that follow one another from `start` on and end before `stop`, and how long
    their payloads are. Each begins with its length and has a wall time in front."""
    size = stop - start
    if size < 2 * _OVERHEAD:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    octets = np.frombuffer(data, np.uint8, size, start)
    words = _windows(data, start, size, "<u4")
    found = np.flatnonzero(octets[_HEADER:] == _WALL_TIME_KEY)
    found = found[(words[found + 4] == 0) & (words[found] < _MOST_BYTES)]
    for _ in range(_MOST_REPAIRS):
        behind = found + words[found] + _OVERHEAD
        if np.array_equal(behind[:-1], found[1:]):
            break
        reached = np.isin(found, behind)
        if len(found):
            reached[0] = found[0] == 0
        if reached.all():
            break
        found = found[reached]
    if not len(found) or found[0] != 0:
        return found[:0], found[:0]
    lengths = words[found].astype(np.int64)
    behind = found + lengths + _OVERHEAD
    right = behind <= size
    right[1:] &= behind[:-1] == found[1:]
    kinds = np.flatnonzero(np.bincount(lengths))
    checksums = np.zeros(_MOST_BYTES, np.uint32)
    checksums[kinds] = [checksum_of_length(int(kind)) for kind in kinds]
    right &= words[found + 8] == checksums[lengths]
    count = len(right) if right.all() else int(right.argmin())
    return found[:count] + start, lengths[:count]


def _windows(data: bytes, start: int, size: int, dtype: str) -> NDArray[Any]:
    """The numbers that start at each byte."""
    width = np.dtype(dtype).itemsize
    return np.ndarray((size - width + 1,), dtype, data, start, (1,))


def _steps(data: bytes, places: Integers, stops: Integers) -> tuple[Integers, Integers]:
    """The steps that stand at some places, 0 where none does, and the first bytes behind them."""
    octets = np.frombuffer(data, np.uint8)
    steps = np.zeros(len(places), np.int64)
    behind = places.copy()
    keys = octets[np.minimum(places, len(octets) - 1)]
    left = np.flatnonzero((places + 1 < stops) & (keys == _STEP_KEY))
    behind[left] += 1
    for index in range(_LONGEST_STEP):
        found = octets[behind[left]]
        steps[left] |= (found & 0x7F).astype(np.int64) << np.int64(7 * index)
        behind[left] += 1
        left = left[(found & 0x80 != 0) & (behind[left] < stops[left])]
        if not len(left):
            return steps, behind
    behind[left] = stops[left]  # longer than any step may be: alike to nothing
    return steps, behind


def _owners(
    data: bytes, behind: Integers, rests: Integers, known: Sequence[Likeness]
) -> tuple[Integers, list[tuple[Likeness, Series]]]:
    """Whose number each record holds: its index among the series, or -1."""
    owners = np.full(len(behind), -1, np.int64)
    members: list[tuple[Likeness, Series]] = []
    there = set(np.unique(rests).tolist())
    for each in known:
        if each.rest not in there:
            continue
        concerned = np.flatnonzero((rests == each.rest) & (owners < 0))
        if not len(concerned) or not each.series or each.rest > _LONGEST_REST:
            continue
        windows = _windows(data, 0, len(data), f"V{each.rest}")
        rows = windows[behind[concerned]].view(np.uint8).reshape(-1, each.rest)
        matched = _matched(_words(rows, each), _templates(each))
        owners[concerned] = np.where(matched < 0, -1, matched + len(members))
        members += [(each, series) for series in each.series.values()]
    return owners, members


def _templates(likeness: Likeness) -> NDArray[np.uint64]:
    keys = b"".join(likeness.series)
    width = likeness.rest - (likeness.end - likeness.offset)
    return _padded(np.frombuffer(keys, np.uint8).reshape(-1, width))


def _words(rows: Bytes, likeness: Likeness) -> NDArray[np.uint64]:
    """All bytes of records but those of the number."""
    if likeness.end == likeness.rest:
        return _padded(rows[:, : likeness.offset])
    return _padded(np.concatenate((rows[:, : likeness.offset], rows[:, likeness.end :]), axis=1))


def _padded(rows: Bytes) -> NDArray[np.uint64]:
    words = np.zeros((len(rows), -(-rows.shape[1] // 8)), np.uint64)
    words.view(np.uint8)[:, : rows.shape[1]] = rows
    return words


def _matched(rows: NDArray[np.uint64], templates: NDArray[np.uint64]) -> Integers:
    """The template that each row equals, or -1."""
    hashes = _hashed(templates)
    order = np.argsort(hashes)
    nearest = np.searchsorted(hashes[order], _hashed(rows)).clip(max=len(order) - 1)
    found: Integers = order[nearest].astype(np.int64)
    for column in range(rows.shape[1]):
        found[rows[:, column] != templates[found, column]] = -1
    return found


def _hashed(rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    hashes = np.zeros(len(rows), np.uint64)
    for column in rows.T:
        hashes = (hashes ^ column) * _MULTIPLIER
        hashes ^= hashes >> np.uint64(29)
    return hashes


def _append(
    data: bytes,
    starts: Integers,
    steps: Integers,
    behind: Integers,
    owners: Integers,
    members: Sequence[tuple[Likeness, Series]],
) -> None:
    short = owners.astype(np.uint16) if len(members) < 1 << 16 else owners
    order = np.argsort(short, kind="stable")
    bounds = np.cumsum(np.bincount(owners, minlength=len(members)))
    times = _windows(data, 0, len(data), "<f8")[starts[order] + _HEADER + 1]
    steps, behind = steps[order], behind[order]
    first = 0
    for (likeness, series), stop in zip(members, map(int, bounds), strict=True):
        if stop > first:
            numbers = _windows(data, 0, len(data), _TYPES[likeness.format])
            with np.errstate(invalid="ignore"):  # signalling numbers that are none
                values = numbers[behind[first:stop] + likeness.offset].astype(np.float64)
            series.steps.frombytes(steps[first:stop].tobytes())
            series.wall_times.frombytes(times[first:stop].tobytes())
            series.values.frombytes(values.tobytes())
        first = stop
