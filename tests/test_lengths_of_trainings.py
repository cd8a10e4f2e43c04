"""default-lr-decay (NN601): lengths of trainings that libraries run, or that several loops make."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

TRAINER = """
from datasets import load_dataset
from transformers import AutoModel, Trainer, TrainingArguments
rows = load_dataset("imdb")["train"].shuffle(seed=1)ROWS
settings = TrainingArguments("out", SETTINGS)
trainer = Trainer(model=AutoModel.from_pretrained("bert"), args=settings, train_dataset=rows)
trainer.train()
"""
FEW = ".select(range(1600)).map(tokenize, batched=True)"


@pytest.mark.parametrize(
    ("rows", "settings", "told"),
    [
        (FEW, "num_train_epochs=2, per_device_train_batch_size=32, warmup_steps=500", True),
        (FEW, "per_device_train_batch_size=16, warmup_steps=500", True),
        (FEW, "gradient_accumulation_steps=8, warmup_steps=100", True),
        (FEW, "num_train_epochs=20, per_device_train_batch_size=32, warmup_steps=500", False),
        (FEW, "num_train_epochs=epochs(), warmup_steps=5000", False),
        (FEW, "max_steps=2000, warmup_steps=500", False),
        (FEW, "warmup_ratio=0.1", False),
        ("", "num_train_epochs=2, warmup_steps=500", False),
        (".select(range(1600)).filter(long)", "warmup_steps=5000", False),
        (".select(range(1600)).map(group_texts, batched=True)", "warmup_steps=5000", False),
    ],
)
def test_a_warm_up_is_compared_with_the_samples_that_are_chosen(
    rows: str, settings: str, told: bool
) -> None:
    program = TRAINER.replace("ROWS", rows).replace("SETTINGS", settings)
    assert ("NN601" in [code for _, code in findings(program)]) == told


PHASES = """
import torch
def train(model, loss_of, loaders, optimizer, scheduler):
    for epoch in range(EPOCHS):
        for phase in ["train", "val"]:
            if phase == "train":
                scheduler.step()
            for x, y in loaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    loss = loss_of(model(x), y)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 7)
train(model, torch.nn.CrossEntropyLoss(), loaders(), optimizer, scheduler)
"""


@pytest.mark.parametrize(("epochs", "told"), [(25, False), (60, True)])
def test_a_step_in_one_of_the_phases_is_one_in_each_epoch(epochs: int, told: bool) -> None:
    program = PHASES.replace("EPOCHS", str(epochs))
    assert ("NN601" in [code for _, code in findings(program)]) == told


COSINE = """
import torch
import torch.nn.functional as F
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)
for epoch in range(EPOCHS):
    for x, y in batches():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    scheduler.step()
"""


@pytest.mark.parametrize(("epochs", "told"), [(50, True), (150, False), (200, False)])
def test_a_cosine_that_is_left_early_has_hardly_fallen(epochs: int, told: bool) -> None:
    program = dedent(COSINE).replace("EPOCHS", str(epochs))
    assert ("NN601" in [code for _, code in findings(program)]) == told


COUNTED = """
import itertools
import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, StepLR
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup


def endless(loader):
    while True:
        for batch in loader:
            yield batch


def so_long(loader):
    while True:
        yield from loader
        if loader.dataset.is_used_up:
            break


def build(model):
    return torch.optim.AdamW(model.parameters(), lr=1e-3)


def learn(model, optimizer, x, y):
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()

