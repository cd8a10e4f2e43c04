"""Event files made byte by byte, for what no real writer can be talked into."""

import struct
from collections.abc import Iterable
from pathlib import Path

from advisor.runs.readers.crc32c import masked_crc32c

START = 1_700_000_000.0


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def nested(number: int, payload: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def record(payload: bytes) -> bytes:
    header = struct.pack("<Q", len(payload))
    return (
        header
        + struct.pack("<I", masked_crc32c(header))
        + payload
        + struct.pack("<I", masked_crc32c(payload))
    )


def event(content: bytes, step: int = 0, wall_time: float = START) -> bytes:
    """A record of an event; like all proto3 writers it leaves out a step of 0."""
    stated = b"\x10" + varint(step) if step else b""
    return record(b"\x09" + struct.pack("<d", wall_time) + stated + content)


def simple(tag: str, value: float) -> bytes:
    """A `Summary.Value` of the old kind."""
    return nested(1, tag.encode()) + b"\x15" + struct.pack("<f", value)


def histogram(tag: str, squares: float) -> bytes:
    """A `Summary.Value` that holds a histogram of three numbers with this sum of squares."""
    stated = [-1.0, 1.0, 3.0, 0.0, squares]
    proto = b"".join(
        varint(number << 3 | 1) + struct.pack("<d", value) for number, value in enumerate(stated, 1)
    )
    return nested(1, tag.encode()) + nested(5, proto)


def tensor(tag: str, content: bytes, plugin: str = "scalars", shape: bytes = b"") -> bytes:
    """A `Summary.Value` that holds a tensor; `content` is its dtype and values."""
    proto = content + nested(2, shape)
    metadata = nested(9, nested(1, nested(1, plugin.encode()))) if plugin else b""
    return nested(1, tag.encode()) + nested(8, proto) + metadata


def summary(*values: bytes) -> bytes:
    return nested(5, b"".join(nested(1, value) for value in values))


def scalar(tag: str, step: int, value: float, wall_time: float | None = None) -> bytes:
    """The record of one scalar."""
    moment = START + step if wall_time is None else wall_time
    return event(summary(simple(tag, value)), step, moment)


HEADER = event(nested(3, b"brain.Event:2"))


def curve(tag: str, steps: Iterable[int], start: float = START, value: float = 1.0) -> bytes:
    """A scalar at several steps, one second apart, falling from `value` like 1 / n."""
    return b"".join(scalar(tag, step, value / (n + 1), start + n) for n, step in enumerate(steps))


def event_file(folder: Path, *contents: bytes, name: str = "") -> Path:
    """Write an event file with a header into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.iterdir()))
    path = folder / (name or f"events.out.tfevents.17000000{number:02}.host.{100 + number}.0")
    path.write_bytes(HEADER + b"".join(contents))
    return path
