"""uint8-arithmetic (NN702): differences of pixels that are still bytes."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

SETTING = """
import cv2
import numpy as np
import torch
from PIL import Image
from torchvision import datasets
from torchvision.io import read_image
import elsewhere
given = elsewhere.picture()
picture = cv2.imread("a.png")
grey = cv2.imread("a.png", cv2.IMREAD_GRAYSCALE)
drawn = np.array(Image.open("a.png").convert("RGB"))
pixels = read_image("a.png")
"""

WRONG = [
    "picture - 128",
    "grey - 100",
    "-pixels",
    "pixels - 127",
    "drawn[..., ::-1] - 117",
    "torch.from_numpy(picture).permute(2, 0, 1) - 128",
    "(picture - drawn).astype(np.float32)",
    "np.abs(picture - drawn)",
    "np.mean((picture - drawn) ** 2)",
    "np.square(picture - drawn)",
    "(pixels - read_image('b.png')).pow(2)",
    "(pixels - read_image('b.png')).float()",
    "np.random.randint(0, 256, (8, 8), dtype=np.uint8) - 100",
    "np.random.default_rng(0).integers(0, 256, size=(8, 8), dtype=np.uint8) - 100",
    "torch.zeros(3, dtype=torch.uint8) - 2",
    "np.array(picture / 2, dtype=np.uint8) - 5",
    "given.astype(np.uint8) - 128",
    "given.to(torch.uint8) - 128",
    "(given.astype(np.uint8) - given.mean(0).astype(np.uint8)).astype(float)",
    "np.zeros((8, 8), dtype=np.uint8) - 5",
    "np.frombuffer(given, dtype=np.uint8) - 128",
    "pixels.sub(127)",
    "np.subtract(picture, 127)",
    "cv2.VideoCapture('a.mp4').read()[1] - 128",
    "datasets.MNIST('data').data - 128",
    "datasets.CIFAR10('data').data - 127",
    "np.array(Image.open('a.png').resize((32, 32)).convert('RGB')) - 100",
    "(picture - np.array([123, 117, 104], dtype=np.uint8)).astype(float)",
    "-pixels[pixels > 3]",
    "pixels.clamp(min=5) - 7",
]

RIGHT = [
    "(picture.astype(np.int16) - drawn) ** 2",
    "pixels.sub(0.5)",
    "datasets.MNIST('data').data.float() - 128",
    "datasets.MNIST('data').data / 255 - 0.5",
    "np.subtract(picture, 127.5)",
    "picture - 127.5",
    "picture / 255 - 1",
    "255 - picture",
    "1 - pixels",
    "pixels - 1",
    "picture - picture.mean()",
    "picture - picture.min()",
    "picture.astype(np.float32) - 128",
    "np.array(Image.open('a.png').convert('RGB'), dtype=np.float32) - 128",
    "np.float32(picture) - 128",
    "np.array(Image.open('depth.png')) - 1000",
    "cv2.imread('depth.png', cv2.IMREAD_UNCHANGED) - 1000",
    "(picture - drawn).sum() == 0",
    "pixels.float() - 128",
    "-pixels.float()",
    "picture * 2 - picture.astype(int)",
    "pixels.sqrt() - 2",
    "pixels.add(noise) - 2",
    "picture[picture > 6] - 2",
    "pixels[pixels != 255] - 2",
    "pixels.clamp(min=5) - 5",
    "torch.clamp(pixels, 5, 40) - 4",
    "np.where(picture > 60, picture - 60, 0)",
    "torch.where(pixels > 9, (pixels - 9).float(), 0.0)",
]


def _codes(expression: str) -> list[str]:
    return [code for _, code in findings(f"{SETTING}result = {expression}\n")]


def test_bytes_remain_bytes_when_they_are_unpacked() -> None:
    program = f"{SETTING}before, after = pixels\nresult = np.abs(after - before)\n"
    assert "NN702" in [code for _, code in findings(program)]


@pytest.mark.parametrize("expression", WRONG)
def test_bytes_that_wrap_around_are_flagged(expression: str) -> None:
    assert _codes(expression) == ["NN702"]


@pytest.mark.parametrize("expression", RIGHT)
def test_differences_that_keep_their_sign_are_not_flagged(expression: str) -> None:
    assert _codes(expression) == []


READS = {
    "the difference of a film's frames, put into a list": """
        def clip(path):
            film, frames, last = cv2.VideoCapture(path), [], None
            while True:
                ok, frame = film.read()
                if not ok:
                    break
                grey = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (64, 64))
                if last is not None:
                    frames.append(grey - last)  # error
                last = grey
            return np.stack(frames).astype("float32")
        """,
    "a list of frames that became an array": """
        frames = []
        for path in paths:
            frames.append(cv2.imread(path))
        frames = np.array(frames)
        motion = (frames[1:] - frames[:-1]).astype(np.float32)  # error
        """,
    "a background that an object keeps": """
        class Belt:
            def __init__(self, path):
                self.empty = cv2.resize(cv2.imread(path, cv2.IMREAD_GRAYSCALE), (96, 96))
            def __call__(self, path):
                frame = cv2.resize(cv2.imread(path, cv2.IMREAD_GRAYSCALE), (96, 96))
                item = frame - self.empty  # error
                return item[None].astype(np.float32)
        """,
    "a tensor that torchvision has resized": """
        import torchvision.transforms.functional as TF
        from torchvision.io import read_image
        picture = TF.resize(read_image("a.jpg"), [128, 128])
        picture = picture - 110  # error
        """,
    "pictures that Keras keeps": """
        from tensorflow.keras.datasets import fashion_mnist
        (x, y), _ = fashion_mnist.load_data()
        x = (x - 128) / 64  # error
        """,
    "pictures that skimage reads": """
        from skimage import io
        change = np.abs(io.imread("after.png") - io.imread("before.png"))  # error
        """,
    "labels above the one that is left out": """
        labels = np.load("labels.npy").astype(np.uint8)
        later = labels > 6
        labels[later] -= 2
        labels -= 4  # error
        """,
    "labels that a data set keeps": """
        class Masks:
            def __init__(self, folder, ignored):
                self.folder, self.ignored = folder, ignored
            def __getitem__(self, i):
                mask = cv2.imread(f"{self.folder}/{i}.png", cv2.IMREAD_GRAYSCALE)
                known = mask != self.ignored
                mask[known] -= 3
                return torch.from_numpy(mask).long()
        """,
    "a difference that is made smaller, and then a fraction": """
        def sample(first, second):
            change = cv2.imread(second, 0) - cv2.imread(first, 0)  # error
            change = cv2.resize(change, (64, 64)).astype(np.float32) / 255
            return torch.from_numpy(change)
        """,
    "a difference that becomes a picture again": """
        from PIL import Image
        from torchvision.transforms import functional as TF
        def sample(first, second):
            change = np.array(Image.open(second).convert("L")) - np.array(Image.open(first).convert("L"))  # error
            return TF.to_tensor(Image.fromarray(change).resize((32, 32)))
        """,
    "a difference that is blurred": """
        def sample(first, second):
            change = cv2.imread(second) - cv2.imread(first)  # error
            return cv2.GaussianBlur(change, (5, 5), 0)
        """,
    "a difference that is only asked whether there is one": """
        def is_still(first, second):
            change = cv2.resize(cv2.imread(second) - cv2.imread(first), (8, 8))
            return (change == 0).all()
        """,
    "the absolute difference": """
        change = cv2.absdiff(cv2.imread("a.png"), cv2.imread("b.png"))
        change = cv2.resize(change, (64, 64)).astype(np.float32)
        """,
    "the difference that a function takes": """
        change = np.subtract(cv2.imread("a.png"), cv2.imread("b.png"))  # error
        change = torch.from_numpy(change).float()
        """,
    "greys of skimage, which are fractions": """
        from skimage import io
        grey = io.imread("a.png", as_gray=True) - 2
        """,
    "pictures of Keras that are cast first": """
        from tensorflow.keras.datasets import fashion_mnist
        (x, y), _ = fashion_mnist.load_data()
        x = x.astype("float32") - 128
        """,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_bytes_are_known_wherever_pictures_come_from(read: str) -> None:
    program = "import cv2\nimport numpy as np\nimport torch\n" + dedent(read)
    lines = program.splitlines()
    wrong = [(number, "NN702") for number, line in enumerate(lines, 1) if "# error" in line]
    assert [each for each in findings(program) if each[1] == "NN702"] == wrong


def test_bytes_are_known_in_stacks_of_listed_pictures() -> None:
    program = """
