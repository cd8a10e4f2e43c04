"""Numbers that become 0 where an activation is at its limit, and what is infinite there."""

from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import DividedByNothing, RootTaken
from advisor.code.gradients import cut_of, gradient_of, made_from, terms_of
from advisor.code.library.exponents import BY_HAND, DENSITY
from advisor.code.library.models import observes
from advisor.code.symbols import product
from advisor.code.values import (
    Activation,
    Blank,
    Bounded,
    Cosine,
    LessOne,
    Meaning,
    Moment,
    Norm,
    Pixels,
    Saturated,
    Scalar,
    Squared,
    Subtracted,
    Tensor,
    Unknown,
    Value,
    Vanishing,
    alternatives,
    give_meaning,
    is_made_new,
    known_number,
    lineage_of,
    meaning_of,
    scale_of,
    shape_of,
)
from advisor.code.values import Sequence as ValueSequence

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_WORDS = {
    Activation.SIGMOID: "a sigmoid",
    Activation.SOFTMAX: "a softmax",
    Activation.TANH: "a tanh",
}
_SUMS = frozenset(["sum", "mean", "norm", "reduce_sum", "reduce_mean", "vector_norm"])
_SPREADS = frozenset(["std", "var", "ptp"])
_PIXELS_OF_DIGITS = frozenset([8 * 8, 28 * 28])
_PRODUCTS = frozenset(
    ["@", "matmul", "mm", "bmm", "linear", "einsum", "dot", "vdot", "vecdot", "inner"]
)
ROOTS = frozenset(["**", "Power", "pow", "sqrt"])
"""What may be a square root."""
_ANGLES = frozenset(["acos", "arccos", "asin", "arcsin"])
# What may be 0, but hardly where it is divided by.
_NOT_DIVIDED = frozenset(["a sigmoid", DENSITY, *BY_HAND])
_NORMALISE = frozenset(["cosine_similarity", "normalize"])
_SIZES = frozenset(["abs", "absolute"])
_DIFFERENCES = frozenset(["-", "sub", "subtract"])
_POWERS = frozenset(["**", "pow", "square"])
_KEEP = frozenset(
    ["squeeze", "unsqueeze", "view", "reshape", "flatten", "[]", "float", "to", "t", "transpose"]
    + ["double", "type", "type_as"]
)
# What puts vectors together, or in another place, without making them longer.
_KEEP_LENGTHS = frozenset(
    ["cat", "concat", "concatenate", "stack", "vstack", "hstack", "permute", "contiguous", "expand"]
    + ["repeat", "detach", "cpu", "clone", "half", "index_select", "roll", "flip", "all_gather"]
)


def vanishing(value: Value) -> Vanishing | None:
    """Whether numbers become 0 where the activation that made them is at its limit."""
    meaning, scale = meaning_of(value), scale_of(value)
    if isinstance(meaning, Vanishing):
        return meaning
    if scale is None:
        return None
    if scale.activation is Activation.RELU:
        return Vanishing("a ReLU", value)
    if type(meaning) is Bounded:
        return None  # what is clipped is in the range of its activation as before, but for its ends
    return Vanishing("a sigmoid", value) if scale.activation is Activation.SIGMOID else None


@observes(
    *("/", "*", *_ANGLES, *ROOTS, *_NORMALISE, *_PRODUCTS, *_DIFFERENCES, *_POWERS),
    *("+", "where", *_SUMS, *_KEEP, *_KEEP_LENGTHS, *_SPREADS, *_SIZES),
)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """See roots, angles and quotients, and say of what is made whether it may be 0."""
    if not is_made_new(result, operands):
        return
    if operation == "/" and len(operands) == 2:
        _divided(machine, operands[1], result, node)
    of = _steep(operation, operands)
    if of is not None:
        machine.emit(RootTaken(machine.place(node), machine.context, result, of))
    known = meaning_of(result)
    if known is None or type(known) is Moment:
        spread = _spread_of_pixels(operation, operands, node)
        meaning = spread or (None if known is not None else _meaning(operation, operands))
        if meaning is not None:
            give_meaning(result, meaning)


