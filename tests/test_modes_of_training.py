"""train-mode-not-restored (NN402): trainings behind an evaluation, and of models nobody knows."""

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
loss_of = nn.functional.cross_entropy
"""

WRONG = {
    "the evaluation comes first in each epoch": """
        model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(10):
            model.eval()  # error
            with torch.no_grad():
                print([loss_of(model(x), y) for x, y in held_out])
            for x, y in batches:
                optimizer.zero_grad()
                loss_of(model(x), y).backward()
                optimizer.step()
        """,
    "a second training behind the evaluation": """
        model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        def one_epoch():
            for x, y in batches:
                optimizer.zero_grad()
                loss_of(model(x), y).backward()
                optimizer.step()
        for epoch in range(10):
            model.train()
            one_epoch()
            if epoch % 2 == 0:
                model.eval()  # error
                with torch.no_grad():
                    for x, y in held_out:
                        print(loss_of(model(x), y))
            one_epoch()
        """,
    "every so many steps, in the loop of the training": """
        model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model.train()
        for step, (x, y) in enumerate(batches):
            optimizer.zero_grad()
            loss_of(model(x), y).backward()
            optimizer.step()
            if step % 100 == 0:
                model.eval()  # error
                with torch.no_grad():
                    print(loss_of(model(held_out), answers))
        """,
    "every so many steps, which are counted over all epochs": """
        model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        def judge():
            model.eval()  # error
            with torch.no_grad():
                return sum(loss_of(model(x), y).item() for x, y in held_out)
        seen = 0
        for epoch in range(10):
            model.train()
            for x, y in batches:
                optimizer.zero_grad()
                loss_of(model(x), y).backward()
                optimizer.step()
                seen += 1
                if seen % 100 == 0:
                    print(judge())
        """,
    "every so many steps, which the trainer counts": """
        class Trainer:
            def __init__(self, model):
                self.model, self.done = model, 0
                self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            @torch.no_grad()
            def judge(self):
                self.model.eval()  # error
                return [loss_of(self.model(x), y).item() for x, y in held_out]
            def run(self):
                for epoch in range(10):
                    self.model.train()
                    for x, y in batches:
                        self.optimizer.zero_grad()
                        loss_of(self.model(x), y).backward()
                        self.optimizer.step()
                        self.done = self.done + 1
                        if self.done % 100 == 0:
                            print(self.judge())
        Trainer(nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))).run()
        """,
    "a model that is passed in": """
        def fit(network, batches, held_out):
            optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
            for epoch in range(10):
                for x, y in batches:
                    optimizer.zero_grad()
                    loss_of(network(x), y).backward()
                    optimizer.step()
                network.eval()  # error
                with torch.no_grad():
                    for x, y in held_out:
                        print(loss_of(network(x), y))
        """,
}

RIGHT = {
    "an attack that the training and the evaluation both make": """
        class Training:
            def __init__(self):
                self.model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
                self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
            def attack(self, x, y):
                delta = torch.zeros_like(x, requires_grad=True)
                loss_of(self.model(x + delta), y).backward()
                return 0.01 * delta.grad.sign()
            def learn(self, x, y):
                self.model.train()
                delta = self.attack(x, y)
                self.optimizer.zero_grad()
                loss_of(self.model(x + delta), y).backward()
                self.optimizer.step()
            def judge(self, x, y):
                self.model.eval()
                delta = self.attack(x, y)
                with torch.no_grad():
                    return loss_of(self.model(x + delta), y)
        training = Training()
        for epoch in range(10):
            for x, y in batches:
                training.learn(x, y)
            for x, y in held_out:
                training.judge(x, y)
        """,
    "what is optimised in evaluation mode is the input": """
        model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        def attacked(x, y):
            change = torch.zeros_like(x).requires_grad_(True)
            attack = torch.optim.SGD([change], lr=0.1)
            for _ in range(4):
                attack.zero_grad()
                (-loss_of(model(x + change), y)).backward()
                attack.step()
            return (x + change).detach()
        def robustness():
            model.eval()
            right = 0
            for x, y in held_out:
                x = attacked(x, y)
                with torch.no_grad():
                    right += (model(x).argmax(1) == y).sum()
            return right
        for epoch in range(10):
            for x, y in batches:
                model.eval()
                x = attacked(x, y)
                model.train()
                optimizer.zero_grad()
                loss_of(model(x), y).backward()
                optimizer.step()
            print(robustness())
        """,
    "switched back before the second training": """
        model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(10):
            model.eval()
            with torch.no_grad():
                print([loss_of(model(x), y) for x, y in held_out])
            model.train()
            for x, y in batches:
                optimizer.zero_grad()
                loss_of(model(x), y).backward()
                optimizer.step()
        """,
    "fine-tuned with fixed batch norm": """
        model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model.eval()
        with torch.no_grad():
            print([loss_of(model(x), y) for x, y in held_out])
        for epoch in range(10):
            for x, y in batches:
                optimizer.zero_grad()
                loss_of(model(x), y).backward()
                optimizer.step()
        """,
    "phases of one loop": """
        model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(10):
            for phase in phases:
                if phase == "train":
                    model.train()
                else:
                    model.eval()
                for x, y in loaders[phase]:
                    if phase == "train":
                        optimizer.zero_grad()
                        loss_of(model(x), y).backward()
                        optimizer.step()
                    else:
                        with torch.no_grad():
                            print(loss_of(model(x), y))
        """,
    "another model is trained than the one that is fixed": """
        model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
        student = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
        for epoch in range(10):
            model.eval()
            with torch.no_grad():
                print([loss_of(model(x), y) for x, y in held_out])
            for x, y in batches:
                optimizer.zero_grad()
                (loss_of(model(x), y) + loss_of(student(x), y)).backward()
                optimizer.step()
        """,
    "one function for both, without gradients when it judges": """
        def run(network, batches, prefix="train"):
            for x, y in batches:
                loss = loss_of(network(x), y)
                print(prefix, loss)
                if loss.requires_grad:
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
        def fit(network, batches, held_out, optimizer):
            for epoch in range(10):
                run(network, batches)
                with torch.no_grad():
                    network.eval()
                    run(network, held_out, prefix="val")
                    network.train()
        """,
    "a model of a file in which nothing depends on the mode": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(3, 2)
            def forward(self, x):
                return self.fc(x)
        def fit(network, batches, held_out):
            optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
            for epoch in range(10):
                for x, y in batches:
                    optimizer.zero_grad()
                    loss_of(network(x), y).backward()
                    optimizer.step()
                network.eval()
                with torch.no_grad():
                    for x, y in held_out:
                        print(loss_of(network(x), y))
        """,
    "nobody knows what validates": """
        def fit(network, batches, held_out):
            optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
            for epoch in range(10):
                for x, y in batches:
                    optimizer.zero_grad()
                    loss_of(network(x), y).backward()
                    optimizer.step()
                network.eval()
                validate(network, held_out)
        """,
}


