"""Scores on the rows that a model, or a search, was fitted on."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import numpy as np
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.svm import SVC
X, y = np.load("x.npy"), np.load("y.npy")
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y)\n"


def codes(text: str) -> list[str]:
    found = [code for _, code in findings(IMPORTS + text)]
    return [code for code in found if code in {"NN512", "NN517"}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SVC().fit(X, y).score(X, y)", "NN512"),
        ("model = SVC()\nmodel.fit(X, y)\nprint(model.score(X, y))", "NN512"),
        ("search = GridSearchCV(SVC(), {'C': [1]})\nsearch.fit(X, y)\nsearch.score(X, y)", "NN517"),
    ],
)
def test_a_score_on_the_rows_of_the_fit_alone_tells_little(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        f"{SPLIT}model = SVC().fit(X_train, y_train)\nmodel.score(X_train, y_train)",
        "cross_val_score(SVC(), X, y)\nSVC().fit(X, y).score(X, y)",
        "SVC().fit(X, y).predict(X)",
        "A, b = np.load('a.npy'), np.load('b.npy')\nmodel = SVC().fit(X, y)\nmodel.score(X, y)\nmodel.score(A, b)",
        f"{SPLIT}search = GridSearchCV(SVC(), {{}}).fit(X_train, y_train)\nsearch.score(X_test, y_test)",
    ],
)
def test_it_may_stand_beside_other_scores(text: str) -> None:
    assert not codes(text)
