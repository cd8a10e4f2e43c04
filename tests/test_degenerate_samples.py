"""unsafe-log (NN701): logarithms and quotients of what is 0 where a sample holds nothing."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

HEAD = """
import librosa
import numpy as np
import torch
import torchaudio
"""
WRONG = {
    "the power of silence": """
        def features(wave):
            mel = librosa.feature.melspectrogram(y=wave, sr=16000)
            return np.log(mel)  # error
        """,
    "the power of silence, which is looked at as well": """
        import matplotlib.pyplot as plt
        def features(wave):
            mel = np.log(librosa.feature.melspectrogram(y=wave, sr=16000))  # error
            plt.imshow(mel)
            return mel
        """,
    "decibels of amplitudes": """
        def features(wave):
            return 20 * np.log10(np.abs(librosa.stft(wave)))  # error
        """,
    "a module that makes spectrograms": """
        class Front(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.mel = torchaudio.transforms.MelSpectrogram(16000)
            def forward(self, wave):
                return self.mel(wave).log()  # error
        """,
    "the spectrum that torch makes": """
        def features(wave, window):
            spectrum = torch.stft(wave, 128, window=window, return_complex=True)
            return torch.log(spectrum.abs() ** 2)  # error
        """,
    "a part by another mask": """
        def features(wave):
            mel = librosa.feature.melspectrogram(y=wave, sr=16000)
            return np.log(mel[mel < 5])  # error
        """,
    "the range of one sample": """
        class Windows(torch.utils.data.Dataset):
            def __getitem__(self, index):
                x = self.signals[index]
                return (x - x.min()) / (x.max() - x.min())  # error
        """,
    "the range of how much there is of each frequency": """
        class Spectra(torch.utils.data.Dataset):
            def __getitem__(self, index):
                x = np.abs(np.fft.fft2(self.pictures[index]))
                return (x - x.min()) / (x.max() - x.min())  # error
        """,
    "the range of logarithms that are never infinite": """
        class Spectra(torch.utils.data.Dataset):
            def __getitem__(self, index):
                x = np.log(np.abs(np.fft.fft2(self.pictures[index])) + 0.01)
                return (x - x.min()) / (x.max() - x.min())  # error
        """,
    "the range of logarithms of a signal": """
        class Windows(torch.utils.data.Dataset):
            def __getitem__(self, index):
                x = np.log(self.signals[index])
                return (x - x.min()) / (x.max() - x.min())  # error
        """,
    "the spread of one sample": """
        class Windows(torch.utils.data.Dataset):
            def __getitem__(self, index):
                x = self.signals[index]
                return (x - x.mean()) / x.std()  # error
        """,
    "the returns of one episode": """
        def update(rewards):
            returns = torch.tensor(discounted(rewards))
            return (returns - returns.mean()) / returns.std()  # error
        """,
    "the union of two masks": """
        def iou(logits, target):
            predicted = torch.sigmoid(logits) > 0.5
            target = target > 0.5
            return (predicted & target).sum().float() / (predicted | target).sum().float()  # error
        """,
    "the union of what is of one class": """
        def mean_iou(predicted, target, classes):
            found = []
            for each in range(classes):
                here, there = predicted == each, target == each
                found.append((here & there).sum().item() / (here | there).sum().item())  # error
            return np.mean(found)
        """,
    "the union of what is of any class": """
        def mean_iou(target, scores, classes):
            predicted = torch.argmax(scores, dim=1)
            found = []
            for each in range(classes):
                here, there = torch.eq(predicted, each).bool(), torch.eq(target, each).bool()
                found.append((here & there).float().sum() / (here | there).float().sum())  # error
            return found
        """,
}
RIGHT = {
    "the range of decibels of frequencies, which are infinite where a picture is even": """
        class Spectra(torch.utils.data.Dataset):
            def __getitem__(self, index):
                image = np.array(self.pictures[index])
                each = [np.fft.fftshift(np.fft.fft2(image[:, :, i])) for i in range(3)]
                x = np.resize(20 * np.log(np.abs(np.stack(each, axis=2))), (64, 64, 3))
                low, high = x.min(), x.max()
                return (x - low) / (high - low)
        """,
    "the range of the logarithms of a power that torch computes": """
        class Spectra(torch.utils.data.Dataset):
            def __getitem__(self, index):
                wave = torch.tensor(self.waves[index])
                power = torch.log10(torch.fft.rfft(wave).abs() ** 2)
                return (power - power.min()) / (power.max() - power.min())
        """,
    "the range of a band that has one": """
        class Bands(torch.utils.data.Dataset):
            def __getitem__(self, index):
                bands = self.pictures[index]
                for number in range(len(bands)):
                    x = bands[number]
                    if x.max() > x.min():
                        bands[number] = (x - x.min()) / (x.max() - x.min())
                return bands
        """,
    "the range of what is not all alike": """
        class Windows(torch.utils.data.Dataset):
            def __getitem__(self, index):
                x = self.signals[index]
                return x if x.min() == x.max() else (x - x.min()) / (x.max() - x.min())
        """,
    "only what is to be heard": """
        def features(wave):
            mel = librosa.feature.melspectrogram(y=wave, sr=16000)
            mel[mel > 0] = np.log(mel[mel > 0])
            return mel
        """,
    "what a mask picks": """
        def features(wave):
            power = np.abs(librosa.stft(wave)) ** 2
            is_heard = power != 0
            return np.log10(power[is_heard]), np.log10(power[power > 1e-6])
        """,
    "the returns of several episodes": """
        def scaled(episodes):
            returns = [discounted(rewards) for rewards in episodes]
            flat_returns = np.concatenate(returns)
            return [(each - flat_returns.mean()) / flat_returns.std() for each in returns]
        """,
    "advantages of several episodes in a row": """
        def update(rollouts):
            advantages = torch.cat([estimated(each) for each in rollouts])
            return (advantages - advantages.mean()) / advantages.std()
        """,
    "advantages of a batch": """
        def update(batch_advantages):
            return (batch_advantages - batch_advantages.mean()) / batch_advantages.std()
        """,
    "the power of silence, and a little more": """
        def features(wave):
            mel = librosa.feature.melspectrogram(y=wave, sr=16000)
            return np.log(mel + 1e-6), np.log1p(mel), np.log(np.maximum(mel, 1e-9))
        """,
    "a spectrogram to look at": """
        import matplotlib.pyplot as plt
        def show(wave, ax):
            mel = torchaudio.transforms.MelSpectrogram(16000)(wave)
            plt.imshow(mel[0].log2().numpy(), origin="lower")
            ax.pcolormesh(np.log10(mel[0]))
        """,
    "a floor under a spectrogram": """
        class Front(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.mel = torchaudio.transforms.MelSpectrogram(16000)
            def forward(self, wave):
                return self.mel(wave).clamp(min=1e-5).log()
        """,
    "a sample that is looked at first": """
        class Windows(torch.utils.data.Dataset):
            def __getitem__(self, index):
                x = self.signals[index]
                spread = x.std()
                return (x - x.mean()) / spread if spread > 0 else x
        """,
    "the spread of all samples": """
        def scaled(x):
            return (x - x.mean()) / x.std(), (x - x.min()) / (x.max() - x.min())
        """,
    "a spread for each column": """
        class Windows(torch.utils.data.Dataset):
            def __getitem__(self, index):
                return (self.x[index] - self.x.mean(0)) / self.x.std(0)
        """,
    "classes that are left out where there are none": """
        def mean_iou(predicted, target, classes):
            found = []
            for each in range(classes):
                here, there = predicted == each, target == each
                found.append((here & there).sum() / (here | there).sum())
            return np.nanmean(found)
        """,
    "classes that were found in the picture": """
        def mean_iou(target, scores):
            predicted = torch.argmax(scores, dim=1)
            def of_class(each):
                here, there = torch.eq(predicted, each).bool(), torch.eq(target, each).bool()
                return (here & there).float().sum() / (here | there).float().sum()
            return [of_class(each).item() for each in target.unique().detach() if each != 0]
        """,
    "masks of which one is never empty": """
        def iou(logits, target):
            predicted = torch.sigmoid(logits) > 0.5
            union = (predicted | target).sum()
            if union == 0:
                return 1.0
            return (predicted & target).sum() / union
        """,
}


@pytest.mark.parametrize("program", (WRONG | RIGHT).values(), ids=(WRONG | RIGHT).keys())
def test_samples_that_hold_nothing_are_thought_of(program: str) -> None:
    text = HEAD + dedent(program)
    marked = [number for number, line in enumerate(text.splitlines(), 1) if "# error" in line]
    assert [line for line, code in findings(text) if code == "NN701"] == marked


POSES = """
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

stored = torch.load("poses.pt")
poses = TensorDataset(stored["points"].flatten(1), F.normalize(stored["turns"], dim=1))
model = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 4))
optimizer = torch.optim.Adam(model.parameters())


