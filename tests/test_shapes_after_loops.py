"""What loops of which only the first rounds are run leave of the shapes of tensors."""

from tests.abstract_programs import findings

DENSE = """
import torch
from torch import nn

class Dense(nn.Module):
    def __init__(self, channels, growth, count):
        super().__init__()
        self.layers = nn.ModuleList()
        for index in range(count):
            self.layers.append(nn.Conv2d(channels + index * growth, growth, 3, padding=1))

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x

net = nn.Sequential(Dense(16, 8, 40), nn.BatchNorm2d(16 + 40 * 8))
net.eval()(torch.zeros(2, 16, 9, 9))
"""


def told(program: str) -> list[tuple[int, str]]:
    """The mismatches of a program, by line."""
    return [(line, code) for line, code in findings(program) if code == "NN307"]


def test_channels_that_grow_in_each_round_are_not_counted_after_two() -> None:
    assert told(DENSE) == []


def test_channels_that_stay_the_same_from_the_first_round_on_are_known() -> None:
    program = """
import torch
from torch import nn

def run(blocks, x):
    first = nn.Conv2d(3, 24, 3)
    x = first(x)
    while blocks.go_on():
        x = torch.relu(x)
    return nn.Linear(10, 5)(x.mean((2, 3)))

run(Blocks(), torch.zeros(2, 3, 9, 9))
"""
    assert [code for _, code in told(program)] == ["NN307"]


def test_a_loop_of_two_rounds_is_counted() -> None:
    program = """
import torch
from torch import nn

x = torch.zeros(2, 3)
for _ in range(2):
    x = torch.cat([x, x], 1)
nn.Linear(10, 5)(x)
"""
    assert [code for _, code in told(program)] == ["NN307"]
    assert told(program.replace("range(2)", "range(count())")) == []
