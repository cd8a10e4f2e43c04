"""Loaders that a model is trained with, and the order they give the samples in."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import torch
from torch import nn
from torch.utils.data import (
    DataLoader, Dataset, IterableDataset, Subset, TensorDataset, WeightedRandomSampler, random_split
)
from torchvision.datasets import CIFAR10, ImageFolder
"""
TRAINING = """
model = nn.Linear(8, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
def train(loader):
    for epoch in range(10):
        for inputs, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
def evaluate(loader):
    for inputs, labels in loader:
        print(model(inputs))
"""


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + TRAINING + text) if each[1] == "NN507"]


def wrong(text: str) -> list[tuple[int, str]]:
    return marked(IMPORTS + TRAINING + text, "NN507")


CLASS = """
class Pictures(Dataset):
    def __init__(self, names):
        self.names = names
    def __len__(self):
        return len(self.names)
    def __getitem__(self, index):
        return torch.load(self.names[index])
"""


@pytest.mark.parametrize(
    "dataset",
    [
        "CIFAR10('data', train=True)",
        "Subset(ImageFolder('data'), range(100))",
        "TensorDataset(torch.load('x.pt'), torch.load('y.pt'))",
        "Pictures(open('names').readlines())",
        "random_split(Pictures(names), [0.9, 0.1])[0]",
    ],
)
@pytest.mark.parametrize("order", ["", ", shuffle=False", ", sampler=None, drop_last=True"])
def test_training_wants_another_order_in_each_epoch(dataset: str, order: str) -> None:
    text = (
        f"{CLASS}\nloader = DataLoader({dataset}, batch_size=32{order})  # error\ntrain(loader)\n"
    )
    assert found(text) == wrong(text)


def test_who_asks_a_function_for_a_loader_tells_it_the_order() -> None:
    text = """
def load(data, shuffle=False):
    return DataLoader(data, batch_size=32, shuffle=shuffle)
training, held_out = load(CIFAR10("data", True), shuffle=True), load(CIFAR10("data", False))
train(training)
again = load(CIFAR10("data", True))  # error
train(again)
"""
    assert found(text) == wrong(text) != []


def test_a_function_that_reads_data_of_all_kinds_is_not_at_fault() -> None:
    text = """
import numpy as np
import tensorflow as tf
def stream(end):
    arrays = np.load(f"x_{end}.npy"), np.load(f"y_{end}.npy")
    return tf.data.Dataset.from_tensor_slices(arrays).batch(32)
training, others = stream("training"), stream("others")  # error
model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(training, validation_data=others, epochs=9)
"""
    assert findings(text) == marked(text, "NN507") != []


@pytest.mark.parametrize(
    "text",
    [
        "train(DataLoader(CIFAR10('data'), batch_size=32, shuffle=True))",
        "evaluate(DataLoader(CIFAR10('data'), batch_size=32))",
        "train(DataLoader(CIFAR10('data'), 32, sampler=WeightedRandomSampler(weights, 100)))",
        "train(DataLoader(CIFAR10('data'), batch_sampler=batches))",
        (
            "def run(sampler=None):\n"
            "    train(DataLoader(CIFAR10('data'), 32, shuffle=sampler is None, sampler=sampler))\nrun()"
        ),
        "options = load()\ntrain(DataLoader(CIFAR10('data'), batch_size=32, **options))",
        "train(DataLoader(CIFAR10('data'), batch_size=50000))",
        "data = CIFAR10('data')\ntrain(DataLoader(data, batch_size=len(data)))",
        "data, other = CIFAR10('data'), CIFAR10('data')\ntrain(DataLoader(data, batch_size=len(other)))",
        "train(DataLoader(load_dataset('somewhere'), batch_size=32))",
        "dummy_x = load()\ntrain(DataLoader(TensorDataset(dummy_x, load()), batch_size=4))",
    ],
)
def test_the_order_may_be_left_to_others(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "body",
    [
        "class Data(IterableDataset):\n    def __iter__(self):\n        yield from lines",
        "class Data(Dataset):\n    def __getitem__(self, index):\n        return draw()",
        (
            "class Data(Dataset):\n    def __init__(self, *given):\n        random.shuffle(samples)\n"
            "    def __getitem__(self, index):\n        return samples[index]"
        ),
        (
            "class TimeSeries(Dataset):\n    def __getitem__(self, index):\n        return rows[index]\n"
            "Data = TimeSeries"
        ),
        "class Data(base):\n    def __getitem__(self, index):\n        return rows[index]",
    ],
)
def test_data_sets_may_have_an_order_of_their_own(body: str) -> None:
    assert not found(f"{body}\ntrain(DataLoader(Data(), batch_size=32))\n")


