"""Losses that are for one of several optimizers: which of them gets gradients (NN102 to NN105, NN110)."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
artist = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
critic = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 1))
of_artist = torch.optim.Adam(artist.parameters(), lr=1e-4)
of_critic = torch.optim.Adam(critic.parameters(), lr=1e-4)
judge = nn.BCEWithLogitsLoss()
true, false = torch.ones(16, 1), torch.zeros(16, 1)
"""

OF_CRITIC = """
            made = artist(torch.randn(16, 8))
            of_critic.zero_grad()
            loss = judge(critic(torch.rand(16, 3)), true) + judge(critic(made.detach()), false)
            loss.backward()
            of_critic.step()
"""

WRONG = {
    "NN103 at the loss that the clearing is for": """
        of_artist.zero_grad()
        loss = judge(critic(made), true)
        loss.backward()  # error
        """,
    "NN104 behind the step of the other one": """
        loss = judge(critic(made), true)
        of_artist.zero_grad()
        of_artist.step()  # error
        loss.backward()
        """,
    "NN105 though the other loss goes backward": """
        of_artist.zero_grad()
        loss = judge(critic(made), true)
        of_artist.step()  # error
        """,
    "NN110 of samples that are detached for the artist as well": """
        of_artist.zero_grad()
        loss = judge(critic(made.detach()), true)  # error
        loss.backward()
        of_artist.step()
        """,
}

RIGHT = {
    "each one has its loss": """
        of_artist.zero_grad()
        loss = judge(critic(made), true)
        loss.backward()
        of_artist.step()
        """,
    "a part of the loss is on detached samples": """
        of_artist.zero_grad()
        loss = judge(critic(made), true) + 0.1 * (made.detach() - made).abs().mean()
        loss.backward()
        of_artist.step()
        """,
    "samples that are written into a tensor": """
        of_artist.zero_grad()
        both = torch.zeros(32, 3)
        both[:16] = artist(torch.randn(16, 8))
        loss = judge(critic(both), torch.ones(32, 1))
        loss.backward()
        of_artist.step()
        """,
    "samples that come through a list": """
        of_artist.zero_grad()
        several = []
        for _ in range(4):
            several.append(artist(torch.randn(4, 8)))
        loss = judge(critic(torch.cat(several)), true)
        loss.backward()
        of_artist.step()
        """,
}


def _looped(body: str) -> str:
    inner = OF_CRITIC + dedent(body).replace("\n", "\n            ")
    return "for _ in range(1000):" + inner + "\n"


@pytest.mark.parametrize("name", WRONG)
def test_a_loss_is_told_apart_from_that_of_another_optimizer(name: str) -> None:
    code, text = name.split(" ", 1)[0], SETTING + _looped(WRONG[name])
    found = [each for each in findings(text) if each[1].startswith("NN1")]
    assert found == marked(text, code)


@pytest.mark.parametrize("name", RIGHT)
def test_an_optimizer_that_its_loss_may_reach_is_left_alone(name: str) -> None:
    assert not [each for each in findings(SETTING + _looped(RIGHT[name])) if each[1][:3] == "NN1"]


def test_samples_that_are_detached_where_they_are_made_never_reach_the_one_who_made_them() -> None:
    text = SETTING + dedent("""
        for _ in range(1000):
            made = artist(torch.randn(16, 8)).detach()  # error
            of_critic.zero_grad()
            loss = judge(critic(torch.rand(16, 3)), true) + judge(critic(made), false)
            loss.backward()
            of_critic.step()
            of_artist.zero_grad()
            loss = judge(critic(made), true)
            loss.backward()
            of_artist.step()
        """)
    found = [each for each in findings(text) if each[1].startswith("NN1")]
    assert found == marked(text, "NN110")


