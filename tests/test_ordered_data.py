"""Rows whose order means something, and how they are divided."""

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.rulebook import rulebook
from tests.abstract_programs import findings, marked

IMPORTS = """\
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GroupShuffleSplit, KFold, ShuffleSplit, TimeSeriesSplit, cross_val_score, train_test_split
)
table = pd.read_csv("table.csv")
"""


def count(text: str) -> int:
    return sum(code == "NN511" for _, code in findings(IMPORTS + text))


LAG = "table['lag'] = table['price'].shift(1)\ntable = table.dropna()\n"
ROLLING = "table['mean'] = table['price'].rolling(7).mean()\n"
SORTED = "table = table.sort_values(by='date')\n"


@pytest.mark.parametrize(
    ("order", "severity"), [(SORTED, "info"), (LAG, "warning"), (SORTED + LAG, "warning")]
)
def test_rows_that_know_of_those_before_them_say_more_than_sorted_ones(
    order: str, severity: str
) -> None:
    source = Source(f"{IMPORTS}{order}A, B = train_test_split(table)", "program.py")
    rules = [each for each in rulebook("code").rules if each.code == "NN511"]
    found = analyze(source, Project([source]), rules).findings
    assert [each.severity.value for each in found] == [severity]


@pytest.mark.parametrize("order", [LAG, ROLLING, SORTED])
@pytest.mark.parametrize(
    "split",
    [
        "A, B = train_test_split(table)",
        "A, B = train_test_split(table, shuffle=True)",
        "for a, b in KFold(5, shuffle=True).split(table):\n    print(a)",
        "for a, b in ShuffleSplit(5).split(table):\n    print(a)",
        "cross_val_score(Ridge(), table[['a']], table['b'], cv=KFold(3, shuffle=True))",
    ],
)
def test_rows_with_an_order_are_not_divided_at_random(order: str, split: str) -> None:
    assert count(order + split) == 1
    assert count(split) == 0


@pytest.mark.parametrize("order", [LAG, ROLLING, SORTED])
@pytest.mark.parametrize(
    "split",
    [
        "A, B = train_test_split(table, shuffle=False)",
        "A, B = train_test_split(table, shuffle=chosen)",
        "for a, b in KFold(5).split(table):\n    print(a)",
        "for a, b in TimeSeriesSplit(5).split(table):\n    print(a)",
        "for a, b in GroupShuffleSplit(5).split(table, groups=groups):\n    print(a)",
        "cross_val_score(Ridge(), table[['a']], table['b'], cv=5)",
        "other = pd.read_csv('other.csv')\nA, B = train_test_split(other)",
    ],
)
def test_splits_that_keep_the_order_are_fine(order: str, split: str) -> None:
    assert count(order + split) == 0


WINDOWS = """\
import numpy as np
import torch
from torch.utils.data import TensorDataset, random_split
def windows(data, length):
    xs = []
    for i in range(len(data) - length):
        xs.append(data[i : i + length])
    return np.array(xs)
series = np.load("series.npy")
"""


@pytest.mark.parametrize(
    "text",
    [
        "X = windows(series, 24)\nA, B = train_test_split(X)  # error",
        (
            "X = np.stack([series[i : i + 9] for i in range(len(series) - 9)])\n"
            "A, B = random_split(TensorDataset(torch.tensor(X).unsqueeze(-1)), [0.8, 0.2])  # error"
        ),
        (
            "X, y = [], []\nfor i in range(60, len(series)):\n    X.append(series[i - 60 : i, 0])\n"
            "    y.append(series[i, 0])\nA, B = train_test_split(np.array(X), np.array(y))  # error"
        ),
        (
            "X = []\nfor i in range(59, len(series)):\n    X.append(series[i - 59 : i + 1])\n"
            "A, B = train_test_split(np.array(X))  # error"
        ),
    ],
)
def test_windows_of_a_series_overlap(text: str) -> None:
    whole = f"{IMPORTS}{WINDOWS}{text}\n"
    found = [each for each in findings(whole) if each[1] == "NN511"]
    assert found == marked(whole, "NN511") != []


