"""Copies of models: they have modes and weights of their own."""

import pytest

from tests.abstract_programs import findings

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
