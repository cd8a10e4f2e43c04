"""TensorBoard event files, read without TensorBoard: framing and wire format scanned for scalars.

A file is a sequence of TFRecords: length (8 bytes), its masked CRC-32C (4), payload, the payload's
masked CRC-32C (4). The checksum of the length is always verified, so a damaged length is noticed at
once; so is the checksum of a payload that holds anything that is kept. Payloads that hold no scalar
are skipped.
"""

import os
import struct
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from advisor.runs.readers.crc32c import masked_crc32c
from advisor.runs.readers.framing import (
    FOOTER,
    HEADER,
    LARGEST_READ,
    MOST_REMEMBERED_LENGTHS,
    OVERHEAD,
    checksum_of_length,
    is_intact,
    is_intact_record,
    next_record,
)
from advisor.runs.readers.likenesses import Known, Likenesses
from advisor.runs.readers.series import Gap, OnBytes, Series
from advisor.runs.readers.sifting import LONGEST_SCALAR, Sieve, Sifted, heading
from advisor.runs.readers.summaries import Event, Scalar, SummaryDecoder
from advisor.runs.readers.wire import MalformedMessage

if TYPE_CHECKING:
    from advisor.runs.readers.periods import Period, Template

_COMMON = Likenesses()
"""What was learned of records that say by themselves what they are, whichever file they are in."""
_WALL_TIME_KEY, _STEP_KEY = 0x09, 0x10
_UNPACK_DOUBLE, _UNPACK_FLOAT = struct.Struct("<d").unpack_from, struct.Struct("<f").unpack_from
_SHORTEST_WITH_STEP = 12
_LARGEST_STEP = (1 << 63) - 1

_USUAL_CHUNK = 2 << 20
# Where records are so long on average, what is not read is passed over without being looked at.
_FIRST_CHUNK = 256 << 10
_WORTH_SIFTING = 1 << 20
_LONG_ON_AVERAGE = 1 << 10
_MOST_IN_VAIN = 16
# Where to look for stretches that repeat: from so many bytes on, after so many that do not. What
# reads many records at a time takes a while to import.
_WORTH_IT = 200 << 10
_WORTH_IT_ONCE_IMPORTED = 8 << 10
_STRETCH = 8 << 10
_FIRST_STRETCH = 1 << 10
_LONGEST_STRETCH = 4 << 20
_LARGEST_WINDOW = 1 << 20


class _Layout(NamedTuple):
    """Where the number lies in records of one length, and the series by all their other bytes.

    Positions count from the first byte after the step; `format` is the number's, of `struct`.
    """

    offset: int
    end: int
    format: str
    unpack: Callable[[bytes, int], tuple[Any, ...]]
    series: dict[bytes, Series]


