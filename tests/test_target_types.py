"""The types of targets are known wherever they come from: arrays, tables, data sets, loaders."""

import pytest

from tests.abstract_programs import findings, marked

TORCH = """
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import *
from sklearn.preprocessing import LabelEncoder
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import datasets, transforms
frame = pd.read_csv("rows.csv")
noise = np.random.default_rng(0)
"""
KERAS = """
import pandas as pd
import tensorflow as tf
import tensorflow_datasets as tfds
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, OneHotEncoder
from tensorflow import keras
frame = pd.read_csv("rows.csv")
pictures = frame[["a", "b"]].values
"""


def found(code: str, of: str) -> list[tuple[int, str]]:
    return [each for each in findings(code) if each[1] == of]


# --- target-dtype -------------------------------------------------------------------------


def trained(targets: str, loss: str, outputs: int = 1) -> str:
    """A training whose loss is given targets as they are, on the last line."""
    return f"""{TORCH}
targets = {targets}
model = nn.Linear(4, {outputs})
inputs = torch.randn(len(targets), 4)
for features, labels in DataLoader(TensorDataset(inputs, targets), batch_size=8):
    scores = model(features)
    loss = {loss} # error
"""


BINARY = "F.binary_cross_entropy_with_logits(scores.squeeze(1), labels)"


@pytest.mark.parametrize(
    "targets",
    [
        "torch.from_numpy(make_moons(100)[1])",
        "torch.tensor(load_breast_cancer().target)",
        "torch.from_numpy(LabelEncoder().fit_transform(frame['kind']))",
        "torch.tensor(frame['kind'].map({'no': 0, 'yes': 1}).values)",
        "torch.tensor(frame['kind'].astype('category').cat.codes.values)",
        "torch.from_numpy(frame['sick'].values.astype(np.int64))",
        "torch.from_numpy(noise.integers(0, 2, size=100))",
        "torch.from_numpy((noise.normal(size=100) > 0).astype(int))",
    ],
)
def test_whole_numbers_do_not_go_into_a_loss_of_fractions(targets: str) -> None:
    code = trained(targets, BINARY)
    assert found(code, "NN208") == marked(code, "NN208")


@pytest.mark.parametrize(
    "targets",
    [
        "torch.from_numpy(make_moons(100)[1]).float()",
        "torch.tensor(load_breast_cancer().target, dtype=torch.float32)",
        "torch.FloatTensor(LabelEncoder().fit_transform(frame['kind']))",
        "torch.tensor(frame['kind'].map({'no': 0.0, 'yes': 1.0}).values)",
        "torch.tensor(frame['kind'].map({'no': 0, 'yes': 1}).astype('float32').values)",
        "torch.from_numpy(frame['sick'].values)",
        "torch.from_numpy(noise.integers(0, 2, size=100).astype(np.float32))",
        "torch.from_numpy(noise.uniform(size=100))",
    ],
)
def test_fractions_do(targets: str) -> None:
    assert found(trained(targets, BINARY), "NN208") == []


@pytest.mark.parametrize(
    "targets",
    [
        "torch.tensor(frame['kind'].values, dtype=torch.float32)",
        "torch.FloatTensor(load_iris().target)",
        "torch.tensor(frame.iloc[:, -1].values).float()",
    ],
)
def test_fractions_are_no_classes_of_a_table(targets: str) -> None:
    code = trained(targets, "F.cross_entropy(scores, labels)", 3)
    assert found(code, "NN208") == marked(code, "NN208")


def test_a_tensor_of_whole_numbers_cuts_the_decimals_of_an_array_off() -> None:
    code = f"""{TORCH}
class Ages(Dataset):
    def __init__(self, rows, ages):
        self.rows = torch.FloatTensor(rows)
        self.ages = torch.LongTensor(ages) # error
    def __len__(self):
        return len(self.ages)
    def __getitem__(self, index):
        return self.rows[index], self.ages[index]
rows = noise.normal(size=(100, 4))
model = nn.Linear(4, 1)
for row, age in DataLoader(Ages(rows, 40 + 3 * rows[:, 0]), batch_size=10):
    loss = F.l1_loss(model(row).squeeze(1), age)
"""
    assert found(code, "NN208") == marked(code, "NN208")
    counted = code.replace("40 + 3 * rows[:, 0]", "noise.integers(0, 9, size=100)")
    assert found(counted, "NN208") == []


