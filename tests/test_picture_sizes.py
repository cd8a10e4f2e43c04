"""How large pictures are that torchvision's data sets give, behind the transforms they go through."""

import pytest

from tests.abstract_programs import program

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
