"""plateau-scheduler-input (NN605): what a metric is shows in how it was computed, whatever it is called."""

import pytest

from tests.abstract_programs import findings

PROGRAM = """
import torch
from collections import defaultdict
from sklearn.metrics import f1_score, mean_squared_error
from torch import nn
import torch.nn.functional as F

def learn(model, batches, optimizer):
    total = 0.0
    for x, y in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    return total / len(batches.dataset)

@torch.no_grad()
def judge(model, batches):
    total, right, guesses, truths, each = 0.0, 0, [], [], []
    for x, y in batches:
        out = model(x)
        total += F.cross_entropy(out, y, reduction="sum").item()
        right += (out.argmax(1) == y).sum().item()
        each.append(F.cross_entropy(out, y).item())
        guesses.append(out.argmax(1))
        truths.append(y)
    first, second = torch.cat(truths).numpy(), torch.cat(guesses).numpy()
    scores = f1_score(first, second), mean_squared_error(first, second)
    return total / len(batches.dataset), right / 200, sum(each) / len(each), *scores

model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode=MODE, patience=2)
kept = defaultdict(list)
for epoch in range(30):
    a = learn(model, some, optimizer)
    b, c, d, e, f = judge(model, others)
    kept["train"].append(a)
    kept["val"].append(b)
    print(a, b)
    plateau.step(METRIC)
"""


def _told(metric: str, mode: str) -> bool:
    text = PROGRAM.replace("METRIC", metric).replace("MODE", repr(mode))
    return "NN605" in [code for _, code in findings(text)]


@pytest.mark.parametrize("metric", ["c", "e", "100 * c"])
def test_scores_that_rise_are_not_watched_in_mode_min(metric: str) -> None:
    assert _told(metric, "min")
    assert not _told(metric, "max")


@pytest.mark.parametrize("metric", ["b", "d", "f", "kept['val'][-1]"])
def test_losses_are_not_watched_in_mode_max(metric: str) -> None:
    assert _told(metric, "max")
    assert not _told(metric, "min")


@pytest.mark.parametrize("metric", ["a", "kept['train'][-1]"])
def test_what_is_computed_while_learning_is_not_watched(metric: str) -> None:
    assert _told(metric, "min")


@pytest.mark.parametrize("metric", ["1 - c", "-c"])
def test_scores_that_are_turned_round_fall(metric: str) -> None:
    assert not _told(metric, "min")


def test_other_schedules_are_told_no_metric_whatever_its_name() -> None:
    text = PROGRAM.replace("METRIC", "b").replace(
        "ReduceLROnPlateau(optimizer, mode=MODE, patience=2)", "StepLR(optimizer, 10)"
    )
    assert "NN605" in [code for _, code in findings(text)]


KERAS = """
import keras
model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
lower = keras.callbacks.ReduceLROnPlateau(ARGUMENTS)
model.fit(x, y, validation_data=(x_val, y_val), epochs=40, callbacks=[lower])
"""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("monitor='val_accuracy', mode='min'", True),
        ("monitor='loss', patience=3", True),
        ("monitor='val_accuracy'", False),
        ("monitor='val_loss', mode='min'", False),
        ("patience=3", False),
    ],
)
def test_keras_goes_by_the_name_of_the_metric(arguments: str, told: bool) -> None:
    codes = [code for _, code in findings(KERAS.replace("ARGUMENTS", arguments))]
    assert ("NN605" in codes) == told


LIGHTNING = """
import lightning as L
import torch
from torch import nn

class Lit(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(4, 2)
    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self.net(x), y)
    def validation_step(self, batch, batch_idx):
        pass
    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=1e-3)
        sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, MODE)
        return RETURNED
"""


@pytest.mark.parametrize(
    ("mode", "monitor", "told"),
    [
        ("'min'", "val_acc", True),
        ("'max'", "val/loss", True),
        ("'min'", "train_loss", True),
        ("'max'", "val_acc", False),
        ("'min'", "val_loss", False),
    ],
)
def test_lightning_goes_by_the_name_of_the_metric(mode: str, monitor: str, told: bool) -> None:
    text = LIGHTNING.replace("MODE", mode)
    inner = text.replace(
        "RETURNED",
        f"{{'optimizer': opt, 'lr_scheduler': {{'scheduler': sched, 'monitor': {monitor!r}}}}}",
    )
    outer = text.replace(
        "RETURNED", f"{{'optimizer': opt, 'lr_scheduler': sched, 'monitor': {monitor!r}}}"
    )
    for each in (inner, outer):
        assert ("NN605" in [code for _, code in findings(each)]) == told


