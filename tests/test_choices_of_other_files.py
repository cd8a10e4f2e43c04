"""Weights that a function of another file keeps, under a condition of its caller."""

from pathlib import Path

from tests.abstract_programs import findings, marked

KEEPER = """
import torch
def keep(model):
    torch.save(model.state_dict(), "best.pt")
"""
TRAINING = """
import torch
from keeper import keep
model = torch.nn.Linear(5, 2)
best_dice = 0
for epoch in range(10):
    dice = measure(model)
    if dice > best_dice:
        best_dice = dice
        keep(model)
"""


def test_a_condition_is_read_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "keeper.py").write_text(KEEPER)
    found = findings(TRAINING, tmp_path / "train.py")
    assert "NN506" not in [code for _, code in found]


BY_TEST_LOSS = """
import torch
from keeper import keep
def train(model, optimizer, train_loader, test_loader):
    best_test_loss = float("inf")
    for epoch in range(10):
        for x, y in train_loader:
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
        with torch.no_grad():
            test_loss = 0
            for x, y in test_loader:
                test_loss += torch.nn.functional.mse_loss(model(x), y).item()
        if test_loss < best_test_loss:  # error
            best_test_loss = test_loss
            keep(model)
"""


def test_it_is_told_where_the_condition_stands_not_where_the_weights_are_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "keeper.py").write_text(KEEPER)
    found = findings(BY_TEST_LOSS, tmp_path / "train.py")
    told = [each for each in found if each[1] == "NN506"]
    assert told == marked(BY_TEST_LOSS, "NN506") != []
