"""default-lr-decay (NN601): lengths of trainings that libraries run, or that several loops make."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

TRAINER = """
from datasets import load_dataset
from transformers import AutoModel, Trainer, TrainingArguments
rows = load_dataset("imdb")["train"].shuffle(seed=1)ROWS
settings = TrainingArguments("out", SETTINGS)
trainer = Trainer(model=AutoModel.from_pretrained("bert"), args=settings, train_dataset=rows)
trainer.train()
"""
FEW = ".select(range(1600)).map(tokenize, batched=True)"


@pytest.mark.parametrize(
    ("rows", "settings", "told"),
    [
        (FEW, "num_train_epochs=2, per_device_train_batch_size=32, warmup_steps=500", True),
        (FEW, "per_device_train_batch_size=16, warmup_steps=500", True),
        (FEW, "gradient_accumulation_steps=8, warmup_steps=100", True),
        (FEW, "num_train_epochs=20, per_device_train_batch_size=32, warmup_steps=500", False),
        (FEW, "num_train_epochs=epochs(), warmup_steps=5000", False),
        (FEW, "max_steps=2000, warmup_steps=500", False),
        (FEW, "warmup_ratio=0.1", False),
        ("", "num_train_epochs=2, warmup_steps=500", False),
        (".select(range(1600)).filter(long)", "warmup_steps=5000", False),
        (".select(range(1600)).map(group_texts, batched=True)", "warmup_steps=5000", False),
    ],
)
def test_a_warm_up_is_compared_with_the_samples_that_are_chosen(
    rows: str, settings: str, told: bool
) -> None:
    program = TRAINER.replace("ROWS", rows).replace("SETTINGS", settings)
    assert ("NN601" in [code for _, code in findings(program)]) == told


PHASES = """
import torch
def train(model, loss_of, loaders, optimizer, scheduler):
    for epoch in range(EPOCHS):
        for phase in ["train", "val"]:
            if phase == "train":
                scheduler.step()
            for x, y in loaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    loss = loss_of(model(x), y)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 7)
train(model, torch.nn.CrossEntropyLoss(), loaders(), optimizer, scheduler)
"""


@pytest.mark.parametrize(("epochs", "told"), [(25, False), (60, True)])
def test_a_step_in_one_of_the_phases_is_one_in_each_epoch(epochs: int, told: bool) -> None:
    program = PHASES.replace("EPOCHS", str(epochs))
    assert ("NN601" in [code for _, code in findings(program)]) == told


COSINE = """
import torch
import torch.nn.functional as F
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)
for epoch in range(EPOCHS):
    for x, y in batches():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    scheduler.step()
"""


@pytest.mark.parametrize(("epochs", "told"), [(50, True), (150, False), (200, False)])
def test_a_cosine_that_is_left_early_has_hardly_fallen(epochs: int, told: bool) -> None:
    program = dedent(COSINE).replace("EPOCHS", str(epochs))
    assert ("NN601" in [code for _, code in findings(program)]) == told
