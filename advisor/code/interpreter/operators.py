"""Operators over abstract values: arithmetic, comparison, truth."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import RoundedDown
from advisor.code.gradients import computed
from advisor.code.symbols import Number
from advisor.code.values import (
    FALSE,
    LAST,
    OPERANDS,
    TRUE,
    Class,
    Constant,
    Dictionary,
    Function,
    Instance,
    Joined,
    Layer,
    Library,
    Object,
    ProjectModule,
    Scalar,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_array,
    is_constant,
    join,
    lineage_of,
    number_of,
    written_out,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Where a number or a text goes as it is; others, such as `%03d`, are not computed.
_PLACEHOLDER = re.compile("%[dis]")
_ARITHMETIC: dict[str, Callable[[Number, Number], Number | None]] = {
    "Add": symbols.add,
    "Subtract": symbols.subtract,
    "Multiply": symbols.multiply,
    "Divide": symbols.divide,
    "FloorDivide": symbols.floor_divide,
    "Modulo": symbols.modulo,
    "Power": symbols.power,
}
# What is compared by identity, unless libraries say more of it.
_LIKE_ITSELF_ALONE = (Function, Class, ProjectModule, Layer)
_SIGNS = {
    "Add": "+",
    "Subtract": "-",
    "Multiply": "*",
    "Divide": "/",
    "FloorDivide": "//",
    "Modulo": "%",
    "Power": "**",
    "MatrixMultiply": "@",
    "BitAnd": "&",
    "BitOr": "|",
}


def truth(value: Value) -> bool | None:
    """Whether a value counts as true, when that is certain and no option can change it."""
    if isinstance(value, Constant):
        return None if value.configurable else bool(value.value)
    if isinstance(value, Scalar):
        constant = value.number.constant
        return None if value.configurable or constant is None else bool(constant)
    if isinstance(value, Sequence) and value.items is not None:
        return bool(value.items)
    if isinstance(value, Joined):
        options = {truth(option) for option in value.alternatives}
        return options.pop() if len(options) == 1 else None
    if isinstance(value, (Function, Class, ProjectModule, Instance)):
        return True
    return None


def unary(machine: "Machine", operator: str, operand: Value, node: cst.CSTNode) -> Value:
    """`-x`, `+x`, `not x`, `~x`."""
    if operator == "Not":
        known = truth(operand)
        if known is not None:
            return Constant(not known)
        turned = machine.unknown("not", node)
        machine.models.observe(machine, "not", (operand,), turned, node)
        return turned
    if isinstance(operand, Scalar):
        if operator == "Minus":
            return Scalar(symbols.negate(operand.number), operand.names, operand.configurable)
        if operator == "Plus":
            return operand
    if operator == "Minus" and isinstance(operand, (Tensor, Unknown, Object)):
        result = machine.models.arithmetic(machine, "neg", operand, None, node)
        machine.models.observe(machine, "neg", (operand,), result, node)
        return result
    if operator == "BitInvert" and not isinstance(operand, (Scalar, Joined)):
        return machine.models.arithmetic(machine, "~", operand, None, node)
    if isinstance(operand, Joined) and operator in {"Minus", "BitInvert"}:
        return _each(machine, operand, lambda option: unary(machine, operator, option, node))
    return machine.unknown("?", node)


def binary(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value:
    """`left <operator> right`."""
    result = _binary(machine, operator, left, right, node)
    if operator == "FloorDivide" and _leaves_something(left, right):
        result.place = machine.place(node)
        machine.emit(RoundedDown(result.place, machine.context))
    if not isinstance(result, Scalar):
        sign = _SIGNS.get(operator, operator)
        machine.models.observe(machine, sign, (left, right), result, node)
    return result


def _binary(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value:
    if isinstance(left, Joined) and not isinstance(right, Joined):
        return _each(machine, left, lambda option: binary(machine, operator, option, right, node))
    if isinstance(right, Joined) and not isinstance(left, Joined):
        return _each(machine, right, lambda option: binary(machine, operator, left, option, node))
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        result = scalar(operator, left, right)
        if result is None:
            return machine.unknown("number", node)
        result.place = machine.place(node)
        return result
    if operator == "Add":
        combined = _concatenate(left, right)
        if combined is not None:
            return combined
    if operator == "Multiply":
        repeated = _repeat(left, right) or _repeat(right, left)
        if repeated is not None:
            return repeated
    combined_number = _unknown_number(operator, left, right)
    if combined_number is not None:
        return computed(combined_number, left, right)
    if operator == "Modulo" and isinstance(left, Constant) and isinstance(left.value, str):
        return _filled(left.value, right) or machine.unknown("text", node)
    return machine.models.arithmetic(machine, _SIGNS.get(operator, operator), left, right, node)


def _filled(text: str, value: Value) -> Constant | None:
    """`"block%d" % number`, where the numbers and texts are known."""
    values = value.items if isinstance(value, Sequence) else (value,)
    written = [written_out(each) for each in values or ()]
    pieces = _PLACEHOLDER.split(text)
    if len(pieces) != len(written) + 1 or any("%" in piece for piece in pieces):
        return None
    known = [each for each in written if each is not None]
    if len(known) < len(written):
        return None
    return Constant("".join(map("".join, zip(pieces, [*known, ""], strict=True))))


def _leaves_something(left: Value, right: Value) -> bool:
    """Whether a division of numbers may leave a remainder."""
    if not isinstance(left, (Scalar, Unknown)) or is_array(left):
        return False
    first, second = number_of(left), number_of(right)
    if first is None or second is None:
        return False
    return symbols.floor_divide(first, second) != symbols.divide(first, second)


def _unknown_number(operator: str, left: Value, right: Value) -> Value | None:
    """Arithmetic with an unknown: should it be a number, it is the one that the formula gives."""
    if not isinstance(left, (Unknown, Scalar)) or not isinstance(right, (Unknown, Scalar)):
        return None
    if is_array(left) or is_array(right):
        return None
    if lineage_of(left) is not None or lineage_of(right) is not None:
        return None  # samples
    operation = _ARITHMETIC.get(operator)
    first, second = number_of(left), number_of(right)
    result = operation(first, second) if operation and first and second else None
    if result is None:
        return None
    made = Unknown(result.text())
    made.fields["number"] = Scalar(result)
    made.fields[OPERANDS] = Sequence("tuple", (left, right))
    return made


def scalar(operator: str, left: Scalar, right: Scalar) -> Scalar | None:
    """Arithmetic of two numbers; None when it has no result."""
    if operator == "Modulo" and right.number.is_one and not right.configurable:
        # Counters are whole: `step % 1` is 0.
        return Scalar(symbols.ZERO, left.names | right.names, left.configurable)
    operation = _ARITHMETIC.get(operator)
    result = None if operation is None else operation(left.number, right.number)
    if result is None:
        return None
    return Scalar(result, left.names | right.names, left.configurable or right.configurable)


def compare(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value:
    """`left <operator> right` for comparison operators."""
    result = _compared(operator, left, right)
    if result is not None:
        return TRUE if result else FALSE
    compared = machine.models.comparison(machine, operator, left, right, node)
    machine.models.observe(machine, operator, (left, right), compared, node)
    return compared


def both(machine: "Machine", left: Value, right: Value, node: cst.CSTNode) -> Value:
    """`left and right` for the parts of a chained comparison."""
    if truth(left) is False or truth(right) is False:
        return FALSE
    if truth(left) and truth(right):
        return TRUE
    return machine.unknown("?", node)


def _compared(operator: str, left: Value, right: Value) -> bool | None:
    if operator in {"Is", "IsNot"}:
        result = _identical(left, right)
        return result if result is None or operator == "Is" else not result
    if operator in {"Equal", "NotEqual"}:
        result = _equal(left, right)
        return result if result is None or operator == "Equal" else not result
    if operator in {"In", "NotIn"}:
        result = _contained(left, right)
        return result if result is None or operator == "In" else not result
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        if left.configurable or right.configurable:
            return None
        first, second = left.number.constant, right.number.constant
        if first is None or second is None:
            return None
        return {
            "LessThan": first < second,
            "LessThanEqual": first <= second,
            "GreaterThan": first > second,
            "GreaterThanEqual": first >= second,
        }.get(operator)
    return None


def _identical(left: Value, right: Value) -> bool | None:
    if isinstance(left, Constant) and isinstance(right, Constant):
        if left.configurable or right.configurable:
            return None
        return left.value is right.value
    for value, other in ((left, right), (right, left)):
        if is_constant(other, None):
            options = alternatives(value)
            # A name from a module that cannot be looked into may stand for anything.
            if any(
                isinstance(option, (Unknown, Constant, Library)) and not _is_slice(option)
                for option in options
            ):
                return None
            return None if any(getattr(each, "configurable", None) for each in options) else False
    return None


def _is_slice(value: Value) -> bool:
    """Whether something unknown is a part of what can be cut: `image.shape[1:]`, which is not None."""
    node = value.place.node if isinstance(value, Unknown) and value.place is not None else None
    return isinstance(node, cst.Subscript) and any(
        isinstance(each.slice, cst.Slice) for each in node.slice
    )


def _equal(left: Value, right: Value) -> bool | None:
    if isinstance(left, Constant) and isinstance(right, Constant):
        if left.configurable or right.configurable:
            return None
        return left.value == right.value
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        if left.configurable or right.configurable:
            return None
        first, second = left.number.constant, right.number.constant
        return None if first is None or second is None else first == second
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        return _equal_items(left, right)
    if isinstance(left, _LIKE_ITSELF_ALONE) and is_constant(right, None):
        return False
    return None


def _equal_items(left: Sequence, right: Sequence) -> bool | None:
    """Whether two tuples or lists are equal: members of an enumeration may be, `TRAIN = (0,)`."""
    if left is right or left.kind != right.kind or left.items is None or right.items is None:
        return True if left is right else None
    if len(left.items) != len(right.items):
        return False
    results = [_equal(one, two) for one, two in zip(left.items, right.items, strict=True)]
    if False in results:
        return False
    return None if None in results else True


def _contained(left: Value, right: Value) -> bool | None:
    if not isinstance(left, Constant) or left.configurable:
        return None
    if isinstance(right, Dictionary) and right.other is None:
        return left.value in right.items
    if isinstance(right, Sequence) and right.items is not None:
        results = [_equal(left, item) for item in right.items]
        if True in results:
            return True
        return None if None in results else False
    return None


def _concatenate(left: Value, right: Value) -> Value | None:
    if isinstance(left, Constant) and isinstance(right, Constant):
        if isinstance(left.value, str) and isinstance(right.value, str):
            return Constant(left.value + right.value, left.configurable or right.configurable)
        return None
    if not isinstance(left, Sequence) or not isinstance(right, Sequence):
        return None
    if left.items is not None and right.items is not None:
        return Sequence(left.kind, left.items + right.items, place=left.place)
    element: Value | None = None
    for value in (left, right):
        for item in (*(value.items or ()), *((value.element,) if value.element else ())):
            element = item if element is None else join(element, item)
    made = Sequence(left.kind, None, element, place=left.place)
    made.fields[LAST] = right.last if right.items is None else right.items
    return made


def _repeat(sequence: Value, times: Value) -> Value | None:
    if not isinstance(sequence, Sequence) or not isinstance(times, (Scalar, Unknown)):
        return None
    if isinstance(times, Unknown):
        items = sequence.items or ()
        if items and all(isinstance(each, Constant) and each.value is None for each in items):
            return Sequence(sequence.kind, None, items[0], place=sequence.place)
        return _repeated_objects(sequence) or _repeated_tensor(sequence)
    length = times.number.integer
    if sequence.items is not None and length is not None and length * len(sequence.items) <= 64:
        return Sequence(sequence.kind, sequence.items * length, place=sequence.place)
    same_objects = _repeated_objects(sequence)
    if same_objects is not None:
        return same_objects
    element = sequence.element
    for item in sequence.items or ():
        element = item if element is None else join(element, item)
    return Sequence(sequence.kind, None, element, place=sequence.place)


def _repeated_objects(sequence: Sequence) -> Value | None:
    """A list of one object, so many times as nobody knows: the same object each time."""
    items = sequence.items
    if items is None or len(items) != 1 or not isinstance(items[0], (Object, Instance)):
        return None
    made = Sequence(sequence.kind, None, items[0], place=sequence.place)
    made.fields["repeated"] = TRUE
    return made


def _repeated_tensor(sequence: Sequence) -> Value | None:
    """A list of one tensor, so many times as nobody knows."""
    items = sequence.items
    if items is None or len(items) != 1:
        return None
    options = alternatives(items[0])
    if not all(isinstance(each, (Tensor, Unknown)) for each in options):
        return None
    if not any(isinstance(each, Tensor) for each in options):
        return None
    return Sequence(sequence.kind, None, items[0], place=sequence.place)


def _each(machine: "Machine", value: Joined, operation: Callable[[Value], Value]) -> Value:
    with machine.choosing(value.alternatives):
        results = [operation(option) for option in value.alternatives]
    result = results[0]
    for other in results[1:]:
        result = join(result, other)
    return result
