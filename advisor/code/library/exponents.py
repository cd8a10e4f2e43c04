"""Exponentials of what falls without bound: densities and sigmoids by hand, which become 0 far out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.gradients import SOURCES, gradient_of, made_from, terms_of
from advisor.code.library.lineages import is_noise
from advisor.code.library.models import observes
from advisor.code.values import (
    COUNTED,
    Alike,
    Decayed,
    Falling,
    Library,
    Meaning,
    Negated,
    Rising,
    Scalar,
    Squared,
    Subtracted,
    Tensor,
    Unknown,
    Value,
    Vanishing,
    give_meaning,
    is_made_new,
    lineage_of,
    meaning_of,
)
from advisor.code.values import Sequence as ValueSequence

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

SOFTMAX_BY_HAND = "a softmax by hand"
SIGMOID_BY_HAND = "a sigmoid by hand"
DENSITY = "a density"
BY_HAND = frozenset([SOFTMAX_BY_HAND, SIGMOID_BY_HAND])
"""Probabilities that a program computes itself, with numpy for instance."""
# What distributions call the logarithm of their density.
_OF_DENSITY = "log_prob"
_SUMS = frozenset(["sum", "prod"])
_SHAPES = frozenset(["squeeze", "unsqueeze", "view", "reshape", "transpose", "[]"])


@observes("+", "-", "*", "/", "neg", "exp", _OF_DENSITY, *_SUMS, *_SHAPES)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """Say what is the exponential of squares with their sign turned, and what is made of it."""
    if not is_made_new(result, operands):
        return
    if meaning_of(result) is None:
        meaning = _meaning(operation, operands)
        if meaning is not None:
            give_meaning(result, meaning)


def _meaning(operation: str, operands: Sequence[Value]) -> Meaning | None:
    first = operands[0]
    found = meaning_of(first)
    if operation == "exp":
        return _exponential(first)
    if operation == _OF_DENSITY:
        return Falling()
    if operation == "neg":
        squares = isinstance(found, (Squared, Rising))
        return Falling() if squares else None if found else Negated()
    if operation in _SUMS or operation in _SHAPES:
        return found if isinstance(found, Falling) or _is_density(found) else None
    if len(operands) != 2:
        return None
    return _of_two(operation, first, operands[1])


# Arrays that a program writes numbers into, the ones of classes for instance.
_ARRAYS = frozenset(["zeros()", "ones()", "zeros_like()", "ones_like()"])
# A sum of more is not looked through.
_MOST_TERMS = 12
# Exponentials of larger numbers overflow in single precision.
_LARGEST = 88


def is_written_out(value: Value) -> bool:
    """Whether numbers are made of nothing but small ones that stand in the program, or count
    something: a range to draw a curve over, scores of an example."""
    leaves = 0
    for each in made_from(value):
        constant = each.number.constant if isinstance(each, Scalar) else None
        if constant is not None:
            if abs(float(constant)) > _LARGEST:
                return False
            leaves += 1
        elif isinstance(each, Tensor):
            counted = _counts(each)
            if not counted and not each.terms and not each.sources:
                return False
            leaves += counted
        elif isinstance(each, Unknown):
            if not each.fields.get(SOURCES) and not terms_of(each):
                return False
        elif not isinstance(each, (Library, ValueSequence)):
            return False
    return leaves > 0


def is_made_up(value: Value) -> bool:
    """Whether numbers were filled in, or drawn at random: as they are, or as a sum of such. No score of
    a model, and nothing that gradients move. What was written into an array nobody knows, unless
    noise is added to it."""
    waiting, drawn, written = [value], False, False
    for _ in range(_MOST_TERMS):
        if not waiting:
            return drawn or not written
        current = waiting.pop()
        if isinstance(current, Scalar) and current.number.constant is not None:
            continue
        terms = terms_of(current)
        if gradient_of(current) is True or (terms and _is_matrix_product(current)):
            return False
        lineage = lineage_of(current)
        if lineage is not None and is_noise(lineage.rows):
            drawn = True
        elif not terms and not isinstance(meaning_of(current), Alike):
            if not isinstance(current, Unknown) or current.name not in _ARRAYS:
                return False
            written = True
        waiting += terms
    return False


def _is_matrix_product(value: Value) -> bool:
    node = value.place.node if value.place is not None else None
    return isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.MatrixMultiply)


def _counts(tensor: Tensor) -> bool:
    lineage = tensor.lineage
    return lineage is not None and any(each.how == COUNTED for each in lineage.rows.ancestors())


def _exponential(value: Value) -> Meaning | None:
    if is_written_out(value):
        return None
    found = meaning_of(value)
    if isinstance(found, Falling):
        return Vanishing(DENSITY, value)
    return Decayed() if isinstance(found, Negated) else None


def _of_two(operation: str, first: Value, second: Value) -> Meaning | None:
    one, other = meaning_of(first), meaning_of(second)
    if operation == "-":
        return _less(first, second)
    if operation == "+":
        if isinstance(one, Falling) or isinstance(other, Falling):
            return Falling()
        return _sum(first, second)
    if operation == "*":
        return _product(first, second) or _product(second, first)
    if isinstance(one, (Subtracted, Falling)) or (_is_density(one) and not _is_density(other)):
        return one
    if isinstance(one, Squared) and _is_below_zero(second):
        return Falling()
    above_one = isinstance(other, Decayed) and other.plus_one
    return Vanishing(SIGMOID_BY_HAND, second) if above_one and _is_one(first) else None


def _less(first: Value, second: Value) -> Meaning | None:
    """What is left when squares are taken away; a largest one that is taken away leaves a limit."""
    found = meaning_of(first)
    if isinstance(found, Falling):
        unbounded = isinstance(meaning_of(second), Falling)
        return None if unbounded or any(each is first for each in made_from(second)) else found
    if isinstance(found, Vanishing) or not isinstance(meaning_of(second), (Squared, Rising)):
        return None
    return None if isinstance(found, (Squared, Rising)) else Falling()


def _product(value: Value, by: Value) -> Meaning | None:
    found = meaning_of(value)
    if isinstance(found, (Squared, Rising)):
        below = Falling() if _is_below_zero(by) else None
        return below or (found if isinstance(found, Rising) else None)
    if _is_density(found):
        return None if isinstance(meaning_of(by), Squared) else found
    if isinstance(found, Falling):
        constant = by.number.constant if isinstance(by, Scalar) else None
        return found if constant is not None and constant > 0 else None
    if isinstance(found, Subtracted) and _is_number(by):
        return found
    return None


def _sum(first: Value, second: Value) -> Meaning | None:
    """`1 + exp(-z)`, or squares and something more."""
    for one, other in ((first, second), (second, first)):
        found = meaning_of(other)
        if _is_one(one) and isinstance(found, Decayed) and not found.plus_one:
            return Decayed(plus_one=True)
        if isinstance(found, Rising) or (
            isinstance(found, Squared) and not isinstance(meaning_of(one), Squared)
        ):
            return Rising()
    both = _is_density(meaning_of(first)) and _is_density(meaning_of(second))
    return meaning_of(first) if both else None


def _is_density(meaning: Meaning | None) -> bool:
    return isinstance(meaning, Vanishing) and meaning.of == DENSITY


def _is_number(value: Value) -> bool:
    return isinstance(value, (Tensor, Unknown, Scalar)) and not isinstance(
        meaning_of(value), (Subtracted, Squared)
    )


def _is_one(value: Value) -> bool:
    return isinstance(value, Scalar) and value.number.constant == 1


def _is_below_zero(value: Value) -> bool:
    constant = value.number.constant if isinstance(value, Scalar) else None
    return constant is not None and constant < 0
