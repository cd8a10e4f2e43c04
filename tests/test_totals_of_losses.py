"""loss-keeps-graph (NN106): what is a total of losses, and what only looks like one."""

import pytest

from tests.abstract_programs import findings

BY_HAND = """
import numpy as np
import torch


class Held:
    def __init__(self, numbers):
        self.numbers = numbers
        self.slope = None


class Affine:
    def __init__(self, inputs, outputs, shifts=True):
        self.shifts = shifts
        self.weights = Held(np.random.normal(size=(inputs, outputs)))
        self.shift = Held(np.random.normal(size=(1, outputs))) if shifts else None

    def forward(self, rows):
        self.rows = rows
        projected = rows @ self.weights.numbers
        if self.shifts:
            projected += self.shift.numbers
        return projected

    def backward(self, slope):
        self.weights.slope = self.rows.T @ slope
        self.shift.slope = slope.sum(axis=0, keepdims=True)
        return slope @ self.weights.numbers.T


class Bend:
    def forward(self, rows):
        self.rows = rows
        return 1 / (1 + np.exp(-rows))

    def backward(self, slope):
        bent = self.forward(self.rows)
        return bent * (1 - bent) * slope


class Difference:
    def forward(self, outputs, targets):
        self.outputs, self.targets = outputs, targets
        return np.mean((targets - outputs) ** 2)

    def backward(self):
        return -(2 / self.outputs.shape[0]) * (self.targets - self.outputs)


class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def __call__(self, rows):
        return self.forward(rows)

    def forward(self, rows):
        for layer in self.layers:
            rows = layer.forward(rows)
        return rows

    def backward(self, slope):
        for layer in reversed(self.layers):
            slope = layer.backward(slope)

    def held(self):
        held = []
        for layer in self.layers:
            if isinstance(layer, Affine):
                held.append(layer.weights)
                if layer.shifts:
                    held.append(layer.shift)
        return held


class Descent:
    def __init__(self, held):
        self.held = held

    def step(self):
        for each in self.held:
            each.numbers -= 0.001 * each.slope


rows = np.arange(-10, 10, 0.1).reshape(-1, 1)
targets = 3 * rows**2 + np.random.normal(scale=5, size=(rows.shape[0], rows.shape[1]))
network = Network()
network.add(Affine(1, 32))
network.add(Bend())
network.add(Affine(32, 64))
network.add(Bend())
network.add(Affine(64, 64))
network.add(Bend())
network.add(Affine(64, 32))
network.add(Bend())
network.add(Affine(32, 1))
difference = Difference()
descent = Descent(network.held())
for epoch in range(100):
    outputs = network(rows)
    loss = difference.forward(outputs, targets)
    network.backward(difference.backward())
    descent.step()
print(network(rows))
"""


def test_what_layers_by_hand_add_is_the_input_of_the_next_one() -> None:
    assert "NN106" not in {code for _, code in findings(BY_HAND)}


def test_a_total_of_losses_is_one_in_the_next_round() -> None:
    program = """
import torch
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
total = 0.0
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    total += loss
"""
    assert [line for line, code in findings(program) if code == "NN106"] == [11]


REWARDS = """
import gym
import torch
from torch import nn

world = gym.make("CartPole-v1")
critic = nn.Linear(4, 1)
optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)


def learn(state, reward):
    reward = torch.tensor(reward, dtype=torch.float)
    loss = (critic(torch.tensor(state)) - reward).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


for episode in range(100):
    state, total, done = world.reset(), 0, False
    while not done:
        state, reward, done, _ = world.step(world.action_space.sample())
        LEARN
"""


def test_rewards_that_a_loss_is_computed_from_hold_no_graph() -> None:
    added = REWARDS.replace("LEARN", "learn(state, reward)\n        total += reward")
    assert "NN106" not in {code for _, code in findings(added)}
    losses = REWARDS.replace("LEARN", "total += learn(state, reward)")
    assert "NN106" in {code for _, code in findings(losses)}


def test_a_sum_of_plain_numbers_that_a_target_holds_has_no_graph() -> None:
    text = REWARDS.replace(
        "    reward = torch.tensor(reward, dtype=torch.float)\n",
        "    with torch.no_grad():\n        reward = reward + 0.9 * critic(torch.tensor(state))\n",
    )
    learn = (
        "reward = sum(-1.0 for _ in state)\n        learn(state, reward)\n        total += reward"
    )
    assert "NN106" not in {code for _, code in findings(text.replace("LEARN", learn))}


