"""smoothed-evaluation (NN803) of what steps of Lightning log."""

import pytest

from tests.abstract_programs import findings

MODULE = """
import lightning as L
import torch.nn.functional as F
from torch import nn
class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(20, 10)
    def STEP(self, batch, index):
        x, y = batch
        loss = F.cross_entropy(self.net(x), y)
        self.log("loss", loss, OPTIONS)
        return loss
"""


@pytest.mark.parametrize(
    ("step", "options", "told"),
    [
        ("validation_step", "on_step=True, on_epoch=False", True),
        ("test_step", "on_epoch=False", True),
        ("validation_step", "prog_bar=True", False),
        ("validation_step", "on_step=True, on_epoch=True", False),
        ("training_step", "on_step=True, on_epoch=False", False),
    ],
)
def test_steps_that_log_no_mean_of_the_epoch(step: str, options: str, told: bool) -> None:
    program = MODULE.replace("STEP", step).replace("OPTIONS", options)
    assert ("NN803" in [code for _, code in findings(program)]) == told


def test_a_number_of_each_batch_may_stand_beside_its_mean() -> None:
    line = '        self.log("loss", loss, OPTIONS)\n'
    both = line.replace("OPTIONS", "on_epoch=False") + '        self.log("mean", loss)\n'
    program = MODULE.replace("STEP", "validation_step").replace(line, both)
    assert "NN803" not in [code for _, code in findings(program)]