@pytest.mark.parametrize(
    "text",
    [
        "X = windows(series, 24)\nA, B = train_test_split(X, shuffle=False)",
        "for i in range(0, len(series), 32):\n    batch = series[i : i + 32]\nA, B = train_test_split(series)",
        "for i in range(9):\n    batch = series[i * 32 : (i + 1) * 32]\nA, B = train_test_split(series)",
        "rows = [series[i : i + 1] for i in range(len(series))]\nA, B = train_test_split(series)",
    ],
)
def test_batches_of_rows_are_no_windows(text: str) -> None:
    whole = f"{IMPORTS}{WINDOWS}{text}\n"
    assert not [each for each in findings(whole) if each[1] == "NN511"]


GROUPS = """\
import numpy as np
random = np.random.default_rng(3)
"""


@pytest.mark.parametrize(
    "text",
    [
        "table['usual'] = table.groupby('patient_id')['pulse'].transform('mean')\nA, B = train_test_split(table)",
        "table['before'] = table.groupby('shop').sales.shift(1)\nA, B = train_test_split(table)",
        "A, B = train_test_split(table.sort_values(['patient_id', 'slice']))",
        (
            "speech = pd.DataFrame({'speaker': random.integers(0, 20, 600)})\n"
            "A, B = train_test_split(speech.drop(columns='speaker'))"
        ),
        (
            "subject = np.repeat(np.arange(20), 30)\nX = random.normal(size=(20, 4))[subject]\n"
            "cross_val_score(Ridge(), X, subject % 2, cv=KFold(5, shuffle=True))"
        ),
        (
            "def cut(recordings):\n    windows = []\n    for recording, kind in recordings:\n"
            "        for start in range(0, len(recording) - 100, 25):\n"
            "            windows.append(recording[start : start + 100])\n"
            "    return train_test_split(np.array(windows))"
        ),
    ],
)
def test_rows_of_one_person_are_not_torn_apart(text: str) -> None:
    assert count(GROUPS + text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "print(table.groupby('patient_id').size())\nA, B = train_test_split(table['patient_id'].unique())",
        "per_patient = table.groupby('patient_id').mean()\nA, B = train_test_split(per_patient)",
        "table.groupby('town')['rent'].mean()\nA, B = train_test_split(table)",
        "A, B = train_test_split(table.drop(columns='user_id'))",
        "print(table.groupby('subject').text.count())\nA, B = train_test_split(table)",
        "table['usual'] = table.groupby('user_id')['rating'].transform('mean')\nA, B = train_test_split(table)",
        "table['group'] = random.integers(0, 2, 600)\nA, B = train_test_split(table)",
        "A, B = train_test_split(table.sort_values('patient_id'))",
        (
            "visits = table.sort_values(['patient_id', 'day'])\n"
            "A, B = train_test_split(visits.drop_duplicates('patient_id', keep='last'))"
        ),
        (
            "visits = table.sort_values(['patient_id', 'day'])\n"
            "A, B = train_test_split(visits['patient_id'].unique())"
        ),
        (
            "print(table.groupby('patient_id').size())\n"
            "for a, b in GroupShuffleSplit(5).split(table, groups=table['patient_id']):\n    print(a)"
        ),
        (
            "def cut(recordings):\n    windows = []\n    for recording in recordings:\n"
            "        for start in range(0, len(recording) - 100, 100):\n"
            "            windows.append(recording[start : start + 100])\n"
            "    return train_test_split(np.array(windows))"
        ),
    ],
)
def test_persons_may_be_divided_and_rows_of_which_each_is_its_own(text: str) -> None:
    assert count(GROUPS + text) == 0


PATIENTS = "scans = pd.read_csv('scans.csv')\n"


@pytest.mark.parametrize(
    "counted",
    [
        "print(scans['patient_id'].nunique())",
        "print(len(scans['patient_id'].unique()))",
        "print(scans.patient_id.value_counts())",
        "print(len(scans), len(set(scans['patient_id'])))",
    ],
)
def test_whoever_counts_the_patients_knows_that_they_have_several_rows(counted: str) -> None:
    assert count(f"{PATIENTS}{counted}\nA, B = train_test_split(scans)") == 1
    assert count(f"{PATIENTS}{counted}\nA, B = train_test_split(scans, shuffle=False)") == 0


