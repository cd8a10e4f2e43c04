"""Worker processes that draw the same random numbers: where generators come from, and what draws."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import os
import random
import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, TensorDataset
from torchvision import transforms
"""


def told(text: str) -> list[int]:
    """The rows below the imports where workers are told of."""
    first = IMPORTS.count("\n")
    return [row - first for row, code in findings(IMPORTS + text) if code == "NN514"]


@pytest.mark.parametrize(
    "generator",
    [
        "np.random.default_rng(3)",
        "np.random.RandomState(3)",
        "np.random.Generator(np.random.PCG64(3))",
        "random.Random(3)",
    ],
)
def test_a_generator_of_the_module_is_copied_to_each_worker(generator: str) -> None:
    text = f"""
numbers = {generator}
class Words(Dataset):
    def __getitem__(self, index):
        return load(index) * numbers.uniform(0.5, 1.5)
loader = DataLoader(Words(), batch_size=16, num_workers=4)
"""
    assert told(text) == [6]


def test_a_transform_draws_for_the_data_set_that_it_is_handed_to() -> None:
    text = """
class Shift:
    def __call__(self, picture):
        return np.roll(picture, np.random.randint(5))
class Faces(Dataset):
    def __init__(self, transform):
        self.transform = transform
    def __getitem__(self, index):
        return self.transform(load(index))
chain = transforms.Compose([Shift(), transforms.ToTensor()])
loader = DataLoader(Faces(chain), batch_size=16, num_workers=4)
"""
    assert told(text) == [11]


def test_what_puts_a_batch_together_draws_in_the_workers() -> None:
    text = """
numbers = np.random.default_rng(3)
def mixed(samples):
    share = numbers.beta(0.2, 0.2)
    return share * torch.stack([each[0] for each in samples])
data = TensorDataset(torch.load("x.pt"), torch.load("y.pt"))
loader = DataLoader(data, batch_size=16, num_workers=4, collate_fn=mixed)
"""
    assert told(text) == [7]


def test_a_stream_draws_in_the_workers() -> None:
    text = """
class Stream(IterableDataset):
    def __init__(self):
        self.numbers = np.random.default_rng(3)
    def __iter__(self):
        for _ in range(1000):
            yield self.numbers.normal(size=8)
loader = DataLoader(Stream(), batch_size=16, num_workers=2)
"""
    assert told(text) == [8]


@pytest.mark.parametrize("count", ["os.cpu_count()", "max(2, os.cpu_count() // 2)"])
def test_as_many_workers_as_processors_are_several(count: str) -> None:
    text = f"""
class Crops(Dataset):
    def __getitem__(self, index):
        return load(index)[np.random.randint(8):]
loader = DataLoader(Crops(), batch_size=16, num_workers={count})
"""
    assert told(text) == [5]


def test_a_data_module_is_asked_for_its_data_though_nobody_makes_one() -> None:
    text = """
class Crops(Dataset):
    def __getitem__(self, index):
        return load(index)[np.random.randint(8):]
class Data(pl.LightningDataModule):
    def __init__(self, root, workers=4):
        super().__init__()
        self.workers = workers
    def setup(self, stage=None):
        self.crops = Crops()
    def train_dataloader(self):
        return DataLoader(self.crops, batch_size=16, num_workers=self.workers)
"""
    assert told(text) == [12]


def test_the_part_of_a_joined_data_set_that_draws_is_found() -> None:
    text = """
class Crops(Dataset):
    def __getitem__(self, index):
        return load(index)[np.random.randint(8):]
whole = ConcatDataset([Crops(), Crops()])
loader = DataLoader(whole, batch_size=16, num_workers=4)
"""
    assert told(text) == [6]


