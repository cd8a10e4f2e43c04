"""plateau-scheduler-input (NN605): a schedule that watches the training loss."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import torch
from torch import nn
import torch.nn.functional as F
model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
for epoch in range(30):
    train_loss, val_loss = 0.0, 0.0
    for x, y in train_batches():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        train_loss += loss.item()
    EVALUATION
    scheduler.step(METRIC)
"""
EVALUATION = """with torch.no_grad():
        for x, y in val_batches():
            val_loss += F.cross_entropy(model(x), y).item()"""


def _codes(metric: str, evaluation: str = EVALUATION) -> list[str]:
    text = PROGRAM.replace("METRIC", metric).replace("EVALUATION", evaluation)
    return [code for _, code in findings(text)]


@pytest.mark.parametrize("metric", ["train_loss", "train_loss.item()", "loss", "train_loss / 100"])
def test_the_training_loss_is_not_watched_where_a_held_out_loss_is_at_hand(metric: str) -> None:
    assert _codes(metric) == ["NN605"]


@pytest.mark.parametrize("metric", ["val_loss", "train_loss + val_loss", "val_loss + train_loss"])
def test_what_is_not_plainly_the_training_loss_may_be_watched(metric: str) -> None:
    assert _codes(metric) == []


def test_the_training_loss_may_be_watched_where_there_is_no_other() -> None:
    assert _codes("train_loss", evaluation="print(train_loss)") == []


@pytest.mark.parametrize(
    ("evaluation", "metric"),
    [
        # Where the data to judge by is left out, there is nothing else to go by.
        ("if held_out: scheduler.step(judge(model)); continue", "train_loss"),
        # Judged in every fifth round, it is no number for each round.
        (f"if epoch % 5 == 0:\n      {EVALUATION.replace('    ', '          ')}", "train_loss"),
    ],
)
def test_the_training_loss_may_be_watched_where_no_held_out_loss_is_at_hand_then(
    evaluation: str, metric: str
) -> None:
    assert _codes(metric, evaluation=evaluation) == []


WITH_OR_WITHOUT = """
import torch
from torch import nn
import torch.nn.functional as F

def mean_loss(model, batches, optimizer=None):
    total = 0.0
    for x, y in batches:
        with torch.set_grad_enabled(optimizer is not None):
            loss = F.cross_entropy(model(x), y)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total += loss.item() * len(y)
    return total / len(batches.dataset)

def fit(model: nn.Linear, train, held_out=None):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    for epoch in range(30):
        train_loss = mean_loss(model, train, optimizer)
        if held_out:
            with torch.no_grad():
                val_loss = mean_loss(model, held_out)
            scheduler.step(val_loss)
        else:
            scheduler.step(train_loss)
"""


def test_the_training_loss_is_what_remains_without_data_to_judge_by() -> None:
    assert [code for _, code in findings(WITH_OR_WITHOUT) if code == "NN605"] == []


WHOLE = """
import torch
from torch import nn


def evaluate(model, loss_fn, x, y):
    model.eval()
    with torch.no_grad():
        return float(loss_fn(model(x), y).item())


def train(model: nn.Module, loader, x_val, y_val, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)
    loss_fn = nn.BCEWithLogitsLoss()
    for epoch in range(epochs):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
        held_out = evaluate(model, loss_fn, x_val, y_val)
        scheduler.step(METRIC)
"""


def test_all_held_out_samples_at_once_in_the_loop_over_epochs_are_no_training() -> None:
    assert findings(WHOLE.replace("METRIC", "held_out")) == []
    assert findings(WHOLE.replace("METRIC", "loss.item()")) == [(24, "NN605")]
