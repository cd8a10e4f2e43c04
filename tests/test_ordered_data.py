"""Rows whose order means something, and how they are divided."""

import pytest

from tests.abstract_programs import findings, marked

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


WINDOWS = """\
import numpy as np
import torch
from torch.utils.data import TensorDataset, random_split
def windows(data, length):
    xs = []
    for i in range(len(data) - length):
        xs.append(data[i : i + length])
    return np.array(xs)
series = np.load("series.npy")
"""


@pytest.mark.parametrize(
    "text",
    [
        "X = windows(series, 24)\nA, B = train_test_split(X)  # error",
        (
            "X = np.stack([series[i : i + 9] for i in range(len(series) - 9)])\n"
            "A, B = random_split(TensorDataset(torch.tensor(X).unsqueeze(-1)), [0.8, 0.2])  # error"
        ),
    ],
)
def test_windows_of_a_series_overlap(text: str) -> None:
    whole = f"{IMPORTS}{WINDOWS}{text}\n"
    found = [each for each in findings(whole) if each[1] == "NN511"]
    assert found == marked(whole, "NN511") != []


@pytest.mark.parametrize(
    "text",
    [
        "X = windows(series, 24)\nA, B = train_test_split(X, shuffle=False)",
        "for i in range(0, len(series), 32):\n    batch = series[i : i + 32]\nA, B = train_test_split(series)",
        "for i in range(9):\n    batch = series[i * 32 : (i + 1) * 32]\nA, B = train_test_split(series)",
        "rows = [series[i : i + 1] for i in range(len(series))]\nA, B = train_test_split(series)",
    ],
)
def test_batches_of_rows_are_no_windows(text: str) -> None:
    whole = f"{IMPORTS}{WINDOWS}{text}\n"
    assert not [each for each in findings(whole) if each[1] == "NN511"]


GROUPS = """\
import numpy as np
random = np.random.default_rng(3)
"""


@pytest.mark.parametrize(
    "text",
    [
        "table['usual'] = table.groupby('patient_id')['pulse'].transform('mean')\nA, B = train_test_split(table)",
        "table['before'] = table.groupby('shop').sales.shift(1)\nA, B = train_test_split(table)",
        (
            "speech = pd.DataFrame({'speaker': random.integers(0, 20, 600)})\n"
            "A, B = train_test_split(speech.drop(columns='speaker'))"
        ),
        (
            "subject = np.repeat(np.arange(20), 30)\nX = random.normal(size=(20, 4))[subject]\n"
            "cross_val_score(Ridge(), X, subject % 2, cv=KFold(5, shuffle=True))"
        ),
        (
            "def cut(recordings):\n    windows = []\n    for recording, kind in recordings:\n"
            "        for start in range(0, len(recording) - 100, 25):\n"
            "            windows.append(recording[start : start + 100])\n"
            "    return train_test_split(np.array(windows))"
        ),
    ],
)
def test_rows_of_one_person_are_not_torn_apart(text: str) -> None:
    assert count(GROUPS + text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "print(table.groupby('patient_id').size())\nA, B = train_test_split(table['patient_id'].unique())",
        "per_patient = table.groupby('patient_id').mean()\nA, B = train_test_split(per_patient)",
        "table.groupby('town')['rent'].mean()\nA, B = train_test_split(table)",
        "A, B = train_test_split(table.drop(columns='user_id'))",
        "print(table.groupby('subject').text.count())\nA, B = train_test_split(table)",
        "table['usual'] = table.groupby('user_id')['rating'].transform('mean')\nA, B = train_test_split(table)",
        "table['group'] = random.integers(0, 2, 600)\nA, B = train_test_split(table)",
        (
            "print(table.groupby('patient_id').size())\n"
            "for a, b in GroupShuffleSplit(5).split(table, groups=table['patient_id']):\n    print(a)"
        ),
        (
            "def cut(recordings):\n    windows = []\n    for recording in recordings:\n"
            "        for start in range(0, len(recording) - 100, 100):\n"
            "            windows.append(recording[start : start + 100])\n"
            "    return train_test_split(np.array(windows))"
        ),
    ],
)
def test_persons_may_be_divided_and_rows_of_which_each_is_its_own(text: str) -> None:
    assert count(GROUPS + text) == 0
