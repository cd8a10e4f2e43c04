"""Scores and losses over many batches, put together rightly and wrongly: NN808."""

import pytest

from tests.abstract_programs import findings, marked


def check(body: str, after: str, start: str = "total = 0", code: str = "NN808") -> None:
    program = f"""
import torch
from torch import nn
from torch.nn import functional as F


def evaluate(model, loader, dataset, writer, scheduler, best=1e9):
    loss_of = nn.CrossEntropyLoss()
    {start}
    with torch.no_grad():
        for step, (inputs, labels) in enumerate(loader):
            outputs = model(inputs)
            predicted = outputs.argmax(1)
            {body}
    {after}
"""
    assert [each for each in findings(program) if each[1] == code] == marked(program, code)


OVER_EPOCHS = """
import torch
from torch import nn
right, seen = 0, 0
for {round} in range(5):
    {start}
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
    with torch.no_grad():
        for inputs, labels in test_loader:
            right += (model(inputs).argmax(1) == labels).sum().item()
            seen += len(labels)
    print(right / seen){mark}
"""


def test_counts_begin_anew_in_each_epoch() -> None:
    wrong = OVER_EPOCHS.format(round="epoch", start="pass", mark="  # error")
    assert [each for each in findings(wrong) if each[1] == "NN808"] == marked(wrong, "NN808")
    for round_, start in (("epoch", "right, seen = 0, 0"), ("fold", "pass")):
        program = OVER_EPOCHS.format(round=round_, start=start, mark="")
        assert "NN808" not in dict(findings(program)).values()


RIGHT = [
    "total += (predicted == labels).sum().item()",
    "total += predicted.eq(labels).sum()",
    "total += float((predicted == labels).float().sum())",
    "total = total + torch.sum(predicted == labels).cpu().item()",
    "total += (torch.max(outputs, 1)[1] == labels).sum().item()",
]
MEANS = [
    "total += loss_of(outputs, labels).item()",
    "total += F.cross_entropy(outputs, labels).detach().cpu()",
    "total += float(loss_of(outputs, labels))",
    "total += (predicted == labels).float().mean().item()",
]


@pytest.mark.parametrize(
    ("counted", "is_wrong"),
    [
        ("seen += 1", True),
        ("seen = seen + 1", True),
        ("seen += len(labels)", False),
        ("if step % 2: seen += 1", False),
    ],
)
def test_a_number_that_grows_by_one_counts_the_batches(counted: str, is_wrong: bool) -> None:
    mark = "  # error" if is_wrong else ""
    body = f"total += (predicted == labels).sum().item()\n            {counted}"
    check(body, f"return total / seen{mark}", start="total, seen = 0, 0")


@pytest.mark.parametrize("counted", RIGHT)
def test_counts_of_samples_are_not_divided_by_batches(counted: str) -> None:
    check(counted, "return total / len(loader)  # error")
    check(counted, "print(100 * total / len(loader))  # error")
    check(counted, "total /= len(loader)  # error")
    check(counted, "return total / len(loader.dataset)")


@pytest.mark.parametrize("mean", MEANS)
def test_means_of_batches_are_not_divided_by_samples(mean: str) -> None:
    check(mean, "return total / len(loader.dataset)  # error")
    check(mean, "return total / len(loader)")


