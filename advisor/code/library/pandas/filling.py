"""Gaps in tables that are filled."""

from collections.abc import Sequence

from advisor.code.events import GapsFilled
from advisor.code.library import lineages
from advisor.code.library.lineages import FRAME
from advisor.code.library.models import Call, method
from advisor.code.library.pandas.tables import same_columns, set_lineage, table_like
from advisor.code.values import NONE, TRUE, Dictionary, Lineage, Object, RowSet, Value, alternatives


@method(FRAME, "fillna", "replace", "mask", "where")
def filled(call: Call) -> Value | None:
    """Gaps or values replaced; by a statistic of rows that is a fit on these rows."""
    table = call.receiver
    assert isinstance(table, Object)
    before = lineages.samples(table)
    lineage = lineages.filled(before, *_statistics(list(call.arguments.values()), before.rows))
    changed = lineage is not before
    lineages.notice_by_hand(call.machine, table, lineage, call.node)
    if changed and call.path.endswith("fillna"):
        for fit in lineage.fits[len(before.fits) :]:
            call.machine.emit(GapsFilled(call.place, call.context, fit))
    if call.argument(-1, "inplace") is TRUE:
        if changed:
            set_lineage(call.machine, table, lineage)
        return NONE
    if not changed:
        return same_columns(table_like(table), table)
    return same_columns(lineages.frame(lineage, call.place), table)


def _statistics(passed: Sequence[Value], rows: RowSet) -> list[Lineage]:
    """The statistics among some values; of one that may be over several sets, that over `rows`."""
    found: list[Lineage] = []
    for value in passed:
        inner = list(value.items.values()) if isinstance(value, Dictionary) else [value]
        for each in inner:
            options = [lineages.known(option) for option in alternatives(each)]
            known = [option for option in options if option is not None]
            own = [option for option in known if option.rows.parent is rows]
            found.extend(own or known)
    return found