import cv2
import numpy as np


def read(path):
    film, frames = cv2.VideoCapture(path), []
    while True:
        ok, frame = film.read()
        if not ok:
            break
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
    return np.stack(frames)


def evened(path):
    clahe = cv2.createCLAHE(2.0, (8, 8))
    frames = np.stack([clahe.apply(each) for each in read(path)])
    return (-frames).astype("float32"), (-frames.astype("float32"))
"""
    assert [line for line, code in findings(program) if code == "NN702"] == [19]


@pytest.mark.parametrize(
    ("transform", "wrong"),
    [
        ("v2.Resize((32, 32), antialias=True)", [13]),
        ("v2.Compose([v2.Resize(40), v2.RandomCrop(32)])", [13]),
        ("(v2.RandomAffine(5) if augments else nn.Identity())", [13]),
        ("v2.ToDtype(torch.float32)", []),
        ("v2.Compose([v2.Resize(32), v2.ToDtype(torch.float32)])", []),
        ("v2.Lambda(lambda picture: picture.float())", []),
    ],
)
def test_transforms_that_move_pixels_leave_them_bytes(transform: str, wrong: list[int]) -> None:
    program = f"""
import torch
from torch import nn
from torchvision.io import read_image
from torchvision.transforms import v2

augments = bool(input())
transform = {transform}


def load(path):
    picture = transform(read_image(path))
    return (picture - 128) / 128
"""
    assert [line for line, code in findings(program) if code == "NN702"] == wrong


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        ("(grey > 64)", 0),
        ("(grey > 64).astype(np.float32)", 0),
        ("(~((grey <= 64) | (grey > 192))).astype(np.float32)", 0),
        ("np.float32(2)", 1),
    ],
)
def test_what_wraps_around_may_be_masked(mask: str, told: int) -> None:
    found = findings(SETTING + f"part = (5 + 0.5 * (grey - 64)) * {mask}")
    assert sum(code == "NN702" for _, code in found) == told


@pytest.mark.parametrize(
    ("cast", "told"), [("np.bool_", 0), ("bool", 0), ('"bool"', 0), ("np.float32", 1)]
)
def test_whether_masks_differ_may_be_asked_by_their_difference(cast: str, told: int) -> None:
    found = findings(SETTING + f"part = (grey - grey.T).astype({cast})")
    assert sum(code == "NN702" for _, code in found) == told
