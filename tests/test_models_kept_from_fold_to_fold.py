"""overlapping-split (NN516) in a cross-validation whose folds all train one and the same model."""

import pytest

from tests.abstract_programs import findings, marked

KERAS = """\
import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit
from tensorflow import keras

X, y = np.load("x.npy"), np.load("y.npy")

def build():
    model = keras.Sequential([keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model

model = build()
first = model.get_weights()
for train, test in {folds}.split(X, y):
    {ahead}
    model.fit(X[train], y[train]{beside}
    {behind}
"""
FOLDS = "KFold(5, shuffle=True)"
JUDGED = "print(model.evaluate(X[test], y[test]))"


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN516"]


@pytest.mark.parametrize(
    ("folds", "ahead", "beside", "behind"),
    [
        (FOLDS, "pass", ")", f"{JUDGED}  # error"),
        ("StratifiedKFold()", "print('fold')", ")", f"{JUDGED}  # error"),
        ("GroupKFold(5)", "pass", ", validation_data=(X[test], y[test]))  # error", "pass"),
        (FOLDS, "model.compile('sgd', 'mse')", ")", f"{JUDGED}  # error"),
        (FOLDS, "model = build()", ")", JUDGED),
        (FOLDS, "model.set_weights(first)", ")", JUDGED),
        (FOLDS, "model = keras.models.clone_model(model)", ")", JUDGED),
        (FOLDS, "pass", ")", f"{JUDGED}; break"),
        (FOLDS, "pass", ")", "print(model.evaluate(X[train], y[train]))"),
        ("TimeSeriesSplit(5)", "pass", ")", JUDGED),
    ],
)
def test_keras_goes_on_where_it_has_stopped(
    folds: str, ahead: str, beside: str, behind: str
) -> None:
    text = KERAS.format(folds=folds, ahead=ahead, beside=beside, behind=behind)
    assert found(text) == marked(text, "NN516")


def test_what_begins_anew_by_itself_may_be_fitted_in_each_fold() -> None:
    text = KERAS.format(folds=FOLDS, ahead="pass", beside=")", behind=JUDGED)
    for estimator in ("MLPRegressor()", "XGBRegressor()", "KerasRegressor(build)"):
        other = text.replace("model = build()\nfirst", f"model = {estimator}\nfirst")
        assert not found("from sklearn.neural_network import MLPRegressor\n" + other)


TORCH = """\
import torch
from sklearn.model_selection import KFold
from torch import nn
from torch.utils.data import DataLoader, Subset, SubsetRandomSampler, TensorDataset

data = TensorDataset(torch.load("x.pt"), torch.load("y.pt"))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)
    def forward(self, x):
        return self.layer(x)

def fit(net, loader, optimizer):
    net.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()

@torch.no_grad()
def hits(net, loader):
    net.eval()
    return sum((net(x).argmax(1) == y).sum().item() for x, y in loader)  # error

net = {net}
for fold, (train, test) in enumerate(KFold(5, shuffle=True).split(data)):
    {ahead}
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(5):
        fit(net, {training}, optimizer)
    {behind}
"""
SUBSET = "DataLoader(Subset(data, {}), 16)"
SAMPLED = "DataLoader(data, 16, sampler=SubsetRandomSampler({}))"


@pytest.mark.parametrize("loader", [SUBSET, SAMPLED])
@pytest.mark.parametrize(
    ("net", "ahead", "told"),
    [
        ("Net()", "pass", True),
        ("nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))", "pass", True),
        ("Net()", "if fold > 0: continue", False),
        ("Net()", "net = Net()", False),
        ("Net()", "net.layer = nn.Linear(4, 3)", False),
        ("Net()", "net.layer.reset_parameters()", False),
        ("Net()", "net.load_state_dict(torch.load('first.pt'))", False),
        ("[Net() for _ in range(5)]", "nets = net; net = nets[fold]", False),
    ],
)
def test_weights_of_torch_stay_from_fold_to_fold(
    loader: str, net: str, ahead: str, told: bool
) -> None:
    judged = f"print(fold, hits(net, {loader.format('test')}) / len(test))"
    training = loader.format("train")
    text = TORCH.format(net=net, ahead=ahead, training=training, behind=judged)
    assert found(text) == (marked(text, "NN516") if told else [])


def test_samples_of_the_training_part_may_be_judged_in_each_fold() -> None:
    training = SUBSET.format("train")
    judged = f"print(fold, hits(net, {training}))"
    assert not found(TORCH.format(net="Net()", ahead="pass", training=training, behind=judged))
