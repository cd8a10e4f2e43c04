"""Stretches of text, for those who need no tree to tell them."""

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of text. Rows and columns count from 1; the end column is exclusive."""

    row: int
    column: int
    end_row: int
    end_column: int
