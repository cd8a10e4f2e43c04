"""Models of torch that are judged by rows which they were trained on."""

from pathlib import Path

import pytest

from tests.abstract_programs import findings, marked


def count(text: str) -> int:
    return sum(code == "NN516" for _, code in findings(text))


TRAINED = """\
import numpy as np
import torch
from sklearn.model_selection import train_test_split
X, y = np.load("x.npy"), np.load("y.npy")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
net = torch.nn.Linear(8, 2)
optimizer = torch.optim.Adam(net.parameters())
loss_of = torch.nn.functional.cross_entropy
inputs, labels = torch.tensor({x}), torch.tensor({y})
for _ in range(200):
    optimizer.zero_grad()
    loss_of(net(inputs), labels).backward()
    optimizer.step()
with torch.no_grad():
    scores = net(torch.tensor({by}))
    print((scores.argmax(1) == torch.tensor({right})).float().mean())
"""


@pytest.mark.parametrize(
    ("fit", "scored", "told"),
    [
        (("X", "y"), ("X_test", "y_test"), 1),
        (("X_train", "y_train"), ("X_test", "y_test"), 0),
        (("X_train", "y_train"), ("X_train", "y_train"), 0),
        (("X", "y"), ("X", "y"), 0),
    ],
)
def test_held_out_rows_are_not_trained_on(
    fit: tuple[str, str], scored: tuple[str, str], told: int
) -> None:
    text = TRAINED.format(x=fit[0], y=fit[1], by=scored[0], right=scored[1])
    assert count(text) == told


def test_a_last_training_on_all_rows_is_not_judged() -> None:
    text = """
import torch
from sklearn.model_selection import KFold
X, y = torch.load("x.pt"), torch.load("y.pt")
def fit(X, y):
    net = torch.nn.Linear(8, 1)
    optimizer = torch.optim.Adam(net.parameters())
    for _ in range(10):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(net(X), y).backward()
        optimizer.step()
    return net
for train, test in KFold(5).split(X):
    net, X_test = fit(X[train], y[train]), X[test]
    with torch.no_grad():
        print(torch.nn.functional.mse_loss(net(X_test), y[test]))
torch.save(fit(X, y).state_dict(), "net.pt")
"""
    assert count(text) == 0


LOADERS = """\
import torch
from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset, random_split
from torchvision.datasets import ImageFolder
data = ImageFolder("birds")
order = torch.randperm(len(data)).tolist()
train_set, val_set = {sets}
train_loader = DataLoader({trained}, batch_size=32, shuffle=True)  # error
val_loader = DataLoader(val_set, batch_size=32)
net = torch.nn.Linear(8, 2)
optimizer = torch.optim.Adam(net.parameters())
for x, y in train_loader:
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
with torch.no_grad():
    print(sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader))
"""


@pytest.mark.parametrize(
    ("sets", "trained"),
    [
        ("Subset(data, order[500:]), Subset(data, order[:500])", "data"),
        ("data, Subset(data, range(500))", "train_set"),
        ("random_split(data, [800, 200])", "ConcatDataset([train_set, val_set])"),
    ],
)
def test_a_training_loader_does_not_hold_what_is_held_out(sets: str, trained: str) -> None:
    text = LOADERS.format(sets=sets, trained=trained)
    assert [each for each in findings(text) if each[1] == "NN516"] == marked(text, "NN516")


@pytest.mark.parametrize(
    ("sets", "trained"),
    [
        ("Subset(data, order[500:]), Subset(data, order[:500])", "train_set"),
        ("random_split(data, [800, 200])", "train_set"),
        ("random_split(data, [800, 200])", "ConcatDataset([train_set, ImageFolder('more')])"),
    ],
)
def test_parts_of_a_data_set_are_apart(sets: str, trained: str) -> None:
    assert count(LOADERS.format(sets=sets, trained=trained)) == 0


