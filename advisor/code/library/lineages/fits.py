"""What samples went through that had been fitted, by a library or by hand."""

import re
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import FitApplied, LabelsLearned
from advisor.code.library.lineages.making import columns_of, written
from advisor.code.library.lineages.names import FRAME, MOMENTS
from advisor.code.library.lineages.reading import is_noise, known
from advisor.code.values import (
    SHUFFLED,
    Columns,
    Fit,
    Library,
    Lineage,
    Object,
    RowSet,
    Value,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


# A statistic of each column: along the first axis, or of a table or a column by its name.
_BY_COLUMN = re.compile(
    r"(axis|dim)=0\b|\(0[,)]|, (axis=)?0\)|\]\.\w+\(\)$|^(df|table|frame)\w*\.\w+\(\)$"
)


def applied(lineage: Lineage, *fits: Fit) -> Lineage:
    """The lineage of samples after something fitted was applied to them. When they are one part of
    a split and the fit saw both parts, the split learns of it."""
    for fit in fits:
        for each in lineage.rows.ancestors():
            split = each.split
            if split is not None and each.parent is not None and _has_seen(fit, each.parent):
                if fit not in split.applied:
                    split.applied.append(fit)
                break
    return lineage.after(*fits)


def _has_seen(fit: Fit, rows: RowSet) -> bool:
    """Whether something has learned from all of the rows, whichever way the program goes: where it
    learns from one part or from all of them, all of them may be what there is on the way without a
    split."""
    return rows is fit.rows or rows.surely_within(fit.rows)


def by_hand(statistics: Lineage, data: Lineage) -> Fit | None:
    """What applying a statistic to data amounts to: a fit on the rows that it was taken over."""
    rows = statistics.rows
    if rows.how not in MOMENTS or rows.parent is None or rows.place is None:
        return None
    for fit in data.fits:
        if fit.kind == "statistic" and fit.rows is rows.parent:
            return None
    text = written(rows.place.node)
    if is_noise(rows.parent) and not _BY_COLUMN.search(text):
        return None  # Numbers that were made up may be brought into a range as a whole.
    taken = Library("statistic")
    return Fit(taken, rows.parent, rows.place, "statistic", text=text, context=rows.context)


def filled(data: Lineage, *statistics: Lineage | None) -> Lineage:
    """Data after statistics were put in, taken away or divided by."""
    for given in statistics:
        each = _of_these(given, data)
        if each is not None and each.rows.is_statistic:
            fit = by_hand(each, data)
            if fit is not None:
                data = applied(data, fit)
        elif each is not None:
            data = data.after(*each.fits)
    return data


def _of_these(statistic: Lineage | None, data: Lineage) -> Lineage | None:
    """A statistic of one set or another, as it is on the way on which data are of that set."""
    if statistic is None or statistic.rows.how != "either":
        return statistic
    for each in statistic.rows.sources:
        if each.is_statistic and each.parent is not None and data.rows.within(each.parent):
            return Lineage(each)
    return statistic


def notice_by_hand(
    machine: "Machine", before: Value | None, after: Lineage | None, node: cst.CSTNode
) -> None:
    """Say that samples went through statistics, column by column, that were taken by hand."""
    if after is None or not after.fits:
        return
    known_before = known(before)
    columns = columns_of(before)
    is_one_column = columns is not None and columns.single is not None
    # What is asked of a table is asked of each of its columns.
    by_column = is_one_column or (isinstance(before, Object) and before.path == FRAME)
    for fit in after.fits:
        if fit.kind != "statistic" or (known_before is not None and fit in known_before.fits):
            continue
        fit.used.append(machine.context)
        if by_column or _BY_COLUMN.search(fit.text):
            machine.emit(FitApplied(machine.place(node), machine.context, fit, after.rows))


def _in_any_order(lineage: Lineage) -> RowSet:
    rows = lineage.rows
    return rows.parent if rows.how == SHUFFLED and rows.parent is not None else rows


def learn(
    machine: "Machine",
    features: Value,
    labels: Value,
    text: str,
    node: cst.CSTNode,
    numeric: bool = False,
    told: Columns | None = None,
) -> None:
    """Let a model learn to predict labels from features of the same rows, or from those columns of
    them that it is told: what is predicted from the rows before it, as in a series, may well be of
    the same column."""
    given, wanted = told or columns_of(features), columns_of(labels)
    one, other = known(features), known(labels)
    if one is not None and other is not None and _in_any_order(one) is not _in_any_order(other):
        return
    if given is not None and wanted is not None:
        place = machine.place(node)
        machine.emit(LabelsLearned(place, machine.context, given, wanted, text, numeric))
