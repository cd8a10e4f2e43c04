"""Columns that are ranked by how they go together with one of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, FRAME
from advisor.code.library.models import Call, Index, item, method
from advisor.code.library.pandas.tables import whole_of
from advisor.code.values import Constant, Fit, Object, Value, known_text

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# What the columns are ranked by, once it is known: a fit on all rows that saw that column.
CORRELATION = "pandas.correlation"
CORRELATIONS = f"{lineages.RANKING}.of all columns"


@method(FRAME, "corr")
def correlated(call: Call) -> Value | None:
    """`df.corr()`: how each column goes together with each other one."""
    assert isinstance(call.receiver, Object)
    lineage = whole_of(call.receiver)
    if not lineages.holds_rows(lineage) or call.receiver.fields.get(COLUMN) is not None:
        return None
    return Object(CORRELATIONS, place=call.place, fields={"rows": lineage.rows})


@method(FRAME, "corrwith")
def correlated_with(call: Call) -> Value | None:
    """`X.corrwith(df["y"])`: how each column goes together with one."""
    other = call.argument(0, "other")
    name = other.fields.get(COLUMN) if isinstance(other, Object) else None
    whole = correlated(call)
    if not isinstance(whole, Object) or not isinstance(name, Constant):
        return None
    return _by(call.machine, whole, str(name.value))


def _by(machine: "Machine", correlations: Object, name: str) -> Object:
    place, rows = correlations.place, correlations.fields["rows"]
    assert place is not None
    estimator = Object(CORRELATION, place=place, fields={COLUMN: Constant(name)})
    text = lineages.written(place.node)
    fit = Fit(estimator, rows, place, "selection", True, text, machine.context)
    return lineages.ranking(fit)


@item(CORRELATIONS)
def by_column(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`df.corr()["y"]`, and some of the columns by their rank."""
    name = known_text(indices[0]) if isinstance(indices[0], Value) else None
    return receiver if name is None else _by(machine, receiver, name)
