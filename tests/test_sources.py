"""Files and notebooks: what is read, where things are, what comments silence, which are found."""

import json
import os
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

from advisor.code.discovery import FoundFile, Unusable, find_files
from advisor.code.nodes import all_in
from advisor.code.notebooks import python_of
from advisor.code.positions import Positions
from advisor.code.prefilter import mentions_training_library
from advisor.code.sources import NodePlace, Source, SourceError, read_source, source_from_bytes
from advisor.code.spans import Span
from advisor.findings import Finding, Location, Severity

ROOT = Path(__file__).parents[1]


def called(source: Source, name: str) -> cst.Call:
    """The first call of `name` in the source."""
    found: list[cst.Call] = []

    class Finder(cst.CSTVisitor):
        def visit_Call(self, node: cst.Call) -> None:
            if isinstance(node.func, cst.Name) and node.func.value == name:
                found.append(node)

    source.tree.visit(Finder())
    return found[0]


def flagged(source: Source, name: str = "bad") -> Finding:
    """A finding that points at the first call of `name`."""
    place = source.locate(called(source, name))
    return Finding("NN101", "missing-zero-grad", Severity.ERROR, "message", place)


def suppressed(text: str) -> bool:
    source = Source(text, "a.py")
    return source.suppresses(flagged(source))


def notebook(*cells: str | tuple[str, str], language: str = "python", version: int = 4) -> bytes:
    """A notebook with the given code cells; a tuple is (type of cell, text)."""
    typed = [("code", cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps(
        {
            "nbformat": version,
            "metadata": {"kernelspec": {"language": language}},
            "cells": [
                {"cell_type": kind, "source": text.splitlines(keepends=True)}
                for kind, text in typed
            ],
        }
    ).encode()


class TestPrefilter:
    @pytest.mark.parametrize(
        "text", ["import torch", "from torch.nn import Linear", "x  # keras", "pytorch_lightning"]
    )
    def test_a_file_that_names_a_library_can_matter(self, text: str) -> None:
        assert mentions_training_library(text.encode())

    @pytest.mark.parametrize("text", ["import cv2", "from skimage import io"])
    def test_a_file_that_prepares_pictures_can_matter(self, text: str) -> None:
        assert mentions_training_library(text.encode())
        assert not mentions_training_library(f"{text}\nimport mxnet as mx".encode())

    def test_a_network_of_numpy_alone_can_matter(self) -> None:
        assert mentions_training_library(b"import numpy as np\ndef softmax(x): ...")
        assert not mentions_training_library(b"import numpy as np\ndef mean(x): ...")
        assert not mentions_training_library(b"import numpy, paddle\ndef softmax(x): ...")

    @pytest.mark.parametrize(
        "text",
        ["", "import os", "torchlight = 1", "blowtorch", "relightning", "def softmax(x): ..."],
    )
    def test_a_word_that_only_contains_a_library_name_does_not(self, text: str) -> None:
        assert not mentions_training_library(text.encode())


class TestLocations:
    AWKWARD = (
        "# header\n\n@decorator\ndef f(a,\n      b=1):  # why\n"
        '    """doc\n    string"""\n'
        "    if a:\n\treturn (b +\n\t\ta)\n"
        "    elif b: pass\n    else:\n\n        # note\n        x = [i for i in range(3)]; y = '''z\n'''\n"
        "class C: ...\n# footer\n"
    ).replace("\treturn", "        return")

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(AWKWARD, id="blank lines, comments, decorators, one-line suites"),
            pytest.param("x = 1", id="no line end at the end"),
            pytest.param("\n\nx = (1,\n  2)\n\n", id="blank lines around"),
            pytest.param(
                "with a as b, c:\n    try:\n        f()\n    except E: g()\n", id="blocks"
            ),
            pytest.param("match x:\n    case [1, *y] if y:\n        f(y)\n", id="match"),
            pytest.param(Path(__file__).read_text(), id="this file"),
            pytest.param((ROOT / "advisor/code/sources.py").read_text(), id="a module"),
        ],
    )
    def test_every_node_is_where_libcst_says_it_is(self, text: str) -> None:
        source = Source(text, "a.py")
        ranges = MetadataWrapper(source.tree, unsafe_skip_copy=True).resolve(PositionProvider)
        if not text.endswith("\n"):  # LibCST counts a line end that is not there
            ranges = {node: there for node, there in ranges.items() if there.end.line == 1}
        assert ranges
        for node, there in ranges.items():
            start, end = there.start, there.end
            expected = Span(start.line, start.column + 1, end.line, end.column + 1)
            assert source.positions.span(node) == expected, type(node)

    def test_a_node_is_found_by_its_statement_alone(self) -> None:
        source = Source(self.AWKWARD, "a.py")
        for statement in source.tree.body:
            for node in all_in(statement, cst.CSTNode):
                alone, whole = (Positions(source.tree, source.text) for _ in range(2))
                _ = whole.logical_lines()  # asks for all
                assert alone.span(node) == whole.span(node), type(node)
                assert alone.header_span(node) == whole.header_span(node), type(node)

    @pytest.mark.parametrize(
        ("content", "row", "column"),
        [
            pytest.param(b"\xef\xbb\xbfbad()\n", 1, 1, id="byte order mark"),
            pytest.param(b"x = 1\r\n\r\nbad()\r\n", 3, 1, id="Windows line ends"),
            pytest.param(b"x = 1\rbad()\r", 2, 1, id="old Macintosh line ends"),
            pytest.param(b"# coding: latin-1\ns = '\xe9'; bad()\n", 2, 10, id="encoding cookie"),
            pytest.param("s = 'é😀'; bad()\n".encode(), 1, 11, id="columns count characters"),
            pytest.param(b"if x:\n\tbad()\n", 2, 2, id="a tab is one column"),
            pytest.param(b"if x:\n\tif y:\n   \t\t a = 1\n\tbad()\n", 4, 9, id="odd tabs"),
            pytest.param(
                b"if x:\n\tfor a in b:\n            c()\n\tbad()\n", 4, 9, id="blanks within tabs"
            ),
            pytest.param(b"x = 1\n\x0c\n\x0cbad()\n", 3, 1, id="page breaks"),
            pytest.param(b"s = '\x0b\x1c\xe2\x80\xa8'\nbad()\n", 2, 1, id="exotic line separators"),
        ],
    )
    def test_rows_and_columns_are_those_of_an_editor(
        self, content: bytes, row: int, column: int
    ) -> None:
        source = source_from_bytes(content, "a.py")
        expected = Location("a.py", row, column, row, column + 5)
        assert expected == NodePlace(source, called(source, "bad")).locate()

    @pytest.mark.parametrize(
        ("text", "header"),
        [
            ("for x in (\n    a\n):  # why\n    f(x)\n", (1, 1, 3, 3)),
            ("if x: f()\n", (1, 1, 1, 6)),
            ("if x:f()\nif y:g()\n", (1, 1, 1, 6)),
            ("@decorated\ndef f(a):\n    pass\n", (2, 1, 2, 10)),
            ("x = (1,\n2)\n", (1, 1, 2, 3)),
        ],
    )
    def test_a_compound_statement_is_shown_by_its_header(
        self, text: str, header: tuple[int, int, int, int]
    ) -> None:
        source = Source(text, "a.py")
        assert source.locate(source.tree.body[0]) == Location("a.py", *header)

    def test_a_file_without_findings_pays_for_no_positions(self) -> None:
        source = Source("import torch\n", "a.py")
        _ = source.tree
        assert "positions" not in vars(source)