def _dedented(text: str) -> str:
    return SETTING + "\n".join(line.removeprefix(" " * 8) for line in text.splitlines())


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_a_training_that_an_evaluation_leaves_in_its_mode_is_flagged(case: str) -> None:
    text = _dedented(case)
    assert [each for each in findings(text) if each[1] == "NN402"] == marked(text, "NN402")


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT.keys())
def test_a_training_that_is_switched_back_or_meant_so_is_not_flagged(case: str) -> None:
    assert "NN402" not in {code for _, code in findings(_dedented(case))}


def test_an_evaluation_between_trainings_of_an_unknown_model_is_one() -> None:
    text = """
import torch
def fit(network, optimizer, loss_of, batches, test_loader):
    for epoch in range(10):
        network.train()
        for x, y in batches:
            optimizer.zero_grad()
            loss_of(network(x), y).backward()
            optimizer.step()
        network.eval()
        for x, y in test_loader:  # error
            print(loss_of(network(x), y).item())
"""
    assert findings(text) == marked(text, "NN403")
    assert findings(text.replace("        for x, y in test_loader:", SAFE)) == []


SAFE = "        torch.set_grad_enabled(False)\n        for x, y in test_loader:"


IN_SOME_ROUND = """
model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
def measure():
    model.eval()
    with torch.no_grad():
        print([loss_of(model(x), y) for x, y in held_out])
for epoch in range(10):
    FIRST
    for number, (x, y) in enumerate(batches):
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()
        if ROUND:
            measure()
"""


@pytest.mark.parametrize(
    ("asked", "first", "expected"),
    [
        ("number == len(batches) - 1", "model.train()", []),
        ("number + 1 == len(batches)", "model.train()", []),
        ("rounds - 1 == number", "model.train()", []),
        ("number == len(batches) - 1", "pass", ["NN402"]),
        ("number == 100", "model.train()", ["NN402"]),
        ("number + 1 == 100", "model.train()", ["NN402"]),
    ],
)
def test_nothing_is_trained_behind_the_last_round(
    asked: str, first: str, expected: list[str]
) -> None:
    code = SETTING + IN_SOME_ROUND.replace("ROUND", asked).replace("FIRST", first)
    assert [code for _, code in findings(code) if code == "NN402"] == expected