class EventFile:
    """One event file and what has been read of it so far.

    `read` goes on from `offset`, so calling it again reads what was appended in the meantime.
    A record that is not complete yet stays unread until it is. Order within a tag is the file's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self.offset = 0
        self.size = 0
        self.records = 0
        self.created: float | None = None
        self.series: dict[str, Series] = {}
        self.texts: dict[str, str] = {}
        self.hyperparameters: dict[str, Any] = {}
        self.gaps: list[Gap] = []
        self.has_graph = False
        self.other_summaries = 0
        self._decoder = SummaryDecoder()
        self._lengths: dict[bytes, int] = {}
        self._simple: dict[bytes, Series] = {}
        self._layouts: dict[int, list[_Layout]] = {}
        self._own = Likenesses()
        self._passed_over: set[bytes] = set()
        self._sieve = Sieve(self._passed_over)
        self._sifted: Sifted | None = None
        self._in_vain = 0
        self._last: tuple[int, Series | None] = (-1, None)
        self._stretch = self._window = _STRETCH
        self._next_try = 0
        self._period: Period | None = None

    @property
    def unfinished(self) -> int:
        """How many bytes at the end of the file are no complete record (yet)."""
        return self.size - self.offset

    @property
    def first_wall_time(self) -> float:
        """When the first point was logged, or when the file was created if there is none."""
        firsts = [each.wall_times[0] for each in self.series.values() if each]
        return min(firsts, default=self.created or 0.0)

    @property
    def last_wall_time(self) -> float:
        """When the last point was logged, or when the file was created if there is none."""
        lasts = [each.wall_times[-1] for each in self.series.values() if each]
        return max(lasts, default=self.created or 0.0)

    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read what was appended since the last call; return the number of new records.

        A file that has shrunk is read anew from its start. `on_bytes` is called with the bytes read
        after each chunk. Raises `OSError`.
        """
        with self.path.open("rb", buffering=0) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size < self.offset:
                self._forget()
            self.size = size
            before = self.records
            try:
                self._read_on(stream, on_bytes)
            finally:
                self._hand_over()
        return self.records - before

    def _read_on(self, stream: BinaryIO, on_bytes: OnBytes | None) -> None:
        wanted = _FIRST_CHUNK if self.size - self.offset > _WORTH_SIFTING else _USUAL_CHUNK
        while self.offset < self.size:
            stream.seek(self.offset)
            chunk = b""  # gives its memory to the next one
            chunk = stream.read(min(wanted, self.size - self.offset))
            records = self.records
            used = self._scan_chunk(chunk)
            self.offset += used
            if not used and len(chunk) == wanted < LARGEST_READ:
                wanted = LARGEST_READ
                continue
            if not used and not self._step_over(stream, chunk):
                break
            wanted = _USUAL_CHUNK
            if used > (self.records - records) * _LONG_ON_AVERAGE:
                wanted = self._sift(stream)
            if on_bytes is not None:
                on_bytes(self.offset)

    def _sift(self, stream: BinaryIO) -> int:
        """Pass over what is known to hold nothing, and read what is short between it, as far as that
        goes; return how many bytes to read next in the ordinary way."""
        if self.size - self.offset < _WORTH_SIFTING:
            return LARGEST_READ
        sifted = self._sieve.sift(stream, self.offset, self.size)
        self._in_vain = 0 if sifted.stop - self.offset > _FIRST_CHUNK else self._in_vain + 1
        if sifted.stop > self.offset:
            self._sifted = sifted
            self._scan_chunk(sifted.short)
            self._sifted = None
            self._last = (-1, None)
            self.offset = sifted.stop
            self.records += sifted.passed_over
            self.other_summaries += sifted.passed_over
        if self._in_vain and not sifted.wanted or self._in_vain > _MOST_IN_VAIN:
            self._in_vain = 0
            return LARGEST_READ
        return max(_FIRST_CHUNK, min(sifted.wanted, LARGEST_READ))

    def _place(self, position: int) -> int:
        """Where in the file the bytes lie that are scanned."""
        return self.offset + position if self._sifted is None else self._sifted.place(position)

    def _scan_chunk(self, data: bytes) -> int:
        """Read the complete records at the start of `data`; return how many bytes they take.

        Stretches that repeat themselves are read as a whole, the others record by record; the less
        the file repeats itself, the less often it is tried.
        """
        if len(data) < _WORTH_IT:
            self._hand_over()
            if len(data) < _WORTH_IT_ONCE_IMPORTED or "numpy" not in sys.modules:
                return self._scan(data, 0, len(data))
            start = self._scan(data, 0, OVERHEAD + data[0]) if self.created is None else 0
            return self._scan_many(data, start, len(data))
        start = 0
        while start < len(data):
            repeats = 0
            tried = self.created is not None and self._place(start) >= self._next_try
            if tried:
                repeats = self._scan_periods(data, start)
                start += repeats
                self._stretch = _STRETCH if repeats else min(self._stretch * 2, _LONGEST_STRETCH)
            if repeats and len(data) - start < repeats and self._goes_on(data):
                return start  # the next chunk may begin with a period
            self._hand_over()
            if tried:
                self._next_try = self._place(start) + self._stretch
            stop = min(len(data), start + max(_STRETCH, self._next_try - self._place(start)))
            behind = self._scan_many(data, start, stop)
            while behind == start and stop < len(data):
                stop = min(len(data), 2 * stop - start)
                behind = self._scan(data, start, stop)
            if behind == start:
                return start
            start = behind
        return start

    def _hand_over(self) -> None:
        """Let the series have what was taken of periods, before they are given anything else."""
        if self._period is not None:
            self._period.hand_over()

    def _goes_on(self, data: bytes) -> bool:
        """Whether there is more of the file than these bytes, which are scanned."""
        return self._sifted is None and self.offset + len(data) < self.size

    def _scan_many(self, data: bytes, start: int, stop: int) -> int:
        """Read the complete records from `start` up to `stop`, many at a time as long as they are
        like earlier ones; return where they end."""
        if stop - start < _WORTH_IT:
            self._window = max(self._window, stop - start)
        singly = _FIRST_STRETCH
        while stop - start > _STRETCH:
            window = min(self._window, stop - start)
            read = self._scan_batch(data, start, start + window)
            start += read
            self._window = (
                min(self._window * 8, _LARGEST_WINDOW) if read > window // 2 else _STRETCH
            )
            if window - read < LONGEST_SCALAR:
                continue  # nothing in it was strange
            singly = _FIRST_STRETCH if read > singly else min(singly * 2, _LONGEST_STRETCH)
            behind = self._scan(data, start, min(stop, start + singly))
            if behind == start:
                break
            start = behind
        return self._scan(data, start, stop)

    def _scan_batch(self, data: bytes, start: int, stop: int) -> int:
        """Read the records from `start` on that are like earlier ones; return how many bytes."""
        from advisor.runs.readers.batches import read_batch

        known = chain(_COMMON, self._own)
        batch = read_batch(data, (start, stop), known, self.series, checksum_of_length)
        if batch is None:
            return 0
        self.records += batch.records
        self._last = (self._place(batch.last), batch.series)
        return batch.stop - start

    def _scan_periods(self, data: bytes, start: int) -> int:
        """Read the periods from `start` on; return how many bytes."""
        period = self._period
        count = period.read(data, start) if period is not None else 0
        if period is None or not count:
            from advisor.runs.readers.periods import Period, period_at

            places = period_at(data, start)
            templates = self._templates(data, start, places) if places else None
            if not places or not templates:
                return 0
            period = Period(data[start : places[-1][1] + FOOTER.size], templates)
            count = period.read(data, start)
            self._hand_over()
            self._period = period if count else None
        if count:
            self.records += count * period.records
            last = start + (count - 1) * period.width + period.last.payload - HEADER.size
            self._last = (self._place(last), period.last.series)
        return count * period.width

    def _templates(
        self, data: bytes, start: int, places: list[tuple[int, int]]
    ) -> "list[Template] | None":
        """The records of a period as templates; None if one does not hold a single scalar."""
        from advisor.runs.readers.periods import template_of

        templates = []
        for first, stop in places:
            found = self._scalar_at(data, first, stop)
            if found is None or self._stated_length(data[first - HEADER.size : first]) is None:
                return None
            series, number, form = found
            template = template_of(data, (first, stop), start, series, number, form)
            if template is None:
                return None
            templates.append(template)
        return templates

    def _scalar_at(self, data: bytes, start: int, stop: int) -> tuple[Series, int, str] | None:
        """The series of a record that holds a single scalar, where the number begins and its format."""
        position = start + 9
        if position < stop and data[position] == _STEP_KEY:
            position += 2
            while position < stop and data[position - 1] > 0x7F:
                position += 1
        series = self._simple.get(data[position : stop - 4])
        if series is not None:
            return series, stop - 4, "<f"
        try:
            event = self._decoder.decode(data, start, stop)
        except MalformedMessage:
            return None
        if len(event.scalars) != 1 or event.values != 1:
            return None
        (scalar,) = event.scalars
        series = self.series.setdefault(scalar.tag, Series(scalar.tag))
        if position < stop:
            self._learn(data, position, stop, scalar)
        return series, scalar.number.start, scalar.number.format

    def _scan(self, data: bytes, start: int, stop_at: int) -> int:
        """Read the complete records from `start` up to `stop_at`; return where they end.

        This is the one hot loop of reading, hence its length and its local names: a record that
        differs from an earlier one in wall time, step and number only costs one look-up.
        """
        lengths, simple, layouts = self._lengths, self._simple, self._layouts
        unpack_double, unpack_float, unpack_sum = _UNPACK_DOUBLE, _UNPACK_FLOAT, FOOTER.unpack_from
        end = stop_at - FOOTER.size
        last, last_series = -1, None
        while (payload := start + 12) <= end:
            header = data[start:payload]
            length = lengths.get(header)
            if length is None and (length := self._stated_length(header)) is None:
                break
            stop = payload + length
            if stop > end:
                break
            step, position = 0, payload + 9
            if length < _SHORTEST_WITH_STEP or data[payload] != _WALL_TIME_KEY:
                position = 0
            elif data[position] == _STEP_KEY:
                step = data[position + 1]
                position += 2
                if step > 0x7F:
                    step &= 0x7F
                    shift = 7
                    while position < stop:
                        byte = data[position]
                        position += 1
                        step |= (byte & 0x7F) << shift
                        if byte < 0x80:
                            break
                        shift += 7
            value = 0.0
            series = simple.get(data[position : stop - 4])
            if series is not None:
                value = unpack_float(data, stop - 4)[0]
            else:
                for layout in layouts.get(stop - position, ()):
                    at = position + layout.offset
                    series = layout.series.get(
                        data[position:at] + data[position + layout.end : stop]
                    )
                    if series is not None:
                        value = layout.unpack(data, at)[0]
                        break
            if series is None or not position or step > _LARGEST_STEP:
                series = None
                self._read_record(data, payload, stop, step, position)
            elif masked_crc32c(data[payload:stop]) != unpack_sum(data, stop)[0]:
                series = None
                self._lose(payload, stop)
            else:
                series.steps.append(step)
                series.wall_times.append(unpack_double(data, payload + 1)[0])
                series.values.append(value)
            last, last_series = start, series
            self.records += 1
            start = stop + 4
        if last >= 0:
            self._last = (self._place(last), last_series)
        return start

    def _stated_length(self, header: bytes) -> int | None:
        """The length in a record's header, or None if its checksum is wrong."""
        length: int
        length, checksum = HEADER.unpack(header)
        if checksum_of_length(length) != checksum:
            return None
        if len(self._lengths) < MOST_REMEMBERED_LENGTHS:
            self._lengths[header] = length
        return length

    def _read_record(self, data: bytes, start: int, stop: int, step: int, position: int) -> None:
        """Decode the record `data[start:stop]` and learn what its like will look like.

        `step` was found at its usual place, which ends at `position` (0: laid out unusually).
        """
        if position and self.created is not None and step <= _LARGEST_STEP:
            known = _COMMON.find(data[position:stop])
            if known is not None:
                self._read_known(data, start, stop, step, position, known)
                return
        large = stop - start > LONGEST_SCALAR
        called = heading(data, position, stop) if large and position else None
        if called is not None and called in self._passed_over:
            self.other_summaries += 1
            return
        try:
            event = self._decoder.decode(data, start, stop)
        except MalformedMessage:
            event = None
        counts = stop - start <= LONGEST_SCALAR or (event is not None and event.says_something)
        if event is None or (counts and not is_intact(data, start, stop)):
            self._lose(start, stop)
            return
        self._keep(event)
        if called is not None and event.other == event.values == 1 and not event.norms:
            self._passed_over.add(called)
        if position and step == event.step and len(event.scalars) == event.values == 1:
            self._learn(data, position, stop, event.scalars[0])

    def _read_known(
        self, data: bytes, start: int, stop: int, step: int, position: int, known: Known
    ) -> None:
        """Read a record that is like one of another file."""
        if not is_intact(data, start, stop):
            self._lose(start, stop)
            return
        (value,) = struct.unpack_from(known.format, data, position + known.offset)
        series = self.series.setdefault(known.tag, Series(known.tag))
        series.append(step, _UNPACK_DOUBLE(data, start + 1)[0], value)
        self._remember(data[position:stop], known)

    def _keep(self, event: Event) -> None:
        if self.created is None:
            self.created = event.wall_time
        self.has_graph |= event.graph
        self.other_summaries += event.other
        self.texts.update(event.texts)
        self.hyperparameters.update(event.hyperparameters)
        for scalar in event.scalars:
            series = self.series.setdefault(scalar.tag, Series(scalar.tag))
            series.append(event.step, event.wall_time, scalar.number.value)
        for tag, norm in event.norms.items():
            self.series.setdefault(tag, Series(tag)).append(event.step, event.wall_time, norm)

    def _learn(self, data: bytes, position: int, stop: int, scalar: Scalar) -> None:
        """Remember the bytes around the number of a record that holds one scalar."""
        number = scalar.number
        if not number.format:
            return
        rest = data[position:stop]
        known = Known(scalar.tag, number.start - position, number.format)
        if not (scalar.tells_by_itself and _COMMON.learn(rest, known)):
            self._own.learn(rest, known)
        self._remember(rest, known)

    def _remember(self, rest: bytes, known: Known) -> None:
        """Know the records of a series again by their bytes behind the step."""
        series, offset, form = self.series[known.tag], known.offset, known.format
        unpack = struct.Struct(form)
        end = offset + unpack.size
        if end == len(rest) and form == "<f":
            self._simple[rest[:offset]] = series
            return
        alike = self._layouts.setdefault(len(rest), [])
        layout = next((each for each in alike if each[:3] == (offset, end, form)), None)
        if layout is None:
            layout = _Layout(offset, end, form, unpack.unpack_from, {})
            alike.append(layout)
        layout.series[rest[:offset] + rest[end:]] = series

    def _lose(self, start: int, stop: int) -> None:
        """Note that the record with this payload is damaged."""
        first = self._place(start - HEADER.size)
        self._add_gap(first, first + stop - start + OVERHEAD)

    def _add_gap(self, start: int, stop: int) -> None:
        """Note that the bytes from `start` to `stop` are lost, in one gap with what precedes."""
        if self.gaps and self.gaps[-1].stop >= start:
            start = min(start, self.gaps.pop().start)
        self.gaps.append(Gap(start, stop))

    def _step_over(self, stream: BinaryIO, data: bytes) -> bool:
        """Move on past `data`, at whose start no record could be read; False if that must wait."""
        if len(data) < OVERHEAD:
            return False
        length = self._stated_length(data[: HEADER.size])
        if length is None:
            return self._resynchronise(stream)
        if len(data) < LARGEST_READ:
            return False
        if self.offset + length + OVERHEAD > self.size:
            return False
        self._last = (-1, None)
        self.records += 1
        self.other_summaries += 1
        self.offset += length + OVERHEAD
        return True

    def _resynchronise(self, stream: BinaryIO) -> bool:
        """Go on at the next intact record; False if there is none, so that the file may be growing.

        Where bytes are missing, it is the record before that ends too late.
        """
        lost_from = self.offset
        before, series = self._last
        self._last = (-1, None)
        if before >= 0 and not is_intact_record(stream, before):
            if series is not None:
                series.drop_last()
            self.records -= 1
            lost_from = before
        found = next_record(stream, lost_from + 1, self.size)
        if found is None:
            if lost_from < self.offset:
                self._add_gap(lost_from, self.offset)
            return False
        self._add_gap(lost_from, found)
        self.offset = found
        return True

    def why_no_scalars(self) -> str:
        """What the file holds in place of scalars, in words; empty if it does hold some."""
        if any(self.series.values()):
            return ""
        if self.size == 0:
            return "is empty (0 bytes): the writer never wrote to it, so delete it"
        if not self.records:
            return (
                "is no TensorBoard event file, or a damaged one (no right checksum): copy it anew"
            )
        if self.has_graph and not self.other_summaries:
            return "holds only a graph, no scalars"
        if self.other_summaries or self.texts:
            return "holds no scalars, only images, histograms, texts or the like"
        if self.hyperparameters:
            return "holds only hyper-parameters, no scalars"
        return "holds only its header: nothing was logged to it"
