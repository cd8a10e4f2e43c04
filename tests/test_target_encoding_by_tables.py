"""Means of what is to be predicted, by group, that come to the rows in one way or another."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """\
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split
flats = pd.read_csv("flats.csv")
{encoded}
inputs = flats.drop(columns=["rent", "town"])
learned, others, wanted, truth = train_test_split(inputs, flats["rent"], random_state=4)
model = RandomForestRegressor(random_state=4).fit(learned, wanted)
print(model.score(others, truth))
"""
MEANS = 'flats.groupby("town")["rent"].mean()'


def is_told(encoded: str) -> bool:
    return "NN503" in {code for _, code in findings(PROGRAM.format(encoded=encoded))}


@pytest.mark.parametrize(
    "encoded",
    [
        f'flats = flats.merge({MEANS}.reset_index(name="level"), on="town")',
        f'flats = pd.merge(flats, {MEANS}.rename("level"), left_on="town", right_index=True)',
        f'flats = flats.join({MEANS}, on="town", rsuffix="_level")',
        f'flats = flats.assign(level=flats["town"].map({MEANS}))',
        'flats = flats.assign(level=flats.groupby("town")["rent"].transform("median"))',
        'flats["level"] = flats.groupby("town")["rent"].transform(lambda each: each.mean())',
        f'means = {MEANS}\nflats["level"] = flats["town"].apply(lambda town: means[town])',
        f'means = {MEANS}.to_dict()\nflats["level"] = flats["town"].map(lambda town: means.get(town))',
        f'flats["level"] = {MEANS}.loc[flats["town"]].values',
        (
            'means = flats.groupby("town").agg(level=("rent", "mean"), many=("rent", "size"))\n'
            'flats = flats.merge(means.reset_index(), on="town")'
        ),
        'means = flats.groupby("town")["rent"].agg(["mean", "std"])\nflats = flats.merge(means, on="town")',
        (
            'means = flats.groupby("town").agg({"rent": "mean"}).rename(columns={"rent": "level"})\n'
            'flats = flats.merge(means, on="town")'
        ),
        'means = flats.pivot_table(index="town", values="rent")\nflats = flats.join(means, on="town", rsuffix="_level")',
    ],
)
def test_the_means_of_all_rows_tell_of_those_that_are_held_out(encoded: str) -> None:
    assert is_told(encoded)
    # How large the flats of a town are says nothing of what they cost.
    assert not is_told(encoded.replace('"rent"', '"size"'))


@pytest.mark.parametrize(
    "encoded",
    [
        (
            'means = flats.groupby("town").agg(level=("rent", "mean")).reset_index()\n'
            'flats = flats.merge(means, on="town")\nprint(flats["level"])\nflats = flats.drop(columns="level")'
        ),
        'counts = flats.groupby("town")["rent"].agg(["mean", "count"])\nflats["many"] = flats["town"].map(counts["count"])',
        f"print({MEANS}.reset_index())",
        'flats["shout"] = flats["town"].apply(lambda town: town.upper())',
        (
            'old = pd.read_csv("old.csv")\nmeans = old.groupby("town")["rent"].mean().rename("level")\n'
            'flats = flats.join(means, on="town")'
        ),
    ],
)
def test_what_does_not_come_to_the_rows_tells_nothing(encoded: str) -> None:
    assert not is_told(encoded)


def test_the_means_of_the_rows_to_learn_from_may_come_to_all() -> None:
    text = """\
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
flats = pd.read_csv("flats.csv")
learned, others = train_test_split(flats, random_state=4)
means = learned.groupby("town").agg(level=("rent", "mean")).reset_index()
learned, others = learned.merge(means, on="town"), others.merge(means, on="town", how="left")
model = Ridge().fit(learned[["level", "size"]], learned["rent"])
print(model.score(others[["level", "size"]], others["rent"]))
"""
    assert "NN503" not in {code for _, code in findings(text)}


CORRELATED = """\
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
def best(table, wanted, most):
    ranks = table.corrwith(wanted).abs().sort_values()
    return ranks.index[-most:]
flats = pd.read_csv("flats.csv")
rent = flats.pop("rent")
names = best(flats, rent, 5)
learned, others, wanted, truth = train_test_split(flats[names], rent, random_state=4)
print(Ridge().fit(learned, wanted).score(others, truth))
"""


def test_it_is_told_where_a_function_that_ranks_columns_is_given_all_rows() -> None:
    rows = [row for row, code in findings(CORRELATED) if code == "NN504"]
    assert [CORRELATED.splitlines()[row - 1] for row in rows] == ["names = best(flats, rent, 5)"]
