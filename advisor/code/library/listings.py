"""Listings of files: in whatever order the file system keeps them, until somebody sorts them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import ListingRead, ListingsPaired
from advisor.code.interpreter import attributes, calls
from advisor.code.library import lineages
from advisor.code.library.models import (
    FUNCTIONS,
    Call,
    Index,
    Model,
    asked_first,
    function,
    hook,
    method,
    observes,
)
from advisor.code.library.paths import is_same_path
from advisor.code.library.python.containers import on_append
from advisor.code.library.python.iterations import LISTING
from advisor.code.nodes import as_written
from advisor.code.values import (
    CHANGED_LINEAGE,
    LISTED,
    NONE,
    SHUFFLED,
    SORTED,
    Lineage,
    RowSet,
    Unknown,
    Value,
    lineage_of,
)
from advisor.code.values import Sequence as SequenceValue
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


# Under this key a listing has what was listed.
_FOLDER = ("folder",)


@dataclass(frozen=True, eq=False, slots=True)
class Listed:
    """What was listed, by all that the function was given, and what was asked of the names of files
    before they were taken."""

    folder: tuple[Value, ...]
    asked: set[str]

    def gives_the_same(self, other: "Listed") -> bool:
        """Whether two listings give the same names in the same order: a folder is listed alike each time."""
        folders = len(self.folder) == len(other.folder) and all(
            map(is_same_path, self.folder, other.folder)
        )
        return folders and self.asked == other.asked


@function("os.listdir", "os.scandir", "glob.glob", "glob.iglob")
def listed(call: Call) -> Value | None:
    """Names of files, in whatever order the file system keeps them."""
    result = call.unknown()
    call.machine.store(result.fields, LISTING, True)
    if not call.arguments.unknown and not call.arguments.keywords:
        receiver = () if call.receiver is None else (call.receiver,)
        folder = (*receiver, *call.arguments.positional)
        call.machine.store(result.fields, _FOLDER, folder)
    return result


@method("unknown", "glob", "rglob", "iterdir")
def listed_by_path(call: Call) -> Value | None:
    """`Path("pictures").glob("*.png")`."""
    return listed(call)


@method("unknown", "sort")
def sorted_in_place(call: Call) -> Value | None:
    """`names.sort()`."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    if LISTING in receiver.fields:
        call.machine.forget(receiver.fields, LISTING)
        call.machine.store(receiver.fields, LISTED, RowSet(SORTED, place=call.place))
        return NONE
    own = attributes.unknown_attribute(call.machine, receiver, "sort", call.node)
    return calls.call(call.machine, own, call.arguments, call.node)


@hook("item_read")
def read_from_listing(
    machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
) -> None:
    """`names[index]`."""
    rows = _rows_of(receiver)
    if rows is None or len(indices) != 1 or not isinstance(indices[0], Value):
        return
    place, text = machine.place(node), lineages.written(node)
    machine.emit(ListingRead(place, machine.context, receiver, rows, indices[0], text))


def _rows_of(value: Value | None) -> RowSet | None:
    """The rows of a listing that a value holds the files of, or what was read from them."""
    known = value.fields.get(LISTED) if isinstance(value, Unknown) else None
    if isinstance(value, Unknown) and (value.fields.get(LISTING) or known is not None):
        if not isinstance(known, RowSet):
            known = RowSet(LISTED, place=value.place)
            folder = value.fields.get(_FOLDER)
            known.origin = None if folder is None else Listed(folder, set())
            value.fields[LISTED] = known
        known.names |= value.names
        return known
    lineage = lineage_of(value)
    found = () if lineage is None else lineage.rows.ancestors()
    return next((each for each in found if each.how in {LISTED, SORTED}), None)


def _in_order_of(value: Value | None) -> RowSet | None:
    """The rows that what is read file by file has: those of the listing, of one that was shuffled, or
    of a part of it."""
    rows, lineage = _rows_of(value), lineages.known(value)
    if rows is None or lineage is None:
        return rows
    own = any(each.how == SHUFFLED for each in lineage.rows.ancestors())
    own = own or lineage.rows.how in {"part", "train", "test"}
    return lineage.rows if own else rows


_SORTED: Model = FUNCTIONS["builtins.sorted"]


