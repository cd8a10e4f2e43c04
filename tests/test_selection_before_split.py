"""Features that are selected, and the labels that they are selected by."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
X, y = np.load("x.npy"), np.load("y.npy")
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y)\n"


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + text) if each[1] == "NN504"]


@pytest.mark.parametrize(
    "text",
    [
        f"X = SelectKBest(k=9).fit_transform(X, y)  # error\n{SPLIT}",
        f"best = SelectFromModel(RandomForestClassifier())\nbest.fit(X, y)  # error\nX = best.transform(X)\n{SPLIT}",
        (
            "X = RFE(RandomForestClassifier()).fit_transform(X, y)  # error\n"
            "print(cross_val_score(LogisticRegression(), X, y))\n"
        ),
        f"{SPLIT}best = SelectKBest(k=9).fit(X, y)  # error\nX_train = best.transform(X_train)\n",
        (
            "def reduced(X, y):\n    return SelectKBest(k=9).fit_transform(X, y)  # error\n"
            f"X = reduced(X, y)\n{SPLIT}"
        ),
        (
            "X = make_pipeline(SelectKBest()).fit_transform(X, y)  # error\n"
            "for train, test in KFold(5).split(X):\n    print(X[train])\n"
        ),
    ],
)
def test_features_are_not_selected_by_labels_that_are_held_out(text: str) -> None:
    assert found(text) == marked(IMPORTS + text, "NN504")


@pytest.mark.parametrize(
    "text",
    [
        f"X = VarianceThreshold().fit_transform(X)\n{SPLIT}",
        f"{SPLIT}X_train = SelectKBest(k=9).fit_transform(X_train, y_train)\n",
        "print(cross_val_score(make_pipeline(SelectKBest(), LogisticRegression()), X, y))\n",
        "X = SelectKBest(k=9).fit_transform(X, y)\nLogisticRegression().fit(X, y)\n",
        (
            f"{SPLIT}X_train = SelectKBest(k=9).fit_transform(X_train, y_train)\n"
            "GridSearchCV(LogisticRegression(), {'C': [1, 2]}).fit(X_train, y_train)\n"
        ),
    ],
)
def test_selection_by_training_rows_is_fine(text: str) -> None:
    assert not found(text)


TABLE = """\
import pandas as pd
table = pd.read_csv("cells.csv")
"""
RANKED = "ranks = table.corr()['ill'].abs().sort_values(ascending=False)"
DIVIDED = "y = table['ill']\nX_train, X_test, y_train, y_test = train_test_split(X, y)\n"


@pytest.mark.parametrize(
    "columns",
    [
        "ranks.index[1:9]",
        "ranks.index[1:9].tolist()",
        "ranks[ranks > 0.3].index",
        "list(ranks.head(9).index)",
    ],
)
def test_columns_are_not_chosen_by_how_they_go_with_held_out_labels(columns: str) -> None:
    text = f"{TABLE}{RANKED}\nbest = {columns}  # error\nX = table[best]\n{DIVIDED}"
    assert found(text) == marked(IMPORTS + text, "NN504") != []


@pytest.mark.parametrize(
    "text",
    [
        f"ranks = table.corr()['age'].abs()\nX = table[ranks.index[:9]]\n{DIVIDED}",
        f"{RANKED}\nprint(ranks)\nX = table.drop(columns=['ill'])\n{DIVIDED}",
        f"table.corr()\nX = table[['a', 'b']]\n{DIVIDED}",
        f"{RANKED}\nX = table[ranks.index[::-1]]\n{DIVIDED}",
        (
            "train, test = train_test_split(table)\nranks = train.corr()['ill'].abs()\n"
            "best = ranks.index[:9]\nX_train, X_test = train[best], test[best]\n"
        ),
    ],
)
def test_columns_may_be_ranked_by_training_rows_or_for_the_eye(text: str) -> None:
    assert not found(TABLE + text)


DATA = """\
from sklearn.feature_selection import f_classif, mutual_info_classif
from scipy.stats import pearsonr
import pandas as pd
table = pd.read_csv("cells.csv")
cells, ill = table.drop(columns="ill"), table["ill"]
"""
HELD_OUT = "X_train, X_test, y_train, y_test = train_test_split(X, ill)\n"


@pytest.mark.parametrize(
    "text",
    [
        "best = RFE(LogisticRegression())\nbest.fit(cells, ill)  # error\nX = cells[cells.columns[best.support_]]\n",
        (
            "forest = RandomForestClassifier().fit(cells, ill)  # error\n"
            "ranks = pd.Series(forest.feature_importances_, cells.columns).nlargest(9)\n"
            "X = cells[ranks.index]\n"
        ),
        (
            "chances = mutual_info_classif(cells, ill)  # error\n"
            "X = cells[[name for name, chance in zip(cells.columns, chances) if chance > 0.1]]\n"
        ),
        (
            "values = cells.to_numpy()\nscores, chances = f_classif(values, ill)  # error\n"
            "X = values[:, np.argsort(-scores)[:9]]\n"
        ),
        (
            "model = LogisticRegression(penalty='l1').fit(cells, ill)  # error\n"
            "weak = [name for name, weight in zip(cells.columns, model.coef_[0]) if weight == 0]\n"
            "X = cells.drop(columns=weak)\n"
        ),
        (
            "values, y = cells.to_numpy(), ill.to_numpy()\nstrengths = []\n"
            "for column in range(values.shape[1]):\n"
            "    strengths.append(abs(pearsonr(values[:, column], y)[0]))  # error\n"
            "X = values[:, np.argsort(strengths)[-9:]]\n"
        ),
        "best = SelectKBest(k=9).fit(cells, ill)  # error\nX = cells.loc[:, best.get_support()]\n",
    ],
)
def test_columns_are_not_chosen_by_what_a_model_of_all_rows_makes_of_them(text: str) -> None:
    assert found(DATA + text + HELD_OUT) == marked(IMPORTS + DATA + text, "NN504") != []


@pytest.mark.parametrize(
    "text",
    [
        (
            "forest = RandomForestClassifier().fit(cells, ill)\nprint(forest.feature_importances_)\n"
            f"X = cells\n{HELD_OUT}"
        ),
        (
            f"X = cells\n{HELD_OUT}forest = RandomForestClassifier().fit(X_train, y_train)\n"
            "best = X.columns[forest.feature_importances_ > 0.1]\nX_test = X_test[best]\n"
        ),
        (
            "for train, test in KFold(5).split(cells):\n"
            "    scores, _ = f_classif(cells.values[train], ill.values[train])\n"
            "    print(cells.values[test][:, np.argsort(scores)[-9:]])\n"
        ),
    ],
)
def test_what_a_model_makes_of_columns_may_be_shown_or_used_within_training_rows(text: str) -> None:
    assert not found(DATA + text)


def test_what_a_function_chooses_is_told_of_where_it_is_given_all_labels() -> None:
    text = """