class TestUnreadable:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            pytest.param(
                b"def f(:\n", "a.py:1:7: not valid Python 3: invalid syntax", id="syntax error"
            ),
            pytest.param(
                b"x = 1\nprint 'a'\n",
                "a.py:2:1: not valid Python 3: Missing parentheses in call to 'print'. "
                "Did you mean print(...)?",
                id="Python 2",
            ),
            pytest.param(
                b"x = 1\n\xe9\n", "a.py:2:1: not UTF-8 (byte 0xe9); save it as UTF-8", id="Latin-1"
            ),
            pytest.param(
                b"\n\n\0", "a.py:3:1: contains NUL bytes: not a Python source file", id="binary"
            ),
            pytest.param(
                b"# coding: klingon\n",
                "a.py: unknown encoding: klingon; declare one that Python knows",
                id="unknown encoding",
            ),
            pytest.param(
                b"x = " + b"(" * 300 + b")" * 300,
                "a.py:1:205: not valid Python 3: too many nested parentheses",
                id="nested too deeply",
            ),
            pytest.param(
                b"x = " + b"-" * 100_000 + b"1",
                "a.py:1:1: nested too deeply to be read",
                id="a tower of signs",
            ),
        ],
    )
    def test_one_line_says_what_is_wrong_and_where(self, content: bytes, message: str) -> None:
        with pytest.raises(SourceError) as caught:
            _ = source_from_bytes(content, "a.py").tree
        assert message == str(caught.value)

    def test_newer_grammar_than_the_running_interpreter_is_no_fault(self) -> None:
        Source("def f[T](x: T) -> T: return f'{x['a']}'\n", "a.py").check_syntax()

    def test_invalid_escapes_are_not_our_business(self) -> None:
        Source("x = '\\d'\n", "a.py").check_syntax()

    def test_a_missing_file_is_a_source_error(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="No such file"):
            read_source(tmp_path / "none.py")


