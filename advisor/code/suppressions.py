"""Comments that silence findings: `# noqa: NN101`, `# nnlint: ignore[missing-zero-grad]`."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from advisor.code.positions import Comment, Positions
from advisor.code.spans import Span

_NOQA = re.compile(r"#\s*noqa(?P<listed>:\s*(?P<rules>[\w\-]+(?:[,\s]+[\w\-]+)*))?", re.IGNORECASE)
_IGNORE = re.compile(
    r"#\s*nnlint:\s*(?P<whole_file>file-)?ignore\b(?!-)(?P<listed>\s*\[(?P<rules>[^\]]*)\])?"
)
_MENTIONED = re.compile(r"noqa|nnlint", re.IGNORECASE)
_EVERY_RULE = frozenset({"*"})


def may_silence(text: str) -> bool:
    """Whether a text may hold a comment that silences: most hold none, and need not be gone through."""
    return _MENTIONED.search(text) is not None


class Suppressions:
    """What the comments of one file silence, and where.

    A comment covers the statement it stands on: a finding is silenced by any row that it touches
    and by the first and the last row of the statement it begins in. A `nnlint: ignore` alone on
    its row covers the next statement instead; inside brackets, the next row.
    """

    def __init__(self, positions: Positions) -> None:
        self._lines = positions.logical_lines()
        self._starts = [first for first, _ in self._lines]
        self._whole_file: set[str] = set()
        self._by_row: dict[int, set[str]] = defaultdict(set)
        own_rows = []
        for comment in positions.comments():
            if comment.alone:
                own_rows.append(comment.row)
            self._read(comment)
        self._pass_on(own_rows)

    def cover(self, code: str, name: str, span: Span) -> bool:
        """Whether a finding of the rule with this code and name is silenced at `span`."""
        keys = {code.upper(), name.upper(), *_EVERY_RULE}
        if keys & self._whole_file:
            return True
        return any(keys & self._by_row.get(row, set()) for row in self._rows(span))

    def _read(self, comment: Comment) -> None:
        for found in _IGNORE.finditer(comment.text):
            rules = _rules(found["rules"] if found["listed"] else None)
            (self._whole_file if found["whole_file"] else self._by_row[comment.row]).update(rules)
        noqa = _NOQA.search(comment.text)
        if noqa and not comment.alone:
            self._by_row[comment.row].update(_rules(noqa["rules"]))

    def _pass_on(self, own_rows: list[int]) -> None:
        alone = set(own_rows)
        for row in own_rows:
            rules = self._by_row.pop(row, None)
            if not rules:
                continue
            target = self._next_row(row, alone)
            if target is not None:
                self._by_row[target].update(rules)

    def _next_row(self, row: int, alone: set[int]) -> int | None:
        before = bisect_right(self._starts, row) - 1
        if before >= 0 and row < self._lines[before][1]:
            return next(each for each in range(row + 1, row + 1 + len(alone)) if each not in alone)
        return self._starts[before + 1] if before + 1 < len(self._starts) else None

    def _rows(self, span: Span) -> Iterable[int]:
        index = bisect_right(self._starts, span.row) - 1
        if index < 0 or span.row > self._lines[index][1]:
            return range(span.row, span.end_row + 1)
        first, last = self._lines[index]
        return {first, last, *range(span.row, span.end_row + 1)}


def _rules(listed: str | None) -> frozenset[str]:
    if listed is None:
        return _EVERY_RULE
    return frozenset(word.upper() for word in re.split(r"[,\s]+", listed) if word)
