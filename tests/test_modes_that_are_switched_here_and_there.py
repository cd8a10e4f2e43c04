"""Modes that are switched back behind a `return`, by callbacks or by helpers (NN401 to NN404, NN408)."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
from contextlib import ExitStack
import torch
import torch.nn.functional as F
from torch import nn
net = nn.Sequential(nn.Linear(5, 20), nn.ReLU(), nn.Dropout(0.1), nn.Linear(20, 2))
optimizer = torch.optim.Adam(net.parameters())
"""
TRAINED = """
for epoch in range(10):
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    measure(torch.load("others.pt"))
"""

RESTORED = {
    "behind a return": """
        def measure(pairs):
            net.eval()
            try:
                with torch.no_grad():
                    return sum((net(x).argmax(1) == y).sum().item() for x, y in pairs)
            finally:
                net.train()
        """,
    "behind one of several returns": """
        def measure(pairs):
            before = net.training
            net.eval()
            try:
                for x, y in pairs:
                    with torch.no_grad():
                        if net(x).isnan().any():
                            return None
                return len(pairs)
            finally:
                net.train(before)
        """,
    "by a callback": """
        def measure(pairs):
            with ExitStack() as stack:
                stack.enter_context(torch.no_grad())
                net.eval()
                stack.callback(net.train)
                return sum((net(x).argmax(1) == y).sum().item() for x, y in pairs)
        """,
}


@pytest.mark.parametrize("name", RESTORED)
def test_a_mode_that_is_restored_is_no_mistake(name: str) -> None:
    text = SETTING + dedent(RESTORED[name]) + TRAINED
    assert not {"NN401", "NN402", "NN403"} & {code for _, code in findings(text)}


def test_a_mode_that_a_final_block_leaves_off_is_told() -> None:
    text = (
        SETTING
        + dedent("""
        def measure(pairs):
            net.eval()  # error
            try:
                with torch.no_grad():
                    return sum((net(x).argmax(1) == y).sum().item() for x, y in pairs)
            finally:
                print("measured")
        """)
        + TRAINED
    )
    assert [each for each in findings(text) if each[1] == "NN402"] == marked(text, "NN402")


