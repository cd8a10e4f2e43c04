"""`TensorProto` messages, as far as curves need them: one number, or lines of text."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.runs.readers.wire import Field, MalformedMessage, fields, signed, text, varints

_STRING = 7
_BFLOAT16 = 14
_HALF = 19

# numbers of data types (tensorflow/core/framework/types.proto) and how `tensor_content` holds them
_CONTENT_FORMATS = {
    1: "<f",
    2: "<d",
    3: "<i",
    4: "<B",
    5: "<h",
    6: "<b",
    9: "<q",
    10: "<?",
    17: "<H",
    _HALF: "<e",
    22: "<I",
    23: "<Q",
}
_DTYPE, _SHAPE, _CONTENT, _FLOATS, _DOUBLES, _STRINGS, _HALVES = 1, 2, 4, 5, 6, 8, 13
_SIGNED_VARINTS = frozenset({7, 10, 11})
_UNSIGNED_VARINTS = frozenset({16, 17})


@dataclass(frozen=True, slots=True)
class TensorNumber:
    """The number in a tensor of one element.

    `format` (of `struct`) and `start` say where its bytes lie; the format is empty where the
    number has no fixed width.
    """

    value: float
    format: str = ""
    start: int = 0


def _size(data: bytes, shape: Field) -> int:
    size = 1
    for dimension in fields(data, shape.start, shape.stop):
        if dimension.number == 2:
            sizes = fields(data, dimension.start, dimension.stop)
            size *= next((signed(each.value) for each in sizes if each.number == 1), 0)
    return size


def _half(bits: int, dtype: int) -> float:
    number: float
    if dtype == _BFLOAT16:
        (number,) = struct.unpack("<f", struct.pack("<I", (bits & 0xFFFF) << 16))
    else:
        (number,) = struct.unpack("<e", struct.pack("<H", bits & 0xFFFF))
    return number


def _fixed(data: bytes, field: Field, form: str) -> TensorNumber | None:
    if field.stop - field.start != struct.calcsize(form):
        return None
    return TensorNumber(struct.unpack_from(form, data, field.start)[0], form, field.start)


def _content(data: bytes, field: Field, dtype: int) -> TensorNumber | None:
    if dtype == _BFLOAT16 and field.stop - field.start == 2:
        return TensorNumber(_half(int.from_bytes(data[field.start : field.stop], "little"), dtype))
    return _fixed(data, field, _CONTENT_FORMATS[dtype]) if dtype in _CONTENT_FORMATS else None


def _element(data: bytes, field: Field, dtype: int) -> TensorNumber | None:
    match field.number:
        case _ if field.number == _CONTENT:
            return _content(data, field, dtype)
        case _ if field.number == _FLOATS:
            return _fixed(data, field, "<f")
        case _ if field.number == _DOUBLES:
            return _fixed(data, field, "<d")
    numbers = list(varints(data, field))
    if len(numbers) != 1:
        return None
    if field.number == _HALVES:
        return TensorNumber(_half(numbers[0], dtype))
    if field.number in _SIGNED_VARINTS:
        return TensorNumber(float(signed(numbers[0])))
    return TensorNumber(float(numbers[0]))


_VALUES = frozenset({_CONTENT, _FLOATS, _DOUBLES, _HALVES}) | _SIGNED_VARINTS | _UNSIGNED_VARINTS


def number_in_tensor(data: bytes, start: int, stop: int) -> TensorNumber | None:
    """The number in the tensor `data[start:stop]`, or None if it does not hold exactly one.

    A proto3 writer leaves out an element that is zero, so a numeric tensor of size one without
    values is 0. Raises `MalformedMessage`.
    """
    dtype, values = 0, []
    for field in fields(data, start, stop):
        if field.number == _DTYPE:
            dtype = field.value
        elif field.number == _SHAPE and _size(data, field) != 1:
            return None
        elif field.number in _VALUES and (field.stop > field.start or field.value):
            values.append(field)
    if dtype not in _CONTENT_FORMATS and dtype != _BFLOAT16:
        return None
    if not values:
        return TensorNumber(0.0)
    return _element(data, values[0], dtype) if len(values) == 1 else None


def floats_in_tensor(data: bytes, start: int, stop: int) -> tuple[float, ...]:
    """All numbers in a tensor of floats or doubles; empty if it holds others.

    Raises `MalformedMessage`.
    """
    dtype, packed = 0, b""
    for field in fields(data, start, stop):
        if field.number == _DTYPE:
            dtype = field.value
        elif field.number in {_CONTENT, _FLOATS, _DOUBLES}:
            packed += data[field.start : field.stop]
    form = _CONTENT_FORMATS.get(dtype, "") if dtype in {1, 2} else ""
    if not form or len(packed) % struct.calcsize(form):
        return ()
    return tuple(number for (number,) in struct.iter_unpack(form, packed))


def strings_in_tensor(data: bytes, start: int, stop: int) -> Iterator[str]:
    """The strings in the tensor `data[start:stop]`; raises `MalformedMessage`."""
    for field in fields(data, start, stop):
        if field.number == _STRINGS:
            yield text(data, field)
        elif field.number == _DTYPE and field.value != _STRING:
            raise MalformedMessage("not a tensor of strings")
