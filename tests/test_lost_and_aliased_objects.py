"""overwritten-name (NN802) of models, data sets and functions; best-weights-alias (NN807) in lists."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

HEAD = """
import copy
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
def build(width):
    return torch.nn.Linear(20, width)
def accuracy(model, x, y):
    return (model(x).argmax(1) == y).float().mean().item()
"""


def _differences(program: str, code: str) -> list[int]:
    """The lines that are told and not marked, or marked and not told."""
    text = HEAD + dedent(program)
    marked = {number for number, line in enumerate(text.splitlines(), 1) if "# error" in line}
    return sorted(marked ^ {line for line, found in findings(text) if found == code})


NAMES = {
    "a model that a loop over others takes the name of": """
        model = build(2)
        print(accuracy(model, x, y))
        for name, model in {"small": build(3), "large": build(9)}.items():  # error
            print(name, sum(p.numel() for p in model.parameters()))
        torch.save(model.state_dict(), "chosen.pt")
        """,
    "a data set that the batches take the name of": """
        for blob in blobs():
            data = TensorDataset(blob["x"], blob["y"])
            loader = DataLoader(data, batch_size=8)
            total = 0.0
            for data, target in loader:  # error
                total += F.cross_entropy(model(data), target, reduction="sum").item()
            print(total / len(data))
        """,
    "a data set whose name a batch has when it is looked at": """
        data = TensorDataset(x, y)
        loader = DataLoader(data, batch_size=8)
        print(data[0])
        for data, target in loader:
            total = F.cross_entropy(model(data), target)
        print(data.shape, model(data))
        """,
    "a function that its result takes the place of": """
        for epoch in range(9):
            accuracy = accuracy(model, x, y)  # error
            print(accuracy)
        """,
    "a model that was not used yet": """
        model = build(2)
        for model in (build(3), build(9)):
            print(accuracy(model, x, y))
        torch.save(model.state_dict(), "last.pt")
        """,
    "a model that is built again behind the loop": """
        model = build(2)
        print(accuracy(model, x, y))
        for model in (build(3), build(9)):
            print(accuracy(model, x, y))
        model = build(2)
        torch.save(model.state_dict(), "fresh.pt")
        """,
    "a function that is bound to one of several first": """
        for build_one in (build, build):
            model = build_one(2)
            build_one = build_one(3)
        """,
    "models that loops alone give the name to": """
        models = [build(2), build(3)]
        for model in models:
            print(accuracy(model, x, y))
        for model, rate in zip(models, (0.1, 0.2)):
            print(accuracy(model, x, y), rate)
        print(model)
        """,
    "numbers that a loop takes the name of": """
        value = read(3)
        print(value)
        for value in values():
            print(value)
        print(value)
        """,
}


@pytest.mark.parametrize("program", NAMES.values(), ids=NAMES.keys())
def test_names_of_objects_that_are_used_again(program: str) -> None:
    assert _differences(program, "NN802") == []


TRAINED = """
model = build(2)
BEFORE
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
kept = []
for epoch in range(9):
    FIRST
    for x, y in batches():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    LINE
use(kept)
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("kept.append(model.state_dict())", True),
        ("if epoch > 5: kept.append(model.state_dict())", True),
        ("kept.append(model)", True),
        ("kept.append((accuracy(model, x, y), model.state_dict()))", True),
        ("kept.append({'epoch': epoch, 'weights': model.state_dict()})", True),
        ("kept.append((epoch, copy.deepcopy(model.state_dict())))", False),
        ("kept.append(copy.deepcopy(model.state_dict()))", False),
        ("kept.append({k: v.clone() for k, v in model.state_dict().items()})", False),
        ("kept.append(copy.deepcopy(model))", False),
        ("kept.append(accuracy(model, x, y))", False),
    ],
)
def test_lists_of_one_and_the_same_weights(line: str, told: bool) -> None:
    program = TRAINED.replace("LINE", f"{line}  # error" if told else line)
    assert _differences(program.replace("FIRST", "pass").replace("BEFORE", ""), "NN807") == []


def test_models_that_are_built_in_each_round_are_others() -> None:
    first = "model = build(2); optimizer = torch.optim.SGD(model.parameters(), lr=0.1)"
    program = TRAINED.replace("LINE", "kept.append(model)").replace("FIRST", first)
    assert _differences(program.replace("BEFORE", ""), "NN807") == []


SEVERAL = """
FIRST
kept = []
for seed in range(9):
    AGAIN
    kept.append(model)LINE
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in batches():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
use(kept)
"""


def test_models_may_be_put_into_a_list_before_they_are_trained() -> None:
    anew = SEVERAL.replace("FIRST", "pass").replace("AGAIN", "model = build(2)")
    assert _differences(anew.replace("LINE", ""), "NN807") == []
    same = SEVERAL.replace("FIRST", "model = build(2)").replace("AGAIN", "pass")
    assert _differences(same.replace("LINE", "  # error"), "NN807") == []


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("before = [p.data for p in model.parameters()]", True),
        ("init_weights = [p.detach() for p in model.parameters()]", True),
        ("initial = {n: p for n, p in model.named_parameters()}", True),
        ("before = [p.data.clone() for p in model.parameters()]", False),
        ("initial = {n: p.detach().clone() for n, p in model.named_parameters()}", False),
        ("trainable = [p for p in model.parameters()]", False),
    ],
)
def test_parameters_that_are_kept_as_earlier_ones(before: str, told: bool) -> None:
    program = TRAINED.replace("BEFORE", f"{before}  # error" if told else before)
    assert _differences(program.replace("LINE", "pass").replace("FIRST", "pass"), "NN807") == []