SIZES = ["len(labels)", "len(inputs)", "labels.size(0)", "inputs.shape[0]"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mean", [*MEANS, "total += loss_of(outputs, labels).sum().item()"])
def test_samples_are_counted_by_the_sizes_of_batches(mean: str, size: str) -> None:
    start = "total, seen = 0, 0"
    body = f"{mean}\n            seen += {size}"
    check(body, "return total / seen  # error", start)
    check(body, "total /= seen  # error", start)
    check(body, "return total / step", start)


@pytest.mark.parametrize(
    "body",
    [
        "total += loss_of(outputs, labels).item() * len(labels); seen += len(labels)",
        "total += F.cross_entropy(outputs, labels, reduction='sum').item(); seen += len(labels)",
        "total += ((outputs - labels) ** 2).sum().item(); seen += len(labels)",
        "total += (predicted == labels).sum().item(); seen += len(labels)",
        "total += loss_of(outputs, labels).item(); seen += count_words(labels)",
        "total += loss_of(outputs, labels).item(); seen += 1",
    ],
)
def test_sums_are_divided_by_so_many_samples_as_there_were(body: str) -> None:
    check(body, "return total / seen", start="total, seen = 0, 0")


@pytest.mark.parametrize(
    "body",
    [
        "total += loss_of(outputs, labels).item() * len(labels)",
        "total += F.cross_entropy(outputs, labels, reduction='sum').item()",
        "total += F.cross_entropy(outputs, labels, size_average=False).item()",
        "total += model.loss(outputs, labels)",
    ],
)
def test_sums_over_samples_or_of_what_nobody_knows_are_left_alone(body: str) -> None:
    check(body, "return total / len(loader.dataset)")


def test_what_is_divided_twice_may_come_out_right() -> None:
    check(RIGHT[0], "return total / len(loader) / loader.batch_size")
    check(MEANS[0], "return total / len(loader.dataset) * loader.batch_size")


def test_a_number_that_is_no_length_is_left_alone() -> None:
    check(RIGHT[0], "return total / (len(loader) * loader.batch_size)")
    check(RIGHT[0], "return total / dataset.size")


def test_a_running_mean_within_the_loop_is_left_alone() -> None:
    check(
        f"{RIGHT[0]}; writer.add_scalar('accuracy', total / len(loader), step)",
        "return total / len(loader.dataset)",
    )


@pytest.mark.parametrize("body", [MEANS[0], RIGHT[0]])
@pytest.mark.parametrize("divisor", ["len(loader)", "len(loader.dataset)", "seen"])
def test_what_should_have_been_added_up_is_told_where_it_is_bound(body: str, divisor: str) -> None:
    bound = body.replace("+=", "=") + "; seen = writer.count  # error"
    check(bound, f"return total / {divisor}")


def test_what_a_function_counts_is_told_where_the_loop_binds_it() -> None:
    program = """
    import torch

    def hits(outputs, labels):
        return (outputs.argmax(1) == labels).sum().item()

    @torch.no_grad()
    def evaluate(model, loader):
        right, seen = 0, 0
        for inputs, labels in loader:
            right = hits(model(inputs), labels)  # error
            seen += len(labels)
        return right / seen
    """
    assert [each for each in findings(program) if each[1] == "NN808"] == marked(program, "NN808")


TOLD = [
    "curve = []; curve.append(loss.item())",
    "print(f'test loss {loss.item():.3f}')",
    "writer.add_scalar('test/loss', loss.item(), 1)",
]


@pytest.mark.parametrize("use", TOLD)
def test_the_loss_of_the_last_batch_is_not_told_for_that_of_all(use: str) -> None:
    check("loss = loss_of(outputs, labels)  # error", use, code="NN803")
    check("loss = loss_of(outputs, labels)", use)


@pytest.mark.parametrize("use", TOLD)
@pytest.mark.parametrize("body", ["loss.backward()", "break"])
def test_the_loss_of_a_batch_may_be_told_of_a_training_or_of_one_batch(use: str, body: str) -> None:
    check(f"loss = loss_of(outputs, labels); {body}", use)


@pytest.mark.parametrize(
    "use",
    [
        "if loss < best: torch.save(model.state_dict(), 'best.pt')  # error",
        "scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(writer); scheduler.step(loss)  # error",
    ],
)
def test_the_last_batch_does_not_stand_for_all(use: str) -> None:
    check("loss = loss_of(outputs, labels).item()", use)
    if "/" not in use:
        check("loss = loss_of(outputs, labels).item() * labels.size(0)", use)


@pytest.mark.parametrize(("line", "mark"), [("pass", "  # error"), ("loss.backward()", "")])
def test_a_loop_of_a_training_that_trains_nothing_evaluates(line: str, mark: str) -> None:
    program = f"""
import torch
from torch import nn


def fit(model, loader, second_loader, optimizer, best=1e9):
    loss_of = nn.MSELoss()
    for epoch in range(10):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss_of(model(inputs), targets).backward()
            optimizer.step()
        for inputs, targets in second_loader:
            loss = loss_of(model(inputs), targets)
            {line}
        if loss < best:{mark}
            best = loss
"""
    assert [each for each in findings(program) if each[1] == "NN808"] == marked(program, "NN808")


def test_the_only_batch_stands_for_itself() -> None:
    check("loss = loss_of(outputs, labels); break", "if loss < best: best = loss")


def test_batches_of_one_sample_are_samples() -> None:
    start = "total = 0; loader = torch.utils.data.DataLoader(dataset)"
    check(RIGHT[0], "return total / len(loader)", start)
    check(MEANS[0], "return total / len(loader.dataset)", start)


@pytest.mark.parametrize(
    ("before", "inside", "mean"),
    [
        ("total = 0", "pass", "total / len(loader)  # error"),
        ("total = 0", "pass", "total / (epoch + 1)"),
        ("total = 0", "pass", "total / (len(loader) * (epoch + 1))"),
        ("pass", "total = 0", "total / len(loader)"),
    ],
)
def test_a_sum_is_begun_anew_in_each_epoch(before: str, inside: str, mean: str) -> None:
    program = f"""
import torch
from torch import nn


def train(model, loader, optimizer):
    loss_of = nn.CrossEntropyLoss()
    {before}
    for epoch in range(10):
        {inside}
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = loss_of(model(inputs), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        mean = {mean}
"""
    assert [each for each in findings(program) if each[1] == "NN808"] == marked(program, "NN808")


def test_a_list_may_hold_one_sum_for_each_epoch() -> None:
    program = """
import torch
from torch.nn import functional as F


def train(model, loader):
    history = [0] * 20
    for epoch in range(20):
        for inputs, labels in loader:
            history[epoch] += (model(inputs).argmax(1) == labels).sum()
        history[epoch] /= len(loader.dataset)
"""
    assert findings(program) == []


@pytest.mark.parametrize(
    ("loop", "after", "is_wrong"),
    [
        ("writer.add_scalar('loss', {loss}, step)", "pass", True),
        ("wandb.log({{'loss': {loss}}})", "pass", True),
        ("total += {loss}", "writer.add_scalar('loss', total / len(loader), 0)", False),
        ("total += {loss}; writer.add_scalar('so far', total / (step + 1), step)", "pass", False),
        ("writer.add_scalar('samples', len(labels), step)", "pass", False),
    ],
)
def test_an_evaluation_is_logged_once(loop: str, after: str, is_wrong: bool) -> None:
    line = loop.format(loss="loss_of(model(inputs), labels).item()")
    program = f"""
import torch
import wandb
from torch import nn


@torch.no_grad()
def evaluate(model, loader, writer):
    loss_of, total = nn.CrossEntropyLoss(), 0
    for step, (inputs, labels) in enumerate(loader):
        {line}{"  # error" if is_wrong else ""}
    {after}
"""
    assert [each for each in findings(program) if each[1] == "NN803"] == marked(program, "NN803")


@pytest.mark.parametrize(
    ("line", "is_wrong"),
    [
        ('print(f"batch {step}: loss {loss.item():.4f}")', True),
        ('print("loss", loss.item())', True),
        ('print("loss %.3f" % loss.item())', True),
        ('print("batch {} loss {:.3f}".format(step, loss.item()))', True),
        ('total += loss.item(); print(f"so far {loss.item()}")', False),
        ("losses.append(loss.item()); print(loss.item())", False),
        ('print(f"batch {step}")', False),
    ],
)
def test_an_evaluation_is_not_printed_line_by_line(line: str, is_wrong: bool) -> None:
    program = f"""
import torch
from torch import nn


@torch.no_grad()
def evaluate(model, loader, losses, total=0.0):
    loss_of = nn.CrossEntropyLoss()
    for step, (inputs, labels) in enumerate(loader):
        loss = loss_of(model(inputs), labels)
        {line}{"  # error" if is_wrong else ""}
    return total
"""
    assert [each for each in findings(program) if each[1] == "NN803"] == marked(program, "NN803")


@pytest.mark.parametrize(
    "head",
    ["for x, y in loader", 'for name, (x, y) in (("train", first), ("test", second))'],
)
def test_a_line_for_each_set_is_no_line_for_each_batch(head: str) -> None:
    program = f"""
import torch
from torch import nn


@torch.no_grad()
def evaluate(model, loader, first, second):
    {head}:
        print("accuracy", (model(x).argmax(1) == y).float().mean().item())
"""
    assert "NN803" not in [code for _, code in findings(program)]


@pytest.mark.parametrize(
    ("loader", "line", "is_wrong"),
    [
        ("DataLoader(held_out, batch_size=64)", 'print(f"test {loss:.3f}")', True),
        ("tqdm(DataLoader(held_out, 64))", 'print("test", loss)', True),
        ("DataLoader(held_out, batch_size=len(held_out))", 'print(f"test {loss:.3f}")', False),
        ("DataLoader(held_out, batch_size=64)", "losses.append(loss); print(loss)", False),
    ],
)
def test_a_loader_is_gone_through_in_batches(loader: str, line: str, is_wrong: bool) -> None:
    program = f"""
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm
held_out = TensorDataset(torch.load("x.pt"), torch.load("y.pt"))


def evaluate(model, losses):
    model.eval()
    with torch.no_grad():
        for x, y in {loader}:
            loss = F.mse_loss(model(x), y).item()
            {line}{"  # error" if is_wrong else ""}
"""
    assert [each for each in findings(program) if each[1] == "NN803"] == marked(program, "NN803")


def test_what_lightning_logs_is_averaged_over_the_epoch() -> None:
    program = """
import lightning.pytorch as pl
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = nn.Linear(3, 4)

    def loss_of(self, batch, mode):
        inputs, labels = batch
        loss = F.cross_entropy(self.model(inputs), labels)
        self.log(f"{mode}_loss", loss)
        return loss

    def training_step(self, batch, batch_idx):
        return self.loss_of(batch, "train")

    def validation_step(self, batch, batch_idx):
        self.loss_of(batch, "val")


trainer = pl.Trainer(max_epochs=10)
trainer.fit(Net(), train_loader, val_loader)
"""
    assert "NN803" not in [code for _, code in findings(program)]


def test_a_batch_of_the_training_may_be_measured_without_gradients() -> None:
    program = """
import torch
from torch import nn


def train(model, optimizer, loader, writer):
    loss_of = nn.CrossEntropyLoss()
    for step, (inputs, labels) in enumerate(loader):
        optimizer.zero_grad()
        outputs = model(inputs)
        loss_of(outputs, labels).backward()
        optimizer.step()
        with torch.no_grad():
            error = loss_of(outputs, labels).item()
        writer.add_scalar("training/error", error, step)
"""
    assert "NN803" not in [code for _, code in findings(program)]


def test_a_step_may_put_the_losses_of_several_parts_together() -> None:
    program = """
import torch
from torch import nn


def train(model, optimizer, loaders):
    distance, absolute, curve = nn.MSELoss(), nn.L1Loss(), []
    for batches in zip(*loaders):
        total = torch.zeros(1)
        for inputs, targets in batches:
            outputs = model(inputs)
            total = total + distance(outputs, targets)
            error = absolute(outputs, targets)
        curve.append(error.item())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    return curve
"""
    assert "NN803" not in [code for _, code in findings(program)]


@pytest.mark.parametrize(
    ("before", "inside", "told"), [("pass", "total = 0", False), ("total = 0", "pass", True)]
)
def test_the_best_sum_so_far_is_of_an_earlier_epoch(before: str, inside: str, told: bool) -> None:
    program = f"""
import torch
from torch.nn import functional as F


def train(model, optimizer, loader, held_out):
    {before}
    for epoch in range(20):
        model.train()
        for inputs, targets in loader:
            optimizer.zero_grad()
            F.l1_loss(model(inputs), targets).backward()
            optimizer.step()
        model.eval()
        {inside}
        with torch.no_grad():
            for inputs, targets in held_out:
                total += F.l1_loss(model(inputs), targets).item()
        if epoch == 0:
            best = total
        elif total < best:
            best = total
            torch.save(model.state_dict(), "best.pt")
"""
    assert ("NN808" in [code for _, code in findings(program)]) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [
        ("hits.mean(dim=1).sum()", False),
        ("hits.mean(-1).sum()", False),
        ("torch.mean(hits, 1).sum()", False),
        ("hits.mean()", True),
        ("torch.mean(hits)", True),
    ],
)
def test_a_share_for_each_sample_is_no_mean_of_a_batch(share: str, told: bool) -> None:
    program = f"""
import torch


def validate(model, loader):
    model.eval()
    total = 0
    with torch.no_grad():
        for inputs, labels in loader:
            hits = ((model(inputs) > 0) == labels.bool()).float()
            total += {share}.item()
    return total / len(loader.dataset)
"""
    assert ("NN808" in [code for _, code in findings(program)]) == told


