"""Symbolic numbers do what Python's arithmetic does, whatever their symbols turn out to be."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from advisor.code import symbols
from advisor.code.symbols import ONE, ZERO, Number, Symbol

# `e` is a known number that goes by a name, as `batch_size` in a program.
VALUES = {Symbol(name): value for name, value in (("a", 2), ("b", 3), ("c", 7), ("d", -5))}
VALUES[Symbol("e", value=4)] = 4
NAMED = {symbol.name: Number(1, ((symbol, 1),)) for symbol in VALUES}
a, b, c = NAMED["a"], NAMED["b"], NAMED["c"]


@dataclass(frozen=True)
class Term:
    """An expression twice: as our number, and what Python makes of it (None: no result)."""

    number: Number | None
    value: int | None


Operation = tuple[
    Callable[[Number, Number], Number | None],
    Callable[[int, int], int],
]
WHOLE: tuple[Operation, ...] = (
    (symbols.add, lambda left, right: left + right),
    (symbols.subtract, lambda left, right: left - right),
    (symbols.multiply, lambda left, right: left * right),
    (symbols.floor_divide, lambda left, right: left // right),
    (symbols.modulo, lambda left, right: left % right),
    (lambda left, right: symbols.apply("min", left, right), min),
    (lambda left, right: symbols.apply("max", left, right), max),
)


def combined(parts: tuple[Operation, Term, Term]) -> Term:
    (ours, python), left, right = parts
    if left.number is None or right.number is None or left.value is None or right.value is None:
        return Term(None, None)
    try:
        value = python(left.value, right.value)
    except ZeroDivisionError:
        return Term(None, None)
    return Term(ours(left.number, right.number), value)


constants = st.integers(-12, 12).map(lambda value: Term(symbols.number(value), value))
names = st.sampled_from(list(VALUES)).map(lambda s: Term(Number(1, ((s, 1),)), VALUES[s]))
expressions = st.recursive(
    constants | names,
    lambda terms: st.tuples(st.sampled_from(WHOLE), terms, terms).map(combined),
    max_leaves=8,
)
monomials = st.builds(
    lambda coefficient, powers: Number(
        coefficient, tuple((s, power) for s, power in zip(VALUES, powers, strict=True) if power)
    ),
    st.integers(-9, 9).filter(bool) | st.fractions(1, 9, max_denominator=7),
    st.tuples(*[st.integers(-2, 2)] * len(VALUES)),
)


@given(expressions)
def test_an_expression_evaluates_to_what_python_makes_of_it(term: Term) -> None:
    assume(term.value is not None and abs(term.value) < 2**50)
    assert term.number is not None
    assert term.number.evaluate(VALUES) == term.value


@given(expressions)
def test_without_symbols_the_value_is_known_exactly(term: Term) -> None:
    assume(term.number is not None and term.value is not None and term.number.constant is not None)
    assert term.number is not None
    assert term.number.constant == term.value


@given(monomials, monomials)
def test_dividing_undoes_multiplying(left: Number, right: Number) -> None:
    assert symbols.divide(symbols.multiply(left, right), right) == left


@given(monomials, monomials)
def test_multiplying_undoes_dividing(left: Number, right: Number) -> None:
    quotient = symbols.divide(left, right)
    assert quotient is not None
    assert symbols.multiply(quotient, right) == left


@given(monomials, monomials, monomials)
def test_products_are_equal_in_any_order(x: Number, y: Number, z: Number) -> None:
    assert symbols.product([x, y, z]) == symbols.product([z, x, y])
    assert hash(symbols.product([x, y, z])) == hash(symbols.product([z, x, y]))


@given(monomials, monomials)
def test_sums_are_equal_in_any_order(x: Number, y: Number) -> None:
    assert symbols.add(x, y) == symbols.add(y, x)


@given(st.integers(), st.integers().filter(bool))
def test_large_numbers_keep_all_their_digits(left: int, right: int) -> None:
    quotient = symbols.floor_divide(symbols.number(left), symbols.number(right))
    remainder = symbols.modulo(symbols.number(left), symbols.number(right))
    assert quotient == symbols.number(left // right)
    assert remainder == symbols.number(left % right)


@given(monomials)
def test_a_number_divided_by_itself_is_one(value: Number) -> None:
    assert symbols.divide(value, value) == ONE


def test_quotients_stay_exact() -> None:
    third = symbols.divide(ONE, symbols.number(3))
    assert third is not None
    assert third.constant == Fraction(1, 3)
    assert symbols.multiply(third, symbols.number(3)) == ONE


def test_equal_computations_give_equal_numbers() -> None:
    assert symbols.floor_divide(a, b) == symbols.floor_divide(a, b)
    assert symbols.floor_divide(a, b) != symbols.floor_divide(b, a)


def test_equal_computations_stay_equal_however_many_lie_between() -> None:
    first = symbols.floor_divide(a, c)
    for each in range(20_000):
        symbols.floor_divide(symbols.fresh("m"), symbols.number(each + 2))
    assert symbols.floor_divide(a, c) == first


def test_two_unknown_numbers_are_different_though_they_share_a_name() -> None:
    assert symbols.fresh("n") != symbols.fresh("n")


def test_a_floor_division_without_remainder_is_a_plain_quotient() -> None:
    assert symbols.floor_divide(symbols.multiply(a, b), b) == a
    assert symbols.floor_divide(symbols.number(12), symbols.number(4)) == symbols.number(3)


def test_a_floor_division_is_read_as_exact_where_a_reshape_needs_it_to_be() -> None:
    heads = symbols.floor_divide(a, b)
    assert heads is not None
    assert symbols.multiply(heads, b) != a
    assert symbols.exact(symbols.multiply(heads, b)) == a


@pytest.mark.parametrize("operation", [symbols.divide, symbols.floor_divide, symbols.modulo])
def test_there_is_no_result_of_dividing_by_zero(
    operation: Callable[[Number, Number], Number | None],
) -> None:
    assert operation(a, ZERO) is None


def test_a_number_with_an_unknown_symbol_has_no_value() -> None:
    assert symbols.add(a, symbols.fresh("n")).evaluate(VALUES) is None


def test_a_number_remembers_the_symbols_it_was_computed_from() -> None:
    number = symbols.apply("floor", symbols.add(a, symbols.multiply(b, c)))
    assert {symbol.name for symbol in number.symbols()} == {"a", "b", "c"}


def test_taking_back_what_was_added_leaves_what_was_there() -> None:
    assert symbols.subtract(symbols.add(a, ONE), ONE) == a


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [(2, 10, 1024), (10, -2, 0.01), (4, 0.5, 2.0), (-8, 1 / 3, None), (0, -1, None), (7, 0, 1)],
)
def test_powers(base: float, exponent: float, expected: float | None) -> None:
    result = symbols.power(symbols.number(base), symbols.number(exponent))
    assert (None if result is None else result.constant) == expected


def test_a_power_too_large_to_hold_has_no_result() -> None:
    assert symbols.power(symbols.number(10.0), symbols.number(400)) is None


def test_numbers_are_written_as_a_user_would_write_them() -> None:
    assert symbols.multiply(symbols.number(2), symbols.multiply(a, a)).text() == "2 * a**2"
    half = symbols.divide(a, symbols.number(2))
    assert half is not None
    assert half.text() == "a // 2"
    assert symbols.add(a, ONE).text() == "(1 + a)"


def test_the_smaller_of_two_whole_numbers_is_a_whole_number() -> None:
    smaller = symbols.apply("min", symbols.number(64), symbols.number(128))
    assert isinstance(smaller.constant, int)


def test_a_named_number_of_zero_is_zero() -> None:
    assert symbols.divide(a, symbols.named("padding", 0)) is None


def test_nothing_is_known_of_infinity_divided() -> None:
    assert symbols.floor_divide(symbols.number(float("inf")), symbols.number(2)) is None


def test_what_two_sums_have_in_common_falls_out_of_their_difference() -> None:
    i = symbols.fresh("i")
    behind, before = symbols.add(i, symbols.number(1)), symbols.add(i, symbols.number(-60))
    assert symbols.subtract(i, before) == symbols.number(60)
    assert symbols.subtract(behind, before) == symbols.number(61)
    assert symbols.subtract(behind, i) == symbols.number(1)
    assert symbols.subtract(i, symbols.fresh("j")).constant is None
