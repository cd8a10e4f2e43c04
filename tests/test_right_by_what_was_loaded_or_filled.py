"""What looks wrong, and is right by what the program has filled, registered or loaded."""

import pytest

from tests.abstract_programs import findings, marked

REGISTERED = """
from torch import nn

class Tower(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.floors = []  # error
        for number, size in enumerate(sizes):
            floor = nn.Linear(size, size)
            {registered}
            self.floors.append(floor)

    def forward(self, x):
        for floor in self.floors:
            x = floor(x).relu()
        return x
"""


@pytest.mark.parametrize(
    ("registered", "wrong"),
    [
        ('self.__setattr__(f"floor{number}", floor)', False),
        ('self.__setattr__("newest" + str(number), floor)', False),
        ("self.newest = size", True),
    ],
)
def test_a_layer_that_is_set_under_a_name_is_registered(registered: str, wrong: bool) -> None:
    text = REGISTERED.format(registered=registered)
    assert findings(text) == (marked(text, "NN406") if wrong else [])


NORMS = """
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        first, second = nn.Conv2d(width, width, 3), nn.Conv2d(width, width, 3)
        norm = {norm}
        self.block = nn.Sequential(first, norm, nn.ReLU(), second, norm)  # error

    def forward(self, x):
        return self.block(x)
"""


@pytest.mark.parametrize(
    ("norm", "wrong"),
    [
        ("nn.InstanceNorm2d(width)", False),
        ("nn.GroupNorm(1, width, affine=False)", False),
        ("nn.InstanceNorm2d(width, affine=True)", True),
        ("nn.BatchNorm2d(width, affine=False)", True),
    ],
)
def test_a_norm_without_weights_shares_none(norm: str, wrong: bool) -> None:
    text = NORMS.format(norm=norm)
    assert findings(text) == (marked(text, "NN413") if wrong else [])


FLOW = """
import torch
from torch import nn

class Scaling(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(1, width))

    def forward(self, x):
        return x * torch.exp(self.scale), torch.sum(self.scale, dim=1)

class Flow(nn.Module):
    def __init__(self, steps):
        super().__init__()
        self.steps = nn.ModuleList(steps)

    def forward(self, x):
        volume = torch.zeros(x.shape[0])
        for step in self.steps:
            x, change = step(x)
            volume += change
        return x, volume

flows = [Flow([Scaling(3) for _ in range(5)]), Flow([Scaling(3) for _ in range(2)])]
inputs, labels = torch.load("inputs.pt"), torch.load("labels.pt")

def learn(flow):
    optimizer = torch.optim.Adam(flow.parameters())
    total = 0.0
    for epoch in range(100):
        optimizer.zero_grad()
        predicted, volume = flow(inputs)
        loss = nn.functional.cross_entropy(predicted, labels) - torch.mean(volume)
        loss.backward()
        optimizer.step()
        {kept}
    return flow, total

for flow, total in [learn(each) for each in flows]:
    print(torch.softmax(flow(inputs)[0].detach(), dim=1).numpy(), total)
"""


def test_a_total_over_the_layers_of_one_pass_keeps_no_graph_of_another() -> None:
    assert findings(FLOW.format(kept="total += loss.item()")) == []
    wrong = FLOW.format(kept="total += loss  # error")
    assert findings(wrong) == marked(wrong, "NN106")


KERNELS = """
import torch
from torch import nn

def spread(weights, factor=2, fill=nn.init.kaiming_normal_):
    out, into, height, width = weights.shape
    fewer = int(out / factor**2)
    kernel = {kernel}.transpose(0, 1)
    kernel = kernel.contiguous().view(fewer, into, -1)  # error
    kernel = kernel.repeat(1, 1, factor**2)
    kernel = kernel.contiguous().view(into, out, height, width).transpose(0, 1)
    weights.data.copy_(kernel)

spread(nn.Conv2d(16, 64, 1).weight)
"""


@pytest.mark.parametrize(
    ("kernel", "wrong"),
    [
        ("fill(torch.zeros([fewer, into, height, width]))", False),
        ("torch.load('kernel.pt').reshape(fewer, into, height, width)", True),
    ],
)
def test_drawn_weights_may_be_laid_out_in_any_order(kernel: str, wrong: bool) -> None:
    text = KERNELS.format(kernel=kernel)
    assert findings(text) == (marked(text, "NN301") if wrong else [])


SCORES = """
import numpy as np
import torch
count = 300
labels = np.random.randint(0, 3, count)
marks = np.zeros((count, 3))
marks[np.arange(count), labels] = 1.0
weights = np.random.randn(3, 3)
scores = {scores}
scores -= np.log(np.sum(np.exp(scores), axis=1, keepdims=True))  # error
print(torch.from_numpy(scores))
"""


@pytest.mark.parametrize(
    ("scores", "wrong"),
    [
        ("np.float32(0.8 * (marks + np.random.randn(count, 3) * 0.2))", False),
        ("2 * np.random.randn(count, 3)", False),
        ("marks @ weights + 0.1", True),
        ("np.load('scores.npy') + 0.2 * np.random.randn(count, 3)", True),
    ],
)
def test_scores_that_are_made_up_do_not_overflow(scores: str, wrong: bool) -> None:
    text = SCORES.format(scores=scores)
    assert findings(text) == (marked(text, "NN705") if wrong else [])


FILES = """
import tensorflow as tf

def samples(folder, masks, kind="pairs"):
    mixed = kind != "pairs"
    pictures = tf.data.Dataset.list_files(folder + "/*.jpg"{first})
    outlines = tf.data.Dataset.list_files(masks + "/*.png"{second})  # error
    return tf.data.Dataset.zip((pictures, outlines)).map(read).batch(8)

def read(picture, outline):
    return tf.io.decode_jpeg(tf.io.read_file(picture)), tf.io.decode_png(tf.io.read_file(outline))
"""


@pytest.mark.parametrize(
    ("given", "wrong"), [("", True), (", shuffle=True", True), (", shuffle=mixed", False)]
)
def test_files_are_shuffled_on_purpose_where_the_program_works_it_out(
    given: str, wrong: bool
) -> None:
    text = FILES.format(first=given, second=given)
    assert ("NN508" in [code for _, code in findings(text)]) == wrong


TEACHER = """
import torch
from torch import nn

class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(8, 16), nn.Linear(16, 16)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)))

class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.text, self.picture = Text(), Text()

class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(32, 64), nn.Linear(64, 16)

    def forward(self, x, text):
        return self.last(torch.relu(self.first(torch.cat([x, text], dim=1))))

class Training:
    def __init__(self, loader):
        self.net, self.loader = Denoiser(), loader
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-4)  # error
        self.pair = Pair()
        {loaded}

    def train(self):
        for epoch in range(10):
            for x, words in self.loader:
                self.optimizer.zero_grad()
                loss = nn.functional.l1_loss(self.net(x, self.pair.text(words)), x)
                loss.backward()
                self.optimizer.step()
"""


@pytest.mark.parametrize(
    ("loaded", "wrong"),
    [("self.pair.load_state_dict(torch.load('pair.pt'))", False), ("self.loss = 0", True)],
)
def test_a_method_knows_of_the_weights_that_the_constructor_loads(loaded: str, wrong: bool) -> None:
    text = TEACHER.format(loaded=loaded)
    assert findings(text) == (marked(text, "NN109") if wrong else [])
