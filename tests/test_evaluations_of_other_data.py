"""Evaluations that nothing but their data gives away, and what they sum up."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from sklearn.metrics import f1_score

model = nn.Sequential(nn.Flatten(), nn.Linear(784, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 10))
{before}
def macro(net, batches):
    told, right = [], []
    for x, y in batches:
        told += net(x).argmax(1).tolist()
        right += y.tolist()
    return f1_score(right, told, average="macro")

pictures = datasets.MNIST("data", transform=transforms.ToTensor())
others = datasets.MNIST("data", train=False, transform=transforms.ToTensor())
first, second = DataLoader(pictures, batch_size=64, shuffle=True), DataLoader(others, batch_size=64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(5):
    model.train()
    for x, y in first:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    {then}
"""
TOTAL = """
import torch
from torch import nn
from torch.utils.data import DataLoader

model = nn.Linear(8, 3)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(5):
    for x, y in torch.load("train.pt"):
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    total = 0.0
    {head}
    for x, y in torch.load("test.pt"):
        {line}
    print(float(total))
"""


def codes(text: str) -> set[str]:
    return {code for _, code in findings(text)} & {"NN106", "NN401", "NN403"}


def test_a_model_that_runs_over_what_it_is_not_trained_with_is_judged() -> None:
    assert codes(PROGRAM.format(before="", then="print(macro(model, second))")) == {
        "NN401",
        "NN403",
    }


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("@torch.no_grad()", "model.eval(); print(macro(model, second))"),
        ("", "[model(x) for x, y in first]"),
        ("", "for x, y in second:\n        model(x)"),
        ("", "for x, y in second: model(x).mean().backward(); optimizer.step()"),
        ("", "print(macro(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval(), first))"),
    ],
)
def test_other_passes_are_left_alone(before: str, then: str) -> None:
    assert not codes(PROGRAM.format(before=before, then=then))


@pytest.mark.parametrize("line", ["total += criterion(model(x), y)", "total += model(x).std() * 2"])
def test_a_total_of_an_evaluation_keeps_graphs(line: str) -> None:
    assert codes(TOTAL.format(head="pass", line=line)) == {"NN106", "NN403"}


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("pass", "total += criterion(model(x), y).item()"),
        ("torch.set_grad_enabled(False)", "total += criterion(model(x), y)"),
        ("pass", "with torch.no_grad(): total += criterion(model(x), y)"),
        ("pass", "total += (model(x).argmax(1) == y).sum()"),
    ],
)
def test_a_total_of_numbers_keeps_none(head: str, line: str) -> None:
    assert "NN106" not in codes(TOTAL.format(head=head, line=line))


CRITIC = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
{name} = "cuda" if torch.cuda.is_available() else "cpu"
maker, critic = nn.Linear(8, 784).to({name}), nn.Linear(784, 1).to({name})
steps = [torch.optim.Adam(each.parameters(), lr=1e-4) for each in (maker, critic)]
pictures = datasets.MNIST("data", transform=transforms.ToTensor())
for number, (real, _) in enumerate(DataLoader(pictures, batch_size=64, shuffle=True)):
    drawn = maker(torch.randn(len(real), 8, device={name})).detach()
    loss = critic(drawn).mean() - critic(real.flatten(1).to({name})).mean()
    steps[1].zero_grad()
    loss.backward()
    steps[1].step()
    if number % 5 == 0:
        steps[0].zero_grad()
        (-critic(maker(torch.randn(64, 8, device={name}))).mean()).backward()
        steps[0].step()
"""


@pytest.mark.parametrize("name", ["dev", "device"])
def test_where_numbers_are_put_does_not_say_that_a_model_is_judged_by_them(name: str) -> None:
    assert not codes(CRITIC.format(name=name))


AGAIN = """
import torch
from torch import nn
model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 8))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in torch.load("train.pt"):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
x_test = torch.load("test.pt")
with torch.no_grad():
    {lines}
"""


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("answers = [model(x_test) for _ in range(50)]", set()),
        ("for _ in range(50):\n        print(model(x_test))", set()),
        ("answers = [model(x_test[i]) for i in range(50)]", {"NN401"}),
        ("answers = [model(x_test) for x_test in parts()]", {"NN401"}),
        ("for _ in range(50):\n        x_test = model(x_test)", {"NN401"}),
    ],
)
def test_whoever_asks_the_same_again_and_again_wants_other_answers(
    lines: str, told: set[str]
) -> None:
    assert codes(AGAIN.format(lines=lines)) == told
