"""What it costs to say the mean of a regression's targets: formulas beside drawn targets."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from advisor.runs.reference_levels import MeanGuess
from advisor.runs.user_facts import Targets

DRAWN = np.random.default_rng(0).normal(size=1_000_000)


Floats = npt.NDArray[np.float64]


def huber(errors: Floats) -> Floats:
    distance = np.abs(errors)
    smooth: Floats = np.where(distance < 1, distance**2 / 2, distance - 0.5)
    return smooth


@pytest.mark.parametrize("deviation", [0.1, 1.0, 15.0])
@pytest.mark.parametrize(
    ("quantity", "loss", "cost"),
    [
        ("loss", "squared", lambda errors: np.mean(errors**2)),
        ("mse", "huber", lambda errors: np.mean(errors**2)),
        ("rmse", "squared", lambda errors: np.sqrt(np.mean(errors**2))),
        ("loss", "absolute", lambda errors: np.mean(np.abs(errors))),
        ("mae", "squared", lambda errors: np.mean(np.abs(errors))),
        ("loss", "huber", lambda errors: np.mean(huber(errors))),
    ],
)
def test_the_mean_costs_what_drawn_targets_show(
    deviation: float, quantity: str, loss: str, cost: Callable[[Floats], float]
) -> None:
    guess = MeanGuess(Targets(60.0, deviation, loss), quantity)
    assert guess.loss == pytest.approx(cost(deviation * DRAWN), rel=0.01)
