"""Cells of notebooks that are no Python: the others are looked at, and nothing is taken for granted."""

import json

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import source_from_bytes
from advisor.code.unread_cells import stand_in
from advisor.findings import Severity
from advisor.rulebook import rulebook

BEFORE = """
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
keras.utils.set_random_seed(0)
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
"""
AFTER = """
model = keras.Sequential([layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(10)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x, y, epochs=5, validation_data=(x_test, y_test))
"""
SCALING = "x = x / 255.0\nx_test = x_test / 255.0\n"


def told(*cells: str) -> list[str]:
    """The codes of what is found in a notebook."""
    written = [{"cell_type": "code", "source": cell} for cell in cells]
    content = json.dumps({"nbformat": 4, "cells": written}).encode()
    analysis = analyze(source_from_bytes(content, "a.ipynb"), Project(), rulebook("code").rules)
    return [each.code for each in analysis.findings if each.severity is not Severity.INFO]


def test_what_a_broken_cell_may_have_done_to_data_is_not_known() -> None:
    assert told(BEFORE, AFTER) == ["NN509"]
    assert told(BEFORE, SCALING, AFTER) == []
    assert told(BEFORE, SCALING + "print 'from', x.min(), 'to', x.max()", AFTER) == []


def test_a_broken_cell_that_touches_nothing_changes_nothing() -> None:
    assert told(BEFORE, "print 'here we go'", AFTER) == ["NN509"]


def test_what_a_broken_cell_defines_is_nothing_in_particular() -> None:
    load = "(x, y), (x_test, y_test) = load()\nprint 'rows:', len(x)"
    assert told(BEFORE, load, AFTER) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("print 'a'", "# print 'a'"),
        ("rate =", "rate = get_ipython(rate)  # rate ="),
        ("print x.shape", "get_ipython(x)  # print x.shape"),
        ("x /= 255; print x", "x = get_ipython(x)  # x /= 255; print x"),
        ("for row in rows print", "row = get_ipython(row, rows)  # for row in rows print"),
        (
            "(a, b), c = f(d=1) else",
            "; ".join(f"{name} = get_ipython(a, b, c, d, f)" for name in "abc")
            + "  # (a, b), c = f(d=1) else",
        ),
        (
            "fit(x, epochs=3) 'and ' # x = 1",
            "get_ipython(epochs, fit, x)  # fit(x, epochs=3) 'and ' # x = 1",
        ),
        ("def f(:", "f = get_ipython(f)  # def f(:"),
    ],
)
def test_a_broken_cell_hands_over_what_it_touches_and_binds_what_it_binds(
    written: str, expected: str
) -> None:
    assert stand_in([written, "  print"]) == [expected, "#   print"]
