"""Settings, trees and trainings that a search, a stopper or a trainer chooses by test rows."""

import pytest

from tests.abstract_programs import findings, marked

SPLIT = """\
import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def read(path):
    table = np.loadtxt(path)
    return table[:, :9], table[:, 9]
x, y = read("table.txt")
x_train, x_test, y_train, y_test = train_test_split(x, y)
"""
OBJECTIVE = """\
def objective(trial):
    model = SVC(C=trial.suggest_float("C", 1, 9)).fit(x_train, y_train)
    {score}
"""
STUDY = 'import optuna\nstudy = optuna.create_study(direction="maximize")\n'


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN506"]


@pytest.mark.parametrize(
    "score",
    [
        "return model.score(x_test, y_test)  # error",
        "return accuracy_score(y_test, model.predict(x_test))  # error",
        "guess = model.predict(x_test)\n    return 1 - accuracy_score(y_test, guess)  # error",
    ],
)
@pytest.mark.parametrize(
    "search",
    [
        "study.optimize(objective, n_trials=9)",
        "study.optimize(lambda trial: objective(trial), 9)",
        "from hyperopt import fmin\nfmin(fn=objective, space={})",
        "from skopt import gp_minimize\ngp_minimize(objective, [])",
    ],
)
def test_a_search_does_not_go_by_test_rows(score: str, search: str) -> None:
    text = SPLIT + OBJECTIVE.format(score=score) + STUDY + search + "\n"
    assert found(text) == marked(text, "NN506")


@pytest.mark.parametrize(
    "score",
    [
        "return cross_val_score(model, x_train, y_train).mean()",
        "one, other = train_test_split(x_train)\n    return model.score(other, other)",
        "return model.score(x_train, y_train)",
        "return model.score(x_val, y_val)",
    ],
)
def test_a_search_may_go_by_rows_that_were_held_out_for_it(score: str) -> None:
    more = "from sklearn.model_selection import cross_val_score\n"
    more += "x_train, x_val, y_train, y_val = train_test_split(x_train, y_train)\n"
    search = "study.optimize(objective, n_trials=9)\nprint(SVC().fit(x, y).score(x_test, y_test))\n"
    assert not found(SPLIT + more + OBJECTIVE.format(score=score) + STUDY + search)


def test_a_search_with_other_rows_for_the_end_may_call_its_rows_as_it_likes() -> None:
    more = "x_end, y_end = read('more.txt')\nx_holdout, y_holdout = x_end, y_end\n"
    text = SPLIT + more + OBJECTIVE.format(score="return model.score(x_test, y_test)") + STUDY
    text += "study.optimize(objective)\nprint(SVC().fit(x, y).score(x_holdout, y_holdout))\n"
    assert not found(text)


BEST = """\
{name} = {start}
for size in range(1, 30):
    model = SVC(C=size).fit(x_train, y_train)
    {keep}
best = {best}  # error
"""


@pytest.mark.parametrize(
    ("start", "keep", "best"),
    [
        ("[]", "scores.append(model.score(x_test, y_test))", "np.argmax(scores) + 1"),
        ("{}", "scores[size] = model.score(x_test, y_test)", "max(scores, key=scores.get)"),
        ("[]", "scores.append(accuracy_score(y_test, model.predict(x_test)))", "max(scores)"),
    ],
)
def test_the_best_of_many_settings_is_taken(start: str, keep: str, best: str) -> None:
    text = SPLIT + BEST.format(name="scores", start=start, keep=keep, best=best)
    assert found(text) == marked(text, "NN506")
    assert not found(text.replace("for size", "for seed").replace("C=size", "random_state=seed"))
    head, rest = text.split("scores = ", 1)
    assert not found(f"{head}scores = " + rest.replace("_test", "_train"))


BOOSTING = """\
from xgboost import XGBClassifier
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier, early_stopping
model = {model}
model.fit(x_train, y_train, {given})  # error
print(accuracy_score(y_test, model.predict(x_test)))
"""
PAIRS = "eval_set=[(x_train, y_train), (x_test, y_test)]"