def lightning(targets: str) -> str:
    """A module that a trainer of Lightning trains with a loader."""
    return f"""{TORCH}
import lightning as L
class Judge(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1)
    def training_step(self, batch, index):
        rows, sick = batch
        return F.binary_cross_entropy_with_logits(self.layer(rows).squeeze(1), sick) # error
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())
held = TensorDataset(torch.rand(100, 4), {targets})
L.Trainer(max_epochs=2).fit(Judge(), DataLoader(held, batch_size=10, shuffle=True))
"""


def test_a_training_step_is_given_what_the_loader_holds() -> None:
    code = lightning("torch.randint(0, 2, (100,))")
    assert found(code, "NN208") == marked(code, "NN208")
    assert found(lightning("torch.randint(0, 2, (100,)).float()"), "NN208") == []


def test_a_training_step_is_given_what_the_data_module_makes() -> None:
    module = """
class Rows(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(held, batch_size=10)
"""
    code = lightning("torch.randint(0, 2, (100,))")
    before, after = code.split("held = ", 1)
    own = after.replace("DataLoader(held, batch_size=10, shuffle=True)", "datamodule=Rows()")
    code = f"{before}{module}held = {own}"
    assert found(code, "NN208") == marked(code, "NN208")


def test_labels_of_pictures_are_known_whatever_happens_to_the_pictures() -> None:
    code = f"""{TORCH}
pets = datasets.ImageFolder("pets", load_transform())
model = load_model()
model.head = nn.Linear(512, 1)
for picture, label in DataLoader(pets, batch_size=8):
    scores = nn.Linear(512, 1)(model(picture))
    loss = F.binary_cross_entropy_with_logits(scores.squeeze(1), label) # error
"""
    assert found(code, "NN208") == marked(code, "NN208")


# --- one-hot-vs-index ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transform", "is_wrong"),
    [
        ("lambda y: F.one_hot(torch.tensor(y), 10)", True),
        ("lambda y: F.one_hot(torch.tensor(y), 10).float()", False),
        ("load_transform()", False),
    ],
)
def test_labels_go_through_the_transform_of_targets(transform: str, is_wrong: bool) -> None:
    code = f"""{TORCH}
digits = datasets.MNIST(".", transform=transforms.ToTensor(), target_transform={transform})
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
for picture, label in DataLoader(digits, batch_size=8):
    loss = F.cross_entropy(model(picture), label) # error
"""
    assert found(code, "NN207") == (marked(code, "NN207") if is_wrong else [])


def compiled(loss: str, data: str, fitted: str = "pictures, targets") -> str:
    """A model of Keras that is compiled with a loss and fitted."""
    return f"""{KERAS}
{data}
model = keras.Sequential([keras.layers.Dense(5, activation="softmax")])
model.compile(optimizer="adam", loss="{loss}") # error
model.fit({fitted}, epochs=3)
"""


FOLDER = "data = keras.utils.image_dataset_from_directory('pictures'{})"
FLOW = "data = keras.preprocessing.image.ImageDataGenerator().flow_from_directory('pictures'{})"
AS_INDICES = [
    ("targets = LabelEncoder().fit_transform(frame['kind'])", "pictures, targets"),
    ("targets = frame['kind'].map({'cat': 0, 'dog': 1, 'cow': 2})", "pictures, targets"),
    ("frame['kind'] = LabelEncoder().fit_transform(frame['kind'])", "pictures, frame['kind']"),
    ("targets = frame['kind'].astype('category').cat.codes.values", "pictures, targets"),
    (FOLDER.format(""), "data.cache().prefetch(2)"),
    (FLOW.format(", class_mode='sparse'"), "data"),
    ("data = tfds.load('tf_flowers', split='train', as_supervised=True).batch(8)", "data"),
    (
        "data = tf.data.Dataset.from_tensor_slices((pictures, frame['kind'].astype(int)))",
        "data.map(lambda x, y: (x / 255, y)).batch(8)",
    ),
]
AS_COLUMNS = [
    ("targets = pd.get_dummies(frame['kind'])", "pictures, targets"),
    ("targets = pd.get_dummies(frame['kind']).values", "pictures, targets"),
    (
        "pictures, _, targets, _ = train_test_split(pictures, pd.get_dummies(frame['kind']))",
        "pictures, targets",
    ),
    ("targets = OneHotEncoder().fit_transform(frame[['kind']]).toarray()", "pictures, targets"),
    (FOLDER.format(", label_mode='categorical'"), "data"),
    (FLOW.format(""), "data"),
    (FOLDER.format("") + ".map(lambda x, y: (x, tf.one_hot(y, 5)))", "data.prefetch(2)"),
]
UNKNOWN = [
    ("targets = frame['kind'].values", "pictures, targets"),
    ("targets = pd.get_dummies(frame)", "pictures, targets"),
    ("targets = frame['kind'].map({'cat': 0, 'dog': 1}).map(load())", "pictures, targets"),
    (FOLDER.format(", label_mode=None"), "data"),
    (FOLDER.format("") + ".map(load_change())", "data"),
    (FLOW.format(", class_mode=read_mode()"), "data"),
]


