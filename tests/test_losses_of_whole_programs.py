"""Losses and steps of ordinary programs: scores made by products, losses by hand, slopes in a loss."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
"""


def assert_flagged(code: str, rule: str) -> None:
    text = SETTING + dedent(code)
    assert [each for each in findings(text) if each[1] == rule] == marked(text, rule)
    assert marked(text, rule)


def assert_silent(code: str, rule: str) -> None:
    assert [each for each in findings(SETTING + dedent(code)) if each[1] == rule] == []


# --- scores that products make ------------------------------------------------------------

GRAPH = """
class Layer(nn.Module):
    def __init__(self, inner, outer):
        super().__init__()
        {weights}
    def forward(self, neighbours, nodes):
        return {product}
class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Layer(30, 16), Layer(16, 7)
    def forward(self, neighbours, nodes):
        return {end}
data = torch.load("graph.pt")
model = Graph()
out = model(data["neighbours"], data["nodes"])
loss = F.nll_loss(out[data["known"]], data["kind"][data["known"]]) # error
"""
LINEAR = "self.linear = nn.Linear(inner, outer)"
MATRIX = "self.weight = nn.Parameter(torch.randn(inner, outer)); self.bias = nn.Parameter(torch.zeros(outer))"
RAW = "self.second(neighbours, F.relu(self.first(neighbours, nodes)))"


@pytest.mark.parametrize(
    ("weights", "product"),
    [
        (LINEAR, "neighbours @ self.linear(nodes)"),
        (LINEAR, "torch.sparse.mm(neighbours, self.linear(nodes)) / 2"),
        (MATRIX, "torch.spmm(neighbours, torch.mm(nodes, self.weight)) + self.bias"),
    ],
)
def test_what_a_product_makes_are_raw_scores(weights: str, product: str) -> None:
    assert_flagged(GRAPH.format(weights=weights, product=product, end=RAW), "NN203")
    logarithms = GRAPH.format(weights=weights, product=product, end=f"F.log_softmax({RAW}, dim=1)")
    assert_silent(logarithms, "NN203")


BY_MATRIX = """
weight = torch.zeros(30, 1, requires_grad=True)
shift = torch.zeros(1, requires_grad=True)
rows, sick = torch.from_numpy(np.load("rows.npy")).float(), torch.from_numpy(np.load("sick.npy"))
chance = {made}
nn.BCELoss()(chance.squeeze(1), sick.float()) # error
"""


def test_a_matrix_that_takes_gradients_is_learned() -> None:
    assert_flagged(BY_MATRIX.format(made="rows @ weight + shift"), "NN203")
    assert_silent(BY_MATRIX.format(made="torch.sigmoid(rows @ weight + shift)"), "NN203")


TAGS = """
class Tagger(nn.Module):
    def __init__(self, words, tags):
        super().__init__()
        self.words, self.out = nn.Embedding(words, 16), nn.Linear(16, tags)
        self.rnn = nn.LSTM(16, 16, batch_first=True)
    def forward(self, ids):
        return F.log_softmax(self.out(self.rnn(self.words(ids))[0]), dim={dim}) # error
def train(loader, words, tags):
    model = Tagger(words, tags)
    for ids, gold in loader:
        F.nll_loss(model(ids).view(-1, tags), gold.view(-1)).backward()
"""


def test_rows_of_as_many_numbers_as_there_are_tags_hold_the_tags() -> None:
    assert_flagged(TAGS.format(dim=1), "NN205")
    assert_silent(TAGS.format(dim=2), "NN205")
    assert_silent(TAGS.format(dim=-1), "NN205")


def test_products_of_what_softmax_makes_are_no_raw_scores() -> None:
    assert_silent(
        """
        first, second = nn.Linear(8, 4), nn.Linear(8, 4)
        for x, y in DataLoader(TensorDataset(torch.rand(64, 8), torch.randint(2, (64,)).float())):
            alike = F.softmax(first(x), 1) @ F.softmax(second(x), 1).T
            F.binary_cross_entropy(alike.diagonal(), y)
        """,
        "NN203",
    )


# --- softmax over the samples -------------------------------------------------------------

ATTENTION = """
class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(100, 16)
        self.rnn = nn.GRU(16, 16, batch_first=True)
        self.score, self.out = nn.Linear(16, 1), nn.Linear(16, 3)
    def forward(self, ids):
        states, _ = self.rnn(self.words(ids))
        weights = F.softmax(self.score(states).squeeze(-1), dim={dim}) # error
        return self.out(torch.bmm(weights.unsqueeze(1), states).squeeze(1))
data = torch.load("texts.pt")
for ids, kind in DataLoader(TensorDataset(data["ids"], data["kind"]), batch_size=16):
    F.cross_entropy(Reader()(ids), kind)
"""


