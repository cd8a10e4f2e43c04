"""Where the samples in a value come from."""

from collections.abc import Sequence

from advisor.code.library.lineages.names import FRAME, MADE_OF, NOISE, TABLE
from advisor.code.values import (
    CHANGED_LINEAGE,
    GROUP,
    SAMPLE_OF,
    Dictionary,
    Instance,
    Joined,
    Lineage,
    Object,
    RowSet,
    Tensor,
    Unknown,
    Value,
    join_lineages,
    lineage_of,
)
from advisor.code.values import Sequence as SequenceValue


def known(value: Value | None) -> Lineage | None:
    """Where the samples in a value come from, if that is known already."""
    return _of_instance(value) if isinstance(value, Instance) else _of_data(value)


def _of_data(value: Value | None) -> Lineage | None:
    match value:
        case Object() if value.path == FRAME:
            return of_frame(value)
        case Joined():
            return _of_joined([_of_data(option) for option in value.alternatives])
        case SequenceValue():
            return _of_sequence(value)
        case Unknown() if lineage_of(value) is None and value.parent is not None:
            return _of_column(value, value.parent.fields.get(TABLE))
    return lineage_of(value)


def _of_column(value: Unknown, table: Value | None) -> Lineage | None:
    """The lineage of an item of an unknown that has turned out to be a table."""
    if not isinstance(table, Object) or value.parent is None:
        return None
    if value.parent.fields.get(("item", value.name)) is not value:
        return None
    own = table.fields.get(("column", value.name)) or table.fields.get("lineage")
    return own if isinstance(own, Lineage) else None


def samples(value: Value | None) -> Lineage:
    """Where the samples in a value come from; data of unknown origin are a set of their own."""
    found = known(value)
    if found is not None:
        return found
    made = _item_of_whole(value) or Lineage(
        RowSet("all", place=None if value is None else value.place)
    )
    made.rows.origin = _origin_of(value)
    match value:
        case Tensor():
            value.lineage = made
        case Unknown():
            made.rows.names.update(value.names)
            value.lineage = made
        case Joined():
            parts = [samples(option) for option in value.alternatives]
            return _of_joined(parts) or made
        case SequenceValue() | Instance():
            value.fields[CHANGED_LINEAGE] = made
        case Object():
            value.fields["lineage"] = made
    return made


def of_list(value: Value | None) -> Lineage | None:
    """Where the samples in a value come from, if that is known already or they were put into a list
    one by one."""
    made = isinstance(value, SequenceValue) and MADE_OF in value.fields
    return samples(value) if made and known(value) is None else known(value)


def _origin_of(value: Value | None) -> object:
    """What the items of a list were made of, or what an unknown is a part of."""
    if isinstance(value, SequenceValue):
        return value.fields.get(MADE_OF)
    return value.parent if isinstance(value, Unknown) else None


def _item_of_whole(value: Value | None) -> Lineage | None:
    """The lineage of an item of an unknown that nobody has asked for its samples yet."""
    whole = value.fields.get(SAMPLE_OF) if isinstance(value, Unknown) else None
    return samples(whole).of_item() if isinstance(whole, Unknown) else None


def all_of(value: Value | None) -> tuple[Lineage, ...]:
    """The lineages of everything in a value that holds samples: of a dataset, all its arrays."""
    match value:
        case Instance():
            found = [_of_data(part) for part in value.fields.values() if isinstance(part, Value)]
        case Dictionary():
            found = [_of_data(part) for part in value.items.values()]
        case SequenceValue() if value.items is not None and value.kind == "tuple":
            found = [_of_data(part) for part in value.items]
        case Joined():
            found = [known(value)]
        case _:
            found = [known(value)]
    return tuple(dict.fromkeys(each for each in found if each is not None))


def of_frame(frame: Object) -> Lineage | None:
    """The lineage of a whole table: what any of its columns went through, or was changed by."""
    whole = frame.fields.get("lineage")
    if not isinstance(whole, Lineage):
        return None
    for key, column in frame.fields.items():
        if isinstance(column, Lineage) and isinstance(key, tuple) and key[0] == "column":
            whole = whole.after(*column.fits)
            for change in column.augmentations:
                if change not in whole.augmentations:
                    whole = whole.after(augmentation=change)
    return whole


def _of_joined(options: Sequence[Lineage | None]) -> Lineage | None:
    certain = [option for option in options if option is not None]
    if len(certain) < len(options) or not certain:
        return None
    first = certain[0]
    distinct = tuple(dict.fromkeys(option.rows for option in certain))
    rows = first.rows
    if len(distinct) > 1:
        key = ("either", frozenset(distinct))
        if key not in first.rows.parts:
            first.rows.parts[key] = RowSet("either", sources=distinct)
        rows = first.rows.parts[key]
    return ways_joined([option.of(rows) for option in certain])


def ways_joined(options: Sequence[Lineage]) -> Lineage:
    """The lineage of values that hold the same rows on several ways."""
    result = options[0]
    for option in options[1:]:
        result = join_lineages(result, option) or result
    return result


def _of_sequence(value: SequenceValue) -> Lineage | None:
    own = value.fields.get(CHANGED_LINEAGE)
    if isinstance(own, Lineage):
        return own
    if value.items is not None or value.element is None:
        return None
    element = of_listed_item(value.element)
    return None if element is None else element.of(collected(element.rows, value))


def of_listed_item(value: Value) -> Lineage | None:
    """Where the sample comes from that is an item of a list, alone or in a tuple with its label."""
    found = _of_data(value)
    if found is None:
        ways = value.alternatives if isinstance(value, Joined) else (value,)
        found = _of_joined([_of_tuple(way) for way in ways])
    return found if holds_rows(found) else None


def _of_tuple(value: Value) -> Lineage | None:
    if not isinstance(value, SequenceValue) or value.kind != "tuple":
        return None
    found = (_of_data(item) for item in value.items or ())
    return next((each for each in found if holds_rows(each)), None)


def collected(rows: RowSet, value: Value) -> RowSet:
    """The rows of a list that takes up samples one by one."""
    options = (rows.sources if rows.how == "either" else ()) or (rows,)
    if all(each.how in {"resampled", "duplicated"} for each in options):
        return options[0]
    parents = {each if each.how == GROUP else each.parent for each in options}
    parent = parents.pop() if len(parents) == 1 else None
    if parent is None:
        made = RowSet("collected", None, value.place)
        made.collected = rows.sources
        return made
    return parent.part(("collected", value), "collected", value.place)


def _of_instance(value: Instance) -> Lineage | None:
    own = value.fields.get(CHANGED_LINEAGE)
    if isinstance(own, Lineage):
        return own
    found = [each for each in all_of(value) if holds_rows(each)]
    if not found:
        return None
    return found[0].after(*(fit for each in found for fit in each.fits))


def is_noise(rows: RowSet) -> bool:
    """Whether a set of rows was drawn from a source of random numbers."""
    return rows.how == NOISE


def holds_rows(lineage: Lineage | None) -> bool:
    """Whether there are samples, not statistics of them."""
    return lineage is not None and not lineage.rows.is_statistic
