"""view-mixes-batch, accidental-broadcast, squeeze-drops-batch: the axis that samples lie along."""

import pytest

from tests.abstract_programs import findings, marked

START = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torch.nn import functional as F
"""


def check(body: str, code: str) -> None:
    text = START + body
    assert [found for found in findings(text) if found[1] == code] == marked(text, code)


def over_batches(line: str, options: str = "batch_size=8") -> str:
    return f"""
def f(data):
    linear, column, maps = nn.Linear(64, 8), nn.Linear(64, 1), nn.Conv2d(3, 8, 3)
    for x, y in DataLoader(data, {options}):
        {line}
"""


@pytest.mark.parametrize(
    "line",
    [
        "linear(x.flatten())  # error",
        "linear(torch.flatten(F.relu(maps(x))))  # error",
        "linear(x.view(-1))  # error",
        "linear(x.reshape(1, -1))  # error",
        "linear(x.flatten(1))",
        "linear(nn.Flatten()(x))",
        "linear(x.view(x.size(0), -1))",
        "linear(x.reshape(x.shape[0], 64))",
        "linear(x.view(-1, 64))",
        "linear(x[0].flatten())",
        "linear(x).flatten()",
    ],
)
def test_a_layer_is_given_the_features_of_each_sample(line: str) -> None:
    check(over_batches(line), "NN302")


def test_a_loader_of_single_samples_has_no_batch_to_mix() -> None:
    check(over_batches("linear(x.flatten())", "batch_size=1"), "NN302")
    check(over_batches("linear(x.flatten())", "batch_size=None"), "NN302")
    check(over_batches("linear(x.flatten())", "collate_fn=list"), "NN302")


@pytest.mark.parametrize(("samples", "mark"), [(1, ""), (4, "  # error")])
def test_a_convolution_makes_no_batch_of_a_single_sample(samples: int, mark: str) -> None:
    code = f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.maps, self.linear = nn.Conv2d(3, 8, 3), nn.Linear(8, 2)
    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.maps(x), 1)
        return self.linear(x.view(1, -1)){mark}
net = Net()
for x, y in DataLoader(data, batch_size={samples}):
    net(x)
"""
    check(code, "NN302")


@pytest.mark.parametrize(
    ("shape", "after"),
    [
        ("16, 6, 6", "-1, 400)  # error"),
        ("16, 5, 5", "-1, 400)"),
        ("7, 32", "-1, 32)"),
        ("7, 32", "-1, 4, 8)"),
        ("10, 10", "-1, 50)"),
        ("10, 10", "-1, 30)  # error"),
        ("64", "-1, 10, 64)  # error"),
    ],
)
def test_rows_must_end_where_the_samples_do(shape: str, after: str) -> None:
    check(
        f"""
for x, y in DataLoader(TensorDataset(torch.randn(100, {shape}), torch.zeros(100)), batch_size=25):
    x.view({after}
""",
        "NN302",
    )


def test_rows_of_an_unknown_size_prove_nothing() -> None:
    check(over_batches("x.view(x.size(0), -1).view(-1, 28, 28)"), "NN302")


@pytest.mark.parametrize(
    "line",
    [
        "column(x) - y  # error",
        "y - torch.sigmoid(column(x))  # error",
        "(column(x) > 0.5) == y  # error",
        "column(x).squeeze(1) - y",
        "column(x).squeeze(-1) - y",
        "column(x).squeeze() - y",
        "column(x)[:, 0] - y",
        "column(x).view(-1) - y",
        "column(x) - y.unsqueeze(1)",
        "column(x) - y[:, None]",
        "column(x) - y.view(-1, 1)",
        "column(x) * 2 - y.mean()",
        "y[:, None] - y",
        "linear(x) * x.mean(dim=1, keepdim=True)",
        "column(x).mean(dim=0) - y",
    ],
)
def test_a_column_of_a_layer_does_not_meet_a_row(line: str) -> None:
    data = "\ndata = TensorDataset(torch.randn(100, 64), torch.zeros(100))\nf(data)\n"
    check(over_batches(line) + data, "NN303")


