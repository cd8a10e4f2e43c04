"""init-activation-mismatch (NN409): weights that the program fills by itself."""

import pytest

from tests.abstract_programs import findings, marked

PROGRAM = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.activation, self.head = nn.Linear(3, 8), nn.ACTIVATION(), nn.Linear(8, 2)
        FILLED
    def forward(self, x):
        return self.head(self.activation(self.body(x)))
"""


def _codes(filled: str, activation: str) -> list[str]:
    text = PROGRAM.replace("FILLED", filled).replace("ACTIVATION", activation)
    return [code for _, code in findings(text)]


@pytest.mark.parametrize(
    ("filled", "activation"),
    [
        ("nn.init.xavier_uniform_(self.body.weight)", "ReLU"),
        ("nn.init.xavier_normal_(self.body.weight.data)", "ReLU"),
        ("nn.init.kaiming_normal_(self.body.weight)", "Tanh"),
        ("nn.init.kaiming_uniform_(self.body.weight)", "Sigmoid"),
        ("nn.init.zeros_(self.body.weight)", "ReLU"),
        ("nn.init.constant_(self.body.weight, 0.5)", "Tanh"),
    ],
)
def test_weights_that_do_not_go_with_what_is_behind_are_told(filled: str, activation: str) -> None:
    assert _codes(filled, activation) == ["NN409"]


@pytest.mark.parametrize(
    ("filled", "activation"),
    [
        ("nn.init.xavier_uniform_(self.body.weight)", "Tanh"),
        ("nn.init.xavier_uniform_(self.body.weight, gain=1.41)", "ReLU"),
        ("nn.init.kaiming_normal_(self.body.weight)", "ReLU"),
        ("nn.init.kaiming_normal_(self.body.weight, nonlinearity='linear')", "Tanh"),
        ("nn.init.zeros_(self.body.bias)", "ReLU"),
        ("nn.init.zeros_(self.head.weight)", "ReLU"),
        ("nn.init.xavier_uniform_(self.head.weight)", "ReLU"),
        ("nn.init.zeros_(self.body.weight); nn.init.kaiming_normal_(self.body.weight)", "ReLU"),
    ],
)
def test_weights_that_fit_or_come_last_are_left_alone(filled: str, activation: str) -> None:
    assert _codes(filled, activation) == []


APPLIED = """
from torch import nn
def fill(module):
    if isinstance(module, KINDS):
        nn.init.constant_(module.weight, 0.1)  # error
net = nn.Sequential(nn.Linear(1, 9), nn.Tanh(), nn.Linear(9, 9), nn.Tanh(), nn.Linear(9, 1))
net.apply(fill)
net(data)
"""


def test_a_function_is_applied_to_each_of_the_modules() -> None:
    text = APPLIED.replace("KINDS", "nn.Linear")
    assert set(findings(text)) == set(marked(text, "NN409"))
    assert findings(APPLIED.replace("KINDS", "(nn.Conv2d, nn.LayerNorm)")) == []
