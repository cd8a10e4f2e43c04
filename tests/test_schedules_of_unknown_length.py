"""default-lr-decay (NN601) and scheduler-step-granularity (NN602) where only a formula says how long the
training is: what is told goes by the same lengths as the schedule."""

import pytest

from tests.abstract_programs import findings, marked

HEADER = """
import torch
from torch import nn
from torch.optim.lr_scheduler import (
    CosineAnnealingLR, CosineAnnealingWarmRestarts, LambdaLR, LinearLR, MultiStepLR, OneCycleLR,
    SequentialLR, StepLR,
)
from torch.utils.data import DataLoader
from transformers import get_linear_schedule_with_warmup, get_polynomial_decay_schedule_with_warmup
"""

EACH_BATCH = "each batch"
EACH_EPOCH = "each epoch"
EVERY_FEW = "if (index + 1) % accumulated == 0"
BUT_EVERY_FEW = "if index % accumulated: continue"


def training(schedule: str, stepped: str, mark: str = "", before: str = "") -> str:
    """A training over a loader of unknown length, with a step of the schedule somewhere."""
    step = f"scheduler.step()  {mark}"
    inside = {
        EACH_BATCH: f"optimizer.step()\n            optimizer.zero_grad()\n            {step}",
        EACH_EPOCH: "optimizer.step()\n            optimizer.zero_grad()",
        EVERY_FEW: f"if (index + 1) % accumulated == 0:\n"
        f"                optimizer.step()\n                optimizer.zero_grad()\n                {step}",
        BUT_EVERY_FEW: f"if index % accumulated:\n                continue\n"
        f"            optimizer.step()\n            optimizer.zero_grad()\n            {step}",
    }[stepped]
    return f"""
def train(model, samples, epochs, count=0, accumulated=8):
    loader = DataLoader(samples, batch_size=16, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    {before or "pass"}
    scheduler = {schedule}
    for epoch in range(4):
        for index, (inputs, labels) in enumerate(loader):
            nn.functional.cross_entropy(model(inputs), labels).backward()
            {inside}
        {step if stepped == EACH_EPOCH else "pass"}
"""


def check(code: str, rule: str) -> None:
    program = HEADER + code
    found = [each for each in findings(program) if each[1] in {"NN601", "NN602"}]
    assert found == marked(program, rule)


@pytest.mark.parametrize(
    ("schedule", "stepped"),
    [
        ("get_linear_schedule_with_warmup(optimizer, 0, len(loader))  # error", EACH_BATCH),
        ("CosineAnnealingLR(optimizer, len(loader))  # error", EACH_BATCH),
        (
            "OneCycleLR(optimizer, 1e-3, steps_per_epoch=len(loader), epochs=12)  # error",
            EACH_BATCH,
        ),
        ("get_linear_schedule_with_warmup(optimizer, 50, 4 * len(loader))  # error", EVERY_FEW),
        ("get_linear_schedule_with_warmup(optimizer, 50, 4 * len(loader))  # error", BUT_EVERY_FEW),
        ("CosineAnnealingLR(optimizer, 4 * len(loader) // accumulated)  # error", EACH_BATCH),
    ],
)
def test_a_schedule_is_made_for_another_number_of_batches(schedule: str, stepped: str) -> None:
    check(training(schedule, stepped), "NN601")


@pytest.mark.parametrize(
    ("schedule", "stepped"),
    [
        ("get_linear_schedule_with_warmup(optimizer, 100, 4 * len(loader))", EACH_BATCH),
        ("CosineAnnealingLR(optimizer, 4 * len(loader))", EACH_BATCH),
        (
            "get_linear_schedule_with_warmup(optimizer, 9, 4 * len(loader) // accumulated)",
            EVERY_FEW,
        ),
        ("CosineAnnealingLR(optimizer, 4 * (len(loader) // accumulated))", BUT_EVERY_FEW),
        ("OneCycleLR(optimizer, 1e-3, steps_per_epoch=len(loader), epochs=4)", EACH_BATCH),
        ("LambdaLR(optimizer, lambda step: 1 - step / (4 * len(loader)))", EACH_BATCH),
        ("MultiStepLR(optimizer, [2 * len(loader), 3 * len(loader)])", EACH_BATCH),
        ("CosineAnnealingLR(optimizer, epochs * len(loader))", EACH_BATCH),
    ],
)
def test_a_schedule_that_is_made_for_this_training_fits(schedule: str, stepped: str) -> None:
    check(training(schedule, stepped), "NN601")


