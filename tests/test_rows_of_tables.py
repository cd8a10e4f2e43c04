"""Rows of tables and batches: which axis they lie along, and what becomes of it (NN3)."""

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


def test_numbers_that_a_data_set_gives_one_by_one_are_a_row_in_a_batch() -> None:
    text = """
        import torch
        from torch import nn
        from torch.utils.data import DataLoader, Dataset
        class Houses(Dataset):
            def __len__(self):
                return len(prices)
            def __getitem__(self, index):
                return torch.randn(8), float(prices[index])
        net = nn.Linear(8, 1)
        for x, y in DataLoader(Houses(), 16):
            print((net(x) - y).square().mean())  # error
            print((net(x).squeeze(1) - y).square().mean())
    """
    assert [each for each in findings(text) if each[1] == "NN303"] == marked(text, "NN303")


PATCHES = """
def patches(pictures, p):
    b, c, h, w = pictures.shape
    count = (h // p) * (w // p)
    return CUT
"""


@pytest.mark.parametrize(
    ("cut", "codes"),
    [
        ("pictures.reshape(b, count, c * p * p)", ["NN301"]),
        (
            "pictures.unfold(2, p, p).unfold(3, p, p).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)",
            [],
        ),
        ("pictures.reshape(b, c, h * w).transpose(1, 2)", []),
    ],
)
def test_patches_are_cut_out_of_all_channels(cut: str, codes: list[str]) -> None:
    text = "import torch\n" + PATCHES.replace("CUT", cut)
    assert [code for _, code in findings(text)] == codes


SQUEEZED = """
import torch, torchvision
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
net = torchvision.models.resnet18()
net.fc = nn.Linear(512, 1)
gru = nn.GRU(3, 8, batch_first=True)
for x, steps in DataLoader(TensorDataset(torch.randn(9, 3, 64, 64), torch.randn(9, 5, 3)), 4):
    print(net(x).squeeze())  # error
    print(gru(steps)[1].squeeze())  # error
    print(net(x).squeeze(1), gru(steps)[1].squeeze(0))
"""


def test_the_batch_may_vanish_behind_ready_models_and_in_states() -> None:
    found = [each for each in findings(SQUEEZED) if each[1] == "NN306"]
    assert found == marked(SQUEEZED, "NN306")


def test_what_a_row_is_called_may_be_asked_for_by_getattr() -> None:
    assert findings(f"{TABLE}\nwhen = getattr(table.iloc[0], 'name')\nprint(when)") == []
