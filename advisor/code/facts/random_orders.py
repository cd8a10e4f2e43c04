"""Rows that were brought into a random order before they are divided by their places."""

import re

from advisor.code.events import RowsShuffled, RowsSplit
from advisor.code.facts.run import AbstractRun
from advisor.code.library.lineages import is_noise
from advisor.code.values import PERMUTATION, SHUFFLED, RowSet, lineage_of

_SHUFFLES = re.compile(r"\bshuffle\(")
_BY_PLACE = "validation_split"


def follows_random_order(split: RowsSplit, run: AbstractRun) -> bool:
    """Whether rows are divided by hand, or the last ones held out, and chance had decided which come
    last: slices of a random order, masks of random numbers, what a draw leaves over."""
    if not split.by_hand and split.operation != _BY_PLACE:
        return False
    if any(_was_drawn(part) for part in split.parts):
        return True
    divided = [lineage.rows for lineage in split.lineages]
    if any(each.how == PERMUTATION for rows in divided for each in rows.ancestors()):
        return True
    return any(_is_shuffle_of(event, split) for event in run.events(RowsShuffled))


def _was_drawn(part: RowSet) -> bool:
    *_, root = part.ancestors()
    if root.how == PERMUTATION or part.parent is None:
        return root.how == PERMUTATION
    key = next((key for key, each in part.parent.parts.items() if each is part), None)
    if not isinstance(key, tuple) or len(key) != 2:
        return False
    if key[0] == "sample":
        return True
    return key[0] == "mask" and _is_of_random_numbers(key[1])


def _is_of_random_numbers(mask: object) -> bool:
    if isinstance(mask, tuple) and len(mask) == 2 and mask[0] == "not":
        return _is_of_random_numbers(mask[1])
    return isinstance(mask, RowSet) and any(map(is_noise, mask.ancestors()))


def _is_shuffle_of(event: RowsShuffled, split: RowsSplit) -> bool:
    """Whether all rows were brought into another order before they are divided: in place, or the
    result goes by the name that they had."""
    lineage = lineage_of(event.value)
    rows = {part.parent for part in split.parts} or {each.rows for each in split.lineages}
    if event.index > split.index or lineage is None:
        return False
    rows |= {each.parent for each in rows if each is not None and each.how == SHUFFLED}
    if lineage.rows not in rows:
        return False
    line = event.place.source.text.splitlines()[event.place.row - 1]
    named = re.match(r"\s*([\w.]+) *= ", line)
    kept = named is not None and event.text.split(".")[0] == named[1].split(".")[0]
    return kept or _SHUFFLES.search(line) is not None
