"""Several tables made one."""

from advisor.code.library import lineages
from advisor.code.library.lineages import FRAME
from advisor.code.library.models import Call, function, method
from advisor.code.library.numpy import after_each_other, beside, parts_of
from advisor.code.library.pandas.aggregates import beside_rows
from advisor.code.library.pandas.tables import is_row_axis, set_column
from advisor.code.values import Dictionary, Lineage, Value, alternatives
from advisor.code.values import Sequence as SequenceValue


@function("pandas.concat")
def concatenated(call: Call) -> Value | None:
    """Tables one below the other, or beside each other."""
    parts = parts_of(call.argument(0, "objs"))
    axis = call.argument(1, "axis")
    along_rows = axis is None or is_row_axis(axis)
    if not parts and not along_rows:
        return _beside_tables(call)
    if not parts:
        given = call.argument(0, "objs")
        copied = lineages.repeated_whole(given, call.place, call.context)
        lineage = copied or lineages.known(given)
        return None if lineage is None else lineages.frame(lineage, call.place)
    for part in parts:
        lineages.samples(part)
    result = after_each_other(parts, call) if along_rows else beside(parts, call)
    lineage = lineages.known(result)
    return None if lineage is None else lineages.frame(lineage, call.place)


def _beside_tables(call: Call) -> Value | None:
    """The columns of tables in a list of which only the kinds are known: their rows, where all of them
    are of the same."""
    given = call.argument(0, "objs")
    element = given.element if isinstance(given, SequenceValue) else None
    tables = alternatives(element) if element is not None else ()
    found = [lineages.known(each) for each in tables]
    rows = {None if each is None else each.rows for each in found}
    first = found[0] if found else None
    return lineages.frame(first, call.place) if first is not None and len(rows) == 1 else None


@method(FRAME, "append", "_append")
def appended(call: Call) -> Value | None:
    """`df.append(other)`."""
    other = call.argument(0, "other")
    if call.receiver is None or other is None or isinstance(other, Dictionary):
        return None
    parts = parts_of(other) or [other]
    for part in parts:
        lineages.samples(part)
    result = after_each_other([call.receiver, *parts], call)
    lineage = lineages.known(result)
    return None if lineage is None else lineages.frame(lineage, call.place)


@function("pandas.merge")
@method(FRAME, "merge")
def merged(call: Call) -> Value | None:
    """Rows of two tables that belong together."""
    left = call.receiver or call.argument(0, "left")
    right = call.argument(0 if call.receiver is not None else 1, "right")
    lineage = lineages.samples(left)
    columns, fits = beside_rows(right)
    rows = lineage.rows.part(("merge", call.node), place=call.place)
    result = lineages.frame(lineages.applied(lineage.of(rows), *fits), call.place)
    for name, fit in columns.items():
        set_column(call.machine, result, name, lineages.applied(Lineage(rows), fit))
    return result
