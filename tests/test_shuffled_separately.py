"""Samples and labels, and the order that keeps them together."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = "import glob, os, random, torch\nimport numpy as np\nX, y = load()\n"


def rows(text: str) -> list[int]:
    return [row for row, code in findings(IMPORTS + text) if code == "NN508"]


@pytest.mark.parametrize(
    "text",
    [
        "np.random.shuffle(X)\nnp.random.shuffle(y)",
        "random.shuffle(X)\nrandom.shuffle(y)",
        "train_images, train_labels = X, y\nnp.random.shuffle(train_labels), np.random.shuffle(train_images)",
    ],
)
def test_samples_and_labels_are_shuffled_together(text: str) -> None:
    assert len(rows(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "pairs = list(zip(X, y))\nrandom.shuffle(pairs)",
        "np.random.seed(1)\nnp.random.shuffle(X)\nnp.random.seed(1)\nnp.random.shuffle(y)",
        "state = np.random.get_state()\nnp.random.shuffle(X)\nnp.random.set_state(state)\nnp.random.shuffle(y)",
        "random.shuffle(train)\nrandom.shuffle(test)",
        "np.random.RandomState(SEED).shuffle(X)\nnp.random.RandomState(SEED).shuffle(y)",
        "random.Random(7).shuffle(X)\nrandom.Random(7).shuffle(y)",
        "random.shuffle(labels_a)\nrandom.shuffle(labels_b)",
        "np.random.shuffle(X)\nnp.random.shuffle(X)",
        "def first(X):\n    random.shuffle(X)\ndef second(y):\n    random.shuffle(y)\nfirst(X)\nsecond(y)",
    ],
)
def test_other_shuffles_tear_nothing_apart(text: str) -> None:
    assert not rows(text)


CLASS = """
class Pictures(torch.utils.data.Dataset):
    def __init__(self, images, masks):
        self.images = {images}
        self.masks = {masks}
        {then}
    def __getitem__(self, index):
        return self.images[index], self.masks[{index}]
