"""Lists that hold several versions of a sample, and the splits that tear these apart."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch.utils.data import Dataset, random_split
"""


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + text) if each[1] == "NN501"]


@pytest.mark.parametrize(
    "text",
    [
        """\
def sounds(clips, kinds):
    kept = []
    for clip, kind in zip(clips, kinds):
        for offset in (0, 5, 9):
            kept.append((torch.roll(clip, offset, 0), kind))  # error
    return random_split(kept, [0.7, 0.3])
""",
        """\
def of_known_length(kinds):
    kept, clips = [], torch.randn(90, 64)
    for clip, kind in zip(clips, kinds):
        for offset in (0, 5, 9):
            kept.append((torch.roll(clip, offset, 0), kind))  # error
    return random_split(kept, [0.7, 0.3])
""",
        """\
def turned(scans):
    kept = [np.rot90(scan, turns) for scan in scans for turns in range(4)]  # error
    return train_test_split(kept)
""",
        """\
def mirrored(scans, kinds):
    pairs = []
    for number in range(len(scans)):
        pairs.append((scans[number], kinds[number]))
        pairs.append((np.fliplr(scans[number]), kinds[number]))  # error
    train, test = pairs[:800], pairs[800:]
    return train, test
""",
        """\
scans = torch.from_numpy(np.load("scans.npy"))
versions = [scans]
for _ in range(3):
    versions.append(scans + 0.1 * torch.randn_like(scans))
train, test = random_split(torch.cat(versions), [0.7, 0.3])  # error
""",
        """\
scans = np.load("scans.npy")
noisy = []
for number in range(len(scans)):
    for _ in range(3):
        noisy.append(scans[number] + np.random.normal(size=64))  # error
train, test = train_test_split(noisy)
""",
        """\
class Shifted(Dataset):
    def __init__(self, clips):
        self.clips = []
        for clip in clips:
            for offset in range(5):
                self.clips.append({"clip": np.roll(clip, offset), "offset": offset})  # error
def main(clips):
    return random_split(Shifted(clips), [0.7, 0.3])
""",
    ],
)
def test_versions_of_a_sample_may_not_be_divided(text: str) -> None:
    assert found(text) == marked(IMPORTS + text, "NN501") != []


@pytest.mark.parametrize(
    "text",
    [
        """\
def mirrored(scans):
    return train_test_split([np.fliplr(scan) for scan in scans])
""",
        """\
def mirrored(scans, kinds):
    pairs = []
    for scan, kind in zip(scans, kinds):
        pairs.append((np.fliplr(scan), kind))
    return train_test_split(pairs)
""",
        """\
def anew(scans):
    for epoch in range(9):
        kept = []
        for scan in scans:
            kept.append(np.fliplr(scan))
    return train_test_split(kept)
""",
        """\
def of_training_rows(scans):
    train, test = train_test_split(scans)
    kept = []
    for scan in train:
        for turns in range(4):
            kept.append(np.rot90(scan, turns))
    return kept, test
""",
        """\
def cut(scans):
    kept = []
    for scan in scans:
        for left in range(0, 64, 16):
            kept.append(scan[left : left + 16])
    return train_test_split(kept)
""",
        """\
seconds = np.arange(0, 1000) / 50
def tone(changed):
    made = np.sin(np.random.rand() * seconds)
    return made + 0.1 * np.random.randn(1000) if changed else made
def made_up():
    tones = []
    for number in range(20):
        tones.append(tone(False))
        tones.append(tone(True))
    return train_test_split(np.array(tones))
""",
    ],
)
def test_one_version_of_each_sample_may(text: str) -> None:
    assert not found(text)


FEATURES = """
import glob
import librosa
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
def noisy(wave):
    return wave + 0.03 * np.random.normal(size=wave.shape[0])
def features(wave, rate):
    return np.mean(librosa.feature.mfcc(y=wave, sr=rate).T, axis=0)
{code}
train, test = train_test_split({data})
"""
ONE_BY_ONE = """
rows = []
for path in glob.glob("*.wav"):
    wave, rate = librosa.load(path)
    rows.append(features(wave, rate))
    rows.append(features({change}, rate))
"""
STACKED = """
def versions(path):
    wave, rate = librosa.load(path)
    rows = np.vstack((features(wave, rate), features({change}, rate)))
    return rows
rows = []
for path in glob.glob("*.wav"):
    for row in versions(path):
        rows.append(row)
"""


