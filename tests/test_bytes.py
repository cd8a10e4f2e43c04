"""uint8-arithmetic (NN702): differences of pixels that are still bytes."""

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
]

RIGHT = [
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
