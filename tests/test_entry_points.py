"""Where the abstract run begins, what it tells of events in order, and when it gives up."""

from textwrap import dedent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.events import (
    BackwardRun,
    LossComputed,
)
from advisor.code.interpreter import machine
from advisor.code.sources import Source
from advisor.rulebook import rulebook
from tests.abstract_programs import findings, program

TRAINING = """
import torch
from torch import nn
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""
ORDER = ["GradientsCleared", "BackwardRun", "OptimizerStepped"]
# Every function calls the next one six times.
EXPLODING = "\n".join(
    [f"def f{n}(x):\n" + f"    f{n + 1}(x)\n" * 6 for n in range(12)] + ["def f12(x):\n    pass"]
)


class TestEvents:
    def test_they_come_in_the_order_in_which_they_happen(self) -> None:
        text = (
            TRAINING
            + "loss = model(x).sum()\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()"
        )
        assert program(text).happened()[2:] == ["LayerRun", *ORDER]

    def test_a_closure_runs_where_the_optimizer_steps(self) -> None:
        text = (
            TRAINING
            + "def closure():\n    optimizer.zero_grad()\n    loss.backward()\noptimizer.step(closure)"
        )
        assert program(text).happened()[2:] == ORDER

    def test_they_know_the_calls_that_led_to_them(self) -> None:
        text = (
            "def inner(loss):\n    loss.backward()\ndef outer(loss):\n    inner(loss)\nouter(loss)"
        )
        (event,) = program(text).events(BackwardRun)
        assert [place.locate().row for place in event.context.calls] == [5, 4]

    def test_they_know_whether_gradients_are_recorded(self) -> None:
        text = """\
        import torch
        criterion = torch.nn.MSELoss()
        criterion(a, b)
        with torch.no_grad():
            criterion(a, b)
        criterion(a, b)
        """
        modes = [event.context.gradients for event in program(text).events(LossComputed)]
        assert modes == [True, False, True]


class TestEntryPoints:
    def names(self, text: str) -> list[str]:
        return [entry.name for entry in program(text).entries]

    def test_what_is_called_is_run_where_it_is_called_wherever_it_is_defined(self) -> None:
        code = """
        class Runner:
            def test(self, loader):
                with torch.no_grad():
                    self.loop(loader)
            def loop(self, loader):
                show(loader)
        def main():
            show(1)
        def show(x):
            pass
        """
        assert self.names(code) == ["the script", "main", "Runner.__init__", "Runner.test"]

    def test_functions_that_call_each_other_are_run_all_the_same(self) -> None:
        code = """
        def even(n):
            return odd(n - 1)
        def odd(n):
            return even(n - 1)
        """
        assert self.names(code) == ["the script", "odd"]

    def test_a_constructor_is_an_entry_point_and_makes_the_object_of_the_methods(self) -> None:
        code = """
        class Runner:
            def __init__(self):
                self.size = 3
            def first(self):
                self.size = 4
            def second(self):
                loss.backward(self.size)
        """
        assert self.names(code)[1] == "Runner.__init__"
        assert self.names(code).count("Runner.__init__") == 1

    def test_what_one_method_changes_is_forgotten_before_the_next(self) -> None:
        code = """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        class Runner:
            def __init__(self):
                self.clear = optimizer.zero_grad
            def second(self, loader):
                for batch in loader:
                    self.clear()
                    model(batch).backward()
                    optimizer.step()
            def first(self):
                self.clear = print
        """
        assert findings(f"import torch\nfrom models import model\n{dedent(code)}") == []

    def test_functions_inside_know_what_is_around_them(self) -> None:
        code = """
        def make():
            size = 3
            def inner(batch):
                batch.sum().backward()
            return size
        """
        assert self.names(code) == ["the script", "make", "inner"]


class TestBudgets:
    def test_a_program_that_would_never_end_is_given_up(self) -> None:
        run = program(f"{EXPLODING}\nf0(1)\n")
        assert run.entries[0].given_up

    def test_a_function_that_is_given_up_leaves_the_others_to_be_judged(self) -> None:
        endless = "def endless(x):\n" + "    x = x + 1\n" * 15_000
        run = program(f"def last(loss):\n    loss.backward()\n{endless}")
        assert [entry.name for entry in run.entries if entry.given_up] == ["endless"]
        assert run.events(BackwardRun, "last")

    def test_what_many_functions_call_is_not_entered_each_time(self) -> None:
        source = Source(f"import torch\n{EXPLODING}\n", "program.py")
        given_up = analyze(source, Project([source]), rulebook("code").rules).given_up
        assert "f7: not every call is followed" in given_up

    def test_a_constructor_that_is_not_entered_has_built_the_object(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(machine, "MOST_STEPS_PER_CALLEE", 50)
        long = "size = 1\n        " * 60
        text = f"""
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        {long}
        self.layer = nn.Linear(3, 3)

    def change(self):
        self.layer = nn.Linear(3, 3)

def one():
    Block().change()

def other():
    Block().change()
"""
        source = Source(text, "program.py")
        analysis = analyze(source, Project([source]), rulebook("code").rules)
        assert "__init__: not every call is followed" in analysis.given_up
        assert analysis.findings == []

    def test_what_is_not_entered_may_have_done_anything(self) -> None:
        code = f"""{EXPLODING}
def f12(optimizer):
    optimizer.zero_grad()
def train(model, optimizer, loader):
    for x, y in loader:
        f0(optimizer)
        model(x, y).backward()
        optimizer.step()
def train_alone(model, optimizer, loader):
    for x, y in loader:
        model(x, y).backward()
        optimizer.step()
"""
        assert [code for _, code in findings(code)] == ["NN101"]

    def test_what_is_nested_too_deeply_leaves_the_rest_to_be_judged(self) -> None:
        deep = f"def deep(x):\n    return {' + '.join(['x'] * 900)}\n"
        run = program(f"def last(loss):\n    loss.backward()\n{deep}")
        assert {entry.given_up for entry in run.entries} <= {None, "it is nested too deeply"}
        assert run.events(BackwardRun, "last")

    def test_a_long_program_is_not_a_hanging_one(self) -> None:
        run = program("x = 0\n" + "x = x + 1\n" * 5_000)
        assert run.entries[0].given_up is None
        assert run["x"] == "5000"
