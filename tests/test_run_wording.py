"""Figures in the words of the report."""

from math import inf

import pytest

from advisor.runs.wording import number, times


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2.3026, "2.303"),
        (1200, "1,200"),
        (12345.6, "12,346"),
        (8.8e9, "8.8e+09"),
        (0.00001, "1e-05"),
        (inf, "inf"),
    ],
)
def test_a_value_has_the_digits_that_a_reader_needs(value: float, words: str) -> None:
    assert number(value) == words


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (2.44, "2.4 times"),
        (9.97, "10 times"),
        (3500, "3,500 times"),
        (6.9e16, "more than a million times"),
        (inf, "more than a million times"),
    ],
)
def test_a_factor_is_no_string_of_digits(factor: float, words: str) -> None:
    assert times(factor) == words