@pytest.mark.parametrize(
    ("model", "given", "is_wrong"),
    [
        ("XGBClassifier(early_stopping_rounds=9)", PAIRS, True),
        ("XGBClassifier()", f"{PAIRS}, early_stopping_rounds=9", True),
        ("LGBMClassifier()", f"{PAIRS}, callbacks=[early_stopping(9)]", True),
        ("CatBoostClassifier()", "eval_set=(x_test, y_test)", True),
        ("XGBClassifier()", PAIRS, False),
        ("XGBClassifier(early_stopping_rounds=9)", "eval_set=[(x_val, y_val)]", False),
        ("CatBoostClassifier(use_best_model=False)", "eval_set=(x_test, y_test)", False),
    ],
)
def test_trees_are_not_counted_by_test_rows(model: str, given: str, is_wrong: bool) -> None:
    text = SPLIT + BOOSTING.format(model=model, given=given)
    assert found(text) == (marked(text, "NN506") if is_wrong else [])


def test_rows_that_nothing_was_chosen_by_may_judge_in_the_end() -> None:
    parts = "x_test, x_test_final, y_test, y_test_final = train_test_split(x_test, y_test)\n"
    booster = BOOSTING.format(model="XGBClassifier(early_stopping_rounds=9)", given=PAIRS)
    assert found(SPLIT + booster)
    final = "print(accuracy_score(y_test_final, model.predict(x_test_final)))\n"
    assert not found(SPLIT + parts + booster + final)


TORCH = """\
import torch
class {name}:
    def __init__(self, patience):
        self.patience, self.best, self.waited, self.over = patience, None, 0, False
    def __call__(self, loss):
        if self.best is None or loss < self.best:
            self.best, self.waited = loss, 0
        else:
            self.waited += 1
            self.over = self.waited > self.patience
class Run:
    def __init__(self, model, train_loader, {kind}_loader):
        self.model, self.train_loader, self.{kind}_loader = model, train_loader, {kind}_loader
        self.optimizer = torch.optim.SGD(model.parameters(), 0.1)
    def judge(self):
        hits = 0
        for x, y in self.{kind}_loader:
            hits += (self.model(x).argmax(1) == y).sum().item()
        return hits
    def fit(self, epochs):
        best, wait = 0, {name}(5)
        for epoch in range(epochs):
            for x, y in self.train_loader:
                self.optimizer.zero_grad()
                torch.nn.functional.cross_entropy(self.model(x), y).backward()
                self.optimizer.step()
            score = self.judge()
            {choice}
"""
START = 'Run(torch.nn.Linear(9, 2), torch.load("a"), torch.load("b")).fit(9)\n'


@pytest.mark.parametrize(
    "choice",
    [
        "if score > best:  # error\n                torch.save(self.model.state_dict(), 'w')",
        (
            "is_best = score > best\n            if is_best:  # error\n"
            "                torch.save(self.model.state_dict(), 'w')"
        ),
        "wait(-score)  # error\n            if wait.over:\n                break",
    ],
)
def test_a_call_judges_by_the_data_that_it_goes_through(choice: str) -> None:
    choice = choice.replace("-score", "score")
    text = TORCH.format(name="EarlyStopping", kind="test", choice=choice) + START
    assert found(text) == marked(text, "NN506")
    text = TORCH.format(name="EarlyStopping", kind="dev", choice=choice) + START
    assert not found(text)


LIGHTNING = """\
import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader
class Net(L.LightningModule):
    def training_step(self, batch, index):
        return self.layer(batch[0]).mean()
train_loader, test_loader, dev_loader = (DataLoader(torch.load(name)) for name in "abc")
trainer = L.Trainer(callbacks=[{callback}])
trainer.fit(Net(), train_loader, {given})  # error
trainer.test(Net(), test_loader)
"""


