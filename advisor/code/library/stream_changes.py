"""What functions that data sets are mapped by do at random to each sample."""

import re
from collections.abc import Iterator, Sequence

from advisor.code.events import Event, ForwardRun, TransformApplied
from advisor.code.interpreter import calls
from advisor.code.library.models import Call
from advisor.code.library.transforms import random_part
from advisor.code.nodes import as_written
from advisor.code.values import (
    Arguments,
    Bound,
    Function,
    Layer,
    Library,
    Object,
    Unknown,
    Value,
    is_constant,
)

_RANDOM = re.compile(r"\bimage\.(?:stateless_)?(random_\w+)\(|\b(Random\w+)\(")


def random_change(call: Call, change: Value | None) -> Object | None:
    """What a function changes samples by at random, whatever they are; None where there is nothing,
    where it depends on something, or where nobody knows."""
    if isinstance(change, Layer):
        return change if _is_random_layer(change) else None
    if not isinstance(change, (Function, Bound)):
        return None
    function = change.function if isinstance(change, Bound) else change
    code = as_written(function.node)
    found = _RANDOM.search(code)
    if found is not None and not re.search(r"\bif\b", code):
        path = f"tensorflow.image.{found[1]}" if found[1] else f"keras.layers.{found[2]}"
        return Object(path, place=change.place)
    machine = call.machine
    depth = len(machine.context.guards)
    samples: list[Value] = [Unknown("sample", place=call.place) for _ in range(_taken(change))]
    with machine.imagining() as imagined:
        calls.call(machine, change, Arguments(samples), call.node)
    return next(_random_in(imagined, depth), None)


def _taken(change: Function | Bound) -> int:
    """How many values a function takes."""
    function = change.function if isinstance(change, Bound) else change
    parameters = getattr(function.node, "params", None)
    given = [] if parameters is None else [each for each in parameters.params if not each.default]
    return max(len(given) - isinstance(change, Bound), 0)


def _random_in(events: Sequence[Event], depth: int) -> Iterator[Object]:
    """The transforms and layers among what has happened that change samples at random."""
    off = -1
    for event in events:
        if len(event.context.guards) > depth:
            continue
        if isinstance(event, TransformApplied):
            transform = event.transform
            if isinstance(transform, Library) and "image.random_" in transform.path:
                yield Object(transform.path, place=event.place)
            part = random_part(transform)
            if part is not None:
                yield part
        elif isinstance(event, ForwardRun) and event.index >= off:
            if is_constant(event.arguments.keywords.get("training"), False):
                off = event.end
            elif isinstance(event.module, Layer) and _is_random_layer(event.module):
                yield event.module


def _is_random_layer(layer: Layer) -> bool:
    return layer.path.startswith("keras.layers.Random")
