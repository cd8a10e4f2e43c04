"""Whether a name is read elsewhere than beside the line that binds it, as the lines of its function tell."""

import re
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from advisor.code.sources import NodePlace, Source


def is_read_later(
    bound: NodePlace, name: str, function: cst.CSTNode | None, sources: Iterable[Source]
) -> bool:
    """Whether what a line binds is read outside of the block of that line before another one binds it
    anew. A variable is looked for in its function, an attribute in all of the files."""
    lines = [line.split("#")[0].rstrip() for line in bound.source.text.splitlines()]
    row = bound.row - 1
    first, end = 0, len(lines)
    attribute = re.compile(rf"\.{re.escape(name)}\b(?!\s*=[^=])")
    if re.search(rf"\.{re.escape(name)}\b", lines[row]) and any(
        attribute.search(line.split("#")[0])
        for source in sources
        if source is not bound.source
        for line in source.text.splitlines()
    ):
        return True
    body = function.body.body if isinstance(function, cst.FunctionDef) else ()
    if body and not re.search(rf"\.{re.escape(name)}\b", lines[row]):
        first = NodePlace(bound.source, body[0]).row - 1
        end = _end_of_block(lines, first, _indent(lines[first]))
    beside = _beginning_of_block(lines, row), _end_of_block(lines, row, _indent(lines[row]))
    named = re.compile(rf"\b{re.escape(name)}\b")
    binds = re.compile(rf"^[\w\s.,:\[\]]*\b{re.escape(name)}\b[\w\s.,:\[\]]*=[^=]")
    declares = re.compile(r"^\s*(?:global|nonlocal)\b")
    for line in (*lines[beside[1] : end], *lines[first : beside[0]]):
        if not named.search(line) or declares.search(line):
            continue
        if not binds.search(line) or named.search(line.split("=", 1)[1]):
            return True
        if _indent(line) < _indent(lines[row]) and line in lines[beside[1] : end]:
            return False  # bound anew behind the loop
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end_of_block(lines: Sequence[str], row: int, indent: int) -> int:
    """The first row behind a block of lines that are indented at least so far."""
    return next(
        (i for i in _written(lines, row, len(lines)) if _indent(lines[i]) < indent), len(lines)
    )


def _beginning_of_block(lines: Sequence[str], row: int) -> int:
    rows = reversed(list(_written(lines, 0, row)))
    return next((i + 1 for i in rows if _indent(lines[i]) < _indent(lines[row])), 0)


def _written(lines: Sequence[str], first: int, end: int) -> Iterator[int]:
    return (row for row in range(first, end) if lines[row].strip())
