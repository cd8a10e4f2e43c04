"""Methods that a class overrides for what it inherits: they run as the inherited method runs them."""

from pathlib import Path

import pytest

from tests.abstract_programs import findings

BASE = """
import torch

class Evaluator:
    def run(self, data, model):
        model.eval()
        {around}:
            for row in data:
                self.judge(self.predict(row, model))

    def judge(self, output):
        raise NotImplementedError
"""
AT_SCALES = """
import torch
from base import Evaluator

class AtScales(Evaluator):
    def predict(self, row, model):
        outputs = []
        for scale in (0.5, 1.0):
            outputs.append(model(torch.nn.functional.interpolate(row[0], scale_factor=scale)))
        return torch.stack(outputs).max(0).values
"""


def found(folder: Path, around: str) -> list[str]:
    (folder / "base.py").write_text(BASE.format(around=around))
    return [code for _, code in findings(AT_SCALES, folder / "scales.py")]


def test_the_inherited_caller_switches_gradients_off(tmp_path: Path) -> None:
    assert found(tmp_path, around="with torch.no_grad()") == []


def test_the_inherited_caller_records_gradients(tmp_path: Path) -> None:
    assert found(tmp_path, around="if data is not None") == ["NN403"]


def test_an_object_whose_inherited_constructor_nobody_looks_into_may_be_complete(
    tmp_path: Path,
) -> None:
    """The constructor is worn out by what other classes have done with it."""
    blocks = "\n".join(f"        self.a{i} = nn.Linear(i, {i})" for i in range(400))
    (tmp_path / "base.py").write_text(f"""
from torch import nn

class Base(nn.Module):
    def __init__(self, size):
        super().__init__()
{blocks}
        self.build(size)
""")
    classes = "\n".join(
        f"""
class Net{i}(Base):
    def __init__(self, size):
        self.rate = 0.5
        super().__init__(size)
    def build(self, size):
        self.head = nn.Linear(size, 2)
"""
        for i in range(12)
    )
    text = "from torch import nn\nfrom base import Base\n" + classes
    assert findings(text, tmp_path / "nets.py") == []


ONE_FILE = """
from abc import ABC, abstractmethod
import torch

class Trainer(ABC):
    def __init__(self, model, batches, held_out):
        self.model, self.batches, self.held_out = model, batches, held_out
        self.optimizer = torch.optim.Adam(model.parameters())

    @abstractmethod
    def validate(self):
        ...
{caller}
class Regression(Trainer):
    def validate(self):
        total = 0
        for x, y in self.held_out:
            total += torch.nn.functional.mse_loss(self.model(x), y).item()
        return total / len(self.held_out)
"""
CALLER = """
    def fit(self):
        for x, y in self.batches:
            self.model.train()
            self.optimizer.zero_grad()
            torch.nn.functional.mse_loss(self.model(x), y).backward()
            self.optimizer.step()
        self.model.eval()
        {around}:
            print(self.validate())
"""


@pytest.mark.parametrize(
    ("caller", "is_wrong"),
    [
        (CALLER.format(around="with torch.no_grad()"), False),
        (CALLER.format(around="if self.held_out"), True),
        ("", False),
    ],
)
def test_a_method_that_a_base_leaves_open_runs_as_its_caller_runs_it(
    caller: str, is_wrong: bool
) -> None:
    """Without a caller nobody knows what it is called under."""
    found = {code for _, code in findings(ONE_FILE.format(caller=caller))}
    assert ("NN403" in found) is is_wrong


TEMPLATE = """
from abc import ABC, abstractmethod

import torch
from torch import nn


class Trainer(ABC):
    def __init__(self, model: nn.Module):
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        self.scaler = torch.amp.GradScaler("cuda")

    {decorator}
    def compute_loss(self, scores, labels):
        {body}

    def fit(self, loader):
        for images, labels in loader:
            {clear}
            loss = self.compute_loss(self.model(images), labels)
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
"""
OPEN = [
    ("@abstractmethod", "..."),
    ("@abstractmethod", '"""The loss of one batch."""'),
    ("@abstractmethod", "raise NotImplementedError"),
    ("", "raise NotImplementedError('for others to say')"),
    ("", "pass"),
]


@pytest.mark.parametrize(("decorator", "body"), OPEN)
def test_what_a_method_returns_that_is_left_open_may_go_backward(decorator: str, body: str) -> None:
    program = TEMPLATE.format(decorator=decorator, body=body, clear="self.optimizer.zero_grad()")
    assert "NN105" not in [code for _, code in findings(program)]


@pytest.mark.parametrize(("decorator", "body"), OPEN)
def test_what_a_class_fills_in_is_run_with_what_it_inherits(decorator: str, body: str) -> None:
    program = TEMPLATE.format(decorator=decorator, body=body, clear="pass")
    program += """

class Classifier(Trainer):
    def compute_loss(self, scores, labels):
        return nn.functional.cross_entropy(scores, labels)
"""
    assert "NN101" in [code for _, code in findings(program)]