TRAINER = """
import torch
from torch import nn

class Trainer:
    def __init__(self, artist, critic):
        self.artist, self.critic = artist, critic
        self.of_artist = torch.optim.Adam(artist.parameters(), lr=1e-4)
        self.of_critic = torch.optim.Adam(critic.parameters(), lr=1e-4)
        self.judge = nn.BCEWithLogitsLoss()

    def fit(self, loader):
        for true in loader:
            made = self.artist(torch.randn(len(true), 8))
            self.of_critic.zero_grad()
            loss = self.judge(self.critic(true), torch.ones(len(true), 1))
            loss = loss + self.judge(self.critic(made.detach()), torch.zeros(len(true), 1))
            loss.backward()
            self.of_critic.step()
            self.of_artist.zero_grad()
            loss = self.judge(self.critic(made), torch.ones(len(true), 1))
            loss.backward(){mark}
{rest}
"""


def test_an_optimizer_that_no_method_steps_is_told_of_in_a_class() -> None:
    text = TRAINER.format(mark="  # error", rest="")
    assert [each for each in findings(text) if each[1] == "NN103"] == marked(text, "NN103")


def test_an_optimizer_that_another_method_steps_is_left_alone() -> None:
    rest = "\n    def update(self):\n        self.of_artist.step()\n"
    assert "NN103" not in {each[1] for each in findings(TRAINER.format(mark="", rest=rest))}


HOOKS = {
    "one for each parameter": """
        optimizers = {each: torch.optim.SGD([each], lr=0.1) for each in model.parameters()}

        def update(parameter):
            optimizers[parameter].step()
            optimizers[parameter].zero_grad()

        for each in model.parameters():
            each.register_post_accumulate_grad_hook(update)
        """,
    "a method": """
        class Updates:
            def __init__(self, model):
                self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                model.register_full_backward_hook(self.update)

            def update(self, module, inputs, outputs):
                self.optimizer.step()
                self.optimizer.zero_grad()

        updates = Updates(model)
        """,
    "a lambda": """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model.weight.register_hook(lambda gradient: optimizer.step())
        """,
}


@pytest.mark.parametrize("name", HOOKS)
def test_an_optimizer_that_a_hook_steps_is_left_alone(name: str) -> None:
    text = dedent(f"""
        import torch
        from torch import nn
        model = nn.Linear(3, 1)
        {dedent(HOOKS[name]).replace(chr(10), chr(10) + "        ")}
        for _ in range(1000):
            model(torch.randn(4, 3)).pow(2).mean().backward()
        """)
    assert not {"NN103", "NN104", "NN105"} & {each[1] for each in findings(text)}


def test_a_hook_that_changes_gradients_only_steps_nothing() -> None:
    text = """
import torch
from torch import nn
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for each in model.parameters():
    each.register_hook(lambda gradient: gradient.clamp(-1, 1))
for _ in range(1000):
    optimizer.zero_grad()
    model(torch.randn(4, 3)).pow(2).mean().backward()  # error
"""
    assert [each for each in findings(text) if each[1] == "NN103"] == marked(text, "NN103")


DELAYED = {
    "a flag of an object": """
        class Delayed:
            def __init__(self):
                self.waiting = False

            def step(self):
                if self.waiting:
                    optimizer.step()
                    optimizer.zero_grad()
                self.waiting = True

        delayed = Delayed()
        for x, y in loader:
            loss = ((model(x) - y) ** 2).mean()
            delayed.step()
            loss.backward()
        """,
    "the number of the round": """
        for number, (x, y) in enumerate(loader):
            loss = ((model(x) - y) ** 2).mean()
            if number:
                optimizer.step()
                optimizer.zero_grad()
            loss.backward()
        """,
}


@pytest.mark.parametrize("name", DELAYED)
def test_a_step_that_is_one_round_behind_on_purpose_is_left_alone(name: str) -> None:
    setting = (
        "import torch\nmodel = torch.nn.Linear(3, 1)\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "loader = [(torch.randn(4, 3), torch.randn(4, 1)) for _ in range(100)]\n"
    )
    assert "NN104" not in {each[1] for each in findings(setting + dedent(DELAYED[name]))}


def test_switching_a_model_to_training_gives_no_gradients() -> None:
    text = """
import torch

def train_step(model, batch, optimizer, criterion):
    model.train()
    x, y = batch
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    optimizer.step()  # error
    return loss.item()

def train(model, loader, optimizer, criterion):
    for batch in loader:
        train_step(model, batch, optimizer, criterion)
"""
    assert [each for each in findings(text) if each[1] == "NN105"] == marked(text, "NN105")


