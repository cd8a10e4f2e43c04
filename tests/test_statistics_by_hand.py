"""Rows that are scaled or filled by statistics of all of them, however these are asked for."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import numpy as np
import pandas as pd
import torch
from scipy.stats import zscore
from sklearn.model_selection import train_test_split
from torch.utils.data import Dataset, random_split
"""


def check(text: str) -> None:
    text = IMPORTS + dedent(text)
    assert [each for each in findings(text) if each[1] == "NN503"] == marked(text, "NN503")


@pytest.mark.parametrize("read", ["np.loadtxt('rows.txt')", "np.load('rows.npy')"])
@pytest.mark.parametrize(
    "scaled",
    [
        "(x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))",
        "(x - x.min(0)) / (x.max(0) - x.min(0))",
        "(x - np.min(x, axis=0)) / np.ptp(x, axis=0)",
        "(x - x.mean(axis=0)) / x.std(axis=0)",
    ],
)
def test_arrays_are_not_scaled_by_the_extremes_of_all_rows(read: str, scaled: str) -> None:
    check(f"""
    x = {read}
    x = {scaled}  # error
    train, test = train_test_split(x)
    """)
    check(f"""
    x = {read}
    train, test = train_test_split(x)
    x = train
    train, test = {scaled}, test
    """)


def test_columns_of_an_array_are_not_scaled_by_the_extremes_of_all_rows() -> None:
    check("""
    rows = np.loadtxt("rows.txt", delimiter=",")
    x, y = rows[:, :-1], rows[:, -1]
    x = (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))  # error
    count = int(0.8 * len(x))
    x_train, x_test = x[:count], x[count:]
    """)


def test_each_row_may_be_scaled_by_its_own_extremes() -> None:
    check("""
    x = np.load("rows.npy")
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    x = (x - low) / (high - low)
    train, test = train_test_split(x)
    """)


def test_tensors_with_places_beside_their_extremes_are_told_apart() -> None:
    check("""
    def scaled(x: torch.Tensor) -> torch.Tensor:
        low, _ = x.min(dim=1, keepdim=True)
        high, _ = x.max(dim=1, keepdim=True)
        return (x - low) / (high - low)
    train, test = train_test_split(scaled(torch.load("rows.pt")))
    """)


def test_made_up_rows_are_scaled_column_by_column_as_others_are() -> None:
    check("""
    class Table(Dataset):
        def __init__(self, rows):
            self.rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)  # error
        def __len__(self):
            return len(self.rows)
        def __getitem__(self, number):
            return self.rows[number]
    def made(generator):
        return generator.normal(3.0, 2.0, size=(600, 9))
    train, test = random_split(Table(made(np.random.default_rng(1))), [480, 120])
    """)


def test_gaps_of_one_table_or_another_are_filled_alike() -> None:
    check("""
    class Reader:
        def __init__(self, path=None):
            self.path = path
        def read(self):
            if self.path:
                table = pd.read_csv(self.path)
            else:
                table = pd.DataFrame(np.random.default_rng(0).normal(size=(90, 4)))
            return table.fillna(table.median())  # error
    def halves(path):
        return train_test_split(Reader(path).read())
    """)


def test_the_function_for_standard_scores_learns_from_all_rows() -> None:
    check("""
    x = zscore(np.load("rows.npy"), axis=0)  # error
    train, test = train_test_split(x)
    """)
    check("""
    x = zscore(np.load("rows.npy"), axis=1)
    train, test = train_test_split(x)
    """)


SMOOTHED = """
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
table = pd.read_csv("clicks.csv")
{first}
by = {rows}.groupby("shop")["{of}"].agg({which})
overall = {rows}["{of}"].mean()
table["of shop"] = table["shop"].map({value})
X, y = table[["of shop", "age"]], table["bought"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
"""
ROW_OF_STATISTIC = 8
BOTH = "['mean', 'count']"
WEIGHTED = "(by['mean'] * by['count'] + overall * 9) / (by['count'] + 9)"


@pytest.mark.parametrize(
    ("which", "value", "of", "told"),
    [
        ("'mean'", "by", "bought", True),
        (BOTH, "by['mean']", "bought", True),
        (BOTH, WEIGHTED, "bought", True),
        (BOTH, "by['count'] * by['mean'] / by['count']", "bought", True),
        ("['sum', 'count']", "(by['sum'] + 1) / (by['count'] + 2)", "bought", True),
        ("'count'", "by", "bought", False),
        (BOTH, "by['count']", "bought", False),
        (BOTH, "np.log1p(by['count'] / by['count'].sum())", "bought", False),
        (BOTH, WEIGHTED, "income", False),
        ("'mean'", "by", "income", False),
    ],
)
def test_smoothed_means_of_the_labels_of_groups_know_held_out_labels(
    which: str, value: str, of: str, told: bool
) -> None:
    text = SMOOTHED.format(first="", rows="table", of=of, which=which, value=value)
    assert ((ROW_OF_STATISTIC, "NN503") in findings(text)) is told


def test_smoothed_means_of_other_rows_know_none() -> None:
    text = SMOOTHED.format(
        first="before = pd.read_csv('last_year.csv')",
        rows="before",
        of="bought",
        which=BOTH,
        value=WEIGHTED,
    )
    assert "NN503" not in {code for _, code in findings(text)}


@pytest.mark.parametrize(
    "scaled",
    ["weights /= weights.mean()", "weights = (weights - weights.mean()) / weights.std()  # error"],
)
def test_weights_that_are_brought_to_a_mean_of_one_are_no_features(scaled: str) -> None:
    check(f"""
    weights = pd.read_csv("table.csv")[["rare", "odd"]]
    {scaled}
    first, second = train_test_split(weights)
    """)