@pytest.mark.parametrize(
    "body",
    [
        "return load(index) + np.random.default_rng([3, index]).normal()",
        "np.random.seed(index); return load(index) + np.random.normal()",
        """
        if self.numbers is None:
            self.numbers = np.random.default_rng(torch.initial_seed() % 2**32)
        return load(index) + self.numbers.normal()""",
        "return load(self.order[index])",
        "return load(index) + (np.random.normal() if self.trains else 0)",
    ],
)
def test_generators_of_the_worker_or_the_sample_are_their_own(body: str) -> None:
    text = f"""
class Sounds(Dataset):
    def __init__(self):
        self.trains = False
        self.numbers = None
        self.order = np.random.default_rng(3).permutation(100)
    def __getitem__(self, index):
        {body}
loader = DataLoader(Sounds(), batch_size=16, num_workers=4)
"""
    assert told(text) == []


@pytest.mark.parametrize(
    ("seed", "rows"),
    [("42", [9]), ("42 + worker", []), ("torch.initial_seed() % 2**32", []), ("SEED", [])],
)
def test_a_function_may_seed_all_workers_alike(seed: str, rows: list[int]) -> None:
    text = f"""
class Sounds(Dataset):
    def __len__(self):
        return 9
    def __getitem__(self, index):
        return load(index) + np.random.normal(size=9)
def begin(worker):
    np.random.seed({seed})
loader = DataLoader(Sounds(), batch_size=16, num_workers=4, worker_init_fn=begin)
"""
    assert told(text) == rows


@pytest.mark.parametrize(("drawn", "count"), [("self.random.normal", 1), ("np.random.normal", 1)])
@pytest.mark.parametrize("workers", [4, 0])
def test_a_transform_draws_for_the_pictures_of_torchvision(
    drawn: str, count: int, workers: int
) -> None:
    text = f"""
from torchvision.datasets import ImageFolder
class Noise:
    def __init__(self):
        self.random = np.random.RandomState(0)
    def __call__(self, picture):
        return picture + {drawn}(0, 1, picture.shape)
pictures = ImageFolder("train", transforms.Compose([transforms.ToTensor(), Noise()]))
loader = DataLoader(pictures, batch_size=16, num_workers={workers})
"""
    assert len(told(text)) == (count if workers else 0)


BATCHES = """
import keras
{before}
class Batches(keras.utils.PyDataset):
    def __init__(self, x, y{more}):
        super().__init__({base})
        self.x, self.y = x, y
    def __len__(self):
        return len(self.x) // 32
    def __getitem__(self, number):
        rows = slice(32 * number, 32 * number + 32)
        return {given}, self.y[rows]
(x, y), held_out = keras.datasets.mnist.load_data()
data = Batches(x, y{told})
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(data, epochs=4{fit})
"""
NOISY = "self.x[rows] + np.random.normal(size=(28, 28))"
SEVERAL = "workers=4, use_multiprocessing=True"


def batches(given: str = NOISY, **parts: str) -> list[int]:
    slots = dict.fromkeys(("before", "more", "base", "told", "fit"), "")
    return told(BATCHES.format(given=given, **{**slots, **parts}))


def test_keras_starts_its_processes_alike() -> None:
    assert batches(more=", **how", base="**how", told=f", {SEVERAL}") == [14]
    assert batches(base=SEVERAL) == [14]
    assert batches(fit=f", {SEVERAL}") == [17]
    one = batches("self.x[rows] * draws.uniform(size=1)", before="draws = np.random.default_rng(1)")
    assert not one
    assert batches(
        "self.x[rows] * draws.uniform(size=1)",
        before="draws = np.random.default_rng(1)",
        base=SEVERAL,
    ) == [14]


@pytest.mark.parametrize(
    "parts",
    [
        {"base": "workers=4"},  # threads draw from one generator
        {"base": "workers=1, use_multiprocessing=True"},
        {"base": "use_multiprocessing=True"},
        {"base": "workers=4, use_multiprocessing=settings.several"},
        {"base": SEVERAL, "given": "self.x[rows]"},
        {"base": SEVERAL, "given": "np.random.default_rng(number).normal(self.x[rows])"},
        {"told": ", **how", "more": ", **how"},
    ],
)
def test_batches_of_keras_without_processes_or_without_chance(parts: dict[str, str]) -> None:
    assert not batches(**parts)