@pytest.mark.parametrize(
    "text",
    [
        "assert scans['patient_id'].nunique() == len(scans)\nA, B = train_test_split(scans)",
        "print(scans['town'].nunique())\nA, B = train_test_split(scans)",
        (
            "print(scans['patient_id'].nunique())\n"
            "A, B = train_test_split(scans.drop_duplicates(subset='patient_id'))"
        ),
        "A, B = train_test_split(scans['patient_id'].unique())",
    ],
)
def test_patients_of_one_row_each_may_be_divided(text: str) -> None:
    assert count(PATIENTS + text) == 0


def test_speakers_of_a_hub_data_set_are_not_torn_apart() -> None:
    text = """
from datasets import load_dataset
speech = load_dataset("csv", data_files="speech.csv")["train"]
print(len(speech.unique("speaker_id")))
parts = speech.train_test_split(test_size=0.1)
"""
    assert count(text) == 1


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("heard = speech.filter(lambda each: each['speaker'] in some)", 0),
        ("print(some)", 1),
    ],
)
def test_a_list_of_speakers_by_which_recordings_are_chosen_may_be_divided(
    chosen: str, told: int
) -> None:
    text = f"""
import pandas as pd
from datasets import Dataset, load_dataset
speech = load_dataset("csv", data_files="speech.csv")["train"]
people = Dataset.from_pandas(pd.read_csv("people.csv"))
parts = people.train_test_split(test_size=0.1)
some = parts["train"].unique("speaker")
{chosen}
"""
    assert count(text) == told


DATA_SET = """\
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Subset, SubsetRandomSampler, random_split
class Windows(Dataset):
    def __init__(self, series, length=24):
        self.series, self.length = series, length
    def __len__(self):
        return len(self.series) - self.length
    def __getitem__(self, index):
        return self.series[{start} : {stop}]
series = {series}
windows = Windows(series)
count = int(0.8 * len(windows))
"""
SLIDING = {"start": "index", "stop": "index + self.length"}
BLOCKS = {"start": "index * self.length", "stop": "(index + 1) * self.length"}
RANDOM = [
    "A, B = random_split(windows, [0.8, 0.2])",
    (
        "order = torch.randperm(len(windows)).tolist()\n"
        "train, test = Subset(windows, order[:count]), Subset(windows, order[count:])"
    ),
    (
        "order = list(range(len(windows)))\nnp.random.shuffle(order)\n"
        "train_order, test_order = order[:count], order[count:]\n"
        "train = DataLoader(windows, sampler=SubsetRandomSampler(train_order))\n"
        "test = DataLoader(windows, sampler=SubsetRandomSampler(test_order))"
    ),
]


@pytest.mark.parametrize("split", RANDOM)
@pytest.mark.parametrize("series", ["np.load('a.npy')", "torch.sin(torch.arange(700)) + 1"])
def test_a_data_set_of_overlapping_windows_is_not_divided_at_random(
    split: str, series: str
) -> None:
    assert count(DATA_SET.format(series=series, **SLIDING) + split) == 1
    assert count(DATA_SET.format(series=series, **BLOCKS) + split) == 0


def test_windows_may_be_divided_in_their_order() -> None:
    text = (
        "train = Subset(windows, range(count))\ntest = Subset(windows, range(count, len(windows)))"
    )
    assert count(DATA_SET.format(series="np.load('a.npy')", **SLIDING) + text) == 0


@pytest.mark.parametrize(
    "windows",
    [
        "X = np.lib.stride_tricks.sliding_window_view(series, 25)",
        "X = torch.tensor(series).unfold(0, 25, 1)",
        (
            "X = np.zeros((len(series) - 9, 9))\n"
            "for i in range(len(X)):\n    X[i] = series[i : i + 9]"
        ),
    ],
)
def test_windows_by_any_name_overlap(windows: str) -> None:
    start = "import numpy as np\nimport torch\nseries = np.load('a.npy')\n"
    assert count(f"{start}{windows}\nA, B = train_test_split(X)") == 1
    assert count(f"{start}{windows}\nA, B = train_test_split(X, shuffle=False)") == 0


