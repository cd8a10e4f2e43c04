"""Event files in no order, read many records at a time.

Records of one scalar differ from earlier ones of their tag in wall time, step, number and checksum
only. Where records begin is found for a whole stretch at once, by what all of them have in common;
those that are like one that was read before give their numbers to its series, up to the first that
is not. What is like another one is told by hashes of 64 bits and by the checksum, which is computed
from what the other one holds: both together have to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.runs.readers.likenesses import LONGEST_REST, Likeness
from advisor.runs.readers.series import Series
from advisor.runs.readers.shifts import LONGEST, all_masked, shifts, sums_of_zeros

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Words = NDArray[np.uint64]
    Sums = NDArray[np.uint32]

_HEADER = 12
_OVERHEAD = 16
_MOST_BYTES = 1 << 16
"""Records of as many bytes or more are left to others."""
_SHORTEST = 17
_MOST_REPAIRS = 4
_WALL_TIME_KEY, _STEP_KEY = 0x09, 0x10
_BEHIND_WALL_TIME = 9
_RAW = {1: "u1", 2: "<u2", 4: "<u4", 8: "<u8"}
_GOES_ON = np.uint64(0x8080808080808000)  # in the bytes of a step, behind its key
_MULTIPLIER = 0x9E3779B97F4A7C15
_FRONT = _HEADER + 20
"""Bytes in front of a record that are looked at together; none is shorter."""


@cache
def _front() -> np.dtype[Any]:
    places = {
        "length": ("<u8", 0),
        "sum": ("<u4", 8),
        "key": ("u1", _HEADER),
        "time": ("<u8", _HEADER + 1),
        "step": ("<u8", _HEADER + _BEHIND_WALL_TIME),
    }
    formats, offsets = zip(*places.values(), strict=True)
    return np.dtype(
        {"names": [*places], "formats": formats, "offsets": offsets, "itemsize": _FRONT}
    )


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
    span: tuple[int, int],
    known: Iterable[Likeness],
    series: dict[str, Series],
    checksum_of_length: Callable[[int], int],
) -> Batch | None:
    """Append to their series what the records in a span of `data` hold, up to the first one that is
    like none that is `known` or has a wrong checksum; None if that is the first one."""
    framed = _framed(data, *span, checksum_of_length)
    if not len(framed.starts):
        return None
    stops = framed.starts + framed.lengths
    stops += _HEADER
    records = _records(framed)
    owned = _owned(data, records, known)
    good = owned.owners >= 0
    good &= _sums(framed, owned, records.widest) == _windows(data, "<u4")[stops]
    count = len(good) if good.all() else int(good.argmin())
    if not count:
        return None
    columns = records.steps[:count], framed.fronts["time"][:count], owned.values[:count]
    last_series = _append(owned, columns, series)
    last, stop = int(framed.starts[count - 1]), int(stops[count - 1])
    return Batch(count, last, stop + _OVERHEAD - _HEADER, last_series)


@dataclass(frozen=True, slots=True)
class _Framed:
    """Records that follow one another: where they begin, what they begin with, how long their payloads
    are, and which lengths there are."""

    starts: Integers
    fronts: NDArray[Any]
    lengths: Integers
    kinds: Integers


def _framed(
    data: bytes, start: int, stop: int, checksum_of_length: Callable[[int], int]
) -> _Framed:
    """The records that follow one another from `start` on and end before `stop`. Each begins with its
    length and has a wall time in front."""
    octets = np.frombuffer(data, np.uint8)[start + _HEADER : max(0, stop - _FRONT + 1 + _HEADER)]
    found = (octets == _WALL_TIME_KEY).nonzero()[0]
    found += start
    fronts = _windows(data, f"V{_FRONT}")[found].view(_front())
    short = fronts["length"] < _MOST_BYTES
    if not short.all():
        found, fronts = found[short], fronts[short]
    lengths = fronts["length"].astype(np.int64)
    for _ in range(_MOST_REPAIRS):
        behind = found + lengths
        behind += _OVERHEAD
        if (behind[:-1] == found[1:]).all():
            break
        reached = np.isin(found, behind)
        if len(found):
            reached[0] = found[0] == start
        if reached.all():
            break
        found, fronts, lengths = found[reached], fronts[reached], lengths[reached]
    if not len(found) or found[0] != start:
        return _Framed(found[:0], fronts[:0], lengths[:0], lengths[:0])
    behind = found + lengths
    behind += _OVERHEAD
    right = behind <= stop
    right &= lengths >= _SHORTEST
    right[1:] &= behind[:-1] == found[1:]
    counts = np.bincount(lengths)
    kinds = counts.nonzero()[0]
    sums = np.zeros(len(counts), np.uint32)
    sums[kinds] = [checksum_of_length(kind) for kind in kinds.tolist()]
    right &= fronts["sum"] == sums.take(lengths)
    count = len(right) if right.all() else int(right.argmin())
    return _Framed(found[:count], fronts[:count], lengths[:count], kinds)


def _windows(data: bytes, dtype: str) -> NDArray[Any]:
    """The numbers that start at each byte."""
    width = np.dtype(dtype).itemsize
    return np.ndarray((max(0, len(data) - width + 1),), dtype, data, 0, (1,))


@dataclass(frozen=True, slots=True)
class _Records:
    """The steps of some records, and where what comes behind them begins, which is `rests` bytes long.
    `widest` is the greatest number of bytes of a step, its key included."""

    steps: Integers
    behind: Integers
    rests: Integers
    widest: int


_STRANGE = LONGEST_REST + 1


def _records(framed: _Framed) -> _Records:
    """What is behind the lengths of records. Those with steps of more than seven bytes are left to
    others: what is behind theirs is too long. What is no step is taken out of the fronts."""
    stated = framed.fronts["step"]
    has_step = (stated & np.uint64(0xFF)) == _STEP_KEY
    ends = ~stated & _GOES_ON
    ends &= ~ends + np.uint64(1)
    # the exponent of a power of two is the number of its bit
    widths = ends.astype(np.float64).view(np.int64)
    widths >>= np.int64(52)
    widths -= np.int64(1023 - 1)
    widths >>= np.int64(3)
    widths *= has_step
    ends -= np.uint64(1)
    ends *= has_step
    stated &= ends
    rests = framed.lengths - widths
    rests -= _BEHIND_WALL_TIME
    widest = int(widths.max())
    np.minimum(rests, _STRANGE, out=rests)
    if int(widths.min()) < 0:
        rests[widths < 0] = _STRANGE
    behind = framed.starts + widths
    behind += _HEADER + _BEHIND_WALL_TIME
    return _Records(_steps(stated >> np.uint64(8), widest - 1), behind, rests, widest)


def _steps(stated: Words, widest: int) -> Integers:
    """The numbers that some varints stand for."""
    steps = stated & np.uint64(0x7F)
    for index in range(1, widest):
        steps |= (stated >> np.uint64(index)) & np.uint64(0x7F << 7 * index)
    return steps.view(np.int64)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The tags of a likeness, for many look-ups, in the order of the hashes of the bytes that tell them;
    what these bytes add to the checksum; and which of their bits, by words, belong to them."""

    tags: list[str]
    hashes: Words
    sums: Sums
    care: Words


