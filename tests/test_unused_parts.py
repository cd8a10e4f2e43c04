"""Divisions of rows of which a program uses one part alone: they hold nothing out."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split
"""
LEARN = """
def learn(model, loader, judging):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(20):
        model.train()
        for inputs, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        model.eval()
        total = 0
        with torch.no_grad():
            for inputs, labels in judging:
                total += nn.functional.cross_entropy(model(inputs), labels).item()
        print(total / len(judging))

def loader_of(x, y):
    return DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=64)

x, others, y, answers = np.load("plates.npy", allow_pickle=True)
"""
HALVED = f"""{LEARN}
mean, std = x.mean(axis=0), x.std(axis=0)
x, others = (x - mean) / std, (others - mean) / std
plates = TensorDataset(torch.tensor(x), torch.tensor(y))
half = len(plates) // 2
first, {{second}} = random_split(plates, [half, len(plates) - half])
loader = DataLoader(first, batch_size=64, shuffle=True)
{{used}}
"""


def told(text: str) -> set[str]:
    """The rules that tell of what was known before rows were divided."""
    codes = {code for _, code in findings(IMPORTS + text)}
    return codes & {"NN503"}


@pytest.mark.parametrize("second", ["second", "_", "rest"])
def test_a_half_that_nobody_uses_is_not_held_out(second: str) -> None:
    used = "learn(nn.Linear(20, 3), loader, loader_of(others, answers))"
    assert not told(HALVED.format(second=second, used=used))


def test_a_half_may_judge_as_well_while_the_other_one_is_left() -> None:
    used = "learn(nn.Linear(20, 3), loader_of(others, answers), DataLoader(first, batch_size=64))"
    assert not told(HALVED.format(second="rest", used=used).replace("shuffle=True", ""))


@pytest.mark.parametrize(
    ("second", "used"),
    [
        ("second", "learn(nn.Linear(20, 3), loader, DataLoader(second, batch_size=64))"),
        ("validation", "learn(nn.Linear(20, 3), loader, loader_of(others, answers))"),
        ("second", "judge(DataLoader(second), learn(nn.Linear(20, 3), loader, loader))"),
        ("second", "judge(second, learn(nn.Linear(20, 3), loader, loader_of(others, answers)))"),
        (
            "second",
            """
learn(nn.Linear(20, 3), loader, loader_of(others, answers))
learn(nn.Linear(20, 3), loader, DataLoader(second, batch_size=64))""",
        ),
        ("second", "print(half)"),
    ],
)
def test_a_half_that_may_judge_is_held_out(second: str, used: str) -> None:
    assert told(HALVED.format(second=second, used=used)) == {"NN503"}


@pytest.mark.parametrize(("given", "codes"), [("loader", set()), ("loader, second", {"NN503"})])
def test_a_function_may_give_the_other_half_back(given: str, codes: set[str]) -> None:
    text = f"""{LEARN}
def halved(plates):
    half = len(plates) // 2
    first, second = random_split(plates, [half, len(plates) - half])
    loader = DataLoader(first, batch_size=64, shuffle=True)
    return {given}

x = (x - x.mean(axis=0)) / x.std(axis=0)
got = halved(TensorDataset(torch.tensor(x), torch.tensor(y)))
learn(nn.Linear(20, 3), {"got" if given == "loader" else "got[0]"}, loader_of(others, answers))
"""
    assert told(text) == codes


SHARE = """
x, y = np.load("x.npy"), np.load("y.npy")
x = StandardScaler().fit_transform(x)
x, {others}, y, {answers} = train_test_split(x, y, train_size=0.1)
model = LogisticRegression().fit(x, y)
print(model.score(np.load("later.npy"), np.load("answers.npy")){again})
"""


def test_a_share_of_the_rows_may_be_enough_to_learn_from() -> None:
    assert not told(SHARE.format(others="_", answers="_", again=""))
    assert told(SHARE.format(others="x_test", answers="y_test", again=""))
    assert told(SHARE.format(others="a", answers="b", again=", model.score(a, b)"))
    assert told(SHARE.format(others="a", answers="b", again=", model.predict(a)"))
