"""unsafe-log (NN701): logarithms of densities, sigmoids and softmaxes that a program computes itself."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

HEAD = """
import math
import numpy as np
import torch
from torch import nn


class RootLoss(nn.Module):
    def forward(self, outputs, targets):
        return torch.sqrt(((outputs - targets) ** 2).mean())


def normal(y, mean, sigma):
    return torch.exp(-0.5 * ((y - mean) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


"""


def told(code: str) -> list[str]:
    """The lines of a program in which NN701 is found."""
    lines = (HEAD + dedent(code)).splitlines()
    return [
        lines[line - 1].strip()
        for line, found in findings("\n".join(lines))
        if found == "NN701" and line > HEAD.count("\n")
    ]


@pytest.mark.parametrize(
    ("loss", "wrong"),
    [
        ("-torch.log((weights * normal(y, mean, sigma)).sum(1)).mean()", True),
        ("-torch.log(normal(y, mean, sigma).prod(1))", True),
        ("-torch.log(torch.exp(weights - 0.5 * ((y - mean) / sigma) ** 2).sum(1))", True),
        ("-torch.log(torch.exp(-((y - mean) ** 2) / (2 * sigma**2)).sum(1))", True),
        ("-torch.log(torch.exp(-0.5 * ((y - mean) ** 2 / sigma + sigma.log())).sum(1))", True),
        ("-torch.log((weights * normal(y, mean, sigma)).sum(1) + 1e-8).mean()", False),
        ("-torch.log((weights * normal(y, mean, sigma)).sum(1).clamp(min=1e-8)).mean()", False),
        ("-torch.logsumexp(weights - 0.5 * ((y - mean) / sigma) ** 2, 1)", False),
        ("torch.log(1 + normal(y, mean, sigma))", False),
        ("torch.log((normal(y, mean, sigma) * (y - mean) ** 2).sum(1))", False),
        ("torch.exp(-0.5 * ((y - mean) / sigma) ** 2).sum()", False),
    ],
)
def test_a_density_is_0_far_from_its_mean(loss: str, wrong: bool) -> None:
    code = f"""
    def loss_of(weights, mean, sigma, y):
        return {loss}
    """
    assert bool(told(code)) is wrong


def test_the_largest_exponent_may_be_taken_away_first() -> None:
    code = """
    def loss_of(weights, mean, sigma, y):
        each = weights - 0.5 * ((y - mean) / sigma) ** 2
        largest = each.max(dim=1, keepdim=True)[0]
        return largest + torch.log(torch.exp(each - largest).sum(1))
    """
    assert told(code) == []


@pytest.mark.parametrize(
    ("cost", "wrong"),
    [
        ("-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))", True),
        ("-np.log(1 - p).sum()", True),
        ("-np.mean(y * np.log(p + 1e-9) + (1 - y) * np.log(1 - p + 1e-9))", False),
        ("-np.mean(y * np.log(np.clip(p, 1e-9, 1)))", False),
        ("np.nan_to_num(-y * np.log(p)).sum()", False),
        ("np.mean(np.logaddexp(0, -z) * p)", False),
    ],
)
def test_a_sigmoid_of_numpy_comes_to_its_limit(cost: str, wrong: bool) -> None:
    code = f"""
    def cost(x, w, y):
        z = x @ w
        p = sigmoid(z)
        return {cost}
    """
    assert bool(told(code)) is wrong


@pytest.mark.parametrize(("largest", "wrong"), [("0", True), ("z.max(1, keepdims=True)", False)])
def test_a_softmax_of_numpy_underflows_where_it_overflows(largest: str, wrong: bool) -> None:
    code = f"""
    def cost(z, y):
        e = np.exp({"z" if largest == "0" else "z - " + largest})
        p = e / e.sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(y)), y]).mean()
    """
    assert bool(told(code)) is wrong


def test_a_loss_that_nothing_calls_is_for_a_training() -> None:
    def lines(name: str, value: str) -> list[int]:
        code = f"import torch\ndef {name}(outputs, targets):\n    return {value}\n"
        return [line for line, found in findings(code) if found == "NN701"]

    root = "torch.sqrt(torch.mean((outputs - targets) ** 2))"
    assert lines("rmse_loss", root) == [3]
    assert lines("rmse_loss", root.replace("))", ") + 1e-8)", 1)) == []
    assert lines("rmse", root) == []  # it may be a score
    in_class = [line for line, found in findings(HEAD) if found == "NN701"]
    assert in_class == [HEAD[: HEAD.index("return torch.sqrt")].count("\n") + 1]
    called = HEAD + "print(RootLoss()(torch.ones(2), torch.zeros(2)))"
    assert "NN701" not in dict(findings(called)).values()


@pytest.mark.parametrize(
    ("name", "log", "wrong"),
    [
        ("FocalLoss", "torch.log(p)", True),
        ("FocalLoss", "torch.log(p + 1e-8)", False),
        ("FocalLoss", "F.logsigmoid(scores)", False),
        ("Surprise", "torch.log(p)", False),
    ],
)
def test_what_a_loss_is_given_is_learned(name: str, log: str, wrong: bool) -> None:
    code = f"""
