"""Samples and labels, and the order that keeps them together."""

import pytest

from tests.abstract_programs import findings

IMPORTS = "import glob, os, random, torch\nimport numpy as np\nX, y = load()\n"


def rows(text: str) -> list[int]:
    return [row for row, code in findings(IMPORTS + text) if code == "NN508"]


@pytest.mark.parametrize(
    "text",
    [
        "np.random.shuffle(X)\nnp.random.shuffle(y)",
        "random.shuffle(X)\nrandom.shuffle(y)",
        "train_images, train_labels = X, y\nnp.random.shuffle(train_labels), np.random.shuffle(train_images)",
    ],
)
def test_samples_and_labels_are_shuffled_together(text: str) -> None:
    assert len(rows(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "pairs = list(zip(X, y))\nrandom.shuffle(pairs)",
        "np.random.seed(1)\nnp.random.shuffle(X)\nnp.random.seed(1)\nnp.random.shuffle(y)",
        "state = np.random.get_state()\nnp.random.shuffle(X)\nnp.random.set_state(state)\nnp.random.shuffle(y)",
        "random.shuffle(train)\nrandom.shuffle(test)",
        "np.random.RandomState(SEED).shuffle(X)\nnp.random.RandomState(SEED).shuffle(y)",
        "random.shuffle(labels_a)\nrandom.shuffle(labels_b)",
        "np.random.shuffle(X)\nnp.random.shuffle(X)",
        "def first(X):\n    random.shuffle(X)\ndef second(y):\n    random.shuffle(y)\nfirst(X)\nsecond(y)",
    ],
)
def test_other_shuffles_tear_nothing_apart(text: str) -> None:
    assert not rows(text)


CLASS = """
class Pictures(torch.utils.data.Dataset):
    def __init__(self, images, masks):
        self.images = {images}
        self.masks = {masks}
        {then}
    def __getitem__(self, index):
        return self.images[index], self.masks[{index}]
"""


@pytest.mark.parametrize(
    ("images", "masks", "then", "index", "count"),
    [
        ("os.listdir(images)", "os.listdir(masks)", "pass", "index", 1),
        ("glob.glob(images)", "list(os.listdir(masks))", "pass", "index", 1),
        ("sorted(os.listdir(images))", "sorted(os.listdir(masks))", "pass", "index", 0),
        ("list(sorted(os.listdir(images)))", "os.listdir(masks)", "pass", "index", 0),
        (
            "os.listdir(images)",
            "os.listdir(masks)",
            "self.images.sort(); self.masks.sort()",
            "index",
            0,
        ),
        ("os.listdir(images)", "os.listdir(masks)", "pass", "other(index)", 0),
    ],
)
def test_files_are_paired_by_sorted_listings(
    images: str, masks: str, then: str, index: str, count: int
) -> None:
    text = CLASS.format(images=images, masks=masks, then=then, index=index)
    assert len(rows(text)) == count
