"""Samples and labels of which only some were brought into a random order."""

import re
from collections.abc import Iterator

import libcst as cst

from advisor.code.events import Context, LossComputed, RowsSplit, SamplesPaired
from advisor.code.facts.handed_over import calls_in_common, where_handed_over
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.facts.targets import input_before
from advisor.code.library.random_numbers import SEEDED
from advisor.code.sources import NodePlace
from advisor.code.values import PERMUTATION, SHUFFLED, RowSet, Unknown, known_number, lineage_of

_READ = re.compile(r"\b(load|loadtxt|genfromtxt|fromfile|read_\w+)\(")
_ITEM = re.compile(r"^\w+\[[\"'][\w ]+[\"']\]$")
_ARCHIVE = re.compile(rf"{_READ.pattern}|\b(loads|loadmat|File|open)\(")
# Orders that are there to take the labels away from the samples.
_ON_PURPOSE = re.compile(
    r"perm|null|chance|rand|scrambl|corrupt|neg|importance|control|mix|fake|ablat",
    re.IGNORECASE,
)

_LABELS_ON_PURPOSE = re.compile(_ON_PURPOSE.pattern + "|shuf", re.IGNORECASE)


def orders_apart(run: AbstractRun) -> Iterator[tuple[NodePlace, str, NodePlace]]:
    """Where samples or labels are brought into an order that the others are not in: the place, what
    is put in order there, and where they are taken together. Those that are taken together in their
    own order as well are meant to be torn apart."""
    pairs = list(_pairs(run))
    together = {
        _roots(one, two)
        for one, two, _, _ in pairs
        if not _alone(one, two) and not _is_listed(one) and not _is_listed(two)
    }
    seen: set[object] = set()
    for one, two, context, place in pairs:
        alone = _alone(one, two)
        if not alone or _roots(one, two) in together:
            continue
        if not _belong(one, two) or not _is_as_long(one, two):
            continue
        places = {each: _told_at(run, each, alone, context) for each in alone}
        part, where = max(places.items(), key=lambda each: each[1].row if each[1] else 0)
        if where is None or where.node in seen or not run.may_tell_of(where.source):
            continue
        of_labels = part not in set(one.ancestors())
        if not _is_on_purpose(part, context, of_labels):
            seen.add(where.node)
            yield where, _text(where.node), place


def _pairs(run: AbstractRun) -> Iterator[tuple[RowSet, RowSet, Context, NodePlace]]:
    for event in run.events(SamplesPaired):
        yield event.samples, event.labels, event.context, event.place
    for loss in run.events(LossComputed):
        target = lineage_of(loss.target)
        inputs = None if target is None else input_before(run, loss)
        if target is not None and inputs is not None:
            yield inputs.rows, target.rows, loss.context, loss.place


def _told_at(
    run: AbstractRun, part: RowSet, alone: list[RowSet], paired: Context
) -> NodePlace | None:
    """Where rows are brought into an order, or handed to a function for that: one that brings others
    into theirs as well is itself wrong."""
    own = part.context
    if part.place is None or own is None:
        return part.place
    others = [paired, *(each.context for each in alone if each is not part and each.context)]
    nearest = max(others, key=lambda each: calls_in_common(own, each))
    return where_handed_over(run, part.place, own, nearest)


def _is_listed(rows: RowSet) -> bool:
    """Whether rows are in a list, of which nobody knows in which order it took them up."""
    return any(each.how == "collected" for each in rows.ancestors())


def _alone(one: RowSet, two: RowSet) -> list[RowSet]:
    """The orders that only one of two sets of samples was brought into."""
    first, second = _orders(one), _orders(two)
    if first.keys() == second.keys():
        return []
    along_first, along_second = _orders_of_items(one), _orders_of_items(two)
    return [
        *(part for key, part in first.items() if key not in second | along_second),
        *(part for key, part in second.items() if key not in first | along_first),
    ]


def _orders_of_items(rows: RowSet) -> dict[object, RowSet]:
    """The random orders that something was put in within what rows seem to be: the samples lie along
    another axis, and may all stand in these orders."""
    found: dict[object, RowSet] = {}
    for each in rows.ancestors():
        item = each.parts.get("item")
        for part in () if item is None else item.parts.values():
            if part.how in {PERMUTATION, SHUFFLED}:
                found.update(_orders(part))
    return found


