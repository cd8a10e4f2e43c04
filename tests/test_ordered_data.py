"""Rows whose order means something, and how they are divided."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GroupShuffleSplit, KFold, ShuffleSplit, TimeSeriesSplit, cross_val_score, train_test_split
)
table = pd.read_csv("table.csv")
"""


def count(text: str) -> int:
    return sum(code == "NN511" for _, code in findings(IMPORTS + text))


LAG = "table['lag'] = table['price'].shift(1)\ntable = table.dropna()\n"
ROLLING = "table['mean'] = table['price'].rolling(7).mean()\n"
SORTED = "table = table.sort_values(by='date')\n"


@pytest.mark.parametrize("order", [LAG, ROLLING, SORTED])
@pytest.mark.parametrize(
    "split",
    [
        "A, B = train_test_split(table)",
        "A, B = train_test_split(table, shuffle=True)",
        "for a, b in KFold(5, shuffle=True).split(table):\n    print(a)",
        "for a, b in ShuffleSplit(5).split(table):\n    print(a)",
        "cross_val_score(Ridge(), table[['a']], table['b'], cv=KFold(3, shuffle=True))",
    ],
)
def test_rows_with_an_order_are_not_divided_at_random(order: str, split: str) -> None:
    assert count(order + split) == 1
    assert count(split) == 0


@pytest.mark.parametrize("order", [LAG, ROLLING, SORTED])
@pytest.mark.parametrize(
    "split",
    [
        "A, B = train_test_split(table, shuffle=False)",
        "A, B = train_test_split(table, shuffle=chosen)",
        "for a, b in KFold(5).split(table):\n    print(a)",
        "for a, b in TimeSeriesSplit(5).split(table):\n    print(a)",
        "for a, b in GroupShuffleSplit(5).split(table, groups=groups):\n    print(a)",
        "cross_val_score(Ridge(), table[['a']], table['b'], cv=5)",
        "other = pd.read_csv('other.csv')\nA, B = train_test_split(other)",
    ],
)
def test_splits_that_keep_the_order_are_fine(order: str, split: str) -> None:
    assert count(order + split) == 0
