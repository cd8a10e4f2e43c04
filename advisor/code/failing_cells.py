"""Cells of a notebook that are known to fail: a lesson shows what goes wrong, or somebody has seen it."""

import re
from typing import Any

# Text that tells of an error, in front of the code that runs into it or behind it.
_AHEAD = re.compile(
    r"\b(you|we|it|this|that|which|pytorch|tensorflow|keras)( will| would| should|'ll)?"
    r" (get|gets|give|gives|raise|raises|throw|throws|see|lead to|leads to|run into|cause|causes|produce|produces)"
    r" (an?|the following) (\w+ )?(error|exception)\b",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\b(code|cell|line|call|attempt|it)( above)? (leads to|led to|gives|gave|raises|raised|results? in|resulted in"
    r"|throws|threw|fails|failed|causes|caused)( with)? (an?|the following) (\w+ )?(error|exception)\b",
    re.IGNORECASE,
)
# What a person stops, or what is missing, says nothing of the code.
_OF_SURROUNDINGS = frozenset(["KeyboardInterrupt", "ModuleNotFoundError", "FileNotFoundError"])


def known_to_fail(cells: list[Any]) -> frozenset[int]:
    """The numbers, from 1, of the cells that have kept the error that they stopped at, or that a text
    right in front of them or behind them says to fail."""
    return frozenset(
        number
        for number, cell in enumerate(cells, start=1)
        if _has_stopped(cell)
        or (number > 1 and _tells(cells[number - 2], _AHEAD))
        or (number < len(cells) and _tells(cells[number], _BEHIND))
    )


def _has_stopped(cell: Any) -> bool:
    outputs = cell.get("outputs") if isinstance(cell, dict) else None
    return isinstance(outputs, list) and any(
        isinstance(each, dict)
        and each.get("output_type") == "error"
        and each.get("ename") not in _OF_SURROUNDINGS
        for each in outputs
    )


def _tells(cell: Any, error: re.Pattern[str]) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
        return False
    written = cell.get("source", "")
    text = "".join(map(str, written)) if isinstance(written, list) else written
    return isinstance(text, str) and error.search(text) is not None
