"""Trees of libraries with rows and training functions of their own: what they learn from and are judged by."""

import pytest

from tests.abstract_programs import findings

RULES = {"NN506", "NN512", "NN516", "NN518"}
PROGRAM = """\
import {library} as trees
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
table = pd.read_csv("rows.csv")
{before}
model = trees.train({{"objective": "binary:logistic"}}, rows, 99)
print(roc_auc_score({labels}, model.predict({judged})))
"""
LIBRARIES = [("xgboost", "DMatrix"), ("lightgbm", "Dataset")]


def found(library: str, before: str, labels: str, judged: str) -> list[str]:
    text = PROGRAM.format(library=library, before=before, labels=labels, judged=judged)
    return [code for _, code in findings(text) if code in RULES]


@pytest.mark.parametrize(("library", "kind"), LIBRARIES)
def test_what_trees_say_of_their_own_rows_judges_nothing(library: str, kind: str) -> None:
    before = f'y = table.pop("y")\nrows = trees.{kind}(table, label=y)'
    assert found(library, before, "y", "table") == ["NN512"]
    divided = f"""\
y = table.pop("y")
a, b, c, d = train_test_split(table, y, random_state=0)
rows = trees.{kind}(a, label=c)"""
    assert found(library, divided, "d", "b") == []


@pytest.mark.parametrize(("library", "kind"), LIBRARIES)
def test_trees_are_not_judged_by_a_part_of_what_they_have_seen(library: str, kind: str) -> None:
    before = f"""\
y = table.pop("y")
X_train, X_test, y_train, y_test = train_test_split(table, y, random_state=0)
rows = trees.{kind}(table, y)"""
    assert found(library, before, "y_test", "X_test") == ["NN516"]


@pytest.mark.parametrize(("library", "kind"), LIBRARIES)
def test_trees_are_not_told_what_they_are_to_find(library: str, kind: str) -> None:
    before = f"""\
first, second = train_test_split(table, random_state=0)
rows = trees.{kind}(first, first["y"])"""
    assert found(library, before, 'second["y"]', "second") == ["NN518"]
    assert (
        found(library, before.replace("(first, f", '(first.drop(columns="y"), f'), "b", "c") == []
    )


STOPPED = """\
from xgboost import XGBClassifier
import numpy as np
from sklearn.model_selection import train_test_split
X_train, X_test, y_train, y_test = train_test_split(np.load("x.npy"), np.load("y.npy"))
model = XGBClassifier(early_stopping_rounds=9)
model.fit(
    X_train,
    y_train,
    eval_set=[(X_test, y_test)],
)
print(model.score(X_test, y_test))
"""


def test_it_is_told_where_the_rows_are_given_that_end_a_training() -> None:
    rows = [row for row, code in findings(STOPPED) if code == "NN506"]
    assert [STOPPED.splitlines()[row - 1].strip() for row in rows] == [
        "eval_set=[(X_test, y_test)],"
    ]
