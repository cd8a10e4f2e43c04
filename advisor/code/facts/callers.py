"""Which of its callers a function does something wrong for."""

from collections.abc import Callable

from advisor.code.events import Event
from advisor.code.facts.run import AbstractRun
from advisor.code.sources import NodePlace


def told_apart(run: AbstractRun, event: Event, is_alike: Callable[[Event], bool]) -> NodePlace:
    """Where an event is told of that happens in a function which others call, too: where it happens, if
    what happens there for the others is alike; else at the innermost call that leads to this alone."""
    others = {
        call.node
        for other in run.trace
        if other.place.node is event.place.node and other is not event and not is_alike(other)
        for call in other.context.calls
    }
    if not others:
        return event.place
    own = (each for each in reversed(event.context.calls) if each.node not in others)
    parting = next(own, event.place)
    return parting if run.may_tell_of(parting.source) else event.place
