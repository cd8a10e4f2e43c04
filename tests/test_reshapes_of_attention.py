"""Reshapes and softmax round attention, convolutions and patches, as programs write them."""

import pytest

from tests.abstract_programs import findings, marked

PREAMBLE = """
import torch
import torch.nn as nn
import torch.nn.functional as F
"""


def check(body: str, of: str) -> None:
    code = PREAMBLE + body
    assert [found for found in findings(code) if found[1] == of] == marked(code, of)


ATTENTION = """
class Attention(nn.Module):
    def __init__(self, dim, heads=8):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.qkv, self.last = nn.Linear(dim, dim * 3), nn.Linear(dim, dim)
    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        weights = (qkv[0] @ qkv[1].transpose(-2, -1)) * self.scale
        weights = weights.softmax(dim={dim}) {over}
        made = (weights @ qkv[2]){transposed}
        return self.last(made.reshape(B, N, C)) {mixed}
"""


def test_a_width_that_layers_are_built_with_is_a_number() -> None:
    wrong = ATTENTION.format(dim=-2, over="# error", transposed="", mixed="")
    check(wrong, "NN205")
    check(ATTENTION.format(dim=-1, over="", transposed="", mixed="# error"), "NN301")
    right = ATTENTION.format(dim=-1, over="", transposed=".transpose(1, 2)", mixed="")
    check(right, "NN205")
    check(right, "NN301")


def test_heads_do_not_come_in_front_of_the_steps_by_a_view() -> None:
    check(
        """
class MultiHead(nn.Module):
    def __init__(self, width=256, heads=4):
        super().__init__()
        self.heads, self.inner = heads, width // heads
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))
    def forward(self, query, key, value):
        n = query.size(0)
        q = self.q(query).view(n, self.heads, -1, self.inner) # error
        k = self.k(key).view(n, -1, self.heads, self.inner).transpose(1, 2)
        return torch.matmul(q, k.transpose(-2, -1))
class Pictures(nn.Module):
    def __init__(self, code, channels):
        super().__init__()
        self.channels = channels
        self.first, self.next = nn.Linear(code, channels * 49), nn.Conv2d(channels, 3, 3)
    def forward(self, z):
        return self.next(self.first(z).view(z.size(0), self.channels, -1, 7))
""",
        "NN301",
    )


def test_patches_of_a_given_size_are_patches_too() -> None:
    check(
        """
class Patches(nn.Module):
    def __init__(self, width=64, p=4):
        super().__init__()
        self.p, self.first = p, nn.Linear(3 * p * p, width)
    def wrong(self, x):
        b, c, h, w = x.shape
        return self.first(x.reshape(b, (h // self.p) * (w // self.p), c * self.p * self.p)) # error
    def right(self, x):
        b, c, h, w = x.shape
        x = x.reshape(b, c, h // self.p, self.p, w // self.p, self.p).permute(0, 2, 4, 1, 3, 5)
        return self.first(x.reshape(b, (h // self.p) * (w // self.p), c * self.p * self.p))
""",
        "NN301",
    )