def test_a_trial_with_a_single_batch_wants_it_again_and_again() -> None:
    text = "def overfit_a_batch():\n    train(DataLoader(CIFAR10('data'), batch_size=32))\n"
    assert not found(text + "overfit_a_batch()\n")


STREAM = """
import numpy as np
import tensorflow as tf
from tensorflow import keras
x, y = np.load("x.npy"), np.load("y.npy")
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("adam", "mse")
data = tf.data.Dataset.from_tensor_slices((x, y)){steps}
model.fit(data, epochs=9)
"""


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        (".batch(8)", 1),
        (".map(scaled).batch(8).prefetch(2)", 1),
        (".shuffle(100).batch(8)", 0),
        (".batch(8).shuffle(9)", 0),
        (".shuffle(100).cache().batch(8)", 0),
        (".window(3).batch(8)", 0),
        (".batch(8)\nmodel.fit(data)", 1),
    ],
)
def test_streams_of_arrays_are_shuffled_as_well(steps: str, count: int) -> None:
    found = [code for _, code in findings(STREAM.format(steps=steps)) if code == "NN507"]
    assert len(found) == count


@pytest.mark.parametrize(
    ("parts", "ordered"),
    [
        ("load_dataset('reviews')", True),
        ("load_dataset('reviews').map(print).rename_column('label', 'labels')", True),
        ("load_dataset('reviews').sort('label')", True),
        ("load_dataset('reviews').shuffle(seed=1)", False),
        ("load_dataset('reviews', streaming=True)", False),
        ("load_dataset('reviews', split='train').train_test_split(0.1)", False),
    ],
)
def test_data_sets_of_hugging_face_give_a_sample_for_a_number(parts: str, ordered: bool) -> None:
    text = f"""
from datasets import load_dataset
parts = {parts}
train(DataLoader(parts["train"], batch_size=8))  # error
"""
    assert found(text) == (wrong(text) if ordered else [])


def test_a_sampler_that_goes_in_order_is_none() -> None:
    text = """
from torch.utils.data import SequentialSampler
rows = TensorDataset(torch.load("x.pt"), torch.load("y.pt"))
train(DataLoader(rows, batch_size=8, sampler=SequentialSampler(rows)))  # error
"""
    assert found(text) == wrong(text)
    assert found(text.replace("sampler=Seq", "sampler=list(range(9)) or Seq")) == []


def test_folders_that_keras_reads_in_order() -> None:
    text = """
import keras
pictures = keras.utils.image_dataset_from_directory("train", batch_size=8, shuffle=False)  # error
keras.Sequential([keras.layers.Dense(2)]).fit(pictures, epochs=9)
"""
    assert found(text) == wrong(text)
    assert found(text.replace(", shuffle=False", "")) == []
    assert found(text.replace('"train",', '"time_series",')) == []


MODULE = """
import lightning
class Classifier(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 2)
    def {hook}:
        make = lambda part: TensorDataset(torch.load(part + "_x.pt"), torch.load(part + "_y.pt"))
        {filled}
    def training_step(self, batch, number):
        return nn.functional.cross_entropy(self.head(batch[0]), batch[1])
    def train_dataloader(self):
        return DataLoader(self.rows, batch_size=8{order})  # error
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())
lightning.Trainer(max_epochs=9).fit(Classifier())
"""


@pytest.mark.parametrize("hook", ["setup(self, stage=None)", "prepare_data(self)"])
@pytest.mark.parametrize(
    "filled",
    [
        "self.rows = make('train')",
        "self.rows, self.others = make('train'), make('val')",
        "self.rows, self.others = random_split(make('all'), [0.8, 0.2])",
    ],
)
def test_a_module_fills_its_data_sets_before_it_makes_loaders(hook: str, filled: str) -> None:
    text = MODULE.format(hook=hook, filled=filled, order="")
    assert found(text) == wrong(text)
    assert found(MODULE.format(hook=hook, filled=filled, order=", shuffle=True")) == []


