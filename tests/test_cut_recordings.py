"""Samples that were cut out of recordings, and that are divided as if each stood for itself."""

import pytest

from tests.abstract_programs import findings

IMPORTS = """\
import cv2, glob
import numpy as np
import torch
from sklearn.model_selection import GroupKFold, train_test_split
"""
SEGMENTS = """
X, y, groups = [], [], []
for {name} in {over}:
    signal, label = load({name})
    for start in range(0, signal.shape[1], 200):
        X.append(signal[:, start : start + 200])
        y.append({label})
X, y = np.array(X), np.array(y)
{divided}
"""
AT_RANDOM = "X, X_test, y, y_test = train_test_split(X, y)"
FILMS = """
frames = []
for path in glob.glob("*.mp4"):
    {made}
    film = cv2.VideoCapture(path)
    while True:
        ok, frame = film.read()
        if not ok:
            break
        {kept}.append(frame / 255)
    {done}
train, test = train_test_split(np.array(frames))
"""


def count(text: str) -> int:
    return sum(code == "NN511" for _, code in findings(IMPORTS + text))


@pytest.mark.parametrize("name", ["subject", "patient_id", "participant"])
def test_segments_of_one_person_belong_together(name: str) -> None:
    text = SEGMENTS.format(name=name, over="everyone", label="label", divided=AT_RANDOM)
    assert count(text) == 1


@pytest.mark.parametrize(
    ("name", "label", "divided"),
    [
        ("subject", "subject", AT_RANDOM),  # who it is, is what is to be told
        ("folder", "label", AT_RANDOM),
        ("recording", "label", AT_RANDOM),
        ("subject", "label", "folds = GroupKFold(5).split(X, y, groups)"),
        ("subject", "label", "X, X_test, y, y_test = train_test_split(X, y, shuffle=False)"),
    ],
)
def test_segments_may_be_divided_otherwise_or_be_of_classes(
    name: str, label: str, divided: str
) -> None:
    assert count(SEGMENTS.format(name=name, over="everyone", label=label, divided=divided)) == 0


def test_frames_of_one_film_belong_together() -> None:
    assert count(FILMS.format(made="", kept="frames", done="")) == 1


def test_films_that_are_kept_whole_may_be_divided() -> None:
    whole = FILMS.format(
        made="film_frames = []", kept="film_frames", done="frames.append(film_frames)"
    )
    assert count(whole) == 0


@pytest.mark.parametrize(("column", "told"), [("lesion_id", 1), ("image_id", 0)])
def test_whoever_counts_the_pictures_of_each_lesion_knows_of_several(
    column: str, told: int
) -> None:
    text = f"""
import pandas as pd
table = pd.read_csv("pictures.csv")
print(table.groupby("{column}").size().describe())
train, test = train_test_split(table, stratify=table["dx"])
"""
    assert count(text) == told