def _spread_of_pixels(operation: str, operands: Sequence[Value], node: cst.CSTNode) -> Blank | None:
    """The spread of each column, of data that are known to have columns of zeros: whole pictures of
    digits, as a statistic goes along their rows."""
    of = operands[0]
    if operation not in _SPREADS or not _has_blanks(of):
        return None
    pixels = _pixels_of_each(of)
    along = isinstance(node, cst.Call) and any(
        isinstance(each.value, cst.Integer)
        and each.value.value == "0"
        and (each.keyword is None or each.keyword.value in {"axis", "dim"})
        for each in node.args
    )
    return Blank() if along and pixels in _PIXELS_OF_DIGITS else None


def _has_blanks(value: Value) -> bool:
    """Whether numbers are pixels of which some are 0 in all pictures, or a share of these."""
    lineage, meaning = lineage_of(value), meaning_of(value)
    if isinstance(meaning, Pixels) and meaning.has_blanks:
        return True
    if lineage is None or lineage.fits:
        return False
    return any(each.has_blanks for each in lineage.rows.ancestors())


def _pixels_of_each(value: Value) -> int | None:
    """How many numbers a sample has; some of the rows have as many as all."""
    shape = shape_of(value)
    if shape is not None and shape.dims is not None:
        return product(shape.dims[1:]).integer
    if not isinstance(value, Tensor) or value.whole is None:
        return None
    rows, whole = lineage_of(value), lineage_of(value.whole)
    chosen = rows is not None and whole is not None and rows.rows is not whole.rows
    return _pixels_of_each(value.whole) if chosen else None


def _divided(machine: "Machine", by: Value, result: Value, node: cst.CSTNode) -> None:
    meaning = vanishing(by)
    of = "the spread of each pixel" if isinstance(meaning_of(by), Blank) else None
    learned = machine.context.gradients is True and gradient_of(by) is True
    if meaning is not None and meaning.of not in _NOT_DIVIDED and learned:
        of = None if _is_only_evaluated(machine) else meaning.of
    if of is not None:
        machine.emit(DividedByNothing(machine.place(node), machine.context, of, result))


def _is_only_evaluated(machine: "Machine") -> bool:
    """Whether nothing is learned here by any training, as the module was asked for its mode."""
    for guard in machine.context.guards:
        node, taken = guard.node, guard.taken
        while isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            node, taken = node.expression, not taken
        if isinstance(node, cst.Attribute) and node.attr.value == "training" and not taken:
            return True
    return False


def _steep(operation: str, operands: Sequence[Value]) -> str | None:
    """What a root or an angle is taken of, if its slope may be infinite there."""
    first = operands[0]
    if operation in _ANGLES:
        return "cosine" if isinstance(meaning_of(first), Cosine) else None
    if not is_root(operation, operands):
        return None
    if isinstance(meaning_of(first), Squared):
        return "distance"
    found = vanishing(first)
    return "relu" if found is not None and found.of == "a ReLU" else None


def is_root(operation: str, operands: Sequence[Value]) -> bool:
    """Whether the square root of something is taken, be it as a power."""
    if operation in {"**", "Power", "pow"} and len(operands) == 2:
        exponent = known_number(operands[1])
        return exponent is not None and exponent.constant == 0.5
    return operation == "sqrt" and bool(operands)


