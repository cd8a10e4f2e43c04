"""What is new about trainings that are followed, as lines of text."""

import time
from typing import TextIO

from advisor.report.printable import printable
from advisor.runs.run import Direction, Kind, Run
from advisor.runs.watching import Event, News
from advisor.runs.wording import number, step


class EventLines:
    """Prints events as lines of text, each with the time of day."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def __call__(self, event: Event) -> None:
        """Print one event."""
        name = printable(event.diagnosis.run.name)
        clock = time.strftime("%H:%M:%S")
        print(f"{clock}  {name}  {_words(event)}", file=self._file, flush=True)
        if event.next_step is not None:
            title = printable(event.next_step.move.title)
            print(f"{clock}  {name}  next: {title}", file=self._file, flush=True)


def _words(event: Event) -> str:
    finding = event.finding
    if finding is None:
        return f"watching, {where(event.diagnosis.run)}"
    at = _last_step(event.diagnosis.run)
    if event.news is News.OVER:
        return f"{step(at)}: {finding.code} {finding.name} is over"
    return f"{step(at)}: {finding.code} {finding.name}: {printable(finding.message)}"


def where(run: Run) -> str:
    """How far a run is: its last step, and the last values of what it learns."""
    if run.kind is Kind.NOT_A_RUN:
        return "nothing that is learned was logged yet"
    curves = [
        curve
        for curve in run.curves
        if curve.role.primary and curve.role.direction is not Direction.NONE and len(curve)
    ]
    values = (f"`{printable(each.tag)}` {number(float(each.values[-1]))}" for each in curves[:4])
    return ", ".join((step(_last_step(run)), *values))


def _last_step(run: Run) -> int:
    return max((int(curve.steps[-1]) for curve in run.curves if len(curve)), default=0)
