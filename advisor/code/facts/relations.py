"""How optimizers, modules and parameters are related: whether one holds, clears or may reach the
other."""

import re
from collections.abc import Iterable, Iterator

from advisor.code.events import (
    AttributeAssigned,
    Escaped,
    Event,
    GradientsCleared,
    GradientsTaken,
    MethodNamed,
)
from advisor.code.values import (
    Constant,
    Dictionary,
    Function,
    Instance,
    Library,
    Method,
    Object,
    Optimizer,
    Parameters,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_constant,
)

# Names of functions that may clear gradients when they are handed a model.
_MAY_TRAIN = re.compile(
    r"zero|clear|reset|grad|step|optim|train|update|backward|fit|engine|epoch|learn", re.IGNORECASE
)
_PARAMETERS = frozenset({"weight", "bias"})
DEEPEST_REACH = 3
# A tensor is followed back through no more operations than this.
LONGEST_CHAIN = 12


def is_certainly_optimizer(value: Value) -> bool:
    """Whether a value is an optimizer for sure, whichever of its alternatives it is."""
    return all(
        isinstance(option, Optimizer) or _is_named_optimizer(option)
        for option in alternatives(value)
    )


def _is_named_optimizer(value: Value) -> bool:
    names = value.names if isinstance(value, Unknown) else ()
    return any("opt" in name.lower() for name in names)


def may_clear(event: Event, optimizer: Value) -> bool:
    """Whether an event clears the gradients that an optimizer uses, or may do so."""
    match event:
        case GradientsCleared():
            return any(may_concern(target, optimizer) for target in alternatives(event.target))
        case GradientsTaken():
            return True
        case MethodNamed():
            # Forgotten brackets are a mistake of their own.
            return event.name == "zero_grad"
        case Escaped():
            return _may_clear_inside(event, optimizer)
    return False


def may_concern(target: Value, optimizer: Value) -> bool:
    """Whether clearing `target` may clear the gradients that `optimizer` uses."""
    if target is optimizer:
        return True
    if isinstance(target, Optimizer) and isinstance(optimizer, Optimizer):
        if not target.complete or not optimizer.complete:
            return True
        return any(overlap(one, other) for one in target.owners for other in optimizer.owners)
    if isinstance(target, Unknown) or not isinstance(optimizer, Optimizer):
        return True
    if not optimizer.complete:
        return True
    parts = owners_of(target)
    return any(overlap(part, owner) for part in parts for owner in optimizer.owners)


def owners_of(target: Value) -> tuple[Value, ...]:
    """The modules whose gradients are cleared with a target."""
    if isinstance(target, Object) and target.path == "torch.parameter":
        return tuple(target.arguments.positional)
    if isinstance(target, Method) and target.name in _PARAMETERS:
        return (target.receiver,)
    return target.owners if isinstance(target, Parameters) else (target,)


def told_of_gradients(events: Iterable[Event]) -> Iterator[Value]:
    """The modules of which it is said whether their parameters take gradients."""
    for event in events:
        if isinstance(event, AttributeAssigned) and (
            event.name == "requires_grad" or _is_kept_as_it_is(event.value)
        ):
            yield from owners_of(event.owner)


def _is_kept_as_it_is(value: Value) -> bool:
    """Whether a parameter is made that takes no gradients: a filter that is given."""
    return isinstance(value, Tensor) and value.text == "parameter" and value.graph is False


def sets_gradients(event: Event) -> bool:
    """Whether gradients are made by hand: `p.grad = other.data - p.data`. Without any they are cleared."""
    return (
        isinstance(event, AttributeAssigned)
        and event.name == "grad"
        and not is_constant(event.value, None)
    )


def overlap(one: Value, other: Value) -> bool:
    """Whether two modules may share parameters: one is, or holds, the other."""
    if isinstance(one, (Unknown, Tensor)) or isinstance(other, (Unknown, Tensor)):
        return _same_or_related_unknowns(one, other)
    return reaches(one, other, DEEPEST_REACH) or reaches(other, one, DEEPEST_REACH)


def _same_or_related_unknowns(one: Value, other: Value) -> bool:
    if one is other:
        return True
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return one in _chain(other) or other in _chain(one)
    return True


def _chain(value: Unknown) -> Iterator[Unknown]:
    current: Unknown | None = value
    while current is not None:
        yield current
        current = current.parent


def reaches(value: Value, target: Value, depth: int = DEEPEST_REACH) -> bool:
    """Whether a value is the target or holds it somewhere inside."""
    if value is target:
        return True
    if isinstance(value, Unknown) and isinstance(target, Unknown) and value in _chain(target):
        return True
    if depth == 0:
        return False
    return any(reaches(inner, target, depth - 1) for inner in inside(value))


def inside(value: Value) -> Iterator[Value]:
    """What a value directly holds."""
    match value:
        case Instance() | Object() | Sequence() | Dictionary():
            for field in value.fields.values():
                if isinstance(field, Value):
                    yield field
                elif isinstance(field, tuple):
                    yield from (each for each in field if isinstance(each, Value))
        case Parameters():
            yield from value.owners
        case Function():
            yield from value.scope.fields.values()
        case _:
            yield from value.alternatives if hasattr(value, "alternatives") else ()


def _may_clear_inside(event: Escaped, optimizer: Value) -> bool:
    """Whether unknown code that is handed values may clear the optimizer's gradients: it may when
    it can get at the optimizer; when it can only get at the model, its name decides."""
    for value in event.values:
        if reaches(value, optimizer, DEEPEST_REACH):
            return True
    owners = optimizer.owners if isinstance(optimizer, Optimizer) else ()
    if not any(reaches(value, owner, 2) for value in event.values for owner in owners):
        return False
    if _switches_mode(event):
        return False
    return _MAY_TRAIN.search(name_of(event.callee)) is not None


def _switches_mode(event: Escaped) -> bool:
    """Whether a method of a model is called as `model.train()` is, with at most a truth value."""
    name = name_of(event.callee)
    passed = tuple(event.arguments.values())
    return name in {"train", "eval"} and all(isinstance(each, Constant) for each in passed)


def name_of(callee: Value) -> str:
    """The name of what is called, as far as it has one."""
    if isinstance(callee, Library):
        return callee.path
    return callee.name if isinstance(callee, Unknown) else ""


def origin_of(value: Value | None, known: dict[Value, Value]) -> Value | None:
    """The layer whose output a tensor is, or shows, or has a bias added to."""
    waiting, seen = list(alternatives(value)), 0
    while waiting and seen < LONGEST_CHAIN:
        current = waiting.pop(0)
        seen += 1
        if current in known:
            return known[current]
        waiting.extend(_shown_by(current))
    return None


def _shown_by(value: Value) -> Iterator[Value]:
    if isinstance(value, Tensor):
        if value.whole is not None:
            yield value.whole
        for term in value.terms:
            yield from (each for each in alternatives(term) if not isinstance(each, Unknown))
