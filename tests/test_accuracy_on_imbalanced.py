"""What judges a model of classes that are not equally large."""

import pytest

from tests.abstract_programs import findings, marked

SKLEARN = """\
import numpy as np
import torch
from imblearn.over_sampling import SMOTE
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import cross_val_score, train_test_split
from torch import nn
X, y = np.load('x.npy'), np.load('y.npy')
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""
SHOWN = [
    "model = RandomForestClassifier(class_weight='balanced', random_state=0)",
    (
        "X_train, y_train = SMOTE(random_state=0).fit_resample(X_train, y_train)\n"
        "model = RandomForestClassifier(random_state=0)"
    ),
]


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN513"]


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize(
    "score",
    [
        "print(model.score(X_train, y_train))\nprint(model.score(X_test, y_test))  # error",
        "acc = accuracy_score(y_test, model.predict(X_test))  # error",
        "print(cross_val_score(model, X_train, y_train, cv=5).mean())  # error",
    ],
)
def test_accuracy_alone_is_found(shown: str, score: str) -> None:
    text = f"{SKLEARN}{shown}\nmodel.fit(X_train, y_train)\n{score}\n"
    assert found(text) == marked(text, "NN513") != []


@pytest.mark.parametrize(
    "more",
    [
        "from sklearn.metrics import f1_score",
        "print(np.bincount(y_test[model.predict(X_test) == y_test]), 'recall')",
        "from reports import confusion_matrix",
    ],
)
def test_another_score_is_enough(more: str) -> None:
    text = (
        f"{SKLEARN}{SHOWN[0]}\nmodel.fit(X_train, y_train)\nmodel.score(X_test, y_test)\n{more}\n"
    )
    assert not found(text)


@pytest.mark.parametrize(
    "estimator",
    ["cluster.KMeans(2)", "mixture.GaussianMixture(2)", "linear_model.Ridge()", "svm.SVR()"],
)
def test_the_score_of_an_estimator_without_classes_is_no_accuracy(estimator: str) -> None:
    text = f"{SKLEARN}from sklearn import cluster, linear_model, mixture, svm\n{SHOWN[1]}\n"
    text += (
        f"other = {estimator}\nother.fit(X_train, y_train)\nprint(other.score(X_test, y_test))\n"
    )
    assert not found(text)


def test_without_a_sign_of_different_sizes_accuracy_is_fine() -> None:
    text = (
        f"{SKLEARN}model = RandomForestClassifier(class_weight=None)\nmodel.fit(X_train, y_train)\n"
        "print(model.score(X_test, y_test))\n"
    )
    assert not found(text)


def test_a_weighted_loss_beside_counted_hits_is_found() -> None:
    text = f"""{SKLEARN}
model = nn.Linear(9, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([9.0]))
for inputs, labels in loader:
    optimizer.zero_grad()
    criterion(model(inputs), labels).backward()
    optimizer.step()
model.eval()
hits = 0
with torch.no_grad():
    for inputs, labels in test_loader:
        hits += ((model(inputs) > 0) == labels).sum().item()
print(hits / len(test_loader.dataset))  # error
"""
    assert found(text) == marked(text, "NN513")


def test_weights_that_are_all_the_same_even_nothing_out() -> None:
    text = f"""{SKLEARN}
criterion = nn.CrossEntropyLoss(weight=torch.ones(4))
criterion(model(x), y).backward()
print((model(X_test).argmax(1) == y_test).float().mean())
"""
    assert not found(text)
    assert found(text.replace("torch.ones(4)", "torch.tensor([1.0, 9.0, 9.0, 9.0])"))


@pytest.mark.parametrize(
    ("metrics", "wrong"), [("['accuracy']", True), ("['accuracy', 'AUC']", False)]
)
def test_keras_is_told_its_metrics(metrics: str, wrong: bool) -> None:
    text = f"""
from tensorflow import keras
model = keras.Sequential([keras.layers.Dense(1, activation='sigmoid')])
model.compile('adam', 'binary_crossentropy', metrics={metrics}){"  # error" if wrong else ""}
model.fit(x_train, y_train, class_weight={{0: 1.0, 1: 20.0}}, validation_data=(x_val, y_val))
"""
    assert found(text) == marked(text, "NN513")


FITTED = """
from tensorflow import keras
def build():
    model = keras.Sequential([keras.layers.Dense(1, activation='sigmoid')])
    model.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
    return model
def fitted(x_train, y_train, x_val, y_val):
    model = build()
    weights = {0: 1.0, 1: 20.0}
    model.fit(x_train, y_train, class_weight=weights, validation_data=(x_val, y_val))
    GIVEN
