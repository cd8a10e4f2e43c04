"""Starting: how rule packs are found, and what is put off until it is needed."""

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from advisor.packs import GROUP, rule_packs


def test_the_packs_are_those_that_the_library_knows() -> None:
    assert rule_packs() == list(dict.fromkeys(each.module for each in entry_points(group=GROUP)))


@pytest.mark.parametrize("kind", ["dist-info", "egg-info"])
def test_a_pack_that_is_installed_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    installed = tmp_path / f"More_Rules-1.0.{kind}"
    installed.mkdir()
    (installed / "entry_points.txt").write_text(
        f"[console_scripts]\nmore = more.commands:main\n\n[{GROUP}]\n# ours\nmore = more.rules\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert rule_packs() == ["more.rules", "advisor.rules"]


def test_a_pack_in_an_archive_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "more.zip"
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("more-1.0.dist-info/METADATA", "Name: more\nVersion: 1.0\n")
        content.writestr("more-1.0.dist-info/entry_points.txt", f"[{GROUP}]\nmore = more.rules\n")
    monkeypatch.syspath_prepend(archive)
    assert set(rule_packs()) == {"more.rules", "advisor.rules"}


STARTED = """
from dataclasses import dataclass
from advisor.commands.engine import load_engine
load_engine()
"""


def _started(code: str) -> str:
    command = [sys.executable, "-c", STARTED + code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_nodes_behave_alike_however_their_methods_are_compiled() -> None:
    code = """
import libcst as cst
text = "def f(x, *, y=1):\\n    return [x for x in range(y)] if x else {1: x @ y}\\n"
module = cst.parse_module(text)
class Rename(cst.CSTTransformer):
    def leave_Name(self, original_node, updated_node):
        return updated_node.with_changes(value=updated_node.value + "1")
try:
    cst.Name("x", wrong=1)
except TypeError as error:
    print(error)
name = cst.Name("x")
print(module.visit(Rename()).code, name.deep_equals(name.deep_clone()), name == cst.Name("x"))
print(cst.Name.__init__.__qualname__, len({name, name}), repr(cst.Name("x"))[:8])
"""
    plain = "import libcst\n" + code
    usual = subprocess.run(
        [sys.executable, "-c", plain], capture_output=True, text=True, check=True
    ).stdout
    assert _started(code) == usual
    assert "f1(x1, *, y1=1)" in usual


def test_dataclasses_that_are_made_later_are_compiled_at_once() -> None:
    code = """
@dataclass
class Point:
    x: int
print(Point.__init__.__code__.co_varnames)
"""
    assert _started(code) == "('self', 'x')\n"


def test_trees_are_the_same_however_their_nodes_are_made() -> None:
    code = """
import hashlib, sys
from pathlib import Path
import libcst as cst
for name in ("_nodes/base.py", "_nodes/module.py", "_add_slots.py", "codemod/_cli.py"):
    text = (Path(cst.__file__).parent / name).read_text()
    tree = cst.parse_module(text)
    assert tree.code == text
    print(hashlib.sha256(repr(tree).encode()).hexdigest())
print(repr(cst.parse_expression("[*a, b if c else (yield d)]")))
print(repr(cst.Param(cst.Name("x"))), repr(cst.Arg(cst.Name("y"), None)))
"""
    usual = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert _started(code) == usual


def test_nodes_are_only_made_fast_where_nnlint_works_alone() -> None:
    code = """
import libcst as cst
from advisor.code.syntax import parse
try:
    parse("x = 1\\n").encoding = "ascii"
except Exception as error:
    print(type(error).__name__)
try:
    cst.Name("")
except cst.CSTValidationError as error:
    print(error)
"""
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert output == "FrozenInstanceError\nCannot have empty name identifier.\n"


def test_patterns_find_alike_however_late_they_are_compiled() -> None:
    code = """
import re
from advisor.code.facts import habits
found = [each for each in vars(habits).values() if type(each).__name__ == "_PostponedPattern"]
for each in found:
    for text in ("loss.item()", "wandb.init(config=hparams)", "x = y + 1"):
        compiled = re.compile(each.pattern, each.flags)
        assert bool(each.search(text)) is bool(compiled.search(text)), each.pattern
print(len(found) > 0, type(re.compile("a")).__name__)
"""
    assert _started(code).split() == ["True", "Pattern"]
