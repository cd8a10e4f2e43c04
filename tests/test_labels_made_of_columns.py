"""Labels that were computed from a column which the features still hold."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import LabelEncoder
from torch.utils.data import DataLoader, Dataset
table = pd.read_csv("table.csv")
"""


def told(text: str) -> list[int]:
    """The rows below the imports where labels among the features are told of."""
    first = IMPORTS.count("\n")
    return [row - first for row, code in findings(IMPORTS + text) if code == "NN518"]


@pytest.mark.parametrize(
    "labels",
    [
        "(table['price'] > 500).astype(int)",
        "table['price'] >= 500",
        "table['kind'].map({'good': 1, 'bad': 0})",
        "table['kind'].astype('category').cat.codes",
        "LabelEncoder().fit_transform(table['kind'])",
        "np.where(table['price'] > 500, 1, 0)",
        "table['price'].apply(lambda price: int(price > 500))",
        "table['kind'].replace({'good': 1, 'bad': 0})",
        "table['kind'].isin(['good', 'fair'])",
        "np.log1p(table['price'])",
        "pd.cut(table['price'], 4, labels=False)",
        "table['rings'] + 1.5",
        "table['price'] / 1000",
        "100 - table['share'] * 2",
        "table['price'].values * 0.01",
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_labels_are_known_by_the_column_they_were_computed_from(labels: str, kept: bool) -> None:
    text = f"table['label'] = {labels}\ny = table['label']\n" if kept else f"y = {labels}\n"
    text += "X = table.drop(columns=['label', 'number'])\nLogisticRegression().fit(X, y)\n"
    assert told(text) == [3 if kept else 2]


@pytest.mark.parametrize(
    "text",
    [
        "table['label'] = table['price'] > 500\nX = table.drop(columns=['label', 'price'])",
        "table['label'] = table['price'] > table['offer']\nX = table.drop(columns=['label'])",
        "table['label'] = table['price'].shift(-1)\nX = table.drop(columns=['label'])",
        "table['label'] = table['price'] > 500\ntable['label'] = load()\nX = table.drop(columns='label')",
        (
            "table['price'] = np.log1p(table['price'])\ntable['label'] = table['price']\n"
            "X = table.drop(columns=['label', 'price'])"
        ),
        (
            "table['label'] = table['price'] + np.random.normal(size=len(table))\n"
            "X = table.drop(columns=['label'])"
        ),
    ],
)
def test_labels_of_more_than_one_column_or_of_one_that_is_gone_are_right(text: str) -> None:
    assert not told(text + "\nLogisticRegression().fit(X, table['label'])\n")


@pytest.mark.parametrize(
    "labels",
    [
        "3 * table['price'] + 2 + np.random.randn(len(table))",
        "table['price'] * 2 + table['noise']",
        "table['price'] - table['price'].shift(1)",
        "table['price'] * load_factors()",
    ],
)
def test_arithmetic_with_more_than_a_number_makes_another_label(labels: str) -> None:
    text = f"table['label'] = {labels}\nX = table[['price', 'size']]\n"
    assert not told(text + "LogisticRegression().fit(X, table['label'])\n")


def test_a_formula_is_learned_from_the_only_feature() -> None:
    text = "table['label'] = 3 * table['x'] + 2\nLogisticRegression().fit({}, table['label'])\n"
    assert not told(text.format("table[['x']]"))
    assert not told(text.format("table['x'].values.reshape(-1, 1)"))
    assert told(text.format("table[['x', 'z']]")) == [2]


def test_features_that_are_made_of_a_column_are_not_that_column() -> None:
    text = "X = table[['size']]\nX['is_dear'] = table['price'] > 500\n"
    assert not told(text + "LogisticRegression().fit(X, table['price'])\n")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("X = pd.get_dummies(table.drop(columns=['number']))", 1),
        ("X = pd.get_dummies(table)\nX = X.drop(columns=['kind_good', 'kind_bad'])", None),
    ],
)
def test_columns_of_indicators_hold_what_they_indicate(text: str, row: int | None) -> None:
    text += "\ny = table['kind']\nLogisticRegression().fit(X, y)\n"
    assert told(text) == ([] if row is None else [row])


def test_what_was_left_out_before_the_labels_were_taken_is_no_choice_of_features() -> None:
    text = "table = table.drop(columns=['name'])\ny = table['kind']\nX = table\n"
    assert told(text + "LogisticRegression().fit(X, y)\n") == [4]


@pytest.mark.parametrize(
    ("features", "count"),
    [("row.values", 1), ("row[['size', 'price']].to_numpy()", 1), ("row[['size']].values", 0)],
)
@pytest.mark.parametrize("label", ["row['price']", "float(row['price'])"])
def test_a_sample_may_be_a_row_of_a_table(features: str, count: int, label: str) -> None:
    text = f"""
class Houses(Dataset):
    def __init__(self, table):
        self.table = table
    def __len__(self):
        return len(self.table)
    def __getitem__(self, index):
        row = self.table.iloc[index]
        return torch.tensor({features}), torch.tensor({label})
loader = DataLoader(Houses(table), batch_size=8, shuffle=True)
"""
    assert len(told(text)) == count
