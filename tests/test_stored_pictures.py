"""Pictures as the data sets of torchvision store them: their sizes, and where their channels lie."""

import pytest

from tests.abstract_programs import findings

STORED = """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import CIFAR10, MNIST

colours, digits = CIFAR10("."), MNIST(".")
pictures = MADE
for inputs, labels in DataLoader(TensorDataset(pictures, torch.zeros(len(pictures)).long()), 64):
    NET(inputs)
"""
OF_COLOURS = "nn.Conv2d(3, 8, 3)"


@pytest.mark.parametrize(
    ("made", "net", "told"),
    [
        ("torch.tensor(colours.data.reshape(-1, 3, 32, 32)).float()", OF_COLOURS, ["NN304"]),
        ("torch.from_numpy(colours.data).view(50000, 3, 32, 32) / 255", OF_COLOURS, ["NN304"]),
        ("torch.from_numpy(colours.data / 255.0).float()", OF_COLOURS, ["NN304"]),
        ("torch.from_numpy(colours.data).permute(0, 3, 1, 2) / 255", OF_COLOURS, []),
        ("torch.tensor(colours.data.transpose(0, 3, 1, 2)) / 255", OF_COLOURS, []),
        ("torch.tensor(np.moveaxis(colours.data, 3, 1)) / 255", OF_COLOURS, []),
        ("torch.tensor(colours.data.reshape(len(colours), -1)) / 255", "nn.Linear(3072, 9)", []),
        ("digits.data.view(-1, 1, 28, 28) / 255", "nn.Conv2d(1, 8, 3)", []),
        ("digits.data.unsqueeze(1) / 255", "nn.Conv2d(1, 8, 3)", []),
        ("digits.data.float().flatten(1) / 255", "nn.Linear(784, 9)", []),
        ("digits.data[:1000].reshape(1000, -1) / 255", "nn.Linear(784, 9)", []),
    ],
)
def test_pictures_as_torchvision_stores_them(made: str, net: str, told: list[str]) -> None:
    codes = [code for _, code in findings(STORED.replace("MADE", made).replace("NET", net))]
    assert [code for code in codes if code.startswith("NN3")] == told
