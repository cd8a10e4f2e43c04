"""What goes into losses: scores, probabilities, targets, dimensions, in which order."""

import pytest

from advisor.code.analysis import analyze
from advisor.code.project import Project
from advisor.code.sources import Source
from advisor.rulebook import rulebook
from tests.abstract_programs import findings, marked, program, told

PREAMBLE = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import models
"""


def found(code: str) -> list[tuple[int, str]]:
    """Row and code of the findings of this family, rows counted without the imports."""
    before = PREAMBLE.count("\n")
    everything = findings(PREAMBLE + code)
    return [(row - before, rule) for row, rule in everything if rule.startswith("NN2")]


def codes(code: str) -> list[str]:
    return [rule for _, rule in found(code)]


# --- logits-into-probability-loss ---------------------------------------------------------


def test_scores_reach_a_loss_in_another_function() -> None:
    code = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(8, 10)
    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).mean((2, 3)))
def compute(model, criterion, batch):
    x, y = batch
    return criterion(model(x), y) # error
compute(Net(), nn.NLLLoss(), (torch.randn(2, 3, 8, 8), torch.tensor([1, 0])))
"""
    assert found(code) == marked(code, "NN203")


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        ("torch.sigmoid", "nn.BCELoss()"),
        ("F.log_softmax", "nn.CTCLoss()"),
        ("nn.LogSoftmax(dim=1)", "nn.NLLLoss()"),
        ("lambda scores: F.softmax(scores, dim=1).clamp_min(1e-8).log()", "nn.NLLLoss()"),
        ("load_activation()", "nn.NLLLoss()"),
    ],
)
def test_the_activation_that_a_loss_expects_is_right(activation: str, loss: str) -> None:
    code = f"""
from elsewhere import load_activation
activation = {activation}
def loss_of(x, y):
    scores = nn.Linear(8, 3)(x)
    return {loss}(activation(scores), y)
"""
    assert "NN203" not in codes(code)


def test_scores_that_are_squashed_in_place_are_no_scores_any_more() -> None:
    code = """
def loss_of(x, y):
    first, second, third = nn.Linear(8, 3)(x), nn.Linear(8, 3)(x), nn.Linear(8, 3)(x)
    first.sigmoid_()
    torch.sigmoid_(second)
    third[:, 0] = torch.sigmoid(third[:, 0])
    part = third[:, 0]
    return sum(F.binary_cross_entropy(each, y) for each in (first, second, part))
"""
    assert codes(code) == []


def test_one_way_through_a_model_may_be_right() -> None:
    code = """
class Net(nn.Module):
    def __init__(self, logarithms=True):
        super().__init__()
        self.fc = nn.Linear(8, 3)
        self.logarithms = logarithms
    def forward(self, x):
        if self.logarithms:
            return F.log_softmax(self.fc(x), dim=1)
        return self.fc(x)
def loss_of(x, y):
    return F.nll_loss(Net()(x), y)
"""
    assert codes(code) == []


def test_a_loss_that_is_chosen_with_the_model_may_fit_it() -> None:
    code = """
def loss_of(options, x, y):
    scores = nn.Linear(8, 3)(x)
    criterion = nn.NLLLoss() if options.logarithms else nn.CrossEntropyLoss()
    return criterion(scores, y)
"""
    assert codes(code) == []


@pytest.mark.parametrize(("other", "wrong"), [("SoftF1()", False), ("nn.CrossEntropyLoss()", True)])
def test_a_loss_that_is_chosen_with_its_activation_may_fit_it(other: str, wrong: bool) -> None:
    code = f"""
class SoftF1(nn.Module):
    def forward(self, probabilities, y):
        return 1 - (probabilities * y).sum() / (probabilities + y).sum()

class Net(nn.Module):
    def __init__(self, settings=None):
        super().__init__()
        self.head = nn.Linear(3, 4)
        self.settings = settings or {{}}
        if self.settings.get("loss", "plain") == "soft":
            self.criterion = {other}
        else:
            self.criterion = nn.CrossEntropyLoss()

    def loss_of(self, x, y):
        if self.settings.get("loss", "plain") == "soft":
            return self.criterion(F.softmax(self.head(x), dim=-1), y)
        return self.criterion(self.head(x), y)
"""
    assert codes(code) == (["NN201"] if wrong else [])


def test_a_new_head_decides_what_a_ready_model_returns() -> None:
    code = """
def loss_of(x, y):
    right = models.resnet18(weights=None)
    right.fc = nn.Sequential(nn.Linear(right.fc.in_features, 2), nn.LogSoftmax(dim=1))
    unknown = models.vgg16(weights=None)
    unknown.classifier[6] = nn.Sequential(nn.Linear(4096, 2), nn.LogSoftmax(dim=1))
    wrong = models.resnet18(weights=None)
    wrong.fc = nn.Linear(wrong.fc.in_features, 2)
    total = F.nll_loss(right(x), y) + F.nll_loss(unknown(x), y)
    return total + F.nll_loss(wrong(x), y)  # error
"""
    assert found(code) == marked(code, "NN203")


