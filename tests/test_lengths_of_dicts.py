"""How many keys a dict has, where a loop or an unknown key has put some in (NN212, NN307)."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import json
import torch
from torch import nn
{names}
model = nn.Linear(3, len(names))
for x, y in torch.utils.data.DataLoader(torch.load("rows.pt"), shuffle=True):
    nn.CrossEntropyLoss()(model(x), y).backward()
"""
UNKNOWN = {
    "numbered anew": """
        names, number = {}, 0
        for name in json.load(open("names.json")).values():
            names[number] = name
            number += 1
        """,
    "numbered by how many there are": """
        names = {}
        for name in open("names.txt"):
            if name not in names:
                names[name] = len(names)
        """,
    "put in where it is not there": """
        names = {"other": 0}
        for name in open("names.txt"):
            names.setdefault(name, len(names))
        """,
    "taken out": """
        names = {"some": 0, "other": 1}
        names.pop(input())
        """,
    "brought up to date": """
        names = {"other": 0}
        names.update(json.load(open("names.json")))
        """,
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_nobody_knows_how_many_keys_there_are(name: str) -> None:
    program = PROGRAM.format(names=dedent(UNKNOWN[name]))
    assert "NN212" not in [code for _, code in findings(program)]


@pytest.mark.parametrize(
    "names", ['names = {"only": 0}', 'names = {}\nnames["only"] = 0', "names = dict(only=0)"]
)
def test_keys_that_are_written_out_are_counted(names: str) -> None:
    assert "NN212" in [code for _, code in findings(PROGRAM.format(names=names))]