class Turn(nn.Module):
    def forward(self, found, wanted):
        cosine = COSINE
        return 2 * torch.acos(cosine).mean()


criterion = Turn()
for points, turns in DataLoader(poses, 64, shuffle=True):
    optimizer.zero_grad()
    criterion(F.normalize(model(points), dim=1), turns).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("cosine", "told"),
    [
        ("(found * wanted).sum(dim=1).abs()", True),
        ("torch.einsum('bi,bi->b', found, wanted)", True),
        ("torch.linalg.vecdot(found, wanted).unsqueeze(1)", True),
        ("found[:, 0]", True),
        ("(found * wanted).sum(dim=1).abs().clamp(max=1 - 1e-6)", False),
        ("(found * wanted).sum(dim=1) * (1 - 1e-6)", False),
        ("(found * 0.5).sum(dim=1)", False),
        ("(found - wanted).sum(dim=1)", False),
    ],
)
def test_the_angle_between_what_is_stored_and_what_is_found(cosine: str, told: bool) -> None:
    codes = [code for _, code in findings(POSES.replace("COSINE", cosine))]
    assert ("NN701" in codes) == told


DIGITS = """
import numpy as np
import torch
from sklearn.datasets import load_digits, load_iris
from sklearn.feature_selection import VarianceThreshold
from sklearn.model_selection import train_test_split
from tensorflow import keras

x, y = load_digits(return_X_y=True)
train, test, y_train, y_test = train_test_split(x, y, random_state=0)
center, spread = train.mean(axis=0), train.std(axis=0)
"""
BLANKS = {
    "what is held out": "test = (test - center) / spread  # error",
    "numbers of torch, of some rows": """
        first, others = train_test_split(range(len(y)), test_size=0.2)
        part = torch.tensor(x, dtype=torch.float32)[first]
        part = (part - part.mean(dim=0)) / part.std(dim=0)  # error
        """,
    "an object that keeps them": """
        class Scaler:
            def fit(self, rows):
                self.center, self.spread = np.mean(rows, axis=0), np.std(rows, axis=0)
            def apply(self, rows):
                return (rows - self.center) / self.spread  # error
        scaler = Scaler()
        scaler.fit(train)
        train, test = scaler.apply(train), scaler.apply(test)
        """,
    "the digits of Keras": """
        (pictures, _), _ = keras.datasets.mnist.load_data()
        pictures = pictures.astype("float32") / 255
        pictures = (pictures - pictures.mean(0)) / pictures.std(0)  # error
        """,
    "one spread for all": "test = (test - train.mean()) / train.std()",
    "a small number": "test = (test - center) / (spread + 1e-8)",
    "ones for zeros": "spread[spread == 0] = 1; test = (test - center) / spread",
    "ones where there are zeros": "test = (test - center) / np.where(spread == 0, 1, spread)",
    "zeros for what is no number": "test = np.nan_to_num((test - center) / spread)",
    "some of the pixels": """
        used = spread > 0
        test = (test[:, used] - center[used]) / spread[used]
        """,
    "pixels that were chosen before": """
        train = VarianceThreshold().fit_transform(train)
        train = train / train.std(axis=0)
        """,
    "pixels that differ": """
        train = train[:, spread > 0]
        train = train / train.std(axis=0)
        """,
    "other data": "rows = load_iris().data; rows = rows / rows.std(axis=0)",
}


