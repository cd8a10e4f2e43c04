"""scheduler-step-granularity (NN602) of schedules that Lightning steps."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

MODULE = """
import torch
import lightning as L
from transformers import get_linear_schedule_with_warmup
class Net(L.LightningModule):
"""

WRONG = {
    "a cycle of batches": """
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            cycle = torch.optim.lr_scheduler.CyclicLR(optimizer, 1e-4, 0.1, step_size_up=50)  # error
            return [optimizer], [cycle]
    """,
    "as long as all batches": """
        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-4)
            total = self.trainer.estimated_stepping_batches
            schedule = get_linear_schedule_with_warmup(optimizer, 100, total)  # error
            return {"optimizer": optimizer, "lr_scheduler": schedule}
    """,
    "said to be stepped in each epoch": """
        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-4)
            schedule = get_linear_schedule_with_warmup(  # error
                optimizer, 100, self.trainer.estimated_stepping_batches
            )
            return [optimizer], [{"scheduler": schedule, "interval": "epoch"}]
    """,
}

RIGHT = {
    "stepped with each batch": """
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            cycle = torch.optim.lr_scheduler.CyclicLR(optimizer, 1e-4, 0.1, step_size_up=50)
            return [optimizer], [{"scheduler": cycle, "interval": "step"}]
    """,
    "a short cycle, of epochs": """
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            cycle = torch.optim.lr_scheduler.CyclicLR(optimizer, 1e-4, 0.1, step_size_up=5)
            return [optimizer], [cycle]
    """,
    "one cycle over all epochs": """
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            cycle = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, 0.1, total_steps=self.trainer.max_epochs
            )
            return [optimizer], [cycle]
    """,
    "stepped by the module itself": """
        def lr_scheduler_step(self, scheduler, metric):
            self.advance(scheduler)
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            cycle = torch.optim.lr_scheduler.CyclicLR(optimizer, 1e-4, 0.1, step_size_up=50)
            return [optimizer], [cycle]
    """,
    "an interval that is an option": """
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            cycle = torch.optim.lr_scheduler.CyclicLR(optimizer, 1e-4, 0.1, step_size_up=50)
            return [optimizer], [{"scheduler": cycle, "interval": self.interval}]
    """,
}


def _program(hooks: str) -> str:
    lines = dedent(hooks).splitlines()
    return MODULE + "\n".join(f"    {line}" for line in lines)


@pytest.mark.parametrize("hooks", WRONG.values(), ids=WRONG.keys())
def test_a_schedule_that_counts_batches_is_not_stepped_once_in_each_epoch(hooks: str) -> None:
    text = _program(hooks)
    assert findings(text) == marked(text, "NN602")


@pytest.mark.parametrize("hooks", RIGHT.values(), ids=RIGHT.keys())
def test_a_schedule_that_is_stepped_as_it_counts_is_left_alone(hooks: str) -> None:
    assert "NN602" not in {code for _, code in findings(_program(hooks))}


def test_a_module_is_trained_alike_by_whichever_trainer_is_made() -> None:
    text = """
import torch
import pytorch_lightning as pl
from torch import nn
class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(3, 2), nn.Softmax(dim=1))  # error
    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self.model(x), y)
if torch.cuda.is_available():
    trainer = pl.Trainer(max_epochs=10, gpus=1)
else:
    trainer = pl.Trainer(max_epochs=10)
trainer.fit(Net(), loader)
"""
    assert findings(text) == marked(text, "NN201")
