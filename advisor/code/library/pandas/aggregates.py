"""Several statistics of each group of rows, a column for each, and tables that they are put beside."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library import lineages
from advisor.code.library.lineages import FRAME, STATISTIC_NAMES
from advisor.code.library.models import Call, attribute, item, method
from advisor.code.library.names import words
from advisor.code.library.pandas.statistics import encoding, of_each_group
from advisor.code.library.pandas.tables import GROUPED, Index, names_in, whole_of
from advisor.code.values import Constant, Dictionary, Fit, Object, Value, known_text
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_AGGREGATES = "pandas.Aggregates"
# Statistics of which it is known what each is called.
_Named = dict[str, Object]


@method("pandas.GroupBy", "agg", "aggregate")
def aggregated(call: Call) -> Value | None:
    """`df.groupby("a").sales.agg("mean")`; of several statistics a column for each."""
    func, groups = call.argument(0, "func"), call.receiver
    assert isinstance(groups, Object)
    column = groups.fields.get(GROUPED)
    name = known_text(func)
    if name in STATISTIC_NAMES:
        return of_each_group(groups, name, column, call.place)
    if isinstance(func, Dictionary):
        return _of_columns(call, groups, func)
    made = {
        called: of_each_group(groups, statistic, taken, call.place)
        for called, taken, statistic in _asked_for(call, func, column)
        if statistic in STATISTIC_NAMES
    }
    return Object(_AGGREGATES, call.arguments, call.place, dict(made)) if made else None


def _asked_for(
    call: Call, func: Value | None, column: object
) -> Iterator[tuple[str, object, str | None]]:
    """What each statistic is called, the column it is of, and which one it is."""
    if isinstance(func, SequenceValue) and column is not None:
        for name in map(known_text, func.items or ()):
            if name is not None:
                yield name, column, name
    for called, given in call.arguments.keywords.items() if func is None else ():
        if isinstance(given, SequenceValue) and given.items is not None and len(given.items) == 2:
            yield called, given.items[0], known_text(given.items[1])
        elif column is not None:
            yield called, column, known_text(given)


def _of_columns(call: Call, groups: Object, asked: Dictionary) -> Object | None:
    """`agg({"price": "mean"})`: the statistics go by the names of the columns that they are of."""
    found: list[Object] = []
    for column, given in asked.items.items():
        several = given.items if isinstance(given, SequenceValue) else (given,)
        names = [known_text(each) for each in several or ()]
        taken = Constant(column) if isinstance(column, str) else None
        found += [
            of_each_group(groups, name, taken, call.place)
            for name in names
            if name in STATISTIC_NAMES
        ]
    return _table_of(found)


def _table_of(statistics: Sequence[Object]) -> Object | None:
    """A table of statistics of which nobody knows any more what they are called."""
    if not statistics:
        return None
    fits = [fit for each in statistics if (fit := encoding(each)) is not None]
    return lineages.frame(whole_of(statistics[0]).after(*fits), statistics[0].place)


@method(FRAME, "pivot_table")
def pivoted(call: Call) -> Value | None:
    """`df.pivot_table(index="town", values="price")`: the mean of each group, unless told otherwise."""
    table, given = call.receiver, call.argument(3, "aggfunc")
    name = "mean" if given is None else known_text(given)
    column = call.argument(0, "values")
    if not isinstance(table, Object) or name not in STATISTIC_NAMES or known_text(column) is None:
        return None
    return of_each_group(table, name, column, call.place)


@item(_AGGREGATES)
def aggregate(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`statistics["mean"]`."""
    index = indices[0] if isinstance(indices[0], Value) else None
    name, names = known_text(index), names_in(index)
    if name is None and names is not None:
        kept = {key: each for key, each in receiver.fields.items() if key in names}
        return Object(_AGGREGATES, receiver.arguments, receiver.place, kept)
    found = receiver.fields.get(name)
    return found if isinstance(found, Value) else None


@attribute(_AGGREGATES, "*")
def aggregate_by_attribute(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`statistics.te`."""
    found = receiver.fields.get(node.attr.value) if isinstance(node, cst.Attribute) else None
    return found if isinstance(found, Value) else None


@method(_AGGREGATES, *words("reset_index copy round fillna sort_index sort_values astype"))
def same_aggregates(call: Call) -> Value | None:
    """The same statistics."""
    return call.receiver


@method(_AGGREGATES, *words("rename add_prefix add_suffix rename_axis droplevel set_axis"))
def renamed_aggregates(call: Call) -> Value | None:
    """The same statistics, called otherwise."""
    return _table_of([each for each in _fields(call.receiver) if isinstance(each, Object)])


def _fields(value: Value | None) -> Sequence[object]:
    return tuple(value.fields.values()) if isinstance(value, Object) else ()


def beside_rows(given: Value | None) -> tuple[dict[str, Fit], tuple[Fit, ...]]:
    """What comes to the rows of a table that statistics of groups are put beside: by the columns that it
    comes to, and of those that are not known."""
    if not isinstance(given, Object):
        return {}, ()
    if given.path == _AGGREGATES:
        named: _Named = {
            key: each for key, each in given.fields.items() if isinstance(each, Object)
        }
        return {key: fit for key, each in named.items() if (fit := encoding(each))}, ()
    lineage = lineages.known(given)
    if lineage is None or not lineage.rows.is_statistic:
        return {}, () if lineage is None else lineage.fits
    return {}, tuple(fit for fit in lineage.fits if fit.kind == "group statistic")
