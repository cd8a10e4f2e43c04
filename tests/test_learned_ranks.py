"""How many axes tensors have, learned from the layers that they are given to and from what is done to them."""

import pytest

from advisor.code.values import Shape, shape_of
from tests.abstract_programs import findings, marked, program

PREAMBLE = """
import cv2
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
"""


def check(body: str, of: str) -> None:
    code = PREAMBLE + body
    assert [found for found in findings(code) if found[1] == of] == marked(code, of)


def rank_after(lines: str) -> int | None:
    """The rank of `x`, of which nothing is known at first."""
    shape = shape_of(program(f"{PREAMBLE}x = load()\n{lines}").scope.fields["x"])
    return None if shape is None else shape.rank


@pytest.mark.parametrize(
    ("lines", "rank"),
    [
        ("nn.Conv1d(3, 8, 5)(x)", 3),
        ("nn.Conv2d(3, 8, 5)(x)", 4),
        ("nn.MaxPool3d(2)(x)", 5),
        ("nn.LSTM(8, 16, batch_first=True)(x)", 3),
        ("nn.LSTM(8, 16)(nn.Embedding(100, 8)(x))", 2),
        ("nn.LSTM(8, 16)(x.unsqueeze(0))", 2),
        ("nn.GRU(8, 16)(x.unsqueeze(1).repeat(1, 20, 1))", 2),
        ("nn.Conv2d(3, 8, 5)(x.transpose(1, 3))", 4),
        ("torch.bmm(nn.Linear(8, 16)(x), y)", 3),
        ("torch.bmm(nn.Linear(8, 1)(x).squeeze(-1).unsqueeze(1), y)", 3),
        ("torch.cat([x, torch.zeros(4, 5, 6)], dim=-1)", 3),
        ("torch.cat([nn.Linear(8, 16)(x), nn.Linear(8, 5)(y)], dim=1)", 2),
        ("nn.Conv1d(3, 8, 5)(x.mean(dim=1))", 4),
        ("x[:, -1, :]", 3),
        ("nn.Linear(8, 16)(x)", None),
        ("torch.cat([nn.Linear(8, 16)(x), nn.Linear(8, 16)(y)], dim=1)", None),
        ("x.repeat(4, 1, 1)", None),
        ("x[:, 0]", None),
    ],
)
def test_layers_and_operations_say_how_many_axes_they_want(lines: str, rank: int | None) -> None:
    assert rank_after(f"y = load()\n{lines}") == rank


def test_what_was_computed_before_knows_as_much_afterwards() -> None:
    assert rank_after("first = x\nx = torch.tanh(nn.Linear(8, 4)(first)).unsqueeze(0)") is None
    lines = "first = x\nx = torch.tanh(nn.Linear(8, 4)(first)).unsqueeze(0)\nfirst.permute(1, 0)"
    assert rank_after(lines) == 3
    joined = "first = x\nx = torch.cat([first, first.sum(1, keepdim=True)], 1)\nfirst.permute(1, 0)"
    assert rank_after(joined) == 2


def test_ranks_that_were_lost_on_the_way_are_not_guessed() -> None:
    assert rank_after("b, c = x.shape\nx = nn.Conv1d(4, 8, 2)(x.tensor_split(2, 1)[0])") is None


def test_embeddings_of_two_kinds_do_not_fit_a_layer_for_one() -> None:
    check(
        """
class Fusion(nn.Module):
    def __init__(self, numbers=12, classes=4):
        super().__init__()
        self.picture = nn.Sequential(nn.Linear(512, 128), nn.ReLU())
        self.table = nn.Sequential(nn.Linear(numbers, 32), nn.ReLU())
        self.wrong, self.right = nn.Linear(128, classes), nn.Linear(160, classes)
    def forward(self, picture, table):
        both = torch.cat([self.picture(picture), self.table(table)], dim=1)
        return self.wrong(both), self.right(both) # error
class InTime(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right, self.last = nn.Linear(8, 16), nn.Linear(9, 16), nn.Linear(16, 1)
    def forward(self, left, right):
        return self.last(torch.cat([self.left(left), self.right(right)], dim=1))
""",
        "NN307",
    )