def test_a_new_head_may_be_put_round_the_old_one() -> None:
    code = """
def loss_of(x, y):
    model = models.resnet18(num_classes=64)
    model.fc = nn.Sequential(model.fc, nn.ReLU(), nn.Linear(64, 3))
    return F.nll_loss(model(x), y) # error
"""
    assert found(code) == marked(code, "NN203")


@pytest.mark.parametrize("activation", ["None", '"linear"', '"relu"'])
def test_keras_losses_expect_probabilities_unless_told(activation: str) -> None:
    code = f"""
from tensorflow import keras
model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(3, activation={activation})])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy())
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x, y)
model.compile("adam", "categorical_crossentropy")
"""
    assert [row for row, rule in found(code) if rule == "NN203"] == [7]


SHOWN = """
from tensorflow import keras
model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(3)])
model.compile("adam", "categorical_crossentropy")
model.compile("adam", "binary_crossentropy")
AFTERWARDS
model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "categorical_crossentropy")
model.fit(x, y)
"""


@pytest.mark.parametrize(
    ("afterwards", "expected"),
    [
        ("model.summary()", []),
        ("model.fit(x, y)", [5]),
        ("train(model)", [5]),
        ("train({'plain': model})", [5]),
    ],
)
def test_a_model_that_a_script_compiles_and_leaves_only_shows_how(
    afterwards: str, expected: list[int]
) -> None:
    code = SHOWN.replace("AFTERWARDS", afterwards)
    assert [row for row, rule in found(code) if rule == "NN203"] == expected


def test_an_activation_layer_comes_behind_the_last_dense_layer() -> None:
    code = """
from tensorflow import keras
model = keras.Sequential()
model.add(keras.layers.Dense(3))
model.add(keras.layers.Activation("softmax"))
model.compile("adam", "categorical_crossentropy")
"""
    assert codes(code) == []


# --- relu-before-logits-loss --------------------------------------------------------------


def test_relu_that_is_not_the_last_thing_is_right() -> None:
    code = """
def loss_of(x, y):
    body = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
    features = body(x)
    return F.cross_entropy(nn.Linear(8, 3)(features), y) + F.mse_loss(features, x)
"""
    assert codes(code) == []


def test_relu_within_a_stack_of_layers_is_the_last_thing() -> None:
    code = """
class Net(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        layers = []
        for size in sizes:
            layers += [nn.Linear(8, size), nn.ReLU()]
        layers.append(nn.Linear(8, 3))
        layers.append(nn.ReLU()) # error
        self.layers = nn.Sequential(*layers)
    def forward(self, x):
        return self.layers(x)
def loss_of(x, y):
    return F.cross_entropy(Net([8, 8])(x), y)
"""
    assert found(code) == marked(code, "NN204")


# --- softmax-wrong-dim --------------------------------------------------------------------


@pytest.mark.parametrize(
    "softmax", ["F.softmax(x)", "nn.Softmax()(x)", "F.log_softmax(x)", "nn.LogSoftmax()(x)"]
)
def test_softmax_without_a_dimension(softmax: str) -> None:
    assert codes(f"def probabilities(x):\n    return {softmax}") == ["NN205"]


@pytest.mark.parametrize(
    "softmax",
    [
        "F.softmax(x, dim=-1)",
        "F.softmax(x, 1)",
        "x.softmax(dim)",
        "nn.Softmax(**options)(x)",
        "nn.Softmax(1)(x)",
        "nn.Softmax2d()(x)",
        "F.softmax(torch.zeros(4))",
        "F.softmax(x, dim=0)",
    ],
)
def test_softmax_that_is_told_its_dimension_or_has_but_one(softmax: str) -> None:
    assert codes(f"def probabilities(x, dim, options):\n    return {softmax}") == []


def test_classes_of_a_picture_are_behind_the_batch() -> None:
    code = """
def loss_of(pictures, masks):
    batch, channels, height, width = pictures.shape
    right = F.log_softmax(pictures, dim=1)
    wrong = F.log_softmax(pictures, dim=-1) # error
    return F.nll_loss(right, masks) + F.nll_loss(wrong, masks)
"""
    assert found(code) == marked(code, "NN205")


def test_axes_that_have_moved_since_are_left_alone() -> None:
    code = """
def loss_of(scores, tokens):
    batch, length, words = scores.shape
    chances = F.log_softmax(scores, dim=-1)
    flat = F.nll_loss(chances.view(-1, words), tokens.view(-1))
    return flat + F.nll_loss(chances.transpose(1, 2), tokens)
"""
    assert codes(code) == []


# --- loss-arguments-swapped ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "first", "second"),
    [
        ("F.cross_entropy", "labels", "logits"),
        ("nn.BCELoss()", "batch['target']", "torch.sigmoid(output)"),
        ("F.binary_cross_entropy_with_logits", "y.float()", "nn.Linear(8, 1)(x)"),
        ("F.nll_loss", "y", "F.log_softmax(pred, dim=1)"),
    ],
)
def test_targets_stand_first(loss: str, first: str, second: str) -> None:
    code = f"def loss_of(x, y, batch, labels, logits, output, pred):\n    return {loss}({{}}, {{}})"
    assert codes(code.format(first, second)) == ["NN209"]
    assert codes(code.format(second, first)) == []


