"""Columns that are predicted, and columns that they are predicted from."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from tensorflow import keras
table = pd.read_csv("table.csv")
"""


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + text) if each[1] == "NN518"]


FIT = "LogisticRegression().fit(X, y)"


@pytest.mark.parametrize(
    "features",
    [
        "table",
        "table.drop('id', axis=1)",
        "table.drop(columns=['id']).fillna(0).reset_index(drop=True)",
        "table[['age', 'ill']]",
        "table.values",
        "table.sample(frac=1).to_numpy()",
        "StandardScaler().fit_transform(table)",
    ],
)
@pytest.mark.parametrize("labels", ["table['ill']", "table.ill.astype(int)", "table['ill'].values"])
def test_what_is_predicted_is_not_told_to_the_model(features: str, labels: str) -> None:
    row = 11 if "drop(" in features or "[[" in features else 13
    assert found(f"X = {features}\ny = {labels}\n{FIT}\n") == [(row, "NN518")]


@pytest.mark.parametrize(
    "text",
    [
        f"X = table.drop('ill', axis=1)\ny = table['ill']\n{FIT}",
        f"X = table.drop(['ill', 'id'], axis=1)\ny = table.ill\n{FIT}",
        f"y = table['ill']\nX = table[['age', 'weight']]\n{FIT}",
        f"y = table.pop('ill')\nX = table\n{FIT}",
        f"y = table['ill']\ndel table['ill']\nX = table\n{FIT}",
        f"y = table['ill']\ntable.drop('ill', axis=1, inplace=True)\nX = table\n{FIT}",
        f"y = table['ill']\nX = table.iloc[:, :-1]\n{FIT}",
        f"y = table['ill']\nX = table.loc[:, table.columns != 'ill']\n{FIT}",
        f"y = table['ill']\nX = table[[name for name in table.columns if name != 'ill']]\n{FIT}",
        f"y = table['ill']\nX = table[table.columns.drop('ill')]\n{FIT}",
        f"y = table['ill']\nX = table.values[:, :-1]\n{FIT}",
        f"y = table['ill']\nX = table.select_dtypes('number')\n{FIT}",
        f"y = table['ill']\nX = PCA(3).fit_transform(table)\n{FIT}",
        f"y = table['ill'].shift(-1)\nX = table\n{FIT}",
        f"X = table.values\ny = 1.2 * X[:, 0] - 3.4 * X[:, 1]\n{FIT}",
        "series = table['ill']\nLogisticRegression().fit(series[:-1], series[1:])",
        (
            "series = StandardScaler().fit_transform(table['ill'].loc[:'2018'])\n"
            "X, y = series[:-1], series[1:]\nLogisticRegression().fit(X, y)"
        ),
        f"y = pd.read_csv('other.csv')['ill']\nX = table\n{FIT}",
        f"y = table['ill']\nX = table.set_index('ill')\n{FIT}",
        (
            "names = ColumnTransformer([('scaled', StandardScaler(), ['age'])])\n"
            "Pipeline([('columns', names), ('model', LogisticRegression())]).fit(table, table['ill'])"
        ),
        (
            "X = ColumnTransformer([('scaled', StandardScaler(), ['age'])]).fit_transform(table)\n"
            f"y = table['ill']\n{FIT}"
        ),
        (
            "train, test, y_train, y_test = train_test_split(table, table['ill'])\n"
            "LogisticRegression().fit(train[['age']], y_train)"
        ),
    ],
)
def test_what_is_not_surely_among_the_features_is_not_reported(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "text",
    [
        (
            "def train(data):\n    X, y = data.drop('id', axis=1), data['ill']  # error\n"
            "    X_train, X_test, y_train, y_test = train_test_split(X, y)\n"
            "    return LogisticRegression().fit(X_train, y_train)\n"
        ),
        "print(cross_val_score(LogisticRegression(), table, table['ill']))  # error\n",
        "GridSearchCV(LogisticRegression(), {}).fit(table, table['ill'])  # error\n",
        "Pipeline([('scaled', StandardScaler()), ('model', LogisticRegression())]).fit(table, table.ill)  # error\n",
        (
            "model = keras.Sequential([keras.layers.Dense(1)])\nmodel.compile('adam', 'mse')\n"
            "model.fit(table.values, table['ill'].values, epochs=3)  # error\n"
        ),
        "young = table[table['age'] < 30]\nLogisticRegression().fit(young, young['ill'])  # error\n",
    ],
)
def test_tables_are_followed_through_functions_splits_and_searches(text: str) -> None:
    assert found(text) == marked(IMPORTS + text, "NN518")


