"""Rows that a model is fitted on, and rows that it is scored by."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading
from sklearn.tree import DecisionTreeClassifier
from imblearn.over_sampling import SMOTE
from xgboost import XGBClassifier
X, y = np.load("x.npy"), np.load("y.npy")
table = pd.read_csv("table.csv")
model = DecisionTreeClassifier()
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y)\n"


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + text) if each[1] == "NN516"]


@pytest.mark.parametrize(
    "text",
    [
        f"{SPLIT}model.fit(X, y)\nprint(model.score(X_test, y_test))  # error\n",
        f"{SPLIT}XGBClassifier().fit(X, y).predict(X_test)  # error\n",
        f"{SPLIT}A, b = SMOTE().fit_resample(X, y)\nmodel.fit(A, b)\nmodel.predict(X_test)  # error\n",
        (
            "train, test = X[:800], X[700:]  # error\nmodel.fit(train, y[:800])\n"
            "model.score(test, y[700:])\n"
        ),
        (
            "train, test = table.sample(frac=0.8), table.sample(frac=0.2)  # error\n"
            "model.fit(train[['a']], train['b'])\nmodel.score(test[['a']], test['b'])\n"
        ),
        (
            "good, fair = table[table['grade'] > 5], table[table['grade'] > 3]\n"
            "model.fit(good[['a']], good['b'])\nmodel.score(fair[['a']], fair['b'])  # error\n"
        ),
        f"{SPLIT}model.fit(X_train, y_train)\n{SPLIT}model.score(X_test, y_test)  # error\n",
        (
            "train_rows = np.random.choice(len(X), 800, replace=False)\n"
            "test_rows = np.random.choice(len(X), 200, replace=False)  # error\n"
            "model.fit(X[train_rows], y[train_rows])\nmodel.score(X[test_rows], y[test_rows])\n"
        ),
        (
            "train, test = pd.read_csv('cars.csv'), pd.read_csv('cars.csv')\n"
            "model.fit(train[['a']], train['b'])\nmodel.score(test[['a']], test['b'])  # error\n"
        ),
        f"{SPLIT}make_pipeline(StandardScaler(), model).fit(X, y).score(X_test, y_test)  # error\n",
        (
            "def fitted(X, y):\n    return DecisionTreeClassifier().fit(X, y)\n"
            f"{SPLIT}fitted(X, y).score(X_test, y_test)  # error\n"
        ),
    ],
)
def test_a_model_is_not_scored_by_what_it_has_seen(text: str) -> None:
    assert found(text) == marked(IMPORTS + text, "NN516")


@pytest.mark.parametrize(
    "text",
    [
        f"{SPLIT}model.fit(X_train, y_train)\nmodel.score(X_test, y_test)\n",
        f"{SPLIT}model.fit(X_train, y_train)\nmodel.score(X_train, y_train)\n",
        (
            "order = np.random.permutation(len(X))\ntrain_rows, test_rows = order[:800], order[800:]\n"
            "model.fit(X[train_rows], y[train_rows])\nmodel.score(X[test_rows], y[test_rows])\n"
        ),
        (
            "train_rows = np.random.choice(len(X), 800, replace=False)\n"
            "test_rows = np.setdiff1d(np.arange(len(X)), train_rows)\n"
            "model.fit(X[train_rows], y[train_rows])\nmodel.score(X[test_rows], y[test_rows])\n"
        ),
        (
            "train, test = pd.read_csv('cars.csv', nrows=9), pd.read_csv('cars.csv', skiprows=9)\n"
            "model.fit(train[['a']], train['b'])\nmodel.score(test[['a']], test['b'])\n"
        ),
        f"{SPLIT}model.fit(X_train, y_train)\nmodel.score(X_test, y_test)\nmodel.fit(X, y)\n",
        f"{SPLIT}KMeans(3).fit(X).predict(X_test)\n",
        f"{SPLIT}LabelSpreading().fit(X, y).predict(X_test)\n",
        f"{SPLIT}model.fit(X_train, y_train)\nif final:\n    model.fit(X, y)\nmodel.predict(X_test)\n",
        "train, test = X[:800], X[800:]\nmodel.fit(train, y[:800])\nmodel.score(test, y[800:])\n",
        "train, test = X[:-100], X[-100:]\nmodel.fit(train, y[:-100])\nmodel.score(test, y[-100:])\n",
        (
            "train = table.sample(frac=0.8)\ntest = table.drop(train.index)\n"
            "model.fit(train[['a']], train['b'])\nmodel.score(test[['a']], test['b'])\n"
        ),
        (
            "X_test = table.loc[other.index, :]\ntable.drop(other.index, inplace=True)\n"
            "model.fit(table[['a']], table['b'])\nmodel.score(X_test[['a']], X_test['b'])\n"
        ),
        (
            "old, new = table[table['year'] < 2019], table[table['year'] >= 2019]\n"
            "model.fit(old[['a']], old['b'])\nmodel.score(new[['a']], new['b'])\n"
        ),
        (
            "for train, test in KFold(5).split(X):\n    model.fit(X[train], y[train])\n"
            "    model.score(X[test], y[test])\n"
        ),
        (
            "for seed in range(5):\n    A, B, a, b = train_test_split(X, y, random_state=seed)\n"
            "    model.fit(A, a)\n    model.score(B, b)\n"
        ),
        (
            "A, B, a, b = train_test_split(X, y, random_state=0)\nmodel.fit(A, a)\n"
            "A, B, a, b = train_test_split(X, y, random_state=0)\nmodel.score(B, b)\n"
        ),
        (
            "for i in range(4):\n    val, val_y = X[i * 100 : (i + 1) * 100], y[i * 100 : (i + 1) * 100]\n"
            "    rest = np.concatenate([X[: i * 100], X[(i + 1) * 100 :]])\n"
            "    rest_y = np.concatenate([y[: i * 100], y[(i + 1) * 100 :]])\n"
            "    model.fit(rest, rest_y)\n    model.score(val, val_y)\n"
        ),
    ],
)
def test_rows_that_are_apart_may_judge_a_model(text: str) -> None:
    assert not found(text)


FITTED = """
import lightning.pytorch as pl
from torch.utils.data import DataLoader

