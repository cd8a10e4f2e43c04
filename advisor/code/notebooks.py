"""The code of a Jupyter notebook as one Python text that remembers its cells."""

import json
import re
from bisect import bisect_right
from dataclasses import replace
from typing import Any

from advisor.code.failing_cells import known_to_fail
from advisor.code.syntax import SourceError, SyntaxFault, fault_in, parse
from advisor.code.unread_cells import stand_in
from advisor.lazy_dataclasses import dataclass

_NOTEBOOK_FORMAT = 4
# cell magics whose body still is Python that runs in the notebook
_TRANSPARENT = {"capture", "prun", "python", "python3", "time", "timeit"}
# Line magics that time or watch a statement of Python, and run it.
_TIMED = re.compile(
    r"(?P<indent>[ \t]*)(?P<magic>%(?:time|prun|memit)[ \t]+)(?P<statement>[^-\s].*)"
)
# What IPython takes for a magic without a percent sign, where it is no Python: `pip install torch`.
_AUTOMATIC = frozenset(
    ["cat", "cd", "conda", "cp", "less", "ls", "man", "matplotlib", "mkdir", "more", "mv", "pip"]
    + ["load_ext", "autoreload", "env", "reload_ext", "rm", "rmdir", "run", "uv"]
)
_WORDS = re.compile(r"(?P<indent>[ \t]*)(?P<magic>(?P<word>\w+)[ \t]+\S.*)")
_LINE_MAGIC = re.compile(r"(?P<indent>[ \t]*)(?P<magic>[%!?].*|[^#]*\w\?\??[ \t]*)")
_ASSIGNED_MAGIC = re.compile(r"(?P<target>[ \t]*[\w.,\[\]() \t]+=[ \t]*)(?P<magic>[%!][^=].*)")
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)"""
    r"""|(?P<long_string>'{3}(?:\\.|[^\\])*?'{3}|"{3}(?:\\.|[^\\])*?"{3})"""
    r"""|(?P<unclosed>'{3}|"{3})"""
    r"""|(?P<string>'(?:\\.|[^\\'\n])*'|"(?:\\.|[^\\"\n])*")"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code cells of a notebook, joined.

    `text` is Python: magics are commented out where they stand, so every row keeps its place.
    `shown` has the same rows as the author wrote them. `cells` are the 1-based numbers of the code
    cells among all cells, `starts` the row of `text` at which each begins. Cells that are not Python
    are left out, since Jupyter runs the others all the same; `faults` says what is wrong with them,
    in rows of `text`. `failing` are the cells, by number, that are known to fail: they have kept the
    error that they stopped at, or a text next to them tells of it.
    """

    text: str
    shown: str
    cells: tuple[int, ...]
    starts: tuple[int, ...]
    faults: tuple[SyntaxFault, ...] = ()
    failing: frozenset[int] = frozenset()

    def place(self, row: int) -> tuple[int, int]:
        """The cell's number and the row inside it, for a row of `text`."""
        index = max(bisect_right(self.starts, row) - 1, 0)
        return self.cells[index], row - self.starts[index] + 1

    def row(self, cell: int, row: int) -> int:
        """The row of `text` for a row inside a cell: the inverse of `place`."""
        return self.starts[self.cells.index(cell)] + row - 1


def read_notebook(content: str, name: str) -> Notebook:
    """Read nbformat 4. A notebook in another language than Python has no code for us.

    Raises `SourceError` when the text is no such notebook.
    """
    document = _document(content, name)
    shown: list[str] = []
    text: list[str] = []
    cells: list[int] = []
    starts: list[int] = []
    faults: list[SyntaxFault] = []
    for number, cell in enumerate(document["cells"], start=1):
        if not _is_python(document) or not _is_code(cell):
            continue
        lines = _moved_left(_lines_of(cell))
        cells.append(number)
        starts.append(len(text) + 1)
        shown += lines
        python = python_of(lines)
        fault = None if python is lines else _fault_in(python)
        if fault is not None:
            faults.append(replace(fault, row=len(text) + min(fault.row, len(lines))))
            python = stand_in(lines)
        text += python
    places = tuple(cells), tuple(starts), tuple(faults), known_to_fail(document["cells"])
    return Notebook("\n".join([*text, ""]), "\n".join([*shown, ""]), *places)


def python_of(lines: list[str]) -> list[str]:
    """The lines of a code cell with everything that only Jupyter understands commented out."""
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("%%"):
        magic = (first.lstrip()[2:].split() or [""])[0]
        if magic not in _TRANSPARENT:
            return [f"# {line}" for line in lines]
        index = lines.index(first)
        return [*lines[:index], f"# {first}", *python_of(lines[index + 1 :])]
    if fault_in("\n".join(lines)) is None:
        return lines
    return _without_magics(lines)


def _fault_in(python: list[str]) -> SyntaxFault | None:
    """What keeps a cell from being Python; LibCST is asked only in doubt, and what is too much for any
    parser is left to be told of the whole notebook."""
    text = "\n".join([*python, ""])
    fault = fault_in(text)
    if fault is None or fault.hopeless:
        return None
    outcome = parse(text)
    return outcome if isinstance(outcome, SyntaxFault) and not outcome.hopeless else None


def _moved_left(lines: list[str]) -> list[str]:
    """A cell without what stands before its first line, and so before the others: to Jupyter, a cell
    that is indented as a whole is no fault."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip(" \t"))]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _without_magics(lines: list[str]) -> list[str]:
    python: list[str] = []
    logical_line: list[str] = []
    carries_on = False
    for written in lines:
        if carries_on:
            python.append(f"# {written}")
            carries_on = written.endswith("\\")
            continue
        line = written
        starts_statement = not logical_line or _is_complete("\n".join(logical_line))
        if starts_statement:
            logical_line = []
            line = _commented(written)
            carries_on = line != written and written.endswith("\\")
        logical_line.append(line)
        python.append(line)
    return python


def _commented(line: str) -> str:
    if timed := _TIMED.fullmatch(line):
        # As wide as the magic: what follows keeps its column.
        statement = f"{'if 1:':{len(timed['magic'])}}{timed['statement']}"
        if fault_in(statement) is None:
            return f"{timed['indent']}{statement}"
    if magic := _LINE_MAGIC.fullmatch(line):
        return f"{magic['indent']}pass  # {magic['magic']}"
    if assigned := _ASSIGNED_MAGIC.fullmatch(line):
        return f"{assigned['target']}get_ipython()  # {assigned['magic']}"
    words = _WORDS.fullmatch(line)
    if words and words["word"] in _AUTOMATIC and fault_in(words["magic"]) is not None:
        return f"{words['indent']}pass  # {words['magic']}"
    return line


def _is_complete(text: str) -> bool:
    """Whether no bracket, triple-quoted string or backslash carries on to the next line."""
    depth = 0
    code_end = len(text)
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "unclosed":
            return False
        if token.lastgroup == "comment":
            code_end = token.start()
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
    return depth <= 0 and not (code_end == len(text) and text.endswith("\\"))


def _document(content: str, name: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        reason = f"not a notebook: invalid JSON ({error.msg})"
        raise SourceError(name, reason, error.lineno, error.colno) from None
    except RecursionError:
        raise SourceError(name, "not a notebook: the JSON is nested too deeply") from None
    if not isinstance(document, dict) or "nbformat" not in document:
        raise SourceError(name, "not a notebook: it has no `nbformat`")
    version = document["nbformat"]
    if version != _NOTEBOOK_FORMAT:
        raise SourceError(
            name, f"notebook format {version} is not supported; convert it to format 4 in Jupyter"
        )
    if not isinstance(document.get("cells"), list):
        raise SourceError(name, "not a notebook: it has no list of `cells`")
    return document


def _is_python(document: dict[str, Any]) -> bool:
    metadata = document.get("metadata")
    for section, key in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(section) if isinstance(metadata, dict) else None
        if isinstance(part, dict) and isinstance(part.get(key), str):
            return bool(part[key].lower().startswith(("python", "ipython")))
    return True


def _is_code(cell: object) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _lines_of(cell: dict[str, Any]) -> list[str]:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(map(str, source))
    joined = source if isinstance(source, str) else ""
    return joined.replace("\r\n", "\n").replace("\r", "\n").split("\n")
