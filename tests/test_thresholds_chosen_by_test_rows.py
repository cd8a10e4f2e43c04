"""Thresholds that are picked from a curve over the rows which they are judged by."""

import pytest

from tests.abstract_programs import findings, marked

START = """\
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import (
    accuracy_score, classification_report, f1_score, precision_recall_curve, roc_auc_score, roc_curve
)
from sklearn.model_selection import train_test_split
table = pd.read_csv("cards.csv")
X, y = table.drop(columns="fraud"), table["fraud"]
X_train, X_rest, y_train, y_rest = train_test_split(X, y, stratify=y, random_state=0)
X_val, X_test, y_val, y_test = train_test_split(X_rest, y_rest, stratify=y_rest, random_state=0)
forest = RandomForestClassifier(class_weight="balanced", random_state=0).fit(X_train, y_train)
chances = forest.predict_proba(X_test)[:, 1]
val_chances = forest.predict_proba(X_val)[:, 1]
def picked(labels, scores, least=0.9):
    precision, recall, cuts = precision_recall_curve(labels, scores)
    good = np.where(precision[:-1] >= least)[0]
    best = good[np.argmax(recall[good])]
    return {"cut": cuts[best], "recall": recall[best]}
def told(labels, scores, cut):
    return f1_score(labels, (scores >= cut).astype(int))
"""
WRONG = [
    """
    miss, hit, cuts = roc_curve(y_test, chances)  # error
    cut = cuts[np.argmax(hit - miss)]
    print(classification_report(y_test, chances >= cut))
    """,
    """
    precision, recall, cuts = precision_recall_curve(y_test, chances)  # error
    f1 = 2 * precision * recall / (precision + recall)
    cut = float(cuts[f1.argmax()])
    guessed = np.where(chances > cut, 1, 0)
    print(cut, accuracy_score(y_test, guessed))
    """,
    """
    found = picked(y_test, chances)  # error
    print(told(y_test, chances, found["cut"]))
    """,
    """
    _, _, cuts = roc_curve(y_test, chances)  # error
    cut = sorted(cuts)[len(cuts) // 2]
    print(f1_score(y_test, [1 if chance > cut else 0 for chance in chances]))
    """,
    """
    found = picked(y_val, val_chances)
    print(told(y_test, chances, found["cut"]))
    again = picked(y_test, chances)  # error
    print(told(y_test, chances, again["cut"]))
    """,
    """
    best, cut = 0, 0.5
    for tried in np.linspace(0.05, 0.95, 19):
        guessed = (chances >= tried).astype(int)
        score = f1_score(y_test, guessed)  # error
        if score > best:
            best, cut = score, tried
    print(classification_report(y_test, chances >= cut))
    """,
    """
    highest = -1.0
    for tried in (0.2, 0.3, 0.4, 0.5):
        now = accuracy_score(y_test, [1 if chance > tried else 0 for chance in chances])
        now = f1_score(y_test, np.where(chances > tried, 1, 0))  # error
        if highest < now:
            highest = now
            cut = tried
    print(told(y_test, chances, cut))
    """,
    """
    cuts = np.arange(0.1, 0.9, 0.02)
    cut = cuts[np.argmax([f1_score(y_test, chances > tried) for tried in cuts])]  # error
    print(accuracy_score(y_test, chances > cut))
    """,
    """
    def highest(labels, scores):
        found = []
        for tried in np.arange(0.1, 0.9, 0.02):
            found.append((f1_score(labels, scores >= tried), tried))
        return max(found)
    score, cut = highest(y_test, chances)  # error
    print(told(y_test, chances, cut))
    """,
    """
    seen = []
    for tried in np.linspace(0.1, 0.9, 9):
        seen.append({"cut": tried, "f1": f1_score(y_test, chances >= tried)})  # error
    print(told(y_test, chances, max(seen, key=lambda each: each["f1"])["cut"]))
    """,
    """
    for name, scores in {"forest": chances, "squared": chances ** 2}.items():
        best, cut = 0, 0.5
        for tried in np.linspace(0.05, 0.95, 19):
            score = f1_score(y_test, scores >= tried)  # error
            if score > best:
                best, cut = score, tried
        print(name, accuracy_score(y_test, scores >= cut))
    """,
    """
    best, cut = 0, 0.5
    for tried in np.linspace(0.05, 0.95, 19):
        score = f1_score(y_test, chances >= tried)  # error
        if score > best:
            best, cut = score, tried
    print(f1_score(y_test, chances >= cut))
    print(f1_score(y_test, another_model(X_test) >= cut))
    """,
]
RIGHT = [
    """
    miss, hit, cuts = roc_curve(y_test, chances)
    for cut in cuts:
        print(cut, told(y_test, chances, cut))
    print([accuracy_score(y_test, chances >= cut) for cut in cuts])
    for one, other, cut in zip(miss, hit, cuts):
        print(one, other, accuracy_score(y_test, chances >= cut))
    """,
    """
    found = picked(y_val, val_chances)
    print(told(y_test, chances, found["cut"]))
    """,
    """
    miss, hit, cuts = roc_curve(y_test, chances)
    print(cuts[np.argmax(hit - miss)], roc_auc_score(y_test, chances))
    """,
    """
    miss, hit, cuts = roc_curve(y_test, chances)
    print(classification_report(y_test, chances >= 0.5))
    """,
    """
    found = picked(y_test, chances)
    later = forest.predict_proba(X_val)[:, 1]
    print(told(y_val, later, found["cut"]))
    """,
    """
    cut = picked(y_test, chances)["cut"]
    pd.Series(chances >= cut).to_csv("flagged.csv")
    print(accuracy_score(y_test, forest.predict(X_test)))
    """,
    """
    own = forest.predict_proba(X_train)[:, 1]
    cut = picked(y_train, own)["cut"]
    print(told(y_test, chances, cut))
    """,
    """
    best, cut = 0, 0.5
    for tried in np.linspace(0.05, 0.95, 19):
        score = f1_score(y_val, val_chances >= tried)
        if score > best:
            best, cut = score, tried
    print(classification_report(y_test, chances >= cut))
    """,
    """
    best, cut = 0, 0.5
    for tried in np.linspace(0.05, 0.95, 19):
        score = f1_score(y_test, chances >= tried)
        if score > best:
            best, cut = score, tried
    print("at best", best, "at", cut)
    """,
    """
    for tried in np.linspace(0.05, 0.95, 19):
        print(tried, f1_score(y_test, chances >= tried))
    print(classification_report(y_test, chances >= 0.5))
    """,
    """
    cuts = [0.3, 0.5, 0.7]
    for tried in cuts:
        print(tried, f1_score(y_test, chances >= tried))
    print(classification_report(y_test, chances >= cuts[1]))
    """,
    """
    best, cut = 0, 0.5
    for tried in np.linspace(0.05, 0.95, 19):
        score = f1_score(y_test, chances >= tried)
        if score > best:
            best, cut = score, tried
    print(classification_report(y_val, val_chances >= cut))
    """,
    """
    best, cut = 0, 0.5
    own = forest.predict_proba(X_train)[:, 1]
    for tried in np.linspace(0.05, 0.95, 19):
        score = f1_score(y_train, own >= tried)
        print(tried, accuracy_score(y_test, chances >= tried))
        if score > best:
            best, cut = score, tried
    print(classification_report(y_test, chances >= cut))
    """,
    """
    best, cut = 0, 0.5
    for tried in np.linspace(0.05, 0.95, 19):
        score = f1_score(y_test, chances >= tried)
        if score > best:
            best, cut = score, tried
    print(f1_score(y_test, chances >= cut))
    print(f1_score(y_val, another_model(X_val) >= cut))
    """,
]