TABLES = """\
from pathlib import Path
import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset
FOLDER = Path("data")
class Molecules(Dataset):
    def __init__(self, path, part=None):
        {reads}
    def __len__(self):
        return len(self.x)
    def __getitem__(self, index):
        return self.x[index]
train_loader = DataLoader(Molecules({first}), 24, shuffle=True)
test_loader = DataLoader(Molecules({second}), 64)
net = torch.nn.Linear(4, 1)
optimizer = torch.optim.Adam(net.parameters())
for x in train_loader:
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(net(x[:, 1:]), x[:, :1]).backward()
    optimizer.step()
with torch.no_grad():
    print(sum(torch.nn.functional.mse_loss(net(x[:, 1:]), x[:, :1]) for x in test_loader))
"""
ALL = "self.x = torch.tensor(pd.read_csv(path).values)"
FILE = 'FOLDER / "molecules.csv"'


@pytest.mark.parametrize(
    ("reads", "first", "second", "told"),
    [
        (ALL, FILE, FILE, 1),
        (ALL, "'a.csv'", "'a.csv'", 1),
        (ALL, "Path('data', 'a.csv')", "FOLDER / 'a.csv'", 1),
        ("self.x = np.loadtxt(path)", "'a.csv'", "'a.csv'", 1),
        (ALL, FILE, 'FOLDER / "others.csv"', 0),
        (ALL, "path_of('train')", "path_of('test')", 0),
        (
            "table = pd.read_csv(path); self.x = torch.tensor(table[table.part == part].values)",
            f"{FILE}, 'train'",
            f"{FILE}, 'test'",
            0,
        ),
        (
            "self.x = pd.read_csv(path).values; self.part = part",
            f"{FILE}, 'train'",
            f"{FILE}, 'test'",
            0,
        ),
        (
            "self.table = pd.read_csv(path); self.x = pick(self.table, part)",
            f"{FILE}, 'train'",
            f"{FILE}, 'test'",
            0,
        ),
    ],
)
def test_both_sides_do_not_read_all_of_one_file(
    reads: str, first: str, second: str, told: int
) -> None:
    assert count(TABLES.format(reads=reads, first=first, second=second)) == told


def test_slices_of_loaded_tensors_do_not_overlap() -> None:
    text = """
import torch
data = torch.load("data.pt")
x, y = data["x"], data["y"]
x_train, y_train = x[:900], y[:900]
x_test, y_test = x[{start}:], y[{start}:]
"""
    assert count(text.format(start=800)) >= 1
    assert count(text.format(start=900)) == 0


def test_a_class_that_is_given_all_pictures_may_take_its_part_of_them() -> None:
    text = """
from pytorch_lightning import Trainer
from torch.utils.data import DataLoader, Dataset
class Part(Dataset):
    def __init__(self, pictures, mode):
        self.pictures = pictures
        self.own = self.chosen(mode)
    def chosen(self, mode):
        return self.pictures[:200] if mode == "train" else self.pictures[200:]
    def __len__(self):
        return len(self.own)
    def __getitem__(self, index):
        return self.own[index]
pictures = read_pictures()
trainer = Trainer(max_epochs=5)
trainer.fit(model, DataLoader(Part(pictures, "train")), DataLoader(Part(pictures, "val")))
"""
    assert count(text) == 0


WITHOUT_LABELS = """
import lightning as L, torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import STL10
from torchvision import transforms as T
class Twice:
    def __call__(self, x): return [T.functional.to_tensor(x) for _ in range(2)]
class Pairs(L.LightningModule):
    def __init__(self):
        super().__init__(); self.net = nn.Linear(9, 2)
    def training_step(self, b, i): return self.net(b[0][0].flatten(1)).square().mean()
    def validation_step(self, b, i): self.log("val_loss", self.net(b[0][0].flatten(1)).square().mean())
    def configure_optimizers(self): return torch.optim.Adam(self.parameters())
class Plain(L.LightningModule):
    def __init__(self):
        super().__init__(); self.net = nn.Linear(9, 2)
    def training_step(self, b, i): return nn.functional.cross_entropy(self.net(b[0].flatten(1)), b[1])
    def validation_step(self, b, i): self.log("val_loss", nn.functional.cross_entropy(self.net(b[0].flatten(1)), b[1]))
    def configure_optimizers(self): return torch.optim.Adam(self.parameters())
train_loader = DataLoader(STL10(".", split="unlabeled", transform=Twice()), 64, shuffle=True)
val_loader = DataLoader(STL10(".", split="train", transform=Twice()), 64)
L.Trainer().fit(Pairs(), train_loader, val_loader)
img_loader = DataLoader(STL10(".", split="train", transform=T.ToTensor()), 64, shuffle=True)
test_loader = DataLoader(STL10(".", split="test", transform=T.ToTensor()), 64)
L.Trainer().fit(Plain(), img_loader, JUDGED)
"""


