"""softmax-into-logits-loss (NN201): scores that the program can have computed in several ways."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

LOSS = """
import torch
import torch.nn.functional as F
def loss_of(model, x, y, hard=False, temperature=None):
    scores = model(x)
{ways}
    return F.{loss}(F.softmax(scores, dim=1), y)
"""
WAYS = {
    "divided by one of two temperatures": "scores = scores / (temperature if hard else 3)",
    "divided where a temperature is given": """
        if temperature is not None:
            scores = scores / temperature
        """,
    "changed in one way or another": """
        if hard:
            scores = scores.clamp(0, 5)
        elif temperature:
            scores = F.normalize(scores)
        """,
}


@pytest.mark.parametrize("name", WAYS)
def test_probabilities_are_known_on_each_way(name: str) -> None:
    ways = "\n".join(f"    {line}" for line in dedent(WAYS[name]).strip().splitlines())
    told = [code for _, code in findings(LOSS.format(ways=ways, loss="cross_entropy"))]
    assert "NN201" in told
    told = [code for _, code in findings(LOSS.format(ways=ways, loss="mse_loss"))]
    assert "NN201" not in told


def test_what_is_no_tensor_on_one_of_the_ways_is_not_followed() -> None:
    ways = "    scores = {'made': scores} if hard else scores"
    told = [code for _, code in findings(LOSS.format(ways=ways, loss="cross_entropy"))]
    assert "NN201" not in told


TEMPERED = """
import torch
def log_at(u, heat):
    if heat == 1:
        return u.log()
    return (u.pow(1 - heat) - 1) / (1 - heat)
def softmax_at(scores, heat):
    if heat == 1:
        return scores.softmax(dim=-1)
    return (1 + (1 - heat) * (scores - scores.amax())).relu().pow(1 / (1 - heat))
def loss(scores, labels, one, other):
    return -(labels * LOGARITHM).sum(dim=-1).mean()
"""


@pytest.mark.parametrize(
    ("logarithm", "is_told"),
    [
        ("log_at(softmax_at(scores, other), one)", False),
        ("log_at(scores.softmax(dim=-1), one)", True),
    ],
)
def test_a_case_of_its_own_may_take_the_logarithm_of_something_else(
    logarithm: str, is_told: bool
) -> None:
    found = findings(TEMPERED.replace("LOGARITHM", logarithm))
    assert ("NN213" in [code for _, code in found]) is is_told
