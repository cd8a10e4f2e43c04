"""What is said about several runs together, as text: a table with sparklines, and the findings."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from advisor.report.printable import printable
from advisor.report.sparkline import common_scale, sparkline
from advisor.runs.run import Split
from advisor.runs.sweeps.diagnosis import SweepDiagnosis
from advisor.runs.sweeps.facts import Sweep
from advisor.runs.sweeps.settings import Setting, Value
from advisor.runs.wording import number

MOST_ROWS = 20
_MOST_SETTINGS = 4
_SPARKS = 16
_LONGEST_NAME = 32
_LONGEST_VALUE = 14


def heading(sweep: Sweep) -> Text:
    """What is compared."""
    split = "" if sweep.split is Split.UNKNOWN else f"{sweep.split.value} "
    what = printable(f"{split}{sweep.quantity.replace('_', ' ')}")
    words = f"  {len(sweep)} runs compared by {what} (`{printable(sweep.tag)}`)"
    return Text.assemble(("together", "bold"), (words, "dim"))


def table(sweep: Sweep, *, unicode: bool) -> Iterator[Text]:
    """A row for each run, the best first."""
    settings = _most_telling(sweep)[:_MOST_SETTINGS]
    curves = [each.trajectory for each in sweep.outcomes if each.trajectory]
    scale = common_scale(curves)
    rows = [
        [
            "",
            "best",
            "final",
            *(_cut(each.name.rsplit("/", 1)[-1], _LONGEST_VALUE) for each in settings),
            "",
            "",
        ]
    ]
    for outcome in sweep.ranking[:MOST_ROWS]:
        line = sparkline(outcome.trajectory, scale, width=_SPARKS, unicode=unicode)
        values = [_value(sweep.value(outcome, each)) for each in settings]
        figures = [number(outcome.best_as_logged), number(outcome.final_as_logged)]
        rows.append(
            [_cut(outcome.run.name, _LONGEST_NAME), *figures, *values, line, outcome.verdict]
        )
    yield from _aligned(rows)
    if (more := len(sweep) - MOST_ROWS) > 0:
        yield Text(f"    and {more} more", "dim")


def _most_telling(sweep: Sweep) -> list[Setting]:
    """The settings with the most influence first; in their own order where it is not known."""
    shares = {each.setting.name: each.share for each in sweep.influences}
    return sorted(sweep.settings, key=lambda setting: -shares.get(setting.name, 0.0))


def summary(found: SweepDiagnosis) -> str:
    """One line on the outcome, for the concise report."""
    best = found.sweep.best
    return f"{printable(best.run.name)} is best of {len(found.sweep)} by `{printable(found.sweep.tag)}`"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[Text]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for position, row in enumerate(rows):
        name, *figures, line, verdict = (
            f"{cell:<{width}}" if column in {0, len(row) - 2, len(row) - 1} else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        style = "dim" if position == 0 else "bold" if position == 1 else ""
        text = Text(f"    {name}  ", style).append("  ".join(figures)).append(f"  {line}", "cyan")
        yield text.append(f"  {verdict}", "yellow")


def _value(value: Value) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _cut(str(value), _LONGEST_VALUE)
    return f"{value:g}"


def _cut(text: str, width: int) -> str:
    text = printable(text)
    return text if len(text) <= width else f"...{text[len(text) - width + 3 :]}"
