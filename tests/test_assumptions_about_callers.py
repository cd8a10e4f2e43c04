"""What is assumed of functions that their own file calls nowhere, and what other files show of them."""

from pathlib import Path

import pytest

from advisor.code.interpreter.machine import Machine
from advisor.commands.nnlint import main

Output = pytest.CaptureFixture[str]
JUDGE = """\
import torch
from torch.nn.functional import cross_entropy


def validate(model, val_loader):
    total = 0.0
    for images, labels in val_loader:
        total += cross_entropy(model(images), labels).item()
    return total
"""
TRAINS_ITSELF = """

def train(model, val_loader):
    for epoch in range(9):
        print(validate(model, val_loader))
"""
CALLER = """\
import torch
from judge import validate
from torch import nn
from torch.utils.data import DataLoader


def main():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 5))
    model.load_state_dict(torch.load("model.pt"))
    val_loader = DataLoader(torch.load("val.pt"))
    {around}
        print(validate(model, val_loader))


if __name__ == "__main__":
    main()
"""
NETS = """\
from keras.layers import Activation, Dense, Input
from keras.models import Model


def generator():
    noise = Input(shape=(100,))
    model = Model(noise, Activation("tanh")(Dense(784)(noise)))
    model.compile(loss="binary_crossentropy", optimizer="adam")
    return model


def judge():
    picture = Input(shape=(784,))
    model = Model(picture, Dense(1, activation="sigmoid")(picture))
    model.compile(loss="binary_crossentropy", optimizer="adam")
    return model
"""
BOTH_TRAINED = """\
import numpy as np
from keras.layers import Input
from keras.models import Model
from nets import generator, judge

painter, critic = generator(), judge()
critic.trainable = False
noise = Input(shape=(100,))
both = Model(noise, critic(painter(noise)))
both.compile(loss="binary_crossentropy", optimizer="adam")
for step in range(1000):
    drawn = np.random.normal(size=(32, 100))
    critic.train_on_batch(painter.predict(drawn), np.zeros(32))
    both.train_on_batch(drawn, np.ones(32))
    {alone}
"""
ROOT = """\
import torch
from torch import nn


class RootLoss(nn.Module):
    def forward(self, predicted, wanted):
        return torch.sqrt(nn.functional.mse_loss(predicted, wanted))
"""
TRAINED_AND_SHOWN = """\
import torch
from losses import RootLoss


def train(model, batches, loss_function):
    optimizer = torch.optim.Adam(model.parameters())
    shown = RootLoss()
    for inputs, targets in batches:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss, score = loss_function(outputs, targets), shown(outputs, targets)
        {back}.backward()
        optimizer.step()
        print(score.item())
"""
BEGUN = """\
from torch import nn


class Matcher(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.towers = {}
        self.towers["question"] = nn.Linear(size, 16)

    def forward(self, question):
        return self.towers["question"](question)
"""
COMPLETED = """\
class Pairs({base}):
    def __init__(self):
        super().__init__(8)
        self.towers["answer"] = nn.Linear(8, 16)
        self.towers = {towers}

    def forward(self, question, answer):
        return super().forward(question) * self.towers["answer"](answer)
"""
ALONE = "painter.train_on_batch(drawn, np.zeros((32, 784)))"
OFF, ON = "with torch.no_grad():", "with open('log'):"
STATEMENT = "torch.set_grad_enabled({})\n    with open('log'):"


def told(capsys: Output, *paths: str, cached: bool = False, code: str = "NN403") -> list[str]:
    options = ["--select", code, "--output-format", "concise", "--quiet", "--jobs", "1"]
    main([*options, *([] if cached else ["--no-cache"]), *paths])
    return [line.split(":")[0] for line in capsys.readouterr().out.splitlines() if ":" in line]


@pytest.mark.parametrize(
    ("judge", "callers", "wrong"),
    [
        (JUDGE, [], True),
        (JUDGE, [OFF], False),
        (JUDGE, [ON], True),
        (JUDGE, [OFF, ON], True),
        (JUDGE, [STATEMENT.format(False)], False),
        (JUDGE, [STATEMENT.format(True)], True),
        (JUDGE + TRAINS_ITSELF, [OFF], True),
    ],
)
def test_a_caller_in_another_file_may_switch_the_gradients_off(
    judge: str,
    callers: list[str],
    wrong: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "judge.py").write_text(judge)
    for number, around in enumerate(callers):
        (tmp_path / f"caller{number}.py").write_text(CALLER.format(around=around))
    expected = ["judge.py"] if wrong else []
    assert told(capsys, ".") == expected
    for _ in range(2):  # from the cache, the second time
        assert told(capsys, ".", cached=True) == expected


