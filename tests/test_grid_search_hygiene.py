"""Searches for the best setting, and the grids that they go through."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import numpy as np
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.svm import SVC
X, y = np.load("x.npy"), np.load("y.npy")
"""
THREE = '{"C": [1, 2, 4, 8], "gamma": [1, 2, 4, 8], "coef0": [0, 1, 2, 3]}'


def told(text: str) -> list[int]:
    return [row for row, code in findings(IMPORTS + text) if code == "NN517"]


@pytest.mark.parametrize(
    "text",
    [
        f"GridSearchCV(SVC(), {THREE}, cv=5).fit(X, y)",
        f"def tune(X, y, grid):\n    search = GridSearchCV(SVC(), param_grid=grid)\n    search.fit(X, y)\n    return search\ntune(X, y, {THREE})",
    ],
)
def test_a_grid_of_several_settings_is_large(text: str) -> None:
    assert len(told(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        'GridSearchCV(SVC(), {"C": list(range(100))}).fit(X, y)',
        'GridSearchCV(SVC(), {"C": [1, 2, 4, 8, 16, 32, 64, 128], "gamma": [1, 2, 4, 8, 16, 32, 64, 128]}).fit(X, y)',
        'GridSearchCV(SVC(), {"C": [1, 2, 3], "gamma": [1, 2, 3], "coef0": [0, 1, 2]}).fit(X, y)',
        'GridSearchCV(SVC(), {"C": [1, 2, 3], "kernel": ["rbf"], "coef0": values, "gamma": more}).fit(X, y)',
        f"RandomizedSearchCV(SVC(), {THREE}, n_iter=20).fit(X, y)",
        f"GridSearchCV(SVC(), {THREE})",
    ],
)
def test_other_searches_are_no_large_grids(text: str) -> None:
    assert told(text) == []


def test_a_large_grid_that_is_scored_by_its_own_rows_is_told_of_twice() -> None:
    text = f"search = GridSearchCV(SVC(), {THREE})\nsearch.fit(X, y)\nprint(search.score(X, y))"
    assert told(text) == [5, 7]


@pytest.mark.parametrize(
    ("last", "count"),
    [("search.score(X, y)", 1), ("search.score(X, y), search.score(X_test, y_test)", 0)],
)
def test_a_score_on_training_rows_may_stand_beside_one_on_test_rows(last: str, count: int) -> None:
    text = f"""
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.svm import SVC
X, X_test, y, y_test = train_test_split(features, labels)
search = GridSearchCV(SVC(), {{"C": [1, 10]}}).fit(X, y)
print({last})
"""
    assert [code for _, code in findings(text)].count("NN517") == count
