"""shape-mismatch and channels-last-image: what a layer was built for, and what it is given."""

import pytest

from tests.abstract_programs import findings, marked

START = """
import cv2
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
"""


def check(body: str, code: str) -> None:
    text = START + body
    assert [found for found in findings(text) if found[1] == code] == marked(text, code)


@pytest.mark.parametrize(
    "line",
    [
        "nn.Linear(3, 2)(nn.Linear(8, 4)(x))  # error",
        "nn.Conv2d(8, 8, 3)(F.relu(F.max_pool2d(nn.Conv2d(3, 16, 3)(x), 2)))  # error",
        "nn.Conv2d(3, 16, 3)(torch.zeros(1, 1, 28, 28))  # error",
        "nn.Linear(400, 10)(x.view(-1, 16 * 4 * 4))  # error",
        "nn.BatchNorm2d(32)(nn.ConvTranspose2d(8, 16, 3)(x))  # error",
        "nn.LSTM(100, 8)(nn.Embedding(50, 64)(x))  # error",
        "nn.Linear(8, 1)(nn.LSTM(4, 8, bidirectional=True)(torch.zeros(5, 2, 4))[0])  # error",
        "nn.Linear(9, 1)(nn.Flatten()(nn.MaxPool2d(2)(torch.zeros(2, 1, 7, 7))))",
        "nn.Linear(16, 1)(nn.Flatten()(nn.MaxPool2d(2, ceil_mode=True)(torch.zeros(2, 1, 7, 7))))",
        "nn.Linear(49, 1)(nn.Flatten()(nn.Conv2d(1, 1, 3, padding='same')(torch.zeros(2, 1, 7, 7))))",
        "nn.Linear(16, 1)(nn.LSTM(4, 8, bidirectional=True)(torch.zeros(5, 2, 4))[0])",
        "nn.Linear(5, 1)(nn.LSTM(4, 8, proj_size=5)(torch.zeros(5, 2, 4))[0])",
        "nn.Linear(8, 1)(nn.GLU()(nn.Linear(4, 16)(x)))",
        "nn.Linear(3, 2)(nn.Linear(8, 4)(x).transpose(1, 2))",
        "nn.Conv2d(8, 8, 3)(nn.PixelShuffle(2)(nn.Conv2d(3, 32, 3)(x)))",
        "nn.Conv1d(8, 8, 3)(nn.Linear(4, 16)(x))",
        "nn.Conv2d(3, 8, 3)(torch.zeros(3, 28, 28))",
        "nn.Linear(3, 2)(torch.cat([nn.Linear(8, 1)(x), x], dim=1))",
    ],
)
def test_two_numbers_that_differ_are_a_mismatch_and_nothing_else_is(line: str) -> None:
    check(f"def f(x):\n    return {line}", "NN307")


def test_layers_that_are_gone_through_one_by_one_or_chosen_prove_nothing() -> None:
    check(
        """
def f(x, depth):
    layers = nn.ModuleList([nn.Linear(8, 4)] + [nn.Linear(4, 4) for _ in range(depth)])
    for layer in layers:
        x = layer(x)
    head = nn.Linear(4, 1) if depth else nn.Linear(8, 1)
    return head(x)
""",
        "NN307",
    )


def test_modules_of_a_class_of_containers_run_in_order() -> None:
    check(
        """
class Layer(nn.Sequential):
    def __init__(self, width, growth):
        super().__init__()
        self.add_module("norm", nn.BatchNorm2d(width))
        self.conv = nn.Conv2d(width, growth, 1)
    def forward(self, x):
        return torch.cat([x, super().forward(x)], 1)

class Block(nn.Sequential):
    def __init__(self, depth, width, growth):
        super().__init__()
        for i in range(depth):
            self.add_module("layer%d" % i, Layer(width + i * growth, growth))

x = Block(2, 64, 32)(torch.randn(2, 64, 8, 8))
nn.BatchNorm2d(128)(x)
nn.BatchNorm2d(64)(x)  # error
""",
        "NN307",
    )


