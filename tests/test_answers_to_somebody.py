"""missing-no-grad (NN403): a model that answers somebody who types, and one that goes over data."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
model.load_state_dict(torch.load("model.pt"))
model.eval()


def predict(text):
    numbers = torch.tensor([float(each) for each in text.split()])
    return model(numbers.view(1, -1)).item()


{loop}
"""


@pytest.mark.parametrize(
    ("loop", "told"),
    [
        (
            "while True:\n    text = input()\n    if not text:\n        break\n    print(predict(text))",
            False,
        ),
        ("for _ in range(10):\n    print(predict(input()))", False),
        ("while True:\n    print(model(torch.tensor([[float(input())] * 4])).item())", True),
        ("for text in open('test.txt'):\n    print(predict(text))", True),
        ("name = input()\nfor text in open(name):\n    print(predict(text))", True),
    ],
)
def test_the_graph_of_a_single_answer_is_not_worth_a_word(loop: str, told: bool) -> None:
    assert ("NN403" in [code for _, code in findings(PROGRAM.format(loop=loop))]) == told