@pytest.mark.parametrize(
    "filled",
    [
        "self.rows = torch.load('stream.pt')",
        "self.rows = windows = make('train')",
        "self.rows = Lines()\nclass Lines(IterableDataset):\n    pass",
    ],
)
def test_a_module_may_fill_itself_with_what_keeps_its_order(filled: str) -> None:
    start, _, rest = filled.partition("\n")
    text = MODULE.format(hook="setup(self, stage)", filled=start, order="")
    assert found(f"{rest}\n{text}") == []


@pytest.mark.parametrize(
    ("method", "order", "count"),
    [
        ('flow_from_directory("train"', ", shuffle=False", 1),
        ('flow_from_directory("train"', "", 0),
        ("flow(x, y", ", shuffle=False", 0),
    ],
)
def test_the_classes_of_a_folder_are_shuffled_by_keras_unless_told_otherwise(
    method: str, order: str, count: int
) -> None:
    text = f"""
from tensorflow import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator
pictures = ImageDataGenerator(rescale=1 / 255).{method}{order})
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer="adam")
model.fit(pictures, epochs=9)
"""
    assert [code for _, code in findings(text)].count("NN507") == count


KERAS_FIT = """
from tensorflow import keras
import numpy as np
x, y = np.load("x.npy"), np.load("y.npy")
order = np.argsort(y)
x = x[order]
model = keras.Sequential([{layer}, keras.layers.Dense(3)])
model.compile("adam", "mse")
model.fit({data}, y[order], epochs=9, {shuffle})
"""


@pytest.mark.parametrize(
    ("layer", "data", "shuffle", "told"),
    [
        ("keras.layers.Dense(9)", "x", "shuffle=False", 1),
        ("keras.layers.Dense(9)", "x", "shuffle=True", 0),
        ("keras.layers.Dense(9)", "x", "verbose=0", 0),
        ("keras.layers.Dense(9)", "x", "shuffle=option", 0),
        ("keras.layers.LSTM(9)", "x", "shuffle=False", 0),
    ],
)
def test_keras_is_not_told_to_keep_the_order_of_an_array(
    layer: str, data: str, shuffle: str, told: int
) -> None:
    text = KERAS_FIT.format(layer=layer, data=data, shuffle=shuffle)
    assert len([code for _, code in findings(text) if code == "NN507"]) == told


ONE_BATCH = """
from tensorflow import keras
import tensorflow as tf
(pictures, digits), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
model.compile("adam", "mse")
"""


@pytest.mark.parametrize(
    ("training", "tells"),
    [
        ("data = tf.data.Dataset.from_tensor_slices((pictures / 255, digits)).batch(60000)", False),
        ("data = tf.data.Dataset.from_tensor_slices((pictures / 255, digits)).batch(6000)", True),
        ("data = tf.data.Dataset.from_tensor_slices((['good', 'bad'], [1, 0])).batch(2)", False),
        ("data = tf.data.Dataset.from_tensor_slices((['good', 'bad'], [1, 0])).batch(1)", True),
        ("data = tf.data.Dataset.from_tensor_slices([[1.0], [2.0], [3.0]]).batch(4)", False),
    ],
)
def test_a_batch_of_all_samples_has_no_order(training: str, tells: bool) -> None:
    text = f"{ONE_BATCH}{training}\nmodel.fit(data, epochs=9)\n"
    assert bool([row for row, code in findings(text) if code == "NN507"]) is tells


@pytest.mark.parametrize(
    ("fit", "tells"),
    [
        ("model.fit(data)", False),
        ("model.fit(data, epochs=1)", False),
        ("model.fit(data, epochs=2)", True),
        ("for epoch in range(9):\n    model.fit(data)", True),
        ("model.fit(data)\nmodel.fit(data)", True),
        ("model.fit(data)\nanother(model).fit(data)", False),
        ("model.fit(data, **options)", True),
    ],
)
def test_one_epoch_has_no_second_order(fit: str, tells: bool) -> None:
    data = "data = tf.data.Dataset.from_tensor_slices((pictures, digits)).batch(32)"
    text = f"{ONE_BATCH}options = read()\n{data}\n{fit}\n"
    assert bool([row for row, code in findings(text) if code == "NN507"]) is tells


CONFIGURED = """
from dataclasses import asdict, dataclass
@dataclass
class Loading:
    batch_size: int = 64
    shuffle: bool = False
"""


