"""Where schedules are stepped, in which order, and what they are told: NN602 to NN605."""

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.rulebook import rulebook
from tests.abstract_programs import findings, marked

HEADER = """
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import (
    CosineAnnealingLR, ExponentialLR, MultiStepLR, OneCycleLR, PolynomialLR,
    ReduceLROnPlateau, SequentialLR, StepLR,
)
"""


def check(code: str, rule: str) -> None:
    program = HEADER + code
    assert [each for each in findings(program) if each[1] == rule] == marked(program, rule)


def training(schedule: str, at_start: str = "", at_batch: str = "", at_end: str = "") -> str:
    """A training loop with a schedule, and lines at three places of it."""
    return f"""
def train(model, loader, epochs, validate, args):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = {schedule}
    for epoch in range(epochs):
        {at_start or "pass"}
        for step, (inputs, labels) in enumerate(loader):
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
            {at_batch or "pass"}
        val_loss, val_acc = validate(model)
        {at_end or "pass"}
"""


class TestAScheduleThatCountsAnotherUnit:
    @pytest.mark.parametrize(
        "schedule",
        [
            "CosineAnnealingLR(optimizer, T_max=epochs)",
            "CosineAnnealingLR(optimizer, epochs, 1e-6)",
            "PolynomialLR(optimizer, total_iters=epochs)",
            "OneCycleLR(optimizer, 0.1, total_steps=epochs)",
        ],
    )
    def test_as_many_steps_as_epochs_are_over_in_the_first_epoch(self, schedule: str) -> None:
        check(training(schedule, at_batch="scheduler.step()  # error"), "NN602")
        check(training(schedule, at_end="scheduler.step()"), "NN602")

    @pytest.mark.parametrize(
        "schedule",
        [
            "CosineAnnealingLR(optimizer, T_max=epochs * len(loader))",
            "CosineAnnealingLR(optimizer, T_max=len(loader) * (epochs - 5))",
            "OneCycleLR(optimizer, 0.1, epochs=epochs, steps_per_epoch=len(loader))",
            "OneCycleLR(optimizer, max_lr=0.1, total_steps=len(loader) * epochs)",
        ],
    )
    def test_as_many_steps_as_batches_are_never_taken_by_epochs(self, schedule: str) -> None:
        check(training(schedule, at_end="scheduler.step()  # error"), "NN602")
        check(training(schedule, at_batch="scheduler.step()"), "NN602")

    def test_the_loops_may_be_in_functions_and_methods(self) -> None:
        check(
            """
            class Trainer:
                def __init__(self, model, loader, epochs):
                    self.model, self.loader, self.epochs = model, loader, epochs
                    self.optimizer = torch.optim.Adam(model.parameters())
                    self.scheduler = CosineAnnealingLR(self.optimizer, T_max=self.epochs)

                def train_epoch(self):
                    for inputs, labels in self.loader:
                        self.optimizer.zero_grad()
                        F.mse_loss(self.model(inputs), labels).backward()
                        self.optimizer.step()
                        self.scheduler.step()  # error

                def fit(self):
                    for epoch in range(self.epochs):
                        self.train_epoch()


            Trainer(build(), load(), 10).fit()
            """.replace("\n            ", "\n"),
            "NN602",
        )

    @pytest.mark.parametrize(
        "line",
        [
            "scheduler.step(epoch + step / len(loader))",
            "if step % len(loader) == 0: scheduler.step()",
            "for _ in args.processes: scheduler.step()",
        ],
    )
    def test_a_step_that_is_not_always_taken_or_is_told_where_it_is_is_left_alone(
        self, line: str
    ) -> None:
        check(training("CosineAnnealingLR(optimizer, T_max=epochs)", at_batch=line), "NN602")

    def test_milestones_below_the_number_of_epochs_are_epochs(self) -> None:
        code = training("MultiStepLR(optimizer, [30, 60])", at_batch="scheduler.step()  # error")
        check(code.replace("range(epochs)", "range(90)"), "NN602")
        code = training("MultiStepLR(optimizer, [3000, 6000])", at_batch="scheduler.step()")
        check(code.replace("range(epochs)", "range(90)"), "NN602")

    def test_a_decay_that_fits_the_epochs_is_stepped_by_batches_of_known_number(self) -> None:
        program = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
