"""The chart of a run: the curve that matters, training and validation in one frame, LR below."""

from dataclasses import dataclass

import numpy as np
from rich.text import Text

from advisor.findings import CurveSpan
from advisor.report.plots import Frame, Line, Pen, frame_of, plot, short_number, strip
from advisor.report.printable import printable
from advisor.report.run_axis import longest, positions_on
from advisor.runs.diagnosis import RunDiagnosis
from advisor.runs.run import Curve, Direction, Kind, Run, Split
from advisor.runs.thresholds import Thresholds

_TRAINING = (Split.TRAIN, Split.UNKNOWN)
_HELD_OUT = (Split.VALIDATION, Split.TRAIN_VALIDATION, Split.TEST)
_HEIGHT = 10
_FIRST_STYLE, _SECOND_STYLE, _RATE_STYLE = "cyan", "bold magenta", "blue"
_WHOLE_RUN = 0.95


@dataclass(frozen=True)
class _Chart:
    """What is drawn: curves on one axis of steps, and the stretch that the first finding means."""

    curves: tuple[Curve, ...]
    lines: tuple[Line, ...]
    frame: Frame
    marked: tuple[float, float] | None
    code: str


def chart(diagnosis: RunDiagnosis, *, width: int, unicode: bool) -> list[Text]:
    """The chart as lines of text; empty when there is nothing to draw."""
    drawn = _chart(diagnosis)
    if drawn is None:
        return []
    body = plot(drawn.lines, width=width, height=_HEIGHT, marked=drawn.marked, unicode=unicode)
    columns = len(body[-1]) - body[-1].plain.index("└" if unicode else "+") - 1
    indent = len(body[-1]) - columns
    return [
        *body,
        _steps(drawn, indent, columns),
        *_rate_strip(diagnosis.run, drawn, indent, columns, unicode),
        _legend(diagnosis.run, drawn, indent, columns, unicode),
    ]


def curves_to_draw(diagnosis: RunDiagnosis) -> tuple[Curve, ...]:
    """At most two curves: what the leading finding is about, and its partner on other rows."""
    run = diagnosis.run
    if run.kind is Kind.ADVERSARIAL:
        return tuple(each for each in run.curves if each.role.quantity == "loss")[:2]
    subject = _subject(diagnosis)
    if subject is None:
        return ()
    quantity = subject.role.quantity
    first = subject if subject.role.split in _TRAINING else _primary(run, quantity, _TRAINING)
    second = subject if subject.role.split in _HELD_OUT else _primary(run, quantity, _HELD_OUT)
    return tuple(each for each in (first, second) if each is not None)


def _subject(diagnosis: RunDiagnosis) -> Curve | None:
    """The first learned curve that a finding names; else the one that speaks for the run."""
    for finding in diagnosis.findings:
        tags = finding.place.tags if isinstance(finding.place, CurveSpan) else ()
        for curve in map(diagnosis.run.tagged, tags):
            if curve and curve.role.direction is not Direction.NONE and len(curve) > 1:
                return curve
    wanted = ("return",) if diagnosis.run.kind is Kind.REINFORCEMENT else ("loss", "error")
    for quantity in (*wanted, "accuracy"):
        if found := _primary(diagnosis.run, quantity, (*_TRAINING, *_HELD_OUT)):
            return found
    learned = (each for each in diagnosis.run.curves if each.role.direction is not Direction.NONE)
    return max(learned, key=len, default=None)


def _primary(run: Run, quantity: str, splits: tuple[Split, ...]) -> Curve | None:
    found = (run.primary(quantity, split) for split in splits)
    return next((each for each in found if each is not None and len(each) > 1), None)


def _chart(diagnosis: RunDiagnosis) -> _Chart | None:
    curves = curves_to_draw(diagnosis)
    if not curves:
        return None
    reference = longest(curves)
    pens = (Pen.THIN, Pen.HEAVY) if len(curves) == 2 else (Pen.THIN,)
    styles = (_FIRST_STYLE, _SECOND_STYLE)
    lines = tuple(
        Line(curve.tag, _positions(reference, curve), curve.values, pen, style)
        for curve, pen, style in zip(curves, pens, styles, strict=False)
    )
    frame = frame_of(lines)
    if frame is None:
        return None
    marked, code = _marked(diagnosis, reference, frame)
    return _Chart(curves, lines, frame, marked, code)