@pytest.mark.parametrize(("width", "mark"), [(2048, ""), (512, "# error"), (64, "")])
def test_rows_of_some_of_the_channels_are_no_samples(width: int, mark: str) -> None:
    check(
        f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.next = nn.Conv2d(1, 16, 5), nn.Conv2d(16, 32, 5)
        self.last = nn.Linear({width}, 10)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.relu(self.next(x)).view(-1, {width}) {mark}
        return self.last(x)
print(Net()(torch.zeros(4, 1, 28, 28)).shape)
""",
        "NN302",
    )


def test_classes_of_any_number_lie_behind_the_samples() -> None:
    check(
        """
class Sounds(nn.Module):
    def __init__(self, mels=80, classes=10):
        super().__init__()
        self.conv, self.last = nn.Conv1d(mels, 128, 3, padding=1), nn.Linear(128, classes)
        self.score = nn.Linear(128, 1)
    def forward(self, x):
        x = torch.relu(self.conv(x)).mean(2)
        return torch.softmax(self.last(x), dim=0) # error
    def right(self, x):
        x = torch.relu(self.conv(x)).mean(2)
        return torch.softmax(self.last(x), dim=1), torch.softmax(self.score(x), dim=0)
class Words(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.words, self.score = nn.Embedding(words, 128), nn.Linear(128, 1)
    def forward(self, ids):
        e = self.words(ids)
        return (torch.softmax(self.score(e), dim=0) * e).sum(dim=1) # error
    def right(self, ids):
        e = self.words(ids)
        return (torch.softmax(self.score(e), dim=1) * e).sum(dim=1)
    def of_one_sentence(self, ids):
        e = self.words(ids)
        return (torch.softmax(self.score(e), dim=0) * e).sum(dim=0)
""",
        "NN205",
    )


def test_a_row_of_running_sums_does_not_meet_a_column_of_values() -> None:
    check(
        """
critic = nn.Linear(3, 1)
def learn(env, state, squeezed):
    values, rewards = [], []
    while not env.done:
        values.append(critic(state))
        state, reward = env.step()
        rewards.append(reward)
    sums, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + 0.99 * total
        sums.append(total)
    wished = torch.tensor(sums[::-1])
    right = wished - torch.stack(values).squeeze(-1)
    return right, wished - torch.stack(values) # error
""",
        "NN303",
    )


def test_the_parts_of_a_module_take_no_gradients_by_an_attribute() -> None:
    check(
        """
def freeze(model, config):
    model.encoder.requires_grad = False # error
    config.encoder.requires_grad = False
    model.encoder.weight.requires_grad = False
    model.scale.requires_grad = False
""",
        "NN412",
    )


@pytest.mark.parametrize("sizes", ["b, 4, -1", "b, 1, c * h * w"])
def test_pictures_may_be_cut_into_a_number_of_rows(sizes: str) -> None:
    program = f"""
def forward(x):
    b, c, h, w = x.shape
    return x.reshape({sizes})
"""
    assert [code for _, code in findings("import torch" + program)] == []


WINDOWS = """
class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, width * 3)

    def forward(self, x, mask):
        count, tokens, width = x.shape
        qkv = self.qkv(x).reshape(count, tokens, 3, self.heads, width // self.heads)
        qkv = qkv.permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        scores = q @ k.transpose(-2, -1)
        windows = mask.shape[0]
        scores = scores.view(count // windows, windows, self.heads, tokens, tokens)
        scores = scores + mask.unsqueeze(1).unsqueeze(0)
        scores = scores.view({asked})  {mixed}
        return (scores.softmax(-1) @ v).transpose(1, 2).reshape(count, tokens, width)

class Block(nn.Module):
    def __init__(self, width, heads, side=7):
        super().__init__()
        self.side = side
        self.attention = Attention(width, heads)

    def forward(self, windows, mask):
        return self.attention(windows, mask.view(-1, self.side ** 2, self.side ** 2))


def run(settings, windows, mask):
    return Block(settings.width, settings.heads)(windows, mask)
"""


@pytest.mark.parametrize(
    ("asked", "mixed"),
    [
        ("-1, self.heads, tokens, tokens", ""),
        ("-1, tokens, self.heads, tokens", "# error"),
    ],
)
def test_tokens_may_be_as_many_as_a_mask_has_shown(asked: str, mixed: str) -> None:
    check(WINDOWS.format(asked=asked, mixed=mixed), "NN301")


SAVED = """
def save(net, picture):
    made = {made}
    rows = made.cpu().numpy().reshape({dims}) {mixed}
    write("made.png", rows * 255)
"""


@pytest.mark.parametrize(
    ("made", "dims", "mixed"),
    [
        ("net(picture)", "(made.shape[2], made.shape[3], made.shape[1])", ""),
        ("net(picture)", "made.shape[0], made.shape[2], made.shape[3], made.shape[1]", "# error"),
        (
            "nn.Conv2d(3, 3, 1)(picture)",
            "(made.shape[2], made.shape[3], made.shape[1])",
            "# error",
        ),
    ],
)
def test_one_picture_of_unknown_channels_may_be_a_grey_one(
    made: str, dims: str, mixed: str
) -> None:
    check(SAVED.format(made=made, dims=dims, mixed=mixed), "NN301")