loader = DataLoader(TensorDataset(torch.randn(512, 4), torch.randn(512, 1)), batch_size=32)
model = nn.Linear(4, 1)
optimizer = torch.optim.Adam(model.parameters())
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.1)
for epoch in range(25):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        scheduler.step()
"""
        told = [each for each in findings(program) if each[1] in {"NN601", "NN602"}]
        assert told == [(14, "NN602")]

    def test_a_decay_by_batches_that_lasts_is_left_alone(self) -> None:
        for schedule in ("ExponentialLR(optimizer, 0.999)", "StepLR(optimizer, 500, 0.5)"):
            code = training(schedule, at_batch="scheduler.step()")
            check(code.replace("range(epochs)", "range(90)"), "NN602")
        code = training("ExponentialLR(optimizer, 0.9)", at_batch="scheduler.step()  # error")
        check(code.replace("range(epochs)", "range(90)"), "NN602")

    @pytest.mark.parametrize(
        ("formula", "wrong"),
        [
            ("lambda epoch: 0.95 ** epoch", True),
            ("lambda epoch: 1 - epoch / 90", True),
            ("lambda epoch: 0.5 * (1 + math.cos(math.pi * epoch / 90))", True),
            ("lambda step: 0.5 * (1 + math.cos(math.pi * step / 450))", False),
            ("lambda step: 0.5 * (1 + math.cos(math.pi * step / 40))", False),
            ("lambda step: 0.9995 ** step", False),
            ("lambda step: min(1.0, step / 500)", False),
            ("lambda step: 0.5 ** step", False),
        ],
    )
    def test_a_formula_for_epochs_is_not_stepped_at_each_batch(
        self, formula: str, wrong: bool
    ) -> None:
        schedule = f"lr_scheduler.LambdaLR(optimizer, {formula})"
        code = training(schedule, at_batch=f"scheduler.step(){'  # error' if wrong else ''}")
        check("import math\n" + code.replace("range(epochs)", "range(90)"), "NN602")

    def test_a_schedule_that_is_built_anew_in_each_epoch_counts_batches(self) -> None:
        check(
            """
def train(model, loader, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(epochs):
        scheduler = CosineAnnealingLR(optimizer, T_max=len(loader))
        for inputs, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
            scheduler.step()
""",
            "NN602",
        )


class TestAScheduleThatComesBeforeTheOptimizer:
    def test_at_the_start_of_an_epoch(self) -> None:
        schedule = "MultiStepLR(optimizer, args.milestones)"
        check(training(schedule, at_start="scheduler.step()  # error"), "NN603")
        check(training(schedule, at_end="scheduler.step()"), "NN603")

    @pytest.mark.parametrize(
        "line",
        ["scheduler.step(epoch)", "if epoch: scheduler.step()", "scheduler.step(epoch=epoch)"],
    )
    def test_the_epoch_or_a_condition_makes_it_right(self, line: str) -> None:
        check(training("MultiStepLR(optimizer, args.milestones)", at_start=line), "NN603")

    @pytest.mark.parametrize("switch", ["args.decay", "not args.off", "scheduler is not None"])
    def test_a_switch_that_is_the_same_in_all_rounds_changes_nothing(self, switch: str) -> None:
        line = f"if {switch}: scheduler.step()  # error"
        check(training("MultiStepLR(optimizer, args.milestones)", at_start=line), "NN603")

    def test_a_schedule_that_is_brought_up_to_date_before_the_training_is_right(self) -> None:
        check(
            """
def train(model, loader, args):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, args.size)
    for _ in range(args.start_epoch):
        scheduler.step()
    for epoch in range(args.start_epoch, args.epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        scheduler.step()
""",
            "NN603",
        )

    def test_the_optimizer_may_have_been_stepped_where_nobody_can_look(self) -> None:
        check(
            """
from engine import train_one_epoch


def train(model, loader, args):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, args.size)
    for epoch in range(args.epochs):
        train_one_epoch(model, loader, optimizer)
        scheduler.step()
        for inputs, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
