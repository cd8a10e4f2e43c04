"""Reading Python text: what is wrong with it, and its tree."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from symtable import symtable
from typing import TYPE_CHECKING

from advisor.code.nesting import is_surely_shallow
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    import libcst as cst

MOST_TOKENS = 400_000
"""A tree takes some two kilobytes for each."""
_SMALL = 200_000
_TOKEN = re.compile(r"\w+|[^\w\s]")
_TOO_DEEP = "nested too deeply to be read"
_WRAPPED_REASON = re.compile(r"(?:parser|tokenizer) error: (?:error at \d+:\d+: )?(?P<reason>.+)")


class SourceError(Exception):
    """A file that cannot be read as Python. Its text is one line: `file:row:column: reason`."""

    def __init__(
        self,
        name: str,
        reason: str,
        row: int | None = None,
        column: int | None = None,
        cell: int | None = None,
    ) -> None:
        parts = [name]
        if cell is not None:
            parts.append(f"cell {cell}")
        if row is not None:
            parts += [str(row), str(column or 1)]
        super().__init__(f"{':'.join(parts)}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """The first thing that keeps a text from being Python; row and column count from 1."""

    reason: str
    row: int
    column: int
    hopeless: bool = False


def fault_in(text: str) -> SyntaxFault | None:
    """What this interpreter's own parser objects to, if anything.

    It is fast and its words are the familiar ones, but it knows only its own version's grammar:
    a fault that is not `hopeless` deserves a second opinion. Nesting that would overflow the
    stack of a recursive parser is a hopeless fault.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            symtable(text, "<source>", "exec")  # parses, and makes no tree for Python to see
    except SyntaxError as error:
        hopeless = "too many nested" in str(error.msg)
        reason = f"not valid Python 3: {error.msg}"
        return SyntaxFault(reason, error.lineno or 1, max(error.offset or 1, 1), hopeless)
    except (RecursionError, MemoryError):
        return SyntaxFault(_TOO_DEEP, 1, 1, hopeless=True)
    except ValueError as error:  # null bytes, lone surrogates
        return SyntaxFault(f"not valid Python 3: {error}", 1, 1, hopeless=True)
    return None


def parse(text: str) -> "cst.Module | SyntaxFault":
    """The lossless tree of a Python text, or what keeps it from having one."""
    if len(text) > _SMALL and len(_TOKEN.findall(text)) > MOST_TOKENS:
        return SyntaxFault(f"too large: more than {MOST_TOKENS:,} words and signs", 1, 1, True)
    shallow = is_surely_shallow(text)
    fault = None if shallow else fault_in(text)
    if fault is not None and fault.hopeless:
        return fault
    import libcst as cst

    try:
        with _taking_nodes_for_valid():
            return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        reason = f"cannot be parsed: {_plain(error.message)}"
        fault = fault_in(text) if shallow else fault
        return fault or SyntaxFault(reason, error.raw_line, error.raw_column + 1)
    except RecursionError:
        return SyntaxFault(_TOO_DEEP, 1, 1, hopeless=True)


@contextmanager
def _taking_nodes_for_valid() -> Iterator[None]:
    """LibCST checks each node when it is made, so that nobody makes what is no Python: for those that
    its own parser makes, an eighth of the time goes to that. Where nodes are made fast for good, no
    more is needed."""
    import libcst as cst

    from advisor.code.nodes import nodes_are_fast, sharing_blanks

    if nodes_are_fast():
        with sharing_blanks():
            yield
        return
    cst.CSTNode.__post_init__ = _skip_check  # type: ignore[assignment]
    try:
        yield
    finally:
        cst.CSTNode.__post_init__ = _check  # type: ignore[assignment]


def _skip_check(node: "cst.CSTNode") -> None:
    pass


def _check(node: "cst.CSTNode") -> None:
    node._validate()


def _plain(message: str) -> str:
    wrapped = _WRAPPED_REASON.match(message)
    return " ".join((wrapped["reason"] if wrapped else message).split())
