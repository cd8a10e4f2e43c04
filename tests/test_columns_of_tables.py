"""Arrays of several columns of a table: rows and columns, whatever is done to their numbers."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import pandas as pd
import torch
from torch import nn
from sklearn.model_selection import train_test_split

table = pd.read_csv("table.csv")
x = {columns}
y = table["y"].values.astype("float32")
x, x_test, y, y_test = train_test_split(x, y, random_state=0)
x_test = torch.from_numpy((x_test - x.mean(0)) / x.std(0))
y_test = torch.from_numpy(y_test)
model = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 1))
print(({prediction} - y_test).abs().mean())
"""
COLUMNS = [
    "table.iloc[:, :-1].values",
    'table.drop(columns=["y"]).to_numpy().astype("float32")',
    'table[["a", "b", "c"]].values',
]


def is_told(columns: str, prediction: str) -> bool:
    text = PROGRAM.format(columns=columns, prediction=prediction)
    return "NN303" in [code for _, code in findings(text)]


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_column_that_is_predicted_meets_a_row(columns: str) -> None:
    assert is_told(columns, "model(x_test)")
    assert not is_told(columns, "model(x_test).squeeze(1)")
    assert not is_told(columns, "model(x_test)[:, 0]")


@pytest.mark.parametrize("columns", ['table["a"].values', "table.iloc[:, 0].values"])
def test_of_one_column_there_are_only_rows(columns: str) -> None:
    assert not is_told(columns, "x_test")


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
@pytest.mark.parametrize(
    ("order", "told"), [("reshape(-1, 3, 32, 32)", True), ("transpose(0, 3, 1, 2)", False)]
)
def test_pictures_of_keras_have_their_channels_behind(name: str, order: str, told: bool) -> None:
    text = f"""
import torch
from torch import nn
from tensorflow.keras.datasets import {name}
(x, y), _ = {name}.load_data()
x = torch.from_numpy((x.astype("float32") / 255).{order})
print(nn.Conv2d(3, 8, 3)(x).shape)
"""
    found = {code for _, code in findings(text)} & {"NN301", "NN304"}
    assert bool(found) is told
