"""CRC-32C of many records at once: it is linear over XOR, so each byte adds something to the checksum
that depends on the byte and on the number of bytes behind it only.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.runs.readers.crc32c import MASK_DELTA, TABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 1 << 10
"""Bytes; payloads must be shorter."""
_ALL_ONES = 0xFFFFFFFF


@cache
def shifts() -> NDArray[np.uint32]:
    """What a byte adds to the checksum of a payload, by the number of bytes behind it."""
    table = np.array(TABLE, np.uint32)
    found = np.empty((LONGEST, 256), np.uint32)
    found[0] = table
    for index in range(1, LONGEST):
        before = found[index - 1]
        found[index] = table[before & np.uint32(0xFF)] ^ (before >> np.uint32(8))
    return found


@cache
def sums_of_zeros() -> NDArray[np.uint32]:
    """The checksums of payloads of zeros, by their lengths."""
    found, state = [], _ALL_ONES
    for _ in range(LONGEST):
        found.append(state ^ _ALL_ONES)
        state = TABLE[state & 0xFF] ^ (state >> 8)
    return np.array(found, np.uint32)


def all_masked(sums: NDArray[np.uint32]) -> NDArray[Any]:
    """Checksums as files store them."""
    return ((sums >> np.uint32(15)) | (sums << np.uint32(17))) + np.uint32(MASK_DELTA)
