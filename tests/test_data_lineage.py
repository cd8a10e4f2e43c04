"""Where samples come from, and what divides them."""

from textwrap import dedent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.events import RowsSplit
from advisor.code.library.lineages.reading import collected
from advisor.code.sources import Source
from advisor.code.values import RowSet, Unknown
from tests.abstract_programs import program
from tests.data_programs import IMPORTS, RULES, SPLIT, flagged, lines_of

# --- what divides rows ----------------------------------------------------------------------

DIVISIONS = [
    "train_test_split(X, y, test_size=0.2, stratify=y)",
    "cross_val_score(LogisticRegression(), X, y, cv=5)",
    "GridSearchCV(LogisticRegression(), {}).fit(X, y)",
    "[(X[train], X[test]) for train, test in KFold(5).split(X)]",
    "train, test = next(StratifiedShuffleSplit().split(X, y))",
    "random_split(TensorDataset(torch.tensor(X)), [800, 200])",
    "X_train, X_test = X[:800], X[800:]",
    "n = int(0.8 * len(X)); X_train, X_test = X[0:n], X[n:len(X)]",
    "X_train, X_val, X_test = X[:600], X[600:800], X[800:]",
    "X_train, X_test = np.split(X, [800])",
    "train, test = train_test_split(np.arange(len(X))); X_train, X_test = X[train], X[test]",
    "i = np.random.permutation(len(X)); train, test = i[:9], i[9:]; X_train, X_test = X[train], X[test]",
    "f = pd.DataFrame(X); train = f.sample(frac=0.8); test = f.drop(train.index)",
    "f = pd.DataFrame(X); m = np.random.rand(len(f)) < 0.8; train, test = f[m], f[~m]",
    "f = pd.DataFrame(X); train, test = f[f.year < 2020], f[f.year >= 2020]",
    "f = pd.DataFrame(X); train, test = f.query('year < 2020'), f.query('year >= 2020')",
    "f = pd.DataFrame(X); train, test = f.query('kind == \"a\"'), f.query('kind != \"a\"')",
    "f = pd.DataFrame(X); train, test = f[f.label.notnull()], f[f.label.isnull()]",
    "f = pd.DataFrame(X); train, test = f[f.for_training], f[~f.for_training]",
    "model.fit(X, y, validation_split=0.2)",
]


@pytest.mark.parametrize("division", DIVISIONS)
def test_rows_are_divided_by(division: str) -> None:
    scaled = "X = StandardScaler().fit_transform(X)"
    assert lines_of(f"{scaled}\n{division}", "NN503") == [scaled]


@pytest.mark.parametrize(
    "use",
    [
        "first, second = X[:800], X[800:]",
        "X_train = X[:800]; small = X[:10]",
        "X_train, X_test = X[:, :3], X[:, 3:]",
        "women, men = table[table.sex == 'f'], table[table.sex == 'm']",
        "inputs, targets = X[:-1], X[1:]",
        "LogisticRegression().fit(X, y)",
        "GridSearchCV(KernelDensity(), {}).fit(X)",
        "model.fit(X, y, validation_data=(X, y))",
    ],
)
def test_rows_are_not_divided_by(use: str) -> None:
    assert flagged(f"X = StandardScaler().fit_transform(X)\n{use}") == []


def test_folds_inside_of_which_everything_is_fitted_are_right() -> None:
    text = """
    X = X.values
    for train, test in KFold(5).split(X, y):
        scaler = StandardScaler()
        X_train, X_test = scaler.fit_transform(X[train]), scaler.transform(X[test])
        print(LogisticRegression().fit(X_train, y[train]).score(X_test, y[test]))
    """
    assert flagged(text) == []


def test_choosing_a_model_on_scaled_training_rows_is_tolerated() -> None:
    scaled = f"{SPLIT}\nX_train = StandardScaler().fit_transform(X_train)\n"
    assert flagged(scaled + "GridSearchCV(LogisticRegression(), {}).fit(X_train, y_train)") == []
    assert flagged(scaled + "model.fit(X_train, y_train, validation_split=0.1)") == []
    assert flagged(scaled + "cross_val_predict(LogisticRegression(), X_train, y_train)") == []
    sliced = "X_train, X_test, y_train = X[:900], X[900:], y[:900]\nX_train = X_train.astype(float)"
    sliced += "\nX_train = StandardScaler().fit_transform(X_train)\n"
    assert flagged(sliced + "cross_val_score(LogisticRegression(), X_train, y_train)") == []
    again = scaled + "train, validation = train_test_split(X_train)"
    assert len(flagged(again)) == 1
    by_file = """
    train = pd.read_csv("train.csv")
    scaled = StandardScaler().fit_transform(train)
    model.fit(scaled, y, validation_split=0.1)
    """
    assert flagged(by_file) == []
    before = f"X = StandardScaler().fit_transform(X)\n{SPLIT}\n"
    assert len(flagged(before + "model.fit(X_train, y_train, validation_split=0.1)")) == 1