"""


@pytest.mark.parametrize(
    ("given", "caller", "wrong"),
    [
        ("return model", "", False),
        ("return", "", True),
        ("return model", "fitted(x_train, y_train, x_val, y_val)", True),
    ],
)
def test_a_model_that_is_handed_back_is_judged_by_the_caller(
    given: str, caller: str, wrong: bool
) -> None:
    text = FITTED.replace("GIVEN", given) + caller
    assert bool(found(text)) is wrong


EVENED = """\
import evaluate
import pandas as pd
import torch
import torchmetrics
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_validate, train_test_split
from sklearn.utils import resample
table = pd.read_csv("table.csv")
train, test = train_test_split(table, stratify=table["ill"])
rare, common = train[train["ill"] == 1], train[train["ill"] == 0]
X, y = table.drop(columns="ill"), table["ill"]
model = RandomForestClassifier()
"""
CROSSED = "cross_validate(make_pipeline(SMOTE(), model), X, y, scoring={}, cv=5)"
SCORED = """
train = pd.concat([common, more])
model.fit(train.drop(columns="ill"), train["ill"])
print(model.score(test.drop(columns="ill"), test["ill"]))
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CROSSED.format("'accuracy'"), 1),
        (CROSSED.format("['accuracy']"), 1),
        (CROSSED.format("['accuracy', 'neg_brier_score']"), 0),
        (CROSSED.format("scores"), 0),
        ("more = resample(rare, replace=True, n_samples=len(common))" + SCORED, 1),
        ("more = rare.sample(len(common), replace=True)" + SCORED, 1),
        ("more = resample(rare, replace=True, n_samples=100)" + SCORED, 0),
        ("more = rare.sample(100)" + SCORED, 0),
        (
            "model = RandomForestClassifier(class_weight='balanced')\nevaluate.load('accuracy').compute()",
            1,
        ),
        ("model = RandomForestClassifier(class_weight='balanced')\nevaluate.load('bleu')", 0),
        (
            (
                "model = RandomForestClassifier(class_weight='balanced')\n"
                "torchmetrics.Accuracy(task='multiclass', num_classes=3)(p, y)"
            ),
            1,
        ),
        (
            (
                "model = RandomForestClassifier(class_weight='balanced')\n"
                "torchmetrics.Accuracy(task='multiclass', num_classes=3, average='macro')"
            ),
            0,
        ),
    ],
)
def test_classes_are_evened_out_and_judged_in_many_ways(text: str, told: int) -> None:
    assert len(found(EVENED + text)) == told


DETECTOR = """\
from sklearn.ensemble import IsolationForest
from sklearn.metrics import accuracy_score, recall_score


class Watch:
    def __init__(self, share=0.01):
        self.forest = IsolationForest(contamination=share, random_state=0)

    def judge(self, X_train, X_test, y_test):
        self.forest.fit(X_train)
        unlike = self.forest.predict(X_test) == -1
        return score
"""


def test_accuracy_alone_says_little_of_what_looks_for_outliers() -> None:
    text = DETECTOR.replace("return score", "return accuracy_score(y_test, unlike)  # error")
    text = text.replace(", recall_score", "")
    assert found(text) == marked(text, "NN513") != []
    assert not found(DETECTOR.replace("return score", "return recall_score(y_test, unlike)"))


NETWORK = """\
from tensorflow import keras
from xgboost import XGB{kind}
other = XGB{kind}(scale_pos_weight=0.5)
net = keras.Sequential([keras.layers.Dense(1, activation='sigmoid')])
net.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
history = net.fit(x, y, validation_data=(a, b), epochs=9)
"""


def test_who_predicts_numbers_has_no_classes_to_weight() -> None:
    assert found(NETWORK.format(kind="Classifier"))
    assert not found(NETWORK.format(kind="Regressor"))


def test_the_least_validation_loss_judges_as_well() -> None:
    text = NETWORK.format(kind="Classifier")
    assert not found(text + "print(min(history.history['val_loss']))\n")


RESAMPLED = """\
import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from ours import sampler
X, y = np.load('x.npy'), np.load('y.npy')
smote = SMOTE(random_state=0)
{before}
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
{behind}
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
print(accuracy_score(y_test, model.predict(X_test)))
"""


@pytest.mark.parametrize(
    ("before", "behind", "told"),
    [
        ("", "X_train, y_train = smote.fit_resample(X_train, y_train)", True),
        ("X, y = smote.fit_resample(X, y)", "", False),
        ("X, y = sampler.fit_resample(X, y)", "", False),
    ],
)
def test_classes_that_were_evened_before_the_split_judge_alike(
    before: str, behind: str, told: bool
) -> None:
    assert bool(found(RESAMPLED.format(before=before, behind=behind))) == told


WEIGHTED_BY_BUFFER = """\
import torch
from torch import nn
from torch.nn import functional as F

class Criterion(nn.Module):
    def __init__(self, weight=None):
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(self, scores, labels):
        return F.cross_entropy(scores, labels, weight=self.weight)

model, criterion = nn.Linear(3, 2), Criterion({given})
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
samples = [(torch.randn(4, 3), torch.randint(2, (4,)))]
for x, y in samples:
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
right = total = 0
model.eval()
with torch.no_grad():
    for x, y in samples:
        right += (model(x).argmax(1) == y).sum().item()
        total += len(y)
print(right / total)
"""


@pytest.mark.parametrize(("given", "told"), [("", False), ("torch.tensor([1.0, 9.0])", True)])
def test_a_buffer_that_is_not_there_weights_no_class(given: str, told: bool) -> None:
    assert bool(found(WEIGHTED_BY_BUFFER.format(given=given))) == told
