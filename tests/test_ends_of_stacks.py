"""Stacks of layers of which nobody knows how many there are: what stands at their end is known."""

import pytest

from tests.abstract_programs import findings

TRAINED = """
import torch
from torch import nn


def stack(sizes, ends, deep):
    layers = [nn.Flatten()]
    for narrow, wide in zip(sizes, sizes[1:]):
        layers += [nn.Linear(narrow, wide), {inner}]
    {behind}
    return nn.Sequential(*layers)


def train(loader, sizes, ends, deep):
    net = stack(sizes, ends, deep)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    for pictures, labels in loader:
        optimizer.zero_grad()
        criterion(net(pictures), labels).backward()
        optimizer.step()
"""

SOFTMAX = {
    "put at the end": "layers.append(nn.Softmax(dim=1))",
    "with others": "layers += [nn.Linear(9, 3), nn.Softmax(dim=1)]",
    "as another list": "layers = layers + [nn.Softmax(dim=1)]",
    "behind what is taken away": "layers.pop(); layers.append(nn.Softmax(dim=1))",
    "behind an order that changed": "layers.reverse(); layers.append(nn.Softmax(dim=1))",
}
NO_SOFTMAX = {
    "taken away": "layers.append(nn.Softmax(dim=1)); layers.pop()",
    "not at the end": "layers += [nn.Softmax(dim=1), nn.Linear(3, 3)]",
    "by a condition": "if ends: layers.append(nn.Softmax(dim=1))",
    "under a loop": "for _ in range(deep): layers.append(nn.Softmax(dim=1))",
    "before what nobody knows": "layers.append(nn.Softmax(dim=1)); layers.extend(ends)",
    "in an order that changed": "layers.append(nn.Softmax(dim=1)); layers.reverse()",
}


def _found(behind: str, inner: str = "nn.ReLU()") -> list[str]:
    program = TRAINED.format(behind=behind, inner=inner)
    return [code for _, code in findings(program) if code == "NN201"]


@pytest.mark.parametrize("behind", SOFTMAX.values(), ids=SOFTMAX.keys())
def test_what_is_put_behind_a_loop_comes_last(behind: str) -> None:
    assert _found(behind) == ["NN201"]


@pytest.mark.parametrize("behind", NO_SOFTMAX.values(), ids=NO_SOFTMAX.keys())
def test_what_may_not_come_last_is_not_taken_for_the_end(behind: str) -> None:
    assert _found(behind) == []


def test_what_one_of_two_ways_puts_in_is_not_the_end() -> None:
    behind = "if deep: layers.append(nn.Softmax(dim=1))\n    else: layers = [nn.Linear(4, 3)]"
    assert _found(behind) == []


def test_what_a_loop_puts_in_is_not_the_end_behind_it() -> None:
    assert _found("pass", inner="nn.Softmax(dim=1)") == []


def test_what_follows_an_unknown_list_in_a_call_comes_last() -> None:
    program = TRAINED.format(behind="pass", inner="nn.ReLU()")
    program = program.replace("Sequential(*layers)", "Sequential(*layers, nn.Softmax(dim=1))")
    assert "NN201" in [code for _, code in findings(program)]
