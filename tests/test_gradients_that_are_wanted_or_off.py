"""missing-no-grad (NN403): evaluations whose gradients are off in another way, or are learned from."""

import pytest

from tests.abstract_programs import findings

VALIDATION = """
import torch


def validate(net, val_loader, criterion):
    {told}
    net.eval()
    total = 0.0
    for images, labels in val_loader:
        total += criterion(net(images), labels).item()
    return total


def train_on(net, criterion, optimizer, images, labels):
    for parameter in net.parameters():
        parameter.requires_grad = True
    net.train()
    loss = criterion(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def _tells_of_gradients(text: str) -> bool:
    return "NN403" in [code for _, code in findings(text)]


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("print(len(val_loader))", True),
        ("for parameter in net.parameters(): parameter.requires_grad = False", False),
        ("for parameter in net.parameters(): parameter.requires_grad_(False)", False),
        ("for _, parameter in net.named_parameters(): parameter.requires_grad_(False)", False),
        ("for parameter in net.parameters(): parameter.detach_()", False),
        ("for parameter in net.parameters(): parameter.requires_grad_()", True),
        ("net.requires_grad_(False)", False),
        ("net.requires_grad_(True)", True),
    ],
)
def test_parameters_that_need_no_gradients_record_none(told: str, wrong: bool) -> None:
    assert _tells_of_gradients(VALIDATION.format(told=told)) == wrong


HEAD = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models

net = models.resnet18(weights="DEFAULT")
for parameter in net.parameters():
    parameter.requires_grad = False
net.fc = nn.Linear(512, 3)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.fc.parameters())
for epoch in range(3):
    net.train()
    for images, labels in DataLoader(torch.load("train.pt"), shuffle=True):
        loss = criterion(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    total = 0.0
    for images, labels in DataLoader(torch.load("val.pt")):
        total += criterion(net(images), labels).item()
    print(total)
"""


def test_a_new_head_records_gradients_though_the_rest_was_told_to_need_none() -> None:
    assert _tells_of_gradients(HEAD)


DRAWN = """
import torch
from torch.distributions import Categorical


def evaluate(encoder, model, texts, longest=30):
    model.eval()
    words, logarithms = [], []
    for text in texts:
        state = encoder(text)
        for _ in range(longest):
            scores, state = model(text, state)
            word = Categorical(logits=scores)
            {drawn}
            logarithms.append(word.log_prob(chosen))
            words.append(int(chosen))
    return words, torch.stack(logarithms)
"""


@pytest.mark.parametrize(
    ("drawn", "wrong"), [("chosen = word.sample()", False), ("chosen = text.next_word", True)]
)
def test_the_log_probabilities_of_what_a_policy_draws_are_learned_from(
    drawn: str, wrong: bool
) -> None:
    assert _tells_of_gradients(DRAWN.format(drawn=drawn)) == wrong


CALLBACK = """
import pytorch_lightning as pl


class Pictures({base}):
    def __init__(self, val_loader):
        self.val_loader = val_loader

    def {name}(self, trainer, pl_module):
        pl_module.eval()
        shown = []
        for images, _ in self.val_loader:
            shown += pl_module(images).cpu()
        trainer.logger.log(shown)
"""


@pytest.mark.parametrize(
    ("base", "name", "wrong"),
    [
        ("pl.Callback", "on_validation_epoch_end", False),
        ("pl.callbacks.Callback", "on_test_end", False),
        ("pl.Callback", "on_train_epoch_end", True),
        ("object", "on_validation_epoch_end", True),
    ],
)
def test_a_trainer_records_nothing_while_it_validates(base: str, name: str, wrong: bool) -> None:
    assert _tells_of_gradients(CALLBACK.format(base=base, name=name)) == wrong