def chosen(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(text) if each[1] == "NN506"]


def program(case: str) -> str:
    return START + "\n".join(line[4:] for line in case.splitlines())


@pytest.mark.parametrize("case", WRONG)
def test_the_rows_that_a_threshold_is_picked_by_judge_it(case: str) -> None:
    text = program(case)
    assert chosen(text) == marked(text, "NN506") != []


@pytest.mark.parametrize("case", RIGHT)
def test_thresholds_that_other_rows_judge_or_nothing_does(case: str) -> None:
    assert chosen(program(case)) == []


COLLECTED = """\
import numpy as np
import torch
from sklearn.metrics import confusion_matrix, f1_score, roc_curve
from torch.utils.data import DataLoader
from pictures import Pictures
net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 2))
def collected(batches):
    truth, chances = [], []
    with torch.no_grad():
        for x, y in batches:
            chances.extend(torch.softmax(net(x), dim=1)[:, 1].numpy())
            truth.extend(y.numpy())
    return np.array(truth), np.array(chances)
test_loader = DataLoader(Pictures("test"), batch_size=8)
val_loader = DataLoader(Pictures("val"), batch_size=8)
net.load_state_dict(torch.load("net.pt"))
net.eval()
def judge(batches):
    truth, chances = [], []
    with torch.no_grad():
        for x, y in batches:
            chances.extend(torch.softmax(net(x), dim=1)[:, 1].numpy())
            truth.extend(y.numpy())
    truth, chances = np.array(truth), np.array(chances)
    miss, hit, cuts = roc_curve(truth, chances)
    cut = cuts[np.argmax(hit - miss)]
    print(confusion_matrix(truth, (chances >= cut).astype(int)))
"""


def test_what_a_network_says_is_collected_before_a_threshold_is_picked() -> None:
    curve = "miss, hit, cuts = roc_curve(truth, chances)"
    text = f"{COLLECTED.replace(curve, curve + '  # error')}judge(test_loader)"
    assert chosen(text) == marked(text, "NN506") != []
    assert chosen(f"{COLLECTED}judge(val_loader)") == []
    fixed = COLLECTED.replace("chances >= cut", "chances >= 0.5")
    assert chosen(f"{fixed}judge(test_loader)") == []
    apart = """
truth, chances = collected(val_loader)
miss, hit, cuts = roc_curve(truth, chances)
cut = cuts[np.argmax(hit - miss)]
truth, chances = collected(test_loader)
print(f1_score(truth, chances >= cut))
"""
    assert chosen(COLLECTED + apart) == []