def test_each_row_of_weights_is_made_a_matrix_and_has_to_sum_to_one() -> None:
    assert_flagged(ATTENTION.format(dim=0), "NN205")
    assert_silent(ATTENTION.format(dim=1), "NN205")


CHOSEN = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.act = nn.Linear(4, 3), nn.LogSoftmax(dim={dim}) # error
    def forward(self, x):
        return self.act(self.layer(x))
rows, kinds = torch.load("rows.pt"), torch.randint(0, 3, ({many},))
net = Net()
nn.NLLLoss()(net(rows){view}, kinds)
"""


def test_as_many_targets_as_samples_tell_that_the_samples_lie_in_front() -> None:
    assert_flagged(CHOSEN.format(dim=0, many=90, view=""), "NN205")
    assert_silent(CHOSEN.format(dim=1, many=90, view=""), "NN205")
    # A single sample, whose scores lie along the only axis.
    assert_silent(CHOSEN.format(dim=0, many=1, view=".view(1, -1)"), "NN205")


# --- types of targets ---------------------------------------------------------------------

HELD = """
def read(part):
    held = np.load(f"{{part}}.npz")
    prices = torch.from_numpy(held["price"]).{cast}.unsqueeze(1) # error
    return TensorDataset(torch.from_numpy(held["rows"]).float(), prices)
for rows, price in DataLoader(read("train"), batch_size=16):
    nn.HuberLoss()(nn.Linear(9, 1)(rows), price)
"""


def test_a_data_set_of_arrays_of_unknown_shape_keeps_their_type() -> None:
    assert_flagged(HELD.format(cast="long()"), "NN208")
    assert_silent(HELD.format(cast="float()"), "NN208")


TABLE = """
table = np.loadtxt("wine.csv", delimiter=","{dtype})
some = table[np.random.permutation(len(table))[40:]]
class Wines:
    def __init__(self, table):
        self.rows, self.kinds = torch.from_numpy(table[:, 1:]), torch.from_numpy(table[:, 0] - 1)
    def __getitem__(self, index):
        return self.rows[index], self.kinds[index]
    def __len__(self):
        return len(self.rows)
for rows, kinds in DataLoader(Wines(some), batch_size=8):
    F.cross_entropy(nn.Linear(13, 3)(rows), kinds{cast}) # error
"""


def test_a_table_that_is_read_as_text_holds_fractions() -> None:
    wines = TABLE.replace("class Wines:", "class Wines(torch.utils.data.Dataset):")
    assert_flagged(wines.format(dtype="", cast=""), "NN208")
    assert_flagged(wines.format(dtype=", dtype=np.float32", cast=""), "NN208")
    assert_silent(wines.format(dtype=", dtype=np.int64", cast=""), "NN208")
    assert_silent(wines.format(dtype="", cast=".long()"), "NN208")
    # Nobody knows what lies along the rows of what is no table.
    assert_silent(wines.replace("np.loadtxt", "np.load").format(dtype="", cast=""), "NN208")


COLUMN = """
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
import torch.nn.functional as F
class Flowers(Dataset):
    def __init__(self, path):
        table = pd.read_csv(path)
        self.rows = table.drop(columns="kind").to_numpy(dtype="float32")
        self.kinds = table["kind"].to_numpy({dtype})
    def __getitem__(self, index):
        return self.rows[index], self.kinds[index]
    def __len__(self):
        return len(self.rows)
for rows, kinds in DataLoader(Flowers("flowers.csv"), batch_size=8):
    F.cross_entropy(nn.Linear(4, 3)(rows), kinds{cast}) # error
"""


def test_a_column_becomes_numbers_of_the_type_that_is_asked_for() -> None:
    assert_flagged(COLUMN.format(dtype='dtype="float32"', cast=""), "NN208")
    assert_silent(COLUMN.format(dtype='dtype="float32"', cast=".long()"), "NN208")
    assert_silent(COLUMN.format(dtype='dtype="int64"', cast=""), "NN208")
    assert_silent(COLUMN.format(dtype="", cast=""), "NN208")


# --- one class of several -----------------------------------------------------------------

ALONE = """
model = nn.Sequential(nn.Flatten(), nn.Linear(784, {width}), {act})
pictures, kinds = torch.rand(99, 1, 28, 28), torch.randint(0, {width}, (99,))
for picture, kind in DataLoader(TensorDataset(pictures, kinds), batch_size=8):
    nn.BCELoss()(model(picture), {target}) # error