@pytest.mark.parametrize(
    "loss",
    [
        "F.mse_loss(target, output)",
        "nn.L1Loss()(y, pred)",
        "F.cross_entropy(target=labels, input=logits)",
        "F.binary_cross_entropy(student, teacher)",
        "F.cross_entropy(target_logits, labels)",
        "F.cross_entropy(*pair)",
        "F.binary_cross_entropy_with_logits(y, labels)",
    ],
)
def test_the_order_is_right_or_does_not_matter(loss: str) -> None:
    code = f"""
def loss_of(y, target, labels, output, pred, logits, student, teacher, target_logits, pair):
    return {loss}
"""
    assert codes(code) == []


def test_what_a_caller_hands_over_counts_more_than_what_it_is_called() -> None:
    code = """
def loss_of(y, predictions):
    return F.binary_cross_entropy_with_logits(y, predictions)
def training_loss(x, labels):
    return loss_of(nn.Linear(8, 1)(x), labels)
"""
    assert codes(code) == []


# --- one-hot-vs-index, target-dtype -------------------------------------------------------


def test_one_hot_rows_are_probabilities_only_as_floating_point() -> None:
    code = """
def loss_of(x, y):
    scores, rows = nn.Linear(8, 3)(x), F.one_hot(y, 3)
    return (
        F.cross_entropy(scores, rows.float())
        + F.cross_entropy(scores, rows.to(torch.float32))
        + F.cross_entropy(scores, rows.argmax(dim=1))
        + F.cross_entropy(scores, rows) # error
        + F.cross_entropy(scores, rows.float().long()) # error
    )
"""
    assert found(code) == marked(code, "NN207")


@pytest.mark.parametrize(
    ("labels", "is_wrong"),
    [
        ("label_binarize(load_wine().target, classes=[0, 1, 2])", True),
        ("label_binarize(read(), classes=['a', 'b', 'c'])", True),
        ("LabelBinarizer().fit_transform(load_wine(return_X_y=True)[1])", True),
        ("label_binarize(read(), classes=[0, 1])[:, 0]", False),
        ("label_binarize(read(), classes=names())", False),
        ("LabelBinarizer().fit_transform(read())", False),
        ("LabelEncoder().fit_transform(load_wine(return_X_y=True)[1])", False),
    ],
)
def test_binarized_labels_are_a_column_for_each_of_several_classes(
    labels: str, is_wrong: bool
) -> None:
    code = f"""
from sklearn.datasets import load_wine
from sklearn.preprocessing import LabelBinarizer, LabelEncoder, label_binarize
from shelf import names, read
labels = {labels}
scores = nn.Linear(13, 3)(torch.randn(178, 13))
loss = F.cross_entropy(scores, torch.tensor(labels).long()) # error
soft = F.cross_entropy(scores, torch.tensor(labels).float())
"""
    wanted = marked(code, "NN207") if is_wrong else []
    assert [each for each in found(code) if each[1] == "NN207"] == wanted


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("binarizer.fit_transform(kinds)", []),
        ("binarizer.fit(kinds).transform(kinds)", []),
        ("keras.utils.to_categorical(binarizer.fit_transform(kinds))", []),
        ("LabelEncoder().fit_transform(kinds)", ["NN207"]),
    ],
)
def test_binarized_labels_of_any_number_of_classes_may_be_rows(
    made: str, expected: list[str]
) -> None:
    code = f"""
from pathlib import Path
import numpy as np
from sklearn.preprocessing import LabelBinarizer, LabelEncoder
from tensorflow import keras
leaves = sorted(Path("leaves").glob("*/*.png"))
kinds = np.array([leaf.parent.name for leaf in leaves])
pictures = np.stack([np.load(leaf) for leaf in leaves]) / 255.0
binarizer = LabelBinarizer()
targets = {made}
model = keras.Sequential([keras.layers.Dense(len(set(kinds)), activation="softmax")])
model.compile("adam", "categorical_crossentropy")
model.fit(pictures, targets)
"""
    assert [code for _, code in found(code) if code == "NN207"] == expected