def test_labels_that_a_dataset_makes_one_by_one_are_a_row() -> None:
    check(
        """
class Prices(Dataset):
    def __getitem__(self, index):
        return torch.zeros(64), 1.0 if index else 0.0

def f():
    model = nn.Linear(64, 1)
    for x, y in DataLoader(Prices(), batch_size=8):
        error = model(x) - y  # error
        error = model(x).flatten() - y
""",
        "NN303",
    )


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("column(x).squeeze()  # error", "batch_size=8"),
        ("torch.squeeze(torch.sigmoid(column(x)))  # error", "batch_size=8"),
        ("nn.Conv1d(1, 1, 3)(x[:, None]).squeeze()  # error", "batch_size=8"),
        ("x.view(-1, 4, 4, 4).squeeze()", "batch_size=8"),
        ("column(x).squeeze(1)", "batch_size=8"),
        ("column(x).squeeze()", "batch_size=8, drop_last=True"),
        ("column(x).squeeze()", "batch_size=1"),
        ("linear(x).squeeze()", "batch_size=8"),
        ("column(x).sum().squeeze()", "batch_size=8"),
    ],
)
def test_squeeze_without_a_dimension_may_drop_the_batch(line: str, options: str) -> None:
    check(over_batches(line, options), "NN306")


@pytest.mark.parametrize(
    "line",
    [
        "x.view(-1, 16 * 5)  # error",  # of (16, 5, 5)
        "x.reshape(-1, 80)  # error",
        "x.view(-1, 16 * 5 * 5)",
        "x.view(-1, 25)",
        "x.view(-1, 5)",
        "x.view(-1, 100)",
        "x.view(-1, 8, 25)",
    ],
)
def test_rows_that_end_within_an_axis_belong_to_no_sample(line: str) -> None:
    body = f"""
def f():
    data = TensorDataset(torch.randn(96, 16, 5, 5))
    for (x,) in DataLoader(data, batch_size=8):
        {line}
"""
    check(body, "NN302")


@pytest.mark.parametrize(
    ("rows", "targets"),
    [
        ("x.view(-1, 4 * 49)  # error", "y"),
        ("x.flatten(1)", "y"),
        ("x.view(-1, 4 * 49)", "y.repeat_interleave(4)"),
        ("x.view(-1, 4 * 49)", "torch.cat([y, y, y, y])"),
    ],
)
def test_several_rows_of_a_sample_cannot_all_have_its_target(rows: str, targets: str) -> None:
    body = f"""
def f(head):
    data = TensorDataset(torch.randn(96, 4, 14, 14), torch.randint(0, 3, (96,)))
    for x, y in DataLoader(data, batch_size=8):
        rows = {rows}
        F.cross_entropy(nn.Linear(196, 3)(rows), {targets})
"""
    check(body, "NN302")


def test_a_column_of_a_table_meets_a_column_that_a_layer_has_made() -> None:
    body = """
import pandas as pd

class Rows(Dataset):
    def __init__(self, path):
        table = pd.read_csv(path)
        self.x = torch.tensor(table.drop(columns=["y"]).values)
        self.y = torch.tensor(table["y"].values)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

model = nn.Sequential(nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 1))
for x, y in DataLoader(Rows("rows.csv"), batch_size=8):
    F.mse_loss(model(x), y)  # error
    F.mse_loss(model(x), y[:, None])
    F.mse_loss(model(x).squeeze(1), y)
    F.mse_loss(model(x), y.view(-1, 1))
"""
    check(body, "NN210")


