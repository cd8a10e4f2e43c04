"""Weights that a function of another file keeps, under a condition of its caller."""

from pathlib import Path

from tests.abstract_programs import findings

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