class Net(pl.LightningModule):
    def training_step(self, batch, index):
        return batch.mean()

trainer = pl.Trainer(max_epochs=3)
trainer.fit(Net(), DataLoader({}, shuffle=True), DataLoader({}))  # error
"""
EITHER_PART = """
def chosen(wanted):
    if wanted in options.recent:
        return table[table.day > 300]
    return table
"""


def test_rows_given_to_a_trainer_twice_are_told() -> None:
    program = IMPORTS + FITTED.format("table", "table[:100]")
    assert [each for each in findings(program) if each[1] == "NN516"] == marked(program, "NN516")


def test_what_may_be_one_part_or_another_is_not_told_to_overlap() -> None:
    given = FITTED.format("chosen('a')", "chosen('b')")
    assert not found(EITHER_PART + given)
    scored = (
        "model.fit(chosen('a')[['a']], chosen('a')['b'])\n"
        "test = chosen('b')\nmodel.score(test[['a']], test['b'])\n"
    )
    assert not found(EITHER_PART + scored)


def test_parts_of_a_data_set_do_not_overlap() -> None:
    text = """
from datasets import load_dataset
train_set = load_dataset("reviews", split="{}")
eval_set = load_dataset("reviews", split="{}")
"""
    for first, second, count in [
        ("train[:80%]", "train[70%:]", 1),
        ("train[:80%]", "train[-20%:]", 0),
        ("train[:800]", "train[700:900]", 1),
        ("train[:80%]", "train[80%:]", 0),
        ("train", "train", 1),
        ("train", "train[:10%]", 1),
        ("train", "test", 0),
        ("train[:800]", "train[80%:]", 0),
    ]:
        assert len(found(text.format(first, second))) == count, (first, second)
    other = text.replace('eval_set = load_dataset("reviews"', 'eval_set = load_dataset("letters"')
    assert not found(other.format("train[:80%]", "train[70%:]"))


def of(text: str) -> list[int]:
    return [row for row, code in findings(text) if code == "NN516"]


def test_two_draws_do_not_make_one_split() -> None:
    text = """
