"""Data sets that one piece of code makes for several ends, told apart by who asks for them."""

from advisor.code.events import DataGiven
from advisor.code.facts.run import AbstractRun
from advisor.code.library.streams import CALLS
from advisor.code.sources import NodePlace
from advisor.code.values import Object, Value


def asked_for_at(run: AbstractRun, data: Value, training: bool) -> NodePlace | None:
    """The call that asks for data that is there to train on, or to judge by, where the same code has made
    data for the other end as well, which another call asks for."""
    for event in run.events(DataGiven):
        other = event.data
        if (event.use == "training") is training or other.place is None or data.place is None:
            continue
        if other.place.node is data.place.node:
            place = _called_apart(data, other)
            if place is not None and run.may_tell_of(place.source):
                return place
    return None


def _called_apart(data: Value, other: Value) -> NodePlace | None:
    """The first call that leads to one and not to the other."""
    if not isinstance(data, Object) or not isinstance(other, Object):
        return None
    calls = zip(data.fields.get(CALLS, ()), other.fields.get(CALLS, ()), strict=False)
    return next((one for one, two in calls if one.node is not two.node), None)