@pytest.mark.parametrize("memory", ["[]", "deque(maxlen=10000)"])
def test_what_waits_for_a_memory_to_fill_is_run_again_and_again(memory: str) -> None:
    text = f"""
import random
from collections import deque
import torch
from torch import nn
memory = {memory}
values = nn.Linear(4, 2)
optimizer = torch.optim.Adam(values.parameters())

def learn():
    states, returns = map(torch.tensor, zip(*random.sample(memory, 64)))
    loss = nn.functional.mse_loss(values(states).max(1).values, returns)
    loss.backward()  # error
    optimizer.step()

for step in range(10000):
    memory.append((torch.rand(4), random.random()))
    if len(memory) > 64:
        learn()
"""
    assert [each for each in findings(text) if each[1] == "NN101"] == marked(text, "NN101")


ONE_BEHIND = {
    "a loss by hand": """
        for _ in range(100):
            loss = ((model(x) - y) ** 2).mean()
            optimizer.step()  # error
            optimizer.zero_grad()
            loss.backward()
        """,
    "cleared behind whatever was collected": """
        for _ in range(100):
            values, returns = elsewhere.collect(model)
            loss = (returns - values).pow(2).mean()
            optimizer.zero_grad()
            optimizer.step()  # error
            loss.backward()
        """,
}
NOTHING_BACK = {
    "a loss of another library": """
        dice = elsewhere.Dice("binary")
        for x, y in elsewhere.batches():
            optimizer.zero_grad()
            value = dice(model(x), y)
            optimizer.step()  # error
            print(value.item())
        """,
    "the loss that a model returns": """
        model = AutoModel.from_pretrained("bert-base-uncased")
        optimizer = torch.optim.AdamW(model.parameters())
        for batch in elsewhere.batches():
            optimizer.zero_grad()
            loss = model(**batch).loss
            optimizer.step()  # error
        """,
}
ONE = """
import elsewhere
import torch
from torch import nn
from transformers import AutoModel
model = nn.Linear(3, 1)
x, y = torch.randn(100, 3), torch.randn(100, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""


@pytest.mark.parametrize("name", ONE_BEHIND)
def test_a_step_before_its_loss_goes_backward_is_told(name: str) -> None:
    text = ONE + dedent(ONE_BEHIND[name])
    assert [each for each in findings(text) if each[1] == "NN104"] == marked(text, "NN104")


@pytest.mark.parametrize("name", NOTHING_BACK)
def test_a_step_on_cleared_gradients_behind_a_pass_is_told(name: str) -> None:
    text = ONE + dedent(NOTHING_BACK[name])
    assert [each for each in findings(text) if each[1] == "NN105"] == marked(text, "NN105")


def test_samples_that_are_made_without_gradients_never_reach_the_one_who_made_them() -> None:
    text = SETTING + dedent("""
        for _ in range(1000):
            with torch.no_grad():
                made = artist(torch.randn(16, 8))  # error
            loss = -critic(torch.rand(16, 3)).mean() + critic(made).mean()
            of_critic.zero_grad()
            loss.backward()
            of_critic.step()
            loss = -critic(made).mean()
            of_artist.zero_grad()
            loss.backward()
            of_artist.step()
        """)
    found = [each for each in findings(text) if each[1].startswith("NN1")]
    assert found == marked(text, "NN110")


def test_an_update_that_is_called_from_elsewhere_steps_all_that_it_clears() -> None:
    text = """
import torch
from torch import nn

class Agent:
    def __init__(self, sizes):
        self.actor, self.critic = nn.Linear(4, 2), nn.Linear(6, 1)
        self.of_actor = torch.optim.Adam(self.actor.parameters())
        self.of_critic = torch.optim.Adam(self.critic.parameters())

    def update(self, states, actions, targets):
        loss = (self.critic(torch.cat([states, actions], 1)) - targets).pow(2).mean()
        self.of_critic.zero_grad()
        loss.backward()
        self.of_critic.step()
        loss = -self.critic(torch.cat([states, self.actor(states)], 1)).mean()
        self.of_actor.zero_grad()
        loss.backward()  # error
"""
    assert [each for each in findings(text) if each[1] == "NN103"] == marked(text, "NN103")
