"""What is judged where it happened: a softmax over the axes it was given, a base that comes first."""

import pytest

from tests.abstract_programs import findings

HEADER = """
import torch
import torch.nn.functional as F
from torch import nn
"""
ATTENTION = """
class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden, self.score = nn.Linear(width, width), nn.Linear(width, 1, bias=False)
        self.query = nn.Parameter(torch.randn(1, width))
    def forward(self, views):
        hidden = torch.tanh(self.hidden(views))
        {weights}
        return (weights * views).sum(dim=1)
"""
# One weight for each view, whatever the sample: the samples are gone before the softmax.
OF_VIEWS = [
    "weights = self.score(hidden.mean(dim=0)).softmax(dim=0)",
    "weights = self.score(hidden.mean(0)).softmax(dim=0).reshape((1, -1, 1))",
    "weights = torch.softmax(hidden.mean(dim=0).matmul(self.query.t()), dim=0)",
    "weights = torch.softmax(self.score(hidden).sum(dim=0), dim=0)",
]
POLICY = """
class Policy(nn.Module):
    def __init__(self, actions):
        super().__init__()
        self.scores = nn.Linear(4, actions)
    def forward(self, states):
        return F.log_softmax(self.scores(states), dim=-1)

def learn(states, actions, rows, values):
    policy = Policy({actions})
    F.mse_loss({chosen}, values).backward()
"""
CHOSEN = [
    "policy(states)[rows, actions].unsqueeze(dim=-1)",
    "policy(states).gather(1, actions)",
    "policy(states)[:, :1]",
    "policy(states).max(dim=1, keepdim=True)[0]",
    "policy(states).mean(dim=1, keepdim=True)",
]
BASES = """
class Interface:
    def __init__(self, *sizes):
        pass

class Net({bases}):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(width, 1)

Net(3)
"""


def told(code: str) -> list[str]:
    return [code for _, code in findings(HEADER + code)]


@pytest.mark.parametrize("weights", OF_VIEWS)
def test_the_first_axis_is_not_of_samples_once_these_are_gone(weights: str) -> None:
    assert "NN205" not in told(ATTENTION.format(weights=weights))


@pytest.mark.parametrize("scores", ["self.score(hidden)", "self.score(hidden * 2)"])
def test_it_is_where_they_are_still_there(scores: str) -> None:
    assert "NN205" in told(ATTENTION.format(weights=f"weights = torch.softmax({scores}, dim=0)"))


@pytest.mark.parametrize("chosen", CHOSEN)
def test_one_of_the_numbers_of_a_softmax_is_no_softmax_of_one(chosen: str) -> None:
    assert "NN212" not in told(POLICY.format(actions=6, chosen=chosen))


def test_a_softmax_of_one_number_is_told() -> None:
    assert "NN212" in told(POLICY.format(actions=1, chosen="policy(states)"))


@pytest.mark.parametrize("bases", ["nn.Module, Interface", "nn.Module"])
def test_the_base_that_comes_first_is_the_one_that_is_built(bases: str) -> None:
    assert "NN407" not in told(BASES.format(bases=bases))


def test_a_base_that_builds_nothing_may_come_first() -> None:
    assert "NN407" in told(BASES.format(bases="Interface, nn.Module"))


LESSON = """
left, right = torch.rand(3, 2), torch.rand(3, 2)
{line}
"""


@pytest.mark.parametrize(
    "line",
    [
        "left @ right  # this will fail",
        "left @ right  # raises an error: (3, 2) by (3, 2)",
        "# It doesn't work like this\nleft @ right",
        "nn.Linear(3, 1)(left)  # This would throw",
    ],
)
def test_a_lesson_may_announce_that_a_line_fails(line: str) -> None:
    assert "NN307" not in told(LESSON.format(line=line))


@pytest.mark.parametrize(
    "line",
    [
        "left @ right  # the error of each row",
        "right.T  # this will fail\nleft @ right",
        "# this will fail\n\nleft @ right",
        "left @ right  # will it work?",
    ],
)
def test_other_comments_announce_nothing(line: str) -> None:
    assert "NN307" in told(LESSON.format(line=line))


@pytest.mark.parametrize(
    ("scores", "is_told"),
    [
        ("torch.tensor([[0.5, 2.0]])", False),
        ("torch.tensor([[0.5, 2.0]], requires_grad=True)", True),
        ("nn.Linear(3, 2)(torch.rand(4, 3))", True),
    ],
)
def test_nothing_is_lost_in_numbers_that_are_written_down(scores: str, is_told: bool) -> None:
    code = f"print(F.nll_loss(torch.log(torch.softmax({scores}, dim=1)), torch.tensor([1])))"
    assert ("NN213" in told(code)) is is_told


BUILT = """
from torch import nn
class Named:
    def says(self):
        return "a name"
class Net(MODULE, Named):
    def __init__(self, width):
        FIRST
        self.layer = nn.Linear(width, width)
        LAST
    def forward(self, x):
        return self.layer(x)
"""


@pytest.mark.parametrize("module", ["nn.Module", "nn.modules.Module", "nn.modules.module.Module"])
def test_a_class_of_torch_goes_by_the_packages_that_it_lies_in(module: str) -> None:
    text = BUILT.replace("MODULE", module)
    early = text.replace("FIRST", f"{module}.__init__(self)").replace("LAST", "self.width = width")
    late = text.replace("LAST", f"{module}.__init__(self)").replace("FIRST", "width = 2 * width")
    assert "NN407" not in [code for _, code in findings(early)]
    assert "NN407" in [code for _, code in findings(late)]