@pytest.mark.parametrize("returned", ["opt", "[opt]", "{'optimizer': opt}", "([opt], [])"])
def test_a_schedule_that_is_not_returned_is_never_stepped(returned: str) -> None:
    text = LIGHTNING.replace("MODE", "'min'").replace("RETURNED", returned)
    assert [code for _, code in findings(text)] == ["NN604"]


@pytest.mark.parametrize("returned", ["([opt], [sched])", "self.put_together(opt)"])
def test_a_schedule_that_may_be_returned_is_stepped(returned: str) -> None:
    text = LIGHTNING.replace("MODE", "'min'").replace("RETURNED", returned)
    assert "NN604" not in [code for _, code in findings(text)]


def test_each_trainer_is_handed_what_it_asked_for() -> None:
    text = """
import lightning.pytorch as pl
import torch
from torch import nn

class Texts(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = nn.Linear(3, 2)
    def training_step(self, batch, index):
        x, y = batch
        return nn.functional.cross_entropy(self.model(x), y)
    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
        schedule = {"scheduler": schedule, "interval": "step", "frequency": 1}
        return [optimizer], [schedule]

model = Texts()
trainer = pl.Trainer(max_epochs=1)
trainer.fit(model, load())
model = Texts()
trainer = pl.Trainer(max_epochs=3)
trainer.fit(model, load())
"""
    assert "NN604" not in [code for _, code in findings(text)]


def test_a_schedule_that_the_module_steps_itself_need_not_be_returned() -> None:
    text = LIGHTNING.replace("MODE", "'min'").replace("RETURNED", "opt")
    text = text.replace("sched = ", "self.sched = ")
    text += "    def on_train_epoch_end(self):\n        self.sched.step(1.0)\n"
    assert "NN604" not in [code for _, code in findings(text)]


CHAINED = """
        stages = []
        for length in LENGTHS:
            stages.append(torch.optim.lr_scheduler.LinearLR(opt, total_iters=length))
            stages.append(torch.optim.lr_scheduler.CosineAnnealingLR(opt, length))
        chain = torch.optim.lr_scheduler.SequentialLR(opt, stages, [5, 9])
"""


@pytest.mark.parametrize("lengths", ["(5, 9)", "range(2)", "self.lengths"])
@pytest.mark.parametrize(("returned", "told"), [("([opt], [chain])", False), ("[opt]", True)])
def test_a_chain_takes_along_the_schedules_that_were_put_into_a_list_for_it(
    lengths: str, returned: str, told: bool
) -> None:
    lines = LIGHTNING.splitlines(keepends=True)
    chained = CHAINED.replace("LENGTHS", lengths)
    text = "".join(chained if "sched =" in line else line for line in lines)
    text = text.replace("RETURNED", returned)
    assert ("NN604" in [code for _, code in findings(text)]) == told


CHOSEN = """
import json
import torch
from torch import nn
import torch.nn.functional as F

options = json.load(open("options.json"))
model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
kind = KIND
schedule = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options["arguments"])
for epoch in range(30):
    for x, y in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        val_loss = F.cross_entropy(model(held_out), truths).item()
    schedule.step(val_loss)
"""


@pytest.mark.parametrize(
    ("kind", "is_wrong"), [('options["kind"]', False), ('"ExponentialLR"', True)]
)
def test_a_schedule_that_is_chosen_by_a_setting_may_watch_a_metric(
    kind: str, is_wrong: bool
) -> None:
    found = [code for _, code in findings(CHOSEN.replace("KIND", kind))]
    assert ("NN605" in found) is is_wrong


@pytest.mark.parametrize(
    ("metric", "is_told"),
    [("val_loss", True), ("scores['val_loss']", True), ("val_loss[1]['macro_f1']", False)],
)
def test_a_metric_is_called_as_its_key_is(metric: str, is_told: bool) -> None:
    text = f"""\
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau
def fit(model, optimizer, loader):
    scheduler = ReduceLROnPlateau(optimizer, mode="max")
    for epoch in range(50):
        learn(model, optimizer, loader)
        val_loss = scores = validate(model)
        scheduler.step({metric})
"""
    assert ("NN605" in {code for _, code in findings(text)}) is is_told
