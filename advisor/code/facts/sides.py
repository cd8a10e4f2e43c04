"""On which side rows stand: to learn from, or to judge by."""

import re
from enum import Enum

from advisor.code.values import RowSet

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TRAINING = re.compile(r"(x|y)?(train|tr$|trn$|learn)")
_HELD_OUT = re.compile(
    r"(x|y)?(tests?$|te$|tst$|testing|testset|testdata|valid|val$|vali$|valset|valtest|eval|held|hold)"
)


class Side(Enum):
    """What rows are there for."""

    TRAINING = "training"
    HELD_OUT = "held out"


def side_of_names(names: set[str]) -> Side | None:
    """The side that names speak of; None when they speak of none, or of both."""
    words = [word.lower() for name in names for word in _WORD.findall(name)]
    training = any(_TRAINING.match(word) for word in words)
    held_out = any(_HELD_OUT.match(word) for word in words)
    if training == held_out:
        return None
    return Side.TRAINING if training else Side.HELD_OUT


def side_of(rows: RowSet) -> Side | None:
    """The side that rows stand on: as the program calls them, else as they were divided."""
    for each in rows.ancestors():
        named = side_of_names(each.names)
        if named is not None:
            return named
        if each.are_for_test:
            return Side.HELD_OUT
        if each.split is not None and each.how in {"train", "test"}:
            return _side_of_half(each)
        if each.sources:
            sides = {side_of(source) for source in each.sources}
            return sides.pop() if len(sides) == 1 else None
    return None


def _side_of_half(rows: RowSet) -> Side | None:
    """The side of a half: one that was held out may be divided again, to some other end."""
    if rows.how == "test":
        return Side.HELD_OUT
    whole = None if rows.parent is None else side_of(rows.parent)
    return None if whole is Side.HELD_OUT else Side.TRAINING


def shortest(names: set[str], side: Side | None) -> str | None:
    """The shortest of the names that tell a side."""
    fitting = [name for name in names if side_of_names({name}) is side]
    return min(fitting, key=lambda name: (len(name), name)) if fitting else None


def name_of(rows: RowSet) -> str | None:
    """What the program calls rows, in the shortest way that tells their side."""
    side = side_of(rows)
    names = (shortest(each.names, side) for each in rows.ancestors())
    return next((name for name in names if name is not None), None)