CONVERTED = """
import copy
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

digits = datasets.MNIST(".", transform=transforms.ToTensor())
unseen = datasets.MNIST(".", train=False, transform=transforms.ToTensor())
train_loader = DataLoader(digits, batch_size=32, shuffle=True)
test_loader = DataLoader(unseen, batch_size=32)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for images, labels in train_loader:
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    optimizer.step()
small_model = copy.deepcopy(model).eval()
small_model.qconfig = torch.quantization.default_qconfig
torch.quantization.prepare(small_model, inplace=True)
{told}
right = 0
for images, labels in test_loader:
    right += (small_model(images).argmax(1) == labels).sum().item()
print(right)
"""


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("print(small_model)", True),
        ("torch.quantization.convert(small_model, inplace=True)", False),
        ("torch.ao.quantization.convert(small_model)", True),
        ("small_model = torch.ao.quantization.convert(small_model)", False),
        ("small_model = torch.quantization.quantize_dynamic(small_model, {nn.Linear})", False),
    ],
)
def test_a_model_of_integers_records_nothing(told: str, wrong: bool) -> None:
    assert _tells_of_gradients(CONVERTED.format(told=told)) == wrong


MOVED = """
import torch


def moved(net, test_image, rounds):
    net.eval()
    test_image = test_image.clone()
    start = {start}
    scores = net(start)
    for _ in range(rounds):
        {back}
        test_image = test_image + 0.1
        start = {start}
        scores = net(start)
        print(scores.argmax().item())
    return test_image
"""
WANTED = "torch.tensor(test_image, requires_grad=True)"


@pytest.mark.parametrize(
    ("start", "back", "wrong"),
    [
        (WANTED, "scores[0, 1].backward(retain_graph=True)", False),
        (WANTED, "print(scores[0, 1])", True),
        ("test_image", "print(scores[0, 1])", True),
    ],
)
def test_what_goes_back_in_the_next_round_is_no_evaluation(
    start: str, back: str, wrong: bool
) -> None:
    assert _tells_of_gradients(MOVED.format(start=start, back=back)) == wrong


LEARNED = """
import torch
from torch import nn
from torch.utils.data import DataLoader

device = torch.device("cuda")
net = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)).to(device)
optimizer = torch.optim.Adam(net.parameters())
shown, _ = next(iter(DataLoader(torch.load("other.pt"))))
for epoch in range(9):
    net.train()
    for x, y in DataLoader(torch.load("train.pt"), shuffle=True):
        x_{suffix}, y = x.to(device), y.to(device)
        loss = nn.functional.cross_entropy(net(x_{suffix}), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    shown_dev = shown.to(device)
    val_shown = shown.to(device)
    print(net({given}).argmax(1))
"""


@pytest.mark.parametrize(
    ("suffix", "given", "wrong"),
    [
        ("dev", "x_dev", False),  # the last batch that was learned from
        ("val", "x_val", False),
        ("on", "shown_dev", False),  # named after the device
        ("on", "val_shown", True),
    ],
)
def test_what_was_learned_from_or_only_put_on_a_device_is_not_held_out(
    suffix: str, given: str, wrong: bool
) -> None:
    told = [code for _, code in findings(LEARNED.format(suffix=suffix, given=given))]
    assert ("NN401" in told, "NN403" in told) == (wrong, wrong)


AVERAGED = """
import copy
import torch
from torch import nn
from torch.utils.data import DataLoader


def validate(model, val_loader):
    model.eval()
    return sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)


net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))
average = copy.deepcopy(net)
for weight in {frozen}.parameters():
    weight.requires_grad_(False)
{head}
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(9):
    net.train()
    for x, y in DataLoader(torch.load("train.pt"), shuffle=True):
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(validate({judged}, DataLoader(torch.load("val.pt"))))
"""


@pytest.mark.parametrize(
    ("frozen", "head", "judged", "wrong"),
    [
        ("average", "", "average", False),
        ("average", "", "net", True),
        ("net", "net[2] = nn.Linear(8, 3)", "net", True),
    ],
)
def test_the_frozen_average_of_a_model_that_learns_records_nothing(
    frozen: str, head: str, judged: str, wrong: bool
) -> None:
    assert _tells_of_gradients(AVERAGED.format(frozen=frozen, head=head, judged=judged)) == wrong


