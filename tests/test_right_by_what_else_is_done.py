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


LINES_AND_NETWORKS = """
    from tensorflow import keras
    from tensorflow.keras import layers

    def weigh(x, y):
        line = keras.Sequential([layers.Normalization(), layers.Dense(1)])
        line.compile(optimizer=keras.optimizers.Adam(LINE), loss="mae")
        line.fit(x, y, epochs=100, validation_split=0.2)
        network = keras.Sequential(
            [layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(1)]
        )
        network.compile(optimizer=keras.optimizers.Adam(NETWORK), loss="mae")
        network.fit(x, y, epochs=100, validation_split=0.2)
"""


@pytest.mark.parametrize(
    ("line", "network", "told"), [("0.1", "0.001", False), ("0.001", "0.1", True)]
)
def test_a_line_learns_at_a_rate_that_a_network_of_the_same_file_cannot(
    line: str, network: str, told: bool
) -> None:
    program = LINES_AND_NETWORKS.replace("LINE", line).replace("NETWORK", network)
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


def test_rows_are_called_as_in_what_is_taken_of_them() -> None:
    program = """
        from tensorflow.keras.datasets import boston_housing

        (train_x, train_y), (test_x, test_y) = boston_housing.load_data()
        X_train = (train_x - train_x.min(axis=0)) / (train_x.max(axis=0) - train_x.min(axis=0))
        X_test = (test_x - test_x.min(axis=0)) / (test_x.max(axis=0) - test_x.min(axis=0))
    """
    source = Source(dedent(program), "program.py")
    told = analyze(source, Project([source]), rulebook("code").rules).findings
    assert "is fitted on `test_x`" in next(each.message for each in told if each.code == "NN519")


PHASES = """
    import enum
    import torch
    from torch import nn

    class Phase(enum.Enum):
        TRAIN = FIRST
        VALID = SECOND

    torch.manual_seed(0)
    x, y = torch.load("x.pt"), torch.load("y.pt")
    model = nn.Linear(8, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def go_through(phase):
        loss = nn.functional.cross_entropy(model(x), y)
        if phase == Phase.TRAIN:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    for epoch in range(10):
        go_through(Phase.TRAIN)
        with torch.no_grad():
            print(go_through(Phase.VALID), go_through(LAST))
"""


@pytest.mark.parametrize(("first", "second"), [("0", "1"), ("0,", "1,"), ("('a', 1)", "('b', 1)")])
def test_what_is_done_in_one_phase_is_not_done_in_another(first: str, second: str) -> None:
    program = PHASES.replace("FIRST", first).replace("SECOND", second)
    assert "NN110" not in codes(program.replace("LAST", "Phase.VALID"))
    assert "NN110" in codes(program.replace("LAST", "Phase.TRAIN"))


TURNED = """
    import numpy as np
    from sklearn.metrics import accuracy_score
    from sklearn.neighbors import KNeighborsClassifier

    both, labels, others = np.load("both.npy"), np.load("labels.npy"), np.load("others.npy")
    size = len(labels)
    model = KNeighborsClassifier().fit(FITTED, labels)
    print(accuracy_score(others, model.predict(JUDGED)))
"""


def test_columns_that_become_rows_are_samples_of_their_own() -> None:
    apart = TURNED.replace("FITTED", "both[:, :size].T").replace("JUDGED", "both[:, size:].T")
    assert "NN512" not in codes(apart)
    assert "NN512" in codes(TURNED.replace("FITTED", "both").replace("JUDGED", "both"))


def test_the_highest_number_of_each_row_takes_an_axis_away() -> None:
    program = """
        import numpy as np
        import torch

        def peaks(maps):
            size, points, width = maps.shape[0], maps.shape[1], maps.shape[3]
            flat = maps.reshape((size, points, -1))
            return np.amax(flat, 2).reshape((size, points, 1)), np.argmax(flat, 2) % width
    """
    assert "NN301" not in codes(program)


SIDES = """
    import os
    import numpy as np
    import torch
    from PIL import Image

    x, y = SIZES
    for name in os.listdir("masks"):
        mask = Image.open(name).convert("RGB")
        mask = mask.resize((x, y), Image.NEAREST)
        mask = np.array(mask)[:, :, 0].reshape(x, y, 1) / 255.0
"""


def test_sides_of_one_length_may_be_named_the_wrong_way_round() -> None:
    assert "NN301" not in codes(SIDES.replace("SIZES", "256, 256"))
    assert "NN301" in codes(SIDES.replace("SIZES", "320, 240"))


BY_BATCH = """
    import torch
    from torch import nn

    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(torch.load("graphs.pt"), batch_size=4, shuffle=True)
    model = nn.Linear(8, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [500, 1000], gamma=0.1)
    for epoch in range(5000):
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            schedule.step()
            LEAVE
"""


def test_an_epoch_of_the_first_batch_alone_counts_as_one_step() -> None:
    assert "NN602" not in codes(BY_BATCH.replace("LEAVE", "break"))
    assert "NN602" in codes(BY_BATCH.replace("LEAVE", "print(loss.item())"))
    assert "NN602" in codes(BY_BATCH.replace("LEAVE", "if loss.item() < 0.01: break"))


BOXES = """
    import random
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset
    from torchvision.transforms import functional as F

    class Boxes(Dataset):
        def __init__(self, files, boxes):
            self.files, self.boxes = files, boxes

        def __len__(self):
            return len(self.files)

        def __getitem__(self, number):
            picture = Image.open(self.files[number]).convert("RGB")
            box = self.boxes[number][random.randint(0, 3)]
            PLACE
            picture = F.crop(picture, top, left, height, width)
            return F.to_tensor(picture), {"box": box}

    loader = DataLoader(Boxes(torch.load("files.pt"), torch.load("boxes.pt")), 4, shuffle=True)
    for picture, target in loader:
        print(picture.shape, target)
"""


def test_a_box_that_is_cut_out_stays_where_it_is() -> None:
    of_box = "left, top, right, bottom = box\n"
    of_box += " " * 12 + "height, width = int(bottom - top), int(right - left)"
    assert "NN510" not in codes(BOXES.replace("PLACE", of_box))
    drawn = "top, left = random.randint(0, 9), random.randint(0, 9)\n"
    drawn += " " * 12 + "height, width = 200, 200"
    own = BOXES.replace("[random.randint(0, 3)]", "")
    assert "NN510" in codes(own.replace("PLACE", drawn))
