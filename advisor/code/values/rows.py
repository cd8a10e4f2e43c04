"""Samples: which rows a value holds, and what they went through."""

from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from advisor.code.symbols import Number
from advisor.code.values.columns import Columns
from advisor.code.values.plain import Value
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.events import Context, Loop, RowsSplit
    from advisor.code.sources import NodePlace


CHANGED_LINEAGE = ("lineage",)
# What rows are called that stand for a random order, or for numbers drawn at random.
PERMUTATION = "permutation"
# What rows are called that are all of their parent, in another order.
SHUFFLED = "shuffled"
# What rows are called that are all of their parent, in an order that is drawn anew each time.
GIVEN_ANEW = "given anew"
# What rows are called that were read in the order of a listing that nobody has sorted.
LISTED = "listing"
# And in the order of one that somebody has sorted.
SORTED = "sorted listing"
# What rows are called that are one of the groups of their parent, whichever.
GROUP = "group"
# What rows are called that are the values of a column, each once; and numbers that come repeatedly.
DISTINCT = "distinct"
# What rows are called that are numbers in a row: they may stand for samples, or be an axis.
COUNTED = "counted"
REPEATED = "repeated"
# What rows are called that a program makes up of random numbers and others.
MADE = "made"


# What is called the difference of what two classes have in the mean.
CONTRAST = "contrast"

STATISTICS = frozenset(
    ["mean", "std", "var", "median", "quantile", "range", "max", "min", "sum", "mode", CONTRAST]
)


class RowSet:
    """A set of samples: an identity, and how it was drawn from others.

    `how` is `all`, `item` (any one of them), `group` (any one of several), `train`, `test`, `part`, `joined`, `collected` (in a
    list, one by one), `either`, `duplicated`, `resampled`, or the name of a statistic that was taken
    over the parent. `parent` is what it was drawn from, `sources` what it was put together from,
    `collected` what each of its samples is one of, where they come from several sets, `split` the event
    that divided the parent, `names` what the program calls values with these rows, `context` what
    copies were made, or a statistic was taken in, `axis` how many rows they are, once somebody has asked,
    `tests` what was made of their columns and labels, by the code that did it, `origin` what they were
    taken out of one by one, as other rows may have been as well, `inside` the longer slices of the same
    parent that all of them are in, `window_of` the loop that cuts them out of a series so that each of
    them begins inside of the one before, `has_blanks` whether they are pictures with pixels that are 0 in all
    of them, `are_for_test` whether they are the part of a published data set that is there to test by,
    `are_points_in_time` whether a program has counted them out, from hour to hour, `are_thinned` whether
    some were left out to balance classes, and none made up or repeated, `are_any_of_list` whether they are
    those of whichever item of a list: not the same each time that one is taken out of it.
    """

    __slots__ = (
        "are_any_of_list",
        "are_for_test",
        "are_points_in_time",
        "are_thinned",
        "axis",
        "collected",
        "context",
        "has_blanks",
        "how",
        "inside",
        "names",
        "origin",
        "parent",
        "parts",
        "place",
        "sources",
        "split",
        "tests",
        "window_of",
    )

    def __init__(
        self,
        how: str = "all",
        parent: "RowSet | None" = None,
        place: "NodePlace | None" = None,
        sources: "tuple[RowSet, ...]" = (),
        split: "RowsSplit | None" = None,
    ) -> None:
        self.how = how
        self.parent = parent
        self.place = place
        self.sources = sources
        self.split = split
        self.collected: tuple[RowSet, ...] = ()
        self.context: Context | None = None
        self.names: set[str] = set()
        self.parts: dict[object, RowSet] = {}
        self.axis: Number | None = None
        self.tests: dict[object, Fit] | None = None
        self.origin: object = None
        self.inside: tuple[RowSet, ...] = ()
        self.has_blanks = False
        self.window_of: Loop | None = None
        self.are_for_test = False
        self.are_points_in_time = False
        self.are_thinned = False
        self.are_any_of_list = False

    def __repr__(self) -> str:
        return f"RowSet({self.how}, {self.parent or self.sources or 'origin'})"

    @property
    def is_statistic(self) -> bool:
        """Whether this stands for numbers that were computed from all of the parent."""
        return self.how in STATISTICS

    def part(self, key: object, how: str = "part", place: "NodePlace | None" = None) -> "RowSet":
        """The rows that are drawn under a key: the same set each time it is asked for."""
        if key not in self.parts:
            self.parts[key] = RowSet(how, self, place)
        return self.parts[key]

    def ancestors(self) -> Iterator["RowSet"]:
        """The set itself, then what it was drawn from, up to the original data."""
        current: RowSet | None = self
        while current is not None:
            yield current
            current = current.parent

    def history(self) -> Iterator["RowSet"]:
        """The set itself and every set it was drawn from or put together from."""
        seen: set[RowSet] = set()
        waiting: list[RowSet] = [self]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                yield current
                waiting.extend(current.sources)
                if current.parent is not None:
                    waiting.append(current.parent)

    def within(self, other: "RowSet") -> bool:
        """Whether each of the samples is one of `other`, or was made of one. Of sets that are one
        or the other it is enough that one may be."""
        for each in self.ancestors():
            if each is other or any(each.within(source) for source in other.sources):
                return True
            if any(longer.within(other) for longer in each.inside):
                return True
            parts = [source.within(other) for source in each.sources]
            if parts and (any(parts) if each.how == "either" else all(parts)):
                return True
        return False

    def surely_within(self, other: "RowSet") -> bool:
        """Whether each of the samples is one of `other`, or was made of one, whichever ways the
        program goes: two values that are one set or the other need not go the same way."""
        if other.how == "either":
            return all(self.surely_within(source) for source in other.sources)
        return any(
            each is other
            or any(each.surely_within(source) for source in other.sources)
            or any(longer.surely_within(other) for longer in each.inside)
            or (bool(each.sources) and all(part.surely_within(other) for part in each.sources))
            for each in self.ancestors()
        )


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """Values were transformed by something that had been fitted on `rows`. `text` is what was
    fitted, as written in the code; `context` what that happened in, `used` what it was applied in, as
    far as these are known."""

    estimator: Value
    rows: RowSet
    place: "NodePlace"
    kind: str
    uses_labels: bool = False
    text: str = ""
    context: "Context | None" = None
    used: "list[Context]" = field(default_factory=list)


