"""A file or notebook of training code: its text, its tree, where things are, what is silenced."""

import codecs
import os
import re
from dataclasses import replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.code.contents import digest_of
from advisor.code.spans import Span
from advisor.code.syntax import SourceError, SyntaxFault, fault_in, parse
from advisor.findings import Finding, Location
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    import libcst as cst

    from advisor.code.notebooks import Notebook
    from advisor.code.outlines import Outline
    from advisor.code.positions import Positions
    from advisor.code.suppressions import Suppressions

__all__ = ["NodePlace", "Source", "SourceError", "read_source", "source_from_bytes"]

_LINE_START_FORM_FEED = re.compile(r"^\f+", re.MULTILINE)
_TAB_AFTER_SPACE = re.compile(r"^\t* +\t", re.MULTILINE)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_ENCODING_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=]", re.MULTILINE)


class Source:
    """One Python text to be analysed. Two sources are equal only when they are the same object.

    `text` is the Python that is parsed, with `\\n` for line ends: of a notebook, its code cells
    one after the other. `display_name` is what findings call the file, `path` where it lies (None
    for text from standard input), `digest` stands for the content that it was read from.
    """

    def __init__(
        self,
        text: str,
        display_name: str,
        path: Path | None = None,
        notebook: "Notebook | None" = None,
    ) -> None:
        self.text = text
        self.display_name = display_name
        self.path = path
        self.notebook = notebook
        self.digest = ""
        self._earlier: Source | None = None

    def __repr__(self) -> str:
        return f"Source({self.display_name!r})"

    @cached_property
    def tree(self) -> "cst.Module":
        """The lossless syntax tree; raises `SourceError` when the text is not Python."""
        earlier, self._earlier = self._earlier, None
        outcome = (earlier and self._edited(earlier)) or parse(self.text)
        if isinstance(outcome, SyntaxFault) and "\t" in self.text:
            outcome = self._without_tabs() or outcome
        if isinstance(outcome, SyntaxFault):
            raise self._error(outcome)
        return outcome

    def _without_tabs(self) -> "cst.Module | None":
        """The tree with blanks for the tabs that rows begin with, where Python understands how these go
        together with blanks and LibCST does not: columns are counted with the blanks then."""
        if fault_in(self.text) is not None:
            return None
        text = _INDENTATION.sub(lambda found: found[0].expandtabs(), self.text)
        outcome = parse(text)
        if isinstance(outcome, SyntaxFault):
            return None
        self.text = text
        return outcome

    @cached_property
    def outline(self) -> "Outline | None":
        """Where the statements of the text begin and end, as this interpreter reads it."""
        from advisor.code.outlines import outline

        return outline(self.text)

    def follow(self, earlier: "Source") -> None:
        """Let the tree share the nodes of an earlier text's tree, as far as they say the same."""
        self._earlier = earlier

    @cached_property
    def positions(self) -> "Positions":
        """Where the nodes of `tree` are; computed for the whole file on first use."""
        from advisor.code.positions import Positions

        return Positions(self.tree, self.text)

    @cached_property
    def suppressions(self) -> "Suppressions | None":
        """What the file's comments silence; None where none may, as in most files."""
        from advisor.code.suppressions import Suppressions, may_silence

        return Suppressions(self.positions) if may_silence(self.text) else None

    @cached_property
    def lines(self) -> list[str]:
        """The lines as their author wrote them, without line ends; the first has index 0."""
        return (self.notebook.shown if self.notebook else self.text).split("\n")

    @property
    def faults(self) -> "list[SourceError]":
        """What keeps cells of a notebook from being Python; `tree` does without them."""
        return [] if self.notebook is None else [self._error(each) for each in self.notebook.faults]

    def check_syntax(self) -> None:
        """Raise `SourceError` when the text, or a cell of it, is not Python; LibCST is asked only in
        doubt."""
        for fault in self.faults:
            raise fault
        if fault_in(self.text) is not None:
            _ = self.tree

    def locate(self, node: "cst.CSTNode") -> Location:
        """The location of a node of `tree`; a compound statement is shown by its header."""
        return self.location(self.positions.header_span(node))

    def location(self, span: "Span") -> Location:
        """A span of `text` as findings express it: of a notebook, by cell."""
        if self.notebook is None:
            return Location(self.display_name, *span)
        cell, row = self.notebook.place(span.row)
        end_row = row + span.end_row - span.row
        return Location(self.display_name, row, span.column, end_row, span.end_column, cell)

    def span(self, location: Location) -> "Span":
        """The span of `text` that a location of this file means: the inverse of `location`."""
        row, end_row = location.row, location.end_row
        if self.notebook is not None and location.cell is not None:
            row = self.notebook.row(location.cell, location.row)
            end_row += row - location.row
        return Span(row, location.column, end_row, location.end_column)

    def suppresses(self, finding: Finding) -> bool:
        """Whether a comment in this file silences a finding that lies in it."""
        if not isinstance(finding.place, Location) or self.suppressions is None:
            return False
        return self.suppressions.cover(finding.code, finding.name, self.span(finding.place))

    def _edited(self, earlier: "Source") -> "cst.Module | None":
        from advisor.code.reparsing import reparsed

        if "tree" not in earlier.__dict__:
            return None
        before, after = earlier.outline, self.outline
        if before is None or after is None:
            return None
        return reparsed(earlier.tree, before, after)

    def _error(self, fault: SyntaxFault) -> SourceError:
        reason = fault.reason
        if self.notebook is None or not self.notebook.cells:
            return SourceError(self.display_name, reason, fault.row, fault.column)
        cell, row = self.notebook.place(fault.row)
        return SourceError(self.display_name, reason, row, fault.column, cell)


