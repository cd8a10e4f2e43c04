"""Statistics of tables, and of groups and windows of their rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.gradients import made_of
from advisor.code.interpreter import calls
from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, FRAME, STATISTIC_NAMES
from advisor.code.library.models import Call, attribute, hook, item, iteration, method
from advisor.code.library.numpy import over_rows
from advisor.code.library.pandas.tables import (
    GROUPED,
    Index,
    names_in,
    neighbours_used,
    table_like,
)
from advisor.code.values import (
    GROUP,
    Arguments,
    Constant,
    Fit,
    Function,
    Lineage,
    Object,
    Unknown,
    Value,
    is_constant,
    known_text,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace

_COUNTS = ("count", "size", "nunique")
# What leaves a statistic of each group one.
_SMOOTHS = frozenset(["+", "-", "*", "/"])


@method(FRAME, *STATISTIC_NAMES)
def statistic(call: Call) -> Value | None:
    """`df.mean()`: a number for each column, of all rows; with `axis=1` one for each row."""
    table = call.receiver
    assert isinstance(table, Object)
    name = call.path.rsplit(".", 1)[-1]
    lineage = lineages.samples(table)
    axis = call.argument(1 if "quantile" in name else 0, "axis")
    if not lineages.holds_rows(lineage) or not over_rows(axis):
        return table_like(table)
    result = lineages.statistic(lineage, STATISTIC_NAMES[name], call.place)
    return lineages.frame(result, call.place)


@method(FRAME, "groupby", "rolling", "resample", "ewm", "expanding")
def grouped(call: Call) -> Value | None:
    """Rows in groups."""
    table = call.receiver
    path = "pandas.GroupBy" if call.path.endswith("groupby") else "pandas.Window"
    lineage = lineages.samples(table)
    if path.endswith("GroupBy"):
        _notice_owners(call, lineage)
    return Object(path, call.arguments, call.place, {"lineage": lineage})


def _notice_owners(call: Call, lineage: Lineage) -> None:
    """See that rows are put together that are of the same person: by the name of a column, or by one of
    these rows themselves, whatever it is that is put together."""
    by, text = call.argument(0, "by"), call.place.source.text
    name = known_text(by.fields.get(COLUMN)) if isinstance(by, Object) else None
    owners = lineages.known(by) if name is not None else None
    names = names_in(by) if name is None else [name]
    if any(lineages.groups_rows(each, text) for each in names or ()):
        rows = lineage.rows if owners is None else owners.rows
        lineages.notice_groups(call.machine, rows, call.node)


@iteration("pandas.GroupBy")
def iterate_groups(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """`for name, rows in df.groupby("a")`: a table for each group."""
    lineage = lineages.samples(value)
    place = machine.place(node)
    rows = lineage.rows.part((GROUP, _grouped_by(value)), GROUP, place)

    def make() -> Value:
        group = lineages.frame(lineage.of(rows), place)
        return SequenceValue("tuple", (machine.unknown("group", node), group), place=place)

    return Iteration(make=make)


def _grouped_by(groups: Object) -> object:
    """What tells the groups apart: those by one column are the same whenever they are asked for."""
    by = groups.argument(0, "by")
    names = names_in(by)
    column = by.fields.get(COLUMN) if names is None and isinstance(by, Object) else None
    known = known_text(column) if isinstance(column, Value) else None
    return tuple(names) if names else known or groups


@method("pandas.GroupBy", "sample")
def sampled_by_group(call: Call) -> Value | None:
    """`df.groupby("a").sample(9, replace=True)`: rows drawn of each group."""
    rows = lineages.samples(call.receiver).rows
    if not is_constant(call.argument(2, "replace"), True):
        return None
    drawn = lineages.copies("resampled", call.place, call.context, rows)
    return lineages.frame(Lineage(drawn), call.place)


@method("pandas.GroupBy", "apply")
def applied_to_groups(call: Call) -> Value | None:
    """`df.groupby("a").apply(function)`: what a function of the program makes of each group."""
    function, groups = call.argument(0, "func"), call.receiver
    if (
        not isinstance(function, Function)
        or not isinstance(groups, Object)
        or GROUPED in groups.fields
    ):
        return None
    lineage = lineages.samples(groups)
    rows = lineage.rows.part((GROUP, _grouped_by(groups)), GROUP, call.place)
    group = lineages.frame(lineage.of(rows))
    result = calls.call(call.machine, function, Arguments([group]), call.node)
    made = lineages.known(result)
    if made is None or made.rows.how == "resampled":
        return None if made is None else lineages.frame(made, call.place)
    if not lineages.holds_rows(made) or not any(fit.rows is rows for fit in made.fits):
        return None
    every = rows.part(("collected", groups), "collected", call.place)
    return lineages.frame(made.of(every), call.place)


@item("pandas.GroupBy", "pandas.Window")
def column_of_groups(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """Some columns of the groups."""
    name = indices[0]
    return _of_groups(receiver, name) if isinstance(name, Value) else receiver


@attribute("pandas.GroupBy", "*")
def column_of_groups_by_attribute(
    machine: "Machine", receiver: Object, node: cst.CSTNode
) -> Value | None:
    """`df.groupby("a").age`."""
    return (
        _of_groups(receiver, Constant(node.attr.value)) if isinstance(node, cst.Attribute) else None
    )


def _of_groups(groups: Object, name: Value) -> Object:
    fields = {"lineage": lineages.samples(groups), GROUPED: name}
    return Object(groups.path, groups.arguments, groups.place, dict(fields))


@method("pandas.GroupBy", "transform")
def of_its_group(call: Call) -> Value | None:
    """A statistic of the group of each row."""
    function = call.argument(0, "func")
    name = _statistic_in(function) if isinstance(function, Function) else known_text(function)
    if name not in STATISTIC_NAMES:
        made = lineages.frame(lineages.samples(call.receiver), call.place)
        if name in _COUNTS:
            made.fields[lineages.COUNTS_OF] = call.receiver
        return made
    return _of_each_group(call, name)


def _statistic_in(function: Function) -> str | None:
    """The statistic that a function takes of what it is given, and nothing else: `lambda x: x.mean()`."""
    match function.node:
        case cst.Lambda(
            params=cst.Parameters(params=[cst.Param(name=cst.Name(given))]),
            body=cst.Call(func=cst.Attribute(cst.Name(asked), cst.Name(name)), args=[]),
        ) if given == asked:
            return name
    return None


@method("pandas.GroupBy", "shift", "diff", "pct_change", "rolling", "ewm", "expanding")
def of_neighbours_in_group(call: Call) -> Value | None:
    """`df.groupby("shop").sales.shift(1)`: something of the rows before each row."""
    groups = call.receiver
    if isinstance(groups, Object):
        neighbours_used(call, groups)
    lineage = lineages.samples(groups)
    if call.path.endswith(("rolling", "ewm", "expanding")):
        return Object("pandas.Window", call.arguments, call.place, {"lineage": lineage})
    return lineages.frame(lineage, call.place)


@method("pandas.GroupBy", *_COUNTS)
def counts_of_groups(call: Call) -> Value | None:
    """`df.groupby("patient").size()`: how many rows there are of each."""
    made = call.unknown()
    if call.receiver is not None:
        made_of(made, [call.receiver])
    return made


@method("pandas.GroupBy", *STATISTIC_NAMES)
def of_groups(call: Call) -> Value | None:
    """A statistic of each group."""
    return _of_each_group(call, call.path.rsplit(".", 1)[-1])


def _of_each_group(call: Call, name: str) -> Object:
    groups = call.receiver
    assert isinstance(groups, Object)
    return of_each_group(groups, name, groups.fields.get(GROUPED), call.place)


def of_each_group(groups: Object, name: str, column: object, place: "NodePlace") -> Object:
    """A statistic of a column in each group, or of all columns."""
    lineage = lineages.statistic(lineages.samples(groups), STATISTIC_NAMES[name], place)
    result = lineages.frame(lineage, place)
    if isinstance(column, Value):
        result.fields[GROUPED] = column
        fit = _encoder(lineage, column)
        result.fields["lineage"] = lineage if fit is None else lineage.after(fit)
    return result


@hook("followed")
def smoothed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value | None],
    details: Sequence[Any],
    result: Value,
    node: cst.CSTNode,
) -> Value:
    """`(mean * count + prior) / (count + weight)`: still a statistic of each group."""
    if operation not in _SMOOTHS or not isinstance(result, (Object, Unknown)):
        return result
    lineage = lineages.known(result)
    if lineage is None or not lineage.rows.is_statistic or GROUPED in result.fields:
        return result
    for each in operands:
        name = each.fields.get(GROUPED) if isinstance(each, (Object, Unknown)) else None
        if name is not None and lineages.known(each) is not None:
            result.fields[GROUPED] = name
            break
    return result


def encoding(value: Value | None) -> Fit | None:
    """What putting the statistics of groups in the place of categories amounts to: an encoder that
    was fitted by hand. What the statistics are of is a field of the estimator."""
    lineage = lineages.known(value) if isinstance(value, (Object, Unknown)) else None
    if lineage is None or not lineage.rows.is_statistic:
        return None
    found = next((fit for fit in lineage.fits if fit.kind == "group statistic"), None)
    name = value.fields.get(GROUPED) if isinstance(value, (Object, Unknown)) else None
    return found or (_encoder(lineage, name) if isinstance(name, Value) else None)


def _encoder(statistic: Lineage, name: Value) -> Fit | None:
    rows, place = statistic.rows.parent, statistic.rows.place
    if rows is None or place is None:
        return None
    by_hand = Object("pandas.encoder", place=place, fields={COLUMN: name})
    return Fit(by_hand, rows, place, "group statistic", True, lineages.written(place.node))


@method("pandas.Window", "*")
def of_its_window(call: Call) -> Value | None:
    """A statistic of the rows before each row."""
    if isinstance(call.receiver, Object):
        neighbours_used(call, call.receiver)
    return lineages.frame(lineages.samples(call.receiver), call.place)