def test_a_batch_may_have_as_many_samples_as_the_program_says() -> None:
    body = """
from torchvision import datasets, transforms
batch_size = 100
linear = nn.Linear(784, 1)
pictures = datasets.MNIST("d", transform=transforms.ToTensor())
for x, y in DataLoader(pictures, batch_size=batch_size):
    linear(x.reshape(batch_size, -1))
    linear(x.reshape(100, -1))
    linear(x.reshape(-1))  # error
"""
    check(body, "NN302")


BATCHES = {
    "parts of a random order": "for rows in torch.randperm(96).split(16):",
    "slices of a random order": (
        "order = torch.randperm(96)\nfor i in range(0, 96, 16):\n    rows = order[i : i + 16]"
    ),
    "places drawn in each round": "for _ in range(9):\n    rows = torch.randint(0, 96, (16,))",
}


@pytest.mark.parametrize("drawing", BATCHES.values(), ids=BATCHES.keys())
def test_samples_that_are_chosen_at_random_are_a_batch(drawing: str) -> None:
    check(
        f"""
table, targets = torch.randn(96, 20), torch.randn(96, 1)
layer = nn.Linear(40, 1)
{drawing}
    halves = table[rows].reshape(-1, 40)  # error
    print(layer(halves), table[rows].reshape(-1, 20), targets[rows].view(-1))
""",
        "NN302",
    )


@pytest.mark.parametrize(
    "line",
    [
        "folded = x.view(1, -1)  # error",
        "folded = torch.flatten(x)  # error",
        "folded = torch.relu(x.reshape(-1))  # error",
    ],
)
def test_samples_become_features_where_they_are_flattened(line: str) -> None:
    check(over_batches(f"{line}\n        linear(folded)"), "NN302")


@pytest.mark.parametrize(
    "line",
    [
        "x - x.mean(dim=1)  # error",
        "x / x.norm(dim=-1)  # error",
        "x / (x.std(1) + 1e-8)  # error",
        "x - x.max(dim=1).values  # error",
        "x.exp() / x.exp().sum(dim=1).clamp(min=1e-6)  # error",
        "x - x.mean(dim=0)",
        "x - x.mean(dim=1, keepdim=True)",
        "x - x.mean(1)[:, None]",
        "x - x.mean(1).unsqueeze(1)",
        "x - x.mean()",
        "x[:1] - x[:1].mean(dim=1)",
    ],
)
def test_what_is_computed_of_rows_must_meet_rows(line: str) -> None:
    check(
        f"x = torch.randn(64, 64)\nprint({line.replace('  # error', ')  # error')}"
        if "error" in line
        else f"x = torch.randn(64, 64)\nprint({line})",
        "NN303",
    )


PAIRED = """
encoder = nn.Linear(20, 8)
for x, y in DataLoader(TensorDataset(torch.randn(320, 20), torch.zeros(320)), 32):
    z = encoder(x)
    own = (z - 1).pow(2).sum(dim=1)
    column = z.pow(2).sum(dim=1, keepdim=True)
    print({})
"""


@pytest.mark.parametrize(
    "line",
    [
        "(own / column).mean())  # error",
        "(own / (column + 1.0)).abs().sum())  # error",
        "torch.mul(own, z.norm(dim=-1, keepdim=True)).mean())  # error",
        "(2 * (own - column) ** 2).mean())  # error",
        "(own / column.squeeze(1)).mean()",
        "(own[:, None] / column).mean()",
        "(column - column.mean()).mean()",
        "(z / column).mean()",
        "own / column",
        "(column + z.pow(2).sum(dim=1) - 2 * z @ z.T).clamp(min=0).sqrt().mean()",
        "((z @ z.T) / (z.norm(dim=1, keepdim=True) * z.norm(dim=1))).mean()",
    ],
)
def test_nobody_looks_at_pairs_of_samples_that_are_put_into_one_number(line: str) -> None:
    body = PAIRED.format(line)
    check(body.replace("# error)", "# error"), "NN303")


