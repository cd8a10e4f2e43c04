"""Notebooks that show a failure on purpose: shape-mismatch (NN307), units-do-not-match-loss (NN212),
detached-loss (NN110)."""

import json
from typing import Any

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.failing_cells import known_to_fail
from advisor.code.notebooks import read_notebook
from advisor.code.sources import Source
from advisor.rulebook import rulebook

SUM = "import torch\nprint(torch.randn(2, 3) + torch.randn(2, 4))"
FIVE = """from tensorflow import keras
(x, y), _ = keras.datasets.fashion_mnist.load_data()
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=5)"""


def _code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": [source]}


def _error(name: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": "", "traceback": []}


def _codes(*cells: dict[str, Any]) -> set[str]:
    content = json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    notebook = read_notebook(content, "lesson.ipynb")
    source = Source(notebook.text, "lesson.ipynb", notebook=notebook)
    rules = [rule for rule in rulebook("code").rules if not rule.whole_program]
    return {each.code for each in analyze(source, Project([source]), rules).findings}


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ([_code(SUM)], True),
        ([_text("Now the two are added."), _code(SUM)], True),
        ([_code(SUM, _error("RuntimeError"))], False),
        ([_code(SUM, _error("KeyboardInterrupt"))], True),
        ([_code(SUM, {"output_type": "stream", "text": "no error"})], True),
        ([_code(SUM), _text("The code above leads to an error: their last axes differ.")], False),
        ([_text("Try it with four columns. You'll get an error."), _code(SUM)], False),
        ([_text("Training reduces the error of the model."), _code(SUM)], True),
    ],
)
def test_a_cell_that_is_known_to_fail_shows_a_mismatch(
    cells: list[dict[str, Any]], wrong: bool
) -> None:
    assert ("NN307" in _codes(*cells)) == wrong


def test_too_few_units_may_be_what_an_exercise_asks_for() -> None:
    ahead = _text("Train it with 5. You get an error as soon as it finds an unexpected value.")
    assert "NN212" in _codes(_code(FIVE))
    assert "NN212" not in _codes(ahead, _code(FIVE))
    assert "NN212" in _codes(ahead, _code(FIVE), _text("Add a layer."), _code(FIVE))


def test_cells_of_any_form_are_read() -> None:
    odd = ["no cell", {"cell_type": "code", "outputs": "?"}, {"cell_type": "markdown", "source": 3}]
    assert known_to_fail(odd) == frozenset()


DETACHED = """import torch
w = torch.ones(3, requires_grad=True)
loss = (w.detach() * 2).sum()
"""
STEPPED = """import torch
w = torch.ones(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
"""
SHOWN = {
    "printed": "try:\n    loss.backward()\nexcept RuntimeError as e:\n    print('refused:', e)",
    "logged": "import logging\ntry:\n    loss.backward()\nexcept Exception:\n    logging.error('no')",
    "told by a comment": "loss.backward()  # this will raise, for nothing is recorded",
}
MEANT = {
    "not caught": "loss.backward()",
    "kept quiet about": "try:\n    loss.backward()\nexcept RuntimeError:\n    pass",
    "raised again": "try:\n    loss.backward()\nexcept RuntimeError as e:\n    print(e)\n    raise",
    "cleaned up behind": "try:\n    loss.backward()\nfinally:\n    print('done')",
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_way_back_that_is_tried_out_shows_what_detaching_does(name: str) -> None:
    assert "NN110" not in _codes(_code(DETACHED + SHOWN[name]))


def test_a_way_back_is_tried_out_where_nothing_is_recorded() -> None:
    inside = "try:\n    y.backward()\nexcept RuntimeError as e:\n    print(e)"
    inside = "with torch.no_grad():\n    y = w.sum()\n    " + inside.replace("\n", "\n    ")
    assert "NN110" not in _codes(_code(DETACHED + inside))


@pytest.mark.parametrize("name", MEANT)
def test_a_way_back_that_nobody_expects_to_fail_is_told_of(name: str) -> None:
    assert "NN110" in _codes(_code(DETACHED + MEANT[name]))


@pytest.mark.parametrize("rounds", ["for x in torch.rand(9, 3)", "if (x := torch.rand(3)).any()"])
def test_a_training_that_catches_failures_is_no_lesson(rounds: str) -> None:
    training = """{}:
    try:
        loss = (w * x).sum().detach()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    except RuntimeError as e:
        print("skipped", e)"""
    assert "NN110" in _codes(_code(STEPPED + training.format(rounds)))
