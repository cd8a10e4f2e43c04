"""Samples and labels that belong together by their position."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Self

import libcst as cst

from advisor.code.events import (
    DataGiven,
    ListingRead,
    ListingsPaired,
    LossComputed,
    MetricTaken,
    ModelTrained,
    RowsShuffled,
)
from advisor.code.facts.loaders_apart import compares_what_it_gives, loaders_apart
from advisor.code.facts.orders_apart import orders_apart
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.targets import input_before
from advisor.code.library.listings import Listed
from advisor.code.library.streams import APART
from advisor.code.part_names import SHORT_TEST, SHORT_TRAINING, TRAINING, VALIDATION, words
from advisor.code.sources import NodePlace
from advisor.code.values import (
    GIVEN_ANEW,
    LISTED,
    SORTED,
    Layer,
    Lineage,
    Object,
    RowSet,
    lineage_of,
)
from advisor.lazy_dataclasses import dataclass

_SAMPLES = frozenset(
    [
        *(
            "x",
            "data",
            "image",
            "images",
            "img",
            "imgs",
            "picture",
            "pictures",
            "features",
            "inputs",
        ),
        *("samples", "texts", "sentences", "paths", "files", "train", "test"),
    ]
)
_LABELS = frozenset(
    [
        *("y", "label", "labels", "target", "targets", "classes", "mask", "masks", "annotations"),
        *("annotation", "annots", "annot", "seg", "segs", "segmentation", "segmentations", "gt"),
        *("gts", "truth", "truths", "vessels", "depth", "depths", "contours", "groundtruth"),
    ]
)
# What the parts of a split are called.
_PARTS = (
    TRAINING | SHORT_TRAINING,
    VALIDATION | SHORT_TEST | {"test", "eval"},
)
_SAME_AGAIN = re.compile(r"seed|state|default_rng|\bRandom\(\s*[^)\s]|\.index\b", re.IGNORECASE)
_SEEDED_ONCE = re.compile(r"\s*[\w.]*\bseed\([^()]*\)\s*$")


@dataclass(frozen=True, eq=False, slots=True)
class BrokenPair(Fact):
    """Two things that belong together by position are in orders that have nothing to do with one
    another: shuffled each on its own, listed and never sorted, or `predicted` in a random order, which
    is `drawn` once more for the labels."""

    place: NodePlace
    first: str
    second: str
    listed: bool
    other: NodePlace
    predicted: bool = False
    drawn: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Each pair once."""
        for one, two in _shuffled_apart(run):
            yield cls(two.place, one.text, two.text, False, one.place)
        shuffled = {one.place.node for pair in _shuffled_apart(run) for one in pair}
        for place, text, other in orders_apart(run):
            if place.node not in shuffled:
                yield cls(place, "", text, False, other)
        for place, given, text, other in loaders_apart(run):
            yield cls(place, given, text, False, other)
        for place, names, other in _streams_apart(run):
            yield cls(place, *names, False, other)
        for place, names, other in _put_together(run):
            yield cls(place, *names, True, other)
        for place, labels, text, other, drawn in _predicted_apart(run):
            yield cls(place, labels, text, False, other, predicted=True, drawn=drawn)
        for first, second in _listed_apart(run):
            place, other = _where(run, first, second)
            yield cls(place, first.text, second.text, True, other)


def _streams_apart(
    run: AbstractRun,
) -> Iterator[tuple[NodePlace, tuple[str, str], NodePlace]]:
    """Where one of two data sets is shuffled that a model learns from side by side, what both are called,
    and where the other one is shuffled."""
    seen: set[object] = set()
    for event in run.events(DataGiven):
        found = event.data.fields.get(APART) if isinstance(event.data, Object) else None
        if found is None or event.use != "training" or not _compares(run, event.place):
            continue
        first, second = sorted(found, key=lambda each: each.row)
        if second.node not in seen and run.may_tell_of(second.source):
            seen.add(second.node)
            names = "" if first.node is second.node else _shuffled_at(first)
            yield second, (names, _shuffled_at(second)), first