""",
            "NN603",
        )

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("scheduler.step()  # error", "optimizer.step()"),
            ("optimizer.step()", "scheduler.step()"),
        ],
    )
    def test_both_are_stepped_in_every_few_rounds(self, first: str, second: str) -> None:
        check(
            f"""
def train(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, 10)
    for number, (inputs, labels) in enumerate(loader):
        F.cross_entropy(model(inputs), labels).backward()
        if (number + 1) % 4 == 0:
            {first}
            {second}
            optimizer.zero_grad()
""",
            "NN603",
        )

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("self.schedule.step()  # error", "self.optimizer.step()"),
            ("self.optimizer.step()", "self.schedule.step()"),
        ],
    )
    def test_both_are_stepped_by_a_method_that_others_call(self, first: str, second: str) -> None:
        check(
            f"""
class Learner:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        self.schedule = StepLR(self.optimizer, 10)

    def learn(self, inputs, labels):
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(inputs), labels).backward()
        {first}
        {second}
""",
            "NN603",
        )

    def test_it_came_first_in_the_torch_that_a_program_is_written_for(self) -> None:
        schedule, first = "StepLR(optimizer, args.size)", "scheduler.step()"
        check(training(schedule, at_start=first, at_end="print(loss.data[0])"), "NN603")
        check(training(schedule, at_start=f"{first}  # error", at_end="print(loss)"), "NN603")

    def test_a_scaler_steps_the_optimizer_too(self) -> None:
        code = training("StepLR(optimizer, args.size)", at_end="scheduler.step()")
        check(code.replace("optimizer.step()", "args.scaler.step(optimizer)"), "NN603")


@pytest.mark.parametrize(("factor", "told"), [("0.1", True), ("1.0", False)])
def test_a_factor_of_one_switches_a_decay_off(factor: str, told: bool) -> None:
    text = training(f"StepLR(optimizer, 30, gamma={factor})", at_end="scheduler.step()")
    program = HEADER + text.replace("range(epochs)", "range(10)")
    assert ("NN601" in [code for _, code in findings(program)]) is told


class TestAScheduleThatIsNeverStepped:
    def test_nothing_steps_it(self) -> None:
        check(training("StepLR(optimizer, args.size)  # error"), "NN604")

    @pytest.mark.parametrize(
        "line",
        [
            "scheduler.step()",
            "if args.decay: scheduler.step()",
            "if 0: scheduler.step()",
            "args.callback(scheduler)",
            "args.callback({'scheduler': scheduler})",
            "args.callback(scheduler.step)",
            "adjust = SequentialLR(optimizer, [scheduler], []); adjust.step()",
        ],
    )
    def test_it_is_or_may_be_stepped(self, line: str) -> None:
        check(training("StepLR(optimizer, args.size)", at_end=line), "NN604")

    @pytest.mark.parametrize(
        ("line", "is_told"),
        [
            ("args.adjust_learning_rate(optimizer, epoch)", False),
            ("args.warm_up(epoch, optimizer)", False),
            ("optimizer = torch.optim.SGD(model.parameters(), lr=0.1 / (epoch + 1))", False),
            ("args.save(model, optimizer, epoch)", True),
            ("other = torch.optim.SGD(args.other.parameters(), lr=0.1)", True),
        ],
    )
    def test_the_rate_may_change_without_it(self, line: str, is_told: bool) -> None:
        mark = "  # error" if is_told else ""
        check(training(f"StepLR(optimizer, args.size){mark}", at_start=line), "NN604")

    def test_an_optimizer_that_is_never_stepped_here_belongs_to_somebody_else(self) -> None:
        check(
            """
