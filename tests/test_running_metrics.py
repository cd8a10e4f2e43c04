"""metric-miscounted (NN808): objects that put a metric together, and are never set back."""

import pytest

from tests.abstract_programs import findings

TORCH = """
import torch
import torchmetrics
from torch import nn


def fit(model, train_loader, val_loader, optimizer):
    metric = METRIC
    for epoch in range(9):
        BEGIN
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        with torch.no_grad():
            for inputs, labels in val_loader:
                metric.update(model(inputs), labels)
        print(epoch, metric.compute())
        END
"""
KERAS = """
import tensorflow as tf
from tensorflow import keras
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer, right = keras.optimizers.Adam(), keras.metrics.SparseCategoricalAccuracy()
for epoch in range(5):
    BEGIN
    for inputs, labels in batches:
        with tf.GradientTape() as tape:
            scores = model(inputs, training=True)
            loss = loss_of(labels, scores)
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(gradients, model.trainable_weights))
        right.update_state(labels, scores)
    print(right.result())
    END
"""


def _told(program: str, **words: str) -> bool:
    for word, text in {"BEGIN": "pass", "END": "pass", **words}.items():
        program = program.replace(word, text)
    lines = [line for line, code in findings(program) if code == "NN808"]
    asked = [at for at, line in enumerate(program.splitlines(), 1) if "print(" in line]
    assert lines in ([], asked)
    return bool(lines)


@pytest.mark.parametrize(
    "metric",
    [
        'torchmetrics.Accuracy(task="multiclass", num_classes=9)',
        'torchmetrics.Accuracy(task="multiclass", num_classes=9).to("cuda")',
        'torchmetrics.F1Score(task="multiclass", num_classes=9)',
        "torchmetrics.classification.MulticlassJaccardIndex(9)",
    ],
)
def test_a_metric_of_torchmetrics_is_set_back_in_each_epoch(metric: str) -> None:
    assert _told(TORCH, METRIC=metric)
    assert not _told(TORCH, METRIC=metric, BEGIN="metric.reset()")
    assert not _told(TORCH, METRIC=metric, END="metric.reset()")
    assert not _told(TORCH, METRIC=metric, END="set_back(metric)")
    assert not _told(TORCH, METRIC=metric, BEGIN=f"metric = {metric}")


def test_a_metric_of_keras_is_set_back_in_each_epoch() -> None:
    assert _told(KERAS)
    assert not _told(KERAS, BEGIN="right.reset_state()")
    assert not _told(KERAS, END="right.reset_states()")
    assert not _told(KERAS, END="for each in (right,): each.reset_state()")


def test_what_is_summed_over_all_steps_of_a_training_without_epochs_is_left_alone() -> None:
    assert not _told(KERAS.replace("for epoch in range(5)", "for day in range(5)"))
