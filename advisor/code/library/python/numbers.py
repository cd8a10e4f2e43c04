"""Numbers of Python: rounding, extremes, lengths, sums."""

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.gradients import cut_off
from advisor.code.interpreter import calls, operators
from advisor.code.interpreter.loops import element_of, items_of
from advisor.code.library.models import Call, attribute, function
from advisor.code.values import (
    DTYPE,
    GROWN,
    LENGTH_ASKED,
    PLAIN_NUMBER,
    TRUE,
    Arguments,
    Constant,
    Dictionary,
    Function,
    Instance,
    Object,
    Scalar,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    known_number,
    known_text,
    number_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def names_of(*values: Value | None) -> frozenset[str]:
    """The constants, options and parameters that numbers were computed from."""
    found: frozenset[str] = frozenset()
    for value in values:
        if isinstance(value, Scalar):
            found |= value.names
    return found


def configurable_of(*values: Value | None) -> str | None:
    """The first way in which a user can change one of some numbers."""
    for value in values:
        if isinstance(value, Scalar) and value.configurable:
            return value.configurable
    return None


# What the number of processors is called, and what was computed from it.
PROCESSORS = "cpu_count()"


@function("os.cpu_count", "os.process_cpu_count", "multiprocessing.cpu_count")
@function("torch.multiprocessing.cpu_count", "psutil.cpu_count")
def processors(call: Call) -> Value | None:
    """How many processors there are."""
    return Scalar(symbols.fresh(PROCESSORS), frozenset({PROCESSORS}))


@function("builtins.int", "math.floor", "math.trunc", "numpy.floor")
def rounded_down(call: Call) -> Value | None:
    """A number without its fraction."""
    return _rounded(call, "floor")


@function("math.ceil", "numpy.ceil")
def rounded_up(call: Call) -> Value | None:
    """The next whole number."""
    return _rounded(call, "ceil")


def _rounded(call: Call, way: str) -> Value | None:
    value = call.argument(0, "x")
    if isinstance(value, (Tensor, Unknown)) and call.path == "builtins.int":
        return _of_python(call, "long")
    if not isinstance(value, Scalar):
        return None
    number = value.number
    if number.integer is not None:
        return value
    if number.constant is None and _whole(number):
        return value
    return Scalar(symbols.apply(way, number), value.names, value.configurable)


def _whole(number: symbols.Number) -> bool:
    return isinstance(number.coefficient, int) and all(power > 0 for _, power in number.factors)


@function("builtins.float")
def decimal(call: Call) -> Value | None:
    """A number as a float."""
    value = call.argument(0, "x")
    text = known_text(value)
    if text is not None:
        try:
            return Scalar(symbols.number(float(text)))
        except ValueError:
            return None
    if isinstance(value, (Tensor, Unknown)):
        return _of_python(call, "float")
    return value if isinstance(value, Scalar) else None


def _of_python(call: Call, dtype: str) -> Value:
    """A plain number of a type, which nobody knows."""
    made = call.unknown()
    made.fields[PLAIN_NUMBER] = TRUE
    made.fields[DTYPE] = dtype
    return cut_off(made, call.place, f"{call.path.rsplit('.', 1)[-1]}()")


@function("builtins.round")
def rounded(call: Call) -> Value | None:
    """A number to so many digits."""
    value = call.argument(0, "number")
    if not isinstance(value, Scalar):
        return None
    constant = value.number.constant
    digits = known_number(call.argument(1, "ndigits"))
    if constant is None or not isfinite(constant):
        return value
    places = digits.integer if digits is not None else None
    return Scalar(symbols.number(round(constant, places)), value.names, value.configurable)


def _extreme(name: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        values = call.arguments.positional
        if len(values) == 1:
            values = list(items_of(values[0]) or ())
        numbers = [value.number for value in values if isinstance(value, Scalar)]
        if len(numbers) != len(values) or not numbers:
            return None
        result = numbers[0]
        for other in numbers[1:]:
            result = symbols.apply(name, result, other)
        return Scalar(result, names_of(*values), configurable_of(*values))

    return model


function("builtins.min")(_extreme("min"))
function("builtins.max")(_extreme("max"))


def _mathematical(name: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        value = call.argument(0, "x")
        if isinstance(value, Unknown) and call.path.startswith("math."):
            made = call.unknown()
            made.fields[PLAIN_NUMBER] = TRUE
            return cut_off(made, call.place, call.path)
        if not isinstance(value, Scalar):
            return None
        return Scalar(symbols.apply(name, value.number), value.names, value.configurable)

    return model


for _name in ("sqrt", "cos", "sin", "exp", "log"):
    function(f"math.{_name}")(_mathematical(_name))
function("builtins.abs", "math.fabs")(_mathematical("abs"))


@function("math.pow", "builtins.pow")
def to_the_power(call: Call) -> Value | None:
    """`base ** exponent`."""
    base, exponent = call.argument(0, "x"), call.argument(1, "y")
    if not isinstance(base, Scalar) or not isinstance(exponent, Scalar):
        return None
    result = symbols.power(base.number, exponent.number)
    names, option = names_of(base, exponent), configurable_of(base, exponent)
    return None if result is None else Scalar(result, names, option)


@attribute("constant", "math.pi", "numpy.pi", "torch.pi")
def pi(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """The number π."""
    return Scalar(symbols.number(3.141592653589793))


@function("builtins.len")
def length(call: Call) -> Value | None:
    """How many items a value has: the same number each time it is asked."""
    value = call.argument(0, "obj")
    match value:
        case Sequence() if value.items is not None:
            return Scalar(symbols.number(len(value.items)))
        case Dictionary() if value.other is None and GROWN not in value.fields:
            return Scalar(symbols.number(len(value.items)))
        case Tensor():
            return Scalar(value.shape.axis(0))
        case Constant() if isinstance(value.value, str) and not value.configurable:
            return Scalar(symbols.number(len(value.value)))
        case Instance() if isinstance(value.cls.find("__len__"), Function):
            return asked_length(call.machine, value, call.node)
        case Unknown() if "length" not in value.fields and _has_first_axis(value):
            return Scalar(value.shape.axis(0), frozenset({f"len({value.name})"}))
        case Unknown() | Object() | Sequence() | Instance():
            if GROWN in value.fields:
                call.machine.lengths_asked += 1
            return known_length(value)
    return None


def _has_first_axis(value: Unknown) -> bool:
    """Whether the first axis of what turned out to be an array was ever asked for."""
    return bool(value.shape.dims) or 0 in value.shape.known_axes


def known_length(value: Unknown | Object | Sequence | Instance) -> Scalar:
    """The number that stands for the length of a value."""
    key = "length"
    found = value.fields.get(key)
    if not isinstance(found, Scalar):
        name = value.name if isinstance(value, Unknown) else type(value).__name__.lower()
        found = Scalar(symbols.fresh(f"len({name})"), frozenset({f"len({name})"}))
        value.fields[key] = found
    return found


def asked_length(machine: "Machine", value: Instance, node: cst.CSTNode) -> Value | None:
    """What the `__len__` of a project class gives. A number that nothing is known of is the same each
    time, as a length is that the standard library tells."""
    found = calls.call_method(machine, value, "__len__", Arguments(), node)
    known = value.fields.get(LENGTH_ASKED)
    if isinstance(found, Unknown) and isinstance(known, Scalar) and not known.number.integer:
        return known
    number = number_of(found)
    if number is None:
        return found
    kept = Scalar(number, frozenset({found.name})) if isinstance(found, Unknown) else found
    machine.store(value.fields, LENGTH_ASKED, kept)
    return kept


# So many items are added up one by one.
_MOST_TERMS = 16


def _is_term(value: Value) -> bool:
    return all(isinstance(each, (Tensor, Unknown, Scalar)) for each in alternatives(value))


def _added_up(call: Call, items: tuple[Value, ...]) -> Value:
    """One item and the next, as losses are that stand in a dict."""
    result = items[0]
    for item in items[1:]:
        result = operators.binary(call.machine, "Add", result, item, call.node)
    return result


@function("builtins.sum")
def total(call: Call) -> Value | None:
    """The sum of items; of tensors it is a tensor."""
    value = call.argument(0, "iterable")
    if value is None:
        return None
    items = items_of(value)
    if items and all(isinstance(item, Scalar) for item in items):
        result = symbols.ZERO
        for item in items:
            assert isinstance(item, Scalar)
            result = symbols.add(result, item.number)
        return Scalar(result, names_of(*items), configurable_of(*items))
    if items and len(items) <= _MOST_TERMS and all(map(_is_term, items)):
        return _added_up(call, items)
    element = element_of(call.machine, value, call.node)
    if isinstance(element, Tensor):
        return call.machine.models.arithmetic(call.machine, "+", element, element, call.node)
    if element is not None and all(isinstance(each, Scalar) for each in alternatives(element)):
        return Scalar(symbols.fresh("sum()"))  # of numbers, however many
    return None
