"""Lines that look wrong, and are right by what the program does besides."""

from textwrap import dedent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.gradients import computed, is_computed_from, may_be_computed_from
from advisor.code.sources import Source
from advisor.code.values import Shape, Tensor, Value
from advisor.rulebook import rulebook
from tests.abstract_programs import findings


def codes(program: str) -> list[str]:
    """The codes told of a program."""
    return [code for _, code in findings(dedent(program))]


def summed(start: Value, terms: int) -> Value:
    """A sum to which many terms are added, each computed from something else."""
    total = start
    for _ in range(terms):
        total = computed(Tensor(Shape()), total, computed(Tensor(Shape()), Tensor(Shape())))
    return total


def test_a_sum_of_many_terms_is_looked_through_or_may_hold_anything() -> None:
    first, other = Tensor(Shape()), Tensor(Shape())
    assert may_be_computed_from(summed(first, 3), first)
    assert not may_be_computed_from(summed(first, 3), other)
    assert not is_computed_from(summed(first, 100), first)
    assert may_be_computed_from(summed(first, 100), first)
    assert may_be_computed_from(summed(first, 3000), other)


RATE_OF_ZERO = """
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0)
    RESTORE
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        STEP
"""


@pytest.mark.parametrize(
    ("restore", "step", "told"),
    [
        ("", "optimizer.step()", True),
        ("optimizer.load_state_dict(torch.load('optimizer.pt'))", "optimizer.step()", False),
        ("model.load_state_dict(torch.load('model.pt'))", "optimizer.step()", True),
        ("shared = torch.optim.Adam(model.parameters())", "shared.step()", False),
    ],
)
def test_a_rate_of_zero_is_wrong_where_steps_are_taken_with_it(
    restore: str, step: str, told: bool
) -> None:
    program = RATE_OF_ZERO.replace("RESTORE", restore).replace("STEP", step)
    assert ("NN606" in codes(program)) is told


SIMILAR = """
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Contrast(nn.Module):
        def __init__(self, heat=0.5):
            super().__init__()
            self.heat = heat
            self.cosine = nn.CosineSimilarity(dim=-1)
            self.score = nn.Linear(8, 8)

        def forward(self, rows, mask):
            rows = self.score(rows)
            scores = SCORES
            chances = torch.exp(scores) * mask
            return -(scores - torch.log(chances.sum(1, keepdim=True))).mean()
"""


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ("self.cosine(rows[:, None], rows[None]) / self.heat", False),
        ("torch.div(self.cosine(rows[:, None], rows[None]), self.heat)", False),
        ("torch.div(F.normalize(rows, dim=1) @ F.normalize(rows, dim=1).T, self.heat)", False),
        ("torch.div(rows @ rows.T, self.heat)", True),
        ("torch.div(self.cosine(rows[:, None], rows[None]), 0.001)", True),
    ],
)
def test_cosines_over_a_temperature_do_not_overflow(scores: str, told: bool) -> None:
    assert ("NN705" in codes(SIMILAR.replace("SCORES", scores))) is told


ENCODED = """
    import numpy as np
    import pandas as pd
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder, OrdinalEncoder

    table = pd.read_csv("table.csv")
    X_train, X_test, y_train, y_test = train_test_split(table.drop("label", axis=1), table["label"])
    encoder = ENCODER
    model = LogisticRegression().fit(encoder.fit_transform(X_train), y_train)
    print(model.score(encoder.fit_transform(X_test), y_test))
"""


@pytest.mark.parametrize(
    ("encoder", "told"),
    [
        ("OneHotEncoder(categories=[np.unique(table['town'])])", False),
        ("OneHotEncoder(categories=[['north', 'south']])", False),
        ("OrdinalEncoder(categories=[['low', 'high']])", False),
        ("MultiLabelBinarizer(classes=['low', 'high'])", False),
        ("CountVectorizer(vocabulary=['low', 'high'])", False),
        ("OneHotEncoder(categories='auto')", True),
        ("OneHotEncoder(handle_unknown='ignore')", True),
        ("CountVectorizer(vocabulary=None)", True),
        ("TfidfVectorizer(vocabulary=['low', 'high'])", True),
    ],
)
def test_what_is_told_its_categories_learns_none(encoder: str, told: bool) -> None:
    assert ("NN519" in codes(ENCODED.replace("ENCODER", encoder))) is told


def test_labels_that_are_encoded_again_are_called_by_their_own_name() -> None:
    program = """
        from sklearn.preprocessing import OneHotEncoder
        from tensorflow.keras.datasets import mnist

        (x_train, y_train), (x_test, y_test) = mnist.load_data()
        y_train, y_test = y_train[:, None], y_test[:, None]
        encoder = OneHotEncoder()
        y_train = encoder.fit_transform(y_train).toarray()
        y_test = encoder.fit_transform(y_test).toarray()
    """
    source = Source(dedent(program), "program.py")
    told = analyze(source, Project([source]), rulebook("code").rules).findings
    assert "`encoder` is fitted on `y_test`" in next(
        each.message for each in told if each.code == "NN519"
    )