import torch
from torch.utils.data import DataLoader, Subset, random_split
def main(data, model, optimizer, loss):
    {}
    {}
    for inputs, labels in DataLoader(train_set, 8, shuffle=True):
        optimizer.zero_grad()
        loss(model(inputs), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for inputs, labels in DataLoader(val_set, 8):
            print(loss(model(inputs), labels))
"""
    drawn = (
        "train_set, _ = random_split(data, [800, 200])",
        "_, val_set = random_split(data, [800, 200])",
    )
    taken = (
        "train_set = Subset(data, torch.randperm(1000)[:800])",
        "val_set = Subset(data, torch.randperm(1000)[800:])",
    )
    seeded = tuple(f"torch.manual_seed(0); {each}" for each in drawn)
    assert of(text.format(*drawn)) == [6]
    assert of(text.format(*taken)) == [6]
    assert not of(text.format(*seeded))
    assert not of(
        text.format(
            "order = torch.randperm(1000); train_set = Subset(data, order[:800])",
            "val_set = Subset(data, order[800:])",
        )
    )


def test_the_nodes_of_one_graph_may_be_divided_by_masks() -> None:
    masked = FITTED.format("table", "table").replace("batch.mean()", "batch.loss[batch.train_mask]")
    assert not found(masked)


def test_samplers_may_divide_what_both_sides_read() -> None:
    loaders = """
import torch
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler
from torchvision.datasets import MNIST

def fit(model, optimizer):
    train_set, val_set = MNIST(".", train=True), MNIST(".", train=True)
    train_loader = DataLoader(train_set, batch_size=32, {})
    val_loader = DataLoader(val_set, batch_size=32, {})
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for x, y in val_loader:
            print(nn.functional.cross_entropy(model(x), y))
"""
    both = (
        "sampler=SubsetRandomSampler(range(50000))",
        "sampler=SubsetRandomSampler(range(50000, 60000))",
    )
    assert not found(loaders.format(*both))
    assert len(found(loaders.format("shuffle=True", "shuffle=False"))) == 1


def test_copies_of_training_rows_hold_no_others() -> None:
    text = """
def jitter(X, y):
    xs, ys = [X], [y]
    for _ in range(3):
        xs.append(X + np.random.default_rng(0).normal(size=X.shape))
        ys.append(y)
    return np.concatenate(xs), np.concatenate(ys)
X_train, y_train = jitter(X_train, y_train)
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
"""
    assert not found(SPLIT + text)


def test_a_model_of_keras_is_judged_by_a_slice_of_what_it_was_fitted_on() -> None:
    text = """\
import numpy as np
from tensorflow import keras
data = np.load("signals.npz")
X, y = data["X"], data["y"]
model = keras.Sequential([keras.layers.Dense(6, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
model.fit({fitted})
x_test, y_test = X[10000:], y[10000:]
print(model.evaluate(x_test, y_test))
"""
    for fitted, count in (("X, y", 1), ("X[:10000], y[:10000]", 0)):
        codes = [code for _, code in findings(text.format(fitted=fitted))]
        assert codes.count("NN516") == count


@pytest.mark.parametrize(("share", "told"), [("0.25", 1), ("0.2", 0), ("0.1", 0)])
def test_a_part_may_be_counted_from_behind(share: str, told: int) -> None:
    text = (
        f"n = len(X)\nkept, left = int(0.8 * n), int({share} * n)\n"
        "X_train, y_train = X[:kept], y[:kept]\nX_test, y_test = X[-left:], y[-left:]\n"
        "model.fit(X_train, y_train)\nmodel.score(X_test, y_test)\n"
    )
    assert len(found(text)) == told


UNKNOWN_TABLE = """
def judge(frame):
    good, fair = frame[frame["grade"] > 5], frame[frame["grade"] > 3]
    model.fit(good.drop(columns=["pass"]), good["pass"])
    return model.score(fair.drop(columns=["pass"]), fair["pass"])  # error
"""


@pytest.mark.parametrize(
    "text",
    [
        UNKNOWN_TABLE,
        UNKNOWN_TABLE.replace("(frame)", "(frame: pd.DataFrame)"),
    ],
)
def test_rows_under_two_limits_overlap_in_a_table_from_outside(text: str) -> None:
    assert found(text) == marked(IMPORTS + text, "NN516") != []


@pytest.mark.parametrize(
    "text",
    [
        UNKNOWN_TABLE.replace('frame["grade"] > 3', 'frame["grade"] <= 5'),
        UNKNOWN_TABLE.replace('frame["grade"] > 3', 'frame["year"] > 3'),
        UNKNOWN_TABLE.replace('frame[frame["grade"] > 3]', 'other[other["grade"] > 3]'),
    ],
)
def test_rows_under_other_conditions_are_left_alone(text: str) -> None:
    assert not found(text)


STREAMS = """
import glob
import tensorflow as tf
from tensorflow import keras
pairs = []
for sound in glob.glob("sounds/*.wav"):
    pairs.append({"sound": sound, "words": words[sound]})
def stream(pairs, size):
    paths = [each["sound"] for each in pairs]
    return tf.data.Dataset.from_tensor_slices(paths).map(decoded).batch(size)
net = keras.Sequential([keras.layers.Dense(1)])
net.compile("adam", "mse")
"""


def test_parts_of_a_listing_stay_apart_in_a_function_that_reads_both() -> None:
    program = (
        "cut = int(0.9 * len(pairs))\nnet.fit(stream(pairs[:cut], 32), "
        "validation_data=stream(pairs[cut:], 8))\n"
    )
    assert found(STREAMS + program) == []


def test_what_a_function_reads_twice_is_the_same() -> None:
    program = "net.fit(stream(pairs, 32), validation_data=stream(pairs, 8))  # error\n"
    assert found(STREAMS + program) == marked(IMPORTS + STREAMS + program, "NN516")


PICTURES = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
step = torch.optim.SGD(net.parameters(), lr=0.1)
first = DataLoader(datasets.QMNIST("data", transform=transforms.ToTensor(), what="train"), 64, True)
other = DataLoader(datasets.QMNIST("data", transform=transforms.ToTensor(), what="train"), 500)
for x, y in first:
    step.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    step.step()
net.eval()
with torch.no_grad():
    print(sum((net(x).argmax(1) == y).sum().item() for x, y in other))
"""


def test_a_data_set_gives_other_samples_when_it_is_asked_for_others() -> None:
    asked = PICTURES.replace('what="train"), 500', 'what="test10k"), 500')
    asked = asked.replace("other", "test_loader")
    alike = PICTURES.replace("other", "test_loader")
    assert [code for _, code in findings(alike)].count("NN516") == 1
    assert "NN516" not in {code for _, code in findings(asked)}


CUT = """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor

class Cells(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __len__(self):
        return len(self.x)
    def __getitem__(self, number):
        return self.x[number], self.y[number]

class Own(Cells):
    def __getitem__(self, number):
        return self.x[number + 100], self.y[number + 100]

file = np.load("cells.npz")
x, y = torch.tensor(file["x"]), torch.tensor(file["y"])
{parts}
net = nn.Linear(20, 3)
step = torch.optim.SGD(net.parameters(), lr=0.1)
for a, b in DataLoader(train, 32, shuffle=True):
    step.zero_grad()
    nn.functional.cross_entropy(net(a), b).backward()
    step.step()
net.eval()
with torch.no_grad():
    {judged}
"""
LOADED = "print(sum((net(a).argmax(1) == b).sum() for a, b in DataLoader(test, 32)))"
ORDER = "data = ImageFolder('cells', ToTensor())\norder = torch.randperm(len(data)).tolist()\n"


@pytest.mark.parametrize(
    ("parts", "judged"),
    [
        (
            (
                "train = TensorDataset(x[:900], y[:900])\n"
                "test = TensorDataset(x[700:900], y[700:900])  # error"
            ),
            LOADED,
        ),
        (
            (
                "size = len(x)\ntrain = Cells(x[: int(0.9 * size)], y[: int(0.9 * size)])\n"
                "test = Cells(x[int(0.7 * size) : int(0.9 * size)], y[int(0.7 * size) :])  # error"
            ),
            LOADED,
        ),
        (
            f"{ORDER}train, test = Subset(data, order[:4000]), Subset(data, order[3000:4000])  # error",
            LOADED,
        ),
        (
            f"{ORDER}train, test = Subset(data, order[:4000]), Subset(data, order[3000:])  # error",
            LOADED,
        ),
        (
            (
                "order = torch.randperm(1000).tolist()\ndata = ImageFolder('cells', ToTensor())\n"
                "train, test = Subset(data, order[:900]), Subset(data, order[-200:])  # error"
            ),
            LOADED,
        ),
        (
            (
                "order = np.random.permutation(1000)\ndata = ImageFolder('cells', ToTensor())\n"
                "train, test = Subset(data, order[:-100]), Subset(data, order[700:900])  # error"
            ),
            LOADED,
        ),
        (
            (
                "train = TensorDataset(x[:900], y[:900])\n"
                "test = TensorDataset(x[:200], y[:200])  # error"
            ),
            "a, b = test.tensors\n    print((net(a).argmax(1) - b).abs().sum().item())",
        ),
    ],
)
def test_one_part_may_be_cut_out_of_the_other_one(parts: str, judged: str) -> None:
    text = CUT.replace("{parts}", parts).replace("{judged}", judged)
    assert [each for each in findings(text) if each[1] == "NN516"] == marked(text, "NN516") != []


@pytest.mark.parametrize(
    "parts",
    [
        "train, test = Cells(x[:900], y[:900]), Cells(x[900:], y[900:])",
        f"{ORDER}train, test = Subset(data, order[:4000]), Subset(data, order[4000:])",
        (
            "order = torch.randperm(1000)\ndata = ImageFolder('cells', ToTensor())\n"
            "train, test = Subset(data, order[:800]), Subset(data, order[-200:])"
        ),
        # The class decides which samples it gives.
        "train, test = Cells(x[:900], y[:900]), Own(x[:200], y[:200])",
        # What is held out of the training rows is not what is trained on.
        (
            "all_rows, train = Cells(x[:900], y[:900]), Cells(x[:700], y[:700])\n"
            "test = Cells(x[700:900], y[700:900])"
        ),
    ],
)
def test_parts_that_lie_side_by_side_share_nothing(parts: str) -> None:
    text = CUT.replace("{parts}", parts).replace("{judged}", LOADED)
    assert not [each for each in findings(text) if each[1] == "NN516"]


def test_a_model_may_be_trained_anew_with_the_rows_that_chose_it() -> None:
    again = "for a, b in DataLoader(TensorDataset(x[:900], y[:900]), 32, shuffle=True):\n"
    again += "    step.zero_grad()\n    nn.functional.cross_entropy(net(a), b).backward()\n    step.step()\n"
    parts = "train, test = TensorDataset(x[:700], y[:700]), TensorDataset(x[700:900], y[700:900])"
    text = CUT.replace("{parts}", parts).replace("{judged}", LOADED) + again
    assert not [each for each in findings(text) if each[1] == "NN516"]


@pytest.mark.parametrize(
    ("first", "other", "told"),
    [
        ("FashionMNIST('data', train=True)", "FashionMNIST('data', download=True)", True),
        ("FashionMNIST('data')", "FashionMNIST('data', True)", True),
        ("SVHN('data')", "SVHN('data', split='train')", True),
        ("FashionMNIST('data')", "FashionMNIST('data', train=False)", False),
        ("SVHN('data')", "SVHN('data', 'test')", False),
        ("EMNIST('data', 'digits')", "EMNIST('data', 'digits', train=False)", False),
        ("EMNIST('data', split='digits')", "EMNIST('data', split='letters')", False),
    ],
)
def test_a_catalogue_gives_its_training_samples_of_itself(
    first: str, other: str, told: bool
) -> None:
    text = CUT.replace("{parts}", f"train, test = {first}, {other}").replace("{judged}", LOADED)
    text = text.replace("import ImageFolder", "import EMNIST, SVHN, FashionMNIST, ImageFolder")
    assert bool([each for each in findings(text) if each[1] == "NN516"]) is told


def test_parts_that_a_trainer_is_given_are_cut_out_of_each_other() -> None:
    text = """\
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments
whole = load_dataset("yelp_polarity", split="train")
train_rows = whole.select(range(0, 4000))
eval_rows = whole.select(range(3500, 4000))  # error
model = AutoModelForSequenceClassification.from_pretrained("tiny")
trainer = Trainer(model, TrainingArguments("a"), train_dataset=train_rows, eval_dataset=eval_rows)
trainer.train()
"""
    assert [each for each in findings(text) if each[1] == "NN516"] == marked(text, "NN516") != []


@pytest.mark.parametrize(
    ("stated", "fitted", "scored", "overlap"),
    [
        ("assert len(X) == 2000", "X[:1600]", "X[-500:]", True),
        ("assert X.shape[0] == 2000", "X[:1600]", "X[-500:]", True),
        ("assert len(X) == 2000", "X[:1500]", "X[-500:]", False),
        ("assert len(X) == 2000", "X[-500:]", "X[:1600]", True),
        ("assert len(X) > 2000", "X[:1600]", "X[-500:]", False),
        ("assert len(X) == len(y)", "X[:1600]", "X[-500:]", False),
    ],
)
def test_slices_from_behind_overlap_where_the_length_is_stated(
    stated: str, fitted: str, scored: str, overlap: bool
) -> None:
    parts = f"X_train, y_train = {fitted}, {fitted.replace('X', 'y')}\n"
    parts += f"X_test, y_test = {scored}, {scored.replace('X', 'y')}\n"
    use = "print(model.fit(X_train, y_train).score(X_test, y_test))\n"
    before = f"{stated}\n\n{parts}{use}"
    behind = (
        f"order = np.random.permutation(len(X))\nX, y = X[order], y[order]\n{parts}{stated}\n{use}"
    )
    for text in (before, behind):
        lines = (IMPORTS + text).splitlines()
        told = [lines[row - 1] for row, _ in found(text)]
        assert told == ([parts.splitlines()[1]] if overlap else []), text


def test_the_data_sets_of_scikit_learn_have_a_known_length() -> None:
    text = "from sklearn.datasets import load_digits\ndigits = load_digits()\n"
    fit = "model.fit(digits.data[:{0}], digits.target[:{0}])\n"
    score = "model.score(digits.data[-300:], digits.target[-300:])\n"
    assert len(found(text + fit.format(1500) + score)) == 1
    assert not found(text + fit.format(1497) + score)


LOADERS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset
everything = TensorDataset(torch.load("x.pt"), torch.load("y.pt"))
count = len(everything)
{}
first, second = DataLoader(a, 32, shuffle=True), DataLoader(b, 32)
net = nn.Linear(8, 3)
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(3):
    net.train()
    for x, y in first:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    hits = 0
    with torch.no_grad():
        for x, y in second:
            hits += (net(x).argmax(1) == y).sum().item()
    print(hits / len(b))
"""


def test_what_loaders_are_used_for_tells_the_sides_of_parts_without_a_name() -> None:
    drawn = """
one = np.random.choice(count, 800, replace=False)
two = np.random.choice(count, 200, replace=False)
a, b = Subset(everything, one), Subset(everything, two)
"""
    once = """
one = np.random.permutation(count)
a, b = Subset(everything, one[:800]), Subset(everything, one[800:])
"""
    assert len(found(LOADERS.format(drawn))) == 1
    assert not found(LOADERS.format(once))


def test_a_trainer_tells_the_sides_of_parts_of_what_is_called_training_data() -> None:
    text = """
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer
reviews = load_dataset("reviews")["train"].shuffle(seed=1)
one, two = reviews.select(range(5000)), reviews.select(range({}, 6000))
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
Trainer(model=model, train_dataset=one, eval_dataset=two).train()
"""
    assert len(found(text.format(4000))) == 1
    assert not found(text.format(5000))


def test_both_sides_are_divided_after_a_shuffle_whatever_they_are_called() -> None:
    text = """
import tensorflow as tf
data = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(1000{})
a, b = data.take(800).batch(32), data.skip(800).batch(32)
net = tf.keras.Sequential([tf.keras.layers.Dense(1)])
net.compile("adam", "mse")
net.fit(a, validation_data=b, epochs=3)
"""
    assert len(found(text.format(""))) == 1
    assert not found(text.format(", reshuffle_each_iteration=False"))


def test_a_data_module_of_lightning_divides_its_data_once() -> None:
    text = """
import lightning as L
from torch.utils.data import DataLoader, random_split
from torchvision.datasets import CIFAR10

class Pictures(L.LightningDataModule):
    def setup(self, stage=None):
        whole = CIFAR10("data", train=True)
        {}

    def train_dataloader(self):
        return DataLoader(self.a, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.b, 64)
"""
    twice = "self.a, _ = random_split(whole, [45000, 5000])\n        _, self.b = random_split(whole, [45000, 5000])"
    once = "self.a, self.b = random_split(whole, [45000, 5000])"
    assert len(found(text.format(twice))) == 1
    assert not found(text.format(once))


JUDGE = """\
@torch.no_grad()
def judge(net, data):
    hits = 0
    for inputs, labels in DataLoader(data, 100):
        hits += (net(inputs).argmax(1) == labels).sum().item()
    return hits / len(data)
"""


@pytest.mark.parametrize(
    ("last", "wrong"),
    [
        ("learn(whole, best, 9)", False),
        ("learn(ConcatDataset([one, two]), best, 9)", False),
        ("judge(learn(whole, best, 9), others)", False),
        ("judge(learn(whole, best, 9), two)", True),
        ("judge(learn(ConcatDataset([one, two]), best, 9), two)", True),
    ],
)
def test_a_last_model_learns_from_all_rows_once_another_one_was_judged_by_some(
    last: str, wrong: bool
) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, TensorDataset, random_split

def learn(data, width, epochs):
    net = nn.Sequential(nn.Linear(20, width), nn.Linear(width, 3))
    optimizer = torch.optim.Adam(net.parameters())
    for _ in range(epochs):
        for inputs, labels in DataLoader(data, 32, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(inputs), labels).backward()
            optimizer.step()
    return net

{JUDGE}
whole = TensorDataset(torch.load("x.pt"), torch.load("y.pt"))
others = TensorDataset(torch.load("other_x.pt"), torch.load("other_y.pt"))
one, two = random_split(whole, [800, 200])
scores = {{width: judge(learn(one, width, 5), two) for width in (16, 64)}}
best = max(scores, key=scores.get)
print({last})
"""
    assert len(found(text)) == int(wrong)


READ_TWICE = (
    """
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

AUGMENTED = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])

def parts(folder, transform):
    everything = ImageFolder(folder, transform=transform)
    return random_split(everything, [0.8, 0.2]{generator})

def fit(data, width):
    net = nn.Sequential(nn.Flatten(), nn.Linear(3072, width), nn.Linear(width, 5))
    optimizer = torch.optim.Adam(net.parameters())
    for inputs, labels in DataLoader(data, 32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(inputs), labels).backward()
        optimizer.step()
    return net

"""
    + JUDGE
    + """
torch.manual_seed(0)
"""
)
ONE_OF_EACH = """
train, _ = parts("leaves", AUGMENTED)
_, test = parts("{folder}", T.ToTensor())  # error
print(judge(fit(train, 9), test))
"""
IN_PLACE = """
train, _ = random_split(ImageFolder("leaves", AUGMENTED), [0.8, 0.2])
{seed}
_, test = random_split(ImageFolder("leaves", T.ToTensor()), [0.8, 0.2])  # error
print(judge(fit(train, 9), test))
"""
EACH_BY_ITSELF = """
def attempt(width):
    train, test = parts("leaves", T.ToTensor())
    print(judge(fit(train, width), test))
attempt(8)
attempt(9)
"""


@pytest.mark.parametrize("text", [ONE_OF_EACH.format(folder="leaves"), IN_PLACE.format(seed="")])
def test_one_folder_that_is_read_twice_is_divided_twice(text: str) -> None:
    text = READ_TWICE.format(generator="") + text
    lines = IMPORTS + text
    assert found(text) == marked(lines, "NN516") != []


@pytest.mark.parametrize(
    ("text", "generator"),
    [
        (ONE_OF_EACH.format(folder="stems"), ""),
        (ONE_OF_EACH.format(folder="leaves"), ", generator=torch.Generator().manual_seed(0)"),
        (
            IN_PLACE.format(seed="torch.manual_seed(0)").replace(
                "train, _ =", "torch.manual_seed(0)\ntrain, _ ="
            ),
            "",
        ),
        (EACH_BY_ITSELF, ""),
    ],
)
def test_one_folder_is_divided_in_the_same_way_or_for_another_model(
    text: str, generator: str
) -> None:
    assert not found(READ_TWICE.format(generator=generator) + text)


OF_TORCH = """
import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, random_split
from torchvision import transforms as T
from torchvision.datasets import ImageFolder
"""
TOLD_FROM_OUTSIDE = """
import os
import sys
def main(argv):
    train = DataLoader(ImageFolder({first}, T.ToTensor()), 32, shuffle=True)
    test = DataLoader(ImageFolder({second}, T.ToTensor()), 32)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 5))
    optimizer = torch.optim.Adam(net.parameters())
    for epoch in range(9):
        net.train()
        for inputs, labels in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(inputs), labels).backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            right = sum((net(inputs).argmax(1) == labels).sum().item() for inputs, labels in test)
        print(right / len(test.dataset))
main(sys.argv)
"""


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("argv[1]", "argv[2]", 0),
        ("argv[1]", "argv[1]", 1),
        ("sys.argv[1]", "sys.argv[-1]", 0),
        ("os.environ['ONE']", "os.environ['TWO']", 0),
        ("os.environ['ONE']", "os.environ['ONE']", 1),
        ("argv[first]", "argv[second]", 0),
    ],
)
def test_each_argument_of_the_program_is_another_folder(
    first: str, second: str, count: int
) -> None:
    assert len(found(OF_TORCH + TOLD_FROM_OUTSIDE.format(first=first, second=second))) == count


def test_all_rows_are_told_of_where_they_are_handed_over() -> None:
    text = """
def fit(data):
    net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 5))
    optimizer = torch.optim.Adam(net.parameters())
    for inputs, labels in DataLoader(data, 32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(inputs), labels).backward()
        optimizer.step()
    return net
def score(net, data):
    net.eval()
    with torch.no_grad():
        return sum((net(i).argmax(1) == o).sum().item() for i, o in DataLoader(data, 64))
train, valid, test = random_split(ImageFolder("leaves", T.ToTensor()), [0.7, 0.15, 0.15])
print(score(fit(train), valid))
final = fit(ConcatDataset([train, valid, test]))  # error
print(score(final, test))
"""
    text = OF_TORCH + text
    assert found(text) == marked(IMPORTS + text, "NN516") != []


OF_KERAS = """
from tensorflow import keras
from keras import Input, Model, layers
from keras.models import Sequential
net = Sequential([layers.Dense(32, activation="relu"), layers.Dense(20)])
net.compile("adam", "mse")
seen, later = X[:, :20], np.load("later.npy")
"""


@pytest.mark.parametrize(
    ("learned", "judged", "count"),
    [
        ("seen, seen", "seen, later", 0),
        ("seen, seen", "seen, seen", 1),
        ("X, y", "X[:100], y[:100]", 1),
        ("X, y", "X[:100], later", 0),
    ],
)
def test_other_targets_of_the_same_rows_are_held_out(learned: str, judged: str, count: int) -> None:
    """What users have rated later is predicted from what they had rated before."""
    text = f"{OF_KERAS}net.fit({learned}, epochs=9, validation_data=({judged}))\n"
    assert len(found(text)) == count


@pytest.mark.parametrize(("judged", "count"), [("X_test", 0), ("X_train", 1)])
def test_what_one_model_makes_of_rows_are_these_rows(judged: str, count: int) -> None:
    text = f"""{OF_KERAS}{SPLIT}
given = Input(shape=(20,))
code = layers.Dense(4, activation="relu")(given)
encoder = Model(given, code)
codes, held_out = encoder.predict(X_train), encoder.predict({judged})
net.fit(codes, y_train, epochs=9, validation_data=(held_out, y_{judged[2:]}))
"""
    assert len(found(text)) == count


OF_ONE_FILE = """
class Table(torch.utils.data.Dataset):
    def __init__(self, path):
        self.rows = pd.read_csv(path)
    def __len__(self):
        return len(self.rows)
    def __getitem__(self, index):
        row = self.rows.iloc[index]
        return torch.tensor(row[:4]), torch.tensor(row[4])
train_rows, val_rows = Table("cells.csv"), Table("cells.csv")
train_loader, val_loader = DataLoader(train_rows, 8, shuffle=True), DataLoader(val_rows, 8)
net = nn.Linear(4, 3)
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(30):
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs), labels)
        loss.backward()
        optimizer.step()
net.eval()
for inputs, labels in val_loader:
"""


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("    print((net(inputs).argmax(1) == labels).float().mean().item())", 1),
        ("    draw(inputs, net(inputs).argmax(1))", 0),
    ],
)
def test_a_loader_that_nothing_is_judged_by_may_hold_what_is_trained_on(
    body: str, count: int
) -> None:
    assert len(found(OF_TORCH + OF_ONE_FILE + body)) == count


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ("print(model.predict(X_test[:3]))", False),
        ("print(model.predict(X_test))", False),
        ("print(model.score(X_test, y_test))", True),
        ("from checks import shown\nshown(model.predict(X_test), y_test)", True),
    ],
)
def test_a_model_that_has_been_scored_may_be_fitted_on_everything(last: str, told: bool) -> None:
    scored = f"{SPLIT}model.fit(X_train, y_train)\nprint(model.score(X_test, y_test))\n"
    assert bool(found(f"{scored}model.fit(X, y)\n{last}\n")) is told