def _meaning(operation: str, operands: Sequence[Value]) -> Meaning | None:
    if operation == "einsum" and len(operands) > 1:
        operands = operands[1:]
        listed = operands[0]
        if isinstance(listed, ValueSequence) and listed.items:
            operands = listed.items
    first = operands[0]
    second = operands[1] if len(operands) > 1 else None
    if operation in _NORMALISE:
        return Cosine()
    if operation in _PRODUCTS or operation == "*":
        lengths = _lengths_of_both(first, second)
        if lengths is not None:
            return lengths
    if operation in _PRODUCTS:
        # What is normalised is multiplied with what is.
        if isinstance(meaning_of(first), Cosine):
            return Cosine()
        given = second is not None and gradient_of(first) is not True
        return Cosine() if given and isinstance(meaning_of(second), Cosine) else None
    length = meaning_of(second) if operation == "/" else None
    if isinstance(length, Norm) and _is_of_length(first, length):
        return Cosine()
    if operation in _KEEP and isinstance(meaning_of(first), (Cosine, Norm)):
        return meaning_of(first)
    if operation in _KEEP_LENGTHS:
        return Cosine() if _are_cosines(first) else None
    if operation in _SIZES:
        return Cosine() if isinstance(meaning_of(first), Cosine) else None
    if operation in {"norm", "vector_norm"} and vanishing(first) is None:
        return Norm(first)
    if operation in {"/", "*"} and isinstance(meaning_of(first), LessOne) and second is not None:
        return _angle_of_rotation(operation, second)
    if operation == "*" and isinstance(meaning_of(second), LessOne):
        return _angle_of_rotation(operation, first)
    if operation in _DIFFERENCES and second is not None:
        return _difference(first, second)
    if operation in _POWERS:
        return _power(operation, first, second)
    if operation == "*" and second is not None:
        return _product(first, second)
    if operation == "where" and second is not None:
        return _chosen_by_labels(first, operands[1:])
    if operation == "+" and second is not None:
        both = isinstance(meaning_of(first), Squared) and isinstance(meaning_of(second), Squared)
        return Squared() if both else _complement(first, second, "+") or _weighed(first, second)
    if operation in _SUMS or operation in _KEEP:
        return _reduced(operation, first)
    if operation in _SPREADS and vanishing(first) is not None:
        return Vanishing("the spread of a ReLU", first)
    if operation == "sqrt" and isinstance(meaning := meaning_of(first), Vanishing):
        return Vanishing(meaning.of, meaning.origin)
    if operation == "/" and isinstance(meaning_of(first), Squared):
        return Squared()
    return None


def _are_cosines(value: Value) -> bool:
    """Whether numbers, or all of a list, are those of vectors of length 1."""
    if not isinstance(value, ValueSequence):
        return isinstance(meaning_of(value), Cosine)
    items = value.items if value.items is not None else alternatives(value.element)
    return bool(items) and all(isinstance(meaning_of(each), Cosine) for each in items)


def _lengths_of_both(first: Value, second: Value | None) -> Norm | None:
    """The products of how long the vectors of two kinds are."""
    one, other = meaning_of(first), meaning_of(second)
    if not isinstance(one, Norm) or not isinstance(other, Norm):
        return None
    return Norm(one.of, other.of) if one.other is None and other.other is None else None


def _is_of_length(value: Value, length: Norm) -> bool:
    """Whether a length is that of vectors, or lengths are those of what was multiplied."""
    if length.other is None:
        return length.of is value
    made = list(made_from(value))
    return all(any(each is part for each in made) for part in (length.of, length.other))


def _difference(first: Value, second: Value) -> Meaning | None:
    """`1 - p`, or how far one thing is from another."""
    if isinstance(first, Scalar):
        return _complement(first, second, "-")
    if isinstance(second, Scalar) and second.number.constant == 1:
        return LessOne()
    return Subtracted() if isinstance(second, (Tensor, Unknown)) else None


def _angle_of_rotation(operation: str, by: Value) -> Meaning | None:
    """`(trace - 1) / 2`: the cosine of the angle that a matrix turns by."""
    constant = by.number.constant if isinstance(by, Scalar) else None
    halves = constant == (2 if operation == "/" else 0.5)
    return Cosine() if halves else None


