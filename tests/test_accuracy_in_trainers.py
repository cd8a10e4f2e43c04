"""Accuracy alone, where a trainer takes it: of Hugging Face, of Lightning, of Keras."""

import pytest

from tests.abstract_programs import findings, marked

HUGGING_FACE = """
import evaluate
import numpy as np
import torch
from sklearn.metrics import accuracy_score
from transformers import Trainer, TrainingArguments
metric = evaluate.load("{metric}")
class Weighted(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False):
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        return torch.nn.functional.cross_entropy(outputs.logits, labels{weights})
def scores(predicted):
    chosen = np.argmax(predicted.predictions, axis=-1)
    return {score}  # error
trainer = Weighted(load_model(), TrainingArguments("out"), train_dataset=load(1),
                   eval_dataset=load(2), compute_metrics=scores)
"""
LIGHTNING = """
import lightning as L
import torch
import torchmetrics
from torch import nn
class Classifier(L.LightningModule):
    def __init__(self, share):
        super().__init__()
        self.net = nn.Linear(9, 2)
        self.loss = nn.CrossEntropyLoss(weight={weights})
        self.right = torchmetrics.Accuracy(task="multiclass", num_classes=2{average})
    def training_step(self, batch, index):
        x, y = batch
        return self.loss(self.net(x), y)
    def validation_step(self, batch, index):
        x, y = batch
        self.log("right", self.right(self.net(x), y))  # error
"""


def told(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN513"]


@pytest.mark.parametrize(
    "score",
    [
        "metric.compute(predictions=chosen, references=predicted.label_ids)",
        "dict(right=accuracy_score(predicted.label_ids, chosen))",
    ],
)
def test_the_scores_of_a_trainer_are_seen_beside_its_weighted_loss(score: str) -> None:
    weights = ", weight=torch.tensor([1.0, 9.0])"
    text = HUGGING_FACE.format(metric="accuracy", weights=weights, score=score)
    assert told(text) == marked(text, "NN513") != []
    assert not told(HUGGING_FACE.format(metric="accuracy", weights="", score=score))


def test_another_metric_of_a_trainer_is_none_of_accuracy_alone() -> None:
    score = "metric.compute(predictions=chosen, references=predicted.label_ids)"
    weights = ", weight=torch.tensor([1.0, 9.0])"
    assert not told(HUGGING_FACE.format(metric="f1", weights=weights, score=score))


def test_a_metric_of_lightning_is_seen_beside_the_loss_of_its_module() -> None:
    text = LIGHTNING.format(weights="torch.tensor([1.0, share])", average="")
    assert told(text) == marked(text, "NN513") != []


@pytest.mark.parametrize(
    ("weights", "average"),
    [("None", ""), ("torch.ones(2)", ""), ("torch.tensor([1.0, share])", ", average='macro'")],
)
def test_even_classes_and_means_over_classes_are_right(weights: str, average: str) -> None:
    assert not told(LIGHTNING.format(weights=weights, average=average))


@pytest.mark.parametrize(
    "metric", ["tf.keras.metrics.BinaryAccuracy()", "'accuracy'", "'sparse_categorical_accuracy'"]
)
def test_a_model_of_keras_is_compiled_with_an_accuracy_of_any_name(metric: str) -> None:
    text = f"""
import numpy as np
import tensorflow as tf
X, y = np.load("x.npy"), np.load("y.npy")
model = tf.keras.Sequential([tf.keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=[{metric}])  # error
model.fit(X, y, validation_split=0.2, class_weight={{0: 1.0, 1: 9.0}})
"""
    assert told(text) == marked(text, "NN513") != []


FITTED = """
import lightning as L
import torch.nn.functional as F
import torchmetrics
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
class Classifier(L.LightningModule):
    def __init__(self, weight):
        super().__init__()
        self.net, self.weight = nn.LazyLinear(2), weight
        self.right = torchmetrics.{metric}(task="multiclass", num_classes=2)
    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self.net(x), y{weighted})
    def validation_step(self, batch, index):
        x, y = batch
        self.right(self.net(x), y)
        self.log("right", self.right)  # error
first, second = DataLoader(ImageFolder("a"), 8, shuffle=True), DataLoader(ImageFolder("b"), 8)
L.Trainer().fit(Classifier(weights), first, second)
"""


def test_a_loss_of_the_training_is_weighted_and_the_validation_takes_accuracy() -> None:
    text = FITTED.format(metric="Accuracy", weighted=", weight=self.weight")
    assert told(text) == marked(text, "NN513") != []
    assert not told(FITTED.format(metric="Accuracy", weighted=""))
    assert not told(FITTED.format(metric="F1Score", weighted=", weight=self.weight"))
