"""Parts of rows that no name tells apart: which one models learn from, and which one judges them."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

IN_METHODS = """
    import pandas as pd
    from sklearn.linear_model import Ridge
    from sklearn.metrics import mean_absolute_error

    class Demand:
        def __init__(self, file):
            self.table = pd.read_csv(file, index_col="time")
            self.count = len(self.table) - 8760
            {before}

        def of(self, rows):
            return rows.drop(columns="load"), rows["load"]

        def first(self):
            return self.of(self.table.iloc[: self.count])

        def rest(self):
            return self.of(self.table.iloc[self.count :])

    demand = Demand("demand.csv")
    model = Ridge().fit(*demand.first())
    seen, wanted = demand.rest()
    {judged}
"""
SCALES = "self.table = (self.table - self.table.mean()) / self.table.std()"


def told(before: str, judged: str) -> bool:
    """Whether statistics are told of that were taken before the rows were divided."""
    program = IN_METHODS.format(before=before, judged=judged)
    return "NN503" in [code for _, code in findings(dedent(program))]


@pytest.mark.parametrize(
    "judged",
    ["print(model.score(seen, wanted))", "print(mean_absolute_error(wanted, model.predict(seen)))"],
)
def test_parts_are_known_by_what_is_done_with_them(judged: str) -> None:
    assert told(SCALES, judged)
    assert not told("self.table = self.table.dropna()", judged)


def test_rows_that_are_only_predicted_may_be_those_nobody_knows_yet() -> None:
    assert not told(SCALES, "print(model.predict(seen))")


def test_windows_over_a_series_are_of_its_rows() -> None:
    program = """
        import pandas as pd
        from tensorflow import keras
        from tensorflow.keras import layers

        keras.utils.set_random_seed(1)

        def windows(rows):
            numbers = rows.to_numpy("float32")
            return keras.utils.timeseries_dataset_from_array(
                numbers[:-24], numbers[24:, 0], sequence_length=24, batch_size=128
            )

        table = pd.read_csv("demand.csv", index_col="time")
        {early}
        known, ahead = table.iloc[:5000], table.iloc[5000:]
        {late}
        model = keras.Sequential([layers.Input((24, 4)), layers.GRU(48), layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(windows(known), epochs=10)
        print(model.evaluate(windows(ahead)))
    """
    scaled = "table = (table - table.mean()) / table.std()"
    apart = "ahead, known = ((each - known.mean()) / known.std() for each in (ahead, known))"
    leaks = dedent(program).format(early=scaled, late="")
    right = dedent(program).format(early="", late=apart)
    assert [code for _, code in findings(leaks)] == ["NN503"]
    assert findings(right) == []


def test_windows_that_begin_and_end_somewhere_are_of_some_rows_nobody_counts() -> None:
    program = """
        import numpy as np
        from tensorflow import keras
        from tensorflow.keras import layers

        keras.utils.set_random_seed(1)
        numbers = np.load("demand.npy")

        def windows(first, last):
            return keras.utils.timeseries_dataset_from_array(
                numbers[:-24],
                numbers[24:, 0],
                sequence_length=24,
                shuffle=True,
                start_index=first,
                end_index=last,
            )

        known, ahead = windows(0, 5000), windows(5000, None)
        model = keras.Sequential([layers.Input((24, 4)), layers.GRU(48), layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(known, epochs=10, validation_data=ahead)
    """
    assert findings(dedent(program)) == []