def test_a_code_that_is_repeated_for_each_step_has_its_samples_in_front() -> None:
    check(
        """
class Decoder(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.start, self.rnn = nn.Linear(32, 128), nn.GRU(32, 128, batch_first=first)
        self.note = nn.Linear(128, 88)
class Wrong(Decoder):
    def __init__(self):
        super().__init__(False)
    def forward(self, code):
        state = torch.tanh(self.start(code)).unsqueeze(0)
        steps = code.unsqueeze(1).repeat(1, 64, 1)
        return self.note(self.rnn(steps, state)[0]) # error
class Right(Decoder):
    def __init__(self):
        super().__init__(True)
    def forward(self, code):
        state = torch.tanh(self.start(code)).unsqueeze(0)
        steps = code.unsqueeze(1).repeat(1, 64, 1)
        return self.note(self.rnn(steps, state)[0])
class InFront(Decoder):
    def __init__(self):
        super().__init__(False)
    def forward(self, code):
        state = torch.tanh(self.start(code)).unsqueeze(0)
        steps = code.unsqueeze(0).repeat(64, 1, 1)
        return self.note(self.rnn(steps, state)[0])
""",
        "NN305",
    )


@pytest.mark.parametrize(("dim", "mark"), [(0, "# error"), (1, ""), (-1, "")])
def test_weights_of_words_are_not_those_of_samples(dim: int, mark: str) -> None:
    check(
        f"""
class Attentive(nn.Module):
    def __init__(self, words=1000):
        super().__init__()
        self.words = nn.Embedding(words, 100)
        self.rnn = nn.LSTM(100, 64, batch_first=True, bidirectional=True)
        self.score, self.last = nn.Linear(128, 1), nn.Linear(128, 4)
    def forward(self, ids):
        states, _ = self.rnn(self.words(ids))
        weights = F.softmax(self.score(states).squeeze(-1), dim={dim}) {mark}
        return self.last(torch.bmm(weights.unsqueeze(1), states).squeeze(1))
""",
        "NN205",
    )


@pytest.mark.parametrize(("dim", "mark"), [(0, "# error"), (1, ""), (-1, "")])
def test_log_probabilities_go_over_the_classes_of_each_of_all_samples(dim: int, mark: str) -> None:
    check(
        f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 16), nn.Linear(16, 3)
    def forward(self, x):
        return F.log_softmax(self.last(torch.relu(self.first(x))), dim={dim}) {mark}
data = load_iris()
train, test, labels, test_labels = train_test_split(data.data, data.target)
net = Net()
loss = nn.NLLLoss()(net(torch.FloatTensor(train)), torch.LongTensor(labels))
""",
        "NN205",
    )


def test_a_second_view_that_asks_for_the_axes_of_the_first_in_another_order_mixes_them() -> None:
    check(
        """
class Lips(nn.Module):
    def __init__(self):
        super().__init__()
        self.frame, self.gru = nn.Conv2d(1, 64, 5, 2), nn.GRU(64, 256)
    def wrong(self, clips):
        b, t, c, h, w = clips.size()
        seen = self.frame(clips.reshape(b * t, c, h, w)).mean((2, 3)).view(b, t, -1)
        return self.gru(seen.view(t, b, -1)) # error
    def right(self, clips):
        b, t, c, h, w = clips.size()
        seen = self.frame(clips.reshape(b * t, c, h, w)).mean((2, 3)).view(b, t, -1)
        return self.gru(seen.transpose(0, 1))
""",
        "NN301",
    )


def test_pictures_from_a_list_keep_their_axes() -> None:
    check(
        """
pictures = []
for name in names():
    pictures.append(cv2.resize(cv2.imread(name), (64, 64)))