def _orders(rows: RowSet) -> dict[object, RowSet]:
    """The random orders that rows were brought into; what the labels of other rows choose is in the
    order of those."""
    found: dict[object, RowSet] = {}
    for each in rows.ancestors():
        if each.how in {PERMUTATION, SHUFFLED} and each.parent is not None:
            key = _key(each, each.parent)
            others = key[1] if isinstance(key, tuple) and key[0] == "index" else None
            if isinstance(others, RowSet) and _is_seeded(others):
                found[others.origin] = each
                continue
            of_others = _orders(others) if isinstance(others, RowSet) else {}
            found.update(of_others or {key: each})
        elif each.how in {"train", "test"} and each.split is not None:
            found.update(_drawn_by(each, each.split))
    return found


def _is_as_long(one: RowSet, two: RowSet) -> bool:
    """Whether two sets may be equally long. A part that was drawn is shorter than all that there is: what
    it is paired with has not been followed, or was kept when the same part was drawn earlier."""
    drawn = [any(each.how in {"train", "test"} for each in rows.ancestors()) for rows in (one, two)]
    return not any(drawn) or all(any(map(_is_some, rows.ancestors())) for rows in (one, two))


def _is_some(rows: RowSet) -> bool:
    return rows.parent is not None and rows.how not in {PERMUTATION, SHUFFLED}


def _drawn_by(rows: RowSet, split: RowsSplit) -> dict[object, RowSet]:
    """The random order that a part was drawn in, if its split divides one thing alone: others that are
    divided with the same seed are divided alike."""
    alone = split.operation == "train_test_split" and len(split.data) == 1
    if not alone or not split.is_random:
        return {}
    seed = known_number(split.seed)
    return {("split", split if seed is None else seed, rows.how): rows}


def _is_seeded(order: RowSet) -> bool:
    """Whether a random order comes out alike wherever the seed is the same."""
    return isinstance(order.origin, tuple) and order.origin[0] == SEEDED


def _key(part: RowSet, whole: RowSet) -> object:
    return next((key for key, each in whole.parts.items() if each is part), part)


def _roots(one: RowSet, two: RowSet) -> frozenset[RowSet]:
    return frozenset((_root(one), _root(two)))


def _root(rows: RowSet) -> RowSet:
    *_, root = rows.ancestors()
    return root


def _belong(one: RowSet, two: RowSet) -> bool:
    """Whether two sets are of the same samples, were made of the same things one by one, or were read
    each from a file of its own."""
    roots = _roots(one, two)
    origins = {each.origin for each in roots}
    made_alike = len(origins) == 1 and None not in origins
    return len(roots) == 1 or made_alike or all(_is_read(each) for each in roots)


def _is_read(rows: RowSet) -> bool:
    """Whether samples are what a file holds, or an item of an archive that was read. What a library
    has made of others, of texts for instance, may stand in their order."""
    if rows.place is None:
        return False
    text = code_of(rows.place.node)
    whole = rows.origin.place if isinstance(rows.origin, Unknown) else None
    kept = whole is not None and _ARCHIVE.search(code_of(whole.node)) is not None
    return _READ.search(text) is not None or (kept and _ITEM.search(text) is not None)


def _is_on_purpose(part: RowSet, context: Context, of_labels: bool) -> bool:
    names = set(part.names)
    for key in part.parent.parts if part.parent is not None else ():
        if isinstance(key, tuple) and len(key) == 2 and isinstance(key[1], RowSet):
            names -= key[1].names
    said = [*names, *(function.name for function in context.functions)]
    pattern = _LABELS_ON_PURPOSE if of_labels else _ON_PURPOSE
    return any(pattern.search(each) for each in said)


def _text(node: cst.CSTNode) -> str:
    """What is brought into an order, as its author calls it."""
    if isinstance(node, cst.Subscript):
        return code_of(node.value)
    if not isinstance(node, cst.Call):
        return "it"
    if isinstance(node.func, cst.Attribute) and node.func.attr.value == "sample":
        return code_of(node.func.value)
    return code_of(node.args[0].value) if node.args else "it"