@pytest.mark.parametrize(("added", "is_wrong"), [("loss", True), ("loss.data[0]", False)])
def test_what_is_divided_by_something_unknown_is_as_cut_off_as_before(
    added: str, is_wrong: bool
) -> None:
    text = f"""
import torch
from torch import nn
model = nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters())
total, curve = 0.0, []
for step, (x, y) in enumerate(torch.load("sentences.pt")):
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    total += {added} / measure(x)
    curve.append(total)
"""
    assert ("NN106" in {code for _, code in findings(text)}) is is_wrong


CURVE = """
import torch
from torch import nn
model = nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters())
curve = []
for x, y in torch.load("batches.pt"):
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
    optimizer.step()
    curve.append({kept})
{then}
"""


@pytest.mark.parametrize(
    ("kept", "then", "is_wrong"),
    [
        ("loss", "print(curve[-1].item())", True),
        ("loss", "print(sum(curve) / len(curve))", True),
        ("loss.item()", "print(curve[-1])", False),
        ("loss", "sum(curve).backward()", False),
        ("loss", "torch.stack(curve).mean().backward()", False),
    ],
)
def test_a_list_of_losses_that_never_go_back_again_holds_graphs_though_one_is_retained(
    kept: str, then: str, is_wrong: bool
) -> None:
    found = {code for _, code in findings(CURVE.format(kept=kept, then=then))}
    assert ("NN106" in found) is is_wrong


WEIGHED = """
import gym
import torch
from torch import nn
from game import rules

policy = nn.Linear(4, 2)
optimizer = torch.optim.Adam(policy.parameters())
world, total = gym.make("CartPole-v1"), 0.0
state, _ = world.reset()
for step in range(1000):
    chances = policy(torch.from_numpy(state).float()).softmax(-1)
    state, gain, done, _, _ = world.step(chances.argmax().item())
    spread = rules.spread(policy, chances)
    optimizer.zero_grad()
    loss = {loss}
    loss.backward()
    optimizer.step()
    total += {added}
"""


@pytest.mark.parametrize(
    ("loss", "added", "is_wrong"),
    [
        ("-chances.max().log() * gain", "gain", False),
        ("-gain * chances.max().log()", "gain", False),
        ("(-chances.max().log() * (gain + 0.9 * done)).sum()", "gain", False),
        ("-chances.max().log() * gain", "loss", True),
        ("-chances.max().log() * gain + spread", "spread", True),
        ("-chances.max().log() + 0.01 * spread", "spread", True),
    ],
)
def test_what_a_loss_is_weighed_by_is_no_loss(loss: str, added: str, is_wrong: bool) -> None:
    found = {code for _, code in findings(WEIGHED.format(loss=loss, added=added))}
    assert ("NN106" in found) is is_wrong


COMPARED = """
import torch
import torch.nn.functional as F
from torch import nn
from game import world

critic = nn.Linear(4, 1)
optimizer = torch.optim.Adam(critic.parameters())
state, total = world.begin(), 0.0
for step in range(1000):
    following, gain, done = world.go(state)
    value, wanted = critic(state), gain + 0.9 * critic(following)
    optimizer.zero_grad()
    loss = {loss}
    loss.backward()
    optimizer.step()
    total += {added}
    state = following
"""


@pytest.mark.parametrize("added", ["gain", "loss"])
@pytest.mark.parametrize(
    "loss",
    [
        "nn.MSELoss()(wanted, value)",
        "F.smooth_l1_loss(value, wanted.detach())",
        "(wanted - value).square().mean()",
        "((wanted - value) ** 2).mean()",
        "(wanted - value).pow(2).mean() + 0.1 * critic(state).abs().mean()",
    ],
)
def test_a_reward_in_what_a_value_is_compared_with_holds_no_graph(loss: str, added: str) -> None:
    found = {code for _, code in findings(COMPARED.format(loss=loss, added=added))}
    assert ("NN106" in found) is (added == "loss")


OUTPUTS = """
import torch
from torch import nn
import torch.nn.functional as F
model = nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters())
batches = torch.load("batches.pt")
for epoch in range(20):
    kept, before = {begun}, None
    for step, (x, y) in enumerate(batches):
        optimizer.zero_grad()
        scores = model(x)
        loss = F.cross_entropy(scores, y)
        loss.backward()
        optimizer.step()
        {kept}
    print(kept)
"""


