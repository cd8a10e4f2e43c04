"""Columns that were chosen by what something says of them that was fitted."""

from advisor.code.values import Fit, Joined, Object, Unknown, Value
from advisor.code.values import Sequence as SequenceValue

RANKING = "ranking"
# Under this key a list has the fit that its items were chosen by.
CHOSEN = ("chosen",)


def ranking(fit: Fit) -> Object:
    """A ranking by a fit."""
    return Object(RANKING, place=fit.place, fields={"fit": fit})


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
