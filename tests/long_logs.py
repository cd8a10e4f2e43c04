"""Records of long event files, in the orders that trainings log them."""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from tests.event_bytes import HEADER, START, event, nested, simple, summary, tensor


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
