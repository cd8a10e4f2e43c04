"""no-nonlinearity (NN408): models that a program builds only to look at them, or at a schedule."""

import json
from pathlib import Path

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import read_source
from advisor.rulebook import rulebook
from tests.abstract_programs import findings

MODEL = """
import torch
from torch import nn
from torchinfo import summary
class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 2)
    def forward(self, x):
        return self.second(self.first(x))
"""


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("model = Pair()\nsummary(model)\nmodel.state_dict()", False),
        ("model = Pair()\nfor each in model.parameters():\n    print(each)", False),
        ("model = Pair()\nprint(model(torch.rand(3, 4)))", True),
        ("from training import fit\nfit(Pair(), torch.load('rows.pt'))", True),
        ("print('to be trained in the next lesson')", True),
    ],
)
def test_what_is_only_shown_needs_no_activation(tmp_path: Path, cell: str, told: bool) -> None:
    cells = [{"cell_type": "code", "metadata": {}, "source": each} for each in (MODEL, cell)]
    path = tmp_path / "lesson.ipynb"
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    source = read_source(path, path.name)
    rules = [rule for rule in rulebook("code").rules if rule.code == "NN408"]
    assert bool(analyze(source, Project([source]), rules).findings) == told


SCHEDULE = """
class Patient(torch.optim.lr_scheduler.ReduceLROnPlateau):
    def __init__(self, optimizer):
        super().__init__(optimizer, patience=3)

if __name__ == "__main__":
    model = Pair()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = Patient(optimizer)
"""


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (SCHEDULE, False),
        (
            SCHEDULE.replace("Patient(optimizer)", "torch.optim.lr_scheduler.StepLR(optimizer, 3)"),
            False,
        ),
        (SCHEDULE.replace("schedule = Patient(optimizer)", "print(optimizer)"), True),
        (f"{SCHEDULE}    print(model(torch.rand(3, 4)))", True),
        (f"{SCHEDULE}    from training import fit\n    fit(model, schedule)", True),
        ("print('to be imported')", True),
    ],
)
def test_what_only_gives_an_optimizer_its_parameters_needs_none(script: str, told: bool) -> None:
    assert ("NN408" in [code for _, code in findings(MODEL + script)]) == told


LESSON = """
import torch
from torch import nn
def train(model, x, y):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(100):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
x, y = torch.load("spirals.pt")
"""
STRAIGHT = "train(nn.Sequential(nn.Linear(2, 30), nn.Linear(30, 3)), x, y)"


@pytest.mark.parametrize(
    ("later", "told"),
    [
        ("train(nn.Sequential(nn.Linear(2, 50), nn.ReLU(), nn.Linear(50, 3)), x, y)", False),
        ("train(nn.Sequential(nn.Linear(9, 50), nn.ReLU(), nn.Linear(50, 3)), x, y)", True),
        ("train(nn.Sequential(nn.Linear(2, 50), nn.Linear(50, 3)), x, y)", True),
        ("print('done')", True),
    ],
)
def test_a_lesson_may_begin_with_a_model_that_is_not_bent(
    tmp_path: Path, later: str, told: bool
) -> None:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": each} for each in (LESSON, STRAIGHT, later)
    ]
    path = tmp_path / "lesson.ipynb"
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    source = read_source(path, path.name)
    rules = [rule for rule in rulebook("code").rules if rule.code == "NN408"]
    assert bool(analyze(source, Project([source]), rules).findings) == told
