"""What the abstract run knows of a program: values on every way, through branches, loops and functions."""

from advisor.code.events import (
    BackwardRun,
    Escaped,
    GradientsCleared,
    OptimizerStepped,
)
from tests.abstract_programs import program

TRAINING = """
import torch
from torch import nn
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""


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

    def test_a_generator_yields_its_values_one_after_the_other(self) -> None:
        run = program("def f():\n    yield 1\n    yield 2\nfor x in f():\n    pass")
        assert run["x"] == "2"

    def test_or_any_of_them_where_something_decides(self) -> None:
        text = "def f():\n    if a():\n        yield 1\n    else:\n        yield 2\nfor x in f():\n    pass"
        assert program(text)["x"] == "1 | 2"

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


def test_a_function_that_is_passed_a_name_it_does_not_take_is_not_entered() -> None:
    run = program(
        """
        def sizes(first, *, second=2):
            return 3
        def kept(first, **others):
            return 3
        wrong = sizes(1, third=5)
        right = sizes(1, second=5)
        open = kept(1, third=5)
        """
    )
    assert (run["right"], run["open"]) == ("3", "3")
    assert run["wrong"] != "3"
