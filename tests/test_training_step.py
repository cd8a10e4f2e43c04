"""The training step (NN102 to NN105): in which order gradients are computed, used and cleared."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
import torch.nn.functional as F
import elsewhere
model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
loader = [(torch.randn(4, 3), torch.randn(4, 1)) for _ in range(100)]
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""

WRONG = {
    "NN102 cleared in between": """
        for x, y in loader:
            criterion(model(x), y).backward()
            optimizer.zero_grad()  # error
            optimizer.step()
        """,
    "NN102 cleared in between by hand": """
        for x, y in loader:
            criterion(model(x), y).backward()
            for parameter in model.parameters():
                parameter.grad = None  # error
            optimizer.step()
        """,
    "NN102 with a scaler": """
        scaler = torch.amp.GradScaler()
        for x, y in loader:
            scaler.scale(criterion(model(x), y)).backward()
            optimizer.zero_grad()  # error
            scaler.step(optimizer)
            scaler.update()
        """,
    "NN102 in a function that nobody calls, of an optimizer that is passed in": """
        def train_step(model, optimizer, x, y):
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.zero_grad()  # error
            optimizer.step()
            return loss.item()
        """,
    "NN102 in every batch, whatever decides whether to step": """
        for number, (x, y) in enumerate(loader):
            criterion(model(x), y).backward()
            optimizer.zero_grad()  # error
            if number % 4 == 3:
                optimizer.step()
        """,
    "NN102 of two networks": """
        generator, critic = nn.Linear(8, 3), nn.Linear(3, 1)
        of_generator = torch.optim.Adam(generator.parameters())
        of_critic = torch.optim.Adam(critic.parameters())
        for x, y in loader:
            of_critic.zero_grad()
            critic(x).mean().backward()
            of_critic.step()
            critic(generator(torch.randn(4, 8))).mean().backward()
            of_generator.zero_grad()  # error
            of_generator.step()
        """,
    "NN103 of one optimizer of two": """
        encoder, decoder = nn.Linear(3, 3), nn.Linear(3, 2)
        first = torch.optim.Adam(encoder.parameters())
        second = torch.optim.Adam(decoder.parameters())
        def step(x, y):
            first.zero_grad()
            second.zero_grad()
            loss = nn.functional.cross_entropy(decoder(encoder(x)), y)
            loss.backward()  # error
            first.step()
        for x, y in loader:
            step(x, y)
        """,
    "NN103 cleared in the next round": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()  # error
        """,
    "NN103 never cleared either": """
        for epoch in range(10):
            for x, y in loader:
                loss = criterion(model(x), y)
                loss.backward()  # error
                print(loss.item())
        """,
    "NN103 in two methods": """
        class Trainer:
            def __init__(self, model):
                self.model = model
                self.optimizer = torch.optim.Adam(model.parameters())
            def gradients(self, x, y):
                criterion(self.model(x), y).backward()  # error
            def fit(self):
                for x, y in loader:
                    self.optimizer.zero_grad()
                    self.gradients(x, y)
        Trainer(model).fit()
        """,
    "NN104 between the loss and its gradients": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            optimizer.step()  # error
            loss.backward()
        """,
    "NN104 with everything in one helper": """
        def train_step(x, y):
            loss = F.mse_loss(model(x), y)
            optimizer.step()  # error
            optimizer.zero_grad()
            loss.backward()
        for x, y in loader:
            train_step(x, y)
        """,
    "NN104 of gradients that the end of the round has cleared": """
        for x, y in loader:
            optimizer.step()  # error
            criterion(model(x), y).backward()
            optimizer.zero_grad()
        """,
    "NN105 a loss that is only looked at": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            print(loss.item())
            optimizer.step()  # error
        """,
    "NN105 without clearing": """
        for x, y in loader:
            loss = criterion(model(x), y)
            optimizer.step()  # error
        """,
    "NN105 through a model and a loss that are not known": """
        def train(network, loss_function, optimizer, loader):
            for x, y in loader:
                optimizer.zero_grad()
                loss = loss_function(network(x), y)
                optimizer.step()  # error
        """,
    "NN105 a closure that goes nowhere": """
        def closure():
            optimizer.zero_grad()
            return criterion(model(x), y)
        for x, y in loader:
            optimizer.step(closure)  # error
        """,
}

