"""Copies of models: they have modes and weights of their own."""

import pytest

from advisor.code.values import Schedule
from tests.abstract_programs import findings, program

AVERAGED = """
from copy import deepcopy
import torch
from torch import nn

model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.1), nn.Linear(8, 2))
{wrapped}
average = deepcopy({copied})
average.eval()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(9):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in val_loader:
            print(nn.functional.cross_entropy(average(x), y).item())
"""


@pytest.mark.parametrize(
    ("wrapped", "copied"),
    [
        ("", "model"),
        ("if parallel:\n    model = nn.DataParallel(model)", "model"),
        (
            "if parallel:\n    model = nn.DataParallel(model)",
            "model.module if parallel else model",
        ),
    ],
)
def test_a_copy_stays_in_evaluation_mode_while_the_model_trains(wrapped: str, copied: str) -> None:
    program = AVERAGED.format(wrapped=wrapped, copied=copied)
    assert "NN401" not in [code for _, code in findings(program)]
    trained = program.replace("average.eval()", "average = model")
    assert "NN401" in [code for _, code in findings(trained)]


def test_a_schedule_that_is_copied_is_a_schedule_of_its_own() -> None:
    run = program(
        """
        import copy
        import torch

        schedule = torch.optim.lr_scheduler.OneCycleLR(None, 0.1, 10)
        other = copy.deepcopy(schedule)
        """
    )
    schedules = [run.scope.fields[name] for name in ("schedule", "other")]
    assert [each.names for each in schedules if isinstance(each, Schedule)] == [
        {"schedule"},
        {"other"},
    ]
