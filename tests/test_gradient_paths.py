"""Which values a gradient can flow from (NN110), and which totals hold on to graphs (NN106)."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
from torch.autograd import Variable
import elsewhere
model = nn.Linear(3, 1)
loader = [(torch.randn(4, 3), torch.randn(4, 1)) for _ in range(100)]
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""

WRONG = {
    "NN110 a number made a tensor again": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = torch.tensor(criterion(model(x), y).item(), requires_grad=True)  # error
            loss.backward()
            optimizer.step()
        """,
    "NN110 a tensor made a tensor again": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = torch.tensor(criterion(model(x), y), requires_grad=True)  # error
            loss.backward()
            optimizer.step()
        """,
    "NN110 the data of the loss": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = Variable(criterion(model(x), y).data, requires_grad=True)  # error
            loss.backward()
            optimizer.step()
        """,
    "NN110 an output that went through numpy": """
        for x, y in loader:
            optimizer.zero_grad()
            output = model(x).detach().numpy()  # error
            loss = torch.tensor(((output - y.numpy()) ** 2).mean(), requires_grad=True)
            loss.backward()
            optimizer.step()
        """,
    "NN110 a metric of detached outputs": """
        def train(model, loader, optimizer, metric):
            for x, y in loader:
                optimizer.zero_grad()
                loss = torch.tensor(metric(model(x).detach(), y), requires_grad=True)  # error
                loss.backward()
                optimizer.step()
        """,
    "NN110 through a model and a loss that are not known": """
        def train(network, loss_function, optimizer, loader):
            for x, y in loader:
                loss = loss_function(network(x), y)
                value = loss.item()  # error
                optimizer.zero_grad()
                value = torch.tensor(value / 4, requires_grad=True)
                value.backward()
                optimizer.step()
        """,
    "NN110 without gradients": """
        for x, y in loader:
            optimizer.zero_grad()
            with torch.no_grad():
                output = model(x)  # error
            loss = criterion(output, y)
            loss.requires_grad_(True)
            loss.backward()
            optimizer.step()
        """,
    "NN110 in another function": """
        def loss_of(output, y):
            return criterion(output, y).detach()  # error
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.requires_grad = True
            (loss / 2).sum()
            loss.backward()
            optimizer.step()
        """,
    "NN110 losses put into a new tensor": """
        for x, y in loader:
            optimizer.zero_grad()
            output = model(x)
            parts = [criterion(output, y), nn.functional.l1_loss(output, y)]
            loss = torch.tensor([parts[0], 0.5 * parts[1]], requires_grad=True).sum()  # error
            loss.backward()
            optimizer.step()
        """,
    "NN110 numbers of losses in a list": """
        losses = []
        for x, y in loader:
            losses.append(criterion(model(x), y).item())  # error
        loss = torch.tensor(losses, requires_grad=True).mean()
        loss.backward()
        optimizer.step()
        """,
    "NN110 what a policy chose, in a list": """
        def learn(episode):
            chosen, rewards = [], []
            for state, reward in episode:
                policy = elsewhere.distribution(model(state))
                chosen.append(policy.log_prob(policy.sample()))
                rewards.append(reward)
            chosen = torch.tensor(chosen, requires_grad=True)  # error
            loss = -(chosen * torch.tensor(rewards)).sum()
            loss.backward()
            optimizer.step()
        """,
    "NN106 in an attribute": """
        class Meter:
            def __init__(self):
                self.total = 0.0
        meter = Meter()
        for epoch in range(10):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
                meter.total += loss  # error
        """,
    "NN106 in a sum that is written out": """
        def train(model, loader, optimizer):
            stats = {"loss": 0.0}
            for x, y in loader:
                optimizer.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                optimizer.step()
                stats["loss"] = loss * len(x) + stats["loss"]  # error
            return stats
        """,
    "NN106 in an average that moves": """
        def train(model, loader, optimizer):
            smooth = 0.0
            for x, y in loader:
                optimizer.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                optimizer.step()
                smooth = 0.9 * smooth + 0.1 * loss  # error
            return smooth
        """,
    "NN106 before it is back-propagated": """
        for epoch in range(10):
            total = 0
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                total += loss  # error
                loss.backward()
                optimizer.step()
            print(total / len(loader))
        """,
    "NN106 in a list": """
        history = []
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            history.append(loss)  # error
        """,
    "NN106 written out": """
        total = torch.tensor(0.0)
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total = total + loss  # error
        """,
    "NN106 of a part of the loss": """
        total = 0
        for x, y in loader:
            optimizer.zero_grad()
            error = criterion(model(x), y)
            loss = error + model.weight.pow(2).sum()
            loss.backward()
            optimizer.step()
            total += error  # error
        """,
}

