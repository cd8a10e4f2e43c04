"""A column of predictions against a row of targets, and targets where predictions belong."""

import pytest

from tests.abstract_programs import findings, marked

PREAMBLE = """
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import datasets, transforms
"""


def found(code: str, of: str) -> list[tuple[int, str]]:
    return [each for each in findings(code) if each[1] == of]


# --- broadcast-loss -----------------------------------------------------------------------

TARGETS = [
    "torch.tensor(load_diabetes().target, dtype=torch.float32)",
    "torch.tensor(pd.read_csv('a.csv')['price'].values, dtype=torch.float32)",
    "torch.tensor(pd.read_csv('a.csv').iloc[:, -1].values).float()",
    "torch.FloatTensor(train_test_split(*load_diabetes(return_X_y=True))[2])",
    "torch.from_numpy(np.random.rand(100)).float()",
]


@pytest.mark.parametrize("targets", TARGETS)
def test_a_layer_makes_columns_whatever_it_is_given(targets: str) -> None:
    code = f"""{PREAMBLE}
model = nn.Linear(10, 1)
inputs, targets = torch.tensor(load()), {targets}
loss = F.mse_loss(model(inputs), targets) # error
"""
    assert found(code, "NN210") == marked(code, "NN210")
    for right in ("model(inputs).squeeze(1)", "model(inputs).flatten()", "model(inputs)[:, 0]"):
        assert found(code.replace("model(inputs),", f"{right},"), "NN210") == []
    assert found(code.replace(", targets)", ", targets.unsqueeze(1))"), "NN210") == []


@pytest.mark.parametrize(
    ("age", "is_wrong"),
    [
        ("torch.tensor(float(name.split('_')[0]))", True),
        ("float(name.split('_')[0])", True),
        ("torch.tensor(int(name[:3]), dtype=torch.float32)", True),
        ("torch.tensor([float(name.split('_')[0])])", False),
        ("torch.tensor(parse(name))", False),
    ],
)
def test_a_number_for_each_sample_is_a_row(age: str, is_wrong: bool) -> None:
    code = f"""{PREAMBLE}
class Faces(Dataset):
    def __init__(self, names):
        self.names = names
    def __len__(self):
        return len(self.names)
    def __getitem__(self, index):
        name = self.names[index]
        return load(name), {age}
model = nn.Sequential(nn.Flatten(), nn.LazyLinear(1))
for face, age in DataLoader(Faces(listed()), batch_size=8):
    loss = F.l1_loss(model(face), age) # error
"""
    assert found(code, "NN210") == (marked(code, "NN210") if is_wrong else [])


@pytest.mark.parametrize(
    ("scores", "targets", "is_wrong"),
    [
        ("nn.Linear(width, 1)(x)", "x[:, -1:, :, :]", False),
        ("nn.Linear(width, 1)(x)", "x[:, :, :1, :]", False),
        ("nn.Linear(width, 1)(x)[:, 0]", "x[:, :1, 0, :]", False),
        ("nn.Linear(width, 1)(x)[:, :, 0]", "x[:, :, 0, 0].unsqueeze(1)", True),
        ("nn.Linear(width, 1)(x)[:, :, 0]", "x[:, :, 0, 0]", True),
        ("nn.Linear(width, 1)(torch.rand(9, 7, 5, width))", "torch.rand(9, 1, 5, 3)", True),
        ("nn.Linear(width, 1)(torch.rand(9, 7, 5, width))", "x[:, -1:, :, :]", False),
    ],
)
def test_axes_of_lengths_that_nobody_knows_may_be_one(
    scores: str, targets: str, is_wrong: bool
) -> None:
    code = f"""{PREAMBLE}
x = torch.tensor(load())
samples, steps, places, width = x.shape
loss = F.mse_loss({scores}, {targets}) # error
"""
    assert found(code, "NN210") == (marked(code, "NN210") if is_wrong else [])


AGENT = """
online = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3))
target = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3))
def learn(memory, gamma=0.99):
    state, action, reward, following, done = memory.sample(32)
    values = {}
    with torch.no_grad():
        best = {}
        wanted = reward + gamma * best * (1 - done)
    loss = F.smooth_l1_loss(values, wanted) # error
"""
CHOSEN = "online(state).gather(1, action.unsqueeze(1))"
BEST = "target(following).max(1)[0]"


