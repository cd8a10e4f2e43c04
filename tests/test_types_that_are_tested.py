"""What `isinstance` says of tensors, by whichever of their names."""

import pytest

from tests.abstract_programs import findings

AVERAGE = """
import torch
from torch import nn
from torch.autograd import Variable
from torch.utils.data import DataLoader
{criterion}


class Average:
    def __init__(self):
        self.count, self.total = 0, 0.0

    def add(self, value):
        if isinstance(value, {first}):
            self.count += value.data.numel()
            value = value.data.sum()
        elif isinstance(value, torch.Tensor):
            self.count += value.numel()
            value = value.sum()
        self.total += value


net = nn.Linear(3, 4)
optimizer = torch.optim.Adam(net.parameters())
average = Average()
for images, labels in DataLoader(torch.load("images.pt"), shuffle=True):
    loss = criterion(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    average.add(loss)
"""


@pytest.mark.parametrize(
    "criterion", ["criterion = nn.CrossEntropyLoss()", "from ours import criterion"]
)
@pytest.mark.parametrize(("first", "wrong"), [("Variable", False), ("torch.cuda.Event", True)])
def test_a_variable_is_the_older_name_of_a_tensor(criterion: str, first: str, wrong: bool) -> None:
    found = findings(AVERAGE.format(criterion=criterion, first=first))
    assert ("NN106" in [code for _, code in found]) == wrong


EITHER = """if type(value) == np.ndarray:
        return np.array(value)
    elif type(value) == torch.Tensor:
        return value.cpu().detach().numpy()"""
TO_ARRAY = """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader


def to_array(value):
    TESTED


net = nn.Linear(3, 1)
optimizer = torch.optim.Adam(net.parameters())
criterion = nn.BCEWithLogitsLoss()
outputs = []
for rows, labels in DataLoader(torch.load("rows.pt"), shuffle=True):
    output = net(rows)
    outputs.append(to_array(output))
    loss = criterion(output, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize(("tested", "wrong"), [(EITHER, False), ("return value.cpu()", True)])
def test_an_array_keeps_no_graph_whatever_it_was_made_of(tested: str, wrong: bool) -> None:
    found = findings(TO_ARRAY.replace("TESTED", tested))
    assert ("NN106" in [code for _, code in found]) == wrong
