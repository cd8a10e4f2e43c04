"""Programs that look like a bug of the schedule, the weights, the rate or the numbers, and are right."""

import pytest

from tests.abstract_programs import findings

HEADER = """
import torch
from torch import nn
import torch.nn.functional as F
"""


def _codes(program: str) -> list[str]:
    return [code for _, code in findings(HEADER + program)]


KEPT = """
def train(model: nn.Linear, batches, judge):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    lowest, best_model = 1e9, None
    for epoch in range(20):
        for x, y in batches:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        loss = judge(model)
        if loss < lowest:
            lowest = loss
            best_model = model
            USED
    BEHIND
"""


@pytest.mark.parametrize(
    ("used", "behind", "told"),
    [
        ("torch.save(best_model, 'best.pt')", "return lowest", False),
        ("pass", "return best_model", True),
        ("torch.save(best_model, 'best.pt')", "return best_model", True),
    ],
)
def test_a_name_of_the_best_model_that_is_only_saved_keeps_nothing(
    used: str, behind: str, told: bool
) -> None:
    program = KEPT.replace("USED", used).replace("BEHIND", behind)
    assert ("NN807" in _codes(program)) == told


COUNTED = """
model = nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
for epoch in range(100):
    total = 0.0
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    epoch_loss = total / 10
    scheduler.step(TOLD)
"""


@pytest.mark.parametrize(("told", "codes"), [("", ["NN601"]), ("epoch", ["NN601"])])
def test_a_decay_by_epochs_is_over_too_early(told: str, codes: list[str]) -> None:
    assert [each for each in _codes(COUNTED.replace("TOLD", told)) if each == "NN601"] == codes


def test_a_schedule_that_takes_a_loss_for_the_epoch_goes_nowhere() -> None:
    assert "NN601" not in _codes(COUNTED.replace("TOLD", "epoch_loss"))


STACK = """
from tensorflow import keras
model = keras.Sequential([LAYERS])
model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.1))
model.fit(x, y, epochs=500)
"""


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ("keras.layers.Dense(4), keras.layers.Dense(4), keras.layers.Dense(1)", False),
        (
            "keras.layers.Dense(4, activation='relu'), keras.layers.Dense(4), keras.layers.Dense(1)",
            True,
        ),
        (
            "keras.layers.Dense(4), keras.layers.ReLU(), keras.layers.Dense(4), keras.layers.Dense(1)",
            True,
        ),
    ],
)
def test_a_line_in_several_layers_takes_a_high_rate(layers: str, told: bool) -> None:
    assert ("NN606" in _codes(STACK.replace("LAYERS", layers))) == told


ROOT = """
class NAME(nn.Module):
    def forward(self, predictions, labels):
        return torch.sqrt(((predictions - labels) ** 2).mean())
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [("RMSELoss", True), ("ValidationRMSELoss", False), ("EvalLoss", False), ("ValueLoss", True)],
)
def test_what_judges_by_a_root_learns_nothing_from_it(name: str, told: bool) -> None:
    assert ("NN701" in _codes(ROOT.replace("NAME", name))) == told


RANGE = """
import numpy as np

class Scans(torch.utils.data.Dataset):
    def __getitem__(self, index):
        scan = np.load(self.paths[index])
        CHANGED
        return (scan - scan.min()) / (scan.max() - scan.min())
"""


@pytest.mark.parametrize(
    ("changed", "told"), [("pass", True), ("scan = with_noise(scan, 0.01)", False)]
)
def test_no_sample_is_even_once_noise_is_added(changed: str, told: bool) -> None:
    assert ("NN701" in _codes(RANGE.replace("CHANGED", changed))) == told
