"""Data sets of tf.data that a loop of the program trains with, epoch by epoch."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import numpy as np
import tensorflow as tf
(x, y), (a, b) = tf.keras.datasets.mnist.load_data()
model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(10)])
loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.Adam()

def update(p, q):
    with tf.GradientTape() as tape:
        value = loss(q, model(p, training=True))
    gradients = tape.gradient(value, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))

def batches(p, q):
    return tf.data.Dataset.from_tensor_slices((p / 255.0, q))

"""
EPOCHS = "for epoch in range({}):\n    for p, q in data:\n        update(p, q)\n"
ANEW = """
for epoch in range(9):
    order = np.random.permutation(len(x))
    for p, q in batches(x[order], y[order]).batch(64):
        update(p, q)
"""


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("data = batches(x, y).batch(64)\n" + EPOCHS.format(9), 1),
        ("data = batches(x, y).batch(64).prefetch(2)\n" + EPOCHS.format(9), 1),
        ("data = batches(x, y).shuffle(60000).batch(64)\n" + EPOCHS.format(9), 0),
        ("data = batches(x, y).batch(64)\n" + EPOCHS.format(1), 0),
        ("data = batches(x, y).batch(60000)\n" + EPOCHS.format(9), 0),
        ("data = batches(x, y).batch(64)\nfor p, q in data:\n    update(p, q)\n", 0),
        (ANEW, 0),
    ],
)
def test_the_samples_come_in_one_order_in_every_epoch(rest: str, told: int) -> None:
    assert [code for _, code in findings(PROGRAM + rest)].count("NN507") == told