"""


@pytest.mark.parametrize(
    ("images", "masks", "then", "index", "count"),
    [
        ("os.listdir(images)", "os.listdir(masks)", "pass", "index", 1),
        ("glob.glob(images)", "list(os.listdir(masks))", "pass", "index", 1),
        ("sorted(os.listdir(images))", "sorted(os.listdir(masks))", "pass", "index", 0),
        ("list(sorted(os.listdir(images)))", "os.listdir(masks)", "pass", "index", 1),
        ("os.listdir(images)", "sorted(glob.glob(masks))", "pass", "index", 1),
        ("os.listdir(images)", "[n.replace('a', 'b') for n in self.images]", "pass", "index", 0),
        ("sorted(os.listdir(images))", "own_order(os.listdir(masks))", "pass", "index", 0),
        (
            "os.listdir(images)",
            "os.listdir(masks)",
            "self.images.sort(); self.masks.sort()",
            "index",
            0,
        ),
        ("os.listdir(images)", "os.listdir(masks)", "pass", "other(index)", 0),
    ],
)
def test_files_are_paired_by_sorted_listings(
    images: str, masks: str, then: str, index: str, count: int
) -> None:
    text = CLASS.format(images=images, masks=masks, then=then, index=index)
    assert len(rows(text)) == count


ORDERS = """\
import os
from pathlib import Path
import numpy as np
import torch
from sklearn.utils import shuffle
from torch.utils.data import TensorDataset
"""


@pytest.mark.parametrize(
    "text",
    [
        "def epoch(x, y):\n    x = x[torch.randperm(len(x))]\n    y = y[torch.randperm(len(y))]  # error\n",
        "def epoch(images, labels):\n    images = shuffle(images)\n    labels = shuffle(labels)  # error\n",
        (
            "def epoch(images, labels):\n    images = np.random.permutation(images)\n"
            "    labels = np.random.permutation(labels)  # error\n"
        ),
        (
            "def epoch(table):\n    x, y = table.drop(columns='y'), table['y']\n"
            "    x = x.sample(frac=1)\n    y = y.sample(frac=1)  # error\n"
        ),
        (
            "def pairs(root):\n"
            "    images = [os.path.join(root, name) for name in os.listdir(f'{root}/images')]\n"
            "    masks = [os.path.join(root, name) for name in os.listdir(f'{root}/masks')]  # error\n"
            "    return list(zip(images, masks))\n"
        ),
        (
            "def tensors(root):\n    inputs, labels = [], []\n"
            "    for path in Path(root, 'inputs').iterdir():\n        inputs.append(np.load(path))\n"
            "    for path in Path(root, 'labels').iterdir():  # error\n        labels.append(np.load(path))\n"
            "    return TensorDataset(torch.tensor(np.stack(inputs)), torch.tensor(np.stack(labels)))\n"
        ),
    ],
)
def test_samples_and_labels_stay_together_however_their_order_came(text: str) -> None:
    found = [each for each in findings(ORDERS + text) if each[1] == "NN508"]
    assert found == marked(ORDERS + text, "NN508") != []


@pytest.mark.parametrize(
    "text",
    [
        "def epoch(x, y):\n    order = torch.randperm(len(x))\n    x = x[order]\n    y = y[order]\n",
        "def epoch(x, y):\n    x = shuffle(x, random_state=3)\n    y = shuffle(y, random_state=3)\n",
        "def epoch(x, y):\n    x, y = shuffle(x, y)\n",
        (
            "images = glob.glob('pictures/*.jpg')\nlabels = [path.split('.')[0] for path in images]\n"
            "for at in range(9):\n    print(images[at], labels[at])\n"
        ),
        (
            "def mixed(x, y):\n    order = np.random.permutation(len(x))\n    return x[order], y[order]\n"
            "def both(x, y, x_new, y_new):\n    return mixed(x, y), mixed(x_new, y_new)\n"
        ),
        (
            "def mixed(x_train, y_train, x_test, y_test):\n    order = torch.randperm(len(x_train))\n"
            "    x_train, y_train = x_train[order], y_train[order]\n    order = torch.randperm(len(x_test))\n"
            "    return x_train, y_train, x_test[order], y_test[order]\n"
        ),
        (
            "class Cells:\n    def __init__(self, x, y):\n        order = np.random.permutation(90)\n"
            "        self.x, self.y = x[order], y[order]\n"
            "def both(x, y):\n    return Cells(x, y), Cells(x, y)\n"
        ),
        (
            "def arrays(root):\n    names = os.listdir(f'{root}/x')\n    paths = [f'{root}/y/{name}' for name in names]\n"
            "    x = np.stack([np.load(f'{root}/x/{name}') for name in names])\n"
            "    y = np.stack([np.load(path) for path in paths])\n    order = np.argsort(y)\n"
            "    return x[order], y[order]\n"
        ),
        "def epoch(x, y):\n    mixed = x[torch.randperm(len(x))]\n    return x + mixed, y\n",
        (
            "def pairs(root):\n    names = os.listdir(root)\n"
            "    images = [f'{root}/images/{name}' for name in names]\n"
            "    masks = [f'{root}/masks/{name}' for name in names]\n    return list(zip(images, masks))\n"
        ),
        (
            "def pairs(root):\n"
            "    images = [f'{root}/{name}' for name in os.listdir(f'{root}/images')]\n"
            "    masks = [f'{root}/{name}' for name in os.listdir(f'{root}/masks')]\n"
            "    images.sort()\n    masks.sort()\n    return list(zip(images, masks))\n"
        ),
        (
            "def pairs(root):\n    images = sorted(f'{root}/{each}' for each in os.listdir(f'{root}/images'))\n"
            "    masks = sorted(f'{root}/{each}' for each in os.listdir(f'{root}/masks'))\n"
            "    return list(zip(images, masks))\n"
        ),
    ],
)
def test_one_order_for_both_is_right(text: str) -> None:
    assert not [each for each in findings(ORDERS + text) if each[1] == "NN508"]


READING = """\
import pandas as pd
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.svm import SVC
from sklearn.utils import shuffle
table = pd.read_csv("table.csv")
y = table.pop("label")
X = table[["age", "height"]]
"""


@pytest.mark.parametrize(
    ("change", "torn"),
    [
        ("X = X.sample(frac=1)", True),
        ("X, y = X.sample(frac=1), y.sample(frac=1)", True),
        ("X, y = X.sample(frac=1, random_state=3), y.sample(frac=1, random_state=3)", False),
        ("X = X.sample(frac=1)\ny = y[X.index]", False),
        ("y = shuffle(y, random_state=1)", True),
        ("X, y = shuffle(X, y, random_state=1)", False),
        ("X, y = shuffle(X, random_state=1), shuffle(y, random_state=1)", False),
        ("X = X.values[np.random.permutation(len(X))]", True),
        ("order = np.random.permutation(len(X))\nX, y = X.values[order], y.values[order]", False),
        ("y = np.random.permutation(y)", True),
        ("y_permuted = y = np.random.permutation(y)", False),
        ("X = X.iloc[::-1]", False),
    ],
)
@pytest.mark.parametrize(
    "use",
    ["train_test_split(X, y)", "SVC().fit(X, y)", "cross_val_score(SVC(), X, y)"],
)
def test_what_is_taken_together_is_in_one_order(change: str, torn: bool, use: str) -> None:
    assert bool(rows(f"{READING}{change}\n{use}")) is torn


def test_labels_that_are_shuffled_for_comparison_are_meant_to_be() -> None:
    text = f"{READING}print(SVC().fit(X, y).score(X, y))\ny = shuffle(y)\nSVC().fit(X, y)"
    assert not rows(text)


def test_batches_are_taken_of_samples_in_one_order() -> None:
    text = """
