"""Rows that are divided by slices, or by the loops that cut windows out of them, and what was learned before."""

import pytest

from tests.abstract_programs import findings

SLICES = """\
import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

def load(path, first, last, step):
    rows = pd.read_csv(path, index_col=0)[["a", "b"]]
    other = np.load("other.npy")
    rows = {scaled}
    {divided}
"""
WHOLE = "StandardScaler().fit_transform(rows)"


def told(text: str) -> list[int]:
    return [row for row, code in findings(text) if code == "NN503"]


def of_slices(divided: str, scaled: str = WHOLE) -> list[int]:
    return told(SLICES.format(scaled=scaled, divided=divided))


BESIDE = [
    "train, test = rows[:first], rows[first:]",
    "train, val = rows[:first], rows[first:last]",
    "train, test = rows[:800], rows[800:1000]",
    "train, test = rows[:800], rows[850:]",
    "train, test = rows[-900:-100], rows[-100:]",
    "train, test = rows[:-100], rows[-50:]",
    "size = 800\n    if step: size += step\n    train, test = rows[:size], rows[size : size + last]",
]


@pytest.mark.parametrize("divided", BESIDE)
def test_slices_beside_each_other_divide_rows(divided: str) -> None:
    assert of_slices(divided) == [8]


@pytest.mark.parametrize("named", ["loc", "iloc"])
def test_labels_divide_a_table_as_numbers_do(named: str) -> None:
    scaled = "(rows - rows.mean()) / rows.std()"
    first, last = ("'2015'", "'2016'") if named == "loc" else ("first", "first")
    divided = f"train, test = rows.{named}[:{first}], rows.{named}[{last}:]"
    assert of_slices(divided, scaled) == [8]
    if named == "loc":
        assert of_slices("train, test = rows.loc['2016':], rows.loc[:'2015']", scaled) == [8]
        assert not of_slices("train, test = rows.loc[:'2017'], rows.loc['2012':]", scaled)


@pytest.mark.parametrize(
    "divided",
    [
        "train, test = rows[:first], rows[last:]",
        "train, test = rows[:first], other[first:]",
        "train, test = rows[:100], rows[50:]",
        "train, test = rows[:-100], rows[50:]",
        "head, rest = rows[:first], rows[first:]",
        "train = rows[:first]\n    test = train[:last]",
        "for i in range(step):\n        train, test = rows[i : i + 24], rows[i + 24 : i + 36]",
    ],
)
def test_other_slices_need_not_be_the_sides_of_a_split(divided: str) -> None:
    assert not of_slices(divided)


@pytest.mark.parametrize("divided", BESIDE)
def test_what_is_learned_from_the_first_slice_is_right(divided: str) -> None:
    learned = "    scaler = StandardScaler().fit(train)\n    train = scaler.transform(train)\n"
    assert not told(SLICES.format(scaled="rows.values", divided=divided) + learned)


def test_a_division_that_leaves_nothing_out_is_told_once() -> None:
    divided = "train, val, test = rows[:first], rows[first:last], rows[last:]"
    assert of_slices(divided) == [8]


def test_slices_that_leave_rows_out_are_not_the_whole_when_put_together() -> None:
    again = "both = np.concatenate([rows[:first], rows[first:last]])\n"
    split = "    train, test = both[:step], rows[last:]\n"
    assert of_slices(again + split, "rows.values") == []


GROUPS = """\
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.preprocessing import StandardScaler
table = pd.read_csv("table.csv")
columns = ["a", "b"]
{behind}
"""
FITTED = """\
scalers = {}
for shop, rows in table.groupby("shop"):
    scaler = StandardScaler()
    scaler.fit(rows[columns])
    scalers[shop] = scaler
parts = []
for name, rows in table.groupby("shop"):
    rows = rows.sort_values("day")
    parts.append(scalers[name].transform(rows[columns]))
"""
AT_ONCE = """\
parts = []
for shop, rows in table.groupby(["shop"]):
    rows[columns] = StandardScaler().fit_transform(rows[columns])
    parts.append(rows)
table = pd.concat(parts)
"""