@pytest.mark.parametrize(
    ("loss", "made", "expected"),
    [
        ("sparse_categorical_crossentropy", "keras.utils.to_categorical(y)", ["NN207"]),
        ("categorical_crossentropy", "keras.utils.to_categorical(y)", []),
        ("categorical_crossentropy", "tf.argmax(y, axis=1)", ["NN207"]),
        ("sparse_categorical_crossentropy", "tf.argmax(y, axis=1)", []),
        ("sparse_categorical_crossentropy", "y", []),
    ],
)
def test_keras_targets_are_known_once_a_model_is_trained(
    loss: str, made: str, expected: list[str]
) -> None:
    code = f"""
import tensorflow as tf
from tensorflow import keras
def train(x, y):
    model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "{loss}")
    model.fit(x, {made})
"""
    assert codes(code) == expected


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        ("F.mse_loss", "y.long()"),
        ("nn.L1Loss()", "torch.rand(5).int()"),
        ("F.binary_cross_entropy_with_logits", "y.long()"),
        ("F.binary_cross_entropy_with_logits", "(torch.sigmoid(y) > 0.5)"),
        ("F.nll_loss", "torch.zeros(5)"),
        ("F.nll_loss", "torch.tensor([0.0, 1.0])"),
        ("F.nll_loss", "torch.LongTensor(y).float()"),
    ],
)
def test_targets_of_the_wrong_type(loss: str, target: str) -> None:
    code = f"""
def loss_of(prediction, y, z):
    return {loss}(prediction, {target})
"""
    assert codes(code) == ["NN208"]


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        ("F.mse_loss", "y.float()"),
        ("F.mse_loss", "F.one_hot(y, 3).long()"),
        ("F.mse_loss", "torch.tensor([1, 2, 3])"),
        ("F.cross_entropy", "y.long()"),
        ("F.cross_entropy", "y.float()"),
        ("F.cross_entropy", "torch.rand(5, 3)"),
        ("F.nll_loss", "torch.zeros(5, dtype=torch.long)"),
        ("F.nll_loss", "torch.arange(5)"),
        ("F.nll_loss", "torch.tensor([0, 1])"),
        ("F.nll_loss", "torch.zeros(5).to(device)"),
        ("F.binary_cross_entropy", "y.long().float()"),
        ("F.binary_cross_entropy", "y.type(kind)"),
        ("F.binary_cross_entropy", "F.one_hot(y, 5).to(prediction.dtype)"),
        ("F.binary_cross_entropy", "y.long().to(torch.rand(5).dtype)"),
    ],
)
def test_targets_of_the_right_or_of_an_unknown_type(loss: str, target: str) -> None:
    code = f"""
def loss_of(prediction, y, kind, device):
    return {loss}(prediction, {target})
"""
    expected = ["NN208"] if "device" in target else []  # a move to a device is no cast
    assert codes(code) == expected


def test_types_of_numbers_are_followed_through_casts_and_arithmetic() -> None:
    text = """
import torch
written = torch.tensor([[1, 2], [3, 4]])
moved = torch.tensor([1.0]).to("cuda")
whole = torch.randint(0, 10, (5, 2)) + 1
divided = torch.arange(5) / 2
asked = torch.tensor([1, 2], dtype=torch.float32)
like = torch.zeros_like(whole)
"""
    scope = program(text).scope.fields
    words = {name: getattr(value, "dtype", None) for name, value in scope.items()}
    words.pop("torch")
    assert words == {
        "written": "long",
        "moved": "float",
        "whole": "long",
        "divided": "float",
        "asked": "float",
        "like": "long",
    }
    assert told(scope["written"]) == "tensor (2, 2)"


# --- broadcast-loss -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prediction", "target"),
    [
        ("nn.Linear(8, 1)(torch.rand(16, 8))", "torch.rand(16)"),
        ("torch.rand(16)", "torch.rand(16, 1)"),
        ("torch.rand(4, 1, 8, 8)", "torch.rand(4, 8, 8)"),
    ],
)
def test_shapes_that_make_a_larger_one(prediction: str, target: str) -> None:
    assert codes(f"loss = F.mse_loss({prediction}, {target})") == ["NN210"]


@pytest.mark.parametrize(
    ("prediction", "target"),
    [
        ("nn.Linear(8, 1)(torch.rand(16, 8)).squeeze(1)", "torch.rand(16)"),
        ("nn.Linear(8, 1)(torch.rand(16, 8))", "torch.rand(16).unsqueeze(1)"),
        ("torch.rand(16, 1)", "torch.rand(1)"),
        ("torch.rand(16, 4)", "torch.rand(4)"),
        ("torch.rand(1, 1)", "torch.rand(16)"),
        ("nn.Linear(8, 1)(x)", "y"),
    ],
)
def test_shapes_that_are_equal_or_stretch_but_one_of_the_two(prediction: str, target: str) -> None:
    assert codes(f"def loss_of(x, y):\n    return F.mse_loss({prediction}, {target})") == []


# --- kl-div-input -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ("p.log_softmax(1), q.softmax(1), reduction='batchmean'", False),
        ("p.log_softmax(1), q.log_softmax(1), reduction='sum', log_target=True", False),
        ("p.log_softmax(1), q.log_softmax(1), reduction='sum', log_target=known", False),
        ("p.log_softmax(1), q.softmax(1), None, None, 'batchmean'", False),
        ("p, q, reduction='none'", False),
        ("p, q.exp()", False),  # logarithms of what is done, one for each sample, perhaps
        ("p.log_softmax(1), q.softmax(1)", True),
        ("p.log_softmax(1), q.softmax(1), reduction='mean'", True),
        ("p.softmax(1), q.softmax(1), reduction='batchmean'", True),
        ("nn.Linear(8, 3)(p), q, reduction='batchmean'", True),
        ("p.log_softmax(1), q.log_softmax(1), reduction='batchmean'", True),
        ("p.log_softmax(1), q.softmax(1), reduction='batchmean', log_target=True", True),
    ],
)
def test_a_divergence_wants_logarithms_then_probabilities(arguments: str, wrong: bool) -> None:
    code = f"def divergence(p, q, known):\n    return F.kl_div({arguments})"
    assert codes(code) == (["NN211"] if wrong else [])


