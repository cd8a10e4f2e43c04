"""Batches whose loss is not finite, left out by an exception that says so."""

import pytest

from tests.abstract_programs import findings

STEPPED = """
import math
import torch


class BadBatch(Exception):
    pass


def one_step(model, batch, loss_of, optimizer):
    x, y = batch
    loss = loss_of(model(x), y)
    if not math.isfinite(loss.item()):
        raise BadBatch("not finite")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def train(model, loader, loss_of, optimizer):
    for batch in loader:
        try:
            loss = one_step(model, batch, loss_of, optimizer)
        except CAUGHT:
            DONE
        print(loss)
"""


@pytest.mark.parametrize(
    ("caught", "done", "told"),
    [
        ("BadBatch", "continue", True),
        ("(KeyError, BadBatch)", "continue", True),
        ("BadBatch", "print('left out'); continue", False),
        ("BadBatch", "raise", False),
        ("KeyError", "continue", False),
    ],
)
def test_a_batch_is_left_out_by_an_exception(caught: str, done: str, told: bool) -> None:
    program = STEPPED.replace("CAUGHT", caught).replace("DONE", done)
    assert [each for each in findings(program) if each[1] == "NN703"] == [(13, "NN703")] * told


def test_an_exception_for_another_reason_leaves_no_batch_out() -> None:
    program = STEPPED.replace("CAUGHT", "BadBatch").replace("DONE", "continue")
    program = program.replace("not math.isfinite(loss.item())", "len(x) == 0")
    assert "NN703" not in [code for _, code in findings(program)]


def test_the_number_of_a_loss_that_nobody_knows_is_looked_at() -> None:
    program = """
import math


def train(model, loader, loss_of, optimizer):
    for x, y in loader:
        loss = loss_of(model(x), y)
        if not math.isfinite(loss.item()):
            continue
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
    assert "NN703" in [code for _, code in findings("import torch" + program)]
