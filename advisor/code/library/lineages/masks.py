"""Truth values that choose rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.code.library.lineages.names import COLUMN, FRAME, MASK
from advisor.code.library.lineages.reading import holds_rows, known
from advisor.code.values import (
    Constant,
    Joined,
    Lineage,
    Object,
    RowSet,
    TrueFor,
    Value,
    lineage_of,
    meaning_of,
)

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace


def masked(
    operator: str, left: Value | None, right: Value | None, place: "NodePlace"
) -> Lineage | None:
    """The lineage of a truth value for each row."""
    source = known(left) or known(right)
    if source is None or not holds_rows(source):
        return None
    rows = source.rows
    if operator == "~" and rows.how == MASK:
        complement = rows.parent if is_complement(rows) else rows.part("not", MASK)
        return None if complement is None else Lineage(complement)
    return Lineage(RowSet(MASK, rows, place))


def is_complement(rows: RowSet) -> bool:
    """Whether a mask is the inverse of another one."""
    return rows.parent is not None and rows.parent.parts.get("not") is rows


def mask_key(value: Value) -> object | None:
    """What a truth value per row means: equal keys choose equal rows."""
    if isinstance(value, Joined):
        return _key_of_joined([mask_key(each) for each in value.alternatives])
    fields = getattr(value, "fields", {})
    found: object | None = fields.get(("mask",))
    if found is not None:
        return found
    meaning = meaning_of(value)
    if isinstance(meaning, TrueFor):
        return meaning.key
    inverse = fields.get(("not",))
    if isinstance(inverse, Value):
        return opposite(mask_key(inverse) or inverse)
    if isinstance(value, Object) and value.path == FRAME:
        # A column of truth values.
        name = fields.get(COLUMN)
        return ("column", name.value) if isinstance(name, Constant) else value
    lineage = lineage_of(value)
    if lineage is not None and lineage.rows.how == MASK:
        rows = lineage.rows
        return ("not", rows.parent) if is_complement(rows) else rows
    return None


def _key_of_joined(keys: Sequence[object | None]) -> object | None:
    """What one of several truth values means, whichever it is."""
    if None in keys:
        return None
    inverted = all(isinstance(key, tuple) and key[0] == "not" for key in keys)
    found = ("either", frozenset(map(opposite, keys) if inverted else keys))
    return opposite(found) if inverted else found


def of_same_way(rows: RowSet, index: Value) -> Value:
    """Of an index that is one or the other, the one that tells of these rows: what a table is on one way
    of the program and what was made of it on the other never meet."""
    if not isinstance(index, Joined):
        return index
    found = [each for each in index.alternatives if _tells_of(rows, each)]
    return found[0] if len(found) == 1 else index


def _tells_of(rows: RowSet, index: Value) -> bool:
    lineage = known(index)
    return lineage is not None and rows in (lineage.rows, lineage.rows.parent)


def opposite(key: object) -> object:
    """The key of all rows that another key leaves out."""
    return key[1] if isinstance(key, tuple) and key[0] == "not" else ("not", key)


def is_chosen_by_condition(rows: RowSet) -> bool:
    """Whether rows are those that a condition holds for, as `X[y == 1]`."""
    parts = {} if rows.parent is None else rows.parent.parts
    return any(
        each is rows and isinstance(key, tuple) and key[0] == "mask" for key, each in parts.items()
    )