@pytest.mark.parametrize(
    ("callback", "given", "is_wrong"),
    [
        ("EarlyStopping('val_loss')", "test_loader", True),
        ("ModelCheckpoint(monitor='val_acc')", "test_loader", True),
        ("ModelCheckpoint()", "test_loader", False),
        ("EarlyStopping('val_loss')", "dev_loader", False),
    ],
)
def test_lightning_does_not_choose_by_test_rows(callback: str, given: str, is_wrong: bool) -> None:
    loaders = (
        "train_loader = DataLoader(torch.load('a'))\ntest_loader = DataLoader(torch.load('b'))\n"
    )
    loaders += "dev_loader = DataLoader(torch.load('c'))\n"
    head, rest = LIGHTNING.split("train_loader, test_loader, dev_loader", 1)
    text = head + loaders + rest.split("\n", 1)[1]
    text = text.format(callback=callback, given=given)
    assert found(text) == (marked(text, "NN506") if is_wrong else [])


GRID = """\
import torch
def learn(x, y, rate):
    model = torch.nn.Linear(9, 1)
    optimizer = torch.optim.SGD(model.parameters(), rate)
    for epoch in range(9):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    return model
x_train, y_train, x_{kind}, y_{kind} = torch.load("all")
best = 1000
for {name} in [0.1, 0.01, 0.001]:
    model = learn(x_train, y_train, {rate})
    loss = torch.nn.functional.mse_loss(model(x_{kind}), y_{kind}).item()
    if loss < best:  # error
        best = loss
"""


def test_rates_are_not_chosen_by_test_rows() -> None:
    text = GRID.format(kind="test", name="rate", rate="rate")
    assert found(text) == marked(text, "NN506")
    assert not found(GRID.format(kind="val", name="rate", rate="rate"))
    assert not found(GRID.format(kind="test", name="seed", rate="0.1"))


HELPER = """\
from itertools import product
def tried(settings, train, test):
    model = SVC(**settings).fit(*train)
    return model.score(*train), model.score(*test)
best_score, best = 0, None
for C, gamma in product([1, 10], [0.1, 1]):
    settings = {"C": C, "gamma": gamma}
"""
KEPT = "        best_score, best = score, settings\n"


def test_a_helper_that_fits_and_scores_tries_settings_as_well() -> None:
    text = (
        SPLIT
        + HELPER
        + "    known, score = tried(settings, (x_train, y_train), (x_test, y_test))\n"
        + "    if score > best_score:  # error\n"
        + KEPT
    )
    assert found(text) == marked(text, "NN506") != []


@pytest.mark.parametrize(
    "text",
    [
        # By rows that were held out of the training ones.
        "    _, score = tried(settings, (x_fit, y_fit), (x_val, y_val))\n    if score > best_score:\n",
        # By the training rows.
        "    score, _ = tried(settings, (x_train, y_train), (x_test, y_test))\n    if score > best_score:\n",
    ],
)
def test_other_rows_may_choose_a_setting(text: str) -> None:
    divided = "x_fit, x_val, y_fit, y_val = train_test_split(x_train, y_train)\n"
    last = "print(SVC(**best).fit(x_train, y_train).score(x_test, y_test))\n"
    assert not found(SPLIT + divided + HELPER + text + KEPT + last)


TRIES = """\
import itertools
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
GRID = {"num_leaves": [15, 31], "learning_rate": [0.03, 0.1]}
def load(path):
    table = pd.read_csv(path)
    kind = (table.pop("income") == ">50K").astype(int)
    return train_test_split(table, kind, test_size=0.2, random_state=3)
def trial(settings, x_train, NAME, y_train, labels):
    model = LGBMClassifier(random_state=3, **settings).fit(x_train, y_train)
    return roc_auc_score(labels, model.predict_proba(NAME)[:, 1])
def main():
    parts = load("adult.csv")
    best, chosen = 0.0, None
    for values in itertools.product(*GRID.values()):
        area = trial(dict(zip(GRID, values)), *parts)
        if area > best:  # error
            best, chosen = area, values
    print(chosen, best)
main()
"""


