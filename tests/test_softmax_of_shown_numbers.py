"""log-of-softmax (NN213) and softmax-wrong-dim (NN205) on numbers that no model has made."""

from pathlib import Path

import pytest

from tests.abstract_programs import findings

SHOWN = """
import torch
import torch.nn.functional as F

scores = {scores}
print(F.softmax(scores))
print(torch.log(torch.softmax(scores, dim=1)))
"""


@pytest.mark.parametrize(
    ("scores", "wrong"),
    [
        ("torch.tensor([[1.0, 2.0], [0.5, 3.0]])", False),
        ("torch.Tensor([[1, 2], [0.5, 3]])", False),
        ("torch.randn(2, 3)", False),
        ("torch.randn(2, 3, requires_grad=True)", True),
        ("torch.nn.Linear(4, 3)(torch.randn(2, 4))", True),
        ("torch.load('scores.pt')", True),
    ],
)
def test_numbers_that_are_written_down_or_drawn_are_shown_step_by_step(
    scores: str, wrong: bool
) -> None:
    found = {code for _, code in findings(SHOWN.format(scores=scores))}
    assert found & {"NN205", "NN213"} == ({"NN205", "NN213"} if wrong else set())


def test_a_unit_test_takes_a_loss_apart_on_purpose(tmp_path: Path) -> None:
    text = """
import torch
import torch.nn.functional as F

from losses import focal_loss


def test_focal_loss():
    scores = torch.randn(4, 3, requires_grad=True)
    chosen = F.softmax(scores, dim=1)[:, 0]
    assert torch.isclose(focal_loss(scores), -torch.log(chosen).mean())
"""
    assert "NN213" in {code for _, code in findings(text)}
    assert not findings(text, tmp_path / "test_focal_loss.py")
