"""What is put into a part of numbers, or back under the keys of a dict, counts."""

import pytest

from tests.abstract_programs import findings


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("power[power == 0] = 1e-9", False),
        ("power[power < floor] = floor", False),
        ("power[np.where(power <= 1e-9)] = 1e-9", False),
        ("quiet = power == 0; power[quiet] = np.finfo(float).tiny", False),
        ("power[power > 100] = 100", True),
        ("power[power < 1e-9] = 0", True),
        ("power[silent] = 1e-9", True),
    ],
)
def test_silence_may_be_given_another_power(change: str, told: bool) -> None:
    code = f"""
import librosa
import numpy as np

def features(wave, silent, floor):
    power = np.abs(librosa.stft(wave)) ** 2
    {change}
    return np.log10(power)
"""
    assert ("NN701" in [each for _, each in findings(code)]) == told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("pixels[:, :, c] = (pixels[:, :, c] - mean[c]) / deviation[c]", False),
        ("pixels[..., c] -= mean[c]", False),
        ("pixels[:9, :9] = 0", True),
        ("pass", True),
    ],
)
def test_channels_may_be_normalised_one_by_one(change: str, told: bool) -> None:
    code = f"""
import cv2
import numpy as np
import torch
from torchvision import models

def prepared(path):
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    pixels = np.float32(cv2.resize(cv2.imread(path)[:, :, ::-1], (224, 224))) / 255
    for c in range(3):
        {change}
    return torch.from_numpy(np.transpose(pixels, (2, 0, 1))).unsqueeze(0)

model = models.resnet18(weights="DEFAULT").eval()
with torch.no_grad():
    print(model(prepared("owl.jpg")).argmax())
"""
    assert ("NN509" in [each for _, each in findings(code)]) == told


@pytest.mark.parametrize(
    ("change", "told"),
    [("losses[name] = value / parts", False), ("print(name, value)", True)],
)
def test_losses_in_a_dict_may_be_divided_one_by_one(change: str, told: bool) -> None:
    code = f"""
import torch

def train(model, loader, judge, parts):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for number, (x, y) in enumerate(loader):
        losses = judge(model(x), y)
        for name, value in losses.items():
            {change}
        losses["loss"].backward()
        if (number + 1) % parts == 0:
            optimizer.step()
            optimizer.zero_grad()
"""
    assert ("NN112" in [each for _, each in findings(code)]) == told