RIGHT = {
    "losses weighed by their own numbers": """
        for x, y in loader:
            losses = [criterion(model(part), answer) for part, answer in zip(x, y)]
            weights = torch.tensor([each.item() for each in losses])
            optimizer.zero_grad()
            (weights * torch.stack(losses)).sum().backward()
            optimizer.step()
        """,
    "what an older policy chose": """
        def learn(episode, policy):
            before, now = [], []
            for old, action, advantage in episode:
                before.append(old.log_prob(action).item())
                now.append(policy.log_prob(action))
                ratio = torch.exp(torch.stack(now) - torch.tensor(before))
                loss = -(ratio * advantage).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        """,
    "the last of several losses, of which the first need no gradients": """
        def adapt(x, y, steps):
            losses = [0 for _ in range(steps + 1)]
            with torch.no_grad():
                losses[0] += criterion(model(x), y)
            for step in range(1, steps):
                losses[step] += criterion(model(x), y)
            optimizer.zero_grad()
            (losses[-1] / 4).backward()
            optimizer.step()
        adapt(x, y, 5)
        """,
    "a module that goes back by itself while it trains": """
        class Fitting(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = nn.Linear(3, 1)
                self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)
            def forward(self, x, y):
                loss = criterion(self.net(x), y)
                if self.training:
                    self.optimizer.zero_grad()
                    loss.backward()
                    self.optimizer.step()
                return loss
        fitting = Fitting()
        for x, y in loader:
            fitting(x, y)
        fitting.eval()
        with torch.no_grad():
            for x, y in loader:
                print(fitting(x, y))
        """,
    "one of several losses, whichever it is": """
        losses = [criterion(model(x), y).detach(), 0, 0]
        for step in range(steps):
            losses[step] = criterion(model(x), y)
        losses[2].backward()
        """,
    "numbers that are learned themselves": """
        weights = torch.tensor([0.5, 0.5], requires_grad=True)
        optimizer = torch.optim.SGD([weights], lr=0.1)
        for x, y in loader:
            optimizer.zero_grad()
            weights.sum().backward()
            optimizer.step()
        """,
    "losses of several batches that go back together": """
        losses = []
        for x, y in loader:
            losses.append(criterion(model(x), y))
        optimizer.zero_grad()
        torch.stack(losses).mean().backward()
        optimizer.step()
        """,
    "losses that go back one by one, but later": """
        losses = []
        for x, y in loader:
            loss = criterion(model(x), y)
            losses.append(loss)
        for loss in losses:
            loss.backward()
        optimizer.step()
        """,
    "numbers in a list": """
        history = []
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        """,
    "features of several layers": """
        layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(4)])
        for x, y in loader:
            features = []
            for layer in layers:
                x = x + layer(x)
                features.append(x)
            optimizer.zero_grad()
            criterion(features[-1], y).backward()
            optimizer.step()
        """,
    "a plain number": """
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
            total += float(loss)
            total += loss.detach()
            total += loss.data
            total += loss.detach().cpu().numpy() * len(x)
        """,
    "a loss that became a number under its own name": """
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            loss = loss.item()
            total += loss
        """,
    "a sum over the parts of a batch": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = 0
            for part in range(4):
                loss += criterion(model(x[part]), y[part])
            loss.backward()
            optimizer.step()
        """,
    "a sum of losses that goes backward besides": """
        meta = 0
        for x, y in loader:
            loss = criterion(model(x), y)
            loss.backward(retain_graph=True)
            meta += loss
        (meta / len(loader)).backward()
        optimizer.step()
        """,
    "a total that begins anew with every batch": """
        for x, y in loader:
            optimizer.zero_grad()
            total = 0
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss
            print(total)
        """,
    "a total that is detached each time": """
        total = torch.zeros(())
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss
            total = total.detach()
        """,
    "a teacher": """
        teacher = nn.Linear(3, 1)
        for x, y in loader:
            optimizer.zero_grad()
            target = teacher(x).detach()
            loss = criterion(model(x), target) + F.l1_loss(target, model(x))
            loss.backward()
            optimizer.step()
        """,
    "a teacher that is asked without gradients": """
        teacher = nn.Linear(3, 1)
        for x, y in loader:
            optimizer.zero_grad()
            with torch.no_grad():
                target = teacher(x)
            loss = torch.where(target > 0, target - model(x), model(x)).abs().mean()
            loss.backward()
            optimizer.step()
        """,
    "detached features and a head that is trained": """
        head = nn.Sequential(nn.LayerNorm(1), nn.Linear(1, 1))
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(head(model(x).detach()), y)
            loss.backward()
            optimizer.step()
        """,
    "parameters made by hand": """
        weight = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
        bias = torch.zeros(1)
        bias.requires_grad_()
        for x, y in loader:
            loss = ((x.detach() * weight).sum(dim=1, keepdim=True) + bias - y.detach()).pow(2).mean()
            loss.backward()
        """,
    "an input that gradients are asked for": """
        for x, y in loader:
            changed = x.detach().clone()
            changed.requires_grad = True
            distance = (changed - x).pow(2).sum()
            distance.backward()
            print(changed.grad)
        """,
    "a new leaf under another shape": """
        for x, y in loader:
            leaf = model(x).clone().detach().requires_grad_(True).cuda()
            leaf.transpose(0, 1).sum().backward()
            print(leaf.grad)
        """,
    "gradients that are handed on by hand": """
        def closure(point, x):
            y = criterion(model(elsewhere.transform(point)), x)
            torch.autograd.backward(point, torch.autograd.grad(y, point))
            return y
        for x, y in loader:
            closure(elsewhere.start(x).clone().detach().requires_grad_(True), x)
        """,
    "the halves of a network one after the other": """
        head = nn.Linear(1, 1)
        for x, y in loader:
            middle = model(x)
            leaf = middle.detach().requires_grad_()
            criterion(head(leaf), y).backward()
            middle.backward(leaf.grad)
        """,
    "a sum over the steps of a sequence that begins with the first": """
        class Trainer:
            def train_batch(self, batch):
                x, y = batch
                self.optimizer.zero_grad()
                output, state = self.model.forward(x, self.state)
                for i in range(y.shape[1]):
                    if i == 0:
                        loss = self.loss_of(output[:, i], y[:, i])
                    else:
                        loss += self.loss_of(output[:, i], y[:, i])
                loss.backward()
                self.optimizer.step()
        """,
    "the parts of a batch, whose losses are looked at after the step": """
        for x, y in loader:
            optimizer.zero_grad()
            losses = []
            for part, target in zip(x.chunk(4), y.chunk(4)):
                loss = criterion(model(part), target)
                losses.append(loss)
                loss.backward()
            optimizer.step()
            print(torch.stack(losses).mean())
        """,
    "a sum that begins with a tensor of zero": """
        def step(batch, learner, several):
            total = torch.tensor(0.0, device=batch[0].device)
            for i in range(elsewhere.steps()):
                if several:
                    total += elsewhere.weights[i] * criterion(learner(batch[0], i), batch[1])
            if not several:
                total = criterion(learner(batch[0], 0), batch[1])
            return total
        for epoch in range(10):
            optimizer.zero_grad()
            loss = step(elsewhere.batch(), elsewhere.clone(model), epoch < elsewhere.limit)
            loss.backward()
            optimizer.step()
        """,
    "numbers that unknown code has made": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = elsewhere.loss(model(x).detach(), y, model)
            loss.backward()
            optimizer.step()
        """,
    "one of two ways is connected": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            if elsewhere.flag():
                loss = loss.detach()
            loss.backward()
            optimizer.step()
        """,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_cut_off_or_held_on_to_is_flagged(name: str) -> None:
    code = name.split()[0]
    text = SETTING + dedent(WRONG[name])
    assert [each for each in findings(text) if each[1] == code] == marked(text, code)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_connected_or_let_go_is_left_alone(name: str) -> None:
    found = [code for _, code in findings(SETTING + dedent(RIGHT[name]))]
    assert not {"NN106", "NN110"} & set(found)


def test_the_steps_of_packed_sequences_keep_their_way_back() -> None:
    assert not findings(
        """\
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

tagger = nn.Sequential(nn.Embedding(1000, 64), nn.Linear(64, 20))
optimizer = torch.optim.Adam(tagger.parameters())
for words, tags, lengths in loader:
    scores = pack_padded_sequence(tagger(words), lengths, batch_first=True)
    targets = pack_padded_sequence(tags, lengths, batch_first=True)
    loss = nn.functional.cross_entropy(scores.data, targets.data)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
    )


