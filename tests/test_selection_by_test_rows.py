"""Choices that are made by test rows."""

import pytest

from tests.abstract_programs import findings, marked

KERAS = """\
from tensorflow import keras
from tensorflow.keras.callbacks import CSVLogger, EarlyStopping, ModelCheckpoint
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_val, y_val = load()
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
def fit(data, *callbacks):
    model.fit(x_train, y_train, validation_data=data, callbacks=list(callbacks))
"""
TORCH = """\
import torch
def training(model, epochs, {name}_loader, train_loader):
    best = 0
    for epoch in range(epochs):
        learn(model, train_loader)
        {score} = accuracy(model, {name}_loader)
        if {condition}:
            best = {score}
            torch.save(model.state_dict(), "best.pt")
"""


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN506"]


@pytest.mark.parametrize(
    "callback", ["EarlyStopping()", "ModelCheckpoint('m', save_best_only=True)"]
)
def test_callbacks_do_not_choose_by_the_rows_that_judge_in_the_end(callback: str) -> None:
    fit = f"model.fit(x_train, y_train, validation_data=(x_test, y_test), callbacks=[{callback}])"
    end = "model.evaluate(x_test, y_test)\n"
    text = f"{KERAS}{fit}  # error\n{end}"
    assert found(text) == marked(text, "NN506")
    assert not found(f"{KERAS}{fit}\n")
    assert not found(f"{KERAS}{fit.replace('_test', '_val')}\n{end}")


@pytest.mark.parametrize("name", ["x_final_test", "X_valtest", "held_out"])
@pytest.mark.parametrize(
    "judge", ["predict_classes({})", "predict({}).argmax(1)", "evaluate({}, y)"]
)
def test_other_rows_may_judge_what_test_rows_have_chosen(name: str, judge: str) -> None:
    fit = "model.fit(x_train, y_train, validation_data=(x_test, y_test), callbacks=[{}])"
    fit = fit.format("ModelCheckpoint('best.h5', save_best_only=True)")
    text = f"{KERAS}{fit}\nmodel.evaluate(x_test, y_test)\n"
    end = f"{name}, y = np.load('final.npy'), np.load('labels.npy')\nmodel.{judge.format(name)}\n"
    assert found(text)
    assert not found(f"import numpy as np\n{text}{end}")


@pytest.mark.parametrize(
    "callback", ["ModelCheckpoint('m')", "EarlyStopping(monitor='loss')", "CSVLogger('log')"]
)
def test_callbacks_that_choose_nothing_by_them_may_see_test_rows(callback: str) -> None:
    fit = f"model.fit(x_train, y_train, validation_data=(x_test, y_test), callbacks=[{callback}])"
    assert not found(f"{KERAS}{fit}\nmodel.evaluate(x_test, y_test)\n")


def test_the_best_weights_are_not_those_with_the_best_test_score() -> None:
    wrong = TORCH.format(name="test", score="test_score", condition="test_score > best")
    assert len(found(wrong)) == 1


@pytest.mark.parametrize(
    ("origin", "count"),
    [
        ("self.test()", 1),
        ("evaluate(model, test_loader)", 1),
        ("evaluate(model, loader)", 0),
        ("self.score(train_loader, test_loader)", 0),
    ],
)
def test_a_score_is_of_the_rows_that_it_was_computed_from(origin: str, count: int) -> None:
    text = f"""
import torch
class Trainer:
    def fit(self, model, epochs, test_loader, train_loader):
        for epoch in range(epochs):
            self.learn(train_loader)
            loss, acc = 0.1, 0.2
            acc = {origin}
            if acc > self.best_acc:
                self.best_acc = acc
                torch.save(model.state_dict(), "best.pt")
"""
    assert len(found(text)) == count


@pytest.mark.parametrize(
    ("name", "score", "condition"),
    [
        ("val", "val_score", "val_score > best"),
        ("test", "test_score", "epoch == 3"),
        ("train", "score", "score > best"),
        ("test", "test_score", "test_score > 0.9"),
    ],
)
def test_other_scores_may_decide(name: str, score: str, condition: str) -> None:
    assert not found(TORCH.format(name=name, score=score, condition=condition))


