"""What may be fitted on rows that judge a model, and what may not."""

from textwrap import dedent

import pytest

from advisor.code.values import names_of
from tests.abstract_programs import findings, marked, program

IMPORTS = """\
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import LabelEncoder, Normalizer, OneHotEncoder, StandardScaler, scale
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, train_test_split
table = pd.read_csv("table.csv")
X_train, X_test, y_train, y_test = train_test_split(table.drop("label", axis=1), table["label"])
"""


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + text) if each[1] == "NN519"]


def wrong(text: str) -> list[tuple[int, str]]:
    return marked(IMPORTS + text, "NN519")


@pytest.mark.parametrize(
    "transformer",
    [
        "StandardScaler()",
        "SimpleImputer()",
        "OneHotEncoder()",
        "PCA(20)",
        "CountVectorizer()",
        "ColumnTransformer([('numbers', StandardScaler(), ['age'])])",
    ],
)
def test_what_learns_from_rows_is_not_fitted_again_on_test_rows(transformer: str) -> None:
    text = f"transformer = {transformer}\nA = transformer.fit_transform(X_train)\n"
    text += "B = transformer.fit_transform(X_test)  # error\n"
    assert found(text) == wrong(text)


@pytest.mark.parametrize("transformer", ["Normalizer()", "PCA(2)", "LogisticRegression()"])
def test_what_learns_nothing_or_draws_a_picture_may_be_fitted_on_anything(transformer: str) -> None:
    text = f"transformer = {transformer}\nA = transformer.fit_transform(X_train)\n"
    assert not found(text + "B = transformer.fit_transform(X_test)\n")


@pytest.mark.parametrize(
    "text",
    [
        "A = scale(X_train)\nB = scale(X_test)  # error\n",
        (
            "A = StandardScaler().fit_transform(X_train)\n"
            "B = StandardScaler().fit_transform(X_test)  # error\n"
        ),
        (
            "scaler = StandardScaler().fit(X_train)\nA = scaler.transform(X_train)\n"
            "scaler.fit(X_test)  # error\nB = scaler.transform(X_test)\n"
        ),
        "scaler = StandardScaler().fit(X_test)  # error\nA = scaler.transform(X_train)\n",
        (
            "def scaled(table):\n    return StandardScaler().fit_transform(table)\n"
            "A = scaled(X_train)\nB = scaled(X_test)  # error\n"
        ),
        (
            "X_train['town'] = LabelEncoder().fit_transform(X_train['town'])\n"
            "X_test['town'] = LabelEncoder().fit_transform(X_test['town'])  # error\n"
        ),
        (
            "class Data:\n    def __init__(self):\n        self.scaler = StandardScaler()\n"
            "    def train(self):\n        return self.scaler.fit_transform(X_train)\n"
            "    def test(self):\n        return self.scaler.fit_transform(X_test)  # error\n"
            "data = Data()\ndata.train()\ndata.test()\n"
        ),
    ],
)
def test_the_fit_is_followed_through_functions_columns_and_objects(text: str) -> None:
    assert found(text) == wrong(text)


def test_rows_are_known_by_name_when_no_split_is_seen() -> None:
    text = """
def scaled(train, test):
    scaler = StandardScaler()
    return scaler.fit_transform(train), scaler.fit_transform(test)  # error
"""
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    "text",
    [
        "scaler = StandardScaler()\nA, B = scaler.fit_transform(X_train), scaler.transform(X_test)",
        # Nothing of its kind has been fitted on training rows.
        "print(StandardScaler().fit_transform(X_test))",
        # All that there is, once the choices are made.
        (
            "A = StandardScaler().fit_transform(X_train)\n"
            "everything = pd.concat([X_train, X_test])\nB = StandardScaler().fit_transform(everything)"
        ),
        # A part of the held-out rows is trained on.
        (
            "X_fit, X_last = train_test_split(X_test)\nA = StandardScaler().fit_transform(X_train)\n"
            "B = StandardScaler().fit(X_fit).transform(X_last)"
        ),
        # Fitted on the test rows, and looked at no more.
        (
            "scaler = StandardScaler()\nA = scaler.fit_transform(X_train)\n"
            "other = StandardScaler().fit(X_test)\nprint(other.mean_)"
        ),
        (
            "X = table.values\nfor one, other in KFold(5).split(X):\n    scaler = StandardScaler()\n"
            "    A, B = scaler.fit_transform(X[one]), scaler.transform(X[other])"
        ),
    ],
)
def test_what_is_learned_from_training_rows_may_be_applied_to_all(text: str) -> None:
    assert not found(text)