@function("builtins.sorted", "natsort.natsorted", "natsort.os_sorted")
def sorted_listing(call: Call) -> Value | None:
    """`sorted(os.listdir(folder))`: the same names, in an order that comes out the same again."""
    rows = _rows_of(call.argument(0, "iterable"))
    result = _SORTED(call) if call.path.startswith("builtins.") else call.unknown()
    if rows is None:
        return result
    in_order = RowSet(SORTED, place=call.place)
    if isinstance(result, Unknown) and result is not call.argument(0, "iterable"):
        call.machine.store(result.fields, LISTED, in_order)
    elif isinstance(result, SequenceValue):
        call.machine.store(result.fields, CHANGED_LINEAGE, Lineage(in_order))
    return result


# --- what is read in the order of a listing -----------------------------------------------


def _note(rows: RowSet, conditions: Iterable[cst.CSTNode]) -> None:
    """See what is asked of the names of a listing."""
    whole = next((each.origin for each in rows.ancestors() if each.how == LISTED), None)
    if isinstance(whole, Listed):
        whole.asked.update(map(as_written, conditions))


@hook("comprehended")
def read_in_comprehension(
    machine: "Machine", result: SequenceValue, loops: int, tests: Sequence[Value], node: cst.CSTNode
) -> None:
    """`[np.load(name) for name in names]`."""
    rows = _in_order_of(tests[0]) if loops == 1 and tests else None
    if rows is not None:
        conditions = node.for_in.ifs if isinstance(node, cst.BaseSimpleComp) else ()
        _note(rows, (each.test for each in conditions))
        machine.store(result.fields, CHANGED_LINEAGE, Lineage(rows))


@on_append
def read_one_by_one(call: Call, sequence: SequenceValue, value: Value) -> None:
    """`pictures.append(imread(name))`."""
    loops = call.context.loops
    rows = _in_order_of(loops[-1].over) if loops else None
    if rows is not None and lineage_of(sequence) is None:
        guards = (each for each in call.context.guards if each.rounds >= len(loops))
        _note(rows, (each.node for each in guards))
        call.machine.store(sequence.fields, CHANGED_LINEAGE, Lineage(rows))


@method("list", "sort")
def sorted_list(call: Call) -> Value | None:
    """`paths.sort()` of a list."""
    receiver = call.receiver
    assert isinstance(receiver, SequenceValue)
    if _rows_of(receiver) is not None:
        in_order = Lineage(RowSet(SORTED, place=call.place))
        call.machine.store(receiver.fields, CHANGED_LINEAGE, in_order)
    attributes.forget_places(call.machine, receiver)
    return NONE


# --- what is put together -----------------------------------------------------------------


def pair_listings(machine: "Machine", values: Sequence[Value], node: cst.CSTNode) -> None:
    """See that what was read in the order of different listings is put together."""
    found = [rows for each in values[:2] if (rows := _rows_of(each)) is not None]
    if len(found) == 2 and found[0] is not found[1] and LISTED in {each.how for each in found}:
        machine.emit(ListingsPaired(machine.place(node), machine.context, found[0], found[1]))


@asked_first(
    "builtins.zip",
    "torch.utils.data.TensorDataset",
    "sklearn.model_selection.train_test_split",
    *(f"torch.nn.functional.{name}_loss" for name in ("mse", "l1", "smooth_l1")),
    "torch.nn.functional.cross_entropy",
)
def paired(call: Call) -> Value | None:
    """`zip(pictures, masks)`."""
    given = call.arguments.positional
    pair_listings(call.machine, given, call.node)
    lists = [each for each in given if isinstance(each, SequenceValue)]
    if call.path == "builtins.zip" and len(lists) == len(given) == 2:
        lineages.pair(call.machine, given[0], given[-1], call.node)
    return None


@observes("fit")
def paired_in_training(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`model.fit(pictures, masks)`."""
    pair_listings(machine, operands[1:], node)


@asked_first("tensorflow.data.Dataset.from_tensor_slices", "tensorflow.data.Dataset.zip")
def paired_in_stream(call: Call) -> Value | None:
    """`Dataset.from_tensor_slices((pictures, masks))`."""
    given = call.argument(0, "tensors") or call.argument(-1, "datasets")
    if isinstance(given, SequenceValue) and given.items:
        pair_listings(call.machine, given.items, call.node)
    elif call.path.endswith(".zip"):
        pair_listings(call.machine, call.arguments.positional, call.node)
    return None
