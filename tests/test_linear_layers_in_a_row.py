"""Linear layers in a row, of torch and of Keras: those that are redundant, and those that are not."""

import pytest

from tests.abstract_programs import findings

STACK = """
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([keras.Input((20,)), {layers}])
model.compile("adam", "mse")
"""
FUNCTIONAL = """
from tensorflow import keras
from tensorflow.keras import layers
inputs = keras.Input((16, 64))
hidden = {hidden}
outputs = {outputs}
model = keras.Model(inputs, outputs)
"""
MODULE = """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(32, 32), nn.Linear(32, {width})

    def forward(self, x, edges):
        h = self.first(x)
        s = self.second(h)
        {lines}

Net()(torch.rand(4, 32), torch.rand(4, 4))
"""


def is_told(text: str) -> bool:
    return "NN408" in [code for _, code in findings(text)]


@pytest.mark.parametrize(
    "row",
    [
        "layers.Dense(64), layers.Dense(10)",
        "layers.Dense(64, activation=None), layers.Dense(64, activation='relu')",
        "layers.Dense(64), layers.Dropout(0.5), layers.Dense(32, activation='relu')",
        "layers.Reshape((5, 4, 1)), layers.Conv2D(8, 3), layers.Conv2D(8, 3, activation='relu')",
        (
            "layers.Reshape((5, 4, 1)), layers.Conv2D(8, 3), layers.BatchNormalization(), "
            "layers.Conv2D(8, 3)"
        ),
    ],
)
def test_nothing_bends_what_layers_of_keras_make(row: str) -> None:
    assert is_told(STACK.format(layers=row))


@pytest.mark.parametrize(
    "row",
    [
        "layers.Dense(64, activation='relu'), layers.Dense(10)",
        "layers.Dense(64), layers.LeakyReLU(), layers.Dense(10)",
        "layers.Dense(64), layers.Activation('tanh'), layers.Dense(10)",
        "layers.Dense(4), layers.Dense(20)",
        "layers.Dense(64, name='projection'), layers.Dense(10)",
        "layers.Dense(64), layers.BatchNormalization(), layers.ReLU(), layers.Dense(10)",
        (
            "layers.Reshape((5, 4, 1)), layers.Conv2D(8, 3, 1, 'same', None, 1, 1, 'relu'), "
            "layers.Conv2D(8, 3)"
        ),
        "layers.Reshape((5, 4, 1)), layers.Conv2D(8, 3), layers.Conv2D(8, 1)",
        "layers.Reshape((5, 4, 1)), layers.Conv2D(8, 3), layers.MaxPooling2D(), layers.Conv2D(8, 3)",
    ],
)
def test_these_are_bent_or_are_narrow_in_between(row: str) -> None:
    assert not is_told(STACK.format(layers=row))


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        ("layers.Dense(1)(hidden)", True),
        ("layers.Dense(64)(hidden)", True),
        ("layers.Multiply()([hidden, layers.Dense(64)(hidden)])", False),
        ("layers.Add()([hidden, layers.ReLU()(layers.Dense(64)(hidden))])", False),
    ],
)
def test_what_goes_past_a_layer_of_keras_is_not_only_there_for_it(outputs: str, told: bool) -> None:
    hidden = "layers.Dense(64)(inputs)"
    assert is_told(FUNCTIONAL.format(hidden=hidden, outputs=outputs)) is told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("return s", True),
        ("return torch.sigmoid(s) * 2", True),
        ("return (F.softmax(s, dim=0) * h).sum(0)", False),
        ("return torch.einsum('nk,nd->kd', s, h)", False),
        ("return torch.cat([h, s], dim=1)", False),
        ("self.kept = h\n        return s", False),
        ("return {'scores': s, 'features': h}", False),
        ("return s, h", False),
        ("return edges.scatter_add(0, edges, h[edges] * s[edges])", False),
    ],
)
def test_what_goes_past_the_second_layer_is_not_only_there_for_it(lines: str, told: bool) -> None:
    assert is_told(MODULE.format(width=1, lines=lines)) is told