@pytest.mark.parametrize("name", ["x_test", "X_test", "test_x"])
def test_a_parameter_says_what_the_rows_are_for_that_nobody_has_named(name: str) -> None:
    text = TRIES.replace("NAME", name)
    assert found(text) == marked(text, "NN506")


def test_rows_that_are_called_otherwise_may_choose() -> None:
    assert not found(TRIES.replace("NAME", "x_val"))


HOLDOUT = """\
from sklearn.datasets import fetch_california_housing
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from xgboost import XGBRegressor
data = fetch_california_housing()
X_rest, X_last, y_rest, y_last = train_test_split(data.data, data.target, random_state=3)
X_train, X_test, y_train, y_test = train_test_split(X_rest, y_rest, random_state=3)
best = None
for depth in (4, 6, 8):
    model = XGBRegressor(max_depth=depth, random_state=3).fit(X_train, y_train)
    score = mean_squared_error(y_test, model.predict(X_test)) ** 0.5
    if best is None or score < best[0]:{mark}
        best = (score, model, depth)
score, model, depth = best
print(depth, score)
{end}
"""


def test_rows_behind_the_search_judge_whatever_they_are_called() -> None:
    end = "print(mean_squared_error(y_last, model.predict(X_last)))"
    assert not found(HOLDOUT.format(mark="", end=end))
    text = HOLDOUT.format(mark="  # error", end="")
    assert found(text) == marked(text, "NN506")


HELD = """\
from dataclasses import dataclass
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
@dataclass
class Parts:
    x_train: np.ndarray
    x_{name}: np.ndarray
    y_train: np.ndarray
    y_{name}: np.ndarray
def error(parts, alpha):
    model = Ridge(alpha=alpha).fit(parts.x_train, parts.y_train)
    error = mean_squared_error(parts.y_{name}, model.predict(parts.x_{name}))
    return {error}
table = np.loadtxt("table.txt")
one, two, three, four = train_test_split(table[:, :9], table[:, 9], random_state=1)
parts = Parts(one, two, three, four)
best = np.inf
for alpha in (0.1, 1.0, 10.0):
    score = error(parts, alpha)
    if score < best:{mark}
        best, chosen = score, alpha
print(chosen, best)
"""


@pytest.mark.parametrize("error", ["error ** 0.5", "float(np.sqrt(error))", "round(error, 3)"])
@pytest.mark.parametrize("name", ["test", "val"])
def test_a_dataclass_says_what_the_rows_are_for_that_it_holds(error: str, name: str) -> None:
    text = HELD.format(error=error, name=name, mark="  # error" if name == "test" else "")
    assert found(text) == marked(text, "NN506")


TUNED = """\
import pandas as pd
{imported}
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from tensorflow import keras
table = pd.read_csv("loans.csv")
parts = train_test_split(table.drop(columns="lost"), table["lost"], random_state=0)
x_train, x_test, y_train, y_test = parts
def build(hp):
    hidden = keras.layers.Dense(hp.Int("units", 8, 64), activation="relu")
    net = keras.Sequential([hidden, keras.layers.Dense(1, activation="sigmoid")])
    net.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return net
tuner = {tuner}(build, objective="{objective}", max_trials=5)
tuner.search(x_train, y_train, epochs=5, {given}){mark}
{end}
"""
BEST_NET = "print(tuner.get_best_models(1)[0].evaluate(x_test, y_test))"
NEW_NET = """\
net = tuner.hypermodel.build(tuner.get_best_hyperparameters()[0])
net.fit(x_train, y_train, epochs=9)
print(accuracy_score(y_test, net.predict(x_test) > 0.5))"""
ON_TEST = "validation_data=(x_test, y_test)"


