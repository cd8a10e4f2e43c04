"""Whether a gradient can flow from a value to parameters, and what has cut its path off."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from advisor.code.values import (
    SAMPLE_OF,
    TRUE,
    Constant,
    Cut,
    Joined,
    Scalar,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    join,
)

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace

_CUT = ("cut",)
_WANTED = ("gradients wanted",)
# Under this key an unknown has what it was computed from by arithmetic or a reduction.
TERMS = ("terms",)
# Under this key an unknown that was cut off has what it was before.
BEHIND = ("behind",)
# Under this key an unknown has what a library has made it of.
SOURCES = ("sources",)
_LONGEST_CHAIN = 60
# What is looked through where something must not be missed.
_MOST_TERMS = 2000


def gradient_of(value: Value | None) -> bool | None:
    """Whether a gradient can flow from a value to parameters; None when nobody knows. An array of NumPy
    keeps none."""
    match value:
        case None | Scalar() | Constant():
            return False
        case Tensor():
            return False if value.library == "numpy" else value.graph
        case Unknown():
            if _WANTED in value.fields:
                return True
            return False if _CUT in value.fields else None
        case Joined():
            found = {gradient_of(option) for option in value.alternatives}
            return found.pop() if len(found) == 1 else None
    return None


def is_learned(value: Value | None) -> bool:
    """Whether a tensor is a parameter, or was made with `requires_grad=True`: computed from nothing."""
    if not isinstance(value, Tensor) or value.graph is not True:
        return False
    return value.text == "parameter" or (value.sources == () and not value.terms)


def cut_of(value: Value | None) -> Cut | None:
    """What has cut a value off from all parameters, if that is so on every way."""
    found = [_own_cut(option) for option in alternatives(value)]
    return found[0] if found and None not in found else None


def _own_cut(value: Value) -> Cut | None:
    if isinstance(value, Tensor):
        return value.cut
    cut = value.fields.get(_CUT) if isinstance(value, Unknown) else None
    return cut if isinstance(cut, Cut) else None


def cut_off(value: Value, place: "NodePlace", how: str) -> Value:
    """The same numbers without a way back to parameters. What was cut off before, or never had a
    way back, keeps what it had."""
    match value:
        case Tensor():
            cut = value.cut
            if cut is None and value.graph is not False:
                cut = Cut(place, how)
            return value.replace(graph=False, cut=cut, whole=value)
        case Unknown():
            alias = Unknown(value.name, value.parent, value.place, value.lineage)
            alias.shape, alias.names = value.shape, value.names
            alias.fields = {key: item for key, item in value.fields.items() if key != _WANTED}
            alias.fields.setdefault(_CUT, Cut(place, how))
            alias.fields.setdefault(BEHIND, value)
            return alias
        case Joined():
            parts = [cut_off(option, place, how) for option in value.alternatives]
            result = parts[0]
            for part in parts[1:]:
                result = join(result, part)
            return result
    return value


def want_gradients(value: Value) -> None:
    """From here on gradients with regard to the value itself are computed."""
    for option in alternatives(value):
        if isinstance(option, Tensor):
            option.graph = True
        elif isinstance(option, Unknown):
            option.fields[_WANTED] = TRUE


def combined(values: Iterable[Value | None]) -> tuple[bool | None, Cut | None]:
    """Whether a gradient can flow through what is computed from values, and what has cut it off
    when it cannot."""
    operands = list(values)
    found = [gradient_of(value) for value in operands]
    if True in found:
        return True, None
    if None in found:
        return None, None
    cuts = (cut_of(value) for value in operands)
    return False, next((cut for cut in cuts if cut is not None), None)


def computed(result: Value, *operands: Value | None) -> Value:
    """Let a new result know what it was computed from, and whether a gradient can flow through."""
    graph, cut = combined(operands)
    if result in operands:
        return result
    terms = tuple([value for value in operands if isinstance(value, (Tensor, Unknown, Joined))])
    if isinstance(result, Tensor):
        result.graph, result.cut, result.terms = graph, cut, terms
    elif isinstance(result, Unknown):
        result.fields[TERMS] = terms
        if graph is False and cut is not None:
            result.fields[_CUT] = cut
    return result


def made_of(result: Value, operands: Iterable[Value]) -> None:
    """Let what a library has made know all that it was made of."""
    given = tuple([each for each in operands if not isinstance(each, (Constant, Scalar))])
    if isinstance(result, Tensor):
        if result not in given:
            result.sources = given if result.sources is None else result.sources
        elif len(given) > 1:
            others = [each for each in given if each is not result]
            result.sources = (*(result.sources or ()), *others)
    elif isinstance(result, Unknown):
        if result not in given:
            result.fields.setdefault(SOURCES, given)
    elif isinstance(result, Sequence):
        for item in result.items or ():
            if isinstance(item, (Tensor, Unknown)):
                made_of(item, given)


def fill(tensor: Tensor, value: Value) -> None:
    """Let gradients flow to what a tensor is filled with in place, and all that shows the same numbers."""
    current: Tensor | None = tensor
    while current is not None and current.library == "torch" and not is_learned(current):
        if current is value or current.cut is not None:
            return  # what was cut off has the numbers of its whole, not its way back
        current.graph, current.cut = combined((current, value))
        made_of(current, (current, value))
        current = current.whole


def stay_cut_off(result: Unknown, operands: Iterable[Value]) -> None:
    """Let what a method of a tensor has made be cut off as well where all it was made of is."""
    graph, cut = combined(operands)
    if graph is False and cut is not None:
        result.fields[_CUT] = cut


def is_computed_from(value: Value | None, target: Value) -> bool:
    """Whether a value is another one, or was computed from it by arithmetic or reductions."""
    return any(each is target for each in computed_from(value))


def may_be_computed_from(value: Value | None, target: Value) -> bool:
    """Whether a value is another one or was computed from it, or from so much that nobody has looked
    through it all: the sum of what many layers differ by."""
    waiting, seen = list(alternatives(value)), set[int]()
    while waiting:
        current = waiting.pop()
        if current is target or len(seen) >= _MOST_TERMS:
            return True
        if id(current) not in seen:
            seen.add(id(current))
            for term in terms_of(current):
                waiting += alternatives(term)
    return False


def computed_from(value: Value | None, beyond_cuts: bool = True) -> Iterator[Value]:
    """What a value was computed from by arithmetic or reductions, the value itself first. Not beyond
    what has no gradient, it is what a gradient may get to that flows back from the value."""
    waiting, seen = list(alternatives(value)), 0
    while waiting and seen < _LONGEST_CHAIN:
        current = waiting.pop()
        seen += 1
        if not beyond_cuts and gradient_of(current) is False:
            continue
        yield current
        for term in terms_of(current):
            waiting += alternatives(term)


def made_from(value: Value) -> Iterator[Value]:
    """What a value was made from, by arithmetic, by libraries and one by one: the nearest first, and
    not all of it where that is much."""
    waiting, seen = deque([value]), set[int]()
    while waiting and len(seen) < _LONGEST_CHAIN:
        current = waiting.popleft()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        for term in (*terms_of(current), *_sources(current), *_held(current)):
            waiting.extend(alternatives(term))


def may_be_made_from(value: Value, target: Value) -> bool:
    """Whether a value was made from another one by whatever way, or from so much that nobody has looked
    through it all."""
    made = list(made_from(value))
    return len(made) >= _LONGEST_CHAIN or any(each is target for each in made)


def _sources(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Tensor):
        return value.sources or ()
    return value.fields.get(SOURCES, ()) if isinstance(value, Unknown) else ()


def _held(value: Value) -> Iterator[Value]:
    """What a list holds, or what something is one of."""
    if isinstance(value, Sequence):
        yield from value.items or ()
        if value.element is not None:
            yield value.element
    if isinstance(value, Unknown):
        whole = value.fields.get(SAMPLE_OF)
        yield from (each for each in (whole, value.parent) if isinstance(each, Value))


def terms_of(value: Value) -> tuple[Value, ...]:
    """What a value was computed from by arithmetic or a reduction."""
    found: object = ()
    if isinstance(value, Tensor):
        found = value.terms
    elif isinstance(value, Unknown):
        found = value.fields.get(TERMS, ())
    return found if isinstance(found, tuple) else ()
