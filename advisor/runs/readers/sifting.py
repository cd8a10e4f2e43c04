"""Event files in which pictures and histograms take the room: only what is between them is kept.

Reading goes from one length to the next. Short records, which may hold a scalar, are put together as if
nothing had been between them; long ones are passed over by the first bytes of their payload, as soon
as their tag is known to stand for nothing that is read.
"""

from bisect import bisect_right
from collections.abc import Container
from dataclasses import dataclass, field
from typing import BinaryIO

from advisor.runs.readers.framing import (
    FOOTER,
    HEADER,
    MOST_REMEMBERED_LENGTHS,
    OVERHEAD,
    checksum_of_length,
)

LONGEST_SCALAR = 512
"""Payloads of more bytes are looked at for what they hold before they are decoded."""
_WINDOW = 128 << 10  # stays in the processor's cache
_MOST_BYTES = 4 << 20
_MOST_LONG = 1 << 14
_STEP_KEY = 0x10
_SUMMARY_KEY, _VALUE_KEY, _TAG_KEY = 0x2A, 0x0A, 0x0A
_LONGEST_TAG = 0x7F
_BEHIND_WALL_TIME = 9
_LONGEST_FRONT = HEADER.size + _BEHIND_WALL_TIME + 11 + 2 * 6
"""Of a record, up to where the tag begins."""
_LONGEST_HEADING = _LONGEST_FRONT + 12 + 2 + _LONGEST_TAG + 1


@dataclass(slots=True)
class Sifted:
    """The `short` records of a stretch of a file, put together; `passed_over` counts the long ones.

    `stop` is the first byte of the file that does not belong to the stretch, and `wanted` how many
    bytes from there on should be read in the ordinary way: 0 if that is not known. Each run of `short` that lies in one piece
    in the file ends at one of `ends` and begins in the file at one of `starts`.
    """

    stop: int
    wanted: int = 0
    short: bytes = b""
    passed_over: int = 0
    ends: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def place(self, position: int) -> int:
        """Where a position in `short` lies in the file."""
        index = bisect_right(self.ends, position)
        if index == len(self.ends):
            return self.stop
        before = self.ends[index - 1] if index else 0
        return self.starts[index] + position - before


def heading(data: bytes, start: int, stop: int) -> bytes | None:
    """Of a record that holds a single value, as those of pictures and histograms do: its tag with the
    key of what follows, which names the kind of value. None for other records. `start` is where the
    summary is expected, behind the step."""
    front = _front(stop - start)
    if not front or data[start : start + len(front)] != front:
        return None
    start += len(front)
    end = start + 2 + data[start + 1]
    if end >= stop or data[start] != _TAG_KEY or data[start + 1] > _LONGEST_TAG:
        return None
    return data[start : end + 1]


def _front(size: int) -> bytes:
    """What `size` bytes of a summary of a single value begin with: two keys and two lengths. Nothing
    if there is no such summary."""
    front = bytearray()
    for key in (_SUMMARY_KEY, _VALUE_KEY):
        for width in range(1, 6):
            length = _varint(size - 1 - width)
            if len(length) == width:
                break
        else:
            return b""
        front += bytes([key]) + length
        size -= 1 + width
    return bytes(front)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, max(number, 0)])


class Sieve:
    """Sifts one file. It remembers what records of each length look like."""

    def __init__(self, known: Container[bytes]) -> None:
        """`known` are the headings of records that hold nothing that is read."""
        self._known = known
        self._checksums: dict[int, int] = {}
        self._fronts: dict[int, bytes] = {}

    def sift(self, stream: BinaryIO, start: int, size: int) -> Sifted:
        """Sift a file of `size` bytes from the record at `start` on, up to a record that is not like
        those before it, damaged or not complete, or until it is enough for once.

        The last record is left to those who go on from there, as what follows may show that it is
        damaged. This is a hot loop, hence its length and its local names.
        """
        known, checksums, fronts = self._known, self._checksums, self._fronts
        unpack = HEADER.unpack_from
        sifted = Sifted(start)
        pieces: list[bytes] = []
        ends, starts = sifted.ends, sifted.starts
        total = passed_over = 0
        last, last_is_long = start, False
        offset = start
        going_on = True
        while going_on:
            stream.seek(offset)
            window = stream.read(min(_WINDOW, size - offset))
            count = len(window)
            at = run = before = 0
            going_on = total < _MOST_BYTES and passed_over < _MOST_LONG
            while at + OVERHEAD <= count:
                length, checksum = unpack(window, at)
                if checksums.get(length) != checksum and not self._is_length(length, checksum):
                    going_on = False
                    break
                behind = at + length + OVERHEAD
                if length <= LONGEST_SCALAR:
                    if behind > count:
                        break
                    before, at = at, behind
                    continue
                if at + _LONGEST_HEADING > count or offset + behind > size:
                    break
                summary = at + 21
                if window[summary] == _STEP_KEY:
                    summary += 2
                    while window[summary - 1] > 0x7F and summary < at + _LONGEST_FRONT:
                        summary += 1
                rest = behind - FOOTER.size - summary
                front = fronts.get(rest)
                if front is None:
                    front = fronts[rest] = _front(rest)
                tag = summary + len(front)
                if (
                    not front
                    or window[summary:tag] != front
                    or window[tag : tag + 3 + window[tag + 1]] not in known
                    or window[at + 12] != 9
                ):
                    sifted.wanted = offset + behind
                    going_on = False
                    break
                if run < at:
                    pieces.append(window[run:at])
                    total += at - run
                    ends.append(total)
                    starts.append(offset + run)
                passed_over += 1
                before, at = at, behind
                run = at
            if at:
                last, last_is_long = offset + before, run == at
            if run < at:
                pieces.append(window[run:at])
                total += at - run
                ends.append(total)
                starts.append(offset + run)
            offset += at
            going_on &= at > 0
        if offset > start:
            if last_is_long:
                passed_over -= 1
            else:
                ends[-1] = total = total - (offset - last)
        sifted.stop, sifted.passed_over = last, passed_over
        sifted.wanted = max(0, sifted.wanted - last)
        sifted.short = b"".join(pieces)[:total]
        return sifted

    def _is_length(self, length: int, checksum: int) -> bool:
        """Whether a checksum is that of a length, which is then remembered."""
        if checksum_of_length(length) != checksum:
            return False
        if len(self._checksums) < MOST_REMEMBERED_LENGTHS:
            self._checksums[length] = checksum
        return True
