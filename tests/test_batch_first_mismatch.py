"""batch-first-mismatch: the axis that a sequence layer takes for time holds the samples."""

import pytest

from tests.abstract_programs import findings, marked

MODEL = """
import torch
from torch import nn
from torch.utils.data import DataLoader

class Model(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.embedding = nn.Embedding(100, 8)
        self.time_first = nn.LSTM(8, 16)
        self.batch_first = nn.LSTM(8, 16, batch_first=True)
        self.either = nn.LSTM(8, 16, **options)
        self.attention = nn.MultiheadAttention(8, 2)
        layer = nn.TransformerEncoderLayer(8, 2, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)

    def forward(self, x):
        BODY

def train(data, **options):
    model = Model(**options)
    for inputs, labels in DataLoader(data, batch_size=8):
        model(inputs)
"""


def model(body: str) -> str:
    return MODEL.replace("BODY", body.strip().replace("\n", "\n        "))


def check(text: str) -> None:
    assert [found for found in findings(text) if found[1] == "NN305"] == marked(text, "NN305")


@pytest.mark.parametrize(
    "body",
    [
        "return self.time_first(x)  # error",
        "return self.time_first(self.embedding(x))  # error",
        "return self.time_first(torch.relu(self.embedding(x)) * 2)  # error",
        "y = self.embedding(x)\nreturn self.attention(y, y, y)  # error",
        "y = x.to('cuda').float()\nreturn self.time_first(y)  # error",
    ],
)
def test_the_batch_of_a_loader_given_to_a_layer_that_wants_time_first_is_flagged(body: str) -> None:
    check(model(body))


@pytest.mark.parametrize(
    "body",
    [
        "return self.batch_first(x)",
        "return self.either(x)",
        "return self.encoder(x)",
        "return self.time_first(x.transpose(0, 1))",
        "return self.time_first(x.permute(1, 0, 2))",
        "return self.time_first(self.embedding(x).transpose(0, 1))",
        "return self.time_first(self.embedding(x.t()))",
    ],
)
def test_a_batch_in_the_order_that_the_layer_wants_is_not_flagged(body: str) -> None:
    check(model(body))


@pytest.mark.parametrize("loader", ["batch_size=None", "collate_fn=time_first", "**options"])
def test_a_batch_that_is_put_together_otherwise_is_not_flagged(loader: str) -> None:
    text = model("return self.time_first(x)").replace("batch_size=8", loader)
    check(text.replace("def train(data,", "def train(data, time_first,"))


def test_a_batch_that_goes_by_this_name_is_one_without_any_loader() -> None:
    check(
        """
        from torch import nn

        def encode(x):
            batch_size, seq_len, _ = x.shape
            first, _ = nn.GRU(8, 16, batch_first=True)(x)
            return nn.GRU(16, 16)(first)  # error

        def time_first(x):
            seq_len, batch_size, _ = x.shape
            first, _ = nn.GRU(8, 16)(x)
            return nn.GRU(16, 16, batch_first=True)(first)  # error
        """
    )


@pytest.mark.parametrize(
    "body",
    [
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output[:, -1]  # error",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output.mean(1)  # error",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn torch.max(output, dim=1)  # error",
        "output, _ = self.batch_first(x)\nreturn output[-1]  # error",
        "output, _ = self.batch_first(x)\nreturn output[:, -1], output.mean(1), output[:, :, -1]",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output[-1], output.mean(0)",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output.transpose(0, 1)[:, -1]",
        "output, _ = self.time_first(x.unsqueeze(1).transpose(0, 1))\nreturn output[:, 0]",
        "output, _ = self.either(x)\nreturn output[:, -1]",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output[-1].sum(0), output[-1].mean(dim=0)",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output.mean(0)[-1], output[-1][-1]",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output[-1, -1], output[-1, -1, :]",
        "output, _ = self.batch_first(x)\nreturn output[-1, -1], output.mean(1)[-1]",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output[:, :, 0].mean(1)  # error",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output[1:].mean(1)  # error",
        "output, _ = self.time_first(x.transpose(0, 1))\nreturn output[:, -1, 0]  # error",
        "return self.encoder(x)[:, 0]",
        "return self.encoder(x).mean(-1)",
    ],
)
def test_what_is_taken_of_the_output_must_be_a_step_of_time(body: str) -> None:
    check(model(body))


def test_the_last_row_of_a_batch_first_output_is_the_last_sample() -> None:
    check(
        """
        from torch import nn

        def last(x):
            batch_size, seq_len, features = x.shape
            output, _ = nn.LSTM(8, 16, batch_first=True)(x)
            return output[-1]  # error

        def of_any(x):
            output, _ = nn.LSTM(8, 16, batch_first=True)(x)
            return output[-1]  # error

        def of_one(x):
            output, _ = nn.LSTM(8, 16, batch_first=True)(x.unsqueeze(0))
            return output[-1]
        """
    )


