"""What a program gets from elsewhere: options of the command line, and other files of the project."""

from pathlib import Path

from advisor.code.events import (
    GradientsCleared,
)
from tests.abstract_programs import program


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

    def test_a_file_beside_it_comes_before_a_library_of_that_name(self, tmp_path: Path) -> None:
        text = "from datasets import count\nx = count()"
        (tmp_path / "datasets.py").write_text("def count():\n    return 7\n")
        assert program(text, tmp_path / "train.py")["x"] == "7"

    def test_but_a_folder_of_data_does_not(self, tmp_path: Path) -> None:
        (tmp_path / "datasets").mkdir()
        text = "import datasets\nx = datasets.load_dataset"
        assert program(text, tmp_path / "train.py")["x"] == "Library"
