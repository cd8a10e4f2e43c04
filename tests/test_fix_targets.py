"""What findings know for the sake of edits that will mend them."""

from textwrap import dedent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.outcomes import finding_from, plain
from advisor.code.sources import Source
from advisor.findings import Change, Finding, Location
from advisor.report.code_json import json_report
from advisor.rulebook import rulebook

SETTING = """\
import torch
from torch import nn
import torch.nn.functional as F
model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""

CASES = {
    "NN101": (
        """
        for x, y in load():
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        """,
        Change.INSERT,
        {"before": "loss.backward()"},
        {"optimizer": "optimizer"},
    ),
    "NN102": (
        """
        for x, y in load():
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()
        """,
        Change.MOVE,
        {"clearing": "optimizer.zero_grad()", "before": "loss.backward()"},
        {},
    ),
    "NN106": (
        """
        total = 0
        for x, y in load():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss
        """,
        Change.WRAP,
        {"addition": "total += loss"},
        {"total": "total"},
    ),
    "NN115": (
        """
        for x, y in load():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step
        """,
        Change.CALL,
        {"method": "optimizer.step"},
        {},
    ),
    "NN201": (
        "loss = F.cross_entropy(F.softmax(model(x), dim=1), y)",
        Change.UNWRAP,
        {"activation": "F.softmax(model(x), dim=1)"},
        {},
    ),
    "NN202": (
        "loss = F.binary_cross_entropy_with_logits(torch.sigmoid(model(x)), y.float())",
        Change.UNWRAP,
        {"activation": "torch.sigmoid(model(x))"},
        {},
    ),
    "NN213": (
        "scores = torch.log(torch.softmax(model(x), dim=1))",
        Change.REPLACE,
        {
            "logarithm": "torch.log(torch.softmax(model(x), dim=1))",
            "softmax": "torch.softmax(model(x), dim=1)",
        },
        {},
    ),
    "NN401": (
        """
        with torch.no_grad():
            for x, y in test_loader:
                print(F.cross_entropy(model(x), y))
        """,
        Change.INSERT,
        {"before": "model(x)"},
        {"model": "model"},
    ),
    "NN402": (
        """
        for epoch in range(9):
            for x, y in load():
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                print([F.cross_entropy(model(x), y) for x, y in test_loader])
        """,
        Change.INSERT,
        {"before": "model(x)"},
        {"model": "model"},
    ),
    "NN406": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Linear(3, 3), nn.Linear(3, 3)]
        """,
        Change.WRAP,
        {"attribute": "self.layers"},
        {"container": "nn.ModuleList"},
    ),
}


def _finding(text: str, code: str) -> Finding:
    source = Source(text, "program.py")
    rule = rulebook("code").find(code)
    (found,) = analyze(source, Project([source]), [rule]).findings
    return found


def _cut_out(text: str, place: Location) -> str:
    line = text.splitlines()[place.row - 1]
    return line[place.column - 1 : place.end_column - 1]


@pytest.mark.parametrize("code", CASES)
def test_a_finding_knows_the_places_and_names_of_its_edit(code: str) -> None:
    body, change, spots, names = CASES[code]
    text = SETTING + dedent(body)
    fix = _finding(text, code).fix
    assert fix is not None
    assert fix.change is change
    assert {part: _cut_out(text, place) for part, place in fix.spots} == spots
    assert dict(fix.names) == names


def test_a_finding_keeps_what_it_knows_when_it_is_stored() -> None:
    finding = _finding(SETTING + dedent(CASES["NN101"][0]), "NN101")
    restored = finding_from(plain(finding))
    assert finding.fix is not None
    assert restored.fix == finding.fix


def test_no_edit_is_proposed_in_the_report_yet() -> None:
    finding = _finding(SETTING + dedent(CASES["NN101"][0]), "NN101")
    assert '"fix": null' in json_report([finding])


def test_an_edit_without_one_of_its_places_is_none() -> None:
    from advisor.rulebook import Draft

    class Nowhere:
        def locate(self) -> None:
            raise AssertionError

    draft = Draft(Nowhere(), "wrong")
    assert draft.fixable(Change.REMOVE, node=None).fix is None
    assert draft.fixable(Change.REMOVE, node=Nowhere()).fix is not None
