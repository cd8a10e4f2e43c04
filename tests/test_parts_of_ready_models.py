"""Feature extractors that are built of the parts of a ready model: the mode that they run in."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

ready = models.{name}(weights="DEFAULT")
{build}
pictures = datasets.CIFAR10("data", transform=models.ResNet18_Weights.DEFAULT.transforms())
features = []
with torch.no_grad():
    for x, _ in DataLoader(pictures, batch_size=64):
        features.append(body(x).flatten(1))
torch.save(torch.cat(features), "features.pt")
"""
BODY = "body = nn.Sequential(*list(ready.children())[:-1])"


def is_told(build: str, name: str = "resnet18") -> bool:
    return "NN401" in [code for _, code in findings(PROGRAM.format(name=name, build=build))]


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "efficientnet_b0"])
def test_parts_of_a_ready_model_run_in_training_mode(name: str) -> None:
    assert is_told(BODY, name)


@pytest.mark.parametrize(
    "build",
    [
        BODY + ".eval()",
        BODY + "\nbody.eval()",
        "ready.eval()\n" + BODY,
        BODY + "\nready.eval()",
        BODY + "\nbody = body.to('cuda').eval()",
    ],
)
def test_the_mode_of_a_ready_model_is_that_of_its_parts(build: str) -> None:
    assert not is_told(build)


def test_without_its_last_part_this_model_has_no_dropout() -> None:
    assert not is_told(BODY, "vgg16")


def test_parts_that_are_frozen_are_no_layers_that_an_optimizer_misses() -> None:
    build = """
for part in ready.children():
    for parameter in part.parameters():
        parameter.requires_grad = False
ready.fc = nn.Linear(512, 10)
optimizer = torch.optim.Adam(ready.fc.parameters())
for x, y in DataLoader(datasets.CIFAR10("data"), batch_size=64, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(ready(x), y).backward()
    optimizer.step()
body = ready.eval()
"""
    found = findings(PROGRAM.format(name="resnet18", build=build))
    assert not {"NN109", "NN401", "NN416"} & {code for _, code in found}


STAGES = """
import torch
from torch import nn
from torchvision.models.resnet import Bottleneck, ResNet


class Encoder(ResNet):
    def __init__(self, channels):
        super().__init__(Bottleneck, [3, 4, 6, 3])
        self.conv1 = nn.Conv2d(channels, 64, kernel_size=7, stride=2, padding=3, bias=False)


class Segmenter(nn.Module):
    def __init__(self, channels):
        super().__init__()
        encoder, stages = Encoder(channels), []
        self.start = encoder.conv1
        for part in encoder.{asked}():
            if isinstance(part, nn.Sequential):
                stages.append(part)
        self.stages = nn.ModuleList(stages)
        self.bridge = nn.Conv2d(2048, 64, 3, padding=1)

    def forward(self, x):
        x = self.start(x)
        for stage in self.stages:
            x = stage(x)
        return self.bridge(x)


Segmenter(3)(torch.randn(4, 3, 64, 64))
"""


@pytest.mark.parametrize("asked", ["children", "modules"])
def test_what_derives_from_a_ready_model_has_its_stages(asked: str) -> None:
    assert "NN307" not in [code for _, code in findings(STAGES.format(asked=asked))]


def test_what_derives_from_nothing_has_the_modules_that_it_is_built_with() -> None:
    program = STAGES.format(asked="children")
    program = program.replace("Encoder(ResNet)", "Encoder(nn.Module)")
    program = program.replace("super().__init__(Bottleneck, [3, 4, 6, 3])", "super().__init__()")
    assert "NN307" in [code for _, code in findings(program)]


BY_NAME = """
import torch
from torchvision import models

net = models.get_model(NAME, weights="DEFAULT")
optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(("name", "told"), [('"resnet34"', True), ('"raft_small"', False)])
def test_a_ready_model_may_be_asked_for_by_its_name(name: str, told: bool) -> None:
    found = [code for _, code in findings(BY_NAME.replace("NAME", name))]
    assert ("NN416" in found) is told