@pytest.mark.parametrize(
    ("values", "best", "is_wrong"),
    [
        (CHOSEN, BEST, True),
        ("online(state).gather(1, action)", "target(following).max(dim=1).values", True),
        ("online(state).gather(1, action.view(-1, 1))", "target(following).amax(1)", True),
        (f"{CHOSEN}.squeeze(1)", BEST, False),
        (f"{CHOSEN}.squeeze()", BEST, False),
        (f"{CHOSEN}.view(-1)", BEST, False),
        (CHOSEN, f"{BEST}.unsqueeze(1)", False),
        (CHOSEN, f"{BEST}.view(-1, 1)", False),
        (CHOSEN, "target(following).max(1, keepdim=True)[0]", False),
        ("online(state).max(1)[0]", BEST, False),
    ],
)
def test_the_values_of_chosen_actions_are_a_column(values: str, best: str, is_wrong: bool) -> None:
    code = PREAMBLE + AGENT.format(values, best)
    assert found(code, "NN210") == (marked(code, "NN210") if is_wrong else [])


# --- loss-arguments-swapped ---------------------------------------------------------------

SEGMENTED = """
class Vessels(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 1, 3, padding=1)
    def forward(self, eye):
        return self.layer(eye)
def epoch(net, loader, loss_function):
    for eye, vessels in loader:
        result = net(eye)
        loss = loss_function({}) # error
        loss.backward()
eyes = torch.rand(60, 1, 14, 14)
loader = DataLoader(TensorDataset(eyes, (eyes > 0.7).float()), batch_size=8)
epoch(Vessels(), loader, nn.BCEWithLogitsLoss())
"""


def test_what_no_network_has_made_is_no_prediction() -> None:
    code = PREAMBLE + SEGMENTED.format("vessels, result")
    assert found(code, "NN209") == marked(code, "NN209")
    assert found(PREAMBLE + SEGMENTED.format("result, vessels"), "NN209") == []


@pytest.mark.parametrize(
    ("first", "second"),
    [("mask", "output"), ("masks", "preds"), ("true_mask", "logits"), ("x", "recon_x")],
)
def test_masks_and_reconstructions_are_known_by_their_names(first: str, second: str) -> None:
    code = f"""{PREAMBLE}
def judged({first}, {second}):
    return F.binary_cross_entropy({first}, {second}) # error
"""
    assert found(code, "NN209") == marked(code, "NN209")
    right = code.replace(f"({first}, {second}) #", f"({second}, {first}) #")
    assert found(right, "NN209") == []


@pytest.mark.parametrize(
    "loss",
    [
        "F.kl_div(wanted.log(), F.softmax(scores, dim=1))",
        "F.mse_loss(wanted, scores)",
        "F.triplet_margin_loss(wanted, scores, scores.flip(0))",
        "F.binary_cross_entropy(teacher(x).detach(), scores.sigmoid())",
    ],
)
def test_some_losses_may_be_given_what_is_fixed_first(loss: str) -> None:
    code = f"""{PREAMBLE}
model, teacher, x = nn.Linear(4, 5), nn.Linear(4, 5), torch.randn(8, 4)
scores, wanted = model(x), torch.rand(8, 5)
loss = {loss}
"""
    assert found(code, "NN209") == []


# --- view-mixes-batch ---------------------------------------------------------------------

FLAT = """
pictures = datasets.CIFAR10(".", transform=transforms.ToTensor())
model = nn.Sequential(nn.Linear({size}, 64), nn.ReLU(), nn.Linear(64, {size}))
for picture, _ in DataLoader(pictures, batch_size=32):
    flat = picture.view(-1, {size}) # error
    loss = F.mse_loss(model(flat){back}, {wanted})
"""


@pytest.mark.parametrize(
    ("size", "back", "wanted", "is_wrong"),
    [
        ("32 * 32", "", "flat", True),
        ("3 * 32 * 32", "", "flat", False),
        ("32 * 32", ".view(-1, 3, 32, 32)", "picture", False),
    ],
)
def test_a_picture_of_three_channels_is_no_three_pictures(
    size: str, back: str, wanted: str, is_wrong: bool
) -> None:
    code = PREAMBLE + FLAT.format(size=size, back=back, wanted=wanted)
    assert found(code, "NN302") == (marked(code, "NN302") if is_wrong else [])