from torch import nn
net, loss = nn.Linear(3, 1), nn.MSELoss()
x, y = torch.load("x.pt"), torch.load("y.pt")
x = x[torch.randperm(len(x))]
for number in range(9):
    loss(net(x[number : number + 8]), y[number : number + 8]).backward()
"""
    assert len(rows(text)) == 1
    in_one = "order = torch.randperm(len(x))\nx, y = x[order], y[order]"
    assert not rows(text.replace("x = x[torch.randperm(len(x))]", in_one))


LISTS = """\
import json, random
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split as split
from sklearn.utils import shuffle
from torch.utils.data import DataLoader, TensorDataset
import torch
{read}
{change}
{use}
"""
READ = {
    "loop": """\
texts, topics = [], []
for line in open("news.tsv"):
    text, topic = line.split(";")
    texts.append(text)
    topics.append(topic)""",
    "comprehensions": """\
records = json.load(open("news.json"))
texts = [each["text"] for each in records]
topics = [each["topic"] for each in records]""",
    "archive": """\
kept = np.load("news.npz")
texts, topics = kept["texts"], kept["topics"]""",
}
FIT = "LogisticRegression().fit(texts, topics)"


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize(
    "use", [FIT, "x = np.array(texts)\ny = np.array(topics)\nLogisticRegression().fit(x, y)"]
)
@pytest.mark.parametrize(
    ("change", "count"),
    [
        ("random.shuffle(texts)", 1),
        ("np.random.shuffle(topics)", 1),
        ("random.shuffle(texts)\nrandom.shuffle(topics)", 1),
        ("texts = shuffle(texts, random_state=1)\ntopics = shuffle(topics, random_state=2)", 1),
        ("random.seed(1)\nrandom.shuffle(texts)\nrandom.seed(1)\nrandom.shuffle(topics)", 0),
        ("texts = shuffle(texts, random_state=1)\ntopics = shuffle(topics, random_state=1)", 0),
        ("order = list(range(9))\nrandom.shuffle(order)\ntexts = [texts[i] for i in order]", 0),
        ("pairs = list(zip(texts, topics))\nrandom.shuffle(pairs)\ntexts, topics = zip(*pairs)", 0),
        ("random.seed(1)\nrandom.shuffle(texts)\nrandom.shuffle(topics)", 1),
        ("texts, topics = shuffle(texts, topics)", 0),
        ("texts, a = split(texts, random_state=1)\ntopics, b = split(topics, random_state=2)", 1),
        ("texts, a = split(texts)\ntopics, b = split(topics)", 1),
        ("texts, a = split(texts, random_state=1)\ntopics, b = split(topics, random_state=1)", 0),
        ("texts, a = split(texts, shuffle=False)\ntopics, b = split(topics, shuffle=False)", 0),
        ("texts, a, topics, b = split(texts, topics)", 0),
        ("negatives = topics[:]\nrandom.shuffle(negatives)", 0),
    ],
)
def test_of_what_was_read_together_only_one_is_shuffled(
    read: str, change: str, use: str, count: int
) -> None:
    assert len(rows(LISTS.format(read=READ[read], change=change, use=use))) == count


def test_what_is_made_of_shuffled_things_one_by_one_stands_as_they_do() -> None:
    read = READ["comprehensions"]
    wrong = "random.shuffle(texts)\nvectors = [embed(each) for each in texts]"
    right = "random.shuffle(records)\nvectors = [embed(each) for each in records]"
    right += "\ntopics = [each['topic'] for each in records]"
    use = "DataLoader(TensorDataset(torch.tensor(vectors), torch.tensor(topics)), batch_size=8)"
    assert len(rows(LISTS.format(read=read, change=wrong, use=use))) == 1
    assert rows(LISTS.format(read=read, change=right, use=use)) == []


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("glob.glob('scans/*')", "glob.glob('vessels/*')", 1),
        ("sorted(glob.glob('scans/*'))", "glob.glob('vessels/*')", 1),
        ("sorted(glob.glob('scans/*'))", "sorted(glob.glob('vessels/*'))", 0),
        ("glob.glob('scans/*')", "[each.replace('scans', 'vessels') for each in names]", 0),
    ],
)
def test_streams_pair_listings(first: str, second: str, count: int) -> None:
    text = f"import glob\nimport tensorflow as tf\nnames = {first}\nothers = {second}\n"
    text += "data = tf.data.Dataset.from_tensor_slices((names, others)).map(read)\n"
    assert len(rows(text)) == count


@pytest.mark.parametrize(("options", "count"), [("", 1), (", shuffle=False", 0), (", seed=3", 0)])
def test_listings_of_streams_are_shuffled_unless_told_otherwise(options: str, count: int) -> None:
    text = "import tensorflow as tf\n"
    text += f"scans = tf.data.Dataset.list_files('scans/*'{options}).map(read)\n"
    text += f"masks = tf.data.Dataset.list_files('masks/*'{options}).map(read)\n"
    text += "data = tf.data.Dataset.zip((scans, masks)).batch(8)\n"
    assert len(rows(text)) == count


LOADERS = """
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
low = DataLoader(TensorDataset(torch.load("low.pt")), batch_size=8, {low})
high = DataLoader(TensorDataset(torch.load("high.pt")), batch_size=8, {high})
net = nn.Conv2d(1, 1, 3)
criterion = nn.MSELoss()
for (coarse,), (fine,) in zip(low, high):
    {loss}
