"""Successive runs as text: the table of errors with a column for each, and what became of advice."""

from collections.abc import Iterator
from itertools import pairwise

from rich.text import Text

from advisor.report.printable import printable
from advisor.runs.history import Attempt, Check, History
from advisor.runs.sweeps.settings import Value
from advisor.runs.wording import number

_LONGEST_NAME = 14
_MOST_CHANGES = 3
_IN_WORDS = {
    "train": "training",
    "validation": "validation",
    "test": "test",
    "gap": "the gap to validation",
    "shift": "the shift",
    "test gap": "the gap to test",
}


def table(history: History) -> Iterator[Text]:
    """A row for each level, a column for each run, and below them the term that comes first."""
    names = [_cut(each.diagnosis.run.name) for each in history.attempts]
    rows = [["", *names]]
    for level in history.names:
        rows.append([level, *(_level(each, level, history.unit) for each in history.attempts)])
    rows.append(["first", *map(_leading, history.attempts)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for position, (name, *cells) in enumerate(rows):
        ends = position in {0, len(rows) - 1}
        text = Text(f"    {name:<{widths[0]}}", "dim" if ends else "")
        for cell, width in zip(cells, widths[1:], strict=True):
            text.append(f"  {cell:>{width}}", "dim" if position == 0 else "")
        yield text


def remarks(history: History) -> Iterator[str]:
    """What changed from run to run, and whether it did what the run before predicted."""
    for before, after in pairwise(history.attempts):
        head = f"`{before.diagnosis.run.name}` to `{after.diagnosis.run.name}`"
        if changed := _changed(after):
            yield f"{head}: {changed}"
        if after.changed_at_once > 1:
            yield (
                f"{head}: {after.changed_at_once} things changed at once, so nobody can tell which "
                "of them made the difference"
            )
        for check in after.checks:
            yield f"{head}: {in_words(check, history.unit)}"


def in_words(check: Check, unit: str) -> str:
    """What was predicted, what happened, and whether the two agree."""
    what = _IN_WORDS[check.what]
    before, after = number(check.before) + unit, number(check.after) + unit
    return (
        f"the advice was to {_lower(check.move.title)}, so that {what} {check.predicted}; it went "
        f"from {before} to {after}: {check.verdict.value}"
    )


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _level(attempt: Attempt, name: str, unit: str) -> str:
    level = attempt.decomposition.level(name)
    return "" if level is None else f"{number(level.value)}{unit}"


def _leading(attempt: Attempt) -> str:
    leading = attempt.decomposition.leading
    return leading.source.value if leading else "none"


def _changed(attempt: Attempt) -> str:
    if attempt.said:
        return f"changed: {attempt.said}"
    shown = [
        f"`{name}` {_value(before)} to {_value(after)}"
        for name, before, after in attempt.changes[:_MOST_CHANGES]
    ]
    more = len(attempt.changes) - _MOST_CHANGES
    return f"changed {', '.join(shown)}{f' and {more} more' if more > 0 else ''}" if shown else ""


def _value(value: Value) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return str(value)


def _cut(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _LONGEST_NAME else f"...{text[3 - _LONGEST_NAME :]}"
