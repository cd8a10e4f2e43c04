"""Evaluations that leave samples out: behind whole batches, and behind so many batches."""

import pytest

from tests.abstract_programs import findings

EVALUATE = """\
import itertools
import math
import torch
import torch.nn.functional as F
def evaluate(model, x_test, y_test, size):
    model.eval()
    right = 0
    count = {count}
    with torch.no_grad():
        for batch in range(count):
            scores = model(x_test[batch * size : (batch + 1) * size])
            right += (scores.argmax(1) == y_test[batch * size : (batch + 1) * size]).sum().item()
    {rest}
    return right / (count * size)
"""


def count_of(text: str) -> int:
    return sum(code == "NN515" for _, code in findings(text))


@pytest.mark.parametrize(
    ("count", "rest", "told"),
    [
        ("len(x_test) // size", "print(right)", 1),
        ("x_test.shape[0] // size", "print(right)", 1),
        ("1000 // 64", "print(right)", 1),
        ("1000 // 100", "print(right)", 0),
        ("math.ceil(len(x_test) / size)", "print(right)", 0),
        ("-(-len(x_test) // size)", "print(right)", 0),
        ("(len(x_test) + size - 1) // size", "print(right)", 0),
        ("len(x_test) // size + 1", "print(right)", 0),
        ("len(x_test) // size", "right += score(model, x_test[count * size :])", 0),
    ],
)
def test_what_is_left_over_behind_whole_batches_judges_too(
    count: str, rest: str, told: int
) -> None:
    assert count_of(EVALUATE.format(count=count, rest=rest)) == told


NAMELESS = """\
import torch
import torch.nn.functional as F
a, b, c, d = torch.load("tensors.pt")
net = torch.nn.Linear(20, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(10):
    order = torch.randperm(len(a))
    for k in range(len(a) // 64):
        rows = order[k * 64 : (k + 1) * 64]
        optimizer.zero_grad()
        F.cross_entropy(net(a[rows]), b[rows]).backward()
        optimizer.step()
    right = 0
    with torch.no_grad():
        for k in range({count}):
            answer = net({given}[k * 64 : (k + 1) * 64])
            {score}
    print(right)
"""
HITS = "right += (answer.argmax(1) == d[k * 64 : (k + 1) * 64]).sum().item()"


@pytest.mark.parametrize(
    ("count", "given", "score", "told"),
    [
        ("len(c) // 64", "c", HITS, 1),
        ("(len(c) + 63) // 64", "c", HITS, 0),
        ("len(c) // 64", "c", "right += float(answer.norm())", 0),
        ("len(a_train) // 64", "a_train", HITS, 0),
    ],
)
def test_hits_judge_whatever_the_arrays_are_called(
    count: str, given: str, score: str, told: int
) -> None:
    text = NAMELESS.format(count=count, given=given, score=score)
    assert count_of(text.replace("a, b,", "a, b, a_train,") if given != "c" else text) == told


def test_a_training_may_leave_over_what_fills_no_batch() -> None:
    text = """
import torch
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters())
def train(x, y, size):
    for batch in range(len(x) // size):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(
            model(x[batch * size : (batch + 1) * size]), y[batch * size : (batch + 1) * size]
        )
        loss.backward()
        optimizer.step()
"""
    assert count_of(text) == 0


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("for x, y in itertools.islice(val_loader, 50):", 1),
        ("for _, (x, y) in zip(range(50), val_loader):", 1),
        ("for x, y in itertools.islice(val_loader, most):", 0),
        ("for _, (x, y) in zip(range(count), val_loader):", 0),
        ("for _, (x, y) in zip(range(100000), val_loader):", 0),
        ("for x, y in val_loader:", 0),
    ],
)
def test_so_many_batches_are_not_all_there_are(head: str, told: int) -> None:
    text = f"""
import itertools
import torch
def validate(model, val_loader, most):
    model.eval()
    right = seen = 0
    with torch.no_grad():
        {head}
            right += (model(x).argmax(1) == y).sum().item()
            seen += len(y)
    return right / seen
"""
    assert count_of(text) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("steps=pictures.samples // 32", 1),
        ("steps=count", 1),
        ("steps=math.ceil(pictures.samples / 32)", 0),
        ("steps=len(pictures)", 0),
        ("verbose=0", 0),
    ],
)
def test_keras_is_not_told_of_whole_batches_only(given: str, told: int) -> None:
    text = f"""
import math
from keras.models import load_model
from keras.preprocessing.image import ImageDataGenerator
pictures = ImageDataGenerator(rescale=1 / 255).flow_from_directory("test", shuffle=False)
count = pictures.samples // 32
model = load_model("model.keras")
print(model.evaluate(pictures, {given}))
"""
    assert count_of(text) == told


def test_a_loaded_model_is_judged_by_all_of_a_stream() -> None:
    text = """
import numpy as np
import tensorflow as tf
data = tf.data.Dataset.from_tensor_slices((np.load("x.npy"), np.load("y.npy")))
model = tf.keras.models.load_model("model.keras")
print(model.evaluate(data.batch(100{more})))
"""
    assert count_of(text.format(more=", drop_remainder=True")) == 1
    assert count_of(text.format(more="")) == 0


def test_loaders_that_are_gone_through_in_a_loop_are_judged_by() -> None:
    text = """
import torch
from torch.utils.data import DataLoader, TensorDataset
x, y = torch.randn(2000, 3), torch.randn(2000, 1)
options = {"batch_size": 128, "drop_last": True}
train_loader = DataLoader(TensorDataset(x[:1700], y[:1700]), shuffle=True, **options)
test_loader = DataLoader(TensorDataset(x[1700:], y[1700:]), **options)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters())
for a, b in train_loader:
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(a), b).backward()
    optimizer.step()
for name, loader in (("train", train_loader), ("test", test_loader)):
    total = 0.0
    with torch.no_grad():
        for a, b in loader:
            total += ((model(a) - b) ** 2).sum().item()
    print(name, total)
"""
    assert count_of(text) == 1


@pytest.mark.parametrize(
    ("name", "count"), [("test_loader", 1), ("loader", 0), ("train_loader", 0)]
)
def test_a_loader_of_what_was_read_from_a_file_may_drop_what_judges(name: str, count: int) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader
{name} = DataLoader(torch.load("rows.pt"), 32, drop_last=True)
net = nn.Linear(4, 2).eval()
with torch.no_grad():
    print(sum((net(x).argmax(1) == y).sum() for x, y in {name}))
"""
    assert [code for _, code in findings(text)].count("NN515") == count


ASKED = """
import numpy as np
from tensorflow import keras
x_test, y_test = np.load("x_test.npy"), np.load("y_test.npy")
class Judge:
    def __init__(self, path, size=64):
        self.model, self.size = keras.models.load_model(path), size
    def share(self):
        right, size = 0, self.size
        for batch in range({count}):
            guess = self.model.predict_on_batch(x_test[batch * size : (batch + 1) * size])
            right += (guess.argmax(1) == y_test[batch * size : (batch + 1) * size]).sum()
        return right / len(x_test)
print(Judge("m.keras").share())
"""


@pytest.mark.parametrize(
    ("count", "told"), [("len(x_test) // size", 1), ("-(-len(x_test) // size)", 0)]
)
def test_whatever_predicts_is_asked_about_all_rows(count: str, told: int) -> None:
    assert count_of(ASKED.format(count=count)) == told