def test_a_mask_of_all_rows_is_no_name_of_the_rows_that_it_means() -> None:
    text = """
rows = pd.concat([X_train, X_test])
test_mask = (rows.index >= len(X_train)) & (rows["city"] == "Rome")
"""
    assert "test_mask" not in names_of(program(IMPORTS + text).scope.fields["rows"])


BY_HAND = """\
import numpy as np
import pandas as pd
import sklearn
def arrays(train_rows, test_rows):
    train_rows = (train_rows - np.mean(train_rows, axis=0)) / np.std(train_rows, axis=0)
    test_rows = {array}
    return train_rows, test_rows
def tables():
    train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
    train["age"] = train["age"].fillna(train["age"].median())
    test["age"] = test["age"].fillna({table})
    return train, test
"""


def test_statistics_of_held_out_rows_are_not_applied_to_them() -> None:
    def rows(array: str, table: str) -> list[int]:
        text = BY_HAND.format(array=array, table=table)
        return [row for row, code in findings(text) if code == "NN519"]

    own = "(test_rows - np.mean(test_rows, axis=0)) / np.std(test_rows, axis=0)"
    theirs = "(test_rows - np.mean(train_rows, axis=0)) / np.std(train_rows, axis=0)"
    each = "(test_rows - np.mean(test_rows, axis=1))"
    assert rows(own, "test['age'].median()") == [6, 11]
    assert rows(theirs, "train['age'].median()") == []
    assert rows(each, "0") == []


RATED = """\
def rated(tr, other):
    middle = tr["price"].mean()
    return other["price"] - middle
known = train["asked"] == 0
near = rated(train.loc[(train["fold"] != 1) & known], train.loc[(train["fold"] == 1) & known])
far = rated(train.loc[known], train.loc[train["asked"] == 1])
"""


def test_rows_that_are_learned_from_may_be_called_held_out_later() -> None:
    text = (
        "train = pd.read_csv('train.csv')\n" + RATED + "val = train.loc[known]\nprint(val.shape)\n"
    )
    assert not found(text)


def test_what_is_filled_in_by_the_row_alone_learns_nothing() -> None:
    text = (
        "from sklearn.preprocessing import Imputer\nfill = Imputer(strategy='mean', axis={axis})\n"
        "A = fill.fit_transform(X_train)\nB = fill.fit_transform(X_test)\n"
    )
    assert not found(text.format(axis=1))
    assert found(text.format(axis=0))


BLEND = """\
from sklearn.preprocessing import MinMaxScaler
scaler = MinMaxScaler()
first = np.load("first.npy")
test_NAME = np.column_stack([model(X_test) for model in models])
both = scaler.fit_transform(first) + scaler.fit_transform(test_NAME)
"""


def test_predictions_of_several_models_may_be_brought_to_one_scale() -> None:
    text = "import numpy as np\n" + BLEND
    assert not found(text.replace("NAME", "preds"))
    assert found(text.replace("NAME", "features"))


def test_rows_that_something_is_predicted_for_are_no_predictions() -> None:
    text = (
        "scaler = StandardScaler()\nX_train = scaler.fit_transform(X_train)\n"
        "X_test = scaler.fit_transform(X_test)  # error\n"
        "test_pred = LogisticRegression().fit(X_train, y_train).predict(X_test)\n"
    )
    assert found(text) == wrong(text) != []


OF_FILES = """
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
class Waves(Dataset):
    def __init__(self, path, mean=None, deviation=None):
        table = pd.read_csv(path)
        x = table.drop(columns="height").to_numpy(np.float32)
        if mean is None:
            mean, deviation = x.mean(axis={axis}), x.std(axis={axis})
        self.mean, self.deviation = mean, deviation
        self.x = torch.from_numpy((x - mean) / deviation)
        self.y = torch.from_numpy(table[["height"]].to_numpy(np.float32))
    def __len__(self):
        return self.x.shape[0]
    def __getitem__(self, number):
        return self.x[number], self.y[number]
first = Waves("a.csv")
second = Waves("b.csv"{given})
{names} = first, second
model = nn.Linear(5, 1)
optimizer = torch.optim.Adam(model.parameters())
for x, y in DataLoader(first, 32, shuffle=True):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print(sum(nn.functional.mse_loss(model(x), y) for x, y in DataLoader(second, 64)))
"""


