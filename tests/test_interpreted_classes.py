"""Classes of a program, run in the abstract: objects, inheritance, properties, special methods."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, program

TRAINING = """
import torch
from torch import nn
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""


class TestClasses:
    def test_an_object_is_what_its_constructor_made_it(self) -> None:
        text = """
        class Counter:
            def __init__(self, start=2):
                self.value = start
            def add(self):
                self.value += 1
                return self
        x = Counter().add().add().value
        """
        assert program(text)["x"] == "4"

    def test_methods_properties_and_class_methods(self) -> None:
        text = """
        class A:
            k = 1
            def __init__(self, v=2):
                self.v = v
            @property
            def ten_times(self):
                return self.v * 10
            @staticmethod
            def same(a):
                return a
            @classmethod
            def of(cls, v):
                return cls(v)
        x = (A().ten_times, A().same(4), A.same(3), A.of(5).v, A.k)
        """
        assert program(text)["x"] == "(20, 4, 3, 5, 1)"

    def test_super_goes_on_behind_the_class_it_stands_in(self) -> None:
        text = """
        class A:
            def __init__(self, v):
                self.v = v
            def m(self):
                return self.v
        class B(A):
            def __init__(self):
                super().__init__(7)
            def m(self):
                return super().m() + 100
        x = B().m()
        """
        assert program(text)["x"] == "107"

    def test_a_base_calls_what_the_child_defines(self) -> None:
        text = """
        class Base:
            def run(self):
                return self.step()
        class Child(Base):
            def step(self):
                return 3
        x = Child().run()
        """
        assert program(text)["x"] == "3"

    def test_a_common_base_comes_behind_all_who_share_it(self) -> None:
        text = """
        class Root:
            def f(self):
                return "root"
        class A(Root):
            pass
        class B(Root):
            def f(self):
                return "b"
        class C(A, B):
            pass
        x = C().f()
        """
        assert program(text)["x"] == "'b'"

    def test_dataclasses_take_their_fields_in_order(self) -> None:
        text = """
        from dataclasses import dataclass, field
        @dataclass
        class Base:
            a: int
        @dataclass
        class Child(Base):
            b: int = 2
            c: int = field(default=3)
        x = Child(1, c=9)
        y = (x.a, x.b, x.c)
        """
        assert program(text)["y"] == "(1, 2, 9)"

    @pytest.mark.parametrize("maker", ["dataclass", "dataclass()", "dataclass(frozen=True)"])
    def test_dataclasses_are_made_with_options(self, maker: str) -> None:
        text = f"""
        import dataclasses
        from settings import read
        @dataclasses.{maker}
        class Loading:
            size: int
            shuffle: bool = False
        told = Loading(8, True)
        x = (told.size, told.shuffle)
        if Loading(**read()).shuffle:
            y = 1
        else:
            y = 2
        """
        run = program(text)
        assert run["x"] == "(8, True)"
        assert run["y"] == "1 | 2"

    def test_dataclasses_become_dictionaries_and_are_changed_in_copies(self) -> None:
        text = """
        from dataclasses import asdict, dataclass, field, replace
        @dataclass
        class Loading:
            size: int = 8
            shuffle: bool = False
        @dataclass
        class Config:
            loading: Loading = field(default_factory=lambda: Loading(16))
            epochs: int = 3
            rounds: int = 0
            def __post_init__(self):
                self.rounds = self.epochs * 2
        config = Config(epochs=4)
        x = asdict(config)
        y = replace(config.loading, shuffle=True)
        z = (y.size, y.shuffle, config.loading.shuffle)
        """
        run = program(text)
        assert run["x"] == "{'loading': {'size': 16, 'shuffle': False}, 'epochs': 4, 'rounds': 8}"
        assert run["z"] == "(16, True, False)"

    def test_dataclasses_that_are_given_nobody_knows_what(self) -> None:
        text = """
        from dataclasses import dataclass
        from settings import read
        @dataclass
        class Config:
            epochs: int = 3
            half: bool = None
            name: str = "sgd"
        config = Config(**read(), epochs=5)
        other = Config(**read())
        x = (config.epochs, config.half)
        if other.name == "sgd":
            y = 1
        else:
            y = 2
        """
        run = program(text)
        assert run["x"] == "(5, ?)"
        assert run["y"] == "1 | 2"

    def test_a_single_number_has_no_axes_to_permute(self) -> None:
        assert program("import torch\nx = torch.tensor(1.0).permute(0)")["x"] == "tensor (x: ?)"

    def test_an_item_at_a_place_that_nobody_knows(self) -> None:
        text = """
        from settings import place
        x = [0, 1]
        x[place()] = 5
        y = [0] * 2
        for k in range(place()):
            y[k] = 7
        """
        run = program(text)
        assert (run["x"], run["y"]) == ("[0 | 5, 1 | 5]", "[0 | 7, 0 | 7]")

    def test_special_methods_are_run_where_python_runs_them(self) -> None:
        text = """
        class Box:
            def __len__(self):
                return 12
            def __getitem__(self, index):
                return index
            def __iter__(self):
                yield 5
            def __call__(self, value):
                return value + 1
        box = Box()
        x = (len(box), box[3], [item for item in box][0], box(1))
        """
        assert program(text)["x"] == "(12, 3, 5, 2)"

    def test_a_context_manager_is_entered_and_left(self) -> None:
        text = """
        class Clearing:
            def __enter__(self):
                return 5
            def __exit__(self, *error):
                optimizer.zero_grad()
        with Clearing() as x:
            optimizer.step()
        """
        run = program(TRAINING + dedent(text))
        assert run["x"] == "5"
        assert run.happened()[-2:] == ["OptimizerStepped", "GradientsCleared"]

    def test_calling_a_module_runs_its_forward(self) -> None:
        text = """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(3, 4)
            def forward(self, x):
                return self.layer(x)
        x = Net()(torch.zeros(2, 3))
        """
        assert program(text)["x"] == "tensor (2, 4)"


STALE = """
import torch
from torch import nn

class Learner:
    def __init__(self, model, name, optimizer, schedule=None):
        self.model, self.name, self.optimizer, self.schedule = model, name, optimizer, schedule

    def fit(self, batches):
        for x, y in batches:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(x), y).backward()
            self.optimizer.step()
            if self.schedule:
                self.schedule.step()

def main(batches, others):
    model = nn.Linear(10, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    Learner({passed}).fit(batches)
"""


@pytest.mark.parametrize("passed", ["model, batches, others, optimizer, schedule", "*range(9)"])
def test_a_call_that_passes_too_much_fails_and_says_nothing_of_the_class(passed: str) -> None:
    assert findings(STALE.format(passed=passed)) == []


def test_a_call_that_passes_too_much_is_believed_where_the_function_takes_any_number() -> None:
    text = """
    def first(model, *others):
        return others
    def second(model):
        return model
    a = first(1, 2, 3)
    b = second(1, 2)
    """
    ran = program(text)
    assert (ran["a"], ran["b"]) == ("(2, 3)", "?")


CHOICES = """
import argparse
def small(n):
    return n
def large(n):
    return 10 * n
parser = argparse.ArgumentParser()
parser.add_argument("--size", default="small")
options = parser.parse_args()
made = {{"small": small, "large": large}}{asked}(2)
"""


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("[options.size]", "2 | 20"),
        (".get(options.size)", "2 | 20"),
        (".get(options.size, small)", "2 | 20"),
        ('["small"]', "2"),
    ],
)
def test_of_functions_that_an_option_names_any_may_be_called(asked: str, made: str) -> None:
    assert program(CHOICES.format(asked=asked))["made"] == made
