"""Damaged event files: cut, flipped, overwritten, with lengths and steps that cannot be."""

import struct
from collections.abc import Callable, Sequence
from random import Random

_LENGTHS = (0, 1, 11, 12, 13, 1 << 20, (1 << 31) - 1, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)


def _cut(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data)) :]


def _flip(data: bytearray, random: Random) -> None:
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _overwrite(data: bytearray, random: Random) -> None:
    start = random.randrange(len(data))
    count = random.choice((1, 4, 8, 64, 4096))
    data[start : start + count] = random.choice((bytes(count), random.randbytes(count)))


def _remove(data: bytearray, random: Random) -> None:
    start = random.randrange(len(data))
    del data[start : start + random.choice((1, 3, 20, 200))]


def _insert(data: bytearray, random: Random) -> None:
    start = random.randrange(len(data))
    data[start:start] = random.choice((bytes(16), random.randbytes(16), data[start : start + 300]))


def _length(data: bytearray, random: Random) -> None:
    start = random.randrange(len(data))
    data[start : start + 8] = struct.pack("<Q", random.choice(_LENGTHS))


CHANGES: Sequence[Callable[[bytearray, Random], None]] = (
    *(_cut, _flip, _flip, _flip, _overwrite, _remove, _insert, _length),
)


def damaged(content: bytes, random: Random) -> bytes:
    """A content that differs from `content` in a few places."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        if data:
            random.choice(CHANGES)(data, random)
    return bytes(data)
