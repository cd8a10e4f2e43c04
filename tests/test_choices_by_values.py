"""Choices that are made by test rows, whatever the scores and the rows are called."""

import pytest

from tests.abstract_programs import findings, marked

DATA = """\
import copy
import torch
import torchmetrics
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, Subset, random_split
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor
torch.manual_seed(0)
learned = MNIST("data", train=True, transform=ToTensor())
others = MNIST("data", train=False, transform=ToTensor())
one = DataLoader(learned, batch_size=64, shuffle=True)
two = DataLoader(others, batch_size=500)
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
def learn():
    net.train()
    for x, y in one:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
@torch.no_grad()
def hits(data):
    net.eval()
    right = seen = 0
    for x, y in data:
        right += (net(x).argmax(1) == y).sum().item()
        seen += len(y)
    return right / seen
@torch.no_grad()
def macro(data):
    net.eval()
    truth, guessed = [], []
    for x, y in data:
        guessed.extend(net(x).argmax(1).tolist())
        truth.extend(y.tolist())
    return f1_score(truth, guessed, average="macro")
share = torchmetrics.Accuracy(task="multiclass", num_classes=10)
@torch.no_grad()
def told(data):
    net.eval()
    share.reset()
    for x, y in data:
        share.update(net(x), y)
    return share.compute().item()
"""
KEPT = """\
top = 0.0
for epoch in range(9):
    learn()
    now = {score}
    if now > top:{mark}
        top = now
        torch.save(net.state_dict(), "net.pt")
"""


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN506"]


@pytest.mark.parametrize("score", ["hits(two)", "macro(two)", "told(two)"])
def test_a_score_is_known_by_the_data_that_a_model_runs_over(score: str) -> None:
    text = DATA + KEPT.format(score=score, mark="  # error")
    assert found(text) == marked(text, "NN506") != []
    assert not found(DATA + KEPT.format(score=score.replace("two", "one"), mark=""))


def test_rows_that_are_left_may_judge() -> None:
    halves = "first, last = Subset(others, range(5000)), Subset(others, range(5000, 10000))\n"
    loaders = "first, last = DataLoader(first, batch_size=500), DataLoader(last, batch_size=500)\n"
    text = (
        DATA + halves + loaders + KEPT.format(score="hits(first)", mark="") + "print(hits(last))\n"
    )
    assert not found(text)


def test_a_program_that_speaks_of_validation_may_mean_what_is_published_for_tests() -> None:
    text = DATA.replace("two = ", "val_loader = ") + KEPT.format(score="hits(val_loader)", mark="")
    assert not found(text)


BETTER = """\
def keep(better):
    if better:
        torch.save(net.state_dict(), "net.pt")
top = 0.0
for epoch in range(9):
    learn()
    now = hits(two)
    better = now > top  # error
    top = max(now, top)
    keep(better)
"""
IN_FUNCTION = """\
top = 0.0
def judge():
    global top
    now = hits(two)
    if epoch > 3 and top < now:  # error
        torch.save({"net": net.state_dict(), "score": now}, "net.pt")
        top = now
for epoch in range(9):
    learn()
    judge()
"""
PAIR = """\
kept = (0.0, None)
for epoch in range(9):
    learn()
    now = hits(two)
    if now > kept[0]:  # error
        kept = now, copy.deepcopy(net.state_dict())
net.load_state_dict(kept[1])
"""
PATIENCE = """\
top, rest = 0.0, 0
for epoch in range(99):
    learn()
    now = hits(two)
    if now > top:  # error
        top, rest = now, 0
    else:
        rest += 1
    if rest == 5:
        stop = True
        break
"""
STOPPER = """\
class Watch:
    def __init__(self):
        self.high, self.times = 0.0, 0
    def __call__(self, value):
        if value > self.high:
            self.high, self.times = value, 0
        else:
            self.times += 1
        return self.times > 5
watch = Watch()
for epoch in range(99):
    learn()
    if watch(hits(two)):  # error
        break
"""
RATE = """\
schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max")
for epoch in range(99):
    learn()
    schedule.step(hits(two))  # error
"""


@pytest.mark.parametrize("text", [BETTER, IN_FUNCTION, PAIR, STOPPER, RATE])
def test_what_is_best_so_far_is_known_by_its_value(text: str) -> None:
    assert found(DATA + text) == marked(DATA + text, "NN506") != []
    assert not found(DATA + text.replace("(two)", "(one)"))


def test_training_ends_after_waiting_for_a_better_test_score() -> None:
    text = DATA + PATIENCE.replace("rest", "patience_left")
    assert found(text) == marked(text, "NN506") != []


def test_the_end_of_a_training_may_be_asked_of_something_else() -> None:
    assert not found(DATA + "for epoch in range(9):\n    learn()\n    print(hits(two))\n")


SETTINGS = """\
results = {{}}
for rate in {rates}:
    for width in (16, 64):
        net = nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.ReLU(), nn.Linear(width, 10))
        optimizer = torch.optim.SGD(net.parameters(), lr=rate)
        learn()
        results[rate, width] = hits(two)
best = {best}  # error
"""


def test_the_best_setting_is_that_with_the_best_score() -> None:
    text = DATA + SETTINGS.format(rates="(0.1, 0.01)", best="max(results, key=results.get)")
    assert found(text) == marked(text, "NN506")
    mean = "sum(results.values()) / len(results)"
    assert not found(DATA + SETTINGS.format(rates="(0.1, 0.01)", best=mean))


