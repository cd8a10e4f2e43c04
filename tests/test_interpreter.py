"""What the abstract run knows of a program: values on every way, events in order, and its limits."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.code.analysis import Project, analyze
from advisor.code.events import (
    BackwardRun,
    Escaped,
    GradientsCleared,
    LossComputed,
    OptimizerStepped,
)
from advisor.code.interpreter import machine
from advisor.code.interpreter.machine import Machine
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


class TestBranches:
    def test_after_an_if_a_name_may_be_what_either_branch_made_it(self) -> None:
        run = program("if unknown():\n    x = 1\nelse:\n    x = 2")
        assert run["x"] == "1 | 2"

    def test_an_if_without_else_may_leave_things_as_they_were(self) -> None:
        assert program("x = 1\nif unknown():\n    x = 2")["x"] == "1 | 2"

    def test_a_condition_that_is_known_chooses_its_branch(self) -> None:
        assert program("x = 0\nif 1 < 2:\n    x = 5")["x"] == "5"

    def test_branches_that_agree_leave_no_doubt(self) -> None:
        assert program("if unknown():\n    x = 1\nelse:\n    x = 1")["x"] == "1"

    def test_a_branch_that_raises_takes_no_part_in_what_follows(self) -> None:
        assert program("x = 1\nif unknown():\n    x = 2\n    raise ValueError")["x"] == "1"

    def test_an_elif_is_one_more_way(self) -> None:
        text = "if a():\n    x = 1\nelif b():\n    x = 2\nelse:\n    x = 3"
        assert program(text)["x"] == "1 | 2 | 3"

    def test_a_conditional_expression_may_be_either_of_its_values(self) -> None:
        assert program("x = 1 if unknown() else 2")["x"] == "1 | 2"

    def test_or_and_and_stop_where_python_stops(self) -> None:
        run = program("x = 0 or 3\ny = 1 and 2\nz = not 0")
        assert (run["x"], run["y"], run["z"]) == ("3", "2", "True")

    def test_a_test_for_none_tells_what_is_left(self) -> None:
        text = """
        x = None
        if unknown():
            x = 2
        if x is None:
            x = 3
        """
        assert program(text)["x"] == "2 | 3"

    def test_a_handler_may_run_after_any_part_of_its_try(self) -> None:
        text = "try:\n    x = 1\nexcept ValueError:\n    x = 2\nfinally:\n    y = 3"
        run = program(text)
        assert (run["x"], run["y"]) == ("1 | 2", "3")

    def test_a_match_may_take_any_of_its_cases(self) -> None:
        text = "match unknown():\n    case 1:\n        x = 1\n    case _:\n        x = 2"
        assert program(text)["x"] == "1 | 2"

    def test_the_main_guard_is_taken_in_the_script_itself(self) -> None:
        assert program('x = 1\nif __name__ == "__main__":\n    x = 2')["x"] == "2"


class TestLoops:
    def test_a_short_list_is_gone_through_item_by_item(self) -> None:
        assert program("x = 0\nfor i in [1, 2, 3]:\n    x += i")["x"] == "6"

    def test_what_a_loop_counts_is_not_known_after_it(self) -> None:
        run = program("x = 1\nfor i in range(100):\n    x += 1")
        assert run["x"] not in {"1", "2", "3", "101"}

    def test_nor_is_what_it_counts_now_and_then(self) -> None:
        run = program("x = 1\nwhile unknown():\n    if unknown():\n        x += 1")
        assert not {"1", "2", "3"} & set(run["x"].split(" | "))

    def test_a_loop_body_runs_twice_so_that_one_round_is_seen_before_the_next(self) -> None:
        text = "for batch in loader:\n    loss.backward()\n    optimizer.step()"
        run = program(text)
        steps = run.events(OptimizerStepped)
        assert [event.context.rounds[0].index for event in steps] == [0, 1]
        assert run.rows(BackwardRun) == [2, 2]

    def test_inside_the_second_round_an_inner_loop_runs_once(self) -> None:
        text = """\
        for epoch in range(10):
            for batch in loader:
                optimizer.step()
        """
        rounds = [
            tuple(each.index for each in event.context.rounds)
            for event in program(text).events(OptimizerStepped)
        ]
        assert rounds == [(0, 0), (0, 1), (1, 0)]

    def test_a_list_that_grows_in_a_loop_has_an_unknown_length(self) -> None:
        assert program("x = []\nfor i in range(100):\n    x.append(5)")["x"] == "[5, ...]"

    def test_a_break_passes_over_the_else(self) -> None:
        text = """
        for item in items:
            if unknown():
                x = 9
                break
        else:
            x = 7
        """
        assert program(text)["x"] == "7 | 9"

    def test_after_an_early_continue_the_rest_of_the_round_stands_under_a_guard(self) -> None:
        text = """\
        for batch in loader:
            if unknown():
                continue
            optimizer.step()
        """
        (guard,) = program(text).events(OptimizerStepped)[0].context.guards
        assert not guard.taken

    def test_what_a_continued_round_had_done_before_is_kept(self) -> None:
        text = """
        for batch in loader:
            x = 1
            if unknown():
                continue
            x = 2
        """
        assert program(text)["x"] == "1 | 2"

    def test_what_a_broken_round_had_done_before_is_kept(self) -> None:
        text = """
        for batch in loader:
            x = 1
            if unknown():
                break
            x = 2
        """
        assert program(text)["x"] == "1 | 2"

    def test_a_loop_knows_how_often_it_runs(self) -> None:
        run = program("for epoch in range(2, 12):\n    optimizer.step()")
        trips = run.events(OptimizerStepped)[0].context.loops[0].trips
        assert trips is not None
        assert trips.integer == 10

    def test_counting_goes_through_enumerate_tqdm_and_zip(self) -> None:
        text = """\
        from tqdm import tqdm
        for index, item in enumerate(tqdm(range(10))):
            optimizer.step()
        """
        trips = program(text).events(OptimizerStepped)[0].context.loops[0].trips
        assert trips is not None
        assert trips.integer == 10

    def test_an_endless_loop_is_left_by_its_break(self) -> None:
        text = "while True:\n    x = 1\n    if unknown():\n        break\ny = 2"
        assert program(text)["y"] == "2"


class TestComprehensions:
    def test_over_a_known_list_every_item_is_made(self) -> None:
        assert program("x = [i * i for i in (1, 2, 3)]")["x"] == "[1, 4, 9]"

    def test_a_condition_that_is_known_leaves_items_out(self) -> None:
        assert program("x = [i for i in (1, 2, 3) if i != 2]")["x"] == "[1, 3]"

    def test_a_condition_that_is_not_known_leaves_the_length_open(self) -> None:
        assert program("x = [1 for i in (1, 2) if unknown()]")["x"] == "[1, ...]"

    def test_two_clauses_make_all_pairs(self) -> None:
        run = program("x = [(i, j) for i in (1, 2) for j in (3, 4)]")
        assert run["x"] == "[(1, 3), (1, 4), (2, 3), (2, 4)]"

    def test_dictionaries_are_made_key_by_key(self) -> None:
        run = program('d = {"a": 1, "b": 2}\nx = {key: value * 2 for key, value in d.items()}')
        assert run["x"] == "{'a': 2, 'b': 4}"

    def test_constructors_unroll_counted_loops_into_layers(self) -> None:
        text = """
        from torch import nn
        class Net(nn.Module):
            def __init__(self, depth=3):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(depth)])
        count = len([layer for layer in Net().layers])
        """
        assert program(text)["count"] == "3"


class TestFunctions:
    def test_arguments_go_to_their_parameters(self) -> None:
        text = """
        def f(a, /, b, *rest, c=3, **others):
            return (a, b, rest, c, others)
        x = f(1, 2, 5, c=4, d=6)
        """
        assert program(text)["x"] == "(1, 2, (5), 4, {'d': 6})"

    def test_stars_hand_over_lists_and_dictionaries(self) -> None:
        run = program('def f(a, b, c):\n    return (a, b, c)\nx = f(*[1, 2], **{"c": 3})')
        assert run["x"] == "(1, 2, 3)"

    def test_every_return_is_a_possible_result(self) -> None:
        run = program("def f(x):\n    if x:\n        return 1\n    return 2\ny = f(unknown())")
        assert run["y"] == "1 | 2"

    def test_what_an_early_return_leaves_behind_is_kept(self) -> None:
        text = """
        def f(flag):
            global z
            z = 1
            if flag:
                return
            z = 2
        f(unknown())
        """
        assert program(text)["z"] == "1 | 2"

    def test_an_early_return_may_lie_deep_inside(self) -> None:
        text = """
        state = Box()
        def f(a, b):
            state.x = 1
            if a:
                state.x = 2
                if b:
                    return
                state.x = 3
            state.x = 4
        f(unknown(), unknown())
        x = state.x
        """
        assert program(text)["x"] == "2 | 4"

    def test_a_closure_sees_the_names_around_it_when_it_is_called(self) -> None:
        text = """
        def outer():
            n = 0
            def inner():
                nonlocal n
                n += 1
                return n
            inner()
            return inner()
        x = outer()
        """
        assert program(text)["x"] == "2"

    def test_a_default_is_evaluated_where_the_function_is_defined(self) -> None:
        text = """
        functions = []
        for i in [1, 2]:
            def f(i=i):
                return i
            functions.append(f)
        x = [f() for f in functions]
        """
        assert program(text)["x"] == "[1, 2]"

    def test_partial_remembers_what_it_was_given(self) -> None:
        text = """
        from functools import partial
        def f(a, b, c=3):
            return (a, b, c)
        x = partial(f, 1, c=9)(2)
        """
        assert program(text)["x"] == "(1, 2, 9)"

    def test_lambdas_and_callbacks_are_entered(self) -> None:
        assert program("def f(g):\n    return g(4)\nx = f(lambda v: v * 2)")["x"] == "8"

    def test_decorators_of_the_project_are_run(self) -> None:
        text = """
        def plus(n):
            def decorate(f):
                def inner(*args):
                    return f(*args) + n
                return inner
            return decorate
        @plus(10)
        def g(x):
            return x
        y = g(1)
        """
        assert program(text)["y"] == "11"

    def test_classes_that_a_decorator_registers_are_found_by_name(self) -> None:
        run = program("""
            KINDS = {}
            def register(name):
                def keep(kind):
                    KINDS[name] = kind
                    return kind
                return keep
            @register("small")
            class Small:
                size = 3
            found = KINDS["small"]().size
            """)
        assert run["found"] == "3"

    def test_decorators_of_libraries_leave_the_function_what_it_is(self) -> None:
        run = program("import torch\n@torch.no_grad()\ndef f():\n    return 3\nx = f()")
        assert run["x"] == "3"

    def test_a_generator_yields_any_of_its_values(self) -> None:
        run = program("def f():\n    yield 1\n    yield 2\nfor x in f():\n    pass")
        assert run["x"] == "1 | 2"

    def test_recursion_comes_to_an_end(self) -> None:
        run = program("def f(n):\n    return f(n - 1) if n else 0\nx = f(50)")
        assert [entry.given_up for entry in run.entries] == [None]

    def test_functions_that_call_each_other_come_to_an_end(self) -> None:
        run = program("def f(n):\n    return g(n)\ndef g(n):\n    return f(n)\nx = f(1)")
        assert [entry.given_up for entry in run.entries] == [None]

    def test_a_function_nobody_calls_is_run_with_unknown_arguments(self) -> None:
        run = program("def train(loss):\n    loss.backward()")
        assert run.rows(BackwardRun) == []
        assert run.rows(BackwardRun, "train") == [2]

    def test_a_function_that_is_called_is_not_run_again(self) -> None:
        run = program("def train(loss):\n    loss.backward()\ntrain(value())")
        assert [entry.name for entry in run.entries] == ["the script"]


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
        assert run.happened()[1:] == ["OptimizerStepped", "GradientsCleared"]

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


class TestLists:
    def test_slices_and_items(self) -> None:
        run = program("a = [1, 2, 3, 4]\nx = (a[1:3], a[-1], a[::-1])")
        assert run["x"] == "([2, 3], 4, [4, 3, 2, 1])"

    def test_an_item_at_an_unknown_place_may_be_any(self) -> None:
        assert program("x = [1, 2][unknown()]")["x"] == "1 | 2"

    def test_two_names_of_one_list_see_the_same_changes(self) -> None:
        assert program("a = [1]\nb = a\nb += [2]\nb.append(3)")["a"] == "[1, 2, 3]"

    def test_a_copy_goes_its_own_way(self) -> None:
        run = program("import copy\na = [1]\nb = copy.deepcopy(a)\nc = a[:]\nb.append(2)")
        assert (run["a"], run["b"], run["c"]) == ("[1]", "[1, 2]", "[1]")

    def test_what_is_taken_out_is_gone(self) -> None:
        run = program("a = [1, 2, 3, 4]\nx = a.pop()\ny = a.pop(0)\ndel a[0]")
        assert (run["a"], run["x"], run["y"]) == ("[3]", "4", "1")

    def test_after_sorting_any_item_may_be_anywhere(self) -> None:
        assert program("a = [3, 1]\na.sort()\nx = a[0]")["x"] == "1 | 3"

    def test_a_starred_target_takes_the_rest(self) -> None:
        run = program("a, *b, c = [1, 2, 3, 4]")
        assert (run["a"], run["b"], run["c"]) == ("1", "[2, 3]", "4")

    def test_of_an_unknown_tensor_a_star_leaves_the_other_axes_where_they_are(self) -> None:
        run = program("b, *rest, w = x.shape\nsame = (x.size(0), x.size(-1))")
        assert f"({run['b']}, {run['w']})" == run["same"]


class TestDictionaries:
    def test_keys_lead_to_their_values(self) -> None:
        run = program('d = {"a": 1, 2: "b"}\nd["c"] = 3\nx = (d["a"], d[2], d["c"])')
        assert run["x"] == "(1, 'b', 3)"

    def test_items_keep_their_order(self) -> None:
        run = program("x = [key + value for key, value in {1: 10, 2: 20}.items()]")
        assert run["x"] == "[11, 22]"

    def test_what_is_popped_is_gone(self) -> None:
        run = program('d = {"a": 1, "b": 2}\nx = d.pop("a")\nd.setdefault("c", 3)')
        assert (run["x"], run["d"]) == ("1", "{'b': 2, 'c': 3}")

    def test_a_table_of_functions_can_be_called(self) -> None:
        assert program('table = {"sum": lambda a, b: a + b}\nx = table["sum"](1, 2)')["x"] == "3"


class TestConfiguration:
    OPTIONS = """
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--debug", action="store_true")
    args = parser.parse_args()
    """

    def test_the_default_of_an_option_is_its_value_for_now(self) -> None:
        assert program(self.OPTIONS + "x = args.epochs")["x"] == "10"

    def test_but_no_condition_can_rely_on_it(self) -> None:
        text = self.OPTIONS + "if args.epochs == 10:\n        x = 1\n    else:\n        x = 2"
        assert program(text)["x"] == "1 | 2"

    def test_nor_on_a_switch_being_off(self) -> None:
        text = self.OPTIONS + "x = 1\n    if args.debug:\n        x = 2"
        assert program(text)["x"] == "1 | 2"

    def test_an_option_that_was_not_declared_may_be_anything(self) -> None:
        text = self.OPTIONS + 'x = 1 if getattr(args, "resume", None) is None else 2'
        assert program(text)["x"] == "1 | 2"

    def test_the_default_of_a_parameter_is_what_an_unknown_caller_may_change(self) -> None:
        text = """
        def train(accumulate=1):
            if accumulate == 1:
                optimizer.zero_grad()
            optimizer.step()
        """
        (event,) = program(text).events(GradientsCleared, "train")
        assert event.context.guards


class TestImports:
    def test_functions_of_another_file_are_entered(self, tmp_path: Path) -> None:
        (tmp_path / "engine.py").write_text("def double(x):\n    return 2 * x\n")
        run = program("from engine import double\nx = double(4)", tmp_path / "train.py")
        assert run["x"] == "8"

    def test_packages_relative_imports_and_aliases(self, tmp_path: Path) -> None:
        package = tmp_path / "lib"
        package.mkdir()
        (package / "__init__.py").write_text("from .parts import make as build\n")
        (package / "parts.py").write_text("def make():\n    return 5\n")
        text = "import lib\nimport lib.parts as p\nx = (lib.build(), p.make(), lib.parts.make())"
        assert program(text, tmp_path / "train.py")["x"] == "(5, 5, 5)"

    def test_a_star_brings_everything_that_is_public(self, tmp_path: Path) -> None:
        (tmp_path / "settings.py").write_text("EPOCHS = 3\n_private = 4\n")
        run = program("from settings import *\nx = EPOCHS\ny = _private", tmp_path / "train.py")
        assert (run["x"], run["y"]) == ("3", "?")

    def test_files_that_import_each_other_come_to_an_end(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text("import b\nx = 1\n")
        (tmp_path / "b.py").write_text("import a\ny = 2\n")
        run = program("from a import x\nfrom b import y", tmp_path / "train.py")
        assert (run["x"], run["y"]) == ("1", "2")

    def test_the_main_guard_of_an_imported_file_is_not_taken(self, tmp_path: Path) -> None:
        (tmp_path / "tool.py").write_text('x = 1\nif __name__ == "__main__":\n    x = 2\n')
        assert program("from tool import x", tmp_path / "train.py")["x"] == "1"

    def test_a_file_that_is_no_python_is_unknown(self, tmp_path: Path) -> None:
        (tmp_path / "broken.py").write_text("def (\n")
        assert program("from broken import x", tmp_path / "train.py")["x"] == "?"

    def test_what_a_module_is_given_by_another_can_be_read_there(self, tmp_path: Path) -> None:
        (tmp_path / "settings.py").write_text("rate = 1\ndef read():\n    return rate\n")
        text = "import settings\nsettings.rate = 2\nx = settings.read()"
        assert program(text, tmp_path / "train.py")["x"] == "2"


class TestTheUnknown:
    def test_an_attribute_of_an_unknown_is_the_same_each_time(self) -> None:
        text = "a = thing.part\nb = thing.part\nsame = a is b\nx = [a, a.y, b.y]"
        fields = program(text).scope.fields
        assert fields["a"] is fields["b"]

    def test_what_is_done_to_an_unknown_shows_what_it_is(self) -> None:
        run = program("def f(opt, loss):\n    opt.zero_grad()\n    loss.backward()\n    opt.step()")
        assert run.rows(GradientsCleared, "f") == [2]
        assert run.rows(BackwardRun, "f") == [3]
        assert run.rows(OptimizerStepped, "f") == [4]

    def test_what_is_handed_to_unknown_code_escapes(self) -> None:
        run = program(TRAINING + "helper(optimizer)")
        (event,) = run.events(Escaped)
        assert run.scope.fields["optimizer"] in event.values

    def test_what_is_handed_to_a_known_library_does_not(self) -> None:
        assert (
            program(TRAINING + "print(optimizer)\nimport json\njson.dumps(model)").events(Escaped)
            == []
        )

    def test_asking_an_unknown_tensor_for_its_shape_gives_its_axes_names(self) -> None:
        run = program("b, t, c = x.shape\ny = x.view(b * t, c).view(b, t, c)")
        assert run["y"] == "tensor (x.shape[0], x.shape[1], x.shape[2])"


class TestEvents:
    def test_they_come_in_the_order_in_which_they_happen(self) -> None:
        text = (
            TRAINING
            + "loss = model(x).sum()\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()"
        )
        assert program(text).happened()[1:] == ["LayerRun", *ORDER]

    def test_a_closure_runs_where_the_optimizer_steps(self) -> None:
        text = (
            TRAINING
            + "def closure():\n    optimizer.zero_grad()\n    loss.backward()\noptimizer.step(closure)"
        )
        assert program(text).happened()[1:] == ORDER

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


class TestItems:
    def test_an_item_of_an_unknown_sequence_is_always_the_same(self) -> None:
        run = program("sizes = tuple(unknown())\nfirst, second = sizes[0], sizes[0]")
        assert run.scope.fields["first"] is run.scope.fields["second"]
        assert run.scope.fields["first"] is not None


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


SNIPPETS = [
    "x = [1, 2, 3]",
    "x = x[0]",
    "x, y = y, x",
    "a, *b = x",
    "x = {**x, 'k': y}",
    "x[y] = z",
    "x[1:2] = y",
    "del x[0]",
    "x += y",
    "x @= y",
    "x = y if z else x",
    "x = lambda *a, **k: (a, k)",
    "x = x(*y, **z)",
    "x = [v for v in y if v for w in v]",
    "x = {k: v for k, v in y}",
    "x = (yield_ for yield_ in y)",
    "x = f'{y!r:>{z}}'",
    "x = not y",
    "x = y < z < 3",
    "x = (y := z)",
    "assert x, y",
    "global q",
    "import os.path as x",
    "from torch import *",
    "from . import nothing",
    "import torch, torch.nn as nn",
    "x = torch.zeros(2, 3, 4)",
    "x = x.view(y, -1)",
    "x = x.view(4, 3, 2).permute(2, 0, 1).softmax(-1)",
    "b, t, c = x.shape",
    "x = nn.Linear(3, 4)(x)",
    "x = nn.Sequential(nn.Linear(3, 4), *y)",
    "y = torch.optim.SGD(x.parameters(), lr=z)",
    "y.step(); y.zero_grad()",
    "x.sum().backward()",
    "z = torch.optim.lr_scheduler.StepLR(y, 30)",
    "z.step()",
    "loss = nn.CrossEntropyLoss()(x, y)",
    "print(x, file=y)",
    "x = sorted(y, key=lambda v: v[0])",
    "x = dict(zip(y, z))",
    "x = 7 // 0 + 5 % 0",
    "x = 1 << 70 | ~y",
    "x = 10 ** 400 * 1e308 * 10",
    "x = float('inf') // 2",
    "x = super().y",
    "x = type(y)(z)",
    "pass",
]
BLOCKS = [
    "if x:\n{body}\nelse:\n    pass",
    "for x in y:\n{body}",
    "for i, (x, *y) in enumerate(z):\n{body}",
    "for epoch in range(10):\n{body}\nelse:\n    x = 1",
    "while x:\n{body}\n    break",
    "while True:\n{body}\n    continue",
    "try:\n{body}\nexcept (ValueError, E) as x:\n    raise\nfinally:\n    y = 1",
    "with x as (y, z), y:\n{body}",
    "def f(x, /, y=x, *z, k=1, **rest):\n{body}\n    return f",
    "async def g(x):\n{body}\n    return await x",
    "def h(x):\n{body}\n    yield x\n    yield from h(x)",
    "class A(x, metaclass=y):\n{body}\n    def __init__(self):\n        super().__init__()",
    "class B(nn.Module):\n{body}\n    def forward(self, x):\n        return self(x)",
    "match x:\n    case [1, *y]:\n    {body}\n    case {{'k': z}} if z:\n        pass",
    "@x\n@y.z(1)\ndef d(x):\n{body}",
]


def indented(body: str) -> str:
    return "\n".join(f"    {line}" for line in body.splitlines())


def with_body(block: str, body: str) -> str:
    extra = indented(body) if not block.startswith("match") else indented(indented(body)).lstrip()
    return block.format(body=extra if not block.startswith("match") else f"    {extra}")


programs = st.recursive(
    st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=4).map("\n".join),
    lambda parts: st.lists(
        st.builds(with_body, st.sampled_from(BLOCKS), parts) | parts, min_size=1, max_size=3
    ).map("\n".join),
    max_leaves=8,
)


class TestAnyProgram:
    @pytest.mark.parametrize("block", BLOCKS)
    def test_each_block_is_python(self, block: str) -> None:
        compile(with_body(block, "pass\nx = 1"), "block", "exec")

    @settings(max_examples=150, deadline=None)
    @given(programs)
    def test_no_program_makes_the_analysis_fail(self, text: str) -> None:
        source = Source(text + "\n", "program.py")
        analyze(source, Project([source]), rulebook("code").rules)

    @settings(max_examples=50, deadline=None)
    @given(programs)
    def test_the_same_program_always_gives_the_same_findings(self, text: str) -> None:
        source = Source(text + "\n", "program.py")
        first = analyze(source, Project([source]), rulebook("code").rules)
        again = analyze(source, Project([source]), rulebook("code").rules)
        assert first.findings == again.findings


def test_every_branch_is_undone_before_the_next_one_runs() -> None:
    source = Source("", "program.py")
    machine = Machine(Project([source]), None)  # type: ignore[arg-type]
    fields = {"x": 1}
    machine.begin()
    machine.store(fields, "x", 2)
    machine.store(fields, "y", 3)
    machine.undo()
    assert fields == {"x": 1}


def test_a_dictionary_may_lack_a_key_that_is_not_known() -> None:
    code = """
    from elsewhere import words
    numbers = {"unknown": 0}
    for word in words:
        if numbers.get(word) is None:
            numbers[word] = len(numbers)
    count = len(numbers)
    """
    assert program(code)["count"] == "?"