def test_an_event_tells_which_parts_there_are() -> None:
    ran = program(IMPORTS + SPLIT)
    (event,) = ran.events(RowsSplit)
    assert [part.how for part in event.parts] == ["train", "test", "train", "test"]
    assert event.operation == "train_test_split"


# --- datasets and loaders -------------------------------------------------------------------


def length(loader: str, before: str = "") -> str:
    return program(f"{IMPORTS}{dedent(before)}\nloader = {loader}\nlength = len(loader)")["length"]


def test_a_loader_is_so_many_batches_long() -> None:
    assert length("DataLoader(MNIST('data'), batch_size=64)") == "938"
    assert length("DataLoader(MNIST('data', train=False), 64, drop_last=True)") == "156"
    assert length("DataLoader(CIFAR10('data', train=True), batch_size=128, shuffle=True)") == "391"
    assert length("DataLoader(TensorDataset(torch.zeros(100, 3)))") == "100"
    parts = "train, test = random_split(MNIST('data'), [50000, 10000])"
    assert length("DataLoader(train, batch_size=100)", parts) == "500"
    assert length("DataLoader(Subset(MNIST('data'), range(320)), batch_size=32)") == "10"


def test_the_length_of_a_loader_over_unknown_data_is_a_symbol_with_a_name() -> None:
    assert length("DataLoader(ImageFolder('pictures'), batch_size=64)") == "len(loader)"
    assert length("DataLoader(MNIST('data'), sampler=something)") == "len(loader)"


def test_a_loop_over_a_loader_has_its_length_and_yields_batches() -> None:
    text = """
    loader = DataLoader(MNIST("data"), batch_size=100)
    for epoch in range(3):
        for number, (images, labels) in enumerate(loader):
            Subset(images, labels)
            train_test_split(images)
    """
    ran = program(IMPORTS + dedent(text))
    (first, *_) = ran.events(RowsSplit)
    assert [loop.trips and loop.trips.integer for loop in first.context.loops] == [3, 600]
    assert ran["images"] == "?"


def test_toys_of_unit_tests_are_left_alone() -> None:
    text = IMPORTS + "data = np.load('x.npy')\ndata = np.concatenate([data, data])\n"
    text += "train, test = train_test_split(data)\n"
    for name, expected in (("train.py", 1), ("tests/inputs/a.py", 1), ("tests/test_train.py", 0)):
        source = Source(text, name)
        assert len(analyze(source, Project([source]), RULES).findings) == expected
    for end, expected in (("", 1), ("assert len(train) > 0\n", 0)):
        source = Source(text + end, "train_and_test.py")
        assert len(analyze(source, Project([source]), RULES).findings) == expected


def test_rows_that_are_taken_by_parts_of_a_permutation_are_divided() -> None:
    fit = "X = StandardScaler().fit_transform(X)"
    for order in ("np.random.permutation(len(X))", "torch.randperm(len(X))"):
        start = f"{fit}\norder = {order}\ncut = int(0.8 * len(X))\n"
        inline = "train_x = X[order[:cut]]\nvalid_x = X[order[cut:]]"
        assert flagged(start + inline) == [("NN503", fit)]
        named = "train_at, test_at = order[:cut], order[cut:]\nA, B = X[train_at], X[test_at]"
        assert flagged(start + named) == [("NN503", fit)]
        assert flagged(start + "first, rest = X[order[:cut]], X[order[cut:]]") == []
    shuffled = (
        f"{fit}\norder = list(range(len(X)))\nrandom.shuffle(order)\nk = len(order) * 4 // 5\n"
    )
    parts = "X_train, X_test = X[order[:k]], X[order[k:]]"
    assert flagged("import random\n" + shuffled + parts) == [("NN503", fit)]


def test_rows_of_which_nobody_knows_the_ways_are_collected_all_the_same() -> None:
    rows = collected(RowSet("either"), Unknown("items"))
    assert rows.how == "collected"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        "\\x00",
        "year <",
        "year < @limit",
        "a < b < c",
        "year < 2020 and town == 'x'",
        "(" * 150,
    ],
)
def test_a_query_that_is_no_comparison_leaves_some_rows(text: str) -> None:
    asked = f"f = pd.DataFrame(X); train, test = f.query({text!r}), f.query('year >= 2020')"
    assert flagged(f"X = StandardScaler().fit_transform(X)\n{asked}") == []
