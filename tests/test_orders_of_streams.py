"""The order in which data sets of tf.data give their samples: of each one on its own, and of each pass."""

import pytest

from tests.abstract_programs import findings, marked

START = """\
import glob
import numpy as np
import tensorflow as tf
from PIL import Image
from sklearn.metrics import classification_report, f1_score
from tensorflow import keras
keras.utils.set_random_seed(7)
pictures, kinds = np.load("pictures.npy"), np.load("kinds.npy")
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
"""
SIDES = """\
inputs = tf.data.Dataset.from_tensor_slices(pictures)
targets = tf.data.Dataset.from_tensor_slices(kinds)
"""
FOLDER = "leaves = keras.utils.image_dataset_from_directory('leaves/test', image_size=(64, 64))\n"
ALL_KINDS = "truth = np.concatenate([kind.numpy() for _, kind in leaves])\n"
GUESSES = "guesses = model.predict(leaves).argmax(axis=1)\n"
SCORED = "print(f1_score(truth, guesses, average='macro'))"


def check(text: str) -> None:
    program = START + text
    found = [each for each in findings(program) if each[1] == "NN508"]
    assert found == marked(program, "NN508")


@pytest.mark.parametrize(
    "text",
    [
        """\
inputs, targets = inputs.shuffle(500), targets.shuffle(500)  # error
model.fit(tf.data.Dataset.zip((inputs, targets)).batch(32), epochs=5)
""",
        """\
def stream(parts):
    one, other = parts
    one = one.map(lambda x: x / 255.0).shuffle(500)
    other = other.shuffle(500)  # error
    return tf.data.Dataset.zip((one, other)).batch(32).prefetch(2)
model.fit(stream((inputs, targets)), epochs=5)
""",
        # Only the labels are in another order.
        """\
both = tf.data.Dataset.zip((inputs, targets.shuffle(500)))  # error
both = both.map(lambda x, y: (tf.cast(x, tf.float32), y)).batch(32)
model.fit(both, epochs=5)
""",
        """\
class Feed:
    def __init__(self, inputs, targets):
        self.inputs = inputs.shuffle(100, seed=1)
        self.targets = targets.shuffle(100, seed=2)  # error
    def batches(self):
        return tf.data.Dataset.zip((self.inputs, self.targets)).batch(8)
model.fit(Feed(inputs, targets).batches(), epochs=5)
""",
    ],
)
def test_samples_and_labels_are_no_streams_that_are_shuffled_one_by_one(text: str) -> None:
    check(SIDES + text)


@pytest.mark.parametrize(
    "text",
    [
        "model.fit(tf.data.Dataset.zip((inputs, targets)).shuffle(500).batch(32), epochs=5)",
        """\
inputs, targets = inputs.shuffle(500, seed=3), targets.shuffle(500, seed=3)
model.fit(tf.data.Dataset.zip((inputs, targets)).batch(32), epochs=5)
""",
        # Whole samples are mixed with others.
        """\
pairs = tf.data.Dataset.from_tensor_slices((pictures, kinds))
mixed = tf.data.Dataset.zip((pairs.shuffle(500), pairs.shuffle(500)))
mixed = mixed.map(lambda one, other: (0.5 * one[0] + 0.5 * other[0], one[1])).batch(32)
model.fit(mixed, epochs=5)
""",
        # Pictures of two kinds, for a model that turns the one into the other.
        """\
class Translator(keras.Model):
    def train_step(self, batch):
        return {}
horses, zebras = inputs.shuffle(500), targets.shuffle(500)
Translator().fit(tf.data.Dataset.zip((horses, zebras)).batch(1), epochs=5)
""",
        """\
both = tf.data.Dataset.zip((inputs.shuffle(500), targets.shuffle(500)))
model.fit(both.map(lambda one, other: one).batch(32), epochs=5)
""",
    ],
)
def test_other_streams_are_put_side_by_side_as_they_are_meant(text: str) -> None:
    check(SIDES + text)


@pytest.mark.parametrize(
    "text",
    [
        f"{ALL_KINDS}{GUESSES}{SCORED}  # error\n",
        f"""\
truth = []
for batch, kind in leaves:
    truth.extend(kind.numpy())
{GUESSES}{SCORED}  # error
""",
        f"""\
leaves = leaves.map(lambda x, y: (x / 255.0, y)).prefetch(2)
truth = np.array([])
{ALL_KINDS}{GUESSES}print(classification_report(truth, guesses))  # error
""",
        f"""\
def judge(model, data):
    truth = []
    for batch, kind in data:
        truth += list(kind.numpy())
    guesses = np.argmax(model.predict(data), axis=-1)
    {SCORED}  # error
judge(model, leaves)
""",
        """\
leaves = tf.data.Dataset.from_tensor_slices((pictures, kinds)).shuffle(99).batch(32)
truth = np.concatenate([kind for _, kind in leaves], axis=0)
print(f1_score(truth, model.predict(leaves).argmax(1), average="macro"))  # error
""",
    ],
)
def test_a_shuffled_stream_has_another_order_in_each_pass(text: str) -> None:
    check(FOLDER + text)


@pytest.mark.parametrize(
    "text",
    [
        f"{FOLDER.replace('64))', '64), shuffle=False)')}{ALL_KINDS}{GUESSES}{SCORED}",
        f"{FOLDER}leaves = leaves.cache()\n{ALL_KINDS}{GUESSES}{SCORED}",
        # Nobody knows whether it shuffles.
        f"{FOLDER.replace('64))', '64), **options)')}{ALL_KINDS}{GUESSES}{SCORED}",
        # Both in the order of one pass.
        f"""\
{FOLDER}truth, guesses = [], []
for batch, kind in leaves:
    truth.extend(kind.numpy())
    guesses.extend(model.predict(batch).argmax(axis=1))
{SCORED}
""",
        f"""\
{FOLDER}batch, truth = next(iter(leaves))
guesses = model.predict(batch).argmax(axis=1)
{SCORED}
""",
        # Labels of other pictures.
        f"{FOLDER}{ALL_KINDS.replace('leaves', 'leaves.shuffle(9).unknown()')}{GUESSES}{SCORED}",
    ],
)
def test_labels_in_the_order_of_their_predictions_are_right(text: str) -> None:
    check(text)


def test_noisy_and_clean_pictures_are_not_read_by_listings_that_nobody_sorts() -> None:
    text = """\
def read(path):
    return np.asarray(Image.open(path)) / 255.0
def pairs(folder):
    noisy = {}(glob.glob(folder + "/noisy/*.png"))
    clean = {}(glob.glob(folder + "/clean/*.png")){}
    return np.stack([read(each) for each in noisy]), np.stack([read(each) for each in clean])
x, y = pairs("scans")
model.fit(x, y, epochs=3)
"""
    check(text.format("list", "list", "  # error"))
    check(text.format("sorted", "sorted", ""))
