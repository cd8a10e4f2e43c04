"""Lists, dictionaries and their items, as the abstract run follows them."""

from tests.abstract_programs import program


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
        assert program("x = sorted([3, 1], reverse=unknown())[0]")["x"] == "1 | 3"

    def test_whole_numbers_are_sorted(self) -> None:
        assert program("x = sorted([3, 1, 2])")["x"] == "[1, 2, 3]"

    def test_what_is_gone_through_backwards_begins_at_its_end(self) -> None:
        run = program(
            "x = [2 * i for i in reversed(range(1, 4))]\ny = list(reversed(['a', 'b']))\n"
            "z = [i for i, _ in reversed(list(enumerate([5, 6, 7])))]"
        )
        assert (run["x"], run["y"], run["z"]) == ("[6, 4, 2]", "['b', 'a']", "[2, 1, 0]")

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


class TestItems:
    def test_an_item_of_an_unknown_sequence_is_always_the_same(self) -> None:
        run = program("sizes = tuple(unknown())\nfirst, second = sizes[0], sizes[0]")
        assert run.scope.fields["first"] is run.scope.fields["second"]
        assert run.scope.fields["first"] is not None


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


def test_a_variable_may_be_called_items() -> None:
    run = program("if unknown():\n    items = [1]\nelse:\n    items = [2]")
    assert run["items"] == "[1] | [2]"
