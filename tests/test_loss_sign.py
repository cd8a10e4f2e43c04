"""flipped-loss-sign (NN111): losses that training makes larger."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
import torch.nn.functional as F
model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
"""

WRONG = {
    "where it goes back": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in load():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            (-loss).backward()  # error
            optimizer.step()
        """,
    "by a factor": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        criterion = nn.MSELoss(reduction="none")
        for x, y in load():
            optimizer.zero_grad()
            loss = -1 * criterion(model(x), y)  # error
            loss.mean().backward()
            optimizer.step()
        """,
    "in another function": """
        def loss_of(x, y):
            return -F.mse_loss(model(x), y)  # error
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in load():
            optimizer.zero_grad()
            loss_of(x, y).backward()
            optimizer.step()
        """,
    "of log-probabilities that a function makes, on a column of a table": """
        import pandas as pd
        optimizer = torch.optim.Adam(model.parameters())
        table = pd.read_csv("people.csv")
        x = torch.tensor(table[["age", "height", "weight"]].values).float()
        y = torch.tensor((table["sex"] == "f").astype(int).values)
        def objective(rows):
            return -nn.NLLLoss()(torch.log_softmax(model(x[rows]), dim=1), y[rows])  # error
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            objective(rows).backward()
            optimizer.step()
        """,
    "of probabilities": """
        import numpy as np
        optimizer = torch.optim.Adam(model.parameters())
        x, y = np.load("x.npy"), (np.load("y.npy") > 3).astype("float32")
        for start in range(0, len(x), 32):
            chances = torch.sigmoid(model(torch.from_numpy(x[start : start + 32]))).clamp(0.01, 0.99)
            wanted = torch.from_numpy(y[start : start + 32])
            loss = -1.0 * F.binary_cross_entropy(chances, wanted)  # error
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
    "on targets that the program computes": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        x = torch.rand(300, 3)
        y = (x ** 2).sum(1, keepdim=True)
        for part in torch.randperm(300).split(30):
            optimizer.zero_grad()
            loss = -F.mse_loss(model(x[part]), y[part])  # error
            loss.backward()
            optimizer.step()
        """,
    "on classes that tell two measurements apart": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        x = torch.rand(300, 3)
        y = (torch.cat([x[:, 0], x[:, 1]]) - torch.cat([x[:, 1], x[:, 2]]) > 0).long()
        for part in torch.randperm(300).split(30):
            optimizer.zero_grad()
            loss = -F.cross_entropy(model(x[part]), y[part])  # error
            loss.backward()
            optimizer.step()
        """,
    "on classes that come from a loader": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        samples = torch.randn(200, 3)
        data = torch.utils.data.TensorDataset(samples, (samples[:, 0] > 0).long())
        for x, y in torch.utils.data.DataLoader(data, 20, shuffle=True):
            optimizer.zero_grad()
            loss = -F.cross_entropy(model(x), y)  # error
            loss.backward()
            optimizer.step()
        """,
    "an optimizer that climbs": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, maximize=True)  # error
        for x, y in load():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        """,
}

RIGHT = {
    "of what another model says": """
        teacher = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, _ in load():
            optimizer.zero_grad()
            loss = -F.cross_entropy(model(x), teacher(x).argmax(1))
            loss.backward()
            optimizer.step()
        """,
    "of samples that are all called true": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, _ in load():
            optimizer.zero_grad()
            loss = -F.binary_cross_entropy_with_logits(model(x), 0.9 * torch.ones(len(x), 2))
            loss.backward()
            optimizer.step()
        """,
    "turned twice": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, maximize=True)
        for x, y in load():
            optimizer.zero_grad()
            (-F.cross_entropy(model(x), y)).backward()
            optimizer.step()
        """,
    "turned back": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in load():
            optimizer.zero_grad()
            score = -F.cross_entropy(model(x), y)
            (-score).backward()
            optimizer.step()
        """,
    "only logged with a minus": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in load():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            print(-loss.item())
        """,
    "one part of several": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y, z in load():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y) - F.cross_entropy(model(x), z)
            loss.backward()
            optimizer.step()
        """,
    "an adversary with an optimizer of its own": """
        other = nn.Linear(2, 2)
        first = torch.optim.SGD(model.parameters(), lr=0.1)
        second = torch.optim.SGD(other.parameters(), lr=0.1)
        for x, y in load():
            first.zero_grad()
            (-F.cross_entropy(other(model(x)), y)).backward()
            first.step()
            second.zero_grad()
            F.cross_entropy(other(model(x).detach()), y).backward()
            second.step()
        """,
    "targets that are made up": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x in load():
            optimizer.zero_grad()
            (-F.mse_loss(model(x), torch.zeros(4, 2))).backward()
            optimizer.step()
        """,
    "on purpose, as the name says": """
        def unlearn(batches):
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            for x, y in batches:
                optimizer.zero_grad()
                (-F.cross_entropy(model(x), y)).backward()
                optimizer.step()
        unlearn(load())
        """,
    "for gradients of the input": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in load():
            x.requires_grad_()
            (-F.cross_entropy(model(x), y)).backward()
            print(x.grad)
        """,
}


def _found(case: str) -> list[tuple[int, str]]:
    return [each for each in findings(SETTING + dedent(case)) if each[1] == "NN111"]


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_a_loss_that_training_makes_larger_is_flagged(case: str) -> None:
    assert _found(case) == marked(SETTING + dedent(case), "NN111")


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT.keys())
def test_a_loss_that_is_made_smaller_or_larger_on_purpose_is_not_flagged(case: str) -> None:
    assert _found(case) == []


LIGHTNING = """
import lightning as L
import torch
from torch import nn


class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = nn.Linear(8, 3)
        self.criterion = nn.CrossEntropyLoss()
        AUTOMATIC

    def quality(self, batch):
        x, y = batch
        return SIGNself.criterion(self.layers(x), y)

    def training_step(self, batch, index):
        quality = self.quality(batch)
        return RETURNED

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


L.Trainer(max_epochs=3).fit(Net(), torch.load("loader.pt"))
"""


@pytest.mark.parametrize("returned", ["quality", '{"loss": quality, "shown": quality.detach()}'])
def test_the_loss_that_a_training_step_returns_is_minimised(returned: str) -> None:
    program = LIGHTNING.replace("RETURNED", returned).replace("AUTOMATIC", "")
    assert (16, "NN111") in findings(program.replace("SIGN", "-"))
    assert "NN111" not in [code for _, code in findings(program.replace("SIGN", ""))]


def test_a_module_that_optimizes_by_itself_may_return_anything() -> None:
    program = LIGHTNING.replace("RETURNED", "quality").replace("SIGN", "-")
    program = program.replace("AUTOMATIC", "self.automatic_optimization = False")
    assert "NN111" not in [code for _, code in findings(program)]
