"""missing-zero-grad (NN101): the many ways to clear gradients, and the few that clear none."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
model = nn.Linear(3, 1)
loader = [(torch.randn(4, 3), torch.randn(4, 1)) for _ in range(100)]
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""

WRONG = {
    "of what a context manager hands over": """
        from contextlib import contextmanager
        @contextmanager
        def in_training(network):
            network.train()
            yield network
        for x, y in loader:
            with in_training(model) as net:
                criterion(net(x), y).backward()  # error
                optimizer.step()
        """,
    "nothing clears": """
        for x, y in loader:
            criterion(model(x), y).backward()  # error
            optimizer.step()
        """,
    "cleared once before the loop": """
        optimizer.zero_grad()
        for x, y in loader:
            criterion(model(x), y).backward()  # error
            optimizer.step()
        """,
    "cleared once in each epoch": """
        for epoch in range(10):
            optimizer.zero_grad()
            for x, y in loader:
                criterion(model(x), y).backward()  # error
                optimizer.step()
        """,
    "in a helper": """
        def train_step(x, y):
            criterion(model(x), y).backward()  # error
            optimizer.step()
        for x, y in loader:
            train_step(x, y)
        """,
    "in a helper that is given everything": """
        def train_step(model, optimizer, x, y):
            criterion(model(x), y).backward()  # error
            optimizer.step()
        def main():
            model = nn.Linear(3, 1)
            optimizer = torch.optim.SGD(model.parameters(), 0.1)
            for epoch in range(5):
                for x, y in loader:
                    train_step(model, optimizer, x, y)
        if __name__ == "__main__":
            main()
        """,
    "in a function that nobody calls": """
        def train(model, optimizer, loader):
            for x, y in loader:
                criterion(model(x), y).backward()  # error
                optimizer.step()
        """,
    "in the methods of a trainer": """
        class Trainer:
            def __init__(self, model):
                self.model = model
                self.optimizer = torch.optim.Adam(model.parameters())
            def step(self, batch):
                x, y = batch
                criterion(self.model(x), y).backward()  # error
                self.optimizer.step()
            def fit(self, batches, epochs=3):
                for epoch in range(epochs):
                    for batch in batches:
                        self.step(batch)
        """,
    "in a closure": """
        def closure():
            loss = criterion(model(x), y)
            loss.backward()  # error
            return loss
        for x, y in loader:
            optimizer.step(closure)
        """,
    "behind a scaler": """
        scaler = torch.cuda.amp.GradScaler()
        for x, y in loader:
            scaler.scale(criterion(model(x), y)).backward()  # error
            scaler.step(optimizer)
            scaler.update()
        """,
    "in a list of optimizers": """
        optimizers = [torch.optim.SGD(model.parameters(), lr=0.1)]
        for x, y in loader:
            criterion(model(x), y).backward()  # error
            for each in optimizers:
                each.step()
        """,
    "another model is cleared": """
        other = nn.Linear(3, 3)
        for x, y in loader:
            other.zero_grad()
            criterion(model(x), y).backward()  # error
            optimizer.step()
        """,
    "another optimizer is cleared": """
        critic = nn.Linear(1, 1)
        of_critic = torch.optim.SGD(critic.parameters(), lr=0.1)
        for x, y in loader:
            optimizer.zero_grad()
            critic(model(x)).mean().backward()
            optimizer.step()
            (critic(y) - critic(model(x).detach())).mean().backward()  # error
            of_critic.step()
        """,
    "a tensor without a model": """
        weight = torch.zeros(3, requires_grad=True)
        descent = torch.optim.SGD([weight], lr=0.1)
        for step in range(10):
            (weight**2).sum().backward()  # error
            descent.step()
        """,
    "after an early continue": """
        for x, y in loader:
            loss = criterion(model(x), y)
            if loss.item() > 1e6:
                continue
            loss.backward()  # error
            optimizer.step()
        """,
    "in a while loop": """
        step = 0
        while step < 1000:
            x, y = next(iter(loader))
            criterion(model(x), y).backward()  # error
            optimizer.step()
            step += 1
        """,
}

RIGHT = {
    "cleared first": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "cleared last": """
        for epoch in range(10):
            for x, y in loader:
                criterion(model(x), y).backward()
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
        """,
    "cleared every few steps": """
        for number, (x, y) in enumerate(loader):
            (criterion(model(x), y) / 4).backward()
            if (number + 1) % 4 == 0:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "the model is cleared": """
        for x, y in loader:
            model.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "every parameter is cleared by hand": """
        for x, y in loader:
            for parameter in model.parameters():
                parameter.grad = None
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "the gradients are filled with zeros": """
        class Agent:
            def __init__(self):
                self.net = nn.Linear(3, 1)
                self.optimizer = torch.optim.Adam(self.net.parameters())
            def clear(self):
                for parameter in self.net.parameters():
                    if parameter.grad is not None:
                        parameter.grad.detach_()
                        parameter.grad.zero_()
            def update(self, batches):
                for x, y in batches:
                    self.clear()
                    criterion(self.net(x), y).backward()
                    self.optimizer.step()
        """,
    "through the optimizer's groups": """
        for x, y in loader:
            criterion(model(x), y).backward()
            optimizer.step()
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.grad = None
        """,
    "in a helper that comes later in the file": """
        def train():
            for x, y in loader:
                clear()
                criterion(model(x), y).backward()
                optimizer.step()
        def clear():
            optimizer.zero_grad()
        train()
        """,
    "in a hook of a trainer": """
        class Trainer:
            def __init__(self, model, optimizer):
                self.model = model
                self.optimizer = optimizer
            def step(self, batch):
                x, y = batch
                criterion(self.model(x), y).backward()
                self.optimizer.step()
            def fit(self, batches):
                for batch in batches:
                    self.before_batch()
                    self.step(batch)
            def before_batch(self):
                self.optimizer.zero_grad()
        """,
    "in the closure": """
        def closure():
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            return loss
        for x, y in loader:
            optimizer.step(closure)
        """,
    "through a partial": """
        from functools import partial
        def clear(optimizer):
            optimizer.zero_grad()
        clear_mine = partial(clear, optimizer)
        for x, y in loader:
            clear_mine()
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "when a context manager is left": """
        class Clearing:
            def __enter__(self):
                return self
            def __exit__(self, *error):
                optimizer.zero_grad()
        for x, y in loader:
            with Clearing():
                criterion(model(x), y).backward()
                optimizer.step()
        """,
    "in a generator's clean-up": """
        from contextlib import contextmanager
        @contextmanager
        def clearing():
            yield
            optimizer.zero_grad()
        for x, y in loader:
            with clearing():
                criterion(model(x), y).backward()
                optimizer.step()
        """,
    "on what a context manager hands over": """
        from contextlib import contextmanager
        @contextmanager
        def in_training(network):
            network.train()
            yield network
        for x, y in loader:
            with in_training(model) as net:
                net.zero_grad()
                criterion(net(x), y).backward()
                optimizer.step()
        """,
    "in the step of an own optimizer": """
        class Clearing(torch.optim.SGD):
            def step(self, closure=None):
                super().step(closure)
                self.zero_grad()
        own = Clearing(model.parameters(), lr=0.1)
        for x, y in loader:
            criterion(model(x), y).backward()
            own.step()
        """,
    "in a wrapper that passes on what it does not know": """
        class Warmup:
            def __init__(self, optimizer):
                self.optimizer = optimizer
            def step(self):
                self.optimizer.step()
            def __getattr__(self, name):
                return getattr(self.optimizer, name)
        wrapped = Warmup(optimizer)
        for x, y in loader:
            wrapped.zero_grad()
            criterion(model(x), y).backward()
            wrapped.step()
        """,
    "all optimizers of a dictionary": """
        optimizers = {"body": torch.optim.SGD(model.parameters(), lr=0.1)}
        for x, y in loader:
            for each in optimizers.values():
                each.zero_grad()
            criterion(model(x), y).backward()
            for each in optimizers.values():
                each.step()
        """,
    "under a condition that may hold": """
        for x, y in loader:
            if optimizer is not None:
                optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "every round has a model of its own": """
        for x, y in loader:
            fresh = nn.Linear(3, 1)
            its_optimizer = torch.optim.SGD(fresh.parameters(), lr=0.1)
            criterion(fresh(x), y).backward()
            its_optimizer.step()
        """,
    "one step is no loop": """
        x, y = loader[0]
        criterion(model(x), y).backward()
        optimizer.step()
        """,
    "a loop of one round is none": """
        for x, y in loader:
            criterion(model(x), y).backward()
            optimizer.step()
            break
        for number in range(1):
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "gradients that are values add to nothing": """
        for x, y in loader:
            gradients = torch.autograd.grad(criterion(model(x), y), model.parameters())
            for parameter, gradient in zip(model.parameters(), gradients):
                parameter.grad = gradient
            optimizer.step()
        """,
    "callbacks are given the optimizer": """
        def train(model, optimizer, loader, callbacks):
            for x, y in loader:
                for callback in callbacks:
                    callback(model, optimizer)
                criterion(model(x), y).backward()
                optimizer.step()
        """,
    "an engine does it all": """
        import deepspeed
        engine, *_ = deepspeed.initialize(model=model, model_parameters=model.parameters())
        for x, y in loader:
            engine.backward(criterion(engine(x), y))
            engine.step()
        """,
    "an unknown object back-propagates": """
        def train(model, engine, loader):
            for x, y in loader:
                engine.backward(criterion(model(x), y))
                engine.step()
        """,
    "something that steps is no optimizer": """
        def play(environment, loss):
            for action in range(100):
                loss.backward()
                environment.step(action)
        """,
}


def program_of(text: str) -> str:
    return SETTING + dedent(text)


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_step_on_summed_gradients_is_found(text: str) -> None:
    assert "# error" in text
    assert findings(program_of(text)) == marked(program_of(text), "NN101")


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_cleared_gradients_are_left_alone(text: str) -> None:
    assert findings(program_of(text)) == []