def test_a_divergence_that_may_be_told_otherwise_is_left_alone() -> None:
    code = """
class Regularizer(nn.Module):
    def __init__(self):
        super().__init__()
        self.log_target = True
        try:
            self.kl_div = nn.KLDivLoss(reduction="batchmean", log_target=True)
        except TypeError:
            self.log_target = False
            self.kl_div = nn.KLDivLoss(reduction="batchmean")

    def forward(self, p, q):
        p, q = F.log_softmax(p, dim=1), F.log_softmax(q, dim=1)
        return self.kl_div(p, q) if self.log_target else self.kl_div(p, q.exp())
"""
    assert codes(code) == []


def test_the_bare_function_below_a_loss_reduces_nothing() -> None:
    code = """
def divergence(p):
    return torch.kl_div(p.mean(0).log(), p).sum(1).mean()
"""
    assert codes(code) == []


# --- units-do-not-match-loss --------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "activation", "loss", "wrong"),
    [
        ("1", "softmax", "binary_crossentropy", True),
        ("1", "softmax", "mse", True),
        ("1", "sigmoid", "sparse_categorical_crossentropy", True),
        ("7", "sigmoid", "categorical_crossentropy", True),
        ("7", "softmax", "binary_crossentropy", True),
        ("2", "softmax", "binary_crossentropy", False),
        ("classes", "softmax", "binary_crossentropy", False),
        ("1", "sigmoid", "binary_crossentropy", False),
        ("7", "sigmoid", "binary_crossentropy", False),
        ("1", "linear", "mse", False),
        ("7", "softmax", "categorical_crossentropy", False),
    ],
)
def test_units_activation_and_loss_belong_together(
    units: str, activation: str, loss: str, wrong: bool
) -> None:
    code = f"""
from tensorflow import keras
def build(classes):
    model = keras.Sequential()
    model.add(keras.layers.Dense(16, activation="relu"))
    model.add(keras.layers.Dense({units}, activation="{activation}"))
    model.compile("adam", "{loss}")
"""
    assert codes(code) == (["NN212"] if wrong else [])


def test_a_width_that_is_only_a_default_is_not_certain() -> None:
    code = """
class Net(nn.Module):
    def __init__(self, classes=1):
        super().__init__()
        self.fc = nn.Linear(8, classes)
    def forward(self, x):
        return self.fc(x)
def loss_of(net: Net, x, y):
    return F.cross_entropy(net(x), y)
"""
    assert codes(code) == []


# --- log-of-softmax -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logarithm", "wrong"),
    [
        ("torch.log(F.softmax(x, dim=1))", True),
        ("F.softmax(x, dim=1)[:, 0].log()", True),
        ("nn.Softmax(dim=1)(x).log()", True),
        ("torch.log(nn.Sequential(nn.Linear(8, 3), nn.Softmax(dim=1))(x))", True),
        ("torch.log(F.softmax(x, dim=1) + 1e-9)", False),
        ("torch.log(F.softmax(x, dim=1).clamp(min=1e-9))", False),
        ("torch.log(F.softmax(x, dim=1).mean(0))", False),
        ("torch.log(torch.sigmoid(x))", False),
        ("torch.log(F.softmax(F.softmax(x, dim=1), dim=1))", False),
        ("torch.log(F.softmax(torch.tanh(x), dim=1))", False),
        ("torch.log(F.softmax(F.normalize(x, dim=1), dim=1))", False),
        ("F.log_softmax(x, dim=1)", False),
    ],
)
def test_the_logarithm_of_a_softmax(logarithm: str, wrong: bool) -> None:
    assert codes(f"def f(x):\n    return {logarithm}") == (["NN213"] if wrong else [])


def test_tensorflow_has_the_same_two_in_one() -> None:
    code = """
import tensorflow as tf
def f(x):
    return tf.math.log(tf.nn.softmax(x)) # error
"""
    assert found(code) == marked(code, "NN213")


# --- what the batches of a loader are -----------------------------------------------------


def test_batches_have_the_shapes_of_the_tensors_that_a_dataset_is_made_of() -> None:
    code = """
from torch.utils.data import DataLoader, TensorDataset
model = nn.Linear(5, 1)
loader = DataLoader(TensorDataset(torch.randn(100, 5), torch.randn(100)), batch_size=10)
for inputs, targets in loader:
    right = F.mse_loss(model(inputs).squeeze(1), targets)
    wrong = F.mse_loss(model(inputs), targets) # error
"""
    assert found(code) == marked(code, "NN210")


def test_a_class_that_derives_from_a_loader_gives_batches_of_which_nothing_is_known() -> None:
    code = """
    from torch.utils.data import DataLoader
    class Loader(DataLoader):
        def __init__(self, dataset):
            super().__init__(dataset, collate_fn=dataset.collate)
    def train(dataset):
        for index, (images, captions) in enumerate(Loader(dataset)):
            print(images.shape)
    """
    assert findings(code) == []