@pytest.mark.parametrize(("judged", "told"), [("test_loader", 0), ("val_loader", 1)])
def test_what_judges_one_model_may_be_what_another_one_learns_from(judged: str, told: int) -> None:
    assert count(WITHOUT_LABELS.replace("JUDGED", judged)) == told


@pytest.mark.parametrize(("labels", "told"), [("model.predict(X_test)", 0), ("y_test", 1)])
def test_labels_that_a_model_has_guessed_give_nothing_away(labels: str, told: int) -> None:
    program = f"""
import numpy as np
from sklearn.svm import SVC


def adapted(X_train, y_train, X_test, y_test):
    model = SVC()
    model.fit(X_train, y_train)
    X_all = np.concatenate([X_train, X_test])
    y_all = np.concatenate([y_train, {labels}], axis=0)
    final = SVC()
    final.fit(X_all, y_all)
    return final.score(X_test, y_test)
"""
    assert count(program) == told


SMOKE = """
import torch
import lightning.pytorch as pl
from torch.utils.data import DataLoader, TensorDataset
class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(8, 2)
    def training_step(self, batch, index):
        return torch.nn.functional.cross_entropy(self.layer(batch[0]), batch[1])
    def validation_step(self, batch, index):
        self.log("val_loss", torch.nn.functional.cross_entropy(self.layer(batch[0]), batch[1]))
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())
def test_training():
    samples = TensorDataset(torch.randn(4, 8), torch.randint(2, (4,)))
    loader = DataLoader(samples, batch_size=2, shuffle=True)
    trainer = pl.Trainer(max_epochs=1)
    trainer.fit(Net(), train_dataloaders=loader, val_dataloaders=loader)
    assert "val_loss" in trainer.callback_metrics
test_training()
"""


@pytest.mark.parametrize(("name", "told"), [("test_net.py", False), ("training.py", True)])
def test_a_test_of_code_may_judge_by_whatever_it_trains_on(
    name: str, told: bool, tmp_path: Path
) -> None:
    found = [code for _, code in findings(SMOKE, tmp_path / name)]
    assert ("NN516" in found) == told


SEEN_TOGETHER = """\
import numpy as np
import torch
X_train, y_train = torch.tensor(np.load("x.npy")), torch.tensor(np.load("y.npy"))
X_test, y_test = torch.tensor(np.load("test_x.npy")), torch.tensor(np.load("test_y.npy"))
both, labels = torch.cat((X_train, X_test)), torch.cat((y_train, y_test))
net = torch.nn.Linear(8, 2)
optimizer = torch.optim.Adam(net.parameters())
loss_of = torch.nn.functional.cross_entropy
for _ in range(200):
    optimizer.zero_grad()
    out = net(both)
    loss_of({learned}).backward()
    optimizer.step()
with torch.no_grad():
    scores = net(X_test)
    print((scores.argmax(1) == y_test).float().mean())
"""


@pytest.mark.parametrize(
    ("learned", "told"), [("out[: len(X_train)], y_train", 0), ("out, labels", 1)]
)
def test_rows_may_be_seen_whose_labels_nobody_learns(learned: str, told: int) -> None:
    assert count(SEEN_TOGETHER.format(learned=learned)) == told