def build(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return optimizer, StepLR(optimizer, 10)
""",
            "NN604",
        )

    @pytest.mark.parametrize("condition", ["if options['decays_first']:", "if False:"])
    def test_an_option_may_switch_one_of_two_off(self, condition: str) -> None:
        stepped = OF_TWO.replace("CONDITION", f"{condition}\n                self.first.step()")
        check(stepped.replace("MARK", ""), "NN604")
        check(OF_TWO.replace("CONDITION", "pass").replace("MARK", "# error"), "NN604")

    def test_a_schedule_of_a_finder_that_another_replaces_is_left_alone(self) -> None:
        check(
            """
def train(model, loader, args):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, args.size)
    if args.cosine:
        scheduler = CosineAnnealingLR(optimizer, args.epochs)
    for epoch in range(args.epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        scheduler.step()
""",
            "NN604",
        )


OF_TWO = """
options = {"decays_first": False}

class Pair:
    def __init__(self, one: nn.Linear, two: nn.Linear):
        self.one, self.two = one, two
        self.of_one = torch.optim.Adam(one.parameters(), lr=1e-4)
        self.of_two = torch.optim.Adam(two.parameters(), lr=1e-4)
        self.first = CosineAnnealingLR(self.of_one, 100)  MARK
        self.second = CosineAnnealingLR(self.of_two, 100)

    def train(self, loader):
        for epoch in range(100):
            for x, y in loader:
                self.of_one.zero_grad()
                self.of_two.zero_grad()
                F.cross_entropy(self.two(self.one(x)), y).backward()
                self.of_one.step()
                self.of_two.step()
            self.second.step()
            CONDITION

Pair(nn.Linear(10, 5), nn.Linear(5, 2)).train(torch.load("batches.pt"))
"""


class TestWhatAPlateauScheduleWatches:
    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ("", "val_acc"),
            ("", "args.history['val_iou'][-1]"),
            (", mode='max'", "val_loss"),
            (", 'max'", "val_loss.item()"),
        ],
    )
    def test_the_wrong_direction_is_told_where_it_is_chosen(self, options: str, told: str) -> None:
        schedule = f"ReduceLROnPlateau(optimizer{options})  # error"
        check(training(schedule, at_end=f"scheduler.step({told})"), "NN605")

    @pytest.mark.parametrize("told", ["", "epoch"])
    def test_no_metric_is_told_at_the_step(self, told: str) -> None:
        step = f"scheduler.step({told})  # error"
        check(training("ReduceLROnPlateau(optimizer)", at_end=step), "NN605")

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ("", "val_loss"),
            ("", "-val_acc"),
            ("", "1 - val_acc"),
            ("", "validate(model)"),
            (", mode='max'", "val_acc"),
            (", mode=args.mode", "val_acc"),
            (", **args.plateau", "val_acc"),
            ("", "val_acc_loss"),
            ("", "args.score"),
        ],
    )
    def test_the_right_direction_or_one_nobody_knows(self, options: str, told: str) -> None:
        schedule = f"ReduceLROnPlateau(optimizer{options})"
        check(training(schedule, at_end=f"scheduler.step({told})"), "NN605")

    def test_lightning_is_told_the_metric_beside_the_schedule(self) -> None:
        check(
            """
import lightning.pytorch as pl

class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def training_step(self, batch, index):
        return F.cross_entropy(self.layer(batch[0]), batch[1])

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        scheduler = ReduceLROnPlateau(optimizer)
        return {"optimizer": optimizer, "lr_scheduler": scheduler, "monitor": "val_loss"}

pl.Trainer(max_epochs=10).fit(Net(), loader)
""",
            "NN605",
        )

    def test_another_schedule_watches_nothing(self) -> None:
        step = "scheduler.step(val_loss)"
        check(training("StepLR(optimizer, 10)", at_end=f"{step}  # error"), "NN605")
        check(training("StepLR(optimizer, 10)", at_end="scheduler.step(epoch)"), "NN605")

    def test_either_of_two_schedules_by_an_option(self) -> None:
        check(
            """
def train(model, loader, args, validate):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    if args.plateau:
        scheduler = ReduceLROnPlateau(optimizer)
    else:
        scheduler = StepLR(optimizer, args.size)
    for epoch in range(args.epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        if args.plateau:
            scheduler.step(validate(model))
        else:
            scheduler.step()
""",
            "NN605",
        )


def test_a_decay_that_does_not_fit_is_told_in_epochs_where_the_loop_counts_epochs() -> None:
    program = (
        HEADER
        + """
def train(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=5)
    for _ in range(1):
        for round in range(30):
            for inputs, labels in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(inputs), labels).backward()
                optimizer.step()
            scheduler.step()
"""
    )
    source = Source(program, "program.py")
    (finding,) = analyze(source, Project([source]), [rulebook("code").find("NN601")]).findings
    assert "does not fit 30 epochs: from epoch 15 on" in finding.message
    assert [each.location.row for each in finding.related] == [15]


def test_a_schedule_may_be_drawn() -> None:
    check(
        """
optimizer = torch.optim.SGD(model.parameters(), 0.1)
schedule = StepLR(optimizer, 3)
rates = []
for epoch in range(200):
    schedule.step()
    rates.append(schedule.get_last_lr())
plot(rates)
""",
        "NN601",
    )


def test_a_rate_that_its_settings_keep_constant_is_no_schedule() -> None:
    check(
        """
def train(model, batches, rate=1.0, last=1.0, steps=1000):
    optimizer = torch.optim.SGD(model.parameters(), rate)
    for step in range(steps):
        done = float(step) / steps
        for group in optimizer.param_groups:
            group["lr"] = done * last + (1 - done) * rate
        for inputs, labels in batches:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
""",
        "NN601",
    )


OF_A_CLASS = """
class Trainer:
    def __init__(self, model, critic, loader):
        self.model, self.loader = model, loader
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        self.decay = StepLR(self.optimizer, 30)  # error
        OTHER

    def fit(self, epochs):
        for epoch in range(epochs):
            for x, y in self.loader:
                self.update(x, y)
            END

    def update(self, x, y):
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(x), y).backward()
        self.optimizer.step()
        BESIDE
