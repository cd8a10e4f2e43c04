"""Two draws of samples out of one list: some come on both sides."""

import pytest

from tests.abstract_programs import findings

TEXT = """\
import os
import random
from torch.utils.data import DataLoader
files = sorted(os.listdir("pets"))
"""


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("train_files = random.sample(files, 900)\ntest_files = random.sample(files, 100)", 2),
        (
            (
                "train_files = random.sample(files, 900)\n"
                "rest = [each for each in files if each not in train_files]\n"
                "test_files = random.sample(rest, 100)"
            ),
            None,
        ),
        (
            "files = random.sample(files, len(files))\ntrain_files, test_files = files[:9], files[9:]",
            None,
        ),
        (
            (
                "train_files = random.sample(files, 900)\nrandom.seed(0)\n"
                "test_files = random.sample(files, 100)"
            ),
            None,
        ),
    ],
)
def test_two_random_samples_of_the_same_list_overlap(text: str, row: int | None) -> None:
    first = TEXT.count("\n")
    told = [number - first for number, code in findings(TEXT + text) if code == "NN516"]
    assert told == ([] if row is None else [row])


@pytest.mark.parametrize(
    ("first", "second", "count"), [(0.8, 0.7, 1), (0.8, 0.8, 0), (0.7, 0.8, 0)]
)
def test_slices_of_shares_of_one_length_overlap(first: float, second: float, count: int) -> None:
    text = f"""
import numpy as np
import torch
X = np.load("x.npy")
n = len(X)
x_train = X[:int({first} * n)]
x_test = X[int({second} * n):]
"""
    assert len([code for _, code in findings(text) if code == "NN516"]) == count