WRONG = {
    "NN401 switched to training in the evaluation itself": """
        def validate(model, loader, criterion):
            model.train()
            with torch.no_grad():
                for x, y in loader:  # error
                    print(criterion(model(x), y).item())
        """,
    "NN401 by a loss that is called that of the validation": """
        mse = nn.MSELoss()
        x_tr, y_tr, x_va, y_va = torch.load("parts.pt")
        for epoch in range(100):
            optimizer.zero_grad()
            mse(net(x_tr), y_tr).backward()
            optimizer.step()
            with torch.no_grad():
                val_loss = mse(net(x_va), y_va)  # error
            print(val_loss.item())
        """,
    "NN403 outputs that are cut off": """
        def features_of(model, loader):
            model.eval()
            found = []
            for x, _ in loader:
                found.append(model(x).detach().cpu())  # error
            return torch.cat(found)
        """,
    "NN403 a program that trains nothing": """
        model = torch.load("model.pt")
        model.eval()
        def embed(texts):
            vectors = []
            for text in texts:
                vectors.append(model(text))  # error
            return vectors
        torch.save(embed(open("texts.txt")), "vectors.pt")
        """,
    "NN403 one function for both": """
        class Runner:
            def __init__(self, model, optimizer, criterion):
                self.model, self.optimizer, self.criterion = model, optimizer, criterion

            def run_epoch(self, loader, train=True):
                self.model.train() if train else self.model.eval()
                total = 0.0
                for x, y in loader:
                    loss = self.criterion(self.model(x), y)  # error
                    if train:
                        self.optimizer.zero_grad()
                        loss.backward()
                        self.optimizer.step()
                    total += loss.item()
                return total

            def fit(self, loader, other):
                for epoch in range(10):
                    print(self.run_epoch(loader), self.run_epoch(other, train=False))
        """,
    "NN408 between layers of widths that are told from outside": """
        class Values(nn.Module):
            def __init__(self, states, actions):
                super().__init__()
                self.first, self.second = nn.Linear(states, 128), nn.Linear(128, 128)
                self.third = nn.Linear(128, actions)

            def forward(self, x):
                return self.third(F.relu(self.second(self.first(x))))  # error
        """,
    "NN408 a mean between two convolutions": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Conv2d(1, 16, 5), nn.Conv2d(16, 32, 5)
                self.pool = nn.AvgPool2d(2)

            def forward(self, x):
                x = self.pool(self.first(x))
                return self.pool(F.relu(self.second(x)))  # error
        """,
}

RIGHT = {
    "a teacher in a training": """
        def distill(teacher, student, loader, optimizer):
            teacher.eval()
            for x, _ in loader:
                target = teacher(x).detach()
                loss = F.mse_loss(student(x), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        """,
    "gradients of what is put in": """
        def saliency(model, loader):
            model.eval()
            found = []
            for x, y in loader:
                x.requires_grad_()
                model(x)[:, 0].sum().backward()
                found.append(x.grad.abs().numpy())
            return found
        """,
    "features that others may go back through": """
        def features_of(model, loader):
            model.eval()
            return torch.cat([model(x) for x, _ in loader])
        """,
    "a policy that acts": """
        def fill(policy, environment, memory):
            policy.eval()
            seen = environment.reset()
            for _ in range(1000):
                action = policy(torch.tensor(seen)).argmax().item()
                seen, reward, done, _ = environment.step(action)
                memory.append((seen, reward))
        """,
    "dropout that is told to drop": """
        class Prenet(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Linear(3, 8)

            def forward(self, x):
                return F.dropout(F.relu(self.first(x)), 0.5, training=True)
        """,
    "dropout that is there to sample": """
        class MonteCarloDropout(nn.Module):
            def forward(self, x):
                return F.dropout(x, 0.5, training=True)
        """,
    "a narrow middle between widths that are told from outside": """
        class Values(nn.Module):
            def __init__(self, states, actions, rank):
                super().__init__()
                self.first, self.second = nn.Linear(states, rank), nn.Linear(rank, actions)

            def forward(self, x):
                return self.second(self.first(x))
        """,
    "a largest number between two convolutions": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Conv2d(1, 16, 5), nn.Conv2d(16, 32, 5)
                self.pool = nn.MaxPool2d(2)

            def forward(self, x):
                return F.relu(self.second(self.pool(self.first(x))))
        """,
}
OURS = ("NN401", "NN402", "NN403", "NN404", "NN408")


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told(name: str) -> None:
    code, text = name.split(" ", 1)[0], SETTING + dedent(WRONG[name])
    found = [each for each in findings(text) if each[1] == code]
    assert [code for _, code in found] == [code]
    assert marked(text, code)[0][0] in range(found[0][0], found[0][0] + 3)


@pytest.mark.parametrize("name", RIGHT)
def test_what_has_a_reason_is_left_alone(name: str) -> None:
    assert not [each for each in findings(SETTING + dedent(RIGHT[name])) if each[1] in OURS]


@pytest.mark.parametrize(
    ("wrapped", "is_wrong"),
    [
        ("(torch.inference_mode if recent else torch.no_grad)()(function)", False),
        ("torch.no_grad()(function)", False),
        ("registry.setdefault(function.__name__, function)", True),
    ],
)
def test_a_decorator_of_the_program_may_switch_gradients_off(wrapped: str, is_wrong: bool) -> None:
    text = dedent(f"""
        import torch
        registry = {{}}
        recent = torch.__version__ > "1.9"
        def without_gradients():
            def decorate(function):
                return {wrapped}
            return decorate
        @without_gradients()
        def measure(pairs):
            net = torch.nn.Sequential(torch.nn.Linear(5, 20), torch.nn.Dropout(0.1), torch.nn.Linear(20, 2))
            net.load_state_dict(torch.load("net.pt"))
            net.eval()
            hits = 0
            for x, y in pairs:
                hits += (net(x).argmax(1) == y).sum().item()
            return hits
        measure(torch.load("pairs.pt"))
        """)
    assert ("NN403" in {code for _, code in findings(text)}) is is_wrong


BY_FLAG = """
def judge(net, pairs, dropping):
    if dropping:
        net.train()
    else:
        net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in pairs)
net.train()
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
print(judge(net, torch.load("others.pt"), True))
"""


def test_a_function_that_switches_to_either_mode_is_told_which_one_to_judge_in() -> None:
    both = BY_FLAG + 'print(judge(net, torch.load("others.pt"), False))\n'
    assert "NN401" in {code for _, code in findings(SETTING + BY_FLAG)}
    assert "NN401" not in {code for _, code in findings(SETTING + both)}


@pytest.mark.parametrize("named", ["net.eval", "self.net.eval", "judged.eval"])
def test_brackets_that_are_missing_are_told_once(named: str) -> None:
    text = SETTING + dedent(f"""
        class Judge:
            def __init__(self):
                self.net = net
            @torch.no_grad()
            def accuracy(self, judged, pairs):
                {named}
                return sum((judged(x).argmax(1) == y).sum().item() for x, y in pairs)
        for x, y in torch.load("batches.pt"):
            net.train()
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
        print(Judge().accuracy(net, torch.load("others.pt")))
        """)
    assert [code for _, code in findings(text) if code in {"NN115", "NN401"}] == ["NN115"]
