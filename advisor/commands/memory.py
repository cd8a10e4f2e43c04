"""Giving memory back in time: what no longer is needed before a large file is parsed, and what the
parser needed after it."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def room_for_parsing() -> Iterator[None]:
    """Make room before a large text is parsed, and again behind that."""
    gc.collect()
    _give_back()
    try:
        yield
    finally:
        _give_back()


def _give_back() -> None:
    """Return to the system what is free; the C library alone keeps it for the next time."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """The function of the GNU C library that does it; None where there is another one."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, TypeError, AttributeError):
        return None
