"""An option that leads to a function leads the same way inside of it."""

import pytest

from tests.abstract_programs import findings, program

BATCHES = """\
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader

parser = argparse.ArgumentParser()
parser.add_argument("--labels", default="one")
parser.add_argument("--several", action="store_true")
options = parser.parse_args()
rows = DataLoader(torch.load("rows.pt"), batch_size=32, shuffle=True)

def learn(model, criterion, optimizer):
    model.train()
    for x, y in rows:
        optimizer.zero_grad()
        if {inside}:
            loss = criterion(model(x), torch.LongTensor(y))
        else:
            loss = criterion(model(x).sigmoid(), torch.stack(y).float())
        loss.backward()
        optimizer.step()

def one_label():
    model = nn.Linear(10, 5)
    learn(model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), 1e-3))

def several_labels():
    model = nn.Linear(10, 5)
    learn(model, nn.BCELoss(), torch.optim.Adam(model.parameters(), 1e-3))

if {outside}:
    {first}()
else:
    {second}()
"""


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        ('options.labels == "one"', 'options.labels == "one"'),
        ("not options.several", "not options.several"),
    ],
)
def test_a_loss_meets_the_targets_that_the_same_option_chooses(outside: str, inside: str) -> None:
    text = BATCHES.format(
        outside=outside, inside=inside, first="one_label", second="several_labels"
    )
    assert "NN208" not in {code for _, code in findings(text)}
    swapped = BATCHES.format(
        outside=outside, inside=inside, first="several_labels", second="one_label"
    )
    assert "NN208" in {code for _, code in findings(swapped)}


ASKED = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--way", default="up")
parser.add_argument("--fast", action="store_true")
options = parser.parse_args()
found = "nothing"
if {outside}:
    {between}
    if {inside}:
        found = "first"
    else:
        found = "second"
"""


@pytest.mark.parametrize(
    ("outside", "inside", "found"),
    [
        ('options.way == "up"', 'options.way == "up"', "first"),
        ('options.way == "up"', 'options.way != "up"', "second"),
        ('options.way == "up"', 'options.way == "down"', "second"),
        ('options.way != "up"', 'options.way == "up"', "second"),
        ("options.fast", "not options.fast", "second"),
        ("not options.fast", "options.fast", "second"),
    ],
)
def test_what_has_been_asked_is_known(outside: str, inside: str, found: str) -> None:
    held = program(ASKED.format(outside=outside, between="pass", inside=inside))
    assert f"'{found}'" in held["found"]
    others = {"first", "second"} - {found}
    assert not any(other in held["found"] for other in others)


@pytest.mark.parametrize(
    ("outside", "between", "inside"),
    [
        ('options.way != "up"', "pass", 'options.way == "down"'),
        ("options.fast", "pass", 'options.way == "up"'),
        ("options.fast", "options.fast = input()", "options.fast"),
    ],
)
def test_what_has_another_answer_is_not(outside: str, between: str, inside: str) -> None:
    held = program(ASKED.format(outside=outside, between=between, inside=inside))
    assert "first" in held["found"]
    assert "second" in held["found"]