@pytest.mark.parametrize(("data", "fitted"), AS_INDICES)
def test_class_indices_need_a_sparse_loss(data: str, fitted: str) -> None:
    wrong = compiled("categorical_crossentropy", data, fitted)
    assert found(wrong, "NN207") == marked(wrong, "NN207")
    assert found(compiled("sparse_categorical_crossentropy", data, fitted), "NN207") == []


@pytest.mark.parametrize(
    "targets",
    [
        "(frame['kind'].values[:, None] == np.arange(5)).astype(int)",
        "np.array(rows).astype(int)",
        "np.array([np.eye(5)[kind] for kind in frame['kind']]).astype('int32')",
        "np.repeat(np.eye(5)[frame['kind']], 3, axis=0).astype(int)",
        "in_windows(np.eye(5)[frame['kind']], 10).astype(int)",
        "LabelBinarizer().fit_transform(frame['kind']).astype(int)",
        "frame[['cat', 'dog', 'cow']].values.astype(int)",
    ],
)
def test_rows_of_whole_numbers_may_be_columns_of_classes(targets: str) -> None:
    code = compiled(
        "categorical_crossentropy",
        f"""import numpy as np
from sklearn.preprocessing import LabelBinarizer
rows = []
for kind in frame['kind']:
    row = np.zeros(5)
    row[kind] = 1
    rows.append(row)
def in_windows(values, length):
    count = len(values) // length
    return values[: count * length].reshape((count, length, values.shape[1]))
targets = {targets}""",
    )
    assert found(code, "NN207") == []


def test_a_column_of_whole_numbers_is_no_row_for_each_class() -> None:
    data = "targets = frame['kind'].values.astype(int).reshape(-1, 1)"
    wrong = compiled("categorical_crossentropy", data)
    assert found(wrong, "NN207") == marked(wrong, "NN207")


@pytest.mark.parametrize(("data", "fitted"), AS_COLUMNS)
def test_columns_of_classes_need_a_loss_that_is_not_sparse(data: str, fitted: str) -> None:
    wrong = compiled("sparse_categorical_crossentropy", data, fitted)
    assert found(wrong, "NN207") == marked(wrong, "NN207")
    assert found(compiled("categorical_crossentropy", data, fitted), "NN207") == []


@pytest.mark.parametrize(("data", "fitted"), UNKNOWN)
def test_of_labels_that_are_not_known_nothing_is_said(data: str, fitted: str) -> None:
    for loss in ("categorical_crossentropy", "sparse_categorical_crossentropy"):
        assert found(compiled(loss, data, fitted), "NN207") == []


# --- batches that the program puts together -----------------------------------------------


@pytest.mark.parametrize(
    ("collate", "is_wrong"),
    [
        ("labels = F.one_hot(torch.stack(labels), 5)", True),
        ("labels = F.one_hot(torch.stack(labels), 5).float()", False),
        ("labels = torch.stack(labels)", False),
        ("labels = load(labels)", False),
    ],
)
def test_a_function_puts_batches_together(collate: str, is_wrong: bool) -> None:
    code = f"""{TORCH}
def put_together(rows):
    inputs, labels = zip(*rows)
    {collate}
    return torch.stack(inputs), labels
inputs = torch.rand(100, 30)
rows = list(zip(inputs, (inputs.sum(1) * 50).long() % 5))
model = nn.Linear(30, 5)
for row, label in DataLoader(rows, batch_size=10, collate_fn=put_together):
    loss = F.cross_entropy(model(row), label) # error
"""
    assert found(code, "NN207") == (marked(code, "NN207") if is_wrong else [])