FRAMES = """
import torch
from torch import nn
class Trainer:
    def __init__(self, loader):
        self.loader, self.depth, self.pose = loader, nn.Linear(8, 8), nn.Linear(16, 6)
        self.optimizer = torch.optim.Adam([*self.depth.parameters(), *self.pose.parameters()])
    def predict_pose(self, frames):
        found = {{}}
        for number in [-1, 1]:
            found[number] = self.pose(torch.cat([frames[0], frames[number]], 1))
        return found
    def process(self, frames):
        outputs = {{"depth": self.depth(frames[0])}}
        outputs.update(self.predict_pose(frames))
        return outputs, self.losses_of(outputs, frames)
    def losses_of(self, outputs, frames):
        total = sum(elsewhere(frames[number], outputs) for number in [-1, 1])
        return {{"loss": total}}
    def run(self):
        for frames in self.loader:
            outputs, losses = {called}(frames)
            self.optimizer.zero_grad()
            losses["loss"].double().backward()
            self.optimizer.step()
"""


@pytest.mark.parametrize("called", ["self.process", "getattr(self, name)"])
def test_what_is_predicted_bit_by_bit_may_be_a_part_of_a_loss(called: str) -> None:
    assert "NN403" not in [code for _, code in findings(FRAMES.format(called=called))]


FEW_SHOTS = """
import few_shots
import torch
import torch.nn.functional as F
from torch import nn
criterion = nn.MSELoss() if few_shots.smooth else F.l1_loss
def outside(head, loss):
    head.set(torch.autograd.grad(loss, head.parameters()))
def ask(body, heads, episode):
    head = heads.clone()
    few, answers, many, right = episode
    for _ in range(3):
        loss = criterion(head(body(few)), answers)
        {step}
    return criterion(head(body(many)), right)
body, heads = nn.Linear(8, 20), few_shots.Heads(nn.Linear(20, 1))
optimizer = torch.optim.Adam([*body.parameters(), *heads.parameters()])
for epoch in range(9):
    for episode in few_shots.training():
        optimizer.zero_grad()
        ask(body, heads, episode).backward()
        optimizer.step()
    total = 0.0
    for episode in few_shots.test():
        total += ask(body, heads, episode).item()
    print(total)
"""


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("print(loss.item())", True),
        ("few_shots.write(loss)", True),
        ("head.adapt(loss)", False),
        ("head.step(loss)", False),
        ("outside(head, loss)", False),
    ],
)
def test_a_call_that_adapts_to_a_few_samples_needs_gradients(step: str, wrong: bool) -> None:
    assert _tells_of_gradients(FEW_SHOTS.format(step=step)) == wrong


TRIALS = """
import torch
import torch.nn.functional as F
from networks import Net
def test(net, test_data):
    for images, labels in test_data:
        print(F.cross_entropy(net(images), labels).item())
for trial in range(3):
    net = Net()
    optimizer = torch.optim.Adam(net.parameters())
    for images, labels in data():
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        net.eval()
        test(net, held_out())
    test(net, held_out())
"""


def test_the_training_of_the_next_trial_belongs_to_another_model() -> None:
    found = [row for row, code in findings(TRIALS) if code == "NN403"]
    assert found == [6]


def test_a_statement_may_switch_gradients_on_where_a_trainer_has_them_off() -> None:
    text = """
import torch
import lightning as L
from torch import nn
class Adapting(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = nn.Linear(3, 4)
    def adapt(self, x, y):
        for _ in range(5):
            loss = nn.functional.cross_entropy(self.model(x), y)
            loss.backward()
            with torch.no_grad():
                print(self.model.weight.grad)
    def validation_step(self, batch, index):
        torch.set_grad_enabled(True)
        self.adapt(*batch)
        torch.set_grad_enabled(False)
"""
    assert "NN110" not in {code for _, code in findings(text)}
    without = text.replace("torch.set_grad_enabled(True)", "pass")
    assert "NN110" in {code for _, code in findings(without)}
