"""Columns that are predicted, and columns that they are predicted from."""

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
        "series = table['ill']\nLogisticRegression().fit(series[:-1], series[1:])",
        (
            "series = StandardScaler().fit_transform(table['ill'].loc[:'2018'])\n"
            "X, y = series[:-1], series[1:]\nLogisticRegression().fit(X, y)"
        ),
        f"y = (table['ill'] > 3)\nX = table\n{FIT}",
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