class TestNotebooks:
    def test_locations_are_cell_and_row_inside_it(self) -> None:
        content = notebook("x = 1", ("markdown", "# title"), "\ny = 2\nbad()")
        source = source_from_bytes(content, "a.ipynb")
        expected = Location("a.ipynb", 3, 1, 3, 6, cell=3)
        assert expected == flagged(source).place

    def test_a_location_leads_back_to_its_span(self) -> None:
        source = source_from_bytes(notebook("x = 1\ny = 2", "\nbad(\n)"), "a.ipynb")
        place = flagged(source).place
        assert isinstance(place, Location)
        assert source.positions.span(called(source, "bad")) == source.span(place)

    @pytest.mark.parametrize(
        ("written", "python"),
        [
            pytest.param("%matplotlib inline", "pass  # %matplotlib inline", id="line magic"),
            pytest.param("!pip install x", "pass  # !pip install x", id="shell"),
            pytest.param("model?", "pass  # model?", id="help"),
            pytest.param("if x:\n    !ls (", "if x:\n    pass  # !ls (", id="alone in a block"),
            pytest.param("a = !ls", "a = get_ipython()  # !ls", id="shell output"),
            pytest.param("%%time\nx = 1", "# %%time\nx = 1", id="a magic that runs its cell"),
            pytest.param("\n%%bash\nls |\n", "# \n# %%bash\n# ls |\n# ", id="another language"),
            pytest.param("x = (a\n% b)", "x = (a\n% b)", id="modulo at the start of a line"),
            pytest.param("!ls\nx = (a\n% b)", "pass  # !ls\nx = (a\n% b)", id="magic and modulo"),
            pytest.param(
                '!ls\nx = """\n!a\n"""', 'pass  # !ls\nx = """\n!a\n"""', id="inside a string"
            ),
            pytest.param("!ls\n# why?", "pass  # !ls\n# why?", id="a question in a comment"),
            pytest.param("!ls\nx = 1 \\\n% b", "pass  # !ls\nx = 1 \\\n% b", id="backslash"),
            pytest.param(
                "!wget \\\n    -O a \\\n  b\nx = 1",
                "pass  # !wget \\\n#     -O a \\\n#   b\nx = 1",
                id="a command over several lines",
            ),
            pytest.param(
                "a = !ls \\\n  -l\nx = 1",
                "a = get_ipython()  # !ls \\\n#   -l\nx = 1",
                id="the output of a command over several lines",
            ),
            pytest.param("%time x = f()", "if 1: x = f()", id="a statement that is timed"),
            pytest.param("%prun  f(x)", "if 1:  f(x)", id="a statement that is profiled"),
            pytest.param("%time -n 3 f()", "pass  # %time -n 3 f()", id="timed with options"),
            pytest.param("%time for", "pass  # %time for", id="timed, and no Python"),
            pytest.param("pip install x", "pass  # pip install x", id="magic without a sign"),
            pytest.param("rm -r a/b/", "pass  # rm -r a/b/", id="removing without a sign"),
            pytest.param("cd -1\n%pwd", "cd -1\npass  # %pwd", id="a name that is subtracted from"),
            pytest.param("run it (", "pass  # run it (", id="running without a sign"),
            pytest.param("walk home", "walk home", id="no magic and no Python"),
        ],
    )
    def test_magics_are_commented_out_where_they_stand(self, written: str, python: str) -> None:
        assert python.split("\n") == python_of(written.split("\n"))

    @example(["'", "a?"])
    @given(
        st.lists(
            st.lists(st.sampled_from([*"%!?#'\"()[]{}\\ =ax:", "'''", '"""', "    "])).map("".join)
        )
    )
    def test_every_row_keeps_its_number(self, lines: list[str]) -> None:
        python = python_of(lines)
        assert len(python) == len(lines)
        assert not any("\n" in line for line in python)
        assert python_of(python) == python

    def test_a_cell_may_be_indented_as_a_whole(self) -> None:
        source = source_from_bytes(notebook("\n  if x:\n      bad()\n  y = 2"), "a.ipynb")
        source.check_syntax()
        assert source.text == "\nif x:\n    bad()\ny = 2\n"

    def test_a_line_that_is_indented_alone_is_a_fault_of_its_cell(self) -> None:
        source = source_from_bytes(notebook("x = 1\n  y = 2"), "a.ipynb")
        with pytest.raises(SourceError, match="cell 1:2:2"):
            source.check_syntax()

    def test_what_only_an_older_or_newer_python_knows_is_no_fault_of_a_cell(self) -> None:
        source = source_from_bytes(notebook("%pwd\nawait x", "%pwd\nreturn 3"), "a.ipynb")
        assert source.faults == []
        assert "await x" in source.text

    def test_the_author_still_sees_the_magic(self) -> None:
        source = source_from_bytes(notebook("%time x\ny = 1"), "a.ipynb")
        assert source.lines[0] == "%time x"

    def test_a_notebook_in_another_language_has_no_code(self) -> None:
        source = source_from_bytes(notebook("x <- 1", language="R"), "a.ipynb")
        assert source.text == ""
        source.check_syntax()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"{", "a.ipynb:1:2: not a notebook: invalid JSON"),
            (b"[]", "a.ipynb: not a notebook: it has no `nbformat`"),
            (b'{"nbformat": 4}', "a.ipynb: not a notebook: it has no list of `cells`"),
            (notebook("x", version=3), "a.ipynb: notebook format 3 is not supported"),
            (b"[" * 100_000, "a.ipynb: not a notebook: the JSON is nested too deeply"),
        ],
    )
    def test_what_is_no_notebook_is_said_in_one_line(self, content: bytes, message: str) -> None:
        with pytest.raises(SourceError) as caught:
            source_from_bytes(content, "a.ipynb")
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)

    def test_a_syntax_error_is_placed_in_its_cell(self) -> None:
        source = source_from_bytes(notebook("x = 1", "y = 2\ndef f(:"), "a.ipynb")
        with pytest.raises(SourceError, match=r"^a\.ipynb:cell 2:2:7: not valid Python 3"):
            source.check_syntax()

    def test_odd_cells_do_no_harm(self) -> None:
        cells = [1, None, {"cell_type": "code"}, {"cell_type": "code", "source": [1]}]
        content = json.dumps({"nbformat": 4, "cells": cells, "metadata": []}).encode()
        assert source_from_bytes(content, "a.ipynb").text == "\n1\n"


