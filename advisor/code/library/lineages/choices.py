"""Columns that were chosen by what something says of them that was fitted."""

from typing import TYPE_CHECKING

from advisor.code.library.lineages.making import written
from advisor.code.library.lineages.reading import known
from advisor.code.values import CONTRAST, Fit, Joined, Library, Object, Tensor, Unknown, Value
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace

RANKING = "ranking"
# Under this key a list has the fit that its items were chosen by.
CHOSEN = ("chosen",)


def ranking(fit: Fit, cut_already: bool = False) -> Object:
    """A ranking by a fit; one that is cut tells some of the columns from the others."""
    return Object(RANKING, place=fit.place, fields={"fit": fit, "cut": cut_already})


def of_classes(value: Value | None) -> Object | None:
    """What the difference of two classes says of each column, as `X[y == 1].mean(0) - X[y == 0].mean(0)`."""
    lineage = known(value) if isinstance(value, (Tensor, Object)) else None
    if lineage is None or lineage.rows.how != CONTRAST:
        return None
    rows, whole = lineage.rows, lineage.rows.parent
    learned = isinstance(value, Tensor) and value.graph is True
    if learned or rows.place is None or whole is None:
        return None
    if whole.tests is None:
        whole.tests = {}
    node = rows.place.node
    if node not in whole.tests:
        means, text = Library("class means"), written(node)
        whole.tests[node] = Fit(means, whole, rows.place, "selection", True, text, rows.context)
    return ranking(whole.tests[node])


def chosen_by(value: "Value | slice | None") -> Fit | None:
    """What some columns were chosen by, where a ranking chose them, and did not only bring all of
    them into an order."""
    fit = ranked_by(value)
    return fit if fit is not None and is_cut(value) else None


def is_cut(value: "Value | slice | None") -> bool:
    """Whether a ranking tells some of the columns from the others."""
    if isinstance(value, (SequenceValue, Unknown)) and CHOSEN in value.fields:
        return True
    if isinstance(value, (Joined, SequenceValue)):
        return all(is_cut(each) for each in _parts(value) if each is not None)
    return isinstance(value, Object) and value.fields.get("cut") is True


def cut(fit: Fit, place: "NodePlace") -> Fit:
    """What columns were chosen by, once some of them are: how they go together with labels may be
    looked at, so that is told where they are cut."""
    estimator = fit.estimator
    if not isinstance(estimator, Object) or not estimator.path.startswith("pandas.correlation"):
        return fit
    if fit.place is not estimator.place:
        return fit
    return Fit(estimator, fit.rows, place, fit.kind, fit.uses_labels, fit.text, fit.context)


def ranked_by(value: "Value | slice | None") -> Fit | None:
    """What columns were chosen by, where a ranking chose them."""
    if isinstance(value, (SequenceValue, Unknown)):
        chosen = value.fields.get(CHOSEN)
        if isinstance(chosen, Fit):
            return chosen
    if isinstance(value, (Joined, SequenceValue)):
        parts = _parts(value)
        found = [ranked_by(each) for each in parts if each is not None]
        return found[0] if found and all(found) else None
    fit = value.fields.get("fit") if isinstance(value, Object) and value.path == RANKING else None
    return fit if isinstance(fit, Fit) else None


def _parts(value: Joined | SequenceValue) -> tuple[Value | None, ...]:
    if isinstance(value, Joined):
        return value.alternatives
    return value.items if value.items is not None else (value.element,)