"""


@pytest.mark.parametrize(
    "loss",
    [
        "loss = criterion(net(coarse), fine)",
        "out = net(coarse.cuda())\n    criterion(out, fine.cuda())",
    ],
)
def test_samples_and_labels_do_not_come_from_two_loaders_that_shuffle(loss: str) -> None:
    text = LOADERS.format(low="shuffle=True", high="shuffle=True", loss=loss)
    assert len(rows(text)) == 1


@pytest.mark.parametrize(
    ("low", "high", "loss"),
    [
        ("shuffle=False", "shuffle=False", "criterion(net(coarse), fine)"),
        ("sampler=same", "sampler=same", "criterion(net(coarse), fine)"),
        ("shuffle=True, generator=g", "shuffle=True, generator=h", "criterion(net(coarse), fine)"),
        ("shuffle=True", "shuffle=True", "criterion(net(coarse), coarse)"),
        ("shuffle=True", "shuffle=True", "criterion(net(coarse), net(fine))"),
        ("shuffle=True", "shuffle=True", "torch.manual_seed(0); criterion(net(coarse), fine)"),
    ],
)
def test_two_loaders_may_well_give_samples_that_need_not_fit(
    low: str, high: str, loss: str
) -> None:
    assert not rows(LOADERS.format(low=low, high=high, loss=loss))


FACADES = """
import glob
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
class Facades(torch.utils.data.Dataset):
    def __init__(self):
        self.plans = {plans}
        self.fronts = {fronts}
    def __len__(self):
        return len(self.plans)
    def __getitem__(self, i):
        return read(Image.open(self.plans[i])), read(Image.open(self.fronts[i]))
paint = nn.Conv2d(3, 3, 1)
for step, (one, two) in enumerate(DataLoader(Facades(), shuffle=True)):
    {loss}
