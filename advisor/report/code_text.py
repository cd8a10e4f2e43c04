"""Findings in code for a reader at a terminal: the place, the lines, why, and what to do."""

from collections.abc import Callable, Iterable, Mapping
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from advisor.code.sources import Source
from advisor.findings import Finding, Location, RelatedLocation, Severity
from advisor.report.printable import printable, printable_place
from advisor.report.rule_page import RulePage

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_ADVICE = (
    ("why", "Why it hurts"),
    ("curve", "What the curve looks like"),
    ("instead", "Use instead"),
)
_ROWS_BEFORE = 2
_ROWS_AFTER = 1
_LONGEST_SPAN = 6
_WIDEST_PROSE = 100
_LABEL = 11
_TAB = "    "

SourceOf = Callable[[str], Source | None]
PageOf = Callable[[str], RulePage | None]


class CodeReport:
    """Prints findings, each with its code frame; the prose of a rule with its first finding only.

    `source_of` gives the source for a file's name, `page_of` the page for a rule's code; where
    either gives None, the report goes without.
    """

    def __init__(self, file: TextIO, source_of: SourceOf, page_of: PageOf) -> None:
        self._console = Console(file=file, highlight=False, markup=False, emoji=False)
        self._width = self._console.width
        self._is_plain = self._console.color_system is None
        self._source_of = source_of
        self._page_of = page_of
        self._explained: set[str] = set()
        unicode = self._console.encoding.lower().startswith("utf")
        self._bar, self._pointer, self._caret = ("│", "❯", "━") if unicode else ("|", ">", "^")

    def print(self, findings: Iterable[Finding]) -> None:
        """Print all findings in the given order."""
        for finding in findings:
            self._print_finding(finding, finding.location)

    def _print_finding(self, finding: Finding, place: Location) -> None:
        style = _STYLES[finding.severity]
        head = Text.assemble(
            (printable_place(place), "bold"),
            "  ",
            (finding.severity.value, f"bold {style}"),
            " ",
            (printable(f"{finding.code} {finding.name}"), style),
        )
        self._print_line(head)
        for line in _with_code(printable(finding.message), "bold").wrap(self._console, self._width):
            self._print_line(line)
        self._print_line(Text())
        self._print_frame(place, style, _ROWS_BEFORE, _ROWS_AFTER)
        for related in finding.related:
            self._print_related(related)
        for evidence in finding.evidence:
            self._print_line(Text(f"  {printable(evidence.text)}", style="dim"))
        self._print_advice(finding)
        self._print_line(Text())

    def _print_related(self, related: RelatedLocation) -> None:
        self._print_line(
            Text.assemble(
                "  ",
                (printable_place(related.location), "bold"),
                "  ",
                _with_code(printable(related.message), ""),
            )
        )
        self._print_frame(related.location, "blue", 0, 0)

    def _print_advice(self, finding: Finding) -> None:
        if finding.code in self._explained:
            return
        self._explained.add(finding.code)
        page = self._page_of(finding.code)
        for label, heading in _ADVICE:
            if page is not None and page.lead(heading):
                self._print_labelled(label, page.lead(heading))
        self._print_labelled("more", f"`nnlint rule {finding.code}`")

    def _print_labelled(self, label: str, prose: str) -> None:
        width = min(self._width, _WIDEST_PROSE) - _LABEL
        for line in _with_code(printable(prose), "").wrap(self._console, width):
            self._print_line(Text.assemble((f"  {label:<{_LABEL - 2}}", "dim"), line))
            label = ""

    def _print_frame(self, place: Location, style: str, before: int, after: int) -> None:
        source = self._source_of(place.filename)
        if source is None:
            return
        rows = frame_rows(source, place, before, after)
        gutter = max((len(str(row)) for row in rows), default=1)
        last_shown = None
        for row, line in rows.items():
            if last_shown is not None and row > last_shown + 1:
                self._print_line(Text(f"   {'…':>{gutter}}", style="dim"))
            last_shown = row
            self._print_row(row, line, place, gutter, style)
        self._print_line(Text())

    def _print_row(self, row: int, line: str, place: Location, gutter: int, style: str) -> None:
        inside = place.row <= row <= place.end_row
        pointer = self._pointer if inside else " "
        room = max(self._width - gutter - 6, 40)
        first = place.column - 1 if row == place.row else 0
        last = place.end_column - 1 if row == place.end_row else len(line)
        shown, first, last = _window(line, first, last, room)
        margin = Text.assemble(
            " ", (pointer, style), " ", (f"{row:>{gutter}} {self._bar} ", "dim"), self._code(shown)
        )
        self._print_line(margin)
        if row == place.row:
            indent = " " * cell_len(_expanded(shown[:first]))
            carets = self._caret * max(cell_len(_expanded(shown[first:last])), 1)
            under = Text.assemble(
                " " * (gutter + 4), (f"{self._bar} ", "dim"), indent, (carets, f"bold {style}")
            )
            self._print_line(under)

    def _code(self, line: str) -> Text:
        text = _expanded(printable(line))
        if self._is_plain:
            return Text(text)
        from rich.syntax import Syntax

        code = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(text)
        code.rstrip()
        return code

    def _print_line(self, line: Text) -> None:
        line.rstrip()
        if self._is_plain:
            self._console.file.write(f"{line.plain}\n")
        else:
            self._console.print(line, soft_wrap=True)


def frame_rows(source: Source, place: Location, before: int, after: int) -> Mapping[int, str]:
    """The rows to show for a place, by number: the span, shortened in its middle when it is long,
    and the lines around it in the same file or cell that are not blank at the frame's edge."""
    span = source.span(place)
    offset = span.row - place.row
    lines = source.lines
    first, last = offset, len(lines)
    if source.notebook is not None and place.cell is not None:
        index = source.notebook.cells.index(place.cell)
        last = (*source.notebook.starts, len(lines))[index + 1] - 1
    top = max(span.row - 1 - before, first)
    bottom = min(span.end_row + after, last)
    while top < span.row - 1 and not lines[top].strip():
        top += 1
    while bottom > span.end_row and not lines[bottom - 1].strip():
        bottom -= 1
    shown = list(range(top, bottom))
    if span.end_row - span.row >= _LONGEST_SPAN:
        head = span.row - 1 + _LONGEST_SPAN - 2
        shown = [index for index in shown if index < head or index >= span.end_row - 1]
    return {index + 1 - offset: lines[index] for index in shown if index < len(lines)}


def _window(line: str, first: int, last: int, room: int) -> tuple[str, int, int]:
    """The part of an overlong line that shows its span, and where the span is in it."""
    last = max(min(last, len(line)), first)
    if len(line) <= room:
        return line, first, last
    start = 0 if last < room else max(first - room // 4, 0)
    end = start + room
    head = "…" if start > 0 else line[:1]
    tail = "…" if end < len(line) else line[end - 1 : end]
    window = head + line[start + 1 : end - 1] + tail
    return window, first - start, min(last - start, len(window))


def _expanded(text: str) -> str:
    return text.replace("\t", _TAB)


def _with_code(text: str, style: str) -> Text:
    """Prose in which what stands between backticks is set off, backticks kept."""
    result = Text(text, style=style)
    result.highlight_regex(r"`[^`]+`", "cyan")
    return result
