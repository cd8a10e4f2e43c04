"""decay-on-first-run (NN607): what a first training does without; learning-rate-out-of-range (NN606)."""

from textwrap import dedent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.rulebook import rulebook


def _told(code: str, text: str) -> bool:
    source = Source(dedent(text), "first.py")
    return bool(analyze(source, Project([source]), [rulebook("code").find(code)]).findings)


TRAINING = """
import torch
import torch.nn.functional as F
model = torch.nn.Linear(3, 2)
optimizer = OPTIMIZER
for x, y in batches():
    optimizer.zero_grad()
    LOSS.backward()
    optimizer.step()
"""
MEAN = "F.cross_entropy(model(x), y)"


@pytest.mark.parametrize(
    ("options", "told"),
    [("lr=1e-3, weight_decay=0.1", True), ("lr=1e-3, weight_decay=0", False), ("lr=1e-3", False)],
)
def test_a_first_training_decays_no_weights(options: str, told: bool) -> None:
    text = TRAINING.replace("OPTIMIZER", f"torch.optim.AdamW(model.parameters(), {options})")
    assert _told("NN607", text.replace("LOSS", MEAN)) == told


@pytest.mark.parametrize(
    ("rate", "told"),
    [("keras.optimizers.schedules.ExponentialDecay(1e-3, 500, 0.9)", True), ("1e-3", False)],
)
def test_schedules_of_keras_are_schedules(rate: str, told: bool) -> None:
    text = f"""
    import keras
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam({rate}), "mse")
    model.fit(x, y)
    """
    assert _told("NN607", text) == told


@pytest.mark.parametrize(
    ("rate", "loss", "told"),
    [
        ("1e-7", MEAN, True),
        ("1e-4", MEAN, False),
        ("1e-7", 'F.cross_entropy(model(x), y, reduction="sum")', False),
        ("1e-7", "F.mse_loss(model(x), y)", False),
    ],
)
def test_plain_descent_may_be_slow_where_losses_are_large(rate: str, loss: str, told: bool) -> None:
    text = TRAINING.replace("OPTIMIZER", f"torch.optim.SGD(model.parameters(), lr={rate})")
    assert _told("NN606", text.replace("LOSS", loss)) == told
