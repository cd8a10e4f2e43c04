"""What a function does for several callers is told at the call for which it is wrong."""

from tests.abstract_programs import findings

BUILT = """
import torch
from torch import nn, optim

SCHEDULES = {"step": optim.lr_scheduler.StepLR}
OPTIMIZERS = {"sgd": optim.SGD}


def make(known, name, target, **options):
    return known[name](target, **options)


def main(loader):
    net = nn.Linear(4, 2)
    optimizer = make(OPTIMIZERS, "sgd", net.parameters(), lr=0.1)
    schedule = make(SCHEDULES, "step", optimizer, step_size=2, gamma=0.1)
    for epoch in range(60):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        schedule.step()
"""


def _rows(program: str, code: str) -> list[int]:
    return [row for row, each in findings(program) if each == code]


def test_a_factory_of_several_things_is_told_of_at_its_call() -> None:
    assert _rows(BUILT, "NN601") == [16]


def test_a_factory_of_one_thing_is_told_of_where_it_makes_it() -> None:
    direct = "optim.SGD(net.parameters(), lr=0.1)"
    program = BUILT.replace('make(OPTIMIZERS, "sgd", net.parameters(), lr=0.1)', direct)
    assert _rows(program, "NN601") == [10]


STEPPED = """
import torch
from torch import nn


def falling(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 - epoch / 50)


def train(makes, judges, loader):
    for_makes = torch.optim.Adam(makes.parameters(), lr=1e-3)
    for_judges = torch.optim.Adam(judges.parameters(), lr=1e-3)
    schedules = [falling(for_makes)]
    other = falling(for_judges)
    for epoch in range(50):
        for x, y in loader:
            for net, optimizer in ((makes, for_makes), (judges, for_judges)):
                optimizer.zero_grad()
                nn.functional.mse_loss(net(x), y).backward()
                optimizer.step()
        schedules[0].step()
        STEP
"""


def test_a_schedule_that_nothing_steps_is_told_of_where_it_is_asked_for() -> None:
    assert _rows(STEPPED.replace("STEP", "pass"), "NN604") == [14]


def test_schedules_that_nothing_steps_are_told_of_where_all_are_built() -> None:
    program = STEPPED.replace("STEP", "pass").replace("schedules[0].step()", "pass")
    assert set(_rows(program, "NN604")) == {7}


def test_schedules_that_are_stepped_are_not_told_of() -> None:
    assert _rows(STEPPED.replace("STEP", "other.step()"), "NN604") == []


LOGGED = """
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter


class Board:
    def __init__(self):
        self.writer, self.seen = SummaryWriter(), {"train": 0, "test": 0}

    def show(self, part, value):
        self.writer.add_scalar(part + "/loss", value, self.seen[part])
        self.seen[part] += 1


def test(net, loader, board):
    net.eval()
    with torch.no_grad():
        for x, y in loader:
            loss = nn.functional.cross_entropy(net(x), y)
            board.show("test", loss.item())


def main(net, train_loader, test_loader, optimizer):
    board = Board()
    for epoch in range(9):
        net.train()
        for x, y in train_loader:
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            board.show("train", loss.item())
        test(net, test_loader, board)
"""


def test_batches_of_an_evaluation_are_told_of_where_they_are_handed_to_the_log() -> None:
    assert _rows(LOGGED, "NN803") == [21]