@pytest.mark.parametrize("code", [ONE_BY_ONE, STACKED])
@pytest.mark.parametrize("data", ["np.array(rows)", "pd.DataFrame(rows)"])
@pytest.mark.parametrize(
    ("change", "is_wrong"),
    [
        ("noisy(wave)", True),
        ("librosa.effects.pitch_shift(wave, sr=rate, n_steps=2)", True),
        ("librosa.load('noise.wav')[0]", False),
    ],
)
def test_features_of_a_changed_sample_are_those_of_a_copy(
    code: str, data: str, change: str, is_wrong: bool
) -> None:
    text = FEATURES.format(code=code.replace("{change}", change), data=data)
    assert bool([each for each in findings(text) if each[1] == "NN501"]) is is_wrong


def test_features_side_by_side_are_no_copies() -> None:
    code = """
rows = []
for path in glob.glob("*.wav"):
    wave, rate = librosa.load(path)
    both = np.hstack((features(wave, rate), features(noisy(wave), rate)))
    rows.append(both)
"""
    text = FEATURES.format(code=code, data="np.array(rows)")
    assert not [each for each in findings(text) if each[1] == "NN501"]


@pytest.mark.parametrize("changed", ["X[i] + np.random.randn(4)", "np.random.randn(4) + X[i]"])
def test_a_list_of_each_sample_once_holds_no_copies(changed: str) -> None:
    text = (
        "import numpy as np\nfrom sklearn.model_selection import train_test_split\n"
        f"X = np.load('x.npy')\nout = []\nfor i in range(100):\n    out.append({changed})\n"
        "train, test = train_test_split(np.array(out), test_size=0.2)\n"
    )
    assert not [row for row, code in findings(text) if code == "NN501"]


VERSIONS = """
from scipy.ndimage import rotate
def expanded(pictures, kinds):
    kept, labels = [pictures], [kinds]
    for _ in range(3):
        kept.append({made})  # error
        labels.append(kinds)
    return np.concatenate(kept), np.concatenate(labels)
pictures, kinds = expanded(np.load("x.npy"), np.load("y.npy"))
parts = train_test_split(pictures, kinds)
"""


@pytest.mark.parametrize(
    "made",
    [
        "np.stack([rotate(each, 9) for each in pictures])",
        "np.array([rotate(each, angle) for each, angle in zip(pictures, angles)])",
        "[np.fliplr(each) for each in pictures]",
    ],
)
def test_versions_made_one_by_one_are_put_behind_the_samples(made: str) -> None:
    text = VERSIONS.format(made=made)
    assert [row for row, _ in found(text)] == [row for row, _ in marked(IMPORTS + text, "NN501")]


def test_other_pictures_are_no_versions() -> None:
    made = "np.stack([rotate(each, 9) for each in np.load('more.npy')])"
    assert not found(VERSIONS.format(made=made))


@pytest.mark.parametrize(
    ("before", "copied"),
    [("", True), (".drop_duplicates('text')", True), (".dropna()", True), (".head(900)", False)],
)
def test_a_table_without_blanks_or_doubles_is_one_whole(before: str, copied: bool) -> None:
    text = f"""
import random
import pandas as pd
def shortened(text):
    return " ".join(word for word in text.split() if random.random() < 0.9)
rows = pd.read_csv("reviews.csv"){before}
more = [rows.assign(text=rows["text"].map(shortened)) for _ in range(4)]
rows = pd.concat([rows, *more])
parts = train_test_split(rows["text"], rows["label"])
"""
    assert bool(found(text)) == copied


SCATTERED = """\
centres = {places}
points, kinds = [], []
for kind, centre in enumerate(centres):
    for _ in range(30):
        points.append(centre + np.random.normal(0, 0.3, size=2))
        kinds.append(kind)
train, test, kind_train, kind_test = train_test_split(np.array(points), kinds)
"""


@pytest.mark.parametrize(
    ("places", "count"),
    [
        ("np.array([[1.0, 2.0], [3.0, -4.0]])", 0),
        ("np.random.uniform(-5, 5, size=(10, 2))", 0),
        ("np.linspace(0, 10, 100)", 0),
        ("np.load('walks.npy')", 1),
    ],
)
def test_points_around_places_that_a_program_makes_up_are_no_copies(
    places: str, count: int
) -> None:
    assert len(found(SCATTERED.format(places=places))) == count


def test_readings_that_are_made_up_for_points_in_time_are_no_copies() -> None:
    text = """\
import pandas as pd
readings = []
for hour in pd.date_range("2021-03-01", "2021-04-01", freq="h"):
    sun = np.exp(-((hour.hour - 12) ** 2) / 8)
    for panel in ("a", "b", "c"):
        power = sun * (0.8 + 0.4 * np.random.random())
        readings.append({"hour": hour, "panel": panel, "power": max(0, power), "lost": power / 20})
train, test = train_test_split(pd.DataFrame(readings))
"""
    assert found(text) == []