@dataclass(slots=True, eq=False)
class NodePlace:
    """A node of a source: where a finding points, before anybody asks for rows and columns."""

    source: Source
    node: "cst.CSTNode"

    def locate(self) -> Location:
        """The node's location."""
        return self.source.locate(self.node)

    @property
    def row(self) -> int:
        """The row of the source's `text` at which the node begins, from 1."""
        return self.source.span(self.locate()).row


@dataclass(slots=True, eq=False)
class Stretch(NodePlace):
    """From the beginning of a node to the end of another one behind it, in the same file."""

    last: "cst.CSTNode"

    def locate(self) -> Location:
        """Where the stretch begins and ends; only the first node when the other is in another cell."""
        first, end = self.source.locate(self.node), self.source.locate(self.last)
        if first.cell != end.cell or end.end_row < first.end_row:
            return first
        return replace(first, end_row=end.end_row, end_column=end.end_column)


def read_source(path: Path, display_name: str | None = None) -> Source:
    """Read a file; raises `SourceError` when there is no reading it as Python or notebook.

    Without a `display_name` it is called by its path from the working directory, if it is below.
    """
    name = display_name if display_name is not None else _name_from_here(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(name, error.strerror or str(error)) from None
    return source_from_bytes(content, name, path)


def _name_from_here(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative


def source_from_bytes(content: bytes, display_name: str, path: Path | None = None) -> Source:
    """Decode a file's content; a name that ends in `.ipynb` makes it a notebook.

    Raises `SourceError` when it is neither text nor, by its name, a readable notebook.
    """
    text = _decoded(content, display_name)
    if display_name.endswith(".ipynb"):
        from advisor.code.notebooks import read_notebook

        notebook = read_notebook(text, display_name)
        source = Source(notebook.text, display_name, path, notebook)
    else:
        source = Source(_normalised(text), display_name, path)
    source.digest = digest_of(content)
    return source


def _decoded(content: bytes, name: str) -> str:
    if b"\0" in content:
        row = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise SourceError(name, "contains NUL bytes: not a Python source file", row)
    encoding = _encoding(content, name)
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except LookupError:
        raise SourceError(name, f"{encoding} is no encoding of text; save it as UTF-8") from None
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        reason = f"not {encoding.upper()} (byte 0x{byte:02x}); save it as UTF-8"
        raise SourceError(name, reason, row) from None
    except UnicodeError:
        reason = f"cannot be read as {encoding}; save it as UTF-8"
        raise SourceError(name, reason) from None


def _encoding(content: bytes, name: str) -> str:
    head = b"\n".join(content.split(b"\n", 2)[:2])
    if name.endswith(".ipynb") or not _ENCODING_COOKIE.search(head):
        return "utf-8"
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
    except SyntaxError as error:
        raise SourceError(name, f"{error.msg}; declare one that Python knows") from None
    return encoding.removesuffix("-sig")


def _normalised(text: str) -> str:
    """What means the same to Python but not to LibCST, in the one way that both understand: line
    ends, page breaks before code, and tabs after spaces in an indentation."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\f" in text:
        text = _LINE_START_FORM_FEED.sub("", text)
    if "\t" in text and _TAB_AFTER_SPACE.search(text):
        text = _INDENTATION.sub(lambda indentation: indentation[0].expandtabs(8), text)
    return text
