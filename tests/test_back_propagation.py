"""Graphs that are kept for nothing (NN114), losses that are clamped (NN107), hooks left out (NN113)."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
    def forward(self, x):
        return self.layer(x)
class Remembering(Net):
    def forward(self, x):
        self.state = self.layer(x)
        return self.state
model, remembering = Net(), Remembering()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""

WRONG = {
    "NN114 once for each batch": """
        def train(loader):
            for epoch in range(10):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss = criterion(model(x), y)
                    loss.backward(retain_graph=True)  # error
                    optimizer.step()
        """,
    "NN107 of a loss by hand": """
        def error(prediction, target):
            loss = (prediction - target).pow(2).mean()
            return loss.clamp(-1, 1)  # error
        def train(loader):
            for x, y in loader:
                optimizer.zero_grad()
                loss = error(model(x), y)
                loss.backward()
                optimizer.step()
        """,
    "NN107 through a function": """
        def train(loader):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss = torch.clamp(loss, 0, 5)  # error
                loss.backward()
                optimizer.step()
        """,
    "NN107 and averaged afterwards": """
        def train(loader):
            for number, (x, y) in enumerate(loader):
                loss = criterion(model(x), y).clamp(max=5.0)  # error
                (loss / 4).backward()
                if number % 4 == 3:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
    "NN107 in place": """
        def train(net, loader, optimizer, criterion):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(net(x), y)
                loss.clamp_(max=10)  # error
                loss.backward()
                optimizer.step()
        """,
    "NN107 of what a model returns": """
        def train(net, loader, optimizer):
            for batch in loader:
                loss = net(**batch).loss.clamp(max=3.0)  # error
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        """,
    "NN107 where it is large": """
        def train(net, loader, optimizer, criterion):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(net(x), y)
                if loss > 10:
                    loss = torch.clamp(loss, 0, 10)  # error
                loss.backward()
                optimizer.step()
        """,
    "NN107 by the smaller of two": """
        def train(loader):
            for x, y in loader:
                optimizer.zero_grad()
                loss = torch.min(criterion(model(x), y), torch.tensor(5.0))  # error
                loss.backward()
                optimizer.step()
        """,
    "NN113 of what is switched to training": """
        def train(net, loader):
            net.train()
            for x, y in loader:
                optimizer.zero_grad()
                criterion(net.forward(x), y).backward()  # error
                optimizer.step()
        """,
    "NN113 of a module in another": """
        def run(x):
            return model.layer.forward(x)  # error
        """,
}

RIGHT = {
    "a second backward": """
        def train(loader):
            for x, y in loader:
                optimizer.zero_grad()
                output = model(x)
                criterion(output, y).backward(retain_graph=True)
                output.pow(2).mean().backward()
                optimizer.step()
        """,
    "a state that goes on": """
        def train(loader):
            hidden = torch.zeros(4, 3)
            for x, y in loader:
                optimizer.zero_grad()
                hidden = model(x + hidden)
                criterion(hidden, y).backward(retain_graph=True)
                optimizer.step()
        """,
    "a state that the model keeps": """
        def train(loader):
            for x, y in loader:
                optimizer.zero_grad()
                criterion(remembering(x), y).backward(retain_graph=True)
                optimizer.step()
        """,
    "features that were computed before": """
        def train(inputs, loader):
            features = model(inputs)
            head = nn.Linear(2, 2)
            for y in loader:
                optimizer.zero_grad()
                criterion(head(features), y).backward(retain_graph=True)
                optimizer.step()
        """,
    "a target that is learned too": """
        def train(inputs, loader):
            target = model(inputs).softmax(dim=1)
            for x in loader:
                optimizer.zero_grad()
                criterion(model(x), target).backward(retain_graph=True)
                optimizer.step()
        """,
    "a clamp for the log": """
        def train(loader):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
                print(loss.clamp(max=5))
        """,
    "a clamp of the output": """
        def train(loader):
            for x, y in loader:
                optimizer.zero_grad()
                F.mse_loss(model(x).clamp(0, 1), y).backward()
                optimizer.step()
        """,
    "its own forward": """
        class Double(Net):
            def forward(self, x):
                return 2 * super().forward(x)
            def predict(self, x):
                return self.forward(x).argmax(dim=1)
        """,
}
RIGHT |= {
    "the smaller of two that are learned": """
        def train(net, loader, optimizer):
            for x, advantage, before in loader:
                ratio = torch.exp(net(x) - before)
                objective = torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage)
                optimizer.zero_grad()
                (-objective.mean()).backward()
                optimizer.step()
        """,
    "a clamped score": """
        def train(net, loader, optimizer, criterion):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(net(x).clamp(max=5.0), y)
                loss.backward()
                optimizer.step()
        """,
}
CODES = {"NN107", "NN113", "NN114"}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_flagged(name: str) -> None:
    text = SETTING + dedent(WRONG[name])
    assert [each for each in findings(text) if each[1] in CODES] == marked(text, name.split()[0])


@pytest.mark.parametrize("name", RIGHT)
def test_what_has_a_reason_is_left_alone(name: str) -> None:
    assert not CODES & {code for _, code in findings(SETTING + dedent(RIGHT[name]))}