@pytest.mark.parametrize(
    ("data", "outputs", "told"),
    [
        ("CIFAR100", 10, True),
        ("MNIST", 9, True),
        ("CIFAR100", 100, False),
        ("MNIST", 10, False),
        ("MNIST", 11, False),
        ("EMNIST", 10, False),
    ],
)
def test_a_well_known_data_set_has_as_many_classes_as_it_has(
    data: str, outputs: int, told: bool
) -> None:
    code = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
data = datasets.{data}("d", transform=transforms.ToTensor())
model = nn.Sequential(nn.Flatten(), nn.LazyLinear({outputs}))
for x, y in DataLoader(data, batch_size=8, shuffle=True):
    nn.functional.cross_entropy(model(x), y.to("cpu"))
"""
    assert ((9, "NN212") in findings(code)) == told


@pytest.mark.parametrize(
    ("softmax", "use", "told"),
    [
        ("softmax(dim=0)", "weights @ x", True),
        ("softmax(0)", "torch.bmm(weights, x)", True),
        ("softmax(dim=-1)", "weights @ x", False),
        ("softmax(dim=1)", "weights.transpose(1, 2) @ x", False),
        ("softmax(dim=0)", "weights * 2", False),
        ("softmax(dim=0)", "weights / weights.sum(-1, keepdim=True) @ x", False),
    ],
)
def test_rows_that_are_weights_sum_to_one_along_themselves(
    softmax: str, use: str, told: bool
) -> None:
    code = f"""
import torch
x = torch.randn(4, 5, 8)
weights = (x @ x.transpose(1, 2)).{softmax}
y = {use}
"""
    assert ((4, "NN205") in findings(code)) == told


def test_what_no_model_has_made_has_no_outputs_to_count() -> None:
    code = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
model = nn.Sequential()  # to be filled in
data = datasets.MNIST("d", transform=transforms.ToTensor())
for x, y in DataLoader(data, batch_size=8, shuffle=True):
    nn.functional.cross_entropy(model(x), y)
"""
    assert findings(code) == []


POOLING = """
from torch.utils.data import DataLoader, TensorDataset
score = nn.Linear(9, 1)
for states, labels in DataLoader(TensorDataset(torch.randn(40, 5, 9), torch.zeros(40)), 8):
    POOLED
"""


@pytest.mark.parametrize(
    "pooled",
    [
        "(torch.softmax(score(states), dim=0) * states).sum(dim=1)  # error",
        "torch.softmax(score(states).squeeze(-1), 0).unsqueeze(1) @ states  # error",
        "torch.bmm(torch.softmax(score(states).squeeze(2), 0)[:, None], states)  # error",
        "(torch.softmax(score(states), dim=1) * states).sum(dim=1)",
        "(torch.softmax(score(states), dim=0) * states).sum(dim=0)",
        "torch.softmax(score(states).squeeze(-1), 1).unsqueeze(1) @ states",
        "(torch.softmax(score(states.transpose(0, 1)), 0) * states.transpose(0, 1)).sum(0)",
    ],
)
def test_the_weights_of_a_mean_over_time_do_not_go_over_samples(pooled: str) -> None:
    code = POOLING.replace("POOLED", pooled)
    assert found(code) == marked(code, "NN205")


CUT = """
from torch.utils.data import DataLoader, Dataset
class Houses(Dataset):
    def __init__(self, rows):
        self.features, self.prices = rows[:, :8], WANTED
    def __len__(self):
        return len(self.prices)
    def __getitem__(self, i):
        return self.features[i], self.prices[i]
model = nn.Sequential(nn.Linear(8, 1), nn.Flatten(0))
for features, prices in DataLoader(Houses(torch.rand(99, 9)), batch_size=9):
    F.smooth_l1_loss(model(features), prices.float())
"""


@pytest.mark.parametrize(
    ("wanted", "is_cut"),
    [
        ("rows[:, 8].long()", True),
        ("torch.log1p(rows[:, 8]).to(torch.int64)", True),
        ("rows[:, 8]", False),
        ("(rows[:, 8] > 0.5).long()", False),
        ("torch.randint(0, 9, (99,))", False),
    ],
)
def test_decimals_are_lost_where_targets_are_cast(wanted: str, is_cut: bool) -> None:
    code = CUT.replace("WANTED", wanted)
    assert found(code) == ([(5, "NN208")] if is_cut else [])


def test_an_activation_right_before_the_loss_is_shown_up_to_it() -> None:
    text = """
import torch
from torch import nn
def loss_of(model: nn.Module, x, y):
    scores = nn.functional.softmax(nn.Linear(3, 2)(x), dim=1)
    size = len(x)
    return nn.functional.cross_entropy(scores, y) * size
"""
    source = Source(text, "program.py")
    rules = [rule for rule in rulebook("code").rules if rule.code == "NN201"]
    (found,) = analyze(source, Project([source]), rules).findings
    assert (found.location.row, found.location.end_row) == (5, 7)