import torch
import torch.nn.functional as F
from torch import nn


class {name}(nn.Module):
    def forward(self, scores, labels):
        p = torch.sigmoid(scores)
        return -(labels * (1 - p) ** 2 * {log}).mean()
"""
    assert ("NN701" in dict(findings(code)).values()) is wrong


@pytest.mark.parametrize(
    ("loss", "wrong"),
    [
        ("-torch.log(torch.sigmoid(self.critic(x))).mean()", True),
        ("-torch.log(torch.sigmoid(self.critic(x)) + 1e-8).mean()", False),
        ("F.softplus(-self.critic(x)).mean()", False),
    ],
)
def test_what_goes_back_is_learned_whichever_model_has_made_it(loss: str, wrong: bool) -> None:
    code = f"""
import torch
import torch.nn.functional as F


class Trainer:
    def __init__(self, critic, loader):
        self.critic, self.loader = critic, loader
        self.optimizer = torch.optim.Adam(critic.parameters(), lr=1e-4)

    def fit(self):
        for x in self.loader:
            print(torch.log(torch.sigmoid(x)).mean())
            loss = {loss}
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
"""
    assert [line for line, found in findings(code) if found == "NN701"] == [14] * wrong


def test_what_is_drawn_over_a_range_or_shown_by_small_numbers_is_left_alone() -> None:
    program = """
import numpy as np
import torch
from matplotlib import pyplot


def softmax(scores, temperature=1.0):
    exponentials = np.exp(scores / temperature)
    return exponentials / exponentials.sum()


def cost(score):
    return -np.log(1 / (1 + np.exp(-score)))


scores = np.arange(-10, 10, 0.1)
pyplot.plot(scores, [cost(each) for each in scores])
pyplot.plot(scores, cost(scores))
print(softmax(np.array([0.2, 0.3, 0.5]), temperature=0.5))
"""
    assert not {"NN701", "NN705"} & set(dict(findings(program)).values())
    handed_in = program[: program.index("scores = np.arange")]
    assert {"NN701", "NN705"} <= set(dict(findings(handed_in)).values())
    large = program.replace("[0.2, 0.3, 0.5]", "[1.0, 100.0]")
    assert "NN705" in dict(findings(large)).values()


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        ("torch.zeros_like(scores).scatter_(1, labels.view(-1, 1), 1.0)", False),
        ("torch.zeros(len(scores), 5).scatter_(1, labels.unsqueeze(1), 1.0)", False),
        ("nn.functional.one_hot(labels, 5)", False),
        ("(labels[:, None] != labels[None, :]).float()", True),
    ],
)
def test_the_exponential_of_the_one_score_that_is_chosen_makes_no_sum(
    mask: str, told: bool
) -> None:
    program = f"""
import torch
from torch import nn


def focal(scores, labels):
    mask = {mask}
    chosen = (torch.exp(scores) * mask).sum(dim=1)
    return (-((1 - chosen) ** 2) * chosen.log()).mean()
"""
    assert ("NN705" in dict(findings(program)).values()) is told


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ("torch.max_pool2d(mask, 8)", False),
        ("2 * (torch.max(mask, dim=1, keepdim=True)[0] + mask.mean(1, keepdim=True))", False),
        ("mask.max(1).values", False),
        ("nn.functional.interpolate(mask, scale_factor=2)", False),
        ("mask.sum(1)", True),
        ("self.last(mask)", True),
        ("self.last(pictures).amax(1)", True),
    ],
)
def test_no_number_of_a_pooled_sigmoid_is_large(scores: str, told: bool) -> None:
    program = f"""
import torch
from torch import nn


class Pooling(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Conv2d(4, 4, 1)

    def forward(self, pictures):
        mask = torch.sigmoid(self.last(pictures))
        exponentials = torch.exp({scores})
        return exponentials / exponentials.sum()
"""
    assert ("NN705" in dict(findings(program)).values()) is told
