"""Whether what a layer makes goes somewhere else than into the next layer of its kind."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from advisor.code.events import AttributeAssigned, Bent, Escaped, Event, ForwardRun, LayerBuilt
from advisor.code.facts.run import AbstractRun
from advisor.code.gradients import SOURCES, terms_of
from advisor.code.values import (
    Dictionary,
    Layer,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
)

_MOST_VALUES = 400


def is_used_besides(
    run: AbstractRun, first: ForwardRun, made: Collection[Value], around: ForwardRun | None
) -> bool:
    """Whether something else takes what a layer has made than layers of the same kind; in the pass
    around, or in what follows where no module runs the layer."""
    end = len(run.trace) if around is None else around.end
    later = run.events_within(
        first.index + 1, end, ForwardRun, AttributeAssigned, Bent, Escaped, LayerBuilt
    )
    past, others, beside = list[Value](), list[Value](), list[Value]()
    for event in later:
        match event:
            case ForwardRun() if _takes(event.arguments.values(), made):
                if event.output is None or any(event.output is each for each in made):
                    continue
                if getattr(event.module, "path", "") == getattr(first.module, "path", "-"):
                    past.append(event.output)
                elif around is None:
                    return True
                else:
                    others.append(event.output)
                    if not _runs_inside(run, event, first):
                        beside.append(event.output)
            case ForwardRun() if _takes(event.arguments.values(), others):
                return True
            case Bent() if any(event.tensor is each for each in made) and not event.in_place:
                others.append(event.made)
            case Escaped() if _takes(event.values, made):
                return True
            case AttributeAssigned() if _takes((event.value,), made):
                return True
    escaped = [each for each in later if isinstance(each, Escaped)]
    ends = _ends(later, made) if around is None else _output(around)
    wanted = (*made, *beside)
    return any(value is each for value in _made_of(ends, past, escaped) for each in wanted)


def _runs_inside(run: AbstractRun, around: ForwardRun, first: ForwardRun) -> bool:
    """Whether a layer of the same kind runs inside of a pass."""
    path = getattr(first.module, "path", "-")
    inside = run.events_within(around.index + 1, around.end, ForwardRun)
    return any(getattr(each.module, "path", "") == path for each in inside)


def _takes(values: Iterable[Value], made: Collection[Value]) -> bool:
    return any(
        option is each
        for value in values
        for part in (value, *_parts(value))
        for option in alternatives(part)
        for each in made
    )


def _output(around: ForwardRun) -> Iterator[Value]:
    return iter(() if around.output is None else (around.output,))


def _ends(later: Iterable[Event], made: Collection[Value]) -> Iterator[Value]:
    """What other layers are given, and what comes out of models that are put together of tensors."""
    for event in later:
        if isinstance(event, ForwardRun):
            values = event.arguments.values()
            yield from () if _takes(values, made) else values
        elif isinstance(event, LayerBuilt):
            output = event.layer.fields.get("graph_output")
            if isinstance(output, Value):
                yield output


def _made_of(ends: Iterable[Value], past: list[Value], escaped: list[Escaped]) -> Iterator[Value]:
    """All that some values were made of, on ways that do not lead through others."""
    waiting, seen = deque(ends), set[int]()
    while waiting and len(seen) < _MOST_VALUES:
        current = waiting.popleft()
        if id(current) in seen or _is_one_of(current, past):
            continue
        seen.add(id(current))
        yield current
        waiting.extend(option for each in _nearest(current) for option in alternatives(each))
        for event in escaped:
            if event.result is current:
                waiting.extend(event.values)


def _is_one_of(value: Value, values: list[Value]) -> bool:
    """Whether a value shows the numbers of one of some."""
    current: Value | None = value
    while current is not None:
        if any(current is each for each in values):
            return True
        current = current.whole if isinstance(current, Tensor) else None
    return False


def _nearest(value: Value) -> Iterator[Value]:
    yield from terms_of(value)
    if isinstance(value, Tensor):
        yield from value.sources or ()
        if value.whole is not None:
            yield value.whole
    elif isinstance(value, Unknown):
        yield from value.fields.get(SOURCES, ())
        if value.parent is not None:
            yield value.parent
    elif not isinstance(value, Layer):
        yield from _parts(value)


def _parts(value: Value) -> Iterator[Value]:
    match value:
        case Sequence():
            yield from value.items or ()
            if value.element is not None:
                yield value.element
        case Dictionary():
            yield from value.items.values()
            if value.other is not None:
                yield value.other