def _compares(run: AbstractRun, place: NodePlace) -> bool:
    """Whether what is trained at a place compares one part of each sample with the other, as every model does
    that does not train in a way of its own."""
    trained = (each for each in run.events(ModelTrained) if each.place.node is place.node)
    return any(isinstance(each.model, Layer) for each in trained)


def _shuffled_at(place: NodePlace) -> str:
    """What is shuffled by `name.shuffle(size)`, as written."""
    function = getattr(place.node, "func", place.node)
    return code_of(function.value if isinstance(function, cst.Attribute) else function)


def _predicted_apart(run: AbstractRun) -> Iterator[tuple[NodePlace, str, str, NodePlace, bool]]:
    """Scores by labels in the order of the files, or in one of their own, and by predictions in another
    order: where they are computed, both as written, where the predictions are made, and whether the order
    of the labels is random, too."""
    for event in run.events(MetricTaken):
        node = event.place.node
        if len(event.rows) != 2 or not isinstance(node, cst.Call) or len(node.args) < 2:
            continue
        labels, predictions = event.rows
        drawn = next((each for each in predictions.ancestors() if each.how == GIVEN_ANEW), None)
        whole = None if drawn is None else drawn.parent
        if drawn is None or drawn.place is None or whole is None or not labels.within(whole):
            continue
        if drawn not in labels.ancestors() and run.may_tell_of(event.place.source):
            texts = code_of(node.args[0].value), code_of(drawn.place.node)
            too = any(each.how == GIVEN_ANEW for each in labels.ancestors())
            yield event.place, *texts, drawn.place, too


def _shuffled_apart(run: AbstractRun) -> Iterator[tuple[RowsShuffled, RowsShuffled]]:
    events = list(run.events(RowsShuffled))
    seen: set[object] = set()
    for earlier, event in pairwise(events):
        context = event.context
        if (earlier.context.calls, earlier.context.rounds) != (context.calls, context.rounds):
            continue
        if _goes_along(earlier, events) or _goes_along(event, events):
            continue
        if earlier.value is event.value or event.place.node in seen or not _belong(earlier, event):
            continue
        if not _SAME_AGAIN.search(_between(earlier, event)):
            seen.add(event.place.node)
            yield earlier, event


def _goes_along(event: RowsShuffled, events: list[RowsShuffled]) -> bool:
    """Whether something else is taken in the same random order."""
    return event.order is not None and any(
        each.order is event.order and each.value is not event.value for each in events
    )


def _belong(first: RowsShuffled, second: RowsShuffled) -> bool:
    """Whether names say that one holds samples and the other one their labels, and else agree."""
    one, two = words(first.text), words(second.text)
    if any(one & part and two & _PARTS[1 - number] for number, part in enumerate(_PARTS)):
        return False
    if one & _LABELS and two & _SAMPLES - one:
        one, two = two, one
    return bool(one & _SAMPLES) and bool(two & _LABELS) and not one & _LABELS


def _between(first: RowsShuffled, second: RowsShuffled) -> str:
    """The text from the line of the first shuffle to that of the second one, and a line above."""
    start, end = first.place.row, second.place.row
    lines = first.place.source.text.splitlines()
    if first.place.source is not second.place.source or end < start or end - start > 12:
        return "state"
    above = max(0, start - 2)
    # To seed once before both does not put them in the same order.
    above += _SEEDED_ONCE.match(lines[above]) is not None
    return "\n".join(lines[above:end])


def _listed_apart(run: AbstractRun) -> Iterator[tuple[ListingRead, ListingRead]]:
    """Two listings that are read at the same number; two of them are told of once. What is read at a
    place may be of one listing or another: no way may be right."""
    seen: set[object] = set()
    events = list(run.events(ListingRead))
    ways: dict[object, list[RowSet]] = {}
    for event in events:
        ways.setdefault((event.place.node, event.position), []).append(event.rows)
    for number, event in enumerate(events):
        for earlier in events[:number]:
            same = earlier.position is event.position and earlier.rows is not event.rows
            near = earlier.context.calls == event.context.calls
            listings = frozenset([earlier.rows, event.rows])
            is_new = not seen & {event.place.node, listings}
            same = same and all(
                one is not two and _may_differ(one, two)
                for one in ways[earlier.place.node, earlier.position]
                for two in ways[event.place.node, event.position]
            )
            if same and near and is_new and _belong_together(run, earlier, event):
                seen |= {event.place.node, listings}
                yield earlier, event