@pytest.mark.parametrize(
    ("features", "labels", "told"),
    [
        ("table.iloc[:, :]", "table.iloc[:, -1]", True),
        ("table.iloc[:, 1:].values", "table.iloc[:, -1].values", True),
        ("table.iloc[:, :5]", "table.iloc[:, 2]", True),
        ("table.iloc[:, :-1]", "table.iloc[:, -1]", False),
        ("table.iloc[:, 1:]", "table.iloc[:, 0]", False),
        ("table.iloc[:, :5]", "table.iloc[:, -1]", False),
        ("table.drop(columns='ill')", "table.iloc[:, -1]", False),
        ("table.values[:, 1:]", "table.values[:, -1]", True),
        ("numbers[:, 1:]", "numbers[:, -1]", True),
        ("numbers[:, :-1]", "numbers[:, -1]", False),
    ],
)
def test_columns_are_known_by_their_places(features: str, labels: str, told: bool) -> None:
    text = f"numbers = np.loadtxt('table.csv')\nX = {features}\ny = {labels}\n{FIT}\n"
    assert bool(found(text)) == told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("[name for name in table.columns if name not in ['id', 'name']]", True),
        ("[name for name in table.columns if name != 'id' and name]", False),
        ("list(table.columns)", True),
        ("table.columns.drop(['id', 'ill'])", False),
        ("table.columns.difference(['id'])", True),
        ("[name for name in table.columns if name not in ('id', 'ill')]", False),
        ("[name for name in table.columns if keep(name)]", False),
        ("table.drop(columns='ill').loc[:, chosen].columns.tolist()", False),
        ("[name for name in other.columns if name != 'id']", False),
        ("table.columns[:-1]", False),
    ],
)
def test_columns_are_followed_by_lists_of_their_names(names: str, told: bool) -> None:
    fit = "LogisticRegression().fit(table[names], table['ill'])\n"
    assert bool(found(f"names = {names}\n{fit}")) == told


SAMPLES = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
class Cells(Dataset):
    def __init__(self, path):
        table = pd.read_csv(path){}
        self.inputs = torch.tensor(table.values, dtype=torch.float32)
        self.labels = torch.tensor(table["ill"].values)
    def __len__(self):
        return len(self.inputs)
    def __getitem__(self, index):
        return self.inputs[index], self.labels[index]
loader = DataLoader(Cells("cells.csv"), batch_size=8, shuffle=True)
"""


def test_samples_of_torch_hold_no_labels_either() -> None:
    assert found(SAMPLES.format("")) == [(17, "NN518")]
    assert found(SAMPLES.format(".select_dtypes('number')")) == [(17, "NN518")]
    without = SAMPLES.replace("table.values", "table.drop(columns='ill').values")
    assert not found(without.format(""))


def test_a_model_of_torch_is_given_no_labels() -> None:
    text = """
import torch
from torch import nn
X = torch.tensor({}.values, dtype=torch.float32)
y = torch.tensor(table["ill"].values)
model = nn.Sequential(nn.Linear(9, 2))
nn.functional.cross_entropy(model(X), y).backward()
"""
    assert len(found(text.format("table"))) == 1
    assert not found(text.format("table.drop(columns=['ill'])"))


@pytest.mark.parametrize(
    "labels", ["y[:, None]", "y[..., None]", "y.unsqueeze(1)", "y.view(-1, 1)"]
)
def test_labels_with_another_axis_are_the_same_column(labels: str) -> None:
    text = f"""
