"""CSV logs: Lightning's `metrics.csv`, Keras' `CSVLogger`, `results.csv` of ultralytics, and kin."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from advisor.runs.readers.files import opened, whole_lines
from advisor.runs.readers.series import OnBytes
from advisor.runs.readers.tables import Row, Table, TableFile, axis_among, step_in
from advisor.runs.vocabulary import Family, quantity_of

_DELIMITERS = ",;\t"
_LEARNED = {Family.LOSS, Family.METRIC, Family.RETURN}
_LONGEST_HEADER = 1 << 16


class CsvLog(TableFile):
    """One CSV log. `read` goes on behind the last whole line that it has read.

    Lightning writes the file anew when a new scalar turns up; then it is read from its start.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.offset = 0
        self._header = b""

    def read(self, on_bytes: OnBytes | None = None) -> int:
        """Read what was appended since the last call; return the number of new rows.

        Raises `OSError`.
        """
        with opened(self.path) as stream:
            status = os.fstat(stream.fileno())
            header = stream.readline(_LONGEST_HEADER)
        if not header.endswith(b"\n"):
            return 0
        if status.st_size < self.offset or header != self._header:
            self._header, self.offset = header, len(header)
            self._table = Table(status.st_mtime)
        before = self._table.rows
        for lines in whole_lines(self.path, self.offset):
            self.offset += len(lines)
            self._table.take(self._rows(lines))
        return self._table.rows - before

    def _rows(self, data: bytes) -> list[Row]:
        columns, delimiter = columns_of(self._header)
        rows = (
            row for row in _cells(_text(data).splitlines(), delimiter) if len(row) == len(columns)
        )
        return [dict(zip(columns, row, strict=True)) for row in rows]


def columns_of(header: bytes) -> tuple[list[str], str]:
    """The names in a header line and the delimiter between them."""
    text = _text(header).strip("\r\n")
    delimiter = max(_DELIMITERS, key=text.count)
    names = next(_cells([text], delimiter), [""])
    return [name.strip() for name in names], delimiter


def _cells(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of each line; lines that are none of a table are left out."""
    cells = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    while True:
        try:
            yield next(cells)
        except csv.Error:
            continue
        except StopIteration:
            return


def is_training_log(path: Path) -> bool:
    """Whether a CSV file is the log of a training, judged by its first lines.

    Its columns hold one that counts and one that is learned, and the count goes up.
    """
    try:
        with opened(path) as stream:
            header, *lines = stream.read(_LONGEST_HEADER).splitlines() or [b""]
    except OSError:
        return False
    if b"\0" in header:
        return False
    columns, delimiter = columns_of(header)
    axis = axis_among(columns)
    if axis is None or not any(quantity_of(each).family in _LEARNED for each in columns):
        return False
    return _goes_up(lines[:-1], columns.index(axis), len(columns), delimiter)


def _goes_up(lines: Sequence[bytes], column: int, width: int, delimiter: str) -> bool:
    """Whether a column counts: backwards at most where a training was started again."""
    cells = _cells(map(_text, lines), delimiter)
    steps = [step_in(row[column]) for row in cells if len(row) == width]
    known = [step for step in steps if step is not None]
    backwards = sum(later < earlier for earlier, later in pairwise(known))
    return backwards <= len(known) // 4 if known else not steps


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig", errors="replace")