@pytest.mark.parametrize(
    ("options", "tells"),
    [
        ("**asdict(Loading())", True),
        ("**vars(Loading(batch_size=8))", True),
        ("**{**asdict(Loading()), 'num_workers': 2}", True),
        ("**asdict(Loading(shuffle=True))", False),
        ("**dict(asdict(Loading()), shuffle=True)", False),
        ("**asdict(read())", False),
    ],
)
def test_the_order_may_be_told_by_a_class_of_options(options: str, tells: bool) -> None:
    text = f"{CONFIGURED}train(DataLoader(ImageFolder('a'), {options}))"
    assert bool(found(text)) is tells


EPOCHS = """
data = ImageFolder("a")
once = Subset(data, torch.randperm(len(data)).tolist())
for epoch in range(9):
    loader = DataLoader({data}, batch_size=32)
    for inputs, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
"""


@pytest.mark.parametrize(
    ("data", "tells"),
    [
        ("once", True),
        ("Subset(data, range(500))", True),
        ("Subset(data, torch.randperm(len(data)).tolist())", False),
        ("Subset(data, order_of(epoch))", False),
    ],
)
def test_each_epoch_may_choose_the_order_of_the_samples_anew(data: str, tells: bool) -> None:
    assert bool(found(EPOCHS.format(data=data))) is tells


@pytest.mark.parametrize(("size", "tells"), [("None", False), ("8", True)])
def test_a_data_set_that_makes_the_batches_decides_on_their_order(size: str, tells: bool) -> None:
    text = f"{CLASS}train(DataLoader(Pictures(names), batch_size={size}))"
    assert bool(found(text)) is tells


@pytest.mark.parametrize(
    ("first", "then", "count"),
    [
        ("not options.demo", "not options.demo", 0),
        ("options.demo", "not options.demo", 1),
        ("options.demo", "options.large", 1),
    ],
)
def test_a_loader_is_not_trained_with_where_it_is_made_for_something_else(
    first: str, then: str, count: int
) -> None:
    text = f"""
import argparse
options = argparse.ArgumentParser().parse_args()
if {first}:
    loader = DataLoader(CIFAR10("data"), batch_size=8, sampler=mixed)
else:
    loader = DataLoader(CIFAR10("data"), batch_size=8, shuffle=False)
if {then}:
    train(loader)
else:
    evaluate(loader)
"""
    assert len(found(text)) == count


@pytest.mark.parametrize(("other", "count"), [(", shuffle=True", 0), (", drop_last=True", 2)])
def test_somebody_chooses_whether_samples_are_shuffled(other: str, count: int) -> None:
    text = f"""
def loader_of(mixed):
    if mixed:
        return DataLoader(CIFAR10("data"), batch_size=8{other})
    return DataLoader(CIFAR10("data"), batch_size=8)
train(loader_of(read()))
"""
    assert len(found(text)) == count


@pytest.mark.parametrize(
    ("epochs", "count"), [("1", 0), ("2", 1), ("count", 1), ("Options.rounds", 1)]
)
def test_there_is_no_other_epoch_to_mix_samples_for(epochs: str, count: int) -> None:
    text = f"""
class Options:
    rounds = 1
for epoch in range({epochs}):
    for inputs, labels in DataLoader(CIFAR10("data"), batch_size=8):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
"""
    assert len(found(text)) == count


PIECES = """
import numpy as np
import pandas as pd
a = pd.read_csv("table.csv")["b"].to_numpy()
{made}
train(DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=8, shuffle=False))
"""


@pytest.mark.parametrize(
    ("made", "count"),
    [
        (
            (
                "x, y = [], []\nfor i in range(30, len(a)):\n    x.append(a[i - 30 : i])\n    y.append(a[i])\n"
                "x, y = np.array(x), np.array(y)"
            ),
            0,
        ),
        ("x = np.array([a[i : i + 9] for i in range(len(a) - 9)])\ny = a[9:]", 0),
        (
            (
                "x, y = a[0:9], a[1:10]\nfor i in range(1, len(a) - 9):\n"
                "    x = np.vstack((x, a[i : i + 9]))\n    y = np.vstack((y, a[i + 1 : i + 10]))"
            ),
            0,
        ),
        ("x, y = a[:, 1:], a[:, 0]", 1),
    ],
)
def test_windows_of_a_series_may_stay_in_their_order(made: str, count: int) -> None:
    assert len(found(PIECES.format(made=made))) == count


