"""Curves drawn with characters: several lines in one frame, and one line as a strip.

A thin line is drawn in braille (2 by 4 dots to a character), a heavy one in quadrants (2 by 2), so
that two curves can be told apart without colour. Plots are `rich` texts; printed to something that
is no terminal they lose their colours and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

Floats = NDArray[np.float64]

LOGARITHMIC_FROM = 20.0
"""Ratio of the largest to the smallest value from which the axis of values is logarithmic."""
HIGHEST_OVER_MEDIAN = 1e5
"""How far above the median, as a factor, values are still drawn; an explosion has no end."""

_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_EIGHTHS = "▁▂▃▄▅▆▇█"
_LEVELS = "_.-=*#"


class Pen(Enum):
    """How a line is drawn: dots to a character across and down."""

    THIN = (2, 4)
    HEAVY = (2, 2)
    PLAIN = (1, 1)


@dataclass(frozen=True)
class Line:
    """A curve to draw: positions along the run (any unit, increasing) and values of equal length.

    Values that are not finite are not drawn but marked on the axis.
    """

    name: str
    positions: Floats
    values: Floats
    pen: Pen = Pen.THIN
    style: str = ""


@dataclass(frozen=True)
class Frame:
    """The part of the plane that is drawn."""

    left: float
    right: float
    bottom: float
    top: float
    logarithmic: bool

    def across(self, positions: Floats, dots: int) -> NDArray[np.intp]:
        """The column of dots, of `dots`, that each position falls into."""
        width = self.right - self.left or 1.0
        columns = np.floor((positions - self.left) / width * dots)
        return np.clip(columns, 0, dots - 1).astype(np.intp)

    def down(self, values: Floats, dots: int) -> Floats:
        """The row of dots, counted from the top, of each value; NaN where it is not finite."""
        low, high = self._scaled(self.bottom), self._scaled(self.top)
        finite = np.where(np.isfinite(values), values, np.nan)
        shares = (high - self._scaled(finite)) / (high - low or 1.0)
        return np.rint(np.clip(shares, 0.0, 1.0) * (dots - 1))

    def value_at(self, share: float) -> float:
        """The value at a share of the height, from the top."""
        if not self.logarithmic:
            return (1 - share) * self.top + share * self.bottom
        low, high = float(self._scaled(self.bottom)), float(self._scaled(self.top))
        with np.errstate(over="ignore"):  # close to the largest number there is
            value = float(np.power(10.0, high + share * (low - high)))
        return min(value, self.top)

    def _scaled(self, values: Floats | float) -> Floats:
        numbers = np.asarray(values, dtype=np.float64)
        return np.log10(numbers) if self.logarithmic else numbers / 4  # so that ranges are finite


def frame_of(lines: Sequence[Line]) -> Frame | None:
    """The smallest frame that holds all lines, but for explosions; None without finite values."""
    finite = [each.values[np.isfinite(each.values)] for each in lines]
    values = np.concatenate([*finite, np.empty(0)])
    if not len(values):
        return None
    positions = np.concatenate([each.positions for each in lines])
    bottom, top = float(values.min()), float(values.max())
    if bottom > 0:
        with np.errstate(over="ignore"):  # a median beyond all numbers cuts nothing off
            top = min(top, HIGHEST_OVER_MEDIAN * float(np.median(values)))
    return Frame(
        left=float(positions.min()),
        right=float(positions.max()),
        bottom=bottom,
        top=top,
        logarithmic=bottom > 0 and top / bottom >= LOGARITHMIC_FROM,
    )


@dataclass
class _Canvas:
    """Characters made of dots: per pen the set dots, per character the style it was drawn in."""

    columns: int
    rows: int
    dots: dict[tuple[int, int], tuple[Pen, int]] = field(default_factory=dict)
    styles: dict[tuple[int, int], str] = field(default_factory=dict)

    def put(self, pen: Pen, x: int, y: int, style: str) -> None:
        across, down = pen.value
        cell = (y // down, x // across)
        drawn_with, bits = self.dots.get(cell, (pen, 0))
        if drawn_with is not pen:  # the later line is the one that is seen
            bits = 0
        self.dots[cell] = (pen, bits | _bit(pen, x % across, y % down))
        self.styles[cell] = style

    def line(self, pen: Pen, begin: tuple[int, int], end: tuple[int, int], style: str) -> None:
        """Set all dots on the way from one dot to another, both included."""
        (x0, y0), (x1, y1) = begin, end
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for number in range(steps + 1):
            share = number / steps
            self.put(pen, round(x0 + share * (x1 - x0)), round(y0 + share * (y1 - y0)), style)

    def row(self, number: int) -> Text:
        text = Text()
        cells = [(number, column) for column in range(self.columns)]
        for style, run in groupby(cells, key=lambda cell: self.styles.get(cell, "")):
            drawn = (self.dots.get(cell, (Pen.THIN, 0)) for cell in run)
            text.append("".join(_character(pen, bits) for pen, bits in drawn), style)
        return text


def _bit(pen: Pen, x: int, y: int) -> int:
    return _BRAILLE[y][x] if pen is Pen.THIN else 1 << (2 * y + x)


def _character(pen: Pen, bits: int) -> str:
    if not bits:
        return " "
    if pen is Pen.THIN:
        return chr(0x2800 + bits)
    return _QUADRANTS[bits] if pen is Pen.HEAVY else "o"


def _draw(canvas: _Canvas, line: Line, frame: Frame) -> None:
    """Draw a line: per column of dots its whole extent, joined to the column before."""
    across, down = line.pen.value
    columns = frame.across(line.positions, canvas.columns * across)
    rows = frame.down(line.values, canvas.rows * down)
    starts = np.flatnonzero(np.append(True, np.diff(columns) != 0))
    highest, lowest = np.fmin.reduceat(rows, starts), np.fmax.reduceat(rows, starts)
    ends = np.append(starts[1:], len(rows)) - 1
    before: tuple[int, int] | None = None
    for start, end, high, low in zip(starts, ends, highest, lowest, strict=True):
        if not isfinite(high):
            before = None
            continue
        column = int(columns[start])
        if before is not None and isfinite(rows[start]):
            canvas.line(line.pen, before, (column, int(rows[start])), line.style)
        canvas.line(line.pen, (column, int(high)), (column, int(low)), line.style)
        before = (column, int(rows[end])) if isfinite(rows[end]) else None


def plot(
    lines: Sequence[Line],
    *,
    width: int,
    height: int = 10,
    marked: tuple[float, float] | None = None,
    unicode: bool = True,
) -> list[Text]:
    """Draw lines into one frame of `width` by about `height` characters, axes included.

    Later lines cover earlier ones. `marked` is a stretch of positions that the axis is drawn heavy
    under; positions at which a value is not finite carry a cross there. Without `unicode` only
    ASCII characters are used. Nothing is drawn if there is no finite value.
    """
    frame = frame_of(lines)
    if frame is None:
        return []
    labels = {row: short_number(frame.value_at(row / (height - 1))) for row in _labelled(height)}
    margin = max(map(len, labels.values()))
    canvas = _Canvas(columns=max(10, width - margin - 4), rows=height)
    for line in lines:
        if len(line.positions):
            _draw(canvas, line if unicode else _in_ascii(line), frame)
    tick, bar = ("┤", "│") if unicode else ("|", "|")
    drawn = [
        Text.assemble(
            (f"  {labels.get(row, ''):>{margin}} {tick if row in labels else bar}", "dim"),
            canvas.row(row),
        )
        for row in range(height)
    ]
    axis = _axis(lines, frame, canvas.columns, marked, unicode)
    return [*drawn, Text(" " * (margin + 3)).append(axis)]


def _labelled(height: int) -> tuple[int, ...]:
    return (0, height // 2, height - 1) if height >= 6 else (0, height - 1)


def _in_ascii(line: Line) -> Line:
    return Line(line.name, line.positions, line.values, Pen.PLAIN, line.style)


def _axis(
    lines: Sequence[Line],
    frame: Frame,
    columns: int,
    marked: tuple[float, float] | None,
    unicode: bool,
) -> Text:
    corner, light, heavy, cross = "└─━×" if unicode else "+-=x"
    characters = [light] * columns
    if marked is not None:
        first, last = frame.across(np.array(marked, dtype=np.float64), columns)
        characters[first : last + 1] = [heavy] * (last + 1 - first)
    for line in lines:
        broken = line.positions[~np.isfinite(line.values)]
        for column in np.unique(frame.across(broken, columns)):
            characters[column] = cross
    styles = {light: "dim", heavy: "bold yellow", cross: "bold red"}
    stretches = ("".join(same) for _, same in groupby(characters))
    return Text.assemble((corner, "dim"), *((each, styles[each[0]]) for each in stretches))


def strip(line: Line, frame: Frame, *, columns: int, unicode: bool = True) -> Text:
    """A line as one row of bars, `columns` characters wide, over the positions of `frame`.

    Each bar shows the last value that holds at its position; empty before the first.
    """
    finite = np.isfinite(line.values)
    own = frame_of([line])
    if own is None:
        return Text(" " * columns)
    levels = _EIGHTHS if unicode else _LEVELS
    known = frame.across(line.positions[finite], columns)
    rows = own.down(line.values[finite], len(levels)) if own.top > own.bottom else None
    held = np.searchsorted(known, np.arange(columns), side="right") - 1
    bars = [
        " "
        if at < 0
        else levels[-1 - int(rows[at])]
        if rows is not None
        else levels[len(levels) // 2]
        for at in held
    ]
    return Text("".join(bars), line.style)


def short_number(value: float) -> str:
    """A number for an axis, in at most about six characters: `2.38`, `0.031`, `1.5e-05`, `2500`."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:.1e}"
