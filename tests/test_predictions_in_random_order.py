"""Predictions of a Keras iterator that shuffles, and the labels that they are compared with."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import numpy as np
from sklearn.metrics import confusion_matrix, f1_score
from tensorflow import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator
pictures = ImageDataGenerator(rescale=1 / 255)
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")])
"""
SHUFFLED = "data = pictures.flow_from_directory('test', class_mode='binary')\n"
IN_ORDER = SHUFFLED.replace("'binary'", "'binary', shuffle=False")
SCORED = "print(confusion_matrix(data.classes, guesses))"


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + text) if each[1] == "NN508"]


@pytest.mark.parametrize(
    "text",
    [
        f"guesses = model.predict(data) > 0.5\n{SCORED}  # error\n",
        f"data.reset()\nguesses = (model.predict(data, verbose=0).ravel() > 0.5).astype(int)\n{SCORED}  # error\n",
        f"guesses = keras.models.load_model('m').predict(data).argmax(axis=1)\n{SCORED}  # error\n",
        "labels = data.classes\nprint(f1_score(labels, model.predict(data).round()))  # error\n",
    ],
)
def test_labels_stay_in_the_order_of_the_files(text: str) -> None:
    assert found(SHUFFLED + text) == marked(IMPORTS + SHUFFLED + text, "NN508") != []
    assert found(IN_ORDER + text) == []


@pytest.mark.parametrize(
    "text",
    [
        # Nobody knows whether it shuffles.
        f"data = pictures.flow_from_directory('test', **options)\nguesses = model.predict(data)\n{SCORED}",
        # The labels of the very batches.
        f"{SHUFFLED}x, y = next(data)\nprint(f1_score(y, model.predict(x)))",
        # Labels of other pictures.
        (
            f"{SHUFFLED}others = pictures.flow_from_directory('others', shuffle=False)\n"
            "guesses = model.predict(others)\nprint(confusion_matrix(others.classes, guesses), data.classes)"
        ),
        f"{SHUFFLED}print(model.evaluate(data))",
    ],
)
def test_other_labels_are_in_the_order_of_the_predictions(text: str) -> None:
    assert found(text) == []
