"""Scores on the rows that a model, or a search, was fitted on."""

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.rulebook import rulebook
from tests.abstract_programs import findings

IMPORTS = """\
import numpy as np
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.svm import SVC
X, y = np.load("x.npy"), np.load("y.npy")
"""
TORCH = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
inputs, labels = torch.randn(90, 4), torch.zeros(90, dtype=torch.long)
loader = DataLoader(TensorDataset(inputs, labels), batch_size=10, shuffle=True)
model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for batch, wanted in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(batch), wanted).backward()
    optimizer.step()
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y)\n"


def codes(text: str) -> list[str]:
    whole = text if text.startswith(TORCH) else IMPORTS + text
    found = [code for _, code in findings(whole)]
    return [code for code in found if code in {"NN512", "NN517"}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SVC().fit(X, y).score(X, y)", "NN512"),
        ("model = SVC()\nmodel.fit(X, y)\nprint(model.score(X, y))", "NN512"),
        ("model = SVC().fit(X, y)\nprint(accuracy_score(y, model.predict(X)))", "NN512"),
        ("model = SVC().fit(X, y)\nguess = model.predict(X)\nprint(f1_score(y, guess))", "NN512"),
        (TORCH + "print((model(inputs).argmax(1) == labels).float().mean())", "NN512"),
        ("search = GridSearchCV(SVC(), {'C': [1]})\nsearch.fit(X, y)\nsearch.score(X, y)", "NN517"),
        (
            "search = GridSearchCV(SVC(), {'C': [1]}).fit(X, y)\nprint(f1_score(y, search.best_estimator_.predict(X)))",
            "NN517",
        ),
        (f"{SPLIT}model = SVC().fit(X_train, y_train)\nmodel.score(X_train, y_train)", "NN512"),
    ],
)
def test_a_score_on_the_rows_of_the_fit_alone_tells_little(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        f"{SPLIT}model = SVC().fit(X_train, y_train)\nmodel.score(X_train, y_train)\nshow(model, X_test)",
        "cross_val_score(SVC(), X, y)\nSVC().fit(X, y).score(X, y)",
        "SVC().fit(X, y).predict(X)",
        "model = SVC().fit(X, y)\nf1_score(y, model.predict(X))\nmodel.predict(np.load('new.npy'))",
        TORCH + "hits = (model(held_out).argmax(1) == labels).float().mean()",
        TORCH,
        "A, b = np.load('a.npy'), np.load('b.npy')\nmodel = SVC().fit(X, y)\nmodel.score(X, y)\nmodel.score(A, b)",
        f"{SPLIT}search = GridSearchCV(SVC(), {{}}).fit(X_train, y_train)\nsearch.score(X_test, y_test)",
    ],
)
def test_it_may_stand_beside_other_scores(text: str) -> None:
    assert not codes(text)


def severities(text: str) -> list[tuple[str, str]]:
    source = Source(text, "program.py")
    rules = [each for each in rulebook("code").rules if each.code in {"NN512", "NN517"}]
    found = analyze(source, Project([source]), rules).findings
    return [(each.code, each.severity.value) for each in found]


SEARCHED = "search = GridSearchCV(SVC(), {'C': [1, 9]}).fit(X, y)\n"
COUNTED = (
    "    right = (model(batch).argmax(1) == wanted).sum().item()\n    print(right / len(wanted))\n"
)


@pytest.mark.parametrize(
    ("text", "code", "severity"),
    [
        ("print(SVC().fit(X, y).score(X, y))", "NN512", "warning"),
        (
            "from sklearn.linear_model import Ridge\nprint(Ridge().fit(X, y).score(X, y))",
            "NN512",
            "info",
        ),
        ("X, y = np.array([[0, 1], [1, 0]]), [0, 1]\nSVC().fit(X, y).score(X, y)", "NN512", "info"),
        (f"{SEARCHED}print(search.score(X, y))", "NN517", "warning"),
        (f"{SEARCHED}print(SVC(**search.best_params_).fit(X, y).score(X, y))", "NN512", "warning"),
        (f"{SEARCHED}print(search.best_score_, search.score(X, y))", "NN517", "info"),
        (f"{TORCH}for batch, wanted in loader:\n{COUNTED}", "NN512", "warning"),
        (TORCH + COUNTED, "NN512", "info"),
        ("print('on training rows:', SVC().fit(X, y).score(X, y))", "NN512", "info"),
    ],
)
def test_what_judges_a_classifier_by_its_own_rows_is_no_mere_advice(
    text: str, code: str, severity: str
) -> None:
    whole = text if text.startswith(TORCH) else IMPORTS + text
    assert severities(whole) == [(code, severity)]


NEIGHBOURS = """
import numpy as np
from sklearn.manifold import TSNE
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import Normalizer

x, y = np.load("x.npy"), np.load("y.npy")
later_x, later_y = np.load("later_x.npy"), np.load("later_y.npy")
near = KNeighborsClassifier().fit(Normalizer().fit_transform(x), y)
print(near.score(Normalizer().fit_transform(x), y))
LATER
view = TSNE(random_state=0).fit_transform(later_x)
"""


def test_rows_that_only_a_drawing_was_fitted_on_judge_as_well() -> None:
    later = "print(near.score(Normalizer().fit_transform(later_x), later_y))"
    assert ("NN512", "warning") in severities(NEIGHBOURS.replace("LATER", ""))
    assert "NN512" not in {code for code, _ in severities(NEIGHBOURS.replace("LATER", later))}


