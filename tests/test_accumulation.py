"""Gradients that are summed over batches: averaged or not (NN112), and cleared too often (NN102)."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
import torch.nn.functional as F
model = nn.Linear(3, 2)
loader = [(torch.randn(4, 3), torch.randint(2, (4,))) for _ in range(100)]
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""

WRONG = {
    "NN112 summed as it is": """
        for epoch in range(10):
            for number, (x, y) in enumerate(loader):
                criterion(model(x), y).backward()  # error
                if number % 4 == 3:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
    "NN112 as many batches as an option says": """
        from argparse import ArgumentParser
        parser = ArgumentParser()
        parser.add_argument("--every", type=int, default=2)
        options = parser.parse_args()
        for number, (x, y) in enumerate(loader):
            criterion(model(x), y).backward()  # error
            if (number + 1) % options.every == 0:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "NN112 with a step for the rest": """
        for number, (x, y) in enumerate(loader):
            loss = F.cross_entropy(model(x), y)
            loss.backward()  # error
            if not (number + 1) % 4 or number + 1 == len(loader):
                optimizer.step()
                optimizer.zero_grad()
        """,
    "NN112 rounds that are left before the step": """
        count = 0
        for epoch in range(10):
            for x, y in loader:
                count += 1
                criterion(model(x), y).backward()  # error
                if count % 4:
                    continue
                optimizer.step()
                optimizer.zero_grad()
        """,
    "NN112 rounds that leave a remainder": """
        for number, (x, y) in enumerate(loader):
            criterion(model(x), y).backward()  # error
            if (number + 1) % 4 != 0 and number + 1 < len(loader):
                continue
            optimizer.step()
            optimizer.zero_grad()
        """,
    "NN112 a condition that has a name": """
        for number, (x, y) in enumerate(loader, 1):
            is_update = number % 4 == 0 or number == len(loader)
            criterion(model(x), y).backward()  # error
            if is_update:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "NN112 a condition that a function asks": """
        def is_due(number):
            return number % 4 == 0
        for number, (x, y) in enumerate(loader, 1):
            criterion(model(x), y).backward()  # error
            if is_due(number):
                optimizer.step()
                optimizer.zero_grad()
        """,
    "NN112 cleared before the first of the batches": """
        for number, (x, y) in enumerate(loader):
            if number % 4 == 0:
                optimizer.zero_grad()
            criterion(model(x), y).backward()  # error
            if number % 4 == 3:
                optimizer.step()
        """,
    "NN112 counted by hand": """
        count = 0
        for x, y in loader:
            count += 1
            loss = criterion(model(x), y)
            loss.backward()  # error
            if count % 8 == 0:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "NN112 counted by hand, and from zero again": """
        def train(every):
            waiting = 0
            for x, y in loader:
                loss = criterion(model(x), y)
                loss.backward()  # error
                waiting += 1
                if waiting >= every:
                    optimizer.step()
                    optimizer.zero_grad()
                    waiting = 0
        """,
    "NN112 counted by a trainer": """
        class Trainer:
            def __init__(self, every):
                self.every, self.pending = every, 0
            def fit(self):
                for x, y in loader:
                    self.learn(x, y)
            def learn(self, x, y):
                criterion(model(x), y).backward()  # error
                self.pending = self.pending + 1
                if self.pending == self.every:
                    optimizer.step()
                    optimizer.zero_grad()
                    self.pending = 0
        """,
    "NN112 the parts of a batch": """
        for x, y in loader:
            optimizer.zero_grad()
            for some, answers in zip(x.chunk(4), y.chunk(4)):
                loss = criterion(model(some), answers)
                loss.backward()  # error
            optimizer.step()
        """,
    "NN112 the next few batches": """
        batches = iter(loader)
        for update in range(10):
            for _ in range(8):
                x, y = next(batches)
                criterion(model(x), y).backward()  # error
            optimizer.step()
            optimizer.zero_grad()
        """,
    "NN112 as many batches as are accumulated": """
        def train(draw, accumulate):
            for update in range(10):
                optimizer.zero_grad()
                for part in range(accumulate):
                    x, y = draw()
                    loss = F.cross_entropy(model(x), y)
                    loss.backward()  # error
                optimizer.step()
        """,
    "NN102 cleared in each batch": """
        for number, (x, y) in enumerate(loader):
            optimizer.zero_grad()  # error
            loss = criterion(model(x), y) / 4
            loss.backward()
            if (number + 1) % 4 == 0:
                optimizer.step()
        """,
    "NN102 cleared in each batch, with a scaler or without": """
        scaler = torch.amp.GradScaler() if half else None
        for number, (x, y) in enumerate(loader):
            optimizer.zero_grad()  # error
            loss = criterion(model(x), y) / 4
            if scaler:
                scaler.scale(loss).backward()
            else:
                loss.backward()
            if (number + 1) % 4 == 0:
                if scaler:
                    scaler.step(optimizer)
                    scaler.update()
                else:
                    optimizer.step()
        """,
}

RIGHT = {
    "divided": """
        for number, (x, y) in enumerate(loader):
            loss = criterion(model(x), y)
            loss = loss / 4
            loss.backward()
            if number % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "divided in another function": """
        def part_of(loss):
            return loss.div(4)
        for number, (x, y) in enumerate(loader):
            part_of(criterion(model(x), y)).backward()
            if number % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "a sum by design": """
        for number, (x, y) in enumerate(loader):
            F.cross_entropy(model(x), y, reduction="sum").backward()
            if number % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "a generator that steps every few batches": """
        generator = nn.Linear(8, 3)
        of_generator = torch.optim.Adam(generator.parameters())
        for number, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
            of_generator.zero_grad()
            if number % 5 == 0:
                model(generator(torch.randn(4, 8))).mean().backward()
                of_generator.step()
        """,
    "parts of a batch by their shares of it": """
        for x, y in loader:
            optimizer.zero_grad()
            for some, answers in zip(x.chunk(4), y.chunk(4)):
                loss = criterion(model(some), answers) * len(some) / len(x)
                loss.backward()
            optimizer.step()
        """,
    "the sum of what several tasks lose": """
        streams = [iter(loader), iter(loader)]
        for update in range(10):
            optimizer.zero_grad()
            for number in range(2):
                x, y = next(streams[number])
                criterion(model(x), y).backward()
            optimizer.step()
        """,
    "gradients that are divided in the end": """
        batches = iter(loader)
        for update in range(10):
            optimizer.zero_grad()
            for _ in range(8):
                x, y = next(batches)
                criterion(model(x), y).backward()
            for each in model.parameters():
                each.grad /= 8
            optimizer.step()
        """,
    "windows of a long sequence": """
        for x, y in loader:
            optimizer.zero_grad()
            for some, answers in zip(x.split(2, dim=1), y.split(2, dim=1)):
                criterion(model(some), answers).backward()
            optimizer.step()
        """,
    "divided before it is counted": """
        waiting = 0
        for x, y in loader:
            loss = criterion(model(x), y) / 4
            loss.backward()
            waiting += 1
            if waiting == 4:
                optimizer.step()
                optimizer.zero_grad()
                waiting = 0
        """,
    "a step in each batch, and a report of every few": """
        waiting = 0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            waiting += 1
            if waiting == 4:
                print(loss.item())
                waiting = 0
        """,
    "an accelerator that divides itself": """
        from accelerate import Accelerator
        accelerator = Accelerator(gradient_accumulation_steps=4)
        model, optimizer = accelerator.prepare(model, optimizer)
        for x, y in loader:
            with accelerator.accumulate(model):
                accelerator.backward(criterion(model(x), y))
                optimizer.step()
                optimizer.zero_grad()
        """,
    "every batch, as it is configured": """
        class Settings:
            every = 1
        def train(settings):
            for number, (x, y) in enumerate(loader):
                loss = criterion(model(x), y)
                if settings.every > 1:
                    loss = loss / settings.every
                loss.backward()
                if (number + 1) % settings.every == 0:
                    optimizer.step()
                    optimizer.zero_grad()
        train(Settings)
        """,
    "every batch, unless an option says otherwise": """
        from argparse import ArgumentParser
        parser = ArgumentParser()
        parser.add_argument("--every", type=int, default=1)
        options = parser.parse_args()
        for number, (x, y) in enumerate(loader):
            criterion(model(x), y).backward()
            if (number + 1) % options.every == 0:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "averaged, in rounds that are left before the step": """
        for number, (x, y) in enumerate(loader):
            (criterion(model(x), y) / 4).backward()
            if (number + 1) % 4 != 0:
                continue
            optimizer.step()
            optimizer.zero_grad()
        """,
    "batches that are left out": """
        for number, (x, y) in enumerate(loader):
            if number % 4:
                continue
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "a second model that learns in every few rounds": """
        other = nn.Linear(3, 2)
        second = torch.optim.SGD(other.parameters(), lr=0.1)
        for number, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
            if number % 5 != 0:
                continue
            second.zero_grad()
            criterion(other(x), model(x).argmax(1)).backward()
            second.step()
        """,
    "a log every few batches": """
        for number, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            if number % 10 == 0:
                print(loss.item())
        """,
}


@pytest.mark.parametrize("name", WRONG)
def test_sums_that_are_wrong_are_flagged(name: str) -> None:
    code = name.split()[0]
    text = SETTING + dedent(WRONG[name])
    assert [each for each in findings(text) if each[1] == code] == marked(text, code)


@pytest.mark.parametrize("name", RIGHT)
def test_sums_that_are_right_are_left_alone(name: str) -> None:
    found = [code for _, code in findings(SETTING + dedent(RIGHT[name]))]
    assert not {"NN102", "NN112"} & set(found)