def _complement(first: Value, second: Value, sign: str) -> Meaning | None:
    """What is left between 1 and what an activation has made, which has 1 as its limit."""
    one, other = (first, second) if isinstance(first, Scalar) else (second, first)
    if not isinstance(one, Scalar) or one.number.constant != 1:
        return None
    meaning, scale = meaning_of(other), scale_of(other)
    if isinstance(meaning, Saturated) and sign == "-":
        return Vanishing(meaning.of, meaning.origin)
    if isinstance(meaning, Vanishing) and meaning.of in BY_HAND and sign == "-":
        return meaning
    if scale is None or type(meaning) is Bounded or scale.activation not in _WORDS:
        return None
    if sign == "+" and scale.activation is not Activation.TANH:
        return None
    return Vanishing(_WORDS[scale.activation], other)


def _chosen_by_labels(test: Value, among: Sequence[Value]) -> Vanishing | None:
    """`where(labels == 1, p, 1 - p)`: what a model says of the true class; the larger of both is no less
    than a half."""
    learned = gradient_of(test) is not False and isinstance(test, Tensor)
    if len(among) != 2 or learned or cut_of(test) is not None:
        return None
    return _one_and_rest(*among)


def _weighed(first: Value, second: Value) -> Vanishing | None:
    """`p * labels + (1 - p) * (1 - labels)`: the same by arithmetic."""
    for one in permutations(terms_of(first)):
        for other in permutations(terms_of(second)):
            if len(one) != 2 or len(other) != 2:
                return None
            found = _one_and_rest(one[0], other[0])
            weighed = other[1] in terms_of(one[1]) or one[1] in terms_of(other[1])
            if found is not None and weighed and gradient_of(one[1]) is not True:
                return found
    return None


def _one_and_rest(first: Value, second: Value) -> Vanishing | None:
    """What a sigmoid has made of numbers, beside what it leaves to 1."""
    for one, rest in ((first, second), (second, first)):
        left = meaning_of(rest)
        if isinstance(left, Vanishing) and left.of == _WORDS[Activation.SIGMOID]:
            found = vanishing(one)
            if left.origin is one and found is not None:
                return left
    return None


def _power(operation: str, first: Value, second: Value | None) -> Meaning | None:
    exponent = known_number(second)
    if operation != "square" and (exponent is None or exponent.constant != 2):
        return None
    return _square(first)


def _square(value: Value) -> Meaning | None:
    meaning, scale = meaning_of(value), scale_of(value)
    if isinstance(meaning, Subtracted):
        return Squared()
    if scale is not None and scale.activation is Activation.TANH:
        return Saturated("a tanh", value)
    found = vanishing(value)
    return found if found is not None and found.of == "a ReLU" else None


def _product(first: Value, second: Value) -> Meaning | None:
    if first is second:
        return _square(first)
    if isinstance(meaning_of(first), Cosine) and isinstance(meaning_of(second), Cosine):
        return Cosine()  # once it is summed up
    for one, other in ((first, second), (second, first)):
        # The directions that a model is taught are as long as those that it gives.
        if isinstance(meaning_of(one), Cosine) and gradient_of(other) is not True:
            return Cosine() if isinstance(other, (Tensor, Unknown)) else None
    for one, other in ((first, second), (second, first)):
        meaning = meaning_of(one)
        if isinstance(meaning, Squared) and isinstance(other, Scalar):
            return meaning
        others = meaning_of(other)
        if (
            isinstance(meaning, Vanishing)
            and meaning.of != DENSITY
            and (isinstance(others, Vanishing) or not isinstance(others, Bounded))
        ):
            return meaning
    return None


def _reduced(operation: str, first: Value) -> Meaning | None:
    """Sums of squares, and of what is 0 wherever it is one."""
    meaning = meaning_of(first)
    if isinstance(meaning, Cosine) and operation in {"sum", "reduce_sum"}:
        return meaning
    if operation in _KEEP or isinstance(meaning, Squared):
        return meaning if isinstance(meaning, (Squared, Vanishing, Saturated)) else None
    found = vanishing(first)
    if found is None or found.of != "a ReLU":
        return None
    return Vanishing("the sum of a ReLU" if operation != "norm" else "the norm of a ReLU", first)