def test_a_sampler_of_batches_says_itself_how_many_samples_there_are() -> None:
    code = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(64, 8)
    def forward(self, x):
        y = self.linear(x)
        return y[:5].reshape(5, 8) - y[5:10].reshape(5, 8)
net = Net()
for x, y in DataLoader(data, batch_sampler=tasks):
    net(x)
"""
    check(code, "NN307")


def collected(batch: str, line: str) -> str:
    """A program that collects what a model says of each batch and what is right, and compares them."""
    return f"""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
x, y = torch.randn(90, 4), torch.randn(90)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))


class Errors:
    def __init__(self):
        self.said, self.right = [], []

    def add(self, said, right):
        self.said.append(said)
        self.right.append(right)

    def mean(self):
        return (torch.cat(self.said) - torch.cat(self.right)).abs().mean()  # in the class


said, right, pairs, errors = [], [], [], Errors()
model.eval()
with torch.no_grad():
    for samples, targets in DataLoader(TensorDataset(x, y), batch_size=30):
        {batch}
{line}
"""


BOTH = "said.append(model(samples)); right.append(targets)"
AS_ROWS = "said.append(model(samples).squeeze(1)); right.append(targets)"
OF_NUMPY = "said.append(model(samples).numpy()); right.append(targets.numpy())"


@pytest.mark.parametrize(
    ("batch", "line"),
    [
        (BOTH, "print((torch.cat(said) - torch.cat(right)).abs().mean())  # error"),
        (BOTH, "print(((torch.cat(said) > 0) == torch.cat(right)).float().mean())  # error"),
        (BOTH, "print((torch.cat(said)[:, 0] - torch.cat(right)).abs().mean())"),
        (BOTH, "print((torch.cat(said) - torch.cat(right)[:, None]).abs().mean())"),
        (AS_ROWS, "print((torch.cat(said) - torch.cat(right)).abs().mean())"),
        (OF_NUMPY, "print(np.abs(np.concatenate(said) - np.concatenate(right)).mean())  # error"),
        (OF_NUMPY, "print(np.abs(np.vstack(said) - np.concatenate(right)).mean())  # error"),
        (OF_NUMPY, "print(np.abs(np.concatenate(said).ravel() - np.concatenate(right)).mean())"),
        (
            "pairs.append((model(samples), targets))",
            (
                "said, right = torch.cat([a for a, _ in pairs]), torch.cat([b for _, b in pairs])\n"
                "print((said - right).abs().mean())  # error"
            ),
        ),
    ],
)
def test_columns_and_rows_of_many_batches_do_not_meet(batch: str, line: str) -> None:
    text = collected(batch, line)
    assert [each for each in findings(text) if each[1] == "NN303"] == marked(text, "NN303")


def test_columns_and_rows_do_not_meet_in_an_object_that_has_collected_them() -> None:
    text = collected("errors.add(model(samples), targets)", "print(errors.mean())")
    text = text.replace("# in the class", "# error")
    assert [each for each in findings(text) if each[1] == "NN303"] == marked(text, "NN303")
    right = text.replace("errors.add(model(samples), ", "errors.add(model(samples).squeeze(1), ")
    assert "NN303" not in {code for _, code in findings(right)}


COLLATED = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Houses(Dataset):
    def __init__(self, table):
        self.features = torch.randn(100, 8)
        self.prices = torch.randn(100)

    def __len__(self):
        return 100

    def __getitem__(self, index):
        return self.features[index], self.prices[index]


def collate(samples):
    features, prices = zip(*samples)
    return torch.stack(features), torch.tensor(prices)


model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters())
for features, prices in DataLoader(Houses(None), 32, shuffle=True, collate_fn=collate):
    optimizer.zero_grad()
    loss = nn.functional.smooth_l1_loss(model(features), prices)  # error
    loss.backward()
    optimizer.step()
"""