PIECES = """
pictures, labels = torch.rand(1000, 3, 28, 28), torch.randint(0, 10, (1000,))
model = nn.Linear(784, 10)
for start in range(0, 1000, {step}):
    picture, label = pictures[start:start + 50], labels[start:start + 50]
    scores = model(picture.view(-1, 784)) # error
    loss = F.cross_entropy(scores, label)
"""


def test_a_piece_of_all_pictures_is_a_batch() -> None:
    code = PREAMBLE + PIECES.format(step=50)
    assert found(code, "NN302") == marked(code, "NN302")


@pytest.mark.parametrize(
    ("targets", "is_wrong"),
    [
        ("np.genfromtxt('rows.csv', delimiter=',')[:, -1]", True),
        ("pd.read_csv('rows.csv').values[:, -1]", True),
        ("pd.read_csv('rows.csv').values[:, -1:]", False),
        ("np.load('rows.npy')[:, -1]", False),
    ],
)
def test_a_column_of_a_table_is_a_row(targets: str, is_wrong: bool) -> None:
    code = f"""{PREAMBLE}
targets = torch.tensor({targets}, dtype=torch.float32)
loss = F.mse_loss(nn.Linear(8, 1)(torch.tensor(load())), targets) # error
"""
    assert found(code, "NN210") == (marked(code, "NN210") if is_wrong else [])


@pytest.mark.parametrize(
    ("arguments", "is_wrong"),
    [
        ("real_output, tf.ones_like(real_output)", True),
        ("tf.ones_like(real_output), real_output", False),
    ],
)
def test_ones_are_no_prediction(arguments: str, is_wrong: bool) -> None:
    code = f"""
import tensorflow as tf
entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)
def judged(real_output):
    return entropy({arguments}) # error
"""
    assert found(code, "NN209") == (marked(code, "NN209") if is_wrong else [])


ASSERTED = """
import torch
from torch import nn

def train(loader, optimizer):
    model, criterion = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1)), nn.MSELoss()
    for x, y in loader:
        assert {}
        loss = criterion(model(x), y){}
        squeezed = criterion(model(x).squeeze(1), y)
        column = criterion(model(x)[:, 0], y)
        beside = criterion(model(x), y.unsqueeze(1))
"""


@pytest.mark.parametrize(
    ("assertion", "is_row"),
    [
        ("y.ndim == 1", True),
        ("y.dim() == 1, y.shape", True),
        ("x.ndim == 2 and len(y.shape) == 1", True),
        ("len(y.size()) == 1", True),
        ("y.ndim == 2", False),
        ("y.ndim != 1", False),
        ("y.ndim == 1 or y.shape[1] == 1", False),
        ("len(y) == 1", False),
    ],
)
def test_an_assertion_tells_how_many_axes_targets_have(assertion: str, is_row: bool) -> None:
    text = ASSERTED.format(assertion, "  # error" if is_row else "")
    assert [found for found in findings(text) if found[1] == "NN210"] == marked(text, "NN210")


KEPT = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

class Fields(Dataset):
    def __init__(self, path):
        self.x, self.y = torch.load(path)
        assert {}

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

model, criterion = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1)), nn.MSELoss()
for x, y in DataLoader(Fields("fields.pt"), 64, shuffle=True):
    loss = criterion(model(x), y){}
    loss.backward()
"""


@pytest.mark.parametrize(
    ("assertion", "is_row"),
    [
        ("self.y.ndim == 1", True),
        ("len(self.y.shape) == 1", True),
        ("self.y.ndim == 2", False),
        ("self.x.ndim == 1", False),
    ],
)
def test_an_assertion_tells_of_what_an_object_keeps(assertion: str, is_row: bool) -> None:
    text = KEPT.format(assertion, "  # error" if is_row else "")
    assert [found for found in findings(text) if found[1] == "NN210"] == marked(text, "NN210")


WINDOWS = """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