NEAR_AND_NAMED = """
import torch
from torch import nn

class Marker(nn.Module):
    def __init__(self):
        super().__init__()
        self.near = nn.Linear(64, 10)
        self.name = nn.Linear(10, 8)
        self.bend = {bend}

    def forward(self, found):
        near = self.near(found)
        name = self.name(near)
        {lines}

model = Marker()
print(model(torch.rand(4, 64)))
"""


@pytest.mark.parametrize(
    ("bend", "lines", "told"),
    [
        ("nn.ReLU()", "return self.bend(near), name", False),
        ("nn.ReLU()", "near = self.bend(near)\n        return name, near", False),
        ("nn.ReLU()", "return {'near': torch.tanh(self.bend(near)), 'name': name}", False),
        ("nn.ReLU()", "return name", True),
        ("nn.ReLU()", "near = self.bend(near)\n        return name", True),
        ("nn.ReLU()", "return self.bend(name)", True),
        ("nn.Sequential(nn.Linear(10, 8), nn.ReLU())", "return self.bend(near), name", True),
    ],
)
def test_what_is_bent_beside_the_second_layer_goes_somewhere_else(
    bend: str, lines: str, told: bool
) -> None:
    assert is_told(NEAR_AND_NAMED.format(bend=bend, lines=lines)) is told


TURNED = """
import copy
import torch
from torch import nn

def keep(*given):
    return None

class Turned(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 2)
        self.turn = nn.Linear(2, 2)
        {hold}

    def forward(self, x):
        return self.turn(self.first(x))

model = {model}
print(model(torch.rand(4, 8)))
"""


@pytest.mark.parametrize("model", ["Turned()", "copy.deepcopy(Turned())"])
@pytest.mark.parametrize(
    ("hold", "told"),
    [
        ("pass", True),
        ("self.turn.weight.requires_grad = False", False),
        ("self.turn.register_full_backward_hook(keep)", False),
        ("self.turn.register_backward_hook(keep)", False),
        ("self.turn.weight.register_hook(keep)", False),
        ("self.turn.register_forward_hook(keep)", True),
    ],
)
def test_a_layer_whose_weights_are_held_is_no_redundant_one(
    hold: str, told: bool, model: str
) -> None:
    assert is_told(TURNED.format(hold=hold, model=model)) == told


@pytest.mark.parametrize(
    ("name", "told"), [("Net", True), ("DummyNet", False), ("MockEncoder", False)]
)
def test_a_model_that_is_only_there_to_be_tried_need_not_bend_anything(
    name: str, told: bool
) -> None:
    text = MODULE.format(width=8, lines="return s").replace("Net", name)
    assert is_told(text) == told


LATENT = """
from torch import nn


class Net(nn.Module):
    def __init__(self, steps=10, NAME=16):
        super().__init__()
        self.first = nn.Linear(steps, NAME)
        self.second = nn.Linear(NAME, steps)

    def forward(self, x):
        return self.second(self.first(x))
"""


@pytest.mark.parametrize(("name", "told"), [("latent_dim", False), ("hidden", True)])
def test_what_is_called_latent_is_narrow_on_purpose(name: str, told: bool) -> None:
    found = [code for _, code in findings(LATENT.replace("NAME", name))]
    assert ("NN408" in found) is told


STUDIED = """
from torch import nn
class NAME(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.first, self.last = nn.Linear(20, 30), nn.Linear(30, 10)
        self.middle = nn.Linear(30, 30) if depth > 2 else LAYER

    def forward(self, x):
        return self.last(self.middle(self.first(x)))
net = NAME(3)
"""


@pytest.mark.parametrize(
    ("name", "layer", "told"),
    [
        ("Linear_Network", "None", False),
        ("DeepLinearNet", "None", False),
        ("Net", "None", True),
        ("LinearHead", "None", True),
        ("NonLinearNet", "None", True),
    ],
)
def test_a_network_that_is_called_linear_is_studied_without_bends(
    name: str, layer: str, told: bool
) -> None:
    text = STUDIED.replace("NAME", name).replace("LAYER", layer)
    assert is_told(text) == told