@pytest.mark.parametrize(
    "schedule",
    [
        "LambdaLR(optimizer, lambda step: 1 - step / (4 * len(loader)))",
        "MultiStepLR(optimizer, [2 * len(loader), 3 * len(loader)])",
        "StepLR(optimizer, len(loader), gamma=0.1)",
        "CosineAnnealingWarmRestarts(optimizer, T_0=len(loader))",
        "get_polynomial_decay_schedule_with_warmup(optimizer, 0, 4 * len(loader))",
        (
            "SequentialLR(optimizer, [LinearLR(optimizer, 0.1, total_iters=len(loader)), "
            "CosineAnnealingLR(optimizer, 3 * len(loader))], milestones=[len(loader)])"
        ),
    ],
)
def test_what_counts_batches_hardly_moves_in_as_many_epochs(schedule: str) -> None:
    check(training(schedule, EACH_EPOCH, "# error"), "NN602")


@pytest.mark.parametrize(
    "schedule",
    [
        "CosineAnnealingWarmRestarts(optimizer, T_0=4)",
        "get_polynomial_decay_schedule_with_warmup(optimizer, 0, num_training_steps=4)",
        (
            "SequentialLR(optimizer, [LinearLR(optimizer, 0.1, total_iters=1), "
            "CosineAnnealingLR(optimizer, 3)], milestones=[1])"
        ),
    ],
)
def test_what_counts_epochs_is_over_after_as_many_batches(schedule: str) -> None:
    check(training(schedule, EACH_BATCH, "# error"), "NN602")
    check(training(schedule, EACH_EPOCH), "NN602")


def test_one_that_turns_epochs_into_batches_by_itself_may_be_stepped_in_each_epoch() -> None:
    formula = "lambda epoch: 1 - epoch * len(loader) / (4 * len(loader))"
    check(training(f"LambdaLR(optimizer, {formula})", EACH_EPOCH), "NN602")


def test_a_framework_may_step_a_schedule_that_counts_epochs_too_often() -> None:
    check(
        """
from accelerate import Accelerator
def train(model, loader):
    accelerator = Accelerator()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    scheduler = get_linear_schedule_with_warmup(optimizer, 0, 3)
    model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
    for epoch in range(3):
        for inputs, labels in loader:
            accelerator.backward(nn.functional.cross_entropy(model(inputs), labels))
            optimizer.step()
            scheduler.step()  # error
            optimizer.zero_grad()
""",
        "NN602",
    )


def test_a_training_that_ends_when_the_schedule_does_is_as_long_as_that() -> None:
    check(
        """
def train(model, samples):
    loader = DataLoader(samples, batch_size=16, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    total, done = 2 * len(loader), 0
    scheduler = get_linear_schedule_with_warmup(optimizer, 0, total)
    for epoch in range(100):
        for inputs, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
            scheduler.step()
            done += 1
            if done >= total:
                break
        if done >= total:
            break
""",
        "NN601",
    )


def test_one_schedule_may_go_through_two_trainings() -> None:
    check(
        """
def go_through(model, loader, optimizer, scheduler):
    for inputs, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        scheduler.step()
def train(model, samples):
    loader = DataLoader(samples, batch_size=16, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    scheduler = OneCycleLR(optimizer, 1e-3, total_steps=20 * len(loader))
    for epoch in range(10):
        go_through(model, loader, optimizer, scheduler)
    model.requires_grad_(True)
    for epoch in range(10):
        go_through(model, loader, optimizer, scheduler)
""",
        "NN601",
    )