def test_losses_of_several_tasks_are_no_means_of_batches() -> None:
    program = """
import torch
from torch import nn

EVERY, TASKS = 8, ("age", "region", "income")


def train(model, optimizer, loader):
    cross_entropy = nn.CrossEntropyLoss()
    for number, (inputs, targets) in enumerate(loader):
        outputs, total = model(inputs), 0.0
        for task in range(len(TASKS)):
            total = total + cross_entropy(outputs[task], targets[:, task])
        (total / EVERY).backward()
        if (number + 1) % EVERY == 0:
            optimizer.step()
            optimizer.zero_grad()
"""
    assert "NN808" not in [code for _, code in findings(program)]


def test_the_last_evaluation_of_a_training_is_a_whole_one() -> None:
    program = """
import torch
from torch import nn

model = nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters())
loss_of = nn.CrossEntropyLoss()
for epoch in range(30):
    model.train()
    optimizer.zero_grad()
    loss_of(model(inputs), labels).backward()
    optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(others).argmax(1) == other_labels).float().mean().item()
if accuracy < 0.6:
    print("it has not learned enough")
"""
    assert "NN808" not in [code for _, code in findings(program)]


@pytest.mark.parametrize(
    ("divisor", "wrong"),
    [("train_set", True), ("val_set", False), ("train_set + val_set", False)],
)
def test_what_comes_of_one_set_is_not_divided_by_the_size_of_another(
    divisor: str, wrong: bool
) -> None:
    program = f"""
    import torch

    def report(model, train_set, val_set, val_loader):
        right = 0
        with torch.no_grad():
            for inputs, labels in val_loader:
                right += (model(inputs).argmax(1) == labels).sum().item()
        return right / len({divisor})
    """
    assert ("NN808" in [code for _, code in findings(program)]) == wrong