@pytest.mark.parametrize("text", BLANKS.values(), ids=BLANKS.keys())
def test_pixels_of_digits_that_are_never_drawn_have_no_spread(text: str) -> None:
    program = DIGITS + dedent(text)
    marked = [row for row, line in enumerate(program.splitlines(), 1) if line.endswith("# error")]
    assert [row for row, code in findings(program) if code == "NN701"] == marked


ANGLE = """
import torch
model = torch.nn.Linear(3, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, wanted in batches():
    found = model(x)
    found = found / found.norm(dim=1, keepdim=True)
    cosine = (found * wanted).sum(1)
    optimizer.zero_grad()
    torch.acos(LIMITED).mean().backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("limited", "told"), [("cosine", True), ("cosine.clamp(-1 + 1e-6, 1 - 1e-6)", False)]
)
def test_an_angle_between_vectors_that_are_scaled_by_hand(limited: str, told: bool) -> None:
    codes = [code for _, code in findings(ANGLE.replace("LIMITED", limited))]
    assert ("NN701" in codes) == told


@pytest.mark.parametrize(
    ("picture", "scaled", "told"),
    [
        ("MNIST", "(rows - rows.mean(0)) / rows.std(0)", True),
        ("QMNIST", "(rows - rows.mean(dim=0)) / rows.std(dim=0)", True),
        ("MNIST", "(rows - rows.mean(0)) / (rows.std(0) + 1e-6)", False),
        ("MNIST", "(rows - rows.mean(0)) / rows.std(0).clamp(min=1e-3)", False),
        ("MNIST", "(rows - rows.mean()) / rows.std()", False),
        ("FashionMNIST", "(rows - rows.mean(0)) / rows.std(0)", False),
    ],
)
def test_digits_of_torchvision_have_pixels_that_are_always_zero(
    picture: str, scaled: str, told: bool
) -> None:
    code = f"""
from torchvision.datasets import {picture}
pictures = {picture}("data", train=True, download=True)
rows = pictures.data.float().flatten(1) / 255
rows = {scaled}
"""
    assert ("NN701" in [each for _, each in findings(code)]) == told


@pytest.mark.parametrize(
    ("built", "given", "told"),
    [
        ("paths", "load(self.paths[i])", True),
        ("[path for path in paths if load(path).std() > 0]", "load(self.paths[i])", False),
        ("paths", "load(self.paths[i]); assert x.max() > x.min()", False),
        ("paths", "load(self.paths[i]); x = x[:, x.std(0) > 0.1]", False),
    ],
)
def test_even_samples_may_be_sorted_out(built: str, given: str, told: bool) -> None:
    code = f"""
from numpy import load
from torch.utils.data import Dataset

class Recordings(Dataset):
    def __init__(self, paths):
        self.paths = {built}

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        x = {given}
        return (x - x.min()) / (x.max() - x.min())
"""
    assert ("NN701" in [each for _, each in findings(code)]) == told
