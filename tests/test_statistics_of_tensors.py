"""Statistics that are taken by hand, column by column, whichever function takes them."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """\
import numpy as np
import torch
from torch.utils.data import TensorDataset, random_split
inputs = {read}
labels = torch.tensor(np.load("y.npy"))
{scaled}
learned, held_out = random_split(TensorDataset(inputs, labels), [0.8, 0.2])
"""
READ = ['torch.load("x.pt")', 'torch.tensor(np.load("x.npy"))']


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize(
    "scaled",
    [
        "inputs = (inputs - inputs.mean(0)) / inputs.std(0)",
        "inputs = (inputs - torch.mean(inputs, dim=0)) / torch.std(inputs, dim=0)",
        "low, high = inputs.min(0).values, inputs.max(0).values\ninputs = (inputs - low) / (high - low)",
        (
            "low, high = torch.amin(inputs, dim=0), torch.amax(inputs, dim=0, keepdim=True)\n"
            "inputs = (inputs - low) / (high - low)"
        ),
    ],
)
def test_the_range_of_all_rows_tells_of_those_that_are_held_out(read: str, scaled: str) -> None:
    found = {code for _, code in findings(PROGRAM.format(read=read, scaled=scaled))}
    assert "NN503" in found
    by_row = scaled.replace("(0)", "(1, keepdim=True)").replace("dim=0", "dim=1")
    found = {code for _, code in findings(PROGRAM.format(read=read, scaled=by_row))}
    assert "NN503" not in found


TABLES = """\
import pandas as pd
from scipy.stats import zscore
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
table = pd.read_csv("rows.csv")
{before}
learned, held_out, wanted, truth = train_test_split(table.drop(columns="y"), table["y"], random_state=0)
{behind}
print(SVC().fit(learned, wanted).score(held_out, truth))
"""


def of_tables(before: str = "", behind: str = "") -> set[str]:
    return {code for _, code in findings(TABLES.format(before=before, behind=behind))}


def test_a_function_of_scipy_learns_from_each_column() -> None:
    assert "NN503" in of_tables('table[["a", "b"]] = table[["a", "b"]].apply(zscore)')
    assert "NN503" not in of_tables('table[["a", "b"]] = table[["a", "b"]].apply(pd.to_numeric)')


@pytest.mark.parametrize(
    "scaled",
    [
        "({0} - {0}.min()) / ({0}.max() - {0}.min())",
        "({0} - {0}.mean()) / {0}.std()",
        "{0}.fillna({0}.mean())",
    ],
)
def test_a_table_to_judge_by_is_not_scaled_by_its_own_columns(scaled: str) -> None:
    behind = f"learned = {scaled.format('learned')}\nheld_out = {scaled.format('held_out')}"
    assert "NN519" in of_tables(behind=behind)
    rightly = "low = learned.min()\nlearned, held_out = learned - low, held_out - low"
    assert "NN519" not in of_tables(behind=rightly)
