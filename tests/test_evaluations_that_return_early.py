"""Evaluations that return before all batches have judged."""

import pytest

from tests.abstract_programs import findings, marked

EVALUATION = """\
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
model = torch.nn.Linear(784, 10)
@torch.no_grad()
def {name}(loader):
    model.eval()
    right, count = 0, 0
    for pictures, labels in loader:
        guesses = model(pictures.flatten(1)).argmax(1)
        right += (guesses == labels).sum().item()
        count += len(labels)
{rest}
test_loader = DataLoader(MNIST("data", train=False), batch_size=100)
print({name}(test_loader))
"""
INSIDE = "        return right / count{mark}"


def found(rest: str, name: str = "accuracy") -> list[tuple[int, str]]:
    text = EVALUATION.format(name=name, rest=rest)
    return [each for each in findings(text) if each[1] == "NN515"]


def test_a_score_that_is_returned_inside_the_loop_is_that_of_the_first_batch() -> None:
    rest = INSIDE.format(mark="  # error")
    assert found(rest) == marked(EVALUATION.format(name="accuracy", rest=rest), "NN515") != []


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("    return right / count", "accuracy"),
        (INSIDE.format(mark=""), "quick_check"),
        ("        if right < count:\n            return pictures\n    return None", "first_miss"),
        ("        return guesses", "guesses_of_a_batch"),
    ],
)
def test_what_is_returned_may_be_something_else(rest: str, name: str) -> None:
    assert not found(rest, name)


LIMITED = """\
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
model = torch.nn.Linear(784, 10)
MOST = 20
@torch.no_grad()
def {name}(loader, max_batches={default}):
    model.eval()
    right, count = 0, 0
    for number, (pictures, labels) in enumerate(loader):
        if {test}:
            break
        right += (model(pictures.flatten(1)).argmax(1) == labels).sum().item()
        count += len(labels)
    return right / count
test_loader = DataLoader(MNIST("data", train=False), batch_size=100)
{rest}
"""
REACHED = "number >= max_batches"


@pytest.mark.parametrize(
    ("name", "default", "test", "rest", "told"),
    [
        ("accuracy", "20", REACHED, "print(accuracy(test_loader))", 1),
        ("accuracy", "20", "max_batches == number", "print(accuracy(test_loader))", 0),
        ("accuracy", "None", "number == max_batches", "print(accuracy(test_loader, 30))", 1),
        ("accuracy", "20", "number == MOST", "print(accuracy(test_loader))", 1),
        # There are no more batches than that.
        ("accuracy", "100", REACHED, "print(accuracy(test_loader))", 0),
        ("quick_look", "20", REACHED, "print(quick_look(test_loader))", 0),
        ("accuracy", "20", REACHED, "for _ in range(9):\n    print(accuracy(test_loader))", 0),
        ("accuracy", "20", REACHED, "print(accuracy(test_loader), accuracy(test_loader, 999))", 0),
    ],
)
def test_a_limit_that_nobody_changes_ends_the_only_score(
    name: str, default: str, test: str, rest: str, told: int
) -> None:
    text = LIMITED.format(name=name, default=default, test=test, rest=rest)
    assert len([code for _, code in findings(text) if code == "NN515"]) == told


SLICED = """\
import torch
from itertools import islice
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
model = torch.nn.Linear(784, 10)
MOST = {most}
@torch.no_grad()
def accuracy(loader):
    model.eval()
    right, count = 0, 0
    for pictures, labels in islice(loader, MOST):
        right += (model(pictures.flatten(1)).argmax(1) == labels).sum().item()
        count += len(labels)
    return right / count
test_loader = DataLoader(MNIST("data", train=False), batch_size=100)
{rest}
"""


@pytest.mark.parametrize(
    ("most", "rest", "told"),
    [
        ("20", "print(accuracy(test_loader))", 1),
        ("100", "print(accuracy(test_loader))", 0),
        ("20", "for _ in range(3):\n    print(accuracy(test_loader))", 0),
        ("read_options().most", "print(accuracy(test_loader))", 0),
    ],
)
def test_so_many_batches_are_the_only_score(most: str, rest: str, told: int) -> None:
    text = SLICED.format(most=most, rest=rest)
    assert len([code for _, code in findings(text) if code == "NN515"]) == told


@pytest.mark.parametrize(
    ("settings", "given", "told"),
    [
        ("dataloader_drop_last=True", "eval_dataset=reviews['test']", 1),
        ("dataloader_drop_last=True", "eval_dataset=reviews['test'].select(range(0, 1001))", 1),
        ("dataloader_drop_last=True", "eval_dataset=reviews['test'].select(range(0, 1000))", 0),
        ("dataloader_drop_last=True", "", 0),
        ("dataloader_drop_last=False", "eval_dataset=reviews['test']", 0),
        (
            "per_device_eval_batch_size=1, dataloader_drop_last=True",
            "eval_dataset=reviews['test']",
            0,
        ),
    ],
)
def test_the_settings_of_a_trainer_hold_for_what_it_judges_by(
    settings: str, given: str, told: int
) -> None:
    text = f"""
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments
reviews = load_dataset("reviews")
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
settings = TrainingArguments("out", {settings})
trainer = Trainer(model=model, args=settings, train_dataset=reviews["train"], {given})
trainer.train()
print(trainer.evaluate())
"""
    assert len(found(text)) == told
