"""Parts of the same samples that are taken before and after these are shuffled."""

import pytest

from tests.abstract_programs import findings

TEXT = """\
import glob
import random
import numpy as np
from datasets import load_dataset
from sklearn.utils import shuffle
from torch.utils.data import DataLoader
files = sorted(glob.glob("speech/*.wav"))
cut = int(len(files) * 0.8)
texts = load_dataset("csv", data_files="reviews.csv")["train"]
"""
MIXED = "train_files, val_files = files[:cut], files[cut:]"


def told(text: str) -> list[int]:
    first = TEXT.count("\n")
    return [number - first for number, code in findings(TEXT + text) if code == "NN516"]


@pytest.mark.parametrize("mixing", ["random.shuffle(files)", "files = shuffle(files)"])
def test_a_shuffle_between_two_slices_mixes_both_sides(mixing: str) -> None:
    seeded = "random.seed(0)\nrandom.shuffle(files)\n"
    between = f"train_files = files[:cut]\n{mixing}\nval_files = files[cut:]"
    assert told(between) == [3]
    assert told(seeded + between) == [5]


@pytest.mark.parametrize(
    "text",
    [
        f"random.shuffle(files)\n{MIXED}\nrandom.shuffle(train_files)",
        f"random.shuffle(files)\n{MIXED}\nrandom.shuffle(files)\n{MIXED}",
        f"for fold in range(5):\n    random.shuffle(files)\n    {MIXED}",
        (
            f"def divide():\n    random.shuffle(files)\n    {MIXED}\n    return train_files, val_files\n"
            "first, second = divide(), divide()"
        ),
        (
            "test_files = files[-900:]\nfiles = files[:-900]\nrandom.shuffle(files)\n"
            "train_files = files[:900]"
        ),
    ],
)
def test_a_shuffle_of_one_side_or_of_both_mixes_nothing(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(("seed", "lines"), [(7, [2]), (42, [])])
def test_texts_that_are_shuffled_by_two_seeds_overlap(seed: int, lines: list[int]) -> None:
    text = f"""\
small_train = texts.shuffle(seed=42).select(range(4000))
small_eval = texts.shuffle(seed={seed}).select(range(4000, 5000))
"""
    assert told(text) == lines
