"""How models are put together: NN404 to NN408 and NN411 to NN417."""

from pathlib import Path

import pytest

from tests.abstract_programs import findings, marked

HEADER = """
import torch
import torch.nn.functional as F
from torch import nn
"""

WRONG = {
    "NN404 in a helper of a module": """
        class Net(nn.Module):
            def mix(self, x):
                return F.dropout2d(x, 0.2)  # error
            def forward(self, x):
                return self.mix(x)
        """,
    "NN404 in a helper that a dry run goes through as well": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(1, 4, 3)
                size = self.features(torch.zeros(1, 1, 28, 28)).shape[1]
                self.head = nn.Linear(size, 2)
            def features(self, x):
                return F.dropout(self.conv(x).flatten(1), 0.2)  # error
            def forward(self, x):
                return self.head(self.features(x))
        """,
    "NN404 in a forward pass that the constructor tries out": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(1, 4, 3)
                self.size = self(torch.zeros(1, 1, 28, 28)).shape[1]
            def forward(self, x):
                return F.dropout(self.conv(x).flatten(1), 0.2)  # error
        """,
    "NN404 a training in the constructor of what is no module": """
        class Trainer:
            def __init__(self, model, loader):
                for x, y in loader:
                    F.cross_entropy(Net.mix(model, x), y).backward()
        class Net(nn.Module):
            def mix(self, x):
                return F.dropout(x, 0.2)  # error
        """,
    "NN404 the mode where the rate belongs": """
        class Net(nn.Module):
            def forward(self, x):
                return F.dropout(x, self.training)  # error
        """,
    "NN405 in a block that many networks use": """
        class Block(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.conv = nn.Conv2d(channels, channels, 3)  # error
                self.norm = nn.BatchNorm2d(channels)
            def forward(self, x):
                return F.relu(self.norm(self.conv(x)))
        """,
    "NN406 a list that is filled in a loop": """
        class Net(nn.Module):
            def __init__(self, depth):
                super().__init__()
                self.layers = []  # error
                for _ in range(depth):
                    self.layers.append(nn.Linear(3, 3))
        """,
    "NN406 built in a loop that happens to be short": """
        DEPTH = 1
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Linear(3, 3) for _ in range(DEPTH)]  # error
        Net()
        """,
    "NN406 parameters": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.weights = [nn.Parameter(torch.zeros(3)), nn.Parameter(torch.ones(3))]  # error
        """,
    "NN406 modules of the project": """
        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(3, 3)
        class Net(nn.Module):
            def __init__(self, depth):
                super().__init__()
                self.blocks = tuple(Block() for _ in range(depth))  # error
        """,
    "NN407 in a class that is built by another": """
        class Head(nn.Module):
            def __init__(self):
                self.layer = nn.Linear(3, 3)  # error
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.head = Head()
        Net()
        """,
    "NN408 in a container": """
        model = nn.Sequential(
            nn.Linear(10, 20),
            nn.Linear(20, 5),  # error
        )
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = model
            def forward(self, x):
                return self.body(x)
        """,
    "NN408 in a container that is called features": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.features = nn.Sequential(
                    nn.Conv2d(3, 16, 3),
                    nn.Conv2d(16, 32, 3),  # error
                )
            def forward(self, x):
                return self.features(x)
        """,
    "NN408 in a model that is frozen as a whole": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Linear(3, 6)
                self.second = nn.Linear(6, 3)
                for parameter in self.parameters():
                    parameter.requires_grad = False
            def forward(self, x):
                return self.second(self.first(x))  # error
        """,
    "NN408 convolutions": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Conv2d(3, 16, 3)
                self.second = nn.Conv2d(16, 32, 3)
            def forward(self, x):
                x = self.first(x)
                x = self.second(x)  # error
                return x
        """,
    "NN411 in a container": """
        model = nn.Sequential(
            nn.Linear(10, 20),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.BatchNorm1d(20),  # error
        )
        model(torch.randn(3, 10))
        """,
    "NN412 the whole module is frozen in vain": """
        model = nn.Sequential(nn.Linear(3, 3))
        model.requires_grad = False  # error
        """,
    "NN412 a method is assigned to": """
        model = nn.Linear(3, 3)
        for parameter in model.parameters():
            parameter.requires_grad_ = False  # error
        """,
    "NN412 a part of a ready model": """
        import torchvision
        model = torchvision.models.resnet18(num_classes=10)
        model.layer1.requires_grad = False  # error
        """,
    "NN413 a known number of times": """
        layer = nn.Linear(3, 3)
        model = nn.Sequential(*[layer] * 3)  # error
        """,
    "NN413 built outside of the comprehension": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                layer = nn.TransformerEncoderLayer(64, 8)
                self.layers = nn.ModuleList([layer for _ in range(6)])  # error
        """,
    "NN414 of a project class": """
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.query = nn.Linear(3, 3)
            def forward(self, x):
                return self.query(x)
        class Net(nn.Module):
            def forward(self, x):
                attention = Attention()  # error
                return attention(x)
        """,
    "NN414 kept but overwritten in each pass": """
        class Net(nn.Module):
            def forward(self, x):
                self.last = nn.Linear(x.shape[1], 10)  # error
                return self.last(x)
        """,
    "NN414 in the loss of each step": """
        def hint(given, wanted):
            bridge = nn.Linear(given.shape[1], wanted.shape[1])  # error
            return F.mse_loss(bridge(given), wanted)
        body = nn.Linear(4, 8)
        optimizer = torch.optim.Adam(body.parameters())
        for step in range(9):
            loss = hint(body(torch.randn(2, 4)), torch.randn(2, 16))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
    "NN415 by position": """
        norm = nn.BatchNorm1d(64, 1e-3, 0.99)  # error
        """,
    "NN417 drawn by the tensor itself": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.GRU(3, 8, batch_first=True)
            def forward(self, x):
                state = torch.empty(1, x.size(0), 8).normal_()  # error
                return self.rnn(x, state)[0]
        """,
    "NN417 filled in place": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.cell = nn.GRUCell(3, 4)
            def forward(self, x):
                state = torch.zeros(x.size(0), 4)
                nn.init.xavier_normal_(state)  # error
                return self.cell(x, state)
        """,
}

