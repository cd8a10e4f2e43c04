"""hidden-nan (NN703), half-without-scaler (NN704) and naive-softmax (NN705) in programs that train."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(20, 10)
    DECORATOR
    def forward(self, x):
        return self.fc(x)
model = Net()CAST
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scaler = torch.cuda.amp.GradScaler()
"""


def _lines(program: str, code: str, decorator: str = "", cast: str = "") -> list[tuple[int, bool]]:
    """The lines that are told or marked, each with whether it is told, where the two differ."""
    text = HEAD.replace("DECORATOR", decorator or "pass").replace("CAST", cast) + dedent(program)
    marked = {number for number, line in enumerate(text.splitlines(), 1) if "# error" in line}
    told = {line for line, found in findings(text) if found == code}
    return sorted((line, line in told) for line in marked ^ told)


STEP = """
for epoch in range(9):
    for x, y in batches():
        optimizer.zero_grad()
        try:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
        except TYPE:  MARK
            HANDLED
        optimizer.step()
"""


@pytest.mark.parametrize(
    ("kind", "handled", "told"),
    [
        ("Exception", "continue", True),
        ("(FloatingPointError, RuntimeError)", "continue", True),
        ("RuntimeError", "pass", True),
        ("Exception", "optimizer.zero_grad(); continue", True),
        ("torch.cuda.OutOfMemoryError", "continue", False),
        ("StopIteration", "continue", False),
        ("Exception", "print('left out'); continue", False),
        ("Exception", "skipped += 1", False),
        ("RuntimeError", "torch.cuda.empty_cache(); continue", False),
        ("Exception", "raise", False),
    ],
)
def test_failures_of_a_step_that_nothing_is_said_of(kind: str, handled: str, told: bool) -> None:
    step = STEP.replace("TYPE", kind).replace("HANDLED", handled)
    assert _lines(step.replace("MARK", "# error" if told else ""), "NN703") == []


def test_failures_of_what_is_no_step_are_no_matter() -> None:
    program = """
    for path in paths():
        try:
            read(path)
        except Exception:
            continue
    """
    assert _lines(program, "NN703") == []


REPLACED = """
for x, y in batches():
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    if TEST:
        loss = VALUE
    loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("test", "value", "told"),
    [
        ("torch.isnan(loss)", "torch.tensor(0.0, requires_grad=True)", True),
        ("torch.isnan(loss) or torch.isinf(loss)", "torch.zeros(1, requires_grad=True)", True),
        ("not torch.isfinite(loss)", "torch.tensor(0.0, requires_grad=True)", True),
        ("torch.isfinite(loss)", "loss * 2", False),
        ("torch.isnan(x).any()", "loss * 2", False),
    ],
)
def test_a_loss_that_is_bound_anew_where_it_is_nan(test: str, value: str, told: bool) -> None:
    program = REPLACED.replace("TEST", test)
    program = program.replace("VALUE", f"{value}  # error" if told else value)
    assert _lines(program, "NN703") == []


LOOP = """
for epoch in range(9):
    for x, y in batches():
        optimizer.zero_grad()
        LOSS.backward()MARK
        optimizer.step()
"""
PLAIN = "F.cross_entropy(model(x), y)"


@pytest.mark.parametrize(
    ("cast", "loss", "told"),
    [
        (".cuda().half()", PLAIN, True),
        (".to(torch.float16)", PLAIN, True),
        (".to('cuda', dtype=torch.half)", PLAIN, True),
        (".cuda().half()", f"({PLAIN} * 1024)", False),
        (".to(torch.bfloat16)", PLAIN, False),
        (".cuda()", PLAIN, False),
    ],
)
def test_weights_in_half_precision_need_a_scale(cast: str, loss: str, told: bool) -> None:
    program = LOOP.replace("LOSS", loss).replace("MARK", "")
    marked = f"{cast}  # error" if told else cast
    assert _lines(program, "NN704", cast=marked) == []


def test_a_function_may_leave_it_to_its_callers_whether_there_is_a_scaler() -> None:
    text = """
import torch
def maker(model, optimizer, loss_of, scaler=False):
    def update(batch):
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = loss_of(model(batch[0]), batch[1])
        if scaler:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
        else:
            loss.backward()
            optimizer.step()
    return update
