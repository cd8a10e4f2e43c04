"""The frames of TFRecord files: length (8 bytes), its masked CRC-32C (4), payload, the payload's
masked CRC-32C (4). Where one is damaged, the next one is found by the checksum of its length.
"""

import re
import struct
from functools import lru_cache
from typing import BinaryIO

from advisor.runs.readers.crc32c import masked_crc32c

HEADER = struct.Struct("<QI")
FOOTER = struct.Struct("<I")
OVERHEAD = HEADER.size + FOOTER.size
LARGEST_READ = 8 << 20
"""Bytes; a longer record is skipped unread."""
MOST_REMEMBERED_LENGTHS = 1 << 14
_LARGEST_CHECKED_RECORD = 64 << 10

# a record of less than 16 MiB whose payload starts with the wall time: where reading may go on
_PLAUSIBLE_RECORD = re.compile(rb"(?=[\s\S]{3}\0{5}[\s\S]{4}\x09)")


@lru_cache(maxsize=MOST_REMEMBERED_LENGTHS)
def checksum_of_length(length: int) -> int:
    """What must stand behind a length."""
    return masked_crc32c(length.to_bytes(8, "little"))


def is_intact(data: bytes, start: int, stop: int) -> bool:
    """Whether a payload's checksum is right; large payloads are taken to be."""
    if stop - start > _LARGEST_CHECKED_RECORD:
        return True
    (checksum,) = FOOTER.unpack_from(data, stop)
    return bool(masked_crc32c(data[start:stop]) == checksum)


def is_intact_record(stream: BinaryIO, offset: int) -> bool:
    """Whether a whole record whose checksums are right starts at `offset`."""
    stream.seek(offset)
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return False
    length, checksum = HEADER.unpack(header)
    if masked_crc32c(header[:8]) != checksum:
        return False
    data = stream.read(length + FOOTER.size) if length <= LARGEST_READ else b""
    return len(data) == length + FOOTER.size and is_intact(data, 0, length)


def next_record(stream: BinaryIO, start: int, stop: int) -> int | None:
    """The offset of the next intact record between `start` and `stop`."""
    while start < stop:
        stream.seek(start)
        window = stream.read(min(LARGEST_READ, stop - start))
        for candidate in _PLAUSIBLE_RECORD.finditer(window):
            offset = start + candidate.start()
            if is_intact_record(stream, offset):
                return offset
        if start + len(window) >= stop or len(window) <= HEADER.size:
            return None
        start += len(window) - HEADER.size
    return None