@pytest.mark.parametrize(
    ("begun", "kept"),
    [
        ("torch.empty(0, 2)", "kept = torch.cat((kept, scores))"),
        ("torch.empty(0, 2)", "kept = torch.cat([scores, kept], dim=0)"),
        ("torch.empty(0, 2)", "kept = torch.vstack((kept, scores))"),
        ("torch.empty(0)", "kept = torch.cat((kept, F.softmax(scores, 1)[:, 1]))"),
        ("None", "kept = scores if kept is None else torch.cat([kept, scores])"),
        ("[]", "kept += [loss]"),
        ("[]", "kept.extend([loss])"),
        ("[]", "kept.append((step, loss))"),
        ("[]", "kept.append({'step': step, 'loss': loss})"),
        ("[]", "kept.append(torch.sigmoid(scores))"),
        ("{}", "kept[step] = loss"),
    ],
)
def test_whatever_grows_by_outputs_and_losses_keeps_their_graphs(begun: str, kept: str) -> None:
    found = findings(OUTPUTS.format(begun=begun, kept=kept))
    assert [code for _, code in found] == ["NN106"]


@pytest.mark.parametrize(
    ("begun", "kept"),
    [
        ("torch.empty(0, 2)", "kept = torch.cat((kept, scores.detach()))"),
        ("torch.empty(0)", "kept = torch.cat((kept, scores.argmax(1)))"),
        ("torch.empty(0, 2)", "kept = torch.cat((kept, scores)).detach()"),
        (
            "None",
            "kept = scores if before is None else torch.cat([before, scores]); before = scores",
        ),
        ("[]", "kept.append((step, loss.item()))"),
        ("[]", "kept += [loss.item()]"),
        ("{}", "kept['last'] = loss"),
        ("{}", "kept[step] = loss.item()"),
    ],
)
def test_what_is_cut_off_or_written_over_keeps_no_graphs(begun: str, kept: str) -> None:
    assert findings(OUTPUTS.format(begun=begun, kept=kept)) == []


GROWING_FEATURES = """
import torch
from torch import nn


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8 * n, 8) for n in range(1, 4))
        self.head = nn.Linear(32, 2)

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat((x, layer(x)), 1)
        return self.head(x)


model = Dense()
optimizer = torch.optim.Adam(model.parameters())
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""


def test_features_that_grow_from_layer_to_layer_are_no_total() -> None:
    assert findings(GROWING_FEATURES) == []


HANDED_ON = """
import collections
import torch
from torch import nn


def reduced(loss):
    {around}
        return {how}


def as_number(value):
    return value.detach().cpu().numpy() if torch.is_tensor(value) else value


model = nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters())
total = 0.0
kept = {kept}
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    {added}
"""
OFF, ON = "with torch.no_grad():", "with open('log'):"


@pytest.mark.parametrize(
    ("around", "how", "kept", "added", "wrong"),
    [
        (ON, "loss / 2", "[]", "total += reduced(loss)", True),
        (OFF, "loss / 2", "[]", "total += reduced(loss)", False),
        (OFF, "loss.mean()", "[]", "total += reduced(loss)", False),
        (ON, "loss.clone()", "[]", "total += reduced(loss)", True),
        (OFF, "loss.clone()", "[]", "total += reduced(loss)", False),
        (OFF, "torch.stack([loss]).mean()", "[]", "total += reduced(loss)", False),
        (ON, "loss", "[]", "kept.append(as_number(loss))", False),
        (ON, "loss", "collections.deque()", "kept.append(loss)", True),
        (ON, "loss", "collections.deque(maxlen=20)", "kept.append(loss)", False),
        (ON, "loss", "collections.deque([], 20)", "kept.append(loss)", False),
    ],
)
def test_what_is_computed_without_gradients_or_soon_dropped_keeps_no_graphs(
    around: str, how: str, kept: str, added: str, wrong: bool
) -> None:
    text = HANDED_ON.format(around=around, how=how, kept=kept, added=added)
    assert ("NN106" in [code for _, code in findings(text)]) == wrong


STEPS_ON_EACH_BATCH = """
import torch
from torch import nn
from torch.utils.data import DataLoader

net, judge = nn.Linear(3, 3), nn.Linear(3, 1)
optimizer = torch.optim.Adam(judge.parameters())
for epoch in range(9):
    {early}
    for x, _ in DataLoader(torch.load("train.pt"), shuffle=True):
        {late}
        for _ in range(5):
            optimizer.zero_grad()
            loss = judge(net(x).detach()).mean() - judge(x).mean()
            loss.backward()
            optimizer.step()
            total += loss
    print(total)
"""


@pytest.mark.parametrize(
    ("early", "late", "wrong"), [("total = 0.0", "pass", True), ("pass", "total = 0.0", False)]
)
def test_a_total_of_the_few_steps_on_one_batch_does_not_grow(
    early: str, late: str, wrong: bool
) -> None:
    text = STEPS_ON_EACH_BATCH.format(early=early, late=late)
    assert ("NN106" in [code for _, code in findings(text)]) == wrong
