"""What loops of which only the first rounds are run leave of the shapes of tensors."""

from tests.abstract_programs import findings

DENSE = """
import torch
from torch import nn

def layer(channels, growth):
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, growth, 3, 1, 1))

class Dense(nn.Module):
    def __init__(self, channels, growth, count):
        super().__init__()
        layers = []
        for _ in range(count):
            layers.append(layer(channels, growth))
            channels += growth
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        for each in self.layers:
            x = torch.cat([each(x), x], 1)
        return x

class Net(nn.Module):
    def __init__(self, counts=[6, 24, 40]):
        super().__init__()
        channels, blocks = 16, []
        for count in counts:
            blocks.append(Dense(channels, 8, count))
            channels += count * 8
            blocks.append(layer(channels, channels // 2))
            channels = channels // 2
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(x)

Net().eval()(torch.zeros(2, 16, 9, 9))
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


def test_what_loops_of_later_rounds_collect_is_not_all_like_the_first() -> None:
    program = """
import torch
from torch import nn

def noises(count):
    found, size = [], 4
    for _ in range(count):
        found.append(torch.randn(2, 1, size, size))
        size *= 2
    return found

class Generator(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.count = count
        self.start = nn.Parameter(torch.randn(2, 3, 4, 4))
        self.double = nn.Upsample(scale_factor=2)

    def forward(self, noise):
        x = self.start + noise[0]
        picture = x[:, :1]
        for i in range(1, self.count):
            x = self.double(x) + noise[i]
            picture = self.double(picture) + x[:, :1]
        return picture

def train(count, steps):
    generator = Generator(count)
    optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        generator(noises(count)).mean().backward()
        optimizer.step()
"""
    assert told(program) == []


GROWN_FROM_WITHIN = """
import torch
from torch import nn

class Dense(nn.Module):
    def __init__(self, channels, growth, count):
        super().__init__()
        self.count = count
        self.layers = nn.ModuleList(
            nn.Conv2d(channels + i * growth, growth, 3, padding=1) for i in range(count)
        )
        self.last = nn.Conv2d(channels + count * growth, 10, 1)

    def forward(self, x):
        for index in range(self.count):
            if index == 0:
                together = x
            new = self.layers[index](together)
            together = torch.cat((together, new), 1)
        return self.last(together)

model = Dense(16, 4, 6)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(5):
    for _ in range(100):
        optimizer.zero_grad()
        model(torch.randn(2, 16, 9, 9)).mean().backward()
        optimizer.step()
"""


def test_what_a_first_round_starts_and_others_lengthen_has_no_known_length_in_later_epochs() -> (
    None
):
    assert told(GROWN_FROM_WITHIN) == []


def test_what_each_round_binds_alike_keeps_its_shape_in_later_epochs() -> None:
    program = GROWN_FROM_WITHIN.replace(
        "            together = torch",
        "            same = self.layers[0](x)\n            together = torch",
    ).replace("self.last(together)", "self.last(same)")
    assert [code for _, code in told(program)] == ["NN307"]