def _may_differ(first: RowSet, second: RowSet) -> bool:
    """Whether two listings may give their files in different orders: nobody has sorted one of them, and
    they are not of the same names."""
    one, two = first.origin, second.origin
    if isinstance(one, Listed) and isinstance(two, Listed) and one.gives_the_same(two):
        return False
    return LISTED in {first.how, second.how}


def _belong_together(run: AbstractRun, first: ListingRead, second: ListingRead) -> bool:
    """Whether two listings are of samples and their labels, by their names or by what becomes of them."""
    function = second.context.functions[-1] if second.context.functions else None
    owner = None if function is None or function.name != "__getitem__" else function.owner
    other = _is_other_kind(first, second)
    return other or (owner is not None and compares_what_it_gives(run, owner))


def _put_together(
    run: AbstractRun,
) -> Iterator[tuple[NodePlace, tuple[str, str], NodePlace]]:
    """Where the second one is listed of two listings, what was read by which is put together."""
    seen: set[object] = set()
    for one, two, as_labels in _paired(run):
        one, two = sorted((one, two), key=_unsorted_last)
        first, second = one.place, two.place
        if first is None or second is None or second.node in seen or first.node is second.node:
            continue
        texts = code_of(first.node), code_of(second.node)
        names = _called(one.names) or texts[0], _called(two.names) or texts[1]
        if not run.may_tell_of(first.source) or not run.may_tell_of(second.source):
            continue
        said = [" ".join((*rows.names, text)) for rows, text in zip((one, two), texts, strict=True)]
        if as_labels or _are_of_different_kind(*said):
            seen.add(second.node)
            yield second, (names[0], names[1]), first


def _unsorted_last(rows: RowSet) -> tuple[bool, int]:
    return rows.how == LISTED, 0 if rows.place is None else rows.place.row


_HAND_OVER = re.compile(r"from_tensor_slices|TensorDataset|train_test_split|Dataset\.zip|\.fit\(")


def _paired(run: AbstractRun) -> Iterator[tuple[RowSet, RowSet, bool]]:
    """The listings by which samples and their labels were read, and whether what puts them together is
    there for samples and labels."""
    for event in run.events(ListingsPaired):
        if _may_differ(event.first, event.second):
            yield (
                event.first,
                event.second,
                _HAND_OVER.search(code_of(event.place.node)) is not None,
            )
    for loss in run.events(LossComputed):
        target = lineage_of(loss.target)
        inputs = None if target is None else input_before(run, loss)
        found = [_listing_of(each) for each in (inputs, target) if each is not None]
        if (
            len(found) == 2
            and found[0] is not None
            and found[1] is not None
            and _may_differ(found[0], found[1])
        ):
            yield found[0], found[1], True


def _listing_of(lineage: Lineage) -> RowSet | None:
    return next((each for each in lineage.rows.ancestors() if each.how in {LISTED, SORTED}), None)


def _called(names: set[str]) -> str:
    return min(names, key=lambda name: (len(name), name), default="")


def _where(
    run: AbstractRun, first: ListingRead, second: ListingRead
) -> tuple[NodePlace, NodePlace]:
    """Where the folders are listed, if that is in a file that is analysed; else where files of the
    same number are taken."""
    one, two = first.listing.place, second.listing.place
    if (
        one is None
        or two is None
        or not run.may_tell_of(one.source)
        or not run.may_tell_of(two.source)
    ):
        return second.place, first.place
    earlier, later = sorted((one, two), key=lambda each: each.row)
    unsorted = one if first.rows.how == LISTED else two
    if first.rows.how != LISTED or second.rows.how != LISTED:
        return unsorted, two if unsorted is one else one
    return later, earlier


def _is_other_kind(first: ListingRead, second: ListingRead) -> bool:
    return _are_of_different_kind(first.text, second.text)


def _are_of_different_kind(first: str, second: str) -> bool:
    one, two = words(first), words(second)
    return bool((one | two) & _LABELS) and one != two
