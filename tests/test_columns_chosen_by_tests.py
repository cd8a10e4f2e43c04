"""Columns that statistical tests choose, before some rows are held out and on the training rows."""

import pytest

from tests.abstract_programs import findings

HEAD = """\
import numpy as np
import pandas as pd
from scipy import stats
from scipy.stats import mannwhitneyu, pearsonr, ttest_ind
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.svm import SVC
x, y = np.load("x.npy"), np.load("y.npy")
table = pd.read_csv("rows.csv")
labels = table["ill"]
columns = table.drop(columns="ill")
"""
CHOICES = [
    """
for number in range(x.shape[1]):
    far, chance = ttest_ind(x[y == 0, number], x[y == 1, number])
    if chance < 0.05:
        kept.append(number)
chosen = x[:, kept]
""",
    """
chances = np.array([ttest_ind(x[y == 0, n], x[y == 1, n]).pvalue for n in range(x.shape[1])])
chosen = x[:, chances < 0.05]
""",
    """
_, chances = stats.ttest_ind(x[y == 0], x[y == 1])
chosen = x[:, np.flatnonzero(chances < 0.01)]
""",
    """
kept = [n for n in range(x.shape[1]) if mannwhitneyu(x[y == 0][:, n], x[y == 1][:, n])[1] < 0.1]
chosen = x[:, kept]
""",
    """
def chances_of(x, y):
    return {c: stats.ks_2samp(x.loc[y == 0, c], x.loc[y == 1, c]).pvalue for c in x.columns}
chances = chances_of(columns, labels)
chosen = columns[[name for name, chance in chances.items() if chance < 0.01]]
""",
    """
for name in columns.columns:
    ill, well = table[table["ill"] == 1][name], table[table["ill"] == 0][name]
    if stats.ttest_ind(ill, well).pvalue < 0.05:
        kept.append(name)
chosen = table[kept]
""",
    """
for name in columns.columns:
    groups = [table[table["ill"] == kind][name] for kind in table["ill"].unique()]
    if stats.f_oneway(*groups).pvalue < 0.05:
        kept.append(name)
chosen = table[kept]
""",
    """
for number in range(x.shape[1]):
    together, chance = pearsonr(x[:, number], y)
    if abs(together) > 0.3:
        kept.append(number)
chosen = x[:, kept]
""",
]


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(HEAD + "kept = []\n" + text) if each[1] == "NN504"]


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize(
    "split", ["cross_val_score(SVC(), chosen, y, cv=5)", "a, b = train_test_split(chosen)"]
)
def test_columns_are_not_chosen_by_tests_of_all_rows(choice: str, split: str) -> None:
    assert len(found(choice + split)) == 1


@pytest.mark.parametrize("choice", CHOICES[:4])
def test_columns_may_be_chosen_by_tests_of_the_training_rows(choice: str) -> None:
    split = "x, x_test, y, y_test = train_test_split(x, y)\n"
    assert not found(split + choice + "SVC().fit(chosen, y).score(x_test[:, kept], y_test)")


@pytest.mark.parametrize(
    "text",
    [
        "far, chance = ttest_ind(x[y == 0], x[y == 1])\nprint(chance)\na, b = train_test_split(x)",
        "chance = ttest_ind(x[:50], x[50:]).pvalue\na, b = train_test_split(x[:, chance < 0.1])",
        "kept = [n for n in range(9) if x[:, n].std() > 0.1]\na, b = train_test_split(x[:, kept])",
    ],
)
def test_tests_that_choose_nothing_or_know_no_labels_are_fine(text: str) -> None:
    assert not found(text)