@pytest.mark.parametrize(
    ("divisor", "wrong"), [("loader.dataset", True), ("loader", False), ("losses", False)]
)
def test_a_list_of_means_has_as_many_as_there_are_batches(divisor: str, wrong: bool) -> None:
    program = f"""
    import torch
    from torch.nn import functional as F

    @torch.no_grad()
    def judge(model, loader):
        losses = []
        for inputs, labels in loader:
            losses.append(F.cross_entropy(model(inputs), labels).item())
        return sum(losses) / len({divisor})
    """
    assert ("NN808" in [code for _, code in findings(program)]) == wrong


@pytest.mark.parametrize(("sign", "wrong"), [("=", True), ("+=", False)])
@pytest.mark.parametrize("right", ["among.any(1).sum().item()", "among.any(dim=1).float().sum()"])
def test_counts_of_those_that_are_right_among_the_first_few_are_added_up(
    right: str, sign: str, wrong: bool
) -> None:
    program = f"""
    import torch

    @torch.no_grad()
    def judge(model, loader):
        model.eval()
        right = seen = 0
        for inputs, labels in loader:
            first = model(inputs).topk(3, dim=1).indices
            among = first.eq(labels.unsqueeze(1))
            right {sign} {right}
            seen += labels.size(0)
        return right / seen
    """
    assert ("NN808" in [code for _, code in findings(program)]) == wrong


