"""logits-into-probability-loss (NN203) of models of Keras: a loss counts where its model learns by it."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers


class Forger:
    def __init__(self):
        self.judge = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(1, activation="sigmoid")])
        self.judge.compile("adam", "binary_crossentropy")
        self.maker = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(4)])
        self.maker.compile("adam", "binary_crossentropy")
        noise = keras.Input((16,))
        self.judge.trainable = False
        self.both = keras.Model(noise, self.judge(self.maker(noise)))
        self.both.compile("adam", "binary_crossentropy")

    def train(self, rows):
        for _ in range(100):
            noise = np.random.normal(size=(32, 16))
            made = self.maker.predict(noise)
            self.judge.train_on_batch(rows, np.ones(32))
            self.judge.train_on_batch(made, np.zeros(32))
            self.both.train_on_batch(noise, np.ones(32))
{more}
"""
SCRIPT = """
forger = Forger()
forger.train(np.load("rows.npy"))
"""
OWN_TRAINING = """
    def warm_up(self, noise, rows):
        self.maker.fit(noise, rows)
"""


@pytest.mark.parametrize(
    ("more", "told"),
    [("", False), (SCRIPT, False), (OWN_TRAINING, True), (OWN_TRAINING + SCRIPT, True)],
)
def test_a_part_that_learns_inside_of_another_model_has_a_loss_for_show(
    more: str, told: bool
) -> None:
    assert ("NN203" in [code for _, code in findings(PROGRAM.format(more=more))]) == told


def test_a_function_that_makes_a_model_for_others_to_fit_is_told() -> None:
    program = """
from tensorflow import keras
def build():
    model = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)])
    model.compile("adam", "categorical_crossentropy")
    return model
"""
    assert "NN203" in [code for _, code in findings(program)]


BELOW_A_HEAD = """
from tensorflow import keras
from tensorflow.keras import layers

def reader():
    model = keras.Sequential([layers.Conv1D(16, 5, activation="relu"), layers.GlobalMaxPool1D(), layers.Dense(64, activation="relu")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

def whole():
    below = reader()
    model = keras.Sequential([layers.TimeDistributed(below), layers.Conv1D(5, 3, activation="softmax", padding="same")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
{more}
"""
READER_ALONE = """
def train_reader(signals, stages):
    reader().fit(signals, stages)
"""


@pytest.mark.parametrize(("more", "told"), [("", False), (READER_ALONE, True)])
def test_a_base_below_the_head_of_another_model_does_not_learn_by_its_own_loss(
    more: str, told: bool
) -> None:
    found = [code for _, code in findings(BELOW_A_HEAD.format(more=more))]
    assert ("NN203" in found) == told


def test_a_part_has_its_loss_for_show_where_methods_hand_on_what_they_are_given() -> None:
    more = """
    def in_order(rows):
        rows.sort_values("time", inplace=True)
        return rows
"""
    assert "NN203" not in [code for _, code in findings(PROGRAM.format(more=more))]
