"""Means in which the last batches count most, where an evaluation takes them."""

import pytest

from tests.abstract_programs import findings

EVALUATED = """
import torch
from torch import nn


class Meter:
    def __init__(self, momentum=0.9):
        self.momentum, self.value = momentum, None

    def update(self, new):
        if self.value is None:
            self.value = new
        else:
            self.value = MEAN


def test(net, loader):
    net.eval()
    meter = Meter()
    with torch.no_grad():
        for x, y in loader:
            meter.update(nn.functional.cross_entropy(net(x), y).item())
    return meter.value


def train(net, loader, optimizer):
    net.train()
    meter = Meter()
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        meter.update(loss.item())
        print(meter.value)


def main(net, optimizer, train_loader, test_loader):
    for epoch in range(9):
        train(net, train_loader, optimizer)
        print(test(net, test_loader))
"""


def _rows(mean: str) -> list[int]:
    program = EVALUATED.replace("MEAN", mean)
    return [row for row, code in findings(program) if code == "NN803"]


@pytest.mark.parametrize(
    "mean",
    [
        "self.momentum * self.value + (1 - self.momentum) * new",
        "0.98 * self.value + 0.02 * new",
        "new * (1.0 - self.momentum) + self.value * self.momentum",
    ],
)
def test_a_running_mean_is_told_of_where_the_evaluation_asks_for_it(mean: str) -> None:
    assert _rows(mean) == [22]


def test_a_running_mean_of_a_training_is_a_curve_like_any_other() -> None:
    program = EVALUATED.replace("MEAN", "0.98 * self.value + 0.02 * new")
    alone = program[: program.index("def test")] + program[program.index("def train") :]
    alone = alone.replace("        print(test(net, test_loader))\n", "")
    assert "NN803" not in [code for _, code in findings(alone)]


@pytest.mark.parametrize("mean", ["self.value + new", "0.5 * self.value + 2 * new"])
def test_other_sums_are_no_running_means(mean: str) -> None:
    assert _rows(mean) == []


TWO_LOSSES = """
import torch
from torch import nn
def judge(net, loader, weight):
    roles_loss, words_loss = nn.CrossEntropyLoss(), nn.CrossEntropyLoss(ignore_index=0)
    net.eval()
    mean = 0
    with torch.no_grad():
        for count, (x, roles, words) in enumerate(loader):
            first, second = net(x)
            roles_part = roles_loss(first.view(-1, 3), roles.view(-1))
            words_part = words_loss(second.view(-1, 9), words.view(-1))
            loss = SUM
            mean = (mean * count + loss.item()) / (count + 1)
    print("validation", mean)
"""


@pytest.mark.parametrize(
    "total",
    ["0.4 * words_part + 0.6 * roles_part", "weight * words_part + (1 - weight) * roles_part"],
)
def test_two_losses_of_a_batch_are_weighed_and_no_mean_runs(total: str) -> None:
    codes = [code for _, code in findings(TWO_LOSSES.replace("SUM", total))]
    assert "NN803" not in codes