BOOSTED = """\
import {library} as trees
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
table = pd.read_csv("rows.csv")
a, X_test, c, y_test = train_test_split(table.drop(columns="y"), table["y"], random_state=0)
first, second = trees.{rows}(a, c), trees.{rows}(X_test, y_test)
model = trees.train({{}}, first, 999, {judged}{stops})  # error
print(roc_auc_score(y_test, model.predict(second)))
"""


@pytest.mark.parametrize(
    ("library", "rows", "judged", "stops"),
    [
        ("xgboost", "DMatrix", 'evals=[(first, "a"), (second, "b")]', ", early_stopping_rounds=9"),
        ("lightgbm", "Dataset", "valid_sets=[second]", ", callbacks=[trees.early_stopping(9)]"),
    ],
)
def test_trees_are_not_added_until_the_rows_that_judge_them_like_it_best(
    library: str, rows: str, judged: str, stops: str
) -> None:
    text = BOOSTED.format(library=library, rows=rows, judged=judged, stops=stops)
    assert found(text) == marked(text, "NN506") != []
    assert not found(BOOSTED.format(library=library, rows=rows, judged=judged, stops=""))
    # Nobody says that these rows are there for more than to choose by.
    assert not found(text.replace("X_test", "b").replace("y_test", "d"))


LIGHTNING = """\
import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor
class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.learned = MNIST("data", train=True, transform=ToTensor())
        self.others = MNIST("data", train=False, transform=ToTensor())
    def train_dataloader(self):
        return DataLoader(self.learned, batch_size=64, shuffle=True)
    def val_dataloader(self):
        return DataLoader(self.{part}, batch_size=500)
    def test_dataloader(self):
        return DataLoader(self.others, batch_size=500)
class Digits(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    def training_step(self, batch, index):
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def validation_step(self, batch, index):
        self.log("loss", nn.functional.cross_entropy(self.net(batch[0]), batch[1]))
    test_step = validation_step
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.001)
checkpoint = ModelCheckpoint(monitor="loss")
trainer = L.Trainer(max_epochs=9, callbacks=[checkpoint])
trainer.fit(Digits(), Data())  # error
{end}
"""


@pytest.mark.parametrize(
    "end", ['trainer.test(ckpt_path="best")', "print(checkpoint.best_model_score)"]
)
def test_a_trainer_that_tests_asks_the_same_module_for_its_data(end: str) -> None:
    text = LIGHTNING.format(part="others", end=end)
    assert found(text) == marked(text, "NN506") != []
    assert not found(LIGHTNING.format(part="others", end="print(trainer)"))


TUNED = """\
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments
parts = load_dataset("reviews").map(tokenize)
results = {{}}
for {setting} in (1, 2, 3):
    model = AutoModelForSequenceClassification.from_pretrained("tiny")
    settings = TrainingArguments("runs", {setting}={setting}, num_train_epochs=1)
    trainer = Trainer(model, settings, train_dataset=parts["train"])
    trainer.train()
    results[{setting}] = trainer.evaluate(parts["{part}"])["eval_loss"]
best = min(results, key=results.get)  # error
"""


def test_scores_of_a_trainer_say_what_they_are_of() -> None:
    text = TUNED.format(setting="weight_decay", part="test")
    assert found(text) == marked(text, "NN506") != []
    assert not found(TUNED.format(setting="weight_decay", part="validation"))
    assert not found(TUNED.format(setting="seed", part="test"))


COMBINED = (
    DATA.replace("def learn():", "def learn(net, optimizer):").replace(
        "def hits(data):", "def hits(net, data):"
    )
    + """
scores = {{}}
for width in (16, 32, 64):
    for rate in (0.1, 0.01, 0.001):
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.Linear(width, 10))
        learn(model, torch.optim.SGD(model.parameters(), lr=rate))
        scores[width, rate] = hits(model, {judging})
{later}
best = max(scores, key=scores.get)  # error
print(best, {end})
"""
)


def test_the_best_of_many_combinations_is_one_of_as_many_scores() -> None:
    text = COMBINED.format(judging="two", later="", end="scores[best]")
    assert found(text) == marked(text, "NN506") != []


@pytest.mark.parametrize(
    ("judging", "later", "end"),
    [
        ("three", "", "hits(model, two)"),
        ("two if width > 20 else three", "", "scores[best]"),
        ("two", "scores[0, 0] = 0.5", "hits(model, three)"),
    ],
)
def test_the_best_of_many_combinations_may_be_judged_by_others(
    judging: str, later: str, end: str
) -> None:
    held_out = (
        "kept = Subset(learned, range(50000, 60000))\nthree = DataLoader(kept, batch_size=500)\n"
    )
    text = COMBINED.format(judging=judging, later=held_out + later, end=end)
    text = text.replace("scores = {}\n", f"{held_out}scores = {{}}\n")
    assert not found(text)


NOTED = """
class Log:
    def __init__(self):
        self.best_accuracy = 0.0
    def begin(self):
        self.state = {"hits": 0.0, "steps": 0}
    def __call__(self, hits):
        self.state["hits"] += hits.sum().item()
        self.state["steps"] += hits.size(0)
    def flush(self):
        accuracy = self.state["hits"] / self.state["steps"]
        if accuracy > self.best_accuracy:
            self.best_accuracy = accuracy
log = Log()
for epoch in range(9):
    learn()
    log.begin()
    net.eval()
    with torch.no_grad():
        for x, y in two:
            log(net(x).argmax(1) == y)
    log.flush()
"""


def test_the_best_score_may_be_noted() -> None:
    assert not found(DATA + NOTED)