class Windows(Dataset):
    def __init__(self, series):
        self.series = torch.as_tensor(series, dtype=torch.float32)

    def __len__(self):
        return len(self.series) - 24

    def __getitem__(self, index):
        return {}

recurrent, head, criterion = nn.GRU(1, 48, batch_first=True), nn.Linear(48, 1), nn.MSELoss()
for past, following in DataLoader(Windows(np.load("load.npy")), 64, shuffle=True):
    states, _ = recurrent(past)
    loss = criterion(head(states[:, -1]), following){}
    loss.backward()
"""


@pytest.mark.parametrize(
    ("sample", "is_row"),
    [
        ("self.series[index : index + 24].unsqueeze(-1), self.series[index + 24]", True),
        ("self.series[index : index + 24][:, None], self.series[index + 24]", True),
        ("self.series[index : index + 24].unsqueeze(-1), self.series[index + 24, None]", False),
        (
            "self.series[index : index + 24].unsqueeze(-1), self.series[index + 24 : index + 25]",
            False,
        ),
        # nobody knows how many axes this series has: each step may have several numbers, or one
        ("self.series[index : index + 24], self.series[index + 24]", False),
    ],
)
def test_what_a_layer_is_given_tells_of_what_lies_beside_it(sample: str, is_row: bool) -> None:
    text = WINDOWS.format(sample, "  # error" if is_row else "")
    assert found(text, "NN210") == marked(text, "NN210")


# --- columns that have met columns, and losses that reduce nothing -------------------------

REGRESSION = f"""{PREAMBLE}
model = nn.Linear(8, 1)
inputs, goals, trust = torch.randn(100, 8), torch.randn(100), torch.rand(100)
rows = goals[:, None]
"""


@pytest.mark.parametrize(
    "names",
    [
        "['age', 'height']",
        "[f'x{i}' for i in range(6)]",
        "[f'{c}_mean' for c in ['a', 'b', 'c', 'd', 'e', 'f', 'g']]",
    ],
)
def test_a_table_whose_columns_are_named_has_two_axes(names: str) -> None:
    text = f"""{PREAMBLE}
table, names = pd.read_csv("policies.csv"), {names}
inputs = torch.tensor(table[names].to_numpy(), dtype=torch.float32)
trust = torch.tensor(table["exposure"].to_numpy(), dtype=torch.float32)
goals = torch.tensor(table["claims"].to_numpy(), dtype=torch.float32)
apart = nn.MSELoss(reduction="none")(nn.Linear(len(names), 1)(inputs), goals.unsqueeze(1))
loss = (apart * trust).mean() # error
"""
    assert found(text, "NN303") == marked(text, "NN303")


@pytest.mark.parametrize(
    "difference",
    [
        "(model(inputs) - rows) ** 2",
        "(rows - model(inputs)).abs()",
        "F.mse_loss(model(inputs), rows, reduction='none')",
        "nn.SmoothL1Loss(reduction='none')(model(inputs), rows)",
        "F.binary_cross_entropy_with_logits(model(inputs), rows, reduction='none')",
    ],
)
def test_a_weight_for_each_sample_meets_a_column_of_differences(difference: str) -> None:
    code = f"{REGRESSION}apart = {difference}\nloss = (apart * trust).mean() # error\n"
    assert found(code, "NN303") == marked(code, "NN303")
    for right in ("trust[:, None]", "trust.unsqueeze(1)", "2.0", "trust.mean()"):
        assert found(code.replace("* trust)", f"* {right})"), "NN303") == []
    assert found(code.replace("apart * trust", "apart.squeeze(1) * trust"), "NN303") == []


def test_a_loss_over_classes_that_reduces_nothing_is_a_number_for_each_sample() -> None:
    code = f"""{PREAMBLE}
