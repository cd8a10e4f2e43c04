"""On which side rows stand, to learn from or to judge by, and how that is known.

What divided rows says it, and what the program calls them, which has the last word: a part of what
was divided off may be there to learn from. Whether rows that are held out are there to test by is a
matter of names, unless their publishers have set them aside for it.
"""

import re
from enum import Enum

from advisor.code.part_names import OTHERS, SHORT_TEST, TEST, words
from advisor.code.values import RowSet
from advisor.lazy_dataclasses import dataclass

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
    said = [word for name in names for word in words(name)]
    training = any(map(_TRAINING.match, said))
    held_out = any(map(_HELD_OUT.match, said))
    if training == held_out:
        return None
    return Side.TRAINING if training else Side.HELD_OUT


class Ground(Enum):
    """How a side is known."""

    DIVIDED = "divided"
    PUBLISHED = "published"
    CALLED = "called"


@dataclass(frozen=True, slots=True)
class Standing:
    """The side of rows, and what says so: the more, the surer it is."""

    side: Side
    grounds: frozenset[Ground]


def standing_of(rows: RowSet) -> Standing | None:
    """On which side rows stand; None where nobody knows."""
    for each in rows.ancestors():
        named, (ground, given) = side_of_names(each.names), _given(each)
        side = named or given
        if side is not None:
            called = {Ground.CALLED} if named is not None else set()
            agreed = {ground} if ground is not None and given is side else set()
            return Standing(side, frozenset(called | agreed))
        if ground is not None:
            return None
        if each.sources:
            return _of_all(each.sources)
    return None


def side_of(rows: RowSet) -> Side | None:
    """The side that rows stand on: as the program calls them, else as they were divided."""
    standing = standing_of(rows)
    return None if standing is None else standing.side


def _of_all(sources: tuple[RowSet, ...]) -> Standing | None:
    """The side that all of several sets stand on."""
    found = [standing_of(each) for each in sources]
    known = [each for each in found if each is not None]
    if len(known) < len(found) or len({each.side for each in known}) > 1:
        return None
    return Standing(known[0].side, frozenset[Ground]().union(*(each.grounds for each in known)))


def _given(rows: RowSet) -> tuple[Ground | None, Side | None]:
    """The side that rows were put on when they were published, or divided."""
    if rows.are_for_test:
        return Ground.PUBLISHED, Side.HELD_OUT
    if rows.split is not None and rows.how in {"train", "test"}:
        return Ground.DIVIDED, _side_of_half(rows)
    return None, None


def _side_of_half(rows: RowSet) -> Side | None:
    """The side of a half: one that was held out may be divided again, to some other end."""
    if rows.how == "test":
        return Side.HELD_OUT
    whole = None if rows.parent is None else side_of(rows.parent)
    return None if whole is Side.HELD_OUT else Side.TRAINING


# --- rows to test by ----------------------------------------------------------------------


def is_test(rows: RowSet) -> bool:
    """Whether rows are held out, and called test rows, or published as such. What is called by names of
    rows to choose by as often, say where a helper has a name for whatever it is given, is not."""
    if side_of(rows) is not Side.HELD_OUT or _are_to_choose_by(rows):
        return False
    name = name_of(rows)
    said = set() if name is None else _said(name)
    if said & (TEST | SHORT_TEST):
        return True
    return not said & OTHERS and any(each.are_for_test for each in rows.ancestors())


def are_called_otherwise(rows: RowSet) -> bool:
    """Whether rows are called by the name of others, or are part of such, unless they have a name of
    their own: test rows may be taken out of what was called the training data before."""
    for each in rows.ancestors():
        said: set[str] = set().union(*map(words, each.names))
        if said & OTHERS:
            return True
        if said & TEST:
            return False
    return False


def _are_to_choose_by(rows: RowSet) -> bool:
    named = next((each.names for each in rows.ancestors() if any(map(_names_side, each.names))), ())
    held_out = [words(each) for each in named if _names_side(each)]
    others = [said for said in held_out if said & OTHERS]
    return bool(others) and len(others) >= len(held_out) - len(others)


def _names_side(name: str) -> bool:
    return side_of_names({name}) is Side.HELD_OUT


def _said(name: str) -> set[str]:
    called = TEST | SHORT_TEST
    return {word[1:] if word[:1] in "xy" and word[1:] in called else word for word in words(name)}


# --- names --------------------------------------------------------------------------------


def nobody_calls_so(rows: RowSet) -> bool:
    """Whether the side of rows is known, but none of the names that the program has for them says it."""
    standing = standing_of(rows)
    return standing is not None and Ground.CALLED not in standing.grounds


def shortest(names: set[str], side: Side | None) -> str | None:
    """The shortest of the names that tell a side."""
    fitting = [name for name in names if side_of_names({name}) is side]
    return min(fitting, key=lambda name: (len(name), name)) if fitting else None


def name_of(rows: RowSet) -> str | None:
    """What the program calls rows, in the shortest way that tells their side."""
    side = side_of(rows)
    names = (shortest(each.names, side) for each in rows.ancestors())
    return next((name for name in names if name is not None), None)
