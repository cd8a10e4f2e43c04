"""Losses that stand in a dict, and are added up: by the program, or by a detector of torchvision."""

import pytest

from tests.abstract_programs import findings, marked

TWO_LOSSES = """
import torch
import torch.nn.functional as F
from torch import nn

body, left, right = nn.Linear(8, 8), nn.Linear(8, 3), nn.Linear(8, 1)
optimizer = torch.optim.SGD([*body.parameters(), *left.parameters(), *right.parameters()], lr=0.1)
totals = {{"left": 0.0, "right": 0.0}}
for number, (x, a, b) in enumerate(torch.load("batches.pt")):
    hidden = torch.relu(body(x))
    losses = {{"left": F.cross_entropy(left(hidden), a)}}
    losses["right"] = F.l1_loss(right(hidden), b)
    {lines}
"""
DETECTOR = """
import torch
from torchvision.models import detection

model = detection.{name}(num_classes=3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
model.{mode}()
for number, (pictures, boxes) in enumerate(torch.load("batches.pt")):
    losses = model(pictures, boxes)
    (sum(losses.values()){share}).backward()
    if (number + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
"""


def of_two_losses(*lines: str) -> list[str]:
    text = TWO_LOSSES.format(lines="\n    ".join(lines))
    return [code for _, code in findings(text) if code.startswith("NN1")]


STEP = ["optimizer.zero_grad()", "sum(losses.values()).backward()", "optimizer.step()"]


@pytest.mark.parametrize(
    "lines",
    [
        ["for name, loss in losses.items():", "    totals[name] += loss"],
        ["for name in losses:", "    totals[name] += losses[name]"],
        ["totals['left'] += losses['left']"],
    ],
)
def test_a_total_of_each_loss_keeps_graphs(lines: list[str]) -> None:
    assert of_two_losses(*STEP, *lines) == ["NN106"]


@pytest.mark.parametrize(
    "lines",
    [
        ["for name, loss in losses.items():", "    totals[name] += loss.item()"],
        ["totals = {name: 0.0 for name in losses}", "totals['left'] += losses['left']"],
        ["seen = 0.0", "for loss in losses.values():", "    seen += loss"],
    ],
)
def test_numbers_and_totals_of_one_batch_keep_none(lines: list[str]) -> None:
    assert of_two_losses(*STEP, *lines) == []


@pytest.mark.parametrize(
    ("total", "codes"),
    [
        ("sum(losses.values())", ["NN112"]),
        ("sum(loss for loss in losses.values())", ["NN112"]),
        ("losses['left'] + losses['right']", ["NN112"]),
        ("sum(losses.values()) / 4", []),
        ("sum(loss / 4 for loss in losses.values())", []),
    ],
)
def test_the_sum_of_means_is_accumulated_as_a_mean(total: str, codes: list[str]) -> None:
    lines = [f"({total}).backward()", "if (number + 1) % 4 == 0:"]
    assert of_two_losses(*lines, "    optimizer.step()", "    optimizer.zero_grad()") == codes


@pytest.mark.parametrize(
    "name", ["maskrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "ssd300_vgg16"]
)
def test_a_detector_returns_means_in_training(name: str) -> None:
    codes = {code for _, code in findings(DETECTOR.format(name=name, mode="train", share=""))}
    assert "NN112" in codes
    halved = {code for _, code in findings(DETECTOR.format(name=name, mode="train", share=" / 4"))}
    assert "NN112" not in halved


def test_in_evaluation_a_detector_returns_none() -> None:
    text = DETECTOR.format(name="fasterrcnn_resnet50_fpn", mode="eval", share="")
    assert "NN112" not in {code for _, code in findings(text)}


@pytest.mark.parametrize("kept", ["losses['left'] * len(x)", "2 * losses['right']"])
def test_a_part_of_what_goes_back_keeps_its_graph(kept: str) -> None:
    step = ["optimizer.zero_grad()", "(losses['left'] + 5 * losses['right']).backward()"]
    assert of_two_losses(*step, "optimizer.step()", f"totals['left'] += {kept}") == ["NN106"]


def test_what_is_cut_off_from_what_goes_back_keeps_none() -> None:
    step = ["optimizer.zero_grad()", "(losses['left'] + 5 * losses['right']).backward()"]
    kept = "totals['left'] += (losses['left'].detach() * len(x))"
    assert of_two_losses(*step, "optimizer.step()", kept) == []


OF_SCALES = """
import torch
from torch import nn
class Loss(nn.Module):
    def forward(self, maps, target):
        total, parts = 0, {"size": 0, "place": 0}
        for each in maps:
            found = {"size": (each - target).abs().mean(), "place": (each - target).pow(2).mean()}
            for name in parts.keys():
                parts[name] += found[name]
            total = total + found["size"] + found["place"]
        return total, parts
net, loss_of = nn.Linear(8, 8), Loss()
optimizer = torch.optim.Adam(net.parameters())
history = {"size": 0, "place": 0}
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    loss, parts = loss_of([net(x), net(x * 0.5)], y)
    loss.backward()
    optimizer.step()
    for name in history.keys():
        history[name] += parts[name]KEPT
"""


def test_parts_of_a_loss_are_added_up_over_the_scales_of_a_batch() -> None:
    assert [
        each for each in findings(OF_SCALES.replace("KEPT", ".item()")) if each[1] == "NN106"
    ] == []
    text = OF_SCALES.replace("KEPT", "  # error")
    assert [each for each in findings(text) if each[1] == "NN106"] == marked(text, "NN106")


BY_NAME = """
import torch
from torch import nn
class Sum:
    def __init__(self, settings):
        self.parts = {name: make(name) for name in settings}
    def measure(self, scores, target):
        found = {"total": 0.0}
        for name, part in self.parts.items():
            value = part(scores, target)
            found["total"] += value
            found[name] = float(value)
        return found
def train(net, settings, loader):
    optimizer, losses = torch.optim.Adam(net.parameters()), Sum(settings)
    for x, y in loader:
        optimizer.zero_grad()
        found = losses.measure(net(x), y)
        named = {f"train/{name}": value for name, value in found.items()}
        named["train/total"]DETACHED.backward()
        optimizer.step()
"""


@pytest.mark.parametrize(("detached", "told"), [("", False), (".detach()", True)])
def test_names_that_are_not_known_stand_beside_those_that_are(detached: str, told: bool) -> None:
    codes = [code for _, code in findings(BY_NAME.replace("DETACHED", detached))]
    assert ("NN110" in codes) is told
