"""The rows that a subscript takes."""

import re
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Loop, NeighboursUsed, PartsOverlap
from advisor.code.library.lineages.groups import notice_groups
from advisor.code.library.lineages.making import written
from advisor.code.library.lineages.masks import mask_key, of_same_way, opposite
from advisor.code.library.lineages.names import SAMPLE_NUMBER
from advisor.code.library.lineages.neighbours import End, Pieces, neighbours
from advisor.code.library.lineages.reading import holds_rows, known, samples
from advisor.code.library.lineages.reordered import notice_other_order
from advisor.code.library.lineages.splits import divide_by_hand
from advisor.code.symbols import Number, new_axis, number, subtract
from advisor.code.values import (
    PERMUTATION,
    REPEATED,
    Constant,
    Lineage,
    Object,
    RowSet,
    Scalar,
    Tensor,
    Unknown,
    Value,
    known_number,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace

Ends = tuple[float, float]
_SAME_AGAIN = re.compile(r"seed|state|default_rng|generator", re.IGNORECASE)


def part(
    machine: "Machine",
    value: Value,
    index: "Value | slice",
    node: cst.CSTNode,
) -> Lineage:
    """The lineage of the rows of a value that a subscript takes."""
    lineage = samples(value)
    rows = lineage.rows
    if not holds_rows(lineage):
        return lineage
    index = _as_slice(machine, index)
    if isinstance(index, slice):
        return lineage.of(_slice_of(machine, value, lineage, index, node))
    if isinstance(index, Scalar):
        return lineage.of_item()
    if isinstance(index, Constant):
        return lineage
    return lineage.of(_chosen(machine, value, lineage, index, node) or rows)


def _as_slice(machine: "Machine", index: "Value | slice") -> "Value | slice":
    """`rows[range(3, 9)]` takes what `rows[3:9]` takes; of windows that a loop cuts out it does not
    matter whether they leave something out."""
    if not isinstance(index, Object) or index.path != "builtins.range":
        return index
    start, stop, *step = index.arguments.positional
    if not step:
        return slice(start, stop, None)
    is_window = _loop_of_windows(machine, known_number(start), known_number(stop)) is not None
    return slice(start, stop, None) if is_window else index


def _slice_of(
    machine: "Machine", value: Value, lineage: Lineage, index: slice, node: cst.CSTNode
) -> RowSet:
    rows = lineage.rows
    if index.step is not None:
        step = known_number(index.step)
        whole = index.start is None and index.stop is None
        if whole and step is not None and step.integer == -1:
            return rows
        return rows.part(("step", index.step), place=machine.place(node))
    start, stop = known_number(index.start), known_number(index.stop)
    if (index.start is not None and start is None) or (index.stop is not None and stop is None):
        ends = _as_told(rows, index.start), _as_told(rows, index.stop)
        made = rows.part(("slice", *ends), place=machine.place(node))
        return _noticed(machine, value, lineage, made, neighbours(rows, made, *ends), node)
    start, stop = _from_the_front(rows, start), _from_the_front(rows, stop)
    around = _loop_of_windows(machine, start, stop)
    if around is not None or _begins_at_sample(start, stop):
        place, text = machine.place(node), written(node)
        machine.emit(NeighboursUsed(place, machine.context, rows, text))
    if start is not None and start.constant == 0:
        start = None
    if stop is not None and stop in _lengths(value):
        stop = None
    if start is None and stop is None:
        return rows
    is_new = ("slice", start, stop) not in rows.parts
    made = rows.part(("slice", start, stop), place=machine.place(node))
    made.window_of = around
    if is_new:
        _notice_overlap(machine, rows, made, machine.place(node))
        notice_other_order(machine, rows, made, node)
    run_up = _with_run_up(rows, made, start, stop)
    pieces = Pieces(run_up) if run_up else neighbours(rows, made, start, stop)
    if around is not None and pieces.leave_out:
        return made
    return _noticed(machine, value, lineage, made, pieces, node)


def _as_told(rows: RowSet, end: "Value | None") -> End:
    """What a slice begins or ends at, where that need not be a number: at a date, or at the number that
    a name stands for, whichever that is."""
    if isinstance(end, Constant):
        return end.value if isinstance(end.value, str) else end
    known = known_number(end)
    return end if known is None else _from_the_front(rows, known)


def _noticed(
    machine: "Machine",
    value: Value,
    lineage: Lineage,
    made: RowSet,
    pieces: Pieces,
    node: cst.CSTNode,
) -> RowSet:
    if len(pieces.rows) > 1:
        divide_by_hand(machine, value, lineage, pieces.rows, node, leaves_out=pieces.leave_out)
    return made


def _from_the_front(rows: RowSet, end: Number | None) -> Number | None:
    """An end of a slice that is counted from behind, counted from the front where it is known how many
    rows there are."""
    whole = None if rows.axis is None else rows.axis.integer
    if end is None or whole is None or end.integer is None or end.integer >= 0:
        return end
    return number(max(0, whole + end.integer))


def _loop_of_windows(machine: "Machine", start: Number | None, stop: Number | None) -> Loop | None:
    """The loop that a slice begins at each row in turn of, where it holds several."""
    if start is None or stop is None:
        return None
    for loop in machine.context.loops:
        if loop.symbol is None:
            if _strides(loop, start, stop):
                return loop
            continue
        offset = subtract(start, Number(1, ((loop.symbol, 1),)))
        width = subtract(stop, start)
        if loop.symbol not in offset.symbols() | width.symbols():
            return loop if not width.is_one and width.constant != 0 else None
    return None


def _begins_at_sample(start: Number | None, stop: Number | None) -> bool:
    """Whether a slice begins at the number of the sample that a data set is asked for, so that those
    of neighbouring samples overlap: `series[index : index + 24]`."""
    if start is None or stop is None:
        return False
    width = subtract(stop, start)
    symbols = [each for each in start.symbols() if str(each) == SAMPLE_NUMBER]
    if len(symbols) != 1 or symbols[0] in width.symbols() or width.is_one or width.constant == 0:
        return False
    return symbols[0] not in subtract(start, Number(1, ((symbols[0], 1),))).symbols()


def _strides(loop: Loop, start: Number, stop: Number) -> bool:
    """Whether a loop goes on by less than the slices are long: `range(0, n, 50)`."""
    over = loop.over
    if not isinstance(over, Object) or over.path != "builtins.range":
        return False
    step = (
        known_number(over.arguments.positional[2]) if len(over.arguments.positional) > 2 else None
    )
    width = subtract(stop, start)
    counts = start.coefficient == 1 and [str(symbol) for symbol in start.symbols()] == ["i"]
    if not counts or step is None or step.constant is None or width.constant is None:
        return False
    return 0 < step.constant < width.constant


def _notice_overlap(
    machine: "Machine", rows: RowSet, made: RowSet, place: "NodePlace | None" = None
) -> None:
    """See that a slice begins inside of another one, and goes on behind it, or ends there as well:
    one that is taken at a place now, or one that was taken before more was known."""
    for earlier in list(rows.parts.values()):
        if earlier is made:
            continue
        if slices_overlap(rows, earlier, made):
            told = place or _later(earlier.place, made.place)
            if told is not None:
                machine.emit(PartsOverlap(told, machine.context, earlier, made))
        elif _lies_inside(rows, made, earlier):
            made.inside = (*made.inside, earlier)
        elif _lies_inside(rows, earlier, made):
            earlier.inside = (*earlier.inside, made)


def slices_overlap(rows: RowSet, first: RowSet, second: RowSet) -> bool:
    """Whether two slices of the same rows have some in common and each has some of its own, for
    sure."""
    one, two = _ends_of_both(rows, first, second)
    if one is None or two is None:
        return False
    (start, stop), (other_start, other_stop) = sorted((one, two))
    return start < other_start < stop < other_stop


def _notice_overlapping_positions(
    machine: "Machine", rows: RowSet, of_index: RowSet, made: RowSet
) -> None:
    """See that rows are taken by positions some of which other rows have been taken by."""
    for key, earlier in list(rows.parts.items()):
        if not isinstance(key, tuple) or key[0] != "index" or earlier is made:
            continue
        other = key[1]
        if not isinstance(other, RowSet) or other.parent is not of_index.parent:
            continue
        if other in of_index.inside:
            made.inside = (*made.inside, earlier)
        elif of_index in other.inside:
            earlier.inside = (*earlier.inside, made)
        elif of_index.parent is None or of_index.place is None:
            continue
        elif slices_overlap(of_index.parent, other, of_index):
            machine.emit(PartsOverlap(of_index.place, machine.context, earlier, made))


def _lies_inside(rows: RowSet, first: RowSet, second: RowSet) -> bool:
    """Whether all of a slice is in another one of the same rows, for sure."""
    one, other = _ends_of_both(rows, first, second)
    if one is None or other is None or not one[0] < one[1]:
        return False
    return other[0] <= one[0] and one[1] <= other[1]


def _ends_of_both(rows: RowSet, first: RowSet, second: RowSet) -> tuple[Ends | None, Ends | None]:
    """The ends of two slices of the same rows in numbers that can be compared."""
    keys = {each: _key_from_the_front(rows, key) for key, each in rows.parts.items()}
    one, two = ends_of_slice(keys.get(first)), ends_of_slice(keys.get(second))
    if one is None or two is None:
        one, two = _ends_as_shares(keys.get(first), keys.get(second))
    return one, two


def _key_from_the_front(rows: RowSet, key: object) -> object:
    """The key of a slice with ends that are counted from the front, as far as these are known."""
    if rows.axis is None or not isinstance(key, tuple) or len(key) != 3 or key[0] != "slice":
        return key
    ends = (_from_the_front(rows, end) if isinstance(end, Number) else end for end in key[1:])
    return ("slice", *ends)


def learn_length(machine: "Machine", value: Value, count: int) -> None:
    """See that the rows of a value are so many, and what that tells of slices that end so many rows
    before the last one."""
    lineage = known(value)
    if lineage is None or not holds_rows(lineage) or count <= 0:
        return
    rows = lineage.rows
    if rows.axis is not None and rows.axis.integer is not None:
        return
    rows.axis = new_axis(number(count))
    for made in [each for key, each in rows.parts.items() if _is_from_behind(key)]:
        _notice_overlap(machine, rows, made)


def _later(first: "NodePlace | None", second: "NodePlace | None") -> "NodePlace | None":
    """Where the second one of two parts is taken."""
    if first is None or second is None or first.source is not second.source:
        return second
    return max(first, second, key=lambda each: each.row)


def _is_from_behind(key: object) -> bool:
    if not isinstance(key, tuple) or len(key) != 3 or key[0] != "slice":
        return False
    ends = [end for end in key[1:] if isinstance(end, Number)]
    return any(end.constant is not None and end.constant < 0 for end in ends)


def _ends_as_shares(first: object, second: object) -> tuple[Ends | None, Ends | None]:
    """The ends of two slices as shares of the same length: `x[: int(0.8 * n)]`."""
    found, wholes = [], set()
    for key in (first, second):
        if not isinstance(key, tuple) or len(key) != 3 or key[0] != "slice":
            return None, None
        ends = []
        for end, missing in zip(key[1:], (0.0, 1.0), strict=True):
            share = (missing, None) if end is None else _share(end) or _share_from_behind(end)
            if share is None:
                return None, None
            ends.append(share[0])
            if share[1] is not None:
                wholes.add(share[1])
        found.append((ends[0], ends[1]))
    return (found[0], found[1]) if len(wholes) == 1 else (None, None)


def is_share(end: Value) -> bool:
    """Whether a number is so much of another one, rounded down: `int(0.8 * n)`."""
    number = known_number(end)
    return number is not None and _share(number) is not None


def _share(end: object) -> tuple[float, object] | None:
    """Which share of what a number is, rounded down."""
    factors = end.factors if isinstance(end, Number) and end.coefficient == 1 else ()
    definition = factors[0][0].definition if len(factors) == 1 and factors[0][1] == 1 else None
    if not isinstance(definition, tuple) or definition[0] != "floor":
        return None
    operands = definition[1]
    inner = operands[0] if isinstance(operands, tuple) else operands
    if not isinstance(inner, Number) or not 0 < inner.coefficient < 1:
        return None
    return float(inner.coefficient), inner.factors


def _share_from_behind(end: object) -> tuple[float, object] | None:
    """Where a slice begins that is told by how many rows it leaves behind: `x[-int(0.2 * n) :]`."""
    if not isinstance(end, Number) or end.coefficient != -1:
        return None
    share = _share(Number(1, end.factors))
    return None if share is None else (1 - share[0], share[1])


def ends_of_slice(key: object) -> Ends | None:
    """The ends of a slice as numbers, when both count from the front."""
    if not isinstance(key, tuple) or len(key) != 3 or key[0] != "slice":
        return None
    found = []
    for end, missing in zip(key[1:], (0.0, float("inf")), strict=True):
        if end is None:
            found.append(missing)
        elif isinstance(end, Number) and end.constant is not None and end.constant >= 0:
            found.append(float(end.constant))
        else:
            return None
    return found[0], found[1]


def notice_other_draw(machine: "Machine", rows: RowSet, made: RowSet, node: cst.CSTNode) -> None:
    """See that rows are taken by another random order than other parts of the same: some rows are
    in both, and some in neither."""
    keys = {each: key for key, each in rows.parts.items()}
    own = _drawn_by(keys.get(made))
    for earlier in list(rows.parts.values()) if own is not None else ():
        other = _drawn_by(keys.get(earlier))
        if own is None or other is None or own is other or earlier is made:
            continue
        if _differ(own, other):
            drawn = own.place or machine.place(node)
            machine.emit(PartsOverlap(drawn, machine.context, earlier, made))


def _drawn_by(key: object) -> RowSet | None:
    """The random order that indices come from."""
    if not isinstance(key, tuple) or len(key) != 2 or not isinstance(key[1], RowSet):
        return None
    *_, root = key[1].ancestors()
    return root if root.how == PERMUTATION else None


def _differ(first: RowSet, second: RowSet) -> bool:
    """Whether two random orders are drawn one after the other, each by code of its own, and nothing
    makes the second one come out as the first one."""
    one, other = first.place, second.place
    if one is None or other is None or one.node is other.node or one.source is not other.source:
        return False
    start, end = sorted(each.row for each in (one, other))
    between = "\n".join(one.source.text.splitlines()[start - 1 : end])
    return _SAME_AGAIN.search(between) is None


def _lengths(value: Value) -> set[Number]:
    """The numbers that are known to be how many rows a value holds."""
    found: set[Number] = set()
    if isinstance(value, (Tensor, Unknown)):
        if value.shape.dims:
            found.add(value.shape.dims[0])
        found.update(dim for axis, dim in value.shape.known_axes.items() if axis == 0)
    length = getattr(value, "fields", {}).get("length")
    if isinstance(length, Scalar):
        found.add(length.number)
    return found


def _with_run_up(
    rows: RowSet, made: RowSet, start: Number | None, stop: Number | None
) -> tuple[RowSet, ...]:
    """A slice up to the end that begins some rows before another one ends, which begins at the front:
    the windows of a series need what lies before the first one of them."""
    if start is None or stop is not None or start.constant is not None:
        return ()
    for key, earlier in rows.parts.items():
        if not isinstance(key, tuple) or key[:2] != ("slice", None) or len(key) != 3:
            continue
        behind = subtract(key[2], start) if isinstance(key[2], Number) else None
        if behind is not None and behind.constant is not None and behind.constant > 0:
            return earlier, made
    return ()


def _chosen(
    machine: "Machine", value: Value, lineage: Lineage, index: Value, node: cst.CSTNode
) -> RowSet | None:
    rows = lineage.rows
    place = machine.place(node)
    index = of_same_way(rows, index)
    chosen = known(index)
    key = mask_key(index)
    if chosen is not None and key is None:
        of_index = chosen.rows
        is_new = ("index", of_index) not in rows.parts
        made = _taken_by(rows, of_index, place)
        if is_new:
            made.context = made.context or machine.context
            _notice_overlapping_positions(machine, rows, of_index, made)
        if of_index.how == REPEATED:
            notice_groups(machine, made, node)
        notice_other_draw(machine, rows, made, node)
        _divide_along(machine, value, lineage, of_index, made, node)
        return made
    if key is None:
        key = index
    made = rows.part(("mask", key), place=place)
    other = rows.parts.get(("mask", opposite(key)))
    if other is not None:
        divide_by_hand(machine, value, lineage, (other, made), node)
    return made


def _taken_by(rows: RowSet, of_index: RowSet, place: "NodePlace") -> RowSet:
    """The rows at some positions: drawn several times where the positions are."""
    made = rows.part(("index", of_index), of_index.how, place)
    made.names |= of_index.names
    drawn = next((each for each in of_index.history() if each.how == "resampled"), None)
    if drawn is not None:
        made.how, made.place, made.context = drawn.how, drawn.place, drawn.context
    return made


def _divide_along(
    machine: "Machine",
    value: Value,
    lineage: Lineage,
    of_index: RowSet,
    made: RowSet,
    node: cst.CSTNode,
) -> None:
    """Rows taken by indices that were divided are divided as the indices were."""
    split = of_index.split
    if split is None or of_index.parent is None:
        return
    made.split = split
    if lineage not in split.lineages:
        split.lineages = (*split.lineages, lineage)
        split.data = (*split.data, value)
