"""Parts of the same folder or data set that are read one by one, and what they share."""

import re
from typing import NamedTuple

from advisor.code.facts.sides import Side, side_of
from advisor.code.library.streams import READER
from advisor.code.values import Object, Value, known_number, known_text, lineage_of, same

# `train[:80%]`, as `datasets` and `tensorflow_datasets` write a part.
_PART = re.compile(r"(?P<name>\w+)(?:\[(?P<start>-?\d+)?(?:%)?:(?P<stop>-?\d+)?(?P<percent>%)?\])?")
_BOTH = {Side.TRAINING, Side.HELD_OUT}


class _Part(NamedTuple):
    name: str
    start: float
    stop: float
    by_percent: bool | None


def how_shared(first: Object, second: Object) -> str | None:
    """How two readings share samples, in words; None when they do not, or nobody knows."""
    readers = {str(each.fields.get(READER)) for each in (first, second)}
    if len(readers) != 1 or first.arguments.unknown or second.arguments.unknown:
        return None
    if "_from_directory" in readers.pop():
        return _of_folder(first, second)
    return _of_parts(first, second)


def _sides(first: Object, second: Object) -> set[Side | None]:
    found = [lineage_of(each) for each in (first, second)]
    return {side_of(each.rows) for each in found if each is not None}


# --- folders of Keras ---------------------------------------------------------------------


def _of_folder(first: Object, second: Object) -> str | None:
    folders = first.argument(0, "directory"), second.argument(0, "directory")
    if folders[0] is None or folders[1] is None or not same(folders[0], folders[1]):
        return None
    subsets = [known_text(each.argument(-1, "subset")) for each in (first, second)]
    if set(subsets) == {"training", "validation"}:
        for option in ("seed", "validation_split"):
            given = [known_number(each.argument(-1, option)) for each in (first, second)]
            numbers = [each.constant for each in given if each is not None]
            if len(numbers) == 2 and None not in numbers and numbers[0] != numbers[1]:
                return "another split"
        return None
    whole = not any(each.argument(-1, "validation_split") for each in (first, second))
    return "same file" if whole and _sides(first, second) == _BOTH else None


# --- parts by name ------------------------------------------------------------------------


def _of_parts(first: Object, second: Object) -> str | None:
    """Of parts such as `train[:80%]` and `train[70%:]`."""
    if _sides(first, second) != _BOTH or not _read_the_same(first, second):
        return None
    one, other = (_part(_split_of(each)) for each in (first, second))
    if one is None or other is None or one.name != other.name:
        return None
    if one == other:
        return "same file"
    if one.by_percent is not None and other.by_percent not in {None, one.by_percent}:
        return None
    return "overlap" if one.start < other.stop and other.start < one.stop else None


def _read_the_same(first: Object, second: Object) -> bool:
    """Whether all but the part is the same."""
    one, other = first.arguments, second.arguments
    ours, theirs = one.positional[:1], other.positional[:1]
    names = {*one.keywords, *other.keywords} - {"split"}
    if len(one.positional) > 2 or len(other.positional) > 2 or not ours or not theirs:
        return False
    if _config(first) != _config(second) or not same(ours[0], theirs[0]):
        return False
    pairs = [(one.keywords.get(name), other.keywords.get(name)) for name in names]
    return all(
        left is not None and right is not None and same(left, right) for left, right in pairs
    )


def _config(data: Object) -> str | None:
    """The name of the configuration, which `datasets` takes second."""
    return known_text(data.argument(1, "name")) if _second_is_config(data) else None


def _second_is_config(data: Object) -> bool:
    return not str(data.fields.get(READER)).startswith("tensorflow_datasets")


def _split_of(data: Object) -> Value | None:
    return data.argument(-1 if _second_is_config(data) else 1, "split")


def _part(value: Value | None) -> _Part | None:
    match = _PART.fullmatch((known_text(value) or "").replace(" ", ""))
    if match is None:
        return None
    start, stop = (None if match[end] is None else float(match[end]) for end in ("start", "stop"))
    if start is None and stop is None:
        return _Part(match["name"], 0.0, float("inf"), None)
    by_percent = "%" in match[0]
    if not by_percent and any(end is not None and end < 0 for end in (start, stop)):
        return None
    if by_percent:
        start, stop = (end + 100 if end is not None and end < 0 else end for end in (start, stop))
    last = 100.0 if by_percent else float("inf")
    return _Part(
        match["name"], 0.0 if start is None else start, last if stop is None else stop, by_percent
    )