@pytest.mark.parametrize(
    ("behind", "line"),
    [
        (f"{FITTED}train, test = train_test_split(parts)", 9),
        (f"{AT_ONCE}train, test = train_test_split(table)", 8),
    ],
)
def test_each_group_may_have_a_transformer_that_has_seen_both_sides(behind: str, line: int) -> None:
    assert told(GROUPS.format(behind=behind)) == [line]


BY_HAND = AT_ONCE.replace(
    "StandardScaler().fit_transform(rows[columns])",
    "(rows[columns] - rows[columns].mean()) / rows[columns].std()",
)
OF_TRAINING = """\
train, test = [], []
for shop, rows in table.groupby("shop"):
    first, last = train_test_split(rows[columns])
    scaler = StandardScaler().fit(first)
    train.append(scaler.transform(first))
    test.append(scaler.transform(last))
"""


@pytest.mark.parametrize(
    "behind",
    [
        f"{AT_ONCE}a, b = next(GroupShuffleSplit(1).split(table, groups=table['shop']))",
        f"{AT_ONCE}train, test = table[:5000], table[5000:]",
        f"{AT_ONCE}known = table['shop'].isin(range(9))\ntrain, test = table[known], table[~known]",
        f"{BY_HAND}train, test = train_test_split(table)",
        OF_TRAINING,
    ],
)
def test_a_group_that_is_held_out_as_a_whole_may_be_known(behind: str) -> None:
    assert not told(GROUPS.format(behind=behind))


PAIRS = """\
import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch.utils.data import Dataset, random_split

class Windows(Dataset):
    def __init__(self, rows, scaler):
        self.pairs = []
        rows = scaler.transform(rows)
        for i in range(len(rows) - 30):
            self.pairs.append((torch.tensor(rows[i : i + 29]), torch.tensor(rows[i + 29])))
    def __len__(self):
        return len(self.pairs)
    def __getitem__(self, i):
        return self.pairs[i]

rows, old = np.load("rows.npy"), np.load("old.npy")
scaler = StandardScaler()
scaler.fit({learned})
train, val = random_split(Windows(rows, scaler), [0.8, 0.2])
"""


def test_samples_that_lie_in_a_list_beside_their_labels_are_known() -> None:
    assert told(PAIRS.format(learned="rows")) == [19]
    assert not told(PAIRS.format(learned="old"))


LOOPS = """\
import numpy as np
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
table = pd.read_csv("prices.csv")[["close"]]
prices = table.values
boundary = int(0.8 * len(prices))
{before}
scaled = {scaled}
x_train, y_train, x_test, y_test = [], [], [], []
{loops}
x_train, x_test = np.array(x_train), np.array(x_test)
"""
ALL_PRICES = "MinMaxScaler().fit_transform(prices)"
SIDES = """\
for i in range(60, boundary):
    x_train.append(scaled[i - 60 : i, 0])
    y_train.append(scaled[i, 0])
for i in range({}):
    x_test.append({}[i - 60 : i, 0])
    y_test.append(scaled[i, 0])
"""

LISTS = """\
x_train = [scaled[i - 60 : i] for i in range(60, 900)]
x_test = [scaled[i - 60 : i] for i in range(900, 1000)]
"""


def of_loops(loops: str, scaled: str = ALL_PRICES, before: str = "") -> list[int]:
    return told(LOOPS.format(scaled=scaled, loops=loops, before=before))


@pytest.mark.parametrize(
    "loops",
    [
        SIDES.format("boundary, len(scaled)", "scaled"),
        SIDES.format("boundary + 60, len(scaled)", "scaled"),
        LISTS,
    ],
)
def test_loops_behind_each_other_divide_a_series(loops: str) -> None:
    assert of_loops(loops) == [8]


@pytest.mark.parametrize(
    "loops",
    [
        SIDES.format("60, len(scaled)", "scaled"),
        SIDES.format("boundary, len(scaled)", "np.load('other.npy')"),
        SIDES.format("boundary, len(scaled)", "scaled").replace("x_", "in_"),
        SIDES.format("boundary, len(scaled)", "scaled").replace("x_train", "x_all"),
        SIDES.format("30, boundary", "scaled"),
    ],
)
def test_other_loops_are_not_the_sides_of_a_split(loops: str) -> None:
    loops = f"in_train, in_test = [], []\nx_all = []\n{loops}"
    assert not of_loops(loops)


