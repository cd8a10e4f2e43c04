"""Reading standard input so that an interruption is noticed."""

import os
import select
import sys

_SECONDS = 0.5
_BYTES = 1 << 16


def read_standard_input() -> bytes:
    """All of standard input.

    It is waited for in short turns: an interruption that comes just before a system call that
    waits is noticed only after it, which may be never.
    """
    stream = sys.stdin.buffer
    try:
        descriptor = stream.fileno()
    except OSError:  # something in memory stands for it
        return stream.read()
    if sys.platform == "win32":
        return stream.read()
    parts: list[bytes] = []
    while True:
        if select.select([descriptor], [], [], _SECONDS)[0]:
            part = os.read(descriptor, _BYTES)
            if not part:
                return b"".join(parts)
            parts.append(part)