def test_windows_that_do_not_overlap_may_be_divided_at_random() -> None:
    start = "import numpy as np\nimport torch\nseries = torch.tensor(np.load('a.npy'))\n"
    assert count(f"{start}X = series.unfold(0, 25, 25)\nA, B = train_test_split(X)") == 0


@pytest.mark.parametrize(
    ("divided", "told"),
    [
        ("train = table.sample(frac=0.8)\ntest = table.drop(train.index)", 1),
        ("table = table.sample(frac=1)\ntrain, test = table[:500], table[500:]", 1),
        ("mask = np.random.rand(len(table)) < 0.8\ntrain, test = table[mask], table[~mask]", 1),
        ("mask = table['year'] < 2020\ntrain, test = table[mask], table[~mask]", 0),
        ("train, test = table[:500], table[500:]", 0),
    ],
)
def test_rows_are_divided_at_random_by_hand(divided: str, told: int) -> None:
    lag = "import numpy as np\ntable['lag'] = table['price'].shift(1)\n"
    assert count(lag + divided) == told


def test_earlier_columns_beside_each_other_are_a_series_and_no_copies() -> None:
    text = """
earlier = [table.shift(step).add_suffix(f"_{step}") for step in range(3, 0, -1)]
table = pd.concat(earlier + [table], axis=1).dropna()
X, X_test, y, y_test = train_test_split(table.drop(columns="price"), table["price"])
"""
    assert count(text) == 1
    assert not any(code == "NN501" for _, code in findings(IMPORTS + text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "A, B = train_test_split(scans)\nprint(A.patient_id.nunique(), B.patient_id.nunique())",
            1,
        ),
        ("A, B = train_test_split(scans)\nassert not set(A.patient_id) & set(B.patient_id)", 0),
        ("print(scans.groupby('subject').size())\nA, B = train_test_split(scans)", 1),
        ("print(scans['subject'].value_counts())\nA, B = train_test_split(scans)", 1),
        ("print(scans['subject'].value_counts())\nA, B = train_test_split(scans[['title']])", 0),
    ],
)
def test_patients_may_be_counted_in_the_parts_and_subjects_of_texts_are_none(
    text: str, told: int
) -> None:
    assert count(PATIENTS + text) == told


SUBJECTS = """\
names = {name: number for number, name in enumerate(table["subject"].unique())}
table["subject"] = table["subject"].map(names)
A, B = train_test_split(table, random_state=0)
"""


def test_a_subject_that_is_to_be_predicted_owns_no_rows() -> None:
    assert count(SUBJECTS + "Ridge().fit(A[['age', 'pulse']], A['outcome'])\n") == 1
    assert count(SUBJECTS + "Ridge().fit(A[['age', 'pulse']], A['subject'])\n") == 0


FOREST = """
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GridSearchCV, RepeatedKFold
import numpy as np
"""


@pytest.mark.parametrize(
    "text",
    [
        "lags = pd.DataFrame({f'l{k}': table['load'].shift(k) for k in range(1, 4)})\nA, B = train_test_split(lags)",
        "table['change'] = table['load'].pct_change() * 100\nA, B = train_test_split(table)",
        "table['change'] = table['load'].diff().fillna(0)\nA, B = train_test_split(table)",
        "table = table.assign(before=lambda each: each['load'].shift(1))\nA, B = train_test_split(table)",
        "table['usual'] = table['load'].expanding().mean()\nA, B = train_test_split(table)",
        LAG + "cross_val_score(Ridge(), table[['lag']], table['price'], cv=ShuffleSplit(4))",
        LAG + "cross_val_score(Ridge(), table[['lag']], table['price'], cv=RepeatedKFold())",
        (
            LAG + "search = GridSearchCV(Ridge(), {'alpha': [1, 9]}, cv=KFold(5, shuffle=True))\n"
            "search.fit(table[['lag']], table['price'])"
        ),
    ],
)
def test_columns_of_earlier_rows_come_about_in_many_ways(text: str) -> None:
    assert count(FOREST + text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "table['growth'] = table[['may', 'june']].pct_change(axis=1)['june']\nA, B = train_test_split(table)",
        "print((table['number'].diff() != 1).sum())\nA, B = train_test_split(table)",
        LAG + "cross_val_score(Ridge(), table[['lag']], table['price'], cv=KFold(4))",
        (
            LAG + "search = GridSearchCV(Ridge(), {'alpha': [1, 9]}, cv=TimeSeriesSplit(5))\n"
            "search.fit(table[['lag']], table['price'])"
        ),
    ],
)
def test_columns_beside_each_other_and_gaps_that_are_looked_for_have_no_order(text: str) -> None:
    assert count(FOREST + text) == 0


