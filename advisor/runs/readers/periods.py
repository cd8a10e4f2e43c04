"""Event files that repeat themselves, read many records at a time.

Most trainings log the same tags over and over: behind a number of records, the period, the same
bytes come again but for wall times, steps, numbers and checksums. A period that was read record by
record is the template for all that follow: their other bytes are compared with it, their numbers
are taken out as columns, and their checksums are verified, which takes one look-up for each byte that
differs, as CRC-32C is linear over XOR. Whatever is not exactly like the template is left to others.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.runs.readers.crc32c import MASK_DELTA, TABLE, crc32c
from advisor.runs.readers.series import Series

LONGEST_PERIOD = 512
"""In records; with more the columns would be too short to be worth it."""
_LEAST_ROWS = 4
_LONGEST_RECORD = 1024
_HEADER = struct.Struct("<QI")
_OVERHEAD = 16
_SLAB = 1 << 18
_LONGEST_STEP = 9
_TYPES = {"<f": "<f4", "<d": "<f8"}  # as numpy calls the formats of `struct`

Bytes = NDArray[np.uint8]


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
    def variable(self) -> tuple[int, ...]:
        """The columns of the payload that differ from period to period."""
        return (*range(self.payload + 1, self.payload + 9), *self.steps, *self.numbers)


def period_at(data: bytes, start: int) -> list[tuple[int, int]] | None:
    """The payloads (first byte, byte behind the last) of the records that make up one period, if the
    records from `start` on seem to repeat themselves."""
    found: list[tuple[int, int]] = []
    for place in _records(data, start):
        found.append(place)
        if len(found) == 2 * LONGEST_PERIOD:
            break
    kinds = [_kind(data, *place) for place in found]
    for period in range(1, min(LONGEST_PERIOD, len(kinds) // 2) + 1):
        if kinds[period] == kinds[0] and kinds[period:] == kinds[:-period]:
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
        if length > _LONGEST_RECORD or first + length + 4 > len(data):
            return
        yield first, first + length
        start = first + length + 4


def read_periods(data: bytes, start: int, width: int, templates: Sequence[Template]) -> int:
    """Append to their series what the periods of `width` bytes from `start` on hold, as long as each
    is like the first one and its checksums are right; returns how many periods that are."""
    count = (len(data) - start) // width
    if count < _LEAST_ROWS:
        return 0
    rows = np.frombuffer(data, np.uint8, count * width, start).reshape(count, width)
    rows = rows[: _alike(rows, templates)]
    for each in templates:
        rows = rows[: _intact(rows, each)]
    if len(rows) >= _LEAST_ROWS:
        _append(rows, templates)
        return len(rows)
    return 0


def _alike(rows: Bytes, templates: Sequence[Template]) -> int:
    """How many rows, from the first one on, have the bytes of the first one where they must."""
    first = rows[0]
    care = np.full(len(first), 0xFF, np.uint8)
    for each in templates:
        care[list(each.variable)] = 0
        care[list(each.steps)] = 0x80  # whether the step goes on behind this byte
        care[each.stop : each.stop + 4] = 0
    height = max(1, _SLAB // len(first))
    firsts, cares = np.tile(first, height), np.tile(care, height)
    for top in range(0, len(rows), height):
        flat = rows[top : top + height].reshape(-1)
        wrong = (flat ^ firsts[: len(flat)]) & cares[: len(flat)]
        if wrong.any():
            return top + int((wrong != 0).argmax()) // len(first)
    return len(rows)


def _intact(rows: Bytes, template: Template) -> int:
    """How many rows, from the first one on, have the right checksum for one of their records."""
    shifts = _shifts()
    sums = np.full(len(rows), template.crc, np.uint32)
    for column in template.variable:
        behind = template.stop - 1 - column
        sums ^= shifts[behind].take(rows[:, column] ^ rows[0, column])
    masked = ((sums >> np.uint32(15)) | (sums << np.uint32(17))) + np.uint32(MASK_DELTA)
    stated = _column(rows, range(template.stop, template.stop + 4), "<u4")
    wrong = masked != stated
    return int(wrong.argmax()) if wrong.any() else len(rows)


@cache
def _shifts() -> NDArray[np.uint32]:
    """What a byte adds to the checksum of a payload, by the number of bytes behind it."""
    table = np.array(TABLE, np.uint32)
    found = np.empty((_LONGEST_RECORD, 256), np.uint32)
    found[0] = table
    for index in range(1, _LONGEST_RECORD):
        before = found[index - 1]
        found[index] = table[before & np.uint32(0xFF)] ^ (before >> np.uint32(8))
    return found


def _append(rows: Bytes, templates: Sequence[Template]) -> None:
    by_series: dict[int, list[Template]] = {}
    for each in templates:
        by_series.setdefault(id(each.series), []).append(each)
    for alike in by_series.values():
        series = alike[0].series
        series.steps.frombytes(_in_order([_steps(rows, each) for each in alike]))
        times = [range(each.payload + 1, each.payload + 9) for each in alike]
        series.wall_times.frombytes(_in_order([_floats(rows, each, "<d") for each in times]))
        numbers = [_floats(rows, each.numbers, each.format) for each in alike]
        series.values.frombytes(_in_order(numbers))


def _in_order(columns: list[NDArray[Any]]) -> bytes:
    """The numbers of one series, which may come several times in a period, as they were logged."""
    return columns[0].tobytes() if len(columns) == 1 else np.stack(columns, axis=1).tobytes()


def _floats(rows: Bytes, columns: range, form: str) -> NDArray[np.float64]:
    return _column(rows, columns, _TYPES[form]).astype(np.float64)


def _column(rows: Bytes, columns: range, dtype: str) -> NDArray[Any]:
    return np.ascontiguousarray(rows[:, columns.start : columns.stop]).view(dtype)[:, 0]


def _steps(rows: Bytes, template: Template) -> NDArray[np.int64]:
    steps = np.zeros(len(rows), np.int64)
    for index, column in enumerate(template.steps):
        steps |= (rows[:, column] & np.uint8(0x7F)).astype(np.int64) << np.int64(7 * index)
    return steps


def template_of(
    data: bytes, place: tuple[int, int], start: int, series: Series, number: int, form: str
) -> Template | None:
    """The template that a record of one scalar is, in a period that starts at `start`; None if it is
    laid out in an unusual way. Its number begins at `number`. Its checksum must be right."""
    payload, stop = place
    if stop - payload < 10 or form not in _TYPES:
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
    return Template(
        series,
        payload - start,
        stop - start,
        range(first - start, behind - start),
        number - start,
        form,
        crc32c(data[payload:stop]),
    )
