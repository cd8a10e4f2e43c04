"""Models that are judged by rows of which only one thing is sure: that they need not be those fitted on."""

import pytest

from tests.abstract_programs import findings

HEADER = """\
import pickle
import sys
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from ours import choose
df = pd.read_csv("table.csv")
"""
JUDGED = """
model = LogisticRegression().fit(a[["x", "z"]], a["y"])
print(model.score(b[["x", "z"]], b["y"]))
"""


def _codes(program: str) -> list[str]:
    return [code for _, code in findings(HEADER + program)]


@pytest.mark.parametrize(
    "parts",
    [
        "one, other = choose(df)\na, b = df[one], df[other]",
        "a, b = df[choose(df, 1)], df[choose(df, 2)]",
        "a, b = df[choose(df, 1)].reset_index(drop=True), df[choose(df, 2)].reset_index(drop=True)",
        "df = df.set_index('site')\na, b = df.loc['north'], df.loc['south']",
        "groups = {name: group for name, group in df.groupby('site')}\na, b = groups['north'], groups['south']",
        "groups = dict(list(df.groupby('site')))\na, b = groups['north'], groups['south']",
        "found = dict(pickle.load(open('tables.pkl', 'rb')))\na, b = found['spring'], found['autumn']",
        "one = choose(df)\na = df[[each in one for each in df['site']]]\nb = df[[each not in one for each in df['site']]]",
        "a, b = df[lambda each: each.year < 2015], df[lambda each: each.year >= 2015]",
        "a, b = df.join(choose(1), how='inner'), df.join(choose(2), how='inner')",
        "a, b = df.filter(regex='^a', axis=0), df.filter(regex='^b', axis=0)",
        "a, b = df.reindex(choose(1)), df.reindex(choose(2))",
        "a, b = df.pipe(choose, 1), df.pipe(choose, 2)",
    ],
)
def test_what_something_unknown_takes_out_of_a_table_is_not_all_of_it(parts: str) -> None:
    assert "NN512" not in _codes(parts + JUDGED)


@pytest.mark.parametrize(
    "parts",
    [
        "a = b = df",
        "one = choose(df)\na, b = df[one], df[one]",
        "df = df.set_index('site')\na, b = df.loc['north'], df.loc['north']",
        "a = b = df.rename(columns=choose(df))",
        "a, b = df, df.reindex(columns=choose(df))",
        "a, b = df, df[[name for name in df.columns if name != 'site']]",
        "a = b = df.pipe(lambda each: each.dropna())",
    ],
)
def test_the_same_rows_remain_the_same(parts: str) -> None:
    assert "NN512" in _codes(parts + JUDGED)


def test_a_model_of_each_group_may_be_judged_by_that_group_alone() -> None:
    program = "for name, a in df.groupby('site'):\n    b = a" + JUDGED.replace("\n", "\n    ")
    assert "NN512" in _codes(program)


FOLDS = """
if sys.argv[1].endswith("csv"):
    df = pd.read_csv(sys.argv[1])
else:
    df = pd.read_parquet(sys.argv[1])
for fold in sorted(df["fold"].unique()):
    a = df[df.fold != fold]BEHIND
    b = df[df.fold == fold]BEHIND
    model = LogisticRegression().fit(a[["x", "z"]], a["y"])
    print(model.score(b[["x", "z"]], b["y"]))
"""


@pytest.mark.parametrize("behind", ["", ".reset_index(drop=True)", ".dropna()"])
def test_folds_are_apart_whichever_way_the_table_is_read(behind: str) -> None:
    assert not {"NN512", "NN516"} & set(_codes(FOLDS.replace("BEHIND", behind)))


ENCODED = """
from keras import Model, Sequential, layers, models

def codes_of(train, valid):
    model = Sequential([layers.Dense(30, activation="relu", name="codes"), layers.Dense(8)])
    model.compile("adam", "mse")
    model.fit(train, train, epochs=5, validation_data=(valid, valid))
    model = models.load_model("best.h5")
    encoder = Model(inputs=model.input, outputs=OUTPUT)
    return encoder.predict(train), encoder.predict(OTHER)

def shrink(train, valid):
    model = Sequential([layers.Dense(8, activation="relu", name="codes"), layers.Dense(30)])
    model.compile("adam", "mse")
    model.fit(train, train, epochs=5, validation_data=(valid, valid))

train, valid = np.load("train.npy"), np.load("valid.npy")
shrink(*codes_of(train, valid))
"""


@pytest.mark.parametrize(
    "output", ["model.get_layer('codes').output", "[model.get_layer('codes').output]"]
)
@pytest.mark.parametrize(("other", "told"), [("valid", False), ("train", True)])
def test_what_an_encoder_makes_of_two_parts_is_two_things(
    output: str, other: str, told: bool
) -> None:
    program = ENCODED.replace("OUTPUT", output).replace("OTHER", other)
    assert ("NN516" in _codes(program)) == told


MORE = """
from sklearn.model_selection import train_test_split
more = MADE
both = pd.concat([df, more])
a, b = train_test_split(both)
"""


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("df.sample(frac=0.2)", True),
        ("pd.read_csv(sys.argv[1]) if len(sys.argv) > 1 else df.iloc[:0]", False),
    ],
)
def test_rows_that_may_be_other_ones_are_no_copies(made: str, told: bool) -> None:
    assert ("NN501" in _codes(MORE.replace("MADE", made))) == told


BY_ATTRIBUTE = """
import torch
from torch import nn
df["is_train"] = np.random.rand(len(df)) < 0.8
known = df[df.is_train]
rest = df[~df.is_train]
X, X_test = (torch.tensor(part[["x", "z"]].values).float() for part in (known, rest))
y, y_test = (torch.tensor(part["y"].values).float() for part in (known, rest))
net = nn.Sequential(nn.Linear(2, 9), nn.ReLU(), nn.Linear(9, 1))
optimizer = torch.optim.Adam(net.parameters())
for _ in range(200):
    optimizer.zero_grad()
    nn.functional.mse_loss(net(X)[:, 0], y).backward()
    optimizer.step()
with torch.no_grad():
    print(nn.functional.mse_loss(net(X_test)[:, 0], y_test))
"""


def test_a_column_that_may_be_a_method_tells_which_rows_as_well() -> None:
    assert "NN516" not in _codes(BY_ATTRIBUTE)
