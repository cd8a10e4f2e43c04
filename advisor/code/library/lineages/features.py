"""Features: numbers that were computed from a sample, of which no more is known than that."""

from collections.abc import Sequence

from advisor.code.gradients import made_from
from advisor.code.library.lineages.reading import holds_rows, is_noise, known
from advisor.code.values import Constant, Lineage, RowSet, Scalar, Value


def of_features(value: Value, wanted: RowSet | None = None) -> Lineage | None:
    """The lineage of the sample that features were computed from: of the wanted rows, or of a sample
    that was changed before."""
    if isinstance(value, (Scalar, Constant)):
        return None
    for each in made_from(value):
        lineage = known(each)
        if lineage is None or is_noise(lineage.rows):
            continue
        if lineage.rows is wanted or (wanted is None and lineage.augmentations):
            return lineage
    return None


def versions_of_one(parts: Sequence[Value]) -> RowSet | None:
    """The sample that several features were computed from, as it was and changed, or in several
    versions; None where nobody knows."""
    if any(holds_rows(lineage) for lineage in map(known, parts)):
        return None
    for part in parts:
        own = of_features(part)
        for other in parts if own is not None else ():
            found = None if other is part or own is None else of_features(other, own.rows)
            if own is not None and found is not None and found.augmentations != own.augmentations:
                return own.rows
    return None


def are_of_one(parts: Sequence[Value]) -> bool:
    """Whether several features, none of which is known to hold samples, were computed from the same
    ones: put together they are more features of these, not more samples."""
    if len(parts) < 2 or any(map(known, parts)):
        return False
    first, *others = (_computed_from(part) for part in parts)
    return bool(first.intersection(*others))


def _computed_from(value: Value) -> set[RowSet]:
    found = (known(each) for each in made_from(value))
    return {each.rows for each in found if holds_rows(each) and each and not is_noise(each.rows)}
