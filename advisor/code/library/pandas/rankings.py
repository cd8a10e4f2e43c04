"""Columns that are ranked by how they go together with one of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.interpreter.loops import Iteration
from advisor.code.library import lineages
from advisor.code.library.lineages import COLUMN, FRAME
from advisor.code.library.models import Call, Index, attribute, item, iteration, method
from advisor.code.library.pandas.tables import whole_of
from advisor.code.values import Constant, Fit, Object, Value, known_text
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# What the columns are ranked by, once it is known: a fit on all rows that saw that column.
CORRELATION = "pandas.correlation"
RANKING = "pandas.ranking"


@method(FRAME, "corr")
def correlated(call: Call) -> Value | None:
    """`df.corr()`: how each column goes together with each other one."""
    assert isinstance(call.receiver, Object)
    lineage = whole_of(call.receiver)
    if not lineages.holds_rows(lineage) or call.receiver.fields.get(COLUMN) is not None:
        return None
    return Object(RANKING, place=call.place, fields={"rows": lineage.rows})


@method(FRAME, "corrwith")
def correlated_with(call: Call) -> Value | None:
    """`X.corrwith(df["y"])`: how each column goes together with one."""
    other = call.argument(0, "other")
    name = other.fields.get(COLUMN) if isinstance(other, Object) else None
    whole = correlated(call)
    if not isinstance(whole, Object) or not isinstance(name, Constant):
        return None
    return _by(whole, str(name.value))


def _by(ranking: Object, name: str) -> Object:
    place, rows = ranking.place, ranking.fields["rows"]
    assert place is not None
    estimator = Object(CORRELATION, place=place, fields={COLUMN: Constant(name)})
    text = lineages.written(place.node)
    fit = Fit(estimator, rows, place, "selection", uses_labels=True, text=text)
    return Object(RANKING, place=place, fields={**ranking.fields, "fit": fit})


@item(RANKING)
def by_column(
    machine: "Machine", receiver: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`df.corr()["y"]`, and some of the columns by their rank."""
    name = known_text(indices[0]) if isinstance(indices[0], Value) else None
    known = name is None or "fit" in receiver.fields or "rows" not in receiver.fields
    return receiver if known or name is None else _by(receiver, name)


@method(RANKING, "*")
def reordered(call: Call) -> Value | None:
    """`abs()`, `sort_values()`, `head(9)`, `tolist()`: still a ranking."""
    return call.receiver


@attribute(RANKING, "*")
def names(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`ranking.index`: the names in their order."""
    return receiver


@iteration(RANKING)
def one_by_one(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """One name after the other."""
    return Iteration(make=lambda: value)


def ranked_by(value: Value | slice) -> Fit | None:
    """What the names of columns were chosen by, where a ranking chose them."""
    if isinstance(value, SequenceValue):
        parts = value.items if value.items is not None else (value.element,)
        found = [ranked_by(each) for each in parts if each is not None]
        return found[0] if found and all(found) else None
    fit = value.fields.get("fit") if isinstance(value, Object) and value.path == RANKING else None
    return fit if isinstance(fit, Fit) else None
