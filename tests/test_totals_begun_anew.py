"""Totals of losses that a loop begins anew."""

from tests.abstract_programs import findings

PROGRAM = """
import torch
from torch import nn

net = nn.Linear(8, 3)
optimizer = torch.optim.Adam(net.parameters())
total, parts = 0, 0
for x, y in loader:
    loss = nn.functional.cross_entropy(net(x), y) / 4
    total += loss
    loss.backward()
    parts += 1
    if parts % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
        print(total)
        ANEW
"""


def test_a_total_of_the_parts_of_a_batch_keeps_no_more_than_their_graphs() -> None:
    assert "NN106" not in [code for _, code in findings(PROGRAM.replace("ANEW", "total = 0"))]
    assert "NN106" in [code for _, code in findings(PROGRAM.replace("ANEW", "pass"))]