import numpy as np
from sklearn.feature_selection import mutual_info_classif
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC
def best(features, labels):
    return np.argsort(mutual_info_classif(features, labels))[-9:]
X, y = np.load("x.npy"), np.load("y.npy")
kept = best(X, y)
cross_val_score(SVC(), X[:, kept], y)
"""
    assert [row for row, code in findings(text) if code == "NN504"] == [9]


CLASSES = {
    "arrays": """\
apart = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0))  # error
X = X[:, np.argsort(apart)[-50:]]
""",
    "deviations": """\
ill, well = X[y == 1], X[y == 0]
apart = np.abs(ill.mean(axis=0) - well.mean(axis=0)) / (ill.std(axis=0) + well.std(axis=0))  # error
X = X[:, np.argsort(-apart)[:50]]
""",
    "tables": """\
table = pd.read_csv("genes.csv")
X, y = table.drop(columns="ill"), table["ill"]
apart = (X[y == 1].mean() - X[y == 0].mean()).abs()  # error
X = X[apart.sort_values().index[-50:]]
""",
    "largest": """\
table = pd.read_csv("genes.csv")
X, y = table.drop(columns="ill"), table["ill"]
apart = (X[y == 1].mean() - X[y == 0].mean()).abs()  # error
X = X[apart.nlargest(50).index]
""",
}


@pytest.mark.parametrize("text", CLASSES.values(), ids=CLASSES)
def test_what_classes_differ_in_is_known_of_held_out_rows_as_well(text: str) -> None:
    program = "import pandas as pd\n" + text + SPLIT
    assert found(program) == marked(IMPORTS + program, "NN504") != []


@pytest.mark.parametrize(
    "text",
    [
        f"{SPLIT}{CLASSES['arrays']}".replace("X", "X_train").replace("y ==", "y_train =="),
        # What is looked at, and what is made of classes without choosing columns.
        f"{CLASSES['arrays'].splitlines()[0]}\nprint(np.argsort(apart))\n{SPLIT}",
        f"way = X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)\nX = X - X.dot(way)[:, None]\n{SPLIT}",
        # Two statistics of the same rows.
        f"apart = X.max(axis=0) - X.min(axis=0)\nX = X[:, np.argsort(apart)[-50:]]\n{SPLIT}",
    ],
)
def test_what_classes_differ_in_may_be_looked_at(text: str) -> None:
    text = text.replace("  # error", "")
    text = text.replace("X_train_train", "X_train").replace("y_train_train", "y_train")
    assert found(text) == []


KNOWN = """\
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.feature_selection import SelectPercentile
from sklearn.preprocessing import StandardScaler
data = load_wine()
X, y = data.data, data.target
"""


@pytest.mark.parametrize(
    "text",
    [
        "X = SelectKBest(k=12).fit_transform(X, y)  # error\n",
        "X = SelectPercentile(percentile=99).fit_transform(X, y)  # error\n",
        "X = StandardScaler().fit_transform(X)\nX = SelectKBest().fit_transform(X, y)  # error\n",
        # Of fewer columns than were read.
        "X = SelectKBest(k=5).fit_transform(X[:, :9], y)  # error\n",
    ],
)
def test_some_of_the_columns_of_well_known_data_are_a_choice(text: str) -> None:
    program = KNOWN + text + SPLIT
    assert found(program) == marked(IMPORTS + program, "NN504") != []


@pytest.mark.parametrize(
    "text",
    [
        "X = SelectKBest(k=13).fit_transform(X, y)\n",
        "X = SelectKBest(k=20).fit_transform(StandardScaler().fit_transform(X), y)\n",
        "X = SelectKBest(k='all').fit_transform(np.load('x.npy'), y)\n",
        "X = SelectPercentile(percentile=100).fit_transform(X, y)\n",
        (
            "X, y = load_breast_cancer(return_X_y=True)\nbest = SelectKBest(k=30)\n"
            "X = best.fit_transform(X, y)\nprint(best.get_support())\n"
        ),
    ],
)
def test_all_columns_are_no_choice(text: str) -> None:
    assert found(KNOWN + text + SPLIT) == []


PREFIT = """
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import train_test_split
from sklearn.linear_model import LogisticRegression
import numpy as np
X, y = np.load("x.npy"), np.load("y.npy")
{lines}
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
"""
PARTED = "X_train, X_test, y_train, y_test = train_test_split(X, y)"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            (
                "trees = ExtraTreesClassifier(50).fit(X, y)\n"
                f"X = SelectFromModel(trees, prefit=True).transform(X)\n{PARTED}"
            ),
            True,
        ),
        (
            (
                "trees = ExtraTreesClassifier(50)\ntrees.fit(X, y)\n"
                f"chosen = SelectFromModel(estimator=trees, prefit=True)\n{PARTED}\n"
                "X_train, X_test = chosen.transform(X_train), chosen.transform(X_test)"
            ),
            True,
        ),
        (
            (
                f"{PARTED}\ntrees = ExtraTreesClassifier(50).fit(X_train, y_train)\n"
                "chosen = SelectFromModel(trees, prefit=True)\n"
                "X_train, X_test = chosen.transform(X_train), chosen.transform(X_test)"
            ),
            False,
        ),
        (
            (
                "trees = ExtraTreesClassifier(50).fit(X, y)\nprint(trees.feature_importances_)\n"
                f"{PARTED}\nchosen = SelectFromModel(trees).fit(X_train, y_train)\n"
                "X_train, X_test = chosen.transform(X_train), chosen.transform(X_test)"
            ),
            False,
        ),
        (
            f"kept = SelectFromModel(some_model(), prefit=True)\nX = kept.transform(X)\n{PARTED}",
            False,
        ),
    ],
)
def test_a_model_that_has_learned_before_selects_by_the_rows_it_has_seen(
    lines: str, told: bool
) -> None:
    codes = [code for _, code in findings(PREFIT.format(lines=lines))]
    assert ("NN504" in codes) is told