class TestSuppressions:
    @pytest.mark.parametrize(
        "text",
        [
            "bad()  # noqa",
            "bad()  # NOQA: NN101",
            "bad()  # noqa: E501,NN101",
            "bad()  # noqa: E501 nn101",
            "bad()  # nnlint: ignore",
            "bad()  # nnlint: ignore[NN101]",
            "bad()  # nnlint:ignore[ missing-zero-grad ]",
            "bad()  # nnlint: ignore[NN999, NN101] because it is a lesson",
            "bad()  # type: ignore  # nnlint: ignore[NN101]",
            "bad(  # noqa: NN101\n    1,\n)",
            "bad(\n    1,\n)  # noqa: NN101",
            "bad(\n    1,  # noqa: NN101\n)",
            "x = [  # nnlint: ignore\n    1,\n    bad(),\n]",
            "x = [\n    1,\n    bad(),\n]  # nnlint: ignore",
            "# nnlint: ignore[NN101]\nbad()",
            "# nnlint: ignore[NN101]\n\n# another remark\nbad()",
            "# nnlint: ignore[NN101]\nx = [\n    bad(),\n]",
            "x = [\n    1,\n    # nnlint: ignore[NN101]\n    # a remark\n    bad(),\n]",
            "if x:\n    # nnlint: ignore\n    bad()",
            "if bad():  # nnlint: ignore\n    pass",
            "# nnlint: file-ignore[NN101]\n\nx = 1\nbad()",
            "bad()\n# nnlint: file-ignore",
        ],
    )
    def test_a_comment_silences_what_it_covers(self, text: str) -> None:
        assert suppressed(text)

    @pytest.mark.parametrize(
        "text",
        [
            "bad()  # noqa: E501",
            "bad()  # nnlint: ignore[NN102]",
            "bad()  # nnlint: ignore[]",
            "bad()  # nnlint: ignore-me",
            "bad()  # nnlint: ignored",
            "# noqa: NN101\nbad()",
            "x = 1  # nnlint: ignore\nbad()",
            "bad()\n# nnlint: ignore\n",
            "# nnlint: ignore\nx = 1\nbad()",
            "x = '# nnlint: ignore'; bad()",
            "'''\n# nnlint: file-ignore\n'''\nbad()",
            "# nnlint: file-ignore[NN102]\nbad()",
            "if x:  # nnlint: ignore\n    bad()",
        ],
    )
    def test_and_nothing_else(self, text: str) -> None:
        assert not suppressed(text)

    def test_the_header_of_a_loop_speaks_for_the_loop(self) -> None:
        source = Source("for a in b:\n    f()  # nnlint: ignore\n", "a.py")
        loop = source.locate(source.tree.body[0])
        finding = Finding("NN101", "missing-zero-grad", Severity.ERROR, "message", loop)
        assert not source.suppresses(finding)
        source = Source("for a in b:  # nnlint: ignore\n    f()\n", "a.py")
        assert source.suppresses(finding)

    def test_comments_in_a_notebook_count_in_their_cell(self) -> None:
        source = source_from_bytes(notebook("bad()  # noqa", "bad()"), "a.ipynb")
        assert source.suppresses(flagged(source))
        second = Location("a.ipynb", 1, 1, 1, 6, cell=2)
        finding = Finding("NN101", "missing-zero-grad", Severity.ERROR, "message", second)
        assert not source.suppresses(finding)