@pytest.mark.parametrize(("start", "wrong"), [("pass", True), ("right, seen = 0, 0", False)])
def test_counts_of_a_training_begin_anew_in_each_epoch(start: str, wrong: bool) -> None:
    program = f"""
    import torch
    from torch.nn import functional as F

    def fit(model, loader, optimizer):
        right, seen = 0, 0
        for epoch in range(10):
            {start}
            for inputs, labels in loader:
                optimizer.zero_grad()
                outputs = model(inputs)
                F.cross_entropy(outputs, labels).backward()
                optimizer.step()
                right += (outputs.argmax(1) == labels).sum().item()
                seen += len(labels)
            print(right / seen)
    """
    assert ("NN808" in [code for _, code in findings(program)]) == wrong


@pytest.mark.parametrize(
    ("body", "divisor", "wrong"),
    [
        ("total += loss_of(outputs, labels).item() * inputs.size(0)", "len(loader)", True),
        ("total += loss_of(outputs, labels).item() * len(labels)", "len(loader)", True),
        ("total += F.mse_loss(outputs, labels, reduction='sum').item()", "len(loader)", True),
        ("total += loss_of(outputs, labels).item() * len(labels)", "len(dataset)", False),
        ("total += F.mse_loss(outputs, labels, reduction='sum')", "len(loader.dataset)", False),
        ("total += 0.5 * loss_of(outputs, labels).item()", "len(loader)", False),
        ("total += loss_of(outputs, labels).item() * best", "len(loader)", False),
        (
            "total += F.mse_loss(outputs, labels, reduction='sum') / len(labels)",
            "len(loader)",
            False,
        ),
    ],
)
def test_sums_over_samples_are_not_divided_by_batches(body: str, divisor: str, wrong: bool) -> None:
    check(body, f"print(total / {divisor}){'  # error' if wrong else ''}")


METER = """
import torch
from torch import nn

class Meter:
    def __init__(self):
        self.reset()
    def reset(self):
        self.total = self.seen = 0
    def update(self, value, count):
        self.total += value * count
        self.seen += count
    @property
    def average(self):
        return self.total / self.seen

def run(model, train_loader, test_loader, optimizer):
    meter = Meter()
    for epoch in range(10):
        AGAIN
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        with torch.no_grad():
            for inputs, labels in test_loader:
                right = (model(inputs).argmax(1) == labels).float().mean().item()
                meter.update(right, labels.size(0))
        print(epoch, meter.average)MARK
"""


@pytest.mark.parametrize(
    ("again", "wrong"), [("pass", True), ("meter.reset()", False), ("meter = Meter()", False)]
)
def test_what_puts_a_mean_together_is_set_back_for_each_evaluation(again: str, wrong: bool) -> None:
    program = METER.replace("AGAIN", again).replace("MARK", "  # error" if wrong else "")
    found = [each for each in findings(program) if each[1] == "NN808"]
    assert found == marked(program, "NN808")


PLOTTED = """
import matplotlib.pyplot as plt
import torch
from torch import nn

def run(model, train_loader, test_loader, optimizer):
    learned, judged = [], []
    for epoch in range(10):
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
            learned.append(loss.item())
        KEPT
    plt.plot(learned)
    plt.plot(judged, label="held out")
"""
EACH_BATCH = """with torch.no_grad():
            for inputs, labels in test_loader:
                judged.append(nn.functional.cross_entropy(model(inputs), labels).item())"""
EACH_EPOCH = """batches = []
        with torch.no_grad():
            for inputs, labels in test_loader:
                batches.append(nn.functional.cross_entropy(model(inputs), labels).item())
        judged.append(sum(batches) / len(batches))"""