def test_an_array_has_no_gradient_that_a_root_could_make_infinite() -> None:
    told = findings(
        """\
import numpy as np
import torch
from torch import nn

model = nn.Linear(8, 1)
optimizer = torch.optim.Adam(model.parameters())
for inputs, targets in loader:
    made = model(inputs).detach().cpu().numpy()
    error = float(np.sqrt(np.mean((np.maximum(made, 0) - targets.cpu().numpy()) ** 2)))
    loss = torch.tensor(error, requires_grad=True)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
    )
    assert {code for _, code in told} == {"NN110"}


FILLED = """
import torch
from torch import nn

class Speller(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(8, 8)
        self.letter = nn.Linear(8, 30)

    def forward(self, sounds, letters):
        steps, size = letters.shape[0], letters.shape[1]
        scores = torch.zeros(steps, size, 30)
        state = torch.zeros(size, 8)
        for step in range(1, steps):
            state = self.cell(sounds[step], state)
            {filled}
        return scores

def collate(samples):
    sounds, letters = zip(*samples)
    letters = torch.tensor(nn.utils.rnn.pad_sequence(letters))
    return nn.utils.rnn.pad_sequence(sounds), letters

speller = Speller()
optimizer = torch.optim.Adam(speller.parameters())
words = torch.load("words.pt")
for sounds, letters in torch.utils.data.DataLoader(words, 8, shuffle=True, collate_fn=collate):
    scores = speller(sounds, letters).view(-1, 30)
    loss = nn.functional.cross_entropy(scores, letters.view(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ("scores[step] = self.letter(state)", False),
        ("scores[step, :] = self.letter(state)", False),
        ("scores[step].copy_(self.letter(state))", False),
        ("scores.view(steps, size, 30)[step] = self.letter(state)", False),
        ("scores[step] = self.letter(state).detach()", True),
        ("scores[step].copy_(self.letter(state).data)", True),
        ("scores[step] = 1.0", True),
    ],
)
def test_gradients_flow_to_what_a_tensor_is_filled_with(filled: str, told: bool) -> None:
    found = {code for _, code in findings(FILLED.format(filled=filled))}
    assert ("NN110" in found) is told


BY_HAND = """
import torch

x, y = torch.randn(100, 3), torch.randn(100)
w = torch.zeros(3, requires_grad=True)
for epoch in range(100):
    loss = ((x @ w - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        {changed}
    if w.grad is not None:
        w.grad.zero_()
"""


@pytest.mark.parametrize(
    "changed",
    [
        "w -= 0.01 * w.grad",
        "w.sub_(0.01 * w.grad)",
        "w[:] = w - 0.01 * w.grad",
        "w.copy_(w - 0.01 * w.grad)",
        "torch.sub(w, 0.01 * w.grad, out=w)",
        "w = (w - 0.01 * w.grad).requires_grad_()",
        "w = torch.nn.Parameter(w - 0.01 * w.grad)",
    ],
)
def test_weights_that_are_changed_in_place_keep_their_gradients(changed: str) -> None:
    assert findings(BY_HAND.format(changed=changed)) == []


TWO_PARTS = """
import torch
from torch import nn, optim


class Reader(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(12, width)

    def forward(self, features):
        return self.layer(features)


class Writer(nn.Module):
    def __init__(self, width, words):
        super().__init__()
        self.known = nn.Embedding(words, width)
        self.steps = nn.GRU(width, width, 2)
        self.out = nn.Linear(width, words)

    def forward(self, given, state):
        found, _ = self.steps(self.known(given), state)
        return self.out(found)


def train(settings, batches, criterion):
    reader, writer = Reader(settings.width), Writer(settings.width, settings.words)
    first, second = optim.Adam(reader.parameters()), optim.Adam(writer.parameters())
    for features, words in batches:
        first.zero_grad()
        second.zero_grad()
        read = reader(features).unsqueeze(0)
        loss = criterion(writer(words[0], torch.cat({states})), words[1])
        loss.backward()
        second.step()
        first.step()
"""


@pytest.mark.parametrize(
    ("states", "is_wrong"),
    [
        ("settings.layers * [read]", False),
        ("[read] * settings.layers", False),
        ("2 * [read]", False),
        ("[torch.zeros(1, 8, 16)] * settings.layers", True),
    ],
)
def test_a_state_for_as_many_layers_as_a_setting_says_is_what_it_repeats(
    states: str, is_wrong: bool
) -> None:
    found = [code for _, code in findings(TWO_PARTS.format(states=states))]
    assert ("NN105" in found) is is_wrong


LAYER_BY_LAYER = """
import torch
class Entropy:
    def __call__(self, scores, target):
        return self.forward(scores, target)
    def forward(self, scores, target):
        self.kept = torch.softmax(scores, dim=1), target
        return -torch.log_softmax(scores, dim=1)[range(len(target)), target].mean()
    def backward(self, last=1.0):
        kept, target = self.kept
        kept[range(len(target)), target] -= 1
        return last * kept / len(target)
class Trainer:
    def __init__(self, net, loss_of, optimizer):
        self.net, self.loss_of, self.optimizer = net, loss_of, optimizer
    def step(self, x, y):
        loss = self.loss_of(self.net(x), y).numpy()
        self.optimizer.zero_grad()
        GOES_BACK
        self.optimizer.step()
        return loss
"""


@pytest.mark.parametrize(
    ("goes_back", "told"),
    [
        ("last = self.loss_of.backward(loss)\n        self.net.backward(last)", False),
        ("self.loss_of.backward(loss)", True),
    ],
)
def test_gradients_that_are_handed_from_layer_to_layer_need_no_graph(
    goes_back: str, told: bool
) -> None:
    codes = [code for _, code in findings(LAYER_BY_LAYER.replace("GOES_BACK", goes_back))]
    assert ("NN110" in codes) is told