SHIFTED = """
import numpy as np
series = np.loadtxt("load.txt")
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("X = np.column_stack([series[2:-1], series[1:-2]])\nA, B = train_test_split(X)", 1),
        ("X = np.stack([series[:-2], series[1:-1]], axis=1)\nA, B = train_test_split(X)", 1),
        ("a, b, c, d = train_test_split(series[:-6], series[6:])", 1),
        ("before = np.roll(series, 1)\na, b, c, d = train_test_split(before, series)", 1),
        ("a, b, c, d = train_test_split(series[:-6], series[6:], shuffle=False)", 0),
        ("X = np.column_stack([series[:500], series[500:]])\nA, B = train_test_split(X)", 0),
        ("X = np.column_stack([series[:-1, 0], series[:-1, 1]])\nA, B = train_test_split(X)", 0),
        ("turned = np.roll(series, 1, axis=1)\nA, B = train_test_split(turned)", 0),
    ],
)
def test_a_series_beside_itself_some_steps_later_has_an_order(text: str, told: int) -> None:
    assert count(SHIFTED + text) == told


FEATURES = """
import numpy as np
def features(window):
    return [window.mean(), np.abs(np.fft.rfft(window)).argmax()]
series, kinds = np.load("series.npy"), np.load("kinds.npy")
rows = []
{loop}
A, B = train_test_split({table})
"""
EACH = "for start in range(0, len(series) - 200, {stride}):\n    window = series[start : start + 200]\n"


@pytest.mark.parametrize(
    ("row", "table"),
    [
        ("{'mean': window[:, 0].mean(), 'kind': kinds[start]}", "pd.DataFrame(rows)"),
        ("features(window)", "np.array(rows)"),
    ],
)
@pytest.mark.parametrize(("stride", "told"), [(20, 1), (200, 0)])
def test_what_is_computed_of_windows_that_overlap_has_an_order(
    row: str, table: str, stride: int, told: int
) -> None:
    loop = EACH.format(stride=stride) + f"    rows.append({row})"
    assert count(FEATURES.format(loop=loop, table=table)) == told


def test_a_list_of_what_windows_say_is_as_good_as_a_loop() -> None:
    loop = "rows = [features(series[s : s + 200]) for s in range(0, len(series) - 200, 50)]"
    assert count(FEATURES.format(loop=loop, table="np.array(rows)")) == 1


def test_what_all_windows_of_a_recording_say_together_is_one_row() -> None:
    loop = """
for number in range(len(series)):
    highest = []
    for start in range(0, 900, 20):
        highest.append(series[number][start : start + 200].max())
    rows.append([np.mean(highest), np.max(highest)])
