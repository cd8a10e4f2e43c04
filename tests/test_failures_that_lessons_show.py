"""Notebooks that show a failure on purpose: shape-mismatch (NN307), units-do-not-match-loss (NN212)."""

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
