"""Giving memory back in time: trees that nothing needs any more, and what a parser needed."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_MEBIBYTE = 1 << 20
_ENOUGH = 128 * _MEBIBYTE
"""Looking for garbage takes a tenth of a run over a hundred files, so nothing is looked for below so
many bytes."""
_GROWTH = 24 * _MEBIBYTE
"""Bytes by which the process may grow before it is worth it to look again."""
_MOST = 112 * _MEBIBYTE
"""A process that keeps more beside the modules that the next files import, though nothing in it is
garbage any more, will not give it back: what lasts lies scattered among what was free."""
_BYTES_OF_IMPORT = 55
"""Of a character of an imported module, with what running it has left: 190 of them took 64 MiB."""
_LIMIT = 190 * _MEBIBYTE
"""What a process should never come to, where another one can go on instead."""
_BYTES_OF_CHARACTER = 800
"""Of a large file, its tree and what happens in it: 158,000 characters took 114 MiB."""
_MOST_GARBAGE = 300_000
"""Characters whose trees are given back at once where the process cannot be asked for its size;
some eighty times as many bytes."""


class OutOfRoom(Exception):
    """Another process should look at the next file, and what follows it."""


class Memory:
    """Watches how large the process becomes from file to file, and makes room in time. `gives_way`
    tells that there is another process that would go on."""

    def __init__(self) -> None:
        self.gives_way = False
        self._is_used_up = False
        self._most = max(_MOST, (resident_bytes() or 0) + _GROWTH)
        self._is_fresh = True
        self._allowed = _ENOUGH
        self._unneeded = 0

    def begin(self) -> None:
        """Begin with a file. Raises `OutOfRoom` where this process keeps too much for good."""
        if self.gives_way and self._is_used_up:
            raise OutOfRoom

    def tidy(self, unneeded: int, needed: int = 0) -> None:
        """Give back what is garbage, if there is much: `unneeded` characters of source text were
        read for nothing that is still to come, `needed` ones are kept for what is: another process
        would read these again."""
        self._is_fresh = False
        self._unneeded += unneeded
        size = resident_bytes()
        if size is None:
            if self._unneeded > _MOST_GARBAGE:
                self._collect()
        elif size > self._allowed:
            self._collect()
            kept = resident_bytes() or size
            self._is_used_up = kept - needed * _BYTES_OF_IMPORT > self._most
            self._allowed = max(_ENOUGH, kept + _GROWTH)

    @contextmanager
    def room(self, characters: int) -> Iterator[None]:
        """Make room before a large text of so many characters is parsed, and again behind that.
        Raises `OutOfRoom` where there is too little and another process has more."""
        self._collect()
        if self.gives_way and not self._is_fresh:
            size = resident_bytes() or 0
            if size + characters * _BYTES_OF_CHARACTER > _LIMIT:
                raise OutOfRoom
        try:
            yield
        finally:
            _give_back()

    def _collect(self) -> None:
        self._unneeded = 0
        gc.collect()
        _give_back()


def resident_bytes() -> int | None:
    """How much memory this process has just now; None where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as sizes:
            return int(sizes.read().split()[1]) * _page_bytes()
    except (OSError, ValueError, IndexError):
        return None


@cache
def _page_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE")


def _give_back() -> None:
    """Return to the system what is free; the C library alone keeps it for the next time."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """The function of the GNU C library that does it; None where there is another one."""
    import ctypes

    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, TypeError, AttributeError):
        return None
