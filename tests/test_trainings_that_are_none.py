"""Gradients in a loop that need no step there (NN103), and losses put together with settings (NN105)."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

SILENT = {
    "a search for the number of samples that fit": """
        import torch
        from torch import nn
        def largest_batch(model, low=1, high=2048):
            best = low
            while low <= high:
                size = (low + high) // 2
                try:
                    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
                    loss = nn.functional.cross_entropy(model(torch.randn(size, 3)), torch.randint(0, 9, (size,)))
                    loss.backward()
                    optimizer.zero_grad()
                    best, low = size, size + 1
                except RuntimeError:
                    high = size - 1
            return best
        print(largest_batch(nn.Linear(3, 9)))
        """,
    "a scaler that a caller leaves out": """
        import torch
        from torch import nn
        def train(model, optimizer, loader, scaler, every):
            for step, (x, y) in enumerate(loader):
                scaler.scale(nn.functional.cross_entropy(model(x), y) / every).backward()
                if (step + 1) % every == 0:
                    scaler.step(optimizer)
                    optimizer.zero_grad()
        model = nn.Linear(3, 3)
        loader = torch.utils.data.DataLoader(torch.load("rows.pt"), batch_size=4)
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), loader, True, 1)
        """,
    "a loss that a setting of a series divides": """
        import pandas as pd
        import torch
        from torch import nn
        settings = pd.Series(dict(rate=0.1, weight=3))
        model = nn.Linear(3, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=settings.rate)
        for x, y in torch.utils.data.DataLoader(torch.load("rows.pt"), shuffle=True):
            loss = nn.functional.cross_entropy(model(x), y) / settings.weight
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
}


@pytest.mark.parametrize("name", SILENT)
def test_steps_and_losses_are_not_missed_where_they_are(name: str) -> None:
    assert not {"NN103", "NN105"} & {code for _, code in findings(dedent(SILENT[name]))}
