"""Softmax by hand (NN705), hidden NaN (NN703), autocast on the way back (NN704) and angles (NN701)."""

import pytest

from tests.abstract_programs import findings

HEAD = """
import torch
from torch import nn
import torch.nn.functional as F
"""


def _told(code: str, body: str) -> bool:
    return code in [each for _, each in findings(HEAD + body)]


@pytest.mark.parametrize(
    ("quotient", "told"),
    [
        ("torch.div(torch.exp(z), torch.sum(torch.exp(z), dim=1).unsqueeze(1))", True),
        ("torch.exp(z) / torch.exp(z).sum(1)[:, None]", True),
        ("torch.exp(z) / (torch.exp(z).sum(1, keepdim=True) + 1e-8)", True),
        ("torch.exp(z) / torch.exp(z).sum(1, keepdim=True).clamp(min=1e-8)", True),
        ("torch.exp(z) / (1 + torch.exp(z))", False),
        ("torch.exp(-z) / torch.exp(-z).sum(1).unsqueeze(1)", False),
    ],
)
def test_a_softmax_by_hand_is_one_however_the_sum_is_shaped(quotient: str, told: bool) -> None:
    body = f"""
class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.scores = nn.Linear(4, 3)
    def forward(self, x):
        z = self.scores(x)
        return {quotient}
Gate()(torch.randn(2, 4))
"""
    assert _told("NN705", body) == told


@pytest.mark.parametrize(("temperature", "told"), [("0.01", True), ("0.07", False), ("t", False)])
def test_cosines_overflow_where_the_temperature_is_low_enough(temperature: str, told: bool) -> None:
    body = f"""
def contrast(a, b, t):
    scores = F.normalize(a, dim=1) @ F.normalize(b, dim=1).t() / {temperature}
    return torch.log(torch.exp(scores).sum(dim=1)).mean()
"""
    assert _told("NN705", body) == told


@pytest.mark.parametrize(
    ("vectors", "told"),
    [
        ("torch.cat((F.normalize(a, dim=1), F.normalize(b, dim=1)), dim=0)", False),
        ("torch.stack([F.normalize(a, dim=1), F.normalize(b, dim=1)]).flatten(0, 1)", False),
        ("torch.cat([a / a.norm(dim=1, keepdim=True), F.normalize(b)])", False),
        ("torch.cat([a, F.normalize(b, dim=1)], dim=0)", True),
        ("torch.cat([a, b], dim=0)", True),
    ],
)
def test_vectors_keep_their_length_when_they_are_put_together(vectors: str, told: bool) -> None:
    body = f"""
def contrast(a, b, t):
    both = {vectors}
    return torch.log(torch.exp(both @ both.T / t).sum(dim=1)).mean()
"""
    assert _told("NN705", body) == told


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ("10 * torch.tanh(z)", False),
        ("torch.tanh(z) * 10", False),
        ("torch.tanh(z) * 500", True),
        ("scale.exp() * F.normalize(z, dim=1) @ F.normalize(w, dim=1).t()", False),
        ("(F.normalize(z, dim=1) @ F.normalize(w, dim=1).t()) * 500", True),
        ("10 * z", True),
        ("torch.tensor(1.0)", False),
    ],
)
def test_what_lies_within_bounds_may_be_enlarged_a_little(scores: str, told: bool) -> None:
    body = f"""
def contrast(z, w, scale):
    scores = {scores}
    return torch.log(torch.exp(scores).sum())
"""
    assert _told("NN705", body) == told


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("torch.nan_to_num(self.out(self.hidden(x)))", True),
        ("self.out(torch.nan_to_num(self.hidden(x)))", False),
        ("self.out(self.hidden(torch.nan_to_num(x)))", False),
    ],
)
def test_what_a_whole_model_puts_out_is_not_replaced(returned: str, told: bool) -> None:
    body = f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = nn.Linear(4, 4), nn.Linear(4, 3)
    def forward(self, x):
        return {returned}
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert _told("NN703", body) == told


@pytest.mark.parametrize(("dtype", "told"), [("", True), (", dtype=torch.bfloat16", False)])
def test_a_scaled_loss_goes_back_outside_of_autocast_on_any_device(dtype: str, told: bool) -> None:
    body = f"""
def train(model, batches, optimizer, device):
    scaler = torch.amp.GradScaler(device.type)
    for x, y in batches:
        optimizer.zero_grad()
        with torch.autocast(device.type{dtype}):
            loss = F.cross_entropy(model(x), y)
            scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
"""
    assert _told("NN704", body) == told


