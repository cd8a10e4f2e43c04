"""Where the statements of a text begin and end, as Python's own parser reads it: that takes a tenth of
the time of a lossless parse."""

import ast
import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from advisor.lazy_dataclasses import dataclass

_LARGEST = 200_000
"""Characters up to which a text is looked at: others are parsed anew."""
_STRAY_BACKSLASH = re.compile(r"\\\n[ \t]*(?:#|\n|\\\n|$)|^[ \t]*\\$", re.MULTILINE)
"""One that goes on to a row with nothing on it: it belongs to no statement."""

FOLLOWED = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.With, ast.AsyncWith),
    *(ast.If, ast.For, ast.AsyncFor, ast.While),
)
"""Statements with a body, in which theirs are looked for."""


class Stretch(NamedTuple):
    """The first and the last row of a statement, or of several that share a row; the statement, when
    it is alone."""

    first: int
    last: int
    statement: ast.stmt | None


@dataclass(frozen=True, slots=True)
class Outline:
    """The rows of a text and the statements in it."""

    rows: list[str]
    body: list[ast.stmt]

    @property
    def stretches(self) -> list[Stretch]:
        """The statements of the top level, of those that share a row one stretch."""
        return stretches(self.body)


def outline(text: str) -> Outline | None:
    """What a text consists of; None when it is not Python to this interpreter."""
    if len(text) > _LARGEST or _STRAY_BACKSLASH.search(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Outline(text.split("\n"), tree.body)


def stretches(body: Sequence[ast.stmt]) -> list[Stretch]:
    """The rows that the statements of a body take, decorators included."""
    found: list[Stretch] = []
    for each in body:
        decorators = getattr(each, "decorator_list", ())
        first = min([each.lineno, *(decorator.lineno for decorator in decorators)])
        last = each.end_lineno or each.lineno
        if found and first <= found[-1].last:
            found[-1] = Stretch(found[-1].first, last, None)
        else:
            found.append(Stretch(first, last, each))
    return found