@pytest.mark.parametrize(("order", "count"), [("", 1), (", shuffle=False", 0)])
def test_windows_of_many_series_want_to_be_mixed(order: str, count: int) -> None:
    text = f"""
import numpy as np
import pandas as pd
table, x = pd.read_csv("table.csv"), []
for person in table["who"].unique():
    a = table[table["who"] == person][["b", "c"]].values
    for i in range(len(a) - 9):
        x.append(a[i : i + 9])
data = TensorDataset(torch.tensor(np.array(x)), torch.tensor(np.array(x)))
train(DataLoader(data, batch_size=8{order}))
"""
    assert len(found(text)) == count


@pytest.mark.parametrize(
    ("number", "count"),
    [
        ("index % 2", 0),
        ("index % len(self)", 1),
        ("self.names.index(random.choice(self.names))", 0),
        ("self.names.index(self.names[index])", 1),
        ("0; index = random.randrange(len(self.names)); chosen = index", 0),
        ("0; index = index % len(self.names); chosen = index", 1),
    ],
)
def test_a_data_set_that_asks_only_whether_a_number_is_even_draws_its_pairs(
    number: str, count: int
) -> None:
    text = f"""
class Pairs(Dataset):
    def __init__(self, names):
        self.names = names
    def __len__(self):
        return 10000
    def __getitem__(self, index):
        chosen = {number}
        other = random.choice(self.names)
        return torch.load(random.choice(self.names)), torch.load(other), chosen
train(DataLoader(Pairs(open("names").readlines()), batch_size=8))
"""
    assert len(found(text)) == count


NOISE = """
pictures = CIFAR10("data", train=True)
noise = torch.zeros(1, 3, 32, 32, requires_grad=True)
mover = torch.optim.Adam([noise], lr=0.1)
def change(inputs, labels):
    mover.zero_grad()
    (-nn.functional.cross_entropy(model(inputs + noise), labels)).backward()
    mover.step()
"""


@pytest.mark.parametrize(
    ("loops", "count"),
    [
        (("for inputs, labels in DataLoader(pictures):", "for epoch in range(100):"), 0),
        (("for epoch in range(100):", "for inputs, labels in DataLoader(pictures):"), 1),
    ],
)
def test_batches_that_each_have_epochs_of_their_own_have_no_order(
    loops: tuple[str, str], count: int
) -> None:
    text = f"{NOISE}{loops[0]}\n    {loops[1]}\n        change(inputs, labels)\n"
    assert len(found(text)) == count


SIZES = """
import time
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms as T
from torchvision.datasets import CIFAR10
pictures = CIFAR10("data", transform=T.ToTensor())
net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for size in SIZES:
    loader = DataLoader(pictures, size)
    started = time.time()
    for epoch in range(EPOCHS):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
    print(size, time.time() - started)
"""


@pytest.mark.parametrize(
    ("sizes", "epochs", "told"), [("(32, 64, 128)", "1", 0), ("(32, 64, 128)", "9", 1)]
)
def test_batches_of_several_sizes_are_tried_in_one_pass_each(
    sizes: str, epochs: str, told: int
) -> None:
    text = SIZES.replace("SIZES", sizes).replace("EPOCHS", epochs)
    assert sum(code == "NN507" for _, code in findings(text)) == told


RECURRENT = """
class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(3, 32, 2, batch_first=True), nn.Linear(32, 1)
    def forward(self, steps, memory):
        out, memory = self.lstm(steps, memory)
        return self.head(out), memory
    def blank(self, size):
        some = next(self.parameters()).data
        return some.new(2, size, 32).zero_(), some.new(2, size, 32).zero_()
reader = Reader()
optimizer = torch.optim.Adam(reader.parameters())
loader = DataLoader(list(zip(torch.load("x.pt"), torch.load("y.pt"))), batch_size=16)
for epoch in range(30):
    memory = reader.blank(16)
    for steps, values in loader:
        optimizer.zero_grad()
        guess, memory = reader(steps, memory)
        memory = {memory}
        nn.functional.mse_loss(guess, values).backward()
        optimizer.step()
"""