def test_the_first_state_needs_a_sample_for_each_sample() -> None:
    check(
        """
        import torch
        from torch import nn

        def wrong(x):
            state = torch.zeros(1, x.size(0), 16), torch.zeros(1, x.size(0), 16)
            return nn.LSTM(8, 16)(x, state)  # error

        def wrong_the_other_way_round(x):
            return nn.GRU(8, 16, batch_first=True)(x, torch.zeros(1, x.size(1), 16))  # error

        def right(x):
            return nn.GRU(8, 16, batch_first=True)(x, torch.zeros(1, x.size(0), 16))

        def right_too(x):
            return nn.GRU(8, 16)(x, torch.zeros(1, x.size(1), 16))

        def swapped(x):
            x = x.permute(1, 0, 2)
            return nn.GRU(8, 16)(x, torch.zeros(1, x.size(1), 16))
        """
    )


def test_of_a_layer_that_is_given_samples_as_time_no_more_is_said() -> None:
    code = MODEL.replace(
        "BODY",
        """x = self.embedding(x)
        output, state = self.time_first(x)  # error
        return output[:, -1]""",
    )
    assert findings(code) == marked(code, "NN305")


def test_what_is_read_as_it_is_meant_shows_that_the_input_lies_otherwise() -> None:
    check(
        """
        from torch import nn

        def last_step(x):
            output, _ = nn.GRU(8, 16)(x)  # error
            return output[:, -1]

        def mean_over_time(x):
            states = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2)(x)  # error
            return states.mean(dim=1)
        """
    )


def test_a_batch_of_known_size_is_no_single_sequence() -> None:
    check(
        """
        import torch
        from torch import nn

        lstm = nn.LSTM(3, 8, batch_first=True)
        several, _ = lstm(torch.randn(16, 5, 3))
        one, _ = lstm(torch.randn(1, 5, 3))
        alone, _ = lstm(torch.randn(5, 3))
        print(several[-1], one[-1], alone[-1])  # error
        """
    )


def test_rows_that_are_drawn_of_what_nobody_knows_are_a_batch_too() -> None:
    check(
        """
        import numpy as np
        import torch
        from torch import nn

        lstm = nn.LSTM(3, 8, batch_first=True)
        windows = torch.from_numpy(np.load("windows.npy"))[:, :16]
        for rows in torch.randperm(len(windows)).split(16):
            output, _ = lstm(windows[rows])
            print(output[-1])  # error
        """
    )


def test_what_is_read_of_one_step_says_nothing_of_how_the_output_is_meant() -> None:
    program = """
        import torch
        from torch import nn

        class Generator(nn.Module):
            def __init__(self, words):
                super().__init__()
                self.embedding = nn.Embedding(words, 64)
                self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4), 2)
                self.head = nn.Linear(64, words)

            def forward(self, tokens):
                return self.head(self.encoder(self.embedding(tokens)))

        def next_word(model: Generator, tokens):
            scores = model(tokens)READ.sum(dim=0)  # error
            return scores.argmax(-1)
        """
    check(program.replace("READ", "[:, -1]"))
    check(program.replace("READ", "[-1]").replace("  # error", ""))


SWAPPED = """
import torch
from torch import nn

class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(64, 32)

    def forward(self, features):
        output, _ = self.rnn(features)
        return output

def show(features):
    output = Reader()(features)
    READ
"""


@pytest.mark.parametrize(
    ("read", "told"),
    [
        ("print(output[:, -1])", True),
        ("print(output.permute(1, 0, 2)[-1])", False),
        ("print(output.transpose(0, 1)[-1])", False),
    ],
)
def test_who_swaps_the_axes_of_an_output_keeps_count_of_them(read: str, told: bool) -> None:
    assert ("NN305" in [code for _, code in findings(SWAPPED.replace("READ", read))]) == told


READ_FROM_TABLE = """
import torch
from torch import nn

class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(64, 32, batch_first=True)

    def forward(self, features):
        output, _ = self.rnn(features)
        return output

def show(reader: Reader, engines, count):
    for number in range(count):
        rows = torch.Tensor(engines.get_group(number)GIVEN)
        print(reader(rows)[-1])

show(Reader(), engines, 3)
"""


@pytest.mark.parametrize(
    ("given", "told"),
    [(".iloc[:, 2:].to_numpy()", False), (".iloc[:, 2:].values", False), ("", True)],
)
def test_the_rows_of_a_table_are_one_sequence(given: str, told: bool) -> None:
    text = READ_FROM_TABLE.replace("GIVEN", given)
    assert ("NN305" in [code for _, code in findings(text)]) == told


CHOSEN = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed = nn.Embedding(100, 16)
        self.reads = nn.TransformerEncoderLayer(16, 4)
        OTHER
        self.config = config

    def forward(self, ids):
        return self.reads(self.embed(ids))


def train(config, data):
    net = Net(config)
    for ids, labels in torch.utils.data.DataLoader(data, batch_size=8):
        net(ids)
"""


def test_a_layer_that_a_setting_chooses_may_be_another_where_samples_lie_in_front() -> None:
    other = "if config.kind == 'lstm':\n            self.reads = Reader(16)"
    chosen = [code for _, code in findings(CHOSEN.replace("OTHER", other))]
    alone = [code for _, code in findings(CHOSEN.replace("OTHER", "pass"))]
    assert ("NN305" in chosen, "NN305" in alone) == (False, True)