"""
COUNTING = {
    "a generator that is left at a number": """
        def train(model, loader):
            optimizer = build(model)
            schedule = get_linear_schedule_with_warmup(optimizer, 100, 1000)  # error
            for step, (x, y) in enumerate(endless(loader)):
                if step == 6000:
                    break
                learn(model, optimizer, x, y)
                schedule.step()
        """,
    "a cosine that rises again behind its end": """
        STEPS = 6000
        def train(model, loader):
            optimizer = build(model)
            schedule = get_cosine_schedule_with_warmup(optimizer, 100, 1000)  # error
            for step, (x, y) in enumerate(endless(loader)):
                if step >= STEPS:
                    break
                learn(model, optimizer, x, y)
                schedule.step()
        """,
    "epochs until a number of steps": """
        def train(model, loader):
            optimizer = build(model)
            schedule = get_linear_schedule_with_warmup(optimizer, 500, 2000)  # error
            step = 0
            while step < 20_000:
                for x, y in loader:
                    learn(model, optimizer, x, y)
                    schedule.step()
                    step += 1
                    if step >= 20_000:
                        break
        """,
    "an object that returns at a number": """
        class Trainer:
            def __init__(self, model, loader):
                self.model, self.loader, self.optimizer = model, loader, build(model)
                self.schedule = StepLR(self.optimizer, 60_000)  # error
                self.step, self.last = 0, 10_000
            def run(self):
                while True:
                    for x, y in self.loader:
                        learn(self.model, self.optimizer, x, y)
                        self.schedule.step()
                        self.step += 1
                        if self.step == self.last:
                            return self.model
        """,
    "a slice of a cycle": """
        def train(model, loader):
            optimizer = build(model)
            schedule = get_linear_schedule_with_warmup(optimizer, 100, 1000)  # error
            for x, y in itertools.islice(itertools.cycle(loader), 8000):
                learn(model, optimizer, x, y)
                schedule.step()
        """,
    "a counter of itertools": """
        def train(model, loader):
            optimizer, batches = build(model), endless(loader)
            schedule = CosineAnnealingLR(optimizer, 400)  # error
            for step in itertools.count():
                if step > 4000:
                    break
                x, y = next(batches)
                learn(model, optimizer, x, y)
                schedule.step()
        """,
    "epochs that are counted": """
        def train(model, loader):
            optimizer = build(model)
            schedule = StepLR(optimizer, 30)  # error
            epoch = 0
            while epoch < 20:
                for x, y in loader:
                    learn(model, optimizer, x, y)
                schedule.step()
                epoch += 1
        """,
    "a schedule of the same number": """
        class Config:
            steps = 20_000
        def train(model, loader, config=Config()):
            optimizer = build(model)
            schedule = get_linear_schedule_with_warmup(optimizer, config.steps // 10, config.steps)
            step = 0
            while step < config.steps:
                for x, y in loader:
                    learn(model, optimizer, x, y)
                    schedule.step()
                    step += 1
        """,
    "a loader that may be used up before": """
        def train(model, loader):
            optimizer = build(model)
            schedule = CosineAnnealingLR(optimizer, T_max=1000)
            for step, (x, y) in enumerate(so_long(loader)):
                learn(model, optimizer, x, y)
                schedule.step()
                if step == 10_000:
                    break
        """,
    "a number that all epochs share": """
        def train(model, loader):
            optimizer = build(model)
            schedule, step = CosineAnnealingLR(optimizer, T_max=1000), 0
            for epoch in range(10):
                for x, y in loader:
                    if step >= 1000:
                        break
                    learn(model, optimizer, x, y)
                    schedule.step()
                    step += 1
        """,
    "a training that is taken up again": """
        def train(model, loader, saved):
            optimizer = build(model)
            schedule, step = CosineAnnealingLR(optimizer, T_max=1000), saved["step"]
            while step < 100:
                for x, y in loader:
                    learn(model, optimizer, x, y)
                    schedule.step()
                    step += 1
        """,
    "rounds that are not all counted": """
        def train(model, loader):
            optimizer = build(model)
            schedule, bad, best = CosineAnnealingLR(optimizer, T_max=100), 0, 9.0
            while bad < 5:
                for x, y in loader:
                    learn(model, optimizer, x, y)
                schedule.step()
                if score(model) > best:
                    bad += 1
        """,
}


@pytest.mark.parametrize("text", COUNTING.values(), ids=COUNTING.keys())
def test_loops_that_are_left_once_something_has_been_counted(text: str) -> None:
    program = COUNTED + dedent(text)
    rows = [row for row, line in enumerate(program.splitlines(), 1) if line.endswith("# error")]
    assert [row for row, code in findings(program) if code == "NN601"] == rows


ASKED = """
import torch
import torch.nn.functional as F
EPOCHS = 20
MILESTONES = [60, 80]


def in_steps(epoch):
    if epoch < 60:
        return 1.0
    return 0.1 if epoch < 120 else 0.01


def by_milestones(epoch):
    factor = 1.0
    for each in MILESTONES:
        if epoch >= each:
            factor *= 0.1
    return factor


def from_the_middle(epoch):
    return 1.0 if epoch < EPOCHS // 2 else 0.1


def after_warming_up(epoch):
    return (epoch + 1) / 5 if epoch < 5 else 0.97 ** (epoch - 5)


def still_warming_up(epoch):
    return (epoch + 1) / 80 if epoch < 80 else 0.97 ** (epoch - EPOCHS)


def always(epoch):
    return 1.0 if epoch < 60 else 1


class Steps:
    def __init__(self, end):
        self.end = end

    def __call__(self, epoch):
        return 1.0 if epoch < self.end else 0.1


model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, FACTOR)
for epoch in range(EPOCHS):
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    schedule.step()
"""


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        ("in_steps", True),
        ("by_milestones", True),
        ("lambda epoch: 1.0 if epoch < 100 else 0.1", True),
        ("Steps(90)", True),
        ("from_the_middle", False),
        ("after_warming_up", False),
        ("still_warming_up", True),
        ("always", False),
        ("Steps(15)", False),
        ("unknown", False),
    ],
)
def test_functions_that_go_several_ways_are_asked_for_each_epoch(factor: str, told: bool) -> None:
    program = ASKED.replace("FACTOR", factor)
    assert ("NN601" in [code for _, code in findings(program)]) == told