"""
OTHERS = """self.second = torch.optim.SGD(critic.parameters(), lr=0.1)
        self.falls = StepLR(self.second, 30)"""


class TestSchedulesOfAnObjectThatNothingMakes:
    @pytest.mark.parametrize(
        ("words", "wrong"),
        [
            ({}, True),
            ({"END": "self.decay.step()"}, False),
            ({"END": "after_epoch(self)"}, False),
            ({"END": "self.finish()\n\n    def finish(self):\n        self.decay.step()"}, False),
            ({"END": "pass\n\n    def end_epoch(self):\n        self.decay.step()"}, False),
            ({"OTHER": OTHERS, "END": "self.falls.step()"}, True),
        ],
    )
    def test_a_training_over_all_epochs_steps_them(
        self, words: dict[str, str], wrong: bool
    ) -> None:
        program = OF_A_CLASS
        for word, text in {"END": "pass", "OTHER": "pass", "BESIDE": "pass", **words}.items():
            program = program.replace(word, text)
        check(program if wrong else program.replace("  # error", ""), "NN604")

    @pytest.mark.parametrize(("beside", "wrong"), [("self.falls.step()", True), ("pass", False)])
    def test_a_caller_may_step_them_unless_a_method_steps_others(
        self, beside: str, wrong: bool
    ) -> None:
        start = OF_A_CLASS.index("    def fit")
        end = OF_A_CLASS.index("    def update")
        program = OF_A_CLASS[:start] + OF_A_CLASS[end:]
        program = program.replace("OTHER", OTHERS).replace("BESIDE", beside)
        program = program.replace(
            "self.falls = StepLR(self.second, 30)", "self.falls = StepLR(self.second, 30)"
        )
        check(program if wrong else program.replace("  # error", ""), "NN604")


CALLED = """
import torch
import torch.nn.functional as F


def note(schedule, rates):
    schedule.step()
    rates.append(schedule.get_last_lr()[0])


def update(x, y):
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    FIRST
    optimizer.step()


model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [8, 12])
rates = []
for epoch in range(16):
    BEFORE
    for x, y in torch.load("batches.pt"):
        update(x, y)
    AFTER
