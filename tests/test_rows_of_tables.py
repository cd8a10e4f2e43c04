"""Shapes of tables: the rows of a table lie along one axis, whatever is taken of it."""

import pytest

from tests.abstract_programs import findings, marked, program

TABLE = """
import pandas as pd
import torch
from torch import nn
from sklearn.model_selection import train_test_split
table = pd.read_csv("houses.csv")
net = nn.Linear(8, 1)
"""
MEETING = [
    """
x = torch.tensor(table.drop(columns="price").values).float()
y = torch.tensor(table["price"].values).float()
print((net(x) - y).square().mean())  # error
""",
    """
x_train, x_val, y_train, y_val = train_test_split(
    table.drop(columns="price").values, table["price"].values
)
x, y = torch.from_numpy(x_val).float(), torch.from_numpy(y_val).float()
print((net(x) - y).abs().mean())  # error
""",
    """
train, val, prices, val_prices = train_test_split(table.drop(columns="price"), table["price"])
x, y = torch.tensor(train.to_numpy()), torch.tensor(prices.to_numpy())
print(torch.abs(net(x) - y).mean())  # error
""",
]
ALIGNED = [
    """
x = torch.tensor(table.drop(columns="price").values).float()
y = torch.tensor(table[["price"]].values).float()
print((net(x) - y).square().mean())
""",
    """
x = torch.tensor(table.drop(columns="price").values).float()
y = torch.tensor(table["price"].values).float().view(-1, 1)
print((net(x) - y).square().mean())
""",
    """
x = torch.tensor(table.drop(columns="price").values).float()
y = torch.tensor(table["price"].values).float()
print((net(x).squeeze(1) - y).square().mean())
""",
]


@pytest.mark.parametrize("case", MEETING)
def test_a_column_of_predictions_meets_the_row_of_a_table(case: str) -> None:
    text = TABLE + case
    assert [each for each in findings(text) if each[1] == "NN303"] == marked(text, "NN303")


@pytest.mark.parametrize("case", ALIGNED)
def test_predictions_along_the_axis_of_the_table_are_left_alone(case: str) -> None:
    assert "NN303" not in [code for _, code in findings(TABLE + case)]


def test_parts_of_a_table_have_axes_of_their_own() -> None:
    known = program(
        TABLE
        + """
first, second = train_test_split(table["price"].values)
alike = first.shape[0] == second.shape[0]
"""
    )
    assert known["alike"] == "?"


STATES = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.last = nn.GRU(3, 8, num_layers=2, batch_first=True), nn.Linear(8, 2)
    def forward(self, x):
        _, state = self.gru(x)
        return self.last(state[TAKEN])
for x, y in torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(9, 5, 3), labels), 3):
    Net()(x)
"""


@pytest.mark.parametrize(("taken", "codes"), [(":, -1", ["NN305"]), ("-1", []), ("-1, :, -1", [])])
def test_the_last_state_has_its_samples_along_the_second_axis(taken: str, codes: list[str]) -> None:
    found = [code for _, code in findings(STATES.replace("TAKEN", taken))]
    assert [code for code in found if code == "NN305"] == codes


def test_behind_rows_that_are_no_samples_no_sizes_are_told() -> None:
    found = findings("""
        import torch
        from torch import nn
        conv, last = nn.Sequential(nn.Conv2d(3, 16, 5), nn.MaxPool2d(5)), nn.Linear(80, 10)
        pictures, labels = torch.rand(60, 3, 32, 32), torch.randint(0, 10, (60,))
        def scores(pictures):
            return last(conv(pictures).view(-1, 16 * 5))
        for chosen in torch.randperm(48).split(12):
            nn.functional.cross_entropy(scores(pictures[chosen]), labels[chosen]).backward()
        guessed = scores(pictures).argmax(1)
        print((guessed[:48] == labels[:48]).sum(), (guessed[48:] == labels[48:]).sum())
    """)
    assert [each for each in found if each[1][:3] == "NN3"] == [(7, "NN302")]
