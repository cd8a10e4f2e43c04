"""Labels of well-known data sets: how many classes they tell apart, wherever they go."""

import pytest

from tests.abstract_programs import findings

TABLE = """
import torch
from torch import nn
from sklearn.datasets import {loader}
from sklearn.model_selection import train_test_split

samples, labels = {loader}({options})
{lines}
x, xt, y, yt = train_test_split(samples, labels, random_state=0)
model = nn.Linear(8, {width})
loss = nn.functional.cross_entropy(model(torch.tensor(x).float()), {targets})
"""


def is_told(
    loader: str,
    width: int,
    options: str = "return_X_y=True",
    targets: str = "torch.tensor(y)",
    lines: str = "",
) -> bool:
    text = TABLE.format(loader=loader, width=width, options=options, targets=targets, lines=lines)
    return "NN212" in [code for _, code in findings(text)]


@pytest.mark.parametrize(
    "targets",
    [
        "torch.tensor(y)",
        "torch.from_numpy(y).long()",
        "torch.LongTensor(y)",
        "torch.as_tensor(y.astype('int64'))",
        "torch.tensor(y, dtype=torch.long).to('cuda')",
    ],
)
def test_labels_keep_their_classes_through_splits_and_casts(targets: str) -> None:
    assert is_told("load_digits", 9, targets=targets)
    assert not is_told("load_digits", 10, targets=targets)


@pytest.mark.parametrize(
    ("loader", "options", "classes"),
    [
        ("load_iris", "return_X_y=True", 3),
        ("load_wine", "return_X_y=True", 3),
        ("load_digits", "n_class=6, return_X_y=True", 6),
        ("make_classification", "n_samples=500, n_classes=4, n_informative=8", 4),
    ],
)
def test_so_many_classes_there_are(loader: str, options: str, classes: int) -> None:
    assert not is_told(loader, classes, options)
    assert is_told(loader, classes - 1, options)


@pytest.mark.parametrize(
    "lines",
    [
        "samples, labels = samples[labels < 5], labels[labels < 5]",
        "labels = labels % 2",
        "labels = (labels > 4).astype(int)",
        "labels = labels // 2",
    ],
)
def test_of_other_labels_nothing_is_known(lines: str) -> None:
    assert not is_told("load_digits", 5, lines=lines)


def test_keras_says_so_of_its_data_sets() -> None:
    text = """
from tensorflow import keras
(x, y), _ = keras.datasets.cifar100.load_data({options})
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(20, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x / 255.0, y)
"""
    assert "NN212" in [code for _, code in findings(text.format(options=""))]
    coarse = text.format(options='label_mode="coarse"')
    assert "NN212" not in [code for _, code in findings(coarse)]


DIGITS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, random_split
from torchvision import datasets, transforms

whole = datasets.MNIST(".", transform=transforms.ToTensor())
chosen = {chosen}
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 5))
for pictures, labels in DataLoader(chosen, 32):
    loss = nn.functional.cross_entropy(model(pictures), labels)
"""


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("whole", True),
        ("Subset(whole, range(1000))", True),
        ("random_split(whole, [50_000, 10_000])[0]", True),
        ("Subset(whole, [at for at, label in enumerate(whole.targets) if label < 5])", False),
        ("Subset(whole, torch.where(whole.targets < 5)[0])", False),
        ("Subset(whole, (whole.targets < 5).nonzero().squeeze())", False),
        ("whole\nwhole.targets = whole.targets[whole.targets < 5]", False),
    ],
)
def test_a_part_of_a_data_set_may_hold_some_classes_only(chosen: str, told: bool) -> None:
    found = [code for _, code in findings(DIGITS.format(chosen=chosen))]
    assert ("NN212" in found) is told
