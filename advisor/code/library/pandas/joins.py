"""Several tables made one."""

from advisor.code.library import lineages
from advisor.code.library.lineages import FRAME
from advisor.code.library.models import Call, function, method
from advisor.code.library.numpy import after_each_other, beside, parts_of
from advisor.code.library.pandas.tables import is_row_axis
from advisor.code.values import Dictionary, Value


@function("pandas.concat")
def concatenated(call: Call) -> Value | None:
    """Tables one below the other, or beside each other."""
    parts = parts_of(call.argument(0, "objs"))
    axis = call.argument(1, "axis")
    if not parts:
        given = call.argument(0, "objs")
        copied = lineages.repeated_whole(given, call.place, call.context)
        lineage = copied or lineages.known(given)
        return None if lineage is None else lineages.frame(lineage, call.place)
    for part in parts:
        lineages.samples(part)
    if axis is not None and not is_row_axis(axis):
        result = beside(parts, call)
    else:
        result = after_each_other(parts, call)
    lineage = lineages.known(result)
    return None if lineage is None else lineages.frame(lineage, call.place)


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
    other = lineages.known(right)
    fits = other.fits if other is not None else ()
    rows = lineage.rows.part(("merge", call.node), place=call.place)
    return lineages.frame(lineage.of(rows).after(*fits), call.place)
