"""The model behind a parameter of a function that nobody is seen to call."""

from pathlib import Path

import pytest

from tests.abstract_programs import findings

NET = """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.body = nn.Linear(20, 30)
        self.head = nn.Linear(30, classes)

    def forward(self, x):
        return F.softmax(self.head(F.relu(self.body(x))), dim=1)
"""
STEP = """
def step(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def codes(program: str, path: Path | None = None) -> list[str]:
    """The codes told of a program."""
    return [code for _, code in findings(program, path)]


def test_the_only_model_of_a_file_is_what_its_functions_train() -> None:
    assert codes(NET + STEP) == ["NN201"]


def test_a_trainer_is_given_the_only_model_of_its_file() -> None:
    trainer = """
class Trainer:
    def __init__(self, model, optimizer):
        self.model = model
        self.optimizer = optimizer
        self.criterion = nn.CrossEntropyLoss()

    def step(self, x, y):
        loss = self.criterion(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
"""
    assert codes(NET + trainer) == ["NN201"]


def test_the_only_model_that_a_file_imports_is_what_its_functions_train(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    program = "import torch.nn.functional as F\nfrom net import Net\n" + STEP
    assert codes(program, tmp_path / "train.py") == ["NN201"]


def test_the_parts_of_a_model_are_not_the_model() -> None:
    parts = (
        NET.replace("Net", "Gate")
        + """
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = Gate()
        self.out = nn.Linear(10, 3)

    def forward(self, x):
        return self.out(self.gate(x))
"""
    )
    assert codes(parts + STEP) == []


def test_a_parameter_may_be_named_after_its_class() -> None:
    other = """
class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(20, 1)

    def forward(self, x):
        return self.out(x)
"""
    program = NET + other + STEP.replace("model", "net")
    assert codes(program) == ["NN201"]


def test_an_annotation_names_the_class() -> None:
    other = NET.replace("Net", "Other").replace("F.softmax(", "(").replace(", dim=1", "")
    program = NET + other + STEP.replace("(model,", "(model: Net,")
    assert codes(program) == ["NN201"]
    assert codes(program.replace(": Net", ": Other")) == []


@pytest.mark.parametrize(
    "beside",
    [
        "def make():\n    return nn.Sequential(nn.Linear(3, 2))\n",
        "from torchvision import models\ndef make():\n    return models.resnet18(num_classes=2)\n",
        "def make(blocks):\n    blocks.append(Net(30))\n    return blocks\n",
    ],
    ids=["a sequence of layers", "a model of a library", "as a part"],
)
def test_nothing_is_implied_where_others_may_be_trained(beside: str) -> None:
    assert codes(NET + beside + STEP) == []


def test_nothing_is_implied_where_the_model_takes_other_inputs() -> None:
    assert codes(NET + STEP.replace("model(x)", "model(x, y)")) == []


def test_whoever_calls_the_function_says_what_the_model_is() -> None:
    called = "\nnet = nn.Linear(20, 10)\nstep(net, torch.optim.Adam(net.parameters()), X, Y)\n"
    assert codes(NET + STEP + called) == []


def test_nobody_knows_in_which_mode_an_implied_model_is() -> None:
    program = NET.replace("F.relu(", "F.dropout(").replace("F.softmax(", "(").replace(", dim=1", "")
    program = program.replace("self.body(x)", "self.body(x), training=self.training")
    evaluate = """
def evaluate(model, loader):
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()
    return correct
"""
    assert codes(program + evaluate) == []


def test_parts_of_what_a_model_returns_are_known() -> None:
    program = NET.replace("return F.softmax(", "h = x * 2\n        return h, F.softmax(")
    assert codes(program + STEP.replace("cross_entropy(model(x)", "cross_entropy(model(x)[1]")) == [
        "NN201"
    ]
    unpacked = STEP.replace(
        "    loss = F.cross_entropy(model(x)",
        "    h, out = model(x)\n    loss = F.cross_entropy(out",
    )
    assert codes(program + unpacked) == ["NN201"]


def test_methods_of_a_model_are_known() -> None:
    program = NET.replace("def forward(self, x):", "def classify(self, x):")
    program += "\n    def forward(self, x):\n        return self.body(x)\n"
    assert codes(program + STEP.replace("model(x)", "model.classify(x)")) == ["NN201"]
    assert codes(program + STEP) == []