"""


@pytest.mark.parametrize(
    "changes",
    [
        {"BEFORE": "note(schedule, rates)  # error"},
        {"FIRST": "note(schedule, rates)  # error"},
        {"FIRST": "schedule.step()  # error"},
        {"AFTER": "note(schedule, rates)"},
    ],
)
def test_a_step_too_early_is_told_where_the_ways_to_both_part(changes: dict[str, str]) -> None:
    program = CALLED
    for name in ("BEFORE", "FIRST", "AFTER"):
        program = program.replace(name, changes.get(name, "pass"))
    rows = [row for row, line in enumerate(program.splitlines(), 1) if line.endswith("# error")]
    assert [row for row, code in findings(program) if code == "NN603"] == rows


TOLD = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.load("x.pt"), torch.load("y.pt"))
loader = DataLoader(data, batch_size={size}, shuffle=True)
model = nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters())
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer{options})
for epoch in range(30):
    total = 0.0
    for index, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
{step}
"""


@pytest.mark.parametrize(
    ("step", "options", "size", "is_hasty"),
    [
        ("        scheduler.step(loss)", "", 32, True),
        ("        scheduler.step(loss.item())", ", patience=3", 32, True),
        ("        scheduler.step(loss.detach())", ", factor=0.5, patience=5", 32, True),
        ("        scheduler.step(loss)", ", patience=1000", 32, False),
        ("        scheduler.step(loss)", ", factor=0.99", 32, False),
        ("        scheduler.step(loss)", ", cooldown=500", 32, False),
        ("        scheduler.step(loss)", "", "len(data)", False),
        ("        if index % 200 == 0: scheduler.step(loss)", "", 32, False),
        ("        scheduler.step(total / (index + 1))", "", 32, False),
        ("    scheduler.step(loss)", "", 32, False),
        ("    scheduler.step(total)", "", 32, False),
    ],
)
def test_the_loss_of_each_batch_is_no_plateau(
    step: str, options: str, size: object, is_hasty: bool
) -> None:
    found = findings(TOLD.format(step=step, options=options, size=size))
    assert ("NN602" in {code for _, code in found}) is is_hasty


IN_ANOTHER_LOOP = """
import torch
from torch import nn
x, y = torch.load("x.pt"), torch.load("y.pt")
model = nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters())
{before}
for {outer}:
    {within}
    for {inner}:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step(loss)
"""
_BUILT = "scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)"


@pytest.mark.parametrize(
    ("before", "outer", "within", "inner"),
    [
        ("", "seed in range(3)", _BUILT, "step in range(500)"),
        (_BUILT, "stage in range(3)", "", "epoch in range(500)"),
        (_BUILT, "epoch in range(500)", "", "part in ('encoder', 'decoder')"),
    ],
)
def test_a_plateau_of_whole_data_may_be_looked_for_in_each_round(
    before: str, outer: str, within: str, inner: str
) -> None:
    text = IN_ANOTHER_LOOP.format(before=before, outer=outer, within=within, inner=inner)
    assert "NN602" not in {code for _, code in findings(text)}


WATCHED = """
class Trainer:
    def __init__(self, model, optimizer, scheduler=None):
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler

    def fit(self, train, held_out, epochs):
        for _ in range(epochs):
            for x, y in train:
                self.optimizer.zero_grad()
                F.mse_loss(self.model(x), y).backward()
                self.optimizer.step()
            self.model.eval()
            with torch.no_grad():
                val_loss = sum(F.mse_loss(self.model(x), y).item() for x, y in held_out)
            self.model.train()
            TEST
                self.scheduler.step(val_loss)
            else:
                self.scheduler.step()


def main(train, held_out, choice):
    model = nn.Linear(3, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    scheduler = SCHEDULE
    Trainer(model, optimizer, scheduler).fit(train, held_out, 100)
"""