"""
SORTED_LISTING = "sorted(glob.glob('{}/*'))"


@pytest.mark.parametrize(
    ("listing", "loss", "told"),
    [
        ("glob.glob('{}/*')", "nn.L1Loss()(paint(one.cuda()), two.cuda())", 1),
        (SORTED_LISTING, "nn.L1Loss()(paint(one), two)", 0),
        # Each is painted back into itself: they need not belong together.
        ("glob.glob('{}/*')", "nn.L1Loss()(paint(one), one)", 0),
        ("glob.glob('{}/*')", "nn.L1Loss()(paint(one), paint(two))", 0),
    ],
)
def test_two_listings_belong_together_where_a_loss_compares_them(
    listing: str, loss: str, told: int
) -> None:
    text = FACADES.format(plans=listing.format("a"), fronts=listing.format("b"), loss=loss)
    assert len(rows(text)) == told


@pytest.mark.parametrize(
    ("paths", "shuffled_last"),
    [
        ("glob.glob('*/*.jpg')", False),
        ("[path for path in glob.glob('*/*.jpg')]", False),
        ("[path for path in glob.glob('*/*.jpg')]", True),
    ],
)
def test_labels_that_are_read_off_shuffled_names_stand_as_these_do(
    paths: str, shuffled_last: bool
) -> None:
    steps = ["random.shuffle(paths)", "labels = [path.split('_')[0] for path in paths]"]
    ordered = "\n".join(reversed(steps) if shuffled_last else steps)
    text = f"import tensorflow as tf\npaths = {paths}\n{ordered}\n"
    text += "tf.data.Dataset.from_tensor_slices((paths, labels))"
    assert len(rows(text)) == shuffled_last


BY_A_HELPER = """def anew(things):
    return things[np.random.permutation(len(things))]
table = pd.read_csv("table.csv")
y = table["label"].to_numpy()
X = table.drop(columns="label").to_numpy()
"""


@pytest.mark.parametrize(
    "text",
    [
        "X = anew(X)\ny = anew(y)  # error\nSVC().fit(X, y)",
        "def both(X, y):\n    X = anew(X)\n    y = anew(y)  # error\n    return X, y\nX, y = both(X, y)\nSVC().fit(X, y)",
        "y = anew(y)  # error\nSVC().fit(X, y)",
    ],
)
def test_it_is_told_where_the_things_are_handed_to_what_shuffles(text: str) -> None:
    program = READING.partition("table =")[0] + "import numpy as np\n" + BY_A_HELPER + text
    assert [each for each in findings(program) if each[1] == "NN508"] == marked(program, "NN508")


def test_batches_of_two_orders_belong_together_no_more() -> None:
    text = """
import torch
from torch import nn
x, y = torch.load("a.pt"), torch.load("b.pt")
net = nn.Linear(4, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
def anew(things):
    return things[torch.randperm(len(things))]
for epoch in range(9):
    inputs = anew(x)
    targets = anew(y)  # error
    for some, right in zip(inputs.split(64), targets.split(64)):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(some), right).backward()
        optimizer.step()
"""
    assert [each for each in findings(text) if each[1] == "NN508"] == marked(text, "NN508")


NODES = """
import random
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
table = np.load("nodes.npy")
y = torch.from_numpy(table[:, 0])
x = torch.from_numpy(table[:, 1:])
chosen = np.where(y == 1)[0]
random.shuffle(chosen)
net = nn.Linear(4, 2)
{loss}
"""


@pytest.mark.parametrize(
    "loss",
    [
        "F.cross_entropy(net(x)[chosen], y[chosen])",
        "out = net(x)\npart = out[chosen].squeeze(1).float()\nF.cross_entropy(part, y[chosen])",
        "F.cross_entropy(net(x).index_select(0, torch.tensor(chosen)), y[chosen])",
        "F.cross_entropy(net(x[chosen]), y[chosen])",
    ],
)
def test_rows_of_a_prediction_are_chosen_as_the_labels_are(loss: str) -> None:
    assert not rows(NODES.format(loss=loss))


@pytest.mark.parametrize(
    "loss", ["F.cross_entropy(net(x), y[order])", "F.cross_entropy(net(x).squeeze(1), y[order])"]
)
def test_labels_in_an_order_of_their_own_fit_no_prediction(loss: str) -> None:
    assert len(rows(NODES.format(loss=f"order = torch.randperm(len(y))\n{loss}"))) == 1


TOKENS = """
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from torch.utils.data import TensorDataset
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained("some")
table = pd.read_csv("reviews.csv")
train, valid = train_test_split(table)
def encoded(part):
    {read}
    return TensorDataset({inputs}, torch.tensor(part["stars"].values))
