"""Rules about layers, initialisation and heads, in forms that programs write them in as well."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
from torchvision.models import mobilenet_v2, vgg16
"""

WRONG = {
    "NN413 one layer unpacked from a list of itself": """
        class Stack(nn.Module):
            def __init__(self, width, depth):
                super().__init__()
                layer = nn.TransformerEncoderLayer(width, 4, batch_first=True)
                self.layers = nn.Sequential(*[layer for _ in range(depth)])  # error

            def forward(self, x):
                return self.layers(x)
        """,
    "NN413 one block that each round appends is told once": """
        class Block(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.fc = nn.Linear(width, width)

            def forward(self, x):
                return torch.relu(self.fc(x))

        class Stack(nn.Module):
            def __init__(self, width):
                super().__init__()
                block = Block(width)
                self.blocks = nn.ModuleList()
                for _ in range(3):
                    self.blocks.append(block)  # error
        """,
    "NN409 made for ReLU in so many words, before tanh": """
        def fill(layer):
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")  # error
        net = nn.Sequential(nn.Linear(6, 40), nn.Tanh(), nn.Linear(40, 2))
        net.apply(fill)
        net(torch.randn(5, 6))
        """,
    "NN416 the parameters of a part of the model are frozen": """
        def tune(loader):
            net = vgg16(weights="DEFAULT")  # error
            for weight in net.features.parameters():
                weight.requires_grad = False
            optimizer = torch.optim.Adam(net.classifier.parameters(), lr=1e-4)
            for x, y in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(net(x), y).backward()
                optimizer.step()
        """,
    "NN411 dropout by a function": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.norm = nn.Linear(9, 30), nn.BatchNorm1d(30)
                self.last = nn.Linear(30, 2)

            def forward(self, x):
                x = nn.functional.dropout(torch.relu(self.first(x)), 0.3, self.training)
                return self.last(self.norm(x))  # error
        """,
    "NN411 in a chain of Keras": """
        from tensorflow.keras import Input, Model, layers
        start = Input((64,))
        x = layers.Dense(128, activation="relu")(start)
        x = layers.Dropout(0.4)(x)
        x = layers.BatchNormalization()(x)  # error
        model = Model(start, layers.Dense(1)(x))
        """,
    "NN405 in a function of Keras": """
        from tensorflow.keras import Input, layers
        def block(x, filters):
            x = layers.Conv2D(filters, 3, padding="same")(x)  # error
            x = layers.BatchNormalization()(x)
            return layers.ReLU()(x)
        block(Input((32, 32, 3)), 16)
        """,
    "NN405 in a list of layers of Keras": """
        from tensorflow import keras
        model = keras.Sequential([
            keras.layers.Dense(64),  # error
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.Dense(1),
        ])
        model.compile("adam", "mse")
        """,
    "NN410 weights that Keras is told in the training": """
        import numpy as np
        from tensorflow import keras
        rest, rare = 9800, 200
        model = keras.Sequential([
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),  # error
        ])
        model.compile("adam", "binary_crossentropy")
        model.fit(np.load("x.npy"), np.load("y.npy"), class_weight={0: 1.0, 1: rest / rare})
        """,
}

RIGHT = {
    "NN413 a layer for each place, unpacked": """
        class Stack(nn.Module):
            def __init__(self, width, depth):
                super().__init__()
                self.layers = nn.Sequential(*[nn.Linear(width, width) for _ in range(depth)])

            def forward(self, x):
                return self.layers(x)
        """,
    "NN409 told of tanh": """
        def fill(layer):
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="tanh")
        net = nn.Sequential(nn.Linear(6, 40), nn.Tanh(), nn.Linear(40, 2))
        net.apply(fill)
        net(torch.randn(5, 6))
        """,
    "NN409 told of ReLU, before ReLU": """
        def fill(layer):
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        net = nn.Sequential(nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 2))
        net.apply(fill)
        net(torch.randn(5, 6))
        """,
    "NN416 a part of the model is frozen and its head replaced": """
        def tune(loader):
            net = mobilenet_v2(weights="DEFAULT")
            for weight in net.features.parameters():
                weight.requires_grad = False
            net.classifier[1] = nn.Linear(1280, 3)
            optimizer = torch.optim.Adam(net.classifier.parameters(), lr=1e-4)
            for x, y in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(net(x), y).backward()
                optimizer.step()
        """,
    "NN416 a part of the model is handed to code that nobody can look into": """
        from elsewhere import with_new_head
        def tune(loader):
            net = vgg16(weights="DEFAULT")
            with_new_head(net.classifier)
            optimizer = torch.optim.Adam(net.classifier.parameters(), lr=1e-4)
            for x, y in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(net(x), y).backward()
                optimizer.step()
        """,
    "NN411 dropout by a function that is switched off": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.norm = nn.Linear(9, 30), nn.BatchNorm1d(30)

            def forward(self, x):
                x = nn.functional.dropout(torch.relu(self.first(x)), 0.3, False)
                return self.norm(x)
        """,
    "NN411 a layer lies between": """
        from tensorflow.keras import Input, layers
        x = layers.Dropout(0.4)(Input((64,)))
        layers.BatchNormalization()(layers.Dense(32, use_bias=False)(x))
        """,
    "NN405 of Keras with an activation or without a bias": """
        from tensorflow import keras
        model = keras.Sequential([
            keras.layers.Dense(64, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(64, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(64),
            keras.layers.LayerNormalization(),
            keras.layers.Dense(64),
            keras.layers.BatchNormalization(center=False),
        ])
        model.compile("adam", "mse")
        """,
    "NN410 of Keras with a bias of its own": """
        import numpy as np
        from tensorflow import keras
        rest, rare = 9800, 200
        start = keras.initializers.Constant(np.log(rare / rest))
        model = keras.Sequential([
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid", bias_initializer=start),
        ])
        model.compile("adam", "binary_crossentropy")
        model.fit(np.load("x.npy"), np.load("y.npy"), class_weight={0: 1.0, 1: rest / rare})
        """,
    "NN410 of Keras without weights": """
        import numpy as np
        from tensorflow import keras
        model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy")
        model.fit(np.load("x.npy"), np.load("y.npy"))
        """,
}


def told(name: str, text: str) -> list[tuple[int, str]]:
    """The findings of the rule that a case is named after."""
    return [each for each in findings(text) if each[1] == name.split(" ", 1)[0]]


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told(name: str) -> None:
    text = SETTING + dedent(WRONG[name])
    assert told(name, text) == marked(text, name.split(" ", 1)[0])


@pytest.mark.parametrize("name", RIGHT)
def test_what_looks_like_it_is_left_alone(name: str) -> None:
    assert told(name, SETTING + dedent(RIGHT[name])) == []
