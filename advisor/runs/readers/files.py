"""Files that have an end: pipes and devices, which may keep a reader waiting for ever, are refused."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_PIECE = 4 << 20


def opened(path: Path) -> BinaryIO:
    """A regular file, opened for reading; raises `OSError` for anything else."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path.name} is not a regular file")
    return path.open("rb")


def whole_lines(path: Path, start: int) -> Iterator[bytes]:
    """The lines of a file from an offset on, as far as they have ended, in pieces of many lines."""
    with opened(path) as stream:
        stream.seek(start)
        rest = b""
        while piece := stream.read(_PIECE):
            lines, end, after = piece.rpartition(b"\n")
            if end:
                yield rest + lines + end
                rest = after
            else:
                rest += after