"""
    assert count(FEATURES.format(loop=loop, table="np.array(rows)")) == 0


JUDGED_BY_PERSON = """\
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import {splitter}, cross_val_predict
table = pd.read_csv("voices.csv")
person, wanted = table["{column}"], table["score"]
inputs = table.drop(columns=["{column}", "score"])
folds = {splitter}({options})
guess = cross_val_predict(RandomForestRegressor(random_state=0), inputs, wanted, cv=folds{more})
print((wanted - guess).abs().groupby(person).mean())
"""


@pytest.mark.parametrize(
    ("column", "splitter", "options", "more", "is_told"),
    [
        ("patient_id", "KFold", "5, shuffle=True, random_state=0", "", True),
        ("subject#", "KFold", "5, shuffle=True, random_state=0", "", True),
        ("town", "KFold", "5, shuffle=True, random_state=0", "", False),
        ("patient_id", "GroupKFold", "5", ", groups=person", False),
    ],
)
def test_who_judges_person_by_person_knows_that_they_have_several_rows(
    column: str, splitter: str, options: str, more: str, is_told: bool
) -> None:
    text = JUDGED_BY_PERSON.format(column=column, splitter=splitter, options=options, more=more)
    assert ("NN511" in {code for _, code in findings(text)}) is is_told


FOLDS = """
table["before"] = table["price"].shift(1)
table = table.dropna()
X, y = table[["before", "open"]].values, table["price"].values
mixed = KFold(5, shuffle=True)
{used}
"""
FITTED = """
for rows, rest in {folds}:
    model = Ridge().fit(X[rows], y[rows])
    print(model.score(X[rest], y[rest]))
"""
JUDGED = """
def judged(folds):
    for rows, rest in folds:
        model = Ridge().fit(X[rows], y[rows])
        print(model.score(X[rest], y[rest]))
judged(mixed.split(X))
judged({other})
"""


@pytest.mark.parametrize(
    ("used", "told"),
    [
        (FITTED.format(folds="mixed.split(X)"), 1),
        ("folds = list(mixed.split(X))" + FITTED.format(folds="TimeSeriesSplit(5).split(X)"), 0),
        (
            "folds = {'time': list(TimeSeriesSplit(5).split(X)), 'mixed': list(mixed.split(X))}"
            + FITTED.format(folds="folds['time']"),
            0,
        ),
        ("print(cross_val_score(Ridge(), X, y, cv=mixed))\nRidge().fit(X, y)", 1),
        (
            "for cv in (mixed, TimeSeriesSplit(5)):\n    print(cross_val_score(Ridge(), X, y, cv=cv))",
            0,
        ),
        (JUDGED.format(other="TimeSeriesSplit(5).split(X)"), 0),
        (JUDGED.format(other="KFold(9, shuffle=True).split(X)"), 2),
    ],
)
def test_rows_are_divided_at_random_to_learn_from_and_not_to_compare(used: str, told: int) -> None:
    assert count(FOLDS.format(used=used)) == told


COUNTED = "counts = table.groupby('lesion_id').size()\nonce = counts[counts == 1].index\n"
MARKED = """
def mark(table):
    alone = table.groupby("lesion_id").count()
    alone = alone[alone["image_id"] == 1]
    table["how"] = table["lesion_id"].apply(lambda each: each in list(alone.index))
    return table

few = mark(table)
few = few[few["how"] == True]
A, B = train_test_split(few, stratify=few["kind"])
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{COUNTED}few = table[table['lesion_id'].isin(once)]\nA, B = train_test_split(few)", 0),
        (
            (
                "counts = table['lesion_id'].value_counts()\n"
                "few = table[table['lesion_id'].isin(counts[counts == 1].index)]\n"
                "A, B = train_test_split(few)"
            ),
            0,
        ),
        (
            (
                "few = table[table.groupby('lesion_id')['kind'].transform('count') == 1]\n"
                "A, B = train_test_split(few)"
            ),
            0,
        ),
        (MARKED, 0),
        (
            (
                "few = table[table.groupby('lesion_id')['age'].transform('mean') == 1]\n"
                "A, B = train_test_split(few)"
            ),
            1,
        ),
        (f"{COUNTED}A, B = train_test_split(table)", 1),
        (f"{COUNTED}A, B = train_test_split(table[:5000])", 1),
        (
            (
                "print(table.groupby('lesion_id').size())\n"
                "few = table[table['kind'] == 1]\nA, B = train_test_split(few)"
            ),
            1,
        ),
    ],
)
def test_rows_of_which_each_is_the_only_one_of_its_group_may_be_divided(
    text: str, told: int
) -> None:
    assert count(text) == told