HANDED = """
from datasets import load_dataset
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, Trainer, TrainingArguments, set_seed
)
set_seed(1)
model = {kind}.from_pretrained("roberta-base", num_labels=2)
data = load_dataset("imdb", split="train")
trainer = Trainer(model=model, args=TrainingArguments("out"), train_dataset=data{more})
trainer.train()
{after}
"""


@pytest.mark.parametrize(
    ("kind", "more", "after", "told"),
    [
        ("AutoModelForSequenceClassification", "", "trainer.save_model('out')", True),
        ("AutoModelForSequenceClassification", ", eval_dataset=data", "", False),
        ("AutoModelForSequenceClassification", "", "trainer.evaluate(other)", False),
        ("AutoModelForCausalLM", "", "trainer.save_model('out')", False),
    ],
)
def test_nothing_judges_what_a_trainer_makes(kind: str, more: str, after: str, told: bool) -> None:
    text = HANDED.format(kind=kind, more=more, after=after)
    assert ("NN512" in {code for _, code in findings(text)}) is told


def test_a_count_of_samples_holds_nothing_out() -> None:
    text = f"""\
{TORCH}
def check(pairs, net):
    net.eval()
    right = num_samples = 0
    with torch.no_grad():
        for batch, wanted in pairs:
            right += (net(batch).argmax(1) == wanted).sum().item()
            num_samples += len(wanted)
    print(right / num_samples)
check(loader, model)
"""
    rows = [row for row, code in findings(text) if code == "NN512"]
    assert [text.splitlines()[row - 1] for row in rows] == ["check(loader, model)"]


COLLECTED = f"""\
{TORCH}
from sklearn.metrics import accuracy_score, mean_absolute_error
guesses, answers = [], []
with torch.no_grad():
    for batch, wanted in DataLoader({{data}}, batch_size=90):
        guesses += model(batch).argmax(1).tolist()
        answers += wanted.tolist()
print({{score}}(answers, guesses))
"""


@pytest.mark.parametrize(
    ("data", "score", "found"),
    [
        ("loader.dataset", "accuracy_score", [("NN512", "warning")]),
        ("loader.dataset", "mean_absolute_error", []),
        ("TensorDataset(other, answers)", "accuracy_score", []),
    ],
)
def test_a_score_of_what_a_loop_collects_is_one_of_what_the_loop_goes_over(
    data: str, score: str, found: list[tuple[str, str]]
) -> None:
    assert severities(COLLECTED.format(data=data, score=score)) == found


def test_who_counts_after_each_epoch_in_a_loop_of_its_own_judges() -> None:
    text = TORCH.replace("for batch", "for epoch in range(9):\n  for batch")
    whole = text.replace("\n    ", "\n      ")
    counts = COUNTED.replace("\n    ", "\n      ").replace("    ", "      ", 1)
    assert severities(f"{whole}  for batch, wanted in loader:\n{counts}") == [("NN512", "warning")]


KERAS = """
import numpy as np
from sklearn.metrics import classification_report, mean_absolute_error
from tensorflow import keras
X, y, later = np.load("x.npy"), np.load("y.npy"), np.load("later.npy")
model = keras.Sequential([keras.layers.Dense(9, "relu"), keras.layers.Dense(3, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(X, y, epochs=9{more})
print({score}(y, model.predict({rows}).argmax(1)))
"""


@pytest.mark.parametrize(
    ("more", "score", "rows", "told"),
    [
        ("", "classification_report", "X", True),
        ("", "mean_absolute_error", "X", False),
        ("", "classification_report", "later", False),
        (", validation_split=0.1", "classification_report", "X", False),
    ],
)
def test_what_keras_predicts_for_its_own_rows_is_no_evaluation(
    more: str, score: str, rows: str, told: bool
) -> None:
    found = findings(KERAS.format(more=more, score=score, rows=rows))
    assert any(code == "NN512" for _, code in found) is told


def test_a_forest_may_judge_each_tree_by_the_rows_that_it_left_out() -> None:
    forest = "from sklearn.ensemble import RandomForestClassifier\n"
    fitted = "trees = RandomForestClassifier({option}).fit(X, y)\nprint(trees.score(X, y))"
    assert codes(forest + fitted.format(option="")) == ["NN512"]
    assert codes(forest + fitted.format(option="oob_score=True")) == []


@pytest.mark.parametrize(
    ("judge", "told"),
    [
        ("def judge(one, wanted):\n    return f1_score(wanted, model.predict(one))", "judge(X, y)"),
        ("def judge(one, wanted):\n    return model.score(one, wanted)", "judge(X, y)"),
        ("def judge(*_):\n    return model.score(X, y)", "    return model.score(X, y)"),
    ],
)
def test_it_is_told_where_a_function_that_judges_is_given_the_rows(judge: str, told: str) -> None:
    text = f"{IMPORTS}{judge}\nmodel = SVC().fit(X, y)\njudge(X, y)\n"
    rows = [row for row, code in findings(text) if code == "NN512"]
    assert [text.splitlines()[row - 1] for row in rows] == [told]
    within = f"{IMPORTS}def work(a, b):\n    model = SVC().fit(a, b)\n    model.score(a, b)\nwork(X, y)\n"
    assert [row for row, code in findings(within) if code == "NN512"] == [8]