RIGHT = {
    "an empty step before all rounds, for a schedule that wants one": """
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
        optimizer.zero_grad()
        optimizer.step()
        for epoch in range(9):
            for x, y in loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            schedule.step()
        """,
    "a counter that starts anew with each step": """
        count = 0
        for x, y in loader:
            if count == 0:
                optimizer.zero_grad()
            (criterion(model(x), y) / 4).backward()
            count += 1
            if count == 4:
                optimizer.step()
                count = 0
        """,
    "a call of a version that took less": """
        def epoch(loader, scaler, use_amp, path):
            for x, y in loader:
                optimizer.zero_grad()
                scaler.scale(criterion(model(x), y)).backward()
                scaler.step(optimizer)
        epoch(loader, None, "out")
        """,
    "arguments that have moved by one": """
        def epoch(loader, scaler, use_amp):
            for x, y in loader:
                optimizer.zero_grad()
                scaler.scale(criterion(model(x), y)).backward()
                scaler.step(optimizer)
        epoch(loader, True, torch.device("cuda"))
        """,
    "the usual order": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        """,
    "clearing at the end": """
        for x, y in loader:
            criterion(model(x), y).backward()
            optimizer.step()
            optimizer.zero_grad()
        """,
    "clearing between the loss and its gradients": """
        for x, y in loader:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
    "a step for the batches before": """
        for number, (x, y) in enumerate(loader):
            if number and number % 4 == 0:
                optimizer.step()
                optimizer.zero_grad()
            (criterion(model(x), y) / 4).backward()
        """,
    "some of the gradients cleared on purpose": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            for name, parameter in model.named_parameters():
                if "last" in name:
                    parameter.grad = None
            optimizer.step()
        """,
    "gradients that are put back by hand": """
        for x, y in loader:
            criterion(model(x), y).backward()
            kept = [parameter.grad.clone() for parameter in model.parameters()]
            optimizer.zero_grad()
            for parameter, gradient in zip(model.parameters(), kept):
                parameter.grad = gradient
            optimizer.step()
        """,
    "gradients that are copied": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            found = torch.autograd.grad(loss, list(model.parameters()))
            for parameter, gradient in zip(model.parameters(), found):
                parameter.grad.copy_(gradient)
            optimizer.step()
        """,
    "gradients that are filled in": """
        for x, y in loader:
            criterion(model(x), y).backward()
            for parameter in model.parameters():
                parameter.grad.fill_(0.01)
            optimizer.step()
            optimizer.zero_grad()
        """,
    "either of two ways, each complete": """
        scaler = elsewhere.scaler()
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            if scaler is not None:
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
            else:
                loss.backward()
                optimizer.step()
        """,
    "a loss that unknown code goes backward from": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            elsewhere.backpropagate(loss)
            optimizer.step()
        """,
    "a model that unknown code goes backward through": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = elsewhere.run(model, x, y)
            criterion(model(x), y)
            optimizer.step()
        """,
    "gradients for something else than an update": """
        for x, y in loader:
            optimizer.zero_grad()
            x.requires_grad_()
            criterion(model(x), y).backward()
            print(x.grad.abs().max())
        """,
    "an update by hand": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.1 * parameter.grad
        """,
    "an optimizer that unknown code steps": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            elsewhere.finish(optimizer)
        """,
    "a wrapper with a step of its own name": """
        def train(model, optimizer, loader):
            for x, y in loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step_and_update_lr()
        """,
    "a function that computes gradients for its caller": """
        def gradients(model, optimizer, x, y):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            return loss
        """,
    "two optimizers after one backward": """
        head = nn.Linear(1, 1)
        other = torch.optim.SGD(head.parameters(), lr=0.1)
        for x, y in loader:
            optimizer.zero_grad()
            other.zero_grad()
            criterion(head(model(x)), y).backward()
            optimizer.step()
            other.step()
        """,
    "a schedule that is drawn": """
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10)
        for _ in range(100):
            optimizer.step()
            schedule.step()
        """,
    "an engine": """
        import deepspeed
        engine, _, _, _ = deepspeed.initialize(model=model, optimizer=optimizer)
        for x, y in loader:
            loss = criterion(engine(x), y)
            engine.backward(loss)
            engine.step()
        """,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_flagged_where_it_is_made(name: str) -> None:
    code = name.split()[0]
    text = SETTING + dedent(WRONG[name])
    found = [each for each in findings(text) if each[1] == code]
    assert found == marked(text, code)


@pytest.mark.parametrize("name", RIGHT)
def test_what_only_looks_wrong_is_left_alone(name: str) -> None:
    found = [code for _, code in findings(SETTING + dedent(RIGHT[name]))]
    assert not {"NN102", "NN103", "NN104", "NN105"} & set(found)