@pytest.mark.parametrize(
    ("axis", "given", "names", "tells"),
    [
        ("0", "", "train_set, test_set", True),
        ("0", ", None", "self_train, valid_set", True),
        ("0", ", first.mean, first.deviation", "train_set, test_set", False),
        # Each row by what it holds itself.
        ("1", "", "train_set, test_set", False),
        # Nobody says which of them judges.
        ("0", "", "one, other", False),
    ],
)
def test_a_data_set_of_the_project_may_learn_from_the_rows_that_it_gives(
    axis: str, given: str, names: str, tells: bool
) -> None:
    text = OF_FILES.format(axis=axis, given=given, names=names)
    rows = [row for row, code in findings(text) if code == "NN519"]
    lines = text.splitlines()
    assert [lines[row - 1] for row in rows] == (
        [f'second = Waves("b.csv"{given})'] if tells else []
    )


@pytest.mark.parametrize(
    ("statistic", "tells"),
    [
        ("np.mean({0}['age'])", True),
        ("{0}['age'].median()", True),
        ("{0}.age.mean()", True),
        ("X_train['age'].mean()", False),
        ("0", False),
    ],
)
def test_gaps_of_a_column_are_filled_with_what_the_training_rows_tell(
    statistic: str, tells: bool
) -> None:
    text = IMPORTS + "import numpy as np\n"
    for rows in ("X_train", "X_test"):
        text += f"{rows}['age'] = {rows}['age'].fillna({statistic.format(rows)})\n"
    told = [row for row, code in findings(text) if code == "NN519"]
    assert told == ([len(text.splitlines())] if tells else [])


def test_a_function_that_fits_on_both_is_told_of_once_however_often_it_is_called() -> None:
    text = """
def counted(texts, most):
    return CountVectorizer(max_features=most).fit_transform(texts)
def baseline(train, test, most=100):
    model = LogisticRegression().fit(counted(train, most), y_train)
    return model.score(counted(test, most), y_test)  # error
def curve(train, test):
    return [baseline(train, test, most) for most in (10, 100, 1000)]
print(baseline(X_train, X_test))
print(curve(X_train, X_test))
"""
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    ("spread", "is_wrong"),
    [
        ("((y - y.mean()) ** 2).sum()", False),
        ("np.square(y - y.mean()).sum()", False),
        ("(y - y.mean()).pow(2).sum()", False),
        ("np.abs(y - y.mean()).mean()", False),
        ("(lambda gap: np.dot(gap, gap))(y - y.mean())", False),
        ("(((y - y.mean()) / y.std()) ** 2).sum()", True),
    ],
)
def test_how_far_labels_are_from_their_mean_is_a_measure(spread: str, is_wrong: bool) -> None:
    text = f"""
import numpy as np
def explained(y, predicted):
    return 1 - ((y - predicted) ** 2).sum() / {spread}
model = LogisticRegression().fit(X_train, y_train)
print(explained(y_train, model.predict(X_train)))
print(explained(y_test, model.predict(X_test)))
"""
    assert bool(found(text)) is is_wrong


OWN_STEP = """
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
class Prepared(BaseEstimator, TransformerMixin):
    def fit(self, X, y=None):
        self.scaler = StandardScaler().fit(X)
        return self
    def transform(self, X):
        return self.scaler.{0}(X)
steps = Pipeline([("own", Prepared()), ("components", PCA(5))])
X_train = steps.fit_transform(X_train)
X_test = steps.transform(X_test)
LogisticRegression().fit(X_train, y_train).score(X_test, y_test)
"""


def test_a_step_of_the_project_is_fitted_where_its_pipeline_is() -> None:
    assert not found(OWN_STEP.format("transform"))
    assert found(OWN_STEP.format("fit_transform"))


def test_how_strong_noise_is_may_be_measured_by_each_part() -> None:
    text = """
import numpy as np
def disturb(rows, seed):
    values = rows.to_numpy()
    strength = values.std(axis=0) / 10
    return values {}
X_train, X_test = disturb(X_train, 0), disturb(X_test, 1)
LogisticRegression().fit(X_train, y_train).score(X_test, y_test)
"""
    assert not found(
        text.format("+ np.random.default_rng(seed).normal(size=values.shape) * strength")
    )
    assert not found(text.format("+ np.linspace(0, 1, len(values))[:, None] * strength"))
    assert found(text.format("/ strength"))