@pytest.mark.parametrize(("kept", "wrong"), [(f"{EACH_BATCH}  # error", 1), (EACH_EPOCH, 0)])
def test_a_curve_of_evaluations_has_a_point_for_each(kept: str, wrong: int) -> None:
    program = PLOTTED.replace("KEPT", kept)
    found = [each for each in findings(program) if each[1] == "NN803"]
    assert found == marked(program, "NN803")
    assert len(found) == wrong


def test_a_curve_of_batches_may_be_plotted_beside_the_mean_of_all() -> None:
    both = EACH_BATCH.replace("judged.append(", "value = ").replace(".item())", ".item()")
    program = PLOTTED.replace(
        "KEPT",
        "mean = Mean()\n        "
        + both
        + """
                judged.append(value)
                mean.add(value)
        print(mean.value)""",
    )
    assert "NN803" not in dict(findings(program)).values()


def test_the_error_of_each_batch_may_be_plotted_where_nothing_is_trained() -> None:
    program = """
import matplotlib.pyplot as plt
import torch
from torch import nn

def unusual(model, loader):
    errors = []
    with torch.no_grad():
        for inputs, _ in loader:
            errors.append(nn.functional.mse_loss(model(inputs), inputs).item())
    plt.plot(errors)
"""
    assert "NN803" not in dict(findings(program)).values()


MISSES = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

data = torch.load("letters.pt")
held_out = DataLoader(TensorDataset(data["x"], data["y"]), batch_size=100)
model = nn.Linear(16, 26)


def errors(padding):
    model.eval()
    wrong, batches, each = 0, 0, []
    told, zeros = {"wrong": 0, "n": 0}, torch.zeros(())
    with torch.no_grad():
        for x, y in held_out:
            COUNT
            batches += 1
    return SHARE
"""


@pytest.mark.parametrize(
    ("count", "share", "told"),
    [
        ("wrong += (model(x).argmax(1) != y).sum().item()", "wrong / batches", True),
        ("wrong += torch.ne(model(x).argmax(1), y).sum()", "1 - wrong / len(held_out)", True),
        ("wrong += int((model(x).max(1)[1] != y).sum())", "wrong / batches", True),
        ("wrong += model(x).max(1).indices.ne(y).sum().item()", "wrong / batches", True),
        (
            "told['wrong'] += (model(x).argmax(1) != y).sum(); told['n'] += 1",
            "told['wrong'] / told['n']",
            True,
        ),
        ("zeros += (model(x).argmax(1) == y).sum()", "zeros / len(held_out)", True),
        ("wrong += F.cross_entropy(model(x), y).item()", "wrong / len(data['y'])", True),
        ("wrong += F.cross_entropy(model(x), y).item()", "wrong / len(held_out)", False),
        ("told['n'] += len(y); told['wrong'] += 1", "told['wrong'] / told['n']", False),
        ("_, p = torch.max(model(x), 1); wrong += (p != y).sum().item()", "wrong / batches", True),
        ("each.append((model(x).argmax(1) == y).sum().item())", "sum(each) / batches", True),
        ("wrong += (model(x).argmax(1) != y).sum().item()", "wrong / len(data['y'])", False),
        ("wrong += (model(x).argmax(1) != y).float().mean().item()", "wrong / batches", False),
        ("each.append((model(x).argmax(1) == y).float().mean())", "sum(each) / batches", False),
        ("wrong += (y != padding).sum().item()", "wrong / batches", False),
    ],
)
def test_errors_are_counted_as_hits_are(count: str, share: str, told: bool) -> None:
    codes = [code for _, code in findings(MISSES.replace("COUNT", count).replace("SHARE", share))]
    assert ("NN808" in codes) == told


def test_each_number_of_a_line_is_looked_at() -> None:
    program = """
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

data = torch.load("letters.pt")
held_out = DataLoader(TensorDataset(data["x"], data["y"]), batch_size=100)
model = torch.nn.Linear(16, 26)
optimizer = torch.optim.Adam(model.parameters())


def validate():
    model.eval()
    with torch.no_grad():
        for x, y in held_out:
            loss = F.cross_entropy(model(x), y)  # error
    return loss.item()


for epoch in range(20):
    model.train()
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}", loss.item(), validate())
"""
    assert [each for each in findings(program) if each[1] == "NN803"] == marked(program, "NN803")


ONE_BY_ONE = """
import numpy as np
import torch
from torch import nn

def wrong_among(model, rows, labels):
    wrong = 0
    model.eval()
    with torch.no_grad():
        for i in range(len(labels)):
            told = model(torch.from_numpy(np.expand_dims(rows[i], 0)))
            wrong += (told.max(1)[1] != torch.tensor(labels[i])).float().sum()
    print(wrong / len(labels))

wrong_among(nn.Linear(4, 3), np.load("rows.npy"), np.load("labels.npy"))
"""


def test_rows_of_an_array_that_are_judged_one_by_one_are_no_batches() -> None:
    assert "NN808" not in {code for _, code in findings(ONE_BY_ONE)}


def test_a_count_that_is_never_begun_anew_is_told_once() -> None:
    text = """
