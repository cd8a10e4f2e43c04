"""The worked example in CONTRIBUTING.md works, word for word, as a rule pack of its own."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.report.rule_page import HEADINGS, RulePage
from advisor.rulebook import Rule, rulebook, rules_of_pack
from tests.test_rule_pages import blocks_of

GUIDE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rule]:
    """The guide's rule, installed as the only rule of a pack."""
    family = tmp_path / "example_rules/code/loss"
    family.mkdir(parents=True)
    for folder in (family, family.parent, family.parents[1]):
        (folder / "__init__.py").touch()
    files = re.findall(
        r"^`rules/code/loss/(\S+)`:\n\n(`{3,})\w+\n(.*?)^\2$", GUIDE, re.MULTILINE | re.DOTALL
    )
    for name, _, content in files:
        (family / name).write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    pack = importlib.import_module("example_rules")
    (rule,) = rules_of_pack(pack)
    yield rule
    for name in [name for name in sys.modules if name.startswith("example_rules")]:
        del sys.modules[name]


def test_the_page_has_the_fixed_headings(example: Rule) -> None:
    page = RulePage(example.page.read_text())
    assert page.title == f"{example.name} ({example.code})"
    assert page.headings == HEADINGS


def test_the_rule_flags_what_the_page_marks_and_nothing_else(example: Rule) -> None:
    blocks = blocks_of(example)
    assert [block.section for block in blocks] == ["Flagged", "Use instead", "Known false alarms"]
    others = [rule for rule in rulebook("code").rules if rule.code != example.code]
    for block in blocks:
        found = [(each.location.row, each.code) for each in block.findings([*others, example])]
        assert found == [(row, example.code) for row in block.marked]


def test_every_side_of_a_run_is_listed() -> None:
    section = GUIDE.partition("## Diagnoses of runs")[2].partition("\n## ")[0]
    bullets = "".join(line for line in section.splitlines() if line.startswith("- "))
    named = re.findall(r"`(\w+)`", bullets)
    assert set(named) == {rule.fact.__name__ for rule in rulebook("runs").rules}


def test_every_fact_in_the_table_exists() -> None:
    named = re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)
    defined = {
        word
        for path in (Path(__file__).parents[1] / "advisor/code/facts").glob("*.py")
        for word in re.findall(r"^class (\w+)\(Fact\)", path.read_text(), re.MULTILINE)
    }
    assert set(named) == defined
