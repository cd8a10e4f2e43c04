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


FILLED = {
    "by a loop over the modules": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(3, 8), nn.Linear(8, 2)
        for each in self.modules():
            if isinstance(each, nn.Linear):
                nn.init.xavier_uniform_(each.weight)  # error
    def forward(self, x):
        return self.head(torch.relu(self.body(x)))
""",
    "for a function behind it": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(3, 8), nn.Linear(8, 2)
        nn.init.kaiming_normal_(self.body.weight)  # error
    def forward(self, x):
        return self.head(F.dropout(self.body(x).tanh(), 0.1, self.training))
""",
    "in place": """
net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
net[0].weight.data.fill_(0.1)  # error
net(data)
""",
    "with numbers that are all the same": """
net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
with torch.no_grad():
    net[0].weight.copy_(torch.full((8, 3), 0.01))  # error
net(data)
""",
    "by an assignment": """
net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
net[0].weight = nn.Parameter(torch.zeros(8, 3))  # error
net(data)
""",
    "as all parameters": """
net = nn.Sequential(nn.Linear(3, 8), nn.LeakyReLU(), nn.Linear(8, 2))
for name, each in net.named_parameters():
    if "weight" in name:
        nn.init.ones_(each)  # error
net(data)
""",
    "as a parameter of one's own": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Parameter(torch.zeros(3, 8))  # error
        self.bias = nn.Parameter(torch.zeros(8))
        self.second = nn.Parameter(torch.zeros(8, 2))
    def forward(self, x):
        return torch.sigmoid(x @ self.first + self.bias) @ self.second
""",
    "as a tensor that learns": """
first = torch.zeros(3, 8, requires_grad=True)  # error
second = torch.randn(8, 2, requires_grad=True)
for x, y in loader:
    (torch.relu(x @ first) @ second).sum().backward()
""",
}
BEGINNING = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


@pytest.mark.parametrize("case", FILLED.values(), ids=FILLED.keys())
def test_weights_are_filled_in_many_ways(case: str) -> None:
    text = BEGINNING + case
    assert [each for each in findings(text) if each[1] == "NN409"] == marked(text, "NN409")


LEFT_ALONE = {
    "the last layer of a branch": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(8, 8), nn.Linear(8, 8)
        self.head.weight.data.zero_()
    def forward(self, x):
        return x + self.head(torch.relu(self.body(x)))
""",
    "biases by name": """
net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
for name, each in net.named_parameters():
    if name.endswith("bias"):
        nn.init.zeros_(each)
net(data)
""",
    "a scale that begins at zero": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.scale = nn.Linear(8, 8), nn.Parameter(torch.zeros(8))
    def forward(self, x):
        return x + self.scale * torch.relu(self.body(x))
""",
    "a norm in between": """
net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
for each in net.modules():
    if isinstance(each, nn.Linear):
        nn.init.xavier_normal_(each.weight)
net(data)
""",
}


@pytest.mark.parametrize("case", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_weights_that_begin_so_on_purpose_are_left_alone(case: str) -> None:
    assert "NN409" not in [code for _, code in findings(BEGINNING + case)]
