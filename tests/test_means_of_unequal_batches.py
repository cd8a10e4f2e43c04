"""partial-evaluation (NN515) of data sets of tf.data: means over batches of which the last one is smaller."""

import pytest

from tests.abstract_programs import findings, marked

LOOP = """\
import numpy as np
import tensorflow as tf
from tensorflow import keras
(x, y), (u, v) = keras.datasets.fashion_mnist.load_data()
train = tf.data.Dataset.from_tensor_slices((x / 255.0, y)).shuffle(60000).batch(60)
test = tf.data.Dataset.from_tensor_slices((u / 255.0, v)).STEPS
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam()
for epoch in range(4):
    for a, b in train:
        with tf.GradientTape() as tape:
            loss = criterion(b, model(a, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    total, rounds, several = 0.0, 0, []
    for a, b in test:
        answer = model(a, training=False)
JUDGE
"""
COUNTED = """\
        total += SCORE
        rounds += 1
    print(float(total / rounds))  # error"""
LISTED = """\
        several.append(SCORE)
    print(MEAN)  # error"""
HITS = "tf.reduce_mean(tf.cast(tf.equal(tf.argmax(answer, 1), tf.cast(b, tf.int64)), tf.float32))"
SAME = "tf.reduce_mean(tf.cast(tf.argmax(answer, 1) == tf.cast(b, tf.int64), tf.float32))"


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN515"]


def program(judge: str, steps: str = "batch(96)") -> str:
    return LOOP.replace("STEPS", steps).replace("JUDGE", judge)


@pytest.mark.parametrize(
    "score", [HITS, SAME, "criterion(b, answer)", "float(criterion(b, answer))"]
)
@pytest.mark.parametrize(
    "judge",
    [
        COUNTED,
        LISTED.replace("MEAN", "np.mean(several)"),
        LISTED.replace("MEAN", "tf.reduce_mean(several)"),
        LISTED.replace("MEAN", "sum(several) / len(several)"),
    ],
)
def test_batches_of_different_size_count_alike(judge: str, score: str) -> None:
    text = program(judge.replace("SCORE", score))
    assert found(text) == marked(text, "NN515")


@pytest.mark.parametrize(
    "steps",
    ["batch(100)", "batch(96, drop_remainder=False).take(50)", "batch(96).unbatch().batch(1)"],
)
def test_batches_may_be_of_one_size(steps: str) -> None:
    text = program(COUNTED.replace("SCORE", SAME), steps).replace("  # error", "")
    assert found(text) == []


@pytest.mark.parametrize(
    "judge",
    [
        COUNTED.replace("SCORE", "criterion(b, answer) * len(b)").replace("+= 1", "+= len(b)")[:-9],
        "        several.append(answer)\n    print(np.concatenate(several).shape)",
        "        total += tf.reduce_sum(tf.cast(tf.argmax(answer, 1) == b, tf.float32))",
    ],
)
def test_samples_may_be_counted(judge: str) -> None:
    assert found(program(judge)) == []


def test_a_training_may_tell_of_the_mean_over_its_batches() -> None:
    text = program("        pass").replace(
        "    total, rounds",
        "        kept.append(loss)\n    print(np.mean(kept))\n    total, rounds",
    )
    text = text.replace("    for a, b in train", "    kept = []\n    for a, b in train")
    assert found(text.replace("batch(60)", "batch(64)")) == []