data = np.array(pictures, dtype="float32") / 255.0
train, held_out = train_test_split(data)
train = train.reshape(-1, 3, 64, 64) # error
held_out = held_out.transpose(0, 3, 1, 2).reshape(-1, 3, 64, 64)
""",
        "NN304",
    )


def test_who_runs_the_module_does_not_say_whether_its_dropout_is_meant() -> None:
    check(
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(320, 50), nn.Linear(50, 10)
    def forward(self, x):
        return self.last(F.dropout(self.first(x), p=0.5)) # error
net = Net()
def train(batch):
    return net(batch)
def test(batch):
    return net(batch)
train(load())
test(load())
""",
        "NN404",
    )
    check(
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(320, 50), nn.Linear(50, 10)
    def forward(self, x):
        return self.last(F.dropout(self.first(x), p=0.5))
net = Net()
def monte_carlo(batch):
    return torch.stack([net(batch) for _ in range(20)]).std(0)
monte_carlo(load())
""",
        "NN404",
    )


def test_sums_of_what_is_one_or_the_other_are_not_told_of() -> None:
    check(
        """
class Block(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.same = inside == outside
        self.first = nn.Conv2d(inside, outside, 3, 1, 1)
        self.shortcut = None if self.same else nn.Conv2d(inside, outside, 1)
    def forward(self, x):
        rest = x if self.same else self.shortcut(x)
        return self.first(x) + rest
class Wide(nn.Module):
    def __init__(self, depth=16):
        super().__init__()
        self.first = nn.Conv2d(3, 16, 3, 1, 1)
        self.blocks = nn.Sequential(*[Block(16 if i == 0 else 64, 64) for i in range(depth // 6)])
    def forward(self, x):
        return self.blocks(self.first(x))
""",
        "NN307",
    )


def test_pictures_pooled_to_one_number_may_be_flattened_by_their_channels() -> None:
    check(
        """
class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 64, 3, 2, 1), nn.AvgPool2d(7))
        self.last = nn.Linear(64, classes)
    def forward(self, x):
        return self.last(self.features(x).view(-1, 64))
class Squeezed(nn.Module):
    def __init__(self, channels, inner):
        super().__init__()
        self.channels = channels
        self.down, self.up = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)
    def forward(self, x):
        weights = self.up(F.relu(self.down(F.avg_pool2d(x, kernel_size=x.size(3)))))
        return x * torch.sigmoid(weights).view(-1, self.channels, 1, 1)
""",
        "NN301",
    )


def test_numbers_that_are_written_down_have_as_many_axes_as_brackets() -> None:
    check(
        """
from PIL import Image
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
def prepared(path):
    picture = np.array(Image.open(path).convert("RGB").resize((224, 224)), dtype=np.float32) / 255
    picture = (picture - MEAN) / MEAN
    return torch.from_numpy(picture.reshape(1, 3, 224, 224)) # error
def moved(path):
    picture = np.array(Image.open(path).convert("RGB").resize((224, 224)), dtype=np.float32) / 255
    picture = ((picture - MEAN) / MEAN).transpose(2, 0, 1)
    return torch.from_numpy(picture.reshape(1, 3, 224, 224))
""",
        "NN304",
    )


def test_ready_models_take_the_channels_in_front() -> None:
    check(
        """
from PIL import Image
from torchvision import models
MEAN = np.array([0.485, 0.456, 0.406])
def asked(path):
    model = models.mobilenet_v2(num_classes=3)
    model.load_state_dict(torch.load("animals.pt"))
    picture = np.array(Image.open(path).convert("RGB").resize((224, 224)), dtype=np.float32) / 255
    pictures = torch.from_numpy(picture - MEAN).float().unsqueeze(0)
    return model(pictures), model(pictures.permute(0, 3, 1, 2)) # error
def of_any_size(path):
    return models.resnet18()(torch.from_numpy(np.array(Image.open(path))).unsqueeze(0))
""",
        "NN304",
    )


def test_stacks_that_functions_make_are_looked_through() -> None:
    check(
        """
def yields(bands=10, weeks=24):
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(bands * weeks, 256),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(256, 64),
        nn.Dropout(0.2),
        nn.Linear(64, 64), # error
    )
def bent(bands=10, weeks=24):
    return nn.Sequential(nn.Linear(bands * weeks, 256), nn.ReLU(), nn.Linear(256, 64))
""",
        "NN408",
    )


def test_a_function_that_takes_a_step_builds_no_layers() -> None:
    check(
        """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.sound = nn.Linear(512, 256)
    def forward(self, sounds):
        return self.sound(sounds)
def wrong(model, optimizer, sounds, labels):
    made = model(sounds)
    project = nn.Linear(made.size(1), 10) # error
    loss = F.cross_entropy(project(made), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
def joined(model, optimizer, sounds, labels):
    made = model(sounds)
    project = nn.Linear(made.size(1), 10)
    optimizer.add_param_group({"params": project.parameters()})
    loss = F.cross_entropy(project(made), labels)
    loss.backward()
    optimizer.step()
def fitted(sounds, labels):
    layer = nn.Linear(512, 10)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    loss = F.cross_entropy(layer(sounds), labels)
    loss.backward()
    optimizer.step()
""",
        "NN414",
    )


def test_what_many_sums_of_sums_depend_on_is_asked_once() -> None:
    # Tried again at each of them, there were more ways than anybody could go.
    steps = "".join("    x = torch.relu(x) + x\n" for _ in range(80))
    run = program(
        f"import torch\ndef forward(x):\n{steps}    return x.unsqueeze(0)\nout = forward(z)\n"
    )
    assert shape_of(run.scope.fields["out"]) is not None


def test_a_rank_is_not_learned_that_an_axis_which_was_asked_for_contradicts() -> None:
    shape = Shape()
    asked = shape.axis(4)
    assert not shape.settle(4)
    assert shape.rank is None
    assert shape.settle(5)
    assert shape.dims is not None
    assert shape.dims[4] is asked
