"""How large pictures are that torchvision's data sets give, behind the transforms they go through."""

import pytest

from tests.abstract_programs import findings, program

START = """
from torch.utils.data import DataLoader, Subset, random_split
from torchvision import datasets, transforms as T
from torchvision.transforms import v2
"""


def sizes(dataset: str) -> str:
    """The shape of a batch, in numbers where they are known."""
    names = program(
        f"{START}\nfor x, y in DataLoader({dataset}, batch_size=8):\n    pass"
    ).scope.fields
    shape = getattr(names["x"], "shape", None)
    if shape is None or shape.dims is None:
        return "?"
    return " ".join(dim.text() if dim.integer is None else str(dim.integer) for dim in shape.dims)


@pytest.mark.parametrize(
    ("dataset", "expected"),
    {
        "datasets.MNIST('d', transform=T.ToTensor())": "batch 1 28 28",
        "datasets.CIFAR10('d', train=False, transform=T.ToTensor())": "batch 3 32 32",
        "datasets.CIFAR100('d', True, T.Compose([T.RandomCrop(32, padding=4), T.ToTensor()]))": (
            "batch 3 32 32"
        ),
        "datasets.ImageFolder('d', T.Compose([T.Resize((64, 64)), T.ToTensor()]))": "batch 3 64 64",
        "datasets.MNIST('d', transform=T.Compose([T.Resize((32, 40)), T.ToTensor()]))": (
            "batch 1 32 40"
        ),
        "datasets.MNIST('d', transform=T.Compose([T.Resize(32), T.Grayscale(3), T.ToTensor()]))": (
            "batch 3 32 32"
        ),
        "datasets.MNIST('d', transform=T.Compose([T.Pad(2), T.ToTensor(), T.Normalize(0, 1)]))": (
            "batch 1 32 32"
        ),
        "datasets.ImageFolder('d', transform=T.Compose([T.Resize(256), T.ToTensor()]))": (
            "batch 3 height width"
        ),
        "datasets.ImageFolder('d', transform=T.Compose([T.RandomResizedCrop(224), T.ToTensor()]))": (
            "batch 3 224 224"
        ),
        "datasets.SVHN('d', transform=v2.Compose([v2.ToImage(), v2.ColorJitter()]))": (
            "batch 3 32 32"
        ),
        "Subset(datasets.MNIST('d', transform=T.ToTensor()), range(100))": "batch 1 28 28",
        "random_split(datasets.MNIST('d', transform=T.ToTensor()), [50000, 10000])[0]": (
            "batch 1 28 28"
        ),
        "datasets.MNIST('d', transform=T.Compose([T.Lambda(f), T.ToTensor()]))": "?",
        "datasets.MNIST('d')": "?",
        "datasets.MNIST('d', transform=anything)": "?",
    }.items(),
)
def test_the_size_of_a_batch_of_pictures_is_known_as_far_as_its_transforms_are(
    dataset: str, expected: str
) -> None:
    assert sizes(dataset) == expected


def size_after(line: str) -> str:
    """The shape of what a line makes of a batch `x` of coloured pictures, 32 high and 32 wide."""
    text = f"""{START}
import torch
import torchvision.transforms.functional as F
for x, y in DataLoader(datasets.CIFAR10('d', transform=T.ToTensor()), batch_size=8):
    made = {line}
"""
    shape = getattr(program(text).scope.fields["made"], "shape", None)
    if shape is None or shape.dims is None:
        return "?"
    return " ".join(dim.text() if dim.integer is None else str(dim.integer) for dim in shape.dims)


@pytest.mark.parametrize(
    ("line", "expected"),
    {
        "F.rotate(x, 30)": "batch 3 32 32",
        "F.rotate(x, 30, expand=True)": "?",
        "F.hflip(x)": "batch 3 32 32",
        "torch.flip(x, [3])": "batch 3 32 32",
        "torch.rot90(x, 1, [2, 3])": "?",
        "F.adjust_brightness(x, 1.5)": "batch 3 32 32",
        "F.normalize(x, [0.5] * 3, [0.5] * 3)": "batch 3 32 32",
        "F.resize(x, [64, 48])": "batch 3 64 48",
        "F.center_crop(x, 28)": "batch 3 28 28",
        "v2.RandomHorizontalFlip()(x)": "batch 3 32 32",
        "v2.Compose([v2.RandomCrop(24), v2.Normalize([0.5] * 3, [0.5] * 3)])(x)": "batch 3 24 24",
        "T.Grayscale()(x)": "batch 1 32 32",
        "T.Lambda(f)(x)": "?",
        "torch.stack([F.rotate(one, 9.0 * k) for one, k in zip(x, y)])": "stacked 3 32 32",
    }.items(),
)
def test_the_size_of_pictures_is_known_behind_what_the_loop_does_to_them(
    line: str, expected: str
) -> None:
    assert size_after(line) == expected


@pytest.mark.parametrize(
    ("ordered", "is_told"), [("reshape(3, 66, 200)", True), ("permute(2, 0, 1)", False)]
)
def test_a_picture_that_is_cropped_keeps_its_channels_behind(ordered: str, is_told: bool) -> None:
    text = f"""\
import numpy as np
import torch
from PIL import Image
def load(path):
    picture = Image.open(path).convert("RGB").crop((0, 60, 320, 135)).resize((200, 66))
    return torch.from_numpy(np.asarray(picture, dtype=np.float32) / 255).{ordered}
"""
    assert ("NN304" in {code for _, code in findings(text)}) is is_told