"""


def test_sigmoid_and_a_binary_loss_judge_each_class_alone() -> None:
    one_hot = "F.one_hot(kind, 10).float()"
    assert_flagged(ALONE.format(width=10, act="nn.Sigmoid()", target=one_hot), "NN212")
    two = "F.one_hot(kind, 2).float()"
    assert_silent(ALONE.format(width=2, act="nn.Sigmoid()", target=two), "NN212")
    several = "F.one_hot(kind, 10).float() + F.one_hot(kind.flip(0), 10).float()"
    assert_silent(ALONE.format(width=10, act="nn.Sigmoid()", target=several), "NN212")


def test_a_sequence_of_classes_may_be_rebuilt_number_by_number() -> None:
    assert_silent(
        """
        coder = nn.Sequential(nn.Linear(80, 9), nn.ReLU(), nn.Linear(9, 80), nn.Sigmoid())
        for (ids,) in DataLoader(TensorDataset(torch.randint(0, 8, (64, 10))), batch_size=8):
            rows = F.one_hot(ids, 8).float().flatten(1)
            F.binary_cross_entropy(coder(rows), rows)
        """,
        "NN212",
    )


# --- the sign of a loss written by hand ---------------------------------------------------

BY_HAND = """
def overlap_loss(scores, mask):
    chance = torch.sigmoid(scores)
    overlap = 2 * (chance * mask).sum() / (chance.sum() + mask.sum())
    return {returned}
model = nn.Conv2d(1, 1, 3, padding=1)
optimizer = torch.optim.Adam(model.parameters())
held = TensorDataset(torch.rand(64, 1, 9, 9), torch.rand(64, 1, 9, 9))
for picture, mask in DataLoader(held, batch_size=8):
    optimizer.zero_grad()
    loss = {loss} # error
    loss.backward()
    optimizer.step()
"""


def test_what_is_left_of_one_is_not_to_grow() -> None:
    call = "overlap_loss(model(picture), mask)"
    assert_flagged(BY_HAND.format(returned="1 - overlap", loss=f"-{call}"), "NN111")
    assert_flagged(BY_HAND.format(returned="1 - overlap.mean()", loss=f"{call} * -1"), "NN111")
    squares = "((scores - mask) ** 2).mean()"
    assert_flagged(BY_HAND.format(returned=squares, loss=f"-{call}"), "NN111")
    assert_silent(BY_HAND.format(returned="1 - overlap", loss=call), "NN111")
    # A score, whatever it is called, is to grow.
    assert_silent(BY_HAND.format(returned="overlap", loss=f"-{call}"), "NN111")
    score = BY_HAND.replace("overlap_loss", "similarity")
    assert_silent(score.format(returned="1 - overlap", loss=f"-similarity{call[12:]}"), "NN111")


def test_targets_that_are_looked_at_otherwise_are_given_as_well() -> None:
    lifted = """
model = nn.Linear(34, 51)
optimizer = torch.optim.Adam(model.parameters(){maximize}) # error
data = torch.load("poses.pt")
for flat, deep in DataLoader(TensorDataset(data["flat"], data["deep"]), batch_size=8):
    optimizer.zero_grad()
    F.mse_loss(model(flat.flatten(1)), deep.flatten(1)).backward()
    optimizer.step()
"""
    assert_flagged(lifted.format(maximize=", maximize=True"), "NN111")
    assert_silent(lifted.format(maximize=""), "NN111")


# --- slopes in a loss ---------------------------------------------------------------------

HEAT = """
model = nn.Sequential(nn.Linear(2, 9), nn.Tanh(), nn.Linear(9, 1))
optimizer = torch.optim.Adam(model.parameters())
def residual(x, t):
    u = model(torch.cat([x, t], 1))
    u_t, = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)
    u_x = torch.autograd.grad(u, x, torch.ones_like(u), create_graph=True)[0]
    return u_t - 0.1 * torch.autograd.grad(u_x, x, torch.ones_like(u), create_graph=True)[0]
for step in range(1000):
    x, t = torch.rand(64, 1, requires_grad=True), torch.rand(64, 1, requires_grad=True)
    loss = residual(x, t).pow(2).mean()
    optimizer.zero_grad()
    loss.backward({retain}) # error
    {behind}
    optimizer.step()