TWO_NETWORKS = """\
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor
def learn(net, batches):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    net.train()
    for number, (x, y) in enumerate(batches):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
def judge(net, batches):
    net.eval()
    hits = 0
    with torch.no_grad():
        for x, y in batches:
            hits += (net(x).argmax(dim=1) == y).sum().item()
    print(hits / len(batches.dataset))
first = nn.Sequential(nn.Flatten(), nn.Linear(3072, 2))
second = nn.Sequential(nn.Flatten(), nn.LazyLinear(2))
learn(first, DataLoader(ImageFolder("leaves/train", ToTensor()), 8, shuffle=True))
test_data = ImageFolder("leaves/test", ToTensor())
learn(first, DataLoader(test_data, 8, shuffle=True))
learn(second, DataLoader(ImageFolder("leaves/train", ToTensor()), 8, shuffle=True))
test_again = ImageFolder("leaves/test", ToTensor()){error}
judge({judged}, DataLoader(test_again, 8))
"""


def test_one_model_may_learn_what_another_one_is_judged_by() -> None:
    assert not of(TWO_NETWORKS.format(judged="second", error=""))
    wrong = TWO_NETWORKS.format(judged="first", error="  # error")
    assert of(wrong) == [line for line, _ in marked(wrong, "NN516")] != []
