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