@pytest.mark.parametrize("end", [BEST_NET, NEW_NET])
@pytest.mark.parametrize(
    ("imported", "tuner"),
    [
        ("import keras_tuner as kt", "kt.RandomSearch"),
        ("from kerastuner.tuners import BayesianOptimization", "BayesianOptimization"),
    ],
)
def test_a_tuner_of_keras_does_not_go_by_test_rows(imported: str, tuner: str, end: str) -> None:
    def program(given: str, objective: str = "val_accuracy", mark: str = "") -> str:
        return TUNED.format(
            imported=imported, tuner=tuner, objective=objective, given=given, mark=mark, end=end
        )

    wrong = program(ON_TEST, mark="  # error")
    assert found(wrong) == marked(wrong, "NN506") != []
    assert not found(program("validation_split=0.2"))
    assert not found(program(ON_TEST, "loss"))


def test_a_trial_may_hold_rows_out_besides_while_test_rows_choose() -> None:
    net = """\
from tensorflow import keras
def objective(trial):
    net = keras.Sequential([keras.layers.Dense(1)])
    net.compile(keras.optimizers.Adam(trial.suggest_float("rate", 1e-4, 1e-1)), "mse")
    net.fit(x_train, y_train, epochs=9, validation_split=0.1)
    return accuracy_score(y_test, net.predict(x_test) > 0.5)  # error
"""
    text = SPLIT + net + STUDY + "study.optimize(objective, n_trials=5)\n"
    assert found(text) == marked(text, "NN506") != []


TASKS = """\
import optuna
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
def judge(files, strength):
    total = 0.0
    for file in files:
        task = pd.read_csv(file)
        X_train, X_test = task.iloc[:80, 1:], task.iloc[80:, 1:]
        y_train, y_test = task.iloc[:80, 0], task.iloc[80:, 0]
        model = Ridge(alpha=strength)
        model.fit(X_train, y_train)
        total += model.score(X_test, y_test)
    return total
def objective(trial):
    strength = trial.suggest_float("strength", 1e-4, 1e-1)
    total = 0.0
    for train_idx, val_idx in KFold(5).split(files):
        val_files = [files[number] for number in val_idx]
        total += judge({judged}, strength)
    return total
files = open("files.txt").read().split()
study = optuna.create_study()
study.optimize(objective, n_trials=5)
"""


@pytest.mark.parametrize(("judged", "told"), [("val_files", False), ("files", True)])
def test_tasks_to_validate_by_have_test_rows_of_their_own(judged: str, told: bool) -> None:
    assert bool(found(TASKS.format(judged=judged))) == told


TRAINED_IN_TRIES = """\
import optuna
import pandas as pd
import torch
from torch.utils.data import DataLoader
from project import Comments, more_comments
table = pd.read_csv("comments.csv")
table_train = table.sample(frac=0.8)
rest = table.drop(table_train.index)
table_val = rest.sample(frac=0.5)
table_test = rest.drop(table_val.index)
train_loader = DataLoader(Comments(table_train.text.values, table_train.label.values), 32, shuffle=True)
test_loader = DataLoader(Comments(table_test.text.values, table_test.label.values), 32)

def score(model, loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for text, label in loader:
            right += (model(text).argmax(1) == label).sum().item()
    return right / len(loader.dataset)

def objective(trial):
    model = torch.nn.Linear(300, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=trial.suggest_float("lr", 1e-4, 1e-2))
    best = 0
    for epoch in range(9):
        model.train()
        for text, label in train_loader:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(text), label).backward()
            optimizer.step()
        {choose}
    print(score(model, test_loader))
    return best

optuna.create_study(direction="maximize").optimize(objective, n_trials=20)
"""


@pytest.mark.parametrize(
    ("choose", "wrong"),
    [
        ("best = max(best, score(model, test_loader))", 1),
        ("best = max(best, score(model, DataLoader(Comments(table_val.text.values))))", 0),
        ("best = max(best, score(model, more_comments()))", 0),
    ],
)
def test_tries_may_show_the_score_of_test_rows_beside_the_one_they_go_by(
    choose: str, wrong: int
) -> None:
    assert len(found(TRAINED_IN_TRIES.replace("{choose}", choose))) == wrong