"""
    assert "NN704" not in {code for _, code in findings(text)}
    without = text.replace("scaler.scale(loss).backward()", "pass").replace("scaler.step", "print")
    assert "NN704" in {code for _, code in findings(without)}


def test_weights_that_are_only_used_in_half_precision_are_no_matter() -> None:
    program = "model.half()\nwith torch.no_grad():\n    print(model(picture))\n"
    assert _lines(program, "NN704") == []


@pytest.mark.parametrize(
    ("decorator", "told"),
    [
        ("@torch.cuda.amp.autocast()", True),
        ("@torch.autocast('cuda', dtype=torch.bfloat16)", False),
        ("@torch.cuda.amp.autocast(enabled=False)", False),
    ],
)
def test_a_forward_pass_that_is_decorated_is_cast(decorator: str, told: bool) -> None:
    program = LOOP.replace("LOSS", PLAIN).replace("MARK", "")
    marked = f"{decorator}  # error" if told else decorator
    assert _lines(program, "NN704", decorator=marked) == []


def test_autocast_around_the_whole_loop_is_on_while_the_loss_goes_back() -> None:
    program = """
    with torch.autocast("cuda", enabled=use_it()):
        for x, y in batches():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            scaler.scale(loss).backward()  # error
            scaler.step(optimizer)
            scaler.update()
    """
    assert _lines(program, "NN704") == []


CONTRASTIVE = """
def loss_of(first, second, queue):
    near = torch.exp((first * second).sum(1) / 0.5)
    scores = torch.exp(first @ second.t() / 0.5)
    far = torch.exp(first @ queue.t()).sum(1)
    return -torch.log(RATIO).mean()
for x, y in batches():
    optimizer.zero_grad()
    loss_of(ENCODED).backward()
    optimizer.step()
"""
ENCODED = "model(x), model(y), torch.randn(50, 10)"
UNIT = (
    "F.normalize(model(x), dim=1), F.normalize(model(y), dim=1), F.normalize(torch.randn(50, 10))"
)


@pytest.mark.parametrize(
    "ratio",
    [
        "near / (near + far)",
        "scores.diag() / scores.sum(1)",
        "near / (scores * (1 - torch.eye(8))).sum(1)",
    ],
)
def test_a_ratio_of_exponentials_overflows_unless_they_are_of_unit_vectors(ratio: str) -> None:
    program = CONTRASTIVE.replace("RATIO", ratio)
    told = program.replace(".mean()", ".mean()  # error").replace("ENCODED", ENCODED)
    assert _lines(told, "NN705") == []
    assert _lines(program.replace("ENCODED", UNIT), "NN705") == []


def test_what_a_function_is_given_may_be_of_unit_length() -> None:
    program = CONTRASTIVE.replace("RATIO", "near / (near + far)").partition("for x")[0]
    assert _lines(program, "NN705") == []


def test_gradients_whose_nan_is_replaced_where_they_lie() -> None:
    program = """
    def train(model, loader, optimizer):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            for p in model.parameters():
                if p.grad is not None:
                    p.grad.nan_to_num_(0.0)  # error
            optimizer.step()
    """
    assert _lines(program, "NN703") == []


ON_PROCESSOR = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from helpers import place

settings = {"gpu": False, "rate": 0.1}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)
    def forward(self, x):
        return self.layer(x)

class Training:
    def __init__(self, net, optimizer):
        self.scaler = torch.cuda.amp.GradScaler()
        self.net, self.optimizer = net, optimizer
    def run(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            with torch.cuda.amp.autocast():
                loss = nn.functional.cross_entropy(self.net(x), y)
            if settings["gpu"]:
                self.scaler.scale(loss).backward()
                self.scaler.step(self.optimizer)
                self.scaler.update()
            else:
                loss.backward()
                self.optimizer.step()

net = Net()
if settings["gpu"]:
    net = net.to(torch.device("cuda:0"))
optimizer = torch.optim.SGD(net.parameters(), lr=settings["rate"])
Training(net, optimizer).run(DataLoader(torch.load("rows.pt"), batch_size=8, shuffle=True))
"""


@pytest.mark.parametrize(
    ("built", "told"),
    [
        ("net = Net()", False),
        ("net = Net().double()", False),
        ("net = Net().cuda()", True),
        ("net = Net().to('cuda')", True),
        ("net = Net()\nplace(net)", True),
        ("torch.set_default_device('cuda')\nnet = Net()", True),
    ],
)
def test_nothing_is_cast_where_a_model_stays_on_the_processor(built: str, told: bool) -> None:
    program = ON_PROCESSOR.replace("net = Net()", built)
    assert ("NN704" in [code for _, code in findings(program)]) == told
