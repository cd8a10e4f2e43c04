"""What operators do to samples: comparisons choose them, statistics and noise change them."""

from typing import TYPE_CHECKING

from advisor.code.library.lineages.fits import filled
from advisor.code.library.lineages.masks import is_chosen_by_condition, masked
from advisor.code.library.lineages.reading import holds_rows, is_noise, known, samples
from advisor.code.values import (
    CONTRAST,
    MADE,
    Lineage,
    RowSet,
    Tensor,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace

_COMPARISONS = frozenset(
    ["Equal", "NotEqual", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"]
)


def computed(
    operator: str, left: Value | None, right: Value | None, place: "NodePlace"
) -> Lineage | None:
    """The lineage of what an arithmetic operator makes of its operands."""
    if operator in _COMPARISONS or operator == "~":
        return masked(operator, left, right, place)
    found = [each for each in (known(left), known(right)) if each is not None]
    data = [each for each in found if holds_rows(each)]
    if data and operator in {"+", "*"}:
        # What brings rows to one scale takes something away, or divides.
        found = [each for each in found if not each.rows.is_statistic]
    if data and operator == "/":
        # Weights are brought to a mean of one so; features have their mean taken away.
        found = [each for each in found if each.rows.how != "mean"]
    if data:
        return _changed(left, right, found, data, place)
    statistics = [each for each in found if each.rows.is_statistic]
    if not statistics:
        return None
    contrast = next((each for each in statistics if each.rows.how == CONTRAST), None)
    if contrast is not None:
        return contrast
    if operator in {"-", "/"} and known(left) is None and isinstance(left, (Tensor, Unknown)):
        return filled(samples(left), statistics[0])
    names = {each.rows.how for each in statistics}
    classes = _of_two_classes(statistics) if operator == "-" else None
    if classes is not None:
        apart = RowSet(CONTRAST, classes, place)
        apart.context = statistics[0].rows.context
        return Lineage(apart)
    if operator == "-" and names == {"max", "min"}:
        first = statistics[0].rows
        return Lineage(RowSet("range", first.parent, place))
    return statistics[0]


def _of_two_classes(statistics: list[Lineage]) -> RowSet | None:
    """The rows that a statistic was taken of twice: of those that a condition holds for, and of those
    of another one."""
    if len(statistics) != 2:
        return None
    one, other = (each.rows for each in statistics)
    if one.how != other.how or one.parent is None or other.parent is None:
        return None
    whole = one.parent.parent
    apart = one.parent is not other.parent and whole is other.parent.parent
    chosen = is_chosen_by_condition(one.parent) and is_chosen_by_condition(other.parent)
    return whole if apart and chosen else None


def _changed(
    left: Value | None,
    right: Value | None,
    found: list[Lineage],
    data: list[Lineage],
    place: "NodePlace",
) -> Lineage:
    """Samples after arithmetic with statistics, noise or other samples."""
    first = next((each for each in data if not is_noise(each.rows)), data[0])
    noisy = any(is_noise(each.rows) and each is not first for each in data)
    if is_noise(first.rows) and len(found) == 1:
        other = left if known(left) is None else right
        if isinstance(other, Unknown) or (isinstance(other, Tensor) and other.text == "picture"):
            return samples(other).after(augmentation=place)
        if isinstance(other, Tensor):
            return Lineage(first.rows.part(("made", place.node), MADE, place))
    others = [each for each in found if each is not first]
    if is_noise(first.rows) and not any(first.rows in each.rows.ancestors() for each in others):
        return first  # as strong as other rows say
    result = filled(first, *others)
    if any(each.columns != result.columns for each in data):
        # What is computed from several columns is none of them.
        result = result.holding(None)
    return result.after(augmentation=place) if noisy else result