def test_what_is_applied_to_rows_to_train_on_is_of_the_training_whatever_it_is_called() -> None:
    text = """
history_for_validation = table[table["date"] < "2020"]
train_frame = history_for_validation.copy()
train_frame["sales"] = train_frame["sales"].fillna(history_for_validation["sales"].median())
training_rows = table.copy()
training_rows["sales"] = training_rows["sales"].fillna(training_rows["sales"].median())
"""
    assert not found(text)


SHOWN = """
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
X, y = np.load("x.npy"), np.load("y.npy")
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler()
model = Ridge().fit(scaler.fit_transform(X_train), y_train)
print(model.score(scaler.transform(X_test), y_test))
other = StandardScaler().fit_transform(X_test)
plt.hist(other, bins=40)
"""


@pytest.mark.parametrize(("behind", "told"), [("", 0), ("print(model.predict(other))", 1)])
def test_what_no_model_is_asked_about_may_be_scaled_for_a_picture(behind: str, told: int) -> None:
    found = findings(f"{SHOWN}\n{behind}\n")
    assert sum(code == "NN519" for _, code in found) == told


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("transform('median')", 0),
        ("transform(lambda ages: ages.mean())", 0),
        ("median()", 1),
    ],
)
def test_the_group_of_a_held_out_row_may_be_one_that_nobody_has_trained_on(
    asked: str, count: int
) -> None:
    text = f"""
def filled(rows):
    return rows.fillna({{"age": rows["age"].median() if {count} else rows.groupby("family")["age"].{asked}}})
model = LogisticRegression().fit(filled(X_train), y_train)
print(model.score(filled(X_test), y_test))
"""
    assert len(found(text)) == count


PREPARED = """
def prepared(rows, scaler=None):
    if {test}:
        scaler = StandardScaler()
        values = scaler.fit_transform(rows)
    else:
        values = scaler.transform(rows)
    return values, scaler

X_train, scaler = prepared(X_train{first})
X_test, _ = prepared(X_test{then})
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
"""


@pytest.mark.parametrize("test", ["scaler == None", "not scaler", "not hasattr(scaler, 'mean_')"])
def test_a_scaler_that_is_handed_over_is_only_applied(test: str) -> None:
    assert found(PREPARED.format(test=test, first="", then=", scaler")) == []
    first = ", StandardScaler()" if "hasattr" in test else ""
    assert found(PREPARED.format(test=test, first=first, then=", scaler=scaler")) == []


def test_a_scaler_that_is_made_anew_has_seen_the_rows() -> None:
    text = PREPARED.format(test="scaler is None", first="", then="")
    text = text.replace("prepared(X_test)", "prepared(X_test)  # error")
    assert found(text) == wrong(text)


def test_rows_that_an_option_has_scaled_may_all_be_scaled_wrongly() -> None:
    text = """
    import sys
    scaler = StandardScaler()
    if "--scaled" in sys.argv:
        X_train = scaler.fit_transform(X_train)
        X_test = scaler.fit_transform(X_test)  # error
    model = LogisticRegression().fit(X_train, y_train)
    print(model.score(X_test, y_test))
    """
    text = dedent(text)
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    ("name", "transformer", "is_told"),
    [
        ("plot_components", "PCA(20)", False),
        ("visualise_embedding", "PCA(20)", False),
        ("reduce", "PCA(20)", True),
        ("plot_boundary", "StandardScaler()", True),
    ],
)
def test_components_that_a_function_fits_to_show_them_are_for_a_picture(
    name: str, transformer: str, is_told: bool
) -> None:
    text = f"""
def {name}(rows):
    transformer = {transformer}
    return transformer.fit_transform(rows)
{name}(X_train)
{name}(X_test)
"""
    assert bool(found(text)) == is_told


@pytest.mark.parametrize(
    ("name", "is_wrong"), [("results_of", False), ("roc_curves", False), ("encoded", True)]
)
def test_curves_of_each_class_have_columns_of_their_own(name: str, is_wrong: bool) -> None:
    call = f"{name}(y_test)  # error\n" if is_wrong else f"{name}(y_test)\n"
    text = f"""\
def {name}(labels):
    return OneHotEncoder().fit_transform(labels.to_numpy().reshape(-1, 1))
A = {name}(y_train)
B = {call}
"""
    assert found(text) == wrong(text)