def test_branches_that_a_module_goes_through_in_a_loop_prove_nothing() -> None:
    check(
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.branches = nn.ModuleList([nn.Linear(8, 4), nn.Linear(16, 4)])
    def forward(self, x):
        sums = []
        for i in range(2):
            sums.append(self.branches[i](x))
        return sums

Net()(torch.randn(2, 8))
""",
        "NN307",
    )


def test_the_default_of_a_parameter_proves_nothing() -> None:
    check(
        """
class Model(nn.Module):
    def __init__(self, width=64, inner=128):
        super().__init__()
        self.first = nn.Conv2d(3, width, 3)
        self.second = nn.Linear(inner, 10)
        self.third = nn.Linear(10, 10)
        self.fourth = nn.Linear(11, 10)

    def forward(self, x):
        x = self.first(x).mean(dim=(2, 3))
        return self.fourth(self.third(self.second(x)))  # error
""",
        "NN307",
    )


@pytest.mark.parametrize(
    "picture",
    [
        "cv2.imread(path)",
        "cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB) / 255.0",
        "cv2.resize(cv2.imread(path), (64, 64))",
        "np.array(Image.open(path).convert('RGB'))",
        "np.asarray(Image.open(path).convert('RGB').resize((64, 64)))",
    ],
)
@pytest.mark.parametrize(
    "tensor",
    [
        "torch.from_numpy(picture).unsqueeze(0).float()  # error",
        "torch.tensor(picture)[None]  # error",
        "torch.from_numpy(picture).permute(2, 0, 1).unsqueeze(0)",
        "torch.from_numpy(picture.transpose(2, 0, 1))[None]",
        "torch.from_numpy(np.transpose(picture, (2, 0, 1)))[None]",
        "torch.from_numpy(np.moveaxis(picture, -1, 0))[None]",
    ],
)
def test_a_picture_needs_its_channels_in_front(picture: str, tensor: str) -> None:
    code, _, mark = tensor.partition("  # ")
    line = f"    return nn.Conv2d(3, 8, 3)(x){'  # error' if mark else ''}"
    check(f"def f(path):\n    picture = {picture}\n    x = {code}\n{line}", "NN304")


@pytest.mark.parametrize(
    "picture",
    [
        "cv2.imread(path, 0)",
        "cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2GRAY)",
        "Image.open(path)",
    ],
)
def test_a_picture_of_unknown_channels_is_not_judged(picture: str) -> None:
    check(
        f"def f(path):\n    x = torch.tensor(np.array({picture}))\n    return nn.Conv2d(1, 8, 3)(x)",
        "NN304",
    )


def test_pictures_are_put_together_by_a_loader() -> None:
    check(
        """
from torch.utils.data import DataLoader, Dataset

class Pictures(Dataset):
    def __getitem__(self, index):
        return {"x": torch.from_numpy(cv2.imread(self.paths[index])), "y": self.labels[index]}

def f(data):
    layer = nn.Conv2d(3, 8, 3)
    for batch in DataLoader(Pictures(), batch_size=4):
        layer(batch["x"])  # error
        layer(batch["x"].permute(0, 3, 1, 2))
""",
        "NN304",
    )


@pytest.mark.parametrize(
    "line",
    [
        "torch.zeros(32, 128) - torch.zeros(32, 128).mean(1)  # error",
        "rows = np.random.rand(8, 200); rows - rows.mean(axis=1)  # error",
        "torch.add(torch.zeros(4, 3), torch.zeros(4))  # error",
        "torch.zeros(16, 32) @ torch.zeros(64, 32)  # error",
        "torch.bmm(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4))  # error",
        "torch.zeros(1, 10).dot(torch.zeros(1, 10))",
        "torch.cat([torch.zeros(1, 8, 6, 6), torch.zeros(1, 8, 5, 5)], dim=1)  # error",
        "F.mse_loss(torch.zeros(8, 3), torch.zeros(8, 4))  # error",
        "F.cross_entropy(torch.zeros(32, 10), torch.zeros(8).long())  # error",
        "torch.zeros(32, 128) - torch.zeros(32, 128).mean(1, keepdim=True)",
        "rows = np.random.rand(8, 200); rows - rows.mean(axis=0)",
        "rows = np.random.rand(8, 200); rows - rows.mean(axis=1, keepdims=True)",
        "torch.zeros(32, 1, 128) + torch.zeros(5, 128)",
        "torch.zeros(16, 32) @ torch.zeros(64, 32).T",
        "torch.zeros(2, 3, 4) @ torch.zeros(4)",
        "torch.cat([torch.zeros(1, 8, 6, 6), torch.zeros(1, 3, 6, 6)], dim=1)",
        "torch.cat([torch.zeros(4, 2), torch.zeros(4, 3)], axis=-1)",
        "torch.stack([torch.zeros(4), torch.zeros(4)], axis=-1) == torch.zeros(4, 2)",
        "torch.zeros(4, 3) / torch.zeros(4, 3).sum(axis=1, keepdims=True)",
        "F.cross_entropy(torch.zeros(10), torch.tensor(3))",
        "F.cross_entropy(torch.zeros(8, 10), torch.zeros(8).long())",
        "torch.zeros(8, x.size(0)) + torch.zeros(8)",
    ],
)
def test_two_tensors_that_do_not_go_together_are_told(line: str) -> None:
    check(f"def f(x):\n    {line}\n", "NN307")


def test_only_the_first_of_what_cannot_be_is_told() -> None:
    check(
        """
def f():
    x = torch.zeros(4, 3) + torch.zeros(4)  # error
    return x @ torch.zeros(5, 2) - torch.zeros(3, 7, 9)
""",
        "NN307",
    )


def test_what_stands_under_a_condition_may_never_happen() -> None:
    check(
        """
def f(x, strict):
    if strict:
        return torch.zeros(4, 3) + torch.zeros(4)
""",
        "NN307",
    )


@pytest.mark.parametrize(
    ("model", "head", "told"),
    [
        ("resnet50", "fc = nn.Linear(512, 2)", True),
        ("resnet18", "fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(2048, 2))", True),
        ("densenet121", "classifier = nn.Linear(1000, 2)", True),
        ("resnet50", "fc = nn.Linear(2048, 2)", False),
        ("vgg16", "classifier = nn.Linear(512, 2)", True),
        ("vgg16", "avgpool = nn.Identity(); model.classifier = nn.Linear(512, 2)", False),
        ("resnet18", "fc = nn.Linear(512, 2)", False),
        ("resnet50", "fc = nn.Sequential(model.fc, nn.Linear(1000, 2))", False),
        ("mobilenet_v2", "classifier = nn.Sequential(nn.Dropout(), nn.Linear(1280, 2))", False),
    ],
)
def test_the_new_head_of_a_ready_model_takes_the_features_that_there_are(
    model: str, head: str, told: bool
) -> None:
    code = f"""
from torchvision import models
model = models.{model}(weights="DEFAULT")
model.{head}
def scores(x):
    return model(x)
"""
    assert any(found[1] == "NN307" for found in findings(START + code)) == told


@pytest.mark.parametrize(
    "line",
    [
        "x.resize_(64, 784); nn.Linear(784, 1)(x)",
        "x.resize_(x.shape[0], 784); nn.Linear(784, 1)(x)",
        "x.unsqueeze_(1); nn.Conv3d(1, 8, 3)(x)",
        "x.squeeze_(); nn.Conv1d(64, 8, 3)(x)",
        "x.transpose_(1, 3); nn.Conv2d(28, 8, 3)(x)",
        "x.data = x.data.flatten(1); nn.Linear(784, 1)(x)",
        "x.resize_(64, 784); nn.Linear(28, 1)(x)  # error",
        "nn.Linear(784, 1)(x)  # error",
    ],
)
def test_a_tensor_may_be_given_other_dimensions_in_place(line: str) -> None:
    check(f"def f():\n    x = torch.zeros(64, 1, 28, 28)\n    {line}\n", "NN307")


def test_a_picture_as_wide_as_a_layer_has_channels_has_its_channels_in_front() -> None:
    body = """
x = torch.zeros(2, 1, 32, 32)
both = torch.cat([nn.Conv2d(1, 32, 3, padding=1)(x), nn.Conv2d(1, 16, 3, padding=1)(x)], 1)
nn.Conv2d(32, 16, 3)(both)  # error
"""
    check(body, "NN307")
    check(body.replace("  # error", ""), "NN304")


def test_time_comes_before_the_samples_in_what_ctc_is_given() -> None:
    text = """
model = nn.GRU(4, 6, batch_first=True)
scores = model(torch.randn(60, 20, 4))[0].log_softmax(dim=-1).transpose(0, 1)
letters = torch.randint(1, 6, (60, 5))
F.ctc_loss(scores, letters, torch.full((60,), 20), torch.full((60,), 5))
"""
    check(text, "NN307")


TWO_INPUTS = """
class Matcher(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(30, 50), nn.Tanh())
        self.recurrent = nn.LSTM(30, 50, bidirectional=True, batch_first=True)
        self.head = nn.Linear({width}, 1)

    def last(self, texts):
        return self.recurrent(texts)[0].max(dim=1).values

    def forward(self, first, second):
        return self.head({features})

Matcher()(torch.load("first.pt"), torch.load("second.pt"))
"""


@pytest.mark.parametrize(
    ("features", "width"),
    [
        ("torch.abs(self.encoder(first) - self.encoder(second))", 50),
        ("self.encoder(first) * self.encoder(second)", 50),
        ("torch.cat([self.last(first), self.last(first) - self.last(second)], dim=1)", 200),
        ("self.last(first) + self.last(second)[:1]", 100),
    ],
)
def test_two_unknown_inputs_are_as_wide_together_as_each_of_them(features: str, width: int) -> None:
    text = TWO_INPUTS.format(features=features, width=width)
    check(text, "NN307")
    wrong = text.replace(f"nn.Linear({width}", "nn.Linear(77")
    check(wrong.replace(f"self.head({features})", f"self.head({features})  # error"), "NN307")


PACKED = """
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(1000, 100)
        self.recurrent = nn.GRU(100, 96, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, texts, lengths):
        packed = pack_padded_sequence(self.words(texts), lengths, batch_first=True)
        outputs, state = self.recurrent(packed)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True)
        return {}