train_set, valid_set = encoded(train), encoded(valid)
"""


@pytest.mark.parametrize(
    ("read", "inputs"),
    [
        ("made = tokenizer(part['text'].tolist(), padding=True)", "made['ids']"),
        ("made = vectors_of(part.text)", "made['features']"),
        ("made = torch.load('train.pt')", "made"),
    ],
)
def test_what_is_made_of_a_part_stands_as_the_part_does(read: str, inputs: str) -> None:
    assert not rows(TOKENS.format(read=read, inputs=inputs))


@pytest.mark.parametrize(
    ("images", "masks", "count"),
    [
        (
            "[n for n in os.listdir(low) if ok(n)]",
            "[high + n for n in os.listdir(low) if ok(n)]",
            0,
        ),
        ("os.listdir(low)", "os.listdir(low)", 0),
        ("os.listdir(low)", "os.listdir(high)", 1),
        ("[n for n in os.listdir(low) if ok(n)]", "[n for n in os.listdir(low) if no(n)]", 1),
    ],
)
def test_a_folder_that_is_listed_twice_gives_its_names_in_the_same_order(
    images: str, masks: str, count: int
) -> None:
    text = CLASS.replace("self, images, masks", "self, low, high")
    assert len(rows(text.format(images=images, masks=masks, then="pass", index="index"))) == count


OF_TWO_READERS = """
import os
from torch.utils.data import DataLoader, Dataset

def pictures_to_judge(root):
    images = []
    for name in {}(os.listdir(root)):
        images.append(os.path.join(root, name))
    return images

def pictures_to_learn(root):
    images, labels = [], []
    for label in os.listdir(root):
        for name in os.listdir(os.path.join(root, label)):
            images.append(os.path.join(root, label, name))
            labels.append({})
    return images, labels

class Products(Dataset):
    def __init__(self, root, split):
        self.split = split
        if split == "eval":
            self.images = pictures_to_judge(root)
        else:
            self.images, self.labels = pictures_to_learn(root)
    def __len__(self):
        return len(self.images)
    def __getitem__(self, index):
        image = load(self.images[index])
        if self.split == "eval":
            return image
        return image, self.labels[index]

loader = DataLoader(Products("products", split), batch_size=8, shuffle=True)
"""


@pytest.mark.parametrize("order", ["sorted", "list"])
def test_one_way_to_read_pictures_may_be_that_of_the_labels(order: str) -> None:
    text = OF_TWO_READERS.format(order, "label")
    assert "NN508" not in [code for _, code in findings(text)]


RECORDINGS = """\
import numpy as np
from sklearn.svm import SVC
signals, labels = np.load("signals.npy"), np.load("labels.npy")
order = np.random.permutation(len(labels))
other = np.random.permutation(len(labels))
steps = [at for at in range(len(labels))]
np.random.shuffle(steps)
"""


@pytest.mark.parametrize("order", ["order", "steps"])
@pytest.mark.parametrize(
    ("change", "torn"),
    [
        ("for at in range(len(signals)):\n    signals[at] = signals[at][ORDER]", False),
        ("for at in range(len(signals)):\n    signals[at] = signals[at, ORDER]", False),
        ("for at, signal in enumerate(signals):\n    signals[at] = signal[ORDER]", False),
        ("signals = np.stack([each[ORDER] for each in signals])", False),
        ("signals[:, :] = signals[:, ORDER]", False),
        ("signals[:] = signals[ORDER]", False),
        ("signals[...] = signals[ORDER]", False),
        ("signals[:] = signals[other]", True),
        ("for at in range(len(signals)):\n    signals[at] = signals[at][other]", True),
        ("signals[:, :] = signals[:, other]", True),
    ],
)
def test_the_order_of_the_labels_may_be_that_of_what_each_channel_holds(
    order: str, change: str, torn: bool
) -> None:
    text = f"{RECORDINGS}{change}\nlabels = labels[ORDER]\nSVC().fit(signals, labels)\n"
    assert bool(rows(text.replace("ORDER", order))) is torn


def test_samples_that_are_put_in_another_order_in_place_belong_to_their_labels_no_more() -> None:
    assert rows(f"{RECORDINGS}signals[:] = signals[order]\nSVC().fit(signals, labels)\n")
    assert not rows(
        f"{RECORDINGS}signals[:], labels[:] = signals[order], labels[order]\nSVC().fit(signals, labels)\n"
    )