@dataclass(frozen=True, eq=False, slots=True)
class Lineage:
    """Where samples come from: their rows, what they were fitted through, what they went through.

    `augmentations` are the places that changed the samples at random, `columns` what an array holds
    of a table, where that is known.
    """

    rows: RowSet
    fits: tuple[Fit, ...] = ()
    augmentations: tuple["NodePlace", ...] = ()
    columns: Columns | None = None

    @property
    def matters(self) -> bool:
        """Whether more is known than which rows they are."""
        changed = self.rows.how in {"resampled", "duplicated"}
        return changed or bool(self.fits) or bool(self.augmentations)

    def of(self, rows: RowSet) -> "Lineage":
        """What the same values went through, for other rows."""
        if rows is self.rows:
            return self
        return Lineage(rows, self.fits, self.augmentations, self.columns)

    def holding(self, columns: Columns | None) -> "Lineage":
        """What the same values went through, for other columns."""
        if columns is self.columns:
            return self
        return Lineage(self.rows, self.fits, self.augmentations, columns)

    def of_item(self) -> "Lineage":
        """The lineage of one of the samples, whichever it is."""
        return self.of(self.rows.part("item", "item"))

    def after(self, *fits: Fit, augmentation: "NodePlace | None" = None) -> "Lineage":
        """The lineage once the values went through something more."""
        new = tuple(fit for fit in dict.fromkeys(fits) if fit not in self.fits)
        changes = () if augmentation is None else (augmentation,)
        if not new and not changes:
            return self
        return Lineage(self.rows, self.fits + new, self.augmentations + changes, self.columns)


def join_lineages(left: Lineage | None, right: Lineage | None) -> Lineage | None:
    """What is true of values on either of two ways; None when they hold other rows.

    A fit that only one way goes through counts when the other way has one as well.
    """
    if left is right or left is None or right is None or left.rows is not right.rows:
        return left if left is right else None
    common = tuple(fit for fit in left.fits if fit in right.fits)
    more = [fit for fit in (*left.fits, *right.fits) if fit not in common]
    one_sided = len(common) in {len(left.fits), len(right.fits)}
    # One change is told by another place in each round of a loop.
    others = {each.node for each in right.augmentations}
    places = tuple(each for each in left.augmentations if each.node in others)
    return Lineage(left.rows, common if one_sided else (*common, *more), places)


def either_part(left: Lineage, right: Lineage) -> Lineage | None:
    """What is known of values that are parts of different sets on two ways: that they are parts of
    either."""
    parents = {left.rows.parent, right.rows.parent}
    if None in parents or len(parents) < 2 or {left.rows.how, right.rows.how} != {"part"}:
        return None
    key = ("either", frozenset((left.rows, right.rows)))
    if key not in left.rows.parts:
        left.rows.parts[key] = RowSet("either", sources=(left.rows, right.rows))
    return left.of(left.rows.parts[key])