LOOP = """
import torch
def training(model, optimizer, train_loader, {name}_loader, epochs):
    least, waited = 9.0, 0
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    stopper = EarlyStopping()
    for epoch in range(epochs):
        learn(model, train_loader)
        loss = judged(model, {name}_loader)
"""
ENDS = [
    "schedule.step(loss)  # error",
    "if loss > least_best:  # error\n    break",
    "if loss < min_loss:  # error\n    min_loss, waited = loss, 0\nelse:\n    waited += 1\nif waited > 9:\n    break",
    "stopper(loss, model)  # error\nif stopper.should_stop:\n    break",
    "if stopper.step(loss):  # error\n    break",
]


@pytest.mark.parametrize("end", ENDS)
def test_neither_rate_nor_end_of_a_training_goes_by_test_scores(end: str) -> None:
    inside = "".join(f"        {line}\n" for line in end.splitlines())
    text = LOOP.format(name="test") + inside
    assert found(text) == marked(text, "NN506") != []
    assert not found(LOOP.format(name="val") + inside)
    assert not found(LOOP.format(name="train") + inside)


def test_a_loop_may_end_for_other_reasons() -> None:
    ends = "        if epoch > 9:\n            break\n        print(loss < min_loss)\n"
    assert not found(LOOP.format(name="test") + ends)


TRAINER = """
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments
parts = load_dataset("reviews").map(tokenize)
model = AutoModelForSequenceClassification.from_pretrained("tiny")
settings = TrainingArguments("runs", eval_strategy="epoch", load_best_model_at_end={best})
trainer = Trainer(model, settings, train_dataset=parts["train"], eval_dataset=parts["{part}"])
trainer.train()
print({end})
"""


@pytest.mark.parametrize(
    ("best", "part", "end", "count"),
    [
        ("True", "test", "trainer.evaluate()", 1),
        ("True", "test", "trainer.predict(parts['test'])", 1),
        ("False", "test", "trainer.evaluate()", 0),
        ("True", "validation", "trainer.predict(parts['test'])", 0),
    ],
)
def test_a_trainer_does_not_keep_the_weights_that_are_best_on_test_rows(
    best: str, part: str, end: str, count: int
) -> None:
    assert len(found(TRAINER.format(best=best, part=part, end=end))) == count


def test_texts_that_become_rows_of_ones_are_the_same_texts() -> None:
    text = """\
import numpy as np
from tensorflow import keras
from tensorflow.keras.callbacks import EarlyStopping
(x_train, y_train), (x_test, y_test) = keras.datasets.imdb.load_data(num_words=900)
def with_ones(texts):
    rows = np.zeros((len(texts), 900))
    for number, text in enumerate(texts):
        rows[number, text] = 1
    return rows
x_train, x_test = with_ones(x_train), with_ones(x_test)
model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
model.fit(x_train, y_train, validation_data=(x_test, y_test), callbacks=[EarlyStopping()])  # error
model.evaluate(x_test, y_test)
"""
    assert found(text) == marked(text, "NN506") != []


def test_the_best_weights_may_be_read_again_before_they_are_judged() -> None:
    text = (
        KERAS
        + """\
x_train, x_test = x_train / 255, x_test / 255
keeper = ModelCheckpoint("best.keras", save_best_only=True)
model.fit(x_train, y_train, validation_data=(x_test, y_test), callbacks=[keeper])  # error
best = keras.models.load_model("best.keras")
print(best.evaluate(x_test, y_test))
"""
    )
    assert found(text) == marked(text, "NN506") != []
    last = "print(best.evaluate(x_test, y_test))"
    assert not found(text.replace(last, "print(best.evaluate(x_val, y_val))"))