def test_softmax_over_one_output_is_told_once_where_it_is_applied() -> None:
    code = """
import torch
from torch import nn
class Spam(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(9, 1)
    def forward(self, words):
        return torch.softmax(self.layer(words), dim=1)
net, loss_of = Spam(), nn.BCELoss()
for words, spam in load():
    loss_of(net(words), spam).backward()
with torch.no_grad():
    print(loss_of(net(words), spam))
"""
    assert findings(code) == [(9, "NN212")]


LABELS = """
from torch.utils.data import DataLoader, TensorDataset
features, labels = torch.randn(99, 4), torch.randint(0, 5, (99,))
model = nn.Linear(4, 3)
for x, y in DataLoader(TensorDataset(features[:80], labels[:80]), batch_size=8):
    F.cross_entropy(model(x), TARGETS)
for rows in torch.randperm(80).split(8):
    F.cross_entropy(model(features[rows]), OTHERS)
"""


@pytest.mark.parametrize(
    ("targets", "others", "expected"),
    [
        ("y", "labels[rows]", [(6, "NN212"), (8, "NN212")]),
        ("y // 2", "(labels[rows] > 2).long()", []),
        ("y.clamp(max=2)", "labels[rows] % 3", []),
    ],
)
def test_labels_that_are_drawn_say_how_many_classes_there_are(
    targets: str, others: str, expected: list[tuple[int, str]]
) -> None:
    code = LABELS.replace("TARGETS", targets).replace("OTHERS", others)
    assert found(code) == expected


SAMPLES = """
from torch.utils.data import DataLoader, TensorDataset
model, one, to_keys = nn.Linear(9, 4), nn.Linear(9, 1), nn.Linear(9, 9)
for x, y in DataLoader(TensorDataset(torch.randn(40, 9), torch.randn(40, 9)), 8):
    USED
"""


@pytest.mark.parametrize(
    "used",
    [
        "torch.softmax(model(x), dim=0).argmax(1)  # error",
        "torch.softmax(model(x), dim=1).argmax(1)",
        "(torch.softmax(one(x), dim=0) * x).sum(0)",
        "torch.softmax(model(x), dim=0).t() @ x",
        "torch.softmax(to_keys(x) @ to_keys(y).t(), dim=0).diagonal()",
    ],
)
def test_scores_sum_to_one_for_each_sample(used: str) -> None:
    code = SAMPLES.replace("USED", used)
    assert found(code) == marked(code, "NN205")


@pytest.mark.parametrize(
    "line",
    [
        "F.softmax(scores, dim=1) @ x  # error",
        "F.softmax(scores, dim=-1) @ x",
        "F.softmax(scores, dim=1).transpose(1, 2) @ x",
        "F.softmax(x[:, :, :4].transpose(1, 2), dim=1) @ x",  # soft clusters
    ],
)
def test_the_rows_of_weights_over_places_sum_to_one(line: str) -> None:
    code = f"""
def attended(x, keys=nn.Linear(8, 8)):
    n, steps, width = x.shape
    scores = x @ x.transpose(1, 2)
    return {line}
"""
    assert found(code) == marked(code, "NN205")


LOADED = """
from shelf import loader
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(8, 1)
    def forward(self, x):
        return self.last(x)
"""


@pytest.mark.parametrize(
    ("wanted", "is_wrong"),
    [
        ("b", True),
        ("b.float().unsqueeze(1)", True),
        ("(b == 1).float()", True),
        ("other(b)", False),
        ("guess(b)[0]", False),
    ],
)
def test_what_comes_with_the_samples_is_no_prediction(wanted: str, is_wrong: bool) -> None:
    code = f"""{LOADED}
def train(loader, other):
    net = Net()
    for a, b in loader:
        scores = net(a)
        loss = F.binary_cross_entropy_with_logits({wanted}, scores) # error
        right = F.binary_cross_entropy_with_logits(scores, {wanted})
"""
    swapped = [each for each in found(code) if each[1] == "NN209"]
    assert swapped == (marked(code, "NN209") if is_wrong else [])


@pytest.mark.parametrize(
    ("parameters", "inside", "call"),
    [
        ("guess, goal", "guess, goal", "loss_of(b, net(a))"),
        ("goal, guess", "guess, goal", "loss_of(net(a), b)"),
        ("predictions, wanted", "predictions, wanted", "loss_of(b, net(a))"),
        ("scores, labels", "scores, labels.float()", "loss_of(b, net(a))"),
    ],
)
def test_arguments_are_swapped_where_the_names_stop_being_in_order(
    parameters: str, inside: str, call: str
) -> None:
    names_tell = "guess" not in parameters
    code = f"""{LOADED}
def loss_of({parameters}):
    return F.binary_cross_entropy_with_logits({inside}){"" if names_tell else " # error"}
def train(loader):
    net = Net()
    for a, b in loader:
        loss = {call}{" # error" if names_tell else ""}
"""
    assert [each for each in found(code) if each[1] == "NN209"] == marked(code, "NN209")


