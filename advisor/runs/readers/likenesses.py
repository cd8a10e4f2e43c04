"""What records of one scalar look like: they differ from earlier ones of their tag in wall time, step,
number and checksum only, in the file that they were learned from and in all others of their kind.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

LONGEST_REST = 512
"""Bytes behind the step; what is longer is decoded each time."""
_MOST_REMEMBERED = 1 << 12


@dataclass(slots=True)
class Likeness:
    """Records whose bytes behind the step are `rest` many: the number is at `offset` in the `format`
    of `struct`, and all other bytes say which tag it belongs to.

    `prepared` is what others made of the first so many tags, which are only ever added to.
    """

    rest: int
    offset: int
    format: str
    tags: dict[bytes, str] = field(default_factory=dict)
    prepared: tuple[int, Any] = (-1, None)

    @property
    def end(self) -> int:
        """Where the number ends."""
        return self.offset + struct.calcsize(self.format)


class Known(NamedTuple):
    """A tag, and where behind the step its number lies."""

    tag: str
    offset: int
    format: str


class Likenesses:
    """All that is known of the records of one file, or of many."""

    def __init__(self) -> None:
        self._by_rest: dict[int, dict[tuple[int, str], Likeness]] = {}
        self._count = 0

    def __iter__(self) -> Iterator[Likeness]:
        for alike in self._by_rest.values():
            yield from alike.values()

    def learn(self, rest: bytes, known: Known) -> bool:
        """Remember a record by its bytes behind the step; False if that is not worth it."""
        if len(rest) > LONGEST_REST or self._count >= _MOST_REMEMBERED:
            return False
        alike = self._by_rest.setdefault(len(rest), {})
        place = known.offset, known.format
        likeness = alike.get(place)
        if likeness is None:
            likeness = alike[place] = Likeness(len(rest), *place)
        key = rest[: known.offset] + rest[likeness.end :]
        self._count += key not in likeness.tags
        likeness.tags[key] = known.tag
        return True

    def find(self, rest: bytes) -> Known | None:
        """What is known of a record by its bytes behind the step."""
        for (offset, form), likeness in self._by_rest.get(len(rest), {}).items():
            tag = likeness.tags.get(rest[:offset] + rest[likeness.end :])
            if tag is not None:
                return Known(tag, offset, form)
        return None