LIGHTNING = """
import lightning as L
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10, FashionMNIST
from torchvision.transforms import ToTensor
class Clothes(L.LightningDataModule):
    def __init__(self, root="data"):
        super().__init__()
        self.root = root
    def setup(self, stage=None):
        self.train_set = FashionMNIST(self.root, train=True, transform=ToTensor())
        self.val_set = {val}
        self.test_set = FashionMNIST(self.root, train=False, transform=ToTensor())
    def train_dataloader(self):
        return DataLoader(self.train_set, 64, shuffle=True)
    def val_dataloader(self):
        return DataLoader(self.val_set, 64)
    def test_dataloader(self):
        return DataLoader(self.test_set, 64)
class Net(L.LightningModule):
    def training_step(self, batch, number):
        return F.cross_entropy(self(batch[0]), batch[1])
    def validation_step(self, batch, number):
        self.log("val_loss", F.cross_entropy(self(batch[0]), batch[1]))
    def test_step(self, batch, number):
        self.log("test_loss", F.cross_entropy(self(batch[0]), batch[1]))
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())
L.seed_everything(1)
trainer = L.Trainer(max_epochs=3, callbacks=[{callback}])
net, data = Net(), Clothes()
trainer.fit(net, datamodule=data)
{end}
"""
KEEPER = "ModelCheckpoint(monitor='val_loss')"
SAME = "FashionMNIST(self.root, train=False, transform=ToTensor())"


@pytest.mark.parametrize(
    ("val", "callback", "end", "told"),
    [
        (SAME, KEEPER, "trainer.test(net, datamodule=data, ckpt_path='best')", 1),
        ("FashionMNIST(self.root, False)", KEEPER, "trainer.test(net, datamodule=data)", 1),
        (SAME, "", "trainer.test(net, datamodule=data)", 0),
        (SAME, KEEPER, "", 0),
        ("CIFAR10(self.root, train=False)", KEEPER, "trainer.test(net, datamodule=data)", 0),
        ("FashionMNIST('more', train=False)", KEEPER, "trainer.test(net, datamodule=data)", 0),
    ],
)
def test_the_samples_that_choose_may_be_those_of_the_test(
    val: str, callback: str, end: str, told: int
) -> None:
    text = LIGHTNING.format(val=val, callback=callback, end=end)
    assert len(found(text)) == told


def test_a_choice_is_told_where_a_trainer_is_given_what_it_judges_by() -> None:
    given = 'Trainer(model, settings, train_dataset=parts["train"], eval_dataset=parts["test"])'
    apart = given.replace(", eval", ",\n    eval").replace('test"]', 'test"],\n')
    text = TRAINER.format(best="True", part="test", end="trainer.evaluate()").replace(given, apart)
    assert [text.splitlines()[row - 1].strip()[:12] for row, _ in found(text)] == ["eval_dataset"]


KEPT = """
import copy
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets
train_set = datasets.CIFAR10("data", train=True)
val_set = {val}
test_set = datasets.CIFAR10("data", train=False)
train_loader = DataLoader(train_set, 64, shuffle=True)
val_loader, test_loader = DataLoader(val_set, 256), DataLoader(test_set, 256)
model = nn.Linear(3072, 10)
optimizer = torch.optim.Adam(model.parameters())
@torch.no_grad()
def accuracy(loader):
    model.eval()
    return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)
best, kept = 0.0, None
for epoch in range(9):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    score = accuracy(val_loader)
    if {condition}:
        best, kept = score, copy.deepcopy(model.state_dict())
model.load_state_dict(kept)
{end}
"""


@pytest.mark.parametrize(
    ("val", "condition", "end", "told"),
    [
        ("datasets.CIFAR10('data', False)", "score > best", "print(accuracy(test_loader))", 1),
        ("datasets.CIFAR10('data', False)", "epoch == 8", "print(accuracy(test_loader))", 0),
        ("datasets.CIFAR10('data', False)", "score > best", "print(accuracy(val_loader))", 0),
        ("datasets.CIFAR100('data', False)", "score > best", "print(accuracy(test_loader))", 0),
        (
            "random_split(train_set, [0.9, 0.1])[1]",
            "score > best",
            "print(accuracy(test_loader))",
            0,
        ),
    ],
)
def test_the_weights_that_are_kept_are_not_chosen_by_the_samples_of_the_test(
    val: str, condition: str, end: str, told: int
) -> None:
    assert len(found(KEPT.format(val=val, condition=condition, end=end))) == told


PHASES = """
import copy
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
loaders = {part: DataLoader(CIFAR10("data", train=part == "train"), 64) for part in ("train", "PHASE")}
model, best, kept = nn.Linear(3072, 10), 0.0, None
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for epoch in range(9):
    for phase in ("train", "PHASE"):
        right = 0
        for x, y in loaders[phase]:
            out = model(x)
            if phase == "train":
                optimizer.zero_grad()
                nn.functional.cross_entropy(out, y).backward()
                optimizer.step()
            right += (out.argmax(1) == y).sum().item()
        score = right / len(loaders[phase].dataset)
        if phase == "PHASE" and score > best:  # error
            best, kept = score, copy.deepcopy(model.state_dict())
"""


