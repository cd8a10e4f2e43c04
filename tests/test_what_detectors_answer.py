"""missing-eval-mode (NN401): models that tell their losses in training mode."""

import pytest

from tests.abstract_programs import findings

TRAINER = """
import torch


class Trainer:
    def __init__(self, model, optimizer):
        self.model, self.optimizer = model, optimizer

    def train(self, loader):
        self.model.train()
        for images, targets in loader:
            loss = sum(self.model(images, targets).values())
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()

    def evaluate(self, val_loader):
        self.model.train()
        totals = 0.0
        for images, targets in val_loader:
            {read}
        return totals / len(val_loader)
"""


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        ("totals += sum(each.item() for each in self.model(images, targets).values())", False),
        ("totals += self.criterion(self.model(images), targets).item()", True),
    ],
)
def test_a_model_that_is_given_targets_may_tell_its_losses_in_training_mode(
    read: str, wrong: bool
) -> None:
    found = [code for _, code in findings(TRAINER.format(read=read))]
    assert ("NN401" in found) == wrong