"""


def test_slopes_that_are_taken_before_do_not_need_the_graph_behind() -> None:
    assert_flagged(HEAT.format(retain="retain_graph=True", behind=""), "NN114")
    assert_silent(HEAT.format(retain="", behind=""), "NN114")


def test_slopes_that_are_taken_behind_need_it() -> None:
    behind = "sizes = torch.autograd.grad(loss, list(model.parameters()))"
    assert_silent(HEAT.format(retain="retain_graph=True", behind=behind), "NN114")


PLAY = """
maker = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
judge = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
maker_steps, judge_steps = torch.optim.Adam(maker.parameters()), torch.optim.Adam(judge.parameters())
for step in range(100):
    made = maker(torch.randn(32, 8))
    right, wrong = judge(torch.randn(32, 2)), judge({judged})
    judge_loss = (right - 1).pow(2).mean() + wrong.pow(2).mean()
    judge_steps.zero_grad()
    judge_loss.backward(retain_graph=True) # error
    judge_steps.step()
    maker_loss = (judge(made) - 1).pow(2).mean()
    maker_steps.zero_grad()
    maker_loss.backward()
    maker_steps.step()
"""


def test_a_loss_that_goes_other_ways_needs_no_graph_of_this_one() -> None:
    assert_flagged(PLAY.format(judged="made.detach()"), "NN114")
    assert_silent(PLAY.format(judged="made"), "NN114")


READY = """
ready = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))
model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 3, padding=1))
optimizer = torch.optim.Adam(model.parameters())
def likeness(x, y):
    with torch.{mode}():
        made = model(x) # error
        wanted = ready(y)
    return F.l1_loss(ready(made), wanted)
for x, y in DataLoader(TensorDataset(torch.rand(64, 3, 9, 9), torch.rand(64, 3, 9, 9))):
    optimizer.zero_grad()
    likeness(x, y).backward()
    optimizer.step()
"""


def test_a_loss_that_only_reaches_a_ready_network_is_cut_off() -> None:
    assert_flagged(READY.format(mode="no_grad"), "NN110")
    assert_silent(READY.format(mode="enable_grad"), "NN110")


# --- what an optimizer misses -------------------------------------------------------------

PAIR = """
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.rnn = nn.Embedding(50, 16), nn.GRU(16, 16, batch_first=True)
    def forward(self, ids):
        return self.rnn(self.words(ids))
