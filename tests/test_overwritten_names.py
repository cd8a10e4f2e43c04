"""overwritten-name (NN802): names that an inner loop takes from the loop around it."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

WRONG = {
    "a counter that is read behind the inner loop": """
        for i in range(10):
            for i, batch in enumerate(loader):  # error
                fit(batch)
            save(f"epoch {i}")
        """,
    "under a condition": """
        for step, x in enumerate(loader):
            if step % 100 == 0:
                for x in held_out:  # error
                    judge(x)
            fit(x)
        """,
    "data that the next round reads": """
        x, y = load()
        for epoch in range(10):
            fit(x, y)
            for x, y in held_out:  # error
                judge(x, y)
        """,
    "what a `while` goes by": """
        step = 0
        while step < 1000:
            for step, batch in enumerate(loader):  # error
                fit(batch)
        """,
    "a counter of a `while` that it still adds to": """
        epoch, best = 0, 1e9
        while epoch < 40:
            fit(loader)
            for epoch, batch in enumerate(held_out):  # error
                best = min(best, judge(batch))
            print(epoch, best)
            epoch += 1
        """,
    "what is opened once": """
        for path in paths:
            with open(x) as f:
                fit(f)
            for x in held_out:  # error
                judge(x)
        """,
    "an index of what the inner loop knows nothing of": """
        for k in range(5):
            for k, batch in enumerate(loader):  # error
                fit(batch)
            scores[k] = judge(held_out)
        """,
    "compared with what the inner loop does not count to": """
        for i in range(epochs):
            for i, batch in enumerate(loader):  # error
                fit(batch)
            if i == epochs - 1:
                save(model)
        """,
}

RIGHT = {
    "the number of rounds that it took": """
        for n in range(10):
            for n in range(3):
                fit(n)
            n += 1
            print(total / n)
        """,
    "a sum of the rounds that it took": """
        for i in range(10):
            for i, batch in enumerate(loader):
                fit(batch)
            steps += i + 1
        """,
    "the number of rounds by a name of its own": """
        for i in range(10):
            for i, batch in enumerate(loader):
                total += fit(batch)
            batches = i + 1
            print(total / batches)
        """,
    "divided by the number of rounds as another type": """
        for i in range(10):
            for i, batch in enumerate(loader):
                total += fit(batch)
            print(total / float(i + 1), total / max(i, 1))
        """,
    "the last part of what the inner loop went through": """
        for i in range(3):
            for name, value in weights.items():
                parts, owner = name.split("."), model
                for i in range(len(parts) - 1):
                    owner = getattr(owner, parts[i])
                setattr(owner, parts[i + 1], value)
        """,
    "where a search has stopped": """
        for i in range(3):
            for i, size in enumerate(sizes):
                if not fits(size):
                    break
            print(i, "sizes fit")
        """,
    "whether the inner loop came to its end": """
        for i in range(3):
            for i, batch in enumerate(loader):
                fit(batch)
            assert i == len(loader) - 1
        """,
    "forgotten": """
        for i in range(3):
            for i, batch in enumerate(loader):
                fit(batch)
            del i
        """,
    "carried from round to round": """
        last = None
        for epoch in range(3):
            if last is not None:
                draw(last)
            for last in loader:
                fit(last)
        """,
    "nothing reads it again": """
        for i in range(10):
            for i, batch in enumerate(loader):
                fit(batch, i)
        """,
    "bound again before it is read": """
        for epoch in range(10):
            for x, y in loader:
                fit(x, y)
            for x, y in held_out:
                judge(x, y)
        """,
    "bound by hand behind the inner loop": """
        for i in range(3):
            for i in range(2):
                fit(i)
            i = 3
            print(i)
        """,
    "a counter of a `while` that goes on in the inner loop": """
        step = 0
        while step < 1000:
            for step, batch in enumerate(loader, step):
                fit(batch)
            step += 1
        """,
    "a counter of a `while` that is put back": """
        i = 0
        while i < 10:
            epoch = i
            for i, batch in enumerate(loader):
                fit(batch)
            i = epoch
            i += 1
        """,
    "divided by the number of rounds": """
        for i in range(10):
            total = 0
            for i, batch in enumerate(loader):
                total += fit(batch)
            print(total / (i + 1), total // i)
        """,
    "on the other side of a condition": """
        for i in range(3):
            if i == 2:
                for i in range(2):
                    fit(i)
            else:
                print(i)
        """,
    "the inner loop goes on from it": """
        step = 0
        while step < 1000:
            for step, batch in enumerate(loader, step + 1):
                fit(batch)
        """,
    "bound by `as` before it is read": """
        for path in paths:
            with open(path) as f:
                read(f)
            for f in files(path):
                print(f)
        """,
    "bound by an assignment in a test before it is read": """
        for path in paths:
            if (x := first(path)) is not None:
                fit(x)
            for x in rest(path):
                fit(x)
        """,
    "bound by what failed before it is read": """
        for path in paths:
            try:
                read(path)
            except OSError as e:
                print(e)
            for e in parts(path):
                print(e)
        """,
    "in another function": """
        def judge(x):
            for i in range(3):
                print(i)
        for i in range(10):
            judge(i)
            print(i)
        """,
    "in a comprehension": """
        for x in loader:
            for y in x:
                fit(y)
            print([y for y in x], set(z for y in x for z in y))
            for z in x:
                fit(z)
        for y in loader:
            print(sum(y for y in held_out))
            print(y)
        """,
    "an item and what is in it": """
        for k, v in table.items():
            for k in v:
                fit(k)
        """,
    "a name for what nobody wants": """
        for _ in range(3):
            for _ in range(2):
                fit(1)
            print(_)
        """,
}


def _found(case: str) -> list[tuple[int, str]]:
    return [each for each in findings("import torch\n" + dedent(case)) if each[1] == "NN802"]


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_a_name_that_is_taken_and_read_again_is_flagged(case: str) -> None:
    assert _found(case) == marked("import torch\n" + dedent(case), "NN802")


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT.keys())
def test_a_name_that_nobody_misses_is_not_flagged(case: str) -> None:
    assert _found(case) == []


COMPARED = """
import torch

def accuracy(net, other, loader):
    right = 0
    with torch.no_grad():
        for inputs, labels in loader:
            outputs = net(inputs)
            {bound}
            right += ({compared}).sum().item()
    return right
"""


@pytest.mark.parametrize(
    ("bound", "compared", "told"),
    [
        ("_, labels = torch.max(outputs, 1)", "outputs.argmax(1) == labels", True),
        ("labels = outputs.argmax(1)", "torch.max(outputs, 1)[1].eq(labels)", True),
        ("labels = net(inputs).argmax(dim=1)", "net(inputs).argmax(dim=1) == labels", True),
        ("labels = labels.argmax(dim=1)", "outputs.argmax(dim=1) == labels", False),
        ("labels = other(inputs).argmax(dim=1)", "outputs.argmax(dim=1) == labels", False),
        ("guessed = outputs.argmax(dim=1)", "guessed == labels", False),
    ],
)
def test_labels_are_not_bound_anew_to_what_they_should_judge(
    bound: str, compared: str, told: bool
) -> None:
    program = COMPARED.format(bound=bound, compared=compared)
    assert ("NN802" in [code for _, code in findings(program)]) == told


LOST_LOSS = """
import torch
from torch import nn

def fit(model, train_loader, held_out, optimizer):
    curve, judged = [], []
    for epoch in range(10):
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        BEFORE
        total = 0.0
        with torch.no_grad():
            for x, y in held_out:
                loss = nn.functional.cross_entropy(model(x), y)MARK
                total += loss.item() * len(y)
        judged.append(total / len(held_out.dataset))
        BEHIND
"""


@pytest.mark.parametrize(
    ("before", "behind", "lost"),
    [
        ("pass", "train_curve = [*curve, loss.item()]; train_curve.append(loss.item())", True),
        ("pass", "print('training:', loss.item(), 'held out:', judged[-1])", True),
        ("pass", "print('training', epoch, 'held out', loss.item(), judged[-1])", False),
        ("pass", "print(epoch, loss.item(), judged[-1])", False),
        ("curve.append(loss.item())", "print(judged[-1])", False),
        ("pass", "loss = judged[-1]; print(loss)", False),
        ("pass", "print(f'loss {judged[-1]}')", False),
    ],
)
def test_the_loss_of_a_training_is_told_of_before_an_evaluation_takes_its_name(
    before: str, behind: str, lost: bool
) -> None:
    program = LOST_LOSS.replace("BEFORE", before).replace("BEHIND", behind)
    program = program.replace("MARK", "  # error" if lost else "")
    found = [each for each in findings(program) if each[1] in {"NN802", "NN803"}]
    assert found == marked(program, "NN802")


def test_what_the_training_has_told_of_is_not_told_again() -> None:
    program = LOST_LOSS.replace(
        "            optimizer.step()\n", "$&            print(loss.item())\n"
    )
    program = program.replace("$&", "            optimizer.step()\n").replace("MARK", "")
    program = program.replace("BEFORE", "pass").replace("BEHIND", "print(loss.item(), judged[-1])")
    assert "NN802" not in [code for _, code in findings(program)]


def test_what_an_evaluation_tells_of_is_its_own() -> None:
    telling = "with torch.no_grad(): print('held-out', loss.item(), judged[-1])"
    program = LOST_LOSS.replace("MARK", "").replace("BEFORE", "pass").replace("BEHIND", telling)
    assert "NN802" not in [code for _, code in findings(program)]