def _prepared(likeness: Likeness) -> _Prepared:
    count = len(likeness.tags)
    if likeness.prepared[0] != count:
        likeness.prepared = count, _prepare(likeness, [*likeness.tags.items()][:count])
    found: _Prepared = likeness.prepared[1]
    return found


def _prepare(likeness: Likeness, tags: list[tuple[bytes, str]]) -> _Prepared:
    width = -(-likeness.rest // 8) * 8
    rows = np.zeros((len(tags), width), np.uint8)
    care = np.zeros(width, np.uint8)
    columns = [*range(likeness.offset), *range(likeness.end, likeness.rest)]
    keys = np.frombuffer(b"".join(key for key, _ in tags), np.uint8)
    rows[:, columns] = keys.reshape(len(tags), -1)
    care[columns] = 0xFF
    hashes = _hashed(rows.view("<u8"))
    order = np.argsort(hashes, kind="stable")
    sums = np.zeros(len(tags), np.uint32)
    for column in columns:
        sums ^= shifts()[likeness.rest - 1 - column].take(rows[:, column])
    names = [tags[index][1] for index in order.tolist()]
    return _Prepared(names, hashes[order], sums[order], care.view("<u8"))


def _hashed(words: Words) -> Words:
    hashes: Words = words @ _multipliers()[: words.shape[1]]
    return hashes


@cache
def _multipliers() -> Words:
    count = LONGEST_REST // 8 + 1
    powers = [pow(_MULTIPLIER, index, 1 << 64) for index in range(1, count + 1)]
    return np.array(powers, np.uint64)


@dataclass(slots=True)
class _Owned:
    """Whose numbers some records hold: the index of their tag, or -1; the values; and what the bytes
    behind the step add to the checksum."""

    owners: Integers
    values: NDArray[np.float64]
    sums: Sums
    tags: list[str] = field(default_factory=list)


def _owned(data: bytes, records: _Records, known: Iterable[Likeness]) -> _Owned:
    rests = records.rests
    count = len(rests)
    found = _Owned(np.full(count, -1, np.int64), np.zeros(count), np.zeros(count, np.uint32))
    there = np.bincount(rests, minlength=_STRANGE + 1).tolist()
    for likeness in known:
        if there[likeness.rest] == count and not found.tags:
            _add_owned(data, records.behind, slice(None), likeness, found)
        elif there[likeness.rest]:
            concerned = ((rests == likeness.rest) & (found.owners < 0)).nonzero()[0]
            if len(concerned):
                _add_owned(data, records.behind[concerned], concerned, likeness, found)
    return found


def _add_owned(
    data: bytes, behind: Integers, concerned: slice | Integers, likeness: Likeness, found: _Owned
) -> None:
    """Find those of some records that are like others; `behind` their steps begins what tells that."""
    prepared = _prepared(likeness)
    width = len(prepared.care) * 8
    if len(data) < width:
        return
    # What is looked at may reach beyond the record, but not beyond the end of all.
    outside = None
    if int(behind[-1]) > len(data) - width:
        outside = behind > len(data) - width
        behind = np.minimum(behind, len(data) - width)
    words = _windows(data, f"V{width}")[behind].view("<u8").reshape(-1, width // 8)
    for column in (prepared.care != np.uint64((1 << 64) - 1)).nonzero()[0].tolist():
        words[:, column] &= prepared.care[column]
    matched = _matched(_hashed(words), prepared.hashes)
    if outside is not None:
        matched[outside] = -1
    dtype = np.dtype(likeness.format)
    bits = _windows(data, _RAW[dtype.itemsize])[behind + likeness.offset]
    with np.errstate(invalid="ignore"):  # signalling numbers that are none
        found.values[concerned] = bits.view(dtype)
    sums = prepared.sums.take(matched)
    for index, octets in enumerate(_octets(bits)):
        sums ^= shifts()[likeness.rest - likeness.offset - 1 - index].take(octets)
    found.sums[concerned] = sums
    if found.tags:
        matched[matched >= 0] += len(found.tags)
    found.owners[concerned] = matched
    found.tags += prepared.tags


def _octets(numbers: NDArray[Any]) -> NDArray[np.intp]:
    """The bytes of numbers, as indices: the first of all, the second of all, and so on."""
    octets = numbers.view(np.uint8).reshape(len(numbers), -1)
    return octets.T.astype(np.intp, order="C")


def _matched(hashes: Words, known: Words) -> Integers:
    """Which of the known hashes each one is, or -1."""
    if len(known) == 1:
        return np.where(hashes == known[0], np.int64(0), np.int64(-1))
    found = np.searchsorted(known, hashes).astype(np.int64, copy=False)
    np.minimum(found, len(known) - 1, out=found)
    found[known.take(found) != hashes] = -1
    return found


def _sums(framed: _Framed, owned: _Owned, widest: int) -> Sums:
    """The checksums that the payloads should have, as files store them.

    What bytes add that are the same in all payloads depends on the length alone.
    """
    lengths = np.minimum(framed.lengths, LONGEST - 1)
    kinds = np.minimum(framed.kinds, LONGEST - 1)
    alike = np.zeros(LONGEST, np.uint32)
    of_kinds = sums_of_zeros()[kinds]
    octets = framed.fronts.view(np.uint8).reshape(-1, _FRONT)
    words = framed.fronts.view(np.uint64).reshape(-1, _FRONT // 8)
    changes = np.bitwise_or.reduce(words ^ words[0], axis=0).view(np.uint8).tolist()
    first = octets[0].tolist()
    changing = []
    for column in range(_HEADER, _HEADER + _BEHIND_WALL_TIME + widest):
        if changes[column]:
            changing.append(column)
        elif first[column]:
            of_kinds ^= shifts()[kinds - (1 + column - _HEADER), first[column]]
    alike[kinds] = of_kinds
    sums = owned.sums
    sums ^= alike.take(lengths)
    rows = (lengths - 1) << np.int64(8)  # of a byte with so many bytes behind it, in the flat table
    if changing:
        places = octets.T[changing].astype(np.intp)
        places += rows
        places -= (np.array(changing)[:, np.newaxis] - _HEADER) << 8
        sums ^= np.bitwise_xor.reduce(shifts().ravel().take(places), axis=0)
    return all_masked(sums)


def _append(owned: _Owned, columns: tuple[NDArray[Any], ...], series: dict[str, Series]) -> Series:
    """Give the steps, wall times and values of the first so many records to their series; return that
    of the last one."""
    owners = owned.owners[: len(columns[0])]
    counts = np.bincount(owners)
    used = counts.nonzero()[0].tolist()
    if len({owned.tags[index] for index in used}) < len(used):
        first: dict[str, int] = {}
        owners = np.array([first.setdefault(tag, at) for at, tag in enumerate(owned.tags)])[owners]
        counts = np.bincount(owners)
        used = counts.nonzero()[0].tolist()
    order = owners.astype(np.uint16).argsort(kind="stable")
    parts = [each.take(order).view(np.uint8).data for each in columns]
    stops = counts[used].cumsum()
    spans = [0, *(stops * 8).tolist()]
    firsts = order[stops - counts[used]]
    for index in firsts.argsort().tolist():  # new ones in the order in which they come
        tag = owned.tags[used[index]]
        found = series.get(tag)
        if found is None:
            found = series[tag] = Series(tag)
        start, stop = spans[index : index + 2]
        found.steps.frombytes(parts[0][start:stop])
        found.wall_times.frombytes(parts[1][start:stop])
        found.values.frombytes(parts[2][start:stop])
    return series[owned.tags[int(owners[-1])]]