def test_of_a_file_alone_nobody_knows_who_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "judge.py").write_text(JUDGE)
    (tmp_path / "caller.py").write_text(CALLER.format(around=OFF))
    assert told(capsys, "judge.py") == ["judge.py"]


@pytest.mark.parametrize(("steps", "wrong"), [(300_000, True), (60, False)])
def test_a_script_that_is_not_followed_to_the_end_may_call_what_stands_in_it(
    steps: int,
    wrong: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Machine.start, "__defaults__", (steps,))
    script = "\n".join(f"number_{each} = load({each})" for each in range(60))
    (tmp_path / "judge.py").write_text(f"{JUDGE}\n\n{script}\n")
    assert told(capsys, "judge.py") == (["judge.py"] if wrong else [])


@pytest.mark.parametrize(
    ("callers", "wrong"), [([], True), (["pass"], False), ([ALONE], True), (["pass", ALONE], True)]
)
def test_another_file_may_train_a_compiled_model_inside_of_another_one(
    callers: list[str],
    wrong: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NETS)
    for number, alone in enumerate(callers):
        (tmp_path / f"caller{number}.py").write_text(BOTH_TRAINED.format(alone=alone))
    assert told(capsys, ".", code="NN203") == (["nets.py"] if wrong else [])


@pytest.mark.parametrize(
    ("back", "wrong"), [(None, True), ("loss", False), ("score", True), ("(loss + score)", True)]
)
def test_another_file_may_only_show_a_loss(
    back: str | None,
    wrong: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "losses.py").write_text(ROOT)
    if back is not None:
        (tmp_path / "training.py").write_text(TRAINED_AND_SHOWN.format(back=back))
    assert told(capsys, ".", code="NN701") == (["losses.py"] if wrong else [])


SCORED = """\
from sklearn.ensemble import RandomForestClassifier


def fitted(X_train, y_train, X_test, y_test):
    model = RandomForestClassifier(class_weight="balanced", random_state=0)
    model.fit(X_train, y_train)
    print(model.score(X_test, y_test))
    return model
"""
SCORES_AGAIN = """\
import numpy as np
from forest import fitted
from sklearn.metrics import {score}
from sklearn.model_selection import train_test_split

parts = train_test_split(np.load("x.npy"), np.load("y.npy"), random_state=0)
X_train, X_test, y_train, y_test = parts
model = fitted(X_train, y_train, X_test, y_test)
print({score}(y_test, model.predict(X_test)))
"""


@pytest.mark.parametrize(
    ("score", "wrong"), [(None, True), ("f1_score", False), ("accuracy_score", True)]
)
def test_another_file_may_measure_more_than_accuracy(
    tmp_path: Path, capsys: Output, score: str | None, wrong: bool
) -> None:
    (tmp_path / "forest.py").write_text(SCORED)
    if score is not None:
        (tmp_path / "main.py").write_text(SCORES_AGAIN.format(score=score))
    assert bool(told(capsys, str(tmp_path), code="NN513")) is wrong


MARGINS = """\
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


class Margins:
    def __init__(self):
        self.scaler, self.model = StandardScaler(), None

    def learn(self, X, y):
        scaled = self.scaler.fit_transform(X)
        search = GridSearchCV(SVC(), {"C": [1, 10]}, cv=5)
        search.fit(scaled, y)
        self.model = search.best_estimator_
        return search.best_score_

    def judge(self, X, y):
        return self.model.score(self.scaler.transform(X), y)
"""
BIRDS = """\
import pandas as pd
from margins import Margins
from sklearn.model_selection import train_test_split


def birds():
    table = pd.read_csv("birds.csv")
    X, y = table.drop("kind", axis=1), table["kind"]
    {divided}


def main():
    rows, labels, *others = birds()
    margins = Margins()
    print(margins.learn(rows, labels))


if __name__ == "__main__":
    main()
"""
APART = """\
some, rest, y_some, y_rest = train_test_split(X, y)
    return some, y_some, rest, y_rest"""


