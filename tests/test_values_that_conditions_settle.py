"""What a name holds behind a condition that compares it with a word or a number."""

from pathlib import Path

import pytest

from tests.abstract_programs import findings, marked, program

STAGES = """
import torch
from torch import nn

class Growing(nn.Module):
    def __init__(self):
        super().__init__()
        self.small = nn.Sequential(nn.Conv2d(3, 256, 3), nn.ReLU())
        self.large = nn.Sequential(nn.Conv2d(256, 128, 3), nn.ReLU())
        self.colours = nn.ModuleList([nn.Conv2d(256, 3, 1), nn.Conv2d(128, 3, 1)])

    def forward(self, x, stage=1):
        if stage == 1:
            return self.colours[stage - 1](self.small(x))
        elif stage == 2:
            return self.colours[{second}](self.large(self.small(x))){mark}
        else:
            return self.colours[stage - 2](self.large(self.small(x)))
"""


def test_a_default_is_gone_behind_a_condition_that_rules_it_out() -> None:
    assert findings(STAGES.format(second="stage - 1", mark="")) == []
    wrong = STAGES.format(second="0", mark="  # error")
    assert findings(wrong) == marked(wrong, "NN307")


LOADERS = """
from torch.utils.data import DataLoader

def loader_of(data, settings, part):
    if part == "train":
        return DataLoader(data, batch_size=settings["size"], shuffle={shuffle})
    elif part == "val":
        return DataLoader(data, batch_size=1, shuffle=False)
    raise ValueError(part)
"""
TRAINING = """
import torch
from loaders import loader_of
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

def main(settings, arguments, net):
    data = MNIST("data", train=True, transform=ToTensor())
    optimizer = torch.optim.Adam(net.parameters())
    for part, each in settings["data"].items():
        if part == "train" and arguments.stage != "test":
            learned = loader_of(data, each, part)
    for epoch in range(9):
        for x, y in learned:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
"""


@pytest.mark.parametrize(("shuffle", "wrong"), [("settings['mix']", False), ("False", True)])
def test_a_word_is_known_behind_the_condition_that_asks_for_it(
    shuffle: str, wrong: bool, tmp_path: Path
) -> None:
    (tmp_path / "loaders.py").write_text(LOADERS.format(shuffle=shuffle))
    found = findings(TRAINING, tmp_path / "train.py")
    assert ("NN507" in [code for _, code in found]) == wrong


HELD = """
def take(part):
    inside = None
    if part == "train":
        inside = part
    return inside, part

inside, behind = take(load())
"""


def test_behind_the_condition_a_name_holds_what_it_held_before() -> None:
    values = program(HELD)
    assert (values["inside"], values["behind"]) == ("'train' | None", "?")
