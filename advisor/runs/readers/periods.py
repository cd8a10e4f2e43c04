"""Event files that repeat themselves, read many records at a time.

Most trainings log the same tags over and over: behind a number of records, the period, the same
bytes come again but for wall times, steps, numbers and checksums. A period that was read record by
record is the template for all that follow: their other bytes are compared with it, their numbers
are taken out as columns, and their checksums are verified, which takes one look-up for each byte that
differs, as CRC-32C is linear over XOR. Whatever is not exactly like the template is left to others.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import eq
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.runs.readers.crc32c import crc32c, masked
from advisor.runs.readers.series import Series
from advisor.runs.readers.shifts import LONGEST, all_masked, shifts

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST_PERIOD = 512
"""In records; with more the columns would be too short to be worth it."""
_LEAST_ROWS = 4
_HEADER = struct.Struct("<QI")
_OVERHEAD = 16
_WALL_TIME_KEY = 0x09
_SLAB = 1 << 18
_LONGEST_STEP = 8
_FEW = 64
_MOST_WAITING = 1 << 18  # records: 4 MiB
_TYPES = {"<f": "<f4", "<d": "<f8"}  # as numpy calls the formats of `struct`
_BITS = {"<f": "<u4", "<d": "<u8"}


@dataclass(frozen=True, slots=True)
class Template:
    """A record that others are like. Columns count from the first byte of its period: `payload` is
    where its payload begins, `stop` where its checksum does; the step is in `steps`, the number at
    `number` in the `format` of `struct`. `crc` is the checksum of its payload."""

    series: Series
    payload: int
    stop: int
    steps: range
    number: int
    format: str
    crc: int

    @property
    def numbers(self) -> range:
        """The columns of the number."""
        return range(self.number, self.number + struct.calcsize(self.format))

    @property
    def layout(self) -> tuple[int | str, ...]:
        """Where in the record everything lies."""
        places = (self.stop, self.steps.start, self.steps.stop, self.number)
        return (*(place - self.payload for place in places), self.format)


def period_at(data: bytes, start: int) -> list[tuple[int, int]] | None:
    """The payloads (first byte, byte behind the last) of the records that make up one period, if the
    records from `start` on seem to repeat themselves."""
    records = _records(data, start)
    found: list[tuple[int, int]] = []
    kinds: list[tuple[int, bytes]] = []
    for most in (_FEW, 2 * LONGEST_PERIOD):
        found += islice(records, most - len(found))
        kinds += [_kind(data, *place) for place in found[len(kinds) :]]
        for period in range(1, min(LONGEST_PERIOD, len(kinds) // 2) + 1):
            if kinds[period] == kinds[0] and all(map(eq, islice(kinds, period, None), kinds)):
                return found[:period]
    return None


def _kind(data: bytes, first: int, stop: int) -> tuple[int, bytes]:
    """What records of one tag have in common: their length but for the step, and the bytes that name
    the tag, which stand between the step and the number."""
    behind = first + 9
    if behind < stop and data[behind] == 0x10:
        behind += 1
        while behind < stop and data[behind] & 0x80:
            behind += 1
        behind += 1
    is_last = data[stop - 5] == 0x15  # a number that nothing follows
    return stop - behind, data[behind : stop - 5 if is_last else (behind + stop) // 2]


def _records(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    while start + _OVERHEAD <= len(data):
        length, _ = _HEADER.unpack_from(data, start)
        first = start + _HEADER.size
        if length >= LONGEST or first + length + 4 > len(data):
            return
        yield first, first + length
        start = first + length + 4


class Period:
    """A period that was read record by record, and that others are compared with."""

    def __init__(self, row: bytes, templates: Sequence[Template]) -> None:
        """`row` are the bytes of the period, as many as its `templates` make up."""
        first = np.frombuffer(row, np.uint8)
        care = np.full(len(first), 0xFF, np.uint8)
        for each in templates:
            care[[*range(each.payload + 1, each.payload + 9), *each.numbers]] = 0
            care[list(each.steps)] = 0x80  # whether the step goes on behind this byte
            care[each.stop : each.stop + 4] = 0
        self.width = len(first)
        self.records = len(templates)
        self.last = templates[-1]
        self._height = max(1, _SLAB // self.width)
        self._firsts, self._cares = np.tile(first, self._height), np.tile(care, self._height)
        self._waiting = 0
        self._groups = [_Group(row, alike) for alike in _alike_in_a_row(templates)]

    def read(self, data: bytes, start: int) -> int:
        """Take what the periods from `start` on hold, as long as each is like this one and its
        checksums are right; return how many periods that are."""
        count = (len(data) - start) // self.width
        if count < _LEAST_ROWS or not self._alike(data, start, _LEAST_ROWS):
            return 0
        height = max(_LEAST_ROWS, self._height * len(self._groups))
        top = 0
        while top < count:
            stop = min(count, top + height)
            place = start + top * self.width
            good = self._alike(data, place, stop - top)
            for each in self._groups:
                good = each.take(data, place, self.width, good)
            top += good
            if top < stop:
                break
        for each in self._groups:
            each.cut(top)
        self._waiting += top * self.records
        if self._waiting > _MOST_WAITING:
            self.hand_over()
        return top

    def _alike(self, data: bytes, start: int, rows: int) -> int:
        """How many of some rows, from the first one on, are like the first of all."""
        for top in range(0, rows, self._height):
            size = min(self._height, rows - top) * self.width
            flat = np.frombuffer(data, np.uint8, size, start + top * self.width)
            wrong = (flat ^ self._firsts[:size]) & self._cares[:size]
            if wrong.any():
                return top + int((wrong != 0).argmax()) // self.width
        return rows

    def hand_over(self) -> None:
        """Append what was taken to the series. Nothing else may be appended to them before."""
        if not self._waiting:
            return
        self._waiting = 0
        by_series: dict[int, list[tuple[Series, list[NDArray[Any]]]]] = {}
        for group in self._groups:
            for template, *columns in zip(group.templates, *group.columns(), strict=True):
                found = by_series.setdefault(id(template.series), [])
                found.append((template.series, columns))
        for alike in by_series.values():
            series = alike[0][0]
            kept = series.steps, series.wall_times, series.values
            for numbers, *columns in zip(kept, *(columns for _, columns in alike), strict=True):
                numbers.frombytes(_in_order(columns))


def _alike_in_a_row(templates: Sequence[Template]) -> Iterator[list[Template]]:
    """Templates that follow one another and are laid out alike, which are read together."""
    alike: list[Template] = []
    for each in templates:
        if alike and each.layout != alike[0].layout:
            yield alike
            alike = []
        alike.append(each)
    yield alike


class _Group:
    """The numbers of records that are laid out alike and follow one another in each period: arrays
    of rows and records."""

    def __init__(self, row: bytes, templates: Sequence[Template]) -> None:
        self.templates = templates
        self._first = first = templates[0]
        self._places = (first.payload + 1, first.steps.start, first.number)
        self._crc = np.array([each.crc for each in templates], np.uint32)
        self._firsts = [each[0] for each in self._stated(row, 0, len(row), 1)]
        self._taken: list[list[NDArray[Any]]] = []
        self._cut = 0

    def _stated(self, data: bytes, start: int, width: int, rows: int) -> list[NDArray[Any]]:
        """The bytes of wall times, steps and numbers, as whole numbers of 4 or 8 bytes."""
        size = len(self._first.steps)
        dtypes = ("<u8", "<u4" if size <= 4 else "<u8", _BITS[self._first.format])
        found = [
            self._window(data, start + place, dtype, (rows, width))
            for place, dtype in zip(self._places, dtypes, strict=True)
        ]
        if size not in {4, 8}:
            found[1] &= found[1].dtype.type((1 << 8 * size) - 1)
        return found

    def _window(self, data: bytes, place: int, dtype: str, shape: tuple[int, int]) -> NDArray[Any]:
        """What stands at a place, and where it is in the records and rows behind it."""
        rows, width = shape
        strides = (width, self._first.stop - self._first.payload + _OVERHEAD)
        records = len(self.templates)
        return np.ndarray((rows, records), dtype, data, place, strides).copy()

    def take(self, data: bytes, start: int, width: int, rows: int) -> int:
        """Take the numbers of some rows, up to the first one with a wrong checksum; return how many.

        Where that is fewer than were asked for, nothing behind them may be taken any more.
        """
        found = self._stated(data, start, width, rows)
        sums = np.empty(found[0].shape, np.uint32)
        sums[:] = self._crc
        for place, stated, first in zip(self._places, found, self._firsts, strict=True):
            self._check(sums, place, stated ^ first)
        stated = self._window(data, start + self._first.stop, "<u4", (rows, width))
        wrong = (all_masked(sums) != stated).any(axis=1)
        good = int(wrong.argmax()) if wrong.any() else rows
        self._taken.append([each[:good] for each in found])
        return good

    def _check(self, sums: NDArray[np.uint32], place: int, changes: NDArray[Any]) -> None:
        """Add to checksums what some bytes do to them that are not those of the first row."""
        changing = int(np.bitwise_or.reduce(changes, axis=None))
        octets = changes.view(np.uint8).reshape(*changes.shape, changes.dtype.itemsize)
        behind = self._first.stop - 1 - place
        for index in range(changes.dtype.itemsize):
            if changing >> 8 * index & 0xFF:
                sums ^= shifts()[behind - index].take(octets[:, :, index])

    def cut(self, rows: int) -> None:
        """Keep so many rows of what was taken since this was called last."""
        for index in range(self._cut, len(self._taken)):
            self._taken[index] = [each[:rows] for each in self._taken[index]]
            rows -= len(self._taken[index][0])
        self._cut = len(self._taken)

    def columns(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """The steps, wall times and numbers of each record that was taken."""
        times, steps, numbers = (np.concatenate(each).T for each in zip(*self._taken, strict=True))
        self._taken.clear()
        self._cut = 0
        stated = np.ascontiguousarray(numbers).view(_TYPES[self._first.format])
        with np.errstate(invalid="ignore"):  # signalling numbers that are none
            values = stated.astype(np.float64)
        return (
            _unpacked(np.ascontiguousarray(steps), len(self._first.steps)),
            np.ascontiguousarray(times).view("<f8"),
            values,
        )


def _unpacked(stated: NDArray[Any], width: int) -> NDArray[np.int64]:
    """The numbers that some varints of `width` bytes stand for."""
    one = stated.dtype.type
    steps = stated & one(0x7F)
    for index in range(1, width):
        steps |= (stated >> one(index)) & one(0x7F << 7 * index)
    return np.asarray(steps, np.int64)


def _in_order(columns: list[NDArray[Any]]) -> memoryview:
    """The numbers of one series, which may come several times in a period, as they were logged."""
    together = columns[0] if len(columns) == 1 else np.stack(columns, axis=1)
    return together.data.cast("B")


def template_of(
    data: bytes, place: tuple[int, int], start: int, series: Series, number: int, form: str
) -> Template | None:
    """The template that a record of one scalar is, in a period that starts at `start`; None if it is
    laid out in an unusual way, or its checksum is wrong. Its number begins at `number`."""
    payload, stop = place
    if stop - payload < 10 or data[payload] != _WALL_TIME_KEY or form not in _TYPES:
        return None
    first = behind = payload + 9
    if data[first] == 0x10:
        first += 1
        behind = first
        while behind < stop and data[behind] & 0x80:
            behind += 1
        behind += 1
    if behind - first > _LONGEST_STEP or number < behind or number + struct.calcsize(form) > stop:
        return None
    checksum = crc32c(data[payload:stop])
    if masked(checksum) != int.from_bytes(data[stop : stop + 4], "little"):
        return None
    return Template(
        series,
        payload - start,
        stop - start,
        range(first - start, behind - start),
        number - start,
        form,
        checksum,
    )