def _positions(reference: Curve, curve: Curve) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return positions_on(reference, curve, Thresholds().comparable_axes)


def _marked(
    diagnosis: RunDiagnosis, reference: Curve, frame: Frame
) -> tuple[tuple[float, float] | None, str]:
    """The stretch of the first finding that means a part of the run, on the chart's axis."""
    for finding in diagnosis.findings:
        span = finding.place
        if not isinstance(span, CurveSpan) or span.first_step is None or span.last_step is None:
            continue
        own = next(filter(None, map(diagnosis.run.tagged, span.tags)), reference)
        steps = np.array([span.first_step, span.last_step], dtype=np.float64)
        ends = np.interp(steps, own.steps, _positions(reference, own))
        if ends[1] - ends[0] < _WHOLE_RUN * (frame.right - frame.left):
            return (float(ends[0]), float(ends[1])), finding.code
    return None, ""


def _steps(drawn: _Chart, indent: int, columns: int) -> Text:
    """The first and the last step below the axis, and what the heavy part of it means."""
    first, last = f"{int(drawn.frame.left):,}", f"step {int(drawn.frame.right):,}"
    row = list(f"{first}{last:>{columns - len(first)}}")
    if drawn.marked is not None:
        middle = drawn.frame.across(np.array(drawn.marked), columns).mean()
        start = int(np.clip(middle - len(drawn.code) // 2, 0, columns - len(drawn.code)))
        around = row[max(0, start - 2) : start + len(drawn.code) + 2]
        if set(around) == {" "} or start == 0 and set(around) == {" "}:
            row[start : start + len(drawn.code)] = drawn.code
    text = Text(" " * indent + "".join(row), "dim")
    text.highlight_words([drawn.code] if drawn.code else [], "not dim yellow")
    return text


def _rate_curve(run: Run) -> Curve | None:
    """The learning rate, if any of it was logged and finite."""
    rate = run.primary("learning_rate", Split.TRAIN) or run.primary("learning_rate", Split.UNKNOWN)
    return rate if rate is not None and np.isfinite(rate.values).any() else None


def _rate_strip(run: Run, drawn: _Chart, indent: int, columns: int, unicode: bool) -> list[Text]:
    """The learning rate as a strip of bars, unless it never changes."""
    rate = _rate_curve(run)
    if rate is None or np.nanmin(rate.values) == np.nanmax(rate.values):
        return []
    line = Line(rate.tag, _positions(longest(drawn.curves), rate), rate.values, style=_RATE_STYLE)
    bars = strip(line, drawn.frame, columns=columns, unicode=unicode)
    return [Text.assemble((f"{'lr':>{indent - 2}}  ", "dim"), bars)]


def _rate_in_words(run: Run) -> str:
    rate = _rate_curve(run)
    if rate is None:
        return ""
    finite = rate.values[np.isfinite(rate.values)]
    first, peak, last = (
        short_number(float(each)) for each in (finite[0], finite.max(), finite[-1])
    )
    if finite.min() == finite.max():
        return f"lr {first} throughout"
    return f"lr {first} to {last}" if peak in {first, last} else f"lr {first} to {peak} to {last}"


def _legend(run: Run, drawn: _Chart, indent: int, columns: int, unicode: bool) -> Text:
    text = Text(" " * indent)
    room = max(columns // 2 - 6, 10)
    for line in drawn.lines:
        sample = {Pen.THIN: "⠒⠒", Pen.HEAVY: "▀▀"}[line.pen] if unicode else "oo"
        text.append(f"{sample} ", line.style).append(_shortened(printable(line.name), room)).append(
            "   "
        )
    if any(not np.isfinite(line.values).all() for line in drawn.lines):
        text.append("×" if unicode else "x", "bold red").append(" not finite   ")
    text.append(_rate_in_words(run))
    text.rstrip()
    return text


def _shortened(text: str, width: int) -> str:
    """The text in at most `width` characters; what is left out of its middle is marked."""
    if len(text) <= width:
        return text
    tail = (width - 3) // 2
    return f"{text[: width - 3 - tail]}...{text[len(text) - tail :]}"