@pytest.mark.parametrize(("dtype", "is_wrong"), [("torch.float32", True), ("torch.long", False)])
def test_labels_that_are_listed_are_a_row(dtype: str, is_wrong: bool) -> None:
    code = f"""{TORCH}
def put_together(rows):
    labels, texts = [], []
    for label, text in rows:
        labels.append(int(label) - 1)
        texts.append(tokens_of(text))
    return torch.tensor(labels, dtype={dtype}), torch.stack(texts)
def train(rows):
    model = nn.Sequential(nn.EmbeddingBag(5000, 32), nn.Linear(32, 4))
    for label, text in DataLoader(rows, batch_size=8, collate_fn=put_together):
        loss = F.cross_entropy(model(text), label) # error
"""
    assert found(code, "NN208") == (marked(code, "NN208") if is_wrong else [])


ROWS = [
    "np.eye(5)[np.random.randint(0, 5, 100)]",
    "torch.eye(5)[torch.randint(0, 5, (100,))]",
    "np.identity(5)[frame['kind'].values]",
]


@pytest.mark.parametrize("rows", ROWS)
def test_rows_of_a_unit_matrix_are_one_hot(rows: str) -> None:
    code = f"""{TORCH}
targets = torch.as_tensor({rows}, dtype=torch.float32)
model = nn.Sequential(nn.Linear(16, 5), nn.LogSoftmax(dim=1))
loss = F.nll_loss(model(torch.randn(100, 16)), targets) # error
loss = F.nll_loss(model(torch.randn(100, 16)), targets.argmax(1))
"""
    assert found(code, "NN207") == marked(code, "NN207")
    assert found(code, "NN208") == []


@pytest.mark.parametrize(
    ("filled", "is_wrong"),
    [
        ("target[self.kinds[index]] = 1", True),
        ("for kind in self.kinds[index]: target[kind] = 1", False),
        ("target[2:4] = 1", False),
        ("target[self.kinds[index]] = 3", False),
    ],
)
def test_a_row_of_zeros_with_a_one_is_one_hot(filled: str, is_wrong: bool) -> None:
    code = f"""{TORCH}
class Birds(Dataset):
    def __init__(self, kinds):
        self.kinds = kinds
    def __len__(self):
        return len(self.kinds)
    def __getitem__(self, index):
        target = torch.zeros(20, dtype=torch.long)
        {filled}
        return torch.rand(8), target
model = nn.Linear(8, 20)
for bird, kind in DataLoader(Birds(load()), batch_size=8):
    loss = F.cross_entropy(model(bird), kind) # error
"""
    assert found(code, "NN207") == (marked(code, "NN207") if is_wrong else [])


def test_the_place_of_the_largest_is_a_class() -> None:
    data = "import numpy as np\ntargets = np.argmax(frame[['a', 'b']].values, axis=1)"
    wrong = compiled("categorical_crossentropy", data)
    assert found(wrong, "NN207") == marked(wrong, "NN207")


@pytest.mark.parametrize(
    ("converted", "is_wrong"),
    [
        ("np.asarray(labels, np.int64)", False),
        ("np.array(labels, dtype=np.int64)", False),
        ("labels.astype('int64')", False),
        ("np.asarray(labels)", True),
        ("labels", True),
    ],
)
def test_an_array_of_zeros_may_become_one_of_whole_numbers(converted: str, is_wrong: bool) -> None:
    text = f"""
labels = np.zeros(100)
for at in range(100):
    labels[at] = frame["kind"][at]
targets = torch.from_numpy({converted})
for x, y in DataLoader(TensorDataset(torch.rand(100, 5), targets), batch_size=8, shuffle=True):
    F.cross_entropy(nn.Linear(5, 3)(x), y).backward()
"""
    assert bool(found(TORCH + text, "NN208")) == is_wrong