NAMED_LATER = """
import copy
import torch
def written(path, model):
    torch.save(model.state_dict(), path)
def learn(model, optimizer, criterion, loader, epochs):
    best, best_model = None, None
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        score = judge(model)
        if best is None or score > best:
            best = score
            best_model = {kept}
        if epoch == epochs - 1:
            written("best.pt", best_model)
"""


@pytest.mark.parametrize(("kept", "told"), [("model", True), ("copy.deepcopy(model)", False)])
def test_a_copy_may_be_called_the_model_by_those_who_are_given_it(kept: str, told: bool) -> None:
    text = NAMED_LATER.format(kept=kept)
    assert bool([code for _, code in findings(text) if code == "NN807"]) is told


NAMED_BEST = """
import torch
def learn(model, loader, path):
    optimizer = torch.optim.Adam(model.parameters())
    best, best_model = 0.0, None
    for epoch in range(9):
        for x, y in loader:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        score = judge(model)
        if score > best:
            best = score
            best_model = model
            AT_ONCE
    IN_THE_END
def another(best_model):
    print(judge(best_model))
"""


@pytest.mark.parametrize(
    ("at_once", "in_the_end", "told"),
    [
        ("pass", "return best_model", True),
        ("torch.save(model, path)", "print(judge(best_model))", True),
        ("pass", "torch.save(best_model.state_dict(), path)", True),
        ("torch.save(best_model.state_dict(), path)", "return score", False),
        ("torch.save(model.state_dict(), path)", "return model", False),
        ("torch.save(best_model, path)", "best_model = torch.load(path); return best_model", False),
        (
            "torch.save(model.state_dict(), path)",
            "model.load_state_dict(torch.load(path)); return best_model",
            False,
        ),
        (
            "torch.save(model.state_dict(), path)",
            "best_model.load_state_dict(torch.load(path)); return best_model",
            False,
        ),
    ],
)
def test_a_best_model_that_nothing_reads_later_does_no_harm(
    at_once: str, in_the_end: str, told: bool
) -> None:
    text = NAMED_BEST.replace("AT_ONCE", at_once)
    text = text.replace("IN_THE_END", in_the_end.replace("; ", "\n    "))
    assert bool([code for _, code in findings(text) if code == "NN807"]) is told


LEARNERS = """
import copy
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.out = torch.nn.Linear(8, 2)
    def forward(self, x):
        return self.out(x)
def learn(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
def run(loaders, rounds):
    shared = Net()
    learners = LEARNERS
    for number in range(rounds):
        states, best, best_model = [], 0.0, None
        for learner, loader in zip(learners, loaders):
            learner.load_state_dict(shared.state_dict())
            learn(learner, loader)
            states.append(learner.state_dict())
            score = judge(learner)
            if score > best:
                best, best_model = score, learner
        print(judge(best_model))
        shared.load_state_dict(average(states))
"""


@pytest.mark.parametrize(
    ("learners", "told"),
    [
        ("[Net() for _ in loaders]", False),
        ("[copy.deepcopy(shared) for _ in loaders]", False),
        ("[shared] * len(loaders)", True),
    ],
)
def test_what_a_comprehension_builds_are_several_models(learners: str, told: bool) -> None:
    text = LEARNERS.replace("LEARNERS", learners)
    assert bool([code for _, code in findings(text) if code == "NN807"]) is told


SHOWN = """
import torch
from torch import nn

old, small = nn.Linear(4, 2), nn.Linear(4, 2)
FIRST
for name, model in [("old", old), ("small", small)]:
    print(name, sum(each.numel() for each in model.parameters()))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(("first", "told"), [("model = nn.Linear(4, 2)", True), ("pass", False)])
def test_a_model_that_a_loop_takes_the_name_of_is_lost(first: str, told: bool) -> None:
    found = [code for _, code in findings(SHOWN.replace("FIRST", first))]
    assert ("NN802" in found) is told


WRITTEN = """
import torch


def train(model, loader, judged, optimizer, criterion):
    best = float("inf")
    for epoch in range(9):
        kept = {"epoch": epoch, "model": model.state_dict()}
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        loss = judge(model, judged)
        if loss < best:
            best = loss
            USED
    LAST
"""


@pytest.mark.parametrize(
    ("used", "last", "told"),
    [
        ('torch.save(kept, "best.pt")', "pass", False),
        ("model.load_state_dict(kept['model'])", "pass", True),
        ("chosen = kept", 'torch.save(chosen, "best.pt")', True),
    ],
)
def test_what_each_round_writes_when_it_has_trained(used: str, last: str, told: bool) -> None:
    program = WRITTEN.replace("USED", used).replace("LAST", last)
    assert ("NN807" in [code for _, code in findings(program)]) is told