"""


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("state.view(texts.size(0), -1)  # error", "NN301"),
        ("state.reshape(len(texts), 4 * 96)  # error", "NN301"),
        ("nn.Linear(96, 5)(outputs)  # error", "NN307"),
        ("nn.Linear(96, 5)(torch.cat([state[-2], state[-1]], dim=1))  # error", "NN307"),
        ("state.transpose(0, 1).reshape(texts.size(0), -1)", "NN301"),
        ("state.view(2, 2, texts.size(0), 96)[-1]", "NN301"),
        ("outputs.reshape(texts.size(0), -1, 2, 96)", "NN301"),
        ("nn.Linear(192, 5)(outputs.mean(1))", "NN307"),
        ("nn.Linear(192, 5)(torch.cat([state[-2], state[-1]], dim=1))", "NN307"),
    ],
)
def test_packed_sequences_are_as_many_as_they_were_before(line: str, code: str) -> None:
    check(PACKED.format(line), code)


def test_a_layer_may_take_packed_sequences_whichever_axis_it_takes_first() -> None:
    text = PACKED.format("state[-1], outputs[:, -1]").replace(", batch_first=True)\n\n", ")\n\n")
    assert "num_layers=2, bidirectional=True)" in text
    check(text, "NN305")


BLEND = """
class Blend(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(8, 1), nn.Linear(4, 1)
        self.joint = nn.Linear(16, 1)
        self.free = nn.Linear(16, 1)
    def forward(self, x):
        features = torch.zeros(3, 12)
        return self.joint(features){rest}
"""
JOIN = """
    def join(self):
        both = torch.cat([self.left.weight, self.right.weight], dim=1)
        self.joint.weight = nn.Parameter(both)
"""
COPIES = """
def copied(theirs):
    ours = Blend()
    for name in ("joint", "free"):
        getattr(ours, name).weight = nn.Parameter(torch.tensor(theirs[name]))
    return ours
"""


@pytest.mark.parametrize(
    "body",
    [
        BLEND.format(rest="  # error"),
        BLEND.format(rest="") + JOIN,
        BLEND.format(rest=" + self.free(features)  # error") + JOIN,
        BLEND.format(rest="") + COPIES,
        BLEND.format(rest="") + JOIN.replace("weight = nn", "weight.data = nn"),
        BLEND.format(rest="  # error") + JOIN.replace(".weight = ", ".weight == "),
    ],
)
def test_a_layer_has_the_size_of_the_weight_that_it_is_given(body: str) -> None:
    check(body, "NN307")


SIZES_ASKED = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 16, 3, bias=False)
        self.norm = nn.BatchNorm2d(self.first.out_channels)
        self.body = nn.Linear(self.norm.num_features, 8)
        self.head = nn.Linear(self.body.SIZE, 2)

    def forward(self, x):
        x = self.norm(self.first(x)).mean(dim=(2, 3))
        return self.head(torch.relu(self.body(x)))


Net()(torch.randn(2, 3, 8, 8))
"""


@pytest.mark.parametrize(("size", "fits"), [("out_features", True), ("in_features", False)])
def test_layers_tell_their_sizes(size: str, fits: bool) -> None:
    codes = [code for _, code in findings(SIZES_ASKED.replace("SIZE", size))]
    assert codes == ([] if fits else ["NN307"])