def test_the_phase_tells_which_rows_choose() -> None:
    text = PHASES.replace("PHASE", "test")
    assert found(text) == marked(text, "NN506") != []
    assert not found(PHASES.replace("PHASE", "val"))
    assert not found(text.replace('phase == "test" and score', 'phase == "train" and score'))


OFFICIAL = """
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor
learned = MNIST("data", train=True, transform=ToTensor())
official = MNIST("data", train=False, transform=ToTensor())
some, test_part = random_split(learned, [50000, 10000])
train_loader = DataLoader(some, batch_size=64, shuffle=True)
test_loader = DataLoader(test_part, batch_size=500)
end_loader = DataLoader(official, batch_size=500)
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
def accuracy(loader):
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in loader)
    return right / len(loader.dataset)
best = 0.0
for epoch in range(9):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    acc = accuracy(test_loader)
    if acc > best:
        best = acc
        torch.save(net.state_dict(), "best.pt")
print(accuracy({last}))
"""


@pytest.mark.parametrize(("last", "tells"), [("end_loader", False), ("test_loader", True)])
def test_others_may_judge_what_was_chosen_by_rows_that_are_called_a_test(
    last: str, tells: bool
) -> None:
    assert bool(found(OFFICIAL.format(last=last))) is tells


def test_a_trainer_of_the_project_is_told_of_where_it_is_given_test_rows() -> None:
    """Its class hands on what it is given, and may well be given other rows."""
    head, _, end = TRAINER.format(best=True, part="test", end="trainer.evaluate()").partition(
        "trainer ="
    )
    own = """
class Quiet(Trainer):
    def __init__(self, *args, strength=0.1, **kwargs):
        super().__init__(*args, **kwargs)
        self.strength = strength
"""
    built = f"trainer ={end}".replace(" Trainer(", " Quiet(").replace('"])\n', '"])  # error\n', 1)
    text = head + own + built
    assert found(text) == marked(text, "NN506") != []


READ = """
import numpy as np
import tensorflow as tf
from tensorflow import keras

def read(part):
    names = tf.data.Dataset.list_files(part + "*.tfrecord")
    return tf.data.TFRecordDataset(names).batch(32).repeat()

def texts(predictions):
    x_test = np.array(predictions)
    return [line.argmax(-1) for line in x_test]

train, HELD_OUT = read("train"), read("held out")
inputs = keras.Input((100,))
model = keras.Model(inputs, keras.layers.Dense(29)(inputs))
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(train, epochs=9, validation_data=HELD_OUT, steps_per_epoch=100, validation_steps=9,
          callbacks=[keras.callbacks.EarlyStopping(restore_best_weights=True)])
print(texts(model.predict(HELD_OUT, steps=9)))
"""


@pytest.mark.parametrize(("name", "told"), [("valid_stream", 0), ("test_stream", 1)])
def test_what_a_helper_calls_whatever_it_is_given_says_nothing_of_it(name: str, told: int) -> None:
    assert len(found(READ.replace("HELD_OUT", name))) == told


SHOWN = """
import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = torch.tensor(np.load("calls.npy")), torch.tensor(np.load("birds.npy"))
x_learn, x_test, y_learn, y_test = train_test_split(x, y, test_size=0.1)
learned = DataLoader(TensorDataset(x_learn, y_learn), 16, shuffle=True)
kept_back = DataLoader(TensorDataset(x_test, y_test), 16)
net = nn.Sequential(nn.Linear(40, 20), nn.ReLU(), nn.Linear(20, 5))
optimizer = torch.optim.Adam(net.parameters())

def train():
    best_share = 0.0
    for epoch in range(30):
        net.train()
        for a, b in learned:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(a), b).backward()
            optimizer.step()
        net.eval()
        SHARE, count = 0, 0
        with torch.no_grad():
            for a, b in kept_back:
                SHARE += (net(a).argmax(1) == b).sum().item()
                count += len(b)
        SHARE = SHARE / count
        if SHARE > best_share:
            best_share = SHARE
            torch.save(net.state_dict(), "birds.pt")
        {each}
    {end}

train()
"""


