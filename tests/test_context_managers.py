"""What happens in a block that a generator of the project is entered for: between what stands in front of
its `yield` and what stands behind it."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

HEAD = """
from contextlib import contextmanager
import torch
from torch import nn
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters())
criterion = nn.CrossEntropyLoss()
"""
TIMED = """
        @contextmanager
        def timed(name):
            try:
                yield
            finally:
                print(name)
"""
PROGRAMS = {
    "the step is taken behind the block": """
        class Steps:
            @contextmanager
            def step(self):
                optimizer.zero_grad()
                yield model
                optimizer.step()
        steps = Steps()
        for x, y in loader:
            with steps.step() as net:
                criterion(net(x), y).backward()
        """,
    "the step is taken in front of the block": """
        @contextmanager
        def step():
            optimizer.zero_grad()
            optimizer.step()  # error
            yield
        for x, y in loader:
            with step():
                criterion(model(x), y).backward()
        """,
    "several things are handed over": """
        @contextmanager
        def training(network):
            chosen = torch.optim.SGD(network.parameters(), lr=0.1)
            yield network, chosen
        with training(model) as (net, chosen):
            for x, y in loader:
                criterion(net(x), y).backward()  # error
                chosen.step()
        """,
    "one way or the other": """
        @contextmanager
        def evaluating(network, exactly):
            network.eval()
            if exactly:
                with torch.no_grad():
                    yield network
            else:
                with torch.inference_mode():
                    yield network
        def accuracy(network, exactly):
            right = 0
            with evaluating(network, exactly) as net:
                for x, y in test_loader:
                    right += (net(x).argmax(1) == y).sum().item()
            return right
        """,
    "gradients are recorded in the block": """
        @contextmanager
        def evaluating(network):
            network.eval()
            yield network
            network.train()
        def accuracy(network):
            right = 0
            with evaluating(network) as net:
                for x, y in test_loader:  # error
                    right += (net(x).argmax(1) == y).sum().item()
            return right
        """,
    "what leaves the block leaves the loop": TIMED
    + """
        for epoch in range(9):
            with timed(epoch):
                for x, y in loader:
                    with timed("batch"):
                        if len(x) == 1:
                            break
                        optimizer.zero_grad()
                        criterion(model(x), y).backward()
                        optimizer.step()
        """,
    "what is cleared on one way alone": TIMED
    + """
        for x, y in loader:
            with timed("batch"):
                if x is None:
                    optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
        """,
    "nothing is cleared in any block": TIMED
    + """
        def batch(x, y):
            with timed("forward"), timed("loss"):
                return criterion(model(x), y)
        for x, y in loader:
            loss = batch(x, y)
            with timed("backward"):
                loss.backward()  # error
            with timed("step"):
                optimizer.step()
        """,
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_block_runs_where_its_context_manager_yields(text: str) -> None:
    code = HEAD + dedent(text)
    told = [
        line for line, each in findings(code) if each[:3] == "NN1" or each in {"NN401", "NN403"}
    ]
    assert told == [line for line, _ in marked(code, "")]
