"""Failures that are announced where they happen: what a lesson shows on purpose."""

import re

import libcst as cst

from advisor.code.events import Context, Event, FailureCaught
from advisor.code.facts.run import AbstractRun
from advisor.code.nodes import all_in, as_written
from advisor.code.sources import NodePlace

# What a comment says of a line that is meant to fail.
_FAILS = re.compile(
    r"\b(this|it|that|which) (will|would|should|must) (error|fail|raise|throw|crash|break|not work)"
    r"|\b(won't|will not|doesn't|does not|can't) work\b|\b(will|raises|throws|gives)( an?)? error",
    re.IGNORECASE,
)
# What shows a failure that was caught.
_SHOWS = re.compile(
    r"(^|\.)(print\w*|pprint|display|debug|info|warning|warn|error|exception|write)$"
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


def is_caught_and_shown(run: AbstractRun, event: Event) -> bool:
    """Whether the program tries something out once, outside of all loops, and shows how it fails."""
    return not event.context.rounds and any(
        caught.first <= event.index < caught.index
        and not caught.context.rounds
        and caught.context.calls == event.context.calls
        and _shows_failures(caught.place.node)
        for caught in run.events(FailureCaught)
    )


def _shows_failures(attempt: cst.CSTNode) -> bool:
    handlers = attempt.handlers if isinstance(attempt, (cst.Try, cst.TryStar)) else ()
    return any(
        any(_SHOWS.search(as_written(call.func)) for call in all_in(each.body, cst.Call))
        and not any(all_in(each.body, cst.Raise))
        for each in handlers
    )