class TestDiscovery:
    @staticmethod
    def found(
        arguments: list[str], excluded: tuple[str, ...] = (), force: bool = False
    ) -> list[str]:
        files = find_files(arguments, lambda path: path.name in excluded, force_exclude=force)
        return [each.display_name for each in files]

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        own = ["b.py", "a.py", "nb.ipynb", "notes.txt", "src/c.py", "src/deep/d.py", "env/j.py"]
        others = [".hidden/e.py", "build/f.py", "venv/g.py", ".ipynb_checkpoints/h.ipynb"]
        for name in [*own, *others, "my_env/pyvenv.cfg", "my_env/i.py"]:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_a_folder_is_searched_for_python_and_notebooks(self) -> None:
        expected = ["a.py", "b.py", "env/j.py", "nb.ipynb", "src/c.py", "src/deep/d.py"]
        assert expected == self.found(["."])

    def test_names_stay_relative_where_they_were_given_so(self, folder: Path) -> None:
        assert self.found(["./src"]) == ["src/c.py", "src/deep/d.py"]
        assert [f"{folder}/src/deep/d.py"] == self.found([f"{folder}/src/deep"])

    def test_each_file_comes_once(self, folder: Path) -> None:
        (folder / "link.py").symlink_to("a.py")
        assert self.found(["a.py", "./a.py", "link.py", "src", "src/c.py"]) == [
            "a.py",
            "src/c.py",
            "src/deep/d.py",
        ]

    def test_links_that_go_round_in_circles_end(self, folder: Path) -> None:
        (folder / "src/loop").symlink_to(folder, target_is_directory=True)
        assert self.found(["src"]) == ["src/c.py", "src/deep/d.py"]

    def test_a_skipped_folder_that_is_named_is_searched(self) -> None:
        assert self.found(["build", "venv"]) == ["build/f.py", "venv/g.py"]

    def test_exclude_holds_for_folders_and_with_force_for_named_files(self) -> None:
        assert self.found(["."], ("src", "b.py")) == ["a.py", "env/j.py", "nb.ipynb"]
        assert self.found(["b.py", "build/f.py"], ("b.py",)) == ["b.py", "build/f.py"]
        assert self.found(["a.py", "b.py", "build/f.py"], ("b.py",), force=True) == ["a.py"]

    def test_a_script_is_known_by_its_first_line(self, folder: Path) -> None:
        (folder / "train").write_text("import torch\n")
        (folder / "train.cgi").write_text("#!/usr/bin/env python3\nimport torch\n")
        assert self.found(["train", "train.cgi"]) == ["train", "train.cgi"]

    def test_what_cannot_be_looked_at_is_told(self, folder: Path) -> None:
        (folder / "broken.py").symlink_to("nowhere.py")
        arguments = ["no.py", "broken.py", "notes.txt", "x" * 5000]
        reasons = [each.reason for each in find_files(arguments, lambda path: False)]  # type: ignore[union-attr]
        assert reasons == [
            "no such file or directory",
            "broken link",
            "not a Python file or notebook; give .py or .ipynb files",
            "File name too long",
        ]

    def test_an_unreadable_folder_is_told_and_the_rest_goes_on(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scandir = os.scandir

        def refuse(folder: str) -> object:
            if folder.endswith("deep"):
                raise PermissionError(13, "Permission denied")
            return scandir(folder)

        monkeypatch.setattr(os, "scandir", refuse)
        found = list(find_files(["src"], lambda path: False))
        assert FoundFile(Path("src/c.py"), "src/c.py", named=False) in found
        assert Unusable("src/deep", "Permission denied") in found