@pytest.mark.parametrize(
    ("divided", "wrong"),
    [([], True), ([APART], False), (["return X, y"], True), ([APART, "return X, y"], True)],
)
@pytest.mark.parametrize("main_is_called", [True, False])
def test_another_file_may_have_set_rows_apart_before_it_hands_them_over(
    divided: list[str],
    wrong: bool,
    main_is_called: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "margins.py").write_text(MARGINS)
    for number, each in enumerate(divided):
        text = BIRDS.format(divided=each)
        whole = each != APART
        called = text if main_is_called or whole else text.partition("\n\nif __name__")[0]
        (tmp_path / f"birds{number}.py").write_text(called)
    assert bool(told(capsys, ".", code="NN503")) is wrong


NEIGHBOURS = """\
from sklearn.neighbors import KNeighborsClassifier


class Neighbours:
    def __init__(self):
        self.model, self.count = KNeighborsClassifier(), 5

    def search(self, X_train, y_train, X_test, y_test):
        best = 0
        for count in [3, 5, 9, 15]:
            self.model.set_params(n_neighbors=count)
            self.model.fit(X_train, y_train)
            score = self.model.score(X_test, y_test)
            if score > best:
                best = score
                self.count = count
"""
SEARCHES = """\
from neighbours import Neighbours
from sklearn.metrics import accuracy_score


def choose(X_train, y_train, X_val, y_val, X_test, y_test):
    neighbours = Neighbours()
    neighbours.search({handed})
    print(accuracy_score(y_test, neighbours.model.predict(X_test)))
"""


@pytest.mark.parametrize(
    ("handed", "wrong"),
    [
        ("X_train, y_train, X_val, y_val", False),
        ("X_train, y_train, X_test=X_val, y_test=y_val", False),
        ("X_train, y_train, X_test, y_test", True),
    ],
)
def test_what_is_called_test_rows_may_be_those_to_validate_by(
    handed: str,
    wrong: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "neighbours.py").write_text(NEIGHBOURS)
    (tmp_path / "choose.py").write_text(SEARCHES.format(handed=handed))
    assert bool(told(capsys, ".", code="NN506")) is wrong


@pytest.mark.parametrize(
    ("towers", "in_one_file", "wrong"),
    [
        ("nn.ModuleDict(self.towers)", True, False),
        ("nn.ModuleDict(self.towers)", False, False),
        ("self.towers", True, True),
        ("self.towers", False, True),
    ],
)
def test_a_class_that_derives_from_another_may_register_what_that_has_begun(
    towers: str,
    in_one_file: bool,
    wrong: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)
    if in_one_file:
        completed = COMPLETED.format(base="Matcher", towers=towers)
        (tmp_path / "models.py").write_text(f"{BEGUN}\n\n{completed}")
    else:
        completed = COMPLETED.format(base="begun.Matcher", towers=towers)
        (tmp_path / "begun.py").write_text(BEGUN)
        (tmp_path / "pairs.py").write_text(f"import begun\nfrom torch import nn\n\n{completed}")
    assert bool(told(capsys, ".", code="NN406")) is wrong


def test_what_is_built_in_the_open_and_never_registered_is_told_whatever_derives_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.chdir(tmp_path)
    completed = COMPLETED.format(base="Matcher", towers="nn.ModuleDict(self.towers)")
    (tmp_path / "models.py").write_text(f"{BEGUN}\n\n{completed}\n\nprint(Matcher(8)(questions))\n")
    assert told(capsys, ".", code="NN406") == ["models.py"]


COUNT = """\
import torch


def share_of_hits(model, loader):
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(1) == labels).sum().item()
            seen += 1
    return right / seen
"""
COUNTS = """\
import torch
from count import share_of_hits
from torch import nn
from torch.utils.data import DataLoader

model = nn.Linear(3, 4)
model.load_state_dict(torch.load("model.pt"))
print(share_of_hits(model, DataLoader(torch.load("test.pt"), batch_size={size})))
"""


@pytest.mark.parametrize(("size", "told"), [(1, False), (8, True)])
def test_there_are_as_many_batches_as_samples_where_callers_take_them_one_by_one(
    tmp_path: Path, capsys: Output, size: int, told: bool
) -> None:
    (tmp_path / "count.py").write_text(COUNT)
    (tmp_path / "caller.py").write_text(COUNTS.format(size=size))
    main(["--isolated", "--no-cache", "--output-format", "concise", str(tmp_path)])
    assert ("NN808" in capsys.readouterr().out) == told
