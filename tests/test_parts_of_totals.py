"""metric-miscounted (NN808): totals of which one part was never added up, and places that no sample takes."""

import pytest

from tests.abstract_programs import findings, marked

COUNTS = """
import torch


def scores(model, pairs):
    model.eval()
    found, wrong, missed = 0, 0, 0
    with torch.no_grad():
        for inputs, labels in pairs:
            said = (model(inputs) > 0).float()
            {first}
            {second}
            missed += ((1 - said) * labels).sum().item()
    {result}
"""
ADDED = "found += (said * labels).sum().item()"
LEFT = "wrong = (said * (1 - labels)).sum().item()"


def told(text: str) -> bool:
    found = [each for each in findings(text) if each[1] == "NN808"]
    assert not found or found == marked(text, "NN808")
    return bool(found)


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        (ADDED, LEFT, "return found / max(found + wrong, 1)"),
        (ADDED, LEFT, "return found / (wrong + found + 1e-8), found / (found + missed)"),
        (ADDED, "wrong = ((said == 1) & (labels == 0)).sum().item()", "return wrong / missed"),
        ("found += (said * labels).sum()", "wrong = torch.sum(said * (1 - labels))", "return found / (found + wrong)"),
        (
            "found = found + int((said * labels).sum())",
            "wrong = float((said * (1 - labels)).sum())",
            "return found / (found + wrong)",
        ),
    ],
)  # fmt: skip
def test_what_the_last_batch_came_to_is_not_added_to_a_total(
    first: str, second: str, result: str
) -> None:
    assert told(COUNTS.format(first=first, second=second + "  # error", result=result))


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        (ADDED, "wrong += (said * (1 - labels)).sum().item()", "return found / (found + wrong)"),
        (ADDED, LEFT + "; found += wrong", "return found / (found + missed)"),
        (ADDED, LEFT + "; ratio = found / (found + wrong)", "return found / (found + missed)"),
        (ADDED, LEFT, "return found / (found + missed), wrong"),
        (ADDED, "wrong = wrong + (said * (1 - labels)).sum().item()", "return found / (found + wrong)"),
        (ADDED, "every = self.seen.sum().item()", "return found / (found + every)"),
        (ADDED, "self.seen = self.seen + said; every = self.seen.sum()", "return found / (found + every)"),
    ],
)  # fmt: skip
def test_what_is_added_up_or_used_in_its_round_is_left_alone(
    first: str, second: str, result: str
) -> None:
    assert not told(COUNTS.format(first=first, second=second, result=result))


PLACES = """
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST, PCAM
from torchvision.transforms import ToTensor

model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
model.load_state_dict(torch.load("model.pt"))
model.eval()
loader = DataLoader({data}, {size})
right = 0
with torch.no_grad():
    for images, labels in loader:
        right += (model(images).argmax(1) == labels).sum().item()
print(right / ({divisor}))  # error
"""
DIGITS = 'MNIST(".", train=False, transform=ToTensor())'
PATCHES = 'PCAM(".", split="val", transform=ToTensor())'


@pytest.mark.parametrize(
    ("data", "size", "divisor"),
    [
        (DIGITS, "64", "len(loader) * 64"),
        (DIGITS, "64", "len(loader) * loader.batch_size"),
        (DIGITS, "64", "len(loader) * len(labels)"),
        (PATCHES, "250", "len(loader) * len(labels)"),
        (PATCHES, "250", "labels.shape[0] * len(loader)"),
    ],
)
def test_the_last_batch_is_no_measure_of_all(data: str, size: str, divisor: str) -> None:
    assert told(PLACES.format(data=data, size=size, divisor=divisor))


@pytest.mark.parametrize(
    ("data", "size", "divisor"),
    [
        (DIGITS, "100", "len(loader) * 100"),
        (DIGITS, "100", "len(loader) * len(labels)"),
        (DIGITS, "64, drop_last=True", "len(loader) * 64"),
        (DIGITS, "64, drop_last=True", "len(loader) * len(labels)"),
        (PATCHES, "250, drop_last=True", "len(loader) * len(labels)"),
        (PATCHES, "250", "len(loader) * 250"),
        (DIGITS, "64", "len(loader.dataset)"),
    ],
)
def test_batches_may_all_be_full(data: str, size: str, divisor: str) -> None:
    assert not told(PLACES.format(data=data, size=size, divisor=divisor))


def test_a_batch_that_is_alone_is_its_own_measure() -> None:
    text = PLACES.format(data=DIGITS, size="64", divisor="labels.size(0)")
    assert not told(text.replace("in loader:", "in [next(iter(loader))]:"))