@pytest.mark.parametrize("share", ["share", "test_share"])
@pytest.mark.parametrize(
    ("each", "end", "told"),
    [
        ("pass", "pass", True),
        ("print(f'test: {SHARE:.2f}')", "print('best:', best_share)", True),
        ("print(f'right: {SHARE:.2f}')", "print('best of', count, best_share)", True),
        ("print(f'val {count} rows, test {SHARE:.2f}')", "pass", True),
        ("print(f'valid: {SHARE:.2f}')", "print('best on test rows:', best_share)", True),
        ("print(f'epoch {epoch}, val: {SHARE:.2f}')", "pass", False),
        ("board.add_scalar('right/validation', SHARE, epoch)", "pass", False),
        ("wandb.log({'val_right': SHARE})", "pass", False),
        ("pass", "print(f'best share in validation: {best_share}')", False),
    ],
)
def test_rows_whose_score_is_shown_as_that_of_validation_are_no_test(
    each: str, end: str, told: bool, share: str
) -> None:
    text = SHOWN.replace("{each}", each).replace("{end}", end).replace("SHARE", share)
    assert bool(found(text)) is told
    divided = "x_learn, x_test, y_learn, y_test = train_test_split(x, y, test_size=0.1)"
    files = """
x_learn, y_learn = x, y
x_test, y_test = torch.tensor(np.load("test.npy")), torch.tensor(np.load("named.npy"))
"""
    assert found(text.replace(divided, files))


FOLDS = """\
import pandas as pd
from sklearn.model_selection import KFold
from tensorflow.keras import Sequential
from tensorflow.keras.callbacks import EarlyStopping
from tensorflow.keras.layers import Dense
{name} = pd.read_csv("{name}.csv")
for tr, te in KFold(n_splits=5).split({name}):
    net = Sequential([Dense(8, activation="relu"), Dense(1)])
    net.compile("adam", "mse")
    x, y = {name}.drop(columns="price").values, {name}["price"].values
    net.fit(
        x[tr], y[tr], epochs=50,
        validation_data=(x[te], y[te]),{mark}
        callbacks=[EarlyStopping(patience=3)],
    )
    print(net.evaluate(x[te], y[te]))
"""


def test_a_fold_of_the_training_data_is_there_to_choose_by() -> None:
    for name, mark in (("train", ""), ("houses", "  # error")):
        text = FOLDS.format(name=name, mark=mark)
        assert [each for each in findings(text) if each[1] == "NN506"] == marked(text, "NN506")


# --- scores whose sign is turned, and validation rows that are forgotten --------------------

STOPPER = """\
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset
class EarlyStopping:
    def __init__(self, patience, delta=0):
        self.patience, self.delta = patience, delta
        self.waited, self.best_score, self.early_stop = 0, None, False
    def __call__(self, val_loss, model):
        score = -val_loss
        if self.best_score is None:
            self.best_score = score
            self.keep(model)
        elif score < self.best_score + self.delta:
            self.waited += 1
            if self.waited >= self.patience:
                self.early_stop = True
        else:
            self.best_score, self.waited = score, 0
            self.keep(model)
    def keep(self, model):
        torch.save(model.state_dict(), "best.pt")
def loader(path, **options):
    return DataLoader(TensorDataset(torch.load(path)), batch_size=32, **options)
train_loader = loader("train.pt", shuffle=True)
{loaders}
model = torch.nn.Linear(5, 5)
optimizer = torch.optim.Adam(model.parameters())
criterion = torch.nn.MSELoss()
def judged(data):
    model.eval()
    losses = []
    with torch.no_grad():
        for (batch,) in data:
            losses.append(criterion(model(batch), batch).item())
    return np.average(losses)
stopping = EarlyStopping(3)
for epoch in range(10):
    model.train()
    for (batch,) in train_loader:
        optimizer.zero_grad()
        criterion(model(batch), batch).backward()
        optimizer.step()
    stopping(judged({chosen_by}), model)
    if stopping.early_stop:
        break
model.load_state_dict(torch.load("best.pt"))
print(judged(test_loader))
"""
TEST_LOADER = 'test_loader = loader("test.pt")'
BOTH_LOADERS = f'{TEST_LOADER}\nval_loader = loader("val.pt")'


