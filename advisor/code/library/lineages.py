"""Where samples come from: the rows a value holds, and what becomes of them.

A value that holds samples has a `Lineage`: a set of rows and what the values went through. Data of
unknown origin gets a set of rows of its own when somebody first asks. Statistics over rows
(`X.mean()`) and random numbers have a lineage too, so that arithmetic can tell what they do to data:
their set of rows is called `mean`, `std`, … after what was taken over its parent, or `noise`.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Context, LabelsLearned, RowsSplit
from advisor.code.symbols import Number
from advisor.code.values import (
    CHANGED_LINEAGE,
    Arguments,
    Columns,
    Constant,
    Dictionary,
    Fit,
    Instance,
    Joined,
    Library,
    Lineage,
    Object,
    RowSet,
    Scalar,
    Shape,
    Tensor,
    Unknown,
    Value,
    join_lineages,
    known_number,
    lineage_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace

# A table or a column. Classes of the project that inherit from pandas' are something else.
FRAME = "pandas.table"
# Under these keys an unknown has the table that it turned out to be, a column its name, and a table
# the names of the columns it lacks.
TABLE = ("table",)
COLUMN = ("name",)
DROPPED = ("dropped",)
# Under this key a table has what it holds of the table that it was made from.
HELD = ("held",)
NOISE = "noise"
MASK = "mask"
_COMPARISONS = frozenset(
    ["Equal", "NotEqual", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"]
)
# Statistics that tell of all rows at once; taking one away or dividing by one is a fit by hand.
MOMENTS = frozenset({"mean", "std", "var", "median", "quantile", "range"})
STATISTIC_NAMES = {
    **{name: name for name in ("mean", "std", "var", "median", "max", "min", "sum", "mode")},
    "average": "mean",
    "quantile": "quantile",
    "percentile": "quantile",
    "ptp": "range",
    "amax": "max",
    "amin": "min",
    **{f"nan{name}": name for name in ("mean", "std", "var", "median", "max", "min", "sum")},
    "nanquantile": "quantile",
    "nanpercentile": "quantile",
}


# --- asking -------------------------------------------------------------------------------


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
    made = Lineage(RowSet("all", place=None if value is None else value.place))
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
    """The lineage of a whole table: what any of its columns went through."""
    whole = frame.fields.get("lineage")
    if not isinstance(whole, Lineage):
        return None
    for key, column in frame.fields.items():
        if isinstance(column, Lineage) and isinstance(key, tuple) and key[0] == "column":
            whole = whole.after(*column.fits)
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
    return _joined([option.of(rows) for option in certain])


def _joined(options: Sequence[Lineage]) -> Lineage:
    """The lineage of values that hold the same rows on several ways."""
    result = options[0]
    for option in options[1:]:
        result = join_lineages(result, option) or result
    return result


def _of_sequence(value: SequenceValue) -> Lineage | None:
    own = value.fields.get(CHANGED_LINEAGE)
    if isinstance(own, Lineage):
        return own
    copied = value.fields.get("duplicated")
    if isinstance(copied, RowSet):
        return Lineage(copied)
    if value.items is not None or value.element is None:
        return None
    element = _of_data(value.element)
    if element is None or not holds_rows(element):
        return None
    return element.of(_collected(element.rows, value))


def _collected(rows: RowSet, value: SequenceValue) -> RowSet:
    """The rows of a list that takes up samples one by one."""
    parents = {each.parent for each in (rows.sources if rows.how == "either" else (rows,))}
    parent = parents.pop() if len(parents) == 1 else None
    if parent is None:
        return RowSet("collected", None, value.place)
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


def words(text: str) -> tuple[str, ...]:
    """The names in a table that is written as text."""
    return tuple(text.split())


# --- making -------------------------------------------------------------------------------


def array(lineage: Lineage, place: "NodePlace | None" = None, shape: Shape | None = None) -> Tensor:
    """An array of samples."""
    return Tensor(shape, lineage=lineage, library="numpy", place=place)


def alike(value: Value | None, lineage: Lineage, place: "NodePlace | None" = None) -> Value:
    """A value like another one that holds other samples: a table if that is one, else an array."""
    if isinstance(value, Object) and value.path == FRAME:
        made = frame(lineage, place)
        made.fields[HELD] = columns_of(value)
        return made
    if isinstance(value, Tensor):
        return value.replace(lineage=lineage, place=place, shape=Shape())
    return array(lineage.holding(columns_of(value)), place)


def frame(lineage: Lineage, place: "NodePlace | None" = None) -> Object:
    """A table, or a column of one."""
    return Object(FRAME, place=place, fields={"lineage": lineage.holding(None)})


def columns_of(value: Value | None) -> Columns | None:
    """The columns of a table that a value holds, where that is known: those of a table itself are
    all there are of it, until some are taken."""
    if isinstance(value, Object) and value.path == FRAME:
        held = value.fields.get(HELD)
        if not isinstance(held, Columns):
            held = Columns(RowSet())
            value.fields[HELD] = held
        return held
    if isinstance(value, Unknown) and value.parent is not None:
        table = value.parent.fields.get(TABLE)
        own = value.parent.fields.get(("item", value.name)) is value
        whole = columns_of(table) if isinstance(table, Object) and own else None
        return None if whole is None else whole.only([value.name])
    lineage = lineage_of(value)
    return None if lineage is None else lineage.columns


def statistic(lineage: Lineage, name: str, place: "NodePlace") -> Lineage:
    """The lineage of a statistic over samples."""
    return Lineage(RowSet(name, lineage.rows, place))


def noise(place: "NodePlace | None" = None) -> Lineage:
    """The lineage of random numbers."""
    return Lineage(RowSet(NOISE, place=place))


def written(node: cst.CSTNode) -> str:
    """A piece of code as its author wrote it, on one line."""
    return " ".join(cst.Module([]).code_for_node(node).split())


# --- fits ---------------------------------------------------------------------------------


def applied(lineage: Lineage, *fits: Fit) -> Lineage:
    """The lineage of samples after something fitted was applied to them. When they are one part of
    a split and the fit saw both parts, the split learns of it."""
    for fit in fits:
        for each in lineage.rows.ancestors():
            split = each.split
            if split is not None and each.parent is not None and each.parent.within(fit.rows):
                if fit not in split.applied:
                    split.applied.append(fit)
                break
    return lineage.after(*fits)


def by_hand(statistics: Lineage, data: Lineage) -> Fit | None:
    """What applying a statistic to data amounts to: a fit on the rows that it was taken over."""
    rows = statistics.rows
    if rows.how not in MOMENTS or rows.parent is None or rows.place is None:
        return None
    if is_noise(rows.parent):
        return None
    for fit in data.fits:
        if fit.kind == "statistic" and fit.rows is rows.parent:
            return None
    text = written(rows.place.node)
    return Fit(Library("statistic"), rows.parent, rows.place, "statistic", text=text)


def filled(data: Lineage, *statistics: Lineage | None) -> Lineage:
    """Data after statistics were put in, taken away or divided by."""
    for each in statistics:
        if each is not None and each.rows.is_statistic:
            fit = by_hand(each, data)
            if fit is not None:
                data = applied(data, fit)
        elif each is not None:
            data = data.after(*each.fits)
    return data


def computed(
    operator: str, left: Value | None, right: Value | None, place: "NodePlace"
) -> Lineage | None:
    """The lineage of what an arithmetic operator makes of its operands."""
    if operator in _COMPARISONS or operator == "~":
        return _masked(operator, left, right, place)
    found = [each for each in (known(left), known(right)) if each is not None]
    data = [each for each in found if holds_rows(each)]
    if data:
        return _changed(left, right, found, data, place)
    statistics = [each for each in found if each.rows.is_statistic]
    if not statistics:
        return None
    names = {each.rows.how for each in statistics}
    if operator == "-" and names == {"max", "min"}:
        first = statistics[0].rows
        return Lineage(RowSet("range", first.parent, place))
    return statistics[0]


def _masked(
    operator: str, left: Value | None, right: Value | None, place: "NodePlace"
) -> Lineage | None:
    """The lineage of a truth value for each row."""
    source = known(left) or known(right)
    if source is None or not holds_rows(source):
        return None
    rows = source.rows
    if operator == "~" and rows.how == MASK:
        complement = rows.parent if _is_complement(rows) else rows.part("not", MASK)
        return None if complement is None else Lineage(complement)
    return Lineage(RowSet(MASK, rows, place))


def _is_complement(rows: RowSet) -> bool:
    return rows.parent is not None and rows.parent.parts.get("not") is rows


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
    result = filled(first, *(each for each in found if each is not first))
    return result.after(augmentation=place) if noisy else result


def learn(machine: "Machine", features: Value, labels: Value, text: str, node: cst.CSTNode) -> None:
    """Let a model learn to predict labels from features of the same rows: what is predicted from
    the rows before it, as in a series, may well be of the same column."""
    given, wanted = columns_of(features), columns_of(labels)
    one, other = known(features), known(labels)
    if one is not None and other is not None and one.rows is not other.rows:
        return
    if given is not None and wanted is not None:
        place = machine.place(node)
        machine.emit(LabelsLearned(place, machine.context, given, wanted, text))


# --- parts --------------------------------------------------------------------------------


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
    if isinstance(index, slice):
        return lineage.of(_slice_of(machine, value, lineage, index, node))
    if isinstance(index, Scalar):
        return lineage.of_item()
    if isinstance(index, Constant):
        return lineage
    return lineage.of(_chosen(machine, value, lineage, index, node) or rows)


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
        return rows.part(("slice", index.start, index.stop), place=machine.place(node))
    if start is not None and start.constant == 0:
        start = None
    if stop is not None and stop in _lengths(value):
        stop = None
    if start is None and stop is None:
        return rows
    made = rows.part(("slice", start, stop), place=machine.place(node))
    pieces = _partition(rows, made, start, stop)
    if pieces and rows.how != "joined":
        divide_by_hand(machine, value, lineage, pieces, node)
    return made


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


def _partition(
    rows: RowSet, made: RowSet, start: Number | None, stop: Number | None
) -> tuple[RowSet, ...]:
    """All pieces of the rows, when slices taken so far and this one leave nothing out."""
    slices = [(key, each) for key, each in rows.parts.items() if isinstance(key, tuple)]
    bounds = {each: key[1:] for key, each in slices if key[0] == "slice" and len(key) == 3}
    pieces = [made]
    while start is not None and len(pieces) < 8:
        before = next((each for each, ends in bounds.items() if ends[1] == start), None)
        if before is None:
            return ()
        pieces.insert(0, before)
        start = bounds[before][0]
    while stop is not None and len(pieces) < 8:
        after = next((each for each, ends in bounds.items() if ends[0] == stop), None)
        if after is None:
            return ()
        pieces.append(after)
        stop = bounds[after][1]
    return tuple(pieces) if len(pieces) > 1 else ()


def _chosen(
    machine: "Machine", value: Value, lineage: Lineage, index: Value, node: cst.CSTNode
) -> RowSet | None:
    rows = lineage.rows
    place = machine.place(node)
    chosen = known(index)
    key = mask_key(index)
    if chosen is not None and key is None:
        of_index = chosen.rows
        made = rows.part(("index", of_index), of_index.how, place)
        _divide_along(machine, value, lineage, of_index, made, node)
        return made
    if key is None:
        key = index
    made = rows.part(("mask", key), place=place)
    other = rows.parts.get(("mask", opposite(key)))
    if other is not None:
        divide_by_hand(machine, value, lineage, (other, made), node)
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


def mask_key(value: Value) -> object | None:
    """What a truth value per row means: equal keys choose equal rows."""
    fields = getattr(value, "fields", {})
    found: object | None = fields.get(("mask",))
    if found is not None:
        return found
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
        return ("not", rows.parent) if _is_complement(rows) else rows
    return None


def opposite(key: object) -> object:
    """The key of all rows that another key leaves out."""
    return key[1] if isinstance(key, tuple) and key[0] == "not" else ("not", key)


# --- splits -------------------------------------------------------------------------------


def divide_by_hand(
    machine: "Machine",
    value: Value,
    lineage: Lineage,
    pieces: tuple[RowSet, ...],
    node: cst.CSTNode,
) -> None:
    """Slices, masks or dropped rows divide rows; whether that is a split depends on what the
    program calls the parts."""
    event = RowsSplit(
        machine.place(node),
        machine.context,
        (value,),
        written(node),
        pieces,
        (lineage,),
        by_hand=True,
    )
    for piece in pieces:
        if piece.split is None:
            piece.split = event
    machine.emit(event)


def divide(
    machine: "Machine",
    data: Iterable[Value],
    operation: str,
    node: cst.CSTNode,
    grouped: bool = False,
) -> RowsSplit:
    """Rows are divided by something whose purpose that is: samples, then labels if there are any."""
    values = tuple(data)
    found = [all_of(value) for value in values]
    lineages = dict.fromkeys(each for parts in found for each in parts)
    features = found[0] if found else ()
    event = RowsSplit(
        machine.place(node),
        machine.context,
        values,
        operation,
        lineages=tuple(lineages),
        labels=tuple(each for each in lineages if each not in features),
        targets=tuple(name for value in values for name in targets(value)),
        grouped=grouped,
    )
    machine.emit(event)
    return event


def targets(value: Value) -> tuple[Value, ...]:
    """The names of the columns that a value is to be predicted from: one that labels are, or those
    that were dropped from a table."""
    if isinstance(value, Unknown) and value.parent is not None and TABLE in value.parent.fields:
        return (Constant(value.name),)
    if not isinstance(value, Object) or value.path != FRAME:
        return ()
    name, dropped = value.fields.get(COLUMN), value.fields.get(DROPPED)
    return (*((name,) if isinstance(name, Value) else ()), *(dropped or ()))


def halves(value: Value, event: RowsSplit) -> tuple[Value, Value]:
    """The training part and the other part of a value that a split divides."""
    lineage = samples(value)
    parts = []
    for how in ("train", "test"):
        rows = lineage.rows.part((how, event), how, event.place)
        rows.split = event
        event.parts = (*event.parts, rows)
        parts.append(alike(value, lineage.of(rows), event.place))
    return parts[0], parts[1]


def hold_back(machine: "Machine", passed: Arguments, node: cst.CSTNode) -> None:
    """`model.fit(X, y, validation_split=0.2)`: some rows are held out of the training."""
    share = passed.get(-1, "validation_split")
    number = known_number(share)
    data = [value for value in (passed.get(0, "x"), passed.get(1, "y")) if value is not None]
    if share is not None and data and (number is None or number.constant != 0):
        divide(machine, data, "validation_split", node)


# --- putting together ---------------------------------------------------------------------


def together(parts: Sequence[Lineage], place: "NodePlace", context: Context) -> Lineage | None:
    """The lineage of samples put one after the other. Rows that are in several of the parts are in
    the result several times.

    In a later round of a loop one value stands for different rows: there nothing is said of copies.
    """
    data = [each for each in parts if holds_rows(each)]
    if not data or len(data) < len(parts):
        return None
    if len(data) == 1:
        return data[0]
    fits = _joined([each.of(data[0].rows) for each in data])
    changes = tuple(dict.fromkeys(change for each in data for change in each.augmentations))
    distinct = tuple(dict.fromkeys(each.rows for each in data))
    whole = _whole(distinct)
    if whole is not None:
        return Lineage(whole, fits.fits, changes)
    every = Lineage(RowSet("joined", place=place, sources=distinct), fits.fits, changes)
    first_time = not any(each.index for each in context.rounds)
    if first_time and (len(distinct) < len(data) or _overlap(distinct)):
        return every.of(RowSet("duplicated", place=place, sources=distinct))
    return every


def _whole(parts: tuple[RowSet, ...]) -> RowSet | None:
    """The set that was divided into exactly these parts."""
    split = parts[0].split
    if split is None or len(parts) < 2 or any(each.split is not split for each in parts):
        return None
    parent = parts[0].parent
    pieces = {each for each in split.parts if each.parent is parent}
    return parent if pieces == set(parts) else None


def _overlap(parts: tuple[RowSet, ...]) -> bool:
    return any(
        first is not second and second.within(first) and second.how != "resampled"
        for first in parts
        for second in parts
    )