import torch
from torch import nn
X = torch.tensor(table.values, dtype=torch.float32)
y = torch.tensor(table["ill"].values, dtype=torch.float32)
y = {labels}
model = nn.Sequential(nn.Linear(9, 1))
nn.functional.mse_loss(model(X), y).backward()
"""
    assert len(found(text)) == 1


def test_two_outputs_that_are_to_agree_are_no_labels() -> None:
    text = """
class Agreeing:
    def __init__(self):
        self.loss = torch.nn.CrossEntropyLoss()
    def __call__(self, outputs, targets):
        first, second = outputs[:, 0], outputs[:, 1]
        wrong = self.loss(first, targets) + self.loss(second, targets)
        return wrong + torch.nn.functional.mse_loss(first, second)
"""
    assert not found("import torch\n" + text)


READ_AND_TRAINED = """
import torch
from torch.utils.data import DataLoader, TensorDataset, random_split
cells = np.loadtxt("cells.csv", delimiter=",")
{changed}
inputs, labels = torch.tensor({inputs}), torch.tensor({labels})
model = torch.nn.Sequential(torch.nn.Linear(9, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters())
{loop}
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss({output}, {target})
    loss.backward()
    optimizer.step()
"""
AT_ONCE = {"loop": "for _ in range(9):", "output": "model(inputs).squeeze(1)", "target": "labels"}
SHUFFLED = {
    "loop": "for rows in torch.randperm(len(inputs)).split(24):",
    "output": "model(inputs[rows]).flatten()",
    "target": "labels[rows]",
}
LOADED = {
    "loop": (
        "part, rest = random_split(TensorDataset(inputs, labels), [0.8, 0.2])\n"
        "for x, y in DataLoader(part, batch_size=8):"
    ),
    "output": "model(x).squeeze(1)",
    "target": "y",
}


@pytest.mark.parametrize("way", [AT_ONCE, SHUFFLED, LOADED])
@pytest.mark.parametrize(
    ("inputs", "labels", "changed", "told"),
    [
        ("cells[:, 1:]", "cells[:, -1]", "", 1),
        ("cells", "cells[:, 0]", "", 1),
        ("(cells - cells.mean(axis=0)) / cells.std(axis=0)", "cells[:, -1]", "", 1),
        ("cells[:, 1:-1]", "cells[:, -1]", "", 0),
        ("cells[:, 1:]", "cells[:, 0]", "", 0),
        ("np.delete(cells, 0, axis=1)", "cells[:, 0]", "", 0),
    ],
)
def test_labels_are_found_among_the_columns_of_files_of_numbers(
    way: dict[str, str], inputs: str, labels: str, changed: str, told: int
) -> None:
    text = READ_AND_TRAINED.format(inputs=inputs, labels=labels, changed=changed, **way)
    assert len(found(text)) == told


def test_columns_of_numbers_may_be_asked_for_by_their_types() -> None:
    text = "X, y = table.select_dtypes({}), table['ill']\nRandomForestRegressor().fit(X, y)"
    start = "from sklearn.ensemble import RandomForestRegressor\n"
    assert len(found(start + text.format("include=['int64', 'float64']"))) == 1
    assert not found(start + text.format("include=['float64']"))
    assert not found(start + text.format("include=['object']"))


@pytest.mark.parametrize(
    "text",
    [
        (
            "from sklearn.linear_model import LinearRegression\n"
            "numbers = table.select_dtypes('number').columns\nprint(table[numbers].corr())\n"
            "X = table[numbers]  # error\nLinearRegression().fit(X, table['ill'])\n"
        ),
        (
            "y = table['ill']\nX = pd.get_dummies(table, drop_first=True)  # error\n"
            "LogisticRegression().fit(X, y)\n"
        ),
    ],
)
def test_the_label_is_left_in_where_the_features_are_taken(text: str) -> None:
    assert found(text) == marked(IMPORTS + text, "NN518") != []


def test_a_column_that_is_overwritten_holds_labels_no_more() -> None:
    text = """
cells = np.loadtxt("cells.csv", delimiter=",")
y = cells[:, -1].copy()
{}
LogisticRegression().fit(cells, y)
"""
    assert len(found(text.format("print(y)"))) == 1
    assert not found(text.format("cells[:, -1] = 1.0"))


@pytest.mark.parametrize(
    ("columns", "rest", "count"),
    [
        ("table.columns.tolist()", "", 1),
        ("['age', 'ill']", "", 1),
        ("['age', 'sex']", "", 0),
        ("[name for name in table.columns if name != 'ill']", "", 0),
        ("['age', 'sex']", ", remainder='passthrough'", 1),
        ("make_column_selector()", "", 0),
    ],
)
def test_a_transformer_of_columns_tells_what_is_looked_at(
    columns: str, rest: str, count: int
) -> None:
    text = f"""
columns = {columns}
chosen = ColumnTransformer([("numbers", StandardScaler(), columns)]{rest})
model = Pipeline([("chosen", chosen), ("model", LogisticRegression())])
model.fit(table, table["ill"])
"""
    assert len(found(text)) == count


@pytest.mark.parametrize(("features", "count"), [("table", 1), ("table.drop(columns='ill')", 0)])
def test_a_stream_of_scaled_rows_holds_the_label(features: str, count: int) -> None:
    text = f"""
import tensorflow as tf
labels = table["ill"].values - 1
features = StandardScaler().fit_transform({features}[:900])
tf.data.Dataset.from_tensor_slices((features, labels[:900])).batch(32)
"""
    assert len(found(text)) == count


def test_features_that_are_scaled_by_hand_hold_what_they_held() -> None:
    text = """
    inputs = table.drop(columns=["id"])  # error
    X = ((inputs - inputs.mean()) / inputs.std()).to_numpy()
    LogisticRegression().fit(X, table["ill"])
    """
    text = dedent(text)
    assert found(text) == marked(IMPORTS + text, "NN518") != []
    assert found(text.replace('["id"]', '["id", "ill"]')) == []
    assert found(text.replace("inputs.std()", "inputs.shift(1)")) == []


NAMED = """\
NAMES = ["id", "mcg", "gvh", "site"]
cells = pd.read_csv("yeast.data", sep=",", names=NAMES{options})
{before}
X, y = {features}, cells["site"]
LogisticRegression().fit(X, y)
"""


@pytest.mark.parametrize(
    ("features", "before", "options", "told"),
    [
        ("cells.iloc[:, 1:]", "", "", True),
        ("pd.get_dummies(cells.iloc[:, 1:4]).to_numpy()", "", "", True),
        ("cells.iloc[:, 1:]", "cells = cells.drop(columns='id')", "", True),
        ("cells.iloc[:, 1:-1]", "", "", False),
        ("cells.iloc[:, 1:3]", "", "", False),
        ("cells.iloc[:, -2:]", "cells['log'] = cells.mcg.abs()", "", False),
        ("cells.iloc[:, 1:]", "", ", index_col=0, usecols=[0, 1, 2]", False),
    ],
)
def test_columns_that_are_named_when_they_are_read_are_known_by_their_places(
    features: str, before: str, options: str, told: bool
) -> None:
    text = NAMED.format(features=features, before=before, options=options)
    assert bool(found(text)) is told


@pytest.mark.parametrize(
    ("features", "count"), [("table['voice']", 0), ("table[['voice', 'age']]", 1)]
)
def test_an_autoencoder_is_asked_for_what_it_is_given(features: str, count: int) -> None:
    text = f"""
coder = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(64)])
coder.compile("adam", "mse")
coder.fit({features}, table["voice"], epochs=9)
"""
    assert len(found(text)) == count
