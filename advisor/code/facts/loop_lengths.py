"""How often loops run: as a number where it is known, else as the symbol that stands for it."""

from advisor.code import symbols
from advisor.code.events import Loop
from advisor.code.symbols import Number
from advisor.code.values import Object, Scalar, Unknown, Value, number_of

_THROUGH = frozenset(["builtins.enumerate", "tqdm.tqdm"])


def length_of(loop: Loop) -> Number | None:
    """The number of rounds of a loop; None when not even a symbol stands for it."""
    if loop.trips is not None:
        return loop.trips
    return _length_of_value(loop.over)


def data_of(loop: Loop) -> Value | None:
    """What a loop goes over, behind `enumerate` and the like."""
    value = loop.over
    while isinstance(value, Object) and value.path in _THROUGH and value.arguments.positional:
        value = value.arguments.positional[0]
    return value


def _length_of_value(value: Value | None) -> Number | None:
    if isinstance(value, Object):
        if value.path == "builtins.range":
            return _length_of_range(value)
        if value.path in _THROUGH and value.arguments.positional:
            return _length_of_value(value.arguments.positional[0])
    if isinstance(value, (Object, Unknown)):
        known = value.fields.get("length")
        return known.number if isinstance(known, Scalar) else None
    return None


def _length_of_range(value: Object) -> Number | None:
    start, stop, *step = value.arguments.positional
    first, last = number_of(start), number_of(stop)
    if first is None or last is None or step:
        return None
    return symbols.subtract(last, first)