model, critic = nn.Linear(8, 4), nn.Linear(8, 1)
inputs, classes, trust = torch.randn(100, 8), torch.randint(0, 4, (100,)), torch.rand(100)
each = F.cross_entropy(model(inputs), classes, reduction="none")
right = (each * trust).mean()
wrong = (each * torch.sigmoid(critic(inputs))).mean() # error
pairs = (each[:, None] - each).abs().mean()
"""
    assert found(code, "NN303") == marked(code, "NN303")


def test_columns_that_the_program_makes_by_hand_want_the_pairs() -> None:
    code = f"{REGRESSION}pairs = ((rows - rows.mean()) * trust).mean()\n"
    assert found(code, "NN303") == []


@pytest.mark.parametrize(
    ("target", "is_wrong"),
    [
        ("torch.tensor([float(self.names[i].split('_')[0])])", True),
        ("torch.tensor([float(self.names[i].split('_')[0]) / 100])", True),
        ("torch.FloatTensor([int(self.names[i])])", True),
        ("torch.tensor(float(self.names[i]))", False),
        ("torch.tensor([self.names[i]])", False),
    ],
)
def test_a_number_in_brackets_is_a_column_of_the_batch(target: str, is_wrong: bool) -> None:
    code = f"""{PREAMBLE}
class Ages(Dataset):
    def __init__(self, names):
        self.names = names
    def __len__(self):
        return len(self.names)
    def __getitem__(self, i):
        return torch.zeros(8), {target}
model = nn.Linear(8, 1)
for inputs, ages in DataLoader(Ages(names()), batch_size=8, shuffle=True):
    loss = F.mse_loss(model(inputs).flatten(), ages) # error
"""
    assert found(code, "NN210") == (marked(code, "NN210") if is_wrong else [])


CHOICES = """
import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = load_wine(return_X_y=True)
loader = DataLoader(TensorDataset(torch.tensor(x).float(), torch.tensor(y)), 16)
net = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 3))
right = 0
with torch.no_grad():
    for inputs, labels in loader:
        outputs = net(inputs)
        chosen = CHOSEN
        right += EQUAL.sum().item()
"""


@pytest.mark.parametrize(
    ("chosen", "equal", "is_wrong"),
    [
        ("outputs.argmax(dim=1, keepdim=True)", "(chosen == labels)", True),
        ("outputs.argmax(1, keepdim=True)", "chosen.eq(labels)", True),
        ("torch.argmax(outputs, 1, keepdim=True)", "torch.eq(chosen, labels)", True),
        ("outputs.max(1, keepdim=True)[1]", "(labels == chosen)", True),
        ("outputs.max(1, keepdim=True).indices", "(chosen != labels)", True),
        ("outputs.argmax(dim=1)", "(chosen == labels)", False),
        ("outputs.max(1)[1]", "(chosen == labels)", False),
        ("outputs.argmax(dim=1, keepdim=True)", "chosen.eq(labels.view_as(chosen))", False),
        ("outputs.argmax(dim=1, keepdim=True)", "(chosen == labels.unsqueeze(1))", False),
        ("outputs.argmax(dim=1, keepdim=True).squeeze(1)", "(chosen == labels)", False),
        ("outputs.argmax(dim=1, keepdim=True)", "(chosen.flatten() == labels)", False),
        ("outputs.argmax(dim=1, keepdim=True)", "(chosen[:, 0] == labels)", False),
        ("outputs.argmax(dim=1, keepdim=True)", "(chosen == outputs.argmax(1))", False),
    ],
)
def test_choices_that_keep_their_axis_are_no_row(chosen: str, equal: str, is_wrong: bool) -> None:
    text = CHOICES.replace("CHOSEN", chosen).replace("EQUAL", equal)
    assert ("NN303" in {code for _, code in findings(text)}) is is_wrong


def test_some_rows_of_a_column_of_a_table_are_a_column() -> None:
    code = f"""{PREAMBLE}
from sklearn.model_selection import GroupShuffleSplit
table = pd.read_csv("walks.csv")
costs = table["cost"].values
features = table.drop(columns=["cost", "person"]).values
chosen, others = next(GroupShuffleSplit(1).split(features, costs, groups=table["person"]))
def packed(rows):
    inputs = torch.tensor(features[rows]).float()
    return TensorDataset(inputs, torch.tensor(costs[rows]).float()[:, None])
model = nn.Linear(9, 1)
for given, target in DataLoader(packed(chosen), batch_size=8):
    loss = F.smooth_l1_loss(model(given), target)
"""
    assert not found(code, "NN210")
