"""Classes that a program makes equally large by itself, before the rows are divided."""

from textwrap import dedent

import pytest

from tests.data_programs import SPLIT, flagged, lines_of

DRAWN = [
    (
        """\
        rare, common = np.where(y == 1)[0], np.where(y == 0)[0]
        again = np.random.choice(rare, size=len(common))
        order = np.concatenate([common, rare, again])
        X, y = X.values[order], y.values[order]
        """,
        "again = np.random.choice(rare, size=len(common))",
    ),
    (
        """\
        rare, common = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
        fewer = np.random.choice(common, len(rare), replace=False)
        order = np.concatenate([rare, fewer])
        X, y = X.values[order], y.values[order]
        """,
        "fewer = np.random.choice(common, len(rare), replace=False)",
    ),
    (
        """\
        ill, healthy = table[table.label == 1], table[table.label == 0]
        table = pd.concat([ill, healthy.sample(n=len(ill))])
        X, y = table.drop("label", axis=1), table["label"]
        """,
        "table = pd.concat([ill, healthy.sample(n=len(ill))])",
    ),
    (
        """\
        table = pd.concat([table] + [table[table.label == 1]] * 4)
        X, y = table.drop("label", axis=1), table["label"]
        """,
        "table = pd.concat([table] + [table[table.label == 1]] * 4)",
    ),
    (
        """\
        more = np.repeat(X.values[y == 1], 4, axis=0)
        X, y = np.concatenate([X.values, more]), np.concatenate([y, np.ones(len(more))])
        """,
        "more = np.repeat(X.values[y == 1], 4, axis=0)",
    ),
]


@pytest.mark.parametrize(("text", "line"), DRAWN)
def test_rows_of_a_class_are_drawn_before_they_are_divided(text: str, line: str) -> None:
    assert flagged(dedent(text) + SPLIT) == [("NN502", line)]


def test_a_function_that_draws_of_each_class_is_told_where_it_is_called() -> None:
    text = f"""\
        def even(X, y):
            rows, labels = [], []
            for label in np.unique(y):
                drawn = np.random.choice(np.flatnonzero(y == label), 500, replace=True)
                rows.append(X[drawn])
                labels.append(y[drawn])
            return np.vstack(rows), np.hstack(labels)

        X, y = np.load("x.npy"), np.load("y.npy")
        X, y = even(X, y)
        {SPLIT}
        """
    assert lines_of(text, "NN502") == ["X, y = even(X, y)"]


@pytest.mark.parametrize(
    "text",
    [
        # Only rows to train on are drawn.
        f"""\
        {SPLIT}
        rare, common = np.where(y_train == 1)[0], np.where(y_train == 0)[0]
        order = np.concatenate([common, np.random.choice(rare, len(common))])
        X_train, y_train = X_train.values[order], y_train.values[order]
        """,
        # So many rows of any class.
        f"""\
        X = X.values[np.random.choice(len(X), 500, replace=False)]
        {SPLIT}
        """,
        # Some of the rows under a condition, each once.
        f"""\
        order = np.random.choice(np.where(y > 0)[0], 500, replace=False)
        X, y = X.values[order], y.values[order]
        {SPLIT}
        """,
        f"""\
        table = table[table.year > 2000].sample(n=5000)
        X, y = table.drop("label", axis=1), table["label"]
        {SPLIT}
        """,
        # All rows under a condition, in another order.
        f"""\
        table = table[table.kind.isin(["a", "b"])]
        X, y = table.drop("label", axis=1), table["label"]
        y = y.sample(len(y), replace=False)
        {SPLIT}
        """,
        # Two classes of several, divided as they are.
        f"""\
        order = np.concatenate([np.where(y == 3)[0], np.where(y == 7)[0]])
        X, y = X.values[order], y.values[order]
        {SPLIT}
        """,
    ],
)
def test_other_rows_are_taken_in_peace(text: str) -> None:
    assert flagged(text) == []