def test_numbers_that_are_collated_are_a_row() -> None:
    assert [x for x in findings(COLLATED) if x[1] == "NN210"] == marked(COLLATED, "NN210")
    right = COLLATED.replace("torch.tensor(prices)", "torch.tensor(prices)[:, None]")
    assert "NN210" not in {code for _, code in findings(right)}


FLATTENED = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

data = datasets.MNIST("data", train=True, transform=transforms.ToTensor())
loader = DataLoader(data, batch_size=64, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 10, 5)
        self.head = nn.Linear(1440, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.head(x.view(-1, 1440))


def count(scores, labels):
    chosen = {chosen}
    return (chosen == {labels}).sum().item()


torch.manual_seed(0)
model = Net()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(5):
    right = 0
    for x, y in loader:
        optimizer.zero_grad()
        scores = model(x)
        F.cross_entropy(scores, y).backward()
        optimizer.step()
        right += count(scores, y)
    print(right / len(data))
"""


@pytest.mark.parametrize(
    ("chosen", "labels", "is_wrong"),
    [
        ("scores.max(1, keepdim=True)[1]", "labels", True),
        ("scores.argmax(dim=1, keepdim=True)", "labels", True),
        ("scores.max(1, keepdim=True)[1]", "labels.view_as(chosen)", False),
        ("scores.argmax(dim=1, keepdim=True)", "labels[:, None]", False),
        ("scores.argmax(dim=1)", "labels", False),
    ],
)
def test_a_batch_of_flat_maps_is_as_long_as_the_batch(
    chosen: str, labels: str, is_wrong: bool
) -> None:
    found = {code for _, code in findings(FLATTENED.format(chosen=chosen, labels=labels))}
    assert ("NN303" in found) is is_wrong


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("-1, 3, 32, 32", "h.mean((2, 3)).view(-1, 10, 8)"),
        ("-1, 3, 32, 32", "h.view(-1, 10, 8 * 32 * 32)"),
        ("-1, 3, 32, 32", "h.reshape(-1, 24, 32, 32)"),
        ("-1, 3, 32, 32", "h.view(-1, 8 * 32 * 64)"),
        ("-1, 3, 32, 32", "h.view(-1, 8 * 32 * 48)  # error"),
        ("x.shape", "h.view(-1, 24, 32, 32)"),
        ("-1, 3, 32, 32", "h.view(-1, 10, 12, 64)  # error"),
        ("-1, 3, x.shape[-2], x.shape[-1]", "h.view(-1, 24, x.shape[-2], x.shape[-1])"),
    ],
)
def test_rows_that_a_model_has_made_may_be_frames_that_it_puts_together_again(
    before: str, after: str
) -> None:
    check(
        f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(3, 8, 3, padding=1)
    def forward(self, x):
        h = self.maps(x.reshape({before}))
        return {after}
""",
        "NN302",
    )


ONE_PICTURE = """
class Net(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.stem, self.blocks = nn.Conv2d(3, 8, 3), blocks
        self.pool, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 5)
    def forward(self, pictures):
        count = COUNT
        x = self.stem(pictures)
        for block in self.blocks:
            x = block(x)
        return self.head(self.pool(x).view(count, -1))MARK
net = Net(torch.load("blocks.pt")).cuda()
def judge(pictures):
    with torch.no_grad():
        for picture in pictures:
            batch = GIVEN
            print(net(batch.cuda()).argmax(1))
"""


def test_a_batch_of_one_may_be_flattened_as_a_whole() -> None:
    one = ONE_PICTURE.replace("GIVEN", "torch.unsqueeze(picture, dim=0)")
    check(one.replace("COUNT", "pictures.size(0)").replace("MARK", ""), "NN302")
    many = ONE_PICTURE.replace("GIVEN", "picture").replace(
        "picture in pictures", "picture in loader"
    )
    many = many.replace(
        "def judge(pictures):", "def judge(data):\n    loader = DataLoader(data, 8)"
    )
    check(many.replace("COUNT", "1").replace("MARK", "  # error"), "NN302")
