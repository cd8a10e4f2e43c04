"""Records of long event files, in the orders that trainings log them."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from advisor.runs.readers.crc32c import MASK_DELTA, TABLE
from tests.event_bytes import HEADER, START, event, nested, simple, summary, tensor, varint

_ALL_ONES = 0xFFFFFFFF


def plain_scalar(tag: str, value: float) -> bytes:
    """A summary of one scalar, as torch writes it."""
    return summary(simple(tag, value))


def tensor_scalar(tag: str, value: float) -> bytes:
    """A summary of one scalar, as TensorFlow 2 writes it."""
    return summary(tensor(tag, b"\x08\x01\x22\x04" + struct.pack("<f", value)))


def histogram(tag: str, random: Random) -> bytes:
    """A summary of one histogram of a few hundred buckets."""
    numbers = struct.pack("<300d", *(random.random() for _ in range(300)))
    buckets = b"\x09" + bytes(8) + b"\x11" + bytes(8) + nested(6, numbers) + nested(7, numbers)
    return summary(nested(1, tag.encode()) + nested(5, buckets))


def regular(count: int, tags: int, *, tensors: bool = False) -> Iterator[bytes]:
    """The same tags at every step, `count` scalars in all."""
    made = tensor_scalar if tensors else plain_scalar
    names = [f"metric/number_{index:03}" for index in range(tags)]
    for index in range(count):
        step, which = divmod(index, tags)
        yield event(made(names[which], 1 / (1 + step)), step, START + index / 100)


def irregular(count: int) -> Iterator[bytes]:
    """A loss at every step, a rate at some, a validation now and then, other tags at random."""
    random, step, written = Random(1), 0, 0
    while written < count:
        names = ["train/loss"]
        names += ["learning_rate"] if step % 7 == 0 else []
        names += ["val/loss", "val/accuracy"] if step % 137 == 0 else []
        names += [f"other/{random.randrange(40)}"] if random.random() < 0.3 else []
        for name in names:
            yield event(plain_scalar(name, random.random()), step, START + written / 100)
        written += len(names)
        step += 1


def payload(count: int) -> Iterator[bytes]:
    """Histograms, and one scalar for each of them."""
    random = Random(1)
    for step in range(count):
        yield event(histogram("weights", random), step, START + step)
        yield event(plain_scalar("loss", random.random()), step, START + step)


@dataclass(frozen=True, slots=True)
class _Body:
    """A long end of records that differ in front of it only, and what it does to a checksum: that is
    linear, so the work of the long end is done once. `moved` says what becomes of each bit."""

    content: bytes
    alone: int
    moved: tuple[int, ...]

    def record(self, front: bytes) -> bytes:
        """The record whose payload is `front` and this."""
        state = _passed(_ALL_ONES, front)
        checksum = self.alone
        for bit, moved in enumerate(self.moved):
            checksum ^= moved if state >> bit & 1 else 0
        header = struct.pack("<Q", len(front) + len(self.content))
        stated = struct.pack("<I", _masked(_passed(_ALL_ONES, header)))
        return header + stated + front + self.content + struct.pack("<I", _masked(checksum))


def _passed(state: int, content: bytes) -> int:
    """The state of a CRC-32C that has taken in some more."""
    for byte in content:
        state = TABLE[(state ^ byte) & 0xFF] ^ (state >> 8)
    return state


def _masked(state: int) -> int:
    checksum = state ^ _ALL_ONES
    return ((checksum >> 15 | checksum << 17) + MASK_DELTA) & _ALL_ONES


def _bodies(contents: Iterable[bytes]) -> list[_Body]:
    moved_by: dict[int, tuple[int, ...]] = {}
    found = []
    for content in contents:
        zeros = bytes(len(content))
        if len(content) not in moved_by:
            moved_by[len(content)] = tuple(_passed(1 << bit, zeros) for bit in range(32))
        found.append(_Body(content, _passed(0, content), moved_by[len(content)]))
    return found


_SCALARS, _HISTOGRAMS, _ROUNDS = 5, 2, 40
_PICTURE = 300_000
_ROUND = _SCALARS * 50 + _HISTOGRAMS * 8_000 + _PICTURE // _ROUNDS


def payload_log(size: int) -> Iterator[bytes]:
    """About `size` bytes of pictures and histograms, with a hundredth of scalars among them: five
    scalars and two histograms of eight tags in a round, a picture in forty of them."""
    random = Random(1)
    histograms = _bodies(_histograms(random))
    pixels = nested(1, b"samples") + nested(4, nested(4, random.randbytes(_PICTURE)))
    (picture,) = _bodies([summary(pixels)])
    for step in range(size // _ROUND):
        front = b"\x09" + struct.pack("<d", START + step) + b"\x10" + varint(step + 1)
        for index in range(_SCALARS):
            yield event(plain_scalar(f"loss/{index}", random.random()), step + 1, START + step)
        for index in range(_HISTOGRAMS):
            yield histograms[(step * _HISTOGRAMS + index) % len(histograms)].record(front)
        if step % _ROUNDS == 0:
            yield picture.record(front)


def _histograms(random: Random) -> Iterator[bytes]:
    """Histograms as torch writes them, of different numbers of buckets, as they come."""
    for index in range(64):
        count = random.randrange(400, 600)
        numbers = struct.pack(f"<{count}d", *(random.random() for _ in range(count)))
        buckets = b"\x09" + bytes(8) + b"\x11" + bytes(8) + nested(6, numbers) + nested(7, numbers)
        yield summary(nested(1, f"weights/layer_{index % 8}".encode()) + nested(5, buckets))


def write(path: Path, records: Iterable[bytes]) -> None:
    """Write an event file, unless it is there already."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(HEADER)
        file.writelines(records)
    unfinished.rename(path)
