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
    "batches of an epoch, as the module was told": """
        def __init__(self, steps_per_epoch, epochs):
            super().__init__()
            self.steps = steps_per_epoch * epochs
        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-4)
            schedule = get_linear_schedule_with_warmup(optimizer, 0, self.steps)  # error
            return [optimizer], [schedule]
    """,
    "the length of the loader that the trainer asks for": """
        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-4)
            each = len(self.trainer.datamodule.train_dataloader())
            cosine = torch.optim.lr_scheduler.CosineAnnealingLR  # a class by another name
            schedule = cosine(optimizer, T_max=self.trainer.max_epochs * each)  # error
            return {"optimizer": optimizer, "lr_scheduler": schedule}
    """,
    "epochs, stepped with each batch": """
        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-4)
            cosine = torch.optim.lr_scheduler.CosineAnnealingLR
            schedule = cosine(optimizer, T_max=self.trainer.max_epochs)  # error
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]
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
    "epochs, stepped in each of them": """
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            cosine = torch.optim.lr_scheduler.CosineAnnealingLR
            schedule = cosine(optimizer, T_max=self.trainer.max_epochs)
            return [optimizer], [{"scheduler": schedule, "interval": "epoch"}]
    """,
    "all steps, stepped with each batch": """
        def __init__(self, steps_per_epoch, epochs):
            super().__init__()
            self.steps = steps_per_epoch * epochs
        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-4)
            schedule = get_linear_schedule_with_warmup(optimizer, 0, self.steps)
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]
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


LENGTHS = """
import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor
class Digits(L.LightningModule):
    def __init__(self, length):
        super().__init__()
        self.net, self.length = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), length
    def training_step(self, batch, number):
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=self.length)
        return [optimizer], [schedule]
loader = DataLoader(MNIST(".", transform=ToTensor()), 64, shuffle=True)
L.Trainer(max_epochs=10).fit(Digits({}), loader)
"""


@pytest.mark.parametrize(
    ("length", "told"), [("10 * len(loader)", ["NN602"]), ("10", []), ("6", [])]
)
def test_a_length_that_is_known_still_counts_batches(length: str, told: list[str]) -> None:
    """And nothing else is said of such a schedule."""
    codes = [code for _, code in findings(LENGTHS.replace("{}", length))]
    assert [code for code in codes if code in {"NN601", "NN602"}] == told


SETTINGS = """
import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor
class Digits(L.LightningModule):
    def __init__(self, length, rate=0.1):
        super().__init__()
        self.save_hyperparameters(KEPT)
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    def training_step(self, batch, number):
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=self.hparams.rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=READ)
        return [optimizer], [schedule]
loader = DataLoader(MNIST(".", transform=ToTensor()), 64, shuffle=True)
L.Trainer(max_epochs=10).fit(Digits(GIVEN), loader)
"""
BATCHES = "10 * len(loader)"


@pytest.mark.parametrize(
    ("kept", "read", "given", "told"),
    [
        ("", "self.hparams.length", BATCHES, ["NN602"]),
        ("", "self.hparams['length']", BATCHES, ["NN602"]),
        ("'length', 'rate'", "self.hparams.length", BATCHES, ["NN602"]),
        ("ignore=['rate']", "self.hparams.length", BATCHES, ["NN602"]),
        ("length", "self.hparams.steps", f"dict(steps={BATCHES})", ["NN602"]),
        ("", "self.hparams.length", "10", []),
        ("'rate'", "self.hparams.length", BATCHES, []),
        ("ignore=['length']", "self.hparams.length", BATCHES, []),
        ("ignore=left_out", "self.hparams.length", BATCHES, []),
    ],
)
def test_what_a_module_was_made_with_is_kept_as_its_hyperparameters(
    kept: str, read: str, given: str, told: list[str]
) -> None:
    text = SETTINGS.replace("KEPT", kept).replace("READ", read).replace("GIVEN", given)
    codes = [code for _, code in findings(text)]
    assert [code for code in codes if code in {"NN601", "NN602"}] == told


BY_HAND = """
import lightning as L
import torch
from torch import nn
class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(2, 3), nn.Linear(3, 2)
    def forward(self, x):
        return self.decoder(self.encoder(x).relu())
class Captions(L.LightningModule):
    def __init__(self, model, both):
        super().__init__()
        self.model, self.both = model, both
        self.automatic_optimization = False
    def training_step(self, batch, number):
        loss = self.model(batch).mean()
        for each in self.optimizers():
            each.zero_grad()
        self.manual_backward(loss)
        for each in self.optimizers():
            each.step()
    def configure_optimizers(self):
        watch = torch.optim.lr_scheduler.ReduceLROnPlateau
        first = torch.optim.AdamW(self.model.encoder.parameters(), lr=1e-4)
        second = torch.optim.AdamW(self.model.decoder.parameters(), lr=4e-4)
        return [first, second], [watch(first), watch(second)]
    def on_validation_epoch_end(self):
        one, other = self.lr_schedulers()
        STEPPED
L.Trainer(max_epochs=10).fit(Captions(Both(), True), None)
"""
METRIC = 'self.trainer.callback_metrics["val_loss"]'


@pytest.mark.parametrize(
    ("stepped", "told"),
    [
        (f"one.step({METRIC})\n        if self.both:\n            other.step({METRIC})", 0),
        (f"one.step({METRIC})", 1),
        ("print(one, other)", 2),
    ],
)
def test_a_module_may_step_its_schedules_when_it_has_been_validated(
    stepped: str, told: int
) -> None:
    codes = [code for _, code in findings(BY_HAND.replace("STEPPED", stepped))]
    assert codes.count("NN604") == told