RIGHT = {
    "NN404 a dry run that finds out the shapes": """
        class Net(nn.Module):
            def __init__(self, shape, rate):
                super().__init__()
                self.shape, self.rate = shape, rate
                self.assemble()
            def assemble(self):
                x = torch.zeros(self.shape).flatten(1)
                self.first = nn.Linear(x.shape[1], 30)
                x = F.dropout(F.relu(self.first(x)), p=self.rate)
                self.second = nn.Linear(x.shape[1], 5)
            def forward(self, x):
                x = F.relu(self.first(x.flatten(1)))
                return self.second(F.dropout(x, p=self.rate, training=self.training))
        """,
    "NN404 the mode by position": """
        class Net(nn.Module):
            def forward(self, x):
                return F.dropout(x, 0.5, self.training)
        """,
    "NN404 a rate that follows the mode": """
        class Net(nn.Module):
            def __init__(self, p=0.1):
                super().__init__()
                self.p = p
            def forward(self, x):
                p = self.p if self.training else 0.0
                return F.scaled_dot_product_attention(x, x, x, dropout_p=p), F.dropout(x, p)
        """,
    "NN404 a helper whose callers decide the rate": """
        def attend(x, rate):
            return F.dropout(x, rate)
        """,
    "NN404 noise in the samples of a data set": """
        class Masked(torch.utils.data.Dataset):
            def __init__(self, table):
                self.table = table
            def __len__(self):
                return len(self.table)
            def __getitem__(self, index):
                row = self.table[index]
                return F.dropout(row + 0.1 * torch.randn_like(row), p=0.2), row
        """,
    "NN405 an activation in between": """
        model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.BatchNorm2d(8))
        model(torch.randn(2, 3, 8, 8))
        """,
    "NN413 one that a setting says is to be shared": """
        class Net(nn.Module):
            def __init__(self, depth=4, once=False):
                super().__init__()
                self.encoder = nn.Sequential()
                first = nn.Linear(8, 8)
                for index in range(depth):
                    if once:
                        self.encoder.add_module(str(index), first)
                    else:
                        self.encoder.add_module(str(index), nn.Linear(8, 8))
                    self.encoder.add_module(f"bend{index}", nn.ReLU())
        """,
    "NN406 whose parameters are in a list that torch sees": """
        class Net(nn.Module):
            def __init__(self, sizes):
                super().__init__()
                self.stacks, self.learned = [], []
                for size in sizes:
                    self.stacks.append(self.stack(size))
                self.learned = nn.ParameterList(self.learned)
            def stack(self, size):
                layers = []
                for _ in range(3):
                    layer = nn.Linear(size, size)
                    self.learned.extend(layer.parameters())
                    layers.append(layer)
                return layers
        Net((3, 4))
        """,
    "NN406 handed on to a container under a condition": """
        class Net(nn.Module):
            def __init__(self, sizes, shrinks):
                super().__init__()
                self.blocks = [nn.Linear(size, size) for size in sizes]
                if len(self.blocks) > 9 and not shrinks:
                    self.body = nn.Sequential(*self.blocks)
            def forward(self, x):
                return self.body(x)
        Net([3, 3], True)
        """,
    "NN406 an optimizer of their own for all of them": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.parts = []
                for _ in range(9):
                    self.parts.append(nn.Linear(4, 1))
            def forward(self, x):
                return torch.cat([self.parts[i](x) for i in range(9)], dim=1)
        model = Net()
        weights = []
        for part in model.parts:
            weights += part.parameters()
        optimizer = torch.optim.Adam(weights)
        """,
    "NN406 sums that are not to learn": """
        class Sums(nn.Module):
            def __init__(self, count):
                super().__init__()
                self.sums = [None] * count
                for i in range(count):
                    self.sums[i] = nn.Linear(4, 1, bias=False)
                    for weight in self.sums[i].parameters():
                        weight.requires_grad = False
            def forward(self, x):
                return torch.cat([each(x) for each in self.sums])
        Sums(3)
        """,
    "NN414 a head that the pass fits by gradients that it takes": """
        class Adapted(nn.Module):
            def __init__(self, encoder):
                super().__init__()
                self.encoder = encoder
            def forward(self, support, labels, query):
                head = nn.Linear(64, 5)
                known = self.encoder(support)
                for _ in range(5):
                    slopes = torch.autograd.grad(F.cross_entropy(head(known), labels), list(head.parameters()))
                    for weight, slope in zip(head.parameters(), slopes):
                        weight.data -= 0.1 * slope
                return head(self.encoder(query))
        """,
    "NN414 a head that a helper fits with the optimizer of the user": """
        class Episode(nn.Module):
            def __init__(self, make_optimizer):
                super().__init__()
                self.make_optimizer = make_optimizer
            def adapt(self, support, labels, query):
                head = nn.Linear(64, 5)
                optimizer = self.make_optimizer(head, {"lr": 0.1})
                for _ in range(100):
                    optimizer.zero_grad()
                    F.cross_entropy(head(support), labels).backward()
                    optimizer.step()
                return head(query)
            def forward(self, support, labels, query):
                return self.adapt(support, labels, query)
        """,
    "NN414 a container of what is registered": """
        class Whole(nn.Module):
            def __init__(self, widths):
                super().__init__()
                self.encoder, self.decoder = nn.Sequential(nn.Linear(3, 4), nn.Tanh()), nn.Sequential()
                for number, (one, other) in enumerate(zip(widths[:-1], widths[1:])):
                    self.decoder.add_module(f"layer{number}", nn.Linear(one, other))
            def forward(self, x):
                return nn.Sequential(self.encoder, self.decoder)(x)
        """,
    "NN414 norms that are told to have no weights": """
        class Norms(nn.Module):
            def forward(self, x):
                each = nn.LayerNorm(x.size()[1:], elementwise_affine=False)(x)
                return each + nn.InstanceNorm2d(3)(x) + nn.GroupNorm(3, 3, affine=False)(x)
        """,
    "NN414 random weights that are to stay as they are": """
        class Distorted(nn.Module):
            def forward(self, x):
                with torch.no_grad():
                    x = nn.Conv2d(3, 3, 3, padding=1)(x)
                still = nn.Conv2d(3, 3, 3, padding=1)
                still.requires_grad_(False)
                return still(x)
        """,
    "NN414 weights that are given": """
        class Lines(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.weight = nn.Parameter(torch.ones(channels, 1, 3, 3) / 9, requires_grad=False)
                self.channels = channels
            def forward(self, x):
                return F.conv2d(x, self.weight, groups=self.channels)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.teacher = nn.Linear(3, 3)
            def forward(self, x):
                student = nn.Linear(3, 3)
                for own, other in zip(student.parameters(), self.teacher.parameters()):
                    own.data.copy_(other.data)
                return student(Lines(3)(x))
        """,
    "NN414 weights that were learned elsewhere": """
        import torchvision
        class Perceptual(nn.Module):
            def forward(self, x, y):
                body = torchvision.models.resnet18(weights="IMAGENET1K_V1")
                return F.mse_loss(body(x), body(y))
        """,
    "NN414 put into a container when it is first asked for": """
        class Tasks(nn.Module):
            def __init__(self):
                super().__init__()
                self.heads = nn.ModuleDict()
            def forward(self, x, task):
                if task not in self.heads:
                    self.heads[task] = nn.Linear(10, 2)
                return self.heads[task](x)
        """,
    "NN414 built by the first pass, which turns a flag": """
        class Lazy(nn.Module):
            def __init__(self):
                super().__init__()
                self.is_built = False
            def forward(self, x):
                if not self.is_built:
                    self.add_module("last", nn.Linear(10, 3))
                    self.is_built = True
                return self.last(x)
        """,
    "NN414 in the place of a layer that does nothing": """
        class Lazy(nn.Module):
            def __init__(self):
                super().__init__()
                self.last = nn.Identity()
            def forward(self, x):
                if isinstance(self.last, nn.Identity):
                    self.last = nn.Linear(x.shape[1], 4)
                return self.last(x)
        """,
    "NN414 Keras's dropout, which is told the mode with each call": """
        from tensorflow import keras
        class Attend(keras.layers.Layer):
            def build(self, shape):
                self.dense = keras.layers.Dense(8)
            def call(self, x):
                return keras.layers.Dropout(0.1)(self.dense(x))
        """,
    "NN406 wrapped afterwards": """
        class Net(nn.Module):
            def __init__(self, sizes):
                super().__init__()
                layers = []
                for size in sizes:
                    layers.append(nn.Linear(size, size))
                self.layers = nn.ModuleList(layers)
        """,
    "NN406 registered by name": """
        class Net(nn.Module):
            def __init__(self, depth):
                super().__init__()
                self.layers = [nn.Linear(3, 3) for _ in range(depth)]
                for index, layer in enumerate(self.layers):
                    setattr(self, f"layer{index}", layer)
        """,
    "NN406 layers with optimizers of their own": """
        class Layer(nn.Linear):
            def __init__(self, inputs, outputs):
                super().__init__(inputs, outputs)
                self.optimizer = torch.optim.Adam(self.parameters(), lr=0.03)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = []
                for size in (784, 500):
                    self.layers = self.layers + [Layer(size, 500)]
        """,
    "NN406 a list of layers beside a list of their optimizers": """
        class Net(nn.Module):
            def __init__(self, heads):
                super().__init__()
                self.heads = [nn.Linear(3, 4) for _ in range(heads)]
                self.optimizers = [
                    torch.optim.SGD(self.heads[i].parameters(), lr=0.1) for i in range(heads)
                ]
            def forward(self, x):
                return [head(x) for head in self.heads]
        """,
    "NN406 one of several is chosen": """
        from torchvision import models
        class Net(nn.Module):
            def __init__(self, name):
                super().__init__()
                self.choices = {"small": models.resnet18(), "large": models.resnet50()}
                self.backbone = self.chosen(name)
            def chosen(self, name):
                try:
                    model = self.choices[name]
                except KeyError:
                    raise ValueError(name)
                else:
                    return model
        """,
    "NN406 one of several is chosen, and known": """
        from torchvision import models
        class Net(nn.Module):
            def __init__(self, name):
                super().__init__()
                self.choices = {"small": models.resnet18(), "large": models.resnet50()}
                self.backbone = self.choices[name]
        Net("small")
        """,
    "NN406 parameters that may be fixed": """
        class Shards(nn.Module):
            def __init__(self, sizes):
                super().__init__()
                self.shards = [
                    nn.Parameter(torch.empty(size), requires_grad=index == 0)
                    for index, size in enumerate(sizes)
                ]
        """,
    "NN406 no module": """
        class Ensemble:
            def __init__(self):
                self.members = [nn.Linear(3, 3), nn.Linear(3, 3)]
        """,
    "NN406 keras tracks lists": """
        import keras
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.blocks = [keras.layers.Dense(3), keras.layers.Dense(3)]
        """,
    "NN407 a model of data is no module": """
        from pydantic import BaseModel
        class Settings(BaseModel):
            width: int = 3
        class Net(nn.Module):
            def __init__(self):
                self.settings = Settings()
                super().__init__()
                self.layer = nn.Linear(self.settings.width, 1)
        Net()
        """,
    "NN407 a base is called by its name": """
        class Base(nn.Module):
            def __init__(self, name, alone=True):
                if alone:
                    super(Base, self).__init__()
                self.name = name
        class Middle(Base):
            def __init__(self, name, alone=True):
                super(Middle, self).__init__(name, alone)
        class Net(Middle):
            def __init__(self, name):
                Middle.__init__(self, name=name)
                self.layer = nn.Linear(3, 3)
        """,
    "NN407 a base of another package makes the call": """
        from ours import Base
        class Net(Base):
            def __init__(self):
                self.layer = nn.Linear(3, 3)
        """,
    "NN408 an activation in between": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Linear(10, 20), nn.Linear(20, 5)
            def forward(self, x):
                return self.second(F.gelu(self.first(x)))
        """,
    "NN408 a layer that is set by hand and held still": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Linear(3, 3)
                self.turn = nn.Linear(3, 3)
                self.turn.weight.data = torch.eye(3)
                self.turn.weight.requires_grad = False
                self.shift = nn.Linear(3, 3).requires_grad_(False)
            def forward(self, x):
                return self.shift(self.turn(self.first(x)))
        """,
    "NN408 features that others take, too": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Linear(16, 5), nn.Linear(5, 1)
            def features(self, x):
                return self.first(x)
            def forward(self, x):
                return self.second(self.features(x))
        """,
    "NN408 two heads": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.mean, self.spread = nn.Linear(10, 20), nn.Linear(10, 20)
            def forward(self, x):
                return self.mean(x), self.spread(x)
        """,
    "NN408 a residual connection in between": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Linear(10, 10), nn.Linear(10, 10)
            def forward(self, x):
                return self.second(x + self.first(x))
        """,
    "NN408 a residual connection round a loop": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Linear(5, 10)
                self.blocks = nn.ModuleList(nn.Linear(10, 10) for _ in range(3))
            def forward(self, x):
                x = self.first(x)
                for block in self.blocks:
                    x = x + F.relu(block(x))
                return x
        """,
    "NN408 widths that nobody knows": """
        class AutoEncoder(nn.Module):
            def __init__(self, width, small):
                super().__init__()
                self.narrow, self.wide = nn.Linear(width, small), nn.Linear(small, width)
            def forward(self, x):
                return self.wide(self.narrow(x))
        """,
    "NN408 the same layer in two passes": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Linear(10, 10), nn.Linear(10, 10)
            def forward(self, x, back):
                return self.second(x) if back else self.first(x)
        net = Net()
        net(net(torch.randn(3, 10), False), True)
        """,
    "NN412 a parameter": """
        model = nn.Linear(3, 3)
        model.weight.requires_grad = False
        for name, parameter in model.named_parameters():
            parameter.requires_grad = "bias" in name
        """,
    "NN412 modules and a parameter are frozen alike": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.patch, self.token = nn.Linear(3, 4), nn.Parameter(torch.zeros(4))
            def freeze(self):
                for part in [self.patch, self.token]:
                    try:
                        for parameter in part.parameters():
                            parameter.requires_grad = False
                    except AttributeError:
                        part.requires_grad = False
        """,
    "NN412 a module, behind all of its parameters": """
        class Frozen:
            def __init__(self, model):
                self.model = model
            def freeze(self):
                for parameter in self.model.encoder.parameters():
                    parameter.requires_grad = False
                self.model.encoder.requires_grad = False
        """,
    "NN412 an optimizer of the project": """
        class Noam:
            def __init__(self, optimizer):
                self.optimizer = optimizer
            def step(self):
                self.lr = 0.1
        Noam(None).lr = 0.2
        """,
    "NN413 called so": """
        shared = nn.Linear(8, 8)
        model = nn.Sequential(nn.Linear(20, 8), nn.ReLU(), shared, nn.ReLU(), shared)
        """,
    "NN413 built for each": """
        model = nn.ModuleList([nn.Linear(3, 3) for _ in range(6)])
        """,
    "NN413 parts of a ready model, one by one": """
        from torchvision.models import resnet50
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                body = nn.Sequential(*list(resnet50(weights="DEFAULT").children())[:-1])
                self.low, self.high = nn.Sequential(), nn.Sequential(body[5], body[6])
                for number in range(5):
                    self.low.add_module(str(number), body[number])
            def forward(self, x):
                return self.high(self.low(x))
        """,
    "NN413 norms of a list, as many as are asked for": """
        class Net(nn.Module):
            def __init__(self, count):
                super().__init__()
                self.first, self.last = nn.Linear(3, 8), nn.Linear(8, 8)
                self.norms = nn.ModuleList([nn.BatchNorm1d(8) for _ in range(count)])
            def forward(self, x):
                return self.norms[-1](self.last(torch.relu(self.norms[0](self.first(x)))))
        """,
    "NN413 norms of a list that is filled one by one": """
        class Net(nn.Module):
            def __init__(self, count):
                super().__init__()
                self.first, self.last = nn.Linear(3, 8), nn.Linear(8, 8)
                self.norms = nn.ModuleList([nn.BatchNorm1d(8)])
                for _ in range(count):
                    self.norms.append(nn.BatchNorm1d(8))
                self.norms.append(nn.BatchNorm1d(8))
            def forward(self, x):
                return self.norms[-1](self.last(torch.relu(self.norms[0](self.first(x)))))
        """,
    "NN413 a norm behind a shared layer": """
        class Recurrent(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer, self.norm = nn.Linear(3, 3, bias=False), nn.BatchNorm1d(3)
            def forward(self, x):
                x = F.relu(self.norm(self.layer(x)))
                return F.relu(self.norm(self.layer(x)))
        """,
    "NN414 built in the constructor of what is run": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.last = nn.Linear(3, 3)
            def forward(self, x):
                return self.last(nn.Sigmoid()(x))
        Net()(torch.randn(2, 3))
        """,
    "NN414 built when it is first needed": """
        class Net(nn.Module):
            def forward(self, x):
                if not hasattr(self, "last"):
                    self.last = nn.Linear(x.shape[1], 10)
                return self.last(x)
        """,
    "NN414 dropout in the mode of its owner": """
        class Net(nn.Module):
            def forward(self, x):
                return nn.Dropout(0.1).train(self.training)(x)
        Net()(torch.randn(2, 3))
        """,
    "NN414 filled with given weights": """
        class Blur(nn.Module):
            def __init__(self, kernel):
                super().__init__()
                self.kernel = kernel
            def forward(self, x):
                conv = nn.Conv2d(1, 1, 3)
                conv.weight = nn.Parameter(self.kernel)
                return conv(x)
        """,
    "NN414 in each fold or stage, with an optimizer of its own": """
        for fold in range(5):
            net = nn.Linear(4, 1)
            optimizer = torch.optim.Adam(net.parameters())
            for step in range(9):
                optimizer.zero_grad()
                net(torch.randn(2, 4)).mean().backward()
                optimizer.step()
        """,
    "NN414 added to the optimizer in each stage": """
        body = nn.Linear(4, 8)
        optimizer = torch.optim.Adam(body.parameters())
        for stage in range(5):
            head = nn.Linear(8, 1)
            optimizer.add_param_group({"params": head.parameters()})
            for step in range(9):
                optimizer.zero_grad()
                head(body(torch.randn(2, 4))).mean().backward()
                optimizer.step()
        """,
    "NN414 random directions that need no gradient": """
        body = nn.Linear(4, 8)
        optimizer = torch.optim.Adam(body.parameters())
        for step in range(9):
            look = nn.Linear(8, 2).requires_grad_(False)
            optimizer.zero_grad()
            look(body(torch.randn(2, 4))).mean().backward()
            optimizer.step()
        """,
    "NN415 the convention of torch": """
        norms = nn.BatchNorm2d(64, momentum=0.1), nn.BatchNorm2d(64, momentum=0.01)
        """,
    "NN417 zeros": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.cell = nn.GRUCell(3, 4)
            def forward(self, x):
                return self.cell(x, torch.zeros(x.size(0), 4))
        """,
    "NN417 drawn once before the training": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.recurrent = nn.LSTM(3, 4)
            def forward(self, x, state):
                return self.recurrent(x, state)
        net, state = Net(), (torch.randn(1, 2, 4), torch.randn(1, 2, 4))
        for x in range(10):
            output, state = net(x, state)
        """,
    "NN417 a try-out of the library": """
        recurrent = nn.GRU(3, 4)
        recurrent(torch.randn(5, 2, 3), torch.randn(1, 2, 4))
        """,
}


def found(case: str, code: str) -> list[tuple[int, str]]:
    return [each for each in findings(HEADER + case) if each[1] == code]


def cases(table: dict[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("code", "case"), list(_split(table)), ids=table)


def _split(table: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (name.split()[0], "\n".join(line.removeprefix(" " * 8) for line in text.splitlines()))
        for name, text in table.items()
    ]


@cases(WRONG)
def test_what_is_put_together_wrongly_is_flagged(code: str, case: str) -> None:
    assert found(case, code) == marked(HEADER + case, code)


def test_toy_models_of_unit_tests_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "test_toys.py"
    toys = "layer = nn.Linear(3, 3)\nmodel = nn.Sequential(layer, layer)\nmodel(torch.ones(2, 3))\n"
    assert findings(HEADER + "import unittest\n" + toys, path) == []
    assert findings(HEADER + toys) != []


@cases(RIGHT)
def test_what_only_looks_like_it_is_not_flagged(code: str, case: str) -> None:
    assert found(case, code) == []


TRANSFER = """
import torchvision
from torch.optim import Adam
def fit(model, train_loader):
    optimizer = Adam(model.parameters())
    for x, y in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
"""
KEPT_HEADS = [
    'fit(torchvision.models.resnet18(weights="IMAGENET1K_V1"), load())  # error',
    "fit(torchvision.models.vgg16(pretrained=True), load())  # error",
]
OTHER_HEADS = [
    'fit(torchvision.models.resnet18(weights="DEFAULT", num_classes=2), load())',
    "fit(torchvision.models.resnet18(weights=None), load())",
    (
        "model = torchvision.models.vgg16(pretrained=True)\n"
        "model.classifier[6] = nn.Linear(4096, 2)\nfit(model, load())"
    ),
    (
        "from ours import with_new_head\nmodel = torchvision.models.vgg16(pretrained=True)\n"
        "with_new_head(model)\nfit(model, load())"
    ),
    (
        "model = torchvision.models.vgg16(pretrained=True)\n"
        "fit(nn.Sequential(model, nn.Linear(1000, 2)), load())"
    ),
    'fit(torchvision.models.vgg16(pretrained=True), load("imagenet/train"))',
]


@pytest.mark.parametrize("case", KEPT_HEADS)
def test_a_ready_classifier_that_is_trained_with_its_old_head_is_flagged(case: str) -> None:
    assert found(TRANSFER + case, "NN416") == marked(HEADER + TRANSFER + case, "NN416")


@pytest.mark.parametrize("case", OTHER_HEADS)
def test_a_ready_classifier_with_a_head_of_its_own_is_not_flagged(case: str) -> None:
    assert found(TRANSFER + case, "NN416") == []