@pytest.mark.parametrize(
    ("loaders", "chosen_by", "told"),
    [
        (TEST_LOADER, "test_loader", True),
        (BOTH_LOADERS, "val_loader", False),
        (BOTH_LOADERS, "test_loader", True),
        (f"{BOTH_LOADERS}\nprint(len(val_loader))", "test_loader", False),
    ],
)
def test_an_error_whose_sign_is_turned_is_still_one_of_its_rows(
    loaders: str, chosen_by: str, told: bool
) -> None:
    codes = [code for _, code in findings(STOPPER.format(loaders=loaders, chosen_by=chosen_by))]
    assert ("NN506" in codes) is told


SOLVER = """\
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
class Windows(Dataset):
    def __init__(self, folder, mode):
        self.mode = mode
        data = np.load(folder + "/train.npy")
        self.train, self.val = data[:8000], data[8000:]
        self.test = np.load(folder + "/test.npy")
    def __len__(self):
        return len(getattr(self, self.mode))
    def __getitem__(self, index):
        if self.mode == "train":
            return np.float32(self.train[index])
        elif self.mode == "val":
            return np.float32(self.val[index])
        return np.float32(self.test[index])
def loader_of(mode):
    return DataLoader(Windows("data", mode), batch_size=32, shuffle=mode == "train")
class Solver:
    def __init__(self):
        self.train_loader = loader_of("train")
        self.vali_loader = loader_of("val")
        self.test_loader = loader_of("test")
        self.model = torch.nn.Linear(5, 5)
        self.optimizer = torch.optim.Adam(self.model.parameters())
        self.criterion = torch.nn.MSELoss()
    def vali(self, loader):
        self.model.eval()
        losses = []
        with torch.no_grad():
            for batch in loader:
                losses.append(self.criterion(self.model(batch), batch).item())
        return np.average(losses)
    def train(self):
        best = np.inf
        for epoch in range(10):
            self.model.train()
            for batch in self.train_loader:
                self.optimizer.zero_grad()
                self.criterion(self.model(batch), batch).backward()
                self.optimizer.step()
            vali_loss = self.vali({chosen_by})
            if vali_loss < best:
                best = vali_loss
                torch.save(self.model.state_dict(), "best.pt")
    def test(self):
        self.model.load_state_dict(torch.load("best.pt"))
        print(self.vali(self.test_loader))
solver = Solver()
solver.train()
solver.test()
"""


@pytest.mark.parametrize(
    ("chosen_by", "told"), [("self.test_loader", True), ("self.vali_loader", False)]
)
def test_a_data_set_of_several_parts_holds_the_one_that_it_is_asked_for(
    chosen_by: str, told: bool
) -> None:
    codes = [code for _, code in findings(SOLVER.format(chosen_by=chosen_by))]
    assert ("NN506" in codes) is told


def test_a_series_that_is_divided_by_time_has_test_rows_of_its_own() -> None:
    text = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
class Windows(Dataset):
    def __init__(self, series, past):
        self.series, self.past = series, past
    def __len__(self):
        return self.series.size(1) - self.past
    def __getitem__(self, i):
        return self.series[:, i:i + self.past], self.series[:, i + self.past]
full = torch.load("x.pt").float()
a, b = int(0.7 * full.size(1)), int(0.85 * full.size(1))
train, val, test = [Windows(s, 5) for s in (full[:, :a], full[:, a:b], full[:, b:])]
tl, vl, te = DataLoader(train, 64, shuffle=True), DataLoader(val, 64), DataLoader(test, 64)
model = nn.Linear(3, 2)
opt = torch.optim.Adam(model.parameters())
def evaluate(loader):
    model.eval()
    total = 0
    with torch.no_grad():
        for x, y in loader:
            total += nn.functional.l1_loss(model(x), y).item()
    return total / len(loader)
best = 1e9
for epoch in range(10):
    model.train()
    for x, y in tl:
        opt.zero_grad()
        loss = nn.functional.l1_loss(model(x), y)
        loss.backward()
        opt.step()
    v = evaluate(vl)
    if v < best:
        best = v
        torch.save(model.state_dict(), "best.pt")
model.load_state_dict(torch.load("best.pt"))
print(evaluate(te))
"""
    assert not found(text)