def test_what_is_learned_before_the_boundary_is_right_for_both_loops() -> None:
    sides = SIDES.format("boundary, len(scaled)", "scaled")
    assert not of_loops(sides, "MinMaxScaler().fit(prices[:boundary]).transform(prices)")


UP_TO = """\
for i in range(60, len(train)):
    x_train.append(scaled[i - 60 : i, 0])
    y_train.append(scaled[i, 0])
"""
DIVIDED = "train, valid = prices[:1000], prices[1000:]"


def test_a_loop_may_count_up_to_where_a_part_ends_that_was_taken_before() -> None:
    assert of_loops(UP_TO, before=DIVIDED) == [8]
    assert of_loops(UP_TO.replace("len(train)", "1000"), before=DIVIDED) == [8]
    assert not of_loops(UP_TO.replace("len(train)", "len(scaled)"), before=DIVIDED)
    assert not of_loops(UP_TO, before=DIVIDED.replace("valid", "rest"))
    of_train = "MinMaxScaler().fit(train).transform(prices)"
    assert not of_loops(UP_TO, of_train, before=DIVIDED)


TOGETHER = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import MinMaxScaler
train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
y_train, y_test = train.pop("y"), test.pop("y")
size = len(train)
both = pd.concat([train, test])
both = MinMaxScaler().fit_transform(both)
X_train, X_test = both[:size], both[size:]
model = LogisticRegression().fit(X_train, y_train)
{end}
"""


@pytest.mark.parametrize(
    "end",
    ["print(model.score(X_test, y_test))", "print(accuracy_score(y_test, model.predict(X_test)))"],
)
def test_rows_put_together_and_taken_apart_may_not_judge_a_model(end: str) -> None:
    assert told(TOGETHER.format(end=end)) == [9]


@pytest.mark.parametrize(
    "end",
    [
        "pd.Series(model.predict(X_test)).to_csv('answers.csv')",
        "print(model.score(X_train, y_train))",
        "answers = model.predict_proba(X_test)[:, 1]",
    ],
)
def test_rows_that_are_only_asked_about_may_be_known(end: str) -> None:
    assert not told(TOGETHER.format(end=end))


ASKED_FOR = """\
import numpy as np
import tensorflow as tf

def windows(rows, targets, start, end, history):
    data, labels = [], []
    start = start + history
    if end is None:
        end = len(rows) - 10
    for i in range(start, end):
        indices = range(i - history, i{step})
        data.append(rows[indices])
        labels.append(targets[i + 10])
    return np.array(data), np.array(labels)

rows = np.load("rows.npy")
rows = (rows - {of}.mean(axis=0)) / {of}.std(axis=0)
x_train, y_train = windows(rows, rows[:, 1], 0, 30000, 720)
x_val, y_val = windows(rows, rows[:, 1], {first}, None, 720)
"""


@pytest.mark.parametrize("step", ["", ", 6"])
def test_a_range_of_numbers_takes_what_a_slice_takes(step: str) -> None:
    def of(rows: str, first: str = "30000") -> list[int]:
        return told(ASKED_FOR.format(step=step, of=rows, first=first))

    assert of("rows") == [16]
    assert not of("rows[:30000]")
    assert not of("rows", first="0")


def test_every_second_row_is_no_slice() -> None:
    divided = "train, test = rows[range(0, 1000, 2)], rows[range(1, 1000, 2)]"
    assert not findings(SLICES.format(scaled=WHOLE, divided=divided))
    assert of_slices("train, test = rows[range(800)], rows[range(800, 1000)]", f"{WHOLE}") == [8]


APPLIED = """\
def scaled(rows):
    rows[columns] = {scaler}
    return rows
table = table.groupby("shop").apply(scaled)
"""


def test_a_function_may_be_applied_to_each_group() -> None:
    own = APPLIED.format(scaler="StandardScaler().fit_transform(rows[columns])")
    by_hand = APPLIED.format(scaler="rows[columns] - rows[columns].mean()")
    at_random = "train, test = train_test_split(table)"
    by_shop = "a, b = next(GroupShuffleSplit(1).split(table, groups=table['shop']))"
    assert told(GROUPS.format(behind=own + at_random)) == [7]
    assert not told(GROUPS.format(behind=own + by_shop))
    assert not told(GROUPS.format(behind=by_hand + at_random))