@pytest.mark.parametrize(
    ("loss", "is_wrong"),
    [
        ("F.binary_cross_entropy(made.logits, goals)", True),
        ("nn.NLLLoss()(made.logits.view(-1, 6), goals)", True),
        ("F.binary_cross_entropy(torch.sigmoid(made.logits), goals)", False),
        ("F.binary_cross_entropy_with_logits(made.logits, goals)", False),
        ("F.cross_entropy(made.logits, goals) + made.loss", False),
        ("F.binary_cross_entropy(made.probs, goals)", False),
    ],
)
def test_ready_classifiers_of_texts_make_raw_scores(loss: str, is_wrong: bool) -> None:
    code = f"""
from transformers import AutoModelForSequenceClassification
model = AutoModelForSequenceClassification.from_pretrained("roberta-base", num_labels=6)
def training_loss(batch, goals):
    made = model(batch["input_ids"], attention_mask=batch["attention_mask"])
    return {loss} # error
"""
    assert found(code) == (marked(code, "NN203") if is_wrong else [])


@pytest.mark.parametrize(
    ("labels", "given", "is_wrong"),
    [
        ("torch.tensor(labels)", "y, net(x)", True),
        ("torch.tensor(labels)", "net(x), y", False),
        ("torch.load('chances.pt')", "net(x), y", False),
        ("torch.tensor(labels)", "net(x), net(x).argmax(1)", False),
    ],
)
def test_what_has_an_axis_less_than_scores_are_the_classes(
    labels: str, given: str, is_wrong: bool
) -> None:
    code = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_iris


class Step:
    def __init__(self, criterion):
        self.criterion = criterion

    def __call__(self, target, output):
        return self.criterion(output, target)


rows, labels = load_iris(return_X_y=True)
data = TensorDataset(torch.tensor(rows).float(), {labels})
net, step = nn.Linear(4, 3), Step(nn.CrossEntropyLoss())
optimizer = torch.optim.Adam(net.parameters())
for x, y in DataLoader(data, batch_size=16, shuffle=True):
    optimizer.zero_grad()
    step({", ".join(reversed(given.split(", ")))}).backward()
    optimizer.step()
"""
    assert ("NN209" in {code for _, code in found(code)}) is is_wrong


@pytest.mark.parametrize(
    ("criterion", "last", "told"),
    [
        ("nn.BCEWithLogitsLoss() if n == 1 else nn.CrossEntropyLoss()", "nn.Sigmoid()", "NN202"),
        ("{1: nn.BCEWithLogitsLoss(), 2: nn.CrossEntropyLoss()}[n]", "nn.Softmax(dim=1)", "NN201"),
        ("nn.BCEWithLogitsLoss() if n == 1 else nn.CrossEntropyLoss()", "nn.Identity()", None),
        ("nn.BCELoss() if n == 1 else nn.CrossEntropyLoss()", "nn.Sigmoid()", None),
        ("nn.BCEWithLogitsLoss() if n == 1 else other(n)", "nn.Sigmoid()", None),
        ("nn.BCEWithLogitsLoss() if n == 1 else nn.NLLLoss()", "nn.LogSoftmax(dim=1)", None),
        (
            "nn.BCEWithLogitsLoss() if n == 1 else nn.CrossEntropyLoss()",
            "nn.Identity() if n == 1 else nn.Sigmoid()",
            None,
        ),
    ],
)
def test_two_losses_that_both_want_logits_are_given_none(
    criterion: str, last: str, told: str | None
) -> None:
    code = f"""
import torch
from torch import nn


def train(n, batches, other):
    model = nn.Sequential(nn.Conv2d(3, n, 3, padding=1), {last})
    criterion = {criterion}
    optimizer = torch.optim.Adam(model.parameters())
    for x, y in batches:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
"""
    assert [each for _, each in found(code)] == ([told] if told else [])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('batch["label"], scores', True),
        ('scores, batch["label"]', False),
        ('batch["mask"], scores', False),
        ("self.teacher(batch), scores", False),
    ],
)
def test_targets_by_name_stand_in_front_of_what_a_model_makes(given: str, told: bool) -> None:
    code = f"""
import torch
from torch import nn


class Course:
    def __init__(self, teacher):
        self.model, self.criterion = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0)), nn.BCEWithLogitsLoss()
        self.teacher = teacher

    def loss(self, batch):
        scores = self.model(batch["ids"])
        return self.criterion({given})


for batch in torch.load("batches.pt"):
    Course(torch.load("teacher.pt")).loss(batch).backward()
"""
    assert ("NN209" in [each[1] for each in found(code)]) == told


@pytest.mark.parametrize(
    ("start", "is_wrong"),
    [
        ("from keras.layers import Dense", True),
        ("from keras.layers import Dense, Merge", False),
        ("from keras.layers import Convolution2D", False),
        ("epochs = dict(nb_epoch=9)", False),
    ],
)
def test_the_backend_of_old_took_predictions_first(start: str, is_wrong: bool) -> None:
    code = f"""\
from keras import backend as K
{start}
def log_loss(y_true, y_pred):
    return K.mean(K.binary_crossentropy(y_pred, y_true), axis=-1) # error
"""
    swapped = [each for each in found(code) if each[1] == "NN209"]
    assert swapped == (marked(code, "NN209") if is_wrong else [])
