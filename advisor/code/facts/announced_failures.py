"""Failures that are announced where they happen: what a lesson shows on purpose."""

import re

from advisor.code.events import Context
from advisor.code.sources import NodePlace

# What a comment says of a line that is meant to fail.
_FAILS = re.compile(
    r"\b(this|it|that|which) (will|would|should|must) (error|fail|raise|throw|crash|break|not work)"
    r"|\b(won't|will not|doesn't|does not|can't) work\b|\b(will|raises|throws|gives)( an?)? error",
    re.IGNORECASE,
)


def is_announced(place: NodePlace, context: Context) -> bool:
    """Whether a comment at the end of the line, or alone above it, says that it fails, or the cell of a
    notebook that runs it is known to."""
    row = place.row
    return _is_in_failing_cell(context.calls[0] if context.calls else place) or any(
        _FAILS.search(comment.text) is not None
        for comment in place.source.positions.comments()
        if comment.row == row or (comment.alone and comment.row == row - 1)
    )


def _is_in_failing_cell(place: NodePlace) -> bool:
    notebook = place.source.notebook
    return notebook is not None and place.locate().cell in notebook.failing