import torch
from torch import nn
from torchmetrics import Accuracy
model, accuracy = nn.Linear(4, 3), Accuracy(task="multiclass", num_classes=3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    for x, y in torch.load("batches.pt"):
        optimizer.zero_grad()
        told = model(x)
        nn.functional.cross_entropy(told, y).backward()
        optimizer.step()
        accuracy.update(told.argmax(1), y)
    print(f"{accuracy.compute():.3f}")
    results = {"accuracy": accuracy.compute().item()}
"""
    assert [line for line, code in findings(text) if code == "NN808"] == [14]


KEPT_OVER_EPOCHS = """
import torch
from torch import nn


def run(model, loader, optimizer):
    losses = []
    for epoch in range(10):
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(epoch, TOTAL / len(loader))
"""


@pytest.mark.parametrize(
    ("total", "is_wrong"),
    [
        ("sum(losses)", True),
        ("sum(losses[-len(loader):])", False),
        ("sum(losses[epoch * len(loader):])", False),
    ],
)
def test_the_last_items_of_a_list_are_those_of_the_last_epoch(total: str, is_wrong: bool) -> None:
    found = {code for _, code in findings(KEPT_OVER_EPOCHS.replace("TOTAL", total))}
    assert ("NN808" in found) is is_wrong


@pytest.mark.parametrize(
    "told", ["print(judge(model, held_out))", "print(*judge(model, held_out))"]
)
def test_what_an_evaluation_returns_may_be_printed_all_at_once(told: str) -> None:
    program = f"""
import torch
from torch import nn


def judge(model, loader):
    with torch.no_grad():
        for inputs, labels in loader:
            outputs = model(inputs)
            loss = nn.functional.cross_entropy(outputs, labels)  # error
            hits = (outputs.argmax(1) == labels).float().mean()  # error
    return loss.item(), hits.item()


def fit(model, optimizer, loader, held_out):
    for epoch in range(10):
        for inputs, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        {told}
"""
    assert [each for each in findings(program) if each[1] == "NN803"] == marked(program, "NN803")


SAID = """
import torch
from torch import nn


class Meter:
    def __init__(self):
        self.right, self.seen = 0, 0

    def add(self, scores, labels):
        self.right += (scores.argmax(1) == labels).type(torch.float).sum().item()
        self.seen += len(labels)

    def {name}(self):
        return f"{{100 * self.right / self.seen:.1f}} %"


def fit(model, train_loader, val_loader, optimizer):
    meter = Meter()
    for epoch in range(9):
        {begin}
        for x, y in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        with torch.no_grad():
            for x, y in val_loader:
                meter.add(model(x), y)
        print({told})
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("__str__", 'f"epoch {epoch}: {meter}"'),
        ("__str__", "epoch, meter"),
        ("__str__", '"right: " + str(meter)'),
        ("__repr__", 'f"{meter!r}"'),
        ("__repr__", "meter"),
        ("__repr__", "repr(meter)"),
    ],
)
def test_an_object_says_in_a_text_what_its_class_makes_of_it(name: str, told: str) -> None:
    assert "NN808" in {code for _, code in findings(SAID.format(name=name, told=told, begin=""))}
    anew = SAID.format(name=name, told=told, begin="meter = Meter()")
    assert "NN808" not in {code for _, code in findings(anew)}


COUNTED = """
import torch
from torch import nn


def judge(model, loader):
    model.eval()
    total, right = 0.0, 0
    with torch.no_grad():
        for number, (x, y) in enumerate(loader):
            scores = model(x)
            total += nn.functional.cross_entropy(scores, y).item() WEIGHT
            right += (scores.argmax(1) == y)KIND.sum().item()
    return TOLD


def fit(model, optimizer, loader, held_out):
    for epoch in range(9):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        print(judge(model, held_out))
"""


@pytest.mark.parametrize(
    ("told", "weight", "kind", "is_wrong"),
    [
        ("right / number", "", ".float()", True),
        ("right / (number + 1)", "", ".float()", True),
        ("right / len(loader)", "", ".type(torch.float)", True),
        ("right / len(loader)", "", ".type_as(x)", True),
        ("total / number", "* len(x)", "", True),
        ("total / (number + 1)", "* len(x)", "", True),
        ("total / (number + 1)", "", "", False),
        ("total / number", "", "", False),
        ("right / len(loader.dataset)", "", ".type(torch.float)", False),
        ("right / (number * 64 + len(y))", "", ".float()", False),
    ],
)
def test_the_number_of_the_last_round_counts_batches(
    told: str, weight: str, kind: str, is_wrong: bool
) -> None:
    text = COUNTED.replace("TOLD", told).replace("WEIGHT", weight).replace("KIND", kind)
    assert ("NN808" in {code for _, code in findings(text)}) is is_wrong