@pytest.mark.parametrize(
    ("cosine", "told"),
    [
        ("(trace - 1) / 2", True),
        ("0.5 * (trace - 1)", True),
        ("((trace - 1) / 2).clamp(-0.999, 0.999)", False),
        ("trace / 2", False),
    ],
)
def test_the_angle_of_a_rotation_is_clamped(cosine: str, told: bool) -> None:
    body = f"""
def train(model, batches, optimizer):
    for x, turned in batches:
        optimizer.zero_grad()
        trace = torch.einsum("bij,bij->b", model(x), turned)
        torch.acos({cosine}).mean().backward()
        optimizer.step()
"""
    assert _told("NN701", body) == told


@pytest.mark.parametrize(
    ("vectors", "told"), [("F.normalize(net(x), dim=1)", False), ("net(x)", True)]
)
def test_vectors_of_length_one_keep_it_in_every_shape(vectors: str, told: bool) -> None:
    body = f"""
net = nn.Linear(20, 10)
optimizer = torch.optim.Adam(net.parameters())
for x in torch.load("rows.pt"):
    one = {vectors}
    both = one.unsqueeze(0).repeat(3, 1, 1), one.T.unsqueeze(0).repeat(3, 1, 1)
    weights = torch.exp(torch.bmm(*both) / 0.1)
    loss = -(weights / weights.sum(dim=0, keepdim=True)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
    assert _told("NN705", body) == told


@pytest.mark.parametrize(
    ("clip", "told"),
    [
        ("keras.ops.clip(scores, 1e-7, 1 - 1e-7)", False),
        ("tf.clip_by_value(scores, 1e-7, 1.0 - 1e-7)", False),
        ("scores", True),
    ],
)
def test_probabilities_of_keras_may_be_clipped(clip: str, told: bool) -> None:
    program = f"""
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="sigmoid")])
def loss_of(labels, scores):
    scores = {clip}
    return -tf.reduce_mean(labels * tf.math.log(scores) + (1 - labels) * tf.math.log(1 - scores))
print(loss_of(labels, model.predict(rows)))
"""
    assert ("NN701" in dict(findings(program)).values()) is told


TRAINING = """
encode = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
decode = nn.Linear(4, 8)
optimizer = torch.optim.Adam([*encode.parameters(), *decode.parameters()], lr=1e-3)
for batch in batches:
    spread = encode(batch)
    loss = F.mse_loss(decode({}), batch)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def test_the_root_of_a_relu_is_learned_by_whatever_layers_lie_behind_it() -> None:
    assert _told("NN701", TRAINING.format("torch.randn_like(spread) * spread.sqrt()"))
    assert not _told("NN701", TRAINING.format("torch.randn_like(spread) * (spread + 1e-6).sqrt()"))
    assert not _told("NN701", TRAINING.format("spread) + 0 * decode(spread.detach().sqrt()"))


TAPE = """optimizer = keras.optimizers.Adam()
    for step in range(10):
        with tf.GradientTape() as tape:
            loss = rmse(targets, model(samples))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
"""
ROOT_OF_LOSS = """
import tensorflow as tf
from tensorflow import keras
def rmse(targets, predictions):
    return tf.sqrt(tf.reduce_mean(tf.square(targets - predictions)))
def fit(samples, targets):
    model = keras.Sequential([keras.layers.Dense(1)])
    {}
"""


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ('model.compile("adam", loss=rmse)', True),
        ('model.compile("adam", loss="mse", metrics=[rmse])', False),
        (TAPE, True),
    ],
)
def test_keras_learns_by_the_root_of_a_loss_that_it_is_compiled_with(
    training: str, told: bool
) -> None:
    assert ("NN701" in [each for _, each in findings(ROOT_OF_LOSS.format(training))]) == told


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("torch.where(y == 1, p, 1 - p)", True),
        ("torch.where(y > 0.5, p, 1 - p)", True),
        ("torch.where(y == 0, 1 - p, p)", True),
        ("p * y + (1 - p) * (1 - y)", True),
        ("(1 - y) * (1 - p) + y * p", True),
        ("torch.where(p > 0.5, p, 1 - p)", False),
        ("torch.where(y == 1, p, 1 - p) + 1e-6", False),
        ("torch.where(y == 1, p, 1 - p).clamp(min=1e-6)", False),
        ("torch.where(y == 1, p, torch.ones_like(p))", False),
        ("p * w + (1 - p) * (1 - v)", False),
    ],
)
def test_what_a_sigmoid_says_of_the_true_class_may_be_zero(chosen: str, told: bool) -> None:
    body = f"""
class Focal(nn.Module):
    def forward(self, z, y, w, v):
        p = torch.sigmoid(z)
        true = {chosen}
        return -((1 - true) ** 2 * torch.log(true)).mean()


model, focal = nn.Linear(4, 1), Focal()
optimizer = torch.optim.Adam(model.parameters())
for x, y, w, v in torch.load("batches.pt"):
    optimizer.zero_grad()
    focal(model(x), y, w, v).backward()
    optimizer.step()
"""
    assert _told("NN701", body) == told
