"""Learning-rate schedules of Keras against the length that `fit` is told."""

import pytest

from tests.abstract_programs import findings, marked

HEADER = """
import math

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import callbacks, layers
from tensorflow.keras.optimizers import schedules

(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x, x_test = x / 255.0, x_test / 255.0
model = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
"""


def check(code: str, rule: str = "NN601") -> None:
    """The marked lines are told of by one rule, and no others."""
    text = HEADER + code
    assert [each for each in findings(text) if each[1].startswith("NN6")] == marked(text, rule)


def trained(schedule: str, fit: str) -> str:
    """A model whose rate follows a schedule, and how it is trained."""
    return f"""
rate = schedules.{schedule}
model.compile(keras.optimizers.Adam(learning_rate=rate), "sparse_categorical_crossentropy")
model.fit({fit})
model.evaluate(x_test, y_test)
"""


# 60,000 pictures are 600 batches of 100; a tenth held out leaves 540.
@pytest.mark.parametrize(
    ("schedule", "fit"),
    [
        ("ExponentialDecay(1e-3, decay_steps=20, decay_rate=0.5)", "x, y, epochs=10"),
        ("ExponentialDecay(1e-3, 100_000, 0.96, staircase=True)", "x, y, epochs=10"),
        ("ExponentialDecay(1e-3, 10**6, 0.96)", "x, y, epochs=5, validation_split=0.1"),
        ("InverseTimeDecay(1e-3, 1_000_000, 0.5)", "x, y, epochs=5"),
        ("CosineDecay(0.1, decay_steps=500)", "x, y, 100, 10"),
        ("CosineDecay(0.1, decay_steps=50_000)", "x, y, batch_size=100, epochs=10"),
        ("PolynomialDecay(0.1, 600, 0.0)", "x, y, batch_size=100, epochs=10"),
        ("PiecewiseConstantDecay([32_000, 48_000], [0.1, 0.01, 1e-3])", "x, y, 128, 20"),
        ("ExponentialDecay(1e-3, 10, 0.5)", "batches(), steps_per_epoch=100, epochs=8"),
    ],
)
def test_a_schedule_that_does_not_fit_the_batches_of_all_epochs(schedule: str, fit: str) -> None:
    check(trained(f"{schedule}  # error", fit))


@pytest.mark.parametrize(
    ("schedule", "fit"),
    [
        ("ExponentialDecay(1e-3, decay_steps=1000, decay_rate=0.9)", "x, y, epochs=10"),
        ("CosineDecay(0.1, decay_steps=6000)", "x, y, 100, 10"),
        ("CosineDecay(0.1, decay_steps=5400)", "x, y, 100, 10, validation_split=0.1"),
        ("PolynomialDecay(0.1, 6000)", "x, y, batch_size=100, epochs=10"),
        ("PiecewiseConstantDecay([3000, 4500], [0.1, 0.01, 1e-3])", "x, y, 100, 10"),
        ("ExponentialDecay(1e-3, 10, 0.5)", "batches(), epochs=8"),
        ("ExponentialDecay(1e-3, 10, 0.5)", "x, y, epochs=100, initial_epoch=99"),
        ("CosineDecayRestarts(1e-3, 100)", "x, y, epochs=10"),
        ("ExponentialDecay(1e-3, options.steps, 0.5)", "x, y, epochs=10"),
    ],
)
def test_a_schedule_that_fits_or_of_which_too_little_is_known(schedule: str, fit: str) -> None:
    check(trained(schedule, fit))


def test_batches_of_a_stream_are_counted() -> None:
    stream = "tf.data.Dataset.from_tensor_slices((x, y)).shuffle(9, seed=0).batch(100).prefetch(2)"
    check(f"rows = {stream}\n" + trained("CosineDecay(0.1, 600)  # error", "rows, epochs=10"))
    check(f"rows = {stream}\n" + trained("CosineDecay(0.1, 6000)", "rows, epochs=10"))
    several = "rows, epochs=10"
    check(f"rows = {stream}\n" + trained("CosineDecay(0.1, len(rows) * 10)", several))


def test_a_model_that_is_trained_again_and_again_takes_more_steps_than_one_training() -> None:
    check(
        """
rate = schedules.ExponentialDecay(1e-3, 10_000, 0.9, staircase=True)
model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
for turn in range(20):
    model.fit(x, y, epochs=1)
    model.evaluate(x_test, y_test)
"""
    )


@pytest.mark.parametrize(
    "schedule",
    [
        "CosineDecay(0.1, decay_steps=EPOCHS)",
        "PolynomialDecay(0.1, EPOCHS)",
        "PiecewiseConstantDecay([15, 25], [0.1, 0.01, 1e-3])",
    ],
)
def test_a_schedule_for_epochs_advances_at_each_batch(schedule: str) -> None:
    for data in ("x, y", "batches()"):
        text = trained(f"{schedule}  # error", f"{data}, epochs=EPOCHS")
        check("EPOCHS = 30\n" + text, "NN602")


def with_callback(callback: str, epochs: int) -> str:
    """A training with a callback."""
    return f"""
def drop(epoch):
    return 0.1 * math.pow(0.5, math.floor((1 + epoch) / 50))

def steps(epoch, rate):
    return rate if epoch < 10 else rate * math.exp(-0.1)

def warm(epoch, lr):
    if epoch < 5:
        return 1e-3 * (epoch + 1) / 5
    return 1e-3

model.compile("adam", "sparse_categorical_crossentropy")
slower = callbacks.{callback}
model.fit(x, y, epochs={epochs}, validation_split=0.1, callbacks=[slower])
model.evaluate(x_test, y_test)
"""


@pytest.mark.parametrize(
    ("callback", "epochs"),
    [
        ("LearningRateScheduler(drop)", 25),
        ("LearningRateScheduler(steps)", 8),
        ("LearningRateScheduler(lambda epoch: 1e-2 * 0.5 ** epoch)", 60),
        ("ReduceLROnPlateau(patience=10)", 10),
        ("ReduceLROnPlateau(monitor='val_loss', factor=0.2)", 8),
    ],
)
def test_a_callback_that_never_lowers_the_rate_or_soon_to_nothing(
    callback: str, epochs: int
) -> None:
    check(with_callback(f"{callback}  # error", epochs))


@pytest.mark.parametrize(
    ("callback", "epochs"),
    [
        ("LearningRateScheduler(drop)", 100),
        ("LearningRateScheduler(steps)", 20),
        ("LearningRateScheduler(warm)", 30),
        ("LearningRateScheduler(lambda epoch: 1e-3)", 30),
        ("LearningRateScheduler(lambda epoch: 1e-3 * 0.95 ** epoch)", 50),
        ("LearningRateScheduler(options.rate_of)", 50),
        ("ReduceLROnPlateau(patience=3)", 10),
        ("ReduceLROnPlateau(patience=5)", 4),
        ("EarlyStopping(patience=20)", 10),
    ],
)
def test_a_callback_that_fits_the_epochs(callback: str, epochs: int) -> None:
    check(with_callback(callback, epochs))
