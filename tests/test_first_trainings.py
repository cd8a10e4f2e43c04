"""decay-on-first-run (NN607): what a first training does without; learning-rate-out-of-range (NN606)."""

from textwrap import dedent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.rulebook import rulebook


def _told(code: str, text: str) -> bool:
    source = Source(dedent(text), "first.py")
    return bool(analyze(source, Project([source]), [rulebook("code").find(code)]).findings)


TRAINING = """
import torch
import torch.nn.functional as F
model = torch.nn.Linear(3, 2)
optimizer = OPTIMIZER
for x, y in batches():
    optimizer.zero_grad()
    LOSS.backward()
    optimizer.step()
"""
MEAN = "F.cross_entropy(model(x), y)"


@pytest.mark.parametrize(
    ("options", "told"),
    [("lr=1e-3, weight_decay=0.1", True), ("lr=1e-3, weight_decay=0", False), ("lr=1e-3", False)],
)
def test_a_first_training_decays_no_weights(options: str, told: bool) -> None:
    text = TRAINING.replace("OPTIMIZER", f"torch.optim.AdamW(model.parameters(), {options})")
    assert _told("NN607", text.replace("LOSS", MEAN)) == told


@pytest.mark.parametrize(
    ("rate", "told"),
    [("keras.optimizers.schedules.ExponentialDecay(1e-3, 500, 0.9)", True), ("1e-3", False)],
)
def test_schedules_of_keras_are_schedules(rate: str, told: bool) -> None:
    text = f"""
    import keras
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam({rate}), "mse")
    model.fit(x, y)
    """
    assert _told("NN607", text) == told


@pytest.mark.parametrize(
    ("rate", "loss", "told"),
    [
        ("1e-7", MEAN, True),
        ("1e-4", MEAN, False),
        ("1e-7", 'F.cross_entropy(model(x), y, reduction="sum")', False),
        ("1e-7", "F.mse_loss(model(x), y)", False),
    ],
)
def test_plain_descent_may_be_slow_where_losses_are_large(rate: str, loss: str, told: bool) -> None:
    text = TRAINING.replace("OPTIMIZER", f"torch.optim.SGD(model.parameters(), lr={rate})")
    assert _told("NN606", text.replace("LOSS", loss)) == told


KERAS = """
import keras
from keras import layers
model = keras.Sequential([FIRST, layers.Dense(8, "relu"), layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(RATE), loss="mse")
model.fit(x, y, epochs=9, callbacks=[CALLBACK])
"""


@pytest.mark.parametrize(
    ("rate", "callback", "told"),
    [
        ("learning_rate=0.3", "", True),
        ("0.3", "", True),
        ("lr=0.3", "", True),
        ("learning_rate=0.01", "", False),
        ("learning_rate=0.3", "keras.callbacks.LearningRateScheduler(lower)", False),
        ("learning_rate=settings()", "", False),
    ],
)
def test_rates_of_keras_are_as_those_of_torch(rate: str, callback: str, told: bool) -> None:
    text = KERAS.replace("RATE", rate).replace("CALLBACK", callback)
    assert _told("NN606", text.replace("FIRST", "layers.Dense(8)")) == told


@pytest.mark.parametrize(
    ("rate", "line", "told"),
    [
        ("1e-2", "", True),
        ("1e-3", "", False),
        ("1e-2", "for p in model.base.parameters(): p.requires_grad = False", False),
    ],
)
def test_a_whole_model_that_is_fine_tuned_wants_small_steps(
    rate: str, line: str, told: bool
) -> None:
    text = f"""
    import torch
    from transformers import AutoModelForSequenceClassification
    model = AutoModelForSequenceClassification.from_pretrained("roberta-base")
    {line}
    optimizer = torch.optim.AdamW(model.parameters(), lr={rate})
    for ids, labels in batches():
        optimizer.zero_grad()
        model(ids, labels=labels).loss.backward()
        optimizer.step()
    """
    assert _told("NN606", text) == told


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        ("torch.nn.Dropout(0.5)", True),
        ("torch.nn.Dropout(p=0.0)", False),
        ("torch.nn.Dropout(rate())", False),
        ("torch.nn.ReLU()", False),
        ("torch.nn.CrossEntropyLoss(label_smoothing=0.1)", True),
    ],
)
def test_a_first_training_drops_and_smooths_nothing(layer: str, told: bool) -> None:
    text = TRAINING.replace("model =", f"part = {layer}\nmodel =").replace("LOSS", MEAN)
    text = text.replace("OPTIMIZER", "torch.optim.SGD(model.parameters(), lr=0.1)")
    assert _told("NN607", text) == told


@pytest.mark.parametrize(
    ("first", "callback", "told"),
    [
        ("layers.Dense(8, kernel_regularizer='l2')", "", True),
        ("layers.Dropout(0.2)", "", True),
        ("layers.Dense(8)", "keras.callbacks.ReduceLROnPlateau()", True),
        ("layers.Dense(8, kernel_regularizer=None)", "", False),
    ],
)
def test_a_first_training_with_keras_is_plain(first: str, callback: str, told: bool) -> None:
    text = KERAS.replace("FIRST", first).replace("CALLBACK", callback).replace("RATE", "1e-3")
    assert _told("NN607", text) == told


@pytest.mark.parametrize(
    ("rate", "loss", "told"),
    [
        ("8.0", "F.mse_loss(model(x), y)", True),
        ("1.0", "F.mse_loss(model(x), y)", False),
        ("8.0", "F.mse_loss(torch.sigmoid(model(x)), y)", False),
        ("8.0", "F.mse_loss(build()(x), y)", False),
        ("30.0", MEAN, False),
    ],
)
def test_large_steps_of_plain_descent_are_for_classes_alone(
    rate: str, loss: str, told: bool
) -> None:
    text = TRAINING.replace("OPTIMIZER", f"torch.optim.SGD(model.parameters(), lr={rate})")
    assert _told("NN606", text.replace("LOSS", loss)) == told