ONE_BY_ONE = """
import torch
from torch import nn
from torchvision import datasets, transforms

torch.manual_seed(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
model.load_state_dict(torch.load("model.pt"))
model.eval()
held_out = datasets.MNIST("data", train=False, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(held_out, batch_size=64)

def judge(model, images, labels):
    right = count = 0
    with torch.no_grad():
        for number, (x, y) in enumerate(GONE_THROUGH):
            right += (model(x[None]).argmax(1) == y).sum().item()
            count += 1
    return right / DIVISOR

judge(model, *read("images", "labels"))
"""


@pytest.mark.parametrize("divisor", ["count", "(number + 1)"])
@pytest.mark.parametrize(
    ("gone_through", "told"),
    [
        ("held_out", False),
        ("zip(images, labels)", False),
        ("read('test')", False),
        ("loader", True),
        ("get_loader('test')", True),
        ("batches_of(images, labels)", True),
    ],
)
def test_whoever_judges_one_sample_after_the_other_has_as_many_as_rounds(
    divisor: str, gone_through: str, told: bool
) -> None:
    code = ONE_BY_ONE.replace("GONE_THROUGH", gone_through).replace("DIVISOR", divisor)
    assert ("NN808" in [rule for _, rule in findings(code)]) is told


@pytest.mark.parametrize("mean", ["sum(rates) / len(rates)", "(rates[0] + rates[1]) / 2"])
def test_the_views_of_a_batch_are_no_batches(mean: str) -> None:
    program = f"""
import torch
from torch import nn

model = nn.Linear(3, 4)
model.eval()
rates_of_batches = []
with torch.no_grad():
    for inputs, labels in loader:
        views = [model(inputs), model(inputs.flip(1))]
        rates = [(scores.argmax(1) == labels).float().mean().item() for scores in views]
        rates_of_batches.append({mean})
print(sum(rates_of_batches) / len(rates_of_batches))
"""
    assert "NN808" not in dict(findings(program)).values()


def test_a_journal_of_several_losses_is_set_back_where_an_epoch_ends() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader


class Journal:
    def __init__(self, rounds):
        self.rounds = rounds
        self.round = 1
        self.sums = {}

    def note(self, losses):
        for number, name in enumerate(losses.keys()):
            if name not in self.sums:
                self.sums[name] = losses[name].item()
            else:
                self.sums[name] += losses[name].item()
        if self.round % self.rounds == 0:
            for name, total in self.sums.items():
                print('%s: %.4f' % (name, self.sums[name] / self.round))
                self.sums[name] = 0.0
            self.round = 1
        else:
            self.round += 1


def main():
    loader = DataLoader(torch.load('rows.pt'), batch_size=4, shuffle=True)
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    optimizer = torch.optim.Adam([*first.parameters(), *second.parameters()], 1e-3)
    journal = Journal(len(loader))
    for epoch in range(10):
        for x, y in loader:
            optimizer.zero_grad()
            there = nn.functional.l1_loss(first(x), y)
            back = nn.functional.l1_loss(second(first(x)), x)
            (there + back).backward()
            optimizer.step()
            journal.note({'there': there, 'back': back, 'both': there + back})


main()
"""
    assert "NN808" not in {code for _, code in findings(text)}


def test_parts_that_are_gone_through_by_name_are_no_batches() -> None:
    text = """
import torch
from torch.nn import functional as F


@torch.no_grad()
def evaluate(model, data, loader):
    model.eval()
    out = model(data)
    found = {}
    for key in ["train", "val", "test"]:
        mask = data[f"{key}_mask"]
        loss = float(F.nll_loss(out[mask], data.y[mask]))
        found[f"{key}_loss"] = loss
    return found


def run(model, data, loader, optimizer, best=1e9):
    for epoch in range(9):
        model.train()
        optimizer.zero_grad()
        F.nll_loss(model(data)[data.train_mask], data.y[data.train_mask]).backward()
        optimizer.step()
        found = evaluate(model, data, loader)
        if found["val_loss"] < best:
            best = found["val_loss"]
"""
    assert "NN808" not in {code for _, code in findings(text)}


def test_a_few_sets_of_rows_that_are_written_out_are_no_batches() -> None:
    text = """
import torch
from torch.nn import functional as F


@torch.no_grad()
def evaluate(model, data, sets):
    model.eval()
    out = model(data)
    found = []
    for rows in sets:
        loss = F.nll_loss(out[rows], data.y[rows])
        found.append(loss)
    return found


def run(model, data, train_rows, val_rows, optimizer, best=1e9):
    for epoch in range(9):
        model.train()
        optimizer.zero_grad()
        F.nll_loss(model(data)[train_rows], data.y[train_rows]).backward()
        optimizer.step()
        _, loss = evaluate(model, data, (train_rows, val_rows))
        if loss < best:
            best = loss
"""
    assert "NN808" not in {code for _, code in findings(text)}
