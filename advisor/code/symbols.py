"""Numbers that may be unknown: constants, symbols, and what arithmetic makes of them.

A `Number` is a monomial, `coefficient * symbol ** power * …`, which is closed under
multiplication and division: the arithmetic that tensor shapes live on. Whatever is no monomial
(a sum, a floor division, a power) becomes a symbol that remembers its definition, so that equal
computations give equal numbers and a number can be evaluated once its symbols are known.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import Any

Coefficient = int | float | Fraction
_serial_of = attrgetter("serial")
_serial = count()


class Symbol:
    """A number with an identity, mostly an unknown one. `definition` says how it was computed, if
    it was; `is_axis` that it is the length of an axis that was asked for, and has no name of its
    own; `called` what the program calls such a length; `is_batch` that samples lie along it (always as many when it `is_full`),
    `is_loaded` that a loader has put them together, `is_rest` that it is what a reshape leaves of an unknown number of numbers,
    `is_spatial` that it is the height or width of a picture, `is_stacked` that tensors were put together
    along it, `is_default` that the user may ask for another length;
    `value` what it is, when that is known: two axes of equal length are still two axes; `derived` what
    was computed from it and from older ones, which stays the same as long as there is the symbol."""

    __slots__ = (
        "called",
        "definition",
        "derived",
        "is_axis",
        "is_batch",
        "is_default",
        "is_full",
        "is_loaded",
        "is_rest",
        "is_spatial",
        "is_stacked",
        "name",
        "serial",
        "value",
    )

    def __init__(
        self,
        name: str,
        definition: tuple[str, tuple["Number", ...]] | None = None,
        is_axis: bool = False,
        value: int | None = None,
    ) -> None:
        self.name = name
        self.is_axis = is_axis
        self.is_batch = False
        self.is_default = False
        self.is_full = False
        self.is_loaded = False
        self.is_rest = False
        self.is_spatial = False
        self.is_stacked = False
        self.called: set[str] = set()
        self.value = value
        self.definition = definition
        self.derived: dict[tuple[str, tuple[Number, ...]], Number] | None = None
        self.serial = next(_serial)

    def __repr__(self) -> str:
        return self.name


class Number:
    """`coefficient * Π symbol ** power`; immutable, equal when written alike."""

    __slots__ = ("_constant", "_hash", "coefficient", "factors")

    def __init__(
        self, coefficient: Coefficient, factors: tuple[tuple[Symbol, int], ...] = ()
    ) -> None:
        self.coefficient = coefficient if type(coefficient) is int else _tidy(coefficient)
        self.factors = factors if self.coefficient else ()
        self._hash = hash((self.coefficient, self.factors))
        self._constant = _constant(self) if self.factors else self.coefficient

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Number)
            and self.coefficient == other.coefficient
            and self.factors == other.factors
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return self.text()

    @property
    def constant(self) -> Coefficient | None:
        """The value, when no symbol of unknown value is left in it."""
        return self._constant

    @property
    def integer(self) -> int | None:
        """The value, when it is a known whole number."""
        value = self.constant
        if value is None or not math.isfinite(value):
            return None
        return int(value) if value == int(value) else None

    @property
    def axis(self) -> Symbol | None:
        """The axis that the number is the length of, when it is one."""
        if self.coefficient != 1 or len(self.factors) != 1 or self.factors[0][1] != 1:
            return None
        symbol = self.factors[0][0]
        return symbol if symbol.is_axis else None

    @property
    def is_one(self) -> bool:
        """Whether the number is known to be 1."""
        return self.constant == 1

    def symbols(self) -> frozenset[Symbol]:
        """Every symbol the number depends on, through definitions too."""
        return _symbols(self)

    def text(self) -> str:
        """The number as a user would write it."""
        upper = [_power_text(symbol, power) for symbol, power in self.factors if power > 0]
        lower = [_power_text(symbol, -power) for symbol, power in self.factors if power < 0]
        coefficient = self.coefficient
        if type(coefficient) is Fraction:
            if coefficient.denominator != 1:
                lower.insert(0, str(coefficient.denominator))
            coefficient = coefficient.numerator
        if coefficient != 1 or not upper:
            upper.insert(0, _number_text(coefficient))
        text = " * ".join(upper)
        return text if not lower else f"{text} // {' // '.join(lower)}"

    def evaluate(self, known: Mapping[Symbol, float]) -> float | None:
        """The value once symbols have the values `known`; None when some are still unknown."""
        # Dividing once, at the end, keeps whole numbers whole.
        above, below = float(self.coefficient), 1.0
        if isinstance(self.coefficient, Fraction):
            above, below = float(self.coefficient.numerator), float(self.coefficient.denominator)
        for symbol, power in self.factors:
            factor = _evaluate_symbol(symbol, known)
            if factor is None:
                return None
            try:
                if power > 0:
                    above *= factor**power
                else:
                    below *= factor**-power
            except OverflowError:
                return None
        return above / below if below else None


def _constant(value: Number) -> Coefficient | None:
    above = below = 1
    for symbol, exponent in value.factors:
        if symbol.value is None:
            return None
        if exponent > 0:
            above *= symbol.value**exponent
        else:
            below *= symbol.value**-exponent
    if below == 0:
        return None
    ratio = above if below == 1 else Fraction(above, below)
    try:
        return _tidy(value.coefficient * (float(ratio) if _is_float(value) else ratio))
    except OverflowError:
        return None


@lru_cache(maxsize=4096, typed=True)
def number(value: Coefficient) -> Number:
    """A known number."""
    return Number(value)


def fresh(name: str, is_axis: bool = False) -> Number:
    """A number nothing is known about, with an identity of its own."""
    return Number(1, ((Symbol(name, is_axis=is_axis), 1),))


def batch_axis(is_full: bool = False) -> Number:
    """The length of an axis along which a loader has put samples together; `is_full` when it leaves
    out what would be a smaller batch."""
    found = fresh("batch", is_axis=True)
    found.factors[0][0].is_batch = found.factors[0][0].is_loaded = True
    found.factors[0][0].is_full = is_full
    return found


def rest_axis() -> Number:
    """The length of the one axis that a reshape computes, where nobody knows how many numbers there are."""
    found = fresh("-1", is_axis=True)
    found.factors[0][0].is_rest = True
    return found


def spatial_axis(name: str) -> Number:
    """The height or the width of a picture."""
    found = fresh(name, is_axis=True)
    found.factors[0][0].is_spatial = True
    return found


def stacked_axis() -> Number:
    """The length of an axis along which tensors are put together."""
    found = fresh("stacked", is_axis=True)
    found.factors[0][0].is_stacked = True
    return found


@lru_cache(maxsize=4096)
def slice_axis(start: Number, stop: Number) -> Number:
    """The length of what a slice takes from one place on up to another: the same for all arrays that
    are cut alike."""
    return stacked_axis()


@lru_cache(maxsize=4096)
def named(name: str, value: int, is_default: bool = False) -> Number:
    """A known number that goes by a name in the program, such as `batch_size`; `is_default` where it is
    only what an option or a parameter stands for until somebody says otherwise."""
    found = Number(1, ((Symbol(name, value=value), 1),))
    found.factors[0][0].is_default = is_default
    return found


def axis_of_length(value: int) -> Number:
    """The length of a new axis that the program gives no name."""
    return Number(1, ((Symbol(str(value), is_axis=True, value=value), 1),))


def new_axis(length: Number) -> Number:
    """The length of a new axis: a known one is told apart from others of equal length."""
    whole = length.integer
    return length if length.factors or whole is None or whole <= 1 else axis_of_length(whole)


def multiply(left: Number, right: Number) -> Number:
    """The product."""
    if not left.factors and not right.factors:
        return Number(left.coefficient * right.coefficient)
    return Number(left.coefficient * right.coefficient, _merge(left.factors, right.factors, sign=1))


def divide(left: Number, right: Number) -> Number | None:
    """The exact quotient; None when dividing by zero."""
    if right.constant == 0:
        return None
    coefficient: Coefficient
    if isinstance(left.coefficient, float) or isinstance(right.coefficient, float):
        coefficient = left.coefficient / right.coefficient
    else:
        coefficient = Fraction(left.coefficient) / Fraction(right.coefficient)
    return Number(coefficient, _merge(left.factors, right.factors, sign=-1))


def add(left: Number, right: Number) -> Number:
    """The sum."""
    if left.factors == right.factors:
        return Number(left.coefficient + right.coefficient, left.factors)
    known = left.constant, right.constant
    if known[0] is not None and known[1] is not None:
        return Number(known[0] + known[1])
    if left == ZERO:
        return right
    if right == ZERO:
        return left
    first, second = sorted((left, right), key=_order)
    return _defined("+", (first, second))


def negate(value: Number) -> Number:
    """The negative."""
    return Number(-value.coefficient, value.factors)


def subtract(left: Number, right: Number) -> Number:
    """The difference; what both sums have in common falls out of it."""
    terms, others = _terms(left), _terms(right)
    if len(terms) == len(others) == 1:
        return add(left, negate(right))
    for each in list(others):
        if each in terms:
            terms.remove(each)
            others.remove(each)
    if len(terms) + len(others) == len(_terms(left)) + len(_terms(right)):
        return add(left, negate(right))
    return add(_sum(terms) if terms else ZERO, negate(_sum(others) if others else ZERO))


def floor_divide(left: Number, right: Number) -> Number | None:
    """The quotient rounded down; None when dividing by zero."""
    exact_quotient = divide(left, right)
    if exact_quotient is None or _is_whole(exact_quotient):
        return exact_quotient
    if left.constant is not None and right.constant is not None:
        quotient = left.constant // right.constant
        return Number(int(quotient)) if math.isfinite(quotient) else None
    return _defined("//", (left, right))


def modulo(left: Number, right: Number) -> Number | None:
    """The remainder; None when dividing by zero."""
    if right.constant == 0:
        return None
    if left.constant is not None and right.constant is not None:
        return Number(left.constant % right.constant)
    return _defined("%", (left, right))


def power(left: Number, right: Number) -> Number | None:
    """`left ** right`; None when that is no real number or too large to hold."""
    exponent = right.integer
    if left.constant is not None and right.constant is not None:
        try:
            result = float(left.constant) ** float(right.constant)
        except (OverflowError, ZeroDivisionError):
            return None
        if isinstance(result, complex):
            return None
        whole = exponent is not None and exponent >= 0 and left.integer is not None
        return Number(int(result) if whole and abs(result) < 2**53 else result)
    if exponent is not None and 0 < exponent <= 4:
        result_number = left
        for _ in range(exponent - 1):
            result_number = multiply(result_number, left)
        return result_number
    return _defined("**", (left, right))


def apply(name: str, *operands: Number) -> Number:
    """A named function of numbers: `min`, `max`, `floor`, `ceil`, `sqrt`, `cos`, `exp`, `log`."""
    known = [operand.constant for operand in operands if operand.constant is not None]
    if len(known) == len(operands):
        try:
            return Number(_FUNCTIONS[name](*known))
        except (ValueError, OverflowError):
            pass
    return _defined(name, operands)


def exact(value: Number) -> Number:
    """The number with floor divisions read as exact quotients, as reshapes need them to be."""
    return _exact(value)


def without_names(value: Number) -> Number:
    """The number with every symbol of known value replaced by that value."""
    if all(symbol.value is None for symbol, _ in value.factors):
        return value
    result = Number(value.coefficient)
    for symbol, exponent in value.factors:
        factor = Number(symbol.value if symbol.value is not None else 1)
        if symbol.value is None:
            factor = Number(1, ((symbol, 1),))
        for _ in range(abs(exponent)):
            result = multiply(result, factor) if exponent > 0 else divide(result, factor) or result
    return result


def without_ones(value: Number) -> Number:
    """The number without the lengths of axes that hold one number only."""
    kept = tuple(pair for pair in value.factors if pair[0].value != 1)
    return value if len(kept) == len(value.factors) else Number(value.coefficient, kept)


def product(values: "list[Number] | tuple[Number, ...]") -> Number:
    """The product of all values, 1 for none."""
    result = ONE
    for value in values:
        result = multiply(result, value)
    return result


def _tidy(coefficient: Coefficient) -> Coefficient:
    if type(coefficient) is Fraction and coefficient.denominator == 1:
        return coefficient.numerator
    return coefficient


ZERO = Number(0)
ONE = Number(1)


def _is_float(value: Number) -> bool:
    return isinstance(value.coefficient, float)


def _merge(
    left: tuple[tuple[Symbol, int], ...], right: tuple[tuple[Symbol, int], ...], sign: int
) -> tuple[tuple[Symbol, int], ...]:
    if not right:
        return left
    if not left and sign == 1:
        return right
    powers = dict(left)
    for symbol, exponent in right:
        powers[symbol] = powers.get(symbol, 0) + sign * exponent
    kept = [(symbol, exponent) for symbol, exponent in powers.items() if exponent]
    return tuple(sorted(kept, key=lambda pair: pair[0].serial))


def _order(value: Number) -> tuple[tuple[tuple[int, int], ...], float]:
    factors = tuple((symbol.serial, exponent) for symbol, exponent in value.factors)
    return factors, float(value.coefficient)


def _defined(operation: str, operands: tuple[Number, ...]) -> Number:
    """The number that is computed in a certain way; the same one whenever it is asked for."""
    parts = [symbol for operand in operands for symbol, _ in operand.factors]
    if not parts:
        return _of_constants(operation, operands)
    newest = max(parts, key=_serial_of)
    if newest.derived is None:
        newest.derived = {}
    found = newest.derived.get((operation, operands))
    if found is None:
        found = newest.derived[operation, operands] = _named(operation, operands)
    return found


@lru_cache(maxsize=1024)
def _of_constants(operation: str, operands: tuple[Number, ...]) -> Number:
    return _named(operation, operands)


def _named(operation: str, operands: tuple[Number, ...]) -> Number:
    if operation in _OPERATORS:
        left, right = (operand.text() for operand in operands)
        name = f"({left} {operation} {right})"
    else:
        name = f"{operation}({', '.join(operand.text() for operand in operands)})"
    return Number(1, ((Symbol(name[:80], (operation, operands)), 1),))


def _terms(value: Number) -> list[Number]:
    if len(value.factors) == 1 and value.coefficient == 1:
        symbol, exponent = value.factors[0]
        if exponent == 1 and symbol.definition is not None and symbol.definition[0] == "+":
            return [term for operand in symbol.definition[1] for term in _terms(operand)]
    return [value]


def _sum(terms: list[Number]) -> Number:
    result = ZERO
    for term in terms:
        result = add(result, term)
    return result


def _is_whole(value: Number) -> bool:
    return isinstance(value.coefficient, int) and all(exponent > 0 for _, exponent in value.factors)


@lru_cache(maxsize=2048)
def _exact(value: Number) -> Number:
    result = Number(value.coefficient)
    for symbol, exponent in value.factors:
        base = Number(1, ((symbol, 1),))
        if symbol.definition is not None and symbol.definition[0] == "//":
            left, right = symbol.definition[1]
            base = divide(_exact(left), _exact(right)) or base
        for _ in range(abs(exponent)):
            result = multiply(result, base) if exponent > 0 else divide(result, base) or result
    return result


@lru_cache(maxsize=2048)
def _symbols(value: Number) -> frozenset[Symbol]:
    found: set[Symbol] = set()
    for symbol, _ in value.factors:
        if symbol.value is not None:
            continue
        if symbol.definition is None:
            found.add(symbol)
        else:
            for operand in symbol.definition[1]:
                found |= _symbols(operand)
    return frozenset(found)


def _evaluate_symbol(symbol: Symbol, known: Mapping[Symbol, float]) -> float | None:
    if symbol.value is not None:
        return symbol.value
    if symbol in known:
        return known[symbol]
    if symbol.definition is None:
        return None
    operation, operands = symbol.definition
    values = [operand.evaluate(known) for operand in operands]
    if any(value is None for value in values):
        return None
    try:
        return float(_FUNCTIONS[operation](*[value for value in values if value is not None]))
    except (ValueError, OverflowError, ZeroDivisionError, TypeError):
        return None


_OPERATORS = frozenset({"+", "//", "%", "**"})
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "+": lambda left, right: left + right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "**": lambda left, right: left**right,
    "min": min,
    "max": max,
    "floor": math.floor,
    "ceil": math.ceil,
    "sqrt": math.sqrt,
    "cos": math.cos,
    "sin": math.sin,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "round": round,
    "<": lambda left, right: float(left < right),
    "<=": lambda left, right: float(left <= right),
    "==": lambda left, right: float(left == right),
    "where": lambda condition, left, right: left if condition else right,
}


def _power_text(symbol: Symbol, exponent: int) -> str:
    return symbol.name if exponent == 1 else f"{symbol.name}**{exponent}"


def _number_text(value: Coefficient) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