@pytest.mark.parametrize(
    "test",
    [
        "if isinstance(self.scheduler, ReduceLROnPlateau):",
        "if isinstance(self.scheduler, (ReduceLROnPlateau, str)):",
        "if self.scheduler is not None and isinstance(self.scheduler, ReduceLROnPlateau):",
        "if self.scheduler.__class__.__name__ == 'ReduceLROnPlateau':",
        "if choice == 'plateau':",
    ],
)
@pytest.mark.parametrize(
    "schedule",
    ["StepLR(optimizer, 10)", "StepLR(optimizer, 10) if choice else ReduceLROnPlateau(optimizer)"],
)
def test_the_way_for_schedules_that_watch_a_metric_is_not_for_others(
    test: str, schedule: str
) -> None:
    program = WATCHED.replace("TEST", test).replace("SCHEDULE", schedule)
    told = {code for _, code in findings(HEADER + program)}
    assert "NN605" not in told


def test_of_several_schedules_only_those_of_the_class_asked_for_are_on_its_way() -> None:
    program = WATCHED.replace("TEST", "if isinstance(self.scheduler, StepLR):")
    both = "StepLR(optimizer, 10) if choice else ReduceLROnPlateau(optimizer)"
    lines = (HEADER + program.replace("SCHEDULE", both)).splitlines()
    told = [lines[row - 1].strip() for row, code in findings("\n".join(lines)) if code == "NN605"]
    assert told == ["self.scheduler.step(val_loss)", "self.scheduler.step()"]


WITHOUT_CALLER = """
class Course:
    def __init__(self, model, length):
        self.model, self.length, self.round = model, length, 0
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        self.scheduler = ExponentialLR(self.optimizer, 0.9)  # error

    def go_on(self):
        self.scheduler.step()
        self.round += 1

    def learn(self, loader):
        for inputs, labels in loader:
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(inputs), labels).backward()
            self.optimizer.step()

    def run(self, loader):
        while self.round < self.length:
            self.learn(loader)
            self.round += 1


Course(nn.Linear(3, 2), 20).run(torch.load("batches.pt"))
"""


def test_a_method_that_nothing_names_steps_no_schedule() -> None:
    check(WITHOUT_CALLER, "NN604")
    unmarked = WITHOUT_CALLER.replace("  # error", "")
    check(unmarked.replace("self.learn(loader)", "self.learn(loader, self.go_on)"), "NN604")
    check(unmarked.replace("class Course:", "class Course(torch.load('course.pt')):"), "NN604")
    check(unmarked.replace("Course(nn", "# Course(nn"), "NN604")


IN_LISTS = """\
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader
EPOCHS = 40
loader = DataLoader(samples, 64, shuffle=True)
class Fitting:
    def __init__(self, model, optimizer, schedules=()):
        self.model, self.optimizer, self.schedules = model, optimizer, list(schedules)
    def epoch(self):
        for inputs, labels in loader:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(inputs), labels).backward()
            self.optimizer.step()
            {in_batches}
        {in_epochs}
    def advance(self):
        for each in self.schedules:
            each.step()
model = nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters())
fitting = Fitting(model, optimizer, {schedules})
for epoch in range(EPOCHS):
    fitting.epoch()
"""
ONE = "[CosineAnnealingLR(optimizer, {})]"
LISTED = "[CosineAnnealingLR(each, {}) for each in (optimizer,)]"


@pytest.mark.parametrize("schedules", [ONE, LISTED])
@pytest.mark.parametrize(
    ("length", "often", "is_told"),
    [
        ("EPOCHS", "in_batches", True),
        ("EPOCHS", "in_epochs", False),
        ("EPOCHS * len(loader)", "in_batches", False),
        ("EPOCHS * len(loader)", "in_epochs", True),
    ],
)
def test_schedules_of_a_list_are_stepped_in_the_round_that_steps_them_all(
    schedules: str, length: str, often: str, is_told: bool
) -> None:
    steps = {"in_batches": "pass", "in_epochs": "pass", often: "self.advance()"}
    text = IN_LISTS.format(schedules=schedules.format(length), **steps)
    assert ("NN602" in {code for _, code in findings(text)}) is is_told