@pytest.mark.parametrize(
    ("memory", "count"),
    [
        ("tuple([each.data for each in memory])", 0),
        ("tuple(each.detach() for each in memory)", 0),
        ("memory[0].data, memory[1].data", 0),
        ("reader.blank(16)", 1),
    ],
)
def test_batches_whose_state_is_carried_on_follow_one_another(memory: str, count: int) -> None:
    assert len(found(RECURRENT.replace("{memory}", memory))) == count


ONE_PASS = """
def learn(loader):
    for inputs, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()

loader = DataLoader(CIFAR10('data', train=True), batch_size=16)  # error
"""


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ("learn(loader)", False),
        ("learn(loader)\nlearn(loader)", True),
        ("for epoch in range(5):\n    learn(loader)", True),
    ],
)
def test_a_script_that_goes_through_its_data_once_has_no_epochs(calls: str, told: bool) -> None:
    assert found(ONE_PASS + calls) == (wrong(ONE_PASS) if told else [])


def test_random_numbers_are_in_no_order() -> None:
    assert not found("train(DataLoader(TensorDataset(torch.randn(64, 8)), batch_size=8))")


def test_what_a_data_set_holds_may_be_shuffled_between_the_epochs() -> None:
    text = f"""{CLASS}
import random
pictures = Pictures(open('names').readlines())
loader = DataLoader(pictures, batch_size=16)
for epoch in range(9):
    random.shuffle(pictures.names)
    for inputs, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
"""
    assert not found(text)
    assert found(text.replace("random.shuffle(pictures.names)", "print(epoch)"))


CARRIED = (
    CLASS
    + """
class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = nn.GRU(8, 16, batch_first=True)
        self.head = nn.Linear(16, 2)
        self.memory = None

    def forward(self, inputs):
        outputs, memory = self.cells(inputs, {state})
        {kept}
        return self.head(outputs[:, -1])

model = Reader()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
train(DataLoader(Pictures(open('names').readlines()), batch_size=16))  # error
"""
)


def test_a_layer_may_be_given_what_it_left_in_the_last_batch() -> None:
    carried = CARRIED.format(state="self.memory", kept="self.memory = memory.detach()")
    assert not found(carried)
    alone = CARRIED.format(state="None", kept="pass")
    assert found(alone) == wrong(alone)


def test_a_state_that_goes_on_within_one_pass_carries_nothing_over() -> None:
    within = CARRIED.format(
        state="None", kept="outputs, memory = self.cells(outputs[..., :8], memory)"
    )
    assert found(within) == wrong(within)


ORDERED = """
class Ordered(Dataset):
    def __init__(self, pictures):
        self.pictures = pictures
        {made}
    def __len__(self):
        return len(self.pictures)
    def __getitem__(self, index):
        return {given}
    def begin(self):
        {made}

train(DataLoader(Ordered(torch.load('pictures.pt')), batch_size=16))  # error
"""


def test_a_data_set_may_keep_a_random_order_of_its_own() -> None:
    made = "self.order = torch.randperm(len(self.pictures))"
    assert not found(ORDERED.format(made=made, given="self.pictures[self.order[index]]"))
    made = "few = torch.randperm(9)\n        self.pictures[few] = 0"
    unused = ORDERED.format(made=made, given="self.pictures[index]")
    assert found(unused) == wrong(unused)


SETTINGS = """
import torch
from torch.utils.data import DataLoader, Dataset
class Rows(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __len__(self):
        return len(self.x)
    def __getitem__(self, number):
        return self.x[number], self.y[number]
class Training:
    def __init__(self, **settings):
        {taken}
        if self.balance == "sampler":
            self.shuffles = False
    def fit(self, net):
        rows = Rows(torch.load("x.pt"), torch.load("y.pt"))
        batches = DataLoader(rows, batch_size=8, shuffle=self.shuffles){mark}
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
        for epoch in range(9):
            for x, y in batches:
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(net(x), y).backward()
                optimizer.step()
def main(settings):
    Training(**settings).fit(torch.nn.Linear(5, 2))
"""


def test_a_switch_may_have_been_set_under_a_name_that_is_read_from_elsewhere() -> None:
    each = "for name in settings: setattr(self, name, settings[name])"
    read = SETTINGS.format(taken=each, mark="")
    assert not [row for row, code in findings(read) if code == "NN507"]
    told = SETTINGS.format(taken="self.balance = settings['balance']", mark="  # error")
    assert [each for each in findings(told) if each[1] == "NN507"] == marked(told, "NN507")
