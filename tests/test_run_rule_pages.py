"""The pages of the run rules: fixed headings, and figures that agree with the thresholds."""

import re
from dataclasses import fields

import pytest

from advisor.rulebook import Rule, rulebook
from advisor.runs.thresholds import Thresholds

RULES = rulebook("runs").rules
HEADINGS = (
    "Why it hurts",
    "What the curve looks like",
    "How it is measured",
    "What to do",
    "Known false alarms",
    "References",
)
DEFAULTS = {each.name: getattr(Thresholds(), each.name) for each in fields(Thresholds)}
WORDS = {"half": 0.5, "a tenth": 0.1}
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@every_rule
def test_a_code_is_nr_and_three_digits(rule: Rule) -> None:
    assert re.fullmatch(r"NR\d{3}", rule.code)


@every_rule
def test_a_rule_and_its_module_have_one_name(rule: Rule) -> None:
    assert rule.check.__name__ == rule.module.__name__.rpartition(".")[2]
    assert (rule.module.__doc__ or "").startswith(f"{rule.name}: ")


@every_rule
def test_a_page_has_the_fixed_headings_in_order(rule: Rule) -> None:
    page = rule.page.read_text(encoding="utf-8")
    assert page.startswith(f"# {rule.name} ({rule.code})\n")
    assert tuple(re.findall(r"^## (.+)$", page, re.MULTILINE)) == HEADINGS


@every_rule
def test_a_page_names_the_seeds_that_the_rule_names(rule: Rule) -> None:
    references = rule.page.read_text(encoding="utf-8").partition("## References")[2]
    assert set(re.findall(r"\b00\d\b", references)) == set(rule.sources)


@every_rule
def test_the_thresholds_on_a_page_exist_and_have_the_value_it_gives(rule: Rule) -> None:
    page = re.sub(r"\s+", " ", rule.page.read_text(encoding="utf-8"))
    for name, given in re.findall(r"`([a-z_]+)`(?: \(([^)]*)\))?", page):
        assert name in DEFAULTS, name
        if given:
            assert _number(given) == pytest.approx(DEFAULTS[name]), (name, given)


def _number(given: str) -> float:
    for words, value in WORDS.items():
        if given.startswith(words):
            return value
    found = re.search(r"[\d.]+", given)
    assert found is not None, given
    if "ln 256,000" in given:
        return 12.46
    return float(found[0]) / (100 if "%" in given or "points" in given else 1)


def test_every_threshold_is_explained_on_some_page_or_belongs_to_the_reading() -> None:
    pages = " ".join(rule.page.read_text(encoding="utf-8") for rule in RULES)
    of_reading = {
        "blocks",
        "fewest_final_points",
        "comparable_axes",
        "small_gap",
        "prediction_change",
    }
    assert {name for name in DEFAULTS if f"`{name}`" not in pages} <= of_reading
