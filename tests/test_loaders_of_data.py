"""Loaders: the workers that they start, and the samples that they leave out."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import numpy as np
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import MNIST
class Sounds(Dataset):
    def __init__(self):
        self.random = np.random.default_rng(0)
    def __getitem__(self, index):
        return self.changed(load(index))
    def changed(self, sound):
        return sound * {drawn}
def loader_of(data, **options):
    return DataLoader(data, **options)
"""


def found(text: str, code: str, drawn: str = "2") -> list[str]:
    return [each for _, each in findings(IMPORTS.format(drawn=drawn) + text) if each == code]


@pytest.mark.parametrize(
    ("drawn", "options", "count"),
    [
        ("self.random.normal()", "num_workers=4", 1),
        ("np.random.rand()", "num_workers=4", 1),
        ("self.random.normal()", "num_workers=0", 0),
        ("self.random.normal()", "num_workers=1", 0),
        ("self.random.normal()", "num_workers=4, worker_init_fn=seed", 0),
        ("torch.rand(1)", "num_workers=4", 0),
        ("2", "num_workers=4", 0),
        ("self.random.normal()", "num_workers=count", 0),
    ],
)
def test_workers_have_random_numbers_of_their_own(drawn: str, options: str, count: int) -> None:
    assert len(found(f"loader = DataLoader(Sounds(), 32, {options})\n", "NN514", drawn)) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("test = MNIST('data', train=False)\nDataLoader(test, batch_size=300, drop_last=True)", 1),
        ("val_sounds = Sounds()\nloader_of(val_sounds, batch_size=8, drop_last=True)", 1),
        ("test = MNIST('data', train=False)\nDataLoader(test, batch_size=100, drop_last=True)", 0),
        ("test = MNIST('data', train=False)\nDataLoader(test, batch_size=300)", 0),
        ("train = MNIST('data', train=True)\nDataLoader(train, batch_size=300, drop_last=True)", 0),
        ("test = MNIST('data', train=False)\nDataLoader(test, 300, drop_last=options.drop)", 0),
        ("val_sounds = Sounds()\nDataLoader(val_sounds, options.size, drop_last=True)", 0),
        ("val_sounds = Sounds()\nDataLoader(val_sounds, 1, drop_last=True)", 0),
    ],
)
def test_all_held_out_samples_take_part(text: str, count: int) -> None:
    assert len(found(text, "NN515")) == count


@pytest.mark.parametrize(
    ("use", "count"),
    [
        ("for x, y in loader:\n    show(x)\n    break", 0),
        ("for x, y in loader:\n    judge(x)", 1),
        ("for x, y in loader:\n    show(x)\n    break\nevaluate(model, loader)", 1),
    ],
)
def test_samples_that_are_only_looked_at_judge_nothing(use: str, count: int) -> None:
    text = "val_sounds = Sounds()\nloader = loader_of(val_sounds, batch_size=8, drop_last=True)\n"
    assert len(found(text + use, "NN515")) == count
