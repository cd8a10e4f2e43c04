"""The wire format of protocol buffers: just enough to walk over a message without its schema."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple


class MalformedMessage(ValueError):
    """Bytes that are no protocol buffer message."""


class WireType(IntEnum):
    """How the value of a field is stored."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


class Field(NamedTuple):
    """One field of a message: its number, how it is stored, and where its value lies.

    For a varint `value` is the number itself (unsigned); for everything else it is 0 and the
    value is `data[start:stop]`.
    """

    number: int
    wire_type: int
    value: int
    start: int
    stop: int


_WIDTHS = {WireType.FIXED64: 8, WireType.FIXED32: 4}


def varint(data: bytes, start: int, stop: int) -> tuple[int, int]:
    """The unsigned varint at `start` and the position after it; raises `MalformedMessage`."""
    number = shift = 0
    for position in range(start, min(stop, start + 10)):
        byte = data[position]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, position + 1
        shift += 7
    raise MalformedMessage("a varint has no end")


def signed(number: int) -> int:
    """An int64 field's value, from the unsigned varint it is stored as."""
    return number - (1 << 64) if number >= 1 << 63 else number


def fields(data: bytes, start: int, stop: int) -> Iterator[Field]:
    """The fields of the message `data[start:stop]`, in order; raises `MalformedMessage`."""
    while start < stop:
        key, start = varint(data, start, stop)
        number, wire_type = key >> 3, key & 7
        value = 0
        if wire_type == WireType.VARINT:
            value, end = varint(data, start, stop)
        elif wire_type == WireType.BYTES:
            length, start = varint(data, start, stop)
            end = start + length
        elif wire_type in _WIDTHS:
            end = start + _WIDTHS[WireType(wire_type)]
        else:
            raise MalformedMessage(f"there is no wire type {wire_type}")
        if end > stop or number == 0:
            raise MalformedMessage("a field ends after its message")
        yield Field(number, wire_type, value, start, end)
        start = end


def varints(data: bytes, field: Field) -> Iterator[int]:
    """The numbers of a repeated varint field, packed or not."""
    if field.wire_type == WireType.VARINT:
        yield field.value
        return
    position = field.start
    while position < field.stop:
        number, position = varint(data, position, field.stop)
        yield number


def double(data: bytes, field: Field) -> float:
    """A double field's value; raises `MalformedMessage` if the field is something else."""
    if field.wire_type != WireType.FIXED64:
        raise MalformedMessage("a double has 8 bytes")
    return float(struct.unpack_from("<d", data, field.start)[0])


def float32(data: bytes, field: Field) -> float:
    """A float field's value; raises `MalformedMessage` if the field is something else."""
    if field.wire_type != WireType.FIXED32:
        raise MalformedMessage("a float has 4 bytes")
    return float(struct.unpack_from("<f", data, field.start)[0])


def text(data: bytes, field: Field) -> str:
    """A string field's value; bytes that are no UTF-8 are replaced."""
    return data[field.start : field.stop].decode("utf-8", "replace")