class Writer(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.rnn = nn.Embedding(50, 16), nn.GRU(16, 16, batch_first=True)
        self.out = nn.Linear(32, 50)
    def forward(self, ids, memory, state):
        now, _ = self.rnn(self.words(ids), state)
        weights = torch.softmax(now @ memory.transpose(1, 2), -1)
        return self.out(torch.cat([now, weights @ memory], -1))
{made}
writer = Writer()
optimizer = torch.optim.Adam({parameters}) # error
for ids, answer in torch.load("pairs.pt"):
    optimizer.zero_grad()
    {run}
    scores = writer(answer[:, :-1], memory, state)
    F.cross_entropy(scores.flatten(0, 1), answer[:, 1:].flatten()).backward()
    optimizer.step()
"""
READER = {
    "name": "Reader",
    "made": "reader = Reader()",
    "parameters": "writer.parameters()",
    "run": "memory, state = reader(ids)",
}


def test_a_new_network_below_the_optimized_one_is_missed() -> None:
    assert_flagged(PAIR.format(**READER), "NN109")


@pytest.mark.parametrize(
    "other",
    [
        {"parameters": "[*writer.parameters(), *reader.parameters()]"},
        {"name": "FrozenReader", "made": "reader = FrozenReader()"},
        {"made": "reader = Reader(); reader.load_state_dict(torch.load('r.pt'))"},
        {"made": "reader = Reader().eval()"},
        {"made": "reader = Reader(); reader.requires_grad_(False)"},
        {"run": "with torch.no_grad(): memory, state = reader(ids)"},
    ],
)
def test_one_that_stays_as_it_is_is_not(other: dict[str, str]) -> None:
    assert_silent(PAIR.format(**(READER | other)), "NN109")


def test_what_a_module_does_to_itself_is_told_where_the_optimizer_is_built() -> None:
    code = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)
    def forward(self, x):
        return self.head(F.relu(self.body(x)))
    def renew(self, kinds):
        self.head = nn.Linear(8, kinds)
net = Net()
{before}
optimizer = torch.optim.Adam(net.parameters())  # error
{behind}
for x, y in DataLoader(TensorDataset(torch.rand(64, 4), torch.randint(0, 3, (64,)))):
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert_flagged(code.format(before="", behind="net.renew(9)"), "NN109")
    assert_silent(code.format(before="net.renew(9)", behind="").replace("# error", ""), "NN109")


# --- the places of rows -------------------------------------------------------------------

PARTS = """
from sklearn.datasets import load_diabetes
body = load_diabetes()
inputs, outcomes = body["data"], body.target{column}
order = {order}
first = order[:350]
x, y = torch.from_numpy(inputs[first]).float(), torch.from_numpy(outcomes[first]).float()
net = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 1){flat})
loss = nn.MSELoss()(net(x), y)  # error
"""


@pytest.mark.parametrize(
    "order",
    [
        "np.random.permutation(len(inputs))",
        "np.random.default_rng(3).permutation(len(outcomes))",
        "np.arange(len(inputs))",
        "np.random.RandomState(3).permutation(442)",
    ],
)
def test_rows_that_are_taken_by_their_places_stay_columns_or_rows(order: str) -> None:
    assert_flagged(PARTS.format(column="", order=order, flat=""), "NN210")
    column = ".reshape(-1, 1)"
    assert_flagged(PARTS.format(column=column, order=order, flat=", nn.Flatten(0)"), "NN210")
    assert_silent(PARTS.format(column=column, order=order, flat=""), "NN210")
    assert_silent(PARTS.format(column="", order=order, flat=", nn.Flatten(0)"), "NN210")


FOLDERS = """
from tensorflow import keras
data = keras.utils.image_dataset_from_directory("flowers", label_mode="{mode}"{size})
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
model.fit(data)
"""


def test_pictures_in_folders_are_of_one_class_each() -> None:
    told = FOLDERS.replace('_crossentropy")', '_crossentropy")  # error')
    assert_flagged(told.format(mode="categorical", size=""), "NN212")
    assert_flagged(told.format(mode="categorical", size=", batch_size=8"), "NN212")
    assert_silent(FOLDERS.format(mode="binary", size=""), "NN212")


HOT = """
net = nn.Sequential(nn.Linear(7, 10), nn.LogSoftmax(dim=1))
for x, y in torch.load("batches.pt"):
    y = y.long()
    rows = torch.zeros(y.size(0), 10)
    {made}
    F.nll_loss(net(x), rows) # error
"""


@pytest.mark.parametrize(
    ("made", "is_hot"),
    [
        ("rows[torch.arange(len(y)), y] = 1", True),
        ("rows[torch.arange(y.shape[0]), y] = 1.0", True),
        ("rows.scatter_(1, y.unsqueeze(1), 1)", True),
        ("rows = rows.scatter(-1, y.unsqueeze(1), value=1.0)", True),
        ("rows[torch.arange(y.shape[0]), y] = 0.9", False),
        ("rows[torch.arange(3), y[:3]] = 1", False),
        ("rows.scatter_(1, x.topk(2).indices, 1)", False),
        ("rows.scatter_(0, y.unsqueeze(1), 1)", False),
    ],
)
def test_rows_of_zeros_with_a_one_at_the_place_of_the_class_are_one_hot(
    made: str, is_hot: bool
) -> None:
    assert_flagged(HOT.format(made=made), "NN207" if is_hot else "NN208")


def test_a_category_of_a_table_may_be_spread_over_rows_for_a_loss_that_takes_them() -> None:
    soft = HOT.replace("F.nll_loss(net(x), rows) # error", "F.cross_entropy(net[0](x), rows)")
    for made in ("rows[torch.arange(len(y)), y] = 1", "rows.scatter_(1, y.unsqueeze(1), 1)"):
        assert_silent(soft.format(made=made), "NN207")
        assert_silent(soft.format(made=made), "NN208")


NAMED = """
import torch
from torch import nn
import torch.nn.functional as F


def loss_of(name, prediction, target):
    if name == "FIRST":
        return FIRST(prediction, target)
    if name == "logits":
        return F.binary_cross_entropy_with_logits(prediction, target)


def train(net, loader, optimizer, name):
    for x, y in loader:
        optimizer.zero_grad()
        loss_of(name, torch.sigmoid(net(x)), y).backward()
        optimizer.step()
"""


@pytest.mark.parametrize(
    ("first", "told"),
    [("F.binary_cross_entropy", False), ("F.cross_entropy", True), ("my_loss", True)],
)
def test_a_setting_may_choose_the_loss_that_fits(first: str, told: bool) -> None:
    found = [code for _, code in findings(NAMED.replace("FIRST", first))]
    assert ("NN202" in found) is told
